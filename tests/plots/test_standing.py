# SPDX-License-Identifier: MIT
"""Who wins on a workload, and when nobody is said to."""

from collections.abc import Callable
from typing import Any

from conftest import DRIFT, document, memory, rows

from plots.read.results import Results
from plots.tables.standing import WHOLE, Measure, Place, measures

ResultsOf = Callable[[Any], Results]
SET = Measure("set", ("set",))


def test_record_and_hand_over_are_summed_within_a_round(
    results_of: ResultsOf,
) -> None:
    results = results_of(
        document(
            rows("set/a/cvbmp", [1, 2, 3]) + rows("drain/a/cvbmp", [10, 20])
        )
    )
    assert measures(results)[0] == WHOLE
    place = Place(results, WHOLE, "a", "")
    assert place.times("cvbmp") == {0: 11, 1: 22}


def test_a_run_without_drain_is_judged_by_what_it_has(
    results_of: ResultsOf,
) -> None:
    results = results_of(document(rows("set/a/cvbmp", [1, 2, 3])))
    assert measures(results) == [SET]


def contest(results_of: ResultsOf, **factors: "list[float]") -> Results:
    made = rows("set/a/xbitmap", [5 * d for d in DRIFT])
    made += rows("set/a/xbitmap/control:1", [5.01 * d for d in DRIFT])
    made += rows("set/a/flat", [0.5] * 9, **memory(8))
    made += rows("set/a/floor", [0.1] * 9)
    for name, values in factors.items():
        made += rows(
            f"set/a/{name}", [5 * d * f for d, f in zip(DRIFT, values)]
        )
    return results_of(document(made))


def test_the_limit_and_the_floor_cannot_win(results_of: ResultsOf) -> None:
    results = contest(results_of, cvbmp=[0.8] * 9)
    found = Place(results, SET, "a", "").standing
    assert found is not None
    assert found.winner == "cvbmp"
    assert [rival.structure for rival in found.rivals] == ["xbitmap"]
    assert found.to_baseline is not None
    assert found.to_baseline.mark == "*"
    assert found.undecided == ()


def test_a_rival_that_was_sometimes_faster_is_undecided(
    results_of: ResultsOf,
) -> None:
    mixed = [0.7, 0.9] * 4 + [0.81]
    results = contest(results_of, cvbmp=[0.8] * 9, maple=mixed)
    found = Place(results, SET, "a", "").standing
    assert found is not None
    assert [rival.structure for rival in found.undecided] == ["maple"]


def test_without_a_time_nobody_wins(results_of: ResultsOf) -> None:
    results = results_of(document(rows("set/a/floor", [1.0])))
    assert Place(results, SET, "a", "").standing is None
