# SPDX-License-Identifier: MIT
"""What was measured, on which machine, and what is missing."""

from __future__ import annotations

from collections.abc import Iterator

from plots.read.results import Case, Contender, Results, condition_label
from plots.tables import replay, standing
from plots.tables.glance import GUEST, STRUCTURE
from plots.tables.table import Cell, Table, columns, figure

_MOST_NAMES = 24
_RELEASES = ("Release", "RelWithDebInfo")


def workloads(results: Results) -> Table:
    """The guests."""
    rows = tuple(
        (
            Cell(w.name),
            *map(figure, (w.pages, w.passes, w.ranges, w.guest_memory)),
            Cell(checksum(w.trace) if w.trace else None),
        )
        for w in results.workloads
    )
    heads = (GUEST, *columns("workloads"))
    return Table("workloads", "guests", heads, rows)


def checksum(trace: str) -> str:
    """Enough of it to tell two traces apart."""
    return trace[:12]


def structures(results: Results) -> Table:
    """A crash, an exception and an error code do not cost alike."""
    heads = columns("structures")
    facts = {s.name: s.facts for s in results.structures}
    ordered = results.in_order(map(Contender, facts))
    rows = tuple(
        (Cell(name), *(Cell(facts[name].get(head.key)) for head in heads))
        for name in (who.structure for who in ordered)
    )
    return Table("structures", "structures", (STRUCTURE, *heads), rows)


_MACHINE = (
    "CPU {cpu_model}, {num_cpus} CPUs at {mhz_per_cpu} MHz, SMT {smt}",
    "{kernel}, {compiler}, {compiler_flags}, {build_type}, {libc}",
    "commit {commit}, {date}, timer {timer}",
    "governor {governor}, turbo {turbo}, THP {thp}, ASLR {aslr}, frequency"
    " scaling {cpu_scaling_enabled}",
)
# Of a run that says the first word of each.
_IF_SAID = {
    "fault_draw": "failures drawn for each {fault_draw}, seed {fault_seed};"
    " requests beyond 8 KiB: {large_allocations}",
    "environment_warnings": "load {load_average}, busy: {busy_processes};"
    " pinned to CPU {pinned_cpu}, {environment_warnings} warnings",
}


class _Said(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "not recorded"


def machine(results: Results) -> Iterator[str]:
    """CPU; software; commit and clock; what disturbs; how memory fails."""
    context = results.context
    said = _Said({k: v.strip() for k, v in context.items() if v.strip()})
    more = (text for key, text in _IF_SAID.items() if key in context)
    yield from (text.format_map(said) for text in (*_MACHINE, *more))


def head(results: Results) -> Iterator[str]:
    """The program and its rounds, then what is wrong with the run."""
    version = results.context.get("pfnbench_version", "of unknown version")
    yield (
        f"pfnbench {version}, {results.rounds} rounds in random order,"
        f" baseline {results.baseline or 'not recorded'}"
    )
    yield from warnings(results)


def _short(results: Results) -> list[Case]:
    """Those with fewer rounds than the run was meant to have."""
    of = results.rounds_of
    return [case for case in results.cases if of[case] < results.rounds]


def warnings(results: Results) -> Iterator[str]:
    if results.is_interrupted:
        yield "INTERRUPTED: shows what was measured until then"
    short = len(_short(results))
    if short:
        yield (
            f"INCOMPLETE: {short} of {len(results.cases)} rows have fewer"
            f" than {results.rounds} rounds, listed at the end"
        )
    build = results.context.get("build_type", "Release")
    if build not in _RELEASES:
        yield (
            f"NOT OPTIMISED: build type {build}; build the release preset"
            " before you quote a time"
        )


def gaps(results: Results) -> Iterator[str]:
    """Everything that is missing, in as few words as possible."""
    if results.is_interrupted:
        yield "interrupted"
    short = len(_short(results))
    if short:
        yield f"{short} of {len(results.cases)} rows short"
    if results.failed:
        yield f"{len(results.failed)} failed"
    if results.limits:
        yield f"{len(results.limits)} cut off"


# --- what is missing, in full -------------------------------------------


def listing(names: object) -> str:
    """Names in a row, the number of the rest after two dozen."""
    every = list(names)  # type: ignore[call-overload]
    text = " ".join(every[:_MOST_NAMES])
    rest = len(every) - _MOST_NAMES
    return text if rest <= 0 else f"{text} and {rest} more"


def missing(results: Results) -> Iterator[str]:
    """Every figure that a table could show and does not, with its reason."""
    for (case, reason), times in results.errors.items():
        total = results.rounds_of[case]
        rounds = "" if times == total else f" in {times} of {total} rounds"
        yield f"not shown: {case.name}{rounds}: {reason}"
    yield from _missing_cases(results)
    yield from _missing_counters(results)
    yield from _missing_rounds(results)
    yield from _missing_pairs(results)
    short = [p.name for p in results.profiles if p.error is not None]
    if short:
        yield f"profiles cut off or not made: {listing(short)}"


def _groups(results: Results) -> Iterator[tuple[str, str]]:
    """Each operation with each of its conditions."""
    for operation in results.operations():
        for condition in results.conditions(operation):
            # Drivers without a set have no policy, and tables of their own.
            if operation != results.replay or replay.split(condition)[0]:
                yield operation, condition


def _missing_cases(results: Results) -> Iterator[str]:
    """Gaps in the tables, and structures that have no row in one at all."""
    have = set(results.cases)
    everyone = {case.contender for case in have}
    everyone |= {Contender(s.name) for s in results.structures}
    holes: list[str] = []
    for operation, condition in _groups(results):
        present = results.contenders_of(operation, condition)
        absent = [
            standing.label(results, contender)
            for contender in results.in_order(everyone - present)
            if contender.structure not in (results.floor, *results.setless)
        ]
        if absent:
            yield (
                f"no rows: {operation}, {condition_label(condition)}:"
                f" {listing(absent)}"
            )
        for workload in results.workloads_of(operation, condition):
            for contender in results.in_order(present):
                case = Case(operation, workload, contender, condition)
                if case not in have:
                    holes.append(case.name)
    if holes:
        yield f"not measured: {listing(holes)}"
    used = {case.workload for case in have}
    unused = [w.name for w in results.workloads if w.name not in used]
    if unused:
        yield f"no rows: workload {listing(unused)}"


def _missing_counters(results: Results) -> Iterator[str]:
    """Rows that ran, but lack a figure that a table shows."""
    failing = {case for case, _ in results.errors}
    lacking: dict[str, list[str]] = {}
    for case in results.cases:
        if case in failing or case.contender.structure in results.setless:
            continue
        wanted = list(results.time_counters(case.operation))
        is_floor = case.contender.structure == results.floor
        if case.operation == "set" and not is_floor:
            wanted += [
                "bits_per_page",
                "requested_bits_per_page",
                "failed_sets",
            ]
        for counter in wanted:
            if len(results.values(case, counter)) < results.rounds_of[case]:
                lacking.setdefault(counter, []).append(case.name)
    for counter, names in lacking.items():
        yield f"without {counter} in some round: {listing(names)}"


def _missing_rounds(results: Results) -> Iterator[str]:
    by_rounds: dict[int, list[str]] = {}
    for case in _short(results):
        names = by_rounds.setdefault(results.rounds_of[case], [])
        names.append(case.name)
    for rounds, names in sorted(by_rounds.items()):
        is_all = len(names) == len(results.cases)
        which = "every row" if is_all else listing(names)
        yield f"only {rounds} of {results.rounds} rounds: {which}"


def _missing_pairs(results: Results) -> Iterator[str]:
    """Without a baseline no ratio, without a control no noise floor."""
    no_baseline: list[str] = []
    no_control: list[str] = []
    for operation, condition in _groups(results):
        for workload in results.workloads_of(operation, condition):
            case = Case(operation, workload, Contender(""), condition)
            place = f"{operation}/{workload}" + f"/{condition}" * bool(
                condition
            )
            counter = results.time_counters(operation)[0]
            if not results.values(results.baseline_of(case), counter):
                no_baseline.append(place)
            elif not results.values(results.control_of(case), counter):
                no_control.append(place)
    if no_baseline:
        yield (
            f"no baseline {results.baseline or ''}, hence no marks and"
            f" ratios: {listing(no_baseline)}"
        )
    if no_control:
        yield (
            "no A/A control, hence * only says that the interval excludes"
            f" 1: {listing(no_control)}"
        )
