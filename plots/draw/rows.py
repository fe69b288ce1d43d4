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

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import (
    FixedLocator,
    FuncFormatter,
    MaxNLocator,
    NullLocator,
)

from plots.draw import canvas
from plots.draw.canvas import MARGIN, QUIET_COLOR, TEXT_COLOR, WIDTH, width_of
from plots.draw.style import Style
from plots.text.layout import number

# More bars than this are a comb; dots leave the eye a line to follow.
MOST_BARS = 8
# Beyond this factor the shortest bar of a linear axis is a few pixels.
MOST_LINEAR_SPREAD = 20
_GAP = 0.12  # inches between panels
_ABOVE, _BELOW = 0.26, 0.4  # for the name of a panel, and for its axis
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

    `tick` is a second figure in the same unit, drawn as a short stroke;
    `band` is drawn behind the value.
    """

    value: float | None = None
    low: float = 0.0
    high: float = 0.0
    tick: float | None = None
    note: str = ""
    parts: tuple[float, ...] = ()  # of `value`, in the order of the chart's
    text: str = ""  # beside the value, instead of its figure
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

    title: str
    subtitle: str
    captions: tuple[str, ...]
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
        """Every value and every tick."""
        values = [p.value for p in self.points if p.value is not None]
        return values + [p.tick for p in self.points if p.tick is not None]

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
    """What stands beside a value."""
    if point.value is None:
        return ""
    return point.text or number(point.value)


def draw(chart: RowChart) -> Figure:
    """The picture as matplotlib has it."""
    is_many = len(chart.rows) > MOST_BARS + 2  # with control and floor
    font, pitch = (7.5, 0.17) if is_many else (8.0, 0.22)
    panel = pitch * len(chart.rows)
    label = max(width_of(row.label, font) for row in chart.rows) + 0.1
    block = _ABOVE + panel + _BELOW
    count = math.ceil(len(chart.panels) / _MOST_PANELS)
    most = math.ceil(len(chart.panels) / count)
    width = (WIDTH - 2 * MARGIN - label + _GAP) / most - _GAP
    legend = 0.2 if chart.parts else 0.0
    figure, top = canvas.sheet(
        chart.title, chart.subtitle, chart.captions, block * count + legend
    )
    height = figure.get_figheight()
    for index in range(len(chart.panels)):
        line, place = divmod(index, most)
        left = MARGIN + label + place * (width + _GAP)
        bottom = top - block * line - _ABOVE - panel
        axes = figure.add_axes(
            (left / WIDTH, bottom / height, width / WIDTH, panel / height)
        )
        _prepare(axes, chart, index, width)
        names = [row.label for row in chart.rows] if place == 0 else []
        axes.set_yticks(range(len(names)), names, size=font)
        _draw_panel(axes, chart, index, font)
        if place == 0:
            scale = ", log scale" if chart.is_logarithmic else ""
            at = (left / WIDTH, (bottom - 0.37) / height)
            figure.text(*at, chart.unit + scale, size=7.5)
    _draw_legend(figure, chart, top - block * count)
    return figure


def _draw_legend(figure: Figure, chart: RowChart, top: float) -> None:
    """A coloured square and a name for each part of a stack, in a row."""
    left, height = MARGIN, figure.get_figheight()
    for part, color in chart.parts:
        corner = (left / WIDTH, (top - 0.12) / height)
        square = Rectangle(corner, 0.1 / WIDTH, 0.1 / height, facecolor=color)
        square.set_transform(figure.transFigure)
        figure.patches.append(square)
        at = ((left + 0.14) / WIDTH, (top - 0.06) / height)
        figure.text(*at, part, size=7.5, va="center")
        left += 0.32 + width_of(part, 7.5)


def _prepare(axes: Axes, chart: RowChart, index: int, width: float) -> None:
    """Name, scale, limits and ticks of a panel."""
    axes.set_title(chart.panels[index], size=8.5, weight="bold", loc="left")
    low, high = _limits(chart, index, width)
    if chart.is_logarithmic:
        axes.set_xscale("log")
        ticks = canvas.fitting_ticks(low, high, width)
        axes.xaxis.set_major_locator(FixedLocator(ticks))
        axes.xaxis.set_minor_locator(NullLocator())
    else:
        nbins = max(1, min(int(width / 0.3), 8))
        axes.xaxis.set_major_locator(MaxNLocator(nbins, steps=[1, 2, 5, 10]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: canvas.tick(x)))
    axes.set_xlim(low, high)
    axes.set_ylim(len(chart.rows) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    for place in range(1, len(chart.rows), 2):
        axes.axhspan(place - 0.5, place + 0.5, color=_BAND_COLOR, zorder=0)
    if not chart.is_bars:
        axes.grid(axis="x", color="#dddddd", lw=0.5)


def _limits(chart: RowChart, index: int, width: float) -> tuple[float, float]:
    """One axis for all panels, with room for the figures at the right.

    Stacks have an axis of their own: the parts of a short one must show.
    """
    points = chart.points
    if chart.parts:
        points = [row.points[index] for row in chart.rows]
    room = max(width_of(text_of(p), 7.5) for p in chart.points) + 0.1
    # So much longer than the data that a figure still fits at its end.
    stretch = width / max(width - room, width / 4)
    ends = [max(p.value, p.high, p.tick or 0) for p in points if p.value]
    highest = max(ends, default=0.0)
    if not chart.is_logarithmic:
        low = min(0.0, min(chart.figures) * 1.1)
        return low, (highest * stretch if highest > 0 else 1.0)
    lowest = min(value for value in chart.figures if value > 0)
    low = lowest * min((lowest / highest) ** 0.08, 0.9)
    return low, low * (highest / low) ** stretch


def _draw_panel(
    axes: Axes, chart: RowChart, index: int, font: float
) -> None:
    for values, dashes in ((chart.dashed, (0, (4, 3))), (chart.solid, "-")):
        value = values[index] if values else None
        if value is not None and (value > 0 or not chart.is_logarithmic):
            axes.axvline(value, color=QUIET_COLOR, lw=0.7, ls=dashes, zorder=1)
    for place, row in enumerate(chart.rows):
        point = row.points[index]
        # A word has a background: the dashed line must not run through it.
        paper = {
            "facecolor": _BAND_COLOR if place % 2 else "white",
            "edgecolor": "none",
            "pad": 0.4,
        }
        is_written = point.value == 0 and chart.is_logarithmic
        if point.value is None or is_written:
            axes.text(
                0.03,
                place,
                "0" if is_written else point.note,
                transform=axes.get_yaxis_transform(),
                size=font - 1,
                style="italic",
                color=QUIET_COLOR,
                va="center",
                bbox=paper,
                zorder=6,
            )
            continue
        end = _draw_point(axes, chart, place, point, point.style or row.style)
        axes.annotate(
            text_of(point),
            (end, place),
            xytext=(5, -0.5),
            textcoords="offset points",
            size=font - 0.5,
            va="center",
            bbox=paper,
            zorder=6,
        )


def _draw_point(
    axes: Axes, chart: RowChart, place: int, point: Point, style: Style
) -> float:
    """Draws what a row has in a panel; returns where it ends."""
    assert point.value is not None
    face = "white" if point.is_open else style.color
    if point.band:
        low, high = point.band
        box = Rectangle((low, place - 0.4), high - low, 0.8)
        box.set(facecolor=_CONTROL_COLOR, zorder=1)
        axes.add_patch(box)
    if point.parts:
        left = 0.0
        for part, (_, color) in zip(point.parts, chart.parts):
            axes.barh(place, part, 0.66, left, color=color, zorder=2)
            left += part
    elif chart.is_bars:
        axes.barh(
            place,
            point.value,
            0.66,
            facecolor=face,
            edgecolor=style.color if point.is_open else "white",
            linewidth=1.0 if point.is_open else 0,
            hatch=style.hatch,
            zorder=2,
        )
    if point.low < point.high:
        # Below a dot: a narrow interval would otherwise cross it out.
        axes.plot(
            [max(point.low, axes.get_xlim()[0]), point.high],
            [place, place],
            color=TEXT_COLOR if chart.is_bars else style.color,
            lw=1.2,
            marker="|" if chart.is_bars else "",
            markersize=5,
            solid_capstyle="butt",
            zorder=4 if chart.is_bars else 3,
        )
    if not chart.is_bars:
        look: dict[str, Any] = {"marker": style.marker, "markersize": 6}
        look |= {"markerfacecolor": face, "markeredgecolor": style.color}
        axes.plot(point.value, place, **look, zorder=4, clip_on=False)
    end = max(point.value, point.high)
    if point.tick is not None and (point.tick or not chart.is_logarithmic):
        end = max(end, point.tick)
        # The shape of a dot is its name; a bar may be crossed.
        look = {"marker": "|", "markersize": 10, "markeredgewidth": 1.4}
        order = 5 if chart.is_bars else 3
        axes.plot(point.tick, place, color=TEXT_COLOR, zorder=order, **look)
    return end
