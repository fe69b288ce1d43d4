# SPDX-License-Identifier: MIT
"""The report, and shorter texts, made where the run was: no library."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from plots.read.file import printable, shorten
from plots.read.instructions import TOOLS, Change
from plots.read.results import Results, condition_label
from plots.tables import answer, cases, changes, facts, glance, replay
from plots.tables.changes import Selection
from plots.tables.duel import Duel, duel
from plots.tables.figures import number, percent
from plots.tables.table import Table, legend, marks
from plots.text.layout import WIDTH, legend_lines, lines, page, shell_lines
from plots.text.layout import wrap, wrapped

FILE_NAME = "report.txt"
FULL_NAME = "report-full.txt"

_MOST_MISSING = 12  # lines
SUMMARY_LINES = 25  # so that nothing scrolls away
_MOST_GUESTS = 12


def report(
    results: Results,
    counts: Results | None = None,  # of instructions.json next to the results
    is_full: bool = False,
    hardware: Results | None = None,  # what the processor counted
) -> str:
    """The whole text, with a newline at its end."""
    found = duel(results)
    ahead = [
        *([glance.guests(found)] if found else []),
        *glance.glances(results, counts),
        glance.lost(results),
        glance.real(results, counts),
    ]
    primary, said = glance.primary(results)
    long = (cases.times, cases.memory, cases.profiles, cases.calls)
    made = (each(results) for each in long)
    rest = [
        *primary[: None if is_full else 1],
        *(_by_place(*made, *_counted(counts, hardware)) if is_full else []),
        *replay.tables(results),
        facts.workloads(results),
        *([facts.structures(results)] if is_full else []),
    ]
    missing = wrapped(facts.missing(results))
    more = len(missing) - _MOST_MISSING
    if more > 0 and not is_full:
        missing[_MOST_MISSING:] = [f"... and {more} lines more"]
    command = results.context.get("command_line", "").strip()
    return page(
        [
            paragraph(results),
            wrapped(facts.head(results)),
            *map(lines, filter(None, ahead)),
            wrap(said),
            *map(lines, filter(None, rest)),
            wrapped(facts.machine(results)),
            shell_lines("reproduce:", command)
            if command
            else ["reproduce: command line not recorded"],
            legend_lines(legend(results, [*ahead, *rest])),
            missing,
            [] if is_full else ["Every other table: ./run report --full"],
        ]
    )


def paragraph(results: Results, most: int | None = None) -> list[str]:
    """The answer, so many sentences of it, in lines of 72 columns."""
    return wrap(" ".join(answer.answer(results)[:most]), indent="")


def _counted(*counts: Results | None) -> Iterator[Table]:
    """Of callgrind and of the processor, as far as they were counted."""
    for counted, counter in zip(counts, ("callgrind", "hardware")):
        if counted is not None:
            yield cases.instructions(counted, counter)


def _by_place(*tables: Table) -> Iterator[Table]:
    """Cut where a reader looks for one: by operation, condition and unit."""
    for table in filter(None, tables):
        every = [column.key for column in table.columns]
        keys = [key for key in ("operation", "condition") if key in every]
        rest = [key for key in every if key not in keys]
        for unit, same in table.by_unit():
            for (*operation, condition), part in same.groups(*keys):
                place = ", ".join((*operation, condition_label(condition)))
                title = f"{place}: {unit or table.title}"
                yield replace(part.pick(rest).filled(), title=title)


def summary(results: Results) -> str:
    """The answer, one table, and the paths."""
    found = duel(results)
    every = (_summary(results, found, n) for n in range(_MOST_GUESTS, 0, -1))
    fitting = (made for made in every if len(made) <= SUMMARY_LINES)
    return "\n".join(next(fitting, _summary(results, found, 0))) + "\n"


def _summary(results: Results, found: Duel | None, most: int) -> list[str]:
    """With so many guests in the table; without any there is no table."""
    made = paragraph(results)
    missing = "; ".join(facts.gaps(results))
    if missing:
        made.append(shorten(f"INCOMPLETE: {missing}", WIDTH))
    if failed := sorted({c.entrant.structure for c in results.failed}):
        made += wrap(f"failed: {facts.listing(failed)}")
    if found and most:
        table = glance.guests(found, most)
        words = marks(results, [table])
        said = (f"{mark} {words[mark]}" for mark in "*~?" if mark in words)
        made += ["", *lines(table), *wrap("; ".join(said))]
    folder = results.path.parent
    names = {"page": "page.html", "report": FILE_NAME, "mail": "mail.txt"}
    paths = {what: folder / name for what, name in names.items()}
    there = {what: path for what, path in paths.items() if path.is_file()}
    if any(folder.glob("*.png")):
        there["pictures"] = folder
    made.append("")
    for what, path in there.items():
        near = os.path.relpath(path)  # where that is shorter
        shown = near if not near.startswith("..") else str(path)
        made.append(printable(f"{what:<9}{shown}"))
    return made


def compare(
    old: Results, new: Results, selection: Selection = Selection()
) -> str:
    """The summary, the rows that are marked, the rest."""
    every = changes.pairs_of(old, new)
    pairs = changes.selected(every, new, selection)
    shown = [pair for pair in pairs if selection.is_all or pair.mark == "*"]
    times = changes.times(new, shown)
    exact = changes.exact(old, new, selection)
    said = [*changes.verdict(pairs, every)]
    if len(pairs) < len(every):
        said.insert(1, f"Chosen by flags, of {len(every)} rows.")
    notes = []
    if not exact:
        notes.append("memory, allocations and failed sets: no row differs")
    if hidden := len(pairs) - len(shown):
        rows = "row is" if hidden == 1 else "rows are"
        notes.append(f"{hidden} {rows} not marked; --all shows them.")
    few = "; ? too few rounds to tell, ( ) their range" * (not new.is_counted)
    notes.append(changes.marks(new) + few)
    words = {} if new.is_counted else legend(new, [times])
    notes += [f"{n}: {words[n]}" for n in ("change", "U test") if n in words]
    return page(
        [
            wrapped(said),
            wrapped(changes.heads(old, new)),
            *map(lines, _by_place(times, exact)),
            wrapped(notes),
            wrapped(changes.missing(old, new, selection)),
        ]
    )


def instructions(counts: Results, hardware: Results | None) -> str:
    """What was counted with, then a table for each operation and counter."""
    said = counts.context.get
    version, commit = said("pfnbench_version", "n/a"), said("commit", "n/a")
    tools = ", ".join(said(key, "n/a") for key in TOOLS)
    head = (
        f"pfnbench {version}, commit {commit}; {tools}",
        f"counter {said('timer', 'n/a')}",
    )
    none = [] if hardware else [["instructions by the hardware: n/a"]]
    tables = _by_place(*_counted(counts, hardware))
    return page([wrapped(head), *map(lines, tables), *none])


def line(change: Change) -> str:
    """A count that has left the stored one."""
    share = percent(100 * abs(change.counted / change.stored - 1))
    direction = "more" if change.counted > change.stored else "less"
    return (
        f"{change.name}: {number(change.counted)} instructions per page,"
        f" {share} {direction} than the stored {number(change.stored)}"
    )
