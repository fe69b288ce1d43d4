# SPDX-License-Identifier: MIT
"""Pictures of curves along one number: what failure costs, how cost grows.

Failure is drawn for every set of runs that differ in one number of their
fault, growth for workloads that differ in one parameter of their generator
(`shuffled_distance_64`, `shuffled_distance_256`, ...).
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import NamedTuple

from plots.draw import subject
from plots.draw.planes import XY, Axis, Curve, Plane, PlaneChart
from plots.draw.subject import plain
from plots.read.results import Case, Contender, Results, Workload
from plots.tables import replay


class Series(NamedTuple):
    """Names by ascending x; all but the varied number is `name`."""

    name: str
    key: str
    values: tuple[tuple[float, str], ...]


# A counter of a case ("trace": the pages of its trace); not a number where
# there is none.
_Counters = Callable[[str], float]
# What stands over a plane and at its axis, and the counter that it shows.
_Figure = tuple[str, str, str | Callable[[_Counters], float]]
# Cases of a curve by x: of a structure, under a policy or none.
_Lines = Mapping[tuple[Contender, str], Sequence[tuple[float, Case]]]

_FAULT = re.compile("(probability|loss|burst)=([0-9.]+(?:e-?[0-9]+)?)")
# Loss and burst for which pfnbench has a name, and writes it.
_NAMED = {
    "ge_light": "gilbert_elliott:loss=0.001,burst=8",
    "ge_burst": "gilbert_elliott:loss=0.01,burst=63",
    "ge_heavy": "gilbert_elliott:loss=0.1,burst=252",
}
# Of each number: in file names, in titles, at the axis.
_FAULT_WORDS = {
    "probability": ("rate", "failure rate", "requests that fail, %"),
    "loss": ("loss", "failure rate", "share of requests that fail"),
    "burst": ("burst", "burst length", "requests in a burst, mean"),
}
# A policy shows in the line: each has a hatch of its own.
_HATCHES = ("", "///", "\\\\\\", "xxx", "...")

# Keys may consist of several words, values start with a digit.
_PARAMETER = re.compile(
    r"_([a-z-][a-z_-]*)_([0-9]+(?:\.[0-9]+)?)([KMGT]?)(?=_|$)"
)
_UNITS = {"": 0, "K": 10, "M": 20, "G": 30, "T": 40}
_GIB_OF_PAGES = 2**30 // 4096
_OPERATIONS = ("set", "test", "extract", "clear", "drain")
# What a parameter is called, and its unit.
_PARAMETER_WORDS = {
    "distance": ("shuffle distance", "pages"),
    "inflate": ("guest size", "inflated"),
    "cluster": ("density", "ranges per GiB recorded"),
}


def _lost(of: _Counters) -> float:
    return 100 * of("failed_sets") / (of("pages") or math.nan)


def _not_reported(of: _Counters) -> float:
    rest = 100 * (1 - of("pages_told") / of("trace"))
    # A page that was freed back may be reported twice.
    return 0.0 if rest < 0 else rest


def _not_in_ranges(of: _Counters) -> float:
    told = of("pages_told_singly") + of("pages_told_by_array")
    return 100 * told / of("trace")


_FAILURE: Mapping[str, Sequence[_Figure]] = {
    "set": (
        (": lost", "% of pages", _lost),
        (": time", "ns per page", "ns_per_page"),
    ),
    "replay": (
        (": not reported", "% of pages of the trace", _not_reported),
        (": not in ranges", "% singly or in arrays", _not_in_ranges),
        (": time in the set", "ns per page", "ns_per_page"),
    ),
}
_GROWTH: Sequence[_Figure] = (
    (" per page", "ns per page", "ns_per_page"),
    (" per range", "ns per range", "ns_per_range"),
)


def charts(results: Results) -> dict[str, PlaneChart]:
    """Charts by file stem; none where no number was varied."""
    made: dict[str, PlaneChart] = {}
    count = Counter[str]()
    for operation in _FAILURE:
        split = map(replay.split, results.conditions(operation))
        for sweep in sweeps(dict.fromkeys(rest for _, rest in split)):
            chart = _failure(results, operation, sweep)
            if chart is not None:
                # Of one kind, those after the first are numbered.
                stem = f"failure-{operation}-{_FAULT_WORDS[sweep.key][0]}"
                count[stem] += 1
                made[stem + f"-{count[stem]}".removesuffix("-1")] = chart
    every = {c for op in _OPERATIONS for c in results.conditions(op)}
    for family in families(results.workloads):
        stem = f"growth-{family.name}-{family.key}"
        make = partial(_growth, results, family)
        made |= subject.by_condition(stem, every, make)
    return made


def sweeps(conditions: Iterable[str]) -> list[Series]:
    """Every set of at least two faults that differ in one number.

    The probability and the loss begin without a fault.
    """
    full = {_in_full(condition): condition for condition in conditions}
    none = ((0.0, ""),) if "" in full else ()
    found = _series(full, _FAULT, lambda _, match: float(match[2]), r"\1=N")
    return [
        each._replace(
            values=(none if each.key != "burst" else ())
            + tuple((x, full[name]) for x, name in each.values)
        )
        for each in sorted(found, key=lambda s: [*_FAULT_WORDS].index(s.key))
        if len(each.values) >= 2
    ]


def _in_full(condition: str) -> str:
    head, colon, last = condition.rpartition(":")
    return (head + colon + _NAMED.get(last, last)).removeprefix("fault:")


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
    # Of the axis, which is logarithmic.
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
    """Every set of names that differ in one number alone.

    `pattern` finds a number with its key, which is group 1; `rest` is what
    stands in the name of the set instead.
    """
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


def _failure(
    results: Results, operation: str, sweep: Series
) -> PlaneChart | None:
    """A line of planes for each workload, one for each figure."""
    drivers: set[tuple[Contender, str]] = set()
    guests: dict[str, None] = {}
    for condition in results.conditions(operation):
        policy, fault = replay.split(condition)
        if fault == sweep.values[-1][1]:
            present = results.contenders_of(operation, condition)
            drivers |= {(who, policy) for who in present}
            guests |= dict.fromkeys(results.workloads_of(operation, condition))
    lines: dict[str, _Lines] = {
        plain(guest): {
            (who, policy): [
                (x, Case(operation, guest, who, "/".join(filter(None, keys))))
                for x, (_, fault) in enumerate(sweep.values)
                for keys in [(policy and f"policy:{policy}", fault)]
            ]
            for who in subject.structures(results, {who for who, _ in drivers})
            if who.structure not in results.setless
            for policy in sorted({p for driver, p in drivers if driver == who})
        }
        for guest in guests
    }
    _, by, label = _FAULT_WORDS[sweep.key]
    places = tuple(f"{x:g}" if fault else "none" for x, fault in sweep.values)
    figures = _FAILURE[operation]
    planes = _planes(results, lines, figures, Axis(label, places))
    if not any(len(c.points) > 1 for plane in planes for c in plane.curves):
        return None
    words = (
        f"fault {sweep.name}",
        "medians; of the times with the 95 % interval, the range below 6"
        " rounds",
        subject.missing_text(planes, "not at every value"),
    )
    title = f"What failure costs, by {by}: {operation}"
    frame = subject.frame(results, title, "", guests, *words)
    return PlaneChart(frame, planes, columns=len(figures))


def _growth(
    results: Results, family: Series, condition: str
) -> PlaneChart | None:
    """Planes for each operation."""
    lines: dict[str, _Lines] = {
        operation: {
            (who, ""): [
                (x, Case(operation, workload, who, condition))
                for x, workload in family.values
            ]
            for who in subject.structures(
                results, results.contenders_of(operation, condition)
            )
        }
        for operation in _OPERATIONS
    }
    words = _PARAMETER_WORDS.get(family.key, (family.key,))
    x = Axis(", ".join(words), is_bytes=family.key == "inflate")
    planes = _planes(results, lines, _GROWTH, x)
    if not planes:
        return None
    title = f"How cost grows with {words[0]}: {family.name}"
    frame = subject.frame(
        results,
        title,
        condition,
        [workload for _, workload in family.values],
        "medians with their interval (range below 6 rounds)",
        subject.missing_text(planes, "not everywhere"),
    )
    return PlaneChart(frame, planes, is_shared=False)


def _planes(
    results: Results,
    lines_by_name: Mapping[str, _Lines],
    figures: Iterable[_Figure],
    x: Axis,
) -> tuple[Plane, ...]:
    return tuple(
        plane
        for name, lines in lines_by_name.items()
        for words, label, count in figures
        for plane in subject.plane(
            name + words, x, Axis(label), _curves(results, lines, count)
        )
    )


def _curves(
    results: Results, lines: _Lines, count: str | Callable[[_Counters], float]
) -> Iterable[Curve]:
    policies = sorted({policy for _, policy in lines})
    for (who, policy), cases in lines.items():
        points = [_point(results, x, case, count) for x, case in cases]
        name = f"{who.structure}, {policy}" if policy else who.structure
        every = [case for _, case in cases]
        curve = subject.curve(results, who, points, every, name=name)
        if policy:
            hatch = _HATCHES[policies.index(policy) % len(_HATCHES)]
            curve = replace(curve, style=curve.style._replace(hatch=hatch))
        yield curve


def _point(
    results: Results,
    x: float,
    case: Case,
    count: str | Callable[[_Counters], float],
) -> XY | None:
    def of(counter: str) -> float:
        if counter == "trace":
            pages = {w.name: w.pages for w in results.workloads}
            return pages.get(case.workload) or math.nan
        found = results.estimate(case, counter)
        return found.median if found else math.nan

    if isinstance(count, str):
        found = results.estimate(case, count)
        return XY.of(x, found) if found else None
    y = count(of)
    return None if math.isnan(y) else XY(x, y, y, y)
