# SPDX-License-Identifier: MIT
"""At a glance: guests in rows for two structures, structures in rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain, product

from plots.read.results import Case, Contender, Results, condition_label
from plots.read.statistics import estimate, median
from plots.tables import standing
from plots.tables.duel import Duel, longest
from plots.tables.standing import LIMIT, Measure, Place
from plots.tables.table import ABSENT, Cell, Column, Table, columns, figure
from plots.tables.table import spanned

_CASE = {column.key: column for column in columns("case")}
GUEST, STRUCTURE = _CASE["workload"], _CASE["structure"]


def time_cell(results: Results, place: Place, who: Contender) -> Cell:
    """The median; without one, the word that says why."""
    values = list(standing.times(results, place, who).values())
    word = standing.word(results, place, who.structure)
    absence = "" if values or who.is_control else word
    return figure(estimate(values), absence=absence)


def ratio_cell(results: Results, place: Place, who: Contender) -> Cell:
    """To the baseline; the floor has none, the baseline's is 1."""
    if who.structure == results.floor:
        return ABSENT
    if who.is_control:
        return figure(standing.control(results, place))
    if who.structure == results.baseline:
        return Cell(1.0) if standing.times(results, place, who) else ABSENT
    return rival_cell(standing.to_baseline(results, place, who.structure))


def rival_cell(rival: standing.Rival | None) -> Cell:
    return figure(rival.ratio, rival.mark) if rival else ABSENT


# --- two structures, guest by guest -------------------------------------


def guests(found: Duel, most: int | None = None) -> Table:
    """Times of both and the ratio with the range of all rounds."""
    results = found.results
    has_limit = LIMIT not in found.both and any(
        standing.times(results, found.place(guest), Contender(LIMIT))
        for guest in found.guests
    )
    who = [*([LIMIT] if has_limit else []), *found.both]
    limit = {"legend": "the limit", "may_go": True}
    heads = (
        GUEST,
        *columns("guests"),
        *(Column(n, n, **(limit if n == LIMIT else {})) for n in who),
        *(columns("duel") if found.rival else ()),
    )
    runs = standing.mean_runs(results)
    sizes = {w.name: w.guest_memory for w in results.workloads}
    rows = []
    for guest in found.guests[:most]:
        size, place = sizes.get(guest), found.place(guest)
        times = (time_cell(results, place, Contender(n)) for n in who)
        row = (figure(size / 2**30 if size else None), figure(runs.get(guest)))
        ratio = (_range(found, guest),) if found.rival else ()
        rows.append((Cell(guest), *row, *times, *ratio))
    empty = [Cell("")] * (len(heads) - 2)
    more = len(found.guests) - len(rows)
    if more:
        rows.append((Cell(f"{more} more"), *empty, Cell("")))
    places = map(found.place, found.guests)
    ratios = (standing.control_ratios(results, place) for place in places)
    control = list(chain.from_iterable(ratios))
    if control and found.rival:
        name = standing.label(results, Contender("", 1))
        rows.append((Cell(name), *empty, spanned(control, median(control))))
    return Table("guests", _title(found), heads, tuple(rows)).filled()


def _title(found: Duel) -> str:
    times = (
        standing.times(found.results, found.place(guest), Contender(name))
        for guest in found.guests
        for name in found.both
    )
    rounds = sorted({len(values) for values in times if values})
    title = f"{found.measure.name}, median {found.measure.unit}"
    if found.condition:
        title += f", {condition_label(found.condition)}"
    if rounds:
        ends = dict.fromkeys((rounds[0], rounds[-1]))
        title += f", {' to '.join(map(str, ends))} rounds"
    ratio = f"; ratio {found.rival} / {found.baseline}"
    return title + ratio * bool(found.rival)


def _range(found: Duel, guest: str) -> Cell:
    ratio = found.ratio(guest)
    if ratio is None:
        return ABSENT
    both = (Contender(found.rival or ""), Contender(found.baseline))
    values = standing.ratios(found.results, found.place(guest), *both)
    return spanned(values, ratio.ratio.median, ratio.mark)


def duel_rows(blocks: Sequence[Duel]) -> Table:
    """One structure against the baseline, a row for each time."""
    rows = []
    for found in blocks:
        for guest in found.guests:
            where = found.results, found.place(guest)
            times = [time_cell(*where, Contender(name)) for name in found.both]
            ratio = rival_cell(found.ratio(guest))
            if not ratio.is_absent or times[-1].absence:
                key = (Cell(found.measure.name), Cell(guest))
                rows.append((*key, *times, ratio))
    heads = (
        _CASE["operation"],
        GUEST,
        *(Column(name, name) for name in blocks[0].both),
        Column("ratio", "ratio", bounds="interval"),
    )
    units = dict.fromkeys(found.measure.unit for found in blocks)
    return Table("reply", ", ".join(units), heads, tuple(rows))


def beside(found: Duel) -> Table:
    """Memory, lost pages and the longest call of both, guest by guest."""

    def step(guest: str, name: str) -> float | None:
        call = found.longest(guest, name)
        return call[0] if call else None

    under = condition_label(found.fault).removeprefix("fault ")
    heads = tuple(
        replace(column, key=f"{column.key}_{name}", name=name)
        for column in columns("beside", lost=under)
        for name in found.both
    )
    cells = list(product((found.peak, found.lost, step), found.both))
    rows = tuple(
        (Cell(guest), *(figure(each(guest, name)) for each, name in cells))
        for guest in found.guests
    )
    return Table("beside", "", (GUEST, *heads), rows).filled()


# --- one guest, structure by structure ----------------------------------


def glances(
    results: Results, counts: Results | None = None
) -> Iterator[Table]:
    """A table of each guest, by the time that decides.

    `counts` is what instructions.json beside the results holds.
    """
    for measure in standing.measures(results)[:1]:
        for condition in standing.conditions(results, measure)[:1]:
            for place in standing.places_of(results, measure, condition):
                if table := glance(results, place, counts):
                    yield table


def glance(
    results: Results,
    place: Place,
    counts: Results | None = None,
    among: Sequence[str] = (),
) -> Table:
    """Time, ratio, longest call, memory, lost pages, instructions."""
    rows = tuple(
        (
            Cell(standing.label(results, who)),
            time_cell(results, place, who),
            ratio_cell(results, place, who),
            # The control runs for its time alone.
            *([ABSENT] * 3 if who.is_control else _rest(results, place, who)),
            _instructions(counts, place, who),
        )
        for who in standing.present(results, place)
        # Of drivers without a set there is a table of their own.
        if who.structure not in results.setless
        and (not among or who.structure in among)
    )
    measure = f"{place.measure.name}, {place.measure.unit}"
    heads = columns(
        "glance",
        measure=measure,
        baseline=results.baseline or "the baseline",
        lost=condition_label(results.lost_condition),
    )
    title = f"{place.workload}, {condition_label(place.condition)}: {measure}"
    return Table("glance", title, (STRUCTURE, *heads), rows).filled()


def _rest(results: Results, place: Place, who: Contender) -> Iterator[Cell]:
    case = Case("set", place.workload, who, place.condition)
    call = longest(results, case)
    yield figure(call[0], "" if call[1] else "?") if call else ABSENT
    has_memory = who.structure != results.floor
    yield figure(results.any_peak_kib(case) if has_memory else None)
    lost = results.lost_condition
    under = replace(case, condition=lost)
    yield figure(results.lost_ppm(under) if lost else None)


def _instructions(
    counts: Results | None, place: Place, who: Contender
) -> Cell:
    if counts is None:
        return ABSENT
    measure = Measure("", place.measure.operations, "instructions per page")
    there = Place(measure, place.workload, place.condition)
    values = list(standing.times(counts, there, who).values())
    return figure(median(values) if values else None)
