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


def tables(results: Results) -> Iterator[Table]:
    """A table for each operation and their sum, that which decides first."""
    ratios = results.primary_ratios
    names = {Contender(structure) for _, _, structure in ratios}
    columns = (
        GUEST,
        *(
            Column(who.structure, who.structure, bounds="interval")
            for who in results.in_order(names)
        ),
    )
    for measure in standing.measures(results):
        if measure.counter != "ns_per_page":
            continue
        rows = tuple(
            (
                Cell(workload),
                *(
                    _cell(results, Place(measure, workload, ""), who)
                    for who in results.in_order(names)
                ),
            )
            for workload in standing.by_run(
                results, standing.workloads(results, measure, "")
            )
            if any(r[:2] == (measure.operations, workload) for r in ratios)
        )
        if rows:
            title = f"primary: {measure.name}, ratio to {results.baseline}"
            yield Table("primary", title, columns, rows)


def _cell(results: Results, place: Place, who: Contender) -> Cell:
    cell = ratio_cell(results, place, who)
    if not cell.is_absent:
        return cell
    return Cell(absence=standing.word(results, place, who.structure))


def words(results: Results) -> str:
    """Which ratios are primary, and what that means."""
    ratios = results.primary_ratios
    many = len(ratios)
    names = {Contender(structure) for _, _, structure in ratios}
    every = {parts for parts, _, _ in ratios}
    times: list[Measure] = [
        measure
        for measure in standing.measures(results)
        if measure.operations in every and measure.counter == "ns_per_page"
    ]
    said = (
        f"PRIMARY, declared before the run: {many} ratios to"
        f" {results.baseline}, of"
        f" {', '.join(c.structure for c in results.in_order(names))} for"
        f" {', '.join(m.name for m in times)} without faults"
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
