# SPDX-License-Identifier: MIT
"""The results of experiments, as the texts of claims ask for them."""

from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

from plots.read.results import FILE_NAME, Case, Results, load
from plots.read.statistics import Estimate, differs, estimate
from plots.read.statistics import median, paired_ratios


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
        self._load = cache(load)

    def results(self, experiment: str) -> Results:
        path = self._folder / experiment / FILE_NAME
        if not path.exists():
            raise MissingFigure(f"there are no results of {experiment}")
        return self._load(path)

    def read(
        self, experiment: str, row: str, *rest: str
    ) -> float | str | Ratio:
        """What an address names; claims.toml explains addresses."""
        *to, what = rest
        if to:
            return self.ratio(experiment, row, *to, what)
        if "/" in row:
            return median([*self._values(experiment, row, what)[1].values()])
        for workload in self.results(experiment).workloads:
            if workload.name == row and what in workload.facts:
                fact = workload.facts[what]
                return float(fact) if fact.isdecimal() else fact
        raise MissingFigure(f"{experiment} has no {what} of {row}")

    def ratio(
        self, experiment: str, row: str, to: str, counter: str = "ns_per_page"
    ) -> Ratio:
        """The ratio of two rows, taken within each round."""
        case, above = self._values(experiment, row, counter)
        _, below = self._values(experiment, to, counter)
        ratio = estimate(paired_ratios(above, below))
        if ratio is None:
            raise MissingFigure(f"{experiment} has no {counter} of {row}")
        results = self.results(experiment)
        # How far the baseline differs from itself where this row is.
        control = paired_ratios(
            results.values(results.control_of(case), counter),
            results.values(results.baseline_of(case), counter),
        )
        return Ratio(**asdict(ratio), control=estimate(control))

    def _values(
        self, experiment: str, row: str, counter: str
    ) -> tuple[Case, dict[int, float]]:
        results = self.results(experiment)
        case = results.case_named(row)
        if case and (values := results.values(case, counter)):
            return case, values
        raise MissingFigure(f"{experiment} has no {counter} of {row}")


def number(value: float) -> str:
    """3 significant digits, thousands apart: 1,234,567 or 12.3 or 0.00123."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
