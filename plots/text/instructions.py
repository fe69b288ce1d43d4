# SPDX-License-Identifier: MIT
"""Instructions per page, as the command `instructions` prints them."""

from __future__ import annotations

from plots.read.results import Results
from plots.text.layout import lines, page, wrap
from plots.text.report import instructions

_TOOLS = ("compiler", "compiler_flags", "build_type", "libc", "valgrind")


def report(counts: Results, hardware: Results | None) -> str:
    """What was counted with, then a table for each operation and counter."""
    said = counts.context.get
    head = (
        f"pfnbench {said('pfnbench_version', 'n/a')}, commit"
        f" {said('commit', 'n/a')}; "
        + ", ".join(said(key, "n/a") for key in _TOOLS)
    )
    return page(
        [
            [*wrap(head), *wrap(f"counter {said('timer', 'n/a')}")],
            *map(lines, instructions(counts, hardware)),
            *([] if hardware else [["instructions by the hardware: n/a"]]),
        ]
    )
