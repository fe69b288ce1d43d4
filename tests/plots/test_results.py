# SPDX-License-Identifier: MIT
"""What is read from a file, and how a file that cannot be read is refused."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import document, error_rows, full_document, rows

from plots.__main__ import main
from plots.results import (
    Case,
    Contender,
    Results,
    ResultsError,
    load,
    parse_name,
)

Write = Callable[[Any], Path]
ResultsOf = Callable[[Any], Results]

ONE_ROW = rows("set/idle-8g/xbitmap", [5.5])


def refused(content: "bytes | None", path: Path, capsys: Any) -> str:
    """Exit status 2 and one line on stderr, from both commands."""
    if content is not None:
        path.write_bytes(content)
    messages = []
    for command in ("report", "plot"):
        assert main([command, str(path)]) == 2
        out, err = capsys.readouterr()
        assert out == ""
        assert err.count("\n") == 1
        assert err.startswith(f"plots: {path}: ")
        messages.append(err)
    assert messages[0] == messages[1]
    return messages[0]


@pytest.mark.parametrize(
    "content, problem, remedy",
    [
        (None, "no such file", "run ./run bench"),
        (b"", "not JSON, or cut off", "run the benchmark again"),
        (b'{"context": {"da', "not JSON, or cut off", "run the benchmark"),
        pytest.param(
            b"[" * 200000,
            "not JSON, or cut off",
            "run the benchmark again",
            id="too-deep",
        ),
        (b"\xff\xfe\x00", "not a text file", "give the results.json"),
        (b"[]", "not a JSON object", "give the results.json"),
        (b"{}", "not pfnbench results", "give the results.json"),
        (b'{"context": 3}', "not pfnbench results", "give the results.json"),
        (
            b'{"context": {"pfnbench_schema": "2", "commit": "f00"}}',
            "has schema 2, but only 1 can be read",
            "use the plots of the commit that wrote it (f00)",
        ),
        (
            b'{"context": {"pfnbench_schema": "1"}}',
            "has no benchmarks",
            "run again, with a filter that matches",
        ),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_in_one_line(
    content: "bytes | None",
    problem: str,
    remedy: str,
    tmp_path: Path,
    capsys: Any,
) -> None:
    message = refused(content, tmp_path / "results.json", capsys)
    assert problem in message
    assert remedy in message


@pytest.mark.parametrize(
    "benchmarks, problem",
    [
        ([], "has no benchmarks"),
        ({}, "has no benchmarks"),
        ([3], "benchmark 0 has no name"),
        ([*ONE_ROW, {"name": 7}], "benchmark 1 has no name"),
        ([{"name": "BM_Foo"}], "'BM_Foo', not operation/workload/structure"),
        ([{"name": "set//xbitmap"}], "not operation/workload/structure"),
        (
            [{"name": "set/a/b", "run_type": "aggregate"}],
            "has aggregates only",
        ),
        (ONE_ROW * 2, "set/idle-8g/xbitmap stands 2 times in round 0"),
    ],
)
def test_benchmarks_that_are_not_ours_are_refused_in_one_line(
    benchmarks: Any, problem: str, tmp_path: Path, capsys: Any
) -> None:
    content = {**document([]), "benchmarks": benchmarks}
    path = tmp_path / "results.json"
    message = refused(json.dumps(content).encode(), path, capsys)
    assert problem in message


def test_every_cut_of_a_good_file_is_refused_or_read(
    tmp_path: Path,
) -> None:
    whole = json.dumps(document(ONE_ROW))
    path = tmp_path / "results.json"
    for length in range(0, len(whole), 7):
        path.write_text(whole[:length])
        with pytest.raises(ResultsError, match="cut off"):
            load(path)
    path.write_text(whole)
    assert len(load(path).rows) == 1


def test_a_directory_stands_for_the_file_in_it(write: Write) -> None:
    path = write(document(ONE_ROW))
    assert load(path.parent) == load(path)


def test_a_directory_without_results_names_the_file_it_looked_for(
    tmp_path: Path,
) -> None:
    with pytest.raises(ResultsError, match="results.json: no such file"):
        load(tmp_path)


def test_a_message_is_one_line_even_if_the_file_holds_many(
    write: Write,
) -> None:
    with pytest.raises(ResultsError) as error:
        load(write(document([], pfnbench_schema="1\n2\r3")))
    assert len(str(error.value).splitlines()) == 1


@pytest.mark.parametrize(
    "name, case",
    [
        (
            "set/idle-8g/xbitmap",
            Case("set", "idle-8g", Contender("xbitmap"), ""),
        ),
        (
            "set/idle-8g/xbitmap/control:1",
            Case("set", "idle-8g", Contender("xbitmap", 1), ""),
        ),
        (
            "set/a/x/fault:failslab:probability=1,interval=1/control:1",
            Case(
                "set",
                "a",
                Contender("x", 1),
                "fault:failslab:probability=1,interval=1",
            ),
        ),
        (
            "set/a/x/fault:nth:3/control:12",
            Case("set", "a", Contender("x", 12), "fault:nth:3"),
        ),
        ("set/a/x/fault:none", Case("set", "a", Contender("x"), "")),
        (
            "set/a/x/iterations:1/repeats:9/manual_time",
            Case("set", "a", Contender("x"), ""),
        ),
        (
            "drain/my/traces/a.pfntrace/x",
            Case("drain", "my/traces/a.pfntrace", Contender("x"), ""),
        ),
        ("set/a", None),
        ("", None),
    ],
)
def test_a_name_is_taken_apart(name: str, case: "Case | None") -> None:
    assert parse_name(name) == case


@pytest.mark.parametrize(
    "name",
    ["set/a/x", "set/a/x/control:1", "set/a/x/fault:nth:3/control:1"],
)
def test_a_case_gives_its_name_back(name: str) -> None:
    case = parse_name(name)
    assert case is not None
    assert case.name == name


def test_facts_of_workloads_and_structures_are_read(
    results_of: ResultsOf,
) -> None:
    results = results_of(
        document(
            ONE_ROW,
            **{
                "workload_idle-8g": "trace=9f3c pages=12 ranges=x"
                " guest_memory=4096",
                "structure_xbitmap": "family=radix; origin=W and W, 2017",
            },
        )
    )
    (workload,) = results.workloads
    assert (workload.name, workload.trace) == ("idle-8g", "9f3c")
    assert (workload.pages, workload.guest_memory) == (12, 4096)
    assert (workload.passes, workload.ranges) == (None, None)
    (structure,) = results.structures
    assert structure.facts == {"family": "radix", "origin": "W and W, 2017"}


def test_counters_that_are_no_numbers_are_not_there(
    write: Write,
) -> None:
    path = write(
        document(
            rows(
                "set/a/x",
                [5.5],
                nan=float("nan"),
                infinite=float("inf"),
                huge=10**400,
                text="3",
                yes=True,
                zero=0,
            )
        )
    )
    counters = load(path).rows[0].counters
    assert counters["zero"] == 0
    for name in ("nan", "infinite", "huge", "text", "yes"):
        assert name not in counters


def test_a_failed_row_has_a_reason_and_no_counters(
    results_of: ResultsOf,
) -> None:
    failed = error_rows("set/a/x", "oracle mismatch", 1)
    failed[0]["ns_per_page"] = 0.0
    (row,) = results_of(document(failed)).rows
    assert row.error == "oracle mismatch"
    assert row.counters == {}


def test_every_operation_of_a_full_run_is_found(
    results_of: ResultsOf,
) -> None:
    results = results_of(full_document())
    assert results.operations() == ["set", "test", "extract", "clear", "drain"]
    assert results.conditions("set") == ["", "fault:failslab:probability=1"]
    assert results.rounds == 9
