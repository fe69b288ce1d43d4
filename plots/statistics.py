# SPDX-License-Identifier: MIT
"""Medians, their intervals, and what may be called a difference.

Nothing here assumes a distribution: times on a shared machine have a long
tail to one side, and a mean with a standard deviation would hide it. What
the rules were chosen for, and how often they raise a false alarm, is
measured by `python3 -m plots experiment` (docs/method.md).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Estimate:
    """A median and what surrounds it, in the unit of the values.

    `low` and `high` bound the interval when `is_interval`, otherwise they
    are the smallest and the largest value: with fewer than six values no
    pair of them covers the median with 95 %.
    """

    median: float
    low: float
    high: float
    count: int
    is_interval: bool

    @property
    def half_width_percent(self) -> float | None:
        """Half of high - low, in percent of the median."""
        if self.median == 0:
            return None
        # Halved before subtracting: the difference of two finite doubles
        # need not be one.
        half = self.high / 2 - self.low / 2
        return 100 * (half / abs(self.median))


def median(values: Sequence[float]) -> float:
    """Middle value, or the middle of the two middle ones."""
    ordered = sorted(values)
    middle = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[middle]
    return ordered[middle - 1] / 2 + ordered[middle] / 2


@lru_cache(maxsize=None)
def interval_ranks(
    count: int, comparisons: int = 1
) -> tuple[int, int] | None:
    """Ranks (from 1) of the two values that bound the median with 95 %.

    The number of values below the true median is binomial(count, 1/2), so
    ranks k and count + 1 - k miss it with twice the probability of fewer
    than k. The largest k that is still sure enough is taken. With several
    comparisons all their intervals together hold with 95 % (Bonferroni).
    """
    below = 0  # ways to have fewer than `rank` values below the median
    best = None
    for rank in range(1, count // 2 + 1):
        below += math.comb(count, rank - 1)
        # Integers, because 2 ** count does not fit a double for long runs.
        missed = 2 * below * 1000 * comparisons
        if missed > round((1 - CONFIDENCE) * 1000) * 2**count:
            break
        best = (rank, count + 1 - rank)
    return best


def rounds_for(comparisons: int) -> int:
    """Rounds from which on `interval_ranks` answers for so many."""
    count = 6
    while interval_ranks(count, comparisons) is None:
        count += 1
    return count


def estimate(
    values: Sequence[float], comparisons: int = 1
) -> Estimate | None:
    """Median with its interval; None without values.

    Where there are values enough for one comparison, but not for so many,
    the interval is the full range: more cannot be had from them.
    """
    if not values:
        return None
    ordered = sorted(values)
    everything = (1, len(ordered))
    low, high = interval_ranks(len(ordered), comparisons) or everything
    return Estimate(
        median=median(ordered),
        low=ordered[low - 1],
        high=ordered[high - 1],
        count=len(ordered),
        is_interval=interval_ranks(len(ordered)) is not None,
    )


def paired_ratios(
    values: Mapping[int, float], baseline: Mapping[int, float]
) -> list[float]:
    """Value over baseline, round by round, where both were measured.

    Pairing within a round takes out what slows a whole round down.
    """
    ratios = [
        value / baseline[number]
        for number, value in sorted(values.items())
        if baseline.get(number, 0) > 0
    ]
    return [ratio for ratio in ratios if math.isfinite(ratio)]


def noise_floor(control: Estimate | None) -> float:
    """Largest factor (>= 1) by which the control differs from itself.

    Without a control nothing is known about the noise, hence 1.
    """
    if control is None:
        return 1.0
    if control.low <= 0:
        return math.inf
    return max(1.0, control.high, 1 / control.low)


def differs(ratio: Estimate, control: Estimate | None) -> bool:
    """Whether all of the interval lies beyond what the control shows."""
    floor = noise_floor(control)
    return ratio.low > floor or ratio.high < 1 / floor


def mark(ratio: Estimate, control: Estimate | None) -> str:
    """What may be said: "*" a difference, "~" none, "?" too few rounds."""
    if not ratio.is_interval:
        return "?"
    if control is not None and not control.is_interval:
        return "?"
    return "*" if differs(ratio, control) else "~"
