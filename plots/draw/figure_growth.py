# SPDX-License-Identifier: MIT
"""Pictures of how cost grows, along one parameter of a generator.

Workloads that differ in one parameter alone (`shuffled_distance_64`,
`shuffled_distance_256`, ...) are a curve; where the fastest structure
changes, the crossing is told.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from plots.draw.chart import (
    LIMIT,
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
    Mark,
    Plane,
    curve,
    drawn_contenders,
    missing_text,
)
from plots.read.results import Case, Results, Workload
from plots.text.layout import binary_size, number, to_ascii

_PAGE = 4096
_GIB_OF_PAGES = 2**30 // _PAGE
_UNITS = {"": 0, "K": 10, "M": 20, "G": 30, "T": 40}
_NUMBER = re.compile(r"([0-9]+(?:\.[0-9]+)?)([KMGT]?)")
_OPERATIONS = ("set", "test", "extract", "clear", "drain")
_FIGURES = (("ns_per_page", "ns per page"), ("ns_per_range", "ns per range"))
# What a parameter is called, and its unit.
_WORDS = {
    "distance": ("shuffle distance", "pages"),
    "inflate": ("guest size", "inflated"),
    "cluster": ("density", "ranges per GiB recorded"),
}
_DENSITY = "cluster"  # drawn by what it leads to


@dataclass(frozen=True)
class Family:
    """Workloads by ascending x; all but the varied parameter is `name`."""

    name: str
    key: str
    workloads: tuple[tuple[float, str], ...]

    @property
    def words(self) -> str:
        """What grows, for a title."""
        return _WORDS.get(self.key, (self.key, ""))[0]

    @property
    def axis(self) -> Axis:
        label = ", ".join(filter(None, _WORDS.get(self.key, (self.key, ""))))
        return Axis(label, is_bytes=self.key == "inflate")


def parameters(workload: str) -> tuple[str, dict[str, str]]:
    """A generator's name and its parameters, as a row's name has them.

    >>> parameters("shuffled_distance_4K")
    ('shuffled', {'distance': '4K'})
    """
    name, *words = workload.split("_")
    found: dict[str, str] = {}
    key: list[str] = []
    for word in words:
        # Keys may consist of several words, values start with a digit.
        if key and word[:1].isdigit():
            found["_".join(key)] = word
            key = []
        else:
            key.append(word)
    return name, found


def families(workloads: Sequence[Workload]) -> list[Family]:
    """Every set of at least three workloads that differ in one number."""
    groups: dict[tuple[str, str], dict[float, str]] = {}
    for workload in workloads:
        name, values = parameters(workload.name)
        for key, text in values.items():
            rest = "_".join(f"{k}_{v}" for k, v in values.items() if k != key)
            x = _x_of(workload, key, text)
            if x is not None:
                group = "_".join(filter(None, (name, rest)))
                groups.setdefault((group, key), {})[x] = workload.name
    return [
        Family(name, key, tuple(sorted(by_x.items())))
        for (name, key), by_x in sorted(groups.items())
        if len(by_x) >= 3
    ]


def _x_of(workload: Workload, key: str, text: str) -> float | None:
    if key == _DENSITY:
        if not workload.pages or not workload.ranges:
            return None
        return workload.ranges / workload.pages * _GIB_OF_PAGES
    match = _NUMBER.fullmatch(text)
    if match is None:
        return None
    value = float(match[1]) * 2.0 ** _UNITS[match[2]]
    return value if value > 0 else None


def charts(results: Results) -> dict[str, CurveChart]:
    """Charts by file stem; none where no parameter was varied."""
    made: dict[str, CurveChart] = {}
    for family in families(results.workloads):
        conditions = sorted(
            {c for op in _OPERATIONS for c in results.conditions(op)}
        )
        stems = file_stems(f"growth-{family.name}-{family.key}", conditions)
        for condition in conditions:
            chart = _chart(results, family, condition)
            if chart is not None:
                made[stems[condition]] = chart
    return made


def _chart(
    results: Results, family: Family, condition: str
) -> CurveChart | None:
    planes = [
        plane
        for operation in _OPERATIONS
        for counter, unit in _FIGURES
        if (
            plane := _plane(
                results, family, operation, condition, counter, unit
            )
        ).curves
    ]
    if not planes:
        return None
    captions = [
        "medians with their interval (range below 6 rounds); circles: where"
        " the fastest changes,"
        f" {LIMIT} not counted, if the 95 % intervals on both sides are apart",
        missing_text(planes).replace("no figure", "not everywhere"),
    ]
    return CurveChart(
        titled(
            f"How cost grows with {family.words}: {family.name}", condition
        ),
        subtitle(results, [workload for _, workload in family.workloads]),
        tuple(planes),
        to_ascii("; ".join(filter(None, captions))),
    )


def _plane(
    results: Results,
    family: Family,
    operation: str,
    condition: str,
    counter: str,
    unit: str,
) -> Plane:
    curves: list[Curve] = []
    missing: list[str] = []
    for contender in drawn_contenders(
        results.contenders_of(operation, condition)
    ):
        points: list[XY] = []
        cases = [
            Case(operation, workload, contender, condition)
            for _, workload in family.workloads
        ]
        for (x, _), case in zip(family.workloads, cases):
            value = counter_estimate(results, case, counter)
            if value is not None:
                points.append(XY.of(x, value))
        if points:
            curves.append(curve(contender, points))
        if len(points) < len(family.workloads):
            missing.append(missing_name(results, cases))
    is_bytes = family.axis.is_bytes
    return Plane(
        operation,
        family.axis,
        Axis(unit),
        tuple(curves),
        marks=tuple(
            Mark(x, y, f"{text} {binary_size(x) if is_bytes else number(x)}")
            for x, y, text in crossings(curves)
        ),
        missing=tuple(missing),
    )


def crossings(curves: Sequence[Curve]) -> list[tuple[float, float, str]]:
    """Where the fastest structure changes: x, y, and who overtakes whom.

    Only if the intervals of the two are apart at some value on either side,
    each with the other below; below six rounds there is no interval.
    """
    contest = {
        c.label: {p.x: p for p in c.points if p.y > 0}
        for c in curves
        if c.label != LIMIT
    }
    found: list[tuple[float, float, str]] = []
    winner = ""
    for x in sorted({x for points in contest.values() for x in points}):
        here = {n: points[x] for n, points in contest.items() if x in points}
        best = min(here, key=lambda name: here[name].y)
        if winner and best != winner and winner in here:
            if not _is_below(here[best], here[winner]):
                continue  # not yet sure
            place = _crossing(contest[winner], contest[best], x)
            if place is not None:
                found.append((*place, f"{best} overtakes {winner} at"))
        winner = best
    return found


def _crossing(
    before: dict[float, XY], after: dict[float, XY], end: float
) -> tuple[float, float] | None:
    """The last place up to `end` where two curves of log axes meet."""
    both = sorted(x for x in before.keys() & after.keys() if x <= end)
    if not any(_is_below(before[x], after[x]) for x in both):
        return None
    for left, right in zip(reversed(both[:-1]), reversed(both[1:])):
        gap = math.log(after[left].y / before[left].y)
        later = math.log(after[right].y / before[right].y)
        if gap >= 0 >= later and gap > later:
            share = gap / (gap - later)
            return (
                _between(left, right, share),
                _between(before[left].y, before[right].y, share),
            )
    return None


def _is_below(one: XY, other: XY) -> bool:
    return one.is_interval and other.is_interval and one.high < other.low


def _between(low: float, high: float, share: float) -> float:
    """A place between two, on a logarithmic axis."""
    return math.exp(math.log(low) + share * (math.log(high) - math.log(low)))
