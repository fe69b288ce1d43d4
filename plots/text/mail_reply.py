# SPDX-License-Identifier: MIT
"""The reply: one structure against the baseline, row by row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from plots.tables import standing
from plots.text.mail_subject import Subject, to_baseline
from plots.read.results import FLOOR, Contender, Results, condition_label
from plots.tables.standing import Place
from plots.read.statistics import estimate, interval_ranks
from plots.draw.style import in_order
from plots.text.layout import Cell, Table, listing, number, render, shorten, wrap

_ABSENT = Cell(("-",))


def duels(subject: Subject) -> Iterator[list[str]]:
    baseline = subject.results.baseline
    for name in subject.structures:
        if name not in (baseline, FLOOR):
            yield from _duel(subject, name)


def _duel(subject: Subject, name: str) -> Iterator[list[str]]:
    baseline = subject.results.baseline or ""
    rows: list[tuple[str, list[Cell]]] = []
    marks: Counter[str] = Counter()
    for measure in subject.measures:
        for workload in subject.workloads:
            rival = to_baseline(subject, measure, workload, name)
            place = subject.place(measure, workload)
            label = f"{measure.name}, {workload}"
            cells = [
                _time_cell(subject.results, place, Contender(who))
                for who in (baseline, name)
            ]
            if rival is None:
                word = standing.word(subject.results, place, name)
                if word:
                    rows.append((label, [cells[0], Cell((word,)), _ABSENT]))
                continue
            cells.append(
                Cell(
                    (
                        number(rival.ratio.median),
                        standing.interval(rival.ratio),
                    ),
                    rival.mark,
                )
            )
            rows.append((label, cells))
            is_faster = rival.ratio.median < 1
            marks[
                rival.mark if rival.mark != "*" else "<>"[not is_faster]
            ] += 1
    label = condition_label(subject.condition)
    without = len(rows) - sum(marks.values())
    if not rows:
        yield wrap(f"{name} against {baseline}, {label}: no row has both")
        return
    yield wrap(
        f"{name} against {baseline}, {label}: of {len(rows)} rows faster in"
        f" {marks['<']}, slower in {marks['>']}, no difference shown in"
        f" {marks['~']}, too few rounds to tell in {marks['?']}"
        + (f", over its time or failed in {without}." if without else ".")
    )
    units = listing(dict.fromkeys(m.unit for m in subject.measures))
    headings = [shorten(baseline, 14), shorten(name, 14), "ratio"]
    yield render(Table(f"{units}:", headings, "row", rows))


def _time_cell(results: Results, place: Place, who: Contender) -> Cell:
    value = estimate(list(standing.times(results, place, who).values()))
    return _ABSENT if value is None else Cell((number(value.median),))


def legend(subject: Subject) -> list[str]:
    results = subject.results
    baseline = results.baseline or "the baseline"
    rounds, ratios = results.rounds, results.comparisons
    parts = [
        f"* differs: the interval excludes 1, and all that {baseline} run"
        " twice (A/A control) differs by"
        if results.has_control
        else "* differs: the interval excludes 1, said more freely than with"
        f" an A/A control, which {baseline} lacks here",
        "~ no difference shown",
    ]
    if any(n < 6 for n in results.rounds_of.values()):
        parts.append("? too few rounds to tell, ( ) their range")
    if interval_ranks(rounds, ratios) is not None:
        parts.append(f"[ ] 95 % for all {ratios} ratios of the run together")
    elif interval_ranks(rounds) is not None:
        parts.append("[ ] least and greatest ratio of all rounds")
    primary = {structure for _, _, structure in results.primary_ratios}
    if primary.intersection(subject.structures):
        names = ", ".join(
            who.structure for who in in_order(map(Contender, primary))
        )
        parts.append(
            f"of {names} without faults, declared primary before the run, the"
            " 95 % interval of the ratio itself"
        )
    return wrap("; ".join(parts) + ".")
