# SPDX-License-Identifier: MIT
"""What the columns and marks of tables mean, in one line each."""

from __future__ import annotations

from collections.abc import Sequence

from plots.read.results import Results
from plots.read.statistics import interval_ranks, rounds_for
from plots.tables.table import Table


def legend(results: Results, tables: Sequence[Table]) -> dict[str, str]:
    """Of each heading, mark and word that is there, and of no other."""
    words = {
        column.group.split(",")[0] or column.heading: column.legend
        for table in filter(None, tables)
        for column in table.columns
        if column.legend
    }
    return {**words, **marks(results, tables)}


def marks(results: Results, tables: Sequence[Table]) -> dict[str, str]:
    baseline = results.baseline or "the baseline"
    cells = [
        (column, cell)
        for table in tables
        for row in table.rows
        for column, cell in zip(table.columns, row)
    ]
    there = {cell.mark for _, cell in cells} | {
        cell.absence[:1] if cell.absence[:1] == ">" else cell.absence or "-"
        for _, cell in cells
        if cell.is_absent
    }
    there |= {str(cell.value) for column, cell in cells if column.names}
    spans = {
        (cell.is_interval, table.key == "primary")
        for table in tables
        for row in table.rows
        for column, cell in zip(table.columns, row)
        if column.bounds and cell.low is not None
    }
    every = {
        "*": f"differs by more than {baseline} run twice (A/A control)"
        if results.has_control
        else f"differs from {baseline}, said more freely than with an A/A"
        " control, which this run lacks",
        "~": "no difference shown",
        "?": "too few rounds to tell; of a call, perhaps with an interrupt",
        "-": "not measured",
        ">": "takes more than so many ns, cut off because it is slow",
        "failed": "a wrong answer, or a crash",
        "(A/A control)": f"{baseline} a second time: what noise alone does",
        "(floor)": "a set that does nothing",
    }
    made = {
        (">9" if mark == ">" else mark): text
        for mark, text in every.items()
        if mark in there
    }
    if (True, False) in spans:
        made["[ ]"] = _interval(results)
    elif (True, True) in spans:
        made["[ ]"] = "95 % interval of the ratio"
    if any(not is_interval for is_interval, _ in spans):
        made["( )"] = "least and greatest of all rounds"
    return made


def _interval(results: Results) -> str:
    """For how many ratios together an interval holds."""
    ratios, rounds = results.comparisons, results.rounds
    if interval_ranks(rounds, ratios) is not None:
        together = f" for {ratios} ratios together" if ratios > 1 else ""
        text = f"95 % interval{together}"
    else:
        text = (
            f"least and greatest of all rounds (95 % for {ratios} ratios"
            f" together takes {rounds_for(ratios)} rounds)"
        )
    if results.primary_ratios:
        text += "; of a primary ratio its own 95 % interval"
    return text
