# SPDX-License-Identifier: MIT
"""Pictures of planes: time against memory, and what profiles have."""

from collections.abc import Sequence
from itertools import accumulate

from plots.draw import subject
from plots.draw.planes import XY, Axis, Curve, Plane, PlaneChart
from plots.draw.subject import SAID, plain
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

# Points, where a missing one is None, and the figure next to them.
_Drawn = tuple[Sequence[XY | None], str]
_Curves = dict[str, dict[Entrant, Curve]]  # by guest


def charts(results: Results) -> dict[str, PlaneChart]:
    """Every picture by file stem, one for each condition."""
    conditions = results.conditions("set")
    made = subject.by_condition("pareto", conditions, _pareto, results)
    conditions = [profile.condition for profile in results.profiles]
    for step in (*STEPS, ""):
        stem = f"tails-{step.replace('_', '-')}" if step else "timeline"
        of = results, step
        made |= subject.by_condition(stem, conditions, _of_profiles, *of)
    return made


def _pareto(results: Results, condition: str) -> PlaneChart:
    curves: _Curves = {}
    for guest in results.workloads_of("set", condition):
        for who in results.entrants_of("set", condition):
            case = Case("set", guest, who, condition)
            time = results.estimate(case, "ns_per_page")
            memory = results.estimate(case, "bits_per_page")
            point = None
            if time and memory:
                point = XY(memory.median, time.median, time.low, time.high)
            curve = subject.curve(results, who, [point], [case])
            curves.setdefault(guest, {})[who] = curve
    return _chart(results, "pareto", condition, curves, _MOST_POINTS)


def _of_profiles(results: Results, step: str, condition: str) -> PlaneChart:
    """A plane of tails for each guest; of the memory if `step` is ""."""
    points_of = _tail if step else _timeline
    curves: _Curves = {}
    for each in results.profiles:
        if each.condition == condition:
            who = Entrant(each.structure)
            points, note = points_of(each, step)
            curve = subject.curve(results, who, points, note=note)
            curves.setdefault(each.workload, {})[who] = curve
    name = "tails" if step else "timeline"
    return _chart(results, name, condition, curves, step=step)


def _chart(
    results: Results,
    name: str,
    condition: str,
    curves: _Curves,
    most: int = 0,
    step: str = "",
) -> PlaneChart:
    """A plane for each guest, of the structures that the run is about."""
    said, present = SAID[name], set().union(*curves.values())
    shown = subject.argued(results, present, most)
    axes = Axis(**said["x"]), Axis(**said["y"])
    planes = (
        Plane(plain(guest), *axes, [of[who] for who in shown if who in of])
        for guest, of in curves.items()
    )
    rest = subject.structures(results, present.difference(shown))
    names = ", ".join(who.structure for who in rest)
    left_out = "not drawn unless named with --structure: " if names else ""
    of_all = results, said, condition, curves, planes, left_out + names
    return subject.chart(*of_all, step=step.replace("_", " "))


def _tail(profile: Profile, step: str) -> _Drawn:
    tail = profile.tails.operations.get(step) if profile.tails else None
    if tail is None or not tail.histogram:
        return [None], ""
    if tail.count < _FEWEST:
        return [], ""
    return survival(tail), number(tail.max)


def _timeline(profile: Profile, _: str) -> _Drawn:
    memory = profile.memory
    if memory is None or not memory.timeline:
        return [None], ""
    most = max(point.held for point in memory.timeline)
    return binned(memory.timeline), binary_size(most)


def survival(tail: StepTimes) -> list[XY]:
    """The share of steps above the upper end of each bucket, no finer."""
    *before, last = tail.histogram
    ends = [tail.histogram[0].lower_ns, *(each.upper_ns for each in before)]
    quicker = accumulate((each.count for each in before), initial=0)
    above = [*(tail.count - count for count in quicker), last.count]
    xs = accumulate((max(x, _LEAST_NS) for x in (*ends, tail.max)), max)
    return [XY(x, *(n / tail.count,) * 3) for x, n in zip(xs, above)]


def binned(points: Sequence[TimelinePoint]) -> list[XY]:
    """The most that is held within each bin of the trace, and at its end."""
    end = max(point.pages for point in points) or 1
    most: dict[int, int] = {}
    for point in points:
        place = point.pages * _BINS // end
        most[place] = max(most.get(place, 0), point.held)
    every = sorted(most.items())
    return [XY(p * end / _BINS, *(held,) * 3) for p, held in every]
