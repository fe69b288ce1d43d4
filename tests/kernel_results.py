# SPDX-License-Identifier: MIT
"""Small results of ./run kernel, and counts of the same pages in user space:
four structures of two kernels on two guests, with one pair that changes places.
"""

from __future__ import annotations

from typing import Any

KERNELS = ("6.1", "6.12")
# Pages, ranges, memory.
GUESTS = {
    "idle-8g": (131072, 10, 8 << 30),
    "punched-2g": (131072, 85732, 2 << 30),
}
# Instructions per page by guest: to set, and to drain.
COSTS = {
    "flat": ((21.5, 2.12), (22.2, 73.4)),
    "cvbmp": ((59.9, 0.544), (557.0, 1240.0)),
    "radix": ((84.4, 0.754), (85.4, 163.0)),
    "xarray": ((137.0, 1.02), (138.0, 196.0)),
}
# Outside, in the same order; punched-2g changes the places of two.
USER = COSTS | {"xarray": ((125.0, 0.929), (126.0, 160.0))}
LOOP, FLOOR = (15.0, 0.0005), 4.0
FAMILIES = {"flat": "bitmap", "cvbmp": "list", "radix": "radix"}


def _row(operation: str, guest: str, name: str, cost: float) -> dict[str, Any]:
    pages, ranges, _ = GUESTS[guest]
    row = {
        "name": f"{operation}/{guest}/{name}",
        "run_type": "iteration",
        "repetitions": 1,
        "repetition_index": 0,
        "operation": operation,
        "workload": guest,
        "structure": name,
        "real_time": cost * pages,
        "cpu_time": 0,
        "time_unit": "ns",
        "bits_per_page": 1.2,
        "failed_sets": 0,
        "instructions_per_page": cost,
        "pages": pages,
        "ranges": ranges,
    }
    if operation == "drain":
        row["instructions_per_range"] = cost * pages / ranges
    return row


def _rows(name: str, costs: Any) -> list[dict[str, Any]]:
    return [
        _row(operation, guest, name, cost)
        for guest, both in zip(GUESTS, costs)
        for operation, cost in zip(("set", "drain"), both)
    ]


def _context(unit: str, names: list[str], **more: Any) -> dict[str, Any]:
    per_page, per_range = f"{unit}_per_page", f"{unit}_per_range"
    return {
        "date": "2026-11-30T20:27:03+00:00",
        "num_cpus": 2,
        "mhz_per_cpu": 2445,
        "pfnbench_schema": "2",
        "pfnbench_version": "0.1.0",
        "commit": "abc1234",
        "libc": "glibc 2.36",
        "compiler": "GCC 12.2.0",
        "compiler_flags": "-O2 -g1 -DNDEBUG",
        "build_type": "Release",
        "repetitions": "1",
        "operations": [
            {"name": "set", "kind": "set", "times": [per_page]},
            {"name": "drain", "kind": "set", "times": [per_page, per_range]},
        ],
        "structures": [
            {
                "name": name,
                "family": FAMILIES.get(name.partition("@")[0], "radix"),
                "clear_can_fail": False,
                "origin": "somebody, 2018",
            }
            for name in names
        ],
        "workloads": [
            {
                "name": guest,
                "trace": f"{number}1af25ee7e78a61ce8ef454dd6947432",
                "pages": pages,
                "passes": 1,
                "ranges": ranges,
                "guest_memory": memory,
            }
            for number, (guest, (pages, ranges, memory)) in enumerate(
                GUESTS.items()
            )
        ],
        "setless": [],
        **more,
    }


def inside(factor: float = 1.0, of: str = "cvbmp") -> dict[str, Any]:
    """As ./run kernel writes them; the costs of one structure may be others."""
    names, rows = [], []
    for kernel in KERNELS:
        for name, costs in {"empty": (LOOP, LOOP), **COSTS}.items():
            names.append(f"{name}@{kernel}")
            times = factor if name == of else 1.0
            loop = LOOP if name != "empty" else (0.0, 0.0)
            rows += _rows(
                names[-1],
                [
                    [cost * times + own for cost, own in zip(both, loop)]
                    for both in costs
                ],
            )
    for row in rows:
        row["longest_instructions"] = 7000 + len(row["structure"])
    context = _context(
        "instructions",
        names,
        command_line="./run kernel --linux=debian --linux=debian-6.12",
        kernel="6.1: Linux 6.1.0-57-amd64, 6.12: Linux 6.12.117+deb12-amd64",
        kernel_config="6.1: RETPOLINE; 6.12: MITIGATION_RETPOLINE",
        kernel_debug="6.1: none; 6.12: none",
        kernel_faults="6.1: none can be injected, it has no failslab; "
        "6.12: none, --fault=failslab:... injects them",
        accelerator="QEMU 7.2.22 TCG",
        cpu_model="QEMU 7.2.22 TCG",
        timer="an instruction is a nanosecond (-icount shift=0)",
        baseline="xarray@6.1",
        where="kernel",
        floor="empty@6.1",
        setless=["empty@6.12"],
    )
    return {"context": context, "benchmarks": rows}


def outside() -> dict[str, Any]:
    """As --instructions=callgrind writes them, of 6.1 alone."""
    names = [*(f"{name}@6.1" for name in USER), "xbitmap"]
    costs = [*USER.values(), ((44.3, 0.9), (46.5, 150.0))]
    floor = (FLOOR, FLOOR), (FLOOR, FLOOR)
    rows = _rows("floor", floor)
    for name, both in zip(names, costs):
        gross = [(to_set + FLOOR, to_drain) for to_set, to_drain in both]
        rows += _rows(name, gross)
    context = _context("ns", names, baseline="xbitmap", floor="floor")
    return {"context": context, "benchmarks": rows}
