# SPDX-License-Identifier: MIT
"""A small builder of results, so that each test says what it is about."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from plots.read.results import Results, load  # noqa: E402

CONTEXT = {
    "date": "2026-11-21T08:00:00+00:00",
    "host_name": "never-printed",
    "executable": "./build/release/pfnbench",
    "num_cpus": 2,
    "mhz_per_cpu": 2600,
    "cpu_scaling_enabled": False,
    "caches": [],
    "load_avg": [0.1],
    "library_build_type": "release",
    "pfnbench_schema": "1",
    "pfnbench_version": "0.1.0",
    "commit": "abc1234",
    "cpu_model": "AMD EPYC 7B13",
    "kernel": "Linux 6.1.0-18-amd64",
    "compiler": "GCC 12.2.0",
    "compiler_flags": "-O2 -g",
    "build_type": "Release",
    "governor": "n/a",
    "turbo": "n/a",
    "thp": "madvise",
    "aslr": "2",
    "timer": "tsc 2596 MHz, 9.1 ns a reading, subtracted",
    "command_line": "./build/release/pfnbench --workload=all",
    "baseline": "xbitmap",
    "repetitions": "9",
    "interrupted": "no",
    "fault_draw": "allocation",
    "fault_seed": "1",
    "large_allocations": "pow2",
}

# Nine factors around 1 in no order: the median is 1, its interval
# (ranks 2 and 8) is 0.98 to 1.02.
JITTER = (1.0, 1.01, 0.99, 1.02, 0.98, 1.03, 0.97, 1.005, 0.995)
# What the machine does to a whole round; pairing takes it out again.
DRIFT = (1.0, 1.2, 0.9, 1.0, 1.1, 1.0, 0.95, 1.0, 1.05)

FAILSLAB = "fault:failslab:probability=1"


def rows(
    name: str, values: Sequence[float], **counters: Any
) -> list[dict[str, Any]]:
    """Rounds of one benchmark; the values are its ns per page."""
    return [
        {
            "name": name,
            "run_name": name,
            "run_type": "iteration",
            "repetitions": len(values),
            "repetition_index": number,
            "threads": 1,
            "iterations": 1,
            "real_time": value,
            "cpu_time": value,
            "time_unit": "ms",
            "ns_per_page": value,
            **counters,
        }
        for number, value in enumerate(values)
    ]


def memory(bits: float, failed: int = 0) -> dict[str, float]:
    """Counters of a set row, without its time."""
    return {
        "pages": 3670016,
        "ranges": 26,
        "passes": 2,
        "failed_sets": failed,
        "bits_per_page": bits,
        "requested_bits_per_page": bits * 0.98,
        "peak_rounded_bytes": bits * 65536,
        "allocations": 1821,
    }


def error_rows(name: str, message: str, rounds: int) -> list[dict[str, Any]]:
    """Rounds that failed: no counters."""
    return [
        {
            "name": name,
            "run_type": "iteration",
            "repetition_index": number,
            "error_occurred": True,
            "error_message": message,
        }
        for number in range(rounds)
    ]


def document(
    benchmarks: Iterable[dict[str, Any]], **context: Any
) -> dict[str, Any]:
    """A results.json with the given rows; context entries override."""
    return {
        "context": {**CONTEXT, **context},
        "benchmarks": list(benchmarks),
    }


WORKLOADS = {
    "idle-8g": (3670016, 2, 26, 8 << 30, 1.0),
    "frag-4g": (1835008, 1, 412345, 4 << 30, 1.6),
    "busy-2g": (524288, 3, 8192, 2 << 30, 1.2),
    "oom-2g": (700001, 40, 9001, 2 << 30, 1.3),
    "punched-2g": (400000, 1, 200000, 2 << 30, 2.4),
}
STRUCTURES = {
    "flat": (1.31, 2.29, "family=bitmap; out_of_memory=reports; "),
    "xbitmap": (5.5, 1.07, "family=radix; out_of_memory=reports; "),
    "xbitmap-preload": (5.51, 1.1, "family=radix; out_of_memory=reports; "),
    "cvbmp": (3.2, 1.9, "family=list; out_of_memory=reports; "),
}


def times(factor: float) -> list[float]:
    """Nine rounds around a median of about `factor` ns per page."""
    return [factor * j * d for j, d in zip(JITTER, DRIFT)]


def full_document(
    workloads: Iterable[str] = WORKLOADS,
    structures: dict[str, tuple[float, float, str]] | None = None,
    **context: Any,
) -> dict[str, Any]:
    """Every operation of every entrant, without faults and with."""
    structures = structures or STRUCTURES
    made: list[dict[str, Any]] = []
    for workload in workloads:
        pages, passes, ranges, guest, slow = WORKLOADS[workload]
        context[f"workload_{workload}"] = (
            f"trace={hashlib.md5(workload.encode()).hexdigest()}"
            f" pages={pages} passes={passes} ranges={ranges}"
            f" guest_memory={guest}"
        )
        for operation in ("set", "test", "extract", "clear", "drain"):
            for structure, (ns, bits, _) in structures.items():
                stem = f"{operation}/{workload}/{structure}"
                counters = memory(bits * slow)
                both = rows(stem, times(ns * slow), **counters)
                if structure == "xbitmap":
                    shaken = [ns * slow * d for d in DRIFT]
                    both += rows(f"{stem}/control:1", shaken, **counters)
                if operation in ("extract", "drain"):
                    for row in both:
                        per_page = row["ns_per_page"]
                        row["ns_per_range"] = per_page * pages / ranges
                made += both
            if operation in ("set", "test", "clear"):
                stem = f"{operation}/{workload}/floor"
                made += rows(stem, times(0.4))
    for workload in list(workloads)[:2]:
        for structure, (ns, bits, _) in structures.items():
            stem = f"set/{workload}/{structure}/{FAILSLAB}"
            counters = memory(bits, failed=36700)
            made += rows(stem, times(ns * 2), **counters)
            if structure == "xbitmap":
                shaken = [ns * 2 * d for d in DRIFT]
                made += rows(f"{stem}/control:1", shaken, **counters)
    for structure, (_, _, facts) in structures.items():
        context[
            f"structure_{structure}"
        ] = f"{facts}clear_can_fail=no; origin=Somebody, 2018"
    return document(made, **context)


def check_golden(name: str, text: str) -> None:
    """The text is that of golden/NAME."""
    path = Path(__file__).parent / "golden" / name
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(text, encoding="ascii")
    assert text == path.read_text(
        encoding="ascii"
    ), "if this is meant: UPDATE_GOLDEN=1 python3 -m pytest tests/plots"


@pytest.fixture
def write(tmp_path: Path) -> Callable[[Any], Path]:
    """Writes a document as results.json; returns its path."""

    def write_document(content: Any) -> Path:
        path = tmp_path / "results.json"
        path.write_text(json.dumps(content), encoding="utf-8")
        return path

    return write_document


@pytest.fixture
def results_of(write: Callable[[Any], Path]) -> Callable[[Any], Results]:
    """Loads a document the way the commands do."""
    return lambda content: load(write(content))


def losses(structure: str, workload: str, *lost: int) -> dict[str, Any]:
    """Pages lost under a burst model, for each seed; of a million."""
    where = {"workload": workload, "structure": structure}
    under = {"conditions": {"fault": "ge_burst"}, "passes": 2}
    return {**where, **under, "pages": 1_000_000, "lost": list(lost)}


def profile(
    structure: str, workload: str = "a", scale: float = 1.0
) -> "dict[str, Any]":
    """A whole one: three points of memory, 1000 sets, the longest 70 ns."""
    sizes = {
        key: 4096 for key in ("requested", "rounded", "slab", "pow2", "exact")
    }
    times = {"p50": 1.5, "p90": 1.9, "p99": 3.5, "p99_9": 3.9}
    worst = {"position": 77, "pass": 0, "pfn": 5, "allocations": 1}
    return {
        "workload": workload,
        "structure": structure,
        "condition": "",
        "memory": {
            "cpus": 2,
            "pass_ends": [{"pass": 0, "pages": 20, **sizes}],
            "peak": sizes,
            "retained": sizes,
            "caches": [],
            "allocations": 50,
            "frees": 50,
            "sets": 100000,
            "largest_order": 3,
            "timeline": [[0, 0, 0], [10, 90, 128], [20, 80, 96]],
        },
        "tails": {
            "overhead_ns": 10.0,
            "repetitions": 3,
            "operations": {
                "set": {
                    "count": 1000,
                    **{key: scale * value for key, value in times.items()},
                    "max": 70.0 * scale,
                    "max_raw": 90.0 * scale,
                    "histogram": [
                        [1.0 * scale, 2.0 * scale, 900],
                        [2.0 * scale, 4.0 * scale, 99],
                        [64.0 * scale, 128.0 * scale, 1],
                    ],
                    "worst": [{**worst, "ns": 70.0 * scale}],
                }
            },
        },
    }
