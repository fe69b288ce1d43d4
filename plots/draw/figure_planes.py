# SPDX-License-Identifier: MIT
"""Pictures of planes: time against memory, and what profiles have."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial

from plots.draw import subject
from plots.draw.planes import XY, Axis, Mark, Plane, PlaneChart, missing_text
from plots.draw.subject import plain
from plots.read.profiles import STEPS, Profile, StepTimes, TimelinePoint
from plots.read.results import Case, Contender, Results
from plots.tables.figures import binary_size, number

_MOST_POINTS = 12
# The least of a bucket that starts at zero, which a log axis has not.
_LEAST_NS = 0.5
# Fewer steps of a kind have no tail.
_FEWEST = 20
# A trace of many passes goes up and down faster than a line can.
_BINS = 100

# Points and the figure next to them; or no points, and if they are missing.
_PointsOf = Callable[[Profile], tuple[list[XY], str]]


def charts(results: Results) -> dict[str, PlaneChart]:
    """Every picture by file stem, one for each condition."""
    made = subject.by_condition(
        "pareto", results.conditions("set"), partial(_pareto, results)
    )
    conditions = {profile.condition for profile in results.profiles}
    for step in STEPS:
        words = step.replace("_", " ")
        make = partial(
            _of_profiles,
            results,
            f"How long single steps take: {words}",
            "of its repetitions the quickest; figures: the longest, in ns",
            (Axis("ns"), Axis("share that takes longer")),
            partial(_tail, step),
        )
        stem = f"tails-{words.replace(' ', '-')}"
        made |= subject.by_condition(stem, conditions, make)
    make = partial(
        _of_profiles,
        results,
        "Memory over the trace",
        "the most held in each hundredth of the trace, in size classes;"
        " figures: the most of all",
        (
            Axis("pages recorded so far", kind="linear"),
            Axis("bytes held", is_bytes=True, kind="linear"),
        ),
        _timeline,
    )
    return made | subject.by_condition("timeline", conditions, make)


def _pareto(results: Results, condition: str) -> PlaneChart | None:
    workloads = results.workloads_of("set", condition)
    present = results.contenders_of("set", condition)
    shown = subject.argued(results, present, _MOST_POINTS)
    planes: list[Plane] = []
    for workload in workloads:
        curves, missing = [], []
        for who in shown:
            case = Case("set", workload, who, condition)
            time = results.estimate(case, "ns_per_page")
            memory = results.estimate(case, "bits_per_page")
            if time is None or memory is None:
                missing.append(subject.missing_name(results, [case]))
            else:
                points = [XY.of(memory.median, time)]
                curves.append(subject.curve(results, who, points))
        if curves:
            axes = (Axis("bits per page", kind="linear"), Axis("ns per page"))
            best = front((c.points[0].x, c.points[0].y) for c in curves)
            planes.append(
                Plane(
                    plain(workload),
                    *axes,
                    tuple(curves),
                    front=tuple(best),
                    missing=tuple(missing),
                )
            )
    if not planes:
        return None
    # A few that take far more would push all the others together.
    every = sorted(x for plane in planes for x in plane.values("x"))
    end = 1.15 * every[int(0.89 * (len(every) - 1))] or 1.0
    words = (
        "medians, memory when the largest pass is full; lower left is better;"
        " dashed: the front, which no other beats in both at once; ->: farther"
        " to the right, with its bits",
        missing_text(planes),
        subject.left_out(results, present, shown),
    )
    title = "Time against memory: set"
    return PlaneChart(
        subject.frame(results, title, condition, workloads, *words),
        tuple(_cut(plane, end) for plane in planes),
        how="points",
        columns=3,
    )


def _cut(plane: Plane, end: float) -> Plane:
    """Beyond `end` a point stands at the edge, with its figure."""
    marks = [
        Mark(end, point.y, f"{number(point.x)} ->", is_ringed=False)
        for curve in plane.curves
        for point in curve.points
        if point.x > end
    ]
    return replace(plane, x=replace(plane.x, high=end), marks=tuple(marks))


def front(points: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
    """Those that no other equals in one and beats in the other.

    >>> front([(1, 5), (2, 5), (2, 3), (9, 9)])
    [(1, 5), (2, 3)]
    """
    best: list[tuple[float, float]] = []
    for point in sorted(set(points)):
        if not best or point[1] < best[-1][1]:
            best.append(point)
    return best


def _of_profiles(
    results: Results,
    title: str,
    words: str,
    axes: tuple[Axis, Axis],
    points_of: _PointsOf,
    condition: str,
) -> PlaneChart | None:
    """A plane of steps for each guest; None where none has a curve."""
    guests: dict[str, dict[Contender, Profile]] = {}
    for each in results.profiles:
        if each.condition == condition:
            who = Contender(each.structure)
            guests.setdefault(each.workload, {})[who] = each
    present = {who for profiles in guests.values() for who in profiles}
    shown = subject.argued(results, present)
    planes: list[Plane] = []
    for guest, profiles in guests.items():
        curves, missing = [], []
        for who in (who for who in shown if who in profiles):
            points, note = points_of(profiles[who])
            if points:
                curve = subject.curve(results, who, points)
                curves.append(replace(curve, note=note))
            elif note:
                missing.append(who.structure)
        if curves:
            rest = {"curves": tuple(curves), "missing": tuple(missing)}
            planes.append(Plane(plain(guest), *axes, **rest))
    if not planes:
        return None
    rest = (missing_text(planes), subject.left_out(results, present, shown))
    return PlaneChart(
        subject.frame(results, title, condition, guests, words, *rest),
        tuple(planes),
        how="steps",
        is_shared=axes[0].kind != "linear",
    )


def _tail(step: str, profile: Profile) -> tuple[list[XY], str]:
    tail = profile.tails.operations.get(step) if profile.tails else None
    if tail is None or not tail.histogram:
        return [], "missing"
    if tail.count < _FEWEST:
        return [], ""
    return survival(tail), number(tail.max)


def survival(tail: StepTimes) -> list[XY]:
    """The share of steps above the upper end of each bucket.

    A bucket is no finer than its ends; the last value stands at the longest.
    """
    points = [XY.bare(max(tail.histogram[0].lower_ns, _LEAST_NS), 1.0)]
    rest = tail.count
    for bucket in tail.histogram[:-1]:
        rest -= bucket.count
        upper = max(bucket.upper_ns, _LEAST_NS)
        points.append(XY.bare(upper, rest / tail.count))
    longest = max(tail.max, points[-1].x)
    points.append(XY.bare(longest, tail.histogram[-1].count / tail.count))
    return points


def _timeline(profile: Profile) -> tuple[list[XY], str]:
    memory = profile.memory
    if memory is None or not memory.timeline:
        return [], "missing"
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
    return [XY.bare(p * end / _BINS, held) for p, held in sorted(most.items())]
