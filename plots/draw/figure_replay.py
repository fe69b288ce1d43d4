# SPDX-License-Identifier: MIT
"""Pictures of a replay: where the time goes, and what becomes of the pages.

Modelled time is the same for every structure that loses no page, so only the
baseline stands for those with a set; the drivers without one stand beside
it.
"""

from __future__ import annotations

from plots.tables import replay
from plots.draw.chart import Chart, Line, Point, file_stems, subtitle
from plots.tables.replay import STAGES, Driver
from plots.read.results import SETLESS, Results, condition_label
from plots.draw.style import style_of
from plots.text.layout import to_ascii

_REAL = ("record", "notify", "translate", "madvise")
_PAGES = {
    "in ranges": "",
    "singly": "pages_told_singly",
    "in arrays for want of memory": "pages_told_by_array",
    "freed back": "pages_freed_back",
    "lost": "pages_lost",
}


def charts(results: Results) -> dict[str, Chart]:
    """Stacked bars by file stem; none where nothing was replayed."""
    made: dict[str, Chart | None] = {}
    conditions = replay.conditions(results)
    stems = file_stems("replay", conditions)
    for condition in conditions:
        stem = stems[condition]
        made[stem] = _chart(
            results,
            condition,
            "Inflating, by stage: replay",
            "simulated ms",
            {stage: f"sim_inflate_{stage}_ms" for stage in STAGES},
            f"costs calibrated to the posting of 2017; with a set:"
            f" {results.baseline}",
        )
        made[f"{stem}-real"] = _chart(
            results,
            condition,
            "Measured on a real host: replay",
            "ms",
            {
                stage: (
                    "structure_ms" if stage == "record" else f"real_{stage}_ms"
                )
                for stage in _REAL
            },
            "inflating and deflating; record: all work of the set",
            everyone=True,
        )
        made[f"{stem}-pages"] = _chart(
            results,
            condition,
            "What became of the pages: replay",
            "pages",
            _PAGES,
            "a page that is freed back is counted each time",
            everyone=True,
        )
    return {stem: chart for stem, chart in made.items() if chart is not None}


def _chart(
    results: Results,
    condition: str,
    title: str,
    unit: str,
    counters: dict[str, str],
    caption: str,
    everyone: bool = False,
) -> Chart | None:
    workloads = replay.workloads(results, condition)
    lines = []
    for driver in replay.drivers(results, condition):
        structure = driver.contender.structure
        if not everyone and structure not in (*SETLESS, results.baseline):
            continue
        points = tuple(
            _point(results, workload, driver, condition, counters)
            for workload in workloads
        )
        lines.append(
            Line(
                to_ascii(driver.label),
                style_of(structure),
                False,
                False,
                points,
            )
        )
    if all(p.value is None for line in lines for p in line.points):
        return None
    if condition:
        title = f"{title}, {to_ascii(condition_label(condition))}"
    return Chart(
        title=title,
        subtitle=subtitle(results, workloads),
        unit=unit,
        panels=tuple(map(to_ascii, workloads)),
        lines=tuple(lines),
        reference=(None,) * len(workloads),
        caption=to_ascii(caption),
        parts=tuple(counters),
    )


def _point(
    results: Results,
    workload: str,
    driver: Driver,
    condition: str,
    counters: dict[str, str],
) -> Point:
    def value(counter: str) -> float | None:
        return replay.figure(results, workload, driver, condition, counter)

    named = [value(counter) for counter in counters.values() if counter]
    # The set's own time is measured with either host.
    if all(value(c) is None for c in counters.values() if c != "structure_ms"):
        return Point(note="not measured")
    parts = [part or 0.0 for part in named]
    if "" in counters.values():
        # What was told in ranges is the rest of what was told.
        told = value("pages_told") or 0.0
        parts.insert(0, max(told - parts[0] - parts[1], 0.0))
    total = sum(parts)
    return Point(total, total, total, parts=tuple(parts))
