# SPDX-License-Identifier: MIT
"""What the allocators behind the sets do."""

from __future__ import annotations

from claims.claims import Finding, Lab, Verdict, significant
from claims.findings.common import listed, verdict_of


def pcp(lab: Lab) -> Finding:
    parts = []
    failed = {}
    for label, model in (
        ("nobody else on this CPU allocates", "pcp_only:a=0,f=0"),
        ("one in 63", "pcp_only:a=0.015873,f=0"),
        ("one in eight, and as many free", "pcp_only"),
    ):
        counts = [
            lab.get(
                "per-cpu-list",
                f"set/busy-2g/{name}/fault:{model}",
                "failed_sets",
            )
            for name in ("xbitmap", "cvbmp", "btree-bitmap")
        ]
        failed[label] = counts
        parts.append(f"{label}: {listed(map(significant, counts))}")
    return Finding(
        "Sets of busy-2g that fail if each request takes a page of the per-CPU"
        " list or fails, for"
        f" xbitmap, cvbmp, btree-bitmap: {'; '.join(parts)}. It is free of"
        " locks, but not free of failure: somebody else must refill the list.",
        Verdict.DEPENDS,
    )


def pcp_ask(lab: Lab) -> Finding:
    row = "set/busy-2g/xbitmap/fault:"
    asked = [
        lab.get("per-cpu-list", f"{row}{model}", "failed_sets")
        for model in (
            "pcp_only",
            "pcp_only:ask=precheck",
            "pcp_only:ask=race",
        )
    ]
    return Finding(
        "Sets of busy-2g that fail when the flag is looked at only for an"
        f" empty list: {significant(asked[0])}; with a check before:"
        f" {significant(asked[1])}; when the list can be emptied between check"
        f" and use: {significant(asked[2])}.",
        verdict_of(asked[0] <= asked[2]),
    )


def by_order(lab: Lab) -> Finding:
    parts = []
    saved = []
    for name in ("flat", "boost-flat-set", "cvbmp-32768", "roaring"):
        row = f"set/sequential_pages_640K/{name}"
        held = [
            lab.get("large-pow2", row, "peak_slab_bytes") / 1024,
            lab.get("large-exact", f"{row}/large:exact", "peak_slab_bytes")
            / 1024,
        ]
        saved.append(1 - held[1] / held[0])
        parts.append(
            f"{name} {significant(held[0])} and {significant(held[1])} KiB"
        )
    return Finding(
        "655,360 pages in sequence, memory at the peak in blocks of a power of"
        f" two, and with unused tail pages given back: {listed(parts)}. Only"
        " who asks for large pieces pays; 8 KiB and less never do.",
        Verdict.DEPENDS
        if min(saved) < 0.01 < max(saved)
        else verdict_of(min(saved) > 0),
    )


def guard_pages(lab: Lab) -> Finding:
    parts = []
    failed = []
    for name in ("flat", "boost-flat-set", "cvbmp-32768", "roaring"):
        row = f"set/sequential_pages_640K/{name}/large:vmalloc"
        pages = lab.get("large-vmalloc", row, "pages")
        failed.append(lab.get("large-vmalloc", row, "failed_sets") / pages)
        parts.append(f"{name} {100 * failed[-1]:.0f} %")
    return Finding(
        "655,360 pages in sequence, sets that fail when whatever is larger"
        f" than 8 KiB comes from vmalloc: {listed(parts)}. It may sleep, so"
        " that under NOWAIT it serves nothing, with a guard page or without.",
        Verdict.REFUTED if max(failed) > 0 else Verdict.SUPPORTED,
    )


def _cma(lab: Lab, name: str, fact: str) -> int:
    return int(lab.fact("cma", name, fact))


def failed_places(lab: Lab) -> Finding:
    attempts = {
        mode: _cma(lab, f"cma_mode_{mode}_gain_0", "attempts")
        for mode in ("normal", "cached", "bulk")
    }
    chunks = _cma(lab, "cma_mode_cached_gain_0", "chunks")
    busy = _cma(lab, "cma_mode_cached_gain_0", "busy")
    return Finding(
        f"{significant(chunks)} chunks of order 4 from an area of 512 MiB, one"
        f" page in a hundred pinned: {significant(busy)} places fail. Attempts"
        " with every call from the start"
        f" {significant(attempts['normal'])}, gone on from the last failure"
        f" {significant(attempts['cached'])}, in one bulk call"
        f" {significant(attempts['bulk'])}.",
        verdict_of(
            attempts["bulk"] < attempts["normal"] / 2,
            attempts["cached"] < attempts["normal"] / 2,
        ),
    )


def fail_fast(lab: Lab) -> Finding:
    parts = []
    shares = []
    attempts = []
    for label, tries in (("one try", 1), ("five", 5), ("until free", 0)):
        name = f"cma_mode_bulk_pins_0.02_chunks_8K_tries_{tries}"
        chunks = _cma(lab, name, "chunks")
        attempts.append(_cma(lab, name, "attempts"))
        shares.append(chunks / 8192)
        parts.append(
            f"{label} {100 * shares[-1]:.0f} % of the places and"
            f" {significant(attempts[-1])} attempts"
        )
    return Finding(
        "Every place of an area of 512 MiB, two pages in a hundred pinned, each"
        " failed attempt ending a pin with one chance in ten:"
        f" {listed(parts)}. The direction is the model's; how much is lost and"
        " paid is what it shows.",
        verdict_of(
            shares[0] < shares[1] < shares[2],
            attempts[0] < attempts[1] < attempts[2],
        ),
    )
