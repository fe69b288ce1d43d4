# SPDX-License-Identifier: MIT
"""Every picture that results have: which there are, and their bytes."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator, Mapping

from plots.draw import figure_failure, figure_growth, figure_memory, figure_pareto, figure_replay, figure_tails, figure_time, figure_timeline, panels, planes
from plots.draw.chart import Chart
from plots.draw.curves import CurveChart
from plots.read.results import Results

AnyChart = Chart | CurveChart

_FIGURES = (
    figure_time,
    figure_memory,
    figure_pareto,
    figure_failure,
    figure_replay,
    figure_growth,
    figure_tails,
    figure_timeline,
)


def charts(results: Results) -> dict[str, AnyChart]:
    """Every chart by file stem; a stem is the same in every run."""
    made: dict[str, AnyChart] = {}
    for figure in _FIGURES:
        made |= figure.charts(results)
    return made


def render(
    charts_by_stem: Mapping[str, AnyChart],
) -> Iterator[tuple[str, dict[str, bytes]]]:
    """Stem and picture by suffix, in order; drawn on all CPUs."""
    workers = min(os.cpu_count() or 1, len(charts_by_stem))
    if workers < 2:
        yield from map(_render, charts_by_stem.items())
        return
    # Forked, a worker has matplotlib and its fonts already.
    with multiprocessing.get_context("fork").Pool(workers) as pool:
        yield from pool.imap(_render, charts_by_stem.items())


def _render(item: tuple[str, AnyChart]) -> tuple[str, dict[str, bytes]]:
    stem, chart = item
    if isinstance(chart, CurveChart):
        return stem, planes.render(chart)
    return stem, panels.render(chart)
