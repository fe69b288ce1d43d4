# SPDX-License-Identifier: MIT
"""Every case of a run: its time, its ratio, its memory, its instructions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from plots.read.results import Case, Contender, Results
from plots.tables import standing
from plots.tables.glance import ratio_cell, time_cell
from plots.tables.table import Cell, Column, Table, columns, figure

CASE = columns("case")


def case_key(results: Results, case: Case) -> tuple[Cell, ...]:
    """The cells of CASE."""
    label = standing.label(results, case.contender)
    key = case.operation, case.workload, label, case.condition
    return tuple(map(Cell, key))


def times(results: Results) -> Table:
    """Each operation, and recording and handing over together."""
    heads = columns("times", baseline=results.baseline or "the baseline")
    rows = []
    for place in standing.places(results):
        for who in standing.present(results, place):
            time = time_cell(results, place, who)
            if time.is_absent and not time.absence:
                continue
            # Of a sum, the case stands for its place.
            case = Case(place.measure.name, place.workload, who, place.condition)
            row = (
                replace(time, unit=place.measure.unit),
                ratio_cell(results, place, who),
                figure(len(standing.times(results, place, who)) or None),
            )
            rows.append((*case_key(results, case), *row))
    return Table("times", "times", (*CASE, *heads), tuple(rows))


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
        if case.operation == "set"
        and case.contender.structure != results.floor
    )
    heads = columns("memory")
    return _table(results, "memory and lost pages", heads, cases, measured)


def instructions(counts: Results, counter: str = "callgrind") -> Table:
    """Instructions per page, which are alike in every run."""

    def measured(case: Case, _: Column) -> Cell:
        values = counts.values(case, "instructions_per_page").values()
        return figure(min(values, default=None))

    cases = (case for case in counts.cases if not case.contender.is_control)
    heads = columns("instructions", counter=counter)
    title = f"instructions per page ({counter})"
    return _table(counts, title, heads, cases, measured)


def errors(results: Results) -> Table:
    """Rows that have no figure in some rounds, and the reason."""
    rows = tuple(
        (*case_key(results, case), figure(rounds), Cell(reason))
        for (case, reason), rounds in results.errors.items()
    )
    heads = (*CASE, *columns("errors"))
    return Table("errors", "rows without figures", heads, rows)


def _table(
    results: Results,
    title: str,
    heads: tuple[Column, ...],
    cases: Iterable[Case],
    measured: Callable[[Case, Column], Cell],
) -> Table:
    rows = tuple(
        (*case_key(results, case), *(measured(case, head) for head in heads))
        for case in _sorted(results, cases)
    )
    key = title.split()[0]
    return Table(key, title, (*CASE, *heads), rows).filled()


def _sorted(results: Results, cases: Iterable[Case]) -> Iterator[Case]:
    """By condition, guest and operation as met, structures as everywhere."""
    places: dict[tuple[str, ...], dict[Contender, Case]] = {}
    for case in cases:
        place = (case.condition, case.workload, case.operation)
        places.setdefault(place, {})[case.contender] = case
    for there in places.values():
        yield from (there[who] for who in results.in_order(there))
