# SPDX-License-Identifier: MIT
"""How each structure looks, in every picture and for ever.

Colour names the family; marker and hatch together name the structure, so
that a picture survives a grey printer and every kind of colour blindness.
Two pictures made years apart can then be laid side by side. Append to the
table, never renumber it.
"""

from __future__ import annotations

import hashlib
from typing import NamedTuple


class Style(NamedTuple):
    """Face colour, matplotlib marker and matplotlib hatch."""

    color: str
    marker: str
    hatch: str


# Okabe and Ito's colours for the structures of the thread, Paul Tol's muted
# ones for the rest.
_BLACK, _GREY = "#222222", "#9a9a9a"
_BLUE, _VERMILION, _GREEN = "#0072b2", "#d55e00", "#009e73"
_PURPLE, _SKY, _ORANGE = "#cc79a7", "#56b4e9", "#e69f00"
_INDIGO, _OLIVE, _WINE = "#332288", "#999933", "#882255"
_TEAL, _BROWN, _SAND = "#44aa99", "#8c510a", "#c9b458"

STYLES = {
    "flat": Style(_BLACK, "s", ""),
    "xbitmap": Style(_BLUE, "o", ""),
    "xbitmap-preload": Style(_BLUE, "^", "///"),
    "xbitmap-ida": Style(_BLUE, "<", "xxx"),
    "xbitmap-tag": Style(_BLUE, "v", "\\\\\\"),
    "xbitmap-inline": Style(_BLUE, "D", "xxx"),
    "xbitmap-hint": Style(_BLUE, "P", "..."),
    "cvbmp": Style(_VERMILION, "X", ""),
    "cvbmp-cursor": Style(_VERMILION, "<", "///"),
    "cvbmp-32768": Style(_VERMILION, ">", "\\\\\\"),
    "btree-bitmap": Style(_GREEN, "d", ""),
    "btree-bitmap-posted": Style(_GREEN, "p", "///"),
    "btree-range": Style(_GREEN, "h", "xxx"),
    "roaring": Style(_PURPLE, "*", ""),
    "roaring-4096": Style(_PURPLE, "H", "\\\\\\"),
    "roaring-hint": Style(_PURPLE, "*", "..."),
    "roaring-run": Style(_PURPLE, "8", "///"),
    "xarray": Style(_SKY, "H", ""),
    "xarray-hint": Style(_SKY, "s", "..."),
    "maple": Style(_ORANGE, "^", ""),
    "radix-page": Style(_INDIGO, "v", ""),
    "radix-page-cursor": Style(_INDIGO, "D", "///"),
    "sorted-array": Style(_OLIVE, "P", ""),
    "absl-btree-set": Style(_WINE, "<", ""),
    "absl-btree-map": Style(_WINE, "X", "///"),
    "boost-flat-set": Style(_TEAL, ">", ""),
    "boost-flat-map": Style(_TEAL, "d", "///"),
    "boost-small-vector": Style(_TEAL, "p", "xxx"),
    "std-set": Style(_BROWN, "h", ""),
    "croaring": Style(_PURPLE, "o", "xxx"),
    "judy1": Style(_SAND, "8", ""),
    "array": Style(_GREY, "s", "///"),
    "pipelined": Style(_GREY, "o", "///"),
    "floor": Style(_GREY, "D", ""),
    "absl-btree-set-hint": Style(_WINE, "<", "..."),
    "absl-btree-map-hint": Style(_WINE, "X", "..."),
    "boost-flat-map-hint": Style(_TEAL, "d", "..."),
    "std-set-hint": Style(_BROWN, "h", "..."),
}
# Of those that are not in the table.
_FAMILIES = {
    "array": _TEAL,
    "bitmap": _BLACK,
    "btree": _GREEN,
    "list": _VERMILION,
    "radix": _BLUE,
    "rbtree": _BROWN,
    "roaring": _PURPLE,
}
_COLORS = (_BLUE, _VERMILION, _GREEN, _PURPLE, _SKY, _ORANGE)
_MARKERS = "o^vDPX<>dphs"
# The table has none of these, so a stranger is not taken for one of it.
_HATCHES = ("ooo", "---", "+++", "|||")


def style_of(structure: str, family: str = "") -> Style:
    """The style of a structure; of an unknown one, always the same."""
    if structure in STYLES:
        return STYLES[structure]
    digest = hashlib.sha256(structure.encode(errors="replace")).digest()
    return Style(
        _FAMILIES.get(family, _COLORS[digest[0] % len(_COLORS)]),
        _MARKERS[digest[1] % len(_MARKERS)],
        _HATCHES[digest[2] % len(_HATCHES)],
    )
