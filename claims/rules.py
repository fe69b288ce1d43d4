# SPDX-License-Identifier: MIT
"""When a claim holds: a rule for each, of the figures that it names.

A rule that is a function gives a verdict and further figures.
"""

from collections.abc import Callable, Sequence
from enum import Enum
from operator import ge, le
from typing import Any

from claims.lab import Ratio, number


class Verdict(Enum):
    SUPPORTED = "supported"
    REFUTED = "refuted"
    DEPENDS = "depends"
    NOT_MEASURED = "not measured"


Floats = list[float]
Tables = list[Floats]
Finding = tuple[Verdict, dict[str, Any]]


def verdict_of(*holds: bool) -> Verdict:
    """Of a claim with several parts: all of them, none, or some."""
    if all(holds):
        return Verdict.SUPPORTED
    return Verdict.DEPENDS if any(holds) else Verdict.REFUTED


def mixed(ratios: Sequence[Ratio]) -> Verdict:
    """Of "is faster": wherever a difference is shown, or now and then."""
    sides = {ratio.side for ratio in ratios} - {0}
    return verdict_of(sides == {-1}) if len(sides) == 1 else Verdict.DEPENDS


# A verdict, whether it holds, or whether parts do; then figures, if any.
COMPARISONS: dict[str, Callable[..., Any]] = {
    "no_set_needed": lambda arrays, chunks: [*map(le, arrays, chunks)],
    "order_of_the_queue": lambda ratios: Verdict.DEPENDS
    if max(at_random.low for *_, at_random in ratios) > 2
    else Verdict.REFUTED,
    "released_early": lambda busy, punched: busy + punched > 0,
    "walk_loses": lambda lost: sum(lost) > 0,
    "one_chunk_is_bounded": lambda chunks, ranges: chunks == 5 * ranges,
    "all_fail": lambda pages: pages[0] == 0 and pages[2] > 0,
    # The recording decides when its guest runs out of memory: the model can
    # only show that fewer pages are taken from it.
    "free_relieves": lambda reported, calls, single_reported, single_calls: (
        Verdict.DEPENDS if reported < single_reported else calls < single_calls
    ),
    "reserve": lambda free, kept: kept < free,
    "third_case": lambda zero: sum(zero) == 0,
    "used_twice": lambda twice, fixed: twice > 0 and fixed == 0,
    "invisible": lambda nothing, nothing_256: nothing > nothing_256,
    "nowait_pages": lambda most: most == 0,
    "oom_meets_fill": lambda nothing: nothing == 0,
    # A tick of the slowest kernel, HZ=100.
    "long_lock_hold": lambda chunks: max(chunks) > 10,
    "sequential_seek": mixed,
    "trees_compared": lambda record, drain, lean: mixed(record + drain + lean),
    "preload_worthless": lambda ratios, preload, plain: [
        all(map(ge, preload, plain)),
        all(ratio.side >= 0 for ratio in ratios),
    ],
    "quadratic_extract": lambda posted: posted[-1] < 3 * posted[0],
    "clear_never_fails": lambda cvbmp: cvbmp == 0,
    "flags_at_initialisation": lambda failed: max(failed) > 0,
    "large_pages": lambda ratios: [ratio.high < 1 for ratio in ratios],
    "full_leaves_marked": lambda bits, failed: (
        min(bits[:2]) > min(bits[2:]) and min(failed[2:]) > 0
    ),
    # Looking at each of 65,536 leaves would take longer.
    "sparse_search": lambda times: max(times) < 65536,
    "pcp_ask": lambda empty, race: empty <= race,
    "failed_places": lambda normal, cached, bulk: [
        bulk < normal / 2,
        cached < normal / 2,
    ],
    "arrays_take_4126": lambda total, stages: (
        abs(total - 4126) < 5,
        {"shares": [time / total for time in stages]},
    ),
    "two_savings": lambda times, page_by_page, in_chunks: (
        times[0] > times[1] and in_chunks < page_by_page,
        {
            "waits": times[0] - times[1],
            "arrays": times[0],
            "madvise": times[1] - times[2],
        },
    ),
    "allocated_in_blocks": lambda both, times: (
        times[2] < times[1] < times[0],
        {"chunks": [count / 2 for count in both]},  # that inflate
    ),
    "oom_kicks": lambda calls, chunks, arrays: (
        chunks > arrays,
        {"more": chunks - arrays, "each": (chunks - arrays) / calls},
    ),
    "huge_round": lambda pages, hold, sizes: (
        pages >= 127 * 2**18,
        {"hold": hold / 1000, "sizes": [size / 1e6 for size in sizes]},
    ),
    "guard_pages": lambda sets, pages: (
        max(sets) == 0,
        {"shares": [lost / every for lost, every in zip(sets, pages)]},
    ),
}


def chunks_take_460(
    chunks: float, arrays: float, madvise: Floats, real: Floats
) -> Finding:
    # The part of the prediction that depends on a page's share of a call.
    pages, calls = madvise
    share = real[0] / real[1]
    gain = 1 - chunks / arrays
    holds = abs(chunks / 460 - 1) < 0.15, abs(gain - 0.889) < 0.05
    return verdict_of(*holds), {
        "less": 1 - chunks / 460,
        "gain": gain,
        "taken": pages / calls,
        "share": share,
        "with_real": chunks - pages + share * calls,
        "needed": (460 - chunks + pages) / calls,
    }


def gain_vanishes(chunks: Floats, arrays: Floats) -> Finding:
    gains = [1 - one / other for one, other in zip(chunks, arrays)]
    verdict = Verdict.DEPENDS if min(gains) < 0.5 else Verdict.SUPPORTED
    return verdict, {"gains": gains}


def adding_never_fails(usual: Tables, others: Tables) -> Finding:
    counts = sum(usual + others, [])
    more = {"replays": len(counts), "failed": sum(counts)}
    return verdict_of(sum(counts) == 0), more


def single_against_array(
    policy: list[str], times: Tables, pages: Tables
) -> Finding:
    texts = [
        ", ".join(
            f"{name} {number(time)} ms for {number(count)} pages"
            for name, time, count in zip(policy, *both)
        )
        for both in zip(times, pages)
    ]
    return Verdict.DEPENDS, {"policies": texts}


def path_to_the_sleep(rounds: Floats, puffs: Floats) -> Finding:
    shares = [some / every for some, every in zip(puffs, rounds)]
    holds = min(shares) > 0.9, max(shares) >= 0.1
    return verdict_of(*holds), {"shares": shares}


def spam(times: Floats, puffs: Floats) -> Finding:
    minutes = [time / 60000 for time in times]
    rates = [count / time for count, time in zip(puffs, minutes)]
    return verdict_of(rates[0] > 60), {"rates": rates, "minutes": minutes}


def neighbours(distances: list[str]) -> Finding:
    read = [dict(w.split(":") for w in each.split(",")) for each in distances]
    near = [float(each["0"]) + float(each["1"]) for each in read]
    more = {k: [float(each[k]) for each in read] for k in ("mean", "most")}
    holds = (share >= 0.95 for share in near)
    return verdict_of(*holds), {"near": near, **more}


def pool_alone(lost: list[Tables], pages: Floats) -> Finding:
    """Supported if asking first saves sets under each fault."""
    failed = [[sum(traces) for traces in ways] for ways in lost]
    holds = (asked < pool for _, asked, pool in failed)
    return verdict_of(*holds), {"failed": failed, "all_pages": sum(pages)}


def sort_at_read(times: list[Tables]) -> Finding:
    # Of each trace and structure the operations together.
    sums = [[sum(both) for both in zip(*each)] for each in times]
    is_slower = all(min(own) < min(a, b) for a, b, *own in zip(*sums))
    verdict = Verdict.SUPPORTED if is_slower else Verdict.DEPENDS
    return verdict, dict(zip(("array", "bounded", "xbitmap", "cvbmp"), sums))


def bit_per_value(name: list[str], all_bits: Tables) -> Finding:
    best = (min(zip(bits, name)) for bits in all_bits)
    least = [f"{who} {number(bits)}" for bits, who in best]
    return Verdict.DEPENDS, {"least": least}


def by_order(whole: Floats, exact: Floats) -> Finding:
    saved = [1 - small / large for small, large in zip(exact, whole)]
    is_mixed = min(saved) < 0.01 < max(saved)
    verdict = Verdict.DEPENDS if is_mixed else verdict_of(min(saved) > 0)
    kib = ([size / 1024 for size in sizes] for sizes in (whole, exact))
    return verdict, dict(zip(("whole", "exact"), kib))


def fail_fast(chunks: Floats, attempts: Floats) -> Finding:
    shares = [count / 8192 for count in chunks]
    is_rising = (a < b < c for a, b, c in (shares, attempts))
    return verdict_of(*is_rising), {"shares": shares}
