# SPDX-License-Identifier: MIT
"""Pictures of planes: time against memory, and what profiles have."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from plots.draw import subject
from plots.draw.planes import XY, Axis, Curve, Mark, Plane, PlaneChart
from plots.draw.planes import missing_text
from plots.read.profiles import STEPS, Profile, StepTimes, TimelinePoint
from plots.read.results import Case, Contender, Results
from plots.tables.figures import binary_size, number

_MOST_POINTS = 12
# The least of a bucket that starts at zero, which a log axis has not.
_LEAST_NS = 0.5
# Fewer steps of a kind have no share that could be told from the next.
_FEWEST = 20
# A trace of many passes goes up and down faster than a line can.
_BINS = 100


def charts(results: Results) -> dict[str, PlaneChart]:
    """Every picture by file stem, one for each condition."""
    made: dict[str, PlaneChart | None] = {}
    conditions = results.conditions("set")
    for condition, stem in subject.file_stems("pareto", conditions).items():
        made[stem] = _pareto(results, condition)
    groups: dict[str, dict[str, dict[Contender, Profile]]] = {}
    for each in results.profiles:
        guests = groups.setdefault(each.condition, {})
        guests.setdefault(each.workload, {})[Contender(each.structure)] = each
    for name in STEPS:
        words = name.replace("_", " ")
        stems = subject.file_stems(
            f"tails-{words.replace(' ', '-')}", sorted(groups)
        )
        for condition, stem in stems.items():
            made[stem] = _of_profiles(
                results,
                subject.titled(f"How long single steps take: {words}", condition),
                groups[condition],
                lambda profile, name=name: _tail(profile, name),
                (Axis("ns"), Axis("share that takes longer")),
                "of its repetitions the quickest; figures: the longest, in ns",
            )
    for condition, stem in subject.file_stems("timeline", sorted(groups)).items():
        made[stem] = _of_profiles(
            results,
            subject.titled("Memory over the trace", condition),
            groups[condition],
            _timeline,
            (
                Axis("pages recorded so far", kind="linear"),
                Axis("bytes held", is_bytes=True, kind="linear"),
            ),
            "the most held in each hundredth of the trace, in size classes;"
            " figures: the most of all",
        )
    return {stem: chart for stem, chart in made.items() if chart is not None}


def _pareto(results: Results, condition: str) -> PlaneChart | None:
    workloads = results.workloads_of("set", condition)
    present = results.contenders_of("set", condition)
    shown = subject.argued(results, present, _MOST_POINTS)
    planes = []
    for workload in workloads:
        curves: list[Curve] = []
        missing: list[str] = []
        for contender in shown:
            case = Case("set", workload, contender, condition)
            time = results.estimate(case, "ns_per_page")
            memory = results.estimate(case, "bits_per_page")
            if time is None or memory is None:
                missing.append(subject.missing_name(results, [case]))
            else:
                point = XY.of(memory.median, time)
                curves.append(subject.curve(results, contender, [point]))
        best = front((c.points[0].x, c.points[0].y) for c in curves)
        planes.append(
            Plane(
                subject.plain(workload),
                Axis("bits per page when full", kind="linear"),
                Axis("ns per page"),
                tuple(curves),
                front=tuple(best),
                missing=tuple(missing),
            )
        )
    planes = [plane for plane in planes if plane.curves]
    if not planes:
        return None
    # A few that take far more would push all the others together.
    every = sorted(x for plane in planes for x in plane.values("x"))
    end = 1.15 * every[int(0.89 * (len(every) - 1))] or 1.0
    return PlaneChart(
        subject.titled("Time against memory: set", condition),
        subject.machine(results),
        subject.captions(
            results,
            workloads,
            "medians; lower left is better; dashed: the front, which no other"
            " beats in time and memory at once",
            "with a figure: far to the right, that many bits",
            missing_text(planes),
            subject.left_out(results, present, shown),
        ),
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
    guests: Mapping[str, Mapping[Contender, Profile]],
    points_of: Callable[[Profile], tuple[list[XY], str]],
    axes: tuple[Axis, Axis],
    words: str,
) -> PlaneChart | None:
    """A plane of steps for each guest; None where none has a curve."""
    present = {who for profiles in guests.values() for who in profiles}
    shown = subject.argued(results, present)
    planes = []
    for workload, profiles in guests.items():
        curves: list[Curve] = []
        missing: list[str] = []
        for contender in [c for c in shown if c in profiles]:
            points, note = points_of(profiles[contender])
            if points:
                made = subject.curve(results, contender, points)
                curves.append(replace(made, note=note))
            elif note:
                missing.append(subject.plain(contender.structure))
        if curves:
            name = subject.plain(workload)
            planes.append(
                Plane(name, *axes, tuple(curves), missing=tuple(missing))
            )
    if not planes:
        return None
    told = (missing_text(planes), subject.left_out(results, present, shown))
    return PlaneChart(
        title,
        subject.machine(results),
        subject.captions(results, guests, words, *told),
        tuple(planes),
        how="steps",
        is_shared=axes[0].kind != "linear",
    )


def _tail(profile: Profile, name: str) -> tuple[list[XY], str]:
    """Without points, a note says that there should be some."""
    tails = profile.tails
    tail = tails.operations.get(name) if tails else None
    if tail is not None and tail.count < _FEWEST:
        return [], ""
    if tail is None or not tail.histogram:
        return [], "missing"
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
    """The most that is held within each bin of the trace, and its end."""
    points = list(timeline)
    end = max(point.pages for point in points) or 1
    most: dict[int, int] = {}
    for point in points:
        place = point.pages * _BINS // end
        most[place] = max(most.get(place, 0), point.held)
    return [XY.bare(p * end / _BINS, held) for p, held in sorted(most.items())]
