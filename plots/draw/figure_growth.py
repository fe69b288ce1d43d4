# SPDX-License-Identifier: MIT
"""Pictures of how cost grows, along one parameter of a generator.

Workloads that differ in one parameter alone (`shuffled_distance_64`,
`shuffled_distance_256`, ...) are a curve; where the fastest structure
changes, the crossing is marked.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from plots.draw import subject
from plots.draw.planes import XY, Axis, Curve, Mark, Plane, PlaneChart
from plots.draw.planes import missing_text
from plots.draw.subject import LIMIT
from plots.read.results import Case, Results, Workload
from plots.tables.figures import binary_size, number

_GIB_OF_PAGES = 2**30 // 4096
_UNITS = {"": 0, "K": 10, "M": 20, "G": 30, "T": 40}
_NUMBER = re.compile(r"([0-9]+(?:\.[0-9]+)?)([KMGT]?)")
_OPERATIONS = ("set", "test", "extract", "clear", "drain")
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
            if x := _x_of(workload, key, text):
                group = "_".join(filter(None, (name, rest)))
                groups.setdefault((group, key), {})[x] = workload.name
    return [
        Family(name, key, tuple(sorted(by_x.items())))
        for (name, key), by_x in sorted(groups.items())
        if len(by_x) >= 3
    ]


def _x_of(workload: Workload, key: str, text: str) -> float | None:
    """None, or 0, for what no logarithmic axis has."""
    if key == _DENSITY:
        if not workload.pages or not workload.ranges:
            return None
        return workload.ranges / workload.pages * _GIB_OF_PAGES
    match = _NUMBER.fullmatch(text)
    return float(match[1]) * 2.0 ** _UNITS[match[2]] if match else None


def charts(results: Results) -> dict[str, PlaneChart]:
    """Charts by file stem; none where no parameter was varied."""
    made: dict[str, PlaneChart] = {}
    every = {c for op in _OPERATIONS for c in results.conditions(op)}
    for family in families(results.workloads):
        stem = f"growth-{family.name}-{family.key}"
        make = partial(_chart, results, family)
        made |= subject.by_condition(stem, every, make)
    return made


def _chart(
    results: Results, family: Family, condition: str
) -> PlaneChart | None:
    planes = [
        plane
        for operation in _OPERATIONS
        for unit in ("page", "range")
        if (plane := _plane(results, family, operation, condition, unit))
    ]
    if not planes:
        return None
    words = (
        "medians with their interval (range below 6 rounds); circles: where"
        f" the fastest changes, {LIMIT} not counted, if the 95 % intervals on"
        " both sides are apart",
        missing_text(planes, "not everywhere"),
    )
    title = f"How cost grows with {family.words}: {family.name}"
    names = [workload for _, workload in family.workloads]
    frame = subject.frame(results, title, condition, names, *words)
    return PlaneChart(frame, tuple(planes), is_shared=False)


def _plane(
    results: Results,
    family: Family,
    operation: str,
    condition: str,
    unit: str,
) -> Plane | None:
    curves: list[Curve] = []
    missing: list[str] = []
    present = results.contenders_of(operation, condition)
    for contender in subject.structures(results, present):
        cases = [
            Case(operation, workload, contender, condition)
            for _, workload in family.workloads
        ]
        points = [
            XY.of(x, value)
            for (x, _), case in zip(family.workloads, cases)
            if (value := results.estimate(case, f"ns_per_{unit}"))
        ]
        if points:
            curves.append(subject.curve(results, contender, points))
        if len(points) < len(cases):
            missing.append(subject.missing_name(results, cases))
    if not curves:
        return None
    figure = binary_size if family.axis.is_bytes else number
    return Plane(
        f"{operation} per {unit}",
        family.axis,
        Axis(f"ns per {unit}"),
        tuple(curves),
        tuple(
            Mark(x, y, f"{text} {figure(x)}")
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
    old: dict[float, XY], new: dict[float, XY], end: float
) -> tuple[float, float] | None:
    """The last place before `end` where two curves of log axes meet."""
    both = sorted(x for x in old.keys() & new.keys() if x <= end)
    if not any(_is_below(old[x], new[x]) for x in both):
        return None
    at = max(i for i, x in enumerate(both) if old[x].y <= new[x].y)
    left, right = both[at : at + 2]
    gap, later = (math.log(new[x].y / old[x].y) for x in (left, right))
    share = gap / (gap - later)
    y = old[left].y * (old[right].y / old[left].y) ** share
    return left * (right / left) ** share, y


def _is_below(one: XY, other: XY) -> bool:
    return one.is_interval and other.is_interval and one.high < other.low
