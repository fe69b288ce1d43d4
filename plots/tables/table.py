# SPDX-License-Identifier: MIT
"""A table: every figure once, with its digits, and what its marks mean."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

from plots.read.results import Results
from plots.read.statistics import Estimate, interval_ranks, rounds_for
from plots.tables.figures import FORMS, alike, percent
from plots.tables.words import COLUMNS, SAID, say


@dataclass(frozen=True)
class Column:
    """A column, and what it means in one line."""

    key: str  # its name for programs
    name: str = ""
    unit: str = ""
    legend: str = ""
    form: str = "number"  # one of figures.FORMS
    names: bool = False  # words: names of rows, which filters look at
    bounds: str = ""  # next to the value: "interval" or "spread" (half of it)
    group: str = ""  # they stand under one title
    may_go: bool = False  # where room is short

    @property
    def heading(self) -> str:
        """Name and unit, as a text shows them."""
        return f"{self.name} {self.unit}".strip()


def columns(table: str, **words: str) -> tuple[Column, ...]:
    """Those of a table, with the words filled in."""
    made = (Column(key, **said) for key, said in COLUMNS[table].items())
    named = (replace(c, name=c.name.format(**words)) for c in made)
    return tuple(replace(c, legend=c.legend.format(**words)) for c in named)


@dataclass(frozen=True)
class Cell:
    """A figure or a word; or an absence, with its reason if there is one."""

    value: float | str | None = None
    low: float | None = None
    high: float | None = None
    is_interval: bool = True  # else least and greatest of all seen
    mark: str = ""  # "*" a difference, "~" none shown, "?" too few rounds
    unit: str = ""  # where it is not the column's
    absence: str = ""  # "failed", or ">2700 ns"

    @property
    def is_absent(self) -> bool:
        return self.value is None

    def text(self, form: str = "number") -> str:
        """The value as every printer writes it; "" if it is absent."""
        if self.value is None or isinstance(self.value, str):
            return self.value or ""
        return FORMS[form](self.value)

    def bounds(self, form: str = "number") -> tuple[str, ...]:
        """Both bounds: [ ] is an interval, ( ) a range; () for none."""
        if self.low is None or self.high is None:
            return ()
        assert isinstance(self.value, float | int)
        low, high = (
            alike(v, self.value) if form == "number" else FORMS[form](v)
            for v in (self.low, self.high)
        )
        left, right = "[]" if self.is_interval else "()"
        return f"{left}{low},", f"{high}{right}"

    def spread(self) -> str:
        """Half the distance of the bounds in percent; ( ) of a range."""
        if self.low is None or self.high is None or not self.value:
            return "(-)"
        assert isinstance(self.value, float | int)
        # Halved first: the difference of two finite doubles need not be one.
        half = self.high / 2 - self.low / 2
        text = percent(100 * (half / abs(self.value)))
        return text if self.is_interval else f"({text})"


ABSENT = Cell()


@dataclass(frozen=True)
class Table:
    key: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]

    def __bool__(self) -> bool:
        """Whether it has a figure to show."""
        return bool(self.rows)

    def column(self, key: str) -> list[Cell]:
        at = [column.key for column in self.columns].index(key)
        return [row[at] for row in self.rows]

    def pick(self, keys: Iterable[str]) -> Self:
        """These columns alone, in this order; those that it has not go."""
        by_key = {column.key: i for i, column in enumerate(self.columns)}
        at = [by_key[key] for key in keys if key in by_key]
        return replace(
            self,
            columns=tuple(self.columns[i] for i in at),
            rows=tuple(tuple(row[i] for i in at) for row in self.rows),
        )

    def filled(self) -> Self:
        """Without columns and rows that have no figure and no reason."""

        def says(cells: Iterable[Cell]) -> bool:
            return any(not cell.is_absent or cell.absence for cell in cells)

        figures = [i for i, c in enumerate(self.columns) if not c.names]
        rows = tuple(r for r in self.rows if says(r[i] for i in figures))
        return replace(self, rows=rows).pick(
            c.key for c in self.columns if c.names or says(self.column(c.key))
        )

    def groups(self, *keys: str) -> Iterator[tuple[tuple[str, ...], Self]]:
        """The table cut by the names in these columns."""
        cuts = zip(*(self.column(key) for key in keys))
        return self._cut([tuple(str(c.value) for c in cut) for cut in cuts])

    def by_unit(self) -> Iterator[tuple[str, Self]]:
        """The table cut by the units that stand in its cells."""
        units = (filter(None, (cell.unit for cell in r)) for r in self.rows)
        return self._cut([next(found, "") for found in units])

    def _cut(self, cuts: Sequence[Any]) -> Iterator[tuple[Any, Self]]:
        for cut in dict.fromkeys(cuts):
            rows = tuple(r for c, r in zip(cuts, self.rows) if c == cut)
            yield cut, replace(self, rows=rows)


Value = Cell | Estimate | float | str | None


def figure(value: Value, mark: str = "", absence: str = "") -> Cell:
    """A cell of a number, a word, or a median with its interval."""
    if isinstance(value, Cell):
        return value
    if value is None:
        return Cell(absence=absence)
    if not isinstance(value, Estimate):
        return Cell(value, mark=mark)
    if value.count < 2:
        return Cell(value.median, is_interval=False, mark=mark)
    return Cell(value.median, value.low, value.high, value.is_interval, mark)


def cells(*values: Value) -> tuple[Cell, ...]:
    """A row of figures, words and finished cells."""
    return tuple(map(figure, values))


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
        every = (c for row in table.rows for c in zip(table.columns, row))
        for column, cell in every:
            there.add(cell.mark)
            if cell.is_absent:
                is_over = cell.absence.startswith(">")
                there.add(">9" if is_over else cell.absence or "-")
            elif column.names:
                there.add(cell.text())
            # The title of that of lost pages says what surrounds them.
            if column.bounds and cell.low is not None and table.key != "lost":
                spans.add((cell.is_interval, table.key == "primary"))
    made = {m: say("marks", m, baseline=baseline) for m in SAID["marks"]}
    if results.is_counted or not results.has_control:
        how = "counted" if results.is_counted else "freely"
        made["*"] = say("legend", how, baseline=baseline)
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
    if interval_ranks(results.samples, ratios) is None:
        rounds = rounds_for(ratios)
        text = say("legend", "few", ratios=ratios, rounds=rounds)
    elif ratios > 1:
        text += f" for {ratios} ratios together"
    return text + say("legend", "own") * bool(results.primary_ratios)
