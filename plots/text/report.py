# SPDX-License-Identifier: MIT
"""The report: at most 200 lines of what a run is about.

The answer, a table of each guest, the primary ratios, and what is needed to
trust and repeat them. The full report has every other table as well.

Hard 72 columns, ASCII, name of the row last. Needs the standard library
only, because it is often made on the machine that was measured.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from plots.read.results import Results, condition_label
from plots.tables import (
    answer,
    cases,
    facts,
    glance,
    replay,
)
from plots.tables.duel import duel
from plots.tables.legend import legend
from plots.tables.table import Table
from plots.text.layout import legend_lines, lines, page, shell_lines, wrap
from plots.text.layout import wrapped

FILE_NAME = "report.txt"
FULL_NAME = "report-full.txt"

_MOST_MISSING = 12  # lines


def report(
    results: Results,
    counts: Results | None = None,
    is_full: bool = False,
    hardware: Results | None = None,
) -> str:
    """The whole text, with a newline at its end.

    `counts` is what instructions.json beside the results holds, `hardware`
    what the processor counted.
    """
    found = duel(results)
    ahead = [
        *([glance.guests(found)] if found else []),
        *glance.glances(results, counts),
    ]
    rest = [
        *list(glance.primary(results))[: None if is_full else 1],
        *(_every(results, counts, hardware) if is_full else []),
        *replay.tables(results),
        facts.workloads(results),
        *([facts.structures(results)] if is_full else []),
    ]
    return page(
        [
            paragraph(results),
            wrapped(facts.head(results)),
            *(lines(table) for table in ahead),
            wrap(glance.primary_words(results)) if results.primary_ratios else [],
            *(lines(table) for table in rest if table),
            wrapped(facts.machine(results)),
            reproduce(results),
            legend_lines(legend(results, [*ahead, *rest])),
            _missing(results, is_full),
            [] if is_full else ["Every other table: ./run report --full"],
        ]
    )


def paragraph(results: Results) -> list[str]:
    """The answer in lines of 72 columns."""
    return wrap(" ".join(answer.answer(results)), indent="")


def reproduce(results: Results) -> list[str]:
    command = results.context.get("command_line", "").strip()
    if not command:
        return ["reproduce: command line not recorded"]
    return shell_lines("reproduce:", command)


def _every(
    results: Results, counts: Results | None, hardware: Results | None
) -> Iterator[Table]:
    """The long tables, cut where a reader looks for one."""
    yield from by_place(by_unit(cases.times(results), "time"))
    yield from by_place([cases.memory(results)])
    yield from by_place([cases.profiles(results)])
    yield from by_place([cases.calls(results)])
    yield from instructions(counts, hardware)


def instructions(
    counts: Results | None, hardware: Results | None
) -> Iterator[Table]:
    """Of callgrind and of the processor, as far as they were counted."""
    if counts is not None:
        yield from by_place([cases.instructions(counts)])
    if hardware is not None:
        yield from by_place([cases.instructions(hardware, "hardware")])


def by_unit(table: Table, key: str) -> Iterator[Table]:
    """A time per page and one per range are not to be compared."""
    units = dict.fromkeys(cell.unit for cell in table.column(key))
    for unit in units:
        rows = tuple(
            row
            for row, cell in zip(table.rows, table.column(key))
            if cell.unit == unit
        )
        yield replace(table, title=unit, rows=rows)


def by_place(tables: Sequence[Table] | Iterator[Table]) -> Iterator[Table]:
    """One table for each operation and condition, guests below each other."""
    for table in tables:
        if not table:
            continue
        names = ("operation", "condition")
        keys = [c.key for c in table.columns if c.key in names]
        for said, part in table.groups(*keys):
            by_key = dict(zip(keys, said))
            condition = condition_label(by_key.get("condition", ""))
            place = ", ".join(
                filter(None, (by_key.get("operation", ""), condition))
            )
            rest = [c.key for c in part.columns if c.key not in names]
            yield replace(
                part.pick(rest).filled(), title=f"{place}: {table.title}"
            )


def _missing(results: Results, is_full: bool) -> list[str]:
    made = wrapped(facts.missing(results))
    more = len(made) - _MOST_MISSING
    if is_full or more <= 0:
        return made
    return [*made[:_MOST_MISSING], f"... and {more} lines more"]
