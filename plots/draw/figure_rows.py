# SPDX-License-Identifier: MIT
"""Pictures of rows: who is faster, time, memory, the longest step, stages."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from plots.draw import subject
from plots.draw.canvas import tick
from plots.draw.rows import Point, Row, RowChart
from plots.draw.subject import LIMIT, SAID, plain
from plots.read.results import Case, Entrant, Results
from plots.tables import answer, replay, standing
from plots.tables.duel import duel
from plots.tables.figures import FORMS, number
from plots.tables.standing import Place

_RECORD = "structure_ms"  # of the set alone, with either host
_REPLACED = "guest_replaced_percent"
# More panels than this answer nothing at first sight.
_MOST_RIVALS = 8


def charts(results: Results) -> dict[str, RowChart]:
    """Every picture by file stem, one for each condition."""
    made = _ratio(results)
    for name, said in SAID["rows"].items():
        conditions = results.conditions(said["operation"])
        made |= subject.by_condition(name, conditions, _chart, results, name)
    conditions = [profile.condition for profile in results.profiles]
    made |= subject.by_condition("longest", conditions, _longest, results)
    for kind in SAID["replay"]:
        conditions = replay.conditions(results)
        of = results, kind
        found = subject.by_condition("replay", conditions, _replay, *of)
        made |= {stem + kind["stem"]: chart for stem, chart in found.items()}
    return made


def _ratio(results: Results) -> dict[str, RowChart]:
    """Who is faster: a panel for each rival, a row for each guest."""
    found = duel(results)
    if found is None or found.rival is None:
        return {}
    points = {
        rival: [_ratio_to(place, rival) for place in found.places]
        for rival in dict.fromkeys([found.rival, *subject.rivals(results)])
    }
    shown = [r for r in points if any(p.value is not None for p in points[r])]
    if len(shown) > _MOST_RIVALS:
        # A structure stands for its variants.
        shown.sort(key=lambda name: results.variant_of(name) is not None)
        shown = shown[:_MOST_RIVALS]
    if not shown:
        return {}
    style = subject.look(results, found.baseline)
    # A guest, and how many pages it gives in a row on average.
    runs = {w: tick(run) for w, run in standing.mean_runs(results).items()}
    labels = {w: f"{plain(w)}, runs of {run}" for w, run in runs.items()}
    of_guests = zip(found.guests, *(points[rival] for rival in shown))
    rows = tuple(
        Row(labels.get(guest, plain(guest)), style, tuple(of_guest))
        for guest, *of_guest in of_guests
    )
    marks = {point.text[:1] for row in rows for point in row.points}
    others = ", ".join(rival for rival in points if rival not in shown)
    names = {"baseline": found.baseline, "measure": found.measure.name}
    words = {k: text.format(**names) for k, text in SAID["ratio"].items()}
    texts = [words[mark] for mark in "*~?" if mark in marks]
    texts += [words["words"], words["runs"]]
    texts += [f"not drawn: {others}"] if others else []
    title = answer.answer(results)[0]
    frame = subject.frame(results, title, "", found.guests, *texts)
    panels, ones = tuple(map(plain, shown)), (1.0,) * len(shown)
    unit = plain(words["unit"], 110)
    chart = RowChart(frame, unit, panels, rows, dashed=ones, kind="log")
    return {"ratio": chart}


def _ratio_to(place: Place, rival: str) -> Point:
    found = place.ratio(rival)
    if found is None or found.ratio.median <= 0:
        both = rival, place.results.baseline or ""
        words = [place.word(who) for who in both if not place.times(who)]
        return Point(note=subject.over(words) or "not measured")
    control, ratio = place.control, found.ratio
    said = {"text": f"{found.mark} {number(ratio.median)}"}
    band = (control.low, control.high) if control else None
    look = {"style": subject.look(place.results, rival), "band": band}
    values, is_open = (ratio.median, ratio.low, ratio.high), found.mark != "*"
    return Point(*values, is_open=is_open, **said, **look)


def _chart(results: Results, name: str, condition: str) -> RowChart:
    """The times of an operation, or the memory of sets."""
    said = SAID["rows"][name]
    operation, unit = said["operation"], said["unit"]
    guests = results.workloads_of(operation, condition)
    entrants = results.entrants_of(operation, condition)
    points = {
        who: [
            _point(results, Case(operation, guest, who, condition), unit)
            for guest in guests
        ]
        for who in results.in_order(entrants)
        if name != "memory" or who.structure != results.floor
    }

    def values(name: str) -> tuple[float | None, ...]:
        return tuple(p.value for p in points.get(Entrant(name), ()))

    baseline = results.baseline or ""
    captions = [
        _rounds(results, operation, condition, points),
        f"dashed line: {baseline}" if values(baseline) else "",
        f"solid line: {LIMIT}, the limit" if values(LIMIT) else "",
    ]
    rows = (_row(results, who, row) for who, row in points.items())
    of = results, said, condition, guests, rows, *captions
    return _of_guests(*of, dashed=values(baseline), solid=values(LIMIT))


def _of_guests(
    results: Results,
    said: Mapping[str, Any],
    condition: str,
    guests: Iterable[str],
    rows: Iterable[Row],
    *captions: str,
    **lines: Any,
) -> RowChart:
    """A panel for each guest."""
    texts = said["title"], condition, guests, *captions, said["words"]
    frame, panels = subject.frame(results, *texts), tuple(map(plain, guests))
    return RowChart(frame, said["unit"], panels, tuple(rows), **lines)


def _point(results: Results, case: Case, unit: str) -> Point:
    """What is absent says why; it is never drawn as a zero."""
    if value := results.estimate(case, unit.replace(" ", "_")):
        return Point(value.median, value.low, value.high)
    return Point(note=subject.over([results.word(case)]) or "not measured")


def _row(results: Results, who: Entrant, points: Sequence[Point]) -> Row:
    label = who.structure
    if label == results.floor:
        label = "floor (empty loop)"
    if who.is_control:
        label += " (A/A)"
        points = [point._replace(is_open=True) for point in points]
    style = subject.look(results, who.structure)
    return Row(plain(label), style, tuple(points))


def _rounds(
    results: Results,
    operation: str,
    condition: str,
    points: Mapping[Entrant, Iterable[Point]],
) -> str:
    """Of how many rounds the medians are, and what surrounds them."""
    rounds = {
        number
        for case, number in results.rounds_of.items()
        if (case.operation, case.condition) == (operation, condition)
    }
    few, many = min(rounds), max(rounds)
    counted = f"{few} to {many} rounds" if few < many else f"{few} rounds"
    if all(p.low == p.high for row in points.values() for p in row):
        # Bytes are counted, not timed: every round gives the same.
        return f"median of {counted}"
    below = " from 6 rounds on, full range below" if few < 6 else ""
    return f"median of {counted}; whiskers: 95 % interval{below}"


def _longest(results: Results, condition: str) -> RowChart:
    """The longest single step under the lock, in us."""
    there = [p for p in results.profiles if p.condition == condition]
    guests = dict.fromkeys(profile.workload for profile in there)
    points = {}
    for profile in there:
        longest = profile.tails.longest if profile.tails else None
        word = "cut off" if profile.error else "not measured"
        at = Entrant(profile.structure), profile.workload
        points[at] = Point(longest[1] / 1000) if longest else Point(note=word)
    none = Point(note="not measured")
    rows = (
        _row(results, who, [points.get((who, g), none) for g in guests])
        for who in subject.structures(results, {who for who, _ in points})
    )
    return _of_guests(results, SAID["longest"], condition, guests, rows)


def _replay(
    results: Results, kind: Mapping[str, Any], condition: str
) -> RowChart:
    """Where the time goes, modelled, or the pages; and what recording took."""
    guests = replay.workloads(results, condition)
    rows = []
    for driver in replay.drivers(results, condition):
        of = driver, condition
        cases = (replay.case_of(results, guest, *of) for guest in guests)
        points = tuple(_stack(results, kind, case) for case in cases)
        style = subject.look(results, driver.entrant.structure)
        rows.append(Row(plain(driver.label), style, points))
    parts = tuple((n, part["color"]) for n, part in kind["parts"].items())
    return _of_guests(results, kind, condition, guests, rows, parts=parts)


def _stack(results: Results, kind: Mapping[str, Any], case: Case) -> Point:
    counters = [part["counters"] for part in kind["parts"].values()]
    values = [subject.total(results, case, each) for each in counters]
    # The set's own time is measured with either host.
    if all(v is None for v, c in zip(values, counters) if _RECORD not in c):
        return Point(note="not measured")
    parts = tuple(value or 0.0 for value in values)
    text, record = number(sum(parts)), results.estimate(case, _RECORD)
    if record and kind["record"]:
        text += f", record {number(record.median)}"
    if (replaced := results.estimate(case, _REPLACED)) and replaced.median:
        text += f", {FORMS['replaced'](replaced.median)} replaced"
    return Point(sum(parts), parts=parts, text=text)
