# SPDX-License-Identifier: MIT
"""The results of experiments, as the texts of claims ask for them."""

import re
from functools import cache
from pathlib import Path

from plots.read.results import FILE_NAME, Case, Results, load
from plots.read.statistics import Estimate, differs, estimate, mean
from plots.read.statistics import median, paired_ratios

# A verdict needs so many: of what is timed, and of what is drawn.
ROUNDS, SEEDS = 6, 20
# Counters that a clock gave. All others are alike in every round.
_TIMED = re.compile("ns_per_|structure_ms|real_")

Values = dict[int, float]  # by round, or by seed


class MissingFigure(Exception):
    """A judge needs a figure that the results do not have, or too few."""


class Figure(float):
    """A number, what surrounds it, and what noise alone would show."""

    around: Estimate | None
    control: Estimate | None

    def __new__(
        cls,
        value: float,
        around: Estimate | None = None,
        control: Estimate | None = None,
    ) -> "Figure":
        made = super().__new__(cls, value)
        made.around, made.control = around, control
        return made

    @property
    def low(self) -> float:
        return self.around.low if self.around else float(self)

    @property
    def high(self) -> float:
        return self.around.high if self.around else float(self)

    @property
    def side(self) -> int:
        """Of a ratio: 1 if it is shown to be above 1, -1 if below, else 0."""
        if not self.around or not differs(self.around, self.control):
            return 0
        return 1 if self > 1 else -1

    def __format__(self, form: str) -> str:
        """With three digits and its interval, if it has any."""
        ends = [self.low, self.high] * (self.low < self.high)
        every = [_shown(each, form) for each in (float(self), *ends)]
        return every[0] + f" [{', '.join(every[1:])}]" * bool(ends)


def _shown(value: float, form: str) -> str:
    return f"{value:{form}}".replace("%", " %") if form else number(value)


class Lab:
    """The results of experiments: a folder each, or one for each seed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._load = cache(load)

    def runs(self, experiment: str) -> list[Results]:
        """One, or all seeds."""
        paths = sorted(self._folder.glob(f"{experiment}@*/{FILE_NAME}"))
        whole = self._folder / experiment / FILE_NAME
        if 0 < len(paths) < SEEDS:
            few = f"{experiment} has {len(paths)} of {SEEDS} seeds"
            raise MissingFigure(few)
        if not paths and not whole.exists():
            raise MissingFigure(f"there are no results of {experiment}")
        return [self._load(path) for path in paths or [whole]]

    def read(self, experiment: str, row: str, *rest: str) -> Figure | str:
        """What an address names; claims.toml explains addresses."""
        *to, what = rest
        runs = self.runs(experiment)
        if "/" not in row:
            return self._fact(experiment, row, what)
        case, values = self._values(experiment, row, what)
        if to:
            _, below = self._values(experiment, to[0], what)
            # How far the baseline differs from itself where this row is.
            noise = paired_ratios(
                runs[0].values(runs[0].control_of(case), what),
                runs[0].values(runs[0].baseline_of(case), what),
            )
            return _figure(paired_ratios(values, below), estimate(noise))
        if len(runs) > 1:
            around = mean([*values.values()])
            return Figure(around.median if around else 0, around)
        return _figure([*values.values()])

    def _fact(self, experiment: str, name: str, what: str) -> Figure | str:
        for workload in self.runs(experiment)[0].workloads:
            if workload.name == name and what in workload.facts:
                fact = workload.facts[what]
                return Figure(fact) if fact.isdecimal() else fact
        raise MissingFigure(f"{experiment} has no {what} of {name}")

    def _values(
        self, experiment: str, row: str, what: str
    ) -> tuple[Case, Values]:
        """Of a row, whose operations are added; a/b is a share of b."""
        above, _, below = what.partition("/")
        if below:
            case, values = self._values(experiment, row, above)
            _, whole = self._values(experiment, row, below)
            return case, {k: values[k] / whole[k] for k in values if whole[k]}
        operations, _, subject = row.partition("/")
        parts = [
            self._one(experiment, f"{operation}/{subject}", what)
            for operation in operations.split("+")
        ]
        common = set.intersection(*(set(values) for _, values in parts))
        if _TIMED.match(what) and len(common) < ROUNDS:
            few = f"{experiment} has {len(common)} of {ROUNDS} rounds of {row}"
            raise MissingFigure(few)
        return parts[0][0], {
            k: sum(values[k] for _, values in parts) for k in sorted(common)
        }

    def _one(
        self, experiment: str, row: str, what: str
    ) -> tuple[Case, Values]:
        runs = self.runs(experiment)
        case = runs[0].case_named(row)
        every = [run.values(case, what) for run in runs] if case else [{}]
        if not case or not all(every):
            raise MissingFigure(f"{experiment} has no {what} of {row}")
        if len(runs) == 1:
            return case, every[0]
        return case, {k: median([*v.values()]) for k, v in enumerate(every)}


def _figure(values: list[float], control: Estimate | None = None) -> Figure:
    around = estimate(values)
    if not around:
        raise MissingFigure("a ratio has no round with both rows")
    shown = around if around.is_interval else None
    return Figure(around.median, shown, control)


def number(value: float) -> str:
    """3 significant digits, thousands apart: 1,234,567 or 12.3 or 0.00123."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
