# SPDX-License-Identifier: MIT
"""The pictures of a replay: which bars, and what they are made of."""

from __future__ import annotations

import pytest
from plots.draw import figure_replay, panels
from plots.tables import replay
from test_report import replay_document


def test_stages_of_the_drivers_without_a_set_and_of_the_baseline(results_of):
    charts = figure_replay.charts(results_of(replay_document()))
    stem = "replay-failslab-probability-10"
    assert sorted(charts) == [stem, f"{stem}-pages"]
    chart = charts[stem]
    assert [line.label for line in chart.lines] == [
        "(array)",
        "xbitmap, free",
        "xbitmap, single",
    ]
    assert chart.parts[0] == "allocate"
    point = chart.lines[0].points[0]
    assert point.parts == (10.0, 1.5, 20.0, 0.5, 8.0, 0.0)
    assert point.value == pytest.approx(40)
    assert chart.is_bars and not chart.is_logarithmic


def test_pages_are_told_in_ranges_singly_or_freed(results_of):
    charts = figure_replay.charts(results_of(replay_document()))
    chart = charts["replay-failslab-probability-10-pages"]
    by_label = {line.label: line.points[0].parts for line in chart.lines}
    assert by_label["xbitmap, free"] == (1000, 0, 0, 77, 0)
    assert by_label["xbitmap, single"] == (945, 55, 0, 0, 0)


def test_a_stack_is_drawn_alike_each_time(results_of):
    charts = figure_replay.charts(results_of(replay_document()))
    for chart in charts.values():
        assert panels.render(chart) == panels.render(chart)


def test_nothing_replayed_is_no_picture(results_of):
    from conftest import document, rows

    results = results_of(document(rows("set/w/flat", [1.0])))
    assert figure_replay.charts(results) == {}


def test_a_stage_has_one_colour_in_every_picture():
    simulated = panels._part_colors(replay.STAGES)
    real = panels._part_colors(figure_replay._REAL)
    assert len(set(simulated)) == len(simulated)
    assert real == [
        simulated[replay.STAGES.index(stage)] for stage in figure_replay._REAL
    ]
