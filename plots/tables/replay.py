# SPDX-License-Identifier: MIT
"""What a replay through the driver model came to, as tables.

A line is a driver: one without a set, or a structure under a policy. A row
of results says `policy:NAME` among its conditions; a driver without a set
has no policy, and stands in the same table as those with one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from plots.read.results import Case, Contender, Results, condition_label
from plots.tables.table import Column, Table, cells, columns, said

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


def _cases(results: Results, condition: str) -> list[Case]:
    return [
        case
        for case in results.cases
        if case.operation == results.replay
        and split(case.condition)[1] == condition
    ]


def drivers(results: Results, condition: str) -> list[Driver]:
    """Lines under a condition, those without a set first."""
    policies: dict[Contender, set[str]] = {}
    for case in _cases(results, condition):
        if not case.contender.is_control:
            policy = split(case.condition)[0]
            policies.setdefault(case.contender, set()).add(policy)
    return [
        Driver(who, policy)
        for who in sorted(
            results.in_order(policies),
            key=lambda who: who.structure not in results.setless,
        )
        for policy in sorted(policies[who])
    ]


def workloads(results: Results, condition: str) -> list[str]:
    """Workloads under a condition, in the order of the context."""
    present = {case.workload for case in _cases(results, condition)}
    known = [w.name for w in results.workloads if w.name in present]
    return known + sorted(present.difference(known))


def case_of(
    results: Results, workload: str, driver: Driver, condition: str
) -> Case:
    """The row of results that a line stands for."""
    keys = (driver.policy and f"{_POLICY}{driver.policy}", condition)
    condition = "/".join(filter(None, keys))
    return Case(results.replay, workload, driver.contender, condition)


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
        for guest in workloads(results, condition):
            place = f"replay of {guest}, {condition_label(condition)}"
            for title in said()["replay"]:
                heads = columns("replay", title)
                rows = []
                for driver in drivers(results, condition):
                    where = results, guest, driver, condition
                    row = (figure(*where, head.key) for head in heads)
                    rows.append(cells(driver.label, *row))
                # A modelled host has no times of its own: no column of them.
                every, title = (_DRIVER, *heads), f"{place}: {title}"
                table = Table("replay", title, every, tuple(rows)).filled()
                if table:
                    yield table
