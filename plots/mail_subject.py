# SPDX-License-Identifier: MIT
"""What a mail is about: the choice of its reader, held against the results.

What was not chosen is chosen here, by what a reviewer wants to see first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from plots import standing
from plots.results import Results, ResultsError, condition_label
from plots.standing import Measure, Place, Rival
from plots.statistics import median
from plots.style import in_order

COVER_LETTER = "cover-letter"
REPLY = "reply"
FORMS = (COVER_LETTER, REPLY)

_MOST_FAMILIES = 4


@dataclass(frozen=True)
class Choice:
    """What the mail is about; empty: what a reviewer wants first."""

    form: str = COVER_LETTER
    workloads: tuple[str, ...] = ()
    structures: tuple[str, ...] = ()
    operations: tuple[str, ...] = ()
    fault: str | None = None  # as in --fault; "none" is no fault


@dataclass(frozen=True)
class Subject:
    """The choice, held against what the results have."""

    results: Results
    condition: str
    workloads: tuple[str, ...]
    measures: tuple[Measure, ...]
    structures: tuple[str, ...]
    why: str  # these structures

    @property
    def decisive(self) -> Measure:
        """The time by which structures are chosen."""
        is_whole = standing.WHOLE in self.measures
        return standing.WHOLE if is_whole else self.measures[0]

    def place(self, measure: Measure, workload: str) -> Place:
        return Place(measure, workload, self.condition)


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
    if not any(
        standing.has_times(results, Place(measure, workload, condition))
        for measure in measures
        for workload in workloads
    ):
        raise ResultsError(
            results.path,
            f"has no time for the mail, {condition_label(condition)}",
            "choose others with --operation and --fault, or run with"
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
    if not structures and choice.form == REPLY:
        structures = _shown_to_be_fastest(subject)
        why = f"what is faster than {results.baseline} on most workloads"
    elif not structures:
        structures = _best_of_families(subject)
        why = (
            f"of each family, at most {_MOST_FAMILIES}, the fastest that"
            " reports when memory runs out"
        )
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


def _shown_to_be_fastest(subject: Subject) -> list[str]:
    """Faster than the baseline on most workloads, then by the ratio."""
    scores = {
        name: (
            sum(r.mark != "*" or r.ratio.median >= 1 for r in rivals),
            median([r.ratio.median for r in rivals]),
        )
        for name, rivals in _against_baseline(subject).items()
    }
    return [min(scores, key=lambda name: scores[name])] if scores else []


def _best_of_families(subject: Subject) -> list[str]:
    """Of each family the one with the least middle ratio, the best few.

    Only structures that survive when memory runs out, where that is known.
    """
    facts = {s.name: s.facts for s in subject.results.structures}
    best: dict[str, tuple[float, str]] = {}
    for name, rivals in _against_baseline(subject).items():
        said = facts.get(name, {})
        if said.get("out_of_memory", "reports") == "reports":
            ratio = median([rival.ratio.median for rival in rivals])
            family = said.get("family", name)
            best[family] = min(best.get(family, (ratio, name)), (ratio, name))
    return [name for _, name in sorted(best.values())[:_MOST_FAMILIES]]


def _against_baseline(subject: Subject) -> dict[str, list[Rival]]:
    """By structure, of those that did every workload, in the usual order."""
    found: dict[str, list[Rival]] = {}
    for workload in subject.workloads:
        place = subject.place(subject.decisive, workload)
        for name in standing.contenders(subject.results, place):
            rival = to_baseline(subject, subject.decisive, workload, name)
            if rival and name != subject.results.baseline:
                found.setdefault(name, []).append(rival)
    return {
        name: rivals
        for name, rivals in found.items()
        if len(rivals) == len(subject.workloads)
    }


def to_baseline(
    subject: Subject, measure: Measure, workload: str, name: str
) -> Rival | None:
    return standing.ratio_of(
        subject.results,
        subject.place(measure, workload),
        name,
        subject.results.baseline or "",
    )
