# SPDX-License-Identifier: MIT
"""What a mail is about: the choice of its reader, held against the results.

What was not chosen is chosen here, by what a reviewer wants to see first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from plots.tables import standing
from plots.tables.duel import named
from plots.read.results import FLOOR, Results, ResultsError, condition_label
from plots.tables.standing import LIMIT, Measure, Place, Rival
from plots.read.statistics import median
from plots.draw.style import in_order

COVER_LETTER = "cover-letter"
REPLY = "reply"
FORMS = (COVER_LETTER, REPLY)

_MOST_FAMILIES = 2
# The two of the thread with which all of this began.
_ARGUED = ("xbitmap", "cvbmp")
_VARIANT = "variant of"  # so begins the origin of what nobody proposed


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
        return bool(
            self.workloads
            or self.structures
            or self.operations
            or self.fault is not None
        )


@dataclass(frozen=True)
class Subject:
    """The choice, held against what the results have."""

    results: Results
    condition: str
    workloads: tuple[str, ...]
    measures: tuple[Measure, ...]
    structures: tuple[str, ...]
    why: str  # these structures, in a reply

    @property
    def decisive(self) -> Measure:
        """The time by which structures are chosen."""
        is_whole = standing.WHOLE in self.measures
        return standing.WHOLE if is_whole else self.measures[0]

    @property
    def rivals(self) -> tuple[str, ...]:
        """Those set against the baseline; the bound only for want of one."""
        others = [
            name
            for name in self.structures
            if name not in (FLOOR, self.results.baseline)
        ]
        return tuple(name for name in others if name != LIMIT) or tuple(others)

    def place(self, measure: Measure, workload: str) -> Place:
        return Place(measure, workload, self.condition)


def rebased(results: Results, baseline: str | None) -> Results:
    """The same rounds, with ratios to another structure."""
    if baseline is None:
        return results
    present = {
        case.contender for case in results.cases if not case.contender.control
    }
    names = [c.structure for c in in_order(present) if c.structure != FLOOR]
    _refuse_unknown(results, "structure", [baseline], names)
    context = {**results.context, "baseline": baseline}
    return replace(results, context=context)


def choose(results: Results, choice: Choice) -> Subject:
    every = standing.measures(results)
    _refuse_unknown(
        results, "operation", choice.operations, [m.name for m in every]
    )
    condition = _condition(results, choice.fault)
    possible = [
        m for m in every if condition in standing.conditions(results, m)
    ]
    measures = _measures(possible, choice)
    workloads = list(
        dict.fromkeys(
            workload
            for measure in measures
            for workload in standing.workloads(results, measure, condition)
        )
    )
    _refuse_unknown(results, "workload", choice.workloads, workloads)
    workloads = [w for w in workloads if w in (choice.workloads or workloads)]
    written = results.path.with_name("report.txt").exists()
    if not any(
        standing.has_times(results, Place(measure, workload, condition))
        for measure in measures
        for workload in workloads
    ):
        raise ResultsError(
            results.path,
            f"has no time for the mail, {condition_label(condition)}",
            ("report.txt beside it is written; " if written else "")
            + "choose others with --operation and --fault, or run with"
            " --operation=set,drain",
        )
    present = [
        c.structure
        for c in in_order(
            {
                case.contender
                for case in results.cases
                if case.condition == condition
                and not case.contender.is_control
            }
        )
    ]
    _refuse_unknown(results, "structure", choice.structures, present)
    subject = Subject(
        results, condition, tuple(workloads), tuple(measures), (), ""
    )
    structures, why = list(choice.structures), "as chosen"
    if not structures:
        others = [
            name for name in present if name not in (FLOOR, results.baseline)
        ]
        if choice.form == REPLY:
            structures, why = _for_reply(subject, others)
        else:
            structures = _for_cover_letter(subject, others)
    return Subject(
        results,
        condition,
        tuple(workloads),
        tuple(measures),
        tuple(s for s in present if s in structures),
        why,
    )


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
    if choice.form == COVER_LETTER or standing.WHOLE.name not in by_name:
        return list(by_name.values())[:1]
    wanted = (*standing.WHOLE.operations, standing.WHOLE.name)
    return [by_name[name] for name in wanted]


def _named(results: Results, others: Sequence[str]) -> list[str]:
    """Those of the others that the command line asked for by name."""
    asked = named(results)
    return [name for name in others if name in asked]


def _for_reply(
    subject: Subject, others: Sequence[str]
) -> tuple[list[str], str]:
    """Who was named; otherwise the rival, and who is faster most often."""
    named = _named(subject.results, others)
    if named:
        return named, "as named on the command line"
    rivals_of = _against_baseline(subject)
    scores = {
        name: (
            sum(
                r.mark == "*" and r.ratio.median < 1 for r in rivals_of[name]
            ),
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
    named = {*_ARGUED, *_named(subject.results, others)}
    wanted = [name for name in others if name in named and name != LIMIT]
    if not wanted:
        wanted = _best_of_families(subject)
    return [*wanted, LIMIT]


def _proposals(results: Results, names: Sequence[str]) -> list[str]:
    """Of each family what somebody proposed; variants if it has no other."""
    facts = {s.name: s.facts for s in results.structures}
    families: dict[str, list[str]] = {}
    for name in names:
        family = facts.get(name, {}).get("family", name)
        families.setdefault(family, []).append(name)
    chosen: set[str] = set()
    for members in families.values():
        proposed = [
            name
            for name in members
            if not facts.get(name, {}).get("origin", "").startswith(_VARIANT)
        ]
        chosen.update(proposed or members)
    return [name for name in names if name in chosen]


def _best_of_families(subject: Subject) -> list[str]:
    """Of each family the one with the least middle ratio, the best few.

    Only structures that survive when memory runs out, where that is known.
    """
    facts = {s.name: s.facts for s in subject.results.structures}
    best: dict[str, tuple[float, str]] = {}
    rivals_of = _against_baseline(subject)
    for name in _proposals(subject.results, list(rivals_of)):
        said = facts.get(name, {})
        if len(rivals_of[name]) < len(subject.workloads):
            continue
        if said.get("out_of_memory", "reports") == "reports":
            ratio = median([rival.ratio.median for rival in rivals_of[name]])
            family = said.get("family", name)
            best[family] = min(best.get(family, (ratio, name)), (ratio, name))
    return [name for _, name in sorted(best.values())[:_MOST_FAMILIES]]


def _against_baseline(subject: Subject) -> dict[str, list[Rival]]:
    """By structure, in the usual order, on the workloads that it did."""
    found: dict[str, list[Rival]] = {}
    for workload in subject.workloads:
        place = subject.place(subject.decisive, workload)
        for name in standing.contenders(subject.results, place):
            rival = to_baseline(subject, subject.decisive, workload, name)
            if rival and name != subject.results.baseline:
                found.setdefault(name, []).append(rival)
    return found


def to_baseline(
    subject: Subject, measure: Measure, workload: str, name: str
) -> Rival | None:
    return standing.ratio_of(
        subject.results,
        subject.place(measure, workload),
        name,
        subject.results.baseline or "",
    )
