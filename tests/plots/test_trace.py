# SPDX-License-Identifier: MIT
"""The picture of a trace: what is read, what is thinned, what is refused."""

import colorsys
import io
from pathlib import Path
from typing import Any

import pytest
from reading import words

from plots.__main__ import main
from plots.draw.canvas import render
from plots.draw.figure_trace import COLORS, MOST_RUNS, Run, draw, parse
from plots.read.results import ResultsError

TEXT = "T 8\nI 1ff-1fc 300\nI 301-303\nT 0\nD 303-300\nD 1fc-1ff\n"


def test_a_trace_is_its_runs_in_the_order_in_which_they_were_reported() -> None:
    trace = parse(TEXT.splitlines(), Path("f"))
    assert trace.runs[:3] == [
        Run(0, 0x1FF, 0x1FC, True),
        Run(4, 0x300, 0x300, True),
        Run(5, 0x301, 0x303, True),
    ]
    assert trace.runs[-1] == Run(12, 0x1FC, 0x1FF, False)
    assert trace.targets == [0, 8]
    assert trace.pages == 16


def test_a_large_trace_is_thinned_evenly() -> None:
    lines = [f"I {2 * i:x}" for i in range(3 * MOST_RUNS)]
    trace = parse(lines, Path("f"))
    assert len(trace.thinned()) == MOST_RUNS
    assert trace.thinned()[1] == trace.runs[3]


@pytest.mark.parametrize(
    "text", ["", "T 8\n", "X 5\n", "I\n", "I 5-\n", "I +5\n", "I 5\n\nI 6\n"]
)
def test_other_text_is_refused(text: str) -> None:
    with pytest.raises(ResultsError, match="^f: "):
        parse(text.splitlines(), Path("f"))


def test_the_picture_is_a_png_and_reproducible(
    tmp_path: Path, capsys: Any
) -> None:
    pytest.importorskip("matplotlib")
    text = tmp_path / "text"
    text.write_text(TEXT)
    pictures = []
    for stem in ("a", "b"):
        directory = tmp_path / stem
        assert main(["trace", str(text), "-o", str(directory / "small")]) == 0
        assert capsys.readouterr().out == f"{directory / 'small.png'}\n"
        pictures.append((directory / "small.png").read_bytes())
    assert pictures[0] == pictures[1]


def test_the_axes_are_in_gib_and_colours_have_their_names(
    tmp_path: Path,
) -> None:
    pytest.importorskip("matplotlib")
    from PIL import Image

    lines = ["I 0-3ffff", "D 3ffff-20000"]
    trace = parse(lines, Path("f"))
    sheet = draw(trace, "t")
    found = words(sheet)
    assert "GiB reported so far" in found and "guest address, GiB" in found
    # 0x60000 pages of 4 KiB are 1.5 GiB.
    assert "1.4" in found and "1.6" not in found
    assert "inflated blue, deflated orange; grey: a new target" in found
    made = io.BytesIO(render(sheet, ["png"])["png"])
    image = Image.open(made).convert("RGB")
    there = {"#%02x%02x%02x" % c for _, c in image.getcolors(1 << 20)}
    assert {COLORS["blue"], COLORS["orange"]} <= there
    # Orange, which is between red and yellow, and blue.
    for name, (least, most) in {"orange": (20, 40), "blue": (190, 220)}.items():
        parts = [int(COLORS[name][i : i + 2], 16) / 255 for i in (1, 3, 5)]
        assert least <= 360 * colorsys.rgb_to_hsv(*parts)[0] <= most


def test_a_missing_file_is_said_on_one_line(
    tmp_path: Path, capsys: Any
) -> None:
    assert (
        main(["trace", str(tmp_path / "no"), "-o", str(tmp_path / "x")]) == 2
    )
    assert capsys.readouterr().err.count("\n") == 1
