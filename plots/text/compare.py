# SPDX-License-Identifier: MIT
"""Two runs side by side: the summary, the rows that are marked, the rest."""

from __future__ import annotations

from collections.abc import Iterator

from plots.read.results import Results
from plots.tables import changes
from plots.tables.changes import Selection
from plots.tables.legend import legend
from plots.tables.table import Table
from plots.text.layout import lines, page, wrapped
from plots.text.report import by_place, by_unit


def compare(
    old: Results, new: Results, selection: Selection = Selection()
) -> str:
    """The whole text, with a newline at its end."""
    every = changes.pairs_of(old, new)
    pairs = changes.selected(every, new, selection)
    shown = [pair for pair in pairs if selection.is_all or pair.mark == "*"]
    times = changes.times(new, shown)
    exact = changes.exact(old, new, selection)
    chosen = f"Chosen by flags, of {len(every)} rows."
    return page(
        [
            wrapped(
                [
                    changes.verdict(pairs, every),
                    *[chosen] * (len(pairs) < len(every)),
                    *changes.warnings(pairs),
                ]
            ),
            wrapped(changes.heads(old, new)),
            *map(lines, by_place(by_unit(times, "old"))),
            *map(lines, by_place([exact])),
            wrapped(_legend(new, times, exact, len(pairs) - len(shown))),
            wrapped(changes.missing(old, new, selection)),
        ]
    )


def _legend(
    new: Results, times: Table, exact: Table, hidden: int
) -> Iterator[str]:
    if not exact:
        yield "memory, allocations and failed sets: no row differs"
    if hidden:
        rows = "row is" if hidden == 1 else "rows are"
        yield f"{hidden} {rows} not marked; --all shows them."
    yield f"{changes.MARKS}; ? too few rounds to tell, ( ) their range"
    for name, words in legend(new, [times]).items():
        if name in ("change", "U test"):
            yield f"{name}: {words}"
