# SPDX-License-Identifier: MIT
"""The ratios that a run is about.

pfnbench declares them before it measures, so that none can be chosen by how
it came out. docs/method.md says why their interval need not be as wide as
that of all the others.
"""

from __future__ import annotations

from collections.abc import Iterator

from plots.read.results import Contender, Results
from plots.read.statistics import MOST_PRIMARY
from plots.tables import standing
from plots.tables.glance import GUEST, ratio_cell
from plots.tables.standing import Measure, Place
from plots.tables.table import Cell, Column, Table


def _who(results: Results) -> list[Contender]:
    return results.in_order({Contender(n) for *_, n in results.primary_ratios})


def _measures(results: Results) -> list[Measure]:
    """Those that have primary ratios, that which decides first."""
    every = {parts for parts, _, _ in results.primary_ratios}
    return [
        measure
        for measure in standing.measures(results)
        if measure.operations in every and measure.counter == "ns_per_page"
    ]


def tables(results: Results) -> Iterator[Table]:
    """A table for each operation and their sum, that which decides first."""
    who = _who(results)
    names = [each.structure for each in who]
    heads = (GUEST, *(Column(n, n, bounds="interval") for n in names))
    there = {ratio[:2] for ratio in results.primary_ratios}
    for measure in _measures(results):
        rows = tuple(
            (
                Cell(place.workload),
                *(_cell(results, place, each) for each in who),
            )
            for place in standing.places_of(results, measure, "")
            if (measure.operations, place.workload) in there
        )
        title = f"primary: {measure.name}, ratio to {results.baseline}"
        yield Table("primary", title, heads, rows)


def _cell(results: Results, place: Place, who: Contender) -> Cell:
    cell = ratio_cell(results, place, who)
    if not cell.is_absent:
        return cell
    return Cell(absence=standing.word(results, place, who.structure))


def words(results: Results) -> str:
    """Which ratios are primary, and what that means."""
    many = len(results.primary_ratios)
    said = (
        f"PRIMARY, declared before the run: {many} ratios to"
        f" {results.baseline}, of"
        f" {', '.join(c.structure for c in _who(results))} for"
        f" {', '.join(m.name for m in _measures(results))} without faults"
    )
    if many > MOST_PRIMARY:
        return (
            f"{said}; more than the {MOST_PRIMARY} that can be right together,"
            " so they are treated like all others"
        )
    return (
        f"{said}. [ ] is the 95 % interval of each. A * lies beyond all that"
        f" the control differs by. With 95 % certainty none of these {many}"
        " marks is a false alarm. All other ratios are secondary."
    )
