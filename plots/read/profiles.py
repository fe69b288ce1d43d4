# SPDX-License-Identifier: MIT
"""Profiles: memory in bytes, pass by pass, and the ns of single steps."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from plots.read.case import Subject
from plots.read.shape import WHOLE, BadShape, LongText
from plots.read.statistics import Estimate, mean

# Steps of a pass in their order; all but the last happen under the lock.
STEPS = ("set", "clear", "next_range", "clear_range", "destroy")


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
    """What is held when a pass of so many pages is recorded."""

    pages: int
    held: Held = field(metadata=WHOLE)


class TimelinePoint(NamedTuple):
    """What is held after so many recorded pages."""

    pages: int
    requested: int
    held: int


@dataclass(frozen=True)
class Memory:
    pass_ends: tuple[PassEnd, ...]
    peak: Held
    retained: Held
    allocations: int
    sets: int
    largest_order: int
    timeline: tuple[TimelinePoint, ...]


class Bucket(NamedTuple):
    """How many steps took from lower_ns to less than upper_ns."""

    lower_ns: float
    upper_ns: float
    count: int


@dataclass(frozen=True)
class SlowStep:
    """A step that took long, the how manyth of its kind."""

    position: int
    ns: float


@dataclass(frozen=True)
class StepTimes:
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
            raise BadShape(f" counts {self.count} steps and shows {shown}")


@dataclass(frozen=True)
class Tails:
    """The times of all steps; `passes` from the start of the workload."""

    repetitions: int
    operations: Mapping[str, StepTimes]
    passes: int | None = None

    def __post_init__(self) -> None:
        for name in self.operations:
            if name not in STEPS:
                raise BadShape(f": operations has {name!r:.40}, no step")

    @property
    def longest(self) -> tuple[str, float] | None:
        """The longest step under the lock, and its kind."""
        locked = [
            (name, each.max)
            for name, each in self.operations.items()
            if name in STEPS[:-1]
        ]
        return max(locked, key=lambda item: item[::-1], default=None)


@dataclass(frozen=True, kw_only=True)
class Profile(Subject):
    """One structure on one workload; `error` says why something lacks."""

    error: LongText | None = None
    memory: Memory | None = None
    tails: Tails | None = None


@dataclass(frozen=True, kw_only=True)
class Losses(Subject):
    """Pages lost to a fault, of so many, for each of several seeds."""

    error: LongText | None = None
    pages: int = 0
    lost: tuple[int, ...] = ()

    @property
    def ppm(self) -> Estimate | None:
        return mean([1e6 * n / self.pages for n in self.lost if self.pages])
