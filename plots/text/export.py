# SPDX-License-Identifier: MIT
"""Any table as CSV or Markdown, for programs and pages of others."""

import csv
import io
import re

from plots.read.results import Results
from plots.read.file import printable
from plots.tables import cases
from plots.tables.table import Cell, Column, Table

# A program for tables takes these for a formula at the beginning of a cell.
_FORMULA = re.compile(r"[=+\-@]")
_MARKUP = re.compile(r"([\\`*_~|<>\[\]])")


def export(results: Results, form: str) -> str:
    """Every time of a run, as the report has it."""
    table = cases.times(results)
    return csv_of(table) if form == "csv" else markdown_of(table)


# Of a figure, by what its column shows next to it, so many of these.
_ENDS = ("", "_low", "_high", "_mark")
_SHOWN = {"": 1, "spread": 3, "interval": 4}


def csv_of(table: Table) -> str:
    """Figures with six digits; why one is absent stands under `note`."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    shown = [_SHOWN[column.bounds] for column in table.columns]
    heads = zip(table.columns, shown)
    names = [c.key + end for c, n in heads for end in _ENDS[:n]]
    has_unit = any(cell.unit for row in table.rows for cell in row)
    writer.writerow([*names, *(["unit"] * has_unit), "note"])
    for row in table.rows:
        values = [
            _csv_cell(value)
            for cell, n in zip(row, shown)
            for value in (cell.value, cell.low, cell.high, cell.mark)[:n]
        ]
        units = [cell.unit for cell in row if cell.unit]
        notes = dict.fromkeys(cell.absence for cell in row if cell.absence)
        words = [*(units[:1] or [""] * has_unit), "; ".join(notes)]
        writer.writerow([*values, *map(_csv_cell, words)])
    return text.getvalue()


def _csv_cell(value: str | float | None) -> str:
    if isinstance(value, str):
        safe = printable(value)
        return f"'{safe}" if _FORMULA.match(safe) else safe
    return "" if value is None else f"{value:.6g}"


def markdown_of(table: Table) -> str:
    """As people read it: with three digits, units and marks."""
    rows = [[column.heading for column in table.columns]]
    rows.append(["---"] * len(table.columns))
    for row in table.rows:
        said = map(printable, map(_said, table.columns, row))
        rows.append([_MARKUP.sub(r"\\\1", text) for text in said])
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _said(column: Column, cell: Cell) -> str:
    if cell.is_absent:
        return cell.absence
    text = f"{cell.mark} {cell.text(column.form)} {cell.unit}".strip()
    if column.bounds and not isinstance(cell.value, str):
        text = " ".join((text, *cell.bounds(column.form)))
    return text
