# SPDX-License-Identifier: MIT
"""Medians, their intervals, and what may be called a difference.

Nothing here assumes a distribution: times on a shared machine have a long
tail to one side, and a mean with a standard deviation would hide it.
docs/method.md says why these rules, and how often they raise a false alarm.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, count, takewhile
from statistics import NormalDist, fmean, median_high, median_low, stdev

CONFIDENCE = 0.95
# How often a primary ratio of structures that are alike is marked, at most:
# measured, see docs/method.md. So many of them may be right together.
PRIMARY_ALARM = 0.0005
MOST_PRIMARY = round((1 - CONFIDENCE) / PRIMARY_ALARM)


@dataclass(frozen=True)
class Estimate:
    """A median, or mean, and what surrounds it, in the unit of the values."""

    median: float
    low: float
    high: float
    count: int
    # Else least and greatest: no pair of fewer than six covers the median.
    is_interval: bool


# How far a count of a kernel is from that of another run, at most.
COUNTED = Estimate(1.0, 1 / 1.01, 1.01, 1, True)


def median(values: Sequence[float]) -> float:
    """Middle value, or the middle of the two middle ones."""
    return median_low(values) / 2 + median_high(values) / 2


def _rarer(tails: Iterable[int], all_: int, comparisons: int) -> int:
    """How many tails are rare enough, for all together (Bonferroni)."""
    # Integers, because 2 ** rounds does not fit a double for long runs.
    most = round((1 - CONFIDENCE) * 1000) * all_
    rare = takewhile(lambda tail: 2000 * comparisons * tail <= most, tails)
    return sum(1 for _ in rare)


@lru_cache(maxsize=None)
def interval_ranks(size: int, comparisons: int = 1) -> tuple[int, int] | None:
    """Ranks (from 1) of the two values that bound the median with 95 %.

    The number of values below the true median is binomial(size, 1/2), so
    ranks k and size + 1 - k miss it twice as often as there are fewer than k.
    """
    ways = accumulate(  # to have so many below it
        range(1, size // 2), lambda n, k: n * (size + 1 - k) // k, initial=1
    )
    rank = _rarer(accumulate(ways), 2**size, comparisons)
    return (rank, size + 1 - rank) if rank else None


def rounds_for(comparisons: int) -> int:
    """Rounds from which on `interval_ranks` answers for so many."""
    return next(n for n in count(6) if interval_ranks(n, comparisons))


def estimate(values: Sequence[float], comparisons: int = 1) -> Estimate | None:
    """Median and interval; the full range where values are too few for it."""
    if not values:
        return None
    rank, _ = interval_ranks(len(values), comparisons) or (1, 1)
    return _around(sorted(values), rank, len(values))


def _around(ordered: Sequence[float], rank: int, rounds: int) -> Estimate:
    low, high = ordered[rank - 1], ordered[-rank]
    is_interval = interval_ranks(rounds) is not None
    return Estimate(median(ordered), low, high, rounds, is_interval)


def mean(values: Sequence[float]) -> Estimate | None:
    """It with Student's interval, not below 0; of few values their range."""
    if not values:
        return None
    middle, size = fmean(values), len(values)
    if size < 6:
        return Estimate(middle, min(values), max(values), size, False)
    z, free = NormalDist().inv_cdf((1 + CONFIDENCE) / 2), size - 1
    # Fisher's expansion of the quantile of t: 2.093 for 20 values.
    t = z + (z**3 + z) / (4 * free)
    t += (5 * z**5 + 16 * z**3 + 3 * z) / (96 * free**2)
    half = t * stdev(values) / math.sqrt(size)
    return Estimate(middle, max(0.0, middle - half), middle + half, size, True)


def paired_ratios(
    values: Mapping[int, float], baseline: Mapping[int, float]
) -> list[float]:
    """Of each round that has both: what slows it down, slows both down."""
    ratios = [
        value / baseline[number]
        for number, value in sorted(values.items())
        if baseline.get(number, 0) > 0
    ]
    return [ratio for ratio in ratios if math.isfinite(ratio)]


def noise_floor(control: Estimate | None) -> float:
    """Largest factor by which it differs from itself; 1 if it is unknown."""
    if control is None:
        return 1.0
    if control.low <= 0:
        return math.inf
    return max(1.0, control.high, 1 / control.low)


def differs(ratio: Estimate, *controls: Estimate | None) -> bool:
    """Whether all of the interval lies beyond what the controls show."""
    floor = max(map(noise_floor, controls), default=1.0)
    return ratio.low > floor or ratio.high < 1 / floor


def mark(ratio: Estimate, *controls: Estimate | None) -> str:
    """What may be said: "*" a difference, "~" none, "?" too few rounds."""
    every = (each for each in (ratio, *controls) if each)
    if COUNTED not in controls and not all(e.is_interval for e in every):
        return "?"
    return "*" if differs(ratio, *controls) else "~"


# --- two samples that are not paired ------------------------------------

# Enough for any question; all pairs of 10,000 rounds would not fit memory.
_MOST_ROUNDS = 100


@lru_cache(maxsize=None)
def _u_tail(one: int, other: int) -> tuple[int, ...]:
    """Orders of two samples, by U: how many have at most this U.

    U is the number of pairs in which the second value is the smaller one.
    The orders with a certain U are the coefficients of the Gaussian
    binomial, a product of (1 - x^(other + i)) / (1 - x^i).
    """
    ways = [1] + [0] * (one * other)
    for i in range(1, one + 1):
        for u in range(one * other, other + i - 1, -1):
            ways[u] -= ways[u - other - i]
        for u in range(i, one * other + 1):
            ways[u] += ways[u - i]
    return tuple(accumulate(ways))


def u_test(one: Sequence[float], other: Sequence[float]) -> float:
    """Mann-Whitney's, exact, two-sided; ties count for the likelier order."""
    one, other = _thinned(one), _thinned(other)
    below = sum(b < a for a in one for b in other)
    above = sum(b > a for a in one for b in other)
    ties = len(one) * len(other) - below - above
    u = min(below, above) + (ties + 1) // 2
    tail = _u_tail(len(one), len(other))
    return min(1.0, 2 * tail[min(u, len(tail) - 1)] / tail[-1])


def change(
    old: Sequence[float], new: Sequence[float], comparisons: int = 1
) -> Estimate | None:
    """By which factor new values differ from old ones; None without any.

    The median of the ratios of all pairs (Hodges and Lehmann), with the
    interval of the U test: it holds 1 unless that says that they differ.
    """
    old, new = _thinned(old), _thinned(new)
    old = [value for value in old if value > 0]
    factors = sorted(b / a for a in old for b in new)
    if not factors or not math.isfinite(factors[-1] - factors[0]):
        return None
    tails = _u_tail(len(old), len(new))
    # Rank (from 1) of the factor that bounds the interval from below.
    rank = _rarer(tails, tails[-1], comparisons) or 1
    return _around(factors, rank, min(len(old), len(new)))


def _thinned(values: Sequence[float]) -> Sequence[float]:
    return values[:: math.ceil(len(values) / _MOST_ROUNDS) or 1]
