# SPDX-License-Identifier: MIT
"""Pictures of tails: which share of single operations took longer."""

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
from plots.profiles import STEPS, Profile, StepTimes
from plots.results import Contender, Results
from plots.text import number, to_ascii

# The least of a bucket that starts at zero, which a log axis has not.
_LEAST_NS = 0.5


def charts(results: Results) -> dict[str, CurveChart]:
    """A chart per operation and condition, by file stem."""
    profiles = results.profiles
    found = {name for p in profiles if p.tails for name in p.tails.operations}
    operations = [name for name in STEPS if name in found]
    conditions = sorted({p.condition for p in profiles})
    made: dict[str, CurveChart] = {}
    for operation in operations:
        stem = f"tails-{operation.replace('_', '-')}"
        stems = file_stems(stem, conditions)
        for condition in conditions:
            chart = _chart(results, profiles, operation, condition)
            if chart is not None:
                made[stems[condition]] = chart
    return made


def _chart(
    results: Results,
    profiles: tuple[Profile, ...],
    operation: str,
    condition: str,
) -> CurveChart | None:
    by_workload: dict[str, list[Profile]] = {}
    for profile in profiles:
        if profile.condition == condition:
            by_workload.setdefault(profile.workload, []).append(profile)
    planes = tuple(
        plane
        for workload, found in by_workload.items()
        if (plane := _plane(workload, found, operation)).curves
    )
    if not planes:
        return None
    captions = [
        "each operation with the least time of its repetitions; behind the"
        " name the longest, in ns, shortest on top",
        missing_text(planes),
    ]
    return CurveChart(
        titled(
            "How long single operations take:"
            f" {to_ascii(operation.replace('_', ' '))}",
            condition,
        ),
        subtitle(results, by_workload),
        planes,
        to_ascii("; ".join(filter(None, captions))),
        how="steps",
    )


def _plane(workload: str, profiles: list[Profile], operation: str) -> Plane:
    by_contender = {Contender(p.structure): p for p in profiles}
    curves: list[Curve] = []
    missing: list[str] = []
    for contender in drawn_contenders(by_contender):
        tails = by_contender[contender].tails
        tail = tails.operations.get(operation) if tails else None
        if tail is None or not tail.histogram:
            missing.append(to_ascii(contender.structure))
        else:
            curves.append(
                replace(
                    curve(contender, survival(tail)), note=number(tail.max)
                )
            )
    curves.sort(key=lambda c: c.points[-1].x)
    return Plane(
        to_ascii(workload),
        Axis("ns"),
        Axis("share that takes longer"),
        tuple(curves),
        missing=tuple(missing),
    )


def survival(tail: StepTimes) -> list[XY]:
    """The share of operations above the upper end of each bucket.

    A bucket is no finer than its ends; the last value stands at the longest.
    """
    total = tail.count
    first = max(tail.histogram[0].lower_ns, _LEAST_NS)
    points = [XY(first, 1.0, 1.0, 1.0)]
    rest = total
    for bucket in tail.histogram[:-1]:
        rest -= bucket.count
        share = rest / total
        points.append(XY(max(bucket.upper_ns, _LEAST_NS), share, share, share))
    share = tail.histogram[-1].count / total
    longest = max(tail.max, points[-1].x)
    points.append(XY(longest, share, share, share))
    return points
