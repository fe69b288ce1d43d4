# SPDX-License-Identifier: MIT
"""The sets themselves."""

from __future__ import annotations

from claims.findings.common import (
    PRELOAD_FAULTS,
    PRELOADS,
    TRACES,
    Finding,
    by_trace,
    finding,
    mixed,
    numbers,
    ratio_list,
    set_ratios,
    verdict_of,
)
from claims.lab import Lab, Verdict, number

_ONE_IN_TEN = "fault:failslab:probability=10"


def _failed_clears(lab: Lab, name: str) -> float:
    row = f"clear/busy-2g/{name}/{_ONE_IN_TEN}"
    return lab.get("failures", row, "failed_clears")


def sequential_seek(lab: Lab) -> Finding:
    ratios = set_ratios(lab, "cvbmp", "xbitmap")
    made = []
    for label, name in (
        ("sequential", "sequential"),
        ("shuffled by 2048", "shuffled_distance_2K"),
        ("by 16384", "shuffled_distance_16K"),
        ("random", "random_span_16M_pages_64K"),
    ):
        ratio = lab.ratio("shapes", f"set/{name}/cvbmp", f"set/{name}/xbitmap")
        made.append(f"{label} {number(ratio.median)}")
    return finding(
        mixed(ratios), ratios=ratio_list(ratios), made=", ".join(made)
    )


def neighbours(lab: Lab) -> Finding:
    parts = []
    near = []
    for trace in TRACES:
        distances = dict(
            word.split(":")
            for word in lab.fact("sets", trace, "list_distance").split(",")
        )
        mean, most = (float(distances[key]) for key in ("mean", "most"))
        near.append(float(distances["0"]) + float(distances["1"]))
        parts.append(
            f"{trace} {100 * near[-1]:.1f} %, mean {number(mean)}, most"
            f" {number(most)}"
        )
    return finding(
        verdict_of(*(share >= 0.95 for share in near)),
        distances="; ".join(parts),
    )


def trees_compared(lab: Lab) -> Finding:
    record, drain = (
        set_ratios(lab, "btree-bitmap", "xbitmap", operation)
        for operation in ("set", "drain")
    )
    return finding(
        mixed(record + drain),
        record=ratio_list(record),
        drain=ratio_list(drain),
    )


def preload_worthless(lab: Lab) -> Finding:
    ratios = set_ratios(lab, "xbitmap-preload", "xbitmap")
    parts = []
    worse = []
    for fault in ("failslab:probability=10", "ge_heavy", "budget:65536"):
        preload, plain = (
            lab.get(
                "failures", f"set/busy-2g/{name}/fault:{fault}", "failed_sets"
            )
            for name in ("xbitmap-preload", "xbitmap")
        )
        worse.append(preload >= plain)
        parts.append(f"{fault} {number(preload)} and {number(plain)}")
    return finding(
        verdict_of(all(worse), all(ratio.side >= 0 for ratio in ratios)),
        ratios=ratio_list(ratios),
        failures=", ".join(parts),
    )


def pool_alone(lab: Lab) -> Finding:
    """Supported if asking first saves sets under each fault."""

    def total(structure: str, fault: str, counter: str) -> float:
        return sum(
            lab.get(
                "preload", f"set/{trace}/{structure}/fault:{fault}", counter
            )
            for trace in TRACES
        )

    failed = {
        fault: [total(name, fault, "failed_sets") for name in PRELOADS]
        for fault in PRELOAD_FAULTS
    }
    return finding(
        verdict_of(*(asked < pool for _, asked, pool in failed.values())),
        pages=total(PRELOADS[0], PRELOAD_FAULTS[0], "pages"),
        failed="; ".join(
            f"{fault} {numbers(counts)}" for fault, counts in failed.items()
        ),
    )


def quadratic_extract(lab: Lab) -> Finding:
    parts = []
    posted = []
    for pages in (1000, 10000, 100000):
        stem = f"extract/strided_pages_{pages}_stride_2K"
        cvbmp, cursor, xbitmap = (
            lab.get("isolated", f"{stem}/{name}", "ns_per_range")
            for name in ("cvbmp", "cvbmp-cursor", "xbitmap")
        )
        posted.append(cvbmp)
        parts.append(
            f"{pages:,} isolated pages: {number(cvbmp)}, {number(cursor)} and"
            f" {number(xbitmap)} ns a range"
        )
    return finding(
        verdict_of(posted[-1] < 3 * posted[0]), costs="; ".join(parts)
    )


def clear_never_fails(lab: Lab) -> Finding:
    names = (
        "xbitmap", "cvbmp", "btree-bitmap", "roaring",
        "btree-range", "maple", "roaring-run",
    )  # fmt: skip
    failed = {name: _failed_clears(lab, name) for name in names}
    return finding(
        verdict_of(failed["cvbmp"] == 0),
        failed=", ".join(
            f"{name} {number(count)}" for name, count in failed.items()
        ),
    )


def flags_at_initialisation(lab: Lab) -> Finding:
    parts = []
    failed = []
    for name in ("xbitmap", "cvbmp", "btree-range", "maple", "roaring-run"):
        row = f"set/busy-2g/{name}/{_ONE_IN_TEN}"
        warned = lab.get("failures", row, "failed_allocations")
        failed.append(_failed_clears(lab, name))
        parts.append(f"{name} {number(warned)} and {number(failed[-1])}")
    return finding(verdict_of(max(failed) > 0), counts=", ".join(parts))


def large_pages(lab: Lab) -> Finding:
    parts = []
    ratios = []
    for name in ("xbitmap", "cvbmp", "btree-bitmap", "roaring"):
        rows = [
            f"set/clustered_cluster_{pages}_span_4M/{name}"
            for pages in (1, 4, 16)
        ]
        times, bits = (
            numbers(lab.get("page-size", row, counter) for row in rows)
            for counter in ("ns_per_page", "bits_per_page")
        )
        ratios.append(lab.ratio("page-size", rows[2], rows[0]))
        parts.append(f"{name} {times} ns and {bits} bits")
    return finding(
        verdict_of(*(ratio.high < 1 for ratio in ratios)),
        costs="; ".join(parts),
    )


def sort_at_read(lab: Lab) -> Finding:
    def total(trace: str, name: str) -> float:
        return sum(
            lab.get("sets", f"{operation}/{trace}/{name}", "ns_per_page")
            for operation in ("set", "drain")
        )

    names = ("sorted-array", "xbitmap", "cvbmp")
    times = {
        trace: [total(trace, name) for name in names] for trace in TRACES
    }
    return finding(
        Verdict.SUPPORTED
        if all(min(sets) < array for array, *sets in times.values())
        else Verdict.DEPENDS,
        times=by_trace(
            lambda trace: "{}, {} and {}".format(*map(number, times[trace]))
        ),
    )


def segment_size(lab: Lab) -> Finding:
    speed, memory = (
        set_ratios(lab, "cvbmp-32768", "cvbmp", counter=counter)
        for counter in ("ns_per_page", "bits_per_page")
    )
    return finding(
        Verdict.DEPENDS,
        speed=ratio_list(speed),
        memory=by_trace(lambda t: number(memory[TRACES.index(t)].median)),
    )


def bit_per_value(lab: Lab) -> Finding:
    names = (
        "flat", "xbitmap", "cvbmp", "btree-bitmap", "btree-range",
        "roaring", "sorted-array",
    )  # fmt: skip
    parts = []
    for pages, density in (
        ("10", "0.001 %"),
        ("1K", "0.1 %"),
        ("100K", "9.8 %"),
        ("960K", "94 %"),
    ):
        row = f"set/random_span_1M_pages_{pages}"
        bits = {
            name: lab.get("density", f"{row}/{name}", "bits_per_page")
            for name in names
        }
        least = min(bits, key=lambda name: bits[name])
        parts.append(
            f"{density}: xbitmap {number(bits['xbitmap'])}, least {least}"
            f" {number(bits[least])}"
        )
    return finding(Verdict.DEPENDS, bits="; ".join(parts))


def full_leaves_marked(lab: Lab) -> Finding:
    names = ("cvbmp", "xbitmap", "roaring-run", "btree-range")
    bits = [
        lab.get("failures", f"set/busy-2g/{name}", "bits_per_page")
        for name in names
    ]
    failed = [_failed_clears(lab, name) for name in names]
    return finding(
        verdict_of(min(bits[:2]) > min(bits[2:]) and min(failed[2:]) > 0),
        costs=", ".join(
            f"{name} {number(memory)} bits and {number(fails)}"
            for name, memory, fails in zip(names, bits, failed)
        ),
    )


def sparse_search(lab: Lab) -> Finding:
    row = "extract/strided_pages_2_stride_64M"
    names = ("xbitmap", "xbitmap-tag", "xarray", "cvbmp", "btree-bitmap")
    times = {
        name: lab.get("sparse", f"{row}/{name}", "ns_per_range")
        for name in names
    }
    return finding(
        # Looking at each of 65,536 leaves would take longer.
        verdict_of(max(times.values()) < 65536),
        times=", ".join(f"{name} {number(t)}" for name, t in times.items()),
    )
