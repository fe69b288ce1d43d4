# SPDX-License-Identifier: MIT
"""Every structure looks the same in every picture, and like no other."""

import re
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from plots.draw.style import STYLES, Style, style_of

STRUCTURES = Path(__file__).parents[2] / "structures"


def test_every_style_is_that_of_an_entrant() -> None:
    # Not the reverse: who adds a structure need not choose a style.
    names = {
        name
        for header in STRUCTURES.rglob("*.h")
        for name in re.findall(r'\.name = "([^"]+)"', header.read_text())
    }
    assert set(STYLES) <= names | {"floor", "array", "pipelined"}


def test_no_two_structures_look_alike_without_colours() -> None:
    looks = {(style.marker, style.hatch) for style in STYLES.values()}
    assert len(looks) == len(STYLES)


def test_styles_of_the_first_entrants_never_change() -> None:
    # Pictures of earlier years must stay comparable: do not adapt this.
    assert style_of("flat") == Style("#222222", "s", "")
    assert style_of("xbitmap") == Style("#0072b2", "o", "")
    assert style_of("xbitmap-preload") == Style("#0072b2", "^", "///")
    assert style_of("cvbmp") == Style("#d55e00", "X", "")
    assert style_of("somebody's-own") == Style("#56b4e9", "s", "ooo")


@given(st.text())
def test_a_stranger_is_never_taken_for_a_known_structure(name: str) -> None:
    if name not in STYLES:
        assert style_of(name) not in STYLES.values()
        assert style_of(name) == style_of(name)


def test_a_stranger_has_the_colour_of_its_family() -> None:
    for family, like in (("radix", "xbitmap"), ("list", "cvbmp")):
        assert style_of("somebody's-own", family).color == style_of(like).color
    assert style_of("somebody's-own", "unheard of") == style_of(
        "somebody's-own"
    )
