# SPDX-License-Identifier: MIT
"""Any table as CSV or Markdown, for programs and pages of others.

A figure with bounds takes a column for each of them and one for its mark.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator

from plots.read.results import Results
from plots.read.file import printable
from plots.tables import cases
from plots.tables.table import Cell, Column, Table

# A program for tables takes these for a formula at the beginning of a cell.
_FORMULA = re.compile(r"[=+\-@]")
_MARKUP = re.compile(r"([\\`*_~|<>\[\]])")

# Text is a name or a word, a figure is None where there is none.
Value = str | float | None


def export(results: Results, form: str) -> str:
    """Every time of a run, as the report has it."""
    table = cases.times(results)
    return csv_of(table) if form == "csv" else markdown_of(table)


def csv_of(table: Table) -> str:
    """Figures with six digits; why one is absent stands under `note`."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    has_unit = any(cell.unit for row in table.rows for cell in row)
    heads = [head for c in table.columns for head in _heads(c)]
    writer.writerow([*heads, *(["unit"] * has_unit), "note"])
    for row in table.rows:
        values = [
            value
            for column, cell in zip(table.columns, row)
            for value in _values(column, cell)
        ]
        units = [cell.unit for cell in row if cell.unit][:1]
        notes = dict.fromkeys(cell.absence for cell in row if cell.absence)
        values += [*(units or [""] * has_unit), "; ".join(notes)]
        writer.writerow(map(_csv_cell, values))
    return text.getvalue()


def _heads(column: Column) -> Iterator[str]:
    yield column.key
    if column.bounds:
        yield from (f"{column.key}_{what}" for what in ("low", "high"))
    if column.bounds == "interval":
        yield f"{column.key}_mark"


def _values(column: Column, cell: Cell) -> Iterator[Value]:
    yield cell.value
    if column.bounds:
        yield from (cell.low, cell.high)
    if column.bounds == "interval":
        yield cell.mark


def _csv_cell(value: Value) -> str:
    if isinstance(value, str):
        safe = printable(value)
        return f"'{safe}" if _FORMULA.match(safe) else safe
    return "" if value is None else f"{value:.6g}"


def markdown_of(table: Table) -> str:
    """As people read it: with three digits, units and marks."""
    rows = [[column.heading for column in table.columns]]
    rows.append(["---"] * len(table.columns))
    for row in table.rows:
        rows.append(
            [
                _MARKUP.sub(r"\\\1", printable(_said(column, cell)))
                for column, cell in zip(table.columns, row)
            ]
        )
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _said(column: Column, cell: Cell) -> str:
    if cell.is_absent:
        return cell.absence
    text = f"{cell.mark} {cell.text(column.form)} {cell.unit}".strip()
    if column.bounds and not isinstance(cell.value, str):
        text = " ".join((text, *cell.bounds(column.form)))
    return text
