# SPDX-License-Identifier: MIT
"""Curves and points in planes: one pair of axes for each guest.

The key stands once, in the order of tables: in the place of a plane where
one is free, else below. Lines have their names at their ends instead where
no place is free.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from plots.draw.canvas import (
    FONT,
    MARGIN,
    NAME,
    QUIET_COLOR,
    SMALL,
    TEXT_COLOR,
    WIDTH,
    Frame,
    Scale,
    Sheet,
    draw_axes,
    line_of,
    mark_of,
    width_of,
)
from plots.draw.style import Style
from plots.read.statistics import Estimate

# Beyond this factor between its values an axis is logarithmic.
_MOST_LINEAR_SPREAD = 20
_NAMED = 0.26  # inches for the name of the y axis
_ABOVE, _BELOW = 0.26, 0.48
_HEIGHT = 1.75  # of a plane, at least
_PITCH = SMALL * 1.35 / 72  # from name to name
_LEADER = 0.2  # from the axes to a name
_KEY_PITCH = 0.17
_MOST_MARKS = 8  # on a curve of steps


@dataclass(frozen=True)
class XY:
    """One value with its interval, at `x`."""

    x: float
    y: float
    low: float
    high: float
    is_interval: bool = True  # otherwise the full range of a few rounds

    @classmethod
    def of(cls, x: float, value: Estimate) -> XY:
        """A median and what surrounds it."""
        return cls(x, value.median, value.low, value.high, value.is_interval)

    @classmethod
    def bare(cls, x: float, y: float) -> XY:
        """A value that was counted: nothing surrounds it."""
        return cls(x, y, y, y)


@dataclass(frozen=True)
class Curve:
    """One structure (or driver), by ascending x."""

    label: str
    style: Style
    points: tuple[XY, ...]
    note: str = ""  # a figure next to the plane, with the mark


@dataclass(frozen=True)
class Mark:
    """A place with words."""

    x: float
    y: float
    text: str
    is_ringed: bool = True  # with a line up to the words


@dataclass(frozen=True)
class Axis:
    """What stands at an axis; `places` are named instead of numbered."""

    label: str
    places: tuple[str, ...] = ()
    is_bytes: bool = False
    kind: str = ""  # "linear", or as the values need it
    high: float | None = None  # where it ends, also if points are beyond


@dataclass(frozen=True)
class Plane:
    """One pair of axes. `front` is a line below all points."""

    title: str
    x: Axis
    y: Axis
    curves: tuple[Curve, ...]
    marks: tuple[Mark, ...] = ()
    front: tuple[tuple[float, float], ...] = ()
    missing: tuple[str, ...] = ()

    def values(self, name: str) -> list[float]:
        """All that is drawn along "x" or "y"."""
        points = [point for curve in self.curves for point in curve.points]
        if name == "x":
            return [point.x for point in points]
        return [v for p in points for v in (p.y, p.low, p.high)]


@dataclass(frozen=True)
class PlaneChart:
    """A picture of planes.

    `how` is "lines" (with a mark at each value), "steps" or "points". With
    `is_shared`, axes of the same name have the same scale.
    """

    frame: Frame
    planes: tuple[Plane, ...]
    how: str = "lines"
    columns: int = 2
    is_shared: bool = True

    @property
    def key(self) -> list[Curve]:
        """Every curve once."""
        every = (c for plane in self.planes for c in plane.curves if c.points)
        return list({(c.label, c.style): c for c in every}.values())

    def scale(self, plane: Plane, name: str, inches: float) -> Scale:
        """The scale of "x" or "y"."""
        axis: Axis = getattr(plane, name)
        if axis.places:
            end = len(axis.places) - 0.7
            return Scale("linear", -0.3, end, inches, places=axis.places)
        values = [
            value
            for other in self.planes
            if other is plane
            or (self.is_shared and getattr(other, name).label == axis.label)
            for value in other.values(name)
        ]
        above = [value for value in values if value > 0]
        low, high = min(above, default=1.0), max(above, default=1.0)
        if axis.kind == "linear" or high / low <= _MOST_LINEAR_SPREAD:
            end = axis.high or high * 1.06
            low = min(0.0, min(values, default=0.0) * 1.05)
            return Scale("linear", low, end, inches, axis.is_bytes)
        stretch = (high / low) ** 0.04
        kind = "zero" if min(values) <= 0 else "log"
        ends = (low / stretch, high * stretch)
        return Scale(kind, *ends, inches, axis.is_bytes)


def missing_text(planes: Sequence[Plane], words: str = "no figure") -> str:
    """What is not in the picture, plane by plane; empty if all is."""
    found: dict[str, list[str]] = {}
    for plane in planes:
        for name in plane.missing:
            found.setdefault(name, []).append(plane.title)
    everywhere = [n for n, where in found.items() if len(where) == len(planes)]
    parts = [", ".join(everywhere)] if everywhere else []
    parts += [
        f"{name} in {', '.join(where)}"
        for name, where in found.items()
        if name not in everywhere
    ]
    return f"{words}: {'; '.join(parts)}" if parts else ""


def draw(chart: PlaneChart) -> Sheet:
    """The picture."""
    count = len(chart.planes)
    columns = chart.columns
    has_names = chart.how == "lines" and columns < 3 and count % columns == 0
    if chart.how != "lines" and count % columns == 0:
        columns = 3 if count % 3 else 2  # so that a place is free
    lines = math.ceil((count + (not has_names)) / columns)
    notes = [_beside(c, has_names) for p in chart.planes for c in p.curves]
    gutter = max((width_of(note, SMALL) for note in notes), default=0.0)
    gutter += _LEADER + 0.04 if gutter else 0.1
    column = (WIDTH - 2 * MARGIN) / columns
    most = max(len(plane.curves) for plane in chart.planes)
    height = max(_HEIGHT, most * _PITCH + 0.1 if gutter > _LEADER else 0.0)
    # The figures of the y axis, and its name.
    scales = [chart.scale(plane, "y", height) for plane in chart.planes]
    ticks = [tick for scale in scales for tick in scale.ticks(True)]
    before = _NAMED + max(width_of(text, FONT) for _, text in ticks)
    block = _ABOVE + height + _BELOW
    body = block * lines
    is_alone = count % columns == 0
    if not has_names:
        # The key may have a row of its own, and be higher than a plane.
        rows = math.ceil(len(chart.key) / (columns if is_alone else 1))
        last = 0.0 if is_alone else block
        body += max(last, _KEY_PITCH * (rows + 1) + 0.1) - block
    sheet = Sheet(chart.frame, body)
    places = [
        (
            MARGIN + place * column + before,
            sheet.top - line * block - _ABOVE,
        )
        for line in range(lines)
        for place in range(columns)
    ]
    for plane, corner in zip(chart.planes, places):
        size = (column - before - gutter, height)
        _Drawn(sheet, chart, plane, *corner, *size).draw(has_names)
    if not has_names:
        corners = places[count:] if is_alone else [places[count]]
        _draw_key(sheet, chart, corners)
    return sheet


def _beside(curve: Curve, has_names: bool) -> str:
    """What stands next to the plane."""
    return f"{curve.label} {curve.note}".strip() if has_names else curve.note


def _draw_key(
    sheet: Sheet, chart: PlaneChart, corners: list[tuple[float, float]]
) -> None:
    """From these corners downwards, to the right and then down."""
    for index, curve in enumerate(chart.key):
        row, column = divmod(index, len(corners))
        left, top = corners[column]
        y = top + _ABOVE - (row + (1 if len(corners) > 1 else 2)) * _KEY_PITCH
        look = {**line_of(curve.style), **mark_of(curve.style)}
        if chart.how == "points":
            look["linestyle"] = "none"
        xs = [left, left + 0.15, left + 0.3]
        sheet.line(xs, [y] * 3, **look, markevery=[1])
        sheet.text(left + 0.38, y, curve.label, FONT)


class _Drawn:
    """A plane at its place on the sheet."""

    def __init__(
        self,
        sheet: Sheet,
        chart: PlaneChart,
        plane: Plane,
        left: float,
        top: float,
        width: float,
        height: float,
    ) -> None:
        self.sheet, self.how, self.plane = sheet, chart.how, plane
        self.left, self.bottom = left, top - height
        self.right, self.top = left + width, top
        self.x_scale = chart.scale(plane, "x", width)
        self.y_scale = chart.scale(plane, "y", height)

    def at(self, x: float, y: float) -> tuple[float, float]:
        """A place of the plane, on the sheet."""
        inside = min(x, self.x_scale.high)
        return (
            self.left + self.x_scale.at(inside),
            self.bottom + self.y_scale.at(y),
        )

    def draw(self, has_names: bool) -> None:
        plane, corner = self.plane, (self.left, self.bottom)
        title = (self.left, self.top + 0.13, plane.title)
        self.sheet.text(*title, NAME, weight="bold")
        names = (plane.x.label, plane.y.label)
        draw_axes(self.sheet, corner, self.x_scale, self.y_scale, names)
        if self.plane.front:
            places = [self.at(*place) for place in self.plane.front]
            look = {"color": QUIET_COLOR, "lw": 0.9, "ls": (0, (4, 3))}
            look |= {"drawstyle": "steps-post", "gid": "front"}
            self.sheet.line(*zip(*places), **look, zorder=1)
        for rank, curve in enumerate(self.plane.curves):
            self._draw_curve(curve, rank)
        self._draw_marks()
        if has_names:
            self._draw_names()
        else:
            self._draw_notes()

    def _draw_curve(self, curve: Curve, rank: int) -> None:
        if not curve.points:
            return
        look = {**line_of(curve.style), **mark_of(curve.style)}
        if self.how == "points":
            look["linestyle"] = "none"
        if self.how == "steps":
            look["drawstyle"] = "steps-post"
            # Of curves that lie on each other, the marks do not.
            step = max(1, math.ceil(len(curve.points) / _MOST_MARKS))
            first = rank * step // len(self.plane.curves)
            look |= {"markevery": (first, step), "markersize": 4.5}
        spread = [
            [self.at(point.x, point.low), self.at(point.x, point.high)]
            for point in curve.points
            if self.how != "steps" and point.low < point.high
        ]
        if spread:
            colors = {"colors": curve.style.color, "linewidths": 1.0}
            self.sheet.segments(spread, **colors, gid="interval", zorder=2)
        places = [self.at(point.x, point.y) for point in curve.points]
        look |= {"label": curve.label, "gid": "curve"}
        look["zorder"] = 4 - rank / 100  # the first on top
        self.sheet.line(*zip(*places), **look)

    def _draw_marks(self) -> None:
        """Words along the upper edge, each with a line down to its place."""
        ringed = [mark for mark in self.plane.marks if mark.is_ringed]
        for mark in self.plane.marks:
            x, y = self.at(mark.x, mark.y)
            paper = {"facecolor": "white", "linewidth": 0, "pad": 0.3}
            is_right = x > (self.left + self.right) / 2
            look: dict[str, Any] = {"ha": "right" if is_right else "left"}
            shift = -0.05 if is_right else 0.05
            if mark.is_ringed:
                ring = {"marker": "o", "markersize": 9, "gid": "mark"}
                ring |= {"markerfacecolor": "none", "zorder": 6}
                self.sheet.line([x], [y], color=TEXT_COLOR, **ring)
                line = {"color": QUIET_COLOR, "lw": 0.5, "ls": ":"}
                self.sheet.line([x, x], [self.bottom, self.top], **line)
                y = self.top - 0.06 - 0.11 * (ringed.index(mark) % 4)
                look["bbox"] = paper
            self.sheet.text(x + shift, y, mark.text, SMALL, **look, zorder=7)

    def _draw_notes(self) -> None:
        """Figures with their marks from the top, in the order of the key."""
        noted = [c for c in self.plane.curves if c.note and c.points]
        x = self.right + _LEADER
        for rank, curve in enumerate(noted):
            y = self.top - (rank + 0.5) * _PITCH
            self.sheet.line([x - 0.08], [y], **mark_of(curve.style))
            self.sheet.text(x, y, curve.note, SMALL)

    def _draw_names(self) -> None:
        """Names next to the axes, in the order of the curves' ends."""
        ends = [
            (*self.at(curve.points[-1].x, curve.points[-1].y), curve)
            for curve in self.plane.curves
            if curve.points
        ]
        ends.sort(key=lambda end: end[1])
        wanted = [y for _, y, _ in ends]
        places = spread(wanted, _PITCH, self.bottom, self.top)
        start = self.right + _LEADER
        for (x, y, curve), place in zip(ends, places):
            look = {"color": curve.style.color, "lw": 0.6, "ls": ":"}
            self.sheet.line([x + 0.05, start - 0.02], [y, place], **look)
            self.sheet.text(start, place, _beside(curve, True), SMALL)


def spread(
    wanted: Sequence[float], pitch: float, low: float, high: float
) -> list[float]:
    """Ascending places near the wanted ones, at least a pitch apart.

    >>> spread([0.5, 0.5], 0.25, 0.0, 1.0)
    [0.5, 0.75]
    """
    places: list[float] = []
    for place in wanted:
        places.append(max([place, low, *(p + pitch for p in places[-1:])]))
    for at in reversed(range(len(places))):
        places[at] = min(places[at], high)
        high = places[at] - pitch
    return places
