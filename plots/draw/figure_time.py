# SPDX-License-Identifier: MIT
"""Pictures of the time per page, one for each operation on a set."""

from __future__ import annotations

from plots.draw.chart import Chart, Point, absent, counter_estimate, measured
from plots.draw.chart import charts as make_charts
from plots.read.results import Case, Results

_TITLES = {
    "set": "Time to record one page: set",
    "test": "Time to look up one page: test",
    "extract": "Time to walk over one page: extract",
    "clear": "Time to remove one page: clear",
    "drain": "Time to hand over one page: drain",
}


def charts(results: Results) -> dict[str, Chart]:
    """Median ns per page, by file stem."""

    def point(case: Case) -> Point:
        value = counter_estimate(results, case, "ns_per_page")
        return absent(results, case) if value is None else measured(value)

    made: dict[str, Chart] = {}
    for operation, title in _TITLES.items():
        made |= make_charts(
            results, operation, operation, title, "ns per page", point
        )
    return made
