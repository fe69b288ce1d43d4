# SPDX-License-Identifier: MIT
"""Pictures of what failure costs: pages and time against rate and burst.

Drawn for every set of runs that differ in one number of their fault: the
probability of failslab, the loss or the burst of gilbert_elliott.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from plots.draw import subject
from plots.draw.planes import XY, Axis, Curve, Plane, PlaneChart, missing_text
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

FigureOf = Callable[[Results, Case], Estimate | None]


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
        places = (f"{v:g}" if condition else "none" for v, condition in self.values)
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
    of_set = [(sweep, _of_set) for sweep in sweeps(results.conditions("set"))]
    of_replay = [(s, _of_replay) for s in sweeps(replay.conditions(results))]
    for sweep, draw in [*of_set, *of_replay]:
        chart = draw(results, sweep)
        if chart is not None:
            # Of one kind, those after the first are numbered.
            stem = f"failure-{chart.title.split()[-1]}-{sweep.kind}"
            count = sum(re.sub(r"-\d+$", "", name) == stem for name in made)
            made[f"{stem}-{count + 1}" if count else stem] = chart
    return made


def _of_set(results: Results, sweep: Sweep) -> PlaneChart | None:
    who = subject.structures(
        results,
        {
            contender
            for condition in sweep.conditions
            for contender in results.contenders_of("set", condition)
        },
    )
    workloads = results.workloads_of("set", sweep.conditions[-1])
    rows = {
        workload: [
            (
                subject.curve(results, contender, ()),
                [Case("set", workload, contender, c) for c in sweep.conditions],
            )
            for contender in who
        ]
        for workload in workloads
    }
    figures = {
        "lost": ("% of pages", _share("pages", "failed_sets")),
        "time": ("ns per page", _time),
    }
    return _chart(results, sweep, "set", rows, figures)


def _of_replay(results: Results, sweep: Sweep) -> PlaneChart | None:
    conditions = sweep.conditions
    drivers = [
        driver
        for driver in replay.drivers(results, conditions[-1])
        if driver.contender.structure not in results.setless
    ]
    policies = sorted({driver.policy for driver in drivers})
    # The policy shows in the line: each has a hatch of its own.
    hatches = ("", "///", "\\\\\\", "xxx", "...")
    rows: dict[str, list[tuple[Curve, list[Case]]]] = {}
    for workload in replay.workloads(results, conditions[-1]):
        for driver in drivers:
            style = subject.look(results, driver.contender.structure)
            hatch = hatches[policies.index(driver.policy) % len(hatches)]
            curve = Curve(
                subject.plain(driver.label), style._replace(hatch=hatch), ()
            )
            cases = [replay.case_of(workload, driver, c) for c in conditions]
            rows.setdefault(workload, []).append((curve, cases))
    figures = {
        "not reported": ("% of pages of the trace", _not_told),
        "not in ranges": (
            "% singly or in arrays",
            _share("", "pages_told_singly", "pages_told_by_array"),
        ),
        "time of the set": ("ns per page", _time),
    }
    return _chart(results, sweep, "replay", rows, figures)


def _time(results: Results, case: Case) -> Estimate | None:
    return results.estimate(case, "ns_per_page")


def _share(whole: str, *counters: str) -> FigureOf:
    """Counters in percent of another one, or of the pages of the trace."""

    def figure(results: Results, case: Case) -> Estimate | None:
        parts = [results.estimate(case, counter) for counter in counters]
        pages = results.estimate(case, whole) if whole else None
        count = pages.median if pages else 0 if whole else _pages(results, case)
        if None in parts or count <= 0:
            return None
        share = 100 * sum(part.median for part in parts if part) / count
        # Counted, not timed: every round has the same.
        assert parts[0] is not None
        return replace(parts[0], median=share, low=share, high=share)

    return figure


def _not_told(results: Results, case: Case) -> Estimate | None:
    told = _share("", "pages_told")(results, case)
    if told is None:
        return None
    rest = max(0.0, 100 - told.median)
    return replace(told, median=rest, low=rest, high=rest)


def _pages(results: Results, case: Case) -> int:
    pages = {w.name: w.pages for w in results.workloads}
    return pages.get(case.workload) or 0


def _chart(
    results: Results,
    sweep: Sweep,
    operation: str,
    rows: Mapping[str, Sequence[tuple[Curve, list[Case]]]],
    figures: Mapping[str, tuple[str, FigureOf]],
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
            title = f"{subject.plain(workload)}: {word}"
            axes = (sweep.axis, Axis(label))
            planes.append(
                Plane(title, *axes, tuple(curves), missing=tuple(missing))
            )
    present = tuple(plane for plane in planes if plane.curves)
    if not any(len(c.points) > 1 for plane in present for c in plane.curves):
        return None
    return PlaneChart(
        f"What failure costs, by {sweep.by}: {operation}",
        subject.machine(results),
        subject.captions(
            results,
            rows,
            f"fault {sweep.name}",
            "medians; of the times with the 95 % interval, the range below 6"
            " rounds",
            missing_text(present, "not at every value"),
        ),
        present,
        columns=len(figures),
    )
