# SPDX-License-Identifier: MIT
"""The report has at most 200 lines for a default run, the answer first."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import (
    FAILSLAB,
    WORKLOADS,
    check_golden,
    document,
    error_rows,
    full_document,
    memory,
    profile,
    rows,
    times,
)
from test_report import golden_document

from plots.text.report import paragraph, report
from plots.read.results import Results, load

ResultsOf = Callable[[Any], Results]

# Those of a run without flags.
ARGUED = (
    "flat",
    "xbitmap",
    "xbitmap-preload",
    "cvbmp",
    "btree-bitmap",
    "btree-range",
    "roaring",
    "xarray",
    "pivot-tree",
    "radix-page",
)


def default_document() -> dict[str, Any]:
    structures = {
        name: (1.0 + number, 1.0, "family=any; out_of_memory=reports; ")
        for number, name in enumerate(ARGUED)
    }
    content = full_document(
        structures=structures,
        primary_structures="cvbmp,btree-bitmap,xarray",
        primary_operations="set,drain",
        primary_baseline="xbitmap",
        environment_warnings=3,
    )
    content["benchmarks"] = [
        row
        for row in content["benchmarks"]
        if row["name"].split("/")[0] in ("set", "drain")
    ]
    content["profiles"] = [
        profile(name, guest) for guest in WORKLOADS for name in ARGUED
    ]
    return content


def section(text: str, title: str) -> list[str]:
    (found,) = [s for s in text.split("\n\n") if s.startswith(title)]
    return found.splitlines()


def cells(text: str, title: str, name: str) -> list[str]:
    (line,) = [x for x in section(text, title) if x.endswith(f"  {name}")]
    return line.split()


def test_the_whole_text_is_the_golden_one(results_of: ResultsOf) -> None:
    text = report(results_of(golden_document()))
    check_golden("report.txt", text)


def test_a_default_run_has_at_most_200_lines(results_of: ResultsOf) -> None:
    text = report(results_of(default_document()))
    assert 100 < text.count("\n") <= 200
    for line in text.splitlines():
        assert line.isascii() and len(line) <= 72


def test_many_rows_that_are_missing_do_not_make_it_longer(
    results_of: ResultsOf,
) -> None:
    content = default_document()
    content["context"]["repetitions"] = "12"
    content["benchmarks"] = [
        row
        for row in content["benchmarks"]
        if row["name"].split("/")[2] not in ("pivot-tree", "roaring", "xarray")
    ]
    for guest in WORKLOADS:
        for name in ("pivot-tree", "roaring", "xarray"):
            for operation in ("set", "drain"):
                stem = f"{operation}/{guest}/{name}"
                content["benchmarks"] += error_rows(
                    stem, "failed: ranges differ from the oracle's", 9
                )
    text = report(results_of(content))
    assert text.count("\n") <= 200
    assert " lines more\n\nEvery other table: ./run report --full\n" in text


def test_the_answer_opens_it(results_of: ResultsOf) -> None:
    results = results_of(default_document())
    first = report(results).split("\n\n")[0]
    assert first.splitlines() == paragraph(results)
    assert first.startswith("xbitmap or cvbmp? ")


@pytest.mark.parametrize("guest", WORKLOADS)
def test_each_guest_has_one_table_with_every_structure(
    guest: str, results_of: ResultsOf
) -> None:
    text = report(results_of(default_document()))
    table = section(text, f"{guest}, no faults: set + drain, ns per page")
    for name in (*ARGUED, "(floor)", "(A/A control)"):
        has_row = any(line.endswith(f"  {name}") for line in table)
        # The floor has no drain, so no sum.
        assert has_row == (name != "(floor)")


def test_a_row_has_time_ratio_step_memory_and_lost_pages(
    results_of: ResultsOf,
) -> None:
    text = report(results_of(default_document()))
    title = "idle-8g, no faults: set + drain"
    # The units stand below the names where one line has no room for both.
    names, units = (line.split() for line in section(text, title)[1:3])
    assert names == "longest peak asks lost".split()
    assert units == "ns ratio us KiB /pass ppm structure".split()
    # 36700 of 3670016 sets fail.
    assert cells(text, title, "cvbmp") == (
        "8.16 *2.00 0.0700 64.0 910 10000 cvbmp".split()
    )
    assert cells(text, title, "xbitmap")[1] == "1.00"


def test_without_profiles_the_tables_are_there(results_of: ResultsOf) -> None:
    content = default_document()
    del content["profiles"]
    text = report(results_of(content))
    assert section(text, "idle-8g, no faults: set")[1].split() == (
        "ns ratio peak KiB asks /pass lost ppm structure".split()
    )


def legend_of(text: str) -> list[str]:
    """The names that are explained, each in one line of its own."""
    (legend,) = [s for s in text.split("\n\n") if "\nratio   " in s]
    names = [line[:14].strip() for line in legend.splitlines()]
    return [name for name in names if name]


def test_every_column_and_mark_has_one_line_and_no_other(
    results_of: ResultsOf,
) -> None:
    text = report(results_of(default_document()))
    assert legend_of(text) == [
        *("GiB", "run", "flat"),
        *("ns", "ratio", "longest us", "peak KiB", "asks /pass", "lost ppm"),
        *("pages", "passes", "ranges", "memory", "trace"),
        *("*", "-", "(A/A control)", "[ ]", "( )"),
    ]
    content = document(
        rows("set/a/xbitmap", times(5)[:3])
        + rows("set/a/cvbmp", times(5)[:3])
        + error_rows("set/a/maple", "over 2700 ns per page: cut off", 3)
        + error_rows("set/a/roaring", "failed: wrong", 3)
    )
    assert legend_of(report(results_of(content))) == [
        *("ns", "ratio", "?", "-", ">9", "failed", "( )")
    ]


def test_the_primary_ratios_are_those_of_the_time_that_decides(
    results_of: ResultsOf,
) -> None:
    text = report(results_of(default_document()))
    assert "PRIMARY, declared before the run: 45 ratios" in text
    titles = {
        line for line in text.splitlines() if line.startswith("primary: ")
    }
    assert titles == {"primary: set + drain, ratio to xbitmap"}


def test_what_is_wrong_with_a_run_stands_under_the_answer(
    results_of: ResultsOf,
) -> None:
    content = default_document()
    content["context"]["interrupted"] = "yes"
    content["context"]["repetitions"] = "12"
    head = report(results_of(content)).split("\n\n")[1]
    assert "INTERRUPTED" in head and "INCOMPLETE" in head


def test_a_run_of_one_operation_with_faults_only_has_its_tables(
    results_of: ResultsOf,
) -> None:
    content = document(
        rows(f"set/a/xbitmap/{FAILSLAB}", times(5), **memory(1, 5))
        + rows(f"set/a/cvbmp/{FAILSLAB}", times(9), **memory(1, 9))
    )
    text = report(results_of(content))
    title = "a, fault failslab:probability=1: set, ns per page"
    assert cells(text, title, "cvbmp")[-2:] == ["2.45", "cvbmp"]


def test_results_on_disk_give_the_same(tmp_path: Path) -> None:
    import json

    path = tmp_path / "results.json"
    path.write_text(json.dumps(default_document()))
    assert report(load(path)) == report(load(tmp_path))
