# SPDX-License-Identifier: MIT
"""Every printer shows the figures that a table has, and no other."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from conftest import document, full_document, memory, profile, rows, times
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_report import golden_document

from plots.read.results import Results
from plots.tables import (
    cases,
    changes,
    facts,
    glance,
    replay,
)
from plots.tables.duel import duel
from plots.tables.table import Cell, Column, Table, figure
from plots.text.export import csv_of, markdown_of
from plots.text.layout import lines

ResultsOf = Callable[[Any], Results]
KEYS = (
    "guests",
    "costs",
    "glance",
    "primary",
    "times",
    "memory",
    "profiles",
    "tails",
    "workloads",
    "structures",
    "errors",
    "changes",
)


def everything() -> dict[str, Any]:
    content = golden_document()
    content["profiles"] = [
        profile(name, guest, scale)
        for guest in ("idle-8g", "frag-4g")
        for scale, name in enumerate(("flat", "xbitmap", "cvbmp"), 1)
    ]
    return content


def every_table(results: Results) -> Iterator[Table]:
    found = duel(results)
    assert found is not None
    yield glance.guests(found)
    yield glance.costs(found)
    yield from glance.glances(results)
    yield from glance.primary(results)[0]
    yield cases.times(results)
    yield cases.memory(results)
    yield cases.profiles(results)
    yield cases.calls(results)
    yield from replay.tables(results)
    yield facts.workloads(results)
    yield facts.structures(results)
    yield cases.errors(results)
    yield changes.times(results, changes.pairs_of(results, results))


@pytest.mark.parametrize("key", KEYS)
def test_text_markdown_and_csv_agree_on_every_figure(
    key: str, results_of: ResultsOf
) -> None:
    tables = [t for t in every_table(results_of(everything())) if t.key == key]
    assert tables and all(tables)
    for table in tables:
        text = " ".join(lines(table))
        records = list(csv.DictReader(io.StringIO(csv_of(table))))
        pages = markdown_of(table).splitlines()[2:]
        assert len(records) == len(pages) == len(table.rows)
        for row, record, page in zip(table.rows, records, pages):
            shown = page.strip("| ").split(" | ")
            for column, cell, said in zip(table.columns, row, shown):
                if not isinstance(cell.value, float | int):
                    continue
                written = cell.text(column.form)
                if not column.may_go:
                    assert written in text
                assert written in said.replace("\\", "").split()[:2] or (
                    column.form == "size" and written in said
                )
                value = float(record[column.key])
                assert value == pytest.approx(cell.value, rel=1e-5)
                if column.bounds == "interval" and cell.low is not None:
                    low, high = cell.bounds(column.form)
                    assert low in text and high in text
                    low_in_csv = float(record[f"{column.key}_low"])
                    assert low_in_csv == pytest.approx(cell.low, rel=1e-5)
                    assert record[f"{column.key}_mark"] == cell.mark


def test_no_table_has_a_zero_for_what_is_absent(
    results_of: ResultsOf,
) -> None:
    for table in every_table(results_of(everything())):
        for row in table.rows:
            for cell in row:
                assert cell.value is None or not cell.absence
                assert cell.value == cell.value  # no NaN


def test_every_column_of_figures_is_explained_or_is_a_structure(
    results_of: ResultsOf,
) -> None:
    results = results_of(everything())
    names = {s.name for s in results.structures}
    for table in every_table(results):
        for column in table.columns:
            if column.names or column.name in names or not table:
                continue
            if table.key in ("structures", "changes", "errors"):
                continue
            assert column.legend or column.key in ("ratio", "calls", "remark")
            assert "\n" not in column.legend


def test_a_glance_has_time_longest_call_memory_and_instructions(
    results_of: ResultsOf,
) -> None:
    made = rows("set/a/flat", times(1), **memory(2.29))
    made += rows("set/a/xbitmap", times(2.5), **memory(1.07))
    content = document(made)
    content["profiles"] = [profile("flat"), profile("xbitmap")]
    content["profiles"][1]["tails"]["repetitions"] = 1
    row = rows("set/a/xbitmap", [1.0])[0]
    counts = results_of(document([{**row, "instructions_per_page": 21.4}]))
    (table,) = glance.glances(results_of(content), counts)
    assert lines(table) == [
        "a, no faults: set, ns per page",
        "  ns   ratio  longest us  peak KiB  instr  structure",
        "1.02  *0.400      0.0700       147      -  flat",
        "2.55    1.00     ?0.0700      68.5   21.4  xbitmap",
    ]


def test_the_longest_call_is_the_longest_under_the_lock(
    results_of: ResultsOf,
) -> None:
    one = profile("xbitmap")
    calls = one["tails"]["operations"]
    calls["clear_range"] = {**calls["set"], "max": 5000.0, "max_raw": 5000.0}
    calls["destroy"] = {**calls["set"], "max": 9000.0, "max_raw": 9000.0}
    content = document(rows("set/a/xbitmap", times(2)))
    content["profiles"] = [one]
    (table,) = glance.glances(results_of(content))
    assert table.column("longest") == [Cell(5.0)]


def test_a_profile_that_was_cut_off_says_so(results_of: ResultsOf) -> None:
    cut = profile("xbitmap")
    del cut["memory"]
    cut["error"] = "cut off after 3 of 9 set in pass 0 of 2"
    content = document(rows("set/a/xbitmap", times(2)))
    content["profiles"] = [cut]
    results = results_of(content)
    assert cases.profiles(results).column("remark") == [Cell(cut["error"])]
    said = "profiles cut off or not made: a/xbitmap"
    assert said in list(facts.missing(results))


def test_a_table_loses_columns_and_rows_without_figures() -> None:
    columns = (Column("n", "n", names=True), Column("a", "a"), Column("b", "b"))
    table = Table(
        "k",
        "t",
        columns,
        (
            (Cell("x"), Cell(1.0), Cell()),
            (Cell("y"), Cell(), Cell()),
            (Cell("z"), Cell(absence="failed"), Cell()),
        ),
    ).filled()
    assert [column.key for column in table.columns] == ["n", "a"]
    assert [row[0].value for row in table.rows] == ["x", "z"]


def test_a_median_of_one_round_has_no_bounds() -> None:
    from plots.read.statistics import estimate

    assert figure(estimate([5.0])).bounds() == ()
    assert figure(estimate([1.0, 2.0, 3.0])).bounds() == ("(1.00,", "3.00)")
    assert figure(None, absence="failed") == Cell(absence="failed")


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    names=st.lists(
        st.text("abcdefghij-0123456789", min_size=1, max_size=40),
        min_size=1,
        max_size=5,
        unique=True,
    ),
    scale=st.floats(1e-3, 1e9),
)
def test_no_line_of_a_profile_is_wider_than_72_columns(
    results_of: ResultsOf, names: "list[str]", scale: float
) -> None:
    content = document(rows("set/a/flat", times(1)))
    content["profiles"] = [profile(name, scale=scale) for name in names]
    results = results_of(content)
    for table in (cases.profiles(results), cases.calls(results)):
        for line in lines(table):
            assert len(line) <= 72 and line.isascii()


def test_the_same_results_give_the_same_tables(results_of: ResultsOf) -> None:
    one, other = (
        list(every_table(results_of(full_document()))) for _ in range(2)
    )
    assert one == other
    assert re.fullmatch(r"[a-z_]+", one[0].key)
