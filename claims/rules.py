# SPDX-License-Identifier: MIT
"""When a claim holds: a rule for each, of the figures that it names.

A rule gives a verdict; some give further figures, too. Each of them can give
two verdicts at least: what cannot come out otherwise is no rule, but stands
in claims.toml as "by construction". tests/claims has figures for each verdict.
"""

from collections.abc import Callable, Iterable, Sequence
from enum import Enum
from typing import Any

from claims.lab import Figure, number


class Verdict(Enum):
    SUPPORTED = "supported"
    REFUTED = "refuted"
    DEPENDS = "depends"
    BY_CONSTRUCTION = "by construction"
    NOT_JUDGED = "not judged"


Figures = list[Figure]
Tables = list[Figures]
Finding = tuple[Verdict, dict[str, Any]]


def verdict_of(*holds: bool) -> Verdict:
    """Of a claim with several parts: all of them, none, or some."""
    if all(holds):
        return Verdict.SUPPORTED
    return Verdict.DEPENDS if any(holds) else Verdict.REFUTED


def one_way(sides: Iterable[int]) -> Verdict:
    """Of "is faster": shown everywhere, the contrary everywhere, or neither."""
    shown = set(sides)
    is_one = shown in ({-1}, {1})
    return verdict_of(shown == {-1}) if is_one else Verdict.DEPENDS


def beyond(values: Sequence[Figure], bound: float) -> Verdict:
    """Whether all are above a bound, all below, or some on either side."""
    if min(value.low for value in values) > bound:
        return Verdict.SUPPORTED
    is_below = max(value.high for value in values) < bound
    return Verdict.REFUTED if is_below else Verdict.DEPENDS


def no_slower(one: Figure, other: Figure) -> bool:
    return one.low <= other.high


def faster_than_both(one: Figures, other: Figures) -> Verdict:
    """Of ratios to two others: the better of them has to be beaten."""
    return one_way(max(a.side, b.side) for a, b in zip(one, other))


RULES: dict[str, Callable[..., Verdict]] = {
    # A tenth of the time is worth an argument.
    "worth": lambda xbitmap, cvbmp, fast: beyond(xbitmap + cvbmp + fast, 0.1),
    "gain": lambda gains: verdict_of(*(each.high < 0.5 for each in gains)),
    "bottlenecks": lambda waits, madvise: verdict_of(
        waits.high < 1, madvise.side < 0
    ),
    # Unless shown to be slower.
    "as_fast": lambda arrays, chunks, fast_arrays, fast_chunks: verdict_of(
        *map(no_slower, arrays + fast_arrays, chunks + fast_chunks)
    ),
    "happens": lambda counts: verdict_of(any(counts)),
    "much_faster": lambda ratios: beyond(sum(ratios, []), 2),
    "trees": lambda record, drain: one_way(x.side for x in record + drain),
    "ranges": lambda ratios: one_way(x.side for x in ratios),
    "preload_worthless": lambda ratios, fewer: verdict_of(
        all(ratio.side >= 0 for ratio in ratios),
        all(ratio.side >= 0 for ratio in fewer),
    ),
    "order_at_store_time": faster_than_both,
    "relieves": lambda ratios: verdict_of(*(x.side < 0 for x in ratios)),
    "none_ever": lambda counts: verdict_of(*(x.high == 0 for x in counts)),
    "more": lambda many, few: verdict_of(
        *(a.low > b.high for a, b in zip(many, few))
    ),
    "slower": lambda free, single: one_way(-x.side for x in free + single),
    "resched": lambda longest: beyond(longest, 4),  # ms, a tick at HZ=250
}


def neighbours(distances: list[str]) -> Finding:
    read = [dict(w.split(":") for w in each.split(",")) for each in distances]
    near = [float(each["0"]) + float(each["1"]) for each in read]
    more = {k: [float(each[k]) for each in read] for k in ("mean", "most")}
    return verdict_of(*(share >= 0.95 for share in near)), {"near": near} | more


def hard_to_beat(
    name: list[str], bitmaps: Tables, other: list[str], others: Tables
) -> Finding:
    """Bytes of each structure, by trace."""
    best = [min(zip(column, name)) for column in zip(*bitmaps)]
    rival = [min(zip(column, other)) for column in zip(*others)]
    verdict = verdict_of(*(a[0] <= b[0] for a, b in zip(best, rival)))
    return verdict, {"best": map(_said, best), "rival": map(_said, rival)}


def _said(found: tuple[Figure, str]) -> str:
    return f"{found[1]} {number(found[0])}"
