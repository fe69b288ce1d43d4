# SPDX-License-Identifier: MIT
"""A real kernel in a real guest: figures, oracle, memory, and what the module
refuses. Skipped where QEMU, the headers or the kernel are missing."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys

import pytest
from conftest import PAGES
from guest_command import ROOT

from harness.module import __main__ as command
from harness.module import build

# 80 passes of about 300 pages, each in another leaf.
FEW = "--workload=gen:dirty-log:pages=300K:rounds=40:writes=300"


@pytest.fixture(scope="session")
def rows(out) -> list[dict]:
    return json.loads((out / "results.json").read_text())["benchmarks"]


def of(rows, operation: str, structure: str) -> list[float]:
    return [
        row["instructions_per_page"]
        for row in rows
        if row["operation"] == operation and row["structure"] == structure
    ]


def test_every_operation_has_a_figure_of_both_rows(rows, debian):
    for operation in ("set", "test", "extract", "clear", "drain"):
        for name in ("empty", "xarray"):
            assert len(of(rows, operation, f"{name}@{debian.name}")) == 2
    assert not any("error_occurred" in row for row in rows)


def test_two_rounds_agree_within_half_a_percent(rows, debian):
    for operation in ("set", "test", "clear"):
        one, two = of(rows, operation, f"xarray@{debian.name}")
        assert two == pytest.approx(one, rel=0.005)


def test_a_set_costs_more_than_the_loop_and_less_than_a_thousand(rows, debian):
    (empty, _), (xarray, _) = (
        of(rows, "set", f"{name}@{debian.name}") for name in ("empty", "xarray")
    )
    assert 5 < empty < 50
    assert empty + 50 < xarray < 1000


def test_memory_is_that_of_leaves_and_nodes(rows, debian):
    """131,072 pages lie in at least 128 leaves of 128 bytes."""
    row = next(
        row for row in rows if row["structure"] == f"xarray@{debian.name}"
    )
    leaves = row["bytes_in_kmalloc-128"] / 128
    assert 128 <= leaves <= 160
    assert 3 <= row["bytes_in_radix_tree_node"] / 576 <= 12


def test_single_calls_are_counted_by_their_length(rows, debian):
    for row in rows:
        if row["operation"] != "set":
            continue
        below = {
            int(name.split("_")[2]): count
            for name, count in row.items()
            if name.startswith("set_below_")
        }
        assert sum(below.values()) == row["pages"]
        longest = row["longest_instructions"]
        assert max(below) / 2 <= longest < max(below)


def test_no_peak_is_claimed(rows):
    assert not any("peak_slab_bytes" in row for row in rows)


@pytest.fixture(scope="session")
def every_row(debian, module, tmp_path_factory) -> str:
    """What the module prints of all rows."""
    folder = tmp_path_factory.mktemp("every")
    flags = [f"--out={folder / 'out'}", "--accel=tcg", FEW]
    result = subprocess.run(
        [sys.executable, "-m", "harness.module", *flags],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert result.returncode == 0, result.stderr
    (printed,) = (folder / "out").glob("printed-*.txt")
    return printed.read_text()


def test_no_row_leaves_anything_in_slab_caches(every_row, module):
    """An object of each pass would be 80, the leaves of a set 300, and the
    bitmaps of its three sets 48 pages."""
    for row in module.rows:
        assert f"{row} drain: " in every_row
    lines = every_row.splitlines()
    left = [line.split() for line in lines if line.startswith("module ")]
    assert left[-1][2:] == [left[-1][2], "pages", "in", "no", "cache"]
    assert int(left[-1][2]) < 32
    for words in left[:-1]:
        assert int(words[3]) < 64, words


def test_caches_hold_what_the_model_of_the_heap_says(
    every_row, debian, tmp_path
):
    """Our structures of the same shape ask for the same objects."""
    subprocess.run(
        [os.environ["PFNBENCH"], FEW, "--structure=xbitmap,xarray,cvbmp"]
        + ["--operation=set", "--rounds=1", "--quiet", f"--out={tmp_path}"],
        check=True,
        capture_output=True,
    )
    results = json.loads((tmp_path / "results.json").read_text())
    names = {"xbitmap": "radix"}
    for profile in results["profiles"]:
        ours = profile["structure"]
        name = f"{names.get(ours, ours)}@{debian.name}"
        found = dict(
            re.findall(rf"^{name} memory: (\S+), (\d+) obj", every_row, re.M)
        )
        for cache in profile["memory"]["caches"]:
            objects = int(found.get(cache["name"], 0))
            differ = abs(objects - cache["objects_peak"])
            assert differ <= cache["per_slab"], (name, cache)


def test_results_say_where_they_are_from(out, debian):
    context = json.loads((out / "results.json").read_text())["context"]
    assert context["where"] == "kernel"
    assert debian.release in context["kernel"]
    assert context["floor"] == f"empty@{debian.name}"
    assert "TCG" in context["accelerator"]
    assert context["kernel_faults"] == (
        f"{debian.name}: none can be injected, it has no failslab"
    )


def test_results_are_as_the_schema_has_them(out):
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads(
        (ROOT / "plots" / "read" / "results.schema.json").read_text()
    )
    jsonschema.validate(json.loads((out / "results.json").read_text()), schema)


def write_again(out, tmp_path, change):
    """results.json of lines that somebody changed."""
    (path,) = out.glob("printed-*.txt")
    changed = tmp_path / "printed"
    changed.write_text(change(path.read_text()))
    result = subprocess.run(
        [os.environ["PFNBENCH"], "kernel", *PAGES, f"--printed={changed}"]
        + [f"--out={tmp_path / 'again'}"],
        capture_output=True,
        text=True,
    )
    return result, tmp_path / "again" / "results.json"


def test_the_loop_of_another_kernel_is_no_structure(out, debian, tmp_path):
    (path,) = out.glob("printed-*.txt")
    other = tmp_path / "printed"
    other.write_text(path.read_text().replace(f"@{debian.name}", "@other"))
    subprocess.run(
        [os.environ["PFNBENCH"], "kernel", *PAGES]
        + [f"--printed={path},{other}", f"--out={tmp_path / 'both'}"],
        check=True,
    )
    results = json.loads((tmp_path / "both" / "results.json").read_text())
    assert results["context"]["floor"] == f"empty@{debian.name}"
    assert results["context"]["setless"] == ["empty@other"]


def test_a_walk_that_differs_from_the_oracle_has_no_figure(out, tmp_path):
    def change(text: str) -> str:
        line = next(x for x in text.splitlines() if x.startswith("xarray@"))
        digest = line.split()[-1]
        return text.replace(digest, f"{int(digest, 16) ^ 1:016x}")

    result, path = write_again(out, tmp_path, change)
    assert result.returncode == 1
    assert "ranges that differ from the oracle's" in result.stderr
    failed = [
        row
        for row in json.loads(path.read_text())["benchmarks"]
        if row["structure"].startswith("xarray")
    ]
    assert failed and all(row["error_occurred"] for row in failed)


@pytest.mark.parametrize(
    "line",
    [
        "xarray@6.1 set: 1 instructions, 1 pages",
        "xarray@6.1 sort: 1 instructions, 1 pages, 1 ranges, 1 passes, 0 "
        "failed, digest 0",
        "strange@6.1 filled: 1 pages",
        "\x1b[31mred",
        "workload 7",
    ],
)
def test_a_line_that_the_module_does_not_print_is_refused(
    out, tmp_path, line
):
    result, path = write_again(
        out, tmp_path, lambda text: text.replace("end\n", f"{line}\nend\n")
    )
    assert result.returncode == 2
    assert "expected a line of harness/module" in result.stderr
    assert "\x1b" not in result.stderr
    assert not path.exists()


def test_a_row_that_this_kernel_cannot_have_is_refused(
    debian, module, tmp_path, monkeypatch, capsys
):
    if debian.name != "6.1":
        pytest.skip("only 6.1 is known not to export mas_preallocate()")
    # It is built already.
    monkeypatch.setattr(build, "build", lambda *_: module)
    flags = ["--structure=maple-prealloc", "--accel=tcg", *PAGES]
    assert command.main([*flags, f"--out={tmp_path / 'out'}"]) == 2
    *_, why, _, line = capsys.readouterr().err.splitlines()
    assert why.endswith("does not export mas_preallocate()")
    assert line == "kernel: --structure: 6.1 has no maple-prealloc"
    assert not (tmp_path / "out").exists()
