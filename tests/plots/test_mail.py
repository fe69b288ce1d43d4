# SPDX-License-Identifier: MIT
"""The mail: its whole text, what it leaves out, and that git survives it."""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import FAILSLAB, document, error_rows, full_document, rows
from hypothesis import given, settings
from hypothesis import strategies as st
from test_html import NOTHING
from test_report import check_fits_a_mail, documents, golden_document

from plots.__main__ import main
from plots.html import page
from plots.mail import mail
from plots.mail_subject import FORMS, Choice
from plots.report import report
from plots.results import Results, ResultsError, load

GOLDEN = Path(__file__).parent / "golden"

ResultsOf = Callable[[Any], Results]
Write = Callable[[Any], Path]


def slower_document() -> "dict[str, Any]":
    """The golden run on an older commit, where cvbmp took half as long."""
    content = golden_document()
    content["context"]["commit"] = "0ld0000"
    for row in content["benchmarks"]:
        if "/cvbmp" in row["name"] and "ns_per_page" in row:
            row["ns_per_page"] /= 2
    return content


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("is_against", [False, True])
def test_the_whole_text_is_the_golden_one(
    form: str, is_against: bool, tmp_path: Path
) -> None:
    runs = []
    for name, content in (
        ("new", golden_document()),
        ("old", slower_document()),
    ):
        path = tmp_path / f"{name}.json"
        path.write_text(json.dumps(content))
        runs.append(load(path))
    new, old = runs
    text = mail(new, old if is_against else None, Choice(form=form))
    check_fits_a_mail(text)
    name = f"mail-{form}{'-against' if is_against else ''}.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        (GOLDEN / name).write_text(text, encoding="ascii")
    assert text == (GOLDEN / name).read_text(
        encoding="ascii"
    ), "if this is meant: UPDATE_GOLDEN=1 python3 -m pytest tests/plots"


# What git, patch or a mail server would take for something else.
HOSTILE = [
    "--- a/mm/x.c",
    "---",
    "diff --git a/x b/x",
    "Index: x",
    "@@ -1 +1 @@",
    "+++ b/x",
    "From nobody",
    "-- >8 --",
    "*** x",
    "-- ",
    "12d",
]


@settings(max_examples=60, deadline=None)
@given(
    documents(),
    st.sampled_from(FORMS),
    st.one_of(st.none(), st.sampled_from(HOSTILE)),
)
def test_any_results_give_a_mail_that_is_no_patch(
    content: "dict[str, Any]", form: str, hostile: "str | None"
) -> None:
    if hostile is not None:
        for key in ("cpu_model", "kernel", "commit", "command_line"):
            content["context"][key] = f"{hostile} {'x ' * 40}{hostile}"
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "results.json"
        path.write_text(json.dumps(content))
        try:
            text = mail(load(path), None, Choice(form=form))
        except ResultsError as error:
            assert "has no time for the mail" in str(error)
            return
    check_fits_a_mail(text)
    for line in text.splitlines():
        assert not line.lstrip().startswith(
            ("---", "+++", "***", "diff ", "Index: ", "@@", "Prereq: ")
        ), line
        assert not line.startswith(("From ", ">")), line
        assert ">8" not in line and "8<" not in line, line


def line_of(text: str, name: str, table: int = 0) -> str:
    lines = [x for x in text.splitlines() if x.endswith(f"  {name}")]
    return lines[table]


def test_git_applies_a_patch_that_has_the_mail_under_its_dashes(
    results_of: ResultsOf, tmp_path: Path
) -> None:
    git = shutil.which("git")
    if git is None:
        pytest.skip("git is missing; apt-get install git")

    def run(*words: str, **options: Any) -> str:
        return subprocess.run(
            [git, "-c", "user.name=a", "-c", "user.email=a@b.c", *words],
            cwd=tmp_path,
            check=True,
            capture_output=True,
            text=True,
            **options,
        ).stdout

    run("init", "-q")
    (tmp_path / "x.c").write_text("int x;\n")
    run("add", "x.c")
    run("commit", "-q", "-m", "one")
    (tmp_path / "x.c").write_text("long x;\n")
    run("commit", "-q", "-a", "-m", "mm: widen x")
    patch = run("format-patch", "-1", "--stdout")
    run("reset", "-q", "--hard", "HEAD~")
    text = mail(results_of(golden_document()))
    head, _, rest = patch.partition("\n---\n")
    run("am", "-q", input=f"{head}\n---\n{text}\n{rest}")
    assert (tmp_path / "x.c").read_text() == "long x;\n"
    message = run("log", "-1", "--format=%B")
    assert message.strip() == "mm: widen x"


def test_the_baseline_has_a_time_and_the_others_ratios(
    results_of: ResultsOf,
) -> None:
    made = []
    for operation, baseline, other in (("set", 4, 1), ("drain", 6, 4)):
        for name, value in (
            ("xbitmap", baseline),
            ("xbitmap/control:1", baseline),
            ("cvbmp", other),
        ):
            made += rows(f"{operation}/a/{name}", [value] * 9)
    text = mail(results_of(document(made)))
    # 4 + 6 ns, and (1 + 4) / (4 + 6).
    assert line_of(text, "xbitmap").split() == ["10.0", "ns", "xbitmap"]
    assert line_of(text, "cvbmp") == "*0.500 [0.500, 0.500]  cvbmp"


def test_a_star_needs_an_interval_that_excludes_1(
    results_of: ResultsOf,
) -> None:
    factors = [0.5, 0.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5]
    made = [
        *rows("set/a/xbitmap", [5.0] * 9),
        *rows("set/a/xbitmap/control:1", [5.0] * 9),
        *rows("set/a/cvbmp", [5 * f for f in factors]),
        *rows("set/a/judy1", [10.0] * 9),
    ]
    choice = Choice(structures=("cvbmp", "judy1"))
    text = mail(results_of(document(made)), None, choice)
    assert line_of(text, "cvbmp").startswith("~")
    assert line_of(text, "judy1").startswith("*")


def test_every_structure_of_a_run_of_few_is_shown(
    results_of: ResultsOf,
) -> None:
    text = mail(results_of(full_document(workloads=["idle-8g"])))
    for name in ("flat", "xbitmap", "xbitmap-preload", "cvbmp"):
        assert line_of(text, name)
    text = " ".join(text.split())
    assert "Shown: every structure of the run. Left out" in text
    assert "3 operations (clear, extract, test)" in text


def many(command: str = "./run bench", **context: Any) -> "dict[str, Any]":
    """Fourteen structures of five families, cvbmp the slowest of its own."""
    structures = {
        "xbitmap": (5.5, 1.07, "family=radix; out_of_memory=reports; "),
        "cvbmp": (9.9, 1.9, "family=list; out_of_memory=reports; "),
        "judy1": (1.0, 1.0, "family=judy; out_of_memory=aborts; "),
    }
    for number in range(11):
        structures[f"mine-{number}"] = (
            2.0 + number / 10,
            1.0,
            f"family={'list abc bcd cde def'.split()[number % 5]};"
            " out_of_memory=reports; ",
        )
    return full_document(
        workloads=["idle-8g"],
        structures=structures,
        command_line=command,
        **context,
    )


def shown(text: str) -> "set[str]":
    table = text[text.index("set + drain") :].split("\n\n")[0]
    return {line.split()[-1] for line in table.splitlines()[2:]}


def test_of_many_the_best_of_each_family_are_shown_and_the_rest_counted(
    results_of: ResultsOf,
) -> None:
    text = mail(results_of(many()))
    assert shown(text) == {
        *("mine-0", "mine-1", "mine-2", "mine-3"),
        *("xbitmap", "control)", "cvbmp"),
    }
    text = " ".join(text.split())
    assert "the fastest that reports when memory runs out; and cvbmp" in text
    # judy1 aborts when memory runs out.
    assert "8 structures;" in text


@pytest.mark.parametrize(
    "flag", ["--structure=all,mine-9,judy1", "--structure all,mine-9,judy1"]
)
@pytest.mark.parametrize("form", FORMS)
def test_who_was_named_is_always_shown(
    flag: str, form: str, results_of: ResultsOf
) -> None:
    results = results_of(many(f"./run bench {flag} --out='a b"))
    text = mail(results, None, Choice(form=form))
    for name in ("judy1", "mine-9"):
        if form == "reply":
            assert f"{name} against xbitmap" in text
        else:
            assert line_of(text, name)


@pytest.mark.parametrize(
    "reason, word",
    [("over 2700 ns per page: slow", ">2700 ns"), ("failed: wrong", "failed")],
)
def test_who_was_named_is_shown_slow_and_failed_as_well(
    reason: str, word: str, results_of: ResultsOf
) -> None:
    content = many("./run bench --structure=xbitmap,mine-3,other")
    content["benchmarks"] = [
        row
        for row in content["benchmarks"]
        if "/mine-3" not in row["name"]
    ] + error_rows("set/idle-8g/mine-3", reason, 1)
    text = mail(results_of(content))
    assert line_of(text, "mine-3").split() == [*word.split(), "mine-3"]
    text = mail(results_of(content), None, Choice(form="reply"))
    assert line_of(text, "set, idle-8g").split()[1] == word.split()[0]
    assert "over its time or failed in 2." in " ".join(text.split())


def test_what_the_thread_is_about_is_always_shown(
    results_of: ResultsOf,
) -> None:
    results = results_of(
        many(
            primary_structures="mine-8,mine-10",
            primary_operations="set,drain",
            primary_baseline="xbitmap",
        )
    )
    assert {"cvbmp", "mine-8", "mine-10"} <= shown(mail(results))


def test_a_footer_claims_no_more_than_the_rows_show(
    results_of: ResultsOf,
) -> None:
    """Slower on two of three workloads is not faster on most."""
    made = []
    for workload, ns in (("a", 1.0), ("b", 9.0), ("c", 9.0)):
        made += rows(f"set/{workload}/xbitmap", [5.0] * 9)
        made += rows(f"set/{workload}/xbitmap/control:1", [5.0] * 9)
        made += rows(f"set/{workload}/maple", [ns] * 9)
    text = mail(results_of(document(made)), None, Choice(form="reply"))
    text = " ".join(text.split())
    assert "faster in 1, slower in 2" in text
    assert "maple, shown to be faster than xbitmap on 1 of 3 workloads" in text
    assert "most workloads" not in text


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("baseline", ["nobody", None])
def test_without_a_baseline_the_mail_says_why_it_has_no_ratio(
    form: str, baseline: "str | None", results_of: ResultsOf
) -> None:
    content = full_document(workloads=["idle-8g"])
    content["context"]["baseline"] = baseline
    text = " ".join(
        mail(results_of(content), None, Choice(form=form)).split()
    )
    said = baseline or "which the file does not name"
    assert f"NO RATIOS: the baseline, {said}, has no time here." in text
    whole = mail(results_of(full_document(workloads=["idle-8g"])))
    assert "NO RATIOS" not in whole


def test_a_baseline_that_failed_is_said_to_have(results_of: ResultsOf) -> None:
    content = full_document(workloads=["idle-8g"])
    content["benchmarks"] = [
        row
        for row in content["benchmarks"]
        if "/xbitmap" not in row["name"] or "preload" in row["name"]
    ] + error_rows("set/idle-8g/xbitmap", "failed: crashed: SIGSEGV", 1)
    text = " ".join(mail(results_of(content)).split())
    assert "the baseline, xbitmap, has no time here (failed)." in text


def test_without_a_control_a_star_is_said_to_be_cheap(
    results_of: ResultsOf,
) -> None:
    content = full_document(workloads=["idle-8g"])
    results = results_of(content)
    texts = [mail(results), report(results), page(results, NOTHING)]
    assert not any("more freely" in text for text in texts)
    content["benchmarks"] = [
        row for row in content["benchmarks"] if "control" not in row["name"]
    ]
    results = results_of(content)
    for text in (mail(results), report(results), page(results, NOTHING)):
        assert "said more freely than with an A/A control" in " ".join(
            text.split()
        )


def test_a_mail_of_few_rows_says_what_it_can(results_of: ResultsOf) -> None:
    made = rows("set/a/xbitmap", [5.0]) + rows("set/a/cvbmp", [2.5])
    text = mail(results_of(document(made)))
    assert line_of(text, "cvbmp") == "?0.500 (0.500, 0.500)  cvbmp"


def test_a_refusal_says_that_the_report_is_there(
    write: Write, capsys: Any
) -> None:
    path = write(document(error_rows("set/a/flat", "failed: wrong", 1)))
    assert main(["mail", str(path)]) == 2
    assert "report.txt" not in capsys.readouterr().err
    assert main(["report", str(path)]) == 0
    capsys.readouterr()
    assert main(["mail", str(path)]) == 2
    assert "; report.txt beside it is written; " in capsys.readouterr().err


def test_flags_choose_what_is_shown(results_of: ResultsOf) -> None:
    choice = Choice(
        workloads=("frag-4g",),
        structures=("flat",),
        operations=("extract",),
    )
    text = mail(results_of(full_document()), None, choice)
    assert "extract, no faults: xbitmap in ns per range" in text
    assert "idle-8g" not in text.split("\n\n")[0]
    assert line_of(text, "flat").startswith("*")
    assert "cvbmp  " not in text


def test_a_reply_counts_what_was_shown_and_what_was_not(
    results_of: ResultsOf,
) -> None:
    choice = Choice(form="reply", structures=("cvbmp", "xbitmap-preload"))
    text = mail(results_of(full_document()), None, choice)
    flat = " ".join(text.split())
    assert "cvbmp against xbitmap, no faults: of 15 rows faster in 15" in flat
    assert (
        "xbitmap-preload against xbitmap, no faults: of 15 rows faster in 0,"
        " slower in 0, no difference shown in 15" in flat
    )


def test_times_under_a_fault_are_shown_when_asked_for(
    results_of: ResultsOf,
) -> None:
    fault = FAILSLAB.removeprefix("fault:")
    text = mail(results_of(full_document()), None, Choice(fault=fault))
    assert f"set, fault {fault}: xbitmap in ns per page" in text


def test_the_machine_takes_four_lines_whatever_it_is_called(
    results_of: ResultsOf,
) -> None:
    content = full_document(
        cpu_model="Xeon® " * 30, compiler_flags="-O2 " * 60
    )
    text = mail(results_of(content))
    machine = text.split("\n\n")[-1].splitlines()
    assert machine[0].startswith("CPU: Xeon(R)")
    assert machine[4].startswith("traces: ")
    check_fits_a_mail(text)


@pytest.mark.parametrize(
    "flags, problem",
    [
        (["--structure=nix"], "has no structure 'nix'; it has "),
        (["--workload=nix"], "has no workload 'nix'; it has "),
        (["--operation=nix"], "has no operation 'nix'; it has "),
        (["--fault=nix"], "has no fault 'nix'; it has none, failslab"),
    ],
)
def test_what_the_results_lack_is_refused_in_one_line(
    flags: "list[str]", problem: str, write: Write, capsys: Any
) -> None:
    path = write(full_document())
    assert main(["mail", str(path), *flags]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert err.startswith(f"plots: {path}: {problem}")


def test_results_without_times_are_refused(write: Write, capsys: Any) -> None:
    path = write(
        document([{"name": "set/a/flat", "repetition_index": 0, "pages": 1}])
    )
    assert main(["mail", str(path)]) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert "has no time for the mail, no faults" in err


def test_it_is_written_and_printed(
    write: Write, tmp_path: Path, capsys: Any
) -> None:
    path = write(full_document())
    output = tmp_path / "mail.txt"
    assert main(["mail", str(path), "-o", str(output)]) == 0
    assert output.read_text() == capsys.readouterr().out
