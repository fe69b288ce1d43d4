# SPDX-License-Identifier: MIT
"""Shared by the judges: traces, faults, names of rows, verdicts of parts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from claims.lab import Lab, Ratio, Verdict, number

# A verdict, and the figures that the text of the claim has places for.
Finding = tuple[Verdict, dict[str, float | str]]

TRACES = ("idle-8g", "frag-4g", "busy-2g", "oom-2g", "punched-2g")
ALL_FAIL = "nth:1,persistent"
HARSH = "gilbert_elliott:loss=0.5,burst=2000"
PRESSURE = ("ge_burst", "ge_heavy", HARSH, "slab_boundary:zone_wmark")
# Where a set of the xbitmap gets its memory: the allocator; the allocator and
# then the preloaded pool; the pool alone.
PRELOADS = ("xbitmap", "xbitmap-preload", "xbitmap-ida")
PRELOAD_FAULTS = (
    "budget:32768",
    "budget:65536",
    "ge_burst",
    "ge_heavy",
    HARSH,
)
POLICIES = ("free", "single", "array", "array-rest", "reserve:65536")


def replayed(
    lab: Lab,
    trace: str,
    structure: str,
    counter: str,
    *conditions: str,
    of: str = "replay",
) -> float:
    """A counter of the replay of a trace, by default with the policy free."""
    if structure not in ("array", "pipelined") and not any(
        condition.startswith("policy:") for condition in conditions
    ):
        conditions = ("policy:free", *conditions)
    row = "/".join(["replay", trace, structure, *conditions])
    return lab.get(of, row, counter)


def inflate_ms(
    lab: Lab, trace: str, structure: str, stage: str = "", of: str = "replay"
) -> float:
    return replayed(lab, trace, structure, f"sim_inflate_{stage}ms", of=of)


def finding(verdict: Verdict, **figures: float | str) -> Finding:
    return verdict, figures


def numbers(values: Iterable[float]) -> str:
    return ", ".join(map(number, values))


def by_trace(text: Callable[[str], str]) -> str:
    return ", ".join(f"{trace} {text(trace)}" for trace in TRACES)


def verdict_of(*holds: bool) -> Verdict:
    """Of a claim with several parts: all of them, none, or some."""
    if all(holds):
        return Verdict.SUPPORTED
    return Verdict.DEPENDS if any(holds) else Verdict.REFUTED


def set_ratios(
    lab: Lab,
    structure: str,
    to: str,
    operation: str = "set",
    counter: str = "ns_per_page",
) -> list[Ratio]:
    return [
        lab.ratio(
            "sets",
            f"{operation}/{trace}/{structure}",
            f"{operation}/{trace}/{to}",
            counter,
        )
        for trace in TRACES
    ]


def ratio_list(ratios: Sequence[Ratio]) -> str:
    """The ratio on each trace, and which of them show no difference."""
    pairs = list(zip(TRACES, ratios))
    text = ", ".join(f"{name} {number(ratio.median)}" for name, ratio in pairs)
    alike = [name for name, ratio in pairs if not ratio.side]
    return text + (f" (no difference shown: {', '.join(alike)})" * bool(alike))


def mixed(ratios: Sequence[Ratio]) -> Verdict:
    """Of "is faster": wherever a difference is shown, or now and then."""
    sides = {ratio.side for ratio in ratios} - {0}
    return verdict_of(sides == {-1}) if len(sides) == 1 else Verdict.DEPENDS
