# SPDX-License-Identifier: MIT
"""Pictures of what failure costs: pages and time against rate and burst.

Drawn for every set of runs that differ in one number of their fault: the
probability of failslab, the loss or the burst of gilbert_elliott.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from plots.draw import subject
from plots.draw.planes import XY, Axis, Curve, Plane, PlaneChart, missing_text
from plots.draw.subject import plain
from plots.read.results import Case, Results
from plots.read.statistics import Estimate
from plots.tables import replay

_FAULT = "fault:"
_FAILSLAB = re.compile(r"(.*failslab:probability=)([0-9.]+)()")
_LOSS = re.compile(r"(.*gilbert_elliott:loss=)([0-9.eE-]+)((?:,burst=.*)?)")
_BURST = re.compile(r"(.*gilbert_elliott:loss=[0-9.eE-]+,burst=)([0-9.]+)()")
# Loss and burst for which pfnbench has a name, and writes it.
_NAMED = {
    "ge_light": (0.001, 8),
    "ge_burst": (0.01, 63),
    "ge_heavy": (0.1, 252),
}
# Which there are, by what, what stands at the axis, begins without a fault.
_SWEEPS = (
    ("rate", _FAILSLAB, "failure rate", "requests that fail, %", True),
    ("loss", _LOSS, "failure rate", "share of requests that fail", True),
    ("burst", _BURST, "burst length", "requests in a burst, mean", False),
)

_HATCHES = ("", "///", "\\\\\\", "xxx", "...")

FigureOf = Callable[[Results, Case], Estimate | None]
# By workload the cases of each curve, which has no points yet.
Rows = Mapping[str, Sequence[tuple[Curve, list[Case]]]]


@dataclass(frozen=True)
class Sweep:
    """Conditions that differ in one number, by it; "" is no fault at all."""

    kind: str
    name: str  # of the fault, without the number
    by: str
    label: str
    values: tuple[tuple[float, str], ...]

    @property
    def conditions(self) -> list[str]:
        return [condition for _, condition in self.values]

    @property
    def axis(self) -> Axis:
        places = (f"{value:g}" if c else "none" for value, c in self.values)
        return Axis(self.label, tuple(places))


def sweeps(conditions: list[str]) -> list[Sweep]:
    """Every set of at least two faults that differ in one number."""
    found: list[Sweep] = []
    for kind, pattern, by, label, has_none in _SWEEPS:
        groups: dict[str, dict[float, str]] = {}
        for condition in conditions:
            if match := pattern.fullmatch(_in_full(condition)):
                name = f"{match[1]}N{match[3]}".removeprefix(_FAULT)
                groups.setdefault(name, {})[float(match[2])] = condition
        for name, by_value in sorted(groups.items()):
            values = sorted(by_value.items())
            if len(values) > 1:
                if has_none and "" in conditions:
                    values.insert(0, (0.0, ""))
                found.append(Sweep(kind, name, by, label, tuple(values)))
    return found


def _in_full(condition: str) -> str:
    for name, (loss, burst) in _NAMED.items():
        if condition.endswith(f":{name}"):
            model = f"gilbert_elliott:loss={loss:g},burst={burst:g}"
            return condition.removesuffix(name) + model
    return condition


def charts(results: Results) -> dict[str, PlaneChart]:
    """Charts by file stem; none where no fault was varied."""
    made: dict[str, PlaneChart] = {}
    for operation, conditions, rows_of, figures in (
        ("set", results.conditions("set"), _of_set, _OF_SET),
        ("replay", replay.conditions(results), _of_replay, _OF_REPLAY),
    ):
        count = Counter[str]()
        for sweep in sweeps(conditions):
            rows = rows_of(results, sweep.conditions)
            chart = _chart(results, sweep, operation, rows, figures)
            if chart is not None:
                # Of one kind, those after the first are numbered.
                count[sweep.kind] += 1
                number = count[sweep.kind]
                stem = f"failure-{operation}-{sweep.kind}"
                made[f"{stem}-{number}" if number > 1 else stem] = chart
    return made


def _of_set(results: Results, conditions: list[str]) -> Rows:
    present = {
        contender
        for condition in conditions
        for contender in results.contenders_of("set", condition)
    }
    return {
        workload: [
            (
                subject.curve(results, who, ()),
                [Case("set", workload, who, c) for c in conditions],
            )
            for who in subject.structures(results, present)
        ]
        for workload in results.workloads_of("set", conditions[-1])
    }


def _of_replay(results: Results, conditions: list[str]) -> Rows:
    drivers = [
        driver
        for driver in replay.drivers(results, conditions[-1])
        if driver.contender.structure not in results.setless
    ]
    policies = sorted({driver.policy for driver in drivers})
    rows: dict[str, list[tuple[Curve, list[Case]]]] = {}
    for workload in replay.workloads(results, conditions[-1]):
        for driver in drivers:
            # The policy shows in the line: each has a hatch of its own.
            rank = policies.index(driver.policy) % len(_HATCHES)
            style = subject.look(results, driver.contender.structure)
            style = style._replace(hatch=_HATCHES[rank])
            cases = [
                replay.case_of(results, workload, driver, c)
                for c in conditions
            ]
            curve = Curve(plain(driver.label), style, ())
            rows.setdefault(workload, []).append((curve, cases))
    return rows


def _share(whole: str, *counters: str) -> FigureOf:
    """Counters in percent of another one, or of the pages of the trace."""

    def figure(results: Results, case: Case) -> Estimate | None:
        parts = [results.estimate(case, counter) for counter in counters]
        pages = {w.name: w.pages for w in results.workloads}
        count: float | None = pages.get(case.workload)
        if whole:
            found = results.estimate(case, whole)
            count = found.median if found else None
        there = [part for part in parts if part is not None]
        if not count or len(there) < len(parts):
            return None
        share = 100 * sum(part.median for part in there) / count
        # Counted, not timed: every round has the same.
        return replace(there[0], median=share, low=share, high=share)

    return figure


def _time(results: Results, case: Case) -> Estimate | None:
    return results.estimate(case, "ns_per_page")


def _not_reported(results: Results, case: Case) -> Estimate | None:
    found = _share("", "pages_told")(results, case)
    if found is None:
        return None
    rest = max(0.0, 100 - found.median)
    return replace(found, median=rest, low=rest, high=rest)


# What stands over a plane, at its axis, and what it shows.
Figures = Mapping[str, tuple[str, FigureOf]]
_OF_SET: Figures = {
    "lost": ("% of pages", _share("pages", "failed_sets")),
    "time": ("ns per page", _time),
}
_OF_REPLAY: Figures = {
    "not reported": ("% of pages of the trace", _not_reported),
    "not in ranges": (
        "% singly or in arrays",
        _share("", "pages_told_singly", "pages_told_by_array"),
    ),
    "time in the set": ("ns per page", _time),
}


def _chart(
    results: Results,
    sweep: Sweep,
    operation: str,
    rows: Rows,
    figures: Figures,
) -> PlaneChart | None:
    """A row of planes for each workload, one for each figure."""
    planes = []
    for workload, every in rows.items():
        for word, (label, figure) in figures.items():
            curves: list[Curve] = []
            missing: list[str] = []
            for bare, cases in every:
                values = [figure(results, case) for case in cases]
                points = [XY.of(x, v) for x, v in enumerate(values) if v]
                if points:
                    curves.append(replace(bare, points=tuple(points)))
                if len(points) < len(values):
                    missing.append(bare.label)
            title = f"{plain(workload)}: {word}"
            axes = (sweep.axis, Axis(label))
            planes.append(
                Plane(title, *axes, tuple(curves), missing=tuple(missing))
            )
    present = tuple(plane for plane in planes if plane.curves)
    if not any(len(c.points) > 1 for plane in present for c in plane.curves):
        return None
    words = (
        f"fault {sweep.name}",
        "medians; of the times with the 95 % interval, the range below 6"
        " rounds",
        missing_text(present, "not at every value"),
    )
    title = f"What failure costs, by {sweep.by}: {operation}"
    frame = subject.frame(results, title, "", rows, *words)
    return PlaneChart(frame, present, columns=len(figures))
