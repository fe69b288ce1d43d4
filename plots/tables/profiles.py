# SPDX-License-Identifier: MIT
"""What profiles say: memory over a whole run, and single calls."""

from __future__ import annotations

from collections.abc import Iterator

from plots.read.profiles import Memory, Profile
from plots.read.results import Contender, Results
from plots.tables.cases import CASE
from plots.tables.table import ABSENT, Cell, Table, columns, figure

_POLICIES = ("requested", "rounded", "slab", "pow2", "exact")
_QUANTILES = ("count", "p50", "p90", "p99", "p99_9", "max", "max_raw")


def memory(results: Results) -> Table:
    """The most that was held, by what an allocator would take for it."""
    rows = tuple(
        (
            *_key(profile),
            *_memory_cells(profile.memory),
            Cell(profile.error) if profile.error else ABSENT,
        )
        for profile in _sorted(results)
        if profile.memory or profile.error
    )
    heads = (*CASE[1:], *columns("profiles"))
    title = "memory over the whole run"
    return Table("profiles", title, heads, rows).filled()


def _memory_cells(memory: Memory | None) -> Iterator[Cell]:
    if memory is None:
        yield from [ABSENT] * (len(_POLICIES) + 3)
        return
    for policy in _POLICIES:
        yield figure(getattr(memory.peak, policy) / 1024)
    yield figure(memory.retained.rounded / 1024)
    per_1000 = 1000 * memory.allocations / memory.sets if memory.sets else None
    yield figure(per_1000)
    yield figure(memory.largest_order)


def calls(results: Results) -> Table:
    """How long single calls take."""
    rows = tuple(
        (
            Cell(operation),
            *_key(profile),
            *(figure(getattr(times, name)) for name in _QUANTILES),
            figure(times.worst[0].position if times.worst else None),
        )
        for profile in _sorted(results)
        if profile.tails
        for operation, times in profile.tails.operations.items()
    )
    heads = (*CASE, *columns("tails"))
    return Table("tails", "single calls", heads, rows).filled()


def _sorted(results: Results) -> Iterator[Profile]:
    groups: dict[tuple[str, str], dict[Contender, Profile]] = {}
    for profile in results.profiles:
        there = groups.setdefault((profile.condition, profile.workload), {})
        there[Contender(profile.structure)] = profile
    for there in groups.values():
        yield from (there[who] for who in results.in_order(there))


def _key(profile: Profile) -> tuple[Cell, ...]:
    key = profile.workload, profile.structure, profile.condition
    return tuple(map(Cell, key))
