# SPDX-License-Identifier: MIT
"""At a glance: guests in rows for two structures, structures in rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from plots.read.results import Case, Contender, Results
from plots.read.results import condition_label
from plots.read.statistics import estimate, median
from plots.tables import standing
from plots.tables.duel import Duel, longest
from plots.tables.standing import LIMIT, Measure, Place
from plots.tables.table import ABSENT, Cell, Column, Table, figure, spanned

GUEST = Column("workload", "guest", names=True)
STRUCTURE = Column("structure", "structure", names=True)
_INSTRUCTIONS = "instructions per page"


# --- two structures, guest by guest -------------------------------------


def guests(found: Duel, most: int | None = None) -> Table:
    """Times of both and the ratio with the range of all rounds."""
    results = found.results
    who = list(found.both)
    if LIMIT not in who and any(
        standing.times(results, found.place(guest), Contender(LIMIT))
        for guest in found.guests
    ):
        who.insert(0, LIMIT)
    columns = [
        GUEST,
        Column(
            "guest_memory",
            "GiB",
            legend="memory of the guest",
            form="count",
            may_go=True,
        ),
        Column(
            "mean_run",
            "run",
            legend="mean pages in a row",
            may_go=True,
        ),
        *(
            Column(
                name,
                name,
                legend="the limit" if name == LIMIT else "",
                may_go=name == LIMIT,
            )
            for name in who
        ),
    ]
    if found.rival:
        columns.append(
            Column(
                "ratio",
                "ratio (all rounds)",
                bounds="interval",
            )
        )
    runs = standing.mean_runs(results)
    gib = {w.name: w.guest_memory for w in results.workloads}
    rows = [
        (
            Cell(guest),
            figure(size / 2**30 if (size := gib.get(guest)) else None),
            figure(runs.get(guest)),
            *(
                time_cell(results, found.place(guest), Contender(name))
                for name in who
            ),
            *([_ratio(found, guest)] if found.rival else []),
        )
        for guest in found.guests[:most]
    ]
    empty = [Cell("")] * (len(columns) - 1)
    if most is not None and len(found.guests) > most:
        rows.append((Cell(f"{len(found.guests) - most} more"), *empty))
    control = [
        ratio
        for guest in found.guests
        for ratio in standing.control_ratios(results, found.place(guest))
    ]
    if control and found.rival:
        cell = spanned(control, median(control))
        rows.append((Cell(standing.label(results, Contender("", 1))), *empty[1:], cell))
    return Table("guests", _title(found), tuple(columns), tuple(rows)).filled()


def _title(found: Duel) -> str:
    rounds = {
        len(values)
        for guest in found.guests
        for name in found.both
        if (
            values := standing.times(
                found.results, found.place(guest), Contender(name)
            )
        )
    }
    title = f"{found.measure.name}, median {found.measure.unit}"
    title += f", {condition_label(found.condition)}" * bool(found.condition)
    if rounds:
        span = " to ".join(map(str, sorted({min(rounds), max(rounds)})))
        title += f", {span} rounds"
    if found.rival:
        title += f"; ratio {found.rival} / {found.baseline}"
    return title


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
    rival = standing.ratio_of(
        results, place, who.structure, results.baseline or ""
    )
    return figure(rival.ratio, rival.mark) if rival else ABSENT


def _ratio(found: Duel, guest: str) -> Cell:
    ratio = found.ratio(guest)
    if ratio is None:
        return ABSENT
    values = standing.ratios(
        found.results,
        found.place(guest),
        Contender(found.rival or ""),
        Contender(found.baseline),
    )
    return spanned(values, ratio.ratio.median, ratio.mark)


def duel_rows(blocks: Sequence[Duel]) -> Table:
    """One structure against the baseline, a row for each time."""
    rows = []
    for found in blocks:
        for guest in found.guests:
            place = found.place(guest)
            times = [
                time_cell(found.results, place, Contender(name))
                for name in found.both
            ]
            ratio = found.ratio(guest)
            if ratio or times[-1].absence:
                cell = figure(ratio.ratio, ratio.mark) if ratio else ABSENT
                rows.append(
                    (Cell(found.measure.name), Cell(guest), *times, cell)
                )
    first = blocks[0]
    columns = (
        Column("operation", "operation", names=True),
        GUEST,
        *(Column(name, name) for name in first.both),
        Column("ratio", "ratio", bounds="interval"),
    )
    units = dict.fromkeys(found.measure.unit for found in blocks)
    title = ", ".join(units)
    return Table("reply", title, columns, tuple(rows))


def beside(found: Duel) -> Table:
    """Memory, lost pages and the longest call of both, guest by guest."""

    def step(guest: str, name: str) -> float | None:
        call = found.longest(guest, name)
        return call[1] if call else None

    groups = (
        ("peak, KiB", "peak", "the most memory held", found.peak),
        (
            "lost, ppm",
            "lost",
            "not recorded under"
            f" {condition_label(found.fault).removeprefix('fault ')}",
            found.lost,
        ),
        ("longest call, us", "longest", "under the lock", step),
    )
    columns = [
        Column(f"{key}_{name}", name, legend=legend, group=title)
        for title, key, legend, _ in groups
        for name in found.both
    ]
    rows = tuple(
        (
            Cell(guest),
            *(
                figure(measured(guest, name))
                for *_, measured in groups
                for name in found.both
            ),
        )
        for guest in found.guests
    )
    return Table("beside", "", (GUEST, *columns), rows).filled()


# --- one guest, structure by structure ----------------------------------


def glances(
    results: Results, counts: Results | None = None
) -> Iterator[Table]:
    """A table of each guest, by the time that decides.

    `counts` is what instructions.json beside the results holds.
    """
    for measure in standing.measures(results)[:1]:
        for condition in standing.conditions(results, measure)[:1]:
            there = standing.workloads(results, measure, condition)
            for workload in standing.by_run(results, there):
                place = Place(measure, workload, condition)
                table = glance(results, place, counts)
                if table:
                    yield table


def glance(
    results: Results,
    place: Place,
    counts: Results | None = None,
    among: Sequence[str] = (),
) -> Table:
    """Time, ratio, longest call, memory, lost pages, instructions."""
    lost = results.lost_condition
    calls = {
        who: longest(results, _case(place, who))
        for who in standing.present(results, place)
        # Of drivers without a set there is a table of their own.
        if who.structure not in results.setless
        and (not among or who.structure in among)
    }
    who = list(calls)
    measured: list[tuple[Column, Callable[[Contender], Cell]]] = [
        (
            Column(
                "time",
                "ns",
                legend=f"{place.measure.name}, {place.measure.unit}, median of"
                " the rounds",
            ),
            lambda w: time_cell(results, place, w),
        ),
        (
            Column(
                "ratio",
                "ratio",
                legend=f"to {results.baseline or 'the baseline'}, median of"
                " the ratios of each round",
            ),
            lambda w: ratio_cell(results, place, w),
        ),
        (
            Column(
                "longest",
                "longest",
                "us",
                "longest call under the lock",
            ),
            lambda w: figure(c[1], "" if c[2] else "?")
            if (c := calls[w])
            else ABSENT,
        ),
        (
            Column(
                "peak",
                "peak",
                "KiB",
                "most memory at any time, in kmalloc size classes",
            ),
            lambda w: ABSENT
            if w.structure == results.floor
            else figure(results.any_peak_kib(_case(place, w))),
        ),
        (
            Column(
                "lost",
                "lost",
                "ppm",
                f"pages in a million lost under {condition_label(lost)}",
            ),
            lambda w: figure(results.lost_ppm(_case(place, w, lost)))
            if lost
            else ABSENT,
        ),
        (
            Column(
                "instructions",
                "instr",
                legend=f"instructions of {place.measure.name} per page, of the"
                " first pages",
            ),
            lambda w: _instructions(counts, place, w),
        ),
    ]
    # The control runs for its time alone.
    rows = tuple(
        (
            Cell(standing.label(results, w)),
            *(
                ABSENT if w.is_control and column.key not in ("time", "ratio")
                else cell(w)
                for column, cell in measured
            ),
        )
        for w in who
    )
    title = (
        f"{place.workload}, {condition_label(place.condition)}:"
        f" {place.measure.name}, {place.measure.unit}"
    )
    columns = (STRUCTURE, *(column for column, _ in measured))
    return Table("glance", title, columns, rows).filled()


def _case(place: Place, who: Contender, condition: str | None = None) -> Case:
    under = place.condition if condition is None else condition
    return Case("set", place.workload, who, under)


def _instructions(
    counts: Results | None, place: Place, who: Contender
) -> Cell:
    if counts is None:
        return ABSENT
    measure = Measure("", place.measure.operations, _INSTRUCTIONS)
    there = Place(measure, place.workload, place.condition)
    values = list(standing.times(counts, there, who).values())
    return figure(median(values) if values else None)
