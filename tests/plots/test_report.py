# SPDX-License-Identifier: MIT
"""The full report: its whole text, its width, and what it admits to miss."""

import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import (
    DRIFT,
    FAILSLAB,
    ROOT,
    check_golden,
    document,
    error_rows,
    full_document,
    memory,
    rows,
    times,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from plots.__main__ import main
from plots.text.report import report as report_of
from plots.read.results import Results, load
from plots.text.report import SUMMARY_LINES, summary

ResultsOf = Callable[[Any], Results]


def report(results: Results) -> str:
    return report_of(results, is_full=True)


Write = Callable[[Any], Path]


def golden_document() -> "dict[str, Any]":
    """Three workloads, faults, a failed row, a gap: a bit of everything."""
    content = full_document(
        workloads=["idle-8g", "frag-4g", "oom-2g"],
        command_line="./build/release/pfnbench --workload=idle-8g,frag-4g,"
        "oom-2g --fault=none;failslab:probability=1 --out=results/golden",
        primary_structures="cvbmp,btree-bitmap,xarray",
        primary_operations="set,drain",
        primary_baseline="xbitmap",
    )
    content["benchmarks"] = [
        row
        for row in content["benchmarks"]
        if not row["name"].startswith(("set/oom-2g/cvbmp", "test/oom-2g/flat"))
    ] + error_rows(
        "set/oom-2g/cvbmp", "failed: ranges differ from the oracle's", 9
    )
    return content


def line_of(text: str, title: str, name: str) -> str:
    """The row `name` of the first table with this title."""
    table = text[text.index(title) :].split("\n\n")[0]
    (line,) = [x for x in table.splitlines()[1:] if x.endswith(f"  {name}")]
    return line


def test_the_whole_text_is_the_golden_one(results_of: ResultsOf) -> None:
    text = report(results_of(golden_document()))
    check_golden("report-full.txt", text)


def check_fits_a_mail(text: str) -> None:
    assert text.isascii()
    assert text.endswith("\n") and not text.endswith("\n\n")
    for line in text.splitlines():
        assert len(line) <= 72, line
        assert line == line.rstrip(), repr(line)
        assert line == "" or line.isprintable(), repr(line)


# Everything but what is refused when the file is read: test_results.py.
CHARACTERS = st.characters(blacklist_categories=("Cc", "Cs"))
TEXT = st.text(CHARACTERS, max_size=150).filter(
    lambda text: not text.isdigit()  # too many rounds are refused, too
)
NAMES = st.one_of(
    st.sampled_from(["xbitmap", "cvbmp", "floor", "idle-8g", "flat"]),
    st.text(CHARACTERS, min_size=1, max_size=90).filter(
        lambda name: "/" not in name
    ),
)
NUMBERS = st.one_of(
    st.floats(-1e30, 1e30),
    st.integers(-(10**30), 10**30),
    st.sampled_from([0, 5.5, 1e-300, 1e30, -1, None, "7"]),
)
COUNTERS = st.fixed_dictionaries(
    {},
    optional={
        name: NUMBERS
        for name in (
            "ns_per_page",
            "ns_per_range",
            "bits_per_page",
            "requested_bits_per_page",
            "failed_sets",
            "pages",
        )
    },
)
OPERATIONS = st.sampled_from(
    ["set", "test", "extract", "clear", "drain", "réplay"]
)
CONDITIONS = st.one_of(
    st.sampled_from(["", "/control:1", f"/{FAILSLAB}"]),
    TEXT.map(lambda spec: f"/fault:{spec.replace('/', '')}"),
)


@st.composite
def documents(draw: Any) -> "dict[str, Any]":
    """Results that no machine would write, but that load."""
    workloads = draw(st.lists(NAMES, min_size=1, max_size=7, unique=True))
    structures = draw(st.lists(NAMES, min_size=1, max_size=5, unique=True))
    cases = draw(
        st.lists(
            st.tuples(
                OPERATIONS,
                st.sampled_from(workloads),
                st.sampled_from(structures),
                CONDITIONS,
            ),
            min_size=1,
            max_size=12,
            unique=True,
        )
    )
    benchmarks = {}
    for operation, workload, structure, condition in cases:
        name = f"{operation}/{workload}/{structure}{condition}"
        for number in range(draw(st.integers(1, 7))):
            row = {"name": name, "repetition_index": number}
            if draw(st.integers(0, 9)) == 0:
                row["error_occurred"] = True
                row["error_message"] = draw(TEXT)
            else:
                row.update(draw(COUNTERS))
            benchmarks[name, number] = row
    context = draw(
        st.fixed_dictionaries(
            {},
            optional={
                key: TEXT
                for key in (
                    "cpu_model",
                    "kernel",
                    "compiler_flags",
                    "build_type",
                    "commit",
                    "timer",
                    "command_line",
                    "repetitions",
                    "interrupted",
                )
            },
        )
    )
    context["baseline"] = draw(st.one_of(st.sampled_from(structures), NAMES))
    for workload in workloads:
        context[f"workload_{workload}"] = draw(
            st.one_of(
                TEXT,
                st.integers(0, 10**35).map(
                    lambda n: f"trace={n:x} pages={n} guest_memory={n}"
                ),
            )
        )
    for structure in structures:
        family = draw(TEXT)
        context[f"structure_{structure}"] = f"family={family}"
    return document(benchmarks.values(), **context)


@settings(max_examples=100, deadline=None)
@given(documents())
def test_any_results_give_a_text_that_fits_a_mail(
    content: "dict[str, Any]",
) -> None:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "results.json"
        path.write_text(json.dumps(content))
        results = load(path)
        check_fits_a_mail(report(results))
        check_fits_a_mail(report_of(results))
        end = summary(results)
        assert end.isascii() and end.count("\n") <= SUMMARY_LINES


@pytest.mark.parametrize(
    "cpu_model", ["Intel® Core™ i7-8650U", "龙芯 " * 40, "x" * 300, "a\tb\n c "]
)
def test_any_cpu_name_fits_a_mail(
    cpu_model: str, results_of: ResultsOf
) -> None:
    content = full_document(cpu_model=cpu_model)
    check_fits_a_mail(report(results_of(content)))


def test_a_cell_is_the_median_and_half_its_interval_in_percent(
    results_of: ResultsOf,
) -> None:
    # Sorted, ranks 2, 5 and 8 are 9, 10 and 12: (12 - 9) / 2 / 10 is 15 %.
    values = [10, 9.5, 12, 8, 11, 13, 9, 9.7, 10.4]
    text = report(results_of(document(rows("set/a/xbitmap", values))))
    line = line_of(text, "set, no faults: ns per page", "xbitmap")
    assert line.split()[:2] == ["10.0", "15%"]


def marked(
    results_of: ResultsOf,
    factors: "list[float]",
    control: "list[float] | None" = None,
) -> "tuple[str, str]":
    """Time and mark of cvbmp: these factors of the baseline's rounds."""
    drift = DRIFT[: len(factors)]
    made = rows("set/a/xbitmap", [5 * d for d in drift])
    made += rows("set/a/cvbmp", [5 * d * f for d, f in zip(drift, factors)])
    if control:
        shaken = [5 * d * c for d, c in zip(drift, control)]
        made += rows("set/a/xbitmap/control:1", shaken)
    text = report(results_of(document(made)))
    line = line_of(text, "set, no faults: ns per page", "cvbmp")
    found = re.match(r" *(\S+ \(?\S+\)?)  ([*~?])", line)
    assert found is not None
    return found[1], found[2]


def test_a_difference_beyond_the_control_is_marked(
    results_of: ResultsOf,
) -> None:
    assert marked(results_of, [1.2] * 9, control=[1.1] * 9)[1] == "*"


def test_a_difference_that_the_control_shows_too_is_no_difference(
    results_of: ResultsOf,
) -> None:
    assert marked(results_of, [1.2] * 9, control=[1.3] * 9)[1] == "~"


def test_the_control_counts_in_both_directions(
    results_of: ResultsOf,
) -> None:
    assert marked(results_of, [1.2] * 9, control=[0.8] * 9)[1] == "~"


def test_an_interval_that_holds_1_is_no_difference(
    results_of: ResultsOf,
) -> None:
    factors = [0.5, 0.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5]
    assert marked(results_of, factors, control=[1.0] * 9)[1] == "~"


def test_fewer_than_six_rounds_claim_nothing_and_show_the_range(
    results_of: ResultsOf,
) -> None:
    time, mark = marked(results_of, [9.0] * 5, control=[1.0] * 5)
    assert mark == "?"
    assert "(15%)" in time


def test_a_single_round_has_no_width(results_of: ResultsOf) -> None:
    text = report(results_of(document(rows("set/a/xbitmap", [5.5]))))
    line = line_of(text, "set, no faults: ns per page", "xbitmap")
    assert line.split()[:2] == ["5.50", "(-)"]


def test_the_ratio_table_pairs_rounds(results_of: ResultsOf) -> None:
    # Apart, both spread over a third; within a round cvbmp takes half.
    content = document(
        rows("set/a/xbitmap", [8 * d for d in DRIFT])
        + rows("set/a/cvbmp", [4 * d for d in DRIFT])
    )
    text = report(results_of(content))
    title = "set, no faults: ns per page"
    assert "*0.500 [0.500, 0.500] " in line_of(text, title, "cvbmp")
    assert line_of(text, title, "xbitmap").split()[2:4] == ["1.00", "9"]


def test_baseline_control_and_floor_stand_unmarked_in_every_time_table(
    results_of: ResultsOf,
) -> None:
    text = report(results_of(full_document(workloads=["idle-8g"])))
    for operation in ("set", "test", "clear"):
        title = f"{operation}, no faults: ns per page"
        for name in ("xbitmap", "(A/A control)", "(floor)"):
            assert not set("*~?") & set(line_of(text, title, name))
    assert line_of(text, "drain, no faults: ns per page", "(A/A control)")


def test_floor_has_no_memory(results_of: ResultsOf) -> None:
    content = document(
        rows("set/a/xbitmap", times(5), **memory(1.07))
        + rows("set/a/floor", times(1), **memory(9.99))
    )
    text = report(results_of(content))
    title = "set, no faults: memory and lost pages"
    assert line_of(text, title, "xbitmap").split()[:2] == ["1.07", "1.05"]
    assert "9.99" not in text


def test_extract_is_shown_per_range(results_of: ResultsOf) -> None:
    content = document(rows("extract/a/xbitmap", times(5), ns_per_range=77.0))
    text = report(results_of(content))
    title = "extract, no faults: ns per range"
    assert line_of(text, title, "xbitmap").split()[0] == "77.0"
    assert "extract, no faults: ns per page" not in text


def test_failed_sets_are_shown_by_fault(results_of: ResultsOf) -> None:
    content = document(
        rows("set/a/xbitmap", times(5), **memory(1.07))
        + rows(
            f"set/a/xbitmap/{FAILSLAB}",
            times(5),
            **memory(1.07, failed=367002),
        )
    )
    text = report(results_of(content))
    for condition, lost in (
        ("no faults", ["0", "0"]),
        ("fault failslab:probability=1", ["367002", "100000"]),
    ):
        title = f"set, {condition}: memory and lost pages"
        cells = line_of(text, title, "xbitmap").split()
        assert cells[-4:-2] == lost


def test_a_failed_row_is_named_with_its_reason(
    results_of: ResultsOf,
) -> None:
    content = document(
        rows("set/a/xbitmap", times(5))
        + error_rows("set/a/cvbmp", "digest differs", 9)
    )
    text = report(results_of(content))
    assert "not shown: set/a/cvbmp: failed: digest differs" in text
    line = line_of(text, "set, no faults: ns per page", "cvbmp")
    assert line.split() == ["failed", "-", "-", "a", "cvbmp"]


def test_some_failed_rounds_are_counted(results_of: ResultsOf) -> None:
    failed = error_rows("set/a/xbitmap", "digest differs", 2)
    content = document(failed + rows("set/a/xbitmap", times(5))[2:])
    text = report(results_of(content))
    assert "set/a/xbitmap in 2 of 9 rounds: failed: digest" in text


def test_an_interrupted_run_says_so_in_the_first_lines(
    results_of: ResultsOf,
) -> None:
    content = full_document(interrupted="yes")
    head = report(results_of(content)).split("\n\n")[1]
    assert "INTERRUPTED" in head
    assert "INTERRUPTED" not in report(results_of(full_document()))


def test_rows_with_fewer_rounds_are_counted_first_and_named_last(
    results_of: ResultsOf,
) -> None:
    content = document(
        rows("set/a/xbitmap", times(5)) + rows("set/a/flat", times(5)[:7])
    )
    text = report(results_of(content))
    assert "INCOMPLETE: 1 of 2 rows" in text.split("\n\n")[1]
    last = text.split("\n\n")[-1]
    assert "only 7 of 9 rounds: set/a/flat" in last


def test_a_gap_in_a_table_is_named(results_of: ResultsOf) -> None:
    content = document(
        rows("set/a/xbitmap", times(5))
        + rows("set/b/xbitmap", times(5))
        + rows("set/a/flat", times(2))
    )
    text = report(results_of(content))
    assert "not measured: set/b/flat" in text


def test_a_structure_that_ran_without_faults_only_is_named(
    results_of: ResultsOf,
) -> None:
    content = document(
        rows("set/a/xbitmap", times(5))
        + rows("set/a/roaring", times(5))
        + rows(f"set/a/xbitmap/{FAILSLAB}", times(5))
    )
    text = report(results_of(content))
    assert "no rows: set, fault failslab:probability=1: roaring" in text


def test_a_structure_and_a_workload_without_any_row_are_named(
    results_of: ResultsOf,
) -> None:
    content = document(
        rows("set/a/xbitmap", times(5)),
        structure_maple="family=tree",
        workload_b="pages=1",
    )
    text = report(results_of(content))
    assert "no rows: set, no faults: maple" in text
    assert "no rows: workload b" in text


@pytest.mark.parametrize(
    "counter",
    [
        "ns_per_page",
        "bits_per_page",
        "requested_bits_per_page",
        "failed_sets",
    ],
)
def test_a_missing_counter_is_named_and_not_a_zero(
    counter: str, results_of: ResultsOf
) -> None:
    complete = rows("set/a/xbitmap", times(5), **memory(1.07))
    lacking = rows("set/a/flat", times(2), **memory(2.29))
    for row in lacking:
        del row[counter]
    text = report(results_of(document(complete + lacking)))
    assert f"without {counter} in some round: set/a/flat" in text
    assert counter not in report(results_of(document(complete)))


def test_a_table_without_any_figure_is_left_out(
    results_of: ResultsOf,
) -> None:
    content = document(
        rows("set/a/xbitmap", times(5)) + rows("drain/a/xbitmap", times(5))
    )
    text = report(results_of(content))
    assert "drain, no faults: ns per page" in text
    assert "drain, no faults: ns per range" not in text
    assert "bits per page when full" not in text


def test_without_a_baseline_there_is_no_mark_and_it_says_so(
    results_of: ResultsOf,
) -> None:
    content = document(rows("set/a/flat", times(2)))
    text = report(results_of(content))
    assert "no baseline xbitmap, hence no marks and ratios: set/a" in text
    line = line_of(text, "set, no faults: ns per page", "flat")
    assert not set("*~?") & set(line)
    assert "ratio" not in text.split("no baseline")[0].split("[ ]")[0]


def test_without_a_control_it_says_what_a_star_means(
    results_of: ResultsOf,
) -> None:
    content = document(rows("set/a/xbitmap", times(5)))
    assert "no A/A control" in report(results_of(content))
    assert "no A/A control" not in report(results_of(full_document()))


def test_an_unoptimised_build_is_shouted(results_of: ResultsOf) -> None:
    text = report(results_of(full_document(build_type="Debug")))
    assert "NOT OPTIMISED" in text.split("\n\n")[1]


def test_the_host_name_is_not_mailed(results_of: ResultsOf) -> None:
    assert "never-printed" not in report(results_of(full_document()))


def test_the_command_prints_what_it_writes(write: Write, capsys: Any) -> None:
    path = write(full_document())
    for flags, name, text in (
        ([], "report.txt", report_of(load(path))),
        (["--full"], "report-full.txt", report(load(path))),
    ):
        assert main(["report", str(path.parent), *flags]) == 0
        written = path.with_name(name).read_text()
        assert capsys.readouterr().out == written
        assert written == text


def test_the_command_writes_where_it_is_told(
    write: Write, tmp_path: Path
) -> None:
    path = write(full_document())
    output = tmp_path / "new" / "mail.txt"
    assert main(["report", str(path), "-o", str(output)]) == 0
    assert output.read_text() == report_of(load(path))
    assert not path.with_name("report.txt").exists()


def test_a_place_that_cannot_be_written_is_one_line(
    write: Write, capsys: Any
) -> None:
    path = write(full_document())
    output = path / "report.txt"  # below a file
    assert main(["report", str(path), "-o", str(output)]) == 2
    err = capsys.readouterr().err
    assert err.startswith(f"plots: {output}: cannot be written (")
    assert err.count("\n") == 1


def test_report_works_on_the_bare_standard_library(write: Write) -> None:
    path = write(full_document())
    # -S leaves out the site-packages: no numpy, no matplotlib.
    done = subprocess.run(
        [sys.executable, "-S", "-m", "plots", "report", str(path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == report_of(load(path))


def test_a_reader_that_has_seen_enough_is_no_error(write: Write) -> None:
    path = write(full_document())
    head = shutil.which("true")
    assert head is not None
    done = subprocess.run(
        f"{sys.executable} -m plots report {path} | {head}",
        shell=True,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""


def replay_rows(name: str, **figures: float) -> list[dict[str, object]]:
    counters = {
        "pages_told": 1000,
        "pages_told_singly": 0,
        "pages_told_by_array": 0,
        "pages_freed_back": 0,
        "pages_lost": 0,
        "sim_inflate_ms": 40,
        "sim_inflate_allocate_ms": 10.0,
        "sim_inflate_record_ms": 1.5,
        "sim_inflate_notify_ms": 20.0,
        "sim_inflate_translate_ms": 0.5,
        "sim_inflate_madvise_ms": 8.0,
        "sim_inflate_sleep_ms": 0.0,
        **figures,
    }
    made = rows(name, [1.0, 1.1], **counters)
    if "policy:" not in name:
        for row in made:
            del row["ns_per_page"]
    return made


def replay_document() -> dict[str, object]:
    """A replay by arrays, and one with a set under two policies."""
    fault = "fault:failslab:probability=10"
    return document(
        [
            *replay_rows(f"replay/w/array/{fault}", sim_inflate_ms=400),
            *replay_rows(
                f"replay/w/xbitmap/policy:free/{fault}", pages_freed_back=77
            ),
            *replay_rows(
                f"replay/w/xbitmap/policy:single/{fault}", pages_told_singly=55
            ),
        ]
    )


def test_replays_stand_in_one_table_with_and_without_a_set(results_of):
    text = report(results_of(replay_document()))
    lines = text.splitlines()
    assert max(map(len, lines)) <= 72
    title = "replay of w, fault failslab:probability=10: what became of the"
    start = next(i for i, line in enumerate(lines) if line.startswith(title))
    table = [line.split() for line in lines[start + 2 : start + 5]]
    assert table == [
        ["1000", "0", "0", "0", "0", "(array)"],
        ["1000", "0", "0", "77", "0", "xbitmap,", "free"],
        ["1000", "55", "0", "0", "0", "xbitmap,", "single"],
    ]
    assert "simulated ms while inflating" in text
    assert "measured ms" not in text
    assert "without ns_per_page" not in text
    assert "array" not in text[text.index("reproduce:") :]
