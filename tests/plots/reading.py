# SPDX-License-Identifier: MIT
"""Reads a picture as an eye does: where marks are, and what axes say."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any


def drawn(figure: Any, gid: str) -> "list[Any]":
    """Lines and boxes of a kind, in the order in which they were drawn."""
    return figure.findobj(lambda each: each.get_gid() == gid)


def places(line: Any) -> "list[tuple[float, float]]":
    """Where a line goes, in inches."""
    at = line.get_transform().transform(line.get_xydata())
    return [tuple(place) for place in at / line.figure.dpi]


def texts(figure: Any) -> "list[Any]":
    """Everything that is written."""
    from matplotlib.text import Text

    figure.draw_without_rendering()
    found = figure.findobj(Text)
    return [each for each in found if each.get_text() and each.get_visible()]


def words(figure: Any) -> "list[str]":
    found = (text.get_text().splitlines() for text in texts(figure))
    return [line for lines in found for line in lines]


def boxes(figure: Any) -> "list[Any]":
    """Where it is written, in dots."""
    return [text.get_window_extent() for text in texts(figure)]


def is_one_scale(
    values: Sequence[float], inches: Sequence[float], kind: str
) -> bool:
    """Whether all values stand where one axis has them."""
    shown = [math.log(v) if kind == "log" else v for v in values]
    pairs = sorted(set(zip(shown, inches)))
    if len(pairs) < 2:
        return True
    (low, start), (high, end) = pairs[0], pairs[-1]
    return end > start and all(
        abs(start + (v - low) / (high - low) * (end - start) - at) < 1e-6
        for v, at in pairs
    )
