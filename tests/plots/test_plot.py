# SPDX-License-Identifier: MIT
"""Pictures: which files, what they show, and that they are reproducible."""

import io
import math
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

from plots.draw import figure_memory, figure_time
from plots.__main__ import main
from plots.draw.chart import Chart, file_stems
from plots.read.results import Results
from plots.draw.style import STYLES

Write = Callable[[Any], Path]
ResultsOf = Callable[[Any], Results]


def few_rows() -> "dict[str, Any]":
    """The smallest results with a picture of each kind."""
    return document(
        rows("set/a/xbitmap", times(5), **memory(1.07))
        + rows(f"set/a/xbitmap/{FAILSLAB}", times(9), **memory(1.07))
        + rows("drain/a/xbitmap", times(6))
    )


def point_of(chart: Chart, label: str, panel: int = 0) -> Any:
    (line,) = [line for line in chart.lines if line.label == label]
    return line.points[panel]


def test_each_figure_has_a_png_and_an_svg_and_faults_have_their_own(
    write: Write, tmp_path: Path, capsys: Any
) -> None:
    pytest.importorskip("matplotlib")
    directory = tmp_path / "pictures"
    assert main(["plot", str(write(few_rows())), "-o", str(directory)]) == 0
    names = {path.name for path in directory.iterdir()}
    assert names == {
        f"{stem}.{suffix}"
        for stem in (
            "set",
            "set-failslab-probability-1",
            "drain",
            "memory",
            "memory-failslab-probability-1",
            "pareto",
            "pareto-failslab-probability-1",
        )
        for suffix in ("png", "svg")
    }
    printed = capsys.readouterr().out.split()
    assert {Path(line).name for line in printed} == names
    for path in directory.glob("*.png"):
        assert path.read_bytes().startswith(b"\x89PNG")


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
    assert len(pictures[0]) == 20
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


@pytest.mark.parametrize(
    ("debians", "remedy"),
    [
        ("#!/bin/sh\n", "{python} has it, and ./run plot uses that"),
        ("#!/bin/sh\nfalse\n", "apt-get install python3-matplotlib"),
        (None, "apt-get install python3-matplotlib"),
    ],
)
def test_the_interpreter_that_has_matplotlib_is_named(
    debians: str | None,
    remedy: str,
    write: Write,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Any,
) -> None:
    python = tmp_path / "python3"
    if debians is not None:
        python.write_text(debians)
        python.chmod(0o755)
    monkeypatch.setattr("plots.__main__.DEBIAN_PYTHON", str(python))
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert main(["plot", str(write(few_rows()))]) == 3
    assert capsys.readouterr().err == (
        f"plots: matplotlib is missing for {sys.executable};"
        f" {remedy.format(python=python)}\n"
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
    point = point_of(figure_time.charts(results)["set"], "xbitmap")
    assert (point.value, point.low, point.high) == (50, 20, 80)
    point = point_of(figure_memory.charts(results)["memory"], "xbitmap")
    assert point.value == 1.07
    assert point.tick == pytest.approx(1.07 * 0.98)


def test_a_failed_case_is_named_and_not_a_zero(
    results_of: ResultsOf,
) -> None:
    content = document(
        rows("set/a/xbitmap", times(5))
        + error_rows("set/a/cvbmp", "digest differs", 9)
        + rows("set/b/xbitmap", times(5))
    )
    chart = figure_time.charts(results_of(content))["set"]
    assert point_of(chart, "cvbmp").value is None
    assert point_of(chart, "cvbmp").note == "failed"
    assert point_of(chart, "cvbmp", panel=1).note == "not measured"


def test_the_subtitle_carries_the_machine_and_the_traces(
    results_of: ResultsOf,
) -> None:
    content = document(
        rows("set/a/xbitmap", times(5)), workload_a="trace=9f3c51d27be0"
    )
    chart = figure_time.charts(results_of(content))["set"]
    assert chart.subtitle == (
        "AMD EPYC 7B13, Linux 6.1.0-18-amd64, GCC 12.2.0, -O2 -g;"
        " commit abc1234",
        "traces: a 9f3c51d2",
    )


def test_titles_say_what_was_timed_and_under_which_fault(
    results_of: ResultsOf,
) -> None:
    charts = figure_time.charts(results_of(few_rows()))
    assert charts["set"].title == "Time to record one page: set"
    assert charts["set-failslab-probability-1"].title == (
        "Time to record one page: set, fault failslab:probability=1"
    )


def test_the_caption_admits_an_interruption_and_few_rounds(
    results_of: ResultsOf,
) -> None:
    content = document(
        rows("set/a/xbitmap", times(5)[:5]) + rows("set/a/flat", times(2)[:4]),
        interrupted="yes",
    )
    caption = figure_time.charts(results_of(content))["set"].caption
    assert "4 to 5 rounds" in caption
    assert "full range below" in caption
    assert "INTERRUPTED" in caption


def test_floor_is_in_the_times_and_not_in_the_memory(
    results_of: ResultsOf,
) -> None:
    results = results_of(full_document(workloads=["idle-8g"]))
    time = figure_time.charts(results)["set"]
    assert time.lines[-1].label == "floor (empty loop)"
    memory_chart = figure_memory.charts(results)["memory"]
    assert all(not line.is_floor for line in memory_chart.lines)


def test_bars_up_to_eight_structures_on_a_linear_axis_else_dots(
    results_of: ResultsOf,
) -> None:
    def chart(names: "list[str]", slowest: float = 5.0) -> Chart:
        made = rows("set/a/floor", times(0.001))
        made += rows("set/a/xbitmap/control:1", times(5))
        for name in names:
            made += rows(f"set/a/{name}", times(5))
        made += rows(f"set/b/{names[0]}", times(slowest))
        return figure_time.charts(results_of(document(made)))["set"]

    names = list(STYLES)
    assert chart(names[:8]).is_bars
    assert not chart(names[:9]).is_bars
    assert not chart(names[:9]).is_logarithmic
    # The length of a bar has no meaning on a logarithmic axis.
    assert chart(names[:2], slowest=500).is_logarithmic
    assert not chart(names[:2], slowest=500).is_bars


def test_a_zero_is_written_on_a_logarithmic_axis(
    results_of: ResultsOf,
) -> None:
    pytest.importorskip("matplotlib")
    from plots.draw import panels

    content = document(
        rows("set/a/xbitmap", times(500))
        + rows("set/a/flat", times(2))
        + rows("set/a/floor", [0.0] * 9)
    )
    chart = figure_time.charts(results_of(content))["set"]
    assert chart.is_logarithmic
    (axes,) = panels.draw(chart).axes
    written = [text.get_text() for text in axes.texts]
    assert "0" in written
    # Two marks and the references to both; none at zero.
    drawn = [x for line in axes.get_lines() for x in line.get_xdata()]
    assert min(drawn) == pytest.approx(2, rel=0.1)


def test_the_axes_hold_the_medians_and_the_intervals(
    results_of: ResultsOf,
) -> None:
    pytest.importorskip("matplotlib")
    from plots.draw import panels

    results = results_of(full_document())
    for operation in ("set", "test", "extract", "clear", "drain"):
        chart = figure_time.charts(results)[operation]
        figure = panels.draw(chart)
        assert [axes.get_title(loc="left") for axes in figure.axes] == list(
            chart.panels
        )
        for index, axes in enumerate(figure.axes):
            bars = [
                patch.get_width()
                for patch in axes.patches
                if patch.get_height() == pytest.approx(0.66)
            ]
            points = [line.points[index] for line in chart.lines]
            assert bars == [point.value for point in points]
            whiskers = [
                tuple(line.get_xdata())
                for line in axes.get_lines()
                if line.get_marker() == "|"
            ]
            assert whiskers == [
                (point.low, point.high)
                for point in points
                if point.low < point.high
            ]


def test_flat_is_the_limit_line(results_of: ResultsOf) -> None:
    results = results_of(full_document(workloads=["idle-8g"]))
    chart = figure_time.charts(results)["set"]
    assert chart.limit == (point_of(chart, "flat").value,)
    assert "solid line: flat, the limit" in chart.caption


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
    assert width == 1800  # 900 pixels at two to one
    assert height <= width


def test_every_structure_has_its_own_colour_in_the_png(
    results_of: ResultsOf,
) -> None:
    pytest.importorskip("matplotlib")
    from PIL import Image

    from plots.draw import pictures

    names = [n for n in STYLES if n not in ("floor", "array", "pipelined")]
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
    assert {"set", "memory", "pareto", "tails-set", "timeline"} == set(charts)
    for stem, made in pictures.render(charts):
        chart = charts[stem]
        lines = (
            chart.lines
            if isinstance(chart, Chart)
            else [curve for plane in chart.planes for curve in plane.curves]
        )
        image = Image.open(io.BytesIO(made["png"])).convert("RGB")
        there = {"#%02x%02x%02x" % c for _, c in image.getcolors(1 << 20)}
        assert {line.style.color for line in lines} <= there, stem


@pytest.mark.parametrize(
    "low, high, most, ticks",
    [
        (0.9, 45, 5, [1, 3, 10, 30]),
        (0.9, 45, 3, [1, 10]),
        (0.5, 60000, 5, [1, 10, 100, 1000, 10000]),
        (0.5, 60000, 3, [1, 100, 10000]),
        (0.5, 110000, 6, [1, 10, 100, 1000, 10000]),  # 100k is at the end
    ],
)
def test_ticks_of_a_log_axis_keep_apart(
    low: float, high: float, most: int, ticks: "list[float]"
) -> None:
    pytest.importorskip("matplotlib")
    from plots.draw.canvas import log_ticks

    assert log_ticks(low, high, most) == pytest.approx(ticks)


@pytest.mark.parametrize("inches", [0.6, 1.2, 2.4])
def test_figures_of_ticks_do_not_run_into_each_other(inches: float) -> None:
    pytest.importorskip("matplotlib")
    from plots.draw.canvas import fitting_ticks, tick

    ticks = fitting_ticks(0.00005, 5e5, inches)
    assert ticks
    for left, right in zip(ticks, ticks[1:]):
        apart = math.log10(right / left) / 10 * inches
        widest = max(len(tick(left)), len(tick(right)))
        assert apart > widest * 7.5 * 0.56 / 72 or len(ticks) <= 2


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
