# SPDX-License-Identifier: MIT
"""Two runs side by side: what became better, and what worse.

The summary stands first, then the rows that are marked, or every row.
Plain text in 72 columns. Runs of different work are refused, and so are
runs on different CPUs, because their times have nothing in common. Whatever
else differs is said at the top, and the reader judges.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from plots.text.report import ratio, row_label, time_counters
from plots.read.results import Case, Results, ResultsError, condition_label
from plots.read.statistics import Estimate, change, mark, median, u_test
from plots.text.layout import (
    Cell,
    Table,
    count,
    listing,
    number,
    page,
    render,
    to_ascii,
    wrap,
)

# Two commits, dates and command lines differ by intention.
_SHOULD_AGREE = (
    "baseline",
    "fault_seed",
    "num_cpus",
    "microcode",
    "kernel",
    "compiler",
    "compiler_flags",
    "build_type",
    "libc",
    "governor",
    "turbo",
    "smt",
    "thp",
    "aslr",
)
# Two runs of one program on one trace have these exactly alike.
_EXACT = (
    "bits_per_page",
    "requested_bits_per_page",
    "peak_slab_bytes",
    "allocations",
    "failed_sets",
)


@dataclass(frozen=True)
class Pair:
    """Times of one case in both runs."""

    case: Case
    old: Sequence[float]
    new: Sequence[float]
    change: Estimate
    mark: str


@dataclass(frozen=True)
class Selection:
    """Which rows are reported; without names, those of every name."""

    structures: tuple[str, ...] = ()
    operations: tuple[str, ...] = ()
    workloads: tuple[str, ...] = ()
    is_all: bool = False  # those that are not marked as well

    def has(self, case: Case) -> bool:
        return all(
            name in (names or (name,))
            for names, name in (
                (self.structures, case.contender.structure),
                (self.operations, case.operation),
                (self.workloads, case.workload),
            )
        )


def compare(
    old: Results, new: Results, selection: Selection = Selection()
) -> str:
    """The whole text, with a newline at its end."""
    every = pairs_of(old, new)
    pairs = selected(every, new, selection)
    shown = [pair for pair in pairs if selection.is_all or pair.mark == "*"]
    sections = [
        [*_summary(pairs, every), *one_sided(pairs)],
        _head(old, new),
        *_time_tables(shown),
        *_exact_tables(old, new, selection),
        _legend(every, len(pairs) - len(shown)),
        _missing(old, new, selection),
    ]
    return page(sections)


def selected(
    pairs: Sequence[Pair], new: Results, selection: Selection
) -> list[Pair]:
    """Those that are reported; marked as among all of the run."""
    for what, names, known in (
        (
            "structure",
            selection.structures,
            [pair.case.contender.structure for pair in pairs],
        ),
        (
            "operation",
            selection.operations,
            [pair.case.operation for pair in pairs],
        ),
        (
            "workload",
            selection.workloads,
            [pair.case.workload for pair in pairs],
        ),
    ):
        for name in names:
            if name not in known:
                raise ResultsError(
                    new.path,
                    f"has no row of {what} {name!r} in common with the other",
                    f"both have {listing(dict.fromkeys(known))}",
                )
    found = [pair for pair in pairs if selection.has(pair.case)]
    if not found:
        raise ResultsError(
            new.path,
            "has no row in common with the other that all of the flags choose",
            "choose less with --structure, --operation and --workload",
        )
    return found


def slower_by(pairs: Iterable[Pair], percent: float) -> list[Pair]:
    """Marked rows that became slower by more than so much."""
    most = 1 + percent / 100
    return [
        pair
        for pair in pairs
        if pair.mark == "*" and pair.change.median > most
    ]


def refusal(slower: Sequence[Pair], worst: Pair, percent: float) -> str:
    """One line for a script's log."""
    rows = "row" if len(slower) == 1 else "rows"
    line = (
        f"{len(slower)} marked {rows} became slower by more than"
        f" {number(percent)} %, the most {worst.case.name}"
        f" ({change_percent(worst.change.median)})"
    )
    return to_ascii(line)


# --- what may be compared -----------------------------------------------


def _refuse_other_work(old: Results, new: Results) -> None:
    traces = {w.name: w.trace for w in old.workloads}
    for workload in new.workloads:
        trace = traces.get(workload.name)
        if trace and workload.trace and trace != workload.trace:
            raise ResultsError(
                new.path,
                f"workload {workload.name} is trace {workload.trace[:8]},"
                f" but {trace[:8]} in {old.path}",
                "compare runs of the same trace",
            )
    cpus = [results.context.get("cpu_model") for results in (old, new)]
    if all(cpus) and cpus[0] != cpus[1]:
        raise ResultsError(
            new.path,
            f"was measured on {cpus[1]}, {old.path} on {cpus[0]}",
            "compare the ratios in the reports of both instead",
        )


def _head(old: Results, new: Results) -> list[str]:
    lines: list[str] = []
    for name, results in (("old", old), ("new", new)):
        said = results.context.get
        cut = ", INTERRUPTED" if results.is_interrupted else ""
        lines += wrap(
            f"{name}: {results.path}, commit {said('commit', 'unknown')},"
            f" {said('date', 'of unknown date')}, {results.rounds} rounds{cut}"
        )
    for key in ("cpu_model", *_SHOULD_AGREE):
        before, after = (
            r.context.get(key, "").strip() or "not recorded"
            for r in (old, new)
        )
        if before != after:
            lines += wrap(f"DIFFERS: {key}: old {before}; new {after}")
    return lines


# --- times --------------------------------------------------------------


def pairs_of(old: Results, new: Results) -> list[Pair]:
    """Every case with times in both, in the order of the old run.

    Runs that have nothing to compare are refused.
    """
    _refuse_other_work(old, new)
    both = set(new.cases)
    times = {
        case: (before, after)
        for case in old.cases
        if case in both
        and (before := _times(old, case))
        and (after := _times(new, case))
    }
    changes = {
        case: factor
        for case, (before, after) in times.items()
        if (factor := change(before, after, len(times))) is not None
    }
    if not changes:
        raise ResultsError(
            new.path,
            f"has no row with a time in common with {old.path}",
            "give two runs with the same workloads, structures and"
            " operations",
        )
    whole = change_of_all(changes.values())
    return [
        Pair(
            case,
            *times[case],
            factor,
            mark(factor, whole, _control(old, case), _control(new, case)),
        )
        for case, factor in changes.items()
    ]


def _times(results: Results, case: Case) -> list[float]:
    counter = time_counters(case.operation)[0]
    return list(results.values(case, counter).values())


def _control(results: Results, case: Case) -> Estimate | None:
    counter = time_counters(case.operation)[0]
    return ratio(results, results.control_of(case), counter)


def change_of_all(changes: Iterable[Estimate]) -> Estimate | None:
    """What most rows have in common is the machine, not a structure."""
    factors = [factor.median for factor in changes]
    if not factors:
        return None
    middle = median(factors)
    return Estimate(middle, middle, middle, len(factors), is_interval=True)


def _time_tables(pairs: Sequence[Pair]) -> Iterator[list[str]]:
    groups: dict[str, list[tuple[str, list[Cell]]]] = {}
    for pair in pairs:
        unit = time_counters(pair.case.operation)[0].replace("_", " ")
        row = row_label(pair.case.contender), _time_cells(pair)
        groups.setdefault(f"{_place(pair.case)}: {unit}", []).append(row)
    for title, rows in groups.items():
        headings = ["old", "new", "change", "U test"]
        yield render(Table(title, headings, "name", rows))


def _place(case: Case) -> str:
    """Everything of a case but the contender."""
    condition = condition_label(case.condition)
    return f"{case.operation} of {case.workload}, {condition}"


def _time_cells(pair: Pair) -> list[Cell]:
    low, high = (
        change_percent(x) for x in (pair.change.low, pair.change.high)
    )
    left, right = ("[", "]") if pair.change.is_interval else ("(", ")")
    return [
        Cell((number(median(pair.old)),)),
        Cell((number(median(pair.new)),)),
        Cell(
            (
                change_percent(pair.change.median),
                f"{left}{low}, {high}{right}",
            ),
            pair.mark,
        ),
        Cell((_probability(u_test(pair.old, pair.new)),)),
    ]


def change_percent(factor: float) -> str:
    """A factor as mmtests has it, without decimals where they say nothing.

    >>> change_percent(1.0312), change_percent(0.5), change_percent(3.5)
    ('+3.1%', '-50%', '+250%')
    """
    points = 100 * (factor - 1)
    if abs(points) >= 1e3:
        return f"x{number(factor)}"
    decimals = 1 if abs(points) < 9.95 else 0
    return f"{points:+.{decimals}f}%"


def _probability(value: float) -> str:
    return "<.0001" if value < 0.0001 else f"{value:.4f}".removeprefix("0")


# --- memory -------------------------------------------------------------


def _exact_tables(
    old: Results, new: Results, selection: Selection
) -> Iterator[list[str]]:
    """Figures that no noise can change, where something did.

    Those of `set`, as in the report: the other operations fill their sets
    in the same way.
    """
    both = set(new.cases)
    groups: dict[str, list[tuple[str, list[Cell]]]] = {}
    for name in _EXACT:
        for case in old.cases:
            if case.operation != "set" or case not in both:
                continue
            if not selection.has(case):
                continue
            before, after = (_median_of(r, case, name) for r in (old, new))
            if before is None or after is None or before == after:
                continue
            title = f"{_place(case)}: {name.replace('_', ' ')} that differ"
            cells = [Cell((count(x),)) for x in (before, after)]
            row = row_label(case.contender), cells
            groups.setdefault(title, []).append(row)
    if not groups:
        yield wrap("memory, allocations and failed sets: no row differs")
    for title, rows in groups.items():
        yield render(Table(title, ["old", "new"], "name", rows))


def _median_of(results: Results, case: Case, counter: str) -> float | None:
    values = list(results.values(case, counter).values())
    return median(values) if values else None


# --- in words -----------------------------------------------------------


def verdict(pairs: Sequence[Pair], every: Sequence[Pair] = ()) -> str:
    """How many rows became better and worse, and what all have in common."""
    marks = Counter(pair.mark for pair in pairs)
    better, worse = (len(rows) for rows in _sides(pairs))
    whole = change_of_all(pair.change for pair in every or pairs)
    rows = "row" if len(pairs) == 1 else "rows"
    text = (
        f"Of {len(pairs)} {rows} {better} became better, {worse} worse; no"
        f" difference is shown in {marks['~']}, too few rounds to tell in"
        f" {marks['?']}."
    )
    if whole is not None:
        text += (
            f" All rows together changed by {change_percent(whole.median)}"
            " (median): that is the machine."
        )
    return text


def _sides(pairs: Iterable[Pair]) -> tuple[list[Pair], list[Pair]]:
    """Marked rows that became faster, and those that became slower."""
    marked = [pair for pair in pairs if pair.mark == "*"]
    return (
        [pair for pair in marked if pair.change.median < 1],
        [pair for pair in marked if pair.change.median >= 1],
    )


def one_sided(pairs: Sequence[Pair]) -> list[str]:
    """A warning where all that changed did so in one direction.

    One row has no other direction.
    """
    better, worse = _sides(pairs)
    if len(better) + len(worse) < 2 or (better and worse):
        return []
    word, other = ("worse", "better") if worse else ("better", "worse")
    return wrap(
        f"WARNING: every marked row became {word} and none {other}: the"
        " machine may have changed, not the code. Run both once more, in"
        " turns."
    )


def _summary(pairs: Sequence[Pair], every: Sequence[Pair]) -> list[str]:
    lines = wrap(verdict(pairs, every))
    if len(pairs) < len(every):
        lines += wrap(f"Chosen by flags, of {len(every)} rows.")
    return lines


def _legend(every: Sequence[Pair], hidden: int) -> list[str]:
    lines: list[str] = []
    if hidden:
        rows = "row is" if hidden == 1 else "rows are"
        lines += wrap(f"{hidden} {rows} not marked; --all shows them.")
    return [
        *lines,
        *wrap(
            "marks: * differs, by more than the A/A controls of both runs"
            " show and by more than all rows together; ~ no difference; ? too"
            " few rounds to tell"
        ),
        *wrap(
            "change: of the time with its 95 % interval (Hodges and Lehmann),"
            f" for all {len(every)} rows together as far as the rounds allow;"
            " ( ) the full range where they allow none; U test: the"
            " probability of such times from two runs that are alike, of this"
            " row alone"
        ),
    ]


def _missing(
    old: Results, new: Results, selection: Selection
) -> list[str]:
    lines: list[str] = []
    for name, results, other in (("old", old, new), ("new", new, old)):
        both = set(other.cases)
        cases = [case for case in results.cases if selection.has(case)]
        only = [case.name for case in cases if case not in both]
        if only:
            lines += wrap(f"only in {name}: {listing(only)}")
        failed = sorted(c.name for c in results.failed if selection.has(c))
        if failed:
            lines += wrap(f"failed in {name}: {listing(failed)}")
        over = [
            f"{case.name} ({results.word(case)})"
            for case in results.limits
            if selection.has(case)
        ]
        if over:
            lines += wrap(f"cut off in {name}: {listing(over)}")
    return lines
