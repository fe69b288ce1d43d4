# SPDX-License-Identifier: MIT
"""Two runs side by side: the whole text, what is refused, what is marked."""

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import (
    JITTER,
    STRUCTURES,
    check_golden,
    document,
    error_rows,
    full_document,
    memory,
    rows,
)
from hypothesis import given, settings
from test_report import check_fits_a_mail, documents

from plots.__main__ import main
from plots.tables.changes import Selection
from plots.text.report import compare
from plots.text.mail import mail
from plots.read.results import Results, ResultsError, load

Compare = Callable[..., str]
EVERY = Selection(is_all=True)


@pytest.fixture
def compare_of(tmp_path: Path, monkeypatch: Any) -> Compare:
    """Compares two documents, as the files old.json and new.json."""
    monkeypatch.chdir(tmp_path)

    def run(old: Any, new: Any, selection: Selection = Selection()) -> str:
        return compare(
            load_as("old.json", old), load_as("new.json", new), selection
        )

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
    check_golden("compare.txt", text)


def test_a_run_compared_with_itself_differs_nowhere(
    compare_of: Compare,
) -> None:
    content = full_document(workloads=["idle-8g"])
    text = compare_of(content, content)
    assert " rows 0 became better, 0 worse; " in text
    assert "idle-8g" not in text
    assert "no row differs" in text
    assert "DIFFERS" not in text and "only in" not in text


def test_one_row_that_became_slower_is_marked(compare_of: Compare) -> None:
    still = [r for s in "bcd" for r in rows(f"set/a/{s}", noisy(5))]
    text = compare_of(
        document(rows("set/a/cvbmp", noisy(3)) + still),
        document(rows("set/a/cvbmp", noisy(4)) + still),
        EVERY,
    )
    assert "*+33%" in line_of(text, "cvbmp").replace(" ", "")
    assert "~+0.0%" in line_of(text, "b").replace(" ", "")
    assert text.startswith("Of 4 rows 0 became better, 1 worse; no difference")


def test_what_all_rows_have_in_common_is_the_machine(
    compare_of: Compare,
) -> None:
    def run(factor: float) -> Any:
        return document(
            [r for s in "bcd" for r in rows(f"set/a/{s}", noisy(factor))]
        )

    text = " ".join(compare_of(run(3), run(4)).split())
    assert "Of 3 rows 0 became better, 0 worse" in text
    assert "All rows together changed by +33% (median)" in text


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

    text = compare_of(run(3), run(4), EVERY)
    assert line_of(text, "cvbmp").split("+")[0].split()[-1] == "~"


def test_fewer_than_six_rounds_claim_nothing(compare_of: Compare) -> None:
    text = compare_of(one_row([1.0] * 5), one_row([9.0] * 9), EVERY)
    assert "?+800% (+800%, +800%)" in line_of(text, "xbitmap")


def test_memory_that_changed_is_shown_exactly(compare_of: Compare) -> None:
    def run(bits: float) -> Any:
        return document(rows("set/a/xbitmap", noisy(5), **memory(bits)))

    text = compare_of(run(1.07), run(1.09))
    title = "set, no faults: figures that differ"
    assert title in text
    table = text[text.index(title) :]
    assert table.splitlines()[2].split() == (
        "1.07 1.09 a xbitmap bits per page".split()
    )


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
    assert "Of 1 row 0 became better" in capsys.readouterr().out


def contest(factors: "dict[str, float]") -> "dict[str, Any]":
    """Nine structures, each slower by its factor, on two workloads."""
    return document(
        [
            row
            for operation in ("set", "drain")
            for workload in "ab"
            for name in "pqrstuvwx"
            for row in rows(
                f"{operation}/{workload}/{name}",
                noisy(5 * factors.get(name, 1)),
            )
        ]
    )


def marked_rows(text: str) -> "list[str]":
    """Names in the tables of times, in their order."""
    found = []
    for section in text.split("\n\n"):
        if "U test  guest" in section:
            found += [x.split()[-1] for x in section.splitlines()[2:]]
    return found


def test_better_and_worse_are_counted_first_and_only_marked_rows_shown(
    compare_of: Compare,
) -> None:
    text = compare_of(contest({}), contest({"p": 2, "q": 0.5, "r": 3}))
    assert " ".join(text.split()).startswith(
        "Of 36 rows 4 became better, 8 worse; no difference is shown in 24,"
        " too few rounds to tell in 0. All rows together changed by +0.0%"
        " (median): that is the machine."
    )
    assert marked_rows(text) == ["p", "q", "r"] * 4
    assert "24 rows are not marked; --all shows them." in text
    assert "WARNING" not in text
    every = compare_of(contest({}), contest({"p": 2}), EVERY)
    assert marked_rows(every) == list("pqrstuvwx") * 4
    assert "not marked" not in every


@pytest.mark.parametrize(
    "factor, said",
    [(2, "became worse and none better"), (0.5, "became better and none worse")],
)
def test_a_change_in_one_direction_only_is_a_warning_in_both(
    factor: float, said: str, compare_of: Compare
) -> None:
    text = compare_of(contest({}), contest({"p": factor, "q": factor}))
    assert f"WARNING: every marked row {said}: the machine may" in " ".join(
        text.split()
    )
    other = contest({"p": factor, "q": 1 / factor})
    assert "WARNING" not in compare_of(contest({}), other)


@pytest.mark.parametrize(
    "selection, names",
    [
        (Selection({"structure": ["p"]}), ["p"] * 4),
        (Selection({"operation": ["drain"]}), ["p", "q"] * 2),
        (Selection({"workload": ["b"]}), ["p", "q"] * 2),
        (
            Selection(
                {
                    "structure": ["q", "r"],
                    "operation": ["set"],
                    "workload": ["a"],
                },
                is_all=True,
            ),
            ["q", "r"],
        ),
    ],
)
def test_flags_choose_rows_and_leave_their_marks_alone(
    selection: Selection, names: "list[str]", compare_of: Compare
) -> None:
    old, new = contest({}), contest({"p": 2, "q": 0.5})
    text = compare_of(old, new, selection)
    assert marked_rows(text) == names
    assert "Chosen by flags, of 36 rows." in text
    whole = [x.split() for x in compare_of(old, new, EVERY).splitlines()]
    for line in text.splitlines():
        if line.endswith(("  p", "  q", "  r")):
            assert line.split() in whole
    # What all rows have in common is that of the run, not of these.
    assert "changed by +0.0% (median)" in " ".join(text.split())


def test_memory_and_failures_of_other_rows_are_left_out_by_flags(
    compare_of: Compare,
) -> None:
    def run(bits: float) -> Any:
        return document(
            [
                row
                for name in "xy"
                for row in rows(f"set/a/{name}", noisy(5), **memory(bits))
            ]
            + error_rows("set/b/y", "failed: wrong", 1)
        )

    text = compare_of(run(1), run(2), Selection({"structure": ["x"]}))
    assert "x          bits per page" in text
    assert "  x" in text and "  y" not in text
    assert "failed in" not in text
    assert "failed in" in compare_of(run(1), run(2))


@pytest.fixture
def status_of(tmp_path: Path) -> "Callable[..., int]":
    """The exit status of the command for two documents and flags."""

    def run(old: Any, new: Any, *flags: str) -> int:
        paths = []
        for name, content in (("old", old), ("new", new)):
            path = tmp_path / f"{name}.json"
            path.write_text(json.dumps(content))
            paths.append(str(path))
        return main(["compare", *paths, *flags])

    return run


@pytest.mark.parametrize(
    "flags, status",
    [
        ([], 0),
        (["--fail-above=50"], 1),
        (["--fail-above=0"], 1),
        (["--fail-above=150"], 0),
        (["--fail-above=50", "--structure=q,r"], 0),
        (["--fail-above=50", "--structure=p", "--operation=set"], 1),
        (["--fail-above=50", "--workload=b", "--all"], 1),
    ],
)
def test_a_slower_row_ends_with_status_1_only_if_it_is_asked_for(
    flags: "list[str]",
    status: int,
    status_of: "Callable[..., int]",
    capsys: Any,
) -> None:
    assert status_of(contest({}), contest({"p": 2, "q": 0.3}), *flags) == (
        status
    )
    out, err = capsys.readouterr()
    assert out.startswith("Of ")
    if status:
        assert err.count("\n") == 1
        assert "became slower by more than" in err and "/p (+100%)" in err
    else:
        assert err == ""


def test_a_row_that_is_slower_and_not_marked_fails_nothing(
    status_of: "Callable[..., int]",
) -> None:
    few = document(rows("set/a/x", [1.0] * 5))
    slow = document(rows("set/a/x", [9.0] * 5))
    assert status_of(few, slow, "--fail-above=5") == 0
    # Everything is slower by the same: the machine.
    all_slow = contest(dict.fromkeys("pqrstuvwx", 2))
    assert status_of(contest({}), all_slow, "--fail-above=5") == 0


@pytest.mark.parametrize(
    "flag, problem",
    [
        ("--structure=nix", "has no row of structure 'nix' in common"),
        ("--operation=nix", "has no row of operation 'nix' in common"),
        ("--workload=nix", "has no row of workload 'nix' in common"),
        ("--structure=\x1b[31m\n", "has no row of structure '\\x1b[31m'"),
        ("--fail-above=-1", "'-1' is not a percentage from 0"),
        ("--fail-above=nan", "'nan' is not a percentage from 0"),
        ("--fail-above=five", "'five' is not a percentage from 0"),
        ("--fail-above=\x1b[31m", "'\\x1b[31m' is not a percentage"),
    ],
)
def test_a_wrong_flag_is_status_2_and_one_line(
    flag: str, problem: str, status_of: "Callable[..., int]", capsys: Any
) -> None:
    try:
        status = status_of(contest({}), contest({}), flag)
    except SystemExit as end:
        status = end.code
    assert status == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1 and err[:-1].isprintable()
    assert problem in err


def test_flags_that_choose_no_row_together_are_refused(
    status_of: "Callable[..., int]", capsys: Any
) -> None:
    content = document(rows("set/a/x", noisy(1)) + rows("set/b/y", noisy(1)))
    flags = ("--structure=x", "--workload=b")
    assert status_of(content, content, *flags) == 2
    assert "that all of the flags choose" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["\u2028x\u202e", "y" * 90, "--- a/mm/x.c"])
def test_a_hostile_name_is_shown_as_ascii_in_one_line(
    name: str, status_of: "Callable[..., int]", capsys: Any
) -> None:
    name = name.replace("/", "")

    def run(ns: float) -> Any:
        still = [r for s in "bcd" for r in rows(f"set/a/{s}", noisy(5))]
        return document(rows(f"set/a/{name}", noisy(ns)) + still)

    assert status_of(run(3), run(9), "--fail-above=5") == 1
    out, err = capsys.readouterr()
    check_fits_a_mail(out)
    assert err.isascii() and err.count("\n") == 1 and err[:-1].isprintable()


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
            check_fits_a_mail(compare(*runs, EVERY))
            check_fits_a_mail(mail(runs[1], runs[0]))
        except ResultsError as error:
            assert "\n" not in str(error)
