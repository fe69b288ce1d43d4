# SPDX-License-Identifier: MIT
"""Every case of a run: its time, its ratio, its memory, its instructions."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from plots.read.instructions import counts_of
from plots.read.profiles import Memory, Profile
from plots.read.results import Case, Entrant, Results
from plots.tables import standing
from plots.tables.glance import ratio_cell, time_cell
from plots.tables.table import Cell, Table, Value, cells, columns, figure

CASE = columns("case")


def case_key(results: Results, case: Case) -> tuple[Cell, ...]:
    """The cells of CASE."""
    label = standing.label(results, case.entrant)
    return cells(case.operation, case.workload, label, case.condition)


def times(results: Results) -> Table:
    """Each operation, and recording and handing over together."""
    heads = columns("times", baseline=results.baseline or "the baseline")
    rows = []
    for place in standing.places(results):
        for who in place.present:
            time = time_cell(place, who)
            if time.is_absent and not time.absence:
                continue
            # Of a sum, the case stands for its place.
            case = replace(place.cases(who)[0], operation=place.measure.name)
            row = [replace(time, unit=place.measure.unit)]
            row += ratio_cell(place, who), figure(len(place.times(who)) or None)
            row += map(figure, place.upkeep(who))
            rows.append(cells(*case_key(results, case), *row))
    return Table("times", "times", (*CASE, *heads), tuple(rows))


def memory(results: Results) -> Table:
    """What the sets of the operation `set` took and could not record."""

    def measured(case: Case, counter: str) -> Value:
        if counter == "lost_ppm":
            return results.lost_ppm(case)
        if counter == "peak_rounded_bytes":
            return results.peak_kib(case)
        if counter == "pool":
            said = results.traits.get(case.entrant.structure)
            pool = said and said.shared_pool_bytes
            return None if pool is None else pool / 1024
        found = results.estimate(case, counter)
        absence = "failed" if case in results.failed else ""
        return figure(found.median if found else None, absence=absence)

    heads = columns("memory")
    sets = (case for case in results.cases if case.operation == "set")
    real = (c for c in sets if c.entrant.structure != results.floor)
    found = {case: [measured(case, h.key) for h in heads] for case in real}
    rows = _rows(results, found)
    title = "memory and lost pages"
    return Table("memory", title, (*CASE, *heads), rows).filled()


def instructions(counts: Results, counter: str = "callgrind") -> Table:
    """Instructions per page, which are alike in every run."""
    found = {case: [count] for case, count in counts_of(counts).items()}
    heads = (*CASE, *columns("instructions", counter=counter))
    title = f"instructions per page ({counter})"
    return Table("instructions", title, heads, _rows(counts, found))


def errors(results: Results) -> Table:
    """Rows that have no figure in some rounds, and the reason."""
    rows = tuple(
        cells(*case_key(results, case), rounds, reason)
        for (case, reason), rounds in results.errors.items()
    )
    heads = (*CASE, *columns("errors"))
    return Table("errors", "rows without figures", heads, rows)


def profiles(results: Results) -> Table:
    """The most that was held, by what an allocator would take for it."""
    rows = tuple(
        cells(*case_key(results, case)[1:], *_held(p.memory), p.error or None)
        for case, p in _profiles(results)
        if p.memory or p.error
    )
    heads = (*CASE[1:], *columns("profiles"))
    return Table("profiles", "memory over the whole run", heads, rows).filled()


def _held(memory: Memory | None) -> list[float | None]:
    if memory is None:
        return [None] * len(columns("profiles")[:-1])
    sizes = (*vars(memory.peak).values(), memory.retained.rounded)
    per_1000 = 1000 * memory.allocations / memory.sets if memory.sets else None
    return [*(size / 1024 for size in sizes), per_1000, memory.largest_order]


def calls(results: Results) -> Table:
    """How long single calls take."""
    heads = columns("tails")
    rows = tuple(
        cells(
            *case_key(results, replace(case, operation=operation)),
            *(getattr(times, head.key) for head in heads[:-1]),
            times.worst[0].position if times.worst else None,
        )
        for case, profile in _profiles(results)
        if profile.tails
        for operation, times in profile.tails.operations.items()
    )
    return Table("tails", "single calls", (*CASE, *heads), rows).filled()


def _profiles(results: Results) -> Iterator[tuple[Case, Profile]]:
    """Each under a case of no operation."""
    found = {
        Case("", p.workload, Entrant(p.structure), p.condition): p
        for p in results.profiles
    }
    return ((case, found[case]) for case in _sorted(results, found))


def _rows(
    results: Results, found: Mapping[Case, Sequence[Value]]
) -> tuple[tuple[Cell, ...], ...]:
    return tuple(
        cells(*case_key(results, case), *found[case])
        for case in _sorted(results, found)
    )


def _sorted(results: Results, cases: Iterable[Case]) -> Iterator[Case]:
    """By condition, guest and operation as met, structures as everywhere."""
    places: dict[Case, dict[Entrant, Case]] = {}
    for case in cases:
        place = replace(case, entrant=Entrant(""))
        places.setdefault(place, {})[case.entrant] = case
    for there in places.values():
        yield from (there[who] for who in results.in_order(there))
