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
    """Of "is faster": wherever a difference is shown, or now and then."""
    shown = set(sides) - {0}
    return verdict_of(shown == {-1}) if len(shown) == 1 else Verdict.DEPENDS


def beyond(values: Sequence[Figure], bound: float) -> Verdict:
    """Whether all are above a bound, all below, or some on either side."""
    if min(value.low for value in values) > bound:
        return Verdict.SUPPORTED
    is_below = max(value.high for value in values) < bound
    return Verdict.REFUTED if is_below else Verdict.DEPENDS


def not_slower(arrays: Figures, chunks: Figures) -> Verdict:
    """Queued arrays against chunks, on each guest."""
    return verdict_of(*(a <= b for a, b in zip(arrays, chunks)))


def faster_than_both(one: Figures, other: Figures) -> Verdict:
    """Of ratios to two others: the better of them has to be beaten."""
    return one_way(max(a.side, b.side) for a, b in zip(one, other))


RULES: dict[str, Callable[..., Verdict]] = {
    # A tenth of the time is worth an argument.
    "worth": lambda xbitmap, cvbmp, btree: beyond(
        xbitmap + cvbmp + btree, 0.1
    ),
    "gain": lambda gains: verdict_of(*(each.high < 0.5 for each in gains)),
    "bottlenecks": lambda waits, madvise: verdict_of(
        waits.high < 1, madvise.side < 0
    ),
    "no_set_needed": not_slower,
    "host_sorts": not_slower,
    "happens": lambda counts: verdict_of(any(counts)),
    "works_well": lambda *, lost, early, late, stuck: verdict_of(
        not any(lost), not any(early), late == 0, stuck == 0
    ),
    "hidden": lambda nothing, nothing_256: verdict_of(nothing > nothing_256),
    # That the notifier records nothing is so by reading.
    "oom_meets_fill": lambda nothing: verdict_of(True, nothing == 0),
    "much_faster": lambda ratios: beyond(sum(ratios, []), 2),
    "trees": lambda record, drain: one_way(x.side for x in record + drain),
    "ranges": lambda ratios: one_way(x.side for x in ratios),
    "preload_worthless": lambda ratios, preload, plain: verdict_of(
        all(ratio.side >= 0 for ratio in ratios),
        all(a.high >= b.low for a, b in zip(preload, plain)),
    ),
    "clear_never_fails": lambda cvbmp: verdict_of(cvbmp.high == 0),
    "order_at_store_time": faster_than_both,
    "leaf_by_leaf": lambda ratio: verdict_of(ratio.side > 0),
}


def chunks_take_460(
    chunks: float, arrays: float, madvise: Figures, real: Figures, pages: float
) -> Finding:
    """With the share of a call that a page has here, and with its time."""
    by_pages, by_calls = madvise
    a_page = real[0] / (pages / 2)  # those that were inflated
    made = {
        "by_share": chunks - by_pages + by_calls * real[0] / real[1],
        "by_time": chunks - by_pages + PAGES_OF_7_GIB * a_page,
    }
    holds = (abs(x / 460 - 1) < 0.15 for x in (chunks, *made.values()))
    share = by_pages / by_calls
    more = {"less": 1 - chunks / arrays, "share": share, "ns": 1e6 * a_page}
    return verdict_of(*holds), made | more


PAGES_OF_7_GIB = 7 * 2**18


def neighbours(distances: list[str]) -> Finding:
    read = [dict(w.split(":") for w in each.split(",")) for each in distances]
    near = [float(each["0"]) + float(each["1"]) for each in read]
    more = {k: [float(each[k]) for each in read] for k in ("mean", "most")}
    return verdict_of(*(share >= 0.95 for share in near)), {"near": near} | more


def one_answer(policy: list[str], times: Tables) -> Finding:
    """Times of each policy, by fault: does one win under each?"""
    best = []
    for column in zip(*times):
        won = min(range(len(column)), key=column.__getitem__)
        others = [x for i, x in enumerate(column) if i != won]
        is_shown = all(column[won].high < other.low for other in others)
        best.append(policy[won] if is_shown else "none")
    holds = [name == best[0] != "none" for name in best]
    no_winner = set(best) == {"none"}
    verdict = Verdict.REFUTED if no_winner else verdict_of(*holds)
    return verdict, {"best": best}


def resched(total: Figures, rounds: Figures) -> Finding:
    """The longest stretch is a round: not less than the mean, nor all."""
    mean = [Figure(a / b) for a, b in zip(total, rounds)]
    if min(mean) > 10:  # a tick of the slowest kernel, HZ=100
        return Verdict.SUPPORTED, {"mean": mean}
    is_short = max(each.high for each in total) < 10
    return (Verdict.REFUTED if is_short else Verdict.DEPENDS), {"mean": mean}


def hard_to_beat(
    name: list[str], bitmaps: Tables, other: list[str], others: Tables
) -> Finding:
    """Bits of each structure, by trace."""
    best = [min(zip(column, name)) for column in zip(*bitmaps)]
    rival = [min(zip(column, other)) for column in zip(*others)]
    texts = {
        key: [f"{who} {number(bits)}" for bits, who in found]
        for key, found in (("bitmap", best), ("rival", rival))
    }
    return verdict_of(*(a[0] <= b[0] for a, b in zip(best, rival))), texts
