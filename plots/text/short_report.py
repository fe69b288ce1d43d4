# SPDX-License-Identifier: MIT
"""The report: at most 200 lines of what a run is about.

The answer, a table of each guest, the primary ratios, and what is needed to
trust and repeat them. `report --full` has every table.

Hard 72 columns, ASCII, name of the row last. Needs the standard library
only, because it is often made on the machine that was measured.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence

from plots.tables import answer, primary, replay, standing
from plots.text import report
from plots.tables.profile_tables import longest_cell
from plots.read.results import (
    FLOOR,
    SETLESS,
    Case,
    Contender,
    Results,
    condition_label,
)
from plots.tables.standing import Measure, Place
from plots.read.statistics import median
from plots.draw.style import in_order
from plots.text.layout import (
    WIDTH,
    Cell,
    Table,
    number,
    page,
    render,
    to_ascii,
    wrap,
)

_MOST_MISSING = 12  # lines
_ABSENT = Cell(("-",))
_NS = "ns"
_LEGEND_WIDTH = 11


def short_report(results: Results, counts: Results | None = None) -> str:
    """The whole text, with a newline at its end.

    `counts` is what instructions.json beside the results holds.
    """
    guests = answer.guests_table(results)
    glances = list(_glances(results, counts))
    return page(
        [
            answer.paragraph(results),
            _wrapped(report.warnings(results)),
            render(guests) if guests else [],
            *map(render, glances),
            *primary.tables(results, only=standing.measures(results)[:1]),
            *replay.tables(results),
            *report.workload_table(results),
            _wrapped(report.machine(results)),
            report.reproduce(results),
            _legend(results, glances),
            _missing(results),
            ["Every other table: ./run report --full"],
        ]
    )


def _legend_line(name: str, text: str) -> list[str]:
    """One line, as long as no name in it is odd."""
    first, *rest = textwrap.wrap(to_ascii(text), WIDTH - _LEGEND_WIDTH)
    indent = " " * _LEGEND_WIDTH
    return [name.ljust(_LEGEND_WIDTH) + first, *(indent + x for x in rest)]


def _wrapped(items: Iterator[str]) -> list[str]:
    return [line for item in items for line in wrap(item)]


def _missing(results: Results) -> list[str]:
    lines = report.missing(results)
    more = len(lines) - _MOST_MISSING
    if more <= 0:
        return lines
    return [*lines[:_MOST_MISSING], f"... and {more} lines more"]


# --- a table of each guest ----------------------------------------------


def _glances(results: Results, counts: Results | None) -> Iterator[Table]:
    """Of the measure that decides, and the least disturbed condition."""
    for measure in standing.measures(results)[:1]:
        for condition in standing.conditions(results, measure)[:1]:
            for workload in answer.by_run(
                results, standing.workloads(results, measure, condition)
            ):
                place = Place(measure, workload, condition)
                table = _glance(results, place, counts)
                if table.rows:
                    yield table


def _glance(results: Results, place: Place, counts: Results | None) -> Table:
    columns = _columns(results, place, counts)
    present = set.union(
        *(
            results.contenders_of(operation, place.condition)
            for operation in place.measure.operations
        )
    )
    # Of drivers without a set there is a table of their own.
    who = [c for c in in_order(present) if c.structure not in SETLESS]
    cells = {
        heading: [cell(contender) for contender in who]
        for heading, cell in columns.items()
    }
    shown = {
        heading: column
        for heading, column in cells.items()
        if any(cell != _ABSENT for cell in column)
    }
    rows = [
        (report.row_label(contender), list(row))
        for contender, row in zip(who, zip(*shown.values()))
        if any(cell != _ABSENT for cell in row)
    ]
    title = (
        f"{place.workload}, {condition_label(place.condition)}:"
        f" {place.measure.name}, {place.measure.unit}"
    )
    return Table(title, list(shown), "structure", rows, len(columns))


def _columns(
    results: Results, place: Place, counts: Results | None
) -> dict[str, Callable[[Contender], Cell]]:
    def case(who: Contender) -> Case:
        return Case("set", place.workload, who, place.condition)

    def longest(who: Contender) -> Cell:
        profile = results.profile_of(case(who))
        if profile is None or who.is_control:
            return _ABSENT
        return longest_cell(profile)

    def peak(who: Contender) -> Cell:
        if who.structure == FLOOR or who.is_control:
            return _ABSENT
        return _figure(results.any_peak_kib(case(who)))

    def lost(who: Contender) -> Cell:
        condition = results.lost_condition
        if not condition or who.is_control:
            return _ABSENT
        under = Case("set", place.workload, who, condition)
        return _figure(results.lost_ppm(under))

    def instructions(who: Contender) -> Cell:
        if counts is None:
            return _ABSENT
        measure = Measure(
            "", place.measure.operations, "instructions per page"
        )
        there = Place(measure, place.workload, place.condition)
        return _middle(standing.times(counts, there, who))

    return {
        _NS: lambda who: _time(results, place, who),
        "ratio": lambda who: _ratio(results, place, who),
        "longest us": longest,
        "peak KiB": peak,
        "lost ppm": lost,
        "instr": instructions,
    }


def _figure(value: float | None) -> Cell:
    return _ABSENT if value is None else Cell((number(value),))


def _middle(values: Mapping[int, float]) -> Cell:
    return _figure(median(list(values.values())) if values else None)


def _time(results: Results, place: Place, who: Contender) -> Cell:
    values = standing.times(results, place, who)
    if not values and not who.is_control:
        word = standing.word(results, place, who.structure)
        if word:
            return Cell((word.removesuffix(" ns"),))
    return _middle(values)


def _ratio(results: Results, place: Place, who: Contender) -> Cell:
    if who.structure == FLOOR:
        return _ABSENT
    if who.is_control:
        control = standing.control(results, place)
        return _figure(control.median if control else None)
    if who.structure == results.baseline:
        return Cell(("1",)) if standing.times(results, place, who) else _ABSENT
    rival = standing.ratio_of(
        results, place, who.structure, results.baseline or ""
    )
    if rival is None:
        return _ABSENT
    return Cell((number(rival.ratio.median),), rival.mark)


# --- legend -------------------------------------------------------------


def _legend(results: Results, glances: Sequence[Table]) -> list[str]:
    """One line for each column and mark that is there."""
    baseline = results.baseline or "the baseline"
    measure = standing.measures(results)[0]
    columns = {
        _NS: f"{measure.name}, {measure.unit}, median of the rounds",
        "ratio": f"to {baseline}, median of the ratios of each round",
        "longest us": "longest step under the lock (nr: next range, cr: clear"
        " range)",
        "peak KiB": "most memory at any time, in kmalloc size classes",
        "lost ppm": "pages in a million lost under"
        f" {condition_label(results.lost_condition)}",
        "instr": f"instructions of {measure.name} per page, of the first"
        " pages",
    }
    marks = {
        "*": f"differs from {baseline} by more than the control does"
        if results.has_control
        else f"differs from {baseline}; there is no control to doubt it",
        "~": "no difference is shown",
        "?": "too few rounds to tell; of a step: perhaps with an interrupt",
        "-": "not measured",
        ">9": "over 9 ns, cut off because it is slow",
        "failed": "a wrong answer, or a crash",
        "control": f"{baseline} a second time: how far noise alone differs",
    }
    there = {heading for table in glances for heading in table.headings}
    if results.has_control:
        there.add("control")
    for cell in (c for table in glances for _, row in table.rows for c in row):
        there |= {cell.mark, *cell.parts}
        if cell.parts[0].startswith(">"):
            there.add(">9")
    return [
        line
        for name, text in {**columns, **marks}.items()
        if name in there
        for line in _legend_line(name, text)
    ]
