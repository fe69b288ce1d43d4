# SPDX-License-Identifier: MIT
"""Draws curves and points, with names beside the axes or in a key below."""

from __future__ import annotations

import math
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.axis import Axis as DrawnAxis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import (
    FixedLocator,
    FuncFormatter,
    MaxNLocator,
    NullLocator,
)

from plots.draw import canvas
from plots.draw.canvas import (
    CHARACTER,
    MARGIN,
    QUIET_COLOR,
    TEXT_COLOR,
    WIDTH,
    fitting_ticks,
    log_ticks,
    text_lines,
    tick,
    wrapped,
)
from plots.draw.curves import Axis, Curve, CurveChart, Plane
from plots.draw.style import Style
from plots.text.layout import binary_size

_LEFT = 0.52  # inches for the figures and the name of the y axis
_NAME = 7.0  # points of a name beside the axes
_PITCH = _NAME * 1.3 / 72  # inches from name to name
_ABOVE, _BELOW = 0.34, 0.5
_LEAST_HEIGHT = 2.3
_LEADER = 0.22  # inches from the axes to a name
_KEY_PITCH = 0.17
_MOST_MARKS = 8  # on a curve of steps
# A structure's hatch, where there is a line and a mark instead of a bar.
_DASHES = {
    "": "solid",
    "///": (0, (5, 2)),
    "\\\\\\": (0, (1.5, 1.5)),
    "xxx": (0, (6, 2, 1.5, 2)),
    "...": (0, (9, 2)),
}
_FILLS = {
    "": "full",
    "///": "left",
    "\\\\\\": "right",
    "xxx": "bottom",
    "...": "none",
}
_OTHER_DASHES = (0, (4, 1.5, 1, 1.5, 1, 1.5))


def render(chart: CurveChart) -> dict[str, bytes]:
    """The picture by suffix; equal charts give equal bytes."""
    return canvas.render(lambda: draw(chart))


def draw(chart: CurveChart) -> Figure:
    """The picture as matplotlib has it."""
    heading = wrapped([chart.title], 13)
    subtitle = wrapped(chart.subtitle, 8)
    caption = wrapped([chart.caption], 7.5)
    key = _key(chart)
    head = 0.14 + 0.26 * len(heading) + 0.17 * len(subtitle)
    foot = 0.12 + 0.16 * len(caption) + _KEY_PITCH * len(key)
    columns = min(chart.columns, len(chart.planes))
    rows = math.ceil(len(chart.planes) / columns)
    gutter = _gutter(chart)
    width = (WIDTH - 2 * MARGIN) / columns - _LEFT - gutter
    names = max(len(_named(plane)) for plane in chart.planes)
    panel = max(_LEAST_HEIGHT, names * _PITCH + 0.1)
    block = _ABOVE + panel + _BELOW
    height = head + block * rows + foot

    figure = Figure(figsize=(WIDTH, height), facecolor="white")
    FigureCanvasAgg(figure)
    top = text_lines(
        figure, heading, height - 0.14, 0.26, 13, TEXT_COLOR, True
    )
    text_lines(figure, subtitle, top, 0.17, 8, QUIET_COLOR)
    for index, plane in enumerate(chart.planes):
        row, column = divmod(index, columns)
        left = MARGIN + column * (_LEFT + width + gutter) + _LEFT
        bottom = height - head - block * row - _ABOVE - panel
        axes = figure.add_axes(
            (left / WIDTH, bottom / height, width / WIDTH, panel / height)
        )
        _draw_plane(axes, chart, plane, width, panel)
    _draw_key(figure, chart, key, foot - 0.02)
    text_lines(
        figure,
        caption,
        foot - 0.04 - _KEY_PITCH * len(key),
        0.16,
        7.5,
        QUIET_COLOR,
    )
    return figure


def _named(plane: Plane) -> list[Curve]:
    return [c for c in plane.curves if c.is_named and c.points]


def _text(curve: Curve) -> str:
    return f"{curve.label} {curve.note}".rstrip()


def _gutter(chart: CurveChart) -> float:
    """Inches right of the axes."""
    longest = max(
        (len(_text(c)) for plane in chart.planes for c in _named(plane)),
        default=0,
    )
    return (
        _LEADER + longest * _NAME * CHARACTER / 72 + 0.06 if longest else 0.2
    )


def _draw_plane(
    axes: Axes, chart: CurveChart, plane: Plane, width: float, height: float
) -> None:
    axes.set_title(
        plane.title, fontsize=9, fontweight="bold", loc="left", pad=4
    )
    _prepare(axes.xaxis, plane, "x", plane.x, width)
    _prepare(axes.yaxis, plane, "y", plane.y, height)
    axes.tick_params(labelsize=7.5, length=3, width=0.6)
    axes.set_xlabel(_axis_label(plane, "x", plane.x), fontsize=8, labelpad=2)
    axes.set_ylabel(_axis_label(plane, "y", plane.y), fontsize=8, labelpad=2)
    axes.grid(color="#e3e3e3", lw=0.5)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["bottom", "left"]].set_linewidth(0.6)
    if plane.front:
        xs, ys = zip(*plane.front)
        axes.plot(
            xs,
            ys,
            color=QUIET_COLOR,
            lw=0.9,
            ls=(0, (4, 3)),
            drawstyle="steps-post",
            zorder=1,
            gid="front",
        )
    for curve in plane.curves:
        _draw_curve(axes, chart.how, curve)
    for mark in plane.marks:
        axes.plot(
            mark.x,
            mark.y,
            marker="o",
            markersize=10,
            markerfacecolor="none",
            markeredgecolor=TEXT_COLOR,
            markeredgewidth=0.9,
            zorder=6,
            gid="mark",
        )
    _draw_marks_text(axes, plane)
    if chart.how == "steps":
        _draw_list(axes, plane, width, height)
    else:
        _draw_names(axes, plane, width, height)


def _axis_label(plane: Plane, name: str, axis: Axis) -> str:
    return axis.label + (", log" if plane.is_logarithmic(name) else "")


def _prepare(
    drawn: DrawnAxis, plane: Plane, name: str, axis: Axis, inches: float
) -> None:
    """Scale, limits and ticks of one axis."""
    set_limits = getattr(drawn.axes, f"set_{name}lim")
    set_scale = getattr(drawn.axes, f"set_{name}scale")
    if axis.places:
        drawn.set_major_locator(FixedLocator(range(len(axis.places))))
        drawn.set_major_formatter(
            FuncFormatter(lambda place, _: axis.places[int(place)])
        )
        set_limits(-0.3, len(axis.places) - 0.7)
        return
    values = plane.values(name)
    highest = max(values, default=1.0)
    if name == "y":
        highest = max(
            highest, *(p.high for c in plane.curves for p in c.points), 0.0
        )
    most = int(inches / (0.45 if name == "x" else 0.3))
    formatter = FuncFormatter(lambda x, _: _figure(x, axis.is_bytes))
    if not plane.is_logarithmic(name):
        low = min(0.0, min(values, default=0.0) * 1.05)
        set_limits(low, highest * 1.06 if highest > 0 else 1.0)
        drawn.set_major_locator(
            MaxNLocator(nbins=min(most, 8), steps=[1, 2, 5, 10])
        )
        drawn.set_major_formatter(formatter)
        return
    lowest = min((value for value in values if value > 0), default=highest)
    if name == "y":
        ends = [p.low for c in plane.curves for p in c.points if p.low > 0]
        lowest = min([lowest, *ends])
    stretch = (highest / lowest) ** 0.04
    low, high = lowest / stretch, highest * stretch
    if min(values) == 0:
        # Below the least value a stretch that is linear down to zero.
        power = 10.0 ** math.floor(math.log10(lowest))
        set_scale("symlog", linthresh=power, linscale=1.0)
        ticks = [0.0, *log_ticks(power * 1.01, high, most - 1)]
        set_limits(-power * 0.1, high)
    else:
        set_scale("log", base=10)
        ticks = (
            fitting_ticks(low, high, inches)
            if name == "x"
            else log_ticks(low, high, most)
        )
        set_limits(low, high)
    if axis.is_bytes:
        ticks = _binary_ticks(low, high, most)
    # After the scale, which brings its own.
    drawn.set_major_locator(FixedLocator(ticks))
    drawn.set_major_formatter(formatter)
    drawn.set_minor_locator(NullLocator())


def _binary_ticks(low: float, high: float, most: int) -> list[float]:
    """Powers of two, as far apart as there is room."""
    first, last = math.ceil(math.log2(low)), math.floor(math.log2(high))
    step = max(1, math.ceil((last - first + 1) / max(most, 1)))
    return [2.0**power for power in range(first, last + 1, step)]


def _figure(value: float, is_bytes: bool) -> str:
    return binary_size(value) if is_bytes and value else tick(value)


def _line(style: Style) -> dict[str, object]:
    return {
        "color": style.color,
        "linestyle": _DASHES.get(style.hatch, _OTHER_DASHES),
        "linewidth": 1.2,
    }


def _marker(style: Style) -> dict[str, object]:
    return {
        "marker": style.marker,
        "markersize": 5.5,
        "color": style.color,
        "markerfacecoloralt": "white",
        "fillstyle": _FILLS.get(style.hatch, "top"),
        "markeredgewidth": 0.8,
        "markeredgecolor": style.color,
    }


def _draw_curve(axes: Axes, how: str, curve: Curve) -> None:
    if not curve.points:
        return
    xs = [point.x for point in curve.points]
    ys = [point.y for point in curve.points]
    look = {**_line(curve.style), **_marker(curve.style)}
    if how == "points":
        look["linestyle"] = "none"
    if how == "steps":
        look["drawstyle"] = "steps-post"
        look["markevery"] = max(1, math.ceil(len(xs) / _MOST_MARKS))
    for point in curve.points:
        if how != "steps" and point.low < point.high:
            axes.plot(
                [point.x, point.x],
                [point.low, point.high],
                color=curve.style.color,
                lw=1.0,
                solid_capstyle="butt",
                zorder=2,
                gid="interval",
            )
    axes.plot(
        xs,
        ys,
        **look,
        zorder=3,
        clip_on=False,
        label=curve.label,
        gid="curve",
    )


def _draw_marks_text(axes: Axes, plane: Plane) -> None:
    """Words along the upper edge, each with a line down to its place."""
    low, high = axes.get_xlim()
    for rank, mark in enumerate(plane.marks):
        axes.axvline(mark.x, color=QUIET_COLOR, lw=0.5, ls=":", zorder=0)
        is_right = (
            axes.transData.transform((mark.x, mark.y))[0]
            > axes.transAxes.transform((0.5, 0))[0]
        )
        axes.annotate(
            mark.text,
            (mark.x, 1 - 0.055 * (rank % 4)),
            xycoords=("data", "axes fraction"),
            xytext=(-3 if is_right else 3, -1),
            textcoords="offset points",
            fontsize=7,
            ha="right" if is_right else "left",
            va="top",
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.3},
            zorder=7,
        )


def _draw_list(axes: Axes, plane: Plane, width: float, height: float) -> None:
    """Names with their marks from the top, without lines to the curves."""
    for rank, curve in enumerate(_named(plane)):
        y = 1 - (rank + 0.5) * _PITCH / height
        axes.plot(
            [1 + (_LEADER - 0.08) / width],
            [y],
            transform=axes.transAxes,
            clip_on=False,
            **_marker(curve.style),
        )
        axes.annotate(
            _text(curve),
            (1 + (_LEADER + 0.02) / width, y),
            xycoords="axes fraction",
            fontsize=_NAME,
            va="center",
            color=TEXT_COLOR,
            annotation_clip=False,
        )


def _draw_names(axes: Axes, plane: Plane, width: float, height: float) -> None:
    """Names in the gutter, in the order of the curves' ends."""
    curves = _named(plane)
    to_axes = axes.transData + axes.transAxes.inverted()
    ends: list[tuple[float, float]] = []
    for curve in curves:
        last = curve.points[-1]
        x, y = to_axes.transform((last.x, last.y))
        ends.append((float(x), float(y)))
    order = sorted(range(len(curves)), key=lambda i: ends[i][1])
    pitch = _PITCH / height
    places = spread([ends[i][1] for i in order], pitch, 0.0, 1.0)
    for index, place in zip(order, places):
        curve, (x, y) = curves[index], ends[index]
        axes.annotate(
            _text(curve),
            (x, y),
            xytext=(1 + _LEADER / width, place),
            xycoords="axes fraction",
            textcoords="axes fraction",
            fontsize=_NAME,
            va="center",
            color=TEXT_COLOR,
            annotation_clip=False,
            arrowprops={
                "arrowstyle": "-",
                "color": curve.style.color,
                "lw": 0.6,
                "linestyle": ":",
                "shrinkA": 1,
                "shrinkB": 3,
                "relpos": (0, 0.5),
            },
        )


def spread(
    wanted: Sequence[float], pitch: float, low: float, high: float
) -> list[float]:
    """Ascending places near the wanted ones, at least a pitch apart.

    >>> spread([0.5, 0.5], 0.2, 0.0, 1.0)
    [0.4, 0.6]
    """
    groups: list[list[float]] = []  # sum of the wanted starts, count

    def start(group: list[float]) -> float:
        span = pitch * (group[1] - 1)
        return min(max(group[0] / group[1], low), max(high - span, low))

    for place in wanted:
        groups.append([place, 1])
        while len(groups) > 1 and (
            start(groups[-2]) + pitch * groups[-2][1] > start(groups[-1])
        ):
            total, count = groups.pop()
            # Their members begin later than the group that they join.
            groups[-1][0] += total - count * pitch * groups[-1][1]
            groups[-1][1] += count
    return [
        round(start(group) + pitch * i, 9)
        for group in groups
        for i in range(int(group[1]))
    ]


def _key(chart: CurveChart) -> list[list[Curve]]:
    """Curves in rows of the key."""
    if not chart.has_key:
        return []
    curves = {
        curve.label: curve
        for plane in chart.planes
        for curve in plane.curves
        if curve.points
    }
    columns = _key_columns(chart)
    every = list(curves.values())
    rows = math.ceil(len(every) / columns)
    return [every[row::rows] for row in range(rows)]


def _key_columns(chart: CurveChart) -> int:
    longest = max(
        len(curve.label) for plane in chart.planes for curve in plane.curves
    )
    entry = 0.5 + longest * 7.5 * CHARACTER / 72
    return max(1, int((WIDTH - 2 * MARGIN) / entry))


def _draw_key(
    figure: Figure, chart: CurveChart, key: list[list[Curve]], top: float
) -> None:
    if not key:
        return
    height = figure.get_figheight()
    entry = (WIDTH - 2 * MARGIN) / _key_columns(chart)
    for row, curves in enumerate(key):
        y = (top - row * _KEY_PITCH - 0.06) / height
        for column, curve in enumerate(curves):
            left = MARGIN + column * entry
            look = {**_line(curve.style), **_marker(curve.style)}
            if chart.how == "points":
                look["linestyle"] = "none"
            figure.add_artist(
                Line2D(
                    [
                        left / WIDTH,
                        (left + 0.15) / WIDTH,
                        (left + 0.3) / WIDTH,
                    ],
                    [y, y, y],
                    **look,
                    markevery=[1],
                )
            )
            figure.text(
                (left + 0.36) / WIDTH,
                y,
                curve.label,
                fontsize=7.5,
                va="center",
            )
