# SPDX-License-Identifier: MIT
"""Pictures of curves along one number: what failure costs, how cost grows.

Failure is drawn for every set of runs that differ in one number of their
fault, growth for workloads that differ in one parameter of their generator
(`shuffled_distance_64`, `shuffled_distance_256`, ...).
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from plots.draw import subject
from plots.draw.planes import XY, Axis, Curve, Plane, PlaneChart
from plots.draw.subject import SAID, plain
from plots.read.results import Case, Entrant, Results, Workload
from plots.tables import replay


class Series(NamedTuple):
    """Names by ascending x; all but the varied number is `name`."""

    name: str
    key: str
    values: tuple[tuple[float, str], ...]


# Cases of a curve by x: of a structure, under a policy or none.
_Lines = Mapping[tuple[Entrant, str], Sequence[tuple[float, Case]]]

_FAULT = re.compile("(probability|loss|burst)=([0-9.]+(?:e-?[0-9]+)?)")
# Keys may consist of several words, values start with a digit.
_PARAMETER = re.compile(
    r"_([a-z-][a-z_-]*)_([0-9]+(?:\.[0-9]+)?)([KMGT]?)(?=_|$)"
)
_UNITS = {"": 0, "K": 10, "M": 20, "G": 30, "T": 40}
_GIB_OF_PAGES = 2**30 // 4096
_OPERATIONS = ("set", "test", "extract", "clear", "drain")
# A policy shows in the line: each has a hatch of its own.
_HATCHES = ("", "///", "\\\\\\", "xxx", "...")


def charts(results: Results) -> dict[str, PlaneChart]:
    """Charts by file stem; none where no number was varied."""
    made: dict[str, PlaneChart] = {}
    count = Counter[str]()
    for operation in ("set", "replay"):
        split = map(replay.split, results.conditions(operation))
        for sweep in sweeps(dict.fromkeys(rest for _, rest in split)):
            chart = _failure(results, operation, sweep)
            if any(len(c.points) > 1 for p in chart.planes for c in p.curves):
                # Of one kind, those after the first are numbered.
                kind = SAID["faults"][sweep.key]["stem"]
                stem = f"failure-{operation}-{kind}"
                count[stem] += 1
                made[stem + f"-{count[stem]}".removesuffix("-1")] = chart
    every = {c for op in _OPERATIONS for c in results.conditions(op)}
    for family in families(results.workloads):
        stem = f"growth-{family.name}-{family.key}"
        made |= subject.by_condition(stem, every, _growth, results, family)
    return made


def sweeps(conditions: Iterable[str]) -> list[Series]:
    """Every set of at least two faults that differ in one number."""
    full = {}
    for condition in conditions:
        head, colon, last = condition.rpartition(":")
        model = SAID["models"].get(last, last)
        full[(head + colon + model).removeprefix("fault:")] = condition
    none = ((0.0, ""),) if "" in full else ()
    found = _series(full, _FAULT, lambda _, match: float(match[2]), r"\1=N")
    faults = SAID["faults"]
    return [
        each._replace(
            values=(none if faults[each.key]["none"] else ())
            + tuple((x, full[name]) for x, name in each.values)
        )
        for each in found
        if len(each.values) >= 2
    ]


def families(workloads: Iterable[Workload]) -> list[Series]:
    """Every set of at least three workloads that differ in one number."""
    known = {workload.name: workload for workload in workloads}

    def x_of(name: str, match: re.Match[str]) -> float:
        if match[1] != "cluster":
            return float(match[2]) * 2.0 ** _UNITS[match[3]]
        # Drawn by what it leads to.
        workload = known[name]
        return _GIB_OF_PAGES * (workload.ranges or 0) / (workload.pages or 1)

    found = _series(known, _PARAMETER, x_of, "")
    # A logarithmic axis has no zero.
    above = (
        each._replace(values=tuple(v for v in each.values if v[0] > 0))
        for each in found
    )
    return [each for each in above if len(each.values) >= 3]


def _series(
    names: Iterable[str],
    pattern: re.Pattern[str],
    x_of: Callable[[str, re.Match[str]], float],
    rest: str,
) -> list[Series]:
    """Every set of names that differ in one number; `rest` stands for it."""
    groups: dict[tuple[str, str], dict[float, str]] = {}
    for name in names:
        for match in pattern.finditer(name):
            blank = match.expand(rest)
            same = name[: match.start()] + blank + name[match.end() :]
            group = groups.setdefault((match[1], same), {})
            group[x_of(name, match)] = name
    return [
        Series(name, key, tuple(sorted(by_x.items())))
        for (key, name), by_x in sorted(groups.items())
    ]


def _failure(results: Results, operation: str, sweep: Series) -> PlaneChart:
    """A line of planes for each workload, one for each figure."""
    every, last = results.conditions(operation), sweep.values[-1][1]
    conditions = [c for c in every if replay.split(c)[1] == last]
    drivers = [
        (who, replay.split(condition)[0])
        for condition in conditions
        for who in results.entrants_of(operation, condition)
        if who.structure not in results.setless
    ]
    lines: dict[str, _Lines] = {
        guest: {
            (who, policy): [
                (x, Case(operation, guest, who, "/".join(filter(None, keys))))
                for x, (_, fault) in enumerate(sweep.values)
                for keys in [(policy and f"policy:{policy}", fault)]
            ]
            for who in subject.structures(results, {d[0] for d in drivers})
            for policy in sorted(p for driver, p in drivers if driver == who)
        }
        for condition in conditions
        for guest in results.workloads_of(operation, condition)
    }
    said, fault = SAID["failure"], SAID["faults"][sweep.key]
    places = tuple(f"{x:g}" if name else "none" for x, name in sweep.values)
    figures, x = said[operation], Axis(fault["label"], places)
    said = {**said, "look": {"columns": len(figures)}}
    of = results, said, "", lines, _planes(results, lines, figures, x)
    names = {"operation": operation, "fault": sweep.name, "by": fault["by"]}
    return subject.chart(*of, **names)


def _growth(results: Results, family: Series, condition: str) -> PlaneChart:
    """Planes for each operation."""
    lines: dict[str, _Lines] = {
        operation: {
            (who, ""): [
                (x, Case(operation, workload, who, condition))
                for x, workload in family.values
            ]
            for who in subject.structures(
                results, results.entrants_of(operation, condition)
            )
        }
        for operation in _OPERATIONS
    }
    said, none = SAID["growth"], {"by": family.key, "label": family.key}
    grows = SAID["parameters"].get(family.key, none)
    x = Axis(grows["label"], is_bytes=family.key == "inflate")
    planes = _planes(results, lines, said["planes"], x)
    of = results, said, condition, [name for _, name in family.values], planes
    return subject.chart(*of, by=grows["by"], name=family.name)


def _planes(
    results: Results,
    lines_by_name: Mapping[str, _Lines],
    figures: Sequence[Mapping[str, Any]],
    x: Axis,
) -> Iterator[Plane]:
    for name, lines in lines_by_name.items():
        for figure in figures:
            curves = list(_curves(results, lines, figure))
            title = plain(name) + figure["title"]
            yield Plane(title, x, Axis(figure["label"]), curves)


def _curves(
    results: Results, lines: _Lines, figure: Mapping[str, Any]
) -> Iterator[Curve]:
    policies = sorted({policy for _, policy in lines})
    for (who, policy), cases in lines.items():
        points = (_point(results, figure, x, case) for x, case in cases)
        every = [case for _, case in cases]
        name = f"{who.structure}, {policy}" if policy else ""
        curve = subject.curve(results, who, points, every, name=name)
        if policy:
            hatch = _HATCHES[policies.index(policy) % len(_HATCHES)]
            curve = curve._replace(style=curve.style._replace(hatch=hatch))
        yield curve


def _point(
    results: Results, figure: Mapping[str, Any], x: float, case: Case
) -> XY | None:
    """A share in percent where it is of something, else with an interval."""
    counters = figure["counters"]
    if "of" not in figure:
        found = results.estimate(case, *counters)
        return found and XY(x, found.median, found.low, found.high)
    part = subject.total(results, case, counters)
    whole = subject.total(results, case, [figure["of"]])
    if part is None or not whole:
        return None
    return XY(x, *(100 * part / whole,) * 3)
