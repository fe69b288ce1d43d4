# SPDX-License-Identifier: MIT
"""The experiments find false alarms where there are some."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import document, rows

from plots.__main__ import main
from plots.lab import (
    NOISES,
    ORDERS,
    RULES,
    Plan,
    agreement,
    count_marks,
    false_alarms_of_run,
    reports_of,
    simulate,
    slowed,
)
from plots.read.results import Results, ResultsError

ResultsOf = Callable[[Any], Results]
REPORTED = RULES["report's *"]
ALONE = RULES["excludes 1"]
PLAN = Plan(reports=20, columns=5, contenders=10)


def alike(controls: int, rounds: int, factor: float = 1.0) -> Any:
    """A run of xbitmap and its controls; the last one `factor` slower."""
    made = rows("set/a/xbitmap", [5.0] * rounds)
    for number in range(1, controls + 1):
        slow = factor if number == controls else 1.0
        made += rows(f"set/a/xbitmap/control:{number}", [5 * slow] * rounds)
    return document(made, repetitions=str(rounds))


@pytest.mark.parametrize("noise", NOISES)
def test_contenders_that_are_alike_are_hardly_ever_marked(noise: str) -> None:
    reports = simulate(PLAN, NOISES[noise], ORDERS["random"])
    marked = count_marks(reports, REPORTED)
    assert marked.ratios == 20 * 5 * 10
    assert marked.reports_marked <= 1
    # The experiment sees alarms where nothing holds them back.
    alone = count_marks(reports, ALONE)
    assert 0.01 < alone.ratios_marked / alone.ratios < 0.08


def test_contenders_that_are_slower_are_marked() -> None:
    reports = simulate(PLAN, NOISES["steady"], ORDERS["random"])
    marked = count_marks(slowed(reports, 1.2), REPORTED)
    assert marked.ratios_marked > 0.99 * marked.ratios


def test_a_fixed_order_takes_its_own_effect_for_a_difference() -> None:
    plan = Plan(reports=4, columns=5, contenders=10)
    noise = NOISES["carry-over"]
    fixed = count_marks(simulate(plan, noise, ORDERS["fixed"]), ALONE)
    mixed = count_marks(simulate(plan, noise, ORDERS["random"]), ALONE)
    assert fixed.ratios_marked > 5 * mixed.ratios_marked


@pytest.mark.parametrize("order", ORDERS)
def test_every_row_runs_once_in_a_round(order: str) -> None:
    (report,) = simulate(
        Plan(reports=1, columns=3, contenders=4, rounds=7),
        NOISES["steady"],
        ORDERS[order],
    )
    assert len(report) == 3
    for column in report:
        assert len(column.control) == 7
        assert [len(ratios) for ratios in column.contenders] == [7] * 4


def test_the_same_seed_gives_the_same_reports() -> None:
    one, other, third = (
        simulate(Plan(2, 2, 2, seed=seed), NOISES["spikes"], ORDERS["random"])
        for seed in (1, 1, 2)
    )
    assert one == other != third


def test_a_long_run_is_cut_into_reports(results_of: ResultsOf) -> None:
    reports = reports_of(results_of(alike(controls=3, rounds=20)), 9)
    assert len(reports) == 2  # two rounds are left over
    assert [len(column.contenders) for column in reports[0]] == [2]
    assert count_marks(reports, REPORTED).ratios_marked == 0


def test_a_contender_that_is_not_alike_raises_the_alarm(
    results_of: ResultsOf,
) -> None:
    results = results_of(alike(controls=3, rounds=18, factor=1.5))
    text = false_alarms_of_run(results, 9)
    assert "2 reports of 2 ratios of xbitmap to itself" in text
    assert "2 100%   2 50.0%  report's *" in text


def test_rounds_that_an_interrupted_run_lacks_are_no_reports(
    results_of: ResultsOf,
) -> None:
    content = alike(controls=2, rounds=9)
    content["context"]["repetitions"] = "900"
    assert len(reports_of(results_of(content), 9)) == 1


@pytest.mark.parametrize("controls, rounds", [(1, 90), (3, 8)])
def test_a_run_that_cannot_be_cut_is_refused(
    controls: int, rounds: int, results_of: ResultsOf
) -> None:
    with pytest.raises(ResultsError, match="run pfnbench --controls=4"):
        reports_of(results_of(alike(controls, rounds)), 9)


def test_runs_that_contradict_each_other_do_not_agree(
    tmp_path: Path, results_of: ResultsOf
) -> None:
    def run(factor: float) -> Results:
        jitter = [1 + 0.01 * n for n in range(9)]
        made = rows("set/a/xbitmap", [5.0] * 9)
        made += rows("set/a/x", [factor * j for j in jitter])
        made += rows("set/a/y", jitter)
        return results_of(document(made))

    text = agreement(run(5), run(5.01))
    assert [
        x.split()[:4] for x in text.splitlines() if x.endswith("ratio")
    ] == [["2", "100%", "100%", "100%"]]
    text = agreement(run(5), run(10))
    assert [
        x.split()[:4] for x in text.splitlines() if x.endswith("ratio")
    ] == [["2", "50.0%", "50.0%", "50.0%"]]


def test_runs_with_nothing_in_common_are_refused(
    results_of: ResultsOf,
) -> None:
    one = results_of(document(rows("set/a/x", [1.0] * 9)))
    other = results_of(document(rows("set/b/x", [1.0] * 9)))
    with pytest.raises(ResultsError, match="in common"):
        agreement(one, other)


def test_the_commands_print_tables_of_72_columns(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "results.json"
    path.write_text(json.dumps(alike(controls=3, rounds=9)))
    for arguments in (
        ["false-alarms", str(path)],
        ["agreement", str(path), str(path)],
        ["false-alarms", "--reports=1", "--rounds=6"],
        ["orders", "--reports=1", "--rounds=6"],
    ):
        assert main(["experiment", *arguments]) == 0
        text = capsys.readouterr().out
        assert text.isascii()
        assert all(len(line) <= 72 for line in text.splitlines())


@pytest.mark.parametrize("value", ["0", "-1", "many", "1.5"])
def test_a_number_that_is_none_is_refused(
    value: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["experiment", "orders", f"--reports={value}"])
    assert caught.value.code == 2
    assert "whole number from 1" in capsys.readouterr().err
