# SPDX-License-Identifier: MIT
"""Commands that print text. They need the standard library alone."""

from __future__ import annotations

import sys

from plots.commands import EXIT_CHANGED, Options, fail, say, write
from plots.read import instructions as counting
from plots.read.results import load
from plots.tables import changes
from plots.tables.figures import to_ascii
from plots.text import compare as comparing
from plots.text import export as exporting
from plots.text import instructions as counts_text
from plots.text import mail as mailing
from plots.text import report as reporting
from plots.text import summary as ending
from plots.text.mail_subject import Choice


def report(options: Options) -> int:
    results = load(options.results)
    counts = counting.counts_beside(results)
    hardware = counting.load_hardware(counts) if counts else None
    text = reporting.report(results, counts, options.full, hardware)
    name = reporting.FULL_NAME if options.full else reporting.FILE_NAME
    output = options.output or results.path.with_name(name)
    write(output, text.encode("ascii"))
    return say(text)


def summary(options: Options) -> int:
    return say(ending.summary(load(options.results)))


def export(options: Options) -> int:
    text = exporting.export(load(options.results), options.form)
    if options.output is None:
        return say(text)
    write(options.output, text.encode())
    return 0


def mail(options: Options) -> int:
    results = load(options.results)
    base = None if options.against is None else load(options.against)
    choice = Choice(
        form=options.form,
        workloads=options.workload,
        structures=options.structure,
        operations=options.operation,
        fault=options.fault,
        baseline=options.baseline,
    )
    text = mailing.mail(results, base, choice)
    if options.output is not None:
        write(options.output, text.encode("ascii"))
    return say(text)


def compare(options: Options) -> int:
    old, new = load(options.old), load(options.new)
    names = {kind: getattr(options, kind) for kind in changes.KINDS}
    selection = changes.Selection(names, options.all)
    say(comparing.compare(old, new, selection))
    if options.fail_above is None:
        return 0
    pairs = changes.selected(changes.pairs_of(old, new), new, selection)
    slower = changes.refusal(pairs, options.fail_above)
    return fail(to_ascii(slower), EXIT_CHANGED) if slower else 0


def instructions(options: Options) -> int:
    counts = counting.load_counts(options.results)
    say(counts_text.report(counts, counting.load_hardware(counts)))
    if options.baseline is None:
        return 0
    counted = counting.baseline_of(counts)
    if options.update:
        text = counting.write_baseline(counted)
        write(options.baseline, text.encode("ascii"))
        return 0
    comparison = counting.compare(
        counting.read_baseline(options.baseline), counted
    )
    if comparison.refusal is not None:
        print(f"not compared: {comparison.refusal}", file=sys.stderr)
        return 0
    for change in (*comparison.risen, *comparison.fallen):
        print(counts_text.line(change), file=sys.stderr)
    return EXIT_CHANGED if comparison.risen else 0
