# SPDX-License-Identifier: MIT
"""Pictures of tails: which share of single operations took longer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from plots.draw.chart import file_stems, titled
from plots.draw.curves import XY, Axis, Curve, CurveChart, Plane, curve, legible
from plots.draw.profile_planes import by_condition, steps_chart
from plots.read.profiles import STEPS, Profile, StepTimes
from plots.read.results import Contender, Results
from plots.text.layout import number, to_ascii

# The least of a bucket that starts at zero, which a log axis has not.
_LEAST_NS = 0.5
# Fewer steps of a kind have no share that could be told from the next.
_FEWEST = 20


def charts(results: Results) -> dict[str, CurveChart]:
    """A chart per operation and condition, by file stem.

    Few steps, such as the one end of a set, have no tail.
    """
    found = {
        name
        for p in results.profiles
        if p.tails
        for name, times in p.tails.operations.items()
        if times.count >= _FEWEST
    }
    conditions = by_condition(results)
    made: dict[str, CurveChart] = {}
    for operation in (name for name in STEPS if name in found):
        words = operation.replace("_", " ")
        stems = file_stems(
            f"tails-{words.replace(' ', '-')}", list(conditions)
        )
        for condition, profiles in conditions.items():
            chart = steps_chart(
                results,
                titled(f"How long single operations take: {words}", condition),
                profiles,
                partial(_plane, operation=operation),
                "each operation with the least time of its repetitions; behind"
                " the name the longest, in ns, shortest on top",
            )
            if chart is not None:
                made[stems[condition]] = chart
    return made


def _plane(
    workload: str, profiles: Sequence[Profile], operation: str
) -> Plane:
    by_contender = {Contender(p.structure): p for p in profiles}
    curves: list[Curve] = []
    missing: list[str] = []
    for contender in legible(by_contender)[0]:
        tails = by_contender[contender].tails
        tail = tails.operations.get(operation) if tails else None
        if tail is not None and tail.count < _FEWEST:
            continue
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
