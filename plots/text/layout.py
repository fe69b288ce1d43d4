# SPDX-License-Identifier: MIT
"""Plain text that survives a mail client: ASCII, numbers, lines, tables."""

from __future__ import annotations

import math
import re
import shlex
import textwrap
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from plots.read.file import printable, shorten  # noqa: F401

WIDTH = 72  # columns; what is left of 80 after two quotations
MAX_COLUMNS = 5
_MAX_HEADING = 24
_MAX_LABEL = 30
_MOST_NAMES = 24
_GAP = "  "

_SPELLED_OUT = str.maketrans(
    {"™": "(TM)", "®": "(R)", "©": "(C)", "µ": "u", "μ": "u", "–": "-"}
)


def to_ascii(text: str) -> str:
    """One line of printable ASCII that still resembles the text."""
    plain = unicodedata.normalize("NFKD", text.translate(_SPELLED_OUT))
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    plain = " ".join(plain.split())
    return re.sub(r"[^ -~]", "?", plain)


def wrap(text: str, indent: str = _GAP) -> list[str]:
    """Lines of at most 72 columns; all but the first are indented."""
    return textwrap.wrap(
        to_ascii(text),
        WIDTH,
        subsequent_indent=indent,
        break_on_hyphens=False,
    )


def number(value: float) -> str:
    """Three significant digits, in the shortest spelling."""
    if value == 0:
        return "0"
    mantissa, _, exponent = f"{value:.2e}".partition("e")
    power = int(exponent)
    if not -4 <= power < 6:
        return f"{mantissa}e{power}"
    return f"{float(f'{value:.2e}'):.{max(0, 2 - power)}f}"


def alike(value: float, other: float) -> str:
    """The value with as many decimals as `number` gives the other one.

    >>> alike(0.98, other=1.0)
    '0.98'
    """
    model = number(other)
    if "e" in model or not abs(value) < 1e6:
        return number(value)
    return f"{value:.{len(model.partition('.')[2])}f}"


def count(value: float) -> str:
    """A whole number in full, anything else in three digits."""
    if value == int(value) and abs(value) < 1e12:
        return str(int(value))
    return number(value)


def percent(value: float) -> str:
    """A share or a width in percent, at most six columns."""
    if abs(value) > 999:
        return ">999%" if value > 0 else "<-999%"
    if 0 < value < 0.5:
        return "<1%"
    return f"{value:.0f}%"


def binary_size(size: float) -> str:
    """Bytes in the largest binary unit of which there is one.

    >>> binary_size(8 * 2**30)
    '8 GiB'
    """
    for unit, power in (("TiB", 40), ("GiB", 30), ("MiB", 20), ("KiB", 10)):
        if size >= 2**power:
            return f"{count(float(f'{size / 2**power:.3g}'))} {unit}"
    return f"{count(size)} B"


def listing(names: Iterable[str]) -> str:
    """Names in a row, the number of the rest after two dozen."""
    every = list(names)
    text = " ".join(every[:_MOST_NAMES])
    rest = len(every) - _MOST_NAMES
    return text if rest <= 0 else f"{text} and {rest} more"


@dataclass(frozen=True)
class Cell:
    """One field: a mark of one column, then parts aligned to the right."""

    parts: tuple[str, ...]
    mark: str = " "


@dataclass(frozen=True)
class Table:
    """Columns of cells; the name of the row stands last, as LKP has it."""

    title: str
    headings: Sequence[str]
    label_heading: str
    rows: Sequence[tuple[str, Sequence[Cell]]]
    most_columns: int = MAX_COLUMNS


def render(table: Table) -> list[str]:
    """The table in 72 columns; several tables when it is too wide."""
    title = wrap(table.title)
    columns = [
        _render_column(heading, [cells[index] for _, cells in table.rows])
        for index, heading in enumerate(table.headings)
    ]
    widest = max((len(column[0]) for column in columns), default=0)
    room = min(_MAX_LABEL, WIDTH - len(_GAP) - widest)
    labels = [
        shorten(to_ascii(label) or "?", room)
        for label in (table.label_heading, *(row[0] for row in table.rows))
    ]
    lines: list[str] = []
    for chunk in _chunks(columns, max(map(len, labels)), table.most_columns):
        if lines:
            lines.append("")
        lines += title
        lines += [
            _GAP.join((*fields, label)).rstrip()
            for *fields, label in zip(*chunk, labels)
        ]
    return lines


def _render_column(heading: str, cells: Sequence[Cell]) -> list[str]:
    """Heading and cells, padded to one width."""
    # A word such as "failed" stands alone and aligns with no number.
    aligned = [cell.parts for cell in cells if len(cell.parts) > 1]
    widths = [max(map(len, column)) for column in zip(*aligned)]
    texts = [shorten(to_ascii(heading) or "?", _MAX_HEADING)]
    for cell in cells:
        fields = cell.parts
        if len(fields) > 1:
            fields = tuple(map(str.rjust, fields, widths))
        texts.append(cell.mark + " ".join(fields))
    width = max(map(len, texts))
    return [text.rjust(width) for text in texts]


def _chunks(
    columns: Sequence[list[str]], label_width: int, most: int
) -> list[Sequence[list[str]]]:
    """Splits columns evenly into as few tables as fit."""
    total = len(columns)
    for tables in range(1, total + 1):
        cuts = [math.ceil(total * i / tables) for i in range(tables + 1)]
        chunks = [columns[a:b] for a, b in zip(cuts, cuts[1:])]
        if all(
            len(chunk) <= most and _fits(chunk, label_width)
            for chunk in chunks
        ):
            return chunks
    return [[column] for column in columns]


def _fits(columns: Sequence[list[str]], label_width: int) -> bool:
    width = sum(len(column[0]) + len(_GAP) for column in columns)
    return width + label_width <= WIDTH


@dataclass(frozen=True)
class Column:
    """A column of a grid; the first that may go does so for want of room."""

    heading: str
    cells: Sequence[Cell]
    may_go: bool = False


@dataclass(frozen=True)
class Group:
    """Columns side by side under one title."""

    title: str
    columns: Sequence[Column]


def grid(
    label_heading: str, labels: Sequence[str], groups: Sequence[Group]
) -> list[str]:
    """One table of 72 columns with the names of its rows in front."""
    names = [to_ascii(name) or "?" for name in (label_heading, *labels)]
    longest = min(_MAX_LABEL, max(map(len, names)))
    parts = [
        _render_group(group, column)
        for group in groups
        for column in _split(group)
    ]
    while True:
        room = WIDTH - sum(len(lines[0]) + len(_GAP) for _, lines in parts)
        spare = [i for i, (may_go, _) in enumerate(parts) if may_go]
        if room >= longest or not spare:
            break
        del parts[spare[0]]
    width = min(longest, max(1, room))
    fields = ["", *(shorten(name, width) for name in names)]
    lines = [
        _GAP.join((name.ljust(width), *texts)).rstrip()
        for name, *texts in zip(fields, *(lines for _, lines in parts))
    ]
    return lines if lines[0] else lines[1:]


def _split(group: Group) -> list[Sequence[Column]]:
    """What stands or goes together: a titled group, or a single column."""
    if group.title:
        return [group.columns]
    return [[column] for column in group.columns]


def _render_group(
    group: Group, columns: Sequence[Column]
) -> tuple[bool, list[str]]:
    """Whether it may go; then title, headings and rows, of one width."""
    made = [_render_column(c.heading, c.cells) for c in columns]
    lines = [_GAP.join(fields) for fields in zip(*made)]
    width = max(len(group.title), len(lines[0]))
    return (
        all(column.may_go for column in columns),
        [line.rjust(width) for line in (group.title, *lines)],
    )


def page(sections: Iterable[Sequence[str]]) -> str:
    """Sections with an empty line between them, without empty ones."""
    return "\n\n".join("\n".join(s) for s in sections if s) + "\n"


def shell_lines(prefix: str, command: str) -> list[str]:
    """A command that can be pasted, in lines of 72 columns.

    Quoted anew, because a fault list holds semicolons and whoever recorded
    the command line may have joined its words with blanks only.
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
