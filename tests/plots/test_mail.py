# SPDX-License-Identifier: MIT
"""The mail: its whole text, what it leaves out, and that git survives it."""

import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from conftest import (
    FAILSLAB,
    STRUCTURES,
    WORKLOADS,
    check_golden,
    document,
    error_rows,
    full_document,
    profile,
    rows,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from test_report import (
    check_fits_a_mail,
    documents,
    golden_document,
    report,
)

from plots.__main__ import main
from plots.text.mail import mail
from plots.text.mail_subject import FORMS, Choice
from plots.read.results import Results, ResultsError, load

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
    check_golden(name, text)


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
        others = sorted(
            {
                case.entrant.structure
                for case in load(path).cases
                if not case.entrant.is_control
            }
            - {"floor"}
        )
        for baseline in others:
            choice = Choice(form=form, baseline=baseline)
            check_fits_a_mail(mail(load(path), None, choice))
    check_fits_a_mail(text)
    for line in text.splitlines():
        assert not line.lstrip().startswith(
            ("---", "+++", "***", "diff ", "Index: ", "@@", "Prereq: ")
        ), line
        assert not line.startswith(("From ", ">")), line
        assert ">8" not in line and "8<" not in line, line


def without(
    content: "dict[str, Any]", part: str, rounds: int = 0
) -> "dict[str, Any]":
    """Rows with "/part" in their names have so many rounds."""
    content["benchmarks"] = [
        row
        for row in content["benchmarks"]
        if f"/{part}" not in row["name"] or row["repetition_index"] < rounds
    ]
    return content


def row_of(text: str, title: str, name: str) -> str:
    """The row `name` of the table below the line with this title."""
    section = text[text.index(title) :].split("\n\n")[0]
    (line,) = [x for x in section.splitlines() if x.endswith(f"  {name}")]
    return " ".join(line.removesuffix(name).split())


def line_of(text: str, name: str, table: int = 0) -> str:
    """A row of a table that has its names at the end."""
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


def test_guests_have_rows_with_times_and_the_ratio_of_every_round(
    results_of: ResultsOf,
) -> None:
    made = []
    for operation, baseline, other in (("set", 4, 1), ("drain", 6, 4)):
        for name, value in (
            ("xbitmap", baseline),
            ("xbitmap/control:1", baseline * 1.1),
            ("cvbmp", other),
            ("flat", 0.5),
        ):
            made += rows(f"{operation}/a/{name}", [value] * 8 + [2 * value])
    content = document(
        made, workload_a=f"pages=100 ranges=8 guest_memory={3 << 29}"
    )
    text = mail(results_of(content))
    title = "set + drain, median ns per page, 9 rounds; ratio cvbmp / xbitmap"
    # 1.5 GiB, 100 / 8 pages in a row; 4 + 6 ns, and (1 + 4) / (4 + 6).
    assert row_of(text, title, "a") == (
        "1.50 12.5 1.00 10.0 5.00 *0.500 (0.500, 0.500)"
    )
    assert row_of(text, title, "(A/A control)") == "1.10 (1.10, 1.10)"


def test_the_range_is_that_of_all_rounds_whatever_the_mark_rests_on(
    results_of: ResultsOf,
) -> None:
    factors = [2, 2.1, 1.9, 2, 2, 2, 2, 9, 0.5]
    made = [
        *rows("set/a/xbitmap", [5.0] * 9),
        *rows("set/a/xbitmap/control:1", [5.0] * 9),
        *rows("set/a/cvbmp", [5 * f for f in factors]),
    ]
    text = mail(results_of(document(made)))
    assert row_of(text, "set, median", "a").endswith("2.00 (0.50, 9.00)")


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
    assert "~1.50" in row_of(text, "ratio cvbmp", "a")
    assert "*2.00" in row_of(text, "ratio judy1", "a")
    assert "faster on 0, slower on 1, no difference shown on 0." in " ".join(
        text.split()
    )


def default_run(
    structures: "dict[str, tuple[float, float, str]] | None" = None,
    command: str = "./run bench",
) -> "dict[str, Any]":
    """All that a run without flags has, the profiles too."""
    content = full_document(
        structures=structures,
        command_line=command,
        primary_structures="cvbmp",
        primary_operations="set,drain",
        primary_baseline="xbitmap",
    )
    content["benchmarks"] = [
        row
        for row in content["benchmarks"]
        if row["name"].split("/")[0] in ("set", "drain")
    ]
    content["profiles"] = [
        {**profile(name, workload), "workload": workload}
        for workload in WORKLOADS
        for name in ("xbitmap", "cvbmp")
    ]
    return content


def test_a_default_run_takes_30_lines_of_which_the_legend_has_4(
    results_of: ResultsOf,
) -> None:
    content = default_run()
    content["context"]["cpu_model"] = "AMD EPYC 7B13 64-Core Processor"
    content["context"]["commit"] = "09499cbd0ad0-dirty"
    text = mail(results_of(content))
    check_fits_a_mail(text)
    assert len(text.splitlines()) <= 30
    answered, times, costs, rest = text.split("\n\n")
    assert answered.startswith("xbitmap or cvbmp? With 95 % certainty cvbmp")
    assert len(times.splitlines()) == 8  # title, headings, guests, control
    assert len(costs.splitlines()) == 7
    legend, _ = rest.split("Only in the")
    assert len(legend.splitlines()) <= 4
    for column in ("run:", "flat:", "lost:", "longest call:", "* "):
        assert column in " ".join(legend.split())
    assert rest.splitlines()[-2:] == [
        "AMD EPYC 7B13 64-Core Processor, Linux 6.1.0-18-amd64, GCC 12.2.0 -O2",
        "reproduce with pfnbench 09499cbd0ad0-dirty: ./run bench",
    ]


def test_each_further_structure_takes_at_most_21_lines(
    results_of: ResultsOf,
) -> None:
    structures = {
        **STRUCTURES,
        "mine": (9.0, 1.5, "family=mine; out_of_memory=reports; "),
        "xbitmap-hint": (3.0, 1.5, "family=radix; out_of_memory=reports; "),
    }
    command = "./run bench --structure=argued,mine,xbitmap-hint"
    text = mail(results_of(default_run(structures, command)))
    check_fits_a_mail(text)
    assert len(text.splitlines()) <= 30 + 2 * 21
    for name in ("cvbmp", "mine", "xbitmap-hint"):
        assert f"ratio {name} / xbitmap" in " ".join(text.split())
    # The answer has said so of cvbmp.
    assert "cvbmp against xbitmap" not in text
    assert "mine against xbitmap, set + drain: of 5 guests faster on 0" in text


def test_a_legend_has_4_lines_whatever_baseline_and_fault_are_called(
    results_of: ResultsOf,
) -> None:
    fault = "fault:slab_boundary:zone_wmark:probability=77"
    content = json.loads(
        json.dumps(default_run())
        .replace(FAILSLAB, fault)
        .replace("xbitmap", "a-structure-with-a-name-without-end")
    )
    text = mail(results_of(content))
    check_fits_a_mail(text)
    legend = text.split("\n\n")[-1].split("Only in the")[0]
    assert len(legend.splitlines()) <= 4


def test_memory_lost_pages_and_the_longest_step_stand_side_by_side(
    results_of: ResultsOf,
) -> None:
    text = mail(results_of(default_run()))
    # 8 bits are a byte: memory(1.07) has a peak of 1.07 * 65536 bytes.
    assert row_of(text, "peak, KiB", "idle-8g") == (
        "68.5 122 10000 (-) 10000 (-) 0.0700 0.0700"
    )
    # Without faults on this guest nobody knows what would be lost.
    assert row_of(text, "peak, KiB", "oom-2g").split()[2:4] == ["-", "-"]
    assert "lost: not recorded under failslab:probability=1" in " ".join(
        text.split()
    )


def test_what_was_not_measured_has_no_column_and_no_legend(
    results_of: ResultsOf,
) -> None:
    content = default_run()
    del content["profiles"]
    content["benchmarks"] = [
        row
        for row in content["benchmarks"]
        if "fault:" not in row["name"] and "/flat" not in row["name"]
    ]
    text = mail(results_of(content))
    for word in ("longest call", "lost", "flat"):
        assert word not in text.replace("flattened", "")


def test_a_row_with_fewer_than_six_rounds_is_left_out_and_said_to_be(
    results_of: ResultsOf,
) -> None:
    content = without(default_run(), "busy-2g/cvbmp", 5)
    text = mail(results_of(content))
    tables = text[text.index("set + drain, median") : text.index("Only in the")]
    assert "busy-2g" not in tables and "idle-8g" in tables
    assert "busy-2g (fewer than 6 rounds)" in " ".join(text.split())


def test_a_control_with_fewer_than_six_rounds_leaves_its_guest_out(
    results_of: ResultsOf,
) -> None:
    content = without(default_run(), "busy-2g/xbitmap/control", 5)
    text = mail(results_of(content))
    tables = text[text.index("set + drain, median") : text.index("Only in the")]
    assert "busy-2g" not in tables and "?" not in tables
    assert "busy-2g (fewer than 6 rounds)" in " ".join(text.split())


def test_memory_stands_once_whatever_operations_are_chosen(
    results_of: ResultsOf,
) -> None:
    choice = Choice(operations=("set", "drain"))
    text = mail(results_of(default_run()), None, choice)
    assert "\nset, median ns per page" in text
    assert "\ndrain, median ns per page" in text
    assert text.count("peak, KiB") == 1


def test_of_several_structures_the_one_with_few_rounds_is_named(
    results_of: ResultsOf,
) -> None:
    content = default_run(command="./run bench --structure=all,flat,cvbmp")
    content["context"]["command_line"] += ",xbitmap-preload"
    without(content, "busy-2g/cvbmp", 5)
    text = " ".join(mail(results_of(content)).split())
    assert shown(text) == {"cvbmp", "xbitmap-preload"}
    assert "cvbmp on busy-2g (fewer than 6 rounds)" in text


def test_every_round_of_a_guest_that_is_shown_counts_at_least_six(
    results_of: ResultsOf,
) -> None:
    content = without(default_run(), "busy-2g/cvbmp", 6)
    text = mail(results_of(content))
    assert "median ns per page, 6 to 9 rounds" in text
    assert "fewer than" not in text


def test_a_run_without_six_rounds_has_no_row_and_says_how_to_get_one(
    results_of: ResultsOf,
) -> None:
    made = rows("set/a/xbitmap", [5.0]) + rows("set/a/cvbmp", [2.5])
    text = " ".join(mail(results_of(document(made))).split())
    assert "0.500" not in text
    assert "NO ROW has six rounds: run again with more --rounds" in text
    assert "a (fewer than 6 rounds)" in text


def test_the_baseline_alone_has_times_and_no_ratio(
    results_of: ResultsOf,
) -> None:
    text = mail(results_of(document(rows("set/a/xbitmap", [5.0] * 9))))
    assert row_of(text, "set, median ns per page, 9 rounds", "a") == (
        "5.00"
    )
    assert "ratio" not in text


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
    """The rivals of the baseline that have a table."""
    flat = " ".join(text.split())
    return set(re.findall(r"; ratio (\S+) / \S+", flat))


def test_of_many_the_rival_of_the_thread_is_shown_and_the_rest_counted(
    results_of: ResultsOf,
) -> None:
    text = mail(results_of(many()))
    assert shown(text) == {"cvbmp"}
    assert "12 structures;" in text


def test_without_the_rival_the_best_of_two_families_are_shown(
    results_of: ResultsOf,
) -> None:
    # judy1 is faster, and aborts when memory runs out.
    assert shown(mail(results_of(without(many(), "cvbmp")))) == {
        "mine-0",
        "mine-1",
    }


@pytest.mark.parametrize("form", FORMS)
def test_a_family_is_represented_by_what_somebody_proposed(
    form: str, results_of: ResultsOf
) -> None:
    content = without(without(many(), "cvbmp"), "judy1")
    results = results_of(content)
    variants = ("mine-0", "mine-1", "mine-6")
    structures = tuple(
        replace(s, variant_of="mine") if s.name in variants else s
        for s in results.structures
    )
    results = replace(results, structures=structures)
    text = mail(results, None, Choice(form=form))
    # mine-0, the fastest, has mine-5 in its family; mine-1 has a variant.
    if form == "reply":
        assert re.findall(r"\S+(?= against xbitmap)", text) == ["mine-1"]
    else:
        assert shown(text) == {"mine-1", "mine-2"}


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
            assert name in shown(text)


@pytest.mark.parametrize(
    "reason, word",
    [("over 2700 ns per page: slow", ">2700 ns"), ("failed: wrong", "failed")],
)
def test_who_was_named_is_shown_slow_and_failed_as_well(
    reason: str, word: str, results_of: ResultsOf
) -> None:
    content = many("./run bench --structure=xbitmap,mine-3,other")
    without(content, "mine-3")
    content["benchmarks"] += error_rows("set/idle-8g/mine-3", reason, 1)
    text = mail(results_of(content))
    row = row_of(text, "ratio mine-3 /", "idle-8g")
    assert row.endswith(f" 11.2 {word.removesuffix(' ns')} -")
    text = mail(results_of(content), None, Choice(form="reply"))
    rows_ = [x for x in text.splitlines() if x.endswith("set          idle-8g")]
    assert rows_[0].split()[1] == word.split()[0]
    assert "over its time or failed in 2." in " ".join(text.split())


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
    texts = [mail(results), report(results)]
    assert not any("more freely" in text for text in texts)
    content["benchmarks"] = [
        row for row in content["benchmarks"] if "control" not in row["name"]
    ]
    results = results_of(content)
    reply = mail(results, None, Choice(form="reply"))
    for text in (reply, mail(results), report(results)):
        assert "said more freely than with an A/A control" in " ".join(
            text.split()
        )
    assert "(A/A control)" not in mail(results)


def test_a_refusal_says_that_the_report_is_there(
    write: Write, capsys: Any
) -> None:
    path = write(document(error_rows("set/a/flat", "failed: wrong", 1)))
    assert main(["mail", str(path)]) == 2
    assert "report.txt" not in capsys.readouterr().err
    assert main(["report", str(path)]) == 0
    capsys.readouterr()
    assert main(["mail", str(path)]) == 2
    assert "; report.txt next to it is written; " in capsys.readouterr().err


def test_flags_choose_what_is_shown(results_of: ResultsOf) -> None:
    choice = Choice(
        workloads=("frag-4g",),
        structures=("flat",),
        operations=("extract",),
    )
    text = mail(results_of(full_document()), None, choice)
    title = "extract, median ns per range, 9 rounds; ratio flat / xbitmap"
    assert "*0.238" in row_of(text, title, "frag-4g")
    assert "idle-8g" not in text
    assert "cvbmp" not in text.split("Only in the")[0]
    # The answer of the run is about more than this.
    assert text.startswith("flat against xbitmap, extract: of 1 guest faster")


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
    assert f"set, median ns per page, fault {fault}, 9 rounds" in text
    # Twice as slow as without.
    assert row_of(text, "set, median", "idle-8g").split()[3] == "11.2"


def test_the_machine_takes_four_lines_whatever_it_is_called(
    results_of: ResultsOf,
) -> None:
    content = full_document(
        cpu_model="Xeon® " * 30, compiler_flags="-O2 " * 60
    )
    text = mail(results_of(content))
    check_fits_a_mail(text)
    text = mail(results_of(content), None, Choice(form="reply"))
    machine = text.split("\n\n")[-1].splitlines()
    assert machine[0].startswith("CPU Xeon(R)")
    assert machine[5].startswith("traces: ")
    check_fits_a_mail(text)


@pytest.mark.parametrize(
    "flags, problem",
    [
        (["--structure=nix"], "has no structure 'nix'; it has "),
        (["--workload=nix"], "has no workload 'nix'; it has "),
        (["--operation=nix"], "has no operation 'nix'; it has "),
        (["--baseline=nix"], "has no structure 'nix'; it has "),
        (["--baseline=floor"], "has no structure 'floor'; it has "),
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


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "flag", ["--out=results/mine", "--out results/mine", "--out='my results'"]
)
def test_the_line_that_reproduces_has_no_folder(
    flag: str, form: str, results_of: ResultsOf
) -> None:
    content = full_document(
        ["idle-8g"], command_line=f"./run bench {flag} --rounds=9"
    )
    text = mail(results_of(content), None, Choice(form=form))
    last = text.splitlines()[-1]
    assert last.startswith("reproduce")
    assert last.endswith(": ./run bench --rounds=9")


def test_any_structure_of_the_run_can_be_the_baseline(
    results_of: ResultsOf,
) -> None:
    results = results_of(default_run())
    text = mail(results, None, Choice(baseline="cvbmp"))
    row = row_of(text, "ratio xbitmap / cvbmp", "idle-8g")
    # 3.2 and 5.5 ns, twice, in rounds that drift and shake by as much.
    assert row == "8 141000 2.67 6.53 11.2 *1.72 (1.72, 1.72)"
    assert "(A/A control)" not in text
    assert "with an A/A control, which this run lacks" in " ".join(text.split())
    reply = Choice(baseline="cvbmp", form="reply", structures=("xbitmap",))
    text = " ".join(mail(results, None, reply).split())
    assert "xbitmap against cvbmp, no faults: of 15 rows faster in 0" in text
    assert "with an A/A control, which this run lacks" in text
    # The file is what it was.
    assert "ratio cvbmp / xbitmap" in mail(results)


def test_a_base_and_a_patched_run_stand_in_one_table(
    write: Write, tmp_path: Path, capsys: Any
) -> None:
    base = tmp_path / "base.json"
    base.write_text(json.dumps(slower_document()))
    path = write(golden_document())
    assert main(["mail", str(path), f"--against={base}"]) == 0
    text = capsys.readouterr().out
    assert text.count("guest    structure") == 1
    table = text[text.index("set + drain") :].split("\n\n")[0]
    lines = {
        tuple(line.split()[-2:]): line.split()[:3]
        for line in table.splitlines()
    }
    assert lines["idle-8g", "cvbmp"] == ["3.26", "6.53", "*+100%"]
    assert lines["idle-8g", "xbitmap"] == ["11.2", "11.2", "~+0.0%"]
    assert "Base is commit 0ld0000, patched is abc1234." in text


def test_a_change_of_fewer_than_six_rounds_is_left_out_and_said_to_be(
    results_of: ResultsOf,
) -> None:
    content = full_document(["idle-8g"])
    few = {
        **content,
        "benchmarks": [
            row
            for row in content["benchmarks"]
            if "/cvbmp" not in row["name"] or row["repetition_index"] < 5
        ],
    }
    old = results_of(few)
    text = mail(results_of(content), old)
    assert "idle-8g  cvbmp" not in text
    assert "Left out, fewer than 6 rounds: idle-8g, cvbmp" in text


def test_memory_that_changed_since_the_base_is_said(
    results_of: ResultsOf,
) -> None:
    old = results_of(full_document(["idle-8g"]))
    changed = {**STRUCTURES, "cvbmp": (3.2, 1.6, STRUCTURES["cvbmp"][2])}
    new = results_of(full_document(["idle-8g"], changed))
    table = mail(new, old).split("peak KiB that differ\n")[1].splitlines()
    assert table[1].split() == ["122", "102", "idle-8g", "cvbmp"]
