# SPDX-License-Identifier: MIT
"""Dots and bars in rows: a panel for each guest, a row for each structure.

A row is named at its left: a legend of 28 entries would have to be looked
up for every mark.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from plots.draw.canvas import (
    FONT,
    GRID_COLOR,
    MARGIN,
    NAME,
    QUIET_COLOR,
    TEXT_COLOR,
    WIDTH,
    Frame,
    Scale,
    Sheet,
    width_of,
)
from plots.draw.style import Style
from plots.tables.figures import number

# More bars than this are a comb; dots leave the eye a line to follow.
MOST_BARS = 8
# Beyond this factor the shortest bar of a linear axis is a few pixels.
MOST_LINEAR_SPREAD = 20
_GAP = 0.12  # inches between panels
_ABOVE, _BELOW = 0.24, 0.42  # for the name of a panel, and for its axis
_MOST_PANELS = 5
_BAND_COLOR = "#f3f3f3"
_CONTROL_COLOR = "#d8d8d8"
# Parts of a stack, dark and light by turns so that grey tells them apart.
PART_COLORS = (
    "#0072b2",
    "#e69f00",
    "#222222",
    "#cc79a7",
    "#009e73",
    "#d9d9d9",
)


@dataclass(frozen=True)
class Point:
    """A row in one panel: `value` with its whisker, or a `note`.

    `band` is drawn behind the value.
    """

    value: float | None = None
    low: float = 0.0
    high: float = 0.0
    note: str = ""
    parts: tuple[float, ...] = ()  # of `value`, in the order of the chart's
    text: str = ""  # next to the value, instead of its figure
    band: tuple[float, float] | None = None
    style: Style | None = None  # instead of the row's
    is_open: bool = False  # drawn hollow


@dataclass(frozen=True)
class Row:
    """One name through all panels."""

    label: str
    style: Style
    points: tuple[Point, ...]
    is_floor: bool = False


@dataclass(frozen=True)
class RowChart:
    """A picture of rows.

    `dashed` and `solid` hold a value for each panel, where a line is drawn.
    `parts` are what stacked bars are made of, with their colours.
    """

    frame: Frame
    unit: str
    panels: tuple[str, ...]
    rows: tuple[Row, ...]
    dashed: tuple[float | None, ...] = ()
    solid: tuple[float | None, ...] = ()
    parts: tuple[tuple[str, str], ...] = ()
    how: str = ""  # "bars", "log", or as the values need it

    @property
    def points(self) -> list[Point]:
        return [point for row in self.rows for point in row.points]

    @cached_property
    def figures(self) -> list[float]:
        """Every value."""
        return [p.value for p in self.points if p.value is not None]

    @cached_property
    def is_logarithmic(self) -> bool:
        """Whether the spread needs it.

        A zero is written there instead of drawn. A bar stays linear: its
        length would mean nothing.
        """
        if self.how or self.parts or min(self.figures, default=0.0) < 0:
            return self.how == "log"
        compared = [
            point.value
            for row in self.rows
            for point in row.points
            if point.value and not row.is_floor
        ]
        return bool(compared) and (
            max(compared) / min(compared) > MOST_LINEAR_SPREAD
        )

    @cached_property
    def is_bars(self) -> bool:
        if self.parts or self.how:
            return self.how != "log"
        closed = [
            row
            for row in self.rows
            if not (row.is_floor or any(p.is_open for p in row.points))
        ]
        return len(closed) <= MOST_BARS and not self.is_logarithmic


def text_of(point: Point) -> str:
    """What stands next to a value."""
    if point.value is None:
        return ""
    return point.text or number(point.value)


def draw(chart: RowChart) -> Sheet:
    """The picture."""
    is_many = len(chart.rows) > MOST_BARS + 2  # with control and floor
    font, pitch = (7.5, 0.165) if is_many else (8.0, 0.21)
    panel = pitch * len(chart.rows)
    label = max(width_of(row.label, font) for row in chart.rows) + 0.1
    block = _ABOVE + panel + _BELOW
    lines = math.ceil(len(chart.panels) / _MOST_PANELS)
    most = math.ceil(len(chart.panels) / lines)
    width = (WIDTH - 2 * MARGIN - label + _GAP) / most - _GAP
    legend = 0.16 if chart.parts else 0.0
    body = block * lines + legend
    sheet = Sheet(chart.frame, body)
    for index, name in enumerate(chart.panels):
        line, place = divmod(index, most)
        panel_of = _Panel(
            sheet,
            chart,
            index,
            _scale(chart, index, width, font),
            MARGIN + label + place * (width + _GAP),
            sheet.top - block * line - _ABOVE,
            pitch,
            font,
        )
        panel_of.draw(name, is_first=place == 0)
    _draw_legend(sheet, chart, sheet.top - block * lines - 0.02)
    return sheet


def _draw_legend(sheet: Sheet, chart: RowChart, y: float) -> None:
    """A coloured square and a name for each part of a stack, in a row."""
    left = MARGIN
    for part, color in chart.parts:
        sheet.box(left, y - 0.05, 0.1, 0.1, facecolor=color)
        sheet.text(left + 0.14, y, part, FONT)
        left += 0.32 + width_of(part, FONT)


def _scale(chart: RowChart, index: int, width: float, font: float) -> Scale:
    """One axis for all panels, with room for the figures at the right.

    Bars have an axis of their own where they say so: those of a panel with
    short ones must show.
    """
    points = chart.points
    if chart.parts or chart.how == "bars":
        points = [row.points[index] for row in chart.rows]
    shown = [p for p in points if p.value]
    values = [v for p in shown for v in (p.value, p.high) if v]
    # A ratio is seen by its distance from 1.
    one = [value for value in chart.dashed if value and chart.how == "log"]
    highest = max([*values, *one], default=0.0)
    low, high, kind = 0.0, highest if highest > 0 else 1.0, "linear"
    if chart.is_logarithmic:
        lowest = min([*(p.value for p in shown if p.value), *one])
        low = lowest * min((lowest / highest) ** 0.08, 0.9)
        kind = "log"
    elif chart.figures and min(chart.figures) < 0:
        low = min(chart.figures) * 1.1
    # So much longer than the data that a figure still fits at its end.
    bare = Scale(kind, low, high, 1.0)
    used = width
    for point in shown:
        room = width - width_of(text_of(point), font - 0.5) - 0.13
        used = min(used, max(room, width / 4) / max(bare.at(_end(point)), 0.1))
    longer = width / used
    if kind == "log":
        return Scale(kind, low, low * (high / low) ** longer, width)
    return Scale(kind, low, low + (high - low) * longer, width)


def _end(point: Point) -> float:
    """Where a figure may begin."""
    return max(point.value or 0.0, point.high)


@dataclass(frozen=True)
class _Panel:
    """Rows at their place on the sheet, `top` downwards."""

    sheet: Sheet
    chart: RowChart
    index: int
    scale: Scale
    left: float
    top: float
    pitch: float
    font: float

    def draw(self, name: str, is_first: bool) -> None:
        sheet, rows = self.sheet, self.chart.rows
        bottom = self.top - self.pitch * len(rows)
        right = self.left + self.scale.inches
        sheet.text(self.left, self.top + 0.13, name, NAME, weight="bold")
        for place in range(1, len(rows), 2):
            y = self.top - self.pitch * (place + 1)
            size = (self.scale.inches, self.pitch)
            sheet.box(self.left, y, *size, facecolor=_BAND_COLOR, zorder=0)
        ticks = self.scale.ticks()
        places = [self.x(value) for value, _ in ticks]
        for x, (_, text) in zip(places, ticks):
            sheet.text(x, bottom - 0.12, text, FONT, ha="center")
        axis = [[(self.left, bottom), (right, bottom)]]
        axis += [[(x, bottom), (x, bottom - 0.04)] for x in places]
        sheet.segments(axis, colors=TEXT_COLOR, linewidths=0.6)
        if not self.chart.is_bars:
            grid = [[(x, bottom), (x, self.top)] for x in places]
            look = {"colors": GRID_COLOR, "linewidths": 0.5, "zorder": 0.5}
            sheet.segments(grid, **look)
        for x, dashes in self.references():
            look = {"color": QUIET_COLOR, "lw": 0.7, "ls": dashes}
            sheet.line([x, x], [bottom, self.top], **look, zorder=1.5)
        for place, row in enumerate(rows):
            y = self.top - self.pitch * (place + 0.5)
            if is_first:
                at = (self.left - 0.06, y)
                sheet.text(*at, row.label, self.font, ha="right")
            self.draw_row(y, row, _BAND_COLOR if place % 2 else "white")
        if is_first:
            is_log = self.chart.is_logarithmic and "log" not in self.chart.unit
            unit = self.chart.unit + (", log scale" if is_log else "")
            sheet.text(self.left, bottom - 0.27, unit, FONT)

    def x(self, value: float) -> float:
        return self.left + self.scale.at(value)

    def references(self) -> list[tuple[float, Any]]:
        """Lines through all rows: where, and how they are dashed."""
        both = ((self.chart.dashed, (0, (4, 3))), (self.chart.solid, "solid"))
        return [
            (self.x(value), dashes)
            for values, dashes in both
            if values and (value := values[self.index]) is not None
            if value > 0 or self.scale.kind == "linear"
        ]

    def draw_row(self, y: float, row: Row, paper: str) -> None:
        point = row.points[self.index]
        x, look = self.left + 0.04, {"style": "italic", "color": QUIET_COLOR}
        text, size = point.note, self.font - 1
        if point.value == 0 and self.scale.kind == "log":
            text = "0"
        elif point.value is not None:
            self.draw_point(y, point, point.style or row.style)
            x, look = self.x(_end(point)) + 0.08, {}
            text, size = text_of(point), self.font - 0.5
        # A line must not run through a word.
        end = x + width_of(text, size)
        if any(x - 0.02 < at < end for at, _ in self.references()):
            look["bbox"] = {"facecolor": paper, "linewidth": 0, "pad": 0.3}
        self.sheet.text(x, y - 0.005, text, size, zorder=6, **look)

    def draw_point(self, y: float, point: Point, style: Style) -> None:
        assert point.value is not None
        face = "white" if point.is_open else style.color
        half, is_bars = 0.33 * self.pitch, self.chart.is_bars
        if point.band:
            least, most = self.scale.low, self.scale.high
            ends = (min(max(value, least), most) for value in point.band)
            start, end = map(self.x, ends)
            size = (end - start, 2.4 * half)
            look = {"facecolor": _CONTROL_COLOR, "zorder": 1}
            self.sheet.box(start, y - 1.2 * half, *size, **look)
        if is_bars:
            colors = [color for _, color in self.chart.parts] or [face]
            at = 0.0
            for part, color in zip(point.parts or [point.value], colors):
                start, end = self.x(at), self.x(at + part)
                at += part
                look = {"facecolor": color, "edgecolor": "white", "gid": "bar"}
                if not point.parts:
                    look["hatch"] = style.hatch
                if point.is_open:
                    look |= {"edgecolor": style.color, "linewidth": 1.0}
                size = (end - start, 2 * half)
                self.sheet.box(start, y - half, *size, **look, zorder=2)
        if point.low < point.high:
            # Below a dot: a narrow interval would otherwise cross it out.
            self.sheet.line(
                [self.x(max(point.low, self.scale.low)), self.x(point.high)],
                [y, y],
                color=TEXT_COLOR if is_bars else style.color,
                linewidth=1.2,
                marker="|" if is_bars else "",
                markersize=5,
                solid_capstyle="butt",
                gid="interval",
                zorder=4 if is_bars else 3,
            )
        if not is_bars:
            look = {"marker": style.marker, "markersize": 6, "gid": "dot"}
            look |= {"markerfacecolor": face, "markeredgecolor": style.color}
            self.sheet.line([self.x(point.value)], [y], **look, zorder=4)
