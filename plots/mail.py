# SPDX-License-Identifier: MIT
"""The mail: what a reviewer reads of a run, to paste into one.

A cover letter shows the time of recording and handing over for the best
structure of each family, its memory and its failures. A reply shows one
structure against the baseline, row by row. With a second run, both begin
with what changed since. Whatever is left out is said.

Hard 72 columns, ASCII, and nothing that git or patch could take for the
beginning of a diff. Needs the standard library only.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from plots import compare, standing
from plots.mail_subject import REPLY, Choice, Subject, choose, to_baseline
from plots.report import row_label
from plots.results import (
    FLOOR,
    Case,
    Contender,
    Results,
    condition_label,
)
from plots.standing import Measure, Place
from plots.statistics import Estimate, estimate, interval_ranks, median
from plots.style import in_order
from plots.text import (
    WIDTH,
    Cell,
    Table,
    listing,
    number,
    page,
    render,
    shell_lines,
    shorten,
    to_ascii,
    wrap,
)

FILE_NAME = "mail.txt"

_MOST_CHANGES = 12
_CHECKSUM = 12  # digits that are enough to tell two traces apart
_ABSENT = Cell(("-",))
# What git am, git apply, patch and a mail server take for something else at
# the beginning of a line, and the scissors of git mailinfo anywhere.
_MISREAD = re.compile(
    r"\s*(---|\+\+\+|\*\*\*|diff |Index: |Prereq: |@@|GIT binary|=======)"
    r"|>|From |\.$|\s*--$|\s*[0-9,]+[acds]$"
    r"|.*(8<|>8|%<|>%)"
)


def mail(
    results: Results,
    old: Results | None = None,
    choice: Choice = Choice(),
) -> str:
    """The whole text, with a newline at its end."""
    subject = choose(results, choice)
    sections: list[Sequence[str]] = [_warnings(results), _no_ratios(subject)]
    if old is not None:
        sections += _changes(old, subject)
    if choice.form == REPLY:
        sections += _duels(subject)
    else:
        sections += _overview(subject)
    sections += [
        _legend(subject),
        _left_out(subject),
        [
            *_machine(results),
            *_traces(subject),
            *_reproduce(results),
        ],
    ]
    lines = page(sections).splitlines()
    return "\n".join(_unmistakable(line) for line in lines) + "\n"


def _unmistakable(line: str) -> str:
    """A line that no tool takes for a part of a patch.

    Only names that somebody else chose can look so; that they are cut in
    the mail is the lesser evil.
    """
    if not _MISREAD.match(line):
        return line
    line = re.sub(r"8<|>8|%<|>%", "..", line)
    return shorten(f"| {line.strip()}", WIDTH)


# --- cover letter -------------------------------------------------------


def _overview(subject: Subject) -> Iterator[list[str]]:
    baseline = subject.results.baseline or "not recorded"
    label = condition_label(subject.condition)
    for measure in subject.measures:
        yield _table(
            subject,
            f"{measure.name}, {label}: {baseline} in {measure.unit}, ratios"
            " to it",
            "ratio",
            lambda workload, who: _ratio_cell(subject, measure, workload, who),
        )
    yield _table(
        subject,
        "memory, in kmalloc size classes: bits per page when the largest pass"
        " is full, peak KiB",
        "bits, KiB",
        lambda workload, who: _memory_cell(subject, workload, who),
        with_control=False,
    )
    yield from _failures(subject)


def _table(
    subject: Subject,
    title: str,
    unit: str,
    cell: Callable[[str, Contender], Cell],
    with_control: bool = True,
) -> list[str]:
    """Workloads across, structures down; no table without a figure."""
    baseline = subject.results.baseline
    names = {*subject.structures, *([baseline] if baseline else [])}
    who = {Contender(name) for name in names if name != FLOOR}
    if with_control and baseline:
        who.add(Contender(baseline, 1))
    rows = [
        (row_label(c), [cell(w, c) for w in subject.workloads])
        for c in in_order(who)
    ]
    figures = [row for row in rows if any(c != _ABSENT for c in row[1])]
    if not figures:
        return []
    if not with_control:
        rows = figures
    return render(Table(title, subject.workloads, unit, rows))


def _ratio_cell(
    subject: Subject, measure: Measure, workload: str, who: Contender
) -> Cell:
    results, place = subject.results, subject.place(measure, workload)
    if who.is_control:
        control = standing.control(results, place)
        return _ABSENT if control is None else _cell_of(control, " ")
    if who.structure == results.baseline:
        time = estimate(list(standing.times(results, place, who).values()))
        return (
            _ABSENT if time is None else Cell((f"{number(time.median)} ns",))
        )
    rival = to_baseline(subject, measure, workload, who.structure)
    if rival is None:
        word = standing.word(results, place, who.structure)
        return Cell((word,)) if word else _ABSENT
    return _cell_of(rival.ratio, rival.mark)


def _cell_of(ratio: Estimate, mark: str) -> Cell:
    return Cell((number(ratio.median), standing.interval(ratio)), mark)


def _memory_cell(subject: Subject, workload: str, who: Contender) -> Cell:
    case = Case("set", workload, who, subject.condition)
    bits = list(subject.results.values(case, "bits_per_page").values())
    peak = subject.results.peak_kib(case)
    if not bits and peak is None:
        return _ABSENT
    return Cell(
        (
            number(median(bits)) if bits else "-",
            "-" if peak is None else number(peak),
        )
    )


def _failures(subject: Subject) -> Iterator[list[str]]:
    """Pages lost to failed allocations, on every workload."""
    for condition in subject.results.conditions("set"):
        if condition:
            yield _table(
                subject,
                f"pages lost, ppm, {condition_label(condition)}",
                "ppm",
                lambda workload, who: _lost_cell(
                    subject.results, Case("set", workload, who, condition)
                ),
                with_control=False,
            )


def _lost_cell(results: Results, case: Case) -> Cell:
    failed, pages = (
        list(results.values(case, counter).values())
        for counter in ("failed_sets", "pages")
    )
    if not failed or not pages or median(pages) <= 0:
        return _ABSENT
    return Cell((number(1e6 * (median(failed) / median(pages))),))


# --- reply --------------------------------------------------------------


def _duels(subject: Subject) -> Iterator[list[str]]:
    baseline = subject.results.baseline
    for name in subject.structures:
        if name not in (baseline, FLOOR):
            yield from _duel(subject, name)


def _duel(subject: Subject, name: str) -> Iterator[list[str]]:
    baseline = subject.results.baseline or ""
    rows: list[tuple[str, list[Cell]]] = []
    marks: Counter[str] = Counter()
    for measure in subject.measures:
        for workload in subject.workloads:
            rival = to_baseline(subject, measure, workload, name)
            place = subject.place(measure, workload)
            label = f"{measure.name}, {workload}"
            cells = [
                _time_cell(subject.results, place, Contender(who))
                for who in (baseline, name)
            ]
            if rival is None:
                word = standing.word(subject.results, place, name)
                if word:
                    rows.append((label, [cells[0], Cell((word,)), _ABSENT]))
                continue
            cells.append(_cell_of(rival.ratio, rival.mark))
            rows.append((label, cells))
            is_faster = rival.ratio.median < 1
            marks[
                rival.mark if rival.mark != "*" else "<>"[not is_faster]
            ] += 1
    label = condition_label(subject.condition)
    without = len(rows) - sum(marks.values())
    if not rows:
        yield wrap(f"{name} against {baseline}, {label}: no row has both")
        return
    yield wrap(
        f"{name} against {baseline}, {label}: of {len(rows)} rows faster in"
        f" {marks['<']}, slower in {marks['>']}, no difference shown in"
        f" {marks['~']}, too few rounds to tell in {marks['?']}"
        + (f", over its time or failed in {without}." if without else ".")
    )
    units = listing(dict.fromkeys(m.unit for m in subject.measures))
    headings = [shorten(baseline, 14), shorten(name, 14), "ratio"]
    yield render(Table(f"{units}:", headings, "row", rows))


def _time_cell(results: Results, place: Place, who: Contender) -> Cell:
    value = estimate(list(standing.times(results, place, who).values()))
    return _ABSENT if value is None else Cell((number(value.median),))


# --- against another run ------------------------------------------------


def _changes(old: Results, subject: Subject) -> Iterator[list[str]]:
    """What became of the times since, the largest changes first."""
    results = subject.results
    pairs = compare.pairs_of(old, results)
    differing = sorted(
        (pair for pair in pairs if pair.mark == "*"),
        key=lambda pair: _size(pair.change.median),
        reverse=True,
    )
    faster = sum(pair.change.median < 1 for pair in differing)
    middle = median([pair.change.median for pair in pairs])
    commits = [r.context.get("commit", "unknown") for r in (old, results)]
    yield wrap(
        f"Since commit {commits[0]}, at {commits[1]}: of {len(pairs)} rows"
        f" {faster} became faster, {len(differing) - faster} slower; median"
        f" of all changes {compare.change_percent(middle)}."
    )
    shown = differing[:_MOST_CHANGES]
    if not shown:
        return
    more = len(differing) - len(shown)
    title = "changes of the time" + (
        f", the largest; {more} more by plots compare" if more else ""
    )
    rows = [(_change_label(pair.case), _change_cells(pair)) for pair in shown]
    yield render(Table(title, ["old ns", "new ns", "change"], "row", rows))


def _size(factor: float) -> float:
    return max(factor, 1 / factor) if factor > 0 else float("inf")


def _change_label(case: Case) -> str:
    fault = ", faults" if case.condition else ""
    who = row_label(case.contender)
    return f"{case.operation} {case.workload} {who}{fault}"


def _change_cells(pair: compare.Pair) -> list[Cell]:
    low, high = map(
        compare.change_percent, (pair.change.low, pair.change.high)
    )
    bounds = f"{low}, {high}"
    bounds = f"[{bounds}]" if pair.change.is_interval else f"({bounds})"
    return [
        Cell((number(median(pair.old)),)),
        Cell((number(median(pair.new)),)),
        Cell(
            (compare.change_percent(pair.change.median), bounds),
            pair.mark,
        ),
    ]


# --- around them --------------------------------------------------------


def _warnings(results: Results) -> list[str]:
    lines: list[str] = []
    if results.is_interrupted:
        lines += wrap("INTERRUPTED: shows what was measured until then")
    build = results.context.get("build_type", "Release")
    if build not in ("Release", "RelWithDebInfo"):
        lines += wrap(f"NOT OPTIMISED: build type {build}")
    return lines


def _no_ratios(subject: Subject) -> list[str]:
    """Why there are none, although there are times."""
    results = subject.results
    who = Contender(results.baseline or "")
    if any(
        standing.times(results, subject.place(measure, workload), who)
        for measure in subject.measures
        for workload in subject.workloads
    ):
        return []
    words = {
        standing.word(results, subject.place(measure, workload), who.structure)
        for measure in subject.measures
        for workload in subject.workloads
    } - {""}
    why = f" ({', '.join(sorted(words))})" if words else ""
    baseline = results.baseline or "which the file does not name"
    return wrap(
        f"NO RATIOS: the baseline, {baseline}, has no time here{why}. The"
        " report has the times of the others; run again with it, or choose"
        " another with --baseline."
    )


def _legend(subject: Subject) -> list[str]:
    results = subject.results
    baseline = results.baseline or "the baseline"
    rounds, ratios = results.rounds, results.comparisons
    parts = [
        f"* differs: the interval excludes 1, and all that {baseline} run"
        " twice (A/A control) differs by"
        if results.has_control
        else "* differs: the interval excludes 1, said more freely than with"
        " an A/A control, which this run lacks",
        "~ no difference shown",
    ]
    if any(n < 6 for n in results.rounds_of.values()):
        parts.append("? too few rounds to tell, ( ) their range")
    if interval_ranks(rounds, ratios) is not None:
        parts.append(f"[ ] 95 % for all {ratios} ratios of the run together")
    elif interval_ranks(rounds) is not None:
        parts.append("[ ] least and greatest ratio of all rounds")
    primary = {structure for _, _, structure in results.primary_ratios}
    if primary.intersection(subject.structures):
        names = ", ".join(
            who.structure for who in in_order(map(Contender, primary))
        )
        parts.append(
            f"of {names} without faults, declared primary before the run, the"
            " 95 % interval of the ratio itself"
        )
    return wrap("; ".join(parts) + ".")


def _left_out(subject: Subject) -> list[str]:
    """What the run has and the mail has not."""
    results = subject.results
    structures = {
        case.contender.structure
        for case in results.cases
        if case.contender.structure not in (FLOOR, results.baseline)
    }.difference(subject.structures)
    operations = {
        operation
        for operation in results.operations()
        if all(operation not in m.operations for m in subject.measures)
    }
    faults = {c.condition for c in results.cases} - {subject.condition}
    workloads = {c.workload for c in results.cases}.difference(
        subject.workloads
    )
    parts = [
        f"{len(names)} {what}{'s' if len(names) != 1 else ''}"
        + (f" ({', '.join(sorted(names))})" if len(names) <= 4 else "")
        for what, names in (
            ("structure", structures),
            ("operation", operations),
            ("workload", workloads),
        )
        if names
    ]
    if faults:
        labels = ", ".join(map(condition_label, sorted(faults)))
        parts.append(
            f"times under {labels}"
            if len(faults) < 3
            else f"times under {len(faults)} other conditions"
        )
    for cases, why in (
        (results.failed, "failed"),
        (results.limits, "cut off (over the time that a row may take)"),
    ):
        if cases:
            rows = "row" if len(cases) == 1 else "rows"
            parts.append(f"{len(cases)} {rows} {why}")
    shown = f"Shown: {subject.why}. " if subject.structures else ""
    if not parts:
        return wrap(f"{shown}Nothing is left out.")
    return wrap(f"{shown}Left out, and in the report: {'; '.join(parts)}.")


def _machine(results: Results) -> list[str]:
    """Four lines, whatever the machine is called."""

    def said(key: str) -> str:
        return to_ascii(results.context.get(key, "")) or "n/a"

    return [
        shorten(line, WIDTH).rstrip()
        for line in (
            f"CPU: {said('cpu_model')}, {said('num_cpus')} CPUs at"
            f" {said('mhz_per_cpu')} MHz, SMT {said('smt')}",
            f"{said('kernel')}, governor {said('governor')}, turbo"
            f" {said('turbo')}, THP {said('thp')}, ASLR {said('aslr')}",
            f"{said('compiler')} {said('compiler_flags')},"
            f" {said('build_type')}, {said('libc')}",
            f"pfnbench {said('pfnbench_version')}, commit {said('commit')},"
            f" {said('date')[:10]}, {results.rounds} rounds, load"
            f" {said('load_average')}",
        )
    ]


def _traces(subject: Subject) -> list[str]:
    """Checksums, so that a reader knows what was replayed."""
    traces = {w.name: w for w in subject.results.workloads}
    parts = []
    for name in subject.workloads:
        workload = traces.get(name)
        trace = workload.trace if workload else None
        parts.append(f"{name} {(trace or 'not recorded')[:_CHECKSUM]}")
    return wrap(f"traces: {', '.join(parts)}")


def _reproduce(results: Results) -> list[str]:
    command = results.context.get("command_line", "").strip()
    if not command:
        return ["reproduce: command line not recorded"]
    return shell_lines("reproduce:", command)
