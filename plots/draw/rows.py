# SPDX-License-Identifier: MIT
"""Dots and stacked bars: a panel for each guest, a named row for each."""

import math
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from plots.draw import canvas
from plots.draw.canvas import FONT, MARGIN, QUIET_COLOR, SMALL, WIDTH, Frame
from plots.draw.style import Style
from plots.tables.figures import number

_PITCH = 0.16  # inches from row to row
_GAP = 0.14  # inches between panels
_NARROWEST = 0.6  # inches of a panel, without its figures
_MOST_PANELS = 5  # in a line
_BAND_COLOR = "#f3f3f3"
_CONTROL_COLOR = "#d8d8d8"


class Point(NamedTuple):
    """A row in one panel: `value` with its whisker, or a `note`."""

    value: float | None = None
    low: float = 0.0
    high: float = 0.0
    note: str = ""
    parts: tuple[float, ...] = ()  # of `value`, in the order of the chart's
    text: str = ""  # instead of its figure
    band: tuple[float, float] | None = None  # behind the value
    style: Style | None = None  # instead of the row's
    is_open: bool = False  # drawn hollow


class Row(NamedTuple):
    """One name through all panels."""

    label: str
    style: Style
    points: tuple[Point, ...]


class RowChart(NamedTuple):
    """A picture of rows."""

    frame: Frame
    unit: str
    panels: tuple[str, ...]
    rows: tuple[Row, ...]
    dashed: tuple[float | None, ...] = ()  # where a line is, by panel
    solid: tuple[float | None, ...] = ()
    parts: tuple[tuple[str, str], ...] = ()  # of stacked bars, with colours
    kind: str = ""  # of the scale: "log", or as the values need it

    @property
    def shows(self) -> bool:
        return any(p.value is not None for r in self.rows for p in r.points)

    def scale(self, index: int) -> tuple[str, float, float]:
        """One axis for all panels; bars have a linear one in each."""
        if self.parts:
            values = [row.points[index].value or 0.0 for row in self.rows]
            return canvas.scale_of(values, "linear")
        every = (point for row in self.rows for point in row.points)
        values = [v for point in every if point.value for v in point[:3] if v]
        # A ratio is seen by its distance from 1.
        values += filter(None, self.dashed)
        kind = self.kind or canvas.scale_of(values)[0]
        return canvas.scale_of(values, "log" if kind == "log" else "linear")

    @canvas.settings()
    def draw(self) -> Figure:
        names = [row.label for row in self.rows]
        label = max(canvas.width_of(name, FONT) for name in names) + 0.1
        figures = [
            [
                "" if p.value is None else p.text or number(p.value)
                for p in points
            ]
            for points in zip(*(row.points for row in self.rows))
        ]
        room = max(canvas.width_of(t, SMALL) for of in figures for t in of)
        free = WIDTH - 2 * MARGIN - label
        most = int(free / (_GAP + room + _NARROWEST))
        lines = math.ceil(len(self.panels) / max(min(most, _MOST_PANELS), 1))
        columns = math.ceil(len(self.panels) / lines)
        figure, every = canvas.panels(
            self.frame,
            self.panels,
            columns,
            _PITCH * len(self.rows),
            before=0.0,
            after=_GAP + room,
            label=label,
            key=[Patch(color=color, label=part) for part, color in self.parts],
        )
        middle = len(self.rows) / 2 - 0.5
        width = every[0].get_position().width * WIDTH
        right = 1 + room / width
        for index, axes in enumerate(every):
            kind, *ends = self.scale(index)
            canvas.set_axis(axes, "x", kind, *ends, has_grid=not self.parts)
            _draw(axes, self, index, right)
            look = {"transform": axes.get_yaxis_transform(), "zorder": 6}
            look |= {"ha": "right", "va": "center"}
            canvas.column(axes, right, middle, figures[index], _PITCH, **look)
            if index % columns == 0:
                of = -0.06 / width, middle, names, _PITCH
                canvas.column(axes, *of, size=FONT, **look)
                end = ", log scale" if kind == "log" else ""
                look = {"va": "top", "transform": axes.transAxes}
                y = -0.21 / (_PITCH * len(names))
                axes.text(0, y, self.unit + end, **look)
        return figure


def _draw(axes: Axes, chart: RowChart, index: int, right: float) -> None:
    """One panel, and the place for figures as a share of it."""
    is_log = axes.get_xscale() == "log"
    axes.set_ylim(len(chart.rows) - 0.5, -0.5)
    for values, dashes in ((chart.dashed, (0, (4, 3))), (chart.solid, "-")):
        value = values[index] if values else None
        if value is not None and (value > 0 or not is_log):
            axes.axvline(value, color=QUIET_COLOR, lw=0.7, ls=dashes, zorder=1)
    look = {"transform": axes.get_yaxis_transform(), "clip_on": False}
    bands = look | {"color": _BAND_COLOR, "zorder": 0}
    odd = range(1, len(chart.rows), 2)
    axes.hlines(odd, 0, right, lw=_PITCH * 72, **bands)
    look |= {"ha": "right", "va": "center", "zorder": 6}
    for y, row in enumerate(chart.rows):
        point = row.points[index]
        if point.value is None:
            # A line must not run through a word.
            paper = _BAND_COLOR if y % 2 else "white"
            box = {"facecolor": paper, "linewidth": 0, "pad": 0.3}
            note = {"style": "italic", "color": QUIET_COLOR, "bbox": box}
            axes.text(right, y, point.note, fontsize=SMALL, **note, **look)
        elif not point.parts and (point.value or not is_log):
            _draw_dot(axes, y, point, point.style or row.style)
        at = 0.0
        for value, (_, color) in zip(point.parts, chart.parts):
            axes.barh(y, value, 0.66, at, color=color, gid="bar", zorder=2)
            at += value


def _draw_dot(axes: Axes, y: int, point: Point, style: Style) -> None:
    if point.band:
        look = {"color": _CONTROL_COLOR, "lw": 0.8 * _PITCH * 72, "zorder": 1}
        axes.add_artist(Line2D(point.band, [y, y], **look))
    if point.low < point.high:
        # Below the dot: a narrow interval would otherwise cross it out.
        look = {"color": style.color, "gid": "interval", "zorder": 3}
        look["solid_capstyle"] = "butt"
        axes.add_artist(Line2D([point.low, point.high], [y, y], **look))
    face = "white" if point.is_open else style.color
    look = {"color": style.color, "markerfacecolor": face, "markersize": 6}
    look |= {"marker": style.marker, "gid": "dot", "zorder": 4}
    axes.add_artist(Line2D([point.value], [y], **look, clip_on=False))
