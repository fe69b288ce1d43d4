# SPDX-License-Identifier: MIT
"""Dots and bars in rows: a panel for each guest, a row for each structure.

A row is named at its left and has its figure at the right of each panel: a
legend of 28 entries would have to be looked up for every mark.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from plots.draw import canvas
from plots.draw.canvas import MARGIN, QUIET_COLOR, TEXT_COLOR, WIDTH, Frame
from plots.draw.canvas import width_of
from plots.draw.style import Style
from plots.tables.figures import number

# More bars than this are a comb; dots leave the eye a line to follow.
MOST_BARS = 8
# Beyond this factor the shortest bar of a linear axis is a few pixels.
MOST_LINEAR_SPREAD = 20
_GAP = 0.14  # inches between panels
_NARROWEST = 0.6  # inches of a panel, without its figures
_MOST_PANELS = 5  # in a line
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
    text: str = ""  # instead of its figure
    band: tuple[float, float] | None = None
    style: Style | None = None  # instead of the row's
    is_open: bool = False  # drawn hollow

    @property
    def figure(self) -> str:
        """What stands at the right of the row."""
        if self.value is None:
            return self.note
        return self.text or number(self.value)


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

    @cached_property
    def is_logarithmic(self) -> bool:
        """Whether the spread needs it.

        A zero is written there instead of drawn. A bar stays linear: its
        length would mean nothing.
        """
        if self.how or self.parts:
            return self.how == "log"
        rows = [row for row in self.rows if not row.is_floor]
        compared = [p.value for row in rows for p in row.points if p.value]
        return bool(compared) and (
            min(compared) > 0
            and max(compared) / min(compared) > MOST_LINEAR_SPREAD
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

    def ends(self, index: int) -> tuple[float, float]:
        """Of one axis for all panels.

        Bars have an axis of their own where they say so: those of a panel
        with short ones must show.
        """
        is_own = self.parts or self.how == "bars"
        points = [
            point
            for row in self.rows
            for point in (row.points[index : index + 1] if is_own else row.points)
        ]
        values = [v for p in points if p.value for v in (p.value, p.high) if v]
        if self.how == "log":
            # A ratio is seen by its distance from 1.
            values += [value for value in self.dashed if value]
        high = max(values, default=0.0)
        high = high if high > 0 else 1.0
        if self.is_logarithmic:
            low = min(value for value in values if value > 0)
            stretch = max((high / low) ** 0.08, 1.1)
            return low / stretch, high * stretch
        return min(0.0, min(values, default=0.0) * 1.1), high * 1.02


def draw(chart: RowChart) -> Figure:
    """The picture."""
    is_many = len(chart.rows) > MOST_BARS + 2  # with control and floor
    font, pitch = (7.5, 0.165) if is_many else (8.0, 0.21)
    points = [point for row in chart.rows for point in row.points]
    label = max(width_of(row.label, font) for row in chart.rows) + 0.1
    figures = [p.figure for p in points if p.value is not None]
    after = _GAP + max((width_of(f, font - 0.5) for f in figures), default=0)
    most = int((WIDTH - 2 * MARGIN - label) / (after + _NARROWEST))
    most = max(min(most, _MOST_PANELS), 1)
    lines = math.ceil(len(chart.panels) / most)
    columns = math.ceil(len(chart.panels) / lines)
    figure, every = canvas.panels(
        chart.frame,
        chart.panels,
        columns,
        pitch * len(chart.rows),
        before=0.0,
        after=after,
        label=label,
        key=[Patch(color=color, label=part) for part, color in chart.parts],
    )
    names = [row.label for row in chart.rows]
    for index, axes in enumerate(every):
        _draw(axes, chart, index, after - _GAP, font)
        is_first = index % columns == 0
        axes.set_yticks([])
        if is_first:
            axes.set_yticks(range(len(names)), names)
            axes.tick_params("y", length=0, pad=4, labelsize=font)
            is_log = chart.is_logarithmic and "log" not in chart.unit
            unit = chart.unit + (", log scale" if is_log else "")
            axes.set_xlabel(unit, loc="left")
    return figure


def _draw(
    axes: Axes, chart: RowChart, index: int, beside: float, font: float
) -> None:
    """One panel, with so many inches beside it for figures."""
    kind = "log" if chart.is_logarithmic else "linear"
    canvas.set_scale(axes, "x", kind, *chart.ends(index))
    axes.set_ylim(len(chart.rows) - 0.5, -0.5)
    axes.spines["left"].set_visible(False)
    axes.grid(False, axis="both" if chart.is_bars else "y")
    right = 1 + beside / (axes.get_position().width * WIDTH)
    across = axes.get_yaxis_transform()
    for values, dashes in ((chart.dashed, (0, (4, 3))), (chart.solid, "solid")):
        value = values[index] if values else None
        if value is not None and (value > 0 or kind == "linear"):
            axes.axvline(value, color=QUIET_COLOR, lw=0.7, ls=dashes, zorder=1)
    bands = {"color": _BAND_COLOR, "clip_on": False, "zorder": 0}
    odd = range(1, len(chart.rows), 2)
    axes.barh(odd, right, 1, transform=across, **bands)
    for y, row in enumerate(chart.rows):
        point = row.points[index]
        paper = _BAND_COLOR if y % 2 else "white"
        look = {"fontsize": font - 0.5}
        if point.value is None:
            # A line must not run through a word.
            box = {"facecolor": paper, "linewidth": 0, "pad": 0.3}
            look = {"fontsize": font - 1, "bbox": box}
            look |= {"style": "italic", "color": QUIET_COLOR}
        elif point.value or kind == "linear":
            _draw_point(axes, chart, y, point, point.style or row.style)
        look |= {"ha": "right", "va": "center", "transform": across}
        axes.text(right, y, point.figure, **look, zorder=6)


def _draw_point(
    axes: Axes, chart: RowChart, y: int, point: Point, style: Style
) -> None:
    assert point.value is not None
    face = "white" if point.is_open else style.color
    if point.band:
        low, high = point.band
        look = {"color": _CONTROL_COLOR, "zorder": 1}
        axes.barh(y, high - low, 0.8, low, **look)
    if chart.is_bars:
        at = 0.0
        colors = [color for _, color in chart.parts] or [face]
        look = {"edgecolor": "white", "linewidth": 0, "gid": "bar"}
        if point.is_open:
            look |= {"edgecolor": style.color, "linewidth": 1.0}
        if not point.parts:
            look["hatch"] = style.hatch
        for part, color in zip(point.parts or [point.value], colors):
            axes.barh(y, part, 0.66, at, color=color, **look, zorder=2)
            at += part
    else:
        look = {"marker": style.marker, "markersize": 6, "gid": "dot"}
        look |= {"markerfacecolor": face, "color": style.color}
        axes.plot(point.value, y, **look, clip_on=False, zorder=4)
    if point.low < point.high:
        # Below a dot: a narrow interval would otherwise cross it out.
        axes.plot(
            [point.low, point.high],
            [y, y],
            color=TEXT_COLOR if chart.is_bars else style.color,
            marker="|" if chart.is_bars else "",
            markersize=5,
            solid_capstyle="butt",
            gid="interval",
            zorder=4 if chart.is_bars else 3,
        )
