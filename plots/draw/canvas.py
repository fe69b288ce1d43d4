# SPDX-License-Identifier: MIT
"""The skeleton of every picture, and its bytes. Needs matplotlib.

Places are inches: to find them out by drawing would take as long again.
"""

import io
import math
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib
import numpy as np
from matplotlib import ticker
from matplotlib.axes import Axes
from matplotlib.axis import XAxis, YAxis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from PIL import Image

from plots.draw.style import STYLES
from plots.tables.figures import binary_size

WIDTH = 7.2  # 720 pixels, as wide as a page or a mail window shows them
MARGIN = 0.12
QUIET_COLOR = "#5f5f5f"
FONT, SMALL = 7.5, 7.0  # points of text
_TITLE = 11.5
_ABOVE, _BELOW = 0.3, 0.45  # a panel, for its name and its axis
_KEY_PITCH = 0.17
_HANDLE = 0.4  # of a key, left of a name: pfnbench.mplstyle
# Mean width of a character of DejaVu Sans, as a share of its size.
_CHARACTER = 0.58
_INK, _GRID = "#222222", "#dddddd"
_TICK = 3 / 72  # inches
# Of DejaVu Sans, by which matplotlib sets lines apart.
_ASCENT, _DESCENT = 1556 / 2048, 426 / 2048
_DPI = 200  # two to one
_COLORS = 128  # of a PNG; a third of the bytes, and the eye sees no loss
_KNOWN = [
    int.from_bytes(bytes.fromhex(style.color[1:]), "little")
    for style in STYLES.values()
]
# Beyond this factor between its values an axis is logarithmic.
_MOST_LINEAR_SPREAD = 20
# How much of a logarithmic axis a zero takes that the others do not need.
_ZERO_ROOM = 0.15


# Ours, no matter what a user has set.
_STYLE = Path(__file__).with_name("pfnbench.mplstyle")
_SETTINGS = matplotlib.rc_params_from_file(_STYLE, use_default_template=False)
settings = partial(matplotlib.rc_context, _SETTINGS)


@settings()
def render(figure: Figure, suffixes: Sequence[str]) -> dict[str, bytes]:
    """The picture by suffix; what was drawn alike gives equal bytes."""
    made = {}
    for suffix in suffixes:
        buffer = io.BytesIO()
        if suffix == "svg":
            nothing = {"Date": None, "Creator": None}
            figure.savefig(buffer, format="svg", metadata=nothing)
        else:
            figure.set_dpi(_DPI)
            drawn = FigureCanvasAgg(figure)
            drawn.draw()
            image = _fewer_colors(np.asarray(drawn.buffer_rgba()))
            image.save(buffer, format="png", dpi=(_DPI, _DPI))
        made[suffix] = buffer.getvalue()
    return made


def _fewer_colors(pixels: np.ndarray) -> Image.Image:
    """Colours of structures and frequent ones as they are, others as near.

    Pillow's own ways mix them, and a mixed colour is another structure's.
    Others are the edges of lines and letters.
    """
    codes = pixels.view("<u4")[..., 0] & 0xFFFFFF
    paper = codes[0, 0]  # most of it: the rest alone is sorted
    colors, counts = np.unique(codes[codes != paper], return_counts=True)
    counts = counts + np.isin(colors, _KNOWN) * codes.size
    colors = colors[np.argsort(-counts, kind="stable")]
    colors = np.concatenate([[paper], colors]).astype("<u4")
    split = colors.view(np.uint8).reshape(-1, 4)[:, :3].astype(np.int32)
    kept = split[:_COLORS]
    nearest = np.zeros(1 << 24, np.uint8)
    nearest[colors] = ((split[:, None] - kept) ** 2).sum(axis=2).argmin(axis=1)
    image = Image.fromarray(nearest[codes], "P")
    image.putpalette(kept.astype(np.uint8).tobytes())
    return image


class _NoTicks:
    """An axis without ticks of its own: see `set_axis`."""

    def reset_ticks(self) -> None:
        self.majorTicks = self.minorTicks = ()

    def get_children(self) -> list[Any]:
        return []


class _Panel(Axes):
    """Axes of which matplotlib draws nothing but what is in them."""

    def _init_axis(self) -> None:
        self.xaxis = type("_X", (_NoTicks, XAxis), {})(self)
        self.yaxis = type("_Y", (_NoTicks, YAxis), {})(self)
        self._update_transScale()


class Frame(NamedTuple):
    """What stands over a picture and, line by line, below it."""

    title: str
    caption: str = ""
    machine: str = ""
    traces: str = ""


def panels(
    frame: Frame,
    names: Sequence[str],
    columns: int,
    height: float,
    before: float,
    after: float,
    label: float = 0.0,
    key: Sequence[Any] = (),
) -> tuple[Figure, list[Axes]]:
    """A figure in its frame, and axes of that height in lines.

    `before` and `after` are inches for what stands left and right of each,
    `label` for what stands left of a whole line. The key takes a free place,
    or else stands below all.
    """
    heading = _wrapped(frame.title, _TITLE * 1.1, True)  # bold is wider
    foot = [line for text in frame[1:] for line in _wrapped(text, SMALL)]
    lines = math.ceil(len(names) / columns)
    block = _ABOVE + height + _BELOW
    longest = max((width_of(k.get_label(), FONT) for k in key), default=0.0)
    is_free = len(names) % columns and len(key) * _KEY_PITCH < block
    many = 1 if is_free else int(WIDTH / (longest + _HANDLE + 0.2))
    bottom = 0.14 * len(foot) + 0.1
    if key and not is_free:
        bottom += _KEY_PITCH * math.ceil(len(key) / many) + 0.1
    top = bottom + lines * block
    inches = top + 0.22 * len(heading) + 0.1
    figure = Figure(figsize=(WIDTH, inches), facecolor="white")
    for lines_of, y, look in (
        (heading, inches - 0.1, {"size": _TITLE, "weight": "bold"}),
        (foot, 0.14 * len(foot) + 0.06, {"size": SMALL, "color": QUIET_COLOR}),
    ):
        look |= {"va": "top", "linespacing": 1.35}
        figure.text(MARGIN / WIDTH, y / inches, "\n".join(lines_of), **look)
    width = (WIDTH - 2 * MARGIN - label) / columns
    size = ((width - before - after) / WIDTH, height / inches)
    ends = [MARGIN + label + n * width + before for n in range(columns)]
    tops = [top - line * block - _ABOVE for line in range(lines)]
    places = [(x / WIDTH, y / inches) for y in tops for x in ends]
    made = []
    left = -before / (width - before - after)
    for (x, y), name in zip(places, names):
        made.append(figure.add_axes(_Panel(figure, (x, y - size[1], *size))))
        made[-1].set_axis_off()
        # To find out y would take a third of the time.
        made[-1].set_title(name, x=left, y=1.0)
    if key:
        below = (MARGIN / WIDTH, (bottom - 0.05) / inches)
        place = places[len(names)] if is_free else below
        figure.legend(handles=key, bbox_to_anchor=place, ncol=many)
    return figure, made


def column(
    axes: Axes, x: float, y: float, lines: Iterable[str], pitch: float, **look
) -> None:
    """One text of lines so many inches apart: many texts take longer."""
    size = look.setdefault("size", SMALL)
    look["linespacing"] = (pitch * 72 / size - _DESCENT) / _ASCENT
    axes.text(x, y, "\n".join(lines), **look)


def width_of(text: str, size: float) -> float:
    """Inches that a text takes, at most."""
    return len(text) * size * _CHARACTER / 72


def _wrapped(text: str, size: float, is_even: bool = False) -> list[str]:
    """Lines that fit between the margins, or as even ones as that takes."""
    most = int((WIDTH - 2 * MARGIN) * 72 / (size * 0.52))
    wrap = partial(textwrap.wrap, text, break_on_hyphens=False)
    lines = wrap(most)
    narrow = range(1, most) if is_even else ()
    return next((w for n in narrow if len(w := wrap(n)) == len(lines)), lines)


def scale_of(
    values: Sequence[float], kind: str = ""
) -> tuple[str, float, float]:
    """The kind of an axis, or the one that its values need, and its ends."""
    above = [value for value in values if value > 0] or [1.0]
    low, high = min(above), max(above)
    if kind == "linear" or (not kind and high / low <= _MOST_LINEAR_SPREAD):
        return "linear", min(0.0, min(values, default=0.0) * 1.05), high * 1.05
    stretch = max((high / low) ** 0.04, 1.1)
    if not kind:
        kind = "log" if min(values) > 0 else "symlog"
    return kind, low / stretch, high * stretch


def set_axis(
    axes: Axes,
    name: str,
    kind: str,
    low: float,
    high: float,
    label: str = "",
    is_bytes: bool = False,
    places: Sequence[str] = (),
    has_grid: bool = True,
) -> None:
    """The scale of "x" or "y": "linear", "log", or "symlog"; and its axis.

    The last is logarithmic with a zero below `low`. Of matplotlib's own axes,
    each tick is five artists, which would take most of the time.
    """
    options = {}
    if kind == "symlog":
        room = _ZERO_ROOM * math.log10(high / low)
        options = {"linthresh": low, "linscale": room}
    getattr(axes, f"set_{name}scale")(kind, **options)
    start = -0.1 * low if kind == "symlog" else low
    getattr(axes, f"set_{name}lim")(start, high)
    is_x, turn = name == "x", slice(None, None, 1 if name == "x" else -1)
    along, across = (axes.bbox.size / axes.figure.dpi)[turn]
    place = getattr(axes, f"{name}axis").get_transform().transform
    first, last = place([start, high])
    figure = binary_size if is_bytes else tick
    values, texts = list(map(float, range(len(places)))), list(places)
    for most in range(0 if places else 9, 0, -1):
        values = list(_ticks(kind, low, high, most, is_bytes)) or values[:1]
        texts = [figure(value) if value else "0" for value in values]
        room = max(width_of(text, FONT) for text in texts or [""])
        apart = np.diff(place(values)) * along / (last - first)
        if apart.min(initial=along) > (room + 0.06 if is_x else 0.15):
            break
    else:
        values, texts = values[: len(places) or 1], texts[: len(places) or 1]
    shares = (place(values) - first) / (last - first)
    below = -_TICK / across
    lines = [((x, 0), (x, 1)) for x in shares if has_grid and x > 0]
    colors = [_GRID] * len(lines) + [_INK] * (len(shares) + 1)
    lines += [*(((x, below), (x, 0)) for x in shares), ((0, 0), (1, 0))]
    look: dict[str, Any] = {"transform": axes.transAxes, "clip_on": False}
    at = np.array(lines)[..., turn]
    drawn = LineCollection(at, colors=colors, lw=0.6, **look, zorder=0.5)
    axes.add_artist(drawn)
    look["va"], look["ha"] = ("top", "center") if is_x else ("center", "right")
    below -= 0.03 / across
    for share, text in zip(shares, texts):
        axes.text(*(share, below)[turn], text, gid=f"{name} tick", **look)
    room = max(width_of(text, FONT) for text in texts)
    below -= (0.14 if is_x else room + 0.05) / across
    look["rotation"] = 0 if is_x else 90
    axes.text(*(0.5, below)[turn], label, **look)


def _ticks(
    kind: str, low: float, high: float, most: int, is_bytes: bool
) -> Iterator[float]:
    """About so many round values."""
    base = 2 if is_bytes else 10
    if kind != "linear":
        powers = math.log(high / low, base)
        subs = (1, 3) if base == 10 and 2 * powers <= most else (1,)
        locator = ticker.LogLocator(base, subs, numticks=most + 1)
    elif is_bytes:
        step = math.ceil(math.log2((high - low) / most))
        locator = ticker.MultipleLocator(2.0**step)
    else:
        locator = ticker.MaxNLocator(most, steps=[1, 2, 5, 10])
    if kind == "symlog":
        yield 0.0
        low *= 2
    for value in locator.tick_values(low, high):
        if low <= value <= high:
            yield value


def tick(value: float) -> str:
    """Short enough to stand between its neighbours: 10000 is 10k."""
    for size, suffix in ((1e9, "G"), (1e6, "M"), (1e3, "k"), (1, "")):
        if size <= abs(value) < 1000 * size:
            return f"{value / size:.3g}{suffix}"
    return f"{value:.3g}"
