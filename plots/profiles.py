# SPDX-License-Identifier: MIT
"""Reads "profiles" of results.json: memory over the run, and tails.

One profile for each workload, structure and condition. What is absent was
not measured.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from plots.results import ResultsError


@dataclass(frozen=True)
class Tail:
    """Single operations: buckets (lower ns, upper ns, count), ascending."""

    count: int
    histogram: tuple[tuple[float, float, int], ...]
    longest: float


@dataclass(frozen=True)
class Profile:
    """What one structure did on one workload under one condition."""

    workload: str
    structure: str
    condition: str
    error: str | None
    # Pages recorded so far, bytes requested, bytes held.
    timeline: tuple[tuple[int, int, int], ...]
    tails: Mapping[str, Tail]  # by operation


def load_profiles(path: Path) -> tuple[Profile, ...]:
    """The profiles of a results.json that `load` has accepted."""
    entries = json.loads(path.read_bytes()).get("profiles", [])
    if not isinstance(entries, list):
        raise _refusal(path, "its profiles are no list")
    profiles = []
    for number, entry in enumerate(entries):
        try:
            profiles.append(_profile(entry))
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise _refusal(
                path, f"profile {number} cannot be read ({error!r})"
            ) from None
    return tuple(profiles)


def _refusal(path: Path, problem: str) -> ResultsError:
    return ResultsError(path, problem, "run the benchmark again")


def _profile(entry: Mapping[str, Any]) -> Profile:
    tails = entry.get("tails", {}).get("operations", {})
    timeline = entry.get("memory", {}).get("timeline", [])
    error = entry.get("error")
    return Profile(
        workload=str(entry["workload"]),
        structure=str(entry["structure"]),
        condition=str(entry["condition"]),
        error=None if error is None else str(error),
        timeline=tuple(
            (_count(pages), _count(requested), _count(held))
            for pages, requested, held in timeline
        ),
        tails={name: _tail(tail) for name, tail in tails.items()},
    )


def _tail(tail: Mapping[str, Any]) -> Tail:
    histogram = tuple(
        (_time(lower), _time(upper), _count(count))
        for lower, upper, count in tail["histogram"]
    )
    if list(histogram) != sorted(histogram):
        raise ValueError("a histogram does not ascend")
    return Tail(_count(tail["count"]), histogram, _time(tail["max"]))


def _count(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError(f"{value!r} is no count")
    return value


def _time(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError(f"{value!r} is no time")
    if not math.isfinite(value) or value < 0:
        raise ValueError(f"{value!r} is no time")
    return float(value)
