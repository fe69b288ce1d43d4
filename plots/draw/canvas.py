# SPDX-License-Identifier: MIT
"""A sheet to draw on in inches, and its scales. Needs matplotlib.

Everything is placed here rather than by matplotlib's axes: the same picture
gives the same bytes, text never lies on data, and it takes a third of the
time.
"""

from __future__ import annotations

import io
import math
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import matplotlib
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from PIL import Image

from plots.draw.style import STYLES, Style
from plots.tables.figures import binary_size

WIDTH = 7.2  # 720 pixels, as wide as a page or a mail window shows them
MARGIN = 0.12
TEXT_COLOR = "#222222"
QUIET_COLOR = "#5f5f5f"
GRID_COLOR = "#dddddd"
NAME, FONT, SMALL = 8.5, 7.5, 7.0  # points of text
_TITLE = 11.5
# Mean width of a character of DejaVu Sans, as a share of its size.
_CHARACTER = 0.58
_DPI = 200  # two to one
_COLORS = 128  # of a PNG; a third of the bytes, and the eye sees no loss
# How much of an axis a zero takes that the others have no room for.
_ZERO_ROOM = 0.1

_KNOWN = [int(style.color[1:], 16) for style in STYLES.values()]

_SETTINGS = {
    "svg.hashsalt": "pfnbench",
    "font.family": "DejaVu Sans",
    "text.color": TEXT_COLOR,
    # A dollar in a CPU's name is no formula.
    "text.parse_math": False,
    "hatch.linewidth": 0.7,
}
# A structure's hatch where there are a line and a mark instead of a bar.
_LINES: dict[str, tuple[Any, str]] = {
    "": ("solid", "full"),
    "///": ((0, (5, 2)), "left"),
    "\\\\\\": ((0, (1.5, 1.5)), "right"),
    "xxx": ((0, (6, 2, 1.5, 2)), "bottom"),
    "...": ((0, (9, 2)), "none"),
}
_OTHER_LINE = ((0, (4, 1.5, 1, 1.5, 1, 1.5)), "top")


def render(
    draw: Callable[[], Sheet], suffixes: Sequence[str] = ("png",)
) -> dict[str, bytes]:
    """The picture by suffix; what draws alike gives equal bytes."""
    # Not pyplot: it would keep the figure, and take over a user's settings.
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_SETTINGS)
        figure = draw().figure
        make = {"png": _png, "svg": _svg}
        return {suffix: make[suffix](figure) for suffix in suffixes}


def _png(figure: Figure) -> bytes:
    figure.set_dpi(_DPI)
    drawn = FigureCanvasAgg(figure)
    drawn.draw()
    image = _fewer_colors(np.asarray(drawn.buffer_rgba()))
    buffer = io.BytesIO()
    image.save(buffer, format="png", dpi=(_DPI, _DPI))
    return buffer.getvalue()


def _fewer_colors(pixels: np.ndarray) -> Image.Image:
    """Colours of structures and frequent ones as they are, others as near.

    Pillow's own ways mix them, and a mixed colour is another structure's.
    Others are the edges of lines and letters.
    """
    red, green, blue = (pixels[..., i].astype(np.int32) for i in range(3))
    codes = red << 16 | green << 8 | blue
    # Most of a picture is paper: the rest alone is sorted.
    paper = codes[0, 0]
    colors, counts = np.unique(codes[codes != paper], return_counts=True)
    counts = counts + np.isin(colors, _KNOWN) * codes.size
    colors = colors[np.argsort(-counts, kind="stable")]
    colors = np.concatenate([[paper], colors])
    split = np.stack([colors >> 16, colors >> 8 & 255, colors & 255], axis=1)
    kept = split[:_COLORS]
    nearest = np.zeros(1 << 24, np.uint8)
    nearest[colors] = [((kept - c) ** 2).sum(axis=1).argmin() for c in split]
    image = Image.fromarray(nearest[codes], "P")
    image.putpalette(kept.astype(np.uint8).tobytes())
    return image


def _svg(figure: Figure) -> bytes:
    buffer = io.BytesIO()
    nothing = {"Date": None, "Creator": None}
    figure.savefig(buffer, format="svg", metadata=nothing)
    return buffer.getvalue()


def width_of(text: str, size: float) -> float:
    """Inches that a text takes, at most."""
    return len(text) * size * _CHARACTER / 72


def line_of(style: Style) -> dict[str, Any]:
    """How a structure's line looks."""
    dashes, _ = _LINES.get(style.hatch, _OTHER_LINE)
    return {"color": style.color, "linestyle": dashes, "linewidth": 1.2}


def mark_of(style: Style) -> dict[str, Any]:
    """How its mark on a line looks."""
    return {
        "marker": style.marker,
        "markersize": 5.5,
        "color": style.color,
        "markerfacecoloralt": "white",
        "fillstyle": _LINES.get(style.hatch, _OTHER_LINE)[1],
        "markeredgewidth": 0.8,
        "markeredgecolor": style.color,
    }


class Frame(NamedTuple):
    """What stands around a picture."""

    title: str
    subtitle: str
    caption: str = ""
    traces: str = ""


class Sheet:
    """A figure with its frame; `top` is where the body begins.

    Places are inches from its lower left corner.
    """

    def __init__(self, frame: Frame, body: float) -> None:
        heading = _balanced(frame.title, _TITLE * 1.1)  # bold is wider
        quiet = _wrapped(frame.subtitle, SMALL)
        foot = _wrapped(frame.caption, SMALL) + _wrapped(frame.traces, SMALL)
        self.top = body + 0.14 * len(foot) + 0.14
        top = self.top + 0.04 + 0.14 * len(quiet) + 0.22 * len(heading)
        self.figure = Figure(figsize=(WIDTH, top + 0.12), facecolor="white")
        at = top - 0.08
        for line in heading:
            self.text(MARGIN, at, line, _TITLE, weight="bold")
            at -= 0.22
        for line in quiet:
            self.text(MARGIN, at + 0.02, line, SMALL, color=QUIET_COLOR)
            at -= 0.14
        for rank, line in enumerate(reversed(foot)):
            at = 0.12 + 0.14 * rank
            self.text(MARGIN, at, line, SMALL, color=QUIET_COLOR)

    def text(
        self, x: float, y: float, text: str, size: float, **look: Any
    ) -> None:
        look = {"va": "center", **look}
        place = self.figure.dpi_scale_trans
        self.figure.text(x, y, text, size=size, transform=place, **look)

    def line(
        self, xs: Sequence[float], ys: Sequence[float], **look: Any
    ) -> None:
        line = Line2D(xs, ys, **look)
        line.set_transform(self.figure.dpi_scale_trans)
        self.figure.add_artist(line)

    def segments(self, ends: Sequence[Any], **look: Any) -> None:
        """Lines from one end to the other, each two places."""
        lines = LineCollection(ends, **look)
        lines.set_transform(self.figure.dpi_scale_trans)
        self.figure.add_artist(lines)

    def box(
        self, x: float, y: float, width: float, height: float, **look: Any
    ) -> None:
        box = Rectangle((x, y), width, height, **{"linewidth": 0, **look})
        box.set_transform(self.figure.dpi_scale_trans)
        self.figure.add_artist(box)


def _wrapped(text: str, size: float, inches: float = 0.0) -> list[str]:
    """Lines that fit between the margins."""
    inches = inches or WIDTH - 2 * MARGIN
    columns = int(inches * 72 / (size * 0.52))
    return textwrap.wrap(text, columns, break_on_hyphens=False)


def _balanced(text: str, size: float) -> list[str]:
    """Lines of about the same length: no word alone on the last one."""
    lines = _wrapped(text, size)
    inches = width_of(text, size) / len(lines) if lines else 0.0
    while len(shorter := _wrapped(text, size, inches)) > len(lines):
        inches += 0.1
    return shorter


@dataclass(frozen=True)
class Scale:
    """Values along an axis of so many inches.

    It is "linear", "log", or "zero": logarithmic with a zero below `low`.
    """

    kind: str
    low: float
    high: float
    inches: float
    is_bytes: bool = False
    places: tuple[str, ...] = ()  # named 0, 1, ..., instead of figures

    def at(self, value: float) -> float:
        """Inches from the beginning of the axis."""
        if self.kind == "linear":
            share = (value - self.low) / (self.high - self.low)
        elif value <= 0:
            share = 0.02  # of "zero" alone
        else:
            share = math.log(value / self.low) / math.log(self.high / self.low)
            if self.kind == "zero":
                share = _ZERO_ROOM + (1 - _ZERO_ROOM) * share
        return share * self.inches

    def tick(self, value: float) -> str:
        """Short enough to stand between its neighbours: 10000 is 10k."""
        if self.is_bytes and value:
            return binary_size(value)
        return tick(value)

    def ticks(
        self, is_upright: bool = False, slack: float = 0.04
    ) -> list[tuple[float, str]]:
        """Values and their figures, which keep apart and end near the axis."""
        if self.places:
            return list(enumerate(self.places))

        def fits(values: Sequence[float]) -> bool:
            half = [
                0.12 if is_upright else width_of(self.tick(v), FONT) / 2 + 0.04
                for v in values
            ]
            places = [self.at(value) for value in values]
            return all(
                b - a >= x + y
                for a, b, x, y in zip(places, places[1:], half, half[1:])
            )

        def is_inside(value: float) -> bool:
            half = width_of(self.tick(value), FONT) / 2 - slack
            return is_upright or half <= self.at(value) <= self.inches - half

        every = self._every_tick()
        inside = [list(filter(is_inside, values)) for values in every]
        chosen = next(filter(fits, filter(None, inside)), every[-1][:1])
        return [(value, self.tick(value)) for value in chosen]

    def _every_tick(self) -> list[list[float]]:
        """Sets of them, the closest first; none is empty."""
        found: list[list[float]] = []
        if self.kind == "linear":
            base, factors = (2, (1,)) if self.is_bytes else (10, (1, 2, 5))
            steps = (f * base**p for p in range(-12, 60) for f in factors)
            for step in steps:
                if 1 / 12 <= step / (self.high - self.low) <= 1:
                    first = math.ceil(self.low / step)
                    last = math.floor(self.high / step)
                    found.append([step * n for n in range(first, last + 1)])
            return found or [[self.low]]
        base = 2 if self.is_bytes else 10
        powers = range(
            math.floor(math.log(self.low, base)),
            math.ceil(math.log(self.high, base)) + 1,
        )
        for factors in ((1,),) if self.is_bytes else ((1, 3), (1,)):
            every = [f * float(base) ** p for p in powers for f in factors]
            found.append([v for v in every if self.low <= v <= self.high])
        whole = found[-1]
        found += [whole[::n] for n in range(2, len(whole) + 1)]
        if self.kind == "zero":
            return [[0.0, *(v for v in t if self.at(v) > 0.3)] for t in found]
        return [ticks for ticks in found if ticks] or [[self.low]]


def draw_axes(
    sheet: Sheet,
    corner: tuple[float, float],
    x: Scale,
    y: Scale,
    names: tuple[str, str],
) -> None:
    """A grid with its figures, from the lower left corner."""
    left, bottom = corner
    right, top = left + x.inches, bottom + y.inches
    grid, edge = [], [[(left, top), (left, bottom), (right, bottom)]]
    for value, text in x.ticks(slack=0.2):
        at = left + x.at(value)
        sheet.text(at, bottom - 0.12, text, FONT, ha="center")
        grid.append([(at, bottom), (at, top)])
        edge.append([(at, bottom), (at, bottom - 0.04)])
    figures = y.ticks(is_upright=True)
    for value, text in figures:
        at = bottom + y.at(value)
        sheet.text(left - 0.06, at, text, FONT, ha="right")
        grid.append([(left, at), (right, at)])
        edge.append([(left, at), (left - 0.04, at)])
    look = {"colors": GRID_COLOR, "linewidths": 0.5, "zorder": 0}
    sheet.segments(grid, **look)
    sheet.segments(edge, colors=TEXT_COLOR, linewidths=0.6)
    low, high = (
        name + ("" if scale.kind == "linear" else ", log")
        for name, scale in zip(names, (x, y))
    )
    middle: dict[str, Any] = {"ha": "center"}
    sheet.text((left + right) / 2, bottom - 0.28, low, FONT, **middle)
    at = left - 0.16 - max(width_of(text, FONT) for _, text in figures)
    middle["rotation"] = 90
    sheet.text(at, (bottom + top) / 2, high, FONT, **middle)


def tick(value: float) -> str:
    """Short enough to stand between its neighbours: 10000 is 10k."""
    for size, suffix in ((1e9, "G"), (1e6, "M"), (1e3, "k"), (1, "")):
        if size <= abs(value) < 1000 * size:
            return f"{value / size:.3g}{suffix}"
    return f"{value:.3g}"
