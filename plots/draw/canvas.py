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

WIDTH = 9.0  # 900 pixels at 100 dpi, the width of a page or a mail window
MARGIN = 0.15
TEXT_COLOR = "#222222"
QUIET_COLOR = "#666666"
# Mean width of a character of DejaVu Sans, as a share of its size.
CHARACTER = 0.56
_DPI = 200
_COLORS = 128  # of a PNG; a third of the bytes, and the eye sees no loss

_SETTINGS = {
    "svg.hashsalt": "pfnbench",
    "font.family": "DejaVu Sans",
    "font.size": 8,
    "text.color": TEXT_COLOR,
    # A dollar in a CPU's name is no formula.
    "text.parse_math": False,
    "hatch.linewidth": 0.7,
}


def render(draw: Callable[[], Figure]) -> dict[str, bytes]:
    """The picture by suffix; what draws alike gives equal bytes."""
    # Not pyplot: it would keep the figure, and take over a user's settings.
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_SETTINGS)
        figure = draw()
        return {"png": _png(figure), "svg": _svg(figure)}


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
    colors, places, counts = np.unique(
        red << 16 | green << 8 | blue, return_inverse=True, return_counts=True
    )
    split = np.stack([colors >> 16, colors >> 8 & 255, colors & 255], axis=1)
    kept = split[np.argsort(-counts, kind="stable")[:_COLORS]]
    nearest = [((kept - color) ** 2).sum(axis=1).argmin() for color in split]
    image = Image.fromarray(
        np.array(nearest, np.uint8)[places].reshape(red.shape), "P"
    )
    image.putpalette(kept.astype(np.uint8).tobytes())
    return image


def _svg(figure: Figure) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(
        buffer, format="svg", metadata={"Date": None, "Creator": None}
    )
    return buffer.getvalue()


def wrapped(texts: Sequence[str], size: float) -> list[str]:
    """Lines that fit between the margins in that many points."""
    columns = int((WIDTH - 2 * MARGIN) * 72 / (size * CHARACTER))
    return [
        line
        for text in texts
        for line in textwrap.wrap(text, columns, break_on_hyphens=False)
    ]


def text_lines(
    figure: Figure,
    lines: Sequence[str],
    top: float,
    pitch: float,
    size: float,
    color: str,
    is_bold: bool = False,
) -> float:
    """Writes lines downwards from `top` inches; returns where they end."""
    height = figure.get_figheight()
    for line in lines:
        figure.text(
            MARGIN / WIDTH,
            top / height,
            line,
            fontsize=size,
            color=color,
            fontweight="bold" if is_bold else "normal",
            verticalalignment="top",
        )
        top -= pitch
    return top


def log_ticks(low: float, high: float, most: int) -> list[float]:
    """Powers of ten, with their threes if there is room for both.

    None at the right end, where it would run into the next panel.
    """
    left, span = math.log10(low), math.log10(high / low)
    right = left + 0.93 * span
    tens = [10.0**p for p in range(math.ceil(left), math.floor(right) + 1)]
    both = [
        factor * 10.0**power
        for power in range(math.floor(left), math.floor(right) + 1)
        for factor in (1, 3)
        if left <= power + math.log10(factor) <= right
    ]
    if len(both) <= most:
        return both
    return tens[:: math.ceil(len(tens) / most)]


def fitting_ticks(low: float, high: float, inches: float) -> list[float]:
    """Ticks of a logarithmic axis whose figures keep apart."""
    most = int(inches / 0.25)
    while True:
        ticks = log_ticks(low, high, most)
        widest = max((len(tick(value)) for value in ticks), default=0)
        room = widest * 7.5 * CHARACTER / 72 + 0.08
        pitches = [
            math.log(b / a) / math.log(high / low) * inches
            for a, b in zip(ticks, ticks[1:])
        ]
        if most <= 2 or min(pitches, default=room) >= room:
            return ticks
        most -= 1


def tick(value: float) -> str:
    """Short enough to stand between its neighbours: 10000 is 10k."""
    for size, suffix in ((1e9, "G"), (1e6, "M"), (1e3, "k"), (1, "")):
        if size <= abs(value) < 1000 * size:
            return f"{value / size:.3g}{suffix}"
    return f"{value:.3g}"
