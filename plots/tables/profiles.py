# SPDX-License-Identifier: MIT
"""What profiles say: memory over a whole run, and single calls."""

from __future__ import annotations

from collections.abc import Iterator

from plots.read.profiles import Memory, Profile
from plots.read.results import Contender, Results
from plots.tables.cases import CASE, CONDITION
from plots.tables.glance import GUEST, STRUCTURE
from plots.tables.table import ABSENT, Cell, Column, Table, figure

_POLICIES = {
    "requested": "as it was asked for",
    "rounded": "in kmalloc size classes",
    "slab": "in pages that slabs hold",
    "pow2": "in slabs, whole pages as powers of two",
    "exact": "in slabs, whole pages exactly",
}
_QUANTILES = {
    "p50": ("median", "half of the calls take at most this"),
    "p90": ("90 %", "so many calls take at most this"),
    "p99": ("99 %", ""),
    "p99_9": ("99.9 %", ""),
    "max": ("longest", "the longest, interrupts taken out by repetition"),
    "max_raw": ("raw", "the longest with interrupts"),
}


def memory(results: Results) -> Table:
    """The most that was held, by what an allocator would take for it."""
    columns = (
        GUEST,
        STRUCTURE,
        CONDITION,
        *(
            Column(name, name, "KiB", f"most memory, {legend}")
            for name, legend in _POLICIES.items()
        ),
        Column("kept", "kept", "KiB", "memory when all pages are drained"),
        Column(
            "allocations",
            "per 1000",
            legend="requests for memory per 1000 pages recorded",
        ),
        Column(
            "largest_order",
            "order",
            legend="of the largest request, a power of two of pages",
            form="count",
        ),
        Column("remark", "remark"),
    )
    rows = tuple(
        (
            *_key(profile),
            *_memory_cells(profile.memory),
            Cell(profile.error) if profile.error else ABSENT,
        )
        for profile in _sorted(results)
        if profile.memory or profile.error
    )
    title = "memory over the whole run"
    return Table("profiles", title, columns, rows).filled()


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
    columns = (
        *CASE,
        Column("calls", "calls", form="count"),
        *(
            Column(key, name, "ns", legend)
            for key, (name, legend) in _QUANTILES.items()
        ),
        Column(
            "position",
            "at",
            legend="place in the trace of the longest",
            form="count",
        ),
    )
    rows = tuple(
        (
            Cell(operation),
            *_key(profile),
            figure(times.count),
            *(figure(getattr(times, name)) for name in _QUANTILES),
            figure(times.worst[0].position if times.worst else None),
        )
        for profile in _sorted(results)
        for operation, times in (
            profile.tails.operations if profile.tails else {}
        ).items()
    )
    return Table("tails", "single calls", columns, rows).filled()


def _sorted(results: Results) -> Iterator[Profile]:
    groups: dict[tuple[str, str], dict[Contender, Profile]] = {}
    for profile in results.profiles:
        there = groups.setdefault((profile.condition, profile.workload), {})
        there[Contender(profile.structure)] = profile
    for there in groups.values():
        yield from (there[who] for who in results.in_order(there))


def _key(profile: Profile) -> tuple[Cell, Cell, Cell]:
    return (
        Cell(profile.workload),
        Cell(profile.structure),
        Cell(profile.condition),
    )
