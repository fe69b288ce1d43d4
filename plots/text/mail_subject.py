# SPDX-License-Identifier: MIT
"""What a mail is about: what its reader chose, or wants to see first."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from plots.read.results import Case, Results, condition_label
from plots.read.statistics import median
from plots.tables import glance, standing
from plots.tables.duel import Duel, named
from plots.tables.standing import LIMIT, WHOLE, Measure, Place, Rival
from plots.tables.words import refused, say

FORMS = COVER_LETTER, REPLY = "cover-letter", "reply"

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
    def rivals(self) -> list[str]:
        """Those set against the baseline; the bound only for want of one."""
        none = (self.results.floor, self.results.baseline)
        others = [name for name in self.structures if name not in none]
        return [name for name in others if name != LIMIT] or others

    def places(self, *measures: Measure) -> list[Place]:
        return [
            Place(self.results, measure, workload, self.condition)
            for measure in measures
            for workload in self.workloads
        ]

    def duel(self, measure: Measure, rival: str | None) -> Duel:
        """Against the baseline, on every guest of the choice."""
        return Duel(tuple(standing.by_run(self.places(measure))), rival)


def rebased(results: Results, baseline: str | None) -> Results:
    """The same rounds, with ratios to another structure."""
    if baseline is None:
        return results
    every = _names(results, results.cases)
    names = [name for name in every if name != results.floor]
    _refuse_unknown(results, "structure", [baseline], names)
    return replace(results, context={**results.context, "baseline": baseline})


def _names(results: Results, cases: Iterable[Case]) -> list[str]:
    """Structures in the usual order, without controls."""
    ordered = results.in_order({case.entrant for case in cases})
    return [who.structure for who in ordered if not who.is_control]


def choose(results: Results, choice: Choice) -> Subject:
    every = standing.measures(results)
    names = [measure.name for measure in every]
    _refuse_unknown(results, "operation", choice.operations, names)
    condition = _condition(results, choice.fault)
    timed = [m for m in every if condition in standing.conditions(results, m)]
    measures = _measures(timed, choice)
    there = dict.fromkeys(
        workload
        for measure in measures
        for workload in standing.workloads(results, measure, condition)
    )
    _refuse_unknown(results, "workload", choice.workloads, [*there])
    workloads = tuple(w for w in there if w in (choice.workloads or there))
    subject = Subject(results, condition, workloads, tuple(measures))
    every_place = subject.places(*measures)
    if not any(any(map(each.times, each.present)) for each in every_place):
        path, label = results.path, condition_label(condition)
        is_written = path.with_name("report.txt").exists()
        written = "report.txt next to it is written; " * is_written
        raise refused(path, "no_mail", condition=label, written=written)
    cases = (c for c in results.cases if c.condition == condition)
    present = _names(results, cases)
    _refuse_unknown(results, "structure", choice.structures, present)
    none = (results.floor, results.baseline)
    others = [name for name in present if name not in none]
    chosen, why = list(choice.structures), "as chosen"
    if not chosen and choice.form == REPLY:
        chosen, why = _for_reply(subject, others)
    elif not chosen:
        # Who was named, the rival, and the bound; for want of them the best.
        wanted = {*_ARGUED, *named(results)} - {LIMIT}
        chosen = [name for name in others if name in wanted]
        # Of a kernel those of the same shape.
        chosen = chosen or [n for n in others if glance.ours_of(n) in wanted]
        chosen = [*(chosen or _best_of_families(subject)), LIMIT]
    shown = tuple(name for name in present if name in chosen)
    return replace(subject, structures=shown, why=why)


def _refuse_unknown(
    results: Results, what: str, chosen: Sequence[str], known: Sequence[str]
) -> None:
    for name in chosen:
        if name not in known:
            have = ", ".join(dict.fromkeys(known)) or "none"
            words = {"what": what, "name": name, "known": have}
            raise refused(results.path, "unknown", **words)


def _condition(results: Results, fault: str | None) -> str:
    """The one that was asked for; otherwise the least disturbed one."""
    known = sorted({case.condition for case in results.cases})
    if fault is None:
        first = standing.measures(results)[0]
        return (standing.conditions(results, first) or known)[0]
    names = [c.removeprefix("fault:") or "none" for c in known]
    _refuse_unknown(results, "fault", [fault], names)
    return "" if fault == "none" else f"fault:{fault}"


def _measures(possible: Sequence[Measure], choice: Choice) -> list[Measure]:
    """One for each operation, as far as a reader has patience."""
    # The first unit of an operation is its main one.
    by_name = {measure.name: measure for measure in reversed(possible)}
    if choice.operations:
        names = dict.fromkeys(measure.name for measure in possible)
        return [by_name[n] for n in names if n in choice.operations]
    if choice.form == COVER_LETTER or WHOLE not in possible:
        return list(possible[:1])
    return [by_name[name] for name in (*WHOLE.operations, WHOLE.name)]


def _for_reply(
    subject: Subject, others: Sequence[str]
) -> tuple[list[str], str]:
    """Who was named; otherwise the rival, and who is faster most often."""
    asked = named(subject.results)
    if found := [name for name in others if name in asked]:
        return found, "as named on the command line"
    scores = {}
    for name, rivals in _proposals(subject).items():
        wins = sum(r.mark == "*" and r.ratio.median < 1 for r in rivals)
        scores[name] = wins, -median([r.ratio.median for r in rivals])
    rival = [name for name in others if name in _ARGUED]
    if not scores:
        return rival, "the rival"
    best = max(scores, key=lambda name: scores[name])
    also = "" if best in rival or not rival else f"{' and '.join(rival)}; and "
    words = {"best": best, "baseline": subject.results.baseline}
    words |= {"wins": scores[best][0], "workloads": len(subject.workloads)}
    words |= {"also": also, "measure": subject.decisive.name}
    words["faster"] = "cheaper" if subject.results.is_counted else "faster"
    return [*rival, best], say("mail", "best", **words)


def _family(results: Results, name: str) -> str:
    said = results.traits.get(name)
    return (said.family if said else None) or name


def _proposals(subject: Subject) -> dict[str, list[Rival]]:
    """Ratios of what was proposed; of a family without, of its variants."""
    results = subject.results
    found: dict[str, list[Rival]] = {}
    for place in subject.places(subject.decisive):
        for name in place.entrants:
            if name != results.baseline and (rival := place.ratio(name)):
                found.setdefault(name, []).append(rival)
    proposed = [name for name in found if results.variant_of(name) is None]
    have = {_family(results, name) for name in proposed}
    return {
        name: rivals
        for name, rivals in found.items()
        if name in proposed or _family(results, name) not in have
    }


def _best_of_families(subject: Subject) -> list[str]:
    """Of each family the one with the least middle ratio; none that dies."""
    said = subject.results.structures
    dying = {s.name for s in said if s.out_of_memory not in (None, "reports")}
    ranked = sorted(
        (median([rival.ratio.median for rival in rivals]), name)
        for name, rivals in _proposals(subject).items()
        if len(rivals) >= len(subject.workloads) and name not in dying
    )
    best: dict[str, str] = {}
    for _, name in ranked:
        best.setdefault(_family(subject.results, name), name)
    return list(best.values())[:_MOST_FAMILIES]
