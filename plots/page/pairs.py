# SPDX-License-Identifier: MIT
"""Every two structures against each other, for the script to look up.

The script computes nothing: of each pair it finds mark, median and bounds
as the texts that the report prints.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from plots.read.results import Contender, Results
from plots.tables import glance, standing
from plots.tables.duel import Duel
from plots.tables.figures import number
from plots.tables.standing import LIMIT, Measure, Place
from plots.tables.table import Cell, figure
from plots.read.text import printable

# More would make the page slow; those with the baseline come first.
_MOST = 12_000

# By measure, by condition, by guest.
Lists = list[list[list[Any]]]


def measures(results: Results) -> list[Measure]:
    """One time of each operation: its main one."""
    first: dict[tuple[str, ...], Measure] = {}
    for measure in standing.measures(results):
        first.setdefault(measure.operations, measure)
    return list(first.values())


def conditions(results: Results) -> list[str]:
    """Every condition, the run without faults first."""
    return sorted({case.condition for case in results.cases})


def guests(results: Results) -> list[str]:
    """Every guest, the one with the longest runs first."""
    names = dict.fromkeys(p.workload for p in standing.places(results))
    return standing.by_run(results, list(names))


def pairs(results: Results, found: Duel | None) -> dict[str, Any]:
    """What the script looks up; `found` is the pair to begin with."""
    names = _structures(results)
    ways = measures(results)
    where = conditions(results)
    there = guests(results)
    runs = standing.mean_runs(results)
    wanted = _wanted(results, names, len(ways) * len(where) * len(there))

    def lists(of: Any) -> Lists:
        return [
            [[of(Place(w, g, c)) for g in there] for c in where] for w in ways
        ]

    first = [*reversed(found.both)] if found else names[:2]
    return {
        # As the template writes them, so that the script finds them.
        "structures": [*map(printable, names)],
        "one": printable(first[0]) if first else "",
        "other": printable(first[-1]) if first else "",
        "measures": [way.name for way in ways],
        "units": [way.unit for way in ways],
        "faults": [*map(printable, where)],
        "guests": [*map(printable, there)],
        "runs": [number(runs[g]) if g in runs else "" for g in there],
        "cells": lists(lambda place: _ratios(results, place, names, wanted)),
        "controls": lists(lambda place: _control(results, place)),
        "times": lists(
            lambda place: [
                _written(glance.time_cell(results, place, Contender(name)))
                for name in names
            ]
        ),
        "none": "Nothing was measured for both of them in the same round."
        if len(wanted) == len(names) * (len(names) - 1)
        else "No round has both, or the run has too many structures for"
        f" all pairs to stand here. Compare with {results.baseline}.",
    }


def _structures(results: Results) -> list[str]:
    """All that have a time, the limit too, in the order of the tables."""
    return list(
        dict.fromkeys(
            name
            for place in standing.places(results)
            for name in [LIMIT, *standing.contenders(results, place)]
            if standing.times(results, place, Contender(name))
        )
    )


def _wanted(
    results: Results, names: Sequence[str], places: int
) -> set[tuple[str, str]]:
    """Ordered pairs, as many as the page has room for."""
    every = [(a, b) for a in names for b in names if a != b]
    every.sort(key=lambda pair: results.baseline not in pair)
    return set(every[: max(_MOST // max(1, places), 2 * len(names))])


def _ratios(
    results: Results,
    place: Place,
    names: Sequence[str],
    wanted: set[tuple[str, str]],
) -> list[list[list[str] | None]]:
    there = {
        name
        for name in names
        if standing.times(results, place, Contender(name))
    }
    return [
        [
            _ratio(results, place, one, other)
            if one in there and other in there and (one, other) in wanted
            else None
            for other in names
        ]
        for one in names
    ]


def _ratio(
    results: Results, place: Place, one: str, other: str
) -> list[str] | None:
    rival = standing.ratio_of(results, place, one, other)
    return None if rival is None else _entry(figure(rival.ratio, rival.mark))


def _control(results: Results, place: Place) -> list[str] | None:
    control = standing.control(results, place)
    return None if control is None else _entry(figure(control, "~"))


def _entry(cell: Cell) -> list[str]:
    """Mark, median, "[low," and "high]"."""
    return [cell.mark, cell.text(), *cell.bounds()]


def _written(cell: Cell) -> str:
    return cell.absence if cell.is_absent else cell.text()
