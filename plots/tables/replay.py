# SPDX-License-Identifier: MIT
"""Replays: a line is a driver without a set, or a structure and a policy."""

from collections.abc import Iterator
from dataclasses import dataclass

from plots.read.results import Case, Entrant, Results
from plots.read.results import condition_label, known_first
from plots.tables.table import Column, Table, cells, columns
from plots.tables.words import COLUMNS

_DRIVER = Column("driver", "driver", names=True)
_POLICY = "policy:"


@dataclass(frozen=True)
class Driver:
    """A line: `policy` is "" for a driver without a set."""

    entrant: Entrant
    policy: str

    @property
    def label(self) -> str:
        name = self.entrant.structure
        return f"{name}, {self.policy}" if self.policy else f"({name})"


def split(condition: str) -> tuple[str, str]:
    """The policy and the other conditions."""
    keys = condition.split("/")
    policies = [k.removeprefix(_POLICY) for k in keys if k.startswith(_POLICY)]
    rest = "/".join(k for k in keys if not k.startswith(_POLICY))
    return (policies[0] if policies else ""), rest


def conditions(results: Results) -> list[str]:
    """Conditions of replays, apart from their policies."""
    return sorted({split(c)[1] for c in results.conditions(results.replay)})


def _cases(results: Results, condition: str) -> Iterator[tuple[Case, str]]:
    """Cases under a condition, and their policies."""
    for case in results.cases:
        policy, rest = split(case.condition)
        if case.operation == results.replay and rest == condition:
            yield case, policy


def drivers(results: Results, condition: str) -> list[Driver]:
    """Lines under a condition, those without a set first."""
    found = {
        Driver(case.entrant, policy)
        for case, policy in _cases(results, condition)
        if not case.entrant.is_control
    }
    every = results.in_order({each.entrant for each in found})
    order = sorted(every, key=lambda who: who.structure not in results.setless)
    return sorted(found, key=lambda d: (order.index(d.entrant), d.policy))


def workloads(results: Results, condition: str) -> list[str]:
    """Workloads under a condition, in the order of the context."""
    present = {case.workload for case, _ in _cases(results, condition)}
    return known_first(present, (w.name for w in results.workloads))


def case_of(
    results: Results, workload: str, driver: Driver, condition: str
) -> Case:
    """The row of results that a line stands for."""
    keys = (driver.policy and f"{_POLICY}{driver.policy}", condition)
    condition = "/".join(filter(None, keys))
    return Case(results.replay, workload, driver.entrant, condition)


def tables(results: Results) -> Iterator[Table]:
    """All tables of replay; none where nothing was replayed."""
    titles = [title for title in COLUMNS if title.startswith("replay: ")]
    for condition in conditions(results):
        for guest in workloads(results, condition):
            place = f"replay of {guest}, {condition_label(condition)}"
            for title in titles:
                heads = (_DRIVER, *columns(title))
                rows = []
                for driver in drivers(results, condition):
                    case = case_of(results, guest, driver, condition)
                    found = (results.estimate(case, h.key) for h in heads[1:])
                    row = (each and each.median for each in found)
                    rows.append(cells(driver.label, *row))
                title = title.replace("replay", place, 1)
                table = Table("replay", title, heads, (*rows,)).filled()
                # Where only pages replaced are left there was no figure.
                if table and table.columns[1] != heads[-1]:
                    yield table
