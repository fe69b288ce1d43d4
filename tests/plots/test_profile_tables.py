# SPDX-License-Identifier: MIT
"""The report begins with what a developer asks of a structure at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from conftest import document, memory, profile, rows, times
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plots.tables.profile_tables import tables
from plots.text.report import report
from plots.read.results import Results

ResultsOf = Callable[[Any], Results]


def content(*profiles: "dict[str, Any]") -> "dict[str, Any]":
    made = rows("set/a/flat", times(1), **memory(2.29))
    made += rows("set/a/xbitmap", times(2.5), **memory(1.07))
    return {**document(made), "profiles": list(profiles)}


def counts(results_of: ResultsOf) -> Results:
    row = rows("set/a/xbitmap", [1.0])[0]
    return results_of(document([{**row, "instructions_per_page": 21.4}]))


def test_one_table_holds_time_tails_memory_and_instructions(
    results_of: ResultsOf,
) -> None:
    counted = counts(results_of)
    results = results_of(content(profile("flat"), profile("xbitmap")))
    table, legend = tables(results, counted)
    assert table == [
        "a, no faults: at a glance",
        "set ns  99.9 %   longest us   bits   peak   kept  instr  structure",
        "  1.02       4   0.0700 set   1640    147   4.00      -  flat",
        "  2.55       4   0.0700 set   1640   68.5   4.00   21.4  xbitmap",
    ]
    assert legend[0].startswith("at a glance: set ns")


def test_it_stands_before_every_other_table(results_of: ResultsOf) -> None:
    text = report(results_of(content(profile("flat"))))
    assert text.index("at a glance") < text.index("set, no faults: ns per")


def test_results_without_profiles_have_no_such_table(
    results_of: ResultsOf,
) -> None:
    assert "at a glance" not in report(results_of(content()))


def test_what_was_not_measured_is_a_dash_and_no_column_is_all_dashes(
    results_of: ResultsOf,
) -> None:
    cut = profile("xbitmap")
    del cut["memory"]
    cut["error"] = "cut off after 3 of 9 set in pass 0 of 2"
    gone = {k: cut[k] for k in ("workload", "condition", "error")}
    results = results_of(content(cut, {**gone, "structure": "cvbmp"}))
    table, _, short = tables(results)
    assert table[1:] == [
        "set ns  99.9 %   longest us   bits   peak  structure",
        "  2.55       4   0.0700 set   1.07   68.5  xbitmap",
        "     -       -            -      -      -  cvbmp",
    ]
    assert short == ["profiles cut off or not made: a/xbitmap a/cvbmp"]


def test_the_longest_step_of_a_single_repetition_is_marked(
    results_of: ResultsOf,
) -> None:
    once = profile("xbitmap")
    once["tails"]["repetitions"] = 1
    table = next(tables(results_of(content(profile("flat"), once))))
    assert "?" not in table[2]
    assert "?0.0700 set" in table[3]


def test_the_longest_step_is_the_longest_under_the_lock(
    results_of: ResultsOf,
) -> None:
    one = profile("xbitmap")
    steps = one["tails"]["operations"]
    steps["clear_range"] = {**steps["set"], "max": 5000.0, "max_raw": 5000.0}
    steps["destroy"] = {**steps["set"], "max": 9000.0, "max_raw": 9000.0}
    table = next(tables(results_of(content(one))))
    assert "5.00 cr" in table[2]


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    names=st.lists(
        st.text("abcdefghij-0123456789", min_size=1, max_size=40),
        min_size=1,
        max_size=5,
        unique=True,
    ),
    scale=st.floats(1e-3, 1e9),
)
def test_no_line_is_wider_than_72_columns(
    results_of: ResultsOf, names: "list[str]", scale: float
) -> None:
    results = results_of(content(*(profile(n, scale=scale) for n in names)))
    for table in tables(results):
        assert max(map(len, table)) <= 72
        assert all(line.isascii() for line in table)
