# SPDX-License-Identifier: MIT
"""Which structure wins on a workload, and how sure that is.

A driver records every page of a pass and then hands all of them over, so
the time that decides is that of `set` and of `drain` together, in the same
round. A run that lacks one of them is judged by what it has.
"""

from __future__ import annotations

import math
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass

from plots.read.results import (
    Case,
    Contender,
    Results,
)
from plots.read.statistics import Estimate, estimate, mark, median, paired_ratios
from plots.tables.figures import alike

# Not a proposal: how fast it could be if memory did not matter.
LIMIT = "flat"
_CONTROL = 1


@dataclass(frozen=True)
class Measure:
    """A time: the counter of each operation, summed within a round."""

    name: str
    operations: tuple[str, ...]
    unit: str = "ns per page"

    @property
    def counter(self) -> str:
        return self.unit.replace(" ", "_")


WHOLE = Measure("set + drain", ("set", "drain"))


@dataclass(frozen=True)
class Place:
    """What a comparison holds fixed."""

    measure: Measure
    workload: str
    condition: str


@dataclass(frozen=True)
class Rival:
    """Somebody else's time as a ratio to the winner's."""

    structure: str
    ratio: Estimate
    mark: str


@dataclass(frozen=True)
class Standing:
    """The structure with the least median, and what may be said of it.

    `rivals` have a ratio to the winner, the nearest first. `to_baseline` is
    the winner's ratio to the baseline, None where it is the baseline.
    """

    winner: str
    time: Estimate
    to_baseline: Rival | None
    rivals: tuple[Rival, ...]

    @property
    def undecided(self) -> tuple[Rival, ...]:
        """Rivals that were not shown to be slower."""
        return tuple(rival for rival in self.rivals if rival.mark != "*")


def interval(value: Estimate, unit: str = "") -> str:
    """Its bounds with the decimals of the median; ( ) is a range only."""
    low, high = (alike(v, value.median) for v in (value.low, value.high))
    text = f"{low}, {high}{unit}"
    return f"[{text}]" if value.is_interval else f"({text})"


def measures(results: Results) -> list[Measure]:
    """Every time that the results have, the one that decides first."""
    operations = results.operations()
    made = [
        Measure(operation, (operation,), counter.replace("_", " "))
        for operation in operations
        for counter in results.time_counters(operation)
    ]
    if set(WHOLE.operations) <= set(operations):
        made.insert(0, WHOLE)
    return made


def conditions(results: Results, measure: Measure) -> list[str]:
    """Conditions under which all operations of a measure ran."""
    first, *others = map(results.conditions, measure.operations)
    return [c for c in first if all(c in other for other in others)]


def workloads(results: Results, measure: Measure, condition: str) -> list[str]:
    """Workloads on which all operations of a measure ran."""
    first, *others = (
        results.workloads_of(operation, condition)
        for operation in measure.operations
    )
    return [w for w in first if all(w in other for other in others)]


def times(
    results: Results, place: Place, contender: Contender
) -> dict[int, float]:
    """By round, where every operation of the measure has a time."""
    parts = [
        results.values(
            Case(operation, place.workload, contender, place.condition),
            place.measure.counter,
        )
        for operation in place.measure.operations
    ]
    sums = {
        number: sum(part[number] for part in parts)
        for number in sorted(parts[0])
        if all(number in part for part in parts)
    }
    return {n: value for n, value in sums.items() if math.isfinite(value)}


def ratios(
    results: Results, place: Place, one: Contender, other: Contender
) -> list[float]:
    """The time of one over the other's, in every round that has both."""
    return paired_ratios(
        times(results, place, one), times(results, place, other)
    )


def ratio_of(
    results: Results, place: Place, one: str, other: str
) -> Rival | None:
    """The time of one as a ratio to the other's; None without pairs.

    The interval is that of the report: its own for a primary ratio, else it
    holds for all comparisons of the results together, as far as the rounds
    allow.
    """
    # Turned round, a primary ratio is one still.
    who = other if one == results.baseline else one
    is_to_baseline = results.baseline in (one, other)
    ratio = estimate(
        ratios(results, place, Contender(one), Contender(other)),
        results.interval_for(
            place.measure.operations, place.workload, who, place.condition
        )
        if is_to_baseline
        else results.comparisons,
    )
    if ratio is None:
        return None
    return Rival(one, ratio, mark(ratio, control(results, place)))


def ratio(results: Results, case: Case, counter: str) -> Estimate | None:
    """A case's ratio to the baseline; of the control its own interval."""
    measure = Measure("", (case.operation,), counter.replace("_", " "))
    place = Place(measure, case.workload, case.condition)
    if case.contender.is_control:
        return control(results, place)
    found = ratio_of(
        results, place, case.contender.structure, results.baseline or ""
    )
    return found.ratio if found else None


def label(results: Results, contender: Contender) -> str:
    """Name of a row; the two that are not structures stand in brackets."""
    if contender.is_control:
        more = f" {contender.control}" if contender.control > 1 else ""
        return f"(A/A control{more})"
    name = contender.structure
    return f"({name})" if name == results.floor else name


def present(results: Results, place: Place) -> list[Contender]:
    """Who has a row of any operation there, in the usual order."""
    return results.in_order(
        {
            contender
            for operation in place.measure.operations
            for contender in results.contenders_of(operation, place.condition)
        }
    )


def places(results: Results) -> Iterator[Place]:
    """Each measure under each condition on each workload that it has."""
    for measure in measures(results):
        for condition in conditions(results, measure):
            there = workloads(results, measure, condition)
            for workload in by_run(results, there):
                yield Place(measure, workload, condition)


def mean_runs(results: Results) -> dict[str, float]:
    """Pages in a row that a guest gives, by guest."""
    return {
        w.name: w.pages / w.ranges
        for w in results.workloads
        if w.pages and w.ranges
    }


def by_run(results: Results, guests: Sequence[str]) -> list[str]:
    """The longest first: the ratio of most structures depends on it."""
    runs = mean_runs(results)
    return sorted(guests, key=lambda guest: -runs.get(guest, 0))


def short_cases(results: Results) -> list[Case]:
    """Those with fewer rounds than the run was meant to have."""
    return [
        case
        for case in results.cases
        if results.rounds_of[case] < results.rounds
    ]


def word(results: Results, place: Place, structure: str) -> str:
    """Why it has no time: failed, over so many ns, or nothing known."""
    words = [
        results.word(
            Case(
                operation,
                place.workload,
                Contender(structure),
                place.condition,
            )
        )
        for operation in place.measure.operations
    ]
    # "failed" comes after any ">"; of two limits both are true.
    return max(words)


def control(results: Results, place: Place) -> Estimate | None:
    """How far the baseline differs from itself."""
    return estimate(control_ratios(results, place))


def control_ratios(results: Results, place: Place) -> list[float]:
    """The baseline run once more, over the baseline, in every round."""
    baseline = results.baseline or ""
    return ratios(
        results, place, Contender(baseline, _CONTROL), Contender(baseline)
    )


def contenders(results: Results, place: Place) -> list[str]:
    """Structures with a time that can win or lose."""
    present = set.intersection(
        *(
            results.contenders_of(operation, place.condition)
            for operation in place.measure.operations
        )
    )
    return [
        contender.structure
        for contender in results.in_order(present)
        if not contender.is_control
        and contender.structure not in (results.floor, LIMIT, *results.setless)
        and times(results, place, contender)
    ]


def has_times(results: Results, place: Place) -> bool:
    """Whether anything was measured there, the limit and floor included."""
    return any(
        times(results, place, contender)
        for contender in results.contenders_of(
            place.measure.operations[0], place.condition
        )
    )


def bits_per_page(
    results: Results, place: Place, structure: str
) -> float | None:
    """Memory of the full set, in kmalloc size classes."""
    case = Case("set", place.workload, Contender(structure), place.condition)
    bits = results.estimate(case, "bits_per_page")
    return bits.median if bits else None


def as_small_as_baseline(results: Results, place: Place) -> list[str]:
    """Contenders that take no more memory than the baseline does."""
    most = bits_per_page(results, place, results.baseline or "")
    if most is None:
        return []
    return [
        name
        for name in contenders(results, place)
        if (bits := bits_per_page(results, place, name)) is not None
        and bits <= most
    ]


def standing(
    results: Results, place: Place, among: Container[str] | None = None
) -> Standing | None:
    """None where nothing, or nothing of those to choose among, has a time."""
    medians: Mapping[str, float] = {
        name: median(list(times(results, place, Contender(name)).values()))
        for name in contenders(results, place)
        if among is None or name in among
    }
    if not medians:
        return None
    winner, *others = sorted(medians, key=lambda name: medians[name])
    time = estimate(list(times(results, place, Contender(winner)).values()))
    assert time is not None
    to_baseline = (
        None
        if winner == results.baseline
        else ratio_of(results, place, winner, results.baseline or "")
    )
    return Standing(
        winner,
        time,
        to_baseline,
        tuple(_rivals(results, place, winner, others)),
    )


def _rivals(
    results: Results, place: Place, winner: str, others: list[str]
) -> Iterator[Rival]:
    for other in others:
        rival = ratio_of(results, place, other, winner)
        if rival is not None:
            yield rival
