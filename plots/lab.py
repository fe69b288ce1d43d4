# SPDX-License-Identifier: MIT
"""Experiments with the statistics themselves: can the marks be believed?

false-alarms  compares contenders that are alike, of a run of the program or
              of simulated noise, and counts marks that should not be there
orders        the same for other orders of the rows than the random one
agreement     whether two runs on one machine contradict each other

All go through the functions that the report uses. docs/method.md has the
figures, docs/notebook.md how they came about.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from plots.text.report import ratio, ratios, time_counters
from plots.read.results import Case, Results, ResultsError
from plots.read.statistics import (
    Estimate,
    differs,
    estimate,
    mark,
    median,
    paired_ratios,
)
from plots.text.layout import Cell, Table, number, page, percent, render, wrap

Rounds = Mapping[int, float]


@dataclass(frozen=True)
class Column:
    """What is compared with one baseline: ratios to it, round by round."""

    control: Sequence[float]
    contenders: Sequence[Sequence[float]]


# All columns of a report, and so what has to be right together.
Report = Sequence[Column]
# Ratios of a contender, those of the control, and of how many it is one.
Rule = Callable[[Sequence[float], Sequence[float], int], bool]


def _excludes_1(
    ratios: Sequence[float], control: Sequence[float], comparisons: int
) -> bool:
    value = estimate(ratios)
    return value is not None and differs(value, None)


def _exceeds_control(
    ratios: Sequence[float], control: Sequence[float], comparisons: int
) -> bool:
    value = estimate(ratios)
    return value is not None and mark(value, estimate(control)) == "*"


def _is_marked(
    ratios: Sequence[float], control: Sequence[float], comparisons: int
) -> bool:
    value = estimate(ratios, comparisons)
    return value is not None and mark(value, estimate(control)) == "*"


# The last one is the report's, the one before that of its primary ratios.
# The first shows what the control is for.
RULES: Mapping[str, Rule] = {
    "excludes 1": _excludes_1,
    "primary *": _exceeds_control,
    "report's *": _is_marked,
}
_MARKED = _is_marked


@dataclass(frozen=True)
class Count:
    """How many contenders a rule marked, and in how many reports any."""

    reports: int
    reports_marked: int
    ratios: int
    ratios_marked: int


def count_marks(reports: Sequence[Report], rule: Rule) -> Count:
    """Applies a rule to every contender of every report."""
    marked = [
        [
            rule(
                ratios, column.control, sum(len(c.contenders) for c in report)
            )
            for column in report
            for ratios in column.contenders
        ]
        for report in reports
    ]
    return Count(
        reports=len(marked),
        reports_marked=sum(map(any, marked)),
        ratios=sum(map(len, marked)),
        ratios_marked=sum(map(sum, marked)),
    )


# --- contenders that are alike, of a run of the program -----------------


def reports_of(results: Results, rounds: int) -> list[Report]:
    """Cuts a long run with several controls into reports of few rounds.

    In each column the baseline and its first control keep their parts; the
    other controls play the contenders.
    """
    rows_of: dict[Case, dict[int, Rounds]] = {}
    for case in results.cases:
        if case.contender.structure == results.baseline:
            column = rows_of.setdefault(results.baseline_of(case), {})
            column[case.contender.control] = results.values(
                case, time_counters(case.operation)[0]
            )
    columns = [rows for rows in rows_of.values() if len(rows) > 2]
    # Of an interrupted run, what every row has: an empty report raises no
    # alarm.
    measured = min(
        (len(v) for rows in columns for v in rows.values()), default=0
    )
    reports: list[Report] = [
        [_column(rows, range(first, first + rounds)) for rows in columns]
        for first in range(0, measured - rounds + 1, rounds)
    ]
    if not reports:
        raise ResultsError(
            results.path,
            f"needs two controls or more and at least {rounds} rounds",
            f"run pfnbench --controls=4 --rounds={100 * rounds}"
            " --row-budget=0",
        )
    return reports


def _column(rows: Mapping[int, Rounds], window: range) -> Column:
    alike = [
        {number: values[number] for number in window if number in values}
        for _, values in sorted(rows.items())
    ]
    control, *contenders = (paired_ratios(v, alike[0]) for v in alike[1:])
    return Column(control, contenders)


def false_alarms_of_run(results: Results, rounds: int) -> str:
    """Text: how often contenders of a run that are alike were marked."""
    reports = reports_of(results, rounds)
    counts = {name: count_marks(reports, rule) for name, rule in RULES.items()}
    total = counts["report's *"]
    title = (
        f"false alarms: {total.reports} reports of"
        f" {total.ratios // total.reports} ratios of {results.baseline} to"
        f" itself, {rounds} rounds each"
    )
    rows = [
        (
            name,
            [
                Cell(
                    (
                        str(c.reports_marked),
                        _share(c.reports_marked, c.reports),
                    )
                ),
                Cell(
                    (str(c.ratios_marked), _share(c.ratios_marked, c.ratios))
                ),
            ],
        )
        for name, c in counts.items()
    ]
    return page(
        [render(Table(title, ["reports", "ratios"], "marked by", rows))]
    )


def _share(part: int, whole: int) -> str:
    return f"{number(100 * part / whole)}%"


# --- contenders that are alike, simulated -------------------------------

# Slowdowns of the rows of one round, in the order in which they run.
Round = Callable[[Sequence[int]], Sequence[float]]
# A machine: makes rounds for so many rows.
Noise = Callable[[random.Random, int], Round]


def _steady(rng: random.Random, rows: int) -> Round:
    """2 % of noise, nothing else."""
    return lambda order: [math.exp(rng.gauss(0, 0.02)) for _ in order]


def _spikes(rng: random.Random, rows: int) -> Round:
    """Every tenth row is preempted, for 20 % of its time or much longer."""

    def spike() -> float:
        if rng.random() > 0.1:
            return 1.0
        return 1 + 0.2 * (rng.paretovariate(1.5) - 1)

    return lambda order: [
        math.exp(rng.gauss(0, 0.02)) * spike() for _ in order
    ]


def _heavy_tail(rng: random.Random, rows: int) -> Round:
    """Delays that have no mean."""
    return lambda order: [1 + 0.02 * (rng.paretovariate(1) - 1) for _ in order]


def _two_speeds(rng: random.Random, rows: int) -> Round:
    """Half of the rows meet a neighbour on the same core: 30 % slower."""
    return lambda order: [
        math.exp(rng.gauss(0, 0.005)) * rng.choice((1, 1.3)) for _ in order
    ]


def _loud_rounds(rng: random.Random, rows: int) -> Round:
    """Some rounds are quiet, in others somebody compiles."""
    spikes = _spikes(rng, rows)

    def slowdowns(order: Sequence[int]) -> Sequence[float]:
        loudness = math.exp(rng.gauss(0, 1))
        return [slowdown**loudness for slowdown in spikes(order)]

    return slowdowns


def _random_walk(rng: random.Random, rows: int) -> Round:
    """The speed wanders, from row to row and from round to round."""
    level = 0.0

    def slowdowns(order: Sequence[int]) -> Sequence[float]:
        nonlocal level
        made = []
        for _ in order:
            level = 0.98 * level + rng.gauss(0, 0.02)
            made.append(math.exp(level + rng.gauss(0, 0.01)))
        return made

    return slowdowns


def _trend(rng: random.Random, rows: int) -> Round:
    """Every round ends 20 % slower than it began, as a CPU heats up."""
    return lambda order: [
        math.exp(rng.gauss(0, 0.02) + 0.2 * place / len(order))
        for place, _ in enumerate(order)
    ]


def _carry_over(rng: random.Random, rows: int) -> Round:
    """A row is up to 20 % slower after one that leaves cold caches."""
    leaves = [0.2 * rng.random() for _ in range(rows)]
    return lambda order: [
        math.exp(rng.gauss(0, 0.02)) * (1 + leaves[before])
        for before in (order[-1], *order[:-1])
    ]


NOISES: Mapping[str, Noise] = {
    "steady": _steady,
    "spikes": _spikes,
    "heavy tail": _heavy_tail,
    "two speeds": _two_speeds,
    "loud rounds": _loud_rounds,
    "random walk": _random_walk,
    "trend in a round": _trend,
    "carry-over": _carry_over,
}

Order = Callable[[random.Random, int, int], Iterator[Sequence[int]]]


def _random_order(
    rng: random.Random, rows: int, rounds: int
) -> Iterator[Sequence[int]]:
    """Google Benchmark's interleaving: shuffled anew in every round."""
    for _ in range(rounds):
        yield rng.sample(range(rows), rows)


def _fixed_order(
    rng: random.Random, rows: int, rounds: int
) -> Iterator[Sequence[int]]:
    """In every round the same."""
    order = rng.sample(range(rows), rows)
    for _ in range(rounds):
        yield order


def _balanced_order(
    rng: random.Random, rows: int, rounds: int
) -> Iterator[Sequence[int]]:
    """Lines of a Latin square, every second one backwards.

    A whole square takes as many rounds as there are rows. These are as far
    apart as possible, so that every row stands early, midway and late.
    """
    order = rng.sample(range(rows), rows)
    for turn in range(rounds):
        cut = turn * rows // rounds
        line = order[cut:] + order[:cut]
        yield line[::-1] if turn % 2 else line


ORDERS: Mapping[str, Order] = {
    "random": _random_order,
    "fixed": _fixed_order,
    "balanced": _balanced_order,
}


@dataclass(frozen=True)
class Plan:
    """Size of what is simulated: a run of everything."""

    reports: int = 100
    columns: int = 52
    contenders: int = 25
    rounds: int = 9
    seed: int = 1


def simulate(plan: Plan, noise: Noise, order: Order) -> list[Report]:
    """Reports of contenders that are all alike."""
    rng = random.Random(plan.seed)
    return [
        _simulate_report(plan, noise, order, rng) for _ in range(plan.reports)
    ]


def _simulate_report(
    plan: Plan, noise: Noise, order: Order, rng: random.Random
) -> Report:
    height = plan.contenders + 2  # baseline and control stand first
    rows = plan.columns * height
    one_round = noise(rng, rows)
    values: list[dict[int, float]] = [{} for _ in range(rows)]
    for turn, line in enumerate(order(rng, rows, plan.rounds)):
        for row, slowdown in zip(line, one_round(line)):
            values[row][turn] = slowdown
    return [
        _column(
            dict(enumerate(values[first : first + height])),
            range(plan.rounds),
        )
        for first in range(0, rows, height)
    ]


def slowed(reports: Sequence[Report], factor: float) -> list[Report]:
    """The same, but every contender takes `factor` times as long."""
    return [
        [
            Column(
                c.control, [[factor * r for r in rs] for rs in c.contenders]
            )
            for c in report
        ]
        for report in reports
    ]


# Set, drain and both together on five traces, of three structures.
PRIMARY = Plan(columns=15, contenders=3)
_FACTORS = (1.05, 1.1, 1.2, 1.5)


def primary_simulated(plan: Plan) -> list[str]:
    """Table: the same for the primary ratios of a run."""
    plan = replace(
        PRIMARY,
        reports=10 * plan.reports,
        rounds=plan.rounds,
        seed=plan.seed,
    )
    rows = []
    for name, noise in NOISES.items():
        reports = simulate(plan, noise, _random_order)
        alike = count_marks(reports, _exceeds_control)
        few = reports[: math.ceil(plan.reports / 10)]
        cells = [
            _share(alike.reports_marked, alike.reports),
            _share(alike.ratios_marked, alike.ratios),
        ]
        for factor in _FACTORS:
            found = count_marks(slowed(few, factor), _exceeds_control)
            cells.append(_share(found.ratios_marked, found.ratios))
        rows.append((name, [Cell((text,)) for text in cells]))
    return render(
        Table(
            f"primary ratios, {plan.reports} reports of"
            f" {plan.columns * plan.contenders}: share of reports with any"
            " mark and of ratios marked when they are alike, of ratios when"
            " they are slower by",
            [
                "reports",
                "ratios",
                *(percent(100 * (factor - 1)) for factor in _FACTORS),
            ],
            "noise",
            rows,
            most_columns=6,
        )
    )


def false_alarms_simulated(plan: Plan) -> str:
    """Text: marks of contenders that are alike, and of slower ones."""
    alarms, finds = [], []
    for name, noise in NOISES.items():
        reports = simulate(plan, noise, _random_order)
        counts = [count_marks(reports, rule) for rule in RULES.values()]
        alarms.append(
            (
                name,
                [
                    Cell(
                        (
                            _share(c.reports_marked, c.reports),
                            _share(c.ratios_marked, c.ratios),
                        )
                    )
                    for c in counts
                ],
            )
        )
        # Marks of one contender in a hundred would say as much.
        few = reports[: math.ceil(plan.reports / 10)]
        found = [count_marks(slowed(few, f), _MARKED) for f in _FACTORS]
        finds.append(
            (name, [Cell((_share(c.ratios_marked, c.ratios),)) for c in found])
        )
    size = (
        f"{plan.reports} reports of {plan.columns * plan.contenders} ratios,"
        f" {plan.rounds} rounds, seed {plan.seed}"
    )
    return page(
        [
            render(
                Table(
                    f"false alarms: share of reports with any mark, and of"
                    f" ratios marked; {size}",
                    list(RULES),
                    "noise",
                    alarms,
                )
            ),
            render(
                Table(
                    "share of contenders that the report marks when they are"
                    " slower by",
                    [percent(100 * (f - 1)) for f in _FACTORS],
                    "noise",
                    finds,
                )
            ),
            primary_simulated(plan),
        ]
    )


def orders_simulated(plan: Plan) -> str:
    """Text: false alarms and widths for each order of the rows."""
    alarms, widths = [], []
    for name, noise in NOISES.items():
        made = [simulate(plan, noise, order) for order in ORDERS.values()]
        counts = [
            [count_marks(reports, rule) for rule in (_excludes_1, _is_marked)]
            for reports in made
        ]
        alarms.append(
            (
                name,
                [
                    Cell(
                        (
                            _share(one.ratios_marked, one.ratios),
                            _share(all_.reports_marked, all_.reports),
                        )
                    )
                    for one, all_ in counts
                ],
            )
        )
        widths.append((name, [Cell((_typical_width(r),)) for r in made]))
    size = (
        f"{plan.reports} reports of {plan.columns * plan.contenders} ratios,"
        f" {plan.rounds} rounds, seed {plan.seed}"
    )
    return page(
        [
            render(
                Table(
                    "orders of the rows: share of ratios whose 95 % interval"
                    f" excludes 1, and of reports with any *; {size}",
                    list(ORDERS),
                    "noise",
                    alarms,
                )
            ),
            render(
                Table(
                    "half the 95 % interval of a ratio, median",
                    list(ORDERS),
                    "noise",
                    widths,
                )
            ),
        ]
    )


def _typical_width(reports: Sequence[Report]) -> str:
    widths = [
        width
        for report in reports
        for column in report
        for ratios in column.contenders
        if (value := estimate(ratios)) is not None
        and (width := value.half_width_percent) is not None
    ]
    return f"{number(median(widths))}%" if widths else "-"


# --- two runs of one machine --------------------------------------------


def agreement(one: Results, other: Results) -> str:
    """Text: in how many rows two runs differ by less than they claim."""
    cases = [case for case in one.cases if case in set(other.cases)]
    rows = []
    for name, estimate_of in (
        ("ratio", _ratio),
        ("ratio, its interval alone", _ratio_alone),
        ("ns per page or range", _time),
    ):
        pairs = [
            (first, second)
            for case in cases
            if (first := estimate_of(one, case)) is not None
            and (second := estimate_of(other, case)) is not None
            and first.is_interval
            and second.is_interval
        ]
        if pairs:
            rows.append((name, _agreement_cells(pairs)))
    if not rows:
        raise ResultsError(
            other.path,
            f"has no row of six rounds or more in common with {one.path}",
            "give two runs of the same command",
        )
    return page(
        [
            render(
                Table(
                    f"agreement of {one.path} and {other.path}",
                    ["rows", "within", "overlap", "inside"],
                    "figure",
                    rows,
                )
            ),
            wrap(
                "within: the medians differ by less than the width of"
                " either interval; overlap: the intervals have a value in"
                " common; inside: each median lies in the other's interval"
            ),
        ]
    )


def _ratio(results: Results, case: Case) -> Estimate | None:
    """As the report has it, with an interval for all ratios together."""
    if case == results.baseline_of(case):
        return None
    return ratio(results, case, time_counters(case.operation)[0])


def _ratio_alone(results: Results, case: Case) -> Estimate | None:
    """With the interval that it would have alone, which is narrower."""
    if case == results.baseline_of(case):
        return None
    return estimate(ratios(results, case, time_counters(case.operation)[0]))


def _time(results: Results, case: Case) -> Estimate | None:
    counter = time_counters(case.operation)[0]
    return estimate(list(results.values(case, counter).values()))


def _agreement_cells(
    pairs: Sequence[tuple[Estimate, Estimate]],
) -> list[Cell]:
    within = overlap = inside = 0
    for a, b in pairs:
        difference = abs(a.median - b.median)
        within += difference <= min(a.high - a.low, b.high - b.low)
        overlap += a.low <= b.high and b.low <= a.high
        inside += a.low <= b.median <= a.high and b.low <= a.median <= b.high
    return [
        Cell((str(len(pairs)),)),
        *(
            Cell((_share(part, len(pairs)),))
            for part in (within, overlap, inside)
        ),
    ]
