# SPDX-License-Identifier: MIT
"""Every picture that results have: which there are, and their bytes."""

import gc
import multiprocessing
from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from plots.draw import canvas, figure_planes, figure_rows, figure_series
from plots.draw.subject import AnyChart
from plots.read.results import Results


def charts(results: Results) -> dict[str, AnyChart]:
    """Every chart by file stem; a stem is the same in every run."""
    rows, planes = figure_rows.charts(results), figure_planes.charts(results)
    return {**rows, **planes, **figure_series.charts(results)}


def render(
    charts_by_stem: Mapping[str, AnyChart], suffixes: Sequence[str] = ("png",)
) -> Iterator[tuple[str, dict[str, bytes]]]:
    """Stem and picture by suffix, in order; drawn on all CPUs."""
    # Forked, it has the fonts; garbage would take a fifth of the time.
    fork = multiprocessing.get_context("fork")
    with fork.Pool(initializer=gc.disable) as pool:
        made = pool.imap(partial(_render, suffixes), charts_by_stem.values())
        yield from zip(charts_by_stem, made)


def _render(suffixes: Sequence[str], chart: AnyChart) -> dict[str, bytes]:
    return canvas.render(chart.draw(), suffixes)
