# SPDX-License-Identifier: MIT
"""What the columns and marks of tables mean, in one line each."""

from collections.abc import Sequence

from plots.read.results import Results
from plots.read.statistics import interval_ranks, rounds_for
from plots.tables.table import Table
from plots.tables.words import SAID, say


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
    made = {m: say("marks", m, baseline=baseline) for m in SAID["marks"]}
    if not results.has_control:
        made["*"] = say("legend", "freely", baseline=baseline)
    made = {mark: text for mark, text in made.items() if mark in there}
    if (True, False) in spans:
        made["[ ]"] = _interval(results)
    elif (True, True) in spans:
        made["[ ]"] = "95 % interval of the ratio"
    if any(not is_interval for is_interval, _ in spans):
        made["( )"] = say("legend", "range")
    return made


def _interval(results: Results) -> str:
    """For how many ratios together an interval holds."""
    ratios = results.comparisons
    text = "95 % interval"
    if interval_ranks(results.rounds, ratios) is None:
        rounds = rounds_for(ratios)
        text = say("legend", "few", ratios=ratios, rounds=rounds)
    elif ratios > 1:
        text += f" for {ratios} ratios together"
    return text + say("legend", "own") * bool(results.primary_ratios)
