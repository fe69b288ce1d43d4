# SPDX-License-Identifier: MIT
"""The end of a run on a terminal: the answer, one table, and the paths.

At most 25 lines, so that nothing scrolls away.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from plots.read.results import Results
from plots.read.file import printable, shorten
from plots.tables import facts, glance
from plots.tables.duel import Duel, duel
from plots.tables.legend import marks
from plots.text.layout import WIDTH, lines, wrap
from plots.text.report import FILE_NAME, paragraph

MOST_LINES = 25
_MOST_GUESTS = 12


def summary(results: Results) -> str:
    """The whole text, with a newline at its end."""
    found = duel(results)
    made: list[str] = []
    for most in range(_MOST_GUESTS, -1, -1):
        made = _lines(results, found, most)
        if len(made) <= MOST_LINES:
            break
    return "\n".join(made) + "\n"


def _lines(results: Results, found: Duel | None, most: int) -> list[str]:
    """With so many guests in the table; without any there is no table."""
    made = paragraph(results)
    missing = "; ".join(facts.gaps(results))
    if missing:
        made.append(shorten(f"INCOMPLETE: {missing}", WIDTH))
    if found and most:
        table = glance.guests(found, most)
        words = marks(results, [table])
        said = (f"{mark} {words[mark]}" for mark in "*~?" if mark in words)
        made += ["", *lines(table), *wrap("; ".join(said))]
    return [*made, "", *_paths(results.path.parent)]


def _paths(folder: Path) -> Iterator[str]:
    """Of what is there: one line each."""
    for what, name in (
        ("page", "page.html"),
        ("report", FILE_NAME),
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
