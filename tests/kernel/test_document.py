# SPDX-License-Identifier: MIT
"""The table of a run and docs/kernel.md, from results that exist."""

from __future__ import annotations

import json
import os
import pathlib
import re

import kernel_results
import pytest
from guest_command import ROOT

from harness.module import table

GOLDEN = pathlib.Path(__file__).parent / "golden"


@pytest.fixture
def runs(tmp_path: pathlib.Path) -> list[str]:
    """Flags that name a run and its counts."""
    for name, file, made in (
        ("run", "results.json", kernel_results.inside()),
        ("user", "instructions.json", kernel_results.outside()),
    ):
        folder = tmp_path / name
        folder.mkdir()
        (folder / file).write_text(json.dumps(made))
    return [f"--results={tmp_path}/run", f"--user-space={tmp_path}/user"]


def check_golden(name: str, text: str) -> None:
    path = GOLDEN / name
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(text)
    assert text == path.read_text(), "if this is meant: UPDATE_GOLDEN=1"


def test_the_table_is_the_golden_one(run_kernel, runs):
    result = run_kernel(*runs)
    assert result.returncode == 0, result.stderr
    check_golden("kernel.txt", result.stdout)


def test_the_document_is_the_golden_one(run_kernel, runs, tmp_path):
    page = tmp_path / "kernel.md"
    for _ in range(2):
        result = run_kernel(*runs, f"--document={page}")
        assert result.returncode == 0, result.stderr
        check_golden("kernel.md", page.read_text())
    assert not list(tmp_path.glob("*.part"))


def test_the_report_says_which_kernel_can_inject_faults(run_kernel, runs):
    said = re.findall(r"faults: (.*)", run_kernel(*runs).stdout)
    assert said == [
        "6.1: none can be injected, it has no failslab; 6.12: none, "
        "--fault=failslab:... injects them"
    ]


def test_the_introduction_of_the_document_is_that_of_the_shipped_one():
    """Who changes it in table.py makes the document again."""
    begin = table.INTRODUCTION.partition("    {command}")[0]
    assert (ROOT / "docs" / "kernel.md").read_text().startswith(begin)


def test_the_shipped_document_ranks_both_kernels_of_debian():
    text = (ROOT / "docs" / "kernel.md").read_text()
    assert "| Kendall's tau | 6.1 | 6.12 |\n" in text
    row = r"^\| `(\w+)`, `[\w-]+` \| (\S+) \| (\S+) \|$"
    rows = re.findall(row, text, re.M)
    assert {operation for operation, *_ in rows} == {"set", "drain"}
    for _, one, other in rows:
        assert 0.5 < float(one) <= 1 and 0.5 < float(other) <= 1


def test_inside_sets_hold_what_the_model_of_the_heap_says():
    """Within one slab, of two pages at most. flat is no slab, but a large
    request among all pages of the kernel: docs/method.md, Slab inside."""
    text = (ROOT / "docs" / "kernel.md").read_text()
    part = text.partition("## Memory\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `(\S+)` \| (.*) \|$", part, re.M)
    assert len(rows) > 20
    for name, cells in rows:
        for cell in cells.split(" | "):
            inside, outside = map(float, cell.split(", "))
            pages = abs(inside - outside) / 8 * 131072 / 4096
            assert pages <= (4 if name == "flat" else 2), (name, cell)


def test_counts_of_shares_are_one_table(run_kernel, runs, tmp_path):
    """A process for each core counts some of the structures."""
    whole = run_kernel(*runs).stdout
    (tmp_path / "user" / "instructions.json").unlink()
    made = kernel_results.outside()
    for name in ("0", "1"):
        share = [
            row
            for at, row in enumerate(made["benchmarks"])
            if row["structure"] == "floor" or at % 2 == int(name)
        ]
        folder = tmp_path / "user" / name
        folder.mkdir()
        (folder / "instructions.json").write_text(
            json.dumps(made | {"benchmarks": share})
        )
    assert run_kernel(*runs).stdout == whole


@pytest.mark.parametrize("flag", ["--here", "--linux=debian", "--out=x"])
def test_a_run_that_exists_is_not_measured_again(run_kernel, runs, flag):
    result = run_kernel(*runs, flag)
    assert result.returncode == 2
    assert result.stderr == (
        "kernel: --results is a run that exists; leave --here, --linux and "
        "--out out\n"
    )


def test_kendalls_tau_is_that_of_the_text_book():
    """Of ranks with ties: Kendall, Rank Correlation Methods, tau b."""
    costs = {
        name: (inside, outside)
        for name, inside, outside in (
            ("a", 1.0, 1.0),
            ("b", 2.0, 3.0),
            ("c", 2.0, 2.0),
            ("d", 4.0, 4.0),
        )
    }
    # Five pairs agree, one is a tie inside.
    assert table.tau(costs) == pytest.approx(5 / (5 * 6) ** 0.5)
    assert table.tau({"a": (1, 2), "b": (2, 1)}) == -1
    assert table.tau({"a": (1, 1), "b": (1.005, 2)}) != 1
