# SPDX-License-Identifier: MIT
"""Each guest: what it is like, who is the fastest there, and how sure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from plots.page import pairs
from plots.read.results import Results
from plots.tables import glance, standing
from plots.tables.figures import binary_size, count, number
from plots.tables.standing import Place, Rival, Standing
from plots.tables.table import Cell, Column, Table, figure

_MOST_NAMES = 5
_ROUNDS = {"~": "no difference is shown", "?": "there are not enough rounds"}


@dataclass(frozen=True)
class Guest:
    """Under one condition; `bars` are percent of the longest, or ""."""

    name: str
    condition: str
    winner: str
    sentences: Sequence[str]
    table: Table
    bars: Sequence[str]


def options(results: Results) -> list[tuple[str, str]]:
    """Name and a short description, for the choice of a guest."""
    return [
        (name, ": ".join(filter(None, (name, ", ".join(_like(results, name))))))
        for name in pairs.guests(results)
    ]


def _like(results: Results, name: str) -> list[str]:
    """Its memory, its mean run, its pages; what the file says of them."""
    said = []
    for known in results.workloads:
        if known.name != name:
            continue
        if known.guest_memory:
            said.append(f"{binary_size(known.guest_memory)} of memory")
        if known.pages and known.ranges:
            run = number(known.pages / known.ranges)
            said.append(f"{run} pages in a row on average")
        if known.pages:
            passes = f" in {count(known.passes)} passes" if known.passes else ""
            said.append(f"its balloon takes {count(known.pages)} pages{passes}")
    return said


def _decisive(results: Results) -> list[Place]:
    """By the time that decides: every condition, every guest."""
    return [
        Place(measure, name, condition)
        for measure in standing.measures(results)[:1]
        for condition in standing.conditions(results, measure)
        for name in standing.by_run(
            results, standing.workloads(results, measure, condition)
        )
    ]


def guests(results: Results, counts: Results | None) -> Iterator[Guest]:
    """Every guest that has a time under a condition."""
    for place in _decisive(results):
        found = standing.standing(results, place)
        if found is None:
            continue
        table = glance.glance(results, place, counts)
        table = replace(
            table, rows=tuple(sorted(table.rows, key=lambda row: _time(row[1])))
        )
        times = [_time(cell) for cell in table.column("time")]
        longest = max(filter(math.isfinite, times), default=0)
        yield Guest(
            place.workload,
            place.condition,
            found.winner,
            [*_sentences(results, place, found)],
            table,
            [
                f"{100 * (time / longest):.1f}%"
                if math.isfinite(time) and longest > 0
                else ""
                for time in times
            ],
        )


def _time(cell: Cell) -> float:
    """For an order in which those without a time are last."""
    return cell.value if isinstance(cell.value, int | float) else math.inf


def _sentences(
    results: Results, place: Place, found: Standing
) -> Iterator[str]:
    """The first goes on from the name of the winner."""
    first = (
        "is the fastest"
        if found.rivals and not found.undecided
        else "has the least time"
        if found.rivals
        else "alone has a time"
    )
    baseline = " It is the baseline." * (found.winner == results.baseline)
    yield (
        f"{first}: {number(found.time.median)} {place.measure.unit} for"
        f" {place.measure.name}.{baseline}"
    )
    if found.to_baseline is not None:
        yield _against(found.to_baseline, f"{results.baseline}'s")
    if found.rivals:
        following = found.rivals[0]
        if following.structure != results.baseline:
            yield _against(
                following,
                f"{found.winner}'s",
                f"Next is {following.structure}: it",
            )
    for mark, words in (
        ("~", "May be as fast (no difference is shown)"),
        ("?", "Not enough rounds to tell"),
    ):
        names = [r.structure for r in found.rivals if r.mark == mark]
        if names:
            more = len(names) - _MOST_NAMES
            rest = f" and {more} more" if more > 0 else ""
            yield f"{words}: {', '.join(names[:_MOST_NAMES])}{rest}."


def _against(rival: Rival, whose: str, who: str = "It") -> str:
    cell = figure(rival.ratio)
    times = f"{cell.text()} times {whose} time {' '.join(cell.bounds())}"
    if rival.mark == "*":
        return f"{who} takes {times}."
    return f"{who} takes {times}, but {_ROUNDS[rival.mark]}."


def winners(results: Results) -> Table | None:
    """The fastest of every guest, and the next one by how much."""
    places = _decisive(results)
    places = [p for p in places if p.condition == places[0].condition]
    shown = [
        (place, found)
        for place in places
        if (found := standing.standing(results, place))
    ]
    if not shown:
        return None
    measure = shown[0][0].measure
    runs = standing.mean_runs(results)
    base = results.baseline or "the baseline"
    columns = (
        Column("workload", "guest", names=True),
        Column("run", "mean run", "pages", "mean number of pages in a row"),
        Column("fastest", "least time", legend="structure with the least median", names=True),
        Column("time", measure.name, measure.unit, "median of the rounds"),
        Column("next", "next", legend="structure with the next median", names=True),
        Column("lead", "next / least", "ratio", "median of the ratios of each round, its interval", bounds="interval"),
        Column("ratio", f"least / {base}", "ratio", f"the same to {base}", bounds="interval"),
    )
    rows = []
    for place, found in shown:
        following = found.rivals[0] if found.rivals else None
        to_base = found.to_baseline
        rows.append(
            (
                Cell(place.workload),
                figure(runs.get(place.workload)),
                Cell(found.winner),
                figure(found.time.median),
                Cell(following.structure if following else None),
                figure(following.ratio, following.mark) if following else Cell(),
                figure(to_base.ratio, to_base.mark) if to_base else Cell(),
            )
        )
    return Table("winners", f"The least time of every guest: {measure.name}", columns, tuple(rows))
