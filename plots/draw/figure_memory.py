# SPDX-License-Identifier: MIT
"""Picture of the memory that recording the pages takes."""

from __future__ import annotations

from plots.draw.chart import Chart, Point, absent, counter_estimate, measured
from plots.draw.chart import charts as make_charts
from plots.read.results import FLOOR, Case, Results


def charts(results: Results) -> dict[str, Chart]:
    """Bits per page when `set` has recorded all, by file stem."""

    def point(case: Case) -> Point:
        rounded = counter_estimate(results, case, "bits_per_page")
        requested = counter_estimate(results, case, "requested_bits_per_page")
        if rounded is None:
            return absent(results, case)
        return measured(rounded, requested)

    return make_charts(
        results,
        "set",
        "memory",
        "Memory per recorded page: set",
        "bits per page",
        point,
        caption="when the largest pass is full; mark: in size classes,"
        " stroke: as requested",
        without=[FLOOR],
    )
