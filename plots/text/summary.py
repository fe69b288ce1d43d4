# SPDX-License-Identifier: MIT
"""The end of a run on a terminal: the answer, one table, and the paths.

At most 25 lines, so that nothing scrolls away.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from plots.tables import answer
from plots.page import page as html
from plots.text import report
from plots.read.results import Results
from plots.text.layout import WIDTH, printable, render, shorten

MOST_LINES = 25
_MOST_GUESTS = 12


def summary(results: Results) -> str:
    """The whole text, with a newline at its end."""
    lines: list[str] = []
    for most in range(_MOST_GUESTS, -1, -1):
        lines = _lines(results, most)
        if len(lines) <= MOST_LINES:
            break
    return "\n".join(lines) + "\n"


def _lines(results: Results, most: int) -> list[str]:
    """With so many guests in the table; without any there is no table."""
    lines = [*answer.paragraph(results), *_incomplete(results)]
    table = answer.guests_table(results, most) if most else None
    if table is not None:
        lines += ["", *render(table), *answer.guests_legend(results)]
    return [*lines, "", *_paths(results.path.parent)]


def _incomplete(results: Results) -> list[str]:
    """One line about everything that is missing."""
    parts = list(_gaps(results))
    if not parts:
        return []
    return [shorten(f"INCOMPLETE: {'; '.join(parts)}", WIDTH)]


def _gaps(results: Results) -> Iterator[str]:
    if results.is_interrupted:
        yield "interrupted"
    short = len(report.short_cases(results))
    if short:
        yield f"{short} of {len(results.cases)} rows short"
    if results.failed:
        yield f"{len(results.failed)} failed"
    if results.limits:
        yield f"{len(results.limits)} cut off"


def _paths(folder: Path) -> Iterator[str]:
    """Of what is there: one line each."""
    for what, name in (
        ("page", html.FILE_NAME),
        ("report", report.FILE_NAME),
        ("mail", "mail.txt"),
    ):
        if (folder / name).is_file():
            yield _path(what, folder / name)
    if any(folder.glob("*.png")):
        yield _path("pictures", folder)


def _path(what: str, path: Path) -> str:
    """Seen from here where that is shorter."""
    near = os.path.relpath(path)
    shown = near if not near.startswith("..") else str(path)
    return printable(f"{what:<9}{shown}")
