# SPDX-License-Identifier: MIT
"""What a page costs inside the kernel and outside: the table of a run, and
docs/kernel.md, which ranks the structures in both places."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from math import isnan, nan
from pathlib import Path

from plots.read.instructions import FILE_NAME
from plots.read.results import Case, Entrant, Results, ResultsError, load
from plots.tables.glance import ours_of

_EMPTY = "empty"
_INSTRUCTIONS = "instructions_per_page"
_FACTS = {
    "kernel": "kernel",
    "kernel_config": "config",
    "kernel_debug": "debug options",
    "kernel_faults": "faults",
    "accelerator": "figures by",
}


def _figure(
    results: Results | None, case: tuple[str, str, str], counter: str
) -> float:
    """Of an operation, a workload and a structure; NaN where there is none."""
    if results is None:
        return nan
    operation, workload, name = case
    found = results.estimate(
        Case(operation, workload, Entrant(name), ""), counter
    )
    return found.median if found else nan


@dataclass(frozen=True)
class Both:
    """Results of a kernel, and counts of the same pages in user space."""

    inside: Results
    user: Results | None

    def counter(self, operation: str) -> str:
        return self.inside.time_counters(operation)[0]

    def rows(self, operation: str) -> list[str]:
        """Whole names, the loops alone last."""
        names = [
            each.structure
            for each in self.inside.in_order(
                self.inside.entrants_of(operation, "")
            )
        ]
        return sorted(names, key=lambda name: name.startswith(f"{_EMPTY}@"))

    def net(self, operation: str, workload: str, row: str) -> float:
        """Inside the kernel, less the loop alone in that kernel."""
        counter = self.counter(operation)
        empty = f"{_EMPTY}@{row.partition('@')[2]}"
        return _figure(
            self.inside, (operation, workload, row), counter
        ) - _figure(self.inside, (operation, workload, empty), counter)

    def net_of_user(self, operation: str, workload: str, row: str) -> float:
        """In user space; `drain` has no loop over pages."""
        if self.counter(operation) != _INSTRUCTIONS:
            return nan
        value = _figure(self.user, (operation, workload, row), _INSTRUCTIONS)
        if operation == "drain":
            return value
        loop = (operation, workload, "floor")
        return value - _figure(self.user, loop, _INSTRUCTIONS)


def read(folder: Path, user_space: Path | None, latest: Path) -> Both:
    """The results in `folder`, and counts of the same pages if there are
    any: in `user_space`, or in the newest run."""
    inside = load(folder)
    path = user_space or latest
    if path.is_dir() and (path / FILE_NAME).exists():
        path = path / FILE_NAME
    if user_space is None and path.name != FILE_NAME:
        return Both(inside, None)
    user = load(path)
    traces = {each.name: each.trace for each in user.workloads}
    if any(traces.get(w.name) == w.trace for w in inside.workloads):
        return Both(inside, user)
    if user_space is None:
        return Both(inside, None)
    raise ResultsError(
        path, "has none of these workloads with as many pages", "count again"
    )


def table(both: Both) -> str:
    """The text of all tables."""
    context = both.inside.context
    lines = [
        f"{name}: {context[key]}"
        for key, name in _FACTS.items()
        if key in context
    ]
    for operation in both.inside.operations():
        for workload in both.inside.workloads_of(operation, ""):
            lines += ["", *_table(both, operation, workload)]
    return "\n".join(lines) + "\n"


def _table(both: Both, operation: str, workload: str) -> Iterator[str]:
    counter = both.counter(operation)
    unit = counter.replace("_", " ")
    yield f"{operation}, {workload}: {unit}, net of the loop alone"
    yield (
        f"{'structure':<22}{'kernel':>8}{'user':>8}{'k/user':>8}"
        f"{'ours':>8}{'k/ours':>8}  ours is"
    )
    for row in both.rows(operation):
        name = row.partition("@")[0]
        if name == _EMPTY:
            value = _figure(both.inside, (operation, workload, row), counter)
            yield f"{row:<22}{_cell(value)}  (the loop alone)"
            continue
        inside = both.net(operation, workload, row)
        user = both.net_of_user(operation, workload, row)
        ours = both.net_of_user(operation, workload, ours_of(row))
        yield (
            f"{row:<22}{_cell(inside)}{_cell(user)}"
            f"{_cell(inside / user if user else nan)}{_cell(ours)}"
            f"{_cell(inside / ours if ours else nan)}"
            f"  {'-' if isnan(ours) else ours_of(row)}"
        )


def _cell(value: float) -> str:
    if isnan(value):
        return f"{'-':>8}"
    digits = f"{value:.3g}" if abs(value) < 100 else f"{value:,.0f}"
    return f"{digits:>8}"


# ---- docs/kernel.md.

_INTRODUCTION = """\
# Inside the kernel and outside

`./run kernel` measures the kernel's own structures inside that kernel. A module has the
adapters of [structures/linux](../structures/linux), the same that
[`--linux`](kernel-rows.md) builds into a plugin. It sets and drains the passes of the
traces, page by page through a pointer, with `GFP_NOWAIT`. Every walk is compared with
the oracle's ranges afterwards.

    ./run kernel                                  # Debian's kernel, every row
    ./run kernel --linux=~/linux                  # a tree that was built there
    ./run kernel --linux=base=../a --linux=patched=../b
    sudo ./run kernel --here                      # the kernel that runs here

The guest runs in QEMU. Where KVM does not work, TCG runs it with `-icount`: then the
clock of the guest counts instructions, and two runs agree within 0.5 %. Interrupts are
off within a block of 256 pages, and callbacks of RCU run between blocks, while the
clock stands. Figures are net of the row `empty`: the loop and its call alone. Bytes are
what `/proc/slabinfo` shows more, with `slab_nomerge`. A kernel with `failslab` can
refuse requests: `--fault=failslab:probability=1`.

A row whose functions a kernel does not export is left out, and named. A tree that is
not built, a module that does not match, a guest that panics or hangs: each is one line
and status 2.

## The rankings

The rest of this page is made by one command. It ranks the structures by the
instructions that a page costs: inside the kernel, and the same code in user space.
Kendall's tau is 1 if both rankings are the same, and -1 if one is the other's reverse.

    {command}
"""

def document(both: Both, command: str) -> str:
    """Which structures change places between the kernel and user space."""
    return "\n".join(_document(both, command)) + "\n"


def _document(both: Both, command: str) -> Iterator[str]:
    context = both.inside.context
    yield from _INTRODUCTION.format(command=command).splitlines()
    yield ""
    for key, name in _FACTS.items():
        if key in context:
            yield f"* {name}: {context[key]}"
    for operation in both.inside.operations():
        for workload in both.inside.workloads_of(operation, ""):
            yield from _ranking(both, operation, workload)


def _ranking(both: Both, operation: str, workload: str) -> Iterator[str]:
    pairs = {}
    for row in both.rows(operation):
        inside = both.net(operation, workload, row)
        user = both.net_of_user(operation, workload, row)
        is_loop = row.startswith(f"{_EMPTY}@")
        if not is_loop and not isnan(inside + user):
            pairs[row] = inside, user
    yield ""
    yield f"## `{operation}`, `{workload}`"
    yield ""
    if len(pairs) < 2:
        yield "There are no counts of user space to compare with."
        return
    yield "| rank | inside | instructions per page | outside | instructions |"
    yield "|---|---|---|---|---|"
    orders = [sorted(pairs, key=lambda row: pairs[row][at]) for at in (0, 1)]
    for rank, (one, other) in enumerate(zip(*orders), 1):
        yield (
            f"| {rank} | `{one}` | {_cell(pairs[one][0]).strip()} "
            f"| `{other}` | {_cell(pairs[other][1]).strip()} |"
        )
    changed = [
        (one, other)
        for one, other in combinations(orders[0], 2)
        if orders[1].index(one) > orders[1].index(other)
    ]
    count = len(pairs) * (len(pairs) - 1) // 2
    tau = 1 - 2 * len(changed) / count
    yield ""
    yield f"Kendall's tau: {tau:.2f}. " + (
        "No pair changes places."
        if not changed
        else "These change places:"
    )
    if changed:
        yield ""
    for one, other in changed:
        factors = [pairs[other][at] / pairs[one][at] for at in (0, 1)]
        yield (
            f"* `{other}` takes {factors[0]:.2f} times as many as `{one}` "
            f"inside, {factors[1]:.2f} times outside"
        )
