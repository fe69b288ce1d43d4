# SPDX-License-Identifier: MIT
"""What becomes of pages when memory runs out."""

from __future__ import annotations

from claims.claims import Finding, Lab, Verdict, significant
from claims.findings.common import (
    ALL_FAIL,
    HARSH,
    POLICIES,
    PRESSURE,
    TRACES,
    listed,
    replay_row,
    verdict_of,
)


def _policy_figures(
    lab: Lab, trace: str, fault: str, counter: str, structure: str = "xbitmap"
) -> dict[str, float]:
    return {
        policy: lab.get(
            "policies",
            replay_row(trace, structure, f"policy:{policy}", f"fault:{fault}"),
            counter,
        )
        for policy in POLICIES
    }


def all_fail(lab: Lab) -> Finding:
    at_end = _policy_figures(lab, "idle-8g", ALL_FAIL, "pages_told")
    kicks = _policy_figures(lab, "idle-8g", ALL_FAIL, "kicks")
    parts = [
        f"{policy} {significant(at_end[policy])} pages with"
        f" {significant(kicks[policy])} kicks"
        for policy in POLICIES
    ]
    return Finding(
        f"When no request is served, on idle-8g: {listed(parts)}. Freeing"
        " the page makes no progress at all; both ways without memory make"
        " all of it.",
        verdict_of(at_end["free"] == 0 and at_end["array"] > 0),
    )


def single_against_array(lab: Lab) -> Finding:
    parts = []
    for fault in PRESSURE:
        row = _policy_figures(lab, "busy-2g", fault, "sim_inflate_ms")
        told = _policy_figures(lab, "busy-2g", fault, "pages_told")
        parts.append(
            f"{fault}: "
            + listed(
                f"{policy} {significant(row[policy])} ms for"
                f" {significant(told[policy])} pages"
                for policy in POLICIES
            )
        )
    return Finding("busy-2g. " + "; ".join(parts) + ".", Verdict.DEPENDS)


def free_relieves(lab: Lab) -> Finding:
    fault = HARSH
    told = _policy_figures(lab, "oom-2g", fault, "pages_told")
    calls = _policy_figures(lab, "oom-2g", fault, "oom_calls")
    freed = _policy_figures(lab, "oom-2g", fault, "pages_freed_back")
    return Finding(
        f"oom-2g under {fault}: free gives back"
        f" {significant(freed['free'])} pages and delivers"
        f" {significant(told['free'])} with {significant(calls['free'])} OOM"
        f" calls; single delivers {significant(told['single'])} with"
        f" {significant(calls['single'])}. Freed pages are asked for again at"
        " once; and when a recorded guest runs out of memory is decided by its"
        " recording.",
        # The recording decides when its guest runs out of memory: the model
        # can only show that fewer pages are taken from it.
        Verdict.DEPENDS
        if told["free"] < told["single"]
        else verdict_of(calls["free"] < calls["single"]),
    )


def reserve(lab: Lab) -> Finding:
    fault = HARSH
    freed = _policy_figures(lab, "busy-2g", fault, "pages_freed_back")
    return Finding(
        f"busy-2g under {fault}: without a reserve"
        f" {significant(freed['free'])} pages are given back unrecorded, with"
        f" 64 KiB set aside {significant(freed['reserve:65536'])}.",
        verdict_of(freed["reserve:65536"] < freed["free"]),
    )


def third_case(lab: Lab) -> Finding:
    parts = []
    third = 0.0
    for fault in (ALL_FAIL, *PRESSURE):
        row = replay_row("busy-2g", "xbitmap", "policy:free", f"fault:{fault}")
        zero = lab.get("policies", row, "zero_rounds")
        puffs = lab.get("policies", row, "puffs")
        third += zero
        parts.append(
            f"{fault} {significant(zero)} rounds without progress and"
            f" {significant(puffs)} sleeps"
        )
    return Finding(
        f"busy-2g: {listed(parts)}. There is a third case: pages allocate,"
        " none can be recorded, nothing sleeps, and the work is queued again"
        " at once.",
        verdict_of(third == 0),
    )


def used_twice(lab: Lab) -> Finding:
    twice = lab.get(
        "enqueue-first",
        replay_row(
            "busy-2g", "xbitmap", "fault:ge_heavy", "driver:order:posted"
        ),
        "pages_used_twice",
    )
    fixed = lab.get(
        "policies",
        replay_row("busy-2g", "xbitmap", "policy:free", "fault:ge_heavy"),
        "pages_used_twice",
    )
    return Finding(
        f"busy-2g under ge_heavy: {significant(twice)} pages were freed while"
        f" they stood on the balloon's list as posted, {significant(fixed)}"
        " if recorded first.",
        verdict_of(twice > 0 and fixed == 0),
    )


def path_to_the_sleep(lab: Lab) -> Finding:
    parts = []
    share = []
    for fault in PRESSURE:
        row = replay_row("oom-2g", "xbitmap", "policy:free", f"fault:{fault}")
        rounds = lab.get("policies", row, "rounds")
        share.append(lab.get("policies", row, "puffs") / rounds)
        parts.append(
            f"{fault} {100 * share[-1]:.0f} % of {significant(rounds)}"
        )
    return Finding(
        f"oom-2g, rounds that end in the sleep: {listed(parts)}.",
        verdict_of(min(share) > 0.9)
        if min(share) > 0.9 or max(share) < 0.1
        else Verdict.DEPENDS,
    )


def invisible(lab: Lab) -> Finding:
    parts = []
    found = []
    for name, label, keys in (
        ("clip-256", "256", ("driver:clip:256",)),
        ("clip-4096", "4096", ("driver:clip:4096",)),
        ("replay", "no", ()),
    ):
        row = replay_row("oom-2g", "xbitmap", *keys)
        most = lab.get(name, row, "max_invisible_pages")
        nothing = lab.get(name, row, "oom_calls_found_nothing")
        found.append(nothing)
        parts.append(
            f"rounds of {label} pages at most: {significant(most)} invisible,"
            f" {significant(nothing)} OOM calls that found nothing"
            if label != "no"
            else f"no bound: {significant(most)} invisible,"
            f" {significant(nothing)} calls that found nothing"
        )
    return Finding(
        f"oom-2g: {'; '.join(parts)}.", verdict_of(found[-1] > found[0])
    )


def huge_round(lab: Lab) -> Finding:
    trace = "idle_inflate_127G"
    row = replay_row(trace, "xbitmap")
    pages = lab.get("huge-round", row, "max_invisible_pages")
    hold = lab.get("huge-round", row, "sim_longest_lock_hold_ms")
    held = []
    for structure in ("xbitmap", "cvbmp", "btree-bitmap", "btree-range"):
        size = lab.get(
            "huge-round", replay_row(trace, structure), "peak_rounded_bytes"
        )
        held.append(f"{structure} {significant(size / 1e6)}")
    return Finding(
        f"127 GiB in one round: {significant(pages)} pages invisible until"
        f" the lock is taken, then held for {significant(hold / 1000)} s. The"
        f" set itself is small, in MB: {listed(held)}.",
        verdict_of(pages >= 127 * 2**18),
    )


def nowait_pages(lab: Lab) -> Finding:
    row = replay_row("oom-2g", "xbitmap", "policy:nowait-pages")
    most = lab.get("nowait-pages", row, "max_invisible_pages")
    nothing = lab.get("nowait-pages", row, "oom_calls_found_nothing")
    return Finding(
        f"oom-2g with pages allocated under the lock, without reclaim:"
        f" {significant(most)} pages invisible, {significant(nothing)} OOM"
        " calls that found nothing.",
        verdict_of(most == 0),
    )


def spam(lab: Lab) -> Finding:
    parts = []
    rates = []
    for name, label, keys in (
        ("replay", "200 ms", ()),
        ("sleep-1s", "1 s", ("driver:sleep-ms:1000",)),
        ("sleep-60s", "60 s", ("driver:sleep-ms:60000",)),
    ):
        row = replay_row("oom-2g", "xbitmap", *keys)
        minutes = lab.get(name, row, "sim_ms") / 60000
        rates.append(lab.get(name, row, "puffs") / minutes)
        parts.append(
            f"{label}: {significant(rates[-1])} messages a minute,"
            f" {significant(minutes)} minutes in all"
        )
    return Finding(
        f"oom-2g with a sleep of {'; '.join(parts)}.",
        verdict_of(rates[0] > 60),
    )


def oom_meets_fill(lab: Lab) -> Finding:
    row = replay_row("oom-2g", "xbitmap")
    calls = lab.get("replay", row, "oom_calls")
    nothing = lab.get("replay", row, "oom_calls_found_nothing")
    return Finding(
        f"oom-2g: {significant(nothing)} of {significant(calls)} calls come"
        " between allocation and lock and find nothing, though the driver has"
        " the pages.",
        verdict_of(nothing == 0),
    )


def long_lock_hold(lab: Lab) -> Finding:
    parts = []
    longest = 0.0
    for trace in TRACES:
        hold = [
            lab.get(
                "replay", replay_row(trace, name), "sim_longest_lock_hold_ms"
            )
            for name in ("array", "xbitmap")
        ]
        longest = max(longest, hold[1])
        parts.append(
            f"{trace} {significant(hold[0])} and {significant(hold[1])} ms"
        )
    return Finding(
        "balloon_lock is held without a pause for at most, by arrays and by"
        f" chunks: {listed(parts)}.",
        # A tick of the slowest kernel, HZ=100.
        verdict_of(longest > 10),
    )
