# SPDX-License-Identifier: MIT
"""Pictures: which files, what they show, and that they are reproducible."""

import io
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import (
    FAILSLAB,
    ROOT,
    STRUCTURES,
    document,
    error_rows,
    full_document,
    memory,
    profile,
    rows,
    times,
)

from hypothesis import given, settings
from hypothesis import strategies as st
from reading import boxes, drawn, is_one_scale, places, words

from plots.draw import figure_rows, pictures
from plots.__main__ import main
from plots.draw.rows import RowChart
from plots.draw.subject import file_stems
from plots.read.results import Results
from plots.draw.style import STYLES
from plots.tables.figures import number

Write = Callable[[Any], Path]
ResultsOf = Callable[[Any], Results]


def few_rows() -> "dict[str, Any]":
    """The smallest results with a picture of each kind."""
    return document(
        rows("set/a/xbitmap", times(5), **memory(1.07))
        + rows(f"set/a/xbitmap/{FAILSLAB}", times(9), **memory(1.07))
        + rows("drain/a/xbitmap", times(6))
    )


def point_of(chart: RowChart, label: str, panel: int = 0) -> Any:
    (line,) = [line for line in chart.rows if line.label == label]
    return line.points[panel]


def test_each_figure_has_a_png_and_faults_have_their_own(
    write: Write, tmp_path: Path, capsys: Any
) -> None:
    pytest.importorskip("matplotlib")
    directory = tmp_path / "pictures"
    assert main(["plot", str(write(few_rows())), "-o", str(directory)]) == 0
    names = {path.name for path in directory.iterdir()}
    assert names == {
        f"{stem}.png"
        for stem in (
            "set",
            "set-failslab-probability-1",
            "drain",
            "memory",
            "memory-failslab-probability-1",
            "pareto",
            "pareto-failslab-probability-1",
        )
    }
    printed = capsys.readouterr().out.split()
    assert {Path(line).name for line in printed} == names
    for path in directory.glob("*.png"):
        assert path.read_bytes().startswith(b"\x89PNG")


def test_svg_is_written_only_on_request(write: Write, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    path = write(document(rows("drain/a/xbitmap", times(6))))
    assert main(["plot", str(path), "-o", str(tmp_path / "p")]) == 0
    assert [p.name for p in (tmp_path / "p").iterdir()] == ["drain.png"]
    assert main(["plot", str(path), "-o", str(tmp_path / "p"), "--svg"]) == 0
    svg = (tmp_path / "p" / "drain.svg").read_text()
    assert "<svg" in svg and "Time to hand over one page: drain" in svg


def test_two_runs_give_the_same_bytes(write: Write, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    path = write(full_document(workloads=["idle-8g"]))
    pictures = []
    for number in (1, 2):
        directory = tmp_path / str(number)
        # Another hash seed, another time: nothing of them may show.
        subprocess.run(
            [sys.executable, "-m", "plots", "plot", path, "-o", directory],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": str(number)},
            check=True,
            capture_output=True,
        )
        pictures.append(
            {p.name: p.read_bytes() for p in sorted(directory.iterdir())}
        )
    assert len(pictures[0]) == 11
    assert pictures[0] == pictures[1]


def test_without_matplotlib_plot_says_how_to_get_it(
    write: Write, tmp_path: Path
) -> None:
    stub = tmp_path / "stub" / "matplotlib.py"
    stub.parent.mkdir()
    stub.write_text("raise ImportError\n")
    done = subprocess.run(
        [sys.executable, "-m", "plots", "plot", write(few_rows())],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(stub.parent)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 3
    assert done.stderr == (
        f"plots: matplotlib is missing for {sys.executable};"
        " apt-get install python3-matplotlib\n"
    )


def test_results_without_a_figure_are_refused(
    write: Write, capsys: Any
) -> None:
    pytest.importorskip("matplotlib")
    path = write(document(rows("sweep/a/xbitmap", times(5))))
    assert main(["plot", str(path)]) == 2
    err = capsys.readouterr().err
    assert err.startswith(f"plots: {path}: has no figure")
    assert err.count("\n") == 1


def test_a_dollar_in_a_name_is_no_formula(write: Write) -> None:
    pytest.importorskip("matplotlib")
    content = document(
        rows("set/$a$/$x^$", times(5)), cpu_model="$\\frac{1}{2", baseline="$"
    )
    assert main(["plot", str(write(content))]) == 0


def test_a_chart_holds_the_medians_and_the_intervals(
    results_of: ResultsOf,
) -> None:
    values = [30, 10, 20, 50, 40, 60, 90, 70, 80]
    results = results_of(
        document(rows("set/a/xbitmap", values, **memory(1.07)))
    )
    point = point_of(figure_rows.charts(results)["set"], "xbitmap")
    assert (point.value, point.low, point.high) == (50, 20, 80)
    point = point_of(figure_rows.charts(results)["memory"], "xbitmap")
    assert point.value == 1.07


def test_a_failed_case_is_named_and_not_a_zero(
    results_of: ResultsOf,
) -> None:
    content = document(
        rows("set/a/xbitmap", times(5))
        + error_rows("set/a/cvbmp", "digest differs", 9)
        + rows("set/b/xbitmap", times(5))
    )
    chart = figure_rows.charts(results_of(content))["set"]
    assert point_of(chart, "cvbmp").value is None
    assert point_of(chart, "cvbmp").note == "failed"
    assert point_of(chart, "cvbmp", panel=1).note == "not measured"


def test_a_picture_carries_the_machine_and_the_traces(
    results_of: ResultsOf,
) -> None:
    content = document(
        rows("set/a/xbitmap", times(5)), workload_a="trace=9f3c51d27be0"
    )
    chart = figure_rows.charts(results_of(content))["set"]
    assert chart.frame.machine == (
        "AMD EPYC 7B13, Linux 6.1.0-18-amd64, GCC 12.2.0, -O2 -g;"
        " commit abc1234"
    )
    assert chart.frame.traces == "traces: a 9f3c51d2"


def test_titles_say_what_was_timed_and_under_which_fault(
    results_of: ResultsOf,
) -> None:
    charts = figure_rows.charts(results_of(few_rows()))
    assert charts["set"].frame.title == "Time to record one page: set"
    assert charts["set-failslab-probability-1"].frame.title == (
        "Time to record one page: set, fault failslab:probability=1"
    )


def test_the_caption_admits_an_interruption_and_few_rounds(
    results_of: ResultsOf,
) -> None:
    content = document(
        rows("set/a/xbitmap", times(5)[:5]) + rows("set/a/flat", times(2)[:4]),
        interrupted="yes",
    )
    caption = figure_rows.charts(results_of(content))["set"].frame.caption
    assert "4 to 5 rounds" in caption
    assert "full range below" in caption
    assert "INTERRUPTED" in caption


def test_floor_is_in_the_times_and_not_in_the_memory(
    results_of: ResultsOf,
) -> None:
    results = results_of(full_document(workloads=["idle-8g"]))
    time = figure_rows.charts(results)["set"]
    assert time.rows[-1].label == "floor (empty loop)"
    memory_chart = figure_rows.charts(results)["memory"]
    labels = {row.label for row in memory_chart.rows}
    assert "xbitmap" in labels and "floor (empty loop)" not in labels


def test_an_axis_is_logarithmic_where_the_values_need_it(
    results_of: ResultsOf,
) -> None:
    def kind(slowest: float) -> str:
        made = rows("set/a/xbitmap/control:1", times(5))
        made += rows("set/a/xbitmap", times(5))
        made += rows("set/b/cvbmp", times(slowest))
        chart = figure_rows.charts(results_of(document(made)))["set"]
        return chart.scale(0)[0]

    assert kind(slowest=50) == "linear"
    assert kind(slowest=500) == "log"


def test_a_zero_is_written_on_a_logarithmic_axis(
    results_of: ResultsOf,
) -> None:
    pytest.importorskip("matplotlib")
    content = document(
        rows("set/a/xbitmap", times(500))
        + rows("set/a/flat", times(2))
        + rows("set/a/floor", [0.0] * 9)
    )
    chart = figure_rows.charts(results_of(content))["set"]
    assert chart.scale(0)[0] == "log"
    sheet = chart.draw()
    assert "0" in words(sheet)
    # Two marks, none at zero.
    assert len(drawn(sheet, "dot")) == 2


def test_marks_stand_where_their_axis_has_the_values(
    results_of: ResultsOf,
) -> None:
    pytest.importorskip("matplotlib")
    names = [f"{g}/{name}" for g in "ab" for name in STRUCTURES]
    few = results_of(
        document(
            row
            for rank, name in enumerate(names)
            for row in rows(f"set/{name}", times(2 + rank))
        )
    )
    structures = {
        name: (4.0**rank, 1.0, "family=x; ")
        for rank, name in enumerate(STRUCTURES)
    }
    far = results_of(full_document(structures=structures))
    for results, kind in ((few, "linear"), (far, "log")):
        chart = figure_rows.charts(results)["set"]
        assert chart.scale(0)[0] == kind
        sheet = chart.draw()
        assert set(chart.panels) <= set(words(sheet))
        values = [
            [row.points[index].value for row in chart.rows]
            for index in range(len(chart.panels))
        ]
        ends = [places(line)[0][0] for line in drawn(sheet, "dot")]
        spans = [
            [place[0] for place in places(line)]
            for line in drawn(sheet, "interval")
        ]
        assert len(spans) > len(chart.panels)
        assert all(low < high for low, high in spans)
        count = len(chart.rows)
        assert len(ends) == count * len(chart.panels)
        for index, panel in enumerate(values):
            there = ends[index * count : (index + 1) * count]
            assert is_one_scale(panel, there, kind)


def test_figures_beside_marks_are_the_medians(results_of: ResultsOf) -> None:
    pytest.importorskip("matplotlib")
    chart = figure_rows.charts(results_of(full_document()))["set"]
    found = words(chart.draw())
    for row in chart.rows:
        assert row.label in found
        assert all(number(p.value) in found for p in row.points)


def test_flat_is_the_limit_line(results_of: ResultsOf) -> None:
    results = results_of(full_document(workloads=["idle-8g"]))
    chart = figure_rows.charts(results)["set"]
    assert chart.solid == (point_of(chart, "flat").value,)
    assert "solid line: flat, the limit" in chart.frame.caption


def test_every_structure_fits_in_one_picture(write: Write) -> None:
    matplotlib = pytest.importorskip("matplotlib")
    structures = {
        name: (1.0 + 3**rank % 101, 1.0 + rank, "family=x; ")
        for rank, name in enumerate(STYLES)
        if name not in ("floor", "array", "pipelined")
    }
    assert STRUCTURES.keys() < structures.keys()
    content = document(
        row
        for name, (ns, _, _) in structures.items()
        for row in rows(f"set/a/{name}", times(ns))
    )
    path = write(content)
    assert main(["plot", str(path)]) == 0
    matplotlib.use("Agg")
    from matplotlib.image import imread

    height, width, _ = imread(path.with_name("set.png")).shape
    assert width == 1440  # 720 pixels at two to one
    # Nearly: it is to fit on a screen.
    assert height <= 1.1 * width


@pytest.mark.parametrize("count", [5, 12, 31])
def test_every_structure_has_its_own_colour_in_the_png(
    count: int, results_of: ResultsOf
) -> None:
    pytest.importorskip("matplotlib")
    from PIL import Image

    names = [n for n in STYLES if n not in ("floor", "array", "pipelined")]
    names = names[:count]
    content = document(
        row
        for rank, name in enumerate(names)
        for row in rows(f"set/a/{name}", times(1 + rank), **memory(1 + rank))
    )
    content["profiles"] = []
    for rank, name in enumerate(names):
        made = profile(name, scale=1 + rank / 5)
        made["memory"]["timeline"] = [
            [10 * x, 50 * x * (rank + 1), 64 * (x % 7 + x) * (rank + 1)]
            for x in range(60)
        ]
        content["profiles"].append(made)
    charts = pictures.charts(results_of(content))
    stems = ["ratio", "set", "memory", "longest", "pareto", "tails-set"]
    assert [*stems, "timeline"] == list(charts)
    for stem, made in pictures.render(charts):
        chart = charts[stem]
        if isinstance(chart, RowChart):
            styles = {p.style or r.style for r in chart.rows for p in r.points}
        else:
            styles = {curve.style for curve in chart.key}
        image = Image.open(io.BytesIO(made["png"])).convert("RGB")
        there = {"#%02x%02x%02x" % c for _, c in image.getcolors(1 << 20)}
        assert len(styles) > 2
        assert {style.color for style in styles} <= there, stem


def ticks(
    kind: str,
    low: float,
    high: float,
    width: float,
    is_bytes: bool = False,
    name: str = "x",
) -> "tuple[Any, list[Any]]":
    """A picture with one axis of so many inches, and its figures."""
    from plots.draw import canvas

    with canvas.settings():
        frame = canvas.Frame("")
        after = canvas.WIDTH - 2 * canvas.MARGIN - width
        figure, (axes,) = canvas.panels(frame, ["a"], 1, 1.0, 0.0, after)
        canvas.set_axis(axes, name, kind, low, high, "", is_bytes)
        figure.draw_without_rendering()
    return figure, drawn(figure, f"{name} tick")


@pytest.mark.parametrize(
    "kind, low, high, inches, expected",
    [
        ("log", 0.9, 45, 2.0, ["1", "3", "10", "30"]),
        ("log", 0.9, 45, 0.5, ["1", "10"]),
        ("log", 0.5, 60000, 2.0, ["1", "10", "100", "1k", "10k"]),
        ("log", 0.5, 60000, 1.0, ["10", "1k"]),
        ("linear", 0, 45, 1.0, ["0", "10", "20", "30", "40"]),
        ("linear", 0, 45, 2.0, ["0", "5", "10", "15", "20", "25"]),
        ("symlog", 0.01, 2, 2.0, ["0", "0.03", "0.1", "0.3", "1"]),
    ],
)
def test_an_axis_has_as_many_figures_as_fit(
    kind: str, low: float, high: float, inches: float, expected: "list[str]"
) -> None:
    pytest.importorskip("matplotlib")
    _, labels = ticks(kind, low, high, inches)
    found = [label.get_text() for label in labels]
    assert found[: len(expected)] == expected


@settings(deadline=None, max_examples=60)
@given(
    st.sampled_from(["linear", "log", "symlog"]),
    st.floats(1e-6, 1e6),
    st.floats(1.01, 1e9),
    st.floats(0.6, 6),
    st.booleans(),
    st.sampled_from(["x", "y"]),
)
def test_figures_of_an_axis_never_run_into_each_other(
    kind: str,
    low: float,
    factor: float,
    inches: float,
    is_bytes: bool,
    name: str,
) -> None:
    pytest.importorskip("matplotlib")
    if kind != "linear":
        factor = max(factor, 20.0)  # or else it would be linear
    _, labels = ticks(kind, low, low * factor, inches, is_bytes, name)
    assert labels
    found = [label.get_window_extent() for label in labels]
    for one, other in zip(found, found[1:]):
        assert not one.overlaps(other)


def test_axes_of_neighbours_do_not_run_into_each_other(
    results_of: ResultsOf,
) -> None:
    """The figures of the drain picture began in the panel before."""
    pytest.importorskip("matplotlib")
    structures = {
        name: (0.002 * 40.0**rank, 1.0, "family=x; ")
        for rank, name in enumerate(STRUCTURES)
    }
    results = results_of(full_document(structures=structures))
    sheet = figure_rows.charts(results)["drain"].draw()
    found = sorted(boxes(sheet), key=lambda box: (round(box.y0), box.x0))
    for one, other in zip(found, found[1:]):
        if round(one.y0) == round(other.y0):
            assert one.x1 < other.x0


@pytest.mark.parametrize(
    "condition, stem",
    [
        ("", "set"),
        ("fault:failslab:probability=1", "set-failslab-probability-1"),
        ("fault:nth:3/policy:array", "set-nth-3-policy-array"),
        ("fault:../../etc passwd;rm", "set-..-..-etc-passwd-rm"),
    ],
)
def test_a_file_name_is_safe(condition: str, stem: str) -> None:
    assert file_stems("set", [condition]) == {condition: stem}


def test_conditions_never_share_a_file() -> None:
    conditions = [
        "fault:a:b=1",
        "fault:a=b:1",
        "fault:A:b=1",
        "fault:" + "x" * 300,
        "fault:" + "x" * 299 + "y",
    ]
    stems = file_stems("set", conditions)
    assert len({stem.lower() for stem in stems.values()}) == len(conditions)
    assert max(map(len, stems.values())) < 120
    # The name must not depend on what else is in the file.
    assert file_stems("set", conditions[3:])[conditions[3]] == (
        stems[conditions[3]]
    )
