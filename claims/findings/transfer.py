# SPDX-License-Identifier: MIT
"""Where the time of an inflation goes, and what the ring does."""

from __future__ import annotations

from claims.findings.common import (
    TRACES,
    Finding,
    by_trace,
    finding,
    inflate_ms,
    numbers,
    replayed,
    verdict_of,
)
from claims.lab import Lab, Verdict, number

_ONE_BY_ONE = "driver:wait:one,completion:1"
_RING_TRACES = ("busy-2g", "punched-2g")


def arrays_take_4126(lab: Lab) -> Finding:
    total = inflate_ms(lab, "idle-8g", "array")
    times = {
        stage: inflate_ms(lab, "idle-8g", "array", f"{stage}_")
        for stage in ("allocate", "notify", "translate", "madvise")
    }
    shares = {
        stage: f"{100 * time / total:.1f}" for stage, time in times.items()
    }
    return finding(verdict_of(abs(total - 4126) < 5), total=total, **shares)


def _real_madvise_ms(lab: Lab, structure: str) -> float:
    counter = "real_inflate_madvise_ms"
    return replayed(
        lab, "idle-8g", structure, counter, "host:real", of="real-host"
    )


def chunks_take_460(lab: Lab) -> Finding:
    chunks = inflate_ms(lab, "idle-8g", "xbitmap")
    arrays = inflate_ms(lab, "idle-8g", "array")
    # The part of the prediction that depends on a page's share of a call.
    pages = inflate_ms(lab, "idle-8g", "xbitmap", "madvise_")
    calls = inflate_ms(lab, "idle-8g", "array", "madvise_")
    share = _real_madvise_ms(lab, "xbitmap") / _real_madvise_ms(lab, "array")
    gain = 1 - chunks / arrays
    return finding(
        verdict_of(abs(chunks / 460 - 1) < 0.15, abs(gain - 0.889) < 0.05),
        chunks=chunks,
        less=f"{100 * (1 - chunks / 460):.0f}",
        gain=f"{100 * gain:.1f}",
        taken=f"{100 * pages / calls:.1f}",
        real=f"{100 * share:.1f}",
        with_real=chunks - pages + share * calls,
        needed=f"{100 * (460 - chunks + pages) / calls:.0f}",
    )


def gain_vanishes(lab: Lab) -> Finding:
    def gain(trace: str) -> float:
        return 1 - inflate_ms(lab, trace, "xbitmap") / inflate_ms(
            lab, trace, "array"
        )

    def text(trace: str) -> str:
        length = replayed(lab, trace, "xbitmap", "pages_per_chunk")
        return f"{100 * gain(trace):.0f} % at {number(length)} pages a chunk"

    least = min(map(gain, TRACES))
    return finding(
        Verdict.DEPENDS if least < 0.5 else Verdict.SUPPORTED,
        gains=by_trace(text),
    )


def two_savings(lab: Lab) -> Finding:
    arrays, pipelined, chunks = (
        inflate_ms(lab, "idle-8g", name)
        for name in ("array", "pipelined", "xbitmap")
    )
    page_by_page, in_chunks = (
        _real_madvise_ms(lab, name) for name in ("array", "xbitmap")
    )
    return finding(
        verdict_of(arrays > pipelined and in_chunks < page_by_page),
        waits=arrays - pipelined,
        total=arrays,
        madvise=pipelined - chunks,
        page_by_page=page_by_page,
        in_chunks=in_chunks,
    )


def no_set_needed(lab: Lab) -> Finding:
    times = {
        trace: [
            inflate_ms(lab, trace, name) for name in ("pipelined", "xbitmap")
        ]
        for trace in TRACES
    }
    return finding(
        verdict_of(*(arrays <= chunks for arrays, chunks in times.values())),
        times=by_trace(
            lambda trace: "{} against {} ms".format(*map(number, times[trace]))
        ),
    )


def allocated_in_blocks(lab: Lab) -> Finding:
    total = {}
    parts = []
    for order in (0, 4, 9):
        trace = f"clustered_cluster_{2**order}_span_4M"
        total[order] = inflate_ms(lab, trace, "xbitmap", of="by-order")
        chunks = replayed(lab, trace, "xbitmap", "chunks", of="by-order") / 2
        parts.append(
            f"order {order}: {number(chunks)} chunks and"
            f" {number(total[order])} ms"
        )
    return finding(
        verdict_of(total[9] < total[4] < total[0]), blocks="; ".join(parts)
    )


def order_of_the_queue(lab: Lab) -> Finding:
    shapes = ("reverse", "shuffled_distance_2K", "random_span_16M_pages_64K")
    parts = []
    worst = []
    for name in ("xbitmap", "cvbmp", "btree-bitmap"):
        ratios = [
            lab.ratio("shapes", f"set/{shape}/{name}", f"set/sequential/{name}")
            for shape in shapes
        ]
        worst.append(ratios[-1].low)
        parts.append(f"{name} {numbers(ratio.median for ratio in ratios)}")
    return finding(
        Verdict.DEPENDS if max(worst) > 2 else Verdict.REFUTED,
        ratios="; ".join(parts),
    )


def ring_batches(lab: Lab) -> Finding:
    runs = (
        ("ring-64", ("driver:ring:64",)),
        ("replay", ()),
        ("ring-1024", ("driver:ring:1024",)),
        ("one-by-one", (_ONE_BY_ONE,)),
    )
    parts = []
    for trace in _RING_TRACES:
        small, usual, large, alone = (
            number(replayed(lab, trace, "xbitmap", "kicks", *keys, of=name))
            for name, keys in runs
        )
        parts.append(
            f"{trace}: {small}, {usual} and {large} kicks with 64, 128 and"
            f" 1024 entries, but {alone} if the host answers after each buffer"
        )
    return finding(Verdict.DEPENDS, kicks="; ".join(parts))


def adding_never_fails(lab: Lab) -> Finding:
    counter = "adds_to_full_ring"
    failed = [
        replayed(lab, trace, name, counter)
        for trace in TRACES
        for name in ("array", "pipelined", "xbitmap")
    ] + [
        replayed(lab, trace, "xbitmap", counter, key, of=name)
        for name, key in (
            ("ring-64", "driver:ring:64"),
            ("ring-1024", "driver:ring:1024"),
            ("one-by-one", _ONE_BY_ONE),
        )
        for trace in _RING_TRACES
    ]
    return finding(
        verdict_of(sum(failed) == 0), replays=len(failed), failed=sum(failed)
    )


def released_early(lab: Lab) -> Finding:
    counter = "pages_released_early"
    busy, punched = (
        replayed(lab, trace, "xbitmap", counter, _ONE_BY_ONE, of="one-by-one")
        for trace in _RING_TRACES
    )
    return finding(verdict_of(busy + punched > 0), busy=busy, punched=punched)


def walk_loses(lab: Lab) -> Finding:
    driver = "driver:walk:posted"
    lost = {
        trace: replayed(
            lab, trace, "xbitmap", "pages_lost", driver, of="walk-posted"
        )
        for trace in TRACES
    }
    return finding(
        verdict_of(sum(lost.values()) > 0),
        lost=by_trace(lambda trace: number(lost[trace])),
    )


def oom_kicks(lab: Lab) -> Finding:
    calls = replayed(lab, "oom-2g", "xbitmap", "oom_calls")
    chunks = replayed(lab, "oom-2g", "xbitmap", "kicks")
    driver = "driver:oom-path:array"
    arrays = replayed(
        lab, "oom-2g", "xbitmap", "kicks", driver, of="oom-by-array"
    )
    more = chunks - arrays
    return finding(
        verdict_of(more > 0), calls=calls, more=more, each=more / calls
    )


def one_chunk_is_bounded(lab: Lab) -> Finding:
    chunks, ranges = (
        replayed(lab, "sequential_pages_4M", "xbitmap", name, of="long-run")
        for name in ("chunks", "ranges")
    )
    return finding(
        verdict_of(chunks == 5 * ranges), ranges=ranges, chunks=chunks
    )
