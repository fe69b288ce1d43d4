# SPDX-License-Identifier: MIT
"""At a glance: guests in rows for two structures, structures in rows."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain

from plots.read.instructions import counts_beside
from plots.read.results import Entrant, Results, condition_label
from plots.read.statistics import MOST_PRIMARY, median
from plots.tables import standing
from plots.tables.duel import Duel
from plots.tables.standing import LIMIT, Measure, Place, Who
from plots.tables.table import ABSENT, Cell, Column, Table, cells, columns
from plots.tables.table import Value, figure
from plots.tables.words import say

_CASE = {column.key: column for column in columns("case")}
GUEST, STRUCTURE = _CASE["workload"], _CASE["structure"]


def time_cell(place: Place, who: Who) -> Cell:
    """The median; without one, the word that says why."""
    is_control = isinstance(who, Entrant) and who.is_control
    absence = "" if is_control else place.word(who)
    return figure(place.time(who), absence=absence)


def ratio_cell(place: Place, who: Entrant) -> Cell:
    """To the baseline; the floor has none, the baseline's is 1."""
    if who.structure == place.results.floor:
        return ABSENT
    if who.is_control:
        return figure(place.control)
    if who.structure == place.results.baseline:
        return Cell(1.0) if place.times(who) else ABSENT
    return rival_cell(place.ratio(who.structure))


def rival_cell(rival: standing.Rival | None, absence: str = "") -> Cell:
    if rival is None:
        return Cell(absence=absence)
    return figure(rival.ratio, rival.mark)


def guests(found: Duel, most: int | None = None) -> Table:
    """Times of both and the ratio with the range of all rounds."""
    results, places = found.results, found.places
    has_limit = LIMIT not in found.both and any(p.times(LIMIT) for p in places)
    who = [*[LIMIT] * has_limit, *found.both]
    # One structure of two trees: counts repeat, also where times are loud.
    shapes = {name.partition("@")[0] for name in found.both if "@" in name}
    is_patch = len(shapes) == 1 < len(found.both)
    counts = counts_beside(results) if is_patch else None
    limit = {"legend": "the limit", "may_go": True}
    heads = (
        GUEST,
        *columns("guests"),
        *(Column(n, n, **(limit if n == LIMIT else {})) for n in who),
        *(columns("duel")[: 1 + bool(counts)] if found.rival else ()),
    )
    runs = standing.mean_runs(results)
    sizes = {w.name: w.guest_memory for w in results.workloads}
    rows = []
    for place in places[:most]:
        size = sizes.get(place.workload)
        row = [size / 2**30 if size else None, runs.get(place.workload)]
        row += [time_cell(place, name) for name in who]
        if found.rival:
            ratio = place.ratio(found.rival)
            values = place.ratios(found.rival, found.baseline)
            row.append(spanned(values, ratio.mark) if ratio else None)
        if counts:
            row.append(_counted_ratio(place, counts, *reversed(found.both)))
        rows.append(cells(place.workload, *row))
    empty = [""] * (len(heads) - 1)
    if more := len(places) - len(rows):
        rows.append(cells(f"{more} more", *empty))
    control = [*chain.from_iterable(place.control_ratios for place in places)]
    if control and found.rival:
        name = standing.label(results, Entrant("", 1))
        row = [*empty[: -1 - bool(counts)], spanned(control)]
        rows.append(cells(name, *row, *[""] * bool(counts)))
    return Table("guests", _title(found), heads, tuple(rows)).filled()


def _counted(place: Place, counts: Results | None) -> Place | None:
    """The same of what was counted, if it was."""
    what = Measure("", place.measure.operations, "instructions per page")
    return counts and replace(place, results=counts, measure=what)


def _counted_ratio(
    place: Place, counts: Results | None, *both: str
) -> float | None:
    counted = _counted(place, counts)
    rival = counted and counted.ratio(*both)
    return rival and rival.ratio.median


def spanned(values: Sequence[float], mark: str = "") -> Cell:
    """Their median, with the least and the greatest of them."""
    return Cell(median(values), min(values), max(values), False, mark)


def _title(found: Duel) -> str:
    rounds = {len(p.times(name)) for p in found.places for name in found.both}
    title = f"{found.measure.name}, median {found.measure.unit}"
    if found.condition:
        title += f", {condition_label(found.condition)}"
    if ends := sorted(rounds - {0}):
        shown = dict.fromkeys((ends[0], ends[-1]))
        title += f", {' to '.join(map(str, shown))} rounds"
    ratio = f"; ratio {found.rival} / {found.baseline}"
    return title + ratio * bool(found.rival)


def duel_rows(blocks: Sequence[Duel]) -> Table:
    """One structure against the baseline, a row for each time."""
    rows = []
    for found in blocks:
        for place in found.places:
            times = [time_cell(place, name) for name in found.both]
            ratio = rival_cell(found.ratio(place))
            if not ratio.is_absent or times[-1].absence:
                key = (place.measure.name, place.workload)
                rows.append(cells(*key, *times, ratio))
    heads = (
        _CASE["operation"],
        GUEST,
        *(Column(name, name) for name in blocks[0].both),
        Column("ratio", "ratio", bounds="interval"),
    )
    units = dict.fromkeys(found.measure.unit for found in blocks)
    return Table("reply", ", ".join(units), heads, tuple(rows))


def costs(found: Duel) -> Table:
    """Memory, lost pages and the longest call of both, guest by guest."""
    under = condition_label(found.fault).removeprefix("fault ")
    heads = (
        replace(column, key=f"{column.key}_{name}", name=name)
        for column in columns("costs", lost=under)
        for name in found.both
    )
    rows = []
    for place in found.places:
        row: list[Value] = [place.peak(name) for name in found.both]
        row += [place.lost(name, found.fault) for name in found.both]
        calls = (place.longest(name) for name in found.both)
        row += [call and call[0] for call in calls]
        rows.append(cells(place.workload, *row))
    return Table("costs", "", (GUEST, *heads), tuple(rows)).filled()


def glances(
    results: Results, counts: Results | None = None
) -> Iterator[Table]:
    """A table of each guest, by the time that decides."""
    measure = standing.measures(results)[0]
    for condition in standing.conditions(results, measure)[:1]:
        places = standing.places_of(results, measure, condition)
        yield from filter(None, (glance(p, counts) for p in places))


def glance(
    place: Place, counts: Results | None = None, among: Sequence[str] = ()
) -> Table:
    """Time, ratio, longest call, memory, lost pages, instructions."""
    results = place.results
    counted = _counted(place, counts)
    rows = tuple(
        cells(
            standing.label(results, who),
            time_cell(place, who),
            ratio_cell(place, who),
            # The control runs for its time alone.
            *([None] * 5 if who.is_control else _rest(place, who.structure)),
            # Their median, of the counts of instructions.json if it is there.
            counted and counted.time(who),
        )
        for who in place.present
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


def _rest(place: Place, name: str) -> Iterator[Value]:
    call = place.longest(name)
    yield figure(call[0], "" if call[1] else "?") if call else None
    yield place.peak(name) if name != place.results.floor else None
    yield from place.upkeep(Entrant(name))
    yield place.lost(name, place.results.lost_condition)


def lost(results: Results) -> Table:
    """What the glances have of lost pages, with its interval."""
    found = {(e.structure, e.workload): e.ppm for e in results.losses}
    runs = standing.mean_runs(results)
    guests = sorted({g for _, g in found}, key=lambda g: -runs.get(g, 0))
    who = results.in_order({Entrant(name) for name, _ in found})
    names = [each.structure for each in who]
    rows = (cells(n, *(found.get((n, g)) for g in guests)) for n in names)
    heads = STRUCTURE, *(Column(g, g, bounds="interval") for g in guests)
    seeds = max((len(each.lost) for each in results.losses), default=0)
    words = {"under": condition_label(results.lost_condition), "seeds": seeds}
    return Table("lost", say("facts", "lost", **words), heads, (*rows,))


# Others of --linux have the name of ours that has the same shape.
_OURS = {"radix": "xbitmap", "radix-preload": "xbitmap-preload"}
_OURS |= {"btree-hint": "btree-bitmap"}
_FAR = 1.2


def ours_of(structure: str) -> str:
    """radix@6.1 is xbitmap; "" if it is none of a kernel."""
    shape, _, tree = structure.partition("@")
    return _OURS.get(shape, shape) if tree else ""


def real(results: Results, counts: Results | None = None) -> Table:
    """Our structures over the kernel's code of the same shape, for set."""
    rows = []
    for place in standing.places_of(results, Measure("set", ("set",)), ""):
        for who in place.present:
            both = ours_of(who.structure), who.structure
            if both[0] and place.times(both[0]):
                rival = place.ratio(*both)
                found = [_counted_ratio(place, counts, *both)]
                found += [rival and rival.ratio.median]
                sizes = [place.peak(name) for name in both]
                found.append(sizes[0] / sizes[1] if all(sizes) else None)
                far = any(r and not 1 / _FAR <= r <= _FAR for r in found)
                pair = " / ".join(both)
                word = "yes" if far else "no"
                rows.append(cells(place.workload, pair, *found, word))
    heads = (GUEST, STRUCTURE, *columns("real"))
    return Table("real", "set: ours to the kernel's own", heads, (*rows,))


# Declared before measuring; docs/method.md has why their interval is narrow.
def primary(results: Results) -> tuple[list[Table], str]:
    """A table for each time, that which decides first, and what they mean."""
    ratios = results.primary_ratios
    there = {ratio[:2] for ratio in ratios}
    who = results.in_order({Entrant(name) for *_, name in ratios})
    names = [each.structure for each in who]
    heads = (GUEST, *(Column(n, n, bounds="interval") for n in names))
    tables = {}
    for measure in standing.measures(results):
        rows = tuple(
            cells(
                place.workload,
                *(rival_cell(place.ratio(n), place.word(n)) for n in names),
            )
            for place in standing.places_of(results, measure, "")
            if (measure.operations, place.workload) in there
        )
        if rows and measure.counter == "ns_per_page":
            title = f"primary: {measure.name}, ratio to {results.baseline}"
            tables[measure.name] = Table("primary", title, heads, rows)
    many, most = len(ratios), MOST_PRIMARY
    words = {"names": ", ".join(names), "measures": ", ".join(tables)}
    base = results.baseline
    said = say("primary", "begin", many=many, baseline=base, **words)
    how = "sure" if many <= most else "too_many"
    said = say("primary", how, begin=said, many=many, most=most)
    return list(tables.values()), said if tables else ""
