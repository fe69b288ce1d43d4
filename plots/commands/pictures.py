# SPDX-License-Identifier: MIT
"""Commands that draw. What they need is loaded where they use it, so that
text needs the standard library alone.
"""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from pathlib import Path

from plots.commands import EXIT_NO_MATPLOTLIB, Options, fail, read, write
from plots.read.experiment import print_list
from plots.read.results import Results, ResultsError, load
from plots.text import showcase

DEBIAN_PYTHON = "/usr/bin/python3"


def plot(options: Options) -> int:
    results = load(options.results)
    if not _has_matplotlib():
        return EXIT_NO_MATPLOTLIB
    from plots.draw import pictures

    directory = options.output or results.path.parent
    charts = pictures.charts(results)
    if not charts:
        raise ResultsError(
            results.path,
            "has no figure of any operation, so there is nothing to plot",
            "look at its errors, and run ./run bench again",
        )
    for stem, rendered in pictures.render(charts, _suffixes(options)):
        _write_pictures(directory / stem, rendered)
    return 0


def _suffixes(options: Options) -> tuple[str, ...]:
    return ("png", "svg") if options.svg else ("png",)


def _write_pictures(stem: Path, rendered: dict[str, bytes]) -> None:
    for suffix, picture in rendered.items():
        path = stem.with_name(f"{stem.name}.{suffix}")
        write(path, picture)
        print(path)


def trace(options: Options) -> int:
    from plots.draw import figure_trace

    if str(options.text) == "-":
        trace = figure_trace.parse(sys.stdin, Path("standard input"))
    else:
        lines = read(options.text, "name a file").splitlines(keepends=True)
        trace = figure_trace.parse(lines, options.text)
    if not _has_matplotlib():
        return EXIT_NO_MATPLOTLIB
    name = options.output.name
    rendered = figure_trace.render(trace, name, _suffixes(options))
    _write_pictures(options.output, rendered)
    return 0


def _has_matplotlib() -> bool:
    try:
        importlib.import_module("matplotlib")
    except ImportError:
        fail(
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


def html(options: Options) -> int:
    results = load(options.results)
    output = options.output or results.path.with_name("page.html")
    write(output, _page(results))
    print(output)
    return 0


def _page(results: Results) -> bytes:
    from plots.page import page

    return page.page(results, page.beside(results)).encode()


def docs(options: Options) -> int:
    if options.list:
        print_list(showcase.EXPERIMENTS)
        return 0
    if options.folder is None:
        raise ResultsError(
            Path("FOLDER"), "is not given", "run ./run docs-results"
        )
    results = showcase.load(options.folder)
    if not _has_matplotlib():
        return EXIT_NO_MATPLOTLIB
    from plots.draw import pictures

    charts = {name: pictures.charts(found) for name, found in results.items()}
    wanted = {
        stem: charts[shown["of"]][stem]
        for stem, shown in showcase.PICTURES.items()
        if stem in charts.get(shown["of"], {})
    }
    drawn = pictures.render(wanted)
    files = {f"{stem}.png": made["png"] for stem, made in drawn}
    files |= showcase.texts(options.folder, results, list(wanted))
    files["page.html"] = _page(results[showcase.MAIN])
    for name, content in files.items():
        write(options.output / name, content)
        print(options.output / name)
    if options.readme is not None:
        text = read(options.readme, "name the README")
        place = os.path.relpath(options.output, options.readme.parent)
        made = showcase.readme(text, results[showcase.MAIN], place)
        write(options.readme, made.encode())
    return 0
