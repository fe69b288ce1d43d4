# SPDX-License-Identifier: MIT
"""The picture that answers: the time of each rival over the baseline's."""

from __future__ import annotations

from plots.draw import subject
from plots.draw.canvas import tick
from plots.draw.rows import Point, Row, RowChart
from plots.read.file import shorten
from plots.read.results import Contender, Results
from plots.tables import answer, standing
from plots.tables.duel import duel
from plots.tables.standing import Place
from plots.tables.figures import number

# More panels than this answer nothing at first sight.
_MOST_RIVALS = 8
_MAX_LABEL = 26


def charts(results: Results) -> dict[str, RowChart]:
    """A panel for each rival, a row for each guest; nothing without both."""
    found = duel(results)
    if found is None or found.rival is None:
        return {}
    guests = [found.place(guest) for guest in found.guests]
    points = {
        rival: [_point(results, place, rival) for place in guests]
        for rival in dict.fromkeys([found.rival, *subject.rivals(results)])
    }
    shown = [
        rival
        for rival, row in points.items()
        if any(p.value is not None for p in row)
    ][:_MOST_RIVALS]
    if not shown:
        return {}
    baseline = subject.plain(found.baseline)
    rows = tuple(
        Row(
            _label(results, place.workload),
            subject.look(results, found.baseline),
            tuple(points[rival][at] for rival in shown),
        )
        for at, place in enumerate(guests)
    )
    marks = {p.text[:1] for row in rows for p in row.points if p.text}
    legend = {
        "*": "* and filled: a difference, beyond what the baseline differs"
        " from itself (grey)",
        "~": "~ and hollow: none shown",
        "?": "? too few rounds to tell",
    }
    chart = RowChart(
        answer.answer(results)[0],
        subject.machine(results),
        subject.captions(
            results,
            found.guests,
            *(text for mark, text in legend.items() if mark in marks),
            "whiskers: interval of the ratio; runs: pages in a row, mean",
            _left_out(points, shown),
        ),
        f"{found.measure.name}: time as a ratio to {baseline};"
        f" left of 1 is faster than {baseline}",
        tuple(f"{shorten(subject.plain(r), _MAX_LABEL)}" for r in shown),
        rows,
        dashed=(1.0,) * len(shown),
        how="log",
    )
    return {"ratio": chart}


def _label(results: Results, workload: str) -> str:
    """A guest, and how many pages it gives in a row on average."""
    name = shorten(subject.plain(workload), _MAX_LABEL)
    run = standing.mean_runs(results).get(workload)
    return f"{name}, runs of {tick(run)}" if run else name


def _point(results: Results, place: Place, rival: str) -> Point:
    found = standing.ratio_of(results, place, rival, results.baseline or "")
    if found is None or found.ratio.median <= 0:
        for who in (rival, results.baseline or ""):
            if not standing.times(results, place, Contender(who)):
                word = standing.word(results, place, who)
                return Point(note=word.replace(">", "over ") or "not measured")
        return Point(note="not measured")
    control = standing.control(results, place)
    ratio = found.ratio
    return Point(
        ratio.median,
        ratio.low,
        ratio.high,
        text=f"{found.mark} {number(ratio.median)}",
        band=(control.low, control.high) if control else None,
        style=subject.look(results, rival),
        is_open=found.mark != "*",
    )


def _left_out(points: dict[str, list[Point]], shown: list[str]) -> str:
    names = [rival for rival in points if rival not in shown]
    return f"not drawn: {', '.join(names)}" if names else ""
