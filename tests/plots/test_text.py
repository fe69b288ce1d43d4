# SPDX-License-Identifier: MIT
"""Numbers, names and commands as they stand in a mail."""

import shlex
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plots.read.file import shorten
from plots.tables.figures import (
    alike,
    binary_size,
    change_percent,
    count,
    number,
    percent,
    to_ascii,
)
from plots.tables.table import Cell, Column, Table
from plots.text.layout import lines, shell_lines


@pytest.mark.parametrize(
    "value, text",
    [
        (0, "0"),
        (5.499, "5.50"),
        (0.0123, "0.0123"),
        (12.34, "12.3"),
        (9.996, "10.0"),
        (99.96, "100"),
        (12345, "12300"),
        (999999, "1.00e6"),
        (1.5e300, "1.50e300"),
        (0.00001234, "1.23e-5"),
        (-5.5, "-5.50"),
    ],
)
def test_a_number_has_three_significant_digits(
    value: float, text: str
) -> None:
    assert number(value) == text


def test_bounds_have_as_many_decimals_as_their_median() -> None:
    assert alike(0.9804, other=1.0) == "0.98"
    assert alike(0.2, other=0.238) == "0.200"


def test_a_count_is_written_in_full() -> None:
    assert count(3670016.0) == "3670016"
    assert count(2.5) == "2.50"


@pytest.mark.parametrize(
    "value, text",
    [
        (0, "0%"),
        (0.3, "<1%"),
        (2.4, "2%"),
        (150, "150%"),
        (1e9, ">999%"),
        (-1e9, "<-999%"),
    ],
)
def test_a_percentage_is_short(value: float, text: str) -> None:
    assert percent(value) == text


def test_a_change_is_a_percentage_and_then_a_factor() -> None:
    changes = [change_percent(f) for f in (1.0312, 0.5, 3.5, 12)]
    assert changes == ["+3.1%", "-50%", "+250%", "x12.0"]


@pytest.mark.parametrize(
    "size, text",
    [(512, "512 B"), (8 << 30, "8 GiB"), (1536 << 20, "1.50 GiB")],
)
def test_a_size_is_in_its_largest_binary_unit(size: int, text: str) -> None:
    assert binary_size(size) == text


def test_ascii_keeps_what_can_be_read() -> None:
    assert to_ascii("Intel® Core™\ti7\n é µs") == "Intel(R) Core(TM) i7 e us"
    assert to_ascii("龙芯 3A\x00") == "?? 3A?"


def test_shortening_keeps_both_ends() -> None:
    assert shorten("abcdefghij", 8) == "abc..hij"
    assert shorten("abcdefgh", 8) == "abcdefgh"


def table_of(
    headings: "list[str]",
    cells: "list[Cell]",
    unit: str = "unit",
    name: str = "name",
) -> Table:
    """A row of figures with half of their intervals."""
    columns = (Column(head, head, bounds="spread") for head in headings)
    row = (Cell(name), *cells)
    return Table("k", "t", (Column("n", unit, names=True), *columns), (row,))


def test_a_wide_table_is_split_evenly_and_loses_no_column() -> None:
    headings = [f"workload-{n}" for n in range(11)]
    made = lines(table_of(headings, [Cell(float(n)) for n in range(11)]))
    assert made.count("t") == 3
    words = " ".join(made).split()
    assert [word for word in words if word in headings] == headings
    assert max(map(len, made)) <= 72


def test_long_headings_and_labels_are_shortened_to_fit() -> None:
    cell = Cell(1.0, 0.98, 1.02, mark="*")
    table = table_of(["w" * 90, "v" * 90], [cell, cell], "u" * 90, "n" * 90)
    made = lines(table)
    assert max(map(len, made)) <= 72
    assert made[1].startswith("w") and made[1].count("..") >= 2


def test_the_name_of_a_row_stands_last() -> None:
    made = lines(table_of(["w"], [Cell(1.0, 0.98, 1.02, mark="*")]))
    assert made == ["t", "       w  unit", "*1.00 2%  name"]


def test_columns_under_one_title_stand_together() -> None:
    table = Table(
        "k",
        "",
        (
            Column("name", "name", names=True),
            Column("a", "left", group="both of them"),
            Column("b", "b", group="both of them"),
            Column("c", "c"),
        ),
        ((Cell("x"), Cell(1.0), Cell(2.0), Cell(absence="failed")),),
    )
    assert lines(table) == [
        "both of them",
        "  left     b       c  name",
        "  1.00  2.00  failed  x",
    ]


def test_columns_that_may_go_do_so_before_a_table_is_split() -> None:
    name = Column("name", "name", names=True)
    row = (Cell("x"), *map(Cell, (1.0, 2.0, 3.0, 4.0)))
    for may_go, tables in ((True, 1), (False, 2)):
        columns = [Column(f"c{n}", "c" * 20) for n in range(4)]
        columns[0] = replace(columns[0], may_go=may_go)
        made = lines(Table("k", "t", (name, *columns), (row,)))
        assert made.count("t") == tables
        assert ("1.00" in " ".join(made)) != may_go


def rejoined(lines: "list[str]") -> "list[str]":
    """What a shell makes of the lines."""
    text = "\n".join(lines).removeprefix("reproduce:")
    return shlex.split(text.replace("\\\n", ""))


def test_a_long_command_is_continued_with_backslashes() -> None:
    command = "./pfnbench --workload=all --structure=all " + "--x=1 " * 12
    made = shell_lines("reproduce:", command)
    assert len(made) > 1
    assert all(line.endswith(" \\") for line in made[:-1])
    assert rejoined(made) == command.split()


def test_a_semicolon_is_quoted() -> None:
    assert shell_lines("reproduce:", "p --fault=none;nth:3") == [
        "reproduce: p '--fault=none;nth:3'"
    ]


@given(st.lists(st.text("ab ;'\"\\$-=", min_size=1, max_size=200)))
def test_a_shell_reads_back_every_command(words: "list[str]") -> None:
    # Runs of blanks become one blank, as in every text of a report.
    words = [" ".join(word.split()) for word in words]
    made = shell_lines("reproduce:", shlex.join(words))
    assert rejoined(made) == words
    assert all(len(line) <= 72 for line in made)
