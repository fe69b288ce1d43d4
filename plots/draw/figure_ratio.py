# SPDX-License-Identifier: MIT
"""The picture that answers: the time of each rival over the baseline's."""

from __future__ import annotations

from plots.draw import subject
from plots.draw.canvas import tick
from plots.draw.rows import Point, Row, RowChart
from plots.draw.subject import plain
from plots.read.results import Results
from plots.tables import answer, standing
from plots.tables.duel import duel
from plots.tables.figures import number
from plots.tables.standing import Place

# More panels than this answer nothing at first sight.
_MOST_RIVALS = 8
_LEGEND = {
    "*": "* filled: a difference is shown",
    "~": "~ hollow: none is shown",
    "?": "?: too few rounds to tell",
}


def charts(results: Results) -> dict[str, RowChart]:
    """A panel for each rival, a row for each guest; nothing without both."""
    found = duel(results)
    if found is None or found.rival is None:
        return {}
    points = {
        rival: [_point(place, rival) for place in found.places]
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
    frame = subject.frame(
        results,
        answer.answer(results)[0],
        "",
        found.guests,
        *(text for mark, text in _LEGEND.items() if mark in marks),
        f"whiskers: interval; grey: {found.baseline} against itself",
        "runs: mean pages in a row",
        f"not drawn: {others}" if others else "",
    )
    unit = (
        f"{found.measure.name}: time as a ratio to {found.baseline}; left of"
        f" 1 is faster than {found.baseline}"
    )
    panels = tuple(map(plain, shown))
    ones = (1.0,) * len(shown)
    chart = RowChart(frame, plain(unit, 110), panels, rows, ones, how="log")
    return {"ratio": chart}


def _label(results: Results, guest: str) -> str:
    """A guest, and how many pages it gives in a row on average."""
    run = standing.mean_runs(results).get(guest)
    return f"{plain(guest)}, runs of {tick(run)}" if run else plain(guest)


def _point(place: Place, rival: str) -> Point:
    found = place.ratio(rival)
    if found is None or found.ratio.median <= 0:
        words = [
            place.word(who)
            for who in (rival, place.results.baseline or "")
            if not place.times(who)
        ]
        word = max(words, default="").replace(">", "over ")
        return Point(note=word or "not measured")
    control, ratio = place.control, found.ratio
    return Point(
        ratio.median,
        ratio.low,
        ratio.high,
        text=f"{found.mark} {number(ratio.median)}",
        band=(control.low, control.high) if control else None,
        style=subject.look(place.results, rival),
        is_open=found.mark != "*",
    )
