# SPDX-License-Identifier: MIT
"""The full report: every table of a run, in plain text.

Hard 72 columns, ASCII, name of the row last. Needs the standard library
only, because it is often made on the machine that was measured.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from plots.tables import primary, profile_tables, replay
from plots.read.results import (
    FLOOR,
    REPLAY,
    SETLESS,
    Case,
    Contender,
    Results,
    Workload,
    condition_label,
    time_counters,
)
from plots.read.statistics import (
    Estimate,
    estimate,
    interval_ranks,
    mark,
    paired_ratios,
    rounds_for,
)
from plots.draw.style import in_order
from plots.text.layout import (
    Cell,
    Table,
    alike,
    binary_size,
    count,
    listing,
    number,
    page,
    percent,
    render,
    shell_lines,
    to_ascii,
    wrap,
)

FILE_NAME = "report.txt"
FULL_NAME = "report-full.txt"

_PER_PAGE = "ns_per_page"
_PER_RANGE = "ns_per_range"
_UNITS = {_PER_PAGE: "ns per page", _PER_RANGE: "ns per range"}
_RATIOS = ("set", "drain")
_ROUNDED = "bits_per_page"
_REQUESTED = "requested_bits_per_page"
_FAILED = "failed_sets"
_ABSENT = Cell(("-",))

CaseCell = Callable[[Case], Cell]


def report(results: Results, counts: Results | None = None) -> str:
    """The whole text, with a newline at its end.

    `counts` is what instructions.json beside the results holds.
    """
    sections = [
        _head(results),
        *primary.tables(results),
        *profile_tables.tables(results, counts),
        *_time_tables(results),
        *_ratio_tables(results),
        *_memory_tables(results),
        *_failed_set_tables(results),
        *replay.tables(results),
        *workload_table(results),
        *_structure_table(results),
        reproduce(results),
        _legend(results),
        missing(results),
    ]
    return page(sections)


# --- head ---------------------------------------------------------------


def _head(results: Results) -> list[str]:
    lines: list[str] = []
    for item in (*warnings(results), *machine(results)):
        lines += wrap(item)
    return lines


def warnings(results: Results) -> Iterator[str]:
    version = results.context.get("pfnbench_version", "of unknown version")
    yield (
        f"pfnbench {version}, {results.rounds} rounds in random order,"
        f" baseline {results.baseline or 'not recorded'}"
    )
    if results.is_interrupted:
        yield "INTERRUPTED: shows what was measured until then"
    short = len(short_cases(results))
    if short:
        yield (
            f"INCOMPLETE: {short} of {len(results.cases)} rows have fewer"
            f" than {results.rounds} rounds, listed at the end"
        )
    if results.context.get("build_type", "Release") not in (
        "Release",
        "RelWithDebInfo",
    ):
        yield (
            f"NOT OPTIMISED: build type {results.context['build_type']};"
            " build the release preset before quoting a time"
        )


def machine(results: Results) -> Iterator[str]:
    """CPU; software; commit and clock; what disturbs; how memory fails."""

    def said(key: str) -> str:
        return results.context.get(key, "").strip() or "not recorded"

    yield (
        f"CPU {said('cpu_model')}, {said('num_cpus')} CPUs"
        f" at {said('mhz_per_cpu')} MHz"
    )
    yield (
        f"{said('kernel')}, {said('compiler')}, {said('compiler_flags')},"
        f" {said('build_type')}"
    )
    yield f"commit {said('commit')}, {said('date')}, timer {said('timer')}"
    yield (
        f"governor {said('governor')}, turbo {said('turbo')},"
        f" THP {said('thp')}, ASLR {said('aslr')},"
        f" frequency scaling {said('cpu_scaling_enabled')}"
    )
    if "fault_draw" in results.context:
        yield (
            f"failures drawn for each {said('fault_draw')}, seed"
            f" {said('fault_seed')}; requests beyond 8 KiB:"
            f" {said('large_allocations')}"
        )
    if "environment_warnings" in results.context:
        yield (
            f"load {said('load_average')}, busy: {said('busy_processes')};"
            f" pinned to CPU {said('pinned_cpu')},"
            f" {said('environment_warnings')} warnings"
        )


# --- tables of cases ----------------------------------------------------


def _groups(results: Results) -> Iterator[tuple[str, str]]:
    """Each operation with each of its conditions."""
    for operation in results.operations():
        for condition in results.conditions(operation):
            # Drivers without a set have no policy, and tables of their own.
            if operation != REPLAY or replay.split(condition)[0]:
                yield operation, condition


def _table(
    results: Results,
    operation: str,
    condition: str,
    title: str,
    unit: str,
    cell: CaseCell,
    without: Sequence[str] = (),
) -> list[str]:
    """Workloads across, contenders down; no table without a figure."""
    workloads = results.workloads_of(operation, condition)
    contenders = [
        contender
        for contender in in_order(results.contenders_of(operation, condition))
        if contender.structure not in without
    ]
    rows = [
        (
            row_label(contender),
            [
                cell(Case(operation, workload, contender, condition))
                for workload in workloads
            ],
        )
        for contender in contenders
    ]
    if all(cell.parts == _ABSENT.parts for _, row in rows for cell in row):
        return []
    heading = f"{operation}, {condition_label(condition)}: {title}"
    return render(Table(heading, workloads, unit, rows))


def row_label(contender: Contender) -> str:
    """Name of a row; the two that are not structures stand in brackets."""
    if contender.is_control:
        more = f" {contender.control}" if contender.control > 1 else ""
        return f"(A/A control{more})"
    if contender.structure == FLOOR:
        return "(floor)"
    return contender.structure


def _time_tables(results: Results) -> Iterator[list[str]]:
    for operation, condition in _groups(results):
        for counter in time_counters(operation):
            unit = _UNITS[counter]
            yield _table(
                results,
                operation,
                condition,
                unit,
                unit,
                lambda case: _time_cell(results, case, counter),
            )


def _time_cell(results: Results, case: Case, counter: str) -> Cell:
    value = estimate(list(results.values(case, counter).values()))
    if value is None:
        return _no_cell(results, case, counter == _PER_PAGE)
    return Cell(
        (number(value.median), _spread(value)), _mark(results, case, counter)
    )


def _no_cell(results: Results, case: Case, is_time: bool = False) -> Cell:
    """A word; over how many ns a row is says nothing but in its time."""
    word = results.word(case)
    if case in results.failed or (word and is_time):
        return Cell((word.removesuffix(" ns"),))
    return _ABSENT


def _spread(value: Estimate) -> str:
    """Half-width of the interval in percent; in brackets of the range."""
    half = value.half_width_percent
    if value.count < 2 or half is None:
        return "(-)"
    return percent(half) if value.is_interval else f"({percent(half)})"


def _mark(results: Results, case: Case, counter: str) -> str:
    """What may be said about the difference to the baseline."""
    own = case.contender
    if own.is_control or own.structure in (FLOOR, results.baseline):
        return " "
    value = ratio(results, case, counter)
    if value is None:
        return " "
    return mark(value, ratio(results, results.control_of(case), counter))


def ratios(results: Results, case: Case, counter: str) -> list[float]:
    """Ratios to the baseline within each round that has both."""
    return paired_ratios(
        results.values(case, counter),
        results.values(results.baseline_of(case), counter),
    )


def ratio(results: Results, case: Case, counter: str) -> Estimate | None:
    """Ratio to the baseline; None without pairs."""
    return estimate(
        ratios(results, case, counter),
        # The control is no comparison but the yardstick of all of them.
        1
        if case.contender.is_control
        else results.interval_for(
            [case.operation],
            case.workload,
            case.contender.structure,
            case.condition,
        ),
    )


def _ratio_tables(results: Results) -> Iterator[list[str]]:
    for operation, condition in _groups(results):
        if operation in _RATIOS:
            yield _table(
                results,
                operation,
                condition,
                f"ratio of {_UNITS[_PER_PAGE]} to {results.baseline}",
                "ratio",
                lambda case: _ratio_cell(results, case),
                without=[FLOOR],
            )


def _ratio_cell(results: Results, case: Case) -> Cell:
    value = ratio(results, case, _PER_PAGE)
    if value is None:
        return _no_cell(results, case)
    if case.contender == Contender(results.baseline or ""):
        return Cell(("1", ""))
    low, high = (alike(v, value.median) for v in (value.low, value.high))
    left, right = "[]" if value.is_interval else "()"
    return Cell(
        (number(value.median), f"{left}{low}, {high}{right}"),
        _mark(results, case, _PER_PAGE),
    )


def _memory_tables(results: Results) -> Iterator[list[str]]:
    for condition in results.conditions("set"):
        yield _table(
            results,
            "set",
            condition,
            "bits per page when the largest pass is full, rounded and"
            " requested; peak KiB",
            "bits per page",
            lambda case: _memory_cell(results, case),
            without=[FLOOR],
        )


def _memory_cell(results: Results, case: Case) -> Cell:
    rounded = estimate(list(results.values(case, _ROUNDED).values()))
    requested = estimate(list(results.values(case, _REQUESTED).values()))
    peak = results.peak_kib(case)
    if rounded is None and requested is None and peak is None:
        return _no_cell(results, case)
    return Cell(
        (
            number(rounded.median) if rounded else "-",
            number(requested.median) if requested else "-",
            "-" if peak is None else number(peak),
        )
    )


def _failed_set_tables(results: Results) -> Iterator[list[str]]:
    for condition in results.conditions("set"):
        counts = [
            value
            for case in results.cases
            if (case.operation, case.condition) == ("set", condition)
            for value in results.values(case, _FAILED).values()
        ]
        if counts and not any(counts):
            label = condition_label(condition)
            yield wrap(f"set, {label}: no failed sets")
            continue
        yield _table(
            results,
            "set",
            condition,
            "failed sets, and their share of all",
            "failed sets",
            lambda case: _failed_cell(results, case),
            without=[FLOOR],
        )


def _failed_cell(results: Results, case: Case) -> Cell:
    failed = estimate(list(results.values(case, _FAILED).values()))
    if failed is None:
        return _no_cell(results, case)
    pages = estimate(list(results.values(case, "pages").values()))
    if pages is None or pages.median <= 0:
        return Cell((count(failed.median), "-"))
    share = 100 * (failed.median / pages.median)
    return Cell((count(failed.median), percent(share)))


# --- what was measured --------------------------------------------------


def workload_table(results: Results) -> Iterator[list[str]]:
    def cell(value: object) -> Cell:
        return _ABSENT if value is None else Cell((str(value),))

    def cells(workload: Workload) -> list[Cell]:
        memory = workload.guest_memory
        return [
            cell(_count(workload.pages)),
            cell(_count(workload.passes)),
            cell(_count(workload.ranges)),
            cell(None if memory is None else binary_size(memory)),
            cell(to_ascii(workload.trace[:8]) if workload.trace else None),
        ]

    if results.workloads:
        yield render(
            Table(
                "workloads",
                ["pages", "passes", "ranges", "guest", "trace"],
                "name",
                [(w.name, cells(w)) for w in results.workloads],
            )
        )


def _count(value: int | None) -> str | None:
    return None if value is None else count(value)


def _structure_table(results: Results) -> Iterator[list[str]]:
    """What a crash, an exception and an error code cost is not alike."""
    columns = {
        "family": "family",
        "out_of_memory": "out of memory",
        "clear_can_fail": "clear can fail",
    }
    facts = {s.name: s.facts for s in results.structures}
    rows = [
        (
            contender.structure,
            [
                Cell((to_ascii(facts[contender.structure].get(key, ""))[:20],))
                for key in columns
            ],
        )
        for contender in in_order(map(Contender, facts))
    ]
    if rows:
        yield render(Table("structures", list(columns.values()), "name", rows))


def reproduce(results: Results) -> list[str]:
    command = results.context.get("command_line", "").strip()
    if not command:
        return ["reproduce: command line not recorded"]
    return shell_lines("reproduce:", command)


# --- legend and what is missing -----------------------------------------


def _legend(results: Results) -> list[str]:
    baseline = results.baseline or "the baseline"
    marks = [
        f"* differs from {baseline} by more than the A/A control"
        if results.has_control
        else f"* differs from {baseline}, said more freely than with an A/A"
        " control, which this run lacks",
        "~ no difference",
        "- not measured",
    ]
    numbers = ["2% half the 95 % interval of the median"]
    if interval_ranks(results.rounds) is not None:
        words = _interval_in_words(results)
        if results.primary_ratios:
            words += ", of a primary ratio its own 95 % interval"
        numbers.append(f"[,] {words}")
    rows = [
        f"(A/A control) {baseline} a second time",
        "(floor) a set that does nothing",
    ]
    if results.limits:
        marks.append(">9 over 9 ns, cut off because it is slow")
    if results.failed:
        marks.append("failed: a wrong answer, or a crash")
    if any(number < 6 for number in results.rounds_of.values()):
        marks.append("? too few rounds to tell")
        numbers.append("( ) the full range: below 6 rounds no interval")
    return [
        *wrap(f"marks: {'; '.join(marks)}"),
        *wrap(f"numbers: {'; '.join(numbers)}"),
        *wrap(f"rows: {'; '.join(rows)}"),
    ]


def _interval_in_words(results: Results) -> str:
    ratios, rounds = results.comparisons, results.rounds
    if interval_ranks(rounds, ratios) is not None:
        together = f" for {ratios} ratios together" if ratios > 1 else ""
        return f"95 % interval of the ratio{together}"
    return (
        f"lowest and highest ratio (95 % for {ratios} ratios together takes"
        f" {rounds_for(ratios)} rounds), of the control its 95 % interval"
    )


def missing(results: Results) -> list[str]:
    items = [
        *_failures(results),
        *_missing_cases(results),
        *_missing_counters(results),
        *_missing_rounds(results),
        *_missing_pairs(results),
    ]
    lines: list[str] = []
    for item in items:
        lines += wrap(item)
    return lines


def _failures(results: Results) -> Iterator[str]:
    for (case, reason), times in results.errors.items():
        total = results.rounds_of[case]
        rounds = "" if times == total else f" in {times} of {total} rounds"
        yield f"not shown: {case.name}{rounds}: {reason}"


def _missing_cases(results: Results) -> Iterator[str]:
    """Gaps in the tables, and structures that have no row in one at all."""
    have = set(results.cases)
    everyone = {case.contender for case in have}
    everyone |= {Contender(s.name) for s in results.structures}
    gaps: list[str] = []
    for operation, condition in _groups(results):
        present = results.contenders_of(operation, condition)
        absent = [
            contender
            for contender in in_order(everyone - present)
            if contender.structure not in (FLOOR, *SETLESS)
        ]
        if absent:
            yield (
                f"no rows: {operation}, {condition_label(condition)}:"
                f" {listing(map(row_label, absent))}"
            )
        for workload in results.workloads_of(operation, condition):
            for contender in in_order(present):
                case = Case(operation, workload, contender, condition)
                if case not in have:
                    gaps.append(case.name)
    if gaps:
        yield f"not measured: {listing(gaps)}"
    used = {case.workload for case in have}
    unused = [w.name for w in results.workloads if w.name not in used]
    if unused:
        yield f"no rows: workload {listing(unused)}"


def _missing_counters(results: Results) -> Iterator[str]:
    """Rows that ran, but lack a figure that a table shows."""
    failing = {case for case, _ in results.errors}
    lacking: dict[str, list[str]] = {}
    for case in results.cases:
        if case.contender.structure in SETLESS:
            continue
        wanted = list(time_counters(case.operation))
        if case.operation == "set" and case.contender.structure != FLOOR:
            wanted += [_ROUNDED, _REQUESTED, _FAILED]
        for counter in wanted:
            there = len(results.values(case, counter))
            if case not in failing and there < results.rounds_of[case]:
                lacking.setdefault(counter, []).append(case.name)
    for counter, names in lacking.items():
        yield f"without {counter} in some round: {listing(names)}"


def short_cases(results: Results) -> list[Case]:
    return [
        case
        for case in results.cases
        if results.rounds_of[case] < results.rounds
    ]


def _missing_rounds(results: Results) -> Iterator[str]:
    by_rounds: dict[int, list[str]] = {}
    for case in short_cases(results):
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
            place = f"{operation}/{workload}"
            if condition:
                place += f"/{condition}"
            counter = time_counters(operation)[0]
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
