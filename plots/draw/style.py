# SPDX-License-Identifier: MIT
"""How each structure looks, in every picture and for ever: see style.toml.

Colour names the family; marker and hatch together name the structure, so
that a picture survives a grey printer and every kind of colour blindness.
Two pictures made years apart can then be laid side by side.
"""

import hashlib
import tomllib
from pathlib import Path
from typing import NamedTuple


class Style(NamedTuple):
    """Face colour, matplotlib marker, and hatch: a key of LINES."""

    color: str
    marker: str
    hatch: str


_FILE = Path(__file__).with_name("style.toml")
_SAID = tomllib.loads(_FILE.read_text("utf-8"))
_COLORS = _SAID["colors"]
_STRANGERS = _SAID["strangers"]
LINES: dict[str, tuple[list[float], str]] = _SAID["lines"]
STYLES = {
    name: Style(_COLORS[color], marker, hatch)
    for name, (color, marker, hatch) in _SAID["structures"].items()
}


def style_of(structure: str, family: str = "") -> Style:
    """The style of a structure; of an unknown one, always the same."""
    if structure in STYLES:
        return STYLES[structure]
    digest = hashlib.sha256(structure.encode(errors="replace")).digest()
    choices = [_STRANGERS[key] for key in ("colors", "markers", "hatches")]
    color, marker, hatch = (
        choice[byte % len(choice)] for choice, byte in zip(choices, digest)
    )
    color = _STRANGERS["families"].get(family, color)
    return Style(_COLORS[color], marker, hatch)
