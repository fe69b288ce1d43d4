# SPDX-License-Identifier: MIT
"""The tables of the web page: every figure of the results, with its unit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from plots.tables import standing
from plots.read.profiles import Memory, Profile
from plots.text.report import ratio, row_label, time_counters
from plots.read.results import FLOOR, REPLAY, Case, Contender, Results
from plots.read.statistics import estimate, mark, median
from plots.draw.style import in_order
from plots.text.layout import count, number

# Text; a number for sorting and how it is written; or not measured.
Cell = str | tuple[float, str] | None


@dataclass(frozen=True)
class Column:
    """`facet` is the filter that looks at it."""

    label: str
    unit: str = ""
    facet: str = ""
    is_number: bool = True
    is_wide: bool = False


@dataclass(frozen=True)
class Table:
    """Rows of cells under an id, a title and, if needed, a word on them."""

    id: str
    title: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    note: str = ""

    def as_json(self) -> dict[str, Any]:
        """As the script of the page takes it."""
        return {
            "id": self.id,
            "title": self.title,
            "note": self.note,
            "columns": [
                {
                    "label": column.label,
                    "unit": column.unit,
                    "facet": column.facet,
                    "isNumber": column.is_number,
                    "isWide": column.is_wide,
                }
                for column in self.columns
            ],
            "rows": self.rows,
        }


_GUEST = Column("Guest", facet="workload", is_number=False)
_OPERATION = Column("Operation", facet="operation", is_number=False)
_STRUCTURE = Column("Structure", facet="structure", is_number=False)
_FAILURES = Column("Failures", facet="condition", is_number=False)
_CASE = (_GUEST, _OPERATION, _STRUCTURE, _FAILURES)

_MEMORY = {
    "bits_per_page": ("Largest pass full", "bits per page"),
    "requested_bits_per_page": ("As requested", "bits per page"),
    "peak_requested_bytes": ("Peak requested", "bytes"),
    "peak_rounded_bytes": ("Peak in classes", "KiB"),
    "peak_slab_bytes": ("Peak of slabs", "bytes"),
    "allocations": ("Allocations", "requests"),
    "failed_allocations": ("Failed", "requests"),
    "failed_sets": ("Sets that failed", "pages"),
}
_REPLAY = {
    "sim_inflate_ms": ("Inflating, simulated", "ms"),
    "sim_ms": ("All, simulated", "ms"),
    "real_madvise_ms": ("madvise, measured", "ms"),
    "structure_ms": ("In the set, measured", "ms"),
    "kicks": ("Kicks", "times"),
    "chunks": ("Chunks", "chunks"),
    "pages_told": ("Told", "pages"),
    "pages_told_singly": ("Told singly", "pages"),
    "pages_told_by_array": ("Told by array", "pages"),
    "pages_freed_back": ("Freed back", "pages"),
    "pages_lost": ("Lost", "pages"),
}
_POLICIES = ("requested", "rounded", "slab", "pow2", "exact")
_QUANTILES = ("p50", "p90", "p99", "p99_9", "max", "max_raw")


def tables(results: Results, counted: Results | None) -> list[Table]:
    """Every table that has a row."""
    profiles = results.profiles
    made = [
        _time_table(results),
        _counter_table(
            results,
            "memory",
            "Memory and failures of a set",
            _MEMORY,
            lambda case: case.operation == "set"
            and case.contender.structure != FLOOR,
        ),
        _profile_table(profiles),
        _tail_table(profiles),
        _counter_table(
            results,
            "replay",
            "Replays through the model of the driver",
            _REPLAY,
            lambda case: case.operation == REPLAY,
        ),
        *([_instruction_table(counted)] if counted else []),
        _error_table(results),
    ]
    if not any(table.rows for table in made):
        return []
    return [
        table
        for table in (*made, _workload_table(results), _facts(results))
        if table.rows
    ]


def structure_label(contender: Contender) -> str:
    """What the filter calls it."""
    label = row_label(contender)
    return contender.structure if label == f"({FLOOR})" else label


def _key(case: Case) -> list[Cell]:
    return [
        case.workload,
        case.operation,
        structure_label(case.contender),
        case.condition,
    ]


def _number(value: float) -> Cell:
    return value, number(value)


def _count(value: float) -> Cell:
    return value, count(value)


def _in_order(cases: Iterable[Case]) -> list[Case]:
    """Guest by guest and operation by operation, structures as everywhere."""
    every = list(cases)
    rank = {
        contender: at
        for at, contender in enumerate(in_order({c.contender for c in every}))
    }
    places = {
        place: at
        for at, place in enumerate(
            dict.fromkeys(
                (c.condition, c.workload, c.operation) for c in every
            )
        )
    }
    return sorted(
        every,
        key=lambda c: (
            places[c.condition, c.workload, c.operation],
            rank[c.contender],
        ),
    )


# --- times --------------------------------------------------------------


def _time_table(results: Results) -> Table:
    rows = [
        row
        for case in _in_order(results.cases)
        for counter in time_counters(case.operation)
        if (row := _time_row(results, case, counter))
    ]
    columns = (
        *_CASE,
        Column("Time", "median"),
        Column("Interval", "95 %, or (range)"),
        Column(f"Ratio to {results.baseline or 'baseline'}", "of times"),
        Column("Difference", is_number=False),
        Column("Rounds", "rounds"),
    )
    return Table("times", "Times", columns, rows)


def _time_row(results: Results, case: Case, counter: str) -> list[Cell]:
    values = list(results.values(case, counter).values())
    time = estimate(values)
    unit = " " + counter.replace("_", " ")
    if time is None:
        word = results.word(case)
        if not word or counter != time_counters(case.operation)[0]:
            return []
        if word.endswith(" ns"):
            word += " per page"
        # Sorted as slower than every row with a figure.
        return [*_key(case), (1e30, word), None, None, word, None]
    return [
        *_key(case),
        (time.median, number(time.median) + unit),
        # Halved: the difference of two finite doubles need not be one.
        (time.high / 2 - time.low / 2, standing.interval(time, unit)),
        *_ratio_cells(results, case, counter),
        _count(time.count),
    ]


def _ratio_cells(results: Results, case: Case, counter: str) -> list[Cell]:
    contender = case.contender
    if contender == Contender(results.baseline or ""):
        return [(1.0, "1"), "the baseline"]
    value = ratio(results, case, counter)
    if value is None:
        return [None, None]
    text = f"{number(value.median)} {standing.interval(value)}"
    if contender.is_control:
        return [(value.median, text), "the control"]
    if contender.structure == FLOOR:
        return [(value.median, text), "the loop alone"]
    words = {
        "*": "* faster" if value.median < 1 else "* slower",
        "~": "~ none shown",
        "?": "? too few rounds",
    }
    control = ratio(results, results.control_of(case), counter)
    return [(value.median, text), words[mark(value, control)]]


# --- counters -----------------------------------------------------------


def _counter_table(
    results: Results,
    name: str,
    title: str,
    counters: Mapping[str, tuple[str, str]],
    belongs: Callable[[Case], bool],
) -> Table:
    """Medians of those counters that any row has."""
    cases = _in_order(case for case in results.cases if belongs(case))
    there = [
        counter
        for counter in counters
        if any(results.values(case, counter) for case in cases)
    ]
    rows = []
    for case in cases:
        cells = [_median(results, case, counter) for counter in there]
        if any(cell is not None for cell in cells):
            rows.append([*_key(case), *cells])
    columns = (*_CASE, *(Column(*counters[counter]) for counter in there))
    return Table(name, title, columns, rows, "Medians over the rounds.")


def _median(results: Results, case: Case, counter: str) -> Cell:
    values = list(results.values(case, counter).values())
    if not values:
        return None
    value = median(values)
    if counter == "peak_rounded_bytes":
        return _number(value / 1024)
    return _count(value) if "bits" not in counter else _number(value)


def _instruction_table(counted: Results) -> Table:
    rows = []
    for case in _in_order(counted.cases):
        values = counted.values(case, "instructions_per_page")
        if values and not case.contender.is_control:
            rows.append([*_key(case), _number(min(values.values()))])
    return Table(
        "instructions",
        "Instructions",
        (*_CASE, Column("Executed", "instructions per page")),
        rows,
        "Counted by callgrind on cut traces; the same on every run.",
    )


# --- profiles -----------------------------------------------------------


def _profile_table(profiles: Sequence[Profile]) -> Table:
    columns = (
        _GUEST,
        _STRUCTURE,
        _FAILURES,
        *(Column(f"Peak, {policy}", "bytes") for policy in _POLICIES),
        Column("Retained, pow2", "bytes"),
        Column("Allocations", "per 1000 sets"),
        Column("Largest request", "order"),
        Column("Remark", is_number=False, is_wide=True),
    )
    rows: list[list[Cell]] = []
    for profile in profiles:
        memory = profile.memory
        if memory is None and profile.error is None:
            continue
        rows.append(
            [
                profile.workload,
                profile.structure,
                profile.condition,
                *(
                    _count(getattr(memory.peak, policy)) if memory else None
                    for policy in _POLICIES
                ),
                _count(memory.retained.pow2) if memory else None,
                _per_1000_sets(memory) if memory else None,
                _count(memory.largest_order) if memory else None,
                profile.error or "",
            ]
        )
    return Table(
        "profiles",
        "Memory over the whole run",
        columns,
        rows,
        "requested: what was asked for; rounded: in kmalloc classes; slab:"
        " pages that slabs hold; pow2 and exact: with requests of whole"
        " pages, by what those get.",
    )


def _per_1000_sets(memory: Memory) -> Cell:
    if memory.sets == 0:
        return None
    return _number(1000 * memory.allocations / memory.sets)


def _tail_table(profiles: Sequence[Profile]) -> Table:
    columns = (
        *_CASE,
        Column("Operations", "calls"),
        *(
            Column(name, "ns")
            for name in (
                "Median",
                "90 %",
                "99 %",
                "99.9 %",
                "Longest",
                "Longest, raw",
            )
        ),
        Column("Longest at", "position in the trace"),
    )
    rows = list(_tail_rows(profiles))
    return Table(
        "tails",
        "Single operations",
        columns,
        rows,
        "Each position of the trace counts with the least time of several"
        " repetitions; raw: with interrupts.",
    )


def _tail_rows(profiles: Sequence[Profile]) -> Iterator[list[Cell]]:
    for profile in profiles:
        operations = profile.tails.operations if profile.tails else {}
        for operation, times in operations.items():
            yield [
                profile.workload,
                operation,
                profile.structure,
                profile.condition,
                _count(times.count),
                *(_number(getattr(times, name)) for name in _QUANTILES),
                _count(times.worst[0].position) if times.worst else None,
            ]


# --- facts --------------------------------------------------------------


def _error_table(results: Results) -> Table:
    rows: list[list[Cell]] = [
        [
            *_key(case),
            (times, f"{times} of {results.rounds_of[case]}"),
            reason,
        ]
        for (case, reason), times in results.errors.items()
    ]
    columns = (
        *_CASE,
        Column("Without figures", "rounds"),
        Column("Reason", is_number=False, is_wide=True),
    )
    return Table("errors", "Rows without figures", columns, rows)


def _workload_table(results: Results) -> Table:
    rows: list[list[Cell]] = []
    for workload in results.workloads:
        figures = (
            workload.guest_memory,
            workload.pages,
            workload.passes,
            workload.ranges,
        )
        cells = [None if f is None else _count(f) for f in figures]
        rows.append([workload.name, *cells, workload.trace])
    columns = (
        _GUEST,
        Column("Memory of the guest", "bytes"),
        Column("Recorded", "pages"),
        Column("Passes", "passes"),
        Column("Ranges", "ranges"),
        Column("Checksum of the trace", "XXH3-128", is_number=False),
    )
    return Table("workloads", "Guests", columns, rows)


def _facts(results: Results) -> Table:
    facts = {s.name: s.facts for s in results.structures}
    keys = ("family", "out_of_memory", "clear_can_fail", "origin")
    rows = [
        [c.structure, *(facts[c.structure].get(key) for key in keys)]
        for c in in_order(map(Contender, facts))
    ]
    columns = (
        _STRUCTURE,
        Column("Family", is_number=False),
        Column("Out of memory", is_number=False),
        Column("Clear can fail", is_number=False),
        Column("Origin", is_number=False, is_wide=True),
    )
    return Table("structures", "Structures", columns, rows)
