# SPDX-License-Identifier: MIT
"""The results of experiments, as the texts of claims ask for them."""

import re
from functools import cache
from pathlib import Path

from plots.read.results import FILE_NAME, Results, load
from plots.read.statistics import Estimate, differs, estimate, mean
from plots.read.statistics import median, paired_ratios

# A verdict needs so many: of what is timed, and of what is drawn.
ROUNDS, SEEDS = 6, 20
# Counters that a clock gave. Others are alike in a run that has one round.
_TIMED = re.compile("ns_per_|structure_ms|real_")

Values = dict[int, float]  # by round, or by seed


class MissingFigure(Exception):
    """A judge needs a figure that the results do not have, or too few."""


class Figure(float):
    """A number, what surrounds it, and what noise alone would show."""

    around: Estimate | None
    control: Estimate | None
    low: float
    high: float

    def __new__(cls, value: float, *around: Estimate | None) -> "Figure":
        made = super().__new__(cls, value)
        made.around, made.control = (*around, None, None)[:2]
        ends = made.around
        made.low, made.high = (ends.low, ends.high) if ends else [value] * 2
        return made

    @property
    def side(self) -> int:
        """Of a ratio: 1 if it is shown to be above 1, -1 if below, else 0."""
        if not self.around or not differs(self.around, self.control):
            return 0
        return 1 if self > 1 else -1

    def __format__(self, form: str) -> str:
        """With its interval, if it has any; ~ if noise may have made it."""
        ends = [self.low, self.high] * (self.low < self.high)
        one, *every = (_shown(each, form) for each in (float(self), *ends))
        mark = "~" * bool(self.around and self.control and not self.side)
        return mark + one + f" [{', '.join(every)}]" * bool(ends)


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
        if 0 < len(paths) < SEEDS:
            few = f"{experiment} has {len(paths)} of {SEEDS} seeds"
            raise MissingFigure(few)
        paths = paths or [self._folder / experiment / FILE_NAME]
        if not paths[0].exists():
            raise MissingFigure(f"there are no results of {experiment}")
        return [self._load(path) for path in paths]

    def read(self, experiment: str, row: str, *rest: str) -> Figure | str:
        """What an address names; claims.toml explains addresses."""
        *to, what = rest
        if "/" not in row:
            return self._fact(experiment, row, what)
        values = self._values(experiment, row, what)
        if to:
            ratios = paired_ratios(values, self._values(experiment, *rest))
            return _figure(estimate(ratios), self._noise(experiment, row, what))
        of = mean if self.runs(experiment)[1:] else estimate
        return _figure(of([*values.values()]))

    def _noise(self, experiment: str, row: str, what: str) -> Estimate | None:
        """How far the baseline differs from itself where this row is."""
        operations, workload, _ = row.split("/", 2)
        base = self.runs(experiment)[0].baseline
        name = f"{operations}/{workload}/{base}"
        try:
            again = self._values(experiment, f"{name}/control:1", what)
            once = self._values(experiment, name, what)
        except MissingFigure:
            return None
        return estimate(paired_ratios(again, once))

    def _fact(self, experiment: str, name: str, what: str) -> Figure | str:
        for workload in self.runs(experiment)[0].workloads:
            if workload.name == name and (fact := workload.facts.get(what)):
                return Figure(fact) if fact.isdecimal() else fact
        raise MissingFigure(f"{experiment} has no {what} of {name}")

    def _values(self, experiment: str, row: str, what: str) -> Values:
        """Operations and counters with + are added; a/b is a share of b."""
        above, _, below = what.partition("/")
        if below:
            values = self._values(experiment, row, above)
            whole = self._values(experiment, row, below)
            return {k: x / whole[k] for k, x in values.items() if whole[k]}
        operations, _, subject = row.partition("/")
        parts = [
            self._one(experiment, f"{operation}/{subject}", counter)
            for operation in operations.split("+")
            for counter in what.split("+")
        ]
        common = sorted(set.intersection(*map(set, parts)))
        is_timed = _TIMED.search(what) or self.runs(experiment)[0].rounds > 1
        if is_timed and len(common) < ROUNDS:
            few = f"{experiment} has {len(common)} of {ROUNDS} rounds of {row}"
            raise MissingFigure(few)
        return {k: sum(values[k] for values in parts) for k in common}

    def _one(self, experiment: str, row: str, what: str) -> Values:
        runs = self.runs(experiment)
        case = runs[0].case_named(row)
        every = [run.values(case, what) for run in runs] if case else [{}]
        if not all(every):
            raise MissingFigure(f"{experiment} has no {what} of {row}")
        of_seeds = {k: median([*v.values()]) for k, v in enumerate(every)}
        return of_seeds if len(runs) > 1 else every[0]


def _figure(around: Estimate | None, noise: Estimate | None = None) -> Figure:
    if not around:
        raise MissingFigure("no round has a figure of both rows")
    return Figure(around.median, around if around.is_interval else None, noise)


def number(value: float) -> str:
    """3 significant digits, thousands apart: 1,234,567 or 12.3 or 0.00123."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
