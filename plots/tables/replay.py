# SPDX-License-Identifier: MIT
"""What a replay through the driver model came to, as tables.

A line is a driver: one without a set, or a structure under a policy. A row
of results says `policy:NAME` among its conditions; a driver without a set
has no policy, and stands in the same table as those with one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from plots.read.results import (Case, Contender, Results, condition_label)
from plots.tables.table import Cell, Column, Table, made, said

_DRIVER = Column("driver", "driver", names=True)

_POLICY = "policy:"

STAGES = ("allocate", "record", "notify", "translate", "madvise", "sleep")


@dataclass(frozen=True)
class Driver:
    """A line: `policy` is "" for a driver without a set."""

    contender: Contender
    policy: str

    @property
    def label(self) -> str:
        """The driver as a reader knows it."""
        name = self.contender.structure
        return f"{name}, {self.policy}" if self.policy else f"({name})"


def split(condition: str) -> tuple[str, str]:
    """The policy and the other conditions.

    >>> split("policy:free/fault:nth:3")
    ('free', 'fault:nth:3')
    """
    keys = condition.split("/")
    policies = [k.removeprefix(_POLICY) for k in keys if k.startswith(_POLICY)]
    rest = "/".join(k for k in keys if not k.startswith(_POLICY))
    return (policies[0] if policies else ""), rest


def conditions(results: Results) -> list[str]:
    """Conditions of replays, apart from their policies."""
    return sorted({split(c)[1] for c in results.conditions(results.replay)})


def drivers(results: Results, condition: str) -> list[Driver]:
    """Lines under a condition, those without a set first."""
    found = {
        Driver(case.contender, split(case.condition)[0])
        for case in results.cases
        if case.operation == results.replay
        and split(case.condition)[1] == condition
        and not case.contender.is_control
    }
    order = {
        contender: rank
        for rank, contender in enumerate(
            results.in_order({driver.contender for driver in found})
        )
    }
    return sorted(
        found,
        key=lambda d: (
            d.contender.structure not in results.setless,
            order[d.contender],
            d.policy,
        ),
    )


def workloads(results: Results, condition: str) -> list[str]:
    """Workloads under a condition, in the order of the context."""
    present = {
        case.workload
        for case in results.cases
        if case.operation == results.replay and split(case.condition)[1] == condition
    }
    known = [w.name for w in results.workloads if w.name in present]
    return known + sorted(present.difference(known))


def case_of(
    results: Results, workload: str, driver: Driver, condition: str
) -> Case:
    """The row of results that a line stands for."""
    keys = [f"{_POLICY}{driver.policy}"] if driver.policy else []
    keys += [condition] if condition else []
    return Case(results.replay, workload, driver.contender, "/".join(keys))


def figure(
    results: Results, workload: str, driver: Driver, condition: str, name: str
) -> float | None:
    """The median of a counter."""
    case = case_of(results, workload, driver, condition)
    found = results.estimate(case, name)
    return None if found is None else found.median


def tables(results: Results) -> Iterator[Table]:
    """All tables of replay; none where nothing was replayed."""
    for condition in conditions(results):
        for workload in workloads(results, condition):
            place = f"replay of {workload}, {condition_label(condition)}"
            for title, fields in said()["replay"].items():
                heads = made(fields)
                rows = tuple(
                    (
                        Cell(driver.label),
                        *(
                            Cell(
                                figure(
                                    results,
                                    workload,
                                    driver,
                                    condition,
                                    head.key,
                                )
                            )
                            for head in heads
                        ),
                    )
                    for driver in drivers(results, condition)
                )
                # A modelled host has no times of its own: no column of them.
                table = Table(
                    "replay", f"{place}: {title}", (_DRIVER, *heads), rows
                ).filled()
                if table:
                    yield table
