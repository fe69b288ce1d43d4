# SPDX-License-Identifier: MIT
"""Pictures of rows: time, memory and the longest step by structure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial

from plots.draw import subject
from plots.draw.rows import Point, Row, RowChart
from plots.draw.subject import LIMIT, plain, said
from plots.read.results import Case, Contender, Results


def charts(results: Results) -> dict[str, RowChart]:
    """Every picture by file stem, one for each condition."""
    made: dict[str, RowChart] = {}
    for name in (*said()["times"], "memory"):
        conditions = results.conditions("set" if name == "memory" else name)
        make = partial(_chart, results, name)
        made |= subject.by_condition(name, conditions, make)
    conditions = {profile.condition for profile in results.profiles}
    make = partial(_longest, results)
    return made | subject.by_condition("longest", conditions, make)


def _chart(results: Results, name: str, condition: str) -> RowChart:
    """The times of an operation, or the memory of sets."""
    is_time = name != "memory"
    operation, counter = (
        (name, "ns_per_page") if is_time else ("set", "bits_per_page")
    )
    guests = results.workloads_of(operation, condition)
    contenders = results.contenders_of(operation, condition)
    points = {
        who: tuple(
            _point(results, Case(operation, guest, who, condition), counter)
            for guest in guests
        )
        for who in results.in_order(contenders)
        if is_time or who.structure != results.floor
    }

    def values(name: str) -> tuple[float | None, ...]:
        return tuple(p.value for p in points.get(Contender(name), ()))

    baseline = results.baseline or ""
    captions = [
        _rounds(results, operation, condition, points),
        f"dashed line: {baseline}" if values(baseline) else "",
        f"solid line: {LIMIT}, the limit" if values(LIMIT) else "",
        "" if is_time else said()["memory"]["words"],
    ]
    title = said()["times"][name] if is_time else said()["memory"]["title"]
    return RowChart(
        subject.frame(results, title, condition, guests, *captions),
        "ns per page" if is_time else "bits per page",
        tuple(map(plain, guests)),
        tuple(_row(results, who, row) for who, row in points.items()),
        dashed=values(baseline),
        solid=values(LIMIT),
    )


def _point(results: Results, case: Case, counter: str) -> Point:
    """What is absent says why; it is never drawn as a zero."""
    value = results.estimate(case, counter)
    if value is None:
        word = subject.why_absent(results, [case])
        return Point(note=word or "not measured")
    return Point(value.median, value.low, value.high)


def _row(results: Results, who: Contender, points: Sequence[Point]) -> Row:
    label, is_floor = who.structure, who.structure == results.floor
    if who.is_control:
        label += " (A/A)"
        points = [point._replace(is_open=True) for point in points]
    if is_floor:
        label = "floor (empty loop)"
    style = subject.look(results, who.structure)
    return Row(plain(label), style, tuple(points), is_floor)


def _rounds(
    results: Results,
    operation: str,
    condition: str,
    points: Mapping[Contender, Iterable[Point]],
) -> str:
    """Of how many rounds the medians are, and what surrounds them."""
    rounds = {
        number
        for case, number in results.rounds_of.items()
        if (case.operation, case.condition) == (operation, condition)
    }
    few, many = min(rounds), max(rounds)
    counted = f"{few} to {many} rounds" if few < many else f"{few} rounds"
    if all(p.low == p.high for row in points.values() for p in row):
        # Bytes are counted, not timed: every round gives the same.
        return f"median of {counted}"
    below = " from 6 rounds on, full range below" if few < 6 else ""
    return f"median of {counted}; whiskers: 95 % interval{below}"


def _longest(results: Results, condition: str) -> RowChart:
    """The longest single step under the lock, in us."""
    found: dict[Contender, dict[str, Point]] = {}
    guests: dict[str, None] = {}
    for profile in results.profiles:
        if profile.condition == condition:
            guests[profile.workload] = None
            longest = profile.tails.longest if profile.tails else None
            word = "cut off" if profile.error else "not measured"
            point = Point(longest[1] / 1000) if longest else Point(note=word)
            row = found.setdefault(Contender(profile.structure), {})
            row[profile.workload] = point
    none = Point(note="not measured")
    title, words = said()["longest"]["title"], said()["longest"]["words"]
    return RowChart(
        subject.frame(results, title, condition, guests, words),
        "us",
        tuple(map(plain, guests)),
        tuple(
            _row(results, who, [row.get(guest, none) for guest in guests])
            for who in subject.structures(results, found)
            for row in [found[who]]
        ),
    )
