# SPDX-License-Identifier: MIT
"""Profiles: the memory of a structure pass by pass, its steps one by one.

They stand under "profiles" in results.json, an object for each structure on
each workload. Sizes are bytes, times ns. What is there must be right; what
was cut off, or cannot be told of a structure, is absent.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

# Steps that happen under a lock of the driver, in order of a pass.
STEPS = ("set", "clear", "next_range", "clear_range", "destroy")
LOCKED_STEPS = STEPS[:-1]

T = TypeVar("T")


class BadProfile(Exception):
    """Says what is wrong and where, without naming the file."""


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

    number: int
    pages: int
    held: Held


@dataclass(frozen=True)
class Cache:
    """One slab cache at its peak."""

    name: str
    object: int
    per_slab: int
    order: int
    slabs_peak: int
    objects_peak: int


@dataclass(frozen=True)
class TimelinePoint:
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


@dataclass(frozen=True)
class Bucket:
    """How many steps took from lower_ns to less than upper_ns."""

    lower_ns: float
    upper_ns: float
    count: int


@dataclass(frozen=True)
class SlowStep:
    """A step that took long. Allocations are None where nobody counts."""

    position: int
    number: int  # of the pass
    pfn: int
    ns: float
    allocations: int | None


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


@dataclass(frozen=True)
class Tails:
    """The times of all steps; `passes` from the start of the workload."""

    overhead_ns: float
    repetitions: int
    passes: int | None
    operations: Mapping[str, StepTimes]

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
    condition: str
    error: str | None
    memory: Memory | None
    tails: Tails | None

    @property
    def name(self) -> str:
        parts = [self.workload, self.structure, self.condition]
        return "/".join(part for part in parts if part)


def read(value: Any) -> tuple[Profile, ...]:
    """All profiles of a file; raises BadProfile."""
    if value is None:
        return ()
    profiles = _list(value, "profiles", _profile)
    seen: set[str] = set()
    for profile in profiles:
        if profile.name in seen:
            raise BadProfile(f"profile {profile.name} stands twice")
        seen.add(profile.name)
    return profiles


def _profile(value: Any, where: str) -> Profile:
    fields = _Object(value, where)
    error = fields.text("error") if "error" in fields else None
    return Profile(
        workload=fields.text("workload"),
        structure=fields.text("structure"),
        condition=fields.text("condition"),
        error=error,
        memory=fields.optional("memory", _memory),
        tails=fields.optional("tails", _tails),
    )


def _memory(value: Any, where: str) -> Memory:
    fields = _Object(value, where)
    return Memory(
        cpus=fields.whole("cpus"),
        pass_ends=fields.list("pass_ends", _pass_end),
        peak=fields.object("peak", _held),
        retained=fields.object("retained", _held),
        caches=fields.list("caches", _cache),
        allocations=fields.whole("allocations"),
        frees=fields.whole("frees"),
        sets=fields.whole("sets"),
        largest_order=fields.whole("largest_order"),
        timeline=fields.list("timeline", _timeline_point),
    )


def _held(value: Any, where: str) -> Held:
    fields = _Object(value, where)
    return Held(
        *map(fields.whole, ("requested", "rounded", "slab", "pow2", "exact"))
    )


def _pass_end(value: Any, where: str) -> PassEnd:
    fields = _Object(value, where)
    return PassEnd(
        fields.whole("pass"), fields.whole("pages"), _held(value, where)
    )


def _cache(value: Any, where: str) -> Cache:
    fields = _Object(value, where)
    numbers = ("object", "per_slab", "order", "slabs_peak", "objects_peak")
    return Cache(fields.text("name"), *map(fields.whole, numbers))


def _timeline_point(value: Any, where: str) -> TimelinePoint:
    pages, requested, held = _three(value, where)
    return TimelinePoint(
        *(_whole(each, where) for each in (pages, requested, held))
    )


def _tails(value: Any, where: str) -> Tails:
    fields = _Object(value, where)
    return Tails(
        overhead_ns=fields.number("overhead_ns"),
        repetitions=fields.whole("repetitions"),
        passes=fields.whole("passes") if "passes" in fields else None,
        operations=fields.object("operations", _operations),
    )


def _operations(value: Any, where: str) -> Mapping[str, StepTimes]:
    fields = _Object(value, where)
    unknown = sorted(set(fields.keys).difference(STEPS))
    if unknown:
        raise BadProfile(f"{where} has {unknown[0]!r}, which is no step")
    return {
        name: fields.object(name, _step_times)
        for name in STEPS
        if name in fields
    }


def _step_times(value: Any, where: str) -> StepTimes:
    fields = _Object(value, where)
    step = StepTimes(
        count=fields.whole("count"),
        p50=fields.number("p50"),
        p90=fields.number("p90"),
        p99=fields.number("p99"),
        p99_9=fields.number("p99_9"),
        max=fields.number("max"),
        max_raw=fields.number("max_raw"),
        histogram=fields.list("histogram", _bucket),
        worst=fields.list("worst", _slow_step),
    )
    total = sum(bucket.count for bucket in step.histogram)
    if total != step.count:
        raise BadProfile(
            f"{where} counts {step.count} steps and shows {total}"
        )
    return step


def _bucket(value: Any, where: str) -> Bucket:
    lower, upper, number = _three(value, where)
    return Bucket(
        _number(lower, where), _number(upper, where), _whole(number, where)
    )


def _slow_step(value: Any, where: str) -> SlowStep:
    fields = _Object(value, where)
    known = "allocations" in fields
    return SlowStep(
        fields.whole("position"),
        fields.whole("pass"),
        fields.whole("pfn"),
        fields.number("ns"),
        fields.whole("allocations") if known else None,
    )


class _Object:
    """Takes the fields of a JSON object, each of the type it must have."""

    def __init__(self, value: Any, where: str) -> None:
        if not isinstance(value, dict):
            raise BadProfile(f"{where} is not an object")
        self._value = value
        self._where = where

    def __contains__(self, key: str) -> bool:
        return key in self._value

    @property
    def keys(self) -> list[str]:
        return list(self._value)

    def _get(self, key: str) -> tuple[Any, str]:
        if key not in self._value:
            raise BadProfile(f"{self._where} has no {key}")
        return self._value[key], f"{self._where}: {key}"

    def text(self, key: str) -> str:
        value, where = self._get(key)
        if not isinstance(value, str):
            raise BadProfile(f"{where} is not text")
        return value

    def whole(self, key: str) -> int:
        return _whole(*self._get(key))

    def number(self, key: str) -> float:
        return _number(*self._get(key))

    def object(self, key: str, convert: Callable[[Any, str], T]) -> T:
        return convert(*self._get(key))

    def optional(self, key: str, convert: Callable[[Any, str], T]) -> T | None:
        return self.object(key, convert) if key in self._value else None

    def list(
        self, key: str, convert: Callable[[Any, str], T]
    ) -> tuple[T, ...]:
        return _list(*self._get(key), convert)


def _list(
    value: Any, where: str, convert: Callable[[Any, str], T]
) -> tuple[T, ...]:
    if not isinstance(value, list):
        raise BadProfile(f"{where} is not a list")
    return tuple(
        convert(each, f"{where}[{number}]")
        for number, each in enumerate(value)
    )


def _three(value: Any, where: str) -> tuple[Any, Any, Any]:
    if not isinstance(value, list) or len(value) != 3:
        raise BadProfile(f"{where} is not a list of three numbers")
    first, second, third = value
    return first, second, third


def _whole(value: Any, where: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise BadProfile(f"{where} is not a whole number")
    return value


def _number(value: Any, where: str) -> float:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    # NaN and infinity are no JSON, but Python reads them.
    if not is_number or not math.isfinite(value) or value < 0:
        raise BadProfile(f"{where} is not a number from 0")
    return float(value)
