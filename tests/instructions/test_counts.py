# SPDX-License-Identifier: MIT
"""Counts are the same every time, and are of the measured loops alone."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import pytest
from conftest import PFNBENCH, ROOT, counted

SMALL = ("--workload=punched-2g", "--structure=xbitmap,cvbmp,pivot-tree,floor")


def test_two_counts_differ_by_less_than_a_thousandth(tmp_path):
    # As many pages as by default: a malloc within the counted stretches, one
    # for each new slab, takes some hundred instructions more or less in a row,
    # depending on what was freed before.
    flags = SMALL
    first = counted(tmp_path / "a", *flags).counts
    # Neither the environment, which lies on the stack, nor the length of the
    # command line makes a difference.
    os.environ["PFNBENCH_PADDING"] = "x" * 1000
    try:
        second = counted(tmp_path / "a-longer-name", *flags).counts
    finally:
        del os.environ["PFNBENCH_PADDING"]
    assert first.keys() == second.keys()
    assert len(first) == 3 * 5 + 3
    for name, count in first.items():
        assert second[name] == pytest.approx(count, rel=1e-3), name


def test_the_loop_alone_costs_the_same_for_every_page(tmp_path):
    counts = [
        counted(
            tmp_path / str(pages),
            "--structure=floor",
            "--calls=outlined,inlined",
            "--workload=idle-8g,oom-2g",
            f"--pages={pages}",
        ).counts
        for pages in (4096, 16384)
    ]
    # Load, step, compare, jump; a call through a pointer is eight more. What
    # each stretch costs is subtracted, whether it has 1024 pages or, in
    # oom-2g, 30.
    for of_size in counts:
        assert any("inlined" in name for name in of_size)
        for name, count in of_size.items():
            call = 0 if "inlined" in name else 8
            assert 2 < count - call < 6, name
    for name, count in counts[0].items():
        assert counts[1][name] == pytest.approx(count, rel=0.02), name


def test_filling_and_checking_are_not_counted(tmp_path):
    counts = counted(
        tmp_path, "--workload=idle-8g", "--structure=xbitmap", "--pages=16384"
    ).counts
    # 16384 pages in a handful of ranges: a walk that is counted with what
    # filled the set would cost dozens of instructions a page.
    assert counts["extract/idle-8g/xbitmap"] < 1
    assert counts["set/idle-8g/xbitmap"] > 20


def test_results_have_counts_and_no_times(tmp_path):
    counted(
        tmp_path, "--structure=flat", "--pages=1024", "--operation=set,drain"
    )
    results = json.loads((tmp_path / "instructions.json").read_text())
    assert results["context"]["timer"].startswith("callgrind, ")
    assert "pinned_cpu" not in results["context"]
    rows = results["benchmarks"]
    # Two guests, and pages down and back up.
    assert len(rows) == 6
    assert len({row["workload"] for row in rows}) == 3
    for row in rows:
        assert row["instructions_per_page"] > 0
        assert ("instructions_per_range" in row) == (
            row["name"].startswith("drain")
        )
        assert "ns_per_page" not in row
        assert row["real_time"] == 0
        assert row["pages"] == 1024


def test_what_a_row_counts_does_not_depend_on_the_rows_around_it(tmp_path):
    flags = ("--workload=idle-8g", "--pages=4096", "--operation=set")
    alone = counted(tmp_path / "a", *flags, "--structure=xbitmap").counts
    both = counted(
        tmp_path / "b", *flags, "--structure=flat,xbitmap", "--fault=none;nth:1"
    ).counts
    name = "set/idle-8g/xbitmap"
    assert both[name] == pytest.approx(alone[name], rel=1e-3)


def test_a_plugin_is_called_at_the_cost_of_a_structure_of_ours(tmp_path):
    plugin = tmp_path / "ours.so"
    source = Path(__file__).with_name("ours_as_plugin.cc")
    subprocess.run(
        ["g++", "-std=c++20", "-O2", "-shared", "-fPIC", f"-I{ROOT}"]
        + ["-o", plugin, source],
        check=True,
    )
    counts = counted(
        tmp_path / "out",
        f"--plugin={plugin}",
        "--structure=flat,flat-plugged,xbitmap,xbitmap-plugged",
        "--operation=set,test",
        "--workload=punched-2g",
        "--pages=8192",
    ).counts
    for operation in ("set", "test"):
        for name in ("flat", "xbitmap"):
            row = f"{operation}/punched-2g/{name}"
            assert 0.8 < counts[f"{row}-plugged"] / counts[row] < 1.2


def test_an_interrupt_ends_it_and_leaves_no_scratch(tmp_path, monkeypatch):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setenv("TMPDIR", str(scratch))
    process = subprocess.Popen(
        [
            PFNBENCH,
            "--instructions=callgrind",
            "--rounds=1000",
            "--pages=4096",
            f"--out={tmp_path / 'out'}",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        for _ in range(1200):
            assert process.poll() is None, process.communicate()
            if (tmp_path / "out/instructions.json").exists():
                break
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        _, stderr = process.communicate(timeout=120)
    finally:
        process.kill()
    assert process.returncode == 130
    assert "interrupted; finished rows are kept" in stderr
    assert list(scratch.iterdir()) == []


def test_without_valgrind_it_says_so(tmp_path):
    result = subprocess.run(
        [PFNBENCH, "--instructions=callgrind", f"--out={tmp_path / 'out'}"],
        env={"PATH": str(tmp_path), "TMPDIR": tempfile.gettempdir()},
        capture_output=True,
        text=True,
    )
    assert result.returncode == 2
    assert result.stderr.endswith("apt-get install valgrind\n")
    assert result.stderr.count("\n") == 1
    assert not Path(tmp_path / "out").exists()


def test_the_hardware_counts_or_says_why_not(tmp_path):
    result = subprocess.run(
        [PFNBENCH, "--instructions=hardware", f"--out={tmp_path / 'out'}"]
        + ["--structure=flat,floor", "--quiet"],
        capture_output=True,
        text=True,
    )
    if result.returncode == 2:
        assert "perf_event_open" in result.stderr
        assert "n/a" in result.stderr
        assert not (tmp_path / "out").exists()
        return
    assert result.returncode == 0, result.stderr
    results = json.loads(
        (tmp_path / "out/instructions-hardware.json").read_text()
    )
    for row in results["benchmarks"]:
        assert row["instructions_per_page"] > 0
