# SPDX-License-Identifier: MIT
"""Pictures of rows: time, memory and the longest step by structure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial

from plots.draw import subject
from plots.draw.rows import Point, Row, RowChart
from plots.draw.subject import LIMIT, plain
from plots.read.results import Case, Contender, Results

_TITLES = {
    "set": "Time to record one page: set",
    "test": "Time to look up one page: test",
    "extract": "Time to walk over one page: extract",
    "clear": "Time to remove one page: clear",
    "drain": "Time to hand over one page: drain",
}


def charts(results: Results) -> dict[str, RowChart]:
    """Every picture by file stem, one for each condition."""
    made: dict[str, RowChart] = {}
    for operation in _TITLES:
        conditions = results.conditions(operation)
        make = partial(_chart, results, operation)
        made |= subject.by_condition(operation, conditions, make)
    conditions = results.conditions("set")
    make = partial(_chart, results, "")
    made |= subject.by_condition("memory", conditions, make)
    conditions = {profile.condition for profile in results.profiles}
    make = partial(_longest, results)
    return made | subject.by_condition("longest", conditions, make)


def _point(results: Results, case: Case, is_time: bool) -> Point:
    """What is absent says why; it is never drawn as a zero."""
    counter = "ns_per_page" if is_time else "bits_per_page"
    value = results.estimate(case, counter)
    if value is None:
        return Point(
            note=subject.why_absent(results, [case]) or "not measured"
        )
    return Point(value.median, value.low, value.high)


def _chart(
    results: Results, operation: str, condition: str
) -> RowChart | None:
    """The times of an operation; the memory of sets where it is ""."""
    is_time = operation != ""
    operation = operation or "set"
    workloads = results.workloads_of(operation, condition)
    contenders = results.contenders_of(operation, condition)
    points = {
        who: [
            _point(results, Case(operation, w, who, condition), is_time)
            for w in workloads
        ]
        for who in results.in_order(contenders)
        if is_time or who.structure != results.floor
    }
    every = [p for row in points.values() for p in row]
    if all(p.value is None for p in every):
        return None

    def values(name: str) -> tuple[float | None, ...]:
        return tuple(p.value for p in points.get(Contender(name), ()))

    baseline = results.baseline or ""
    captions = [
        _rounds(results, operation, condition, every),
        f"dashed line: {baseline}" if values(baseline) else "",
        f"solid line: {LIMIT}, the limit" if values(LIMIT) else "",
        ""
        if is_time
        else "when the largest pass is full, in size classes",
    ]
    title = _TITLES[operation] if is_time else "Memory per recorded page: set"
    return RowChart(
        subject.frame(results, title, condition, workloads, *captions),
        "ns per page" if is_time else "bits per page",
        tuple(map(plain, workloads)),
        tuple(_row(results, who, row) for who, row in points.items()),
        dashed=values(baseline),
        solid=values(LIMIT),
    )


def _row(results: Results, who: Contender, points: Sequence[Point]) -> Row:
    label, is_floor = who.structure, who.structure == results.floor
    if who.is_control:
        label += " (A/A)"
        points = [replace(point, is_open=True) for point in points]
    if is_floor:
        label = "floor (empty loop)"
    style = subject.look(results, who.structure)
    return Row(plain(label), style, tuple(points), is_floor)


def _rounds(
    results: Results, operation: str, condition: str, points: Iterable[Point]
) -> str:
    """Of how many rounds the medians are, and what surrounds them."""
    rounds = {
        number
        for case, number in results.rounds_of.items()
        if (case.operation, case.condition) == (operation, condition)
    }
    few, many = min(rounds), max(rounds)
    counted = f"{few} to {many} rounds" if few < many else f"{few} rounds"
    if all(point.low == point.high for point in points):
        # Bytes are counted, not timed: every round gives the same.
        return f"median of {counted}"
    below = " from 6 rounds on, full range below" if few < 6 else ""
    return f"median of {counted}; whiskers: 95 % interval{below}"


def _longest(results: Results, condition: str) -> RowChart | None:
    """The longest single step under the lock, in us."""
    found: dict[Contender, dict[str, Point]] = {}
    guests: dict[str, None] = {}
    for profile in results.profiles:
        if profile.condition == condition:
            guests[profile.workload] = None
            longest = profile.tails.longest if profile.tails else None
            word = "cut off" if profile.error else "not measured"
            found.setdefault(Contender(profile.structure), {})[
                profile.workload
            ] = Point(longest[1] / 1000) if longest else Point(note=word)
    none = Point(note="not measured")
    rows = [
        _row(results, who, [found[who].get(guest, none) for guest in guests])
        for who in subject.structures(results, found)
    ]
    if all(p.value is None for row in rows for p in row.points):
        return None
    words = (
        "set, clear, next range or clear range, whichever takes longest; of"
        " its repetitions the quickest, so without interrupts"
    )
    title = "Longest single step under the lock"
    return RowChart(
        subject.frame(results, title, condition, guests, words),
        "us, a scale for each guest",
        tuple(map(plain, guests)),
        tuple(rows),
        how="bars",
    )
