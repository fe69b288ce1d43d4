# SPDX-License-Identifier: MIT
"""Picture of time against memory: what nothing else beats in both."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from plots.draw.chart import (
    counter_estimate,
    file_stems,
    missing_name,
    subtitle,
    titled,
)
from plots.draw.curves import (
    XY,
    Axis,
    Curve,
    CurveChart,
    Plane,
    curve,
    drawn_contenders,
    missing_text,
)
from plots.read.results import Case, Results
from plots.text.layout import to_ascii

_OPERATION = "set"


def charts(results: Results) -> dict[str, CurveChart]:
    """A plane per workload, by file stem."""
    conditions = results.conditions(_OPERATION)
    stems = file_stems("pareto", conditions)
    made = {
        stems[condition]: _chart(results, condition)
        for condition in conditions
    }
    return {stem: chart for stem, chart in made.items() if chart is not None}


def _chart(results: Results, condition: str) -> CurveChart | None:
    workloads = results.workloads_of(_OPERATION, condition)
    planes = tuple(
        plane
        for workload in workloads
        if (plane := _plane(results, workload, condition)).curves
    )
    if not planes:
        return None
    captions = [
        "medians; lower left is better; dashed and named: the front, those that"
        " no other beats in time and memory at once",
        missing_text(planes),
    ]
    return CurveChart(
        titled("Time against memory: set", condition),
        subtitle(results, workloads),
        planes,
        to_ascii("; ".join(filter(None, captions))),
        how="points",
        has_key=True,
        columns=2,
    )


def _plane(results: Results, workload: str, condition: str) -> Plane:
    curves: list[Curve] = []
    missing: list[str] = []
    for contender in drawn_contenders(
        results.contenders_of(_OPERATION, condition)
    ):
        case = Case(_OPERATION, workload, contender, condition)
        time = counter_estimate(results, case, "ns_per_page")
        memory = counter_estimate(results, case, "bits_per_page")
        if time is None or memory is None:
            missing.append(missing_name(results, [case]))
            continue
        point = XY.of(memory.median, time)
        curves.append(curve(contender, [point]))
    best = front((c.points[0].x, c.points[0].y) for c in curves)
    return Plane(
        to_ascii(workload),
        Axis("bits per page when full"),
        Axis("ns per page"),
        tuple(
            replace(c, is_named=(c.points[0].x, c.points[0].y) in best)
            for c in curves
        ),
        front=tuple(best),
        missing=tuple(missing),
    )


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
