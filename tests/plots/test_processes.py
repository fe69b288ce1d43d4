# SPDX-License-Identifier: MIT
"""Rounds in several processes: the process is the unit of an interval."""

from __future__ import annotations

from collections.abc import Callable

from conftest import document, memory, rows

from plots.read.results import Results
from plots.tables import facts, standing

ResultsOf = Callable[..., Results]
PROCESSES = 9
ROUNDS = 3
# How a process lies in memory, and what a round adds to it.
LAYOUT = [1.0, 1.4, 0.9, 1.2, 1.1, 1.3, 0.8, 1.5, 1.0]
NOISE = [1.0, 1.01, 0.99]


def run(results_of: ResultsOf, factor: float = 1.0, processes: str = "9"):
    def times(ns: float, layout: list[float]) -> list[float]:
        return [ns * way * noise for way in layout for noise in NOISE]

    # The layout of one structure says nothing about that of another.
    other = LAYOUT[4:] + LAYOUT[:4]
    return results_of(
        document(
            [
                *rows("set/a/xbitmap", times(5, LAYOUT), **memory(1)),
                *rows("set/a/xbitmap/control:1", times(5, LAYOUT), **memory(1)),
                *rows("set/a/flat", times(5 * factor, other), **memory(1)),
            ],
            repetitions=str(PROCESSES * ROUNDS),
            **({"processes": processes} if processes else {}),
        )
    )


def test_a_value_is_the_median_of_a_process(results_of: ResultsOf) -> None:
    results = run(results_of)
    case = results.case_named("set/a/xbitmap")
    values = results.values(case, "ns_per_page")
    assert values == {i: 5 * way for i, way in enumerate(LAYOUT)}
    found = results.estimate(case, "ns_per_page")
    assert found.count == PROCESSES
    assert found.low <= 5 * 0.9 and found.high >= 5 * 1.3


def test_an_interval_covers_what_differs_between_processes(
    results_of: ResultsOf,
) -> None:
    for processes, mark in (("9", "~"), ("", "*")):
        (place,) = standing.places(run(results_of, 1.15, processes))
        assert place.ratio("flat").mark == mark, processes


def test_the_report_says_how_far_processes_lie_apart(
    results_of: ResultsOf,
) -> None:
    said = " ".join(facts.head(run(results_of)))
    assert "9 processes" in said
    assert "lie 17.2 % from it" in said
    assert "rounds lie 0.7 % from theirs" in said
    assert "processes" not in " ".join(facts.head(run(results_of, 1, "")))


def test_a_number_of_processes_that_is_none_is_one(
    results_of: ResultsOf,
) -> None:
    assert run(results_of, 1, "many").processes == 1
