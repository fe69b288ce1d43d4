# SPDX-License-Identifier: MIT
"""The results of experiments, as a judge asks for them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import Enum
from pathlib import Path

from plots.read.results import FILE_NAME, Case, Results, load
from plots.read.statistics import (
    Estimate,
    differs,
    estimate,
    median,
    paired_ratios,
)


class Verdict(Enum):
    """The result of a claim."""

    SUPPORTED = "supported"
    REFUTED = "refuted"
    DEPENDS = "depends"
    NOT_MEASURED = "not measured"


class MissingFigure(Exception):
    """A judge needs a figure that the results do not have."""


@dataclass(frozen=True)
class Ratio(Estimate):
    """A median of ratios, and what the baseline shows against itself."""

    control: Estimate | None = None

    @property
    def side(self) -> int:
        """1 if it is shown to be above 1, -1 if below, 0 if neither."""
        if not self.is_interval or not differs(self, self.control):
            return 0
        return 1 if self.median > 1 else -1


class Lab:
    """The results of experiments, one folder each."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._loaded: dict[str, Results] = {}

    def results(self, experiment: str) -> Results:
        """Of one experiment."""
        if experiment not in self._loaded:
            path = self._folder / experiment / FILE_NAME
            if not path.exists():
                raise MissingFigure(f"there are no results of {experiment}")
            self._loaded[experiment] = load(path)
        return self._loaded[experiment]

    def get(self, experiment: str, row: str, counter: str) -> float:
        """The median of a counter of the row that has this name."""
        return median(list(self._values(experiment, row, counter).values()))

    def fact(self, experiment: str, workload: str, name: str) -> str:
        """A fact of a workload, as the context of the results has it."""
        for each in self.results(experiment).workloads:
            if each.name == workload and name in each.facts:
                return each.facts[name]
        raise MissingFigure(f"{experiment} has no {name} of {workload}")

    def ratio(
        self, experiment: str, row: str, to: str, counter: str = "ns_per_page"
    ) -> Ratio:
        """The ratio of two rows, taken within each round."""
        above = self._values(experiment, row, counter)
        below = self._values(experiment, to, counter)
        ratio = estimate(paired_ratios(above, below))
        if ratio is None:
            raise MissingFigure(f"{experiment} has no {counter} of {row}")
        control = self._control(experiment, row, counter)
        return Ratio(**asdict(ratio), control=control)

    def _control(
        self, experiment: str, row: str, counter: str
    ) -> Estimate | None:
        """How far the baseline differs from itself where this row is."""
        results = self.results(experiment)
        case = self._case(experiment, row, counter)
        values, baseline = (
            results.values(of(case), counter)
            for of in (results.control_of, results.baseline_of)
        )
        return estimate(paired_ratios(values, baseline))

    def _values(
        self, experiment: str, row: str, counter: str
    ) -> dict[int, float]:
        case = self._case(experiment, row, counter)
        values = self.results(experiment).values(case, counter)
        if not values:
            raise MissingFigure(f"{experiment} has no {counter} of {row}")
        return values

    def _case(self, experiment: str, row: str, counter: str) -> Case:
        case = self.results(experiment).case_named(row)
        if case is None:
            raise MissingFigure(f"{experiment} has no {counter} of {row}")
        return case


def number(value: float, digits: int = 3) -> str:
    """A number as a reader wants it: 3 significant digits, thousands apart.

    >>> number(1234567), number(12.345), number(0.00123)
    ('1,234,567', '12.3', '0.00123')
    """
    if value == 0:
        return "0"
    if abs(value) >= 10 ** (digits - 1):
        return f"{value:,.0f}"
    return f"{value:.{digits}g}"
