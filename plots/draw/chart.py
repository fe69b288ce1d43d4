# SPDX-License-Identifier: MIT
"""What a picture shows, before anything is drawn.

One panel per workload, one line per contender, named at its left: a legend
of 28 entries would have to be looked up for every mark.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from plots.read.results import (
    FLOOR,
    Case,
    Contender,
    Results,
    condition_label,
)
from plots.read.statistics import Estimate, estimate
from plots.draw.style import Style, in_order, style_of
from plots.text.layout import shorten, to_ascii

# More bars than this are a comb; dots leave the eye a line to follow.
MOST_BARS = 8
# Beyond this factor the shortest bar of a linear axis is a few pixels.
MOST_LINEAR_SPREAD = 20
# One bit per page and nothing else: what the others are compared with.
LIMIT = "flat"
_MAX_LABEL = 26
_MAX_STEM = 100


@dataclass(frozen=True)
class Point:
    """Contender in one workload: `value` with its whisker, or a `note`.

    `tick` is a second figure in the same unit, drawn as a short stroke.
    """

    value: float | None = None
    low: float = 0.0
    high: float = 0.0
    tick: float | None = None
    note: str = ""
    parts: tuple[float, ...] = ()  # of `value`, in the order of Chart.parts


@dataclass(frozen=True)
class Line:
    """One contender through all panels; the control is drawn hollow."""

    label: str
    style: Style
    is_open: bool
    is_floor: bool
    points: tuple[Point, ...]


@dataclass(frozen=True)
class Chart:
    """A picture; a dashed line in each panel marks the baseline's value.

    The solid line is the limit: what `flat` needs.
    """

    title: str
    subtitle: tuple[str, ...]
    unit: str
    panels: tuple[str, ...]
    lines: tuple[Line, ...]
    reference: tuple[float | None, ...]
    caption: str
    limit: tuple[float | None, ...] = ()
    parts: tuple[str, ...] = ()  # what stacked bars are made of

    def figures(self) -> list[float]:
        """Every value and every tick."""
        points = [point for line in self.lines for point in line.points]
        values = [p.value for p in points if p.value is not None]
        return values + [p.tick for p in points if p.tick is not None]

    @property
    def is_logarithmic(self) -> bool:
        """Whether the spread needs it.

        A zero is written there instead of drawn. A stack stays linear: the
        lengths of its parts would mean nothing.
        """
        if self.parts or min(self.figures(), default=0.0) < 0:
            return False
        compared = [
            point.value
            for line in self.lines
            for point in line.points
            if point.value and not line.is_floor
        ]
        return (
            bool(compared)
            and max(compared) / min(compared) > MOST_LINEAR_SPREAD
        )

    @property
    def is_bars(self) -> bool:
        """The length of a bar means something on a linear axis only."""
        if self.parts:
            return True
        structures = [
            line for line in self.lines if not (line.is_open or line.is_floor)
        ]
        return len(structures) <= MOST_BARS and not self.is_logarithmic


PointOf = Callable[[Case], Point]


def charts(
    results: Results,
    operation: str,
    stem: str,
    title: str,
    unit: str,
    point: PointOf,
    caption: str = "",
    without: Sequence[str] = (),
) -> dict[str, Chart]:
    """A chart per condition by file stem; none where nothing was measured."""
    stems = file_stems(stem, results.conditions(operation))
    made = {
        stems[condition]: _chart(
            results,
            operation,
            condition,
            titled(title, condition),
            unit,
            point,
            caption,
            without,
        )
        for condition in results.conditions(operation)
    }
    return {stem: chart for stem, chart in made.items() if chart is not None}


def titled(title: str, condition: str) -> str:
    """A title that says under which faults."""
    if not condition:
        return title
    return f"{title}, {to_ascii(condition_label(condition))}"


def _chart(
    results: Results,
    operation: str,
    condition: str,
    title: str,
    unit: str,
    point: PointOf,
    caption: str,
    without: Sequence[str],
) -> Chart | None:
    workloads = results.workloads_of(operation, condition)
    contenders = [
        contender
        for contender in in_order(results.contenders_of(operation, condition))
        if contender.structure not in without
    ]
    points = {
        contender: tuple(
            point(Case(operation, workload, contender, condition))
            for workload in workloads
        )
        for contender in contenders
    }
    if all(p.value is None for row in points.values() for p in row):
        return None
    baseline = points.get(Contender(results.baseline or ""))
    limit = points.get(Contender(LIMIT))
    captions = [
        _whisker_caption(results, operation, condition, points.values()),
        f"dashed line: {results.baseline}" if baseline else "",
        f"solid line: {LIMIT}, the limit" if limit else "",
        caption,
        "INTERRUPTED RUN" if results.is_interrupted else "",
    ]
    return Chart(
        title=title,
        subtitle=subtitle(results, workloads),
        unit=unit,
        panels=tuple(shorten(to_ascii(w), _MAX_LABEL) for w in workloads),
        lines=tuple(
            Line(
                shorten(to_ascii(_label(contender)), _MAX_LABEL),
                style_of(contender.structure),
                contender.is_control,
                contender.structure == FLOOR,
                row,
            )
            for contender, row in points.items()
        ),
        reference=tuple(
            p.value for p in baseline or (Point(),) * len(workloads)
        ),
        caption=to_ascii("; ".join(filter(None, captions))),
        limit=tuple(p.value for p in limit or (Point(),) * len(workloads)),
    )


def _label(contender: Contender) -> str:
    if contender.is_control:
        return f"{contender.structure} (A/A)"
    if contender.structure == FLOOR:
        return "floor (empty loop)"
    return contender.structure


def _whisker_caption(
    results: Results,
    operation: str,
    condition: str,
    points: Iterable[Iterable[Point]],
) -> str:
    rounds = {
        number
        for case, number in results.rounds_of.items()
        if (case.operation, case.condition) == (operation, condition)
    }
    few, many = min(rounds), max(rounds)
    counted = f"{few} to {many} rounds" if few < many else f"{few} rounds"
    if all(point.low == point.high for row in points for point in row):
        # Bytes are counted, not timed: every round gives the same.
        return f"median of {counted}"
    if few < 6:
        return (
            f"median of {counted}; whiskers: 95 % interval from 6 rounds on,"
            " full range below"
        )
    return f"median of {counted}; whiskers: its 95 % interval"


def subtitle(results: Results, workloads: Iterable[str]) -> tuple[str, ...]:
    """The machine on one line, the traces on another."""
    machine = ", ".join(
        results.context[key].strip()
        for key in ("cpu_model", "kernel", "compiler", "compiler_flags")
        if results.context.get(key, "").strip()
    )
    commit = results.context.get("commit", "not recorded")
    traces = {w.name: (w.trace or "not recorded") for w in results.workloads}
    named = ", ".join(
        f"{workload} {traces.get(workload, 'not recorded')[:8]}"
        for workload in workloads
    )
    return (
        to_ascii(f"{machine or 'machine not recorded'}; commit {commit}"),
        to_ascii(f"traces: {named}"),
    )


def measured(value: Estimate | None, tick: Estimate | None = None) -> Point:
    """A point from estimates; without the first there is nothing to draw."""
    if value is None:
        return Point(note="not measured")
    return Point(
        value.median, value.low, value.high, tick.median if tick else None
    )


def counter_estimate(
    results: Results, case: Case, counter: str
) -> Estimate | None:
    """Median of a counter over the rounds."""
    return estimate(list(results.values(case, counter).values()))


def absent(results: Results, case: Case) -> Point:
    """Says why a case has no mark; it is never drawn as a zero."""
    return Point(note=_in_words(results, [case]) or "not measured")


def missing_name(results: Results, cases: Sequence[Case]) -> str:
    """The structure of cases without a figure, and why if that is known."""
    name = to_ascii(cases[0].contender.structure)
    words = _in_words(results, cases)
    return f"{name} ({words})" if words else name


def _in_words(results: Results, cases: Sequence[Case]) -> str:
    return max(map(results.word, cases)).replace(">", "over ")


def file_stems(prefix: str, conditions: Sequence[str]) -> Mapping[str, str]:
    """A file name without suffix per condition, safe on every system.

    >>> file_stems("set", ["", "fault:failslab:probability=1"])
    {'': 'set', 'fault:failslab:probability=1': 'set-failslab-probability-1'}
    """
    plain = {c: _slug(prefix, c) for c in conditions}
    lowered = [stem.lower() for stem in plain.values()]
    # Names that become equal, or were cut, are told apart by a digest that
    # does not depend on which other conditions are in the file.
    return {
        condition: (
            stem
            if lowered.count(stem.lower()) == 1 and len(stem) <= _MAX_STEM
            else f"{stem[:_MAX_STEM]}-{_digest(condition)}"
        )
        for condition, stem in plain.items()
    }


def _slug(prefix: str, condition: str) -> str:
    words = condition.replace("fault:", "")
    return "-".join([prefix, *re.findall(r"[A-Za-z0-9_.]+", words)])


def _digest(condition: str) -> str:
    return hashlib.sha256(condition.encode(errors="replace")).hexdigest()[:6]
