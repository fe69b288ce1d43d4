# SPDX-License-Identifier: MIT
"""One table a workload: what a developer asks of a structure at first sight.

Time, the longest single step, memory and instructions, one row for each
structure that was profiled. The web page has the profiles in full.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from plots.read.profiles import Profile
from plots.read.results import Case, Contender, Results, condition_label
from plots.read.statistics import estimate, median
from plots.draw.style import in_order
from plots.text.layout import Cell, Table, count, listing, number, render, wrap

_ABSENT = Cell(("-",))
_LEGEND = (
    "at a glance: set ns, ns per page of set, median; 99.9 %, what so many"
    " single sets do not exceed, in ns; longest us, of a single step under the"
    " lock (set, clr: clear, nr: next range, cr: clear range), the least of the"
    " repetitions at each place of the trace, so without interrupts (? one"
    " repetition, so perhaps with): whether a lock hold needs cond_resched;"
    " bits a page when the largest pass is full, in kmalloc classes; peak, KiB"
    " at any time; kept, KiB when all is drained; instr, instructions per page"
    " of set"
)


def tables(
    results: Results, counts: Results | None = None
) -> Iterator[list[str]]:
    """All tables and a legend; nothing for results without profiles.

    `counts` is what instructions.json holds, if there is one.
    """
    groups: dict[tuple[str, str], list[Profile]] = {}
    for profile in results.profiles:
        key = (profile.workload, profile.condition)
        groups.setdefault(key, []).append(profile)
    columns: Mapping[str, Callable[[Profile], Cell]] = {
        "set ns": lambda p: _of_row(results, p, "ns_per_page"),
        "99.9 %": _rare,
        "longest us": longest_cell,
        "bits": lambda p: _bits(results, p),
        "peak": lambda p: _cell(results.any_peak_kib(_case(p))),
        "kept": lambda p: _cell(p.memory and p.memory.retained.rounded / 1024),
        "instr": lambda p: _of_row(counts, p, "instructions_per_page"),
    }
    for (workload, condition), profiles in groups.items():
        yield _table(
            f"{workload}, {condition_label(condition)}: at a glance",
            profiles,
            columns,
        )
    if groups:
        yield wrap(_LEGEND)
    short = [p.name for p in results.profiles if p.error is not None]
    if short:
        yield wrap(f"profiles cut off or not made: {listing(short)}")


def _table(
    title: str,
    profiles: Sequence[Profile],
    columns: Mapping[str, Callable[[Profile], Cell]],
) -> list[str]:
    by_name = {Contender(p.structure): p for p in profiles}
    order = in_order(by_name)
    cells = {
        heading: [cell(by_name[contender]) for contender in order]
        for heading, cell in columns.items()
    }
    shown = {
        heading: column
        for heading, column in cells.items()
        if any(cell != _ABSENT for cell in column)
    }
    if not shown:
        return []
    rows = [
        (contender.structure, list(row))
        for contender, row in zip(order, zip(*shown.values()))
    ]
    return render(
        Table(title, list(shown), "structure", rows, most_columns=len(columns))
    )


def _cell(value: float | None) -> Cell:
    return _ABSENT if value is None else Cell((number(value),))


def _case(profile: Profile) -> Case:
    return Case(
        "set",
        profile.workload,
        Contender(profile.structure),
        profile.condition,
    )


def _bits(results: Results, profile: Profile) -> Cell:
    values = results.values(_case(profile), "bits_per_page")
    if values:
        return _cell(median(list(values.values())))
    memory = profile.memory
    return _cell(memory.when_full.get("bits_per_page") if memory else None)


def _of_row(results: Results | None, profile: Profile, counter: str) -> Cell:
    if results is None:
        return _ABSENT
    case = _case(profile)
    value = estimate(list(results.values(case, counter).values()))
    if value is None and results.word(case):
        return Cell((results.word(case).removesuffix(" ns"),))
    return _cell(value.median if value else None)


def _rare(profile: Profile) -> Cell:
    times = profile.tails and profile.tails.operations.get("set")
    return _ABSENT if times is None else Cell((count(round(times.p99_9)),))


_SHORT = {"clear": "clr", "next_range": "nr", "clear_range": "cr"}


def longest_cell(profile: Profile) -> Cell:
    """The longest step under the lock, in us, and its kind."""
    longest = profile.tails.longest if profile.tails else None
    if longest is None:
        return _ABSENT
    step, ns = longest
    is_repeated = profile.tails is not None and profile.tails.repetitions > 1
    return Cell(
        (number(ns / 1000), _SHORT.get(step, step).ljust(3)),
        mark=" " if is_repeated else "?",
    )
