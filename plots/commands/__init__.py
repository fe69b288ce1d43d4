# SPDX-License-Identifier: MIT
"""The commands of plots: a function for each that commands.toml names."""

import os
import sys
from argparse import Namespace
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path

from plots.page import page as paging
from plots.read import instructions as counting
from plots.read.experiment import print_list
from plots.read.results import Results, load
from plots.tables import changes
from plots.tables.figures import to_ascii
from plots.tables.words import refused
from plots.text import export as exporting
from plots.text import mail as mailing
from plots.text import report as reporting
from plots.text import showcase
from plots.text.mail_subject import Choice

EXIT_CHANGED = 1  # a count has risen, or a time
EXIT_BAD_INPUT = 2
EXIT_NO_MATPLOTLIB = 3


def fail(message: str, status: int) -> int:
    print(f"plots: {message}", file=sys.stderr)
    return status


def _say(text: str, copy: Path | None = None) -> int:
    if copy is not None:
        _write(copy, text.encode("ascii"))
    sys.stdout.write(text)
    sys.stdout.flush()
    return 0


def _write(path: Path, content: bytes) -> None:
    """Writes all or nothing: a picture cut in half would be mailed."""
    part = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(content)
        part.replace(path)
    except OSError as error:
        raise refused(path, "not_written", why=error.strerror) from None


def _read(path: Path, remedy: str) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        words = {"why": error.strerror, "remedy": remedy}
        raise refused(path, "not_read", **words) from None


def report(options: Namespace) -> int:
    results = load(options.results)
    counts = counting.counts_beside(results)
    name = counting.HARDWARE_FILE_NAME
    hardware = counting.counts_beside(counts, name) if counts else None
    text = reporting.report(results, counts, options.full, hardware)
    name = reporting.FULL_NAME if options.full else reporting.FILE_NAME
    return _say(text, options.output or results.path.with_name(name))


def summary(options: Namespace) -> int:
    return _say(reporting.summary(load(options.results)))


def export(options: Namespace) -> int:
    text = exporting.export(load(options.results), options.form)
    if options.output is None:
        return _say(text)
    _write(options.output, text.encode())
    return 0


def mail(options: Namespace) -> int:
    results = load(options.results)
    base = None if options.against is None else load(options.against)
    said = vars(options)
    choice = Choice(**{each.name: said[each.name] for each in fields(Choice)})
    return _say(mailing.mail(results, base, choice), options.output)


def compare(options: Namespace) -> int:
    old, new = load(options.old), load(options.new)
    names = {kind: getattr(options, kind) for kind in changes.KINDS}
    selection = changes.Selection(names, options.all)
    _say(reporting.compare(old, new, selection))
    if options.fail_above is None:
        return 0
    pairs = changes.selected(changes.pairs_of(old, new), new, selection)
    slower = changes.refusal(pairs, options.fail_above)
    return fail(to_ascii(slower), EXIT_CHANGED) if slower else 0


def instructions(options: Namespace) -> int:
    counts = counting.load_counts(options.results)
    hardware = counting.counts_beside(counts, counting.HARDWARE_FILE_NAME)
    _say(reporting.instructions(counts, hardware))
    if options.baseline is None:
        return 0
    counted = counting.baseline_of(counts)
    if options.update:
        text = counting.write_baseline(counted)
        _write(options.baseline, text.encode("ascii"))
        return 0
    stored = counting.read_baseline(options.baseline)
    comparison = counting.compare(stored, counted)
    if comparison.refusal is not None:
        print(f"not compared: {comparison.refusal}", file=sys.stderr)
    for change in (*comparison.risen, *comparison.fallen):
        print(reporting.line(change), file=sys.stderr)
    return EXIT_CHANGED if comparison.risen else 0


def _need_matplotlib() -> None:
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        missing = f"matplotlib is missing for {sys.executable}"
        remedy = "apt-get install python3-matplotlib"
        sys.exit(fail(f"{missing}; {remedy}", EXIT_NO_MATPLOTLIB))


def _put(path: Path, content: bytes) -> None:
    _write(path, content)
    print(path)


def _put_all(stem: Path, rendered: Mapping[str, bytes]) -> None:
    for suffix, picture in rendered.items():
        _put(stem.with_name(f"{stem.name}.{suffix}"), picture)


def plot(options: Namespace) -> int:
    results = load(options.results)
    _need_matplotlib()
    from plots.draw import pictures

    charts = pictures.charts(results)
    if not charts:
        raise refused(results.path, "nothing_to_plot")
    for stem, rendered in pictures.render(charts, options.suffixes):
        _put_all((options.output or results.path.parent) / stem, rendered)
    return 0


def trace(options: Namespace) -> int:
    is_piped = str(options.text) == "-"
    path = Path("standard input") if is_piped else options.text
    text = sys.stdin.read() if is_piped else _read(path, "name a file")
    _need_matplotlib()
    from plots.draw import canvas, figure_trace

    found = figure_trace.parse(text.splitlines(), path)
    figure = figure_trace.draw(found, options.output.name)
    _put_all(options.output, canvas.render(figure, options.suffixes))
    return 0


def html(options: Namespace) -> int:
    results = load(options.results)
    _put(options.output or results.path.with_name("page.html"), _page(results))
    return 0


def _page(results: Results) -> bytes:
    return paging.page(results, paging.extras(results)).encode()


def docs(options: Namespace) -> int:
    if options.list:
        print_list(showcase.EXPERIMENTS)
        return 0
    if options.folder is None:
        raise refused(Path("FOLDER"), "no_folder")
    results = showcase.load(options.folder)
    _need_matplotlib()
    from plots.draw import pictures

    charts = {name: pictures.charts(found) for name, found in results.items()}
    wanted = {
        stem: charts[shown["of"]][stem]
        for stem, shown in showcase.PICTURES.items()
        if stem in charts.get(shown["of"], {})
    }
    page = _page(results[showcase.MAIN])
    drawn = pictures.render(wanted)
    files = {f"{stem}.png": made["png"] for stem, made in drawn}
    files |= showcase.texts(options.folder, results, list(wanted))
    for name, content in {**files, "page.html": page}.items():
        _put(options.output / name, content)
    if options.readme is not None:
        text = _read(options.readme, "name the README")
        place = os.path.relpath(options.output, options.readme.parent)
        made = showcase.readme(text, results[showcase.MAIN], place)
        _write(options.readme, made.encode())
    return 0
