# SPDX-License-Identifier: MIT
"""Plain text that survives a mail client: ASCII, numbers, lines, tables."""

from __future__ import annotations

import math
import shlex
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

from plots.read.file import shorten
from plots.tables.figures import to_ascii
from plots.tables.table import Cell, Column, Table

WIDTH = 72  # columns; what is left of 80 after two quotations
_MAX_HEADING = 24
_MAX_IN_GROUP = 8  # six columns are to stand side by side
_MAX_LABEL = 30
_LEGEND_WIDTH = 15
_GAP = "  "


def wrap(text: str, indent: str = _GAP) -> list[str]:
    """Lines of at most 72 columns; all but the first are indented."""
    return textwrap.wrap(
        to_ascii(text),
        WIDTH,
        subsequent_indent=indent,
        break_on_hyphens=False,
    )


def lines(table: Table) -> list[str]:
    """A table in 72 columns, the names of its rows last.

    Of columns that may go, the first ones do so for want of room. A table
    that is too wide all the same stands in several parts.
    """
    names, figures = _split(table)
    title = wrap(table.title)
    labels = _labels(names, [len(lines_[0]) for _, _, lines_ in figures])
    while not _fits(figures, labels):
        spare = [i for i, (column, *_) in enumerate(figures) if column.may_go]
        if not spare:
            break
        del figures[spare[0]]
    made: list[str] = []
    for chunk in _chunks(figures, labels):
        if made:
            made.append("")
        made += title
        grouped = _grouped(chunk)
        if any(column.group for column, *_ in chunk):
            made.append(_GAP.join(group for group, _ in grouped).rstrip())
        made += [
            _GAP.join((*fields, label)).rstrip()
            for *fields, label in zip(*(text for _, text in grouped), labels)
        ]
    return made


# A column, its place in the table, and its lines of one width.
_Made = tuple[Column, int, list[str]]


def _split(table: Table) -> tuple[list[list[str]], list[_Made]]:
    """Columns of names, and columns of figures."""
    names: list[list[str]] = []
    figures: list[_Made] = []
    for at, column in enumerate(table.columns):
        cells = [row[at] for row in table.rows]
        if column.names:
            words = (column.heading, *(cell.text() for cell in cells))
            names.append([to_ascii(word) or "?" for word in words])
        else:
            figures.append((column, at, _column(column, cells)))
    return names, figures


def _labels(names: list[list[str]], widths: Sequence[int]) -> list[str]:
    """Names side by side, no wider than the widest column leaves room."""
    room = WIDTH - len(_GAP) - max(widths, default=0)
    room -= len(_GAP) * (len(names) - 1)
    columns = []
    for at, words in enumerate(names):
        most = min(_MAX_LABEL, max(1, room // (len(names) - at)))
        short = [shorten(word, most) for word in words]
        width = max(map(len, short))
        room -= width
        columns.append([word.ljust(width) for word in short])
    return [_GAP.join(fields).rstrip() for fields in zip(*columns)]


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
            fields = tuple(map(str.rjust, fields, widths))
        texts.append((cell.mark or " ") * has_marks + " ".join(fields))
    width = max(map(len, texts))
    return [text.rjust(width) for text in texts]


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
        texts = [text for *_, text in columns]
        if not group:
            made += [(" " * len(text[0]), text) for text in texts]
            continue
        joined = [_GAP.join(fields) for fields in zip(*texts)]
        width = max(len(group), len(joined[0]))
        made.append((group.rjust(width), [x.rjust(width) for x in joined]))
    return made


def _chunks(figures: list[_Made], labels: Sequence[str]) -> list[list[_Made]]:
    """Splits columns evenly into as few tables as fit."""
    total = len(figures)
    for tables in range(1, total + 1):
        cuts = [math.ceil(total * i / tables) for i in range(tables + 1)]
        chunks = [figures[a:b] for a, b in zip(cuts, cuts[1:])]
        if all(_fits(chunk, labels) for chunk in chunks):
            return chunks
    return [[column] for column in figures]


def _fits(figures: Sequence[_Made], labels: Sequence[str]) -> bool:
    grouped = _grouped(figures)
    width = sum(len(text[0]) + len(_GAP) for _, text in grouped)
    return width + max(map(len, labels)) <= WIDTH


def legend_lines(words: Mapping[str, str]) -> list[str]:
    """A line for each column and mark, as long as no name in it is odd."""
    made = []
    for name, text in words.items():
        first, *rest = textwrap.wrap(to_ascii(text), WIDTH - _LEGEND_WIDTH)
        made.append(name.ljust(_LEGEND_WIDTH - 1) + " " + first)
        made += [" " * _LEGEND_WIDTH + line for line in rest]
    return made


def wrapped(items: Iterable[str]) -> list[str]:
    """Paragraphs under each other."""
    return [line for item in items for line in wrap(item)]


def page(sections: Iterable[Sequence[str]]) -> str:
    """Sections with an empty line between them, without empty ones."""
    return "\n\n".join("\n".join(s) for s in sections if s) + "\n"


def shell_lines(prefix: str, command: str) -> list[str]:
    """A command that can be pasted, in lines of 72 columns.

    Quoted again, because a fault list holds semicolons, and the words of
    the recorded command line may be joined with blanks only.
    """
    command = to_ascii(command)
    try:
        words = shlex.split(command)
    except ValueError:  # an odd quotation mark
        words = command.split()
    lines: list[str] = []
    line = prefix
    room = WIDTH - len(" \\")
    for word in words:
        quoted = shlex.quote(word)
        if len(line) + 1 + len(quoted) > room and line != prefix:
            lines.append(f"{line} \\")
            line = "  " + quoted
        else:
            line = f"{line} {quoted}"
        while len(line) > room:
            line, rest = _cut_word(line, word, quoted, room)
            lines.append(line)
            word = rest
            quoted = shlex.quote(rest)
            line = quoted
    lines.append(line)
    return lines


def _cut_word(line: str, word: str, quoted: str, room: int) -> tuple[str, str]:
    """Ends a line inside a word; a shell joins the two parts again.

    Backslash and newline vanish between quotations, not inside them, so
    each part gets quotation marks of its own.
    """
    start = line[: len(line) - len(quoted)]
    size = min(len(word) - 1, room)
    while size > 1 and len(start) + len(shlex.quote(word[:size])) > room:
        size -= 1
    return f"{start}{shlex.quote(word[:size])}\\", word[size:]
