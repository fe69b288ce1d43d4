# SPDX-License-Identifier: MIT
"""What was measured: an operation, on a workload, of a structure.

A row is one run of one case in one round, in which every case ran once.
Absent counters are simply not there: nobody invents a zero.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from plots.read.shape import KEY, WHOLE, Figures, LongText, Name, Title

# Numbers that are no figures.
_NO_COUNTERS = {"control", "repetitions", "repetition_index"}


@dataclass(frozen=True, order=True)
class Contender:
    """A line of a table: a structure, or the baseline run once more.

    `control` numbers the further runs of the baseline from 1.
    """

    structure: str
    control: int = 0

    @property
    def is_control(self) -> bool:
        return self.control > 0


@dataclass(frozen=True, order=True)
class Case:
    """What a row measures.

    `condition` is condition_of() the row's conditions: "" is a run without
    faults, "fault:failslab:probability=1" one with.
    """

    operation: str
    workload: str
    contender: Contender
    condition: str

    @property
    def name(self) -> str:
        """The name as --benchmark_filter takes it."""
        parts = [self.operation, self.workload, self.contender.structure]
        if self.condition:
            parts.append(self.condition)
        if self.contender.is_control:
            parts.append(f"control:{self.contender.control}")
        return "/".join(parts)


def condition_of(conditions: Mapping[str, str]) -> str:
    """Conditions as one text, to compare and to sort by.

    >>> condition_of({"policy": "free", "fault": "nth:3"})
    'policy:free/fault:nth:3'
    """
    return "/".join(f"{key}:{value}" for key, value in conditions.items())


def condition_label(condition: str) -> str:
    """A condition in the words of a table title.

    >>> condition_label("fault:failslab:probability=1")
    'fault failslab:probability=1'
    """
    if not condition:
        return "no faults"
    return ", ".join(
        " ".join(key.split(":", 1)) for key in condition.split("/")
    )


@dataclass(frozen=True)
class Row:
    """One run, as the file has it; it has an `error` or counters.

    The error begins with "over ", "failed: " or "not run: ".
    """

    operation: Name
    workload: Title
    structure: Name
    figures: Figures = field(metadata=WHOLE)
    control: int = 0
    conditions: Mapping[str, str] = field(default_factory=dict)
    round: int = field(default=0, metadata={KEY: "repetition_index"})
    run_type: str = ""
    error_occurred: bool = False
    error_message: LongText = LongText("failed: no reason given")

    @cached_property
    def case(self) -> Case:
        who = Contender(self.structure, self.control)
        condition = condition_of(self.conditions)
        return Case(self.operation, self.workload, who, condition)

    @property
    def error(self) -> str | None:
        return self.error_message if self.error_occurred else None

    @cached_property
    def counters(self) -> Mapping[str, float]:
        if self.error_occurred:
            return {}
        return {
            key: float(value)
            for key, value in self.figures.items()
            if key not in _NO_COUNTERS
        }
