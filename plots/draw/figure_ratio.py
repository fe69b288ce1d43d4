# SPDX-License-Identifier: MIT
"""The picture that answers: the time of each rival over the baseline's."""

from __future__ import annotations

from plots.draw import subject
from plots.draw.canvas import tick
from plots.draw.rows import Point, Row, RowChart
from plots.draw.subject import plain, said
from plots.read.results import Contender, Results
from plots.tables import answer, standing
from plots.tables.duel import duel
from plots.tables.figures import number
from plots.tables.standing import Place

# More panels than this answer nothing at first sight.
_MOST_RIVALS = 8


def charts(results: Results) -> dict[str, RowChart]:
    """A panel for each rival, a row for each guest; nothing without both."""
    found = duel(results)
    if found is None or found.rival is None:
        return {}
    points = {
        rival: [_point(results, found.place(g), rival) for g in found.guests]
        for rival in dict.fromkeys([found.rival, *subject.rivals(results)])
    }
    shown = [
        rival
        for rival, row in points.items()
        if any(p.value is not None for p in row)
    ]
    if len(shown) > _MOST_RIVALS:
        # A structure stands for its variants.
        shown.sort(key=lambda name: results.variant_of(name) is not None)
        shown = shown[:_MOST_RIVALS]
    if not shown:
        return {}
    style = subject.look(results, found.baseline)
    rows = tuple(
        Row(
            _label(results, guest),
            style,
            tuple(points[rival][at] for rival in shown),
        )
        for at, guest in enumerate(found.guests)
    )
    marks = {point.text[:1] for row in rows for point in row.points}
    others = ", ".join(rival for rival in points if rival not in shown)
    names = {"baseline": found.baseline, "measure": found.measure.name}
    words = {k: text.format(**names) for k, text in said()["ratio"].items()}
    frame = subject.frame(
        results,
        answer.answer(results)[0],
        "",
        found.guests,
        *(words[mark] for mark in "*~?" if mark in marks),
        words["words"],
        words["runs"],
        f"not drawn: {others}" if others else "",
    )
    panels = tuple(map(plain, shown))
    ones = (1.0,) * len(shown)
    unit = plain(words["unit"], 110)
    chart = RowChart(frame, unit, panels, rows, dashed=ones, kind="log")
    return {"ratio": chart}


def _label(results: Results, guest: str) -> str:
    """A guest, and how many pages it gives in a row on average."""
    run = standing.mean_runs(results).get(guest)
    return f"{plain(guest)}, runs of {tick(run)}" if run else plain(guest)


def _point(results: Results, place: Place, rival: str) -> Point:
    baseline = results.baseline or ""
    found = standing.ratio_of(results, place, rival, baseline)
    if found is None or found.ratio.median <= 0:
        words = [
            standing.word(results, place, who)
            for who in (rival, baseline)
            if not standing.times(results, place, Contender(who))
        ]
        word = max(words, default="").replace(">", "over ")
        return Point(note=word or "not measured")
    control, ratio = standing.control(results, place), found.ratio
    return Point(
        ratio.median,
        ratio.low,
        ratio.high,
        text=f"{found.mark} {number(ratio.median)}",
        band=(control.low, control.high) if control else None,
        style=subject.look(results, rival),
        is_open=found.mark != "*",
    )
