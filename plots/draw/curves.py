# SPDX-License-Identifier: MIT
"""Curves and points in a plane, before anything is drawn.

`Chart` has a row for each structure; here a structure is a curve or a
point. Its name stands at the right of the axes, or in a key below them:
never on data.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from plots.read.results import FLOOR, Contender
from plots.read.statistics import Estimate
from plots.draw.style import Style, in_order, is_variant, style_of
from plots.text.layout import to_ascii

# Beyond this factor between its values an axis is logarithmic.
_MOST_LINEAR_SPREAD = 20
# As many as a reader can tell apart.
_MOST_CURVES = 15


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


@dataclass(frozen=True)
class Curve:
    """One structure (or driver), by ascending x."""

    label: str
    style: Style
    points: tuple[XY, ...]
    is_named: bool = True  # beside the axes; otherwise in the key alone
    note: str = ""  # stands behind the name


@dataclass(frozen=True)
class Mark:
    """A place that is told in words."""

    x: float
    y: float
    text: str


@dataclass(frozen=True)
class Axis:
    """What stands at an axis; `places` are named instead of numbered."""

    label: str
    places: tuple[str, ...] = ()
    is_bytes: bool = False
    is_linear: bool = False  # whatever the spread


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

    def values(self, axis: str) -> list[float]:
        """All that is drawn along "x" or "y"."""
        return [getattr(p, axis) for c in self.curves for p in c.points]

    def is_logarithmic(self, axis: str) -> bool:
        """Whether the spread of what is above zero needs it."""
        drawn = self.x if axis == "x" else self.y
        if drawn.places or drawn.is_linear:
            return False
        values = self.values(axis)
        if axis == "y":
            values += [p.low for c in self.curves for p in c.points]
            values += [p.high for c in self.curves for p in c.points]
        above = [value for value in values if value > 0]
        return (
            bool(above)
            and min(values) >= 0
            and max(above) / min(above) > _MOST_LINEAR_SPREAD
        )


@dataclass(frozen=True)
class CurveChart:
    """A picture of planes.

    `how` is "lines" (with a mark at each value), "steps" or "points". Names
    stand where lines end; those of steps in a list, in the order of curves.
    """

    title: str
    subtitle: tuple[str, ...]
    planes: tuple[Plane, ...]
    caption: str
    how: str = "lines"
    has_key: bool = False
    columns: int = 2


def drawn_contenders(contenders: Iterable[Contender]) -> list[Contender]:
    """Those with a curve: neither the empty loop nor the control."""
    return [
        contender
        for contender in in_order(contenders)
        if not contender.is_control and contender.structure != FLOOR
    ]


def legible(
    contenders: Iterable[Contender],
) -> tuple[list[Contender], list[Contender]]:
    """Those to draw, and those for which there is no room.

    More curves than can be told apart are variants too many: then each
    structure stands for its variants. A structure without a place in the
    table of styles is the reader's own and always drawn.
    """
    every = drawn_contenders(contenders)
    if len(every) <= _MOST_CURVES:
        return every, []
    return (
        [c for c in every if not is_variant(c.structure)],
        [c for c in every if is_variant(c.structure)],
    )


def left_out_text(planes: Iterable[Iterable[Contender]]) -> str:
    """Which variants of the planes' contenders are not drawn; "" if all are."""
    names = sorted(
        {
            to_ascii(contender.structure)
            for contenders in planes
            for contender in legible(contenders)[1]
        }
    )
    if not names:
        return ""
    return f"variants not drawn, to be asked for alone: {', '.join(names)}"


def curve(contender: Contender, points: Iterable[XY]) -> Curve:
    """A structure's curve in its style, ascending."""
    return Curve(
        to_ascii(contender.structure),
        style_of(contender.structure),
        tuple(sorted(points, key=lambda point: point.x)),
    )


def missing_text(planes: Sequence[Plane]) -> str:
    """What is not in the picture, plane by plane; empty if all is."""
    told: dict[str, list[str]] = {}
    for plane in planes:
        for name in plane.missing:
            told.setdefault(name, []).append(plane.title)
    everywhere = [n for n, where in told.items() if len(where) == len(planes)]
    parts = [", ".join(everywhere)] if everywhere else []
    parts += [
        f"{name} in {', '.join(where)}"
        for name, where in told.items()
        if name not in everywhere
    ]
    return f"no figure: {'; '.join(parts)}" if parts else ""
