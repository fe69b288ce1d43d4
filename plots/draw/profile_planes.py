# SPDX-License-Identifier: MIT
"""What the pictures of profiles share: a plane of steps for each workload."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from plots.draw.chart import subtitle
from plots.draw.curves import CurveChart, Plane, left_out_text, missing_text
from plots.read.profiles import Profile
from plots.read.results import Contender, Results
from plots.text.layout import to_ascii

# Of one condition.
ByWorkload = Mapping[str, Sequence[Profile]]


def by_condition(results: Results) -> dict[str, ByWorkload]:
    """All profiles, by condition and workload, conditions in order."""
    found: dict[str, dict[str, list[Profile]]] = {}
    for profile in results.profiles:
        workloads = found.setdefault(profile.condition, {})
        workloads.setdefault(profile.workload, []).append(profile)
    return dict(sorted(found.items()))


def steps_chart(
    results: Results,
    title: str,
    profiles: ByWorkload,
    plane: Callable[[str, Sequence[Profile]], Plane],
    words: str,
) -> CurveChart | None:
    """None where no plane has a curve; `words` say how to read them."""
    planes = tuple(
        made
        for workload, found in profiles.items()
        if (made := plane(workload, found)).curves
    )
    if not planes:
        return None
    captions = [
        words,
        missing_text(planes),
        left_out_text(
            [Contender(profile.structure) for profile in found]
            for found in profiles.values()
        ),
    ]
    return CurveChart(
        title,
        subtitle(results, profiles),
        planes,
        to_ascii("; ".join(filter(None, captions))),
        how="steps",
    )
