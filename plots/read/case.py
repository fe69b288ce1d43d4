# SPDX-License-Identifier: MIT
"""What was measured: an operation, on a workload, of a structure.

Absent counters are simply not there: nobody invents a zero.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from plots.read.shape import KEY, WHOLE, Figures, LongText, Name, Title

# Numbers that are no figures.
_NO_COUNTERS = {"control", "repetitions", "repetition_index"}


@dataclass(frozen=True, order=True)
class Entrant:
    """A line of a table: a structure, or the baseline run once more."""

    structure: str
    control: int = 0  # numbers the further runs of the baseline from 1

    @property
    def is_control(self) -> bool:
        return self.control > 0


@dataclass(frozen=True, order=True)
class Case:
    operation: str
    workload: str
    entrant: Entrant
    condition: str  # "" or "fault:failslab:probability=1"

    @property
    def name(self) -> str:
        """The name as --benchmark_filter takes it."""
        who = self.entrant
        control = f"control:{who.control}" * who.is_control
        row = (self.operation, self.workload, who.structure)
        return "/".join(filter(None, (*row, self.condition, control)))


def condition_label(condition: str) -> str:
    """A condition in the words of a table title."""
    keys = (condition or "no faults").split("/")
    return ", ".join(key.replace(":", " ", 1) for key in keys)


@dataclass(frozen=True, kw_only=True)
class Subject:
    """Of what a part of the file is."""

    workload: Title
    structure: Name
    conditions: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def condition(self) -> str:
        """Conditions as one text, to compare and to sort by."""
        return "/".join(f"{key}:{x}" for key, x in self.conditions.items())

    @property
    def name(self) -> str:
        """That of a row without its operation."""
        parts = (self.workload, self.structure, self.condition)
        return "/".join(filter(None, parts))


@dataclass(frozen=True, kw_only=True)
class Row(Subject):
    """One run; it has counters, or an `error` such as "over 3 s: ..."."""

    operation: Name
    figures: Figures = field(metadata=WHOLE)
    control: int = 0
    round: int = field(default=0, metadata={KEY: "repetition_index"})
    run_type: str = ""
    error_occurred: bool = False
    error_message: LongText = LongText("")

    @cached_property
    def case(self) -> Case:
        who = Entrant(self.structure, self.control)
        return Case(self.operation, self.workload, who, self.condition)

    @property
    def error(self) -> str | None:
        why = self.error_message or "failed: no reason given"
        return why if self.error_occurred else None

    @cached_property
    def counters(self) -> Mapping[str, float]:
        figures = {} if self.error_occurred else self.figures
        names = figures.keys() - _NO_COUNTERS
        return {name: float(figures[name]) for name in names}
