# SPDX-License-Identifier: MIT
"""Pictures of memory over a trace: bytes held against pages recorded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from plots.draw.chart import file_stems, titled
from plots.draw.curves import XY, Axis, Curve, CurveChart, Plane, curve, legible
from plots.draw.profile_planes import by_condition, steps_chart
from plots.read.profiles import Profile
from plots.read.results import Contender, Results
from plots.text.layout import binary_size, to_ascii


def charts(results: Results) -> dict[str, CurveChart]:
    """A plane per workload, by file stem."""
    conditions = by_condition(results)
    stems = file_stems("timeline", list(conditions))
    made = {
        stems[condition]: steps_chart(
            results,
            titled("Memory over the trace", condition),
            profiles,
            _plane,
            "in size classes and cache strides; behind the name the most,"
            " least on top",
        )
        for condition, profiles in conditions.items()
    }
    return {stem: chart for stem, chart in made.items() if chart is not None}


def _plane(workload: str, profiles: Sequence[Profile]) -> Plane:
    by_contender = {Contender(p.structure): p for p in profiles}
    curves: list[Curve] = []
    missing: list[str] = []
    for contender in legible(by_contender)[0]:
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
