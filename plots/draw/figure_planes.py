# SPDX-License-Identifier: MIT
"""Pictures of planes: time against memory, and what profiles have."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import accumulate

from plots.draw import subject
from plots.draw.planes import XY, Axis, Plane, PlaneChart
from plots.draw.subject import missing_text, plain, said
from plots.read.profiles import STEPS, Profile, StepTimes, TimelinePoint
from plots.read.results import Case, Entrant, Results
from plots.tables.figures import binary_size, number

_MOST_POINTS = 12
# The least of a bucket that starts at zero, which a log axis has not.
_LEAST_NS = 0.5
# Fewer steps of a kind have no tail.
_FEWEST = 20
# A trace of many passes goes up and down faster than a line can.
_BINS = 100

# Points and the figure next to them. A missing one is None; a profile that
# never has any is not missing.
_Drawn = tuple[Sequence[XY | None], str]


def charts(results: Results) -> dict[str, PlaneChart]:
    """Every picture by file stem, one for each condition."""
    conditions = results.conditions("set")
    made = subject.by_condition("pareto", conditions, _pareto, results)
    conditions = [profile.condition for profile in results.profiles]
    for step in (*STEPS, ""):
        words = step.replace("_", " ")
        stem = f"tails-{words.replace(' ', '-')}" if step else "timeline"
        of = results, words
        made |= subject.by_condition(stem, conditions, _of_profiles, *of)
    return made


def _pareto(results: Results, condition: str) -> PlaneChart:
    guests = results.workloads_of("set", condition)
    present = results.entrants_of("set", condition)
    shown = subject.argued(results, present, _MOST_POINTS)
    words = said()["pareto"]
    planes: list[Plane] = []
    for guest in guests:
        curves = []
        for who in shown:
            case = Case("set", guest, who, condition)
            time = results.estimate(case, "ns_per_page")
            memory = results.estimate(case, "bits_per_page")
            points: list[XY | None] = [None]
            if time and memory:
                points = [XY(memory.median, time.median, time.low, time.high)]
            curves.append(subject.curve(results, who, points, [case]))
        axes = Axis(**words["x"]), Axis(**words["y"])
        planes += subject.plane(plain(guest), *axes, curves)
    left_out = subject.left_out(results, present, shown)
    texts = (words["words"], missing_text(planes), left_out)
    title = words["title"]
    frame = subject.frame(results, title, condition, guests, *texts)
    return PlaneChart(frame, tuple(planes), how="points", columns=3)


def _of_profiles(results: Results, step: str, condition: str) -> PlaneChart:
    """A plane of tails for each guest; of the memory if `step` is ""."""
    words = said()["tails" if step else "timeline"]
    points_of: Callable[[Profile], _Drawn] = _timeline
    if step:
        points_of = partial(_tail, step.replace(" ", "_"))
    guests: dict[str, dict[Entrant, Profile]] = {}
    for each in results.profiles:
        if each.condition == condition:
            who = Entrant(each.structure)
            guests.setdefault(each.workload, {})[who] = each
    present = {who for profiles in guests.values() for who in profiles}
    shown = subject.argued(results, present)
    planes: list[Plane] = []
    for guest, profiles in guests.items():
        curves = []
        for who in shown:
            if who in profiles:
                points, note = points_of(profiles[who])
                curves.append(subject.curve(results, who, points, note=note))
        axes = Axis(**words["x"]), Axis(**words["y"])
        planes += subject.plane(plain(guest), *axes, curves)
    left_out = subject.left_out(results, present, shown)
    texts = (words["words"], missing_text(planes), left_out)
    title = words["title"].format(step=step)
    frame = subject.frame(results, title, condition, guests, *texts)
    return PlaneChart(frame, tuple(planes), "steps", is_shared=step != "")


def _tail(step: str, profile: Profile) -> _Drawn:
    tail = profile.tails.operations.get(step) if profile.tails else None
    if tail is None or not tail.histogram:
        return [None], ""
    if tail.count < _FEWEST:
        return [], ""
    return survival(tail), number(tail.max)


def survival(tail: StepTimes) -> list[XY]:
    """The share of steps above the upper end of each bucket.

    A bucket is no finer than its ends; the last value stands at the longest.
    """
    *before, last = tail.histogram
    ends = [tail.histogram[0].lower_ns, *(each.upper_ns for each in before)]
    quicker = accumulate((each.count for each in before), initial=0)
    above = [*(tail.count - count for count in quicker), last.count]
    xs = accumulate((max(x, _LEAST_NS) for x in (*ends, tail.max)), max)
    return [XY(x, *(n / tail.count,) * 3) for x, n in zip(xs, above)]


def _timeline(profile: Profile) -> _Drawn:
    memory = profile.memory
    if memory is None or not memory.timeline:
        return [None], ""
    most = max(point.held for point in memory.timeline)
    return binned(memory.timeline), binary_size(most)


def binned(timeline: Iterable[TimelinePoint]) -> list[XY]:
    """The most that is held within each bin of the trace, and at its end."""
    points = list(timeline)
    end = max(point.pages for point in points) or 1
    most: dict[int, int] = {}
    for point in points:
        place = point.pages * _BINS // end
        most[place] = max(most.get(place, 0), point.held)
    every = sorted(most.items())
    return [XY(p * end / _BINS, *(held,) * 3) for p, held in every]
