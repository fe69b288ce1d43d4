# SPDX-License-Identifier: MIT
"""The ratios that a run is about, near the head of the report.

pfnbench declares them before it measures, so that none can be chosen by how
it came out. docs/method.md says why their interval need not be as wide as
that of all the others.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence

from plots.tables import standing
from plots.read.results import Contender, Results
from plots.tables.standing import Measure, Place
from plots.read.statistics import MOST_PRIMARY
from plots.draw.style import in_order
from plots.text.layout import Cell, Table, number, render, wrap


def tables(
    results: Results, only: Sequence[Measure] | None = None
) -> Iterator[list[str]]:
    """A table for each operation and their sum; nothing without any."""
    ratios = results.primary_ratios
    if not ratios:
        return
    who = [c.structure for c in in_order({Contender(r[2]) for r in ratios})]
    yield wrap(words(results))
    for measure in standing.measures(results) if only is None else only:
        workloads = [
            workload
            for workload in standing.workloads(results, measure, "")
            if any(r[:2] == (measure.operations, workload) for r in ratios)
        ]
        if workloads and measure.counter == "ns_per_page":
            rows = [
                (w, [_cell(results, Place(measure, w, ""), s) for s in who])
                for w in workloads
            ]
            title = f"primary: {measure.name}, ratio to {results.baseline}"
            yield render(Table(title, who, "trace", rows))


def named(results: Results) -> list[str]:
    """Structures that the command line asks for by name, in its order."""
    command = results.context.get("command_line", "")
    try:
        words = shlex.split(command)
    except ValueError:  # an odd quotation mark
        words = command.split()
    asked: list[str] = []
    for word, following in zip(words, [*words[1:], ""]):
        flag, _, value = word.partition("=")
        if flag == "--structure":
            asked += (value or following).split(",")
    return asked


def words(results: Results) -> str:
    """Which ratios are primary, and what that means."""
    ratios = results.primary_ratios
    many = len(ratios)
    names = {Contender(structure) for _, _, structure in ratios}
    every = {parts for parts, _, _ in ratios}
    times = [
        measure.name
        for measure in standing.measures(results)
        if measure.operations in every and measure.counter == "ns_per_page"
    ]
    said = (
        f"PRIMARY, declared before the run: {many} ratios to"
        f" {results.baseline}, of"
        f" {', '.join(c.structure for c in in_order(names))} for"
        f" {', '.join(times)} without faults"
    )
    if many > MOST_PRIMARY:
        return (
            f"{said}; more than the {MOST_PRIMARY} that can be right together,"
            " so they are treated like all others"
        )
    return (
        f"{said}. [,] is the 95 % interval of each, * says that it lies beyond"
        " what the control differs by. With 95 % none of all"
        f" {many} marks is a false alarm. All other ratios are secondary."
    )


def _cell(results: Results, place: Place, structure: str) -> Cell:
    rival = standing.ratio_of(
        results, place, structure, results.baseline or ""
    )
    if rival is None:
        return Cell((standing.word(results, place, structure) or "-",))
    return Cell(
        (number(rival.ratio.median), standing.interval(rival.ratio)),
        rival.mark,
    )
