# SPDX-License-Identifier: MIT
"""Curves and points in planes: one pair of axes for each guest."""

import math
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from plots.draw import canvas
from plots.draw.canvas import QUIET_COLOR, SMALL, Frame
from plots.draw.style import LINES, Style
from plots.tables.figures import number

_HEIGHT = 1.75  # inches of a plane
_NOTE_PITCH = 0.145
_MOST_MARKS = 8  # on a curve of steps


class XY(NamedTuple):
    """One value at `x` with its interval; counted, it has none."""

    x: float
    y: float
    low: float
    high: float


class Curve(NamedTuple):
    """One structure (or driver), by ascending x."""

    label: str
    style: Style
    points: tuple[XY, ...]
    note: str = ""  # a figure next to the plane, with the mark
    missing: str = ""  # its name, and why, where a point is not there


class Axis(NamedTuple):
    """Named `places` or numbers: "linear", "cut" (its end), or any."""

    label: str
    places: tuple[str, ...] = ()
    is_bytes: bool = False
    kind: str = ""


class Plane(NamedTuple):
    """One pair of axes."""

    title: str
    x: Axis
    y: Axis
    curves: Sequence[Curve]


class PlaneChart(NamedTuple):
    """A picture of planes."""

    frame: Frame
    planes: tuple[Plane, ...]
    how: str = "lines"  # with a mark at each value; "steps" or "points"
    columns: int = 2
    is_shared: bool = True  # one scale for all axes of the same name

    @property
    def shows(self) -> bool:
        return bool(self.planes)

    @property
    def key(self) -> list[Curve]:
        """Every curve once."""
        every = (c for plane in self.planes for c in plane.curves)
        return list({(c.label, c.style): c for c in every}.values())

    def scale(self, plane: Plane, name: str) -> tuple[str, float, float]:
        """The kind of an axis, and its ends."""
        axis: Axis = getattr(plane, name)
        if axis.places:
            return "linear", -0.3, len(axis.places) - 0.7
        values = sorted(
            value
            for other in self.planes
            if other is plane
            or (self.is_shared and getattr(other, name).label == axis.label)
            for curve in other.curves
            for point in curve.points
            for value in (point[:1] if name == "x" else point[1:])
        )
        if axis.kind == "cut":
            # A few that take far more would push all the others together.
            high = values[int(0.89 * (len(values) - 1))] or 1.0
            return "linear", 0.0, 1.15 * high
        return canvas.scale_of(values, axis.kind)

    @canvas.settings()
    def draw(self) -> Figure:
        every = [c for plane in self.planes for c in plane.curves]
        notes = [canvas.width_of(c.note, SMALL) for c in every if c.note]
        figure, every = canvas.panels(
            self.frame,
            [plane.title for plane in self.planes],
            self.columns,
            _HEIGHT,
            before=0.8 if any(p.y.is_bytes for p in self.planes) else 0.62,
            after=0.1 + max(notes, default=0.0) + (0.1 if notes else 0.0),
            key=[
                Line2D([], [], label=each.label, **_look(self.how, each.style))
                for each in self.key
            ],
        )
        for axes, plane in zip(every, self.planes):
            _draw(axes, self, plane)
        return figure


def _look(how: str, style: Style) -> dict[str, Any]:
    """How a structure's line and its marks look."""
    dashes, filled = LINES.get(style.hatch, LINES["other"])
    return {
        "color": style.color,
        "linestyle": "none" if how == "points" else (0, dashes or None),
        "marker": style.marker,
        "markersize": 4.5 if how == "steps" else 5.5,
        "markerfacecoloralt": "white",
        "fillstyle": filled,
        "markeredgewidth": 0.8,
    }


def _draw(axes: Axes, chart: PlaneChart, plane: Plane) -> None:
    for name in ("x", "y"):
        axis: Axis = getattr(plane, name)
        kind, *ends = chart.scale(plane, name)
        label = axis.label + ("" if kind == "linear" else ", log")
        look = {"is_bytes": axis.is_bytes, "places": axis.places}
        canvas.set_axis(axes, name, kind, *ends, label, **look)
    every = [point for curve in plane.curves for point in curve.points]
    if chart.how == "points":
        best = front((point.x, point.y) for point in every)
        look = {"color": QUIET_COLOR, "lw": 0.9, "ls": (0, (4, 3))}
        look |= {"drawstyle": "steps-post", "gid": "front", "zorder": 1}
        axes.add_artist(Line2D(*zip(*best), **look))
    for rank, curve in enumerate(plane.curves):
        _draw_curve(axes, chart.how, curve, rank / len(plane.curves))
    for point in every:
        if plane.x.kind == "cut" and point.x > axes.get_xlim()[1]:
            # Next to its mark; above, where another one may be in the way.
            near = [p for p in every if 0.8 < p.y / point.y < 1.25]
            up = {"xytext": (0, 9 * (len(near) > 1)), "fontsize": SMALL}
            up |= {"xycoords": axes.get_yaxis_transform(), "ha": "right"}
            up |= {"textcoords": "offset points", "va": "center"}
            axes.annotate(f"{number(point.x)} ->", (0.96, point.y), **up)
    # Figures with their marks from the top, in the order of the key.
    notes = [curve.note for curve in plane.curves if curve.note]
    pitch = _NOTE_PITCH / _HEIGHT
    look = {"transform": axes.transAxes, "clip_on": False}
    for rank, curve in enumerate(c for c in plane.curves if c.note):
        mark = _look("points", curve.style)
        y = 1 - (rank + 0.5) * pitch
        axes.add_artist(Line2D([1.03], [y], **mark, **look))
    y = 1 - len(notes) * pitch / 2
    canvas.column(axes, 1.07, y, notes, _NOTE_PITCH, va="center", **look)


def _draw_curve(axes: Axes, how: str, curve: Curve, share: float) -> None:
    """`share` of the curves of this plane are above it."""
    points, end = curve.points, axes.get_xlim()[1]
    xs, ys, lows, highs = zip(*points)
    xs = [min(x, end) for x in xs]
    look = {"label": curve.label, "gid": "curve", "zorder": 4 - share}
    if how == "steps":
        # Of curves that lie on each other, the marks do not.
        step = max(1, math.ceil(len(points) / _MOST_MARKS))
        look |= {"markevery": (int(share * step), step)}
        look |= {"drawstyle": "steps-post"}
    elif lows != highs:
        whisker = {"color": curve.style.color, "linewidth": 1.0}
        axes.vlines(xs, lows, highs, **whisker, gid="interval", zorder=2)
    look |= _look(how, curve.style)
    axes.add_artist(Line2D(xs, ys, **look, clip_on=False))


def front(points: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
    """Those that no other equals in one and beats in the other."""
    best: list[tuple[float, float]] = []
    for point in sorted(set(points)):
        if not best or point[1] < best[-1][1]:
            best.append(point)
    return best
