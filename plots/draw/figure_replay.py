# SPDX-License-Identifier: MIT
"""Pictures of a replay: where the time goes, and what becomes of the pages.

Modelled time is nearly the same for every structure, so what recording
took, measured, is written next to it.
"""

from __future__ import annotations

from collections.abc import Mapping

from plots.draw import subject
from plots.draw.rows import PART_COLORS, Point, Row, RowChart
from plots.draw.subject import plain
from plots.read.results import Results
from plots.tables import replay
from plots.tables.figures import number
from plots.tables.replay import STAGES, Driver

# Stages, in these colours whichever of them a picture has.
STAGE_COLORS = dict(zip(STAGES, PART_COLORS))
_RECORD = "structure_ms"  # of the set alone, with either host
_SIMULATED = {stage: f"sim_inflate_{stage}_ms" for stage in STAGES}
_REAL = {
    stage: _RECORD if stage == "record" else f"real_{stage}_ms"
    for stage in ("record", "notify", "translate", "madvise")
}
_PAGES = {
    "in ranges": "",
    "singly": "pages_told_singly",
    "in arrays for lack of memory": "pages_told_by_array",
    "freed back": "pages_freed_back",
    "lost": "pages_lost",
}
# Stem, title, unit, counters of the parts, how to read it.
_CHARTS = (
    (
        "",
        "Inflating, by stage: replay",
        "simulated ms",
        _SIMULATED,
        "costs calibrated to the posting of 2017; record: measured ms of all"
        " work of the set",
    ),
    (
        "-real",
        "Measured on a real host: replay",
        "ms",
        _REAL,
        "inflating and deflating; record: all work of the set",
    ),
    (
        "-pages",
        "What became of the pages: replay",
        "pages",
        _PAGES,
        "a page that is freed back is counted each time",
    ),
)


def charts(results: Results) -> dict[str, RowChart]:
    """Stacked bars by file stem; none where nothing was replayed."""
    made: dict[str, RowChart] = {}
    conditions = replay.conditions(results)
    for condition, stem in subject.file_stems("replay", conditions).items():
        workloads = replay.workloads(results, condition)
        for end, title, unit, counters, words in _CHARTS:
            rows = [
                Row(
                    plain(driver.label),
                    subject.look(results, driver.contender.structure),
                    tuple(
                        _point(results, workload, driver, condition, counters)
                        for workload in workloads
                    ),
                )
                for driver in replay.drivers(results, condition)
            ]
            if any(p.value is not None for row in rows for p in row.points):
                colors = zip(counters, PART_COLORS)
                made[stem + end] = RowChart(
                    subject.frame(results, title, condition, workloads, words),
                    unit,
                    tuple(map(plain, workloads)),
                    tuple(rows),
                    parts=tuple(
                        (part, STAGE_COLORS.get(part, color))
                        for part, color in colors
                    ),
                )
    return made


def _point(
    results: Results,
    workload: str,
    driver: Driver,
    condition: str,
    counters: Mapping[str, str],
) -> Point:
    def value(counter: str) -> float | None:
        return replay.figure(results, workload, driver, condition, counter)

    names = [name for name in counters.values() if name]
    # The set's own time is measured with either host.
    if all(value(name) is None for name in names if name != _RECORD):
        return Point(note="not measured")
    parts = [value(name) or 0.0 for name in names]
    recorded = value(_RECORD)
    if "" in counters.values():
        # What was reported in ranges is the rest of all that was.
        every = value("pages_told") or 0.0
        parts.insert(0, max(every - parts[0] - parts[1], 0.0))
        recorded = None
    text = number(sum(parts))
    if recorded is not None:
        text += f", record {number(recorded)}"
    return Point(sum(parts), parts=tuple(parts), text=text)
