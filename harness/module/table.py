# SPDX-License-Identifier: MIT
"""One table of each workload and operation: what a page costs inside the
kernel, what the tree's code costs in user space, and what our row costs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from plots.read.instructions import FILE_NAME
from plots.read.results import Case, Entrant, Results, ResultsError, load

# Our structures of the same design.
OURS = {
    "flat": "flat",
    "radix": "xbitmap",
    "xarray": "xarray",
    "xarray-hint": "xarray-hint",
    "btree-hint": "btree-bitmap",
    "cvbmp": "cvbmp",
    "xbitmap": "xbitmap",
    "maple": "pivot-tree",
}


def counter_of(results: Results, operation: str) -> str:
    return results.time_counters(operation)[0]


def figure(results: Results, operation: str, workload: str, row: str) -> float:
    """NaN where there is none."""
    case = Case(operation, workload, Entrant(row), "")
    found = results.estimate(case, counter_of(results, operation))
    return found.median if found else float("nan")


def table(folder: Path, beside: Path | None, latest: Path) -> str:
    """The text of all tables of the results in `folder`."""
    results = load(folder)
    user = _user(results, beside, latest)
    lines = [f"{key}: {results.context[key]}" for key in _CONTEXT]
    for operation in results.operations():
        for workload in results.workloads_of(operation, ""):
            lines += ["", *_table(results, user, operation, workload)]
    return "\n".join(lines) + "\n"


_CONTEXT = ("kernel", "kernel_config", "kernel_debug", "kernel_failslab")
_CONTEXT += ("accelerator",)


def _user(
    results: Results, beside: Path | None, latest: Path
) -> Results | None:
    """Counts of the same pages in user space, if there are any."""
    path = beside or latest
    if path.is_dir():
        path = path / FILE_NAME
    if beside is None and not path.exists():
        return None
    user = load(path)
    traces = {each.name: each.trace for each in user.workloads}
    shared = [
        each.name
        for each in results.workloads
        if traces.get(each.name) == each.trace
    ]
    if shared or beside is None:
        return user if shared else None
    raise ResultsError(
        path, "has none of these workloads with as many pages", "count again"
    )


def _count(user: Results | None, operation: str, workload: str, row: str):
    if user is None:
        return float("nan")
    case = Case(operation, workload, Entrant(row), "")
    found = user.estimate(case, "instructions_per_page")
    return found.median if found else float("nan")


def _table(
    results: Results, user: Results | None, operation: str, workload: str
) -> Iterator[str]:
    counter = counter_of(results, operation)
    unit = counter.replace("_", " ")
    is_counted = counter == "instructions_per_page"
    yield f"{operation}, {workload}: {unit}, net of the empty loop"
    yield (
        f"{'structure':<22}{'kernel':>10}{'user':>10}{'k/u':>7}"
        f"{'ours':>10}{'k/ours':>8}  our structure"
    )
    empty = figure(results, operation, workload, results.floor)
    for entrant in results.in_order(results.entrants_of(operation, "")):
        row = entrant.structure
        value = figure(results, operation, workload, row)
        if row.partition("@")[0] == "empty":
            yield f"{row:<22}{_cell(value, 10)}  (the loop alone)"
            continue
        ours = OURS.get(row.partition("@")[0], "")
        base = _count(user, operation, workload, "floor")
        if operation == "drain":
            base = 0.0
        there = _count(user, operation, workload, row) - base
        other = _count(user, operation, workload, ours) - base
        net = value - empty
        if not is_counted:
            there = other = float("nan")
        yield (
            f"{row:<22}{_cell(net, 10)}{_cell(there, 10)}"
            f"{_cell(net / there, 7)}{_cell(other, 10)}"
            f"{_cell(net / other, 8)}  {ours or '-'}"
        )


def _cell(value: float, width: int) -> str:
    return f"{value:>{width}.3g}" if value == value else f"{'-':>{width}}"
