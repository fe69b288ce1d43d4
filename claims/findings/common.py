# SPDX-License-Identifier: MIT
"""What the judges share: traces, faults, names of rows, verdicts of parts."""

from __future__ import annotations

from collections.abc import Iterable

from claims.claims import Lab, Verdict, significant

TRACES = ("idle-8g", "frag-4g", "busy-2g", "oom-2g", "punched-2g")
ALL_FAIL = "nth:1,persistent"
HARSH = "gilbert_elliott:loss=0.5,burst=2000"
PRESSURE = ("ge_burst", "ge_heavy", HARSH, "slab_boundary:zone_wmark")
# Where a set of the xbitmap gets its memory: the allocator; the allocator and
# then what was preloaded; what was preloaded.
PRELOADS = ("xbitmap", "xbitmap-preload", "xbitmap-ida")
PRELOAD_FAULTS = (
    "budget:32768",
    "budget:65536",
    "ge_burst",
    "ge_heavy",
    HARSH,
)
POLICIES = ("free", "single", "array", "array-rest", "reserve:65536")


def replay_row(trace: str, structure: str, *conditions: str) -> str:
    if structure not in ("array", "pipelined") and not any(
        condition.startswith("policy:") for condition in conditions
    ):
        conditions = ("policy:free", *conditions)
    return "/".join(["replay", trace, structure, *conditions])


def inflate_ms(lab: Lab, experiment: str, row: str, stage: str = "") -> float:
    return lab.get(experiment, row, f"sim_inflate_{stage}ms")


def listed(items: Iterable[str]) -> str:
    return ", ".join(items)


def verdict_of(*holds: bool) -> Verdict:
    """Of a claim with several parts: all of them, none, or some."""
    if all(holds):
        return Verdict.SUPPORTED
    return Verdict.DEPENDS if any(holds) else Verdict.REFUTED


def set_ratios(
    lab: Lab, structure: str, to: str, operation: str
) -> list[float]:
    return [
        lab.ratio(
            "sets",
            f"{operation}/{trace}/{structure}",
            f"{operation}/{trace}/{to}",
        )
        for trace in TRACES
    ]


def ratio_list(ratios: list[float]) -> str:
    return listed(
        f"{trace} {significant(ratio)}" for trace, ratio in zip(TRACES, ratios)
    )


def mixed(ratios: list[float]) -> Verdict:
    if min(ratios) < 1 < max(ratios):
        return Verdict.DEPENDS
    return verdict_of(max(ratios) <= 1)
