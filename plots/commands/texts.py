# SPDX-License-Identifier: MIT
"""Commands that print text. They need the standard library alone."""

from __future__ import annotations

import argparse
import math
import sys

from plots.commands import (
    EXIT_CHANGED,
    RESULTS,
    Options,
    argument,
    choices,
    command,
    fail,
    output,
    path,
    say,
    switch,
    write,
)
from plots.read import instructions
from plots.read.results import FILE_NAME, load
from plots.tables import changes
from plots.tables.figures import to_ascii
from plots.text import compare, export, mail, mail_subject, report, summary
from plots.text import instructions as counts_text


@command(
    "write the report, at most 200 lines of plain text for a usual run",
    RESULTS,
    output(
        f"where to write it (default: {report.FILE_NAME} next to RESULTS, with"
        f" --full {report.FULL_NAME})"
    ),
    switch(
        "--full",
        "every table: each operation under each fault, with intervals,"
        " memory, lost pages, instructions",
    ),
)
def _report(options: Options) -> int:
    results = load(options.results)
    counts = instructions.counts_beside(results)
    hardware = instructions.load_hardware(counts) if counts else None
    text = report.report(results, counts, options.full, hardware)
    name = report.FULL_NAME if options.full else report.FILE_NAME
    output = options.output or results.path.with_name(name)
    write(output, text.encode("ascii"))
    return say(text)


@command("print the end of a run again: answer, table, paths", RESULTS)
def _summary(options: Options) -> int:
    return say(summary.summary(load(options.results)))


@command(
    "print every time as CSV or Markdown",
    RESULTS,
    argument(
        "--format",
        dest="form",
        choices=export.FORMATS,
        default=export.FORMATS[0],
        help="csv for a program, markdown for a page (default: %(default)s)",
    ),
    output("where to write it (default: print it)"),
)
def _export(options: Options) -> int:
    text = export.export(load(options.results), options.form)
    if options.output is None:
        return say(text)
    write(options.output, text.encode())
    return 0


@command(
    "write the mail: what a reviewer reads, 72 columns",
    RESULTS,
    path(
        "--against",
        "a base run of the same work, RESULTS being the patched one: both in"
        " one table",
        metavar="BASE",
    ),
    argument(
        "--for",
        dest="form",
        choices=mail_subject.FORMS,
        default=mail_subject.COVER_LETTER,
        help="cover-letter: the answer, and guests in rows; reply: one"
        " structure against the baseline, row by row (default: %(default)s)",
    ),
    *(choices(name, f"{name}s of these names")
      for name in ("workload", "structure", "operation")),
    argument(
        "--baseline",
        metavar="NAME",
        help="take ratios to this structure of the run (default: the"
        " baseline of the run)",
    ),
    argument(
        "--fault",
        metavar="SPEC",
        help="times under this fault of the run, or none (default: none)",
    ),
    output("write it there as well"),
)
def _mail(options: Options) -> int:
    results = load(options.results)
    base = None if options.against is None else load(options.against)
    choice = mail_subject.Choice(
        form=options.form,
        workloads=options.workload,
        structures=options.structure,
        operations=options.operation,
        fault=options.fault,
        baseline=options.baseline,
    )
    text = mail.mail(results, base, choice)
    if options.output is not None:
        write(options.output, text.encode("ascii"))
    return say(text)


def _percentage(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value <= 1e6:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a percentage from 0 to 1000000"
        )
    return value


@command(
    "compare two results row by row",
    path("old", f"the first {FILE_NAME}, or its directory"),
    path("new", f"the second {FILE_NAME}, or its directory"),
    *(choices(name, f"rows of these {name}s")
      for name in ("structure", "operation", "workload")),
    switch("--all", "every row (default: rows that are marked as different)"),
    argument(
        "--fail-above",
        metavar="PERCENT",
        type=_percentage,
        help="end with status 1 if a marked row became slower by more than"
        " this",
    ),
)
def _compare(options: Options) -> int:
    old, new = load(options.old), load(options.new)
    selection = changes.Selection(
        options.structure, options.operation, options.workload, options.all
    )
    say(compare.compare(old, new, selection))
    if options.fail_above is None:
        return 0
    pairs = changes.selected(changes.pairs_of(old, new), new, selection)
    slower = changes.slower_by(pairs, options.fail_above)
    if not slower:
        return 0
    return fail(
        to_ascii(changes.refusal(slower, options.fail_above)), EXIT_CHANGED
    )


@command(
    "print instructions per page, hold them to stored ones",
    path("results", f"directory that contains {instructions.FILE_NAME}"),
    path(
        "--baseline",
        "stored counts; status 1 if one has risen by more than"
        f" {100 * instructions.TOLERANCE:.0f} %%",
        metavar="FILE",
    ),
    switch(
        "--update", "write the counts to the baseline instead of comparing"
    ),
)
def _instructions(options: Options) -> int:
    counts = instructions.load_counts(options.results)
    say(counts_text.report(counts, instructions.load_hardware(counts)))
    if options.baseline is None:
        return 0
    counted = instructions.baseline_of(counts)
    if options.update:
        text = instructions.write_baseline(counted)
        write(options.baseline, text.encode("ascii"))
        return 0
    comparison = instructions.compare(
        instructions.read_baseline(options.baseline), counted
    )
    if comparison.refusal is not None:
        print(f"not compared: {comparison.refusal}", file=sys.stderr)
        return 0
    for change in (*comparison.risen, *comparison.fallen):
        print(counts_text.line(change), file=sys.stderr)
    return EXIT_CHANGED if comparison.risen else 0
