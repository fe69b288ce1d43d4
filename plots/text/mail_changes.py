# SPDX-License-Identifier: MIT
"""A base run and a patched one in one table: what became of the times.

Rounds of two runs have nothing to do with each other, so the change is that
of `compare`, not a ratio within rounds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from plots.text import compare
from plots.tables import standing
from plots.text.mail_subject import Subject, rebased
from plots.read.results import Case, Contender, Results
from plots.tables.standing import Measure
from plots.read.statistics import change, mark, median
from plots.text.layout import Cell, Column, Group, grid, number, wrap

_MOST_PEAKS = 4


def tables(base: Results, subject: Subject) -> Iterator[list[str]]:
    """Words, a table for each measure, and what memory became."""
    results = subject.results
    pairs = compare.pairs_of(base, results)
    yield [
        *wrap(
            "Base is commit"
            f" {base.context.get('commit', 'unknown')}, patched is"
            f" {results.context.get('commit', 'unknown')}."
            f" {compare.verdict(pairs)}"
        ),
        *compare.one_sided(pairs),
    ]
    left_out: list[str] = []
    for measure in subject.measures:
        yield _table(base, subject, measure, pairs, left_out)
    yield [
        *wrap(
            "change: median of patched / base with its 95 % interval; * beyond"
            " what the A/A controls of both runs show and beyond the change"
            " of all rows together; ~ no difference shown"
        ),
        *_peaks(base, subject),
        *(
            wrap(
                f"Left out, fewer than 6 rounds: {', '.join(left_out[:6])}"
                + (f" and {len(left_out) - 6} more" if left_out[6:] else "")
            )
            if left_out
            else []
        ),
    ]


def _names(subject: Subject) -> list[str]:
    baseline = subject.results.baseline
    first = [baseline] if baseline else []
    return list(dict.fromkeys([*first, *subject.structures]))


def _time(values: Sequence[float]) -> str:
    return number(median(values)) if values else ""


def _table(
    base: Results,
    subject: Subject,
    measure: Measure,
    pairs: Sequence[compare.Pair],
    left_out: list[str],
) -> list[str]:
    labels: list[str] = []
    rows: list[tuple[Cell, Cell, Cell]] = []
    whole = compare.change_of_all(pair.change for pair in pairs)
    old = base
    if any(
        case.contender.structure == subject.results.baseline
        for case in base.cases
    ):
        old = rebased(base, subject.results.baseline)
    for workload in subject.workloads:
        place = subject.place(measure, workload)
        controls = [
            standing.control(run, place) for run in (old, subject.results)
        ]
        for name in _names(subject):
            times = [
                list(standing.times(run, place, Contender(name)).values())
                for run in (old, subject.results)
            ]
            label = f"{workload}, {name}"
            factor = change(*times, len(pairs)) if all(times) else None
            if factor is None:
                words = [
                    Cell((_time(values) or standing.word(run, place, name),))
                    for run, values in zip((old, subject.results), times)
                ]
                if all(cell.parts[0] for cell in words):
                    labels.append(label)
                    rows.append((*words, Cell(("-",))))
                continue
            if not factor.is_interval:
                left_out.append(label)
                continue
            low, high = map(compare.change_percent, (factor.low, factor.high))
            labels.append(label)
            rows.append(
                (
                    *(Cell((_time(values),)) for values in times),
                    Cell(
                        (
                            compare.change_percent(factor.median),
                            f"[{low},",
                            f"{high}]",
                        ),
                        mark(factor, whole, *controls),
                    ),
                )
            )
    if not rows:
        return []
    headings = ("base", "patched", "change")
    columns = [
        Column(heading, [row[index] for row in rows])
        for index, heading in enumerate(headings)
    ]
    return [
        *wrap(f"{measure.name}, {measure.unit}"),
        *grid("guest, structure", labels, [Group("", columns)]),
    ]


def _peaks(base: Results, subject: Subject) -> list[str]:
    """Memory has no noise: every difference is a change."""
    parts = []
    for workload in subject.workloads:
        for name in _names(subject):
            case = Case("set", workload, Contender(name), subject.condition)
            old, new = (r.peak_kib(case) for r in (base, subject.results))
            if old is not None and new is not None and old != new:
                parts.append(
                    f"{workload}, {name} {number(old)} to {number(new)}"
                )
    if not parts:
        return []
    more = len(parts) - _MOST_PEAKS
    return wrap(
        f"peak KiB: {'; '.join(parts[:_MOST_PEAKS])}"
        + (f"; {more} more by ./run compare" if more > 0 else "")
    )
