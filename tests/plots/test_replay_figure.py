# SPDX-License-Identifier: MIT
"""The pictures of a replay: which bars, and what they are made of."""

from __future__ import annotations

import pytest
from plots.draw import figure_rows, pictures
from plots.draw.subject import SAID
from reading import drawn, words
from test_report import replay_document


def test_stages_of_the_drivers_without_a_set_and_of_the_baseline(results_of):
    charts = figure_rows.charts(results_of(replay_document()))
    stem = "replay-failslab-probability-10"
    assert sorted(charts) == [stem, f"{stem}-pages"]
    chart = charts[stem]
    assert [line.label for line in chart.rows] == [
        "(array)",
        "xbitmap, free",
        "xbitmap, single",
    ]
    assert chart.parts[0][0] == "allocate"
    point = chart.rows[0].points[0]
    assert point.parts == (10.0, 1.5, 20.0, 0.0, 0.5, 8.0, 0.0)
    assert point.value == pytest.approx(40)
    assert chart.scale(0)[0] == "linear"
    bars = drawn(chart.draw(), "bar")
    ends = [bar.get_window_extent() for bar in bars[:7]]
    widths = [end.x1 - end.x0 for end in ends]
    assert widths == pytest.approx([w / 40 * sum(widths) for w in point.parts])
    for one, other in zip(ends, ends[1:]):
        assert one.x1 == pytest.approx(other.x0)


def test_pages_are_told_in_ranges_singly_or_freed(results_of):
    charts = figure_rows.charts(results_of(replay_document()))
    chart = charts["replay-failslab-probability-10-pages"]
    by_label = {line.label: line.points[0].parts for line in chart.rows}
    assert by_label["xbitmap, free"] == (1000, 0, 0, 77, 0)
    assert by_label["xbitmap, single"] == (945, 55, 0, 0, 0)


def test_a_stack_is_drawn_alike_each_time(results_of):
    charts = figure_rows.charts(results_of(replay_document()))
    assert dict(pictures.render(charts)) == dict(pictures.render(charts))


def test_every_structure_is_there_with_the_ms_of_its_own_recording(results_of):
    content = replay_document()
    made = []
    for row in content["benchmarks"]:
        if "/xbitmap/" in row["name"]:
            name = row["name"].replace("/xbitmap/", "/cvbmp/")
            made.append({**row, "name": name, "run_name": name})
            row["structure_ms"] = 17.6
            made[-1]["structure_ms"] = 25.6
    content["benchmarks"] += made
    charts = figure_rows.charts(results_of(content))
    chart = charts["replay-failslab-probability-10"]
    texts = {row.label: row.points[0].text for row in chart.rows}
    assert set(texts) == {
        "(array)",
        "xbitmap, free",
        "xbitmap, single",
        "cvbmp, free",
        "cvbmp, single",
    }
    for label, text in texts.items():
        if label != "(array)":
            ms = "17.6" if "xbitmap" in label else "25.6"
            assert text.endswith(f", record {ms}")
    assert texts["(array)"] == "40.0"
    assert set(texts.values()) <= set(words(chart.draw()))


def test_nothing_replayed_is_no_picture(results_of):
    from conftest import document, rows

    results = results_of(document(rows("set/w/flat", [1.0])))
    assert list(figure_rows.charts(results)) == ["set"]


def test_a_stage_has_one_colour_in_every_picture():
    colors = {}
    for kind in SAID["replay"][:2]:
        for stage, part in kind["parts"].items():
            assert colors.setdefault(stage, part["color"]) == part["color"]
    stages = "allocate record notify sort translate madvise sleep"
    assert colors.keys() == set(stages.split())
    assert len(set(colors.values())) == len(colors)
