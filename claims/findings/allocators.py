# SPDX-License-Identifier: MIT
"""What the allocators behind the sets do."""

from __future__ import annotations

from claims.findings.common import Finding, finding, numbers, verdict_of
from claims.lab import Lab, Verdict, number

_LARGE = ("flat", "boost-flat-set", "cvbmp-32768", "roaring")


def _pcp(lab: Lab, model: str, structure: str = "xbitmap") -> float:
    row = f"set/busy-2g/{structure}/fault:{model}"
    return lab.get("per-cpu-list", row, "failed_sets")


def pcp(lab: Lab) -> Finding:
    alone, one_in_63, one_in_8 = (
        numbers(
            _pcp(lab, model, name)
            for name in ("xbitmap", "cvbmp", "btree-bitmap")
        )
        for model in ("pcp_only:a=0,f=0", "pcp_only:a=0.015873,f=0", "pcp_only")
    )
    return finding(
        Verdict.DEPENDS, alone=alone, one_in_63=one_in_63, one_in_8=one_in_8
    )


def pcp_ask(lab: Lab) -> Finding:
    empty, check, race = (
        _pcp(lab, f"pcp_only{key}")
        for key in ("", ":ask=precheck", ":ask=race")
    )
    return finding(
        verdict_of(empty <= race), empty=empty, check=check, race=race
    )


def by_order(lab: Lab) -> Finding:
    parts = []
    saved = []
    for name in _LARGE:
        row = f"set/sequential_pages_640K/{name}"
        whole, exact = (
            lab.get(experiment, f"{row}{key}", "peak_slab_bytes") / 1024
            for experiment, key in (
                ("large-pow2", ""),
                ("large-exact", "/large:exact"),
            )
        )
        saved.append(1 - exact / whole)
        parts.append(f"{name} {number(whole)} and {number(exact)} KiB")
    return finding(
        Verdict.DEPENDS
        if min(saved) < 0.01 < max(saved)
        else verdict_of(min(saved) > 0),
        sizes=", ".join(parts),
    )


def guard_pages(lab: Lab) -> Finding:
    failed = {}
    for name in _LARGE:
        row = f"set/sequential_pages_640K/{name}/large:vmalloc"
        sets, pages = (
            lab.get("large-vmalloc", row, counter)
            for counter in ("failed_sets", "pages")
        )
        failed[name] = sets / pages
    return finding(
        verdict_of(max(failed.values()) == 0),
        shares=", ".join(
            f"{name} {100 * share:.0f} %" for name, share in failed.items()
        ),
    )


def _cma(lab: Lab, name: str, fact: str) -> int:
    return int(lab.fact("cma", f"cma_mode_{name}", fact))


def failed_places(lab: Lab) -> Finding:
    normal, cached, bulk = (
        _cma(lab, f"{mode}_gain_0", "attempts")
        for mode in ("normal", "cached", "bulk")
    )
    return finding(
        verdict_of(bulk < normal / 2, cached < normal / 2),
        chunks=_cma(lab, "cached_gain_0", "chunks"),
        busy=_cma(lab, "cached_gain_0", "busy"),
        normal=normal,
        cached=cached,
        bulk=bulk,
    )


def fail_fast(lab: Lab) -> Finding:
    names = [f"bulk_pins_0.02_chunks_8K_tries_{tries}" for tries in (1, 5, 0)]
    shares = [_cma(lab, name, "chunks") / 8192 for name in names]
    attempts = [_cma(lab, name, "attempts") for name in names]
    return finding(
        verdict_of(
            shares[0] < shares[1] < shares[2],
            attempts[0] < attempts[1] < attempts[2],
        ),
        modes=", ".join(
            f"{label} {100 * share:.0f} % of the places and"
            f" {number(tries)} attempts"
            for label, share, tries in zip(
                ("one try", "five", "until free"), shares, attempts
            )
        ),
    )
