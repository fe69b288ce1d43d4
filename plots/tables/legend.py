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
    there: set[str] = set()
    spans: set[tuple[bool, bool]] = set()
    for table in tables:
        cells = (c for row in table.rows for c in zip(table.columns, row))
        for column, cell in cells:
            there.add(cell.mark)
            if cell.is_absent:
                is_over = cell.absence.startswith(">")
                there.add(">9" if is_over else cell.absence or "-")
            elif column.names:
                there.add(cell.text())
            if column.bounds and cell.low is not None:
                spans.add((cell.is_interval, table.key == "primary"))
    every = {
        "*": f"differs by more than {baseline} run twice (A/A control)"
        if results.has_control
        else f"differs from {baseline}, said more freely than with an A/A"
        " control, which this run lacks",
        "~": "no difference shown",
        "?": "too few rounds to tell; of a call, perhaps with an interrupt",
        "-": "not measured",
        ">9": "takes more than so many ns, cut off because it is slow",
        "failed": "a wrong answer, or a crash",
        "(A/A control)": f"{baseline} a second time: what noise alone does",
        "(floor)": "a set that does nothing",
    }
    made = {mark: text for mark, text in every.items() if mark in there}
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
