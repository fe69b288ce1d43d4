# SPDX-License-Identifier: MIT
"""Profiles: the memory of a structure pass by pass, its steps one by one.

They stand under "profiles" in results.json, an object for each structure on
each workload. Sizes are bytes, times ns. What is there must be right; what
was cut off, or cannot be told of a structure, is absent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from plots.read.case import condition_of
from plots.read.shape import INLINE, KEY, BadShape, build

# Steps that happen under a lock of the driver, in order of a pass.
STEPS = ("set", "clear", "next_range", "clear_range", "destroy")
LOCKED_STEPS = STEPS[:-1]


@dataclass(frozen=True)
class Held:
    """Bytes held: as asked for, rounded, and in pages."""

    requested: int
    rounded: int
    slab: int
    pow2: int
    exact: int


@dataclass(frozen=True)
class PassEnd:
    """What is held when a pass is recorded."""

    pages: int
    number: int = field(metadata={KEY: "pass"})
    held: Held = field(metadata={INLINE: True})


@dataclass(frozen=True)
class Cache:
    """One slab cache at its peak."""

    name: str
    object: int
    per_slab: int
    order: int
    slabs_peak: int
    objects_peak: int


class TimelinePoint(NamedTuple):
    """What is held after so many recorded pages."""

    pages: int
    requested: int
    held: int


@dataclass(frozen=True)
class Memory:
    """The memory of a whole run."""

    cpus: int
    pass_ends: tuple[PassEnd, ...]
    peak: Held
    retained: Held
    caches: tuple[Cache, ...]
    allocations: int
    frees: int
    sets: int
    largest_order: int
    timeline: tuple[TimelinePoint, ...]

    @cached_property
    def largest(self) -> PassEnd | None:
        """The pass with the most pages."""
        if not self.pass_ends:
            return None
        return max(self.pass_ends, key=lambda end: end.pages)

    @property
    def when_full(self) -> Mapping[str, float]:
        """Bits per page when the largest pass is recorded, as rows have it."""
        end = self.largest
        if end is None or end.pages == 0:
            return {}
        return {
            "bits_per_page": 8 * end.held.rounded / end.pages,
            "requested_bits_per_page": 8 * end.held.requested / end.pages,
        }


class Bucket(NamedTuple):
    """How many steps took from lower_ns to less than upper_ns."""

    lower_ns: float
    upper_ns: float
    count: int


@dataclass(frozen=True)
class SlowStep:
    """A step that took long. Allocations are None where nobody counts."""

    position: int
    number: int = field(metadata={KEY: "pass"})
    pfn: int
    ns: float
    allocations: int | None = None


@dataclass(frozen=True)
class StepTimes:
    """The times of all steps of one kind."""

    count: int
    p50: float
    p90: float
    p99: float
    p99_9: float
    max: float
    max_raw: float
    histogram: tuple[Bucket, ...]
    worst: tuple[SlowStep, ...]

    def __post_init__(self) -> None:
        shown = sum(bucket.count for bucket in self.histogram)
        if shown != self.count:
            raise ValueError(f"counts {self.count} steps and shows {shown}")


@dataclass(frozen=True)
class Tails:
    """The times of all steps; `passes` from the start of the workload."""

    overhead_ns: float
    repetitions: int
    operations: Mapping[str, StepTimes]
    passes: int | None = None

    def __post_init__(self) -> None:
        for name in self.operations:
            if name not in STEPS:
                raise ValueError(f"has {name!r}, which is no step")

    @property
    def longest(self) -> tuple[str, float] | None:
        """The longest step under the lock, and its kind."""
        there = [
            (self.operations[name].max, name)
            for name in LOCKED_STEPS
            if name in self.operations
        ]
        if not there:
            return None
        ns, name = max(there)
        return name, ns


@dataclass(frozen=True)
class Profile:
    """One structure on one workload; `error` says why something lacks."""

    workload: str
    structure: str
    conditions: Mapping[str, str] = field(default_factory=dict)
    error: str | None = None
    memory: Memory | None = None
    tails: Tails | None = None

    @property
    def condition(self) -> str:
        return condition_of(self.conditions)

    @property
    def name(self) -> str:
        parts = [self.workload, self.structure, self.condition]
        return "/".join(part for part in parts if part)


def read(value: Any) -> tuple[Profile, ...]:
    """All profiles of a file; raises BadShape."""
    found: tuple[Profile, ...] = build(tuple[Profile, ...], value, "profiles")
    seen: set[str] = set()
    for profile in found:
        if profile.name in seen:
            raise BadShape(f"profile {profile.name} stands twice")
        seen.add(profile.name)
    return found
