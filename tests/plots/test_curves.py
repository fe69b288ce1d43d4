# SPDX-License-Identifier: MIT
"""Pictures of curves: what is drawn is what the results hold."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import (
    document,
    error_rows,
    full_document,
    memory,
    profile,
    rows,
    times,
)
from hypothesis import given
from hypothesis import strategies as st

from plots.draw import figure_failure, figure_growth, figure_pareto, figure_tails, figure_timeline, pictures
from plots.__main__ import main
from plots.draw.curves import CurveChart, Plane
from plots.read.results import Results, ResultsError, Workload
from plots.draw.style import STYLES

ResultsOf = Callable[[Any], Results]
Write = Callable[[Any], Path]
FAILSLAB = "fault:failslab:probability="
GE = "fault:gilbert_elliott:loss=0.01,burst="


def curve_of(plane: Plane, label: str) -> "list[tuple[float, float]]":
    (found,) = [c for c in plane.curves if c.label == label]
    return [(point.x, point.y) for point in found.points]


def drawn(chart: CurveChart) -> "list[dict[str, list[tuple[float, float]]]]":
    """What matplotlib's axes hold, by name of the curve."""
    pytest.importorskip("matplotlib")
    from plots.draw import planes

    return [
        {
            line.get_label(): list(zip(line.get_xdata(), line.get_ydata()))
            for line in axes.get_lines()
            if line.get_gid() == "curve"
        }
        for axes in planes.draw(chart).axes
    ]


def held(chart: CurveChart) -> "list[dict[str, list[tuple[float, float]]]]":
    return [
        {c.label: [(p.x, p.y) for p in c.points] for c in plane.curves}
        for plane in chart.planes
    ]


def growth_document() -> "dict[str, Any]":
    """cvbmp is faster up to a distance of 40, by a factor of 2 at 10."""
    made: "list[dict[str, Any]]" = []
    context = {}
    for distance, ns in (("10", 1.0), ("160", 4.0), ("2560", 16.0)):
        name = f"shuffled_distance_{distance}"
        context[f"workload_{name}"] = "trace=aa pages=1000 passes=2 ranges=2"
        made += rows(f"set/{name}/flat", [0.5] * 9, **memory(1))
        made += rows(f"set/{name}/xbitmap", [2.0] * 9, **memory(1))
        made += rows(f"set/{name}/xbitmap/control:1", [2.0] * 9, **memory(1))
        made += rows(f"set/{name}/cvbmp", [ns] * 9, **memory(1))
    return document(made, **context)


def failure_document() -> "dict[str, Any]":
    made: "list[dict[str, Any]]" = []
    for condition, failed in (
        ("", 0),
        (f"/{FAILSLAB}1", 3670),
        (f"/{FAILSLAB}10", 367001),
        (f"/{GE}8", 1000),
        ("/fault:ge_burst", 3000),
    ):
        for structure in ("flat", "xbitmap"):
            made += rows(
                f"set/a/{structure}{condition}",
                times(2 + failed / 1e5),
                **memory(1, failed=failed),
            )
    return document(made, workload_a="trace=aa pages=1000")


def replay_document() -> "dict[str, Any]":
    made: "list[dict[str, Any]]" = []
    for condition, told, singly in (
        ("", 1000, 0),
        (f"/{FAILSLAB}1", 990, 10),
        (f"/{FAILSLAB}10", 800, 100),
    ):
        for policy in ("free", "single"):
            made += rows(
                f"replay/a/xbitmap/policy:{policy}{condition}",
                times(3),
                pages=1000,
                pages_told=told if policy == "free" else 1000,
                pages_told_singly=singly if policy == "single" else 0,
                pages_told_by_array=0,
                pages_freed_back=1000 - told,
                pages_lost=0,
            )
    return document(made, workload_a="trace=aa pages=1000")


def profile_document(*profiles: "dict[str, Any]") -> "dict[str, Any]":
    content = document(rows("set/a/xbitmap", times(5)))
    return {**content, "profiles": list(profiles)}


def test_a_point_is_the_median_time_against_the_median_memory(
    results_of: ResultsOf,
) -> None:
    values = [30, 10, 20, 50, 40, 60, 90, 70, 80]
    content = document(
        rows("set/a/xbitmap", values, **memory(1.07))
        + rows("set/a/xbitmap/control:1", values, **memory(1.07))
        + rows("set/a/floor", [1] * 9)
    )
    chart = figure_pareto.charts(results_of(content))["pareto"]
    (plane,) = chart.planes
    assert held(chart) == [{"xbitmap": [(1.07, 50.0)]}]
    assert (plane.curves[0].points[0].low, plane.curves[0].points[0].high) == (
        20,
        80,
    )


@given(
    st.lists(
        st.tuples(st.integers(0, 9), st.integers(0, 9)),
        min_size=1,
        max_size=30,
    )
)
def test_the_front_is_what_nothing_beats_in_both(
    points: "list[tuple[int, int]]",
) -> None:
    front = figure_pareto.front(points)
    assert front == [
        (x, y)
        for x, y in sorted(set(points))
        if not any((a <= x and b <= y) and (a, b) != (x, y) for a, b in points)
    ]


def test_only_the_front_is_named_and_everything_is_in_the_key(
    results_of: ResultsOf,
) -> None:
    made = rows("set/a/flat", times(1), **memory(2))
    made += rows("set/a/xbitmap", times(2), **memory(1))
    made += rows("set/a/cvbmp", times(3), **memory(3))
    chart = figure_pareto.charts(results_of(document(made)))["pareto"]
    assert {c.label: c.is_named for c in chart.planes[0].curves} == {
        "flat": True,
        "xbitmap": True,
        "cvbmp": False,
    }
    assert chart.has_key
    assert [x for x, _ in chart.planes[0].front] == [1, 2]


def test_what_has_no_figure_is_named_and_not_drawn_as_zero(
    results_of: ResultsOf,
) -> None:
    made = rows("set/a/xbitmap", times(2), **memory(1))
    made += rows("set/b/xbitmap", times(2), **memory(1))
    made += rows("set/a/cvbmp", times(2), **memory(1))
    made += error_rows("set/b/cvbmp", "digest differs", 9)
    made += rows("set/a/maple", times(2))  # no counter of memory
    chart = figure_pareto.charts(results_of(document(made)))["pareto"]
    assert [sorted(names) for names in held(chart)] == [
        ["cvbmp", "xbitmap"],
        ["xbitmap"],
    ]
    assert chart.caption.endswith("no figure: maple; cvbmp (failed) in b")


def test_failure_is_drawn_by_rate_beginning_without_faults(
    results_of: ResultsOf,
) -> None:
    charts = figure_failure.charts(results_of(failure_document()))
    assert sorted(charts) == ["failure-set-burst", "failure-set-rate"]
    lost, time = charts["failure-set-rate"].planes
    assert lost.x.places == ("none", "1", "10")
    assert curve_of(lost, "flat") == [
        (0, 0),
        (1, pytest.approx(3670 / 36700.16)),
        (2, pytest.approx(367001 / 36700.16)),
    ]
    assert [x for x, _ in curve_of(time, "xbitmap")] == [0, 1, 2]


def test_a_named_model_takes_its_place_among_the_bursts(
    results_of: ResultsOf,
) -> None:
    charts = figure_failure.charts(results_of(failure_document()))
    chart = charts["failure-set-burst"]
    assert chart.planes[0].x.places == ("8", "63")
    assert curve_of(chart.planes[0], "flat")[1][1] == pytest.approx(
        100 * 3000 / 3670016
    )
    assert "loss=0.01,burst=N" in chart.caption


def test_a_policy_has_a_line_of_its_own(results_of: ResultsOf) -> None:
    charts = figure_failure.charts(results_of(replay_document()))
    not_told, otherwise, _ = charts["failure-replay-rate"].planes
    assert [y for _, y in curve_of(not_told, "xbitmap, free")] == (
        pytest.approx([0, 1, 20])
    )
    assert [y for _, y in curve_of(not_told, "xbitmap, single")] == [0, 0, 0]
    assert [y for _, y in curve_of(otherwise, "xbitmap, single")] == (
        pytest.approx([0, 1, 10])
    )
    looks = {(c.style.marker, c.style.hatch) for c in not_told.curves}
    assert len(looks) == 2


def test_one_fault_is_no_sweep(results_of: ResultsOf) -> None:
    results = results_of(full_document(workloads=["idle-8g"]))
    assert figure_failure.charts(results) == {}


def test_workloads_that_differ_in_one_number_are_a_family() -> None:
    def workload(name: str, ranges: int = 4) -> Workload:
        return Workload(name, "aa", 1000, 2, ranges, None)

    (family,) = figure_growth.families(
        [
            workload("shuffled_distance_1K_pages_8"),
            workload("shuffled_distance_16_pages_8"),
            workload("shuffled_distance_2_pages_8"),
            workload("shuffled_distance_4_pages_9"),
            workload("idle-8g"),
            workload("dirty-log_hot_writes_0.5"),
        ]
    )
    assert family.name == "shuffled_pages_8"
    assert [x for x, _ in family.workloads] == [2, 16, 1024]
    (family,) = figure_growth.families(
        [workload(f"clustered_cluster_{n}", 1000 // n) for n in (1, 2, 4)]
    )
    assert [x for x, _ in family.workloads] == [
        0.25 * 262144,
        0.5 * 262144,
        262144,
    ]


def test_a_key_may_have_several_words() -> None:
    assert figure_growth.parameters("dirty-log_hot_writes_0.5_seed_7") == (
        "dirty-log",
        {"hot_writes": "0.5", "seed": "7"},
    )


def test_growth_is_drawn_and_the_crossing_told(results_of: ResultsOf) -> None:
    charts = figure_growth.charts(results_of(growth_document()))
    (plane,) = charts["growth-shuffled-distance"].planes
    assert curve_of(plane, "cvbmp") == [(10, 1), (160, 4), (2560, 16)]
    (mark,) = plane.marks
    # 10 * 16**(1/2): halfway between 1 and 4 on logarithmic axes.
    assert mark.x == pytest.approx(40)
    assert mark.y == pytest.approx(2)
    assert mark.text == "xbitmap overtakes cvbmp at 40.0"


def test_a_crossing_within_the_noise_is_not_told(
    results_of: ResultsOf,
) -> None:
    content = growth_document()
    for row in content["benchmarks"]:
        # Every round from half to twice: intervals overlap everywhere.
        row["ns_per_page"] *= (0.2, 0.4, 0.6, 1, 1, 1, 2, 4, 8)[
            row["repetition_index"]
        ]
    charts = figure_growth.charts(results_of(content))
    assert charts["growth-shuffled-distance"].planes[0].marks == ()


def test_few_rounds_cross_nothing(results_of: ResultsOf) -> None:
    content = growth_document()
    content["benchmarks"] = [
        row for row in content["benchmarks"] if row["repetition_index"] < 5
    ]
    charts = figure_growth.charts(results_of(content))
    assert charts["growth-shuffled-distance"].planes[0].marks == ()


def test_a_tail_is_the_share_above_each_bucket(results_of: ResultsOf) -> None:
    charts = figure_tails.charts(results_of(profile_document(profile("flat"))))
    assert held(charts["tails-set"]) == [
        {
            "flat": [
                (1.0, 1.0),
                (2.0, pytest.approx(0.1)),
                (4.0, 0.001),
                (70.0, 0.001),
            ]
        }
    ]


def test_a_profile_without_tails_is_named(results_of: ResultsOf) -> None:
    broken = {
        "workload": "a",
        "structure": "std-set",
        "condition": "",
        "error": "cut off",
    }
    results = results_of(profile_document(profile("flat"), broken))
    for charts in (
        figure_tails.charts(results),
        figure_timeline.charts(results),
    ):
        (chart,) = charts.values()
        assert list(held(chart)[0]) == ["flat"]
        assert chart.caption.endswith("no figure: std-set")


def test_a_timeline_is_what_is_held_when(results_of: ResultsOf) -> None:
    results = results_of(profile_document(profile("flat")))
    chart = figure_timeline.charts(results)["timeline"]
    assert held(chart) == [{"flat": [(0, 0), (10, 128), (20, 96)]}]


def with_timeline(point: "list[int]") -> "dict[str, Any]":
    made = profile("flat")
    return {**made, "memory": {**made["memory"], "timeline": [point]}}


def with_set(**fields: Any) -> "dict[str, Any]":
    made = profile("flat")
    made["tails"]["operations"]["set"].update(fields)
    return made


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        ({"workload": "a"}, "has no structure"),
        (with_timeline([1, 2]), "timeline[0] is not a list of three numbers"),
        (with_timeline([1, 2, -3]), "timeline[0] is not a whole number"),
        (with_set(count=1), "set counts 1 steps and shows 1000"),
        (with_set(max="long"), "max is not a number"),
        ({**profile("flat"), "tails": []}, "tails is not an object"),
        ("nonsense", "is not an object"),
    ],
)
def test_a_profile_of_another_shape_is_one_line(
    write: Write, wrong: Any, problem: str, capsys: Any
) -> None:
    pytest.importorskip("matplotlib")
    assert main(["plot", str(write(profile_document(wrong)))]) == 2
    error = capsys.readouterr().err
    assert "profiles[0]" in error and problem in error
    assert error.count("\n") == 1


def test_the_axes_hold_what_the_chart_holds(results_of: ResultsOf) -> None:
    for content in (
        full_document(workloads=["idle-8g", "frag-4g"]),
        growth_document(),
        failure_document(),
        replay_document(),
        profile_document(profile("flat"), profile("cvbmp", scale=3)),
    ):
        charts = [
            chart
            for chart in pictures.charts(results_of(content)).values()
            if isinstance(chart, CurveChart)
        ]
        assert charts
        for chart in charts:
            assert drawn(chart) == held(chart)


def test_a_zero_on_a_logarithmic_axis_is_at_its_lower_end(
    results_of: ResultsOf,
) -> None:
    pytest.importorskip("matplotlib")
    from plots.draw import planes

    charts = figure_failure.charts(results_of(failure_document()))
    axes = planes.draw(charts["failure-set-rate"]).axes[0]
    assert axes.get_yscale() == "symlog"
    assert axes.get_ylim()[0] < 0 < axes.get_ylim()[1]
    assert 0 in axes.get_yticks()


def test_no_name_lies_on_the_axes_or_on_another(
    results_of: ResultsOf,
) -> None:
    pytest.importorskip("matplotlib")
    from matplotlib.text import Annotation, Text

    from plots.draw import planes

    content = document(
        row
        for rank, name in enumerate(STYLES)
        if name not in ("floor", "array", "pipelined")
        for x in (1, 2, 4)
        for row in rows(
            f"set/shuffled_distance_{x}/{name}", [1 + rank % 4] * 9
        )
    )
    for x in (1, 2, 4):
        content["context"][f"workload_shuffled_distance_{x}"] = "pages=9"
    (chart,) = figure_growth.charts(results_of(content)).values()
    figure = planes.draw(chart)
    figure.canvas.draw()
    (axes,) = figure.axes
    # Without the line to its curve, which an annotation's extent includes.
    boxes = sorted(
        (
            Text.get_window_extent(text)
            for text in axes.findobj(Annotation)
            if text.get_text() in STYLES
        ),
        key=lambda box: box.y0,
    )
    assert len(boxes) == 31
    for below, above in zip(boxes, boxes[1:]):
        assert above.y0 >= below.y1 - 1
    assert min(box.x0 for box in boxes) > axes.get_window_extent().x1
    assert max(box.x1 for box in boxes) <= figure.bbox.x1


@pytest.mark.parametrize(
    "make",
    [growth_document, failure_document, replay_document],
    ids=["growth", "failure", "replay"],
)
def test_pictures_repeat_byte_by_byte(
    write: Write, tmp_path: Path, make: "Callable[[], dict[str, Any]]"
) -> None:
    pytest.importorskip("matplotlib")
    path = write(make())
    taken = []
    for folder in ("first", "second"):
        assert main(["plot", str(path), "-o", str(tmp_path / folder)]) == 0
        taken.append(
            {p.name: p.read_bytes() for p in (tmp_path / folder).iterdir()}
        )
    assert taken[0] == taken[1]


def test_profiles_repeat_byte_by_byte(results_of: ResultsOf) -> None:
    pytest.importorskip("matplotlib")
    results = results_of(profile_document(profile("flat"), profile("cvbmp")))
    first, second = (
        dict(pictures.render(pictures.charts(results))) for _ in range(2)
    )
    assert first == second
    assert {"tails-set", "timeline"} <= first.keys()


@given(
    st.lists(st.floats(0, 1), min_size=1, max_size=30).map(sorted),
    st.floats(0.001, 0.03),
)
def test_names_are_spread_without_losing_their_order(
    wanted: "list[float]", pitch: float
) -> None:
    pytest.importorskip("matplotlib")
    from plots.draw.planes import spread

    places = spread(wanted, pitch, 0.0, 1.0)
    assert len(places) == len(wanted)
    assert all(-1e-6 <= place <= 1 + 1e-6 for place in places)
    assert all(b - a >= pitch - 1e-6 for a, b in zip(places, places[1:]))
    if all(b - a >= pitch for a, b in zip(wanted, wanted[1:])):
        assert places == pytest.approx(wanted, abs=1e-6)


def test_empty_results_are_one_line_and_status_2(
    write: Write, capsys: Any
) -> None:
    pytest.importorskip("matplotlib")
    path = write(document(error_rows("set/a/xbitmap", "digest differs", 9)))
    assert main(["plot", str(path)]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"plots: {path}: has no figure")
    assert error.count("\n") == 1


def test_unreadable_profiles_are_not_taken_for_none(
    results_of: ResultsOf,
) -> None:
    content = {**document(rows("set/a/xbitmap", times(5))), "profiles": {}}
    with pytest.raises(ResultsError, match="profiles is not a list"):
        pictures.charts(results_of(content))


def test_of_too_many_structures_each_stands_for_its_variants(
    results_of: ResultsOf,
) -> None:
    content = profile_document(
        *(profile(name) for name in STYLES if name != "floor"),
        profile("my-own"),
    )
    results = results_of(content)
    for module, stem in (
        (figure_tails, "tails-set"),
        (figure_timeline, "timeline"),
    ):
        chart = module.charts(results)[stem]
        names = {curve.label for curve in chart.planes[0].curves}
        assert {"flat", "xbitmap", "cvbmp", "my-own"} <= names
        assert "xbitmap-tag" not in names
        assert "xbitmap-tag" in chart.caption


def test_few_structures_are_drawn_with_their_variants(
    results_of: ResultsOf,
) -> None:
    content = profile_document(profile("xbitmap"), profile("xbitmap-tag"))
    chart = figure_tails.charts(results_of(content))["tails-set"]
    assert {c.label for c in chart.planes[0].curves} == {
        "xbitmap",
        "xbitmap-tag",
    }
    assert "not drawn" not in chart.caption


def test_few_steps_of_a_kind_have_no_tail(results_of: ResultsOf) -> None:
    one = profile("xbitmap")
    steps = one["tails"]["operations"]
    steps["destroy"] = {**steps["set"], "count": 1, "histogram": [[1, 2, 1]]}
    made = figure_tails.charts(results_of(profile_document(one)))
    assert list(made) == ["tails-set"]
