# SPDX-License-Identifier: MIT
"""The export has every time of a run, safe for the programs that read it."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import document, error_rows, full_document, rows, times

from plots.tables import standing
from plots.__main__ import main
from plots.text.export import export
from plots.read.results import Entrant, Results, load
from plots.tables.standing import Place

ResultsOf = Callable[[Any], Results]
FORMATS = ("csv", "markdown")
KEYS = ("operation", "workload", "structure", "condition", "unit")


def table(results: Results) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(export(results, "csv"))))


def test_every_time_is_there_once(results_of: ResultsOf) -> None:
    results = results_of(full_document())
    found = table(results)
    keys = [
        tuple(row[key] for key in KEYS) for row in found
    ]
    assert len(keys) == len(set(keys))
    names = {
        (case.operation, case.workload, case.condition)
        for case in results.cases
        if case.entrant == Entrant("cvbmp")
    }
    assert names <= {
        (row["operation"], row["workload"], row["condition"])
        for row in found
        if row["structure"] == "cvbmp"
    }


def test_a_row_has_the_figures_of_the_report(results_of: ResultsOf) -> None:
    results = results_of(full_document())
    place = Place(results, standing.WHOLE, "busy-2g", "")
    ratio = place.ratio("cvbmp", "xbitmap")
    assert ratio is not None
    (row,) = [
        row
        for row in table(results)
        if (row["operation"], row["workload"], row["structure"])
        == ("set + drain", "busy-2g", "cvbmp")
    ]
    assert row["unit"] == "ns per page"
    assert row["rounds"] == "9"
    assert row["ratio_mark"] == ratio.mark == "*"
    for name, value in (
        ("ratio", ratio.ratio.median),
        ("ratio_low", ratio.ratio.low),
        ("ratio_high", ratio.ratio.high),
    ):
        assert float(row[name]) == pytest.approx(value, rel=1e-5)
    low, time, high = (float(row[f"time{x}"]) for x in ("_low", "", "_high"))
    assert low < time < high


def test_a_row_without_a_time_has_the_reason(results_of: ResultsOf) -> None:
    content = document(
        rows("set/a/xbitmap", times(5))
        + error_rows("set/a/cvbmp", "over 2700 ns per page: cut off", 9)
        + error_rows("set/a/maple", "failed: wrong", 9)
    )
    notes = {
        row["structure"]: (row["time"], row["rounds"], row["note"])
        for row in table(results_of(content))
    }
    assert notes["cvbmp"] == ("", "", ">2700 ns")
    assert notes["maple"] == ("", "", "failed")
    assert notes["xbitmap"][2] == ""


@pytest.mark.parametrize("begin", "=+-@")
def test_no_cell_is_a_formula(begin: str, results_of: ResultsOf) -> None:
    name = f'{begin}cmd|calc,"x"'
    results = results_of(document(rows(f"set/{name}/{name}", times(5))))
    (row,) = table(results)
    assert row["workload"] == row["structure"] == f"'{name}"


def test_a_name_cannot_leave_its_cell_in_markdown(
    results_of: ResultsOf,
) -> None:
    name = "a|b<i>*`[x](y)"
    text = export(
        results_of(document(rows(f"set/{name}/xbitmap", times(5)))), "markdown"
    )
    heading, rule, row = text.splitlines()
    assert heading.count("|") == rule.count("|") == 10
    assert row.split(" | ")[1] == r"a\|b\<i\>\*\`\[x\](y)"
    assert row.replace(r"\|", "").count("|") == 10


@pytest.mark.parametrize("form", FORMATS)
def test_nothing_that_a_terminal_obeys_is_printed(
    form: str, results_of: ResultsOf
) -> None:
    content = document(rows("set/a\u202eb/xbitmap", times(5)))
    text = export(results_of(content), form)
    assert "\u202e" not in text and "u202eb" in text


def test_the_command_prints_it_or_writes_it(
    results_of: ResultsOf, tmp_path: Path, capsys: Any
) -> None:
    results_of(full_document())
    assert main(["export", str(tmp_path)]) == 0
    text = export(load(tmp_path), "csv")
    assert capsys.readouterr().out == text
    output = tmp_path / "times.md"
    flags = ["--format=markdown", "-o", str(output)]
    assert main(["export", str(tmp_path), *flags]) == 0
    assert output.read_text() == export(load(tmp_path), "markdown")
    assert capsys.readouterr().out == ""
