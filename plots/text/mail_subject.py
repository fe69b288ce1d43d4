# SPDX-License-Identifier: MIT
"""What a mail is about: the choice of its reader, held against the results.

What was not chosen is chosen here, by what a reviewer wants to see first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from plots.read.results import Contender, Results, ResultsError
from plots.read.results import condition_label
from plots.read.statistics import median
from plots.tables import standing
from plots.tables.duel import Duel, named
from plots.tables.standing import LIMIT, WHOLE, Measure, Place, Rival

COVER_LETTER = "cover-letter"
REPLY = "reply"
FORMS = (COVER_LETTER, REPLY)

_MOST_FAMILIES = 2
# The two of the thread with which all of this began.
_ARGUED = ("xbitmap", "cvbmp")


@dataclass(frozen=True)
class Choice:
    """What the mail is about; empty: what a reviewer wants first."""

    form: str = COVER_LETTER
    workloads: tuple[str, ...] = ()
    structures: tuple[str, ...] = ()
    operations: tuple[str, ...] = ()
    fault: str | None = None  # as in --fault; "none" is no fault
    baseline: str | None = None  # instead of the one of the run

    @property
    def is_narrow(self) -> bool:
        """Whether it is about less than the run as a whole."""
        chosen = (self.workloads, self.structures, self.operations)
        return any(chosen) or self.fault is not None


@dataclass(frozen=True)
class Subject:
    """The choice, held against what the results have."""

    results: Results
    condition: str
    workloads: tuple[str, ...]
    measures: tuple[Measure, ...]
    structures: tuple[str, ...] = ()
    why: str = ""  # these structures, in a reply

    @property
    def decisive(self) -> Measure:
        """The time by which structures are chosen."""
        return WHOLE if WHOLE in self.measures else self.measures[0]

    @property
    def rivals(self) -> tuple[str, ...]:
        """Those set against the baseline; the bound only for want of one."""
        none = (self.results.floor, self.results.baseline)
        others = tuple(name for name in self.structures if name not in none)
        return tuple(name for name in others if name != LIMIT) or others

    def place(self, measure: Measure, workload: str) -> Place:
        return Place(self.results, measure, workload, self.condition)

    def duel(self, measure: Measure, rival: str | None) -> Duel:
        """Against the baseline, on every guest of the choice."""
        places = (self.place(measure, each) for each in self.workloads)
        return Duel(tuple(standing.by_run(places)), rival)


def rebased(results: Results, baseline: str | None) -> Results:
    """The same rounds, with ratios to another structure."""
    if baseline is None:
        return results
    names = _names({case.contender for case in results.cases}, results)
    names = [name for name in names if name != results.floor]
    _refuse_unknown(results, "structure", [baseline], names)
    context = {**results.context, "baseline": baseline}
    return replace(results, context=context)


def _names(contenders: set[Contender], results: Results) -> list[str]:
    """In the usual order, without controls."""
    ordered = results.in_order(contenders)
    return [who.structure for who in ordered if not who.is_control]


def choose(results: Results, choice: Choice) -> Subject:
    every = standing.measures(results)
    _refuse_unknown(
        results, "operation", choice.operations, [m.name for m in every]
    )
    condition = _condition(results, choice.fault)
    measures = _measures(
        [m for m in every if condition in standing.conditions(results, m)],
        choice,
    )
    workloads = []
    for measure in measures:
        workloads += standing.workloads(results, measure, condition)
    workloads = list(dict.fromkeys(workloads))
    _refuse_unknown(results, "workload", choice.workloads, workloads)
    workloads = [w for w in workloads if w in (choice.workloads or workloads)]
    subject = Subject(results, condition, tuple(workloads), tuple(measures))
    _refuse_nothing(subject)
    cases = [c for c in results.cases if c.condition == condition]
    present = _names({case.contender for case in cases}, results)
    _refuse_unknown(results, "structure", choice.structures, present)
    none = (results.floor, results.baseline)
    others = [name for name in present if name not in none]
    chosen, why = list(choice.structures), "as chosen"
    if not chosen and choice.form == REPLY:
        chosen, why = _for_reply(subject, others)
    elif not chosen:
        chosen = _for_cover_letter(subject, others)
    shown = tuple(name for name in present if name in chosen)
    return replace(subject, structures=shown, why=why)


def _refuse_unknown(
    results: Results, what: str, chosen: Sequence[str], known: Sequence[str]
) -> None:
    for name in chosen:
        if name not in known:
            raise ResultsError(
                results.path,
                f"has no {what} {name!r}",
                f"it has {', '.join(dict.fromkeys(known)) or 'none'}",
            )


def _refuse_nothing(subject: Subject) -> None:
    results = subject.results
    if any(
        place.times(who)
        for measure in subject.measures
        for workload in subject.workloads
        for place in [subject.place(measure, workload)]
        for who in place.present
    ):
        return
    written = results.path.with_name("report.txt").exists()
    raise ResultsError(
        results.path,
        f"has no time for the mail, {condition_label(subject.condition)}",
        ("report.txt next to it is written; " if written else "")
        + "choose others with --operation and --fault, or run with"
        " --operation=set,drain",
    )


def _condition(results: Results, fault: str | None) -> str:
    """The one that was asked for; otherwise the least disturbed one."""
    known = sorted({case.condition for case in results.cases})
    if fault is None:
        first = standing.measures(results)[0]
        return (standing.conditions(results, first) or known)[0]
    wanted = "" if fault == "none" else f"fault:{fault}"
    if wanted not in known:
        names = [c.removeprefix("fault:") or "none" for c in known]
        _refuse_unknown(results, "fault", [fault], names)
    return wanted


def _measures(possible: Sequence[Measure], choice: Choice) -> list[Measure]:
    """One for each operation, as far as a reader has patience."""
    by_name: dict[str, Measure] = {}
    for measure in possible:
        by_name.setdefault(measure.name, measure)
    if choice.operations:
        return [m for n, m in by_name.items() if n in choice.operations]
    if choice.form == COVER_LETTER or WHOLE.name not in by_name:
        return list(by_name.values())[:1]
    return [by_name[name] for name in (*WHOLE.operations, WHOLE.name)]


def _for_reply(
    subject: Subject, others: Sequence[str]
) -> tuple[list[str], str]:
    """Who was named; otherwise the rival, and who is faster most often."""
    asked = named(subject.results)
    if found := [name for name in others if name in asked]:
        return found, "as named on the command line"
    rivals_of = _against_baseline(subject)
    scores = {
        name: (
            sum(r.mark == "*" and r.ratio.median < 1 for r in rivals_of[name]),
            -median([r.ratio.median for r in rivals_of[name]]),
        )
        for name in _proposals(subject.results, list(rivals_of))
    }
    rival = [name for name in others if name in _ARGUED]
    if not scores:
        return rival, "the rival"
    best = max(scores, key=lambda name: scores[name])
    also = "" if best in rival or not rival else f"{' and '.join(rival)}; and "
    return [*rival, best], (
        f"{also}{best}, shown to be faster than {subject.results.baseline} on"
        f" {scores[best][0]} of {len(subject.workloads)} workloads, no other"
        f" on more ({subject.decisive.name})"
    )


def _for_cover_letter(subject: Subject, others: Sequence[str]) -> list[str]:
    """Who was named, the rival, and the bound; for want of them the best."""
    wanted = {*_ARGUED, *named(subject.results)} - {LIMIT}
    found = [name for name in others if name in wanted]
    return [*(found or _best_of_families(subject)), LIMIT]


def _proposals(results: Results, names: Sequence[str]) -> list[str]:
    """Of each family what somebody proposed; variants if it has no other."""
    families: dict[str, list[str]] = {}
    for name in names:
        families.setdefault(_family(results, name), []).append(name)
    chosen: set[str] = set()
    for members in families.values():
        proposed = [n for n in members if results.variant_of(n) is None]
        chosen.update(proposed or members)
    return [name for name in names if name in chosen]


def _family(results: Results, name: str) -> str:
    said = results.traits.get(name)
    return (said.family if said else None) or name


def _best_of_families(subject: Subject) -> list[str]:
    """Of each family the one with the least middle ratio, the best few.

    Only structures that survive when memory runs out, where that is known.
    """
    results = subject.results
    best: dict[str, tuple[float, str]] = {}
    rivals_of = _against_baseline(subject)
    for name in _proposals(results, list(rivals_of)):
        said = results.traits.get(name)
        if len(rivals_of[name]) < len(subject.workloads):
            continue
        if said is None or said.out_of_memory in (None, "reports"):
            ratio = median([rival.ratio.median for rival in rivals_of[name]])
            family = _family(results, name)
            best[family] = min(best.get(family, (ratio, name)), (ratio, name))
    return [name for _, name in sorted(best.values())[:_MOST_FAMILIES]]


def _against_baseline(subject: Subject) -> dict[str, list[Rival]]:
    """By structure, in the usual order, on the workloads that it did."""
    results = subject.results
    found: dict[str, list[Rival]] = {}
    for workload in subject.workloads:
        place = subject.place(subject.decisive, workload)
        for name in place.contenders:
            if name == results.baseline:
                continue
            rival = place.ratio(name)
            if rival:
                found.setdefault(name, []).append(rival)
    return found
