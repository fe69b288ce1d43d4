# SPDX-License-Identifier: MIT
"""Pictures of what failure costs: pages and time against rate and burst.

Drawn for every set of runs that differ in one number of their fault: the
probability of failslab, the loss or the burst of gilbert_elliott.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from plots.tables import replay
from plots.draw.chart import counter_estimate, subtitle
from plots.draw.curves import (
    XY,
    Axis,
    Curve,
    CurveChart,
    Plane,
    curve,
    drawn_contenders,
    missing_text,
)
from plots.tables.replay import Driver
from plots.read.results import SETLESS, Case, Results
from plots.read.statistics import Estimate
from plots.draw.style import style_of
from plots.text.layout import to_ascii

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
_SWEEPS = (
    ("rate", _FAILSLAB, "requests that fail, %", True),
    ("loss", _LOSS, "share of requests that fail", True),
    ("burst", _BURST, "requests of a burst on average", False),
)
_BY = {"rate": "failure rate", "loss": "failure rate", "burst": "burst length"}


@dataclass(frozen=True)
class Sweep:
    """Conditions that differ in one number, by it; "" is no fault at all."""

    kind: str
    name: str  # of the fault, without the number
    label: str
    values: tuple[tuple[float, str], ...]

    @property
    def places(self) -> tuple[str, ...]:
        return tuple(
            f"{value:g}" if condition else "none"
            for value, condition in self.values
        )


def sweeps(conditions: list[str]) -> list[Sweep]:
    """Every set of at least two faults that differ in one number."""
    found: list[Sweep] = []
    for kind, pattern, label, has_none in _SWEEPS:
        groups: dict[str, dict[float, str]] = {}
        for condition in conditions:
            match = pattern.fullmatch(_in_full(condition))
            if match:
                name = f"{match[1]}N{match[3]}"
                groups.setdefault(name, {})[float(match[2])] = condition
        for name, by_value in sorted(groups.items()):
            values = sorted(by_value.items())
            if len(values) < 2:
                continue
            if has_none and "" in conditions:
                values.insert(0, (0.0, ""))
            found.append(
                Sweep(kind, name.removeprefix(_FAULT), label, tuple(values))
            )
    return found


def _in_full(condition: str) -> str:
    for name, (loss, burst) in _NAMED.items():
        if re.search(rf":{name}$", condition):
            model = f"gilbert_elliott:loss={loss:g},burst={burst:g}"
            return condition.removesuffix(name) + model
    return condition


def charts(results: Results) -> dict[str, CurveChart]:
    """Charts by file stem; none where no fault was varied."""
    made: dict[str, CurveChart] = {}
    for sweep in sweeps(results.conditions("set")):
        _add(made, f"failure-set-{sweep.kind}", _of_set(results, sweep))
    for sweep in sweeps(replay.conditions(results)):
        _add(made, f"failure-replay-{sweep.kind}", _of_replay(results, sweep))
    return made


def _add(
    made: dict[str, CurveChart], stem: str, chart: CurveChart | None
) -> None:
    """Numbers the charts of one kind after the first."""
    if chart is None:
        return
    count = sum(name == stem or name.startswith(f"{stem}-") for name in made)
    made[f"{stem}-{count + 1}" if count else stem] = chart


def _of_set(results: Results, sweep: Sweep) -> CurveChart | None:
    conditions = [condition for _, condition in sweep.values]
    contenders = drawn_contenders(
        {
            c
            for condition in conditions
            for c in results.contenders_of("set", condition)
        }
    )
    workloads = results.workloads_of("set", conditions[-1])
    planes: list[Plane] = []
    for workload in workloads:
        cases = {
            contender: [
                Case("set", workload, contender, c) for c in conditions
            ]
            for contender in contenders
        }
        for label, figure in (
            ("pages not recorded, %", _not_recorded),
            ("ns per page", _ns_per_page),
        ):
            curves = [
                (curve(contender, ()), [figure(results, c) for c in row])
                for contender, row in cases.items()
            ]
            planes.append(_plane(workload, sweep, label, curves))
    return _chart(results, sweep, "set", workloads, planes)


def _of_replay(results: Results, sweep: Sweep) -> CurveChart | None:
    conditions = [condition for _, condition in sweep.values]
    workloads = replay.workloads(results, conditions[-1])
    drivers = [
        driver
        for driver in replay.drivers(results, conditions[-1])
        if driver.contender.structure not in SETLESS
    ]
    planes: list[Plane] = []
    for workload in workloads:
        cases = {
            driver: [replay.case_of(workload, driver, c) for c in conditions]
            for driver in drivers
        }
        for label, figure in (
            ("pages of the trace not told, %", _not_told),
            ("told singly or in arrays, %", _told_otherwise),
            ("ns per page of the set's work", _ns_per_page),
        ):
            curves = [
                (
                    _driver_curve(driver, drivers),
                    [figure(results, c) for c in row],
                )
                for driver, row in cases.items()
            ]
            planes.append(_plane(workload, sweep, label, curves))
    return _chart(results, sweep, "replay", workloads, planes)


def _driver_curve(driver: Driver, drivers: list[Driver]) -> Curve:
    """The policy shows in the line: each has a hatch of its own."""
    policies = sorted({d.policy for d in drivers})
    hatches = ("", "///", "\\\\\\", "xxx", "...")
    style = style_of(driver.contender.structure)
    hatch = hatches[policies.index(driver.policy) % len(hatches)]
    return Curve(to_ascii(driver.label), replace(style, hatch=hatch), ())


def _ns_per_page(results: Results, case: Case) -> Estimate | None:
    return counter_estimate(results, case, "ns_per_page")


def _not_recorded(results: Results, case: Case) -> Estimate | None:
    pages = counter_estimate(results, case, "pages")
    failed = counter_estimate(results, case, "failed_sets")
    if pages is None or failed is None or pages.median <= 0:
        return None
    return _exactly(failed, 100 * failed.median / pages.median)


def _not_told(results: Results, case: Case) -> Estimate | None:
    told = counter_estimate(results, case, "pages_told")
    pages = _pages_of(results, case.workload)
    if told is None or not pages:
        return None
    return _exactly(told, 100 * max(0.0, 1 - told.median / pages))


def _told_otherwise(results: Results, case: Case) -> Estimate | None:
    singly = counter_estimate(results, case, "pages_told_singly")
    arrays = counter_estimate(results, case, "pages_told_by_array")
    pages = _pages_of(results, case.workload)
    if singly is None or arrays is None or not pages:
        return None
    return _exactly(singly, 100 * (singly.median + arrays.median) / pages)


def _pages_of(results: Results, workload: str) -> int | None:
    return next((w.pages for w in results.workloads if w.name == workload), 0)


def _exactly(model: Estimate, value: float) -> Estimate:
    """Counted, not timed: every round has the same."""
    return replace(model, median=value, low=value, high=value)


def _plane(
    workload: str,
    sweep: Sweep,
    label: str,
    rows: list[tuple[Curve, list[Estimate | None]]],
) -> Plane:
    curves: list[Curve] = []
    missing: list[str] = []
    for bare, figures in rows:
        points = tuple(
            XY.of(place, value)
            for place, value in enumerate(figures)
            if value is not None
        )
        if points:
            curves.append(replace(bare, points=points))
        if len(points) < len(figures):
            missing.append(bare.label)
    return Plane(
        to_ascii(workload),
        Axis(to_ascii(sweep.label), places=sweep.places),
        Axis(label),
        tuple(curves),
        missing=tuple(missing),
    )


def _chart(
    results: Results,
    sweep: Sweep,
    operation: str,
    workloads: list[str],
    planes: list[Plane],
) -> CurveChart | None:
    present = tuple(plane for plane in planes if plane.curves)
    if not any(len(c.points) > 1 for plane in present for c in plane.curves):
        return None
    captions = [
        f"fault {sweep.name}",
        "medians; of the times with the 95 % interval, the range below 6 rounds",
        missing_text(present).replace("no figure", "not at every value"),
    ]
    return CurveChart(
        f"What failure costs, by {_BY[sweep.kind]}: {operation}",
        subtitle(results, workloads),
        present,
        to_ascii("; ".join(filter(None, captions))),
        columns=2 if operation == "set" else 3,
    )
