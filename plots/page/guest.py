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
from plots.tables.table import Cell, Table, figure

_MOST_NAMES = 5


@dataclass(frozen=True)
class Guest:
    """By the time that decides; `bars` are percent of the longest, or ""."""

    place: Place
    winner: str
    sentences: Sequence[str]
    table: Table
    bars: Sequence[str]


def likes(results: Results) -> dict[str, str]:
    """Memory, mean run and pages of each guest, as far as they are known."""
    known = {workload.name: workload for workload in results.workloads}
    said = {place.workload: "" for place in pairs.places(results)}
    for name in said:
        if (guest := known.get(name)) is None:
            continue
        words = []
        if guest.guest_memory:
            words.append(f"{binary_size(guest.guest_memory)} of memory")
        if guest.pages and guest.ranges:
            run = number(guest.pages / guest.ranges)
            words.append(f"{run} pages in a row on average")
        if guest.pages:
            words.append(f"its balloon takes {count(guest.pages)} pages")
        said[name] = ", ".join(words)
    return said


def guests(results: Results, counts: Results | None) -> Iterator[Guest]:
    """Every guest under every condition that has a time."""
    for place in pairs.places(results):
        if place.measure != standing.measures(results)[0]:
            continue
        found = place.standing
        if found is None:
            continue
        table = glance.glance(place, counts)
        ordered = sorted(table.rows, key=lambda row: _time(row[1]))
        times = [_time(row[1]) for row in ordered]
        longest = max(filter(math.isfinite, times), default=0)
        bars = [
            f"{100 * (time / longest):.1f}%"
            if longest > 0 and math.isfinite(time)
            else ""
            for time in times
        ]
        table = replace(table, rows=tuple(ordered))
        said = [*_sentences(place, found)]
        yield Guest(place, found.winner, said, table, bars)


def _time(cell: Cell) -> float:
    """For an order in which those without a time are last."""
    return cell.value if isinstance(cell.value, int | float) else math.inf


def _sentences(place: Place, found: Standing) -> Iterator[str]:
    """The first goes on from the name of the winner."""
    baseline = place.results.baseline
    verb = "has the least time" if found.rivals else "alone has a time"
    if found.rivals and not found.undecided:
        verb = "is the fastest"
    yield (
        f"{verb}: {number(found.time.median)} {place.measure.unit} for"
        f" {place.measure.name}."
    )
    if found.winner == baseline:
        yield "It is the baseline."
    if found.to_baseline is not None:
        yield _takes("It", found.to_baseline, baseline or "")
    if found.rivals and found.rivals[0].structure != baseline:
        following = found.rivals[0]
        who = f"Next is {following.structure}: it"
        yield _takes(who, following, found.winner)
    for mark, words in (
        ("~", "May be as fast (no difference is shown)"),
        ("?", "Not enough rounds to tell"),
    ):
        names = [r.structure for r in found.rivals if r.mark == mark]
        if names:
            more = len(names) - _MOST_NAMES
            rest = f" and {more} more" if more > 0 else ""
            yield f"{words}: {', '.join(names[:_MOST_NAMES])}{rest}."


def _takes(who: str, rival: Rival, other: str) -> str:
    cell = figure(rival.ratio)
    but = {
        "*": "",
        "~": ", but no difference is shown",
        "?": ", but there are not enough rounds",
    }[rival.mark]
    bounds = " ".join(cell.bounds())
    return f"{who} takes {cell.text()} times {other}'s time {bounds}{but}."
