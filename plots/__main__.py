# SPDX-License-Identifier: MIT
"""Turns the results of pfnbench into pictures and text.

To add a command: write a function that takes the parser of the command,
sets its arguments and its `run`, and append it to COMMANDS.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import math
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from plots.text import compare, export, mail, mail_subject, report, showcase, summary
from plots.draw import figure_trace
from plots.page import page as html
from plots.read import instructions
from plots.read.experiment import print_list
from plots.read.results import FILE_NAME, Results, ResultsError, load

EXIT_RISEN = 1
EXIT_SLOWER = 1
EXIT_BAD_INPUT = 2
EXIT_NO_MATPLOTLIB = 3

# ./run bench lets it lead to the run that it made.
LATEST = Path(__file__).parents[1] / "results" / "latest"
DEBIAN_PYTHON = "/usr/bin/python3"
# Those that ./run hands over as they are; their help says so.
COMMANDS_OF_RUN = frozenset(
    (
        "compare",
        "export",
        "html",
        "mail",
        "plot",
        "report",
        "summary",
        "trace",
    )
)


class _Parser(argparse.ArgumentParser):
    """Complains in one line, like the other programs."""

    def error(self, message: str) -> NoReturn:
        self.exit(
            EXIT_BAD_INPUT, f"{self.prog}: {message}; see {self.prog} --help\n"
        )


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; returns the exit status."""
    parser = _Parser(
        prog="plots",
        description="Turns the results of pfnbench into pictures and text.",
    )
    subparsers = parser.add_subparsers(
        title="commands", metavar="COMMAND", required=True
    )
    for name, what, add_arguments in COMMANDS:
        program = f"./run {name}" if name in COMMANDS_OF_RUN else None
        add_arguments(
            subparsers.add_parser(
                name, prog=program, help=what, description=what
            )
        )
    options = parser.parse_args(arguments)
    try:
        return int(options.run(options))
    except ResultsError as error:
        return _fail(str(error), EXIT_BAD_INPUT)
    except BrokenPipeError:
        # The reader has seen enough (`| head`). Python would complain when
        # it flushes stdout at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _fail(message: str, status: int) -> int:
    print(f"plots: {message}", file=sys.stderr)
    return status


def _add_results(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "results",
        metavar="RESULTS",
        type=Path,
        nargs="?",
        default=LATEST,
        help=f"{FILE_NAME}, or the directory that contains it"
        " (default: results/latest, the newest run)",
    )


def _add_report(parser: argparse.ArgumentParser) -> None:
    _add_results(parser)
    parser.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        type=Path,
        help=f"where to write it (default: {report.FILE_NAME} beside RESULTS,"
        f" with --full {report.FULL_NAME})",
    )
    parser.add_argument(
        "--full",
        action="store_true",
        help="every table: each operation under each fault, with intervals,"
        " memory, lost pages, instructions",
    )
    parser.set_defaults(run=_run_report)


def _run_report(options: argparse.Namespace) -> int:
    results = load(options.results)
    make, name = instructions.short_report, report.FILE_NAME
    if options.full:
        make, name = instructions.full_report, report.FULL_NAME
    text = make(results)
    output = options.output or results.path.with_name(name)
    _write(output, text.encode("ascii"))
    return _say(text)


def _add_export(parser: argparse.ArgumentParser) -> None:
    _add_results(parser)
    parser.add_argument(
        "--format",
        dest="form",
        choices=export.FORMATS,
        default=export.FORMATS[0],
        help="csv for a program, markdown for a page (default: %(default)s)",
    )
    parser.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        type=Path,
        help="where to write it (default: print it)",
    )
    parser.set_defaults(run=_run_export)


def _run_export(options: argparse.Namespace) -> int:
    text = export.export(load(options.results), options.form)
    if options.output is None:
        return _say(text)
    _write(options.output, text.encode())
    return 0


def _add_summary(parser: argparse.ArgumentParser) -> None:
    _add_results(parser)
    parser.set_defaults(run=_run_summary)


def _run_summary(options: argparse.Namespace) -> int:
    return _say(summary.summary(load(options.results)))


def _add_instructions(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "results",
        metavar="RESULTS",
        type=Path,
        help=f"directory that contains {instructions.FILE_NAME}",
    )
    parser.add_argument(
        "--baseline",
        metavar="FILE",
        type=Path,
        help="stored counts; status 1 if one has risen by more than"
        f" {100 * instructions.TOLERANCE:.0f} %%",
    )
    parser.add_argument(
        "--update",
        action="store_true",
        help="write the counts to the baseline instead of comparing",
    )
    parser.set_defaults(run=_run_instructions)


def _run_instructions(options: argparse.Namespace) -> int:
    results = instructions.load_counts(options.results)
    sys.stdout.write(
        instructions.report(results, instructions.load_hardware(results))
    )
    sys.stdout.flush()
    if options.baseline is None:
        return 0
    counted = instructions.baseline_of(results)
    if options.update:
        text = instructions.write_baseline(counted)
        _write(options.baseline, text.encode("ascii"))
        return 0
    comparison = instructions.compare(
        instructions.read_baseline(options.baseline), counted
    )
    if comparison.refusal is not None:
        print(f"not compared: {comparison.refusal}", file=sys.stderr)
        return 0
    for change in (*comparison.risen, *comparison.fallen):
        print(change.line, file=sys.stderr)
    return EXIT_RISEN if comparison.risen else 0


def _add_plot(parser: argparse.ArgumentParser) -> None:
    _add_results(parser)
    parser.add_argument(
        "-o",
        "--output",
        metavar="DIR",
        type=Path,
        help="directory for the pictures (default: beside RESULTS)",
    )
    parser.set_defaults(run=_run_plot)


def _run_plot(options: argparse.Namespace) -> int:
    results = load(options.results)
    if not _has_matplotlib():
        return EXIT_NO_MATPLOTLIB
    # Not at the top of the file: `report` works without matplotlib.
    from plots.draw import pictures

    directory = options.output or results.path.parent
    charts = pictures.charts(results)
    if not charts:
        raise _nothing_to_plot(results)
    for stem, rendered in pictures.render(charts):
        for suffix, picture in rendered.items():
            path = directory / f"{stem}.{suffix}"
            _write(path, picture)
            print(path)
    return 0


def _add_trace(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "text",
        metavar="FILE",
        type=Path,
        help="output of `pfntrace cat --absolute TRACE`; - for stdin",
    )
    parser.add_argument(
        "-o",
        "--output",
        metavar="STEM",
        type=Path,
        required=True,
        help="writes STEM.png and STEM.svg",
    )
    parser.set_defaults(run=_run_trace)


def _run_trace(options: argparse.Namespace) -> int:
    if str(options.text) == "-":
        trace = figure_trace.parse(sys.stdin, Path("standard input"))
    else:
        try:
            with options.text.open(encoding="ascii", errors="replace") as text:
                trace = figure_trace.parse(text, options.text)
        except OSError as error:
            raise ResultsError(
                options.text,
                f"cannot be read ({error.strerror})",
                "name a file",
            ) from None
    if not _has_matplotlib():
        return EXIT_NO_MATPLOTLIB
    from plots.draw import panels

    stem: Path = options.output
    for suffix, picture in panels.render_trace(trace, stem.name).items():
        path = stem.with_name(f"{stem.name}.{suffix}")
        _write(path, picture)
        print(path)
    return 0


def _has_matplotlib() -> bool:
    try:
        importlib.import_module("matplotlib")
    except ImportError:
        _fail(
            f"matplotlib is missing for {sys.executable}; {_remedy()}",
            EXIT_NO_MATPLOTLIB,
        )
        return False
    return True


def _remedy() -> str:
    """Debian's interpreter may have it where this is another one."""
    command = [DEBIAN_PYTHON, "-c", "import matplotlib"]
    try:
        has_it = subprocess.run(command, capture_output=True).returncode == 0
    except OSError:
        has_it = False
    if has_it:
        return f"{DEBIAN_PYTHON} has it, and ./run plot uses that"
    return "apt-get install python3-matplotlib"


def _add_docs(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "folder",
        metavar="FOLDER",
        type=Path,
        nargs="?",
        help="results of the experiments, one folder each"
        " (./run docs-results)",
    )
    parser.add_argument(
        "--list",
        action="store_true",
        help="print name and flags of each experiment instead, a line each",
    )
    parser.add_argument(
        "-o",
        "--output",
        metavar="DIR",
        type=Path,
        default=Path("docs/results"),
        help="where to write pictures and text (default: %(default)s)",
    )
    parser.add_argument(
        "--readme",
        metavar="FILE",
        type=Path,
        help="the README whose table to write again",
    )
    parser.set_defaults(run=_run_docs)


def _run_docs(options: argparse.Namespace) -> int:
    if options.list:
        print_list(showcase.EXPERIMENTS)
        return 0
    if options.folder is None:
        raise ResultsError(
            Path("FOLDER"), "is not given", "run ./run docs-results"
        )
    main_results = showcase.main_results(options.folder)
    if not _has_matplotlib():
        return EXIT_NO_MATPLOTLIB
    for name, content in showcase.write(options.folder).items():
        _write(options.output / name, content)
        print(options.output / name)
    if options.readme is not None:
        try:
            text = options.readme.read_text()
        except OSError as error:
            raise ResultsError(
                options.readme,
                f"cannot be read ({error.strerror})",
                "name the README",
            ) from None
        place = os.path.relpath(options.output, options.readme.parent)
        made = showcase.readme(text, main_results, place)
        _write(options.readme, made.encode())
    return 0


def _nothing_to_plot(results: Results) -> ResultsError:
    return ResultsError(
        results.path,
        "has no figure of any operation, so there is nothing to plot",
        "look at its errors, and run ./run bench again",
    )


def _write(path: Path, content: bytes) -> None:
    """Writes all or nothing: a picture cut in half would be mailed."""
    part = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(content)
        part.replace(path)
    except OSError as error:
        raise ResultsError(
            path,
            f"cannot be written ({error.strerror})",
            "choose another place with -o",
        ) from None


def _add_compare(parser: argparse.ArgumentParser) -> None:
    for name, which in (("old", "first"), ("new", "second")):
        parser.add_argument(
            name,
            metavar=name.upper(),
            type=Path,
            help=f"the {which} {FILE_NAME}, or its directory",
        )
    for name in ("structure", "operation", "workload"):
        parser.add_argument(
            f"--{name}",
            metavar="NAME[,NAME...]",
            type=_names,
            default=(),
            help=f"only rows of the {name}s named (default: all)",
        )
    parser.add_argument(
        "--all",
        action="store_true",
        help="every row (default: rows that are marked as different)",
    )
    parser.add_argument(
        "--fail-above",
        metavar="PERCENT",
        type=_percentage,
        help="end with status 1 if a marked row became slower by more than"
        " this",
    )
    parser.set_defaults(run=_run_compare)


def _run_compare(options: argparse.Namespace) -> int:
    old, new = load(options.old), load(options.new)
    selection = compare.Selection(
        options.structure, options.operation, options.workload, options.all
    )
    _say(compare.compare(old, new, selection))
    if options.fail_above is None:
        return 0
    pairs = compare.selected(compare.pairs_of(old, new), new, selection)
    slower = compare.slower_by(pairs, options.fail_above)
    if not slower:
        return 0
    worst = max(slower, key=lambda pair: pair.change.median)
    return _fail(
        compare.refusal(slower, worst, options.fail_above), EXIT_SLOWER
    )


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


def _add_mail(parser: argparse.ArgumentParser) -> None:
    _add_results(parser)
    parser.add_argument(
        "--against",
        metavar="BASE",
        type=Path,
        help="a base run of the same work, RESULTS being the patched one:"
        " both in one table",
    )
    parser.add_argument(
        "--for",
        dest="form",
        choices=mail_subject.FORMS,
        default=mail_subject.COVER_LETTER,
        help="cover-letter: the answer, and guests in rows; reply: one"
        " structure against the baseline, row by row (default: %(default)s)",
    )
    for name in ("workload", "structure", "operation"):
        parser.add_argument(
            f"--{name}",
            metavar="NAME[,NAME...]",
            type=_names,
            default=(),
            help=f"only the {name}s named (default: what a reviewer wants"
            " first; what is left out is said)",
        )
    parser.add_argument(
        "--baseline",
        metavar="NAME",
        help="take ratios to this structure of the run (default: the"
        " baseline of the run)",
    )
    parser.add_argument(
        "--fault",
        metavar="SPEC",
        help="times under this fault of the run, or none (default: none)",
    )
    parser.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        type=Path,
        help="write it there as well",
    )
    parser.set_defaults(run=_run_mail)


def _add_html(parser: argparse.ArgumentParser) -> None:
    _add_results(parser)
    parser.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        type=Path,
        help=f"where to write it (default: {html.FILE_NAME} beside RESULTS)",
    )
    parser.set_defaults(run=_run_html)


def _run_html(options: argparse.Namespace) -> int:
    results = load(options.results)
    directory = results.path.parent
    counted = instructions.counts_beside(results)
    extras = html.Extras(_pictures_of(results), counted, None)
    output = options.output or directory / html.FILE_NAME
    _write(output, html.page(results, extras).encode())
    print(output)
    return 0


def _pictures_of(results: Results) -> dict[str, bytes]:
    """What `plot` wrote beside the results; otherwise what it would write."""
    beside = sorted(results.path.parent.glob("*.svg"))
    if beside or importlib.util.find_spec("matplotlib") is None:
        return {path.stem: path.read_bytes() for path in beside}
    from plots.draw import pictures

    rendered = pictures.render(pictures.charts(results))
    return {stem: picture["svg"] for stem, picture in rendered}


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _run_mail(options: argparse.Namespace) -> int:
    results = load(options.results)
    old = None if options.against is None else load(options.against)
    choice = mail_subject.Choice(
        form=options.form,
        workloads=options.workload,
        structures=options.structure,
        operations=options.operation,
        fault=options.fault,
        baseline=options.baseline,
    )
    text = mail.mail(results, old, choice)
    if options.output is not None:
        _write(options.output, text.encode("ascii"))
    return _say(text)


def _say(text: str) -> int:
    sys.stdout.write(text)
    sys.stdout.flush()
    return 0


COMMANDS = (
    ("compare", "compare two results row by row", _add_compare),
    ("docs", "write the results that the documentation shows", _add_docs),
    ("export", "print every time as CSV or Markdown", _add_export),
    (
        "instructions",
        "print instructions per page, hold them to stored ones",
        _add_instructions,
    ),
    ("html", "write the web page, one file", _add_html),
    ("mail", "write the mail: what a reviewer reads, 72 columns", _add_mail),
    ("plot", "draw PNG and SVG pictures", _add_plot),
    ("trace", "draw which page of a trace was reported when", _add_trace),
    (
        "report",
        "write the report, at most 200 lines of plain text for a usual run",
        _add_report,
    ),
    (
        "summary",
        "print the end of a run again: answer, table, paths",
        _add_summary,
    ),
)

if __name__ == "__main__":
    sys.exit(main())
