# SPDX-License-Identifier: MIT
"""Draws a chart: rows of marks or bars, a panel for each workload.

Sizes are inches and worked out here rather than by a layout engine: the
same chart gives the same bytes, and text never lies on data.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
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
    text_lines,
    tick,
    wrapped,
)
from plots.draw.chart import MOST_BARS, Chart, Line, Point
from plots.draw.figure_trace import Trace
from plots.text.layout import number

_GAP = 0.12
_MOST_PANELS = 5
_FIGURE_ROOM = 0.42  # for the figure right of the longest mark
_STACK_ROOM = 0.55  # for one of six digits
_TICK_ROOM = 0.25  # for the figure below a tick
# The parts of a stack, dark and light by turns so that grey tells them apart.
PART_COLORS = (
    "#0072b2",
    "#e69f00",
    "#222222",
    "#cc79a7",
    "#009e73",
    "#d9d9d9",
)
# Stages, in these colours whichever of them a picture has.
STAGE_COLORS = dict(
    zip(
        ("allocate", "record", "notify", "translate", "madvise", "sleep"),
        PART_COLORS,
    )
)
_BAND_COLOR = "#f3f3f3"
_TRACE_HEIGHT = 4.0
_MOST_TARGETS = 100
_INFLATE_COLOR = "#0072b2"
_DEFLATE_COLOR = "#d55e00"


@dataclass(frozen=True)
class _Sizes:
    """Inches and points that depend on how much there is to show."""

    label: float  # inches left of the panels
    row: float  # inches per contender
    font: float  # points


def render(chart: Chart) -> dict[str, bytes]:
    """The picture by suffix; equal charts give equal bytes."""
    return canvas.render(lambda: draw(chart))


def render_trace(trace: Trace, title: str) -> dict[str, bytes]:
    """The picture of a trace, likewise."""
    return canvas.render(lambda: _draw_trace(trace, title))


def _draw_trace(trace: Trace, title: str) -> Figure:
    """Pages against the order in which they were told."""
    figure = Figure(figsize=(WIDTH, _TRACE_HEIGHT))
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0.09, 0.14, 0.89, 0.74))
    runs = trace.thinned()
    for is_inflated, color in (
        (True, _INFLATE_COLOR),
        (False, _DEFLATE_COLOR),
    ):
        told = [run for run in runs if run.is_inflated == is_inflated]
        # A line as short as one page is not drawn at all, a mark is.
        axes.plot(
            [run.at for run in told],
            [run.first for run in told],
            linestyle="none",
            marker="o",
            markersize=1.2,
            markeredgewidth=0,
            color=color,
            rasterized=True,
        )
        lines = [
            [(run.at, run.first), (run.at + run.pages, run.last)]
            for run in told
            if run.pages > 1
        ]
        axes.add_collection(
            LineCollection(
                lines, colors=color, linewidths=1.2, rasterized=True
            )
        )
    for at in trace.targets[:_MOST_TARGETS]:
        axes.axvline(at, color=QUIET_COLOR, linewidth=0.4, zorder=0)
    axes.set_xlim(0, trace.pages)
    axes.set_ylim(
        min(min(run.first, run.last) for run in runs),
        max(max(run.first, run.last) for run in runs) + 1,
    )
    axes.set_xlabel("pages told so far")
    axes.set_ylabel("page frame number")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:,.0f}"))
    axes.spines[["top", "right"]].set_visible(False)
    shown = (
        f"{len(trace.runs):,} runs"
        if len(runs) == len(trace.runs)
        else f"{len(runs):,} of {len(trace.runs):,} runs"
    )
    figure.text(0.09, 0.95, title, size=11, weight="bold", va="center")
    figure.text(
        0.98,
        0.95,
        f"{trace.pages:,} pages, {shown}; inflated blue, deflated red;"
        " grey: a new target",
        color=QUIET_COLOR,
        ha="right",
        va="center",
    )
    return figure


def draw(chart: Chart) -> Figure:
    """The picture as matplotlib has it."""
    sizes = _sizes(chart)
    heading = wrapped([chart.title], 13)
    subtitle = wrapped(chart.subtitle, 8)
    caption = wrapped([chart.caption], 7.5)
    head = 0.14 + 0.26 * len(heading) + 0.17 * len(subtitle) + 0.08
    legend = 0.2 if chart.parts else 0.0
    foot = 0.12 + 0.16 * len(caption) + legend
    rows = _rows_of_panels(len(chart.panels))
    panel = sizes.row * len(chart.lines)
    block = 0.28 + panel + 0.46  # name, panel, ticks with their unit
    height = head + block * len(rows) + foot

    figure = Figure(figsize=(WIDTH, height), facecolor="white")
    FigureCanvasAgg(figure)
    top = height - 0.14
    top = text_lines(figure, heading, top, 0.26, 13, TEXT_COLOR, True)
    text_lines(figure, subtitle, top, 0.17, 8, QUIET_COLOR)
    _draw_legend(figure, chart.parts, foot - 0.04)
    text_lines(figure, caption, foot - 0.04 - legend, 0.16, 7.5, QUIET_COLOR)

    most = max(map(len, rows))
    room = WIDTH - 2 * MARGIN - sizes.label
    width = (room - _GAP * (most - 1)) / most
    for row_number, row in enumerate(rows):
        bottom = height - head - block * row_number - 0.28 - panel
        for place, index in enumerate(row):
            left = MARGIN + sizes.label + place * (width + _GAP)
            axes = figure.add_axes(
                (
                    left / WIDTH,
                    bottom / height,
                    width / WIDTH,
                    panel / height,
                )
            )
            _draw_panel(axes, chart, index, sizes, width, place == 0)
        figure.text(
            (MARGIN + sizes.label) / WIDTH,
            (bottom - 0.4) / height,
            chart.unit + (", log scale" if chart.is_logarithmic else ""),
            fontsize=8,
        )
    return figure


def _sizes(chart: Chart) -> _Sizes:
    is_many = len(chart.lines) > MOST_BARS + 2  # with control and floor
    font = 8.0 if is_many else 9.0
    longest = max(len(line.label) for line in chart.lines)
    return _Sizes(
        label=longest * font * CHARACTER / 72 + 0.2,
        row=0.2 if is_many else 0.27,
        font=font,
    )


def _rows_of_panels(count: int) -> list[range]:
    """Panels side by side; several rows of even length when too many."""
    rows = math.ceil(count / _MOST_PANELS)
    cuts = [count * i // rows for i in range(rows + 1)]
    return [range(a, b) for a, b in zip(cuts, cuts[1:])]


def _part_colors(parts: Sequence[str]) -> list[str]:
    return [
        STAGE_COLORS.get(part, color)
        for part, color in zip(parts, PART_COLORS)
    ]


def _draw_legend(figure: Figure, parts: Sequence[str], top: float) -> None:
    """A coloured square and a name for each part of a stack, in a row."""
    left = MARGIN
    height = figure.get_figheight()
    for part, color in zip(parts, _part_colors(parts)):
        figure.patches.append(
            Rectangle(
                (left / WIDTH, (top - 0.11) / height),
                0.11 / WIDTH,
                0.11 / height,
                transform=figure.transFigure,
                facecolor=color,
            )
        )
        figure.text(
            (left + 0.16) / WIDTH,
            top / height,
            part,
            fontsize=8,
            verticalalignment="top",
        )
        left += 0.4 + len(part) * 8 * CHARACTER / 72


def _draw_panel(
    axes: Axes,
    chart: Chart,
    index: int,
    sizes: _Sizes,
    width: float,
    is_first: bool,
) -> None:
    lines = chart.lines
    _prepare_axes(axes, chart, index, sizes, width)
    axes.set_yticks(
        range(len(lines)) if is_first else [],
        [line.label for line in lines] if is_first else [],
    )
    _draw_bands(axes, len(lines))
    for place, line in enumerate(lines):
        _draw_point(axes, chart, place, line, line.points[index], sizes)
    _draw_reference(axes, chart, chart.reference, index, (0, (4, 3)))
    _draw_reference(axes, chart, chart.limit, index, "solid")


def _draw_bands(axes: Axes, count: int) -> None:
    """A grey band behind every other row."""
    bands = [
        [(0, y - 0.5), (1, y - 0.5), (1, y + 0.5), (0, y + 0.5)]
        for y in range(1, count, 2)
    ]
    axes.add_collection(
        PolyCollection(
            bands,
            facecolors=_BAND_COLOR,
            transform=axes.get_yaxis_transform(),
            zorder=0,
        ),
        autolim=False,
    )


def _draw_reference(
    axes: Axes,
    chart: Chart,
    values: Sequence[float | None],
    index: int,
    dashes: Any,
) -> None:
    value = values[index] if values else None
    if value is not None and (value > 0 or not chart.is_logarithmic):
        axes.axvline(value, color=QUIET_COLOR, lw=0.7, ls=dashes, zorder=1)


def _prepare_axes(
    axes: Axes, chart: Chart, index: int, sizes: _Sizes, width: float
) -> None:
    axes.set_title(
        chart.panels[index],
        fontsize=9,
        fontweight="bold",
        loc="left",
        pad=4,
    )
    low, high = (
        _stack_limits(chart, index, width)
        if chart.parts
        else _limits(chart, width)
    )
    ticks = int(width / _TICK_ROOM)
    if chart.is_logarithmic:
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(
            FixedLocator(fitting_ticks(low, high, width))
        )
        axes.xaxis.set_minor_locator(NullLocator())
    else:
        axes.xaxis.set_major_locator(
            MaxNLocator(nbins=min(ticks - 1, 8), steps=[1, 2, 5, 10])
        )
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: tick(x)))
    axes.set_xlim(low, high)
    axes.set_ylim(len(chart.lines) - 0.5, -0.5)
    axes.tick_params(axis="x", labelsize=7.5, length=3, width=0.6)
    axes.tick_params(axis="y", labelsize=sizes.font, length=0)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_linewidth(0.6)
    if not chart.is_bars:
        axes.grid(axis="x", color="#dddddd", lw=0.5)
        axes.set_axisbelow(True)


def _limits(chart: Chart, width: float) -> tuple[float, float]:
    """One axis for all panels, with room for the figures at the right."""
    points = [point for line in chart.lines for point in line.points]
    figures = chart.figures()
    lowest = min(
        figure for figure in figures if figure or not chart.is_logarithmic
    )
    highest = max([*figures, *(point.high for point in points)])
    # So much longer than the data that a figure still fits at its end.
    stretch = width / (width - _FIGURE_ROOM)
    if not chart.is_logarithmic:
        low = min(0.0, lowest * 1.1)
        return low, (highest * stretch if highest > 0 else 1.0)
    low = lowest * (lowest / highest) ** 0.06
    return low, low * (highest / low) ** stretch


def _stack_limits(
    chart: Chart, index: int, width: float
) -> tuple[float, float]:
    """An axis of its own: the parts of a short stack must show."""
    longest = max(line.points[index].value or 0.0 for line in chart.lines)
    stretch = width / (width - _STACK_ROOM)
    return 0.0, (longest * stretch if longest > 0 else 1.0)


def _draw_point(
    axes: Axes,
    chart: Chart,
    place: int,
    line: Line,
    point: Point,
    sizes: _Sizes,
) -> None:
    is_written = point.value == 0 and chart.is_logarithmic
    if point.value is None or is_written:
        axes.text(
            0.03,
            place,
            "0" if is_written else point.note,
            transform=axes.get_yaxis_transform(),
            fontsize=sizes.font - 1.5,
            fontstyle="italic",
            color=QUIET_COLOR,
            verticalalignment="center",
            bbox=_paper(place),
            zorder=6,
        )
        return
    face = "white" if line.is_open else line.style.color
    if point.parts:
        left = 0.0
        for part, color in zip(point.parts, _part_colors(chart.parts)):
            axes.barh(
                place, part, left=left, height=0.66, color=color, zorder=2
            )
            left += part
    elif chart.is_bars:
        axes.barh(
            place,
            point.value,
            height=0.66,
            facecolor=face,
            edgecolor=line.style.color if line.is_open else "white",
            linewidth=1.0 if line.is_open else 0,
            hatch=line.style.hatch,
            zorder=2,
        )
    if point.low < point.high:
        # Below a dot: a narrow interval would otherwise cross it out.
        axes.plot(
            [max(point.low, axes.get_xlim()[0]), point.high],
            [place, place],
            color=TEXT_COLOR if chart.is_bars else line.style.color,
            lw=1.2,
            marker="|" if chart.is_bars else "",
            markersize=5,
            markeredgewidth=1.0,
            solid_capstyle="butt",
            zorder=4 if chart.is_bars else 3,
        )
    if not chart.is_bars:
        axes.plot(
            point.value,
            place,
            marker=line.style.marker,
            markersize=6,
            markerfacecolor=face,
            markeredgecolor=line.style.color,
            markeredgewidth=1.0,
            zorder=4,
            clip_on=False,
        )
    right = point.high
    if point.tick is not None and (point.tick or not chart.is_logarithmic):
        right = max(right, point.tick)
        axes.plot(
            point.tick,
            place,
            marker="|",
            markersize=11,
            markeredgewidth=1.4,
            color=TEXT_COLOR,
            # The shape of a dot is its name; a bar may be crossed.
            zorder=5 if chart.is_bars else 3,
        )
    axes.annotate(
        number(point.value),
        (right, place),
        xytext=(5, -0.5),
        textcoords="offset points",
        fontsize=sizes.font - 1,
        verticalalignment="center",
        bbox=_paper(place),
        zorder=6,
    )


def _paper(place: int) -> dict[str, Any]:
    """Background of a text: the dashed line must not run through it."""
    return {
        "facecolor": _BAND_COLOR if place % 2 else "white",
        "edgecolor": "none",
        "pad": 0.4,
    }
