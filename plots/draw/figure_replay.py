# SPDX-License-Identifier: MIT
"""Pictures of a replay: where the time goes, and what becomes of the pages.

Modelled time is nearly the same for every structure, so what recording
took, measured, is written next to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from plots.draw import subject
from plots.draw.rows import Point, Row, RowChart
from plots.draw.subject import plain, said
from plots.read.results import Case, Results
from plots.tables import replay
from plots.tables.figures import number

_RECORD = "structure_ms"  # of the set alone, with either host


def charts(results: Results) -> dict[str, RowChart]:
    """Stacked bars by file stem; none where nothing was replayed."""
    conditions = replay.conditions(results)
    return {
        stem + kind["stem"]: chart
        for kind in said()["replay"]
        for stem, chart in subject.by_condition(
            "replay", conditions, partial(_chart, results, kind)
        ).items()
    }


def _chart(
    results: Results, kind: Mapping[str, Any], condition: str
) -> RowChart:
    guests = replay.workloads(results, condition)
    title, words = kind["title"], kind["words"]
    return RowChart(
        subject.frame(results, title, condition, guests, words),
        kind["unit"],
        tuple(map(plain, guests)),
        tuple(
            Row(
                plain(driver.label),
                subject.look(results, driver.contender.structure),
                tuple(
                    _point(results, kind, case)
                    for guest in guests
                    for case in [
                        replay.case_of(results, guest, driver, condition)
                    ]
                ),
            )
            for driver in replay.drivers(results, condition)
        ),
        parts=tuple((n, part["color"]) for n, part in kind["parts"].items()),
    )


def _point(results: Results, kind: Mapping[str, Any], case: Case) -> Point:
    counters = [part["counters"] for part in kind["parts"].values()]
    values = [subject.total(results, case, each) for each in counters]
    # The set's own time is measured with either host.
    if all(v is None for v, c in zip(values, counters) if _RECORD not in c):
        return Point(note="not measured")
    parts = tuple(value or 0.0 for value in values)
    text, record = number(sum(parts)), results.estimate(case, _RECORD)
    if record and kind["record"]:
        text += f", record {number(record.median)}"
    return Point(sum(parts), parts=parts, text=text)
