# SPDX-License-Identifier: MIT
"""Plain text that survives a mail client: ASCII, numbers, lines, tables."""

import math
import shlex
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

from plots.read.file import shorten
from plots.tables.duel import shell_words
from plots.tables.figures import to_ascii
from plots.tables.table import Cell, Column, Table

WIDTH = 72  # columns; what is left of 80 after two quotations
_MAX_HEADING = 24
_MAX_IN_GROUP = 8  # six columns are to stand side by side
_MAX_LABEL = 30
_LEGEND_WIDTH = 15
_GAP = "  "

# A column of figures, and its lines of one width.
_Made = tuple[Column, list[str]]


def wrap(text: str, indent: str = _GAP, first: str = "") -> list[str]:
    """Lines of at most 72 columns; all but the first are indented."""
    made = textwrap.TextWrapper(WIDTH, first, indent, break_on_hyphens=False)
    return made.wrap(to_ascii(text))


def wrapped(items: Iterable[str]) -> list[str]:
    return [line for item in items for line in wrap(item)]


def page(sections: Iterable[Sequence[str]]) -> str:
    """Sections with an empty line between them, without empty ones."""
    return "\n\n".join("\n".join(s) for s in sections if s) + "\n"


def lines(table: Table) -> list[str]:
    """A table in 72 columns, if need be in parts, the names of rows last."""
    names: list[list[str]] = []
    figures: list[_Made] = []
    stacked: list[_Made] = []  # units below the names
    for column, *cells in zip(table.columns, *table.rows):
        if column.names:
            words = (column.heading, *(cell.text() for cell in cells))
            names.append([to_ascii(word) or "?" for word in words])
            continue
        figures.append((column, _column(column, cells)))
        if column.unit and not column.group:
            below = {"group": column.name, "name": column.unit, "unit": ""}
            column = replace(column, **below)
        stacked.append((column, _column(column, cells)))
    labels = _labels(names, max((len(x[0]) for _, x in figures), default=0))
    room = WIDTH - max(map(len, labels))
    if len(_chunks(stacked, room)) < len(_chunks(figures, room)):
        figures = stacked
    spare = [made for made in figures if made[0].may_go]
    while spare and not _fits(figures, room):
        figures.remove(spare.pop(0))
    made: list[str] = []
    for chunk in _chunks(figures, room):
        made += [*[""] * bool(made), *wrap(table.title)]
        grouped = _grouped(chunk)
        if any(column.group for column, _ in chunk):
            made.append(_GAP.join(group for group, _ in grouped).rstrip())
        every = zip(*(texts for _, texts in grouped), labels)
        made += [_GAP.join(fields).rstrip() for fields in every]
    return made


def _labels(names: list[list[str]], widest: int) -> list[str]:
    """Names side by side, no wider than the widest column leaves room."""
    room = WIDTH - widest - len(_GAP) * len(names)
    columns = []
    for at, words in enumerate(names):
        most = min(_MAX_LABEL, max(1, room // (len(names) - at)))
        columns.append(_aligned([shorten(w, most) for w in words], str.ljust))
        room -= len(columns[-1][0])
    return [_GAP.join(fields).rstrip() for fields in zip(*columns)]


def _aligned(texts: Sequence[str], how: Any = str.rjust) -> list[str]:
    width = max(map(len, texts))
    return [how(text, width) for text in texts]


def _column(column: Column, cells: Sequence[Cell]) -> list[str]:
    """Heading and cells, padded to one width."""
    parts = [_parts(column, cell) for cell in cells]
    # A word such as "failed" stands alone and aligns with no number.
    aligned = [fields for fields in parts if len(fields) > 1]
    widths = [max(map(len, fields)) for fields in zip(*aligned)]
    most = _MAX_IN_GROUP if column.group else _MAX_HEADING
    texts = [shorten(to_ascii(column.heading) or "?", most)]
    has_marks = any(cell.mark for cell in cells)
    for cell, fields in zip(cells, parts):
        if len(fields) > 1:
            fields = tuple(f.rjust(w) for f, w in zip(fields, widths) if w)
        texts.append((cell.mark or " ") * has_marks + " ".join(fields))
    return _aligned(texts)


def _parts(column: Column, cell: Cell) -> tuple[str, ...]:
    """A value and what surrounds it; a dash for what was not measured."""
    if cell.is_absent:
        return (cell.absence.removesuffix(" ns") or "-",)
    if isinstance(cell.value, str):
        return (shorten(to_ascii(cell.value), _MAX_LABEL),)
    value = cell.text(column.form)
    if column.bounds == "spread":
        return value, cell.spread()
    if column.bounds == "interval":
        return value, *(cell.bounds(column.form) or ("", ""))
    return (value,)


def _grouped(chunk: Sequence[_Made]) -> list[tuple[str, list[str]]]:
    """Columns side by side under one title, of one width."""
    made: list[tuple[str, list[str]]] = []
    for group, columns in groupby(chunk, key=lambda each: each[0].group):
        every = [texts for _, texts in columns]
        if group:
            every = [[_GAP.join(fields) for fields in zip(*every)]]
        for texts in every:
            title, *texts = _aligned([group, *texts])
            made.append((title, texts))
    return made


def _chunks(figures: list[_Made], room: int) -> list[list[_Made]]:
    """Splits columns evenly into as few tables as fit."""
    total = len(figures)
    for tables in range(1, total + 1):
        cuts = [math.ceil(total * i / tables) for i in range(tables + 1)]
        chunks = [figures[a:b] for a, b in zip(cuts, cuts[1:])]
        if all(_fits(chunk, room) for chunk in chunks):
            break
    return chunks if figures else []


def _fits(figures: Sequence[_Made], room: int) -> bool:
    widths = (len(texts[0]) + len(_GAP) for _, texts in _grouped(figures))
    return sum(widths) <= room


def legend_lines(words: Mapping[str, str]) -> list[str]:
    """A line for each column and mark, as long as no name in it is odd."""
    made = []
    for name, text in words.items():
        first = f"{name.ljust(_LEGEND_WIDTH - 1)} "
        made += wrap(text, " " * _LEGEND_WIDTH, first)
    return made


def shell_lines(prefix: str, command: str) -> list[str]:
    """A command that can be pasted: quoted, since faults have semicolons."""
    made: list[str] = []
    line, room = prefix, WIDTH - len(" \\")
    for word in shell_words(to_ascii(command)):
        if len(line) + 1 + len(shlex.quote(word)) > room and line != prefix:
            made.append(f"{line} \\")
            line = " "
        line += " "
        # A shell joins the parts of a word again: backslash and newline
        # vanish between quotations, not inside them.
        while len(line) + len(shlex.quote(word)) > room:
            size = len(word)
            while size > 1 and len(line + shlex.quote(word[:size])) > room:
                size -= 1
            made.append(f"{line}{shlex.quote(word[:size])}\\")
            line, word = "", word[size:]
        line += shlex.quote(word)
    return [*made, line]
