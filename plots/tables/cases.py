# SPDX-License-Identifier: MIT
"""Every case of a run: its time, its ratio, its memory, its instructions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace

from plots.read.results import Case, Results
from plots.tables import standing
from plots.tables.glance import GUEST, STRUCTURE, ratio_cell, time_cell
from plots.tables.table import ABSENT, Cell, Column, Table, figure

OPERATION = Column("operation", "operation", names=True)
CONDITION = Column("condition", "failures", names=True)
CASE = (OPERATION, GUEST, STRUCTURE, CONDITION)

_MEMORY = (
    Column(
        "bits_per_page",
        "bits",
        legend="bits per page when the largest pass is full, in kmalloc size"
        " classes",
    ),
    Column(
        "requested_bits_per_page",
        "asked",
        legend="the same, of what was asked for",
    ),
    Column(
        "peak_rounded_bytes",
        "peak",
        "KiB",
        "most memory at any time, in kmalloc size classes",
    ),
    Column(
        "allocations", "allocs", legend="requests for memory", form="count"
    ),
    Column(
        "failed_allocations",
        "refused",
        legend="requests that failed",
        form="count",
    ),
    Column(
        "failed_sets", "lost", legend="pages not recorded", form="count"
    ),
    Column(
        "lost_ppm", "lost", "ppm", "pages in a million that were not recorded"
    ),
)
_COUNTED = "instructions_per_page"


def times(results: Results) -> Table:
    """Each operation, and recording and handing over together."""
    baseline = results.baseline or "the baseline"
    columns = (
        *CASE,
        Column(
            "time",
            "time",
            legend="median of the rounds, and half its 95 % interval",
            bounds="spread",
        ),
        Column(
            "ratio",
            "ratio",
            legend=f"to {baseline}, in each round, with its interval",
            bounds="interval",
        ),
        Column(
            "rounds",
            "rounds",
            legend="how many have a time",
            form="count",
            may_go=True,
        ),
    )
    rows = []
    for place in standing.places(results):
        for who in standing.present(results, place):
            time = time_cell(results, place, who)
            if time.is_absent and not time.absence:
                continue
            name = f"{place.measure.name}"
            rounds = len(standing.times(results, place, who))
            rows.append(
                (
                    Cell(name),
                    Cell(place.workload),
                    Cell(standing.label(results, who)),
                    Cell(place.condition),
                    replace(time, unit=place.measure.unit),
                    ratio_cell(results, place, who),
                    figure(rounds or None),
                )
            )
    return Table("times", "times", columns, tuple(rows))


def memory(results: Results) -> Table:
    """What the sets of the operation `set` took and could not record."""

    def measured(case: Case, column: Column) -> Cell:
        if column.key == "lost_ppm":
            return figure(results.lost_ppm(case))
        if column.key == "peak_rounded_bytes":
            return figure(results.peak_kib(case))
        found = results.estimate(case, column.key)
        absence = "failed" if case in results.failed else ""
        return figure(found.median if found else None, absence=absence)

    cases = (
        case
        for case in results.cases
        if case.operation == "set" and case.contender.structure != results.floor
    )
    title = "memory and lost pages"
    return _table(results, "memory", title, _MEMORY, cases, measured)


def instructions(counts: Results, counter: str = "callgrind") -> Table:
    """Instructions per page, which are alike in every run."""
    column = Column(
        "instructions",
        "instr",
        legend=f"instructions per page, counted by {counter}",
    )

    def measured(case: Case, _: Column) -> Cell:
        values = counts.values(case, _COUNTED).values()
        return figure(min(values, default=None))

    cases = (case for case in counts.cases if not case.contender.is_control)
    title = f"instructions per page ({counter})"
    return _table(counts, "instructions", title, (column,), cases, measured)


def errors(results: Results) -> Table:
    """Rows that have no figure in some rounds, and the reason."""
    columns = (
        *CASE,
        Column("rounds", "rounds", legend="without figures", form="count"),
        Column("reason", "reason"),
    )
    rows = tuple(
        (*case_key(results, case), figure(times), Cell(reason))
        for (case, reason), times in results.errors.items()
    )
    return Table("errors", "rows without figures", columns, rows)


def case_key(results: Results, case: Case) -> tuple[Cell, ...]:
    """The cells of CASE."""
    return (
        Cell(case.operation),
        Cell(case.workload),
        Cell(standing.label(results, case.contender)),
        Cell(case.condition),
    )


def _table(
    results: Results,
    key: str,
    title: str,
    columns: tuple[Column, ...],
    cases: Iterable[Case],
    measured: Callable[[Case, Column], Cell],
) -> Table:
    rows = tuple(
        (
            *case_key(results, case),
            *(measured(case, column) for column in columns),
        )
        for case in sort(results, cases)
    )
    return Table(key, title, (*CASE, *columns), rows).filled()


def sort(results: Results, cases: Iterable[Case]) -> Iterator[Case]:
    """By condition, guest and operation as met, structures as everywhere."""
    places: dict[tuple[str, str, str], list[Case]] = {}
    for case in cases:
        place = (case.condition, case.workload, case.operation)
        places.setdefault(place, []).append(case)
    for there in places.values():
        by_who: Mapping = {case.contender: case for case in there}
        yield from (by_who[who] for who in results.in_order(by_who))
