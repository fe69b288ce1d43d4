# SPDX-License-Identifier: MIT
"""What a page costs inside the kernel and outside: the table of a run, and
docs/kernel.md, which ranks the structures in both places."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import isnan, nan, sqrt
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
    results: Iterable[Results], case: tuple[str, str, str], counter: str
) -> float:
    """Of an operation, a workload and a structure; NaN where there is none."""
    operation, workload, name = case
    for each in results:
        found = each.estimate(
            Case(operation, workload, Entrant(name), ""), counter
        )
        if found:
            return found.median
    return nan


@dataclass(frozen=True)
class Both:
    """Results of a kernel, and counts of the same pages in user space."""

    inside: Results
    user: Sequence[Results]  # each has some of the structures

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
        return self.gross(operation, workload, row, counter) - self.gross(
            operation, workload, empty, counter
        )

    def gross(
        self, operation: str, workload: str, row: str, counter: str
    ) -> float:
        """A figure inside the kernel, as it is."""
        return _figure([self.inside], (operation, workload, row), counter)

    def longest(self, operation: str, workload: str, row: str) -> float:
        """Of the single calls that the operation makes, inside the kernel."""
        unit = self.counter(operation).partition("_")[0]
        return self.gross(operation, workload, row, f"longest_{unit}")

    def held(self, workload: str, row: str) -> list[float]:
        """Bits per page when the largest pass is set: inside, and of the model
        of the heap in user space."""
        case = self.inside.operations()[0], workload, row
        return [
            _figure(results, case, "bits_per_page")
            for results in ([self.inside], self.user)
        ]

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
    any: in `user_space` or its folders, or in the newest run."""
    inside = load(folder)
    path = user_space or latest
    found = [*path.glob(FILE_NAME), *sorted(path.glob(f"*/{FILE_NAME}"))]
    if not found and user_space:
        found = [user_space]
    user = [load(each) for each in found]
    traces = {w.name: w.trace for each in user for w in each.workloads}
    if any(traces.get(w.name) == w.trace for w in inside.workloads):
        return Both(inside, user)
    if user_space is None:
        return Both(inside, [])
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
        f"{'structure':<22}{'longest':>10}{'kernel':>8}{'user':>8}"
        f"{'k/user':>8}{'ours':>8}{'k/ours':>8}  ours is"
    )
    for row in both.rows(operation):
        name = row.partition("@")[0]
        if name == _EMPTY:
            value = both.gross(operation, workload, row, counter)
            yield f"{row:<22}{'':>10}{_cell(value)}  (the loop alone)"
            continue
        longest = _whole(both.longest(operation, workload, row)).rjust(10)
        inside = both.net(operation, workload, row)
        user = both.net_of_user(operation, workload, row)
        ours = both.net_of_user(operation, workload, ours_of(row))
        yield (
            f"{row:<22}{longest}{_cell(inside)}{_cell(user)}"
            f"{_cell(inside / user if user else nan)}{_cell(ours)}"
            f"{_cell(inside / ours if ours else nan)}"
            f"  {'-' if isnan(ours) else ours_of(row)}"
        )


def _whole(value: float) -> str:
    return "-" if isnan(value) else f"{value:,.0f}"


def _cell(value: float) -> str:
    if isnan(value):
        return f"{'-':>8}"
    digits = f"{value:.3g}" if abs(value) < 100 else f"{value:,.0f}"
    return f"{digits:>8}"


# ---- docs/kernel.md.

INTRODUCTION = """\
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
clock of the guest counts instructions. Its random numbers and its date are fixed, so
two runs are the same to the instruction, and one round is enough. Interrupts are off
within a block of 256 pages, and callbacks of RCU run between blocks, while the clock
stands. One call clears a pass. Where time is measured it has interrupts, because it can
be long. Figures are net of the row `empty`: the loop and its call alone. The longest
single call of an operation stands next to them in the table of a run.

A kernel with `failslab` can refuse requests: `--fault=failslab:probability=1`. It
refuses none any more when the command ends, also after Ctrl-C. The same in user space
is counted by valgrind before, and again only when code or flags have changed.

A row whose functions a kernel does not export is left out, and named. A tree that is
not built, a module that does not match, a guest that panics or hangs: each is one line
and status 2.

`--here` needs root and the headers of the running kernel. It unloads the module however
it ends: also after Ctrl-C, and when one of its processes is killed. It gives no bytes:
others ask for memory there, too, and share slab caches with the sets.

## Why pairs change places

Five things take other numbers of instructions inside and outside.

* Outside, each call begins with a check of whose heap is current, and the compiler saves
  more registers. `flat` executes nine instructions more. Rows with short paths change
  most: `flat`, `xarray-hint`, `btree-hint`.
* Inside, a function begins with a nop for tracing, and leaves by a return thunk. Rows
  that call many functions for a page take more: `btree`, `xarray-entry`.
* Inside, memory takes more, because free lists are hardened and objects are zeroed.
  Rows with a node for each run ask for one often on `punched-2g`, and give each back in
  `drain`: `interval`, `maple-state`. There `interval` takes a hundred more for each run
  of `frag-4g`.
* Nodes that RCU frees are given back after the clock has stopped inside, and within
  the operation outside. `maple-state`, `radix` and `xarray` have such nodes.
* Where a tree keeps its `bitmap_clear()` for its own kernel, as 6.1 does, outside it is
  a loop of ours over words, with shifts for each. So `flat` takes twice as many to
  drain `idle-8g` outside. That alone puts it behind `cvbmp-cursor` on `busy-2g` and
  `oom-2g`.

## The rankings

The rest of this page is made by one command. It ranks the structures by the
instructions that a page costs: inside the kernel, and the same code in user space.
valgrind counts the latter, so that no wall time stands here.

    {command}

From results that exist, the same page is made at once:

    ./run kernel --results=RUN --user-space=COUNTS --document=docs/kernel.md

Kendall's tau (b) is 1 if both rankings are the same, and -1 if one is the other's
reverse. Costs within 1 % of each other are a tie: no rank decides there.

"""

MEMORY = """\
Bits per page when the largest pass is set: inside, then outside. Inside they are the
objects of slab caches and the pages of large requests, outside those of the model of
the heap, rounded. [Slab inside](method.md#slab-inside) explains the differences.
"""

# Costs that differ by less are alike.
_TIE = 1.01
_Costs = dict[str, tuple[float, float]]  # inside, outside; by row


def document(both: Both) -> str:
    """Which structures change places between the kernel and user space."""
    return "\n".join(_document(both)) + "\n"


def _document(both: Both) -> Iterator[str]:
    context = both.inside.context
    command = context.get("command_line", "not recorded")
    yield from INTRODUCTION.format(command=command).splitlines()
    for key, name in _FACTS.items():
        if key in context:
            for said in context[key].split("; "):
                yield f"* {name}: {said}"
    kernels = list(
        dict.fromkeys(
            each.name.partition("@")[2] for each in both.inside.structures
        )
    )
    places = {
        (operation, workload): [
            _costs(both, operation, workload, kernel) for kernel in kernels
        ]
        for operation in both.inside.operations()
        for workload in both.inside.workloads_of(operation, "")
    }
    yield from ("", "| Kendall's tau | " + " | ".join(kernels) + " |")
    yield "|---" * (1 + len(kernels)) + "|"
    for (operation, workload), every in places.items():
        taus = " | ".join(_cell_of_tau(costs) for costs in every)
        yield f"| `{operation}`, `{workload}` | {taus} |"
    yield from _memory(both, kernels)
    for (operation, workload), every in places.items():
        yield from ("", f"## `{operation}`, `{workload}`", "")
        yield from _ranks(kernels, every)
        for kernel, costs in zip(kernels, every):
            yield from _changes(kernel, costs)


def _memory(both: Both, kernels: list[str]) -> Iterator[str]:
    """What each set holds, inside and outside."""
    operation = both.inside.operations()[0]
    workloads = both.inside.workloads_of(operation, "")
    yield from ("", "## Memory", "", *MEMORY.splitlines())
    for kernel in kernels:
        heads = " | ".join(f"`{workload}`" for workload in workloads)
        yield from ("", f"| {kernel} | {heads} |")
        yield "|---" * (1 + len(workloads)) + "|"
        for row in both.rows(operation):
            name, _, of = row.partition("@")
            held = [both.held(workload, row) for workload in workloads]
            known = not any(isnan(one + other) for one, other in held)
            if of == kernel and name != _EMPTY and known:
                cells = (f"{one:.4g}, {other:.4g}" for one, other in held)
                yield f"| `{name}` | {' | '.join(cells)} |"


def _costs(both: Both, operation: str, workload: str, kernel: str) -> _Costs:
    """Of the rows of a kernel that have both, the cheapest inside first."""
    costs = {}
    for row in both.rows(operation):
        name, _, of = row.partition("@")
        inside = both.net(operation, workload, row)
        user = both.net_of_user(operation, workload, row)
        if of == kernel and name != _EMPTY and not isnan(inside + user):
            costs[name] = inside, user
    return dict(sorted(costs.items(), key=lambda item: item[1]))


def _ranks(kernels: list[str], every: list[_Costs]) -> Iterator[str]:
    """A row for each structure, with its rank behind each cost."""
    if not any(every):
        yield "There are no counts of user space to compare with."
        return
    heads = (f"{kernel}: inside | outside" for kernel in kernels)
    yield f"| structure | {' | '.join(heads)} |"
    yield "|---" * (1 + 2 * len(kernels)) + "|"
    orders = [
        [sorted(costs, key=lambda row: costs[row][at]) for at in (0, 1)]
        for costs in every
    ]
    for name in dict.fromkeys(name for costs in every for name in costs):
        cells = [
            f"{_cell(costs[name][at]).strip()} ({order[at].index(name) + 1})"
            if name in costs
            else "-"
            for costs, order in zip(every, orders)
            for at in (0, 1)
        ]
        yield f"| `{name}` | {' | '.join(cells)} |"


def _sign(one: float, other: float) -> int:
    """Which is less; 0 for a tie."""
    if max(one, other) <= min(one, other) * _TIE:
        return 0
    return 1 if one < other else -1


def tau(costs: _Costs) -> float:
    """Kendall's, of type b: NaN if all costs are a tie in one place."""
    signs = [
        [_sign(*pair) for pair in zip(one, other)]
        for one, other in combinations(costs.values(), 2)
    ]
    agree = sum(inside * outside for inside, outside in signs)
    decided = [sum(each[at] != 0 for each in signs) for at in (0, 1)]
    return agree / sqrt(decided[0] * decided[1]) if all(decided) else nan


def _cell_of_tau(costs: _Costs) -> str:
    value = tau(costs)
    return "-" if isnan(value) else f"{value:.2f}"


def _changes(kernel: str, costs: _Costs) -> Iterator[str]:
    """Pairs of which one is cheaper inside, and the other outside."""
    changed = [
        (one, other)
        for one, other in combinations(costs, 2)
        if _sign(costs[one][0], costs[other][0])
        * _sign(costs[one][1], costs[other][1])
        < 0
    ]
    if not costs:
        return
    yield ""
    if not changed:
        yield f"In {kernel} no pair changes places."
        return
    yield f"In {kernel} these change places:"
    yield ""
    for one, other in changed:
        inside, outside = (costs[other][at] / costs[one][at] for at in (0, 1))
        yield (
            f"* `{other}` takes {inside:.2f} times as many as `{one}` "
            f"inside, {outside:.2f} times outside"
        )
