# SPDX-License-Identifier: MIT
"""Rows: one is one run of one case in one round.

A round is one repetition_index, in which every case ran once. Absent counters
are simply not there: nobody invents a zero.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from plots.read.case import Case, Contender, condition_of
from plots.read.file import GIVE_OURS, ResultsError

# Numbers that are no figures.
_NO_COUNTERS = {"control", "repetitions", "repetition_index"}


@dataclass(frozen=True)
class Row:
    """One run. `error` is the reason for having no counters.

    It begins with "over ", "failed: " or "not run: ".
    """

    case: Case
    round: int
    counters: Mapping[str, float]
    error: str | None


def read(path: Path, benchmarks: Any) -> list[Row]:
    """All rows of a file, in its order."""
    if not isinstance(benchmarks, list) or not benchmarks:
        remedy = "run again, with a filter that matches at least one"
        raise ResultsError(path, "has no benchmarks", remedy)
    found = [
        _row(path, number, benchmark)
        for number, benchmark in enumerate(benchmarks)
        if not isinstance(benchmark, dict)
        or benchmark.get("run_type") != "aggregate"
    ]
    if not found:
        remedy = "run again without --benchmark_report_aggregates_only"
        raise ResultsError(
            path, "has aggregates only, no single rounds", remedy
        )
    # Two rows of a case in one round would pair with the wrong baseline.
    count_of = Counter((row.case, row.round) for row in found)
    ((case, number), count), *_ = count_of.most_common(1)
    if count > 1:
        problem = f"{case.name} stands {count} times in round {number}"
        remedy = "do not merge the results of several runs"
        raise ResultsError(path, problem, remedy)
    return found


def _case(fields: Mapping[str, Any]) -> Case | None:
    """The case that these fields of a row name; None where one is wrong."""
    names = [fields.get(key) for key in ("operation", "workload", "structure")]
    control = fields.get("control", 0)
    conditions = fields.get("conditions", {})
    if (
        not all(isinstance(name, str) and name for name in names)
        or type(control) is not int
        or control < 0
        or not isinstance(conditions, dict)
        or not all(isinstance(value, str) for value in conditions.values())
    ):
        return None
    operation, workload, structure = map(str, names)
    who = Contender(structure, control)
    return Case(operation, workload, who, condition_of(conditions))


def _row(path: Path, number: int, benchmark: Any) -> Row:
    name = benchmark.get("name") if isinstance(benchmark, dict) else None
    if not isinstance(name, str):
        problem = f"benchmark {number} has no name"
        raise ResultsError(path, problem, "run the benchmark again")
    case = _case(benchmark)
    if case is None:
        problem = f"benchmark {number} is called {name!r}, and does not say of"
        problem += " which operation, workload and structure it is"
        raise ResultsError(path, problem, GIVE_OURS)
    round_number = benchmark.get("repetition_index")
    if type(round_number) is not int:
        round_number = 0
    if benchmark.get("error_occurred"):
        why = str(benchmark.get("error_message") or "failed: no reason given")
        return Row(case, round_number, {}, why)
    counters = {
        key: float(value)
        for key, value in benchmark.items()
        if type(value) in (int, float) and key not in _NO_COUNTERS
    }
    return Row(case, round_number, counters, None)
