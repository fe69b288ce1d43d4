# SPDX-License-Identifier: MIT
"""Pictures of rows: time, memory and the longest step by structure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from plots.draw import subject
from plots.draw.rows import Point, Row, RowChart
from plots.read.results import Case, Contender, Results
from plots.read.file import shorten

_TITLES = {
    "set": "Time to record one page: set",
    "test": "Time to look up one page: test",
    "extract": "Time to walk over one page: extract",
    "clear": "Time to remove one page: clear",
    "drain": "Time to hand over one page: drain",
}
_MAX_LABEL = 26

PointOf = Callable[[Results, Case], Point]


def charts(results: Results) -> dict[str, RowChart]:
    """Every picture by file stem, one for each condition."""
    made: dict[str, RowChart | None] = {}
    for operation, title in _TITLES.items():
        conditions = results.conditions(operation)
        stems = subject.file_stems(operation, conditions)
        for condition in conditions:
            made[stems[condition]] = _chart(
                results, operation, condition, title, "ns per page", _time
            )
    conditions = results.conditions("set")
    for condition, stem in subject.file_stems("memory", conditions).items():
        made[stem] = _chart(
            results,
            "set",
            condition,
            "Memory per recorded page: set",
            "bits per page",
            _memory,
            "when the largest pass is full; mark: in size classes, stroke: as"
            " requested",
        )
    conditions = sorted({p.condition for p in results.profiles})
    for condition, stem in subject.file_stems("longest", conditions).items():
        made[stem] = _longest(results, condition)
    return {stem: chart for stem, chart in made.items() if chart is not None}


def _time(results: Results, case: Case) -> Point:
    value = results.estimate(case, "ns_per_page")
    if value is None:
        return _absent(results, case)
    return Point(value.median, value.low, value.high)


def _memory(results: Results, case: Case) -> Point:
    rounded = results.estimate(case, "bits_per_page")
    requested = results.estimate(case, "requested_bits_per_page")
    if rounded is None:
        return _absent(results, case)
    tick = requested.median if requested else None
    return Point(rounded.median, rounded.low, rounded.high, tick)


def _absent(results: Results, case: Case) -> Point:
    """Says why a case has no mark; it is never drawn as a zero."""
    return Point(note=subject.why_absent(results, [case]) or "not measured")


def _chart(
    results: Results,
    operation: str,
    condition: str,
    title: str,
    unit: str,
    point: PointOf,
    words: str = "",
) -> RowChart | None:
    workloads = results.workloads_of(operation, condition)
    points = {
        contender: [
            point(results, Case(operation, workload, contender, condition))
            for workload in workloads
        ]
        for contender in results.in_order(
            results.contenders_of(operation, condition)
        )
        if contender.structure != results.floor or point is not _memory
    }
    every = [p for row in points.values() for p in row]
    if all(p.value is None for p in every):
        return None

    def values(name: str | None) -> tuple[float | None, ...]:
        return tuple(p.value for p in points.get(Contender(name or ""), ()))

    captions = [
        _rounds(results, operation, condition, every),
        f"dashed line: {results.baseline}" if values(results.baseline) else "",
        f"solid line: {subject.LIMIT}, the limit"
        if values(subject.LIMIT)
        else "",
        words,
    ]
    return RowChart(
        subject.titled(title, condition),
        subject.machine(results),
        subject.captions(results, workloads, *captions),
        unit,
        _panels(workloads),
        tuple(_row(results, who, row) for who, row in points.items()),
        dashed=values(results.baseline),
        solid=values(subject.LIMIT),
    )


def _panels(workloads: Iterable[str]) -> tuple[str, ...]:
    return tuple(shorten(subject.plain(w), _MAX_LABEL) for w in workloads)


def _row(results: Results, who: Contender, points: Sequence[Point]) -> Row:
    label, is_floor = who.structure, who.structure == results.floor
    if who.is_control:
        label += " (A/A)"
        points = [replace(point, is_open=True) for point in points]
    if is_floor:
        label = "floor (empty loop)"
    style = subject.look(results, who.structure)
    label = shorten(subject.plain(label), _MAX_LABEL)
    return Row(label, style, tuple(points), is_floor)


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
    for profile in results.profiles:
        if profile.condition == condition:
            longest = profile.tails.longest if profile.tails else None
            points = found.setdefault(Contender(profile.structure), {})
            points[profile.workload] = (
                Point(longest[1] / 1000)
                if longest
                else Point(note="cut off" if profile.error else "not measured")
            )
    present = {workload for points in found.values() for workload in points}
    known = [w.name for w in results.workloads if w.name in present]
    workloads = known + sorted(present.difference(known))
    rows = [
        _row(
            results,
            who,
            [found[who].get(w, Point(note="not measured")) for w in workloads],
        )
        for who in subject.structures(results, found)
    ]
    if all(p.value is None for row in rows for p in row.points):
        return None
    return RowChart(
        subject.titled("Longest single step under the lock", condition),
        subject.machine(results),
        subject.captions(
            results,
            workloads,
            "set, clear, next range or clear range, whichever takes longest;"
            " of its repetitions the quickest, so without interrupts",
        ),
        "us",
        _panels(workloads),
        tuple(rows),
        how="bars",
    )
