# SPDX-License-Identifier: MIT
"""Pictures of memory over a trace: bytes held against pages recorded."""

from __future__ import annotations

from dataclasses import replace

from plots.chart import file_stems, subtitle, titled
from plots.curves import (
    XY,
    Axis,
    Curve,
    CurveChart,
    Plane,
    curve,
    drawn_contenders,
    missing_text,
)
from plots.profiles import Profile
from plots.results import Contender, Results
from plots.text import binary_size, to_ascii


def charts(results: Results) -> dict[str, CurveChart]:
    """A plane per workload, by file stem."""
    by_condition: dict[str, dict[str, list[Profile]]] = {}
    for profile in results.profiles:
        workloads = by_condition.setdefault(profile.condition, {})
        workloads.setdefault(profile.workload, []).append(profile)
    stems = file_stems("timeline", sorted(by_condition))
    made = {
        stems[condition]: _chart(results, workloads, condition)
        for condition, workloads in sorted(by_condition.items())
    }
    return {stem: chart for stem, chart in made.items() if chart is not None}


def _chart(
    results: Results, by_workload: dict[str, list[Profile]], condition: str
) -> CurveChart | None:
    planes = tuple(
        plane
        for workload, profiles in by_workload.items()
        if (plane := _plane(workload, profiles)).curves
    )
    if not planes:
        return None
    captions = [
        "in size classes and cache strides; behind the name the most, least"
        " on top",
        missing_text(planes),
    ]
    return CurveChart(
        titled("Memory over the trace", condition),
        subtitle(results, by_workload),
        planes,
        to_ascii("; ".join(filter(None, captions))),
        how="steps",
    )


def _plane(workload: str, profiles: list[Profile]) -> Plane:
    by_contender = {Contender(p.structure): p for p in profiles}
    curves: list[Curve] = []
    missing: list[str] = []
    for contender in drawn_contenders(by_contender):
        memory = by_contender[contender].memory
        if memory and memory.timeline:
            points = [
                XY(point.pages, point.held, point.held, point.held)
                for point in memory.timeline
            ]
            most = max(point.held for point in memory.timeline)
            curves.append(
                replace(curve(contender, points), note=binary_size(most))
            )
        else:
            missing.append(to_ascii(contender.structure))
    curves.sort(key=lambda c: max(point.y for point in c.points))
    return Plane(
        to_ascii(workload),
        Axis("pages recorded so far", is_linear=True),
        Axis("bytes held", is_bytes=True),
        tuple(curves),
        missing=tuple(missing),
    )
