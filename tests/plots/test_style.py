# SPDX-License-Identifier: MIT
"""Every structure looks the same in every picture, and like no other."""

from hypothesis import given
from hypothesis import strategies as st

from plots.results import Contender
from plots.style import STYLES, Style, in_order, style_of

NAMES = """
    flat xbitmap xbitmap-preload xbitmap-tag xbitmap-inline xbitmap-hint
    cvbmp cvbmp-cursor cvbmp-32768 btree-bitmap btree-bitmap-posted
    btree-range roaring roaring-run xarray xarray-hint maple radix-page
    radix-page-cursor sorted-array absl-btree-set absl-btree-map
    boost-flat-set boost-flat-map boost-small-vector std-set croaring judy1
    floor
""".split()


def test_every_known_structure_has_a_style() -> None:
    assert list(STYLES) == NAMES


def test_no_two_structures_look_alike_without_colours() -> None:
    looks = {(style.marker, style.hatch) for style in STYLES.values()}
    assert len(looks) == len(STYLES)


def test_styles_of_the_first_contenders_never_change() -> None:
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


def test_the_control_follows_its_baseline_and_floor_is_last() -> None:
    shuffled = [
        Contender("floor"),
        Contender("zebra"),
        Contender("xbitmap", is_control=True),
        Contender("cvbmp"),
        Contender("ant"),
        Contender("xbitmap"),
        Contender("flat"),
    ]
    assert in_order(shuffled) == [
        Contender("flat"),
        Contender("xbitmap"),
        Contender("xbitmap", is_control=True),
        Contender("cvbmp"),
        Contender("ant"),
        Contender("zebra"),
        Contender("floor"),
    ]
