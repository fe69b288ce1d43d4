# SPDX-License-Identifier: MIT
"""The web page: one file that needs no network and no server.

Python decides what is said and how figures are written. The template
escapes every name; the script looks up, sorts and filters.
"""

from __future__ import annotations

import base64
import hashlib
import struct
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from plots.page import guest, pairs
from plots.read import instructions
from plots.read.results import Results, ResultsError, condition_label
from plots.tables import answer, cases, facts, profiles, replay, standing
from plots.tables.duel import duel
from plots.tables.table import Cell, Column, Table
from plots.read.text import printable

FILE_NAME = "page.html"

_PARTS = Path(__file__).parent
_PNG = b"\x89PNG\r\n\x1a\n"
# Pictures that stand open, and the order of all: the answer first. Beyond
# so many characters they are left out, so that a page stays below 1 MiB.
_SHOWN = 2
_ROOM = 450_000
_ORDER = ("contest", "ratio", "first", "set", "drain", "memory", "timeline")
_FACETS = ("structure", "workload", "operation", "condition")
_VERDICTS = {
    "*": ("faster", "slower"),
    "~": ("none shown",) * 2,
    "?": ("not enough rounds",) * 2,
}


@dataclass(frozen=True)
class Extras:
    """What may stand beside the results."""

    pictures: Mapping[str, bytes]  # PNG by file stem
    counts: Results | None


def beside(results: Results) -> Extras:
    """The pictures and counts in the folder of the results."""
    found = sorted(results.path.parent.glob("*.png"))
    return Extras(
        {path.stem: path.read_bytes() for path in found},
        instructions.counts_beside(results),
    )


def page(results: Results, extras: Extras) -> str:
    """The whole page."""
    tables = _tables(results, extras.counts)
    if not any(table.key not in ("workloads", "structures") for table in tables):
        raise ResultsError(
            results.path,
            "has no figure of any operation, so there is nothing to show",
            "look at its errors, and run ./run bench again",
        )
    found = duel(results)
    css, script = (_part(name) for name in ("page.css", "page.js"))
    context = results.context
    winners = guest.winners(results)
    compared = pairs.pairs(results, found)
    shown, left_out = _pictures(extras.pictures)
    title = "Sets of page frames"
    if found and found.rival:
        title = f"{found.baseline} or {found.rival}?"
    parts = {
        "title": title,
        "machine": _machine(context),
        "date": context.get("date", "")[:10],
        "answer": " ".join(answer.answer(results)).removeprefix(title),
        "gaps": _gaps(results),
        "missing": [*facts.missing(results)],
        "complete": f"Complete: all {len(results.cases)} cases have"
        f" {results.rounds} rounds, and none failed.",
        "pairs": compared,
        "faults": [(c, condition_label(c)) for c in pairs.conditions(results)],
        "guests": guest.options(results),
        "places": [*guest.guests(results, extras.counts)],
        "winners": _with_verdicts(winners) if winners else None,
        "facets": _facets(tables),
        "tables": tables,
        "baseline": results.baseline or "the baseline",
        "has_control": results.has_control,
        "marks": _marks(results),
        "data": {"pairs": compared},
        "environment": _environment(context),
        "command": context.get("command_line", ""),
        "css": css,
        "css_hash": _hash(css),
        "script": script,
        "script_hash": _hash(script),
        "shown_pictures": _SHOWN,
        "pictures": shown,
        "left_out": left_out,
    }
    return _template().render(parts)


def _part(name: str) -> str:
    return (_PARTS / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    """What the policy of the page allows: this text and no other."""
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def _template() -> Any:
    try:
        import jinja2
    except ImportError:
        raise ResultsError(
            Path(sys.executable),
            "has no jinja2, which makes the page",
            "apt-get install python3-jinja2",
        ) from None
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_PARTS),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        # What is not printable could turn the text around it.
        finalize=lambda v: printable(v) if type(v) is str else v,
    )
    environment.policies["json.dumps_kwargs"] = {
        "separators": (",", ":"),
        "allow_nan": False,
    }
    environment.globals.update(
        twice=lambda names: [(name, name) for name in names],
        has_figures=_has_figures,
    )
    return environment.get_template("page.html")


def _has_figures(table: Table, at: int) -> bool:
    return any(isinstance(row[at].value, int | float) for row in table.rows)


def _machine(context: Mapping[str, str]) -> str:
    """In one line; what the file does not say is left out."""
    cpus = context.get("num_cpus")
    said = [
        context.get("cpu_model"),
        f"{cpus} CPUs" if cpus else None,
        context.get("kernel"),
        context.get("compiler"),
        f"commit {context['commit']}" if "commit" in context else None,
    ]
    return ", ".join(part for part in said if part)


def _environment(context: Mapping[str, str]) -> Table:
    rows = tuple(
        (Cell(key.replace("_", " ")), Cell(value))
        for key, value in context.items()
        if not key.startswith(("workload_", "structure_"))
        # Who owns the machine is nobody's business.
        and key not in ("host_name", "executable")
    )
    columns = (Column("key", "key", names=True), Column("says", "value"))
    return Table("machine", "The machine", columns, rows)


def _tables(results: Results, counts: Results | None) -> list[Table]:
    """Every figure, those of the operations first."""
    every = [
        *_by_unit(cases.times(results)),
        cases.memory(results),
        profiles.memory(results),
        profiles.calls(results),
        *replay.tables(results),
        *([cases.instructions(counts)] if counts else []),
        cases.errors(results),
        facts.workloads(results),
        facts.structures(results),
    ]
    return [_ready(table.filled()) for table in every if table]


def _by_unit(table: Table) -> Iterator[Table]:
    """A table of each unit, which then stands in its head."""
    rows: dict[str, list[tuple[Cell, ...]]] = {}
    for row in table.rows:
        unit = next((cell.unit for cell in row if cell.unit), "")
        rows.setdefault(unit, []).append(row)
    for number, (unit, there) in enumerate(rows.items()):
        own = [i for i in range(len(table.columns)) if there[0][i].unit]
        yield replace(
            table,
            key=f"{table.key}{number or ''}",
            title=f"{table.title}, {unit}" if unit else table.title,
            columns=tuple(
                replace(column, unit=unit) if i in own else column
                for i, column in enumerate(table.columns)
            ),
            rows=tuple(
                tuple(replace(cell, unit="") for cell in row) for row in there
            ),
        )


def _ready(table: Table) -> Table:
    """The structure first, conditions in words, and what marks mean."""
    keys = [column.key for column in table.columns]
    keys.sort(key=lambda key: key != "structure")
    table = table.pick(keys)
    if "condition" in keys:
        at = keys.index("condition")
        table = replace(
            table,
            rows=tuple(
                (
                    *row[:at],
                    Cell(condition_label(str(row[at].value))),
                    *row[at + 1 :],
                )
                for row in table.rows
            ),
        )
    return _with_verdicts(table)


def _with_verdicts(table: Table) -> Table:
    """Behind each column of marks one that says what they mean."""
    columns: list[Column] = []
    parts: list[list[Cell]] = []
    for at, column in enumerate(table.columns):
        cells = [row[at] for row in table.rows]
        columns.append(column)
        parts.append(cells)
        if any(cell.mark in ("*", "~") for cell in cells):
            columns.append(
                Column(f"{column.key}_says", "difference", names=False)
            )
            parts.append([Cell(_verdict(cell)) for cell in cells])
    return replace(table, columns=tuple(columns), rows=tuple(zip(*parts)))


def _verdict(cell: Cell) -> str | None:
    words = _VERDICTS.get(cell.mark)
    if words is None or not isinstance(cell.value, int | float):
        return None
    return words[cell.value > 1]


def _facets(
    tables: Sequence[Table],
) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """What rows can be filtered by: key, name, and every value."""
    found: dict[str, tuple[str, dict[str, None]]] = {}
    for table in tables:
        for column in table.columns:
            if column.names and column.key in _FACETS:
                _, values = found.setdefault(column.key, (column.name, {}))
                values.update(
                    dict.fromkeys(str(c.value) for c in table.column(column.key))
                )
    return [
        (key, name, [(value, value) for value in values])
        for key, (name, values) in found.items()
        if len(values) > 1
    ]


def _pictures(
    pictures: Mapping[str, bytes],
) -> tuple[list[dict[str, Any]], list[str]]:
    """Those that fit, in the order of _ORDER; names of those that do not."""

    def rank(stem: str) -> tuple[int, str]:
        found = (i for i, name in enumerate(_ORDER) if stem == name)
        return next(found, len(_ORDER)), stem

    shown: list[dict[str, Any]] = []
    left_out: list[str] = []
    room = _ROOM
    for stem in sorted(pictures, key=rank):
        picture = pictures[stem]
        if picture[:8] != _PNG or len(picture) < 24:
            continue
        text = base64.b64encode(picture).decode()
        if len(text) > room:
            left_out.append(stem)
            continue
        room -= len(text)
        width, height = struct.unpack(">II", picture[16:24])
        source = f"data:image/png;base64,{text}"
        shown.append(
            {"name": stem, "width": width, "height": height, "source": source}
        )
    return shown, left_out


def _marks(results: Results) -> str:
    """What the marks and brackets of every table mean."""
    baseline = results.baseline or "the baseline"
    beyond = (
        f"and beyond what {baseline} measured twice differs by"
        if results.has_control
        else "(this run has no A/A control to compare with)"
    )
    return (
        f"* a difference: all of the interval is beyond 1 {beyond}."
        " ~ no difference is shown. ? there are not enough rounds."
        " [ ] is a 95 % interval, ( ) the least and the greatest value."
        f" Times are medians of up to {results.rounds} rounds."
    )


def _gaps(results: Results) -> list[str]:
    """What to know before quoting a figure, and what is missing, in short."""
    said = []
    if results.is_interrupted:
        said.append("The run was interrupted: this is what it has.")
    build = results.context.get("build_type", "Release")
    if build not in ("Release", "RelWithDebInfo"):
        said.append(f"Not optimised (build type {build}): quote no time.")
    for cases, what in (
        (results.failed, "gave a wrong answer or crashed"),
        (results.limits, "were cut off because they are slow"),
        (
            standing.short_cases(results),
            f"have fewer than {results.rounds} rounds",
        ),
    ):
        if cases:
            said.append(f"{len(cases)} of {len(results.cases)} cases {what}.")
    return said
