# SPDX-License-Identifier: MIT
"""Every time of a run as CSV or Markdown, for tables of others.

One row for each operation, workload, structure and condition: the time with
its interval, and the ratio to the baseline with its mark, as in the report.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator

from plots.tables import standing
from plots.text.report import row_label
from plots.read.results import FLOOR, Contender, Results
from plots.tables.standing import Measure, Place
from plots.read.statistics import Estimate, estimate
from plots.draw.style import in_order
from plots.text.layout import number, printable

FORMATS = ("csv", "markdown")
COLUMNS = (
    "operation",
    "workload",
    "structure",
    "condition",
    "median",
    "low",
    "high",
    "unit",
    "rounds",
    "ratio",
    "ratio_low",
    "ratio_high",
    "mark",
    "note",
)
# A program for tables takes these for a formula at the beginning of a cell.
_FORMULA = re.compile(r"[=+\-@]")
_MARKUP = re.compile(r"([\\`*_~|<>\[\]])")

# Text is a name or a word, a figure is None where there is none.
Value = str | float | int | None


def export(results: Results, form: str) -> str:
    """All rows under the names of their columns."""
    return (_csv if form == "csv" else _markdown)(results)


def _csv(results: Results) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(map(_csv_cell, row) for row in _rows(results))
    return text.getvalue()


def _csv_cell(value: Value) -> str:
    if isinstance(value, str):
        safe = printable(value)
        return f"'{safe}" if _FORMULA.match(safe) else safe
    return "" if value is None else f"{value:.6g}"


def _markdown(results: Results) -> str:
    rows = [COLUMNS, ("---",) * len(COLUMNS)]
    lines = [f"| {' | '.join(row)} |" for row in rows]
    for row in _rows(results):
        lines.append(f"| {' | '.join(map(_markdown_cell, row))} |")
    return "\n".join(lines) + "\n"


def _markdown_cell(value: Value) -> str:
    if isinstance(value, str):
        return _MARKUP.sub(r"\\\1", printable(value))
    if isinstance(value, int):
        return str(value)
    return "" if value is None else number(value)


def _rows(results: Results) -> Iterator[tuple[Value, ...]]:
    for measure in standing.measures(results):
        for condition in standing.conditions(results, measure):
            for workload in standing.workloads(results, measure, condition):
                place = Place(measure, workload, condition)
                for who in in_order(_contenders(results, measure, condition)):
                    yield _row(results, place, who)


def _contenders(
    results: Results, measure: Measure, condition: str
) -> set[Contender]:
    """Those that ran all operations of the measure."""
    return set.intersection(
        *(
            results.contenders_of(operation, condition)
            for operation in measure.operations
        )
    )


def _row(results: Results, place: Place, who: Contender) -> tuple[Value, ...]:
    time = estimate(list(standing.times(results, place, who).values()))
    ratio, mark = _ratio(results, place, who)
    note = "" if time else standing.word(results, place, who.structure)
    return (
        place.measure.name,
        place.workload,
        row_label(who),
        place.condition,
        *_bounds(time),
        place.measure.unit,
        time.count if time else 0,
        *_bounds(ratio),
        mark,
        note,
    )


def _bounds(value: Estimate | None) -> tuple[Value, Value, Value]:
    if value is None:
        return None, None, None
    return value.median, value.low, value.high


def _ratio(
    results: Results, place: Place, who: Contender
) -> tuple[Estimate | None, str]:
    """To the baseline; what has none is no contender, or the baseline."""
    if who.is_control:
        return standing.control(results, place), ""
    if who.structure in (FLOOR, results.baseline):
        return None, ""
    rival = standing.ratio_of(
        results, place, who.structure, results.baseline or ""
    )
    return (rival.ratio, rival.mark) if rival else (None, "")
