# SPDX-License-Identifier: MIT
"""What is read from a file, and how a file that cannot be read is refused."""

import json
from collections.abc import Callable
from pathlib import Path
from time import process_time
from typing import Any

import pytest
from conftest import document, error_rows, full_document, profile, rows

from plots.__main__ import main
from plots.read.results import (
    Case,
    Entrant,
    Results,
    ResultsError,
    load,
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
            b'{"context": {"pfnbench_schema": "3", "commit": "f00"}}',
            "has schema 3, but only 1 and 2 can be read",
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
        ({}, "benchmarks is not a list"),
        ([3], "benchmarks[0] is not an object"),
        ([*ONE_ROW, {"name": 7}], "benchmarks[1] has no workload"),
        ([{"name": "BM_Foo"}], "benchmarks[0] has no workload"),
        ([{"name": "set//xbitmap"}], "benchmarks[0] has no workload"),
        (
            [{"name": "set/a/b", "run_type": "aggregate"}],
            "has no benchmarks of single rounds",
        ),
        (ONE_ROW * 2, "set/idle-8g/xbitmap in round 0 stands 2 times"),
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


def declared(**values: Any) -> dict[str, Any]:
    """A context of version 2."""
    return {
        "pfnbench_schema": "2",
        "baseline": "xbitmap",
        "repetitions": "1",
        "floor": "floor",
        "setless": ["array"],
        "default_workloads": ["idle-8g"],
        "operations": [
            {"name": "set", "kind": "set", "times": ["ns_per_page"]},
            {"name": "walk", "kind": "set", "times": ["ns_per_range"]},
            {"name": "play", "kind": "driver", "times": ["ns_per_page"]},
        ],
        "structures": [
            {"name": "xbitmap", "family": "radix", "origin": "W, 2017"},
            {
                "name": "a-variant",
                "family": "radix",
                "variant_of": "xbitmap",
                "clear_can_fail": True,
                "accounts_memory": False,
            },
        ],
        "workloads": [
            {
                "name": "idle-8g",
                "trace": "9f3c",
                "pages": 12,
                "guest_memory": 4096,
                "attempts": "3",
            }
        ],
        **values,
    }


def measured(structure: str, **fields: Any) -> dict[str, Any]:
    """A row of version 2; its name says nothing that is read."""
    return {
        "name": f"row {structure} {sorted(fields.items())}",
        "run_type": "iteration",
        "repetitions": 1,
        "repetition_index": 0,
        "operation": "set",
        "workload": "idle-8g",
        "structure": structure,
        "ns_per_page": 5.5,
        **fields,
    }


def version2(*benchmarks: dict[str, Any], **context: Any) -> dict[str, Any]:
    return {"context": declared(**context), "benchmarks": list(benchmarks)}


def test_a_case_is_read_from_fields_and_not_from_the_name(
    results_of: ResultsOf,
) -> None:
    conditions = {"policy": "free", "fault": "nth:3/x"}
    results = results_of(
        version2(
            measured("xbitmap"),
            measured("xbitmap", control=2),
            measured("mine", workload="a/b:c", conditions=conditions),
        )
    )
    assert results.cases == (
        Case("set", "idle-8g", Entrant("xbitmap"), ""),
        Case("set", "idle-8g", Entrant("xbitmap", 2), ""),
        Case("set", "a/b:c", Entrant("mine"), "policy:free/fault:nth:3/x"),
    )
    assert results.rows[1].counters == {"ns_per_page": 5.5}


@pytest.mark.parametrize(
    "wrong, problem",
    [
        ({"operation": None}, "operation is not text"),
        ({"operation": ""}, "operation is not text"),
        ({"workload": 3}, "workload is not text"),
        ({"workload": ""}, "workload is not text"),
        ({"structure": ["x"]}, "structure is not text"),
        ({"control": -1}, "control is not a whole number"),
        ({"control": True}, "control is not a whole number"),
        ({"conditions": "fault:nth:3"}, "conditions is not an object"),
        ({"conditions": {"fault": 3}}, "conditions: fault is not text"),
        ({"repetition_index": 0.5}, "repetition_index is not a whole number"),
        ({"error_occurred": 1}, "error_occurred is not true or false"),
    ],
)
def test_a_row_with_a_field_of_another_kind_is_refused(
    wrong: Any, problem: str, write: Write
) -> None:
    with pytest.raises(ResultsError) as error:
        load(write(version2({**measured("xbitmap"), **wrong})))
    assert f": benchmarks[0]: {problem}; " in str(error.value)


@pytest.mark.parametrize(
    "context, problem",
    [
        ({"floor": None}, "context: floor is not text"),
        ({"setless": "array"}, "context: setless is not a list"),
        ({"operations": [{"name": "set"}]}, "operations[0] has no kind"),
        ({"structures": ["x"]}, "structures[0] is not an object"),
        ({"structures": [{}]}, "structures[0] has no name"),
        (
            {"structures": [{"name": "x", "clear_can_fail": "no"}]},
            "clear_can_fail is not true or false",
        ),
        (
            {"workloads": [{"name": "x", "pages": -1}]},
            "workloads[0]: pages is not a whole number",
        ),
    ],
)
def test_a_context_of_another_shape_is_refused_in_one_line(
    context: Any, problem: str, tmp_path: Path, capsys: Any
) -> None:
    content = version2(measured("xbitmap"), **context)
    path = tmp_path / "results.json"
    assert problem in refused(json.dumps(content).encode(), path, capsys)


def test_what_the_program_declares_is_read(results_of: ResultsOf) -> None:
    results = results_of(version2(measured("xbitmap")))
    assert (results.floor, results.setless) == ("floor", ("array",))
    assert results.replay == "play"
    assert results.time_counters("walk") == ("ns_per_range",)
    assert results.variant_of("a-variant") == "xbitmap"
    assert results.variant_of("xbitmap") is None
    assert results.variant_of("a stranger") is None
    variant = results.traits["a-variant"]
    assert (variant.family, variant.origin) == ("radix", None)
    assert variant.facts == {
        "name": "a-variant",
        "family": "radix",
        "variant_of": "xbitmap",
        "clear_can_fail": "yes",
        "accounts_memory": "no",
    }
    (workload,) = results.workloads
    assert (workload.name, workload.trace) == ("idle-8g", "9f3c")
    assert (workload.pages, workload.guest_memory) == (12, 4096)
    assert (workload.passes, workload.ranges) == (None, None)
    assert workload.facts["attempts"] == "3"


def test_structures_stand_in_the_order_of_the_file(
    results_of: ResultsOf,
) -> None:
    names = ["floor", "array", "mine", "a-variant", "xbitmap"]
    results = results_of(
        version2(*map(measured, names), measured("xbitmap", control=1))
    )
    assert results.in_order({case.entrant for case in results.cases}) == [
        Entrant("xbitmap"),
        Entrant("xbitmap", 1),
        Entrant("a-variant"),
        Entrant("mine"),
        Entrant("array"),
        Entrant("floor"),
    ]


def test_operations_stand_in_the_order_of_the_file(
    results_of: ResultsOf,
) -> None:
    results = results_of(
        version2(
            *(
                measured("xbitmap", operation=operation)
                for operation in ("play", "fly", "walk")
            )
        )
    )
    assert results.operations() == ["walk", "play", "fly"]


def test_a_figure_is_estimated_over_the_rounds(results_of: ResultsOf) -> None:
    results = results_of(
        version2(
            *(
                measured("xbitmap", repetition_index=i, ns_per_page=i)
                for i in range(9)
            )
        )
    )
    (case,) = results.cases
    time = results.estimate(case, "ns_per_page")
    assert time is not None
    assert (time.low, time.median, time.high) == (1, 4, 7)
    assert results.estimate(case, "pages") is None
    assert results.case_named(case.name) == case
    assert results.case_named("set/idle-8g/other") is None


def test_counters_that_are_no_numbers_are_not_there(
    write: Write,
) -> None:
    path = write(
        document(rows("set/a/x", [5.5], text="3", yes=True, nil=None, zero=0))
    )
    counters = load(path).rows[0].counters
    assert counters["zero"] == 0
    for name in ("text", "yes", "nil"):
        assert name not in counters


def in_context(**values: Any) -> str:
    return json.dumps(document(ONE_ROW, **values))


def in_row(**values: Any) -> str:
    return json.dumps(document([{**ONE_ROW[0], **values}]))


def in_profile(**values: Any) -> str:
    content = document(ONE_ROW)
    content["profiles"] = [{**profile("xbitmap", "idle-8g"), **values}]
    return json.dumps(content)


TOO_LONG = "x" * 1001
HOSTILE = {
    "surrogate-in-context": (in_context(kernel="\ud800"), "context: kernel has a control"),
    "surrogate-in-key": (in_context(**{"workload_\udc00": "x"}), "workloads[0]: name has"),
    "surrogate-in-name": (in_row(name="set/\udfff/x"), "benchmarks[0]: workload has"),
    "surrogate-in-error": (
        in_row(error_occurred=True, error_message="a\ud800"),
        "benchmarks[0]: error_message has a control character",
    ),
    "surrogate-in-profile": (
        in_profile(condition="\ud800"),
        "profiles[0]: conditions has a key that has a control",
    ),
    "escape-in-schema": (in_context(pfnbench_schema="\x1b[31m2"), "schema \\x1b"),
    "escape-in-structure": (in_row(name="set/a/\x1b[2J"), "control"),
    "delete-in-cpu": (in_context(cpu_model="a\x7f"), "control"),
    "infinite-figure": (
        in_row(ns_per_page=77777).replace("77777", "1e999"),
        "benchmarks[0]: ns_per_page is a number beyond all measure",
    ),
    "figure-is-nan": (in_row(pages=float("nan")), "beyond all measure"),
    "figure-is-huge": (in_row(pages=10**400), "a number beyond all measure"),
    "infinite-in-context": (in_context(num_cpus=float("inf")), "num_cpus"),
    "infinite-in-profile": (
        in_profile(
            tails={**profile("x")["tails"], "repetitions": float("inf")}
        ),
        "profiles[0]: tails: repetitions is not a whole number",
    ),
    "huge-in-profile": (
        in_profile(memory={**profile("x")["memory"], "sets": 10**350}),
        "profiles[0]: memory: sets is not a whole number",
    ),
    "many-names-in-profile": (
        in_profile(tails={"repetitions": 1, "operations": {TOO_LONG: {}}}),
        "operations has a key that has 1001 characters",
    ),
    "long-kernel": (in_context(kernel=TOO_LONG), "has 1001 characters, more"),
    "long-cpu": (in_context(cpu_model=TOO_LONG), "context: cpu_model has"),
    "long-compiler": (in_context(compiler=TOO_LONG), "context: compiler has"),
    "long-workload": (in_row(name=f"set/{TOO_LONG}/x"), "characters"),
    "long-condition": (in_row(name=f"set/a/x/fault:{TOO_LONG}"), "characters"),
    "long-structure": (
        in_row(name=f"set/a/{'x' * 101}"),
        "benchmarks[0]: structure has 101 characters, more than 100",
    ),
    "long-fact": (
        in_context(**{f"structure_{'x' * 101}": "family=y"}),
        "structures[0]: name has 101 characters",
    ),
    "long-operation": (in_row(name=f"{'o' * 101}/a/x"), "has 101 characters"),
    "many-repetitions": (
        in_context(repetitions="1000000000"),
        "says that it has 1000000000 repetitions; a run has at most 10000",
    ),
    "repetitions-as-a-number": (
        in_context(repetitions=10**9),
        "says that it has 1000000000 repetitions",
    ),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_what_cannot_be_shown_is_refused_when_the_file_is_read(
    what: str, tmp_path: Path, capsys: Any
) -> None:
    content, problem = HOSTILE[what]
    path = tmp_path / "results.json"
    path.write_text(content)
    for command in ("report", "mail", "html", "plot"):
        assert main([command, str(path)]) == 2
        out, err = capsys.readouterr()
        assert out == ""
        assert err.count("\n") == 1 and err[:-1].isprintable()
        assert problem in err
        assert len(err) < 400
    assert [each.name for each in tmp_path.iterdir()] == ["results.json"]


def test_what_is_long_as_a_run_may_have_it_is_read(write: Write) -> None:
    long = "./run bench " + "--workload=a " * 4000
    path = write(document(ONE_ROW, command_line=long, kernel="x" * 1000))
    assert load(path).context["command_line"] == long.strip() + " "


def test_nothing_of_a_file_name_is_obeyed_by_a_terminal(
    tmp_path: Path, capsys: Any
) -> None:
    path = tmp_path / "a\x1b[31m\nb\udcff.json"
    assert main(["report", str(path)]) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1 and err[:-1].isprintable()
    assert "\\x1b[31m b\\udcff.json: no such file" in err


def test_the_most_rounds_that_a_run_can_have_take_no_time(
    write: Write,
) -> None:
    path = write(document(ONE_ROW, repetitions="10000"))
    before = process_time()
    assert main(["report", str(path)]) == 0
    assert main(["mail", str(path)]) == 0
    assert process_time() - before < 5


def test_a_failed_row_has_a_reason_and_no_counters(
    results_of: ResultsOf,
) -> None:
    failed = error_rows("set/a/x", "oracle mismatch", 1)
    failed[0]["ns_per_page"] = 0.0
    (row,) = results_of(document(failed)).rows
    assert row.error == "failed: oracle mismatch"
    assert row.counters == {}


def test_every_operation_of_a_full_run_is_found(
    results_of: ResultsOf,
) -> None:
    results = results_of(full_document())
    assert results.operations() == ["set", "test", "extract", "clear", "drain"]
    assert results.conditions("set") == ["", "fault:failslab:probability=1"]
    assert results.rounds == 9
