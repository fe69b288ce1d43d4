# SPDX-License-Identifier: MIT
"""The ratios that a run declares as its own are marked by their own rule."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from conftest import FAILSLAB, document, full_document, rows
from test_answer import DECLARED
from test_report import report
from plots.text import mail, mail_subject
from plots.tables import standing
from plots.read.results import Results
from plots.tables.standing import Place
from plots.read.statistics import MOST_PRIMARY

ResultsOf = Callable[[Any], Results]

# The baseline was preempted in the third round, its control in none.
PREEMPTED = [1, 1.01, 3, 0.99, 1, 1.02, 1, 0.98, 1]
QUIET = [1, 1.01, 1, 0.99, 1, 1.02, 1, 0.98, 1]


def contest(
    cvbmp: Sequence[float],
    baseline: Sequence[float] = QUIET,
    control: Sequence[float] = QUIET,
    condition: str = "",
    **context: Any,
) -> Any:
    """Set and drain of xbitmap, cvbmp and, as fast as it, roaring."""
    made = []
    for operation in ("set", "drain"):
        stem = f"{operation}/a"
        for name, key, values in (
            ("xbitmap", "", baseline),
            ("xbitmap", "/control:1", control),
            ("cvbmp", "", cvbmp),
            ("roaring", "", cvbmp),
        ):
            made += rows(f"{stem}/{name}{condition}{key}", values)
    return document(made, **(context or DECLARED))


def marks(results: Results, condition: str = "") -> "dict[str, str]":
    made = {}
    for measure in standing.measures(results):
        place = Place(results, measure, "a", condition)
        for name in ("cvbmp", "roaring"):
            rival = place.ratio(name, "xbitmap")
            turned = place.ratio("xbitmap", name)
            if rival is not None and turned is not None:
                assert rival.mark == turned.mark
                made[f"{measure.name} {name}"] = rival.mark
    return made


@pytest.mark.parametrize("factor", [2, 0.3])
def test_one_disturbed_round_hides_no_primary_difference(
    factor: float, results_of: ResultsOf
) -> None:
    baseline = PREEMPTED if factor > 1 else QUIET
    values = [factor * q for q in QUIET]
    if factor < 1:
        values[2] *= 5  # preempted itself
    found = marks(results_of(contest(values, baseline)))
    for measure in ("set", "drain", "set + drain"):
        assert found[f"{measure} cvbmp"] == "*"
        # The same times, but nobody declared them.
        assert found[f"{measure} roaring"] == "~"


@pytest.mark.parametrize(
    "values, control",
    [
        (QUIET[::-1], QUIET),  # alike
        ([1.2 * q for q in QUIET], [1.25] * 9),  # the control does so too
        ([1.2 * q for q in QUIET], [0.8] * 9),  # in the other direction
        ([2, 0.5, 2, 0.5, 2, 0.5, 2, 2, 2], QUIET),  # now this, now that
    ],
)
def test_no_primary_difference_is_marked_where_none_is_shown(
    values: Sequence[float],
    control: Sequence[float],
    results_of: ResultsOf,
) -> None:
    found = marks(results_of(contest(values, control=control)))
    assert set(found.values()) == {"~"}


def test_five_rounds_claim_nothing_about_a_primary_ratio(
    results_of: ResultsOf,
) -> None:
    results = results_of(contest([9.0] * 5, QUIET[:5], QUIET[:5]))
    assert set(marks(results).values()) == {"?"}


@pytest.mark.parametrize(
    "context, condition",
    [
        ({"governor": "n/a"}, ""),  # an older file declares none
        ({**DECLARED, "primary_baseline": "flat"}, ""),
        ({**DECLARED, "primary_structures": "xarray"}, ""),
        ({**DECLARED, "primary_operations": "test"}, ""),
        (DECLARED, f"/{FAILSLAB}"),
    ],
)
def test_what_was_not_declared_is_secondary(
    context: Any, condition: str, results_of: ResultsOf
) -> None:
    values = [2 * q for q in QUIET]
    content = contest(values, PREEMPTED, condition=condition, **context)
    results = results_of(content)
    assert results.primary_ratios == frozenset()
    assert "PRIMARY" not in report(results)
    found = marks(results, condition.removeprefix("/"))
    assert found and set(found.values()) == {"~"}


def test_without_a_control_no_ratio_is_primary(
    results_of: ResultsOf,
) -> None:
    content = contest([2 * q for q in QUIET], PREEMPTED)
    content["benchmarks"] = [
        row for row in content["benchmarks"] if "control" not in row["name"]
    ]
    results = results_of(content)
    assert results.primary_ratios == frozenset()
    assert set(marks(results).values()) == {"~"}


def test_more_than_can_be_right_together_are_like_all_others(
    results_of: ResultsOf,
) -> None:
    made = []
    for number in range(MOST_PRIMARY + 1):
        for name, values in (
            ("xbitmap", PREEMPTED),
            ("xbitmap/control:1", QUIET),
            ("cvbmp", [2 * q for q in QUIET]),
        ):
            made += rows(f"set/{number or 'a'}/{name}", values)
    results = results_of(document(made, **DECLARED))
    assert len(results.primary_ratios) == 101
    assert marks(results) == {"set cvbmp": "~"}
    assert "more than the 100" in " ".join(report(results).split())
    results = results_of(document(made[:-27], **DECLARED))  # three rows
    assert len(results.primary_ratios) == 100
    assert marks(results) == {"set cvbmp": "*"}


def test_the_report_names_them_near_its_head_with_interval_and_mark(
    results_of: ResultsOf,
) -> None:
    content = contest([2 * q for q in QUIET], PREEMPTED, **DECLARED)
    text = report(results_of(content))
    text = text[text.index("PRIMARY") :]
    sections = text.split("\n\n")
    assert " ".join(sections[0].split()).startswith(
        "PRIMARY, declared before the run: 3 ratios to xbitmap, of cvbmp for"
        " set + drain, set, drain without faults. [ ] is the 95 % interval"
    )
    titles = [section.splitlines()[0] for section in sections[1:4]]
    assert titles == [
        f"primary: {name}, ratio to xbitmap"
        for name in ("set + drain", "set", "drain")
    ]
    # The lowest of the nine ratios, 0.667, is not in the interval.
    assert sections[1].splitlines()[-1] == "*2.00 [2.00, 2.00]  a"


def test_a_reply_says_by_which_rule_a_ratio_is_marked(
    results_of: ResultsOf,
) -> None:
    results = results_of(full_document(**DECLARED))
    choice = mail_subject.Choice("reply", structures=("cvbmp",))
    text = " ".join(mail.mail(results, None, choice).split())
    assert "cvbmp without faults were declared primary before the run" in text


def test_the_sum_is_primary_only_with_both_of_its_parts(
    results_of: ResultsOf,
) -> None:
    content = contest([2 * q for q in QUIET], PREEMPTED)
    content["benchmarks"] = [
        row
        for row in content["benchmarks"]
        if row["name"] != "drain/a/cvbmp"
    ]
    results = results_of(content)
    assert {parts for parts, _, _ in results.primary_ratios} == {("set",)}


def test_a_primary_ratio_of_another_measure_is_none(
    results_of: ResultsOf,
) -> None:
    results = results_of(full_document(**DECLARED))
    many = results.interval_for("", (("test",), "idle-8g", "cvbmp"))
    assert many == results.comparisons
