# SPDX-License-Identifier: MIT
"""Times and ratios at a place, and who wins there.

A driver records every page of a pass and then hands all of them over, so
the time that decides is that of `set` and of `drain` together, in the same
round. A run that lacks one of them is judged by what it has.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from plots.read.results import Case, Contender, Results
from plots.read.statistics import Estimate, estimate, mark
from plots.read.statistics import paired_ratios

# Not a proposal: how fast it could be if memory did not matter.
LIMIT = "flat"


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

    def cases(self, who: Contender) -> list[Case]:
        """One for each operation whose times are added."""
        where = self.workload, who, self.condition
        return [Case(each, *where) for each in self.measure.operations]


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


# --- places -------------------------------------------------------------


def measures(results: Results) -> list[Measure]:
    """Every time that the results have, the one that decides first."""
    operations = results.operations()
    made = [
        Measure(operation, (operation,), counter.replace("_", " "))
        for operation in operations
        for counter in results.time_counters(operation)
    ]
    has_whole = set(WHOLE.operations) <= set(operations)
    return [WHOLE, *made] if has_whole else made


def conditions(results: Results, measure: Measure) -> list[str]:
    """Conditions under which all operations of a measure ran."""
    return _in_all(map(results.conditions, measure.operations))


def workloads(results: Results, measure: Measure, condition: str) -> list[str]:
    """Workloads on which all operations of a measure ran."""
    return _in_all(
        results.workloads_of(each, condition) for each in measure.operations
    )


def _in_all(lists: Iterable[list[str]]) -> list[str]:
    first, *others = lists
    return [each for each in first if all(each in other for other in others)]


def places(results: Results) -> Iterator[Place]:
    """Each measure under each condition on each workload that it has."""
    for measure in measures(results):
        for condition in conditions(results, measure):
            yield from places_of(results, measure, condition)


def places_of(
    results: Results, measure: Measure, condition: str
) -> list[Place]:
    there = workloads(results, measure, condition)
    return [Place(measure, w, condition) for w in by_run(results, there)]


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


def present(results: Results, place: Place) -> list[Contender]:
    """Who has a row of any operation there, in the usual order."""
    found: set[Contender] = set()
    for operation in place.measure.operations:
        found |= results.contenders_of(operation, place.condition)
    return results.in_order(found)


def label(results: Results, contender: Contender) -> str:
    """Name of a row; the two that are not structures stand in brackets."""
    if contender.is_control:
        more = f" {contender.control}" if contender.control > 1 else ""
        return f"(A/A control{more})"
    name = contender.structure
    return f"({name})" if name == results.floor else name


def short_cases(results: Results) -> list[Case]:
    """Those with fewer rounds than the run was meant to have."""
    of = results.rounds_of
    return [case for case in results.cases if of[case] < results.rounds]


# --- times and ratios ---------------------------------------------------


def times(results: Results, place: Place, who: Contender) -> dict[int, float]:
    """By round, where every operation of the measure has a time."""
    counter = place.measure.counter
    parts = [results.values(case, counter) for case in place.cases(who)]
    sums = {
        number: sum(part[number] for part in parts)
        for number in sorted(set.intersection(*map(set, parts)))
    }
    return {n: value for n, value in sums.items() if math.isfinite(value)}


def time(results: Results, place: Place, name: str) -> Estimate | None:
    """The median with its interval."""
    return estimate(list(times(results, place, Contender(name)).values()))


def ratios(
    results: Results, place: Place, one: Contender, other: Contender
) -> list[float]:
    """The time of one over the other's, in every round that has both."""
    both = (times(results, place, who) for who in (one, other))
    return paired_ratios(*both)


def ratio_of(
    results: Results, place: Place, one: str, other: str
) -> Rival | None:
    """The time of one as a ratio to the other's; None without pairs.

    The interval of a primary ratio is its own. That of another one holds for
    all comparisons of the results together, as far as the rounds allow.
    """
    many = results.comparisons
    if results.baseline in (one, other):
        # Turned round, a primary ratio is one still.
        who = other if one == results.baseline else one
        where = place.workload, who, place.condition
        many = results.interval_for(place.measure.operations, *where)
    values = ratios(results, place, Contender(one), Contender(other))
    ratio = estimate(values, many)
    if ratio is None:
        return None
    return Rival(one, ratio, mark(ratio, control(results, place)))


def to_baseline(results: Results, place: Place, name: str) -> Rival | None:
    return ratio_of(results, place, name, results.baseline or "")


def control(results: Results, place: Place) -> Estimate | None:
    """How far the baseline differs from itself."""
    return estimate(control_ratios(results, place))


def control_ratios(results: Results, place: Place) -> list[float]:
    """The baseline run once more, over the baseline, in every round."""
    name = results.baseline or ""
    return ratios(results, place, Contender(name, 1), Contender(name))


def word(results: Results, place: Place, structure: str) -> str:
    """Why it has no time: failed, over so many ns, or nothing known."""
    # "failed" comes after any ">"; of two limits both are true.
    return max(map(results.word, place.cases(Contender(structure))))


def contenders(results: Results, place: Place) -> list[str]:
    """Structures with a time that can win or lose."""
    none = (results.floor, LIMIT, *results.setless)
    return [
        who.structure
        for who in present(results, place)
        if not who.is_control
        and who.structure not in none
        and times(results, place, who)
    ]


def standing(results: Results, place: Place) -> Standing | None:
    """None where nothing has a time."""
    every = {
        name: found
        for name in contenders(results, place)
        if (found := time(results, place, name))
    }
    if not every:
        return None
    winner, *others = sorted(every, key=lambda name: every[name].median)
    rivals = (ratio_of(results, place, name, winner) for name in others)
    is_baseline = winner == results.baseline
    ratio = None if is_baseline else to_baseline(results, place, winner)
    return Standing(winner, every[winner], ratio, tuple(filter(None, rivals)))
