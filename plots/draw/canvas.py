# SPDX-License-Identifier: MIT
"""What all pictures share: sizes, settings, text, ticks. Needs matplotlib.

Sizes are inches and worked out here rather than by a layout engine: the
same picture gives the same bytes, and text never lies on data.
"""

from __future__ import annotations

import io
import math
import textwrap
from collections.abc import Callable, Sequence

import matplotlib
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

WIDTH = 7.2  # 720 pixels, as wide as a page or a mail window shows them
MARGIN = 0.12
TEXT_COLOR = "#222222"
QUIET_COLOR = "#5f5f5f"
# Mean width of a character of DejaVu Sans, as a share of its size.
CHARACTER = 0.58
_TITLE, _SMALL = 11.5, 7.0  # points
_DPI = 200  # two to one
_COLORS = 128  # of a PNG; a third of the bytes, and the eye sees no loss

_SETTINGS = {
    "svg.hashsalt": "pfnbench",
    "font.family": "DejaVu Sans",
    "font.size": 8,
    "text.color": TEXT_COLOR,
    # A dollar in a CPU's name is no formula.
    "text.parse_math": False,
    "hatch.linewidth": 0.7,
    "axes.axisbelow": True,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.labelsize": 7.5,
    "ytick.labelsize": 7.5,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 3,
    "ytick.major.size": 3,
}


def render(
    draw: Callable[[], Figure], suffixes: Sequence[str] = ("png",)
) -> dict[str, bytes]:
    """The picture by suffix; what draws alike gives equal bytes."""
    # Not pyplot: it would keep the figure, and take over a user's settings.
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_SETTINGS)
        figure = draw()
        make = {"png": _png, "svg": _svg}
        return {suffix: make[suffix](figure) for suffix in suffixes}


def _png(figure: Figure) -> bytes:
    figure.set_dpi(_DPI)
    drawn = FigureCanvasAgg(figure)
    drawn.draw()
    image = _fewer_colors(np.asarray(drawn.buffer_rgba())[..., :3])
    buffer = io.BytesIO()
    image.save(buffer, format="png", dpi=(_DPI, _DPI))
    return buffer.getvalue()


def _fewer_colors(pixels: np.ndarray) -> Image.Image:
    """The most frequent colours as they are, the others as the nearest one.

    Pillow's own ways mix them, and a mixed colour is another structure's.
    What is rare are the edges of lines and letters.
    """
    red, green, blue = np.moveaxis(pixels.astype(np.int32), 2, 0)
    codes = red << 16 | green << 8 | blue
    counts = np.bincount(codes.ravel())
    colors = np.flatnonzero(counts)
    split = np.stack([colors >> 16, colors >> 8 & 255, colors & 255], axis=1)
    kept = split[np.argsort(-counts[colors], kind="stable")[:_COLORS]]
    nearest = np.zeros(len(counts), np.uint8)
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
    return len(text) * size * CHARACTER / 72


def sheet(
    title: str, subtitle: str, captions: Sequence[str], body: float
) -> tuple[Figure, float]:
    """A figure with its texts, and the height at which the body begins.

    `body` is the inches between the head and the captions.
    """
    heading = _wrapped([title], _TITLE * 1.1)  # bold is wider
    quiet = _wrapped([subtitle], _SMALL)
    foot = _wrapped(captions, _SMALL)
    top = 0.1 + 0.22 * len(heading) + 0.15 * len(quiet) + 0.04
    height = top + body + 0.15 * len(foot) + 0.1
    figure = Figure(figsize=(WIDTH, height), facecolor="white")
    FigureCanvasAgg(figure)
    at = height - 0.1
    for lines, pitch, size, color, weight in (
        (heading, 0.22, _TITLE, TEXT_COLOR, "bold"),
        (quiet, 0.15, _SMALL, QUIET_COLOR, "normal"),
        (foot, 0.15, _SMALL, QUIET_COLOR, "normal"),
    ):
        at = at if lines is not foot else height - top - body
        for line in lines:
            figure.text(
                MARGIN / WIDTH,
                at / height,
                line,
                size=size,
                color=color,
                weight=weight,
                va="top",
            )
            at -= pitch
    return figure, height - top


def _wrapped(texts: Sequence[str], size: float) -> list[str]:
    columns = int((WIDTH - 2 * MARGIN) * 72 / (size * CHARACTER) * 1.06)
    return [
        line
        for text in texts
        for line in textwrap.wrap(text, columns, break_on_hyphens=False)
    ]


def fitting_ticks(low: float, high: float, inches: float) -> list[float]:
    """Ticks of a logarithmic axis whose figures keep apart and inside.

    Powers of ten, with their threes if there is room for both.
    """
    left, span = math.log10(low), math.log10(high / low)

    def place(value: float) -> float:
        return (math.log10(value) - left) / span * inches

    def fits(ticks: Sequence[float]) -> bool:
        half = [width_of(tick(value), 7.5) / 2 for value in ticks]
        return all(
            place(b) - place(a) >= x + y + 0.06
            for a, b, x, y in zip(ticks, ticks[1:], half, half[1:])
        )

    # A figure at an end would run into the next panel.
    powers = range(math.floor(left), math.ceil(left + span) + 1)
    inside = [
        [
            value
            for power in powers
            for value in (factor * 10.0**power for factor in factors)
            if 0 <= place(value) <= inches - width_of(tick(value), 7.5) / 2
        ]
        for factors in ((1, 3), (1,))
    ]
    for ticks in inside:
        if fits(ticks):
            return ticks
    tens = inside[1]
    step = next(n for n in range(2, len(tens) + 2) if fits(tens[::n]))
    return tens[::step]


def tick(value: float) -> str:
    """Short enough to stand between its neighbours: 10000 is 10k."""
    for size, suffix in ((1e9, "G"), (1e6, "M"), (1e3, "k"), (1, "")):
        if size <= abs(value) < 1000 * size:
            return f"{value / size:.3g}{suffix}"
    return f"{value:.3g}"
