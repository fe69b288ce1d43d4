# SPDX-License-Identifier: MIT
"""The sets themselves."""

from __future__ import annotations

from claims.claims import Finding, Lab, Verdict, significant
from claims.findings.common import (
    PRELOAD_FAULTS,
    PRELOADS,
    TRACES,
    listed,
    mixed,
    ratio_list,
    set_ratios,
    verdict_of,
)


def sequential_seek(lab: Lab) -> Finding:
    ratios = set_ratios(lab, "cvbmp", "xbitmap", "set")
    shapes = {
        "sequential": "sequential",
        "shuffled by 2048": "shuffled_distance_2K",
        "by 16384": "shuffled_distance_16K",
        "random": "random_span_16M_pages_64K",
    }
    made = []
    for label, name in shapes.items():
        ratio = lab.ratio("shapes", f"set/{name}/cvbmp", f"set/{name}/xbitmap")
        made.append(f"{label} {significant(ratio)}")
    return Finding(
        f"Time for set of cvbmp as a ratio to xbitmap: {ratio_list(ratios)};"
        f" generated orders: {listed(made)}. True where the next page is a"
        " neighbour's; the walk from the last node loses as soon as pages"
        " jump.",
        mixed(ratios),
    )


def trees_compared(lab: Lab) -> Finding:
    parts = []
    ratios: list[float] = []
    for operation in ("set", "drain"):
        these = set_ratios(lab, "btree-bitmap", "xbitmap", operation)
        ratios += these
        parts.append(f"{operation}: {ratio_list(these)}")
    return Finding(
        f"Time of the B+ tree as a ratio to xbitmap, {'; '.join(parts)}.",
        mixed(ratios),
    )


def preload_worthless(lab: Lab) -> Finding:
    ratios = set_ratios(lab, "xbitmap-preload", "xbitmap", "set")
    faults = ("failslab:probability=10", "ge_heavy", "budget:65536")
    failures = []
    worse = True
    for fault in faults:
        failed = [
            lab.get(
                "failures", f"set/busy-2g/{name}/fault:{fault}", "failed_sets"
            )
            for name in ("xbitmap-preload", "xbitmap")
        ]
        worse &= failed[0] >= failed[1]
        failures.append(
            f"{fault} {significant(failed[0])} and {significant(failed[1])}"
        )
    return Finding(
        f"Time for set with the posted preload as a ratio to allocating in"
        f" set: {ratio_list(ratios)}. Sets that fail on busy-2g, with preload"
        f" and without: {listed(failures)}.",
        verdict_of(worse, min(ratios) > 0.95),
    )


def pool_alone(lab: Lab) -> Finding:
    """Whether asking the allocator first saves sets that the pool alone loses.

    Supported if under each fault, refuted if under none.
    """

    def total(structure: str, fault: str, counter: str) -> float:
        return sum(
            lab.get(
                "preload", f"set/{trace}/{structure}/fault:{fault}", counter
            )
            for trace in TRACES
        )

    parts = []
    helps = []
    for fault in PRELOAD_FAULTS:
        failed = [total(name, fault, "failed_sets") for name in PRELOADS]
        helps.append(failed[1] < failed[2])
        parts.append(f"{fault} {listed(map(significant, failed))}")
    pages = total(PRELOADS[0], PRELOAD_FAULTS[0], "pages")
    return Finding(
        f"A leaf and 17 nodes are preloaded for one CPU. Sets that fail of"
        f" {significant(pages)}, with the allocator alone, with the allocator"
        f" and then the pool, with the pool alone: {'; '.join(parts)}. A"
        " preload that fails fails its set, as posted; it refills what the set"
        " before took, so that in the end as much is asked for.",
        verdict_of(*helps),
    )


def quadratic_extract(lab: Lab) -> Finding:
    parts = []
    posted = []
    for count in ("1000", "10000", "100000"):
        name = f"strided_pages_{count}_stride_2K"
        cost = [
            lab.get("isolated", f"extract/{name}/{structure}", "ns_per_range")
            for structure in ("cvbmp", "cvbmp-cursor", "xbitmap")
        ]
        posted.append(cost[0])
        parts.append(
            f"{int(count):,} isolated pages: {significant(cost[0])},"
            f" {significant(cost[1])} and {significant(cost[2])} ns a range"
        )
    return Finding(
        f"cvbmp as posted, with a cursor, and xbitmap. {'; '.join(parts)}."
        " Every question for the next range starts at the head of the list.",
        verdict_of(posted[-1] < 3 * posted[0]),
    )


def clear_never_fails(lab: Lab) -> Finding:
    names = (
        "xbitmap", "cvbmp", "btree-bitmap", "roaring",
        "btree-range", "maple", "roaring-run",
    )  # fmt: skip
    failed = {
        name: lab.get(
            "failures",
            f"clear/busy-2g/{name}/fault:failslab:probability=10",
            "failed_clears",
        )
        for name in names
    }
    parts = [f"{name} {significant(count)}" for name, count in failed.items()]
    return Finding(
        f"Clears of busy-2g that failed with one request in ten refused:"
        f" {listed(parts)}. So of cvbmp it holds; it does not of whatever"
        " stores ranges or marks full leaves.",
        verdict_of(failed["cvbmp"] == 0),
    )


def sort_at_read(lab: Lab) -> Finding:
    parts = []
    wins = 0
    for trace in TRACES:
        total = {
            name: sum(
                lab.get("sets", f"{operation}/{trace}/{name}", "ns_per_page")
                for operation in ("set", "drain")
            )
            for name in ("sorted-array", "xbitmap", "cvbmp")
        }
        wins += min(total["xbitmap"], total["cvbmp"]) < total["sorted-array"]
        parts.append(
            f"{trace} {significant(total['sorted-array'])},"
            f" {significant(total['xbitmap'])} and"
            f" {significant(total['cvbmp'])}"
        )
    return Finding(
        "Set and drain together in ns per page, append and sort, xbitmap,"
        f" cvbmp: {listed(parts)}.",
        Verdict.SUPPORTED if wins == len(TRACES) else Verdict.DEPENDS,
    )


def segment_size(lab: Lab) -> Finding:
    speed = set_ratios(lab, "cvbmp-32768", "cvbmp", "set")
    memory = [
        lab.ratio(
            "sets",
            f"set/{trace}/cvbmp-32768",
            f"set/{trace}/cvbmp",
            "bits_per_page",
        )
        for trace in TRACES
    ]
    return Finding(
        "Segments of 32,768 pages to segments of 1,024, time for set:"
        f" {ratio_list(speed)}; memory: {ratio_list(memory)}.",
        Verdict.DEPENDS,
    )


def bit_per_value(lab: Lab) -> Finding:
    names = (
        "flat", "xbitmap", "cvbmp", "btree-bitmap", "btree-range",
        "roaring", "sorted-array",
    )  # fmt: skip
    parts = []
    best = []
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
        best.append(least)
        parts.append(
            f"{density}: xbitmap {significant(bits['xbitmap'])}, least"
            f" {least} {significant(bits[least])}"
        )
    return Finding(
        "Bits per page when so much of 4 GiB is in the set at random:"
        f" {'; '.join(parts)}. A bitmap is hard to beat from a tenth upwards;"
        " below, its nodes cost more than lists of numbers.",
        Verdict.DEPENDS,
    )


def full_leaves_marked(lab: Lab) -> Finding:
    parts = []
    saved = []
    failed = []
    for name in ("cvbmp", "xbitmap", "roaring-run", "btree-range"):
        bits = lab.get("failures", f"set/busy-2g/{name}", "bits_per_page")
        fails = lab.get(
            "failures",
            f"clear/busy-2g/{name}/fault:failslab:probability=10",
            "failed_clears",
        )
        saved.append(bits)
        failed.append(fails)
        parts.append(
            f"{name} {significant(bits)} bits and {significant(fails)}"
        )
    return Finding(
        "busy-2g, memory for each page and clears that fail with one request"
        f" in ten refused: {listed(parts)}. The last two store full leaves as"
        " runs.",
        verdict_of(min(saved[:2]) > min(saved[2:]) and min(failed[2:]) > 0),
    )


def sparse_search(lab: Lab) -> Finding:
    row = "extract/strided_pages_2_stride_64M"
    parts = []
    slowest = 0.0
    for name in ("xbitmap", "xbitmap-tag", "xarray", "cvbmp", "btree-bitmap"):
        time = lab.get("sparse", f"{row}/{name}", "ns_per_range")
        slowest = max(slowest, time)
        parts.append(f"{name} {significant(time)}")
    return Finding(
        "Two pages 2^26 apart, ns for each range, the way between them"
        f" included: {listed(parts)}. The v20 code would have looked at every"
        " leaf in between; that was corrected here.",
        # Looking at each of 65,536 leaves would take longer.
        verdict_of(slowest < 65536),
    )


def neighbours(lab: Lab) -> Finding:
    parts = []
    near = []
    for trace in TRACES:
        distances = dict(
            word.split(":")
            for word in lab.fact("sets", trace, "list_distance").split(",")
        )
        near.append(float(distances["0"]) + float(distances["1"]))
        parts.append(
            f"{trace} {100 * near[-1]:.1f} %, mean"
            f" {significant(float(distances['mean']))}, most"
            f" {significant(float(distances['most']))}"
        )
    return Finding(
        "Pages whose segment of 1,024 is that of the page before or beside it"
        " in the list, and how many nodes the walk passes:"
        f" {'; '.join(parts)}.",
        verdict_of(*(share >= 0.95 for share in near)),
    )


def flags_at_initialisation(lab: Lab) -> Finding:
    parts = []
    failed = []
    for name in ("xbitmap", "cvbmp", "btree-range", "maple", "roaring-run"):
        row = f"busy-2g/{name}/fault:failslab:probability=10"
        warned = lab.get("failures", f"set/{row}", "failed_allocations")
        failed.append(lab.get("failures", f"clear/{row}", "failed_clears"))
        parts.append(
            f"{name} {significant(warned)} and {significant(failed[-1])}"
        )
    return Finding(
        "busy-2g with one request in ten refused. Warnings in the log if the"
        " flags do not say NOWARN, and clears that fail because they were"
        f" given the flags of recording: {listed(parts)}. Emptying may sleep"
        " here, and did not fail; flags for the whole set cannot tell the two"
        " apart.",
        verdict_of(max(failed) > 0),
    )


def large_pages(lab: Lab) -> Finding:
    parts = []
    ratios = []
    for name in ("xbitmap", "cvbmp", "btree-bitmap", "roaring"):
        rows = [
            f"set/clustered_cluster_{pages}_span_4M/{name}"
            for pages in (1, 4, 16)
        ]
        times = [lab.get("page-size", row, "ns_per_page") for row in rows]
        bits = [lab.get("page-size", row, "bits_per_page") for row in rows]
        ratios.append(lab.ratio("page-size", rows[2], rows[0]))
        parts.append(
            f"{name} {listed(map(significant, times))} ns and"
            f" {listed(map(significant, bits))} bits"
        )
    return Finding(
        "262,144 numbers of 4 KiB at random in 16 GiB, in guests whose pages"
        " have 4, 16 and 64 KiB, so that 1, 4 and 16 of them follow each"
        f" other; for each number: {'; '.join(parts)}. The balloon counts in 4"
        " KiB whatever the guest's page is.",
        verdict_of(*(ratio < 1 for ratio in ratios)),
    )
