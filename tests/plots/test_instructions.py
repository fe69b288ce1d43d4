# SPDX-License-Identifier: MIT
"""Counts in a table, and counts that have risen above the stored ones."""

import dataclasses
import json
import re
from pathlib import Path
from typing import Any

import pytest
from conftest import document, rows
from hypothesis import given
from hypothesis import strategies as st

from plots.__main__ import main
from plots.text.report import line
from plots.read.instructions import (
    TOLERANCE,
    Baseline,
    compare,
    read_baseline,
    write_baseline,
)

TOOLS = {
    "compiler": "GCC 12.2.0",
    "compiler_flags": "-O2 -g1",
    "libc": "glibc 2.36",
}
FACTS = "trace=abc pages=32768 passes=1 ranges=26 guest_memory=8589934592"
STORED = Baseline(
    {**TOOLS, "workload_idle-8g": FACTS},
    {"set/idle-8g/xbitmap": 40.0, "set/idle-8g/flat": 12.0},
)


def counted(**counts: float) -> Baseline:
    rows = {f"set/idle-8g/{name}": count for name, count in counts.items()}
    return dataclasses.replace(STORED, counts=rows)


def counts_document(**counts: float) -> dict[str, Any]:
    return document(
        [
            {
                "name": f"{operation}/idle-8g/{structure}",
                "run_type": "iteration",
                "repetition_index": 0,
                "real_time": 0,
                "instructions_per_page": count * share,
            }
            for structure, count in counts.items()
            for operation, share in (("set", 1), ("drain", 0.01))
        ],
        **TOOLS,
        timer="callgrind, 12 instructions a stretch, subtracted",
        **{"workload_idle-8g": FACTS},
    )


@pytest.mark.parametrize(
    "count, risen, fallen",
    [
        (41.19, 0, 0),
        (41.21, 1, 0),
        (38.81, 0, 0),
        (38.79, 0, 1),
        (40.0, 0, 0),
    ],
)
def test_three_percent_are_the_limit(count, risen, fallen):
    comparison = compare(STORED, counted(xbitmap=count, flat=12))
    assert comparison.refusal is None
    assert len(comparison.risen) == risen
    assert len(comparison.fallen) == fallen


def test_what_has_risen_is_said_with_both_counts():
    (change,) = compare(STORED, counted(xbitmap=50, flat=12)).risen
    assert line(change) == (
        "set/idle-8g/xbitmap: 50.0 instructions per page, 25% more than the"
        " stored 40.0"
    )


def test_rows_that_are_not_counted_any_more_are_listed():
    comparison = compare(STORED, counted(xbitmap=40, mine=1))
    assert comparison.not_counted == ("set/idle-8g/flat",)
    assert comparison.risen == ()


@pytest.mark.parametrize("key", TOOLS)
def test_counts_of_other_tools_are_not_compared(key):
    found = dataclasses.replace(
        counted(xbitmap=400), facts={**STORED.facts, key: "another"}
    )
    comparison = compare(STORED, found)
    assert comparison.refusal == (
        f"stored with {key} {TOOLS[key]}, counted with another"
    )
    assert comparison.risen == ()


def test_counts_of_other_pages_are_not_compared():
    found = dataclasses.replace(
        counted(xbitmap=400), facts={"workload_idle-8g": "trace=def pages=1"}
    )
    comparison = compare(STORED, found)
    assert comparison.refusal is not None
    assert comparison.refusal == (
        "stored with idle-8g trace=abc, counted with trace=def"
    )


@given(
    st.dictionaries(
        st.from_regex(r"(set|drain)/[a-z0-9-]+/[a-z0-9-]+", fullmatch=True),
        st.floats(min_value=1e-3, max_value=1e5),
        min_size=1,
    )
)
def test_a_baseline_is_read_as_it_was_written(tmp_path_factory, counts):
    path = tmp_path_factory.mktemp("stored") / "baseline.txt"
    written = dataclasses.replace(STORED, counts=counts)
    path.write_text(write_baseline(written))
    read = read_baseline(path)
    assert read.facts == written.facts
    assert read.counts == pytest.approx(counts, rel=1e-5)
    assert compare(read, written).risen == ()


def test_the_command_prints_compares_and_updates(write, tmp_path, capsys):
    path = write(counts_document(xbitmap=40, flat=12))
    path = path.rename(path.with_name("instructions.json"))
    stored = tmp_path / "baseline.txt"
    command = ["instructions", str(path.parent), f"--baseline={stored}"]
    assert main([*command, "--update"]) == 0
    assert main(command) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert "set, no faults: instructions per page (callgrind)" in out
    assert "40.0" in out
    assert "instructions by the hardware: n/a" in out
    assert max(map(len, out.splitlines())) <= 72
    stored.write_text(stored.read_text().replace(" 40\n", " 30\n"))
    assert main(command) == 1
    assert "33% more than the stored 30.0" in capsys.readouterr().err


def test_counts_of_the_hardware_stand_beside(write, capsys):
    path = write(counts_document(xbitmap=40))
    path.with_name("instructions.json").write_text(path.read_text())
    hardware = path.read_text().replace("callgrind, 12", "hardware, 30")
    path.with_name("instructions-hardware.json").write_text(hardware)
    assert main(["instructions", str(path.parent)]) == 0
    out = capsys.readouterr().out
    assert "(callgrind)" in out
    assert "(hardware)" in out
    assert "n/a" not in out


def test_counts_beside_results_stand_in_the_report(write, capsys):
    path = write(document(rows("set/idle-8g/xbitmap", [5.5] * 9)))
    assert main(["report", "--full", str(path)]) == 0
    alone = capsys.readouterr().out
    path.with_name("instructions.json").write_text(
        json.dumps(counts_document(xbitmap=40))
    )
    assert main(["report", "--full", str(path)]) == 0
    out = capsys.readouterr().out
    assert "instructions per page (callgrind)" not in alone
    assert "set, no faults: instructions per page (callgrind)" in out
    assert max(map(len, out.splitlines())) <= 72
    assert path.with_name("report-full.txt").read_text() == out


@pytest.mark.parametrize(
    "rival, shown",
    [("xarray@slow", True), ("radix@base", False)],
)
def test_one_structure_of_two_trees_has_the_ratio_of_its_counts(
    rival, shown, write, capsys
):
    """Counts repeat; without them a patch of 5 % is noise on a loud machine."""
    base, guest = "xarray@base", "set/idle-8g"
    timed = [
        *rows(f"{guest}/{base}", [5.5] * 9),
        *rows(f"{guest}/{base}/control:1", [4, 8] * 4 + [5]),
        *rows(f"{guest}/{rival}", [4, 9] * 4 + [5]),
    ]
    path = write(document(timed, baseline=base))
    path.with_name("instructions.json").write_text(
        json.dumps(counts_document(**{base: 100, rival: 105}))
    )
    for command in ("summary", "mail"):
        assert main([command, str(path)]) == 0
        out = capsys.readouterr().out
        (row,) = re.findall("^.*idle-8g$", out.partition("peak")[0], re.M)
        assert bool(re.search(r"~.* 1\.05  idle-8g", row)) is shown
        assert ("instr" in out) is shown
    assert ("instr: ratio of instructions per page" in out) is shown


@pytest.mark.parametrize(
    "text, said",
    [
        ("set/a/b\n", "line 1 is no row and its count"),
        ("# compiler GCC\nset/a/b twelve\n", "line 2 is no row"),
    ],
)
def test_a_baseline_that_is_none_is_refused(
    text, said, write, tmp_path, capsys
):
    path = write(counts_document(xbitmap=40))
    stored = tmp_path / "stored.txt"
    stored.write_text(text)
    assert main(["instructions", str(path), f"--baseline={stored}"]) == 2
    err = capsys.readouterr().err
    assert err.startswith(f"plots: {stored}: {said}")
    assert err.count("\n") == 1


def test_the_help_names_the_tolerance(capsys):
    with pytest.raises(SystemExit):
        main(["instructions", "--help"])
    said = " ".join(capsys.readouterr().out.split())
    assert f"risen by more than {100 * TOLERANCE:.0f} %" in said


def test_results_without_counts_are_refused(write, capsys):
    path: Path = write(document([{"name": "set/a/b", "ns_per_page": 1.0}]))
    assert main(["instructions", str(path)]) == 2
    assert "holds no instructions_per_page" in capsys.readouterr().err
