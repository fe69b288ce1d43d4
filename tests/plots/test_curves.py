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

from reading import drawn as artists
from reading import boxes, is_one_scale, places, texts, words

from plots.draw import figure_planes, figure_series, pictures
from plots.__main__ import main
from plots.draw.planes import Plane, PlaneChart, front
from plots.read.results import Workload
from plots.read.profiles import TimelinePoint
from plots.read.results import Results, ResultsError
from plots.draw.style import STYLES

ResultsOf = Callable[[Any], Results]
Write = Callable[[Any], Path]
FAILSLAB = "fault:failslab:probability="
GE = "fault:gilbert_elliott:loss=0.01,burst="


def curve_of(plane: Plane, label: str) -> "list[tuple[float, float]]":
    (found,) = [c for c in plane.curves if c.label == label]
    return [(point.x, point.y) for point in found.points]


def held(chart: PlaneChart) -> "list[dict[str, list[tuple[float, float]]]]":
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
    chart = figure_planes.charts(results_of(content))["pareto"]
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
    assert front(points) == [
        (x, y)
        for x, y in sorted(set(points))
        if not any((a <= x and b <= y) and (a, b) != (x, y) for a, b in points)
    ]


def test_the_front_is_dashed_and_everything_is_in_the_key(
    results_of: ResultsOf,
) -> None:
    made = rows("set/a/flat", times(1), **memory(2))
    made += rows("set/a/xbitmap", times(2), **memory(1))
    made += rows("set/a/cvbmp", times(3), **memory(3))
    chart = figure_planes.charts(results_of(document(made)))["pareto"]
    assert [curve.label for curve in chart.key] == ["flat", "xbitmap", "cvbmp"]
    sheet = chart.draw()
    (dashed,) = artists(sheet, "front")
    assert list(dashed.get_xdata()) == [1, 2]
    assert {"flat", "xbitmap", "cvbmp"} <= set(words(sheet))


def test_what_takes_far_more_stands_at_the_edge_with_its_figure(
    results_of: ResultsOf,
) -> None:
    made = [
        row
        for rank, name in enumerate(STYLES)
        if rank < 11
        for row in rows(f"set/a/{name}", times(2), **memory(1 + rank / 10))
    ]
    made += rows("set/a/maple", times(3), **memory(900))
    made += rows("set/a/far", times(2), **memory(800))
    chart = figure_planes.charts(results_of(document(made)))["pareto"]
    (plane,) = chart.planes
    assert chart.scale(plane, "x")[2] == pytest.approx(1.15 * 2.0)
    marked = {
        text.get_text(): text.xyann[1]
        for text in texts(chart.draw())
        if text.get_text().endswith("->")
    }
    # Others are as fast as "far": its figure must not lie on their marks.
    assert marked == {"900 ->": 0, "800 ->": 9}


def test_what_has_no_figure_is_named_and_not_drawn_as_zero(
    results_of: ResultsOf,
) -> None:
    made = rows("set/a/xbitmap", times(2), **memory(1))
    made += rows("set/b/xbitmap", times(2), **memory(1))
    made += rows("set/a/cvbmp", times(2), **memory(1))
    made += error_rows("set/b/cvbmp", "digest differs", 9)
    made += rows("set/a/maple", times(2))  # no counter of memory
    chart = figure_planes.charts(results_of(document(made)))["pareto"]
    assert [sorted(names) for names in held(chart)] == [
        ["cvbmp", "xbitmap"],
        ["xbitmap"],
    ]
    assert chart.frame.caption.endswith("no figure: maple, cvbmp (failed) in b")


def test_failure_is_drawn_by_rate_beginning_without_faults(
    results_of: ResultsOf,
) -> None:
    charts = figure_series.charts(results_of(failure_document()))
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
    charts = figure_series.charts(results_of(failure_document()))
    chart = charts["failure-set-burst"]
    assert chart.planes[0].x.places == ("8", "63")
    assert curve_of(chart.planes[0], "flat")[1][1] == pytest.approx(
        100 * 3000 / 3670016
    )
    assert "loss=0.01,burst=N" in chart.frame.caption


def test_a_policy_has_a_line_of_its_own(results_of: ResultsOf) -> None:
    charts = figure_series.charts(results_of(replay_document()))
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
    assert figure_series.charts(results) == {}


def test_workloads_that_differ_in_one_number_are_a_family() -> None:
    def workload(name: str, ranges: int = 4) -> Workload:
        return Workload(name, "aa", 1000, 2, ranges, None)

    (family,) = figure_series.families(
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
    assert [x for x, _ in family.values] == [2, 16, 1024]
    (family,) = figure_series.families(
        [workload(f"clustered_cluster_{n}", 1000 // n) for n in (1, 2, 4)]
    )
    assert [x for x, _ in family.values] == [
        0.25 * 262144,
        0.5 * 262144,
        262144,
    ]


def test_a_key_may_have_several_words() -> None:
    names = [f"dirty-log_hot_writes_{x}_seed_7" for x in ("0.5", "2", "1")]
    (family,) = figure_series.families(
        Workload(name, "aa", 1000, 2, 4, None) for name in names
    )
    assert (family.name, family.key) == ("dirty-log_seed_7", "hot_writes")
    assert [x for x, _ in family.values] == [0.5, 1, 2]


def test_growth_is_drawn_by_the_number_that_differs(
    results_of: ResultsOf,
) -> None:
    charts = figure_series.charts(results_of(growth_document()))
    (plane,) = charts["growth-shuffled-distance"].planes
    assert curve_of(plane, "cvbmp") == [(10, 1), (160, 4), (2560, 16)]
    assert plane.x.label == "shuffle distance, pages"


def test_a_tail_is_the_share_above_each_bucket(results_of: ResultsOf) -> None:
    charts = figure_planes.charts(results_of(profile_document(profile("flat"))))
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
    charts = figure_planes.charts(results)
    assert sorted(charts) == ["tails-set", "timeline"]
    for chart in charts.values():
        assert list(held(chart)[0]) == ["flat"]
        assert chart.frame.caption.endswith("no figure: std-set")


def test_a_timeline_is_what_is_held_when(results_of: ResultsOf) -> None:
    results = results_of(profile_document(profile("flat")))
    chart = figure_planes.charts(results)["timeline"]
    assert held(chart) == [{"flat": [(0, 0), (10, 128), (20, 96)]}]


def test_a_timeline_shows_the_most_of_each_hundredth() -> None:
    # Up and down at each page: a line would be a scribble.
    timeline = [TimelinePoint(x, 0, x % 2 * (x + 1)) for x in range(10_001)]
    points = figure_planes.binned(timeline)
    assert len(points) == 101
    assert [(p.x, p.y) for p in points[:2]] == [(0, 100), (100, 200)]
    assert points[-1].y == 0


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
        (with_timeline([1, 2]), "timeline[0] is not a list of 3 numbers"),
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


def test_curves_stand_where_their_axes_have_the_values(
    results_of: ResultsOf,
) -> None:
    pytest.importorskip("matplotlib")
    kinds = set()
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
            if isinstance(chart, PlaneChart)
        ]
        assert charts
        for chart in charts:
            curves = artists(chart.draw(), "curve")
            for plane, expected in zip(chart.planes, held(chart)):
                found = [curves.pop(0) for _ in expected]
                assert [line.get_label() for line in found] == list(expected)
                for name, rank in (("x", 0), ("y", 1)):
                    kind, _, high = chart.scale(plane, name)
                    kinds.add(kind)
                    if kind == "symlog" or high < 1e-9:
                        continue
                    values = [p[rank] for e in expected.values() for p in e]
                    if name == "x":
                        values = [min(x, high) for x in values]
                    ends = [p[rank] for line in found for p in places(line)]
                    assert is_one_scale(values, ends, kind)
            assert curves == []
    assert kinds == {"linear", "log", "symlog"}


def test_a_zero_on_a_logarithmic_axis_is_at_its_lower_end(
    results_of: ResultsOf,
) -> None:
    charts = figure_series.charts(results_of(failure_document()))
    chart = charts["failure-set-rate"]
    assert chart.scale(chart.planes[0], "y")[0] == "symlog"
    axes = chart.draw().axes[0]
    points = [y for c in held(chart)[0].values() for _, y in c]
    least = min(y for y in points if y > 0)
    inches = [
        axes.transLimits.transform(axes.transScale.transform((0, y)))[1]
        for y in (0, least, 2 * least)
    ]
    assert 0 < inches[0] < 0.1 < inches[1] < inches[2] < 1
    assert artists(axes, "y tick")[0].get_text() == "0"


def test_panels_of_failure_say_lost_and_time(results_of: ResultsOf) -> None:
    charts = figure_series.charts(results_of(failure_document()))
    titles = [plane.title for plane in charts["failure-set-rate"].planes]
    assert titles == ["a: lost", "a: time"]


def test_panels_of_drain_say_per_page_or_per_range(
    results_of: ResultsOf,
) -> None:
    content = growth_document()
    for row in [*content["benchmarks"]]:
        made = {**row, "ns_per_range": 9.0}
        made["name"] = made["run_name"] = row["name"].replace("set", "drain")
        content["benchmarks"].append(made)
    charts = figure_series.charts(results_of(content))
    chart = charts["growth-shuffled-distance"]
    titles = [plane.title for plane in chart.planes]
    assert titles == ["set per page", "drain per page", "drain per range"]
    # The key fills the fourth quarter.
    found = words(chart.draw())
    assert found.count("cvbmp") == 1


def test_axes_of_one_name_have_one_scale(results_of: ResultsOf) -> None:
    other = profile("flat", workload="b", scale=50)
    content = profile_document(profile("flat"), other)
    chart = figure_planes.charts(results_of(content))["tails-set"]
    first, second = (chart.scale(plane, "x") for plane in chart.planes)
    assert first == second


@pytest.mark.parametrize("planes", [1, 2])
def test_no_text_lies_on_another(planes: int, results_of: ResultsOf) -> None:
    pytest.importorskip("matplotlib")
    names = [n for n in STYLES if n not in ("floor", "array", "pipelined")]
    operations = ("set", "test")[:planes]
    content = document(
        row
        for rank, name in enumerate(names)
        for x in (1, 2, 4)
        for operation in operations
        for row in rows(
            f"{operation}/shuffled_distance_{x}/{name}", [1 + rank % 4] * 9
        )
    )
    for x in (1, 2, 4):
        content["context"][f"workload_shuffled_distance_{x}"] = "pages=9"
    (chart,) = figure_series.charts(results_of(content)).values()
    assert len(chart.planes) == planes
    sheet = chart.draw()
    assert sum(text in names for text in words(sheet)) == len(names)
    found = boxes(sheet)
    for rank, one in enumerate(found):
        assert sheet.bbox.x0 <= one.x0 and one.x1 <= sheet.bbox.x1
        assert sheet.bbox.y0 <= one.y0 and one.y1 <= sheet.bbox.y1
        for other in found[:rank]:
            assert not one.shrunk(0.9, 0.9).overlaps(other)


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
    names = [n for n in STYLES if n not in ("floor", "array", "pipelined")]
    content = profile_document(*map(profile, [*names, "my-own"]))
    for name in names:
        content["context"][f"structure_{name}"] = "family=x"
    results = results_of(content)
    charts = figure_planes.charts(results)
    for stem in ("tails-set", "timeline"):
        names = {curve.label for curve in charts[stem].planes[0].curves}
        assert {"flat", "xbitmap", "cvbmp", "my-own"} <= names
        assert "xbitmap-tag" not in names
        assert "xbitmap-tag" in charts[stem].frame.caption


def test_curves_are_of_the_structures_that_the_run_is_about(
    results_of: ResultsOf,
) -> None:
    names = ("flat", "xbitmap", "cvbmp", "maple", "roaring")
    content = document(row for n in names for row in rows(f"set/a/{n}", [5]))
    content["profiles"] = [*map(profile, names)]
    content["context"]["primary_baseline"] = "xbitmap"
    content["context"]["primary_structures"] = "cvbmp"
    charts = figure_planes.charts(results_of(content))
    for stem in ("tails-set", "timeline"):
        labels = [curve.label for curve in charts[stem].key]
        assert labels == ["flat", "xbitmap", "cvbmp"]
        caption = charts[stem].frame.caption
        assert "not drawn unless named with --structure: maple" in caption
    content["context"]["command_line"] = "./run bench --structure=maple,cvbmp"
    charts = figure_planes.charts(results_of(content))
    assert "maple" in [curve.label for curve in charts["timeline"].key]


def test_few_structures_are_drawn_with_their_variants(
    results_of: ResultsOf,
) -> None:
    content = profile_document(profile("xbitmap"), profile("xbitmap-tag"))
    chart = figure_planes.charts(results_of(content))["tails-set"]
    assert {c.label for c in chart.planes[0].curves} == {
        "xbitmap",
        "xbitmap-tag",
    }
    assert "not drawn" not in chart.frame.caption


def test_few_steps_of_a_kind_have_no_tail(results_of: ResultsOf) -> None:
    one = profile("xbitmap")
    steps = one["tails"]["operations"]
    steps["destroy"] = {**steps["set"], "count": 1, "histogram": [[1, 2, 1]]}
    made = figure_planes.charts(results_of(profile_document(one)))
    assert [stem for stem in made if "tails" in stem] == ["tails-set"]
