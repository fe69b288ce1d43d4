# SPDX-License-Identifier: MIT
"""Results of version 1 are read as if they had the fields of version 2."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import document, rows

from plots.read.results import Case, Entrant, Results, load
from plots.read.version1 import upgrade

ResultsOf = Callable[[Any], Results]

# A run of 30 November 2026, cut down to two structures on two traces.
REAL = Path(__file__).parent / "data" / "version1.json"
FAILSLAB = "fault:failslab:probability=1"


def case(
    operation: str, workload: str, structure: str, control: int = 0
) -> Case:
    return Case(operation, workload, Entrant(structure, control), "")


@pytest.fixture(name="real", scope="module")
def fixture_real() -> Results:
    return load(REAL)


def test_every_row_of_a_real_file_is_a_case_of_its_own(real: Results) -> None:
    written = json.loads(REAL.read_text())["benchmarks"]
    assert [row.case.name for row in real.rows] == [
        row["name"] for row in written
    ]
    assert {row.case for row in real.rows if row.case.condition == ""} == {
        *(
            case("set", workload, structure, control)
            for workload in ("busy-2g", "oom-2g")
            for structure, control in (
                ("xbitmap", 0),
                ("xbitmap", 1),
                ("cvbmp", 0),
            )
        ),
        case("set", "oom-2g", "floor"),
        case("drain", "oom-2g", "xbitmap"),
        case("drain", "oom-2g", "xbitmap", 1),
        case("drain", "oom-2g", "cvbmp"),
    }
    assert real.conditions("set") == ["", FAILSLAB]


def test_figures_of_a_real_file_are_those_that_were_written(
    real: Results,
) -> None:
    written = [
        row["ns_per_page"]
        for row in json.loads(REAL.read_text())["benchmarks"]
        if row["name"] == "set/oom-2g/cvbmp"
    ]
    found = real.values(case("set", "oom-2g", "cvbmp"), "ns_per_page")
    assert list(found.values()) == written and len(written) == 6


def test_what_a_real_file_does_not_say_was_the_same_for_all(
    real: Results,
) -> None:
    assert (real.floor, real.replay) == ("floor", "replay")
    assert real.setless == ("array", "pipelined")
    assert real.operations() == ["set", "drain"]
    assert [s.name for s in real.structures] == ["xbitmap", "cvbmp"]
    assert real.traits["cvbmp"].family == "list"
    assert real.traits["cvbmp"].clear_can_fail is False
    assert real.traits["cvbmp"].origin == "Tetsuo Handa, 3 Jan 2018"
    busy = {w.name: w for w in real.workloads}["busy-2g"]
    assert (busy.pages, busy.passes, busy.ranges) == (1804288, 9, 76728)
    assert busy.facts["list_distance"].startswith("0:0.9035,")


def test_profiles_of_a_real_file_are_read(real: Results) -> None:
    profile = real.profile_of(case("set", "oom-2g", "cvbmp"))
    assert profile is not None and profile.memory and profile.tails
    assert profile.memory.pass_ends and profile.memory.timeline
    assert "set" in profile.tails.operations


def test_variants_are_known_by_their_names_and_strangers_are_not(
    results_of: ResultsOf,
) -> None:
    facts = {
        f"structure_{name}": "family=x"
        for name in ("roaring-run", "btree-range", "cvbmp-mine", "xbitmap")
    }
    results = results_of(document(rows("set/a/x", [1.0]), **facts))
    assert {s.name: s.variant_of for s in results.structures} == {
        "xbitmap": None,
        "btree-range": None,
        "roaring-run": "roaring",
        "cvbmp-mine": None,
    }


def test_facts_that_are_no_numbers_are_not_known(
    results_of: ResultsOf,
) -> None:
    results = results_of(
        document(
            rows("set/idle-8g/x", [5.5]),
            **{"workload_idle-8g": "trace=9f3c pages=12 ranges=x passes=1_0"},
        )
    )
    (workload,) = results.workloads
    assert (workload.trace, workload.pages) == ("9f3c", 12)
    assert (workload.ranges, workload.passes) == (None, None)


@pytest.mark.parametrize(
    "message, reason",
    [
        ("oracle mismatch", "failed: oracle mismatch"),
        ("failed: leaks", "failed: leaks"),
        ("takes over 3.4 s: recording", "over 3.4 s: recording"),
        ("not run: x hangs", "not run: x hangs"),
    ],
)
def test_reasons_of_rows_have_the_words_of_today(
    message: str, reason: str, results_of: ResultsOf
) -> None:
    failed = {
        **rows("set/a/x", [1.0])[0],
        "error_occurred": True,
        "error_message": message,
    }
    assert results_of(document([failed])).rows[0].error == reason


@pytest.mark.parametrize(
    "name, case",
    [
        (
            "set/idle-8g/xbitmap",
            Case("set", "idle-8g", Entrant("xbitmap"), ""),
        ),
        (
            "set/idle-8g/xbitmap/control:1",
            Case("set", "idle-8g", Entrant("xbitmap", 1), ""),
        ),
        (
            "set/a/x/fault:failslab:probability=1,interval=1/control:1",
            Case(
                "set",
                "a",
                Entrant("x", 1),
                "fault:failslab:probability=1,interval=1",
            ),
        ),
        (
            "set/a/x/fault:nth:3/control:12",
            Case("set", "a", Entrant("x", 12), "fault:nth:3"),
        ),
        ("set/a/x/fault:none", Case("set", "a", Entrant("x"), "")),
        (
            "drain/my/traces/a.pfntrace/x",
            Case("drain", "my/traces/a.pfntrace", Entrant("x"), ""),
        ),
    ],
)
def test_a_name_is_taken_apart(
    name: str, case: "Case", results_of: ResultsOf
) -> None:
    assert results_of(document(rows(name, [1.0]))).cases == (case,)


@pytest.mark.parametrize(
    "name",
    ["set/a/x", "set/a/x/control:1", "set/a/x/fault:nth:3/control:1"],
)
def test_a_case_gives_its_name_back(
    name: str, results_of: ResultsOf
) -> None:
    assert results_of(document(rows(name, [1.0]))).cases[0].name == name


def test_an_upgraded_file_is_read_as_the_old_one(
    real: Results, results_of: ResultsOf
) -> None:
    today = results_of(upgrade(json.loads(REAL.read_text())))
    assert today.context["pfnbench_schema"] == "2"
    for part in ("rows", "structures", "workloads", "profiles", "order"):
        assert getattr(today, part) == getattr(real, part), part


def test_a_row_that_failed_without_a_reason_says_so(
    results_of: ResultsOf,
) -> None:
    content = document(rows("set/w/flat", [1.0]))
    content["benchmarks"][0] |= {"error_occurred": True, "error_message": ""}
    results = results_of(content)
    (case,) = results.failed
    assert results.errors == {(case, "failed: no reason given"): 1}
