# SPDX-License-Identifier: MIT
"""Times and ratios at a place, and who wins there.

A driver records every page of a pass and then hands all of them over, so
`set` and `drain` together decide, in the same round, if a run has both.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property

from plots.read.results import Case, Entrant, Results
from plots.read.statistics import COUNTED, Estimate, estimate, mark
from plots.read.statistics import paired_ratios

# Not a proposal: how fast it could be if memory did not matter.
LIMIT = "flat"

Who = Entrant | str  # a structure is named by its name


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
class Rival:
    """Somebody's time as a ratio to another's, and what may be said of it."""

    structure: str
    ratio: Estimate
    mark: str


@dataclass(frozen=True)
class Standing:
    """The structure with the least median, and what may be said of it."""

    winner: str
    time: Estimate
    to_baseline: Rival | None  # where it is not the baseline
    rivals: tuple[Rival, ...]  # with a ratio to the winner, nearest first

    @property
    def undecided(self) -> tuple[Rival, ...]:
        """Rivals that were not shown to be slower."""
        return tuple(rival for rival in self.rivals if rival.mark != "*")


@dataclass(frozen=True)
class Place:
    """What a comparison holds fixed, and what was measured there."""

    results: Results = field(repr=False, compare=False)
    measure: Measure
    workload: str
    condition: str

    def cases(self, who: Who) -> list[Case]:
        """One for each operation whose times are added."""
        entrant = Entrant(who) if isinstance(who, str) else who
        where = self.workload, entrant, self.condition
        return [Case(each, *where) for each in self.measure.operations]

    def times(self, who: Who) -> dict[int, float]:
        """By round, where every operation of the measure has a time."""
        counter = self.measure.counter
        parts = [self.results.values(c, counter) for c in self.cases(who)]
        shared = sorted(set.intersection(*map(set, parts)))
        sums = {n: sum(part[n] for part in parts) for n in shared}
        return {n: value for n, value in sums.items() if math.isfinite(value)}

    def time(self, who: Who) -> Estimate | None:
        """The median with its interval."""
        return estimate(list(self.times(who).values()))

    def ratios(self, one: Who, other: Who) -> list[float]:
        """The time of one over the other's, in every round with both."""
        return paired_ratios(self.times(one), self.times(other))

    def ratio(self, one: str, other: str | None = None) -> Rival | None:
        """To the other's time, or the baseline's; None without pairs."""
        results, baseline = self.results, self.results.baseline
        other = baseline or "" if other is None else other
        many = results.comparisons
        if baseline in (one, other):
            # Turned round, a primary ratio is one still.
            who = other if one == baseline else one
            pair = self.measure.operations, self.workload, who
            many = results.interval_for(self.condition, pair)
        ratio = estimate(self.ratios(one, other), many)
        return ratio and Rival(one, ratio, mark(ratio, self.control))

    @cached_property
    def control_ratios(self) -> list[float]:
        """The baseline run once more, over the baseline, in every round."""
        name = self.results.baseline or ""
        return self.ratios(Entrant(name, 1), name)

    @cached_property
    def control(self) -> Estimate | None:
        """How far the baseline differs from itself."""
        is_counted = self.results.is_counted
        return COUNTED if is_counted else estimate(self.control_ratios)

    def word(self, who: Who) -> str:
        """Why it has no time: failed, over so many ns, or nothing known."""
        # "failed" comes after any ">"; of two limits both are true.
        return max(map(self.results.word, self.cases(who)))

    @property
    def present(self) -> list[Entrant]:
        """Who has a row of any operation there, in the usual order."""
        of = self.results.entrants_of
        every = (of(each, self.condition) for each in self.measure.operations)
        return self.results.in_order(set().union(*every))

    @property
    def entrants(self) -> list[str]:
        """Structures with a time that can win or lose."""
        none = (self.results.floor, LIMIT, *self.results.setless)
        names = (who.structure for who in self.present if not who.is_control)
        return [name for name in names if name not in none and self.times(name)]

    @property
    def standing(self) -> Standing | None:
        """None where nothing has a time."""
        every = {n: found for n in self.entrants if (found := self.time(n))}
        if not every:
            return None
        winner, *others = sorted(every, key=lambda name: every[name].median)
        rivals = (self.ratio(name, winner) for name in others)
        is_baseline = winner == self.results.baseline
        ratio = None if is_baseline else self.ratio(winner)
        return Standing(winner, every[winner], ratio, (*filter(None, rivals),))

    def recording(self, name: str) -> Case:
        """The row that holds the memory of a structure."""
        return replace(self.cases(name)[0], operation="set")

    def peak(self, name: str) -> float | None:
        """KiB at any time."""
        return self.results.peak_kib(self.recording(name))

    def upkeep(self, who: Entrant) -> list[float | None]:
        """KiB kept when all pages are drained; requests for it per pass."""
        passes = {w.name: w.passes for w in self.results.workloads}
        by = {"retained_rounded_bytes": 1024}
        by |= {"allocations": passes.get(self.workload) or 0}
        if who.structure == self.results.floor:
            return [None] * len(by)
        case = self.cases(who)[0]
        found = [(self.results.estimate(case, k), n) for k, n in by.items()]
        return [each.median / n if each and n else None for each, n in found]

    def lost(self, name: str, fault: str) -> Estimate | None:
        """Pages in a million that were lost under a fault."""
        case = replace(self.recording(name), condition=fault)
        return self.results.lost_ppm(case) if fault else None

    def longest(self, name: str) -> tuple[float, bool] | None:
        """The longest call under the lock in us; if no interrupt is in it."""
        found = self.results.profile_of(self.recording(name))
        tails = found.tails if found and found.error is None else None
        if tails is None or tails.longest is None:
            return None
        return tails.longest[1] / 1000, tails.repetitions > 1


def measures(results: Results) -> list[Measure]:
    """Every time that the results have, the one that decides first."""
    operations = results.operations()
    made = [
        Measure(operation, (operation,), counter.replace("_", " "))
        for operation in operations
        for counter in results.time_counters(operation)
    ]
    has_whole = set(WHOLE.operations) <= set(operations)
    return [replace(WHOLE, unit=made[0].unit), *made] if has_whole else made


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
    return by_run([Place(results, measure, w, condition) for w in there])


def mean_runs(results: Results) -> dict[str, float]:
    """Pages in a row that a guest gives, by guest."""
    return {
        w.name: w.pages / w.ranges
        for w in results.workloads
        if w.pages and w.ranges
    }


def by_run(places: Iterable[Place]) -> list[Place]:
    """The longest first: the ratio of most structures depends on it."""
    found = list(places)
    runs = mean_runs(found[0].results) if found else {}
    return sorted(found, key=lambda place: -runs.get(place.workload, 0))


def label(results: Results, entrant: Entrant) -> str:
    """Name of a row; the two that are not structures stand in brackets."""
    if entrant.is_control:
        more = f" {entrant.control}" if entrant.control > 1 else ""
        return f"(A/A control{more})"
    name = entrant.structure
    return f"({name})" if name == results.floor else name
