# SPDX-License-Identifier: MIT
"""Two runs side by side: the whole text, what is refused, what is marked."""

import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import (
    JITTER,
    STRUCTURES,
    document,
    error_rows,
    full_document,
    memory,
    rows,
)
from hypothesis import given, settings
from test_report import check_fits_a_mail, documents

from plots.__main__ import main
from plots.compare import compare
from plots.results import Results, ResultsError, load

GOLDEN = Path(__file__).parent / "golden" / "compare.txt"

Compare = Callable[[Any, Any], str]


@pytest.fixture
def compare_of(tmp_path: Path, monkeypatch: Any) -> Compare:
    """Compares two documents, as the files old.json and new.json."""
    monkeypatch.chdir(tmp_path)

    def run(old: Any, new: Any) -> str:
        return compare(load_as("old.json", old), load_as("new.json", new))

    return run


def load_as(name: str, content: Any) -> Results:
    path = Path(name)
    path.write_text(json.dumps(content), encoding="utf-8")
    return load(path)


def one_row(values: "list[float]", **context: Any) -> "dict[str, Any]":
    return document(rows("set/a/xbitmap", values), **context)


def noisy(factor: float) -> "list[float]":
    return [factor * j for j in JITTER]


def line_of(text: str, name: str) -> str:
    (line,) = [x for x in text.splitlines() if x.endswith(f"  {name}")]
    return line


def test_the_whole_text_is_the_golden_one(compare_of: Compare) -> None:
    changed = {
        **STRUCTURES,
        "cvbmp": (3.2 * 0.7, 1.6, STRUCTURES["cvbmp"][2]),
        "flat": (1.31 * 1.02, 2.29, STRUCTURES["flat"][2]),
    }
    old = full_document(workloads=["idle-8g", "frag-4g"])
    new = full_document(
        workloads=["idle-8g"],
        structures=changed,
        commit="def5678",
        date="2026-11-25T08:00:00+00:00",
        compiler_flags="-O3 -g",
        interrupted="yes",
    )
    new["benchmarks"] += error_rows("set/oom-2g/flat", "out of memory", 9)
    text = compare_of(old, new)
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.write_text(text, encoding="ascii")
    assert text == GOLDEN.read_text(
        encoding="ascii"
    ), "if this is meant: UPDATE_GOLDEN=1 python3 -m pytest tests/plots"


def test_a_run_compared_with_itself_differs_nowhere(
    compare_of: Compare,
) -> None:
    content = full_document(workloads=["idle-8g"])
    text = compare_of(content, content)
    assert "0 of " in text and "rows differ" in text
    assert "no row differs" in text
    assert "DIFFERS" not in text and "only in" not in text


def test_one_row_that_became_slower_is_marked(compare_of: Compare) -> None:
    still = [r for s in "bcd" for r in rows(f"set/a/{s}", noisy(5))]
    text = compare_of(
        document(rows("set/a/cvbmp", noisy(3)) + still),
        document(rows("set/a/cvbmp", noisy(4)) + still),
    )
    assert "*+33%" in line_of(text, "cvbmp").replace(" ", "")
    assert "~+0.0%" in line_of(text, "b").replace(" ", "")
    assert "1 of 4 rows differ: 0 faster, 1 slower" in text


def test_what_all_rows_have_in_common_is_the_machine(
    compare_of: Compare,
) -> None:
    def run(factor: float) -> Any:
        return document(
            [r for s in "bcd" for r in rows(f"set/a/{s}", noisy(factor))]
        )

    text = compare_of(run(3), run(4))
    assert "0 of 3 rows differ" in text
    assert "median of all changes: +33%" in text


def test_a_change_that_a_control_shows_too_is_none(
    compare_of: Compare,
) -> None:
    def run(factor: float) -> Any:
        still = [r for s in "bcd" for r in rows(f"set/a/{s}", noisy(5))]
        return document(
            rows("set/a/xbitmap", noisy(5))
            + rows("set/a/xbitmap/control:1", noisy(5 * 1.5))
            + rows("set/a/cvbmp", noisy(factor))
            + still
        )

    text = compare_of(run(3), run(4))
    assert line_of(text, "cvbmp").split("+")[0].split()[-1] == "~"


def test_fewer_than_six_rounds_claim_nothing(compare_of: Compare) -> None:
    text = compare_of(one_row([1.0] * 5), one_row([9.0] * 9))
    assert "?+800% (+800%, +800%)" in line_of(text, "xbitmap")


def test_memory_that_changed_is_shown_exactly(compare_of: Compare) -> None:
    def run(bits: float) -> Any:
        return document(rows("set/a/xbitmap", noisy(5), **memory(bits)))

    text = compare_of(run(1.07), run(1.09))
    title = "set of a, no faults: bits per page that differ"
    assert title in text
    table = text[text.index(title) :]
    assert table.splitlines()[2].split() == ["1.07", "1.09", "xbitmap"]


def test_other_conditions_are_said_at_the_top(compare_of: Compare) -> None:
    text = compare_of(
        one_row(noisy(1), kernel="Linux 6.1", governor="performance"),
        one_row(noisy(1), kernel="Linux 6.12", governor=""),
    )
    assert "DIFFERS: kernel: old Linux 6.1; new Linux 6.12" in text
    assert "DIFFERS: governor: old performance; new not recorded" in text


def test_rows_of_one_run_only_are_listed(compare_of: Compare) -> None:
    text = compare_of(
        document(rows("set/a/x", noisy(1)) + rows("set/a/y", noisy(1))),
        document(rows("set/a/x", noisy(1)) + rows("set/b/x", noisy(1))),
    )
    assert "only in old: set/a/y" in text
    assert "only in new: set/b/x" in text


@pytest.mark.parametrize(
    "old, new, problem",
    [
        (
            {"workload_a": "trace=1234567890 pages=1"},
            {"workload_a": "trace=abcdef1234 pages=1"},
            "workload a is trace abcdef12, but 12345678 in old.json;"
            " compare runs of the same trace",
        ),
        (
            {"cpu_model": "A"},
            {"cpu_model": "B"},
            "was measured on B, old.json on A; compare the ratios in the"
            " reports of both instead",
        ),
    ],
)
def test_other_work_and_another_cpu_are_refused(
    old: "dict[str, str]",
    new: "dict[str, str]",
    problem: str,
    compare_of: Compare,
) -> None:
    with pytest.raises(ResultsError) as caught:
        compare_of(one_row(noisy(1), **old), one_row(noisy(1), **new))
    assert str(caught.value) == f"new.json: {problem}"


def test_no_common_row_is_status_2_and_one_line(
    tmp_path: Path, capsys: Any
) -> None:
    paths = []
    for name in ("x", "y"):
        path = tmp_path / f"{name}.json"
        path.write_text(json.dumps(document(rows(f"set/a/{name}", [1.0] * 9))))
        paths.append(str(path))
    assert main(["compare", *paths]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1 and "no row with a time in common" in err


def test_runs_without_a_common_row_are_refused(compare_of: Compare) -> None:
    with pytest.raises(ResultsError, match="no row with a time in common"):
        compare_of(
            document(rows("set/a/x", noisy(1))),
            document(rows("set/a/y", noisy(1))),
        )


@pytest.mark.parametrize(
    "content, problem",
    [
        (None, "no such file"),
        ("", "not JSON, or cut off"),
        (json.dumps(full_document(["idle-8g"]))[:20000], "not JSON, or cut"),
        ('{"context": {"pfnbench_schema": "7"}}', "has schema 7"),
        ('{"context": {}, "benchmarks": []}', "not pfnbench results"),
        ('{"fio version": "fio-3.33", "jobs": []}', "not pfnbench results"),
        ('{"context": {"pfnbench_schema": "1"}}', "has no benchmarks"),
    ],
)
def test_files_that_are_no_results_are_refused_in_one_line(
    content: "str | None",
    problem: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    good.write_text(json.dumps(one_row(noisy(1))))
    if content is not None:
        bad.write_text(content)
    for arguments in ([good, bad], [bad, good]):
        assert main(["compare", *map(str, arguments)]) == 2
        out, error = capsys.readouterr()
        assert out == ""
        assert error.count("\n") == 1
        assert str(bad) in error and problem in error


def test_the_command_prints_the_comparison(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        content = json.dumps(one_row(noisy(1)))
        (tmp_path / name / "results.json").write_text(content)
    assert main(["compare", str(tmp_path / "a"), str(tmp_path / "b")]) == 0
    assert "0 of 1 rows differ" in capsys.readouterr().out


def is_workload(key: str) -> bool:
    return key.startswith("workload_")


@given(documents(), documents())
@settings(deadline=None, max_examples=60)
def test_any_two_results_fit_a_mail(
    old: "dict[str, Any]", new: "dict[str, Any]"
) -> None:
    # Otherwise hardly any two would be of the same work.
    for key in ("cpu_model", *filter(is_workload, old["context"])):
        new["context"][key] = old["context"].get(key, "a CPU")
    with tempfile.TemporaryDirectory() as directory:
        runs = []
        for name, content in (("old", old), ("new", new)):
            # Half of the rows of the other one, so that something compares.
            content["benchmarks"] += [
                row
                for row in (old if content is new else new)["benchmarks"][::2]
                if row["name"]
                not in {r["name"] for r in content["benchmarks"]}
            ]
            path = Path(directory) / name
            path.write_text(json.dumps(content))
            runs.append(load(path))
        try:
            check_fits_a_mail(compare(*runs))
        except ResultsError as error:
            assert "\n" not in str(error)
