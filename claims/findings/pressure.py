# SPDX-License-Identifier: MIT
"""What becomes of pages when memory runs out."""

from __future__ import annotations

from claims.findings.common import (
    ALL_FAIL,
    HARSH,
    POLICIES,
    PRESSURE,
    TRACES,
    Finding,
    by_trace,
    finding,
    replayed,
    verdict_of,
)
from claims.lab import Lab, Verdict, number

_OOM = ("max_invisible_pages", "oom_calls_found_nothing")


def _under(
    lab: Lab, trace: str, fault: str, counter: str, policy: str = "free"
) -> float:
    conditions = (f"policy:{policy}", f"fault:{fault}")
    return replayed(lab, trace, "xbitmap", counter, *conditions, of="policies")


def all_fail(lab: Lab) -> Finding:
    pages, kicks = (
        {
            policy: _under(lab, "idle-8g", ALL_FAIL, counter, policy)
            for policy in POLICIES
        }
        for counter in ("pages_told", "kicks")
    )
    return finding(
        verdict_of(pages["free"] == 0 and pages["array"] > 0),
        policies=", ".join(
            f"{policy} {number(pages[policy])} pages with"
            f" {number(kicks[policy])} kicks"
            for policy in POLICIES
        ),
    )


def single_against_array(lab: Lab) -> Finding:
    def text(fault: str, policy: str) -> str:
        time, pages = (
            number(_under(lab, "busy-2g", fault, counter, policy))
            for counter in ("sim_inflate_ms", "pages_told")
        )
        return f"{policy} {time} ms for {pages} pages"

    return finding(
        Verdict.DEPENDS,
        faults="; ".join(
            f"{fault}: {', '.join(text(fault, policy) for policy in POLICIES)}"
            for fault in PRESSURE
        ),
    )


def free_relieves(lab: Lab) -> Finding:
    told, single_told, calls, single_calls = (
        _under(lab, "oom-2g", HARSH, counter, policy)
        for counter in ("pages_told", "oom_calls")
        for policy in ("free", "single")
    )
    return finding(
        # The recording decides when its guest runs out of memory: the model
        # can only show that fewer pages are taken from it.
        Verdict.DEPENDS
        if told < single_told
        else verdict_of(calls < single_calls),
        fault=HARSH,
        freed=_under(lab, "oom-2g", HARSH, "pages_freed_back"),
        told=told,
        calls=calls,
        single_told=single_told,
        single_calls=single_calls,
    )


def reserve(lab: Lab) -> Finding:
    free, kept = (
        _under(lab, "busy-2g", HARSH, "pages_freed_back", policy)
        for policy in ("free", "reserve:65536")
    )
    return finding(verdict_of(kept < free), fault=HARSH, free=free, kept=kept)


def third_case(lab: Lab) -> Finding:
    zero, puffs = (
        {
            fault: _under(lab, "busy-2g", fault, counter)
            for fault in (ALL_FAIL, *PRESSURE)
        }
        for counter in ("zero_rounds", "puffs")
    )
    return finding(
        verdict_of(sum(zero.values()) == 0),
        faults=", ".join(
            f"{fault} {number(rounds)} rounds without progress and"
            f" {number(puffs[fault])} sleeps"
            for fault, rounds in zero.items()
        ),
    )


def used_twice(lab: Lab) -> Finding:
    counter = "pages_used_twice"
    conditions = ("fault:ge_heavy", "driver:order:posted")
    twice = replayed(
        lab, "busy-2g", "xbitmap", counter, *conditions, of="enqueue-first"
    )
    fixed = _under(lab, "busy-2g", "ge_heavy", counter)
    return finding(
        verdict_of(twice > 0 and fixed == 0), twice=twice, fixed=fixed
    )


def path_to_the_sleep(lab: Lab) -> Finding:
    rounds, puffs = (
        {fault: _under(lab, "oom-2g", fault, counter) for fault in PRESSURE}
        for counter in ("rounds", "puffs")
    )
    shares = {fault: puffs[fault] / rounds[fault] for fault in PRESSURE}
    least, most = min(shares.values()), max(shares.values())
    return finding(
        verdict_of(least > 0.9)
        if least > 0.9 or most < 0.1
        else Verdict.DEPENDS,
        shares=", ".join(
            f"{fault} {100 * share:.0f} % of {number(rounds[fault])}"
            for fault, share in shares.items()
        ),
    )


def _oom(lab: Lab, of: str, *conditions: str) -> list[float]:
    """Pages hidden at most, and OOM calls that found nothing, of oom-2g."""
    return [
        replayed(lab, "oom-2g", "xbitmap", counter, *conditions, of=of)
        for counter in _OOM
    ]


def invisible(lab: Lab) -> Finding:
    most_256, nothing_256 = _oom(lab, "clip-256", "driver:clip:256")
    most_4096, nothing_4096 = _oom(lab, "clip-4096", "driver:clip:4096")
    most, nothing = _oom(lab, "replay")
    return finding(
        verdict_of(nothing > nothing_256),
        most_256=most_256,
        nothing_256=nothing_256,
        most_4096=most_4096,
        nothing_4096=nothing_4096,
        most=most,
        nothing=nothing,
    )


def huge_round(lab: Lab) -> Finding:
    def of(counter: str, structure: str = "xbitmap") -> float:
        trace = "idle_inflate_127G"
        return replayed(lab, trace, structure, counter, of="huge-round")

    pages = of("max_invisible_pages")
    return finding(
        verdict_of(pages >= 127 * 2**18),
        pages=pages,
        hold=of("sim_longest_lock_hold_ms") / 1000,
        sizes=", ".join(
            f"{name} {number(of('peak_rounded_bytes', name) / 1e6)}"
            for name in ("xbitmap", "cvbmp", "btree-bitmap", "btree-range")
        ),
    )


def nowait_pages(lab: Lab) -> Finding:
    most, nothing = _oom(lab, "nowait-pages", "policy:nowait-pages")
    return finding(verdict_of(most == 0), most=most, nothing=nothing)


def spam(lab: Lab) -> Finding:
    rates = []
    parts = []
    for name, label, keys in (
        ("replay", "200 ms", ()),
        ("sleep-1s", "1 s", ("driver:sleep-ms:1000",)),
        ("sleep-60s", "60 s", ("driver:sleep-ms:60000",)),
    ):
        time, puffs = (
            replayed(lab, "oom-2g", "xbitmap", counter, *keys, of=name)
            for counter in ("sim_ms", "puffs")
        )
        rates.append(puffs / (time / 60000))
        parts.append(
            f"{label}: {number(rates[-1])} messages a minute,"
            f" {number(time / 60000)} minutes in all"
        )
    return finding(verdict_of(rates[0] > 60), rates="; ".join(parts))


def oom_meets_fill(lab: Lab) -> Finding:
    nothing, calls = (
        replayed(lab, "oom-2g", "xbitmap", counter)
        for counter in ("oom_calls_found_nothing", "oom_calls")
    )
    return finding(verdict_of(nothing == 0), nothing=nothing, calls=calls)


def long_lock_hold(lab: Lab) -> Finding:
    holds = {
        trace: [
            replayed(lab, trace, name, "sim_longest_lock_hold_ms")
            for name in ("array", "xbitmap")
        ]
        for trace in TRACES
    }
    return finding(
        # A tick of the slowest kernel, HZ=100.
        verdict_of(max(chunks for _, chunks in holds.values()) > 10),
        holds=by_trace(
            lambda trace: "{} and {} ms".format(*map(number, holds[trace]))
        ),
    )
