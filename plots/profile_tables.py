# SPDX-License-Identifier: MIT
"""Tables of profiles: what a developer asks of a structure at first sight.

Per workload one row for each structure: time, memory, the longest single
step and instructions; then the tails; then details of the memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from plots.profiles import Profile, StepTimes
from plots.results import Case, Contender, Results, condition_label
from plots.statistics import estimate
from plots.style import in_order
from plots.text import Cell, Table, count, listing, number, render, wrap

_ABSENT = Cell(("-",))
Columns = Mapping[str, Callable[[Profile], Cell]]


def tables(
    results: Results, counts: Results | None = None
) -> Iterator[list[str]]:
    """All tables; nothing for results without profiles.

    `counts` is what instructions.json holds, if there is one.
    """
    groups: dict[tuple[str, str], list[Profile]] = {}
    for profile in results.profiles:
        key = (profile.workload, profile.condition)
        groups.setdefault(key, []).append(profile)
    for key, profiles in groups.items():
        yield _table(
            profiles,
            "at a glance: ns per page (set), bits per page (largest pass,"
            " rounded), longest single step, instructions per page (set)",
            {
                "ns": lambda p: _row_cell(results, p, "ns_per_page"),
                "bits": _bits_cell,
                "longest ns": _longest_cell,
                "instr": lambda p: _row_cell(
                    counts, p, "instructions_per_page"
                ),
            },
        )
        for step in ("set", "clear_range"):
            yield _table(
                profiles, f"ns of a single {step}", _tail_columns(step)
            )
        yield _table(
            profiles,
            "memory: KiB at the peak (pages of slabs and blocks) and when"
            " drained (rounded), per 1000 sets, largest order of pages",
            {
                "peak": lambda p: _cell(
                    p.memory and p.memory.peak.pow2 / 1024
                ),
                "drained": lambda p: _cell(
                    p.memory and p.memory.retained.rounded / 1024
                ),
                "allocs": lambda p: _cell(
                    p.memory and _per_1000(p.memory.allocations, p)
                ),
                "frees": lambda p: _cell(
                    p.memory and _per_1000(p.memory.frees, p)
                ),
                "order": lambda p: _cell(p.memory and p.memory.largest_order),
            },
        )
    if groups:
        yield wrap(
            "longest single step: of set, clear, next_range (nr) and"
            " clear_range (cr) the one that took longest, the least of all"
            " repetitions at each place of the trace; it says whether the"
            " lock can be held without cond_resched"
        )
    short = [p.name for p in results.profiles if p.error is not None]
    if short:
        yield wrap(f"profiles cut off or not made: {listing(short)}")


def _table(
    profiles: Sequence[Profile], title: str, columns: Columns
) -> list[str]:
    by_name = {Contender(p.structure): p for p in profiles}
    rows = [
        (
            contender.structure,
            [cell(by_name[contender]) for cell in columns.values()],
        )
        for contender in in_order(by_name)
    ]
    if all(cell == _ABSENT for _, cells in rows for cell in cells):
        return []
    first = profiles[0]
    heading = f"{first.workload}, {condition_label(first.condition)}: {title}"
    return render(Table(heading, list(columns), "structure", rows))


def _cell(value: float | None) -> Cell:
    return _ABSENT if value is None else Cell((number(value),))


def _per_1000(events: int, profile: Profile) -> float | None:
    sets = profile.memory.sets if profile.memory else 0
    return 1000 * events / sets if sets else None


def _row_cell(
    results: Results | None, profile: Profile, counter: str
) -> Cell:
    if results is None:
        return _ABSENT
    case = Case(
        "set",
        profile.workload,
        Contender(profile.structure),
        profile.condition,
    )
    value = estimate(list(results.values(case, counter).values()))
    return _cell(value.median if value else None)


def _bits_cell(profile: Profile) -> Cell:
    return _cell(profile.memory.bits_per_page if profile.memory else None)


_SHORT = {"next_range": "nr", "clear_range": "cr"}


def _longest_cell(profile: Profile) -> Cell:
    longest = profile.tails.longest if profile.tails else None
    if longest is None:
        return _ABSENT
    step, ns = longest
    return Cell((count(round(ns)), _SHORT.get(step, step)))


def _tail_columns(step: str) -> Columns:
    def column(value: Callable[[StepTimes], float]) -> Callable[
        [Profile], Cell
    ]:
        def cell(profile: Profile) -> Cell:
            times = profile.tails and profile.tails.operations.get(step)
            return _cell(value(times) if times else None)

        return cell

    return {
        "p50": column(lambda times: times.p50),
        "p99": column(lambda times: times.p99),
        "p99.9": column(lambda times: times.p99_9),
        "max": column(lambda times: times.max),
        "max raw": column(lambda times: times.max_raw),
    }
