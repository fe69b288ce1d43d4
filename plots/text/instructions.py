# SPDX-License-Identifier: MIT
"""Instructions per page, as the command `instructions` prints them."""

from __future__ import annotations

from plots.read.instructions import TOOLS, Change
from plots.read.results import Results
from plots.tables.figures import number, percent
from plots.text.layout import lines, page, wrap
from plots.text.report import instructions

def report(counts: Results, hardware: Results | None) -> str:
    """What was counted with, then a table for each operation and counter."""
    said = counts.context.get
    head = (
        f"pfnbench {said('pfnbench_version', 'n/a')}, commit"
        f" {said('commit', 'n/a')}; "
        + ", ".join(said(key, "n/a") for key in TOOLS)
    )
    return page(
        [
            [*wrap(head), *wrap(f"counter {said('timer', 'n/a')}")],
            *map(lines, instructions(counts, hardware)),
            *([] if hardware else [["instructions by the hardware: n/a"]]),
        ]
    )


def line(change: Change) -> str:
    """A count that has left the stored one."""
    share = percent(100 * abs(change.counted / change.stored - 1))
    direction = "more" if change.counted > change.stored else "less"
    return (
        f"{change.name}: {number(change.counted)} instructions per page,"
        f" {share} {direction} than the stored {number(change.stored)}"
    )
