# SPDX-License-Identifier: MIT
"""How a run ends, what it leaves when it is stopped, and what it shows."""

from __future__ import annotations

import json
import os
import pathlib
import pty
import re
import signal
import subprocess
import time

import pytest

from conftest import PFNBENCH

# Runs for minutes unless it is stopped.
ENDLESS = (
    "--workload=punched-2g",
    "--structure=flat",
    "--operation=set",
    "--rounds=10000",
    "--row-budget=0",
)


def wait_for(path, process: subprocess.Popen[str]) -> None:
    for _ in range(1200):
        assert process.poll() is None, process.communicate()
        if path.exists():
            return
        time.sleep(0.05)
    raise AssertionError(f"{path} never came")


def without_estimate(stderr: str) -> str:
    """What a long run says after its first line."""
    first, _, rest = stderr.partition("\n")
    assert re.fullmatch(r"pfnbench: about \d+ .+ for \d+ rows x .+", first)
    return rest


def child_of(process: subprocess.Popen[str]) -> int:
    children = pathlib.Path(
        f"/proc/{process.pid}/task/{process.pid}/children"
    ).read_text()
    (child,) = map(int, children.split())
    return child


def runs(pid: int) -> bool:
    try:
        stat = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_keeps_what_is_finished(tool, sent):
    written = tool.folder / "out" / "results.json"
    process = tool.start(*ENDLESS, "--out=out")
    try:
        wait_for(written, process)
        running = json.loads(written.read_text())
        assert "interrupted" not in running["context"]
        process.send_signal(sent)
        _, stderr = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130
    assert without_estimate(stderr) == (
        "pfnbench: wrote out/results.json\n"
        "pfnbench: interrupted; finished rows are kept\n"
    )
    results = json.loads(written.read_text())
    assert results["context"]["interrupted"] == "yes"
    assert len(results["benchmarks"]) >= len(running["benchmarks"]) > 0
    for row in results["benchmarks"]:
        assert row["ns_per_page"] > 0, "only what was finished"
    assert os.listdir(written.parent) == ["results.json"]


def test_an_interrupt_from_a_terminal_reaches_every_process(tool):
    written = tool.folder / "out" / "results.json"
    process = subprocess.Popen(
        [PFNBENCH, *ENDLESS, "--out=out"],
        cwd=tool.folder,
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        wait_for(written, process)
        os.killpg(process.pid, signal.SIGINT)
        _, stderr = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130
    assert without_estimate(stderr) == (
        "pfnbench: wrote out/results.json\n"
        "pfnbench: interrupted; finished rows are kept\n"
    )
    for row in json.loads(written.read_text())["benchmarks"]:
        assert row["ns_per_page"] > 0, "only what was finished"


def test_no_process_stays_when_it_is_killed(tool):
    process = tool.start(*ENDLESS, "--out=out")
    try:
        wait_for(tool.folder / "out" / "results.json", process)
        child = child_of(process)
        assert runs(child)
    finally:
        process.kill()
        process.communicate()
    for _ in range(200):
        if not runs(child):
            return
        time.sleep(0.05)
    raise AssertionError(f"process {child} still runs")


def test_a_process_that_dies_takes_its_rows_and_not_the_run(tool):
    written = tool.folder / "out" / "results.json"
    process = tool.start(
        "--workload=punched-2g",
        "--structure=flat,xbitmap",
        "--operation=set",
        "--controls=0",
        "--rounds=10000",
        "--row-budget=0",
        "--profile=off",
        "--out=out",
    )
    try:
        wait_for(written, process)
        os.kill(child_of(process), signal.SIGKILL)
        time.sleep(2)
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130
    errors = [
        row
        for row in json.loads(written.read_text())["benchmarks"]
        if "error_message" in row
    ]
    (error,) = errors
    assert re.fullmatch(
        r"failed: crashed: SIGKILL, in round \d+", error["error_message"]
    )
    assert f"pfnbench: {error['name']}: {error['error_message']}\n" in stderr


def test_results_are_complete_at_any_time(tool):
    written = tool.folder / "out" / "results.json"
    process = tool.start(*ENDLESS, "--out=out")
    try:
        wait_for(written, process)
        sizes = set()
        end = time.monotonic() + 30
        while len(sizes) < 4 and time.monotonic() < end:
            sizes.add(len(json.loads(written.read_text())["benchmarks"]))
        assert len(sizes) > 1, "it was not written again in the meantime"
    finally:
        process.kill()
        process.communicate()


def test_results_that_cannot_be_written_end_the_run(tool):
    out = tool.folder / "out"
    process = tool.start(*ENDLESS, "--out=out")
    try:
        wait_for(out / "results.json", process)
        # In one step: results are being written to it.
        out.rename(tool.folder / "elsewhere")
        _, stderr = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 3
    assert without_estimate(stderr) == (
        "pfnbench: out/results.json: cannot be written: No such file or "
        "directory\n"
    )


def test_there_is_no_progress_where_there_is_no_terminal(tool):
    result = tool.run(
        "--workload=./small.pfntrace", "--rounds=2", "--out=out", "--quiet"
    )
    assert result.returncode == 0
    assert result.stderr == "pfnbench: wrote out/results.json\n"
    assert result.stdout == ""


def test_a_terminal_shows_what_runs_and_how_long_it_takes(tool):
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [PFNBENCH, "--workload=./small.pfntrace", "--rounds=2", "--out=out"],
        cwd=tool.folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=theirs,
    )
    os.close(theirs)
    shown = b""
    try:
        while block := os.read(ours, 4096):
            shown += block
    except OSError:  # the other end is closed
        pass
    stdout, _ = process.communicate(timeout=60)
    os.close(ours)
    assert process.returncode == 0
    text = shown.decode()
    lines = text.split("\r\x1b[K")
    progress = [line for line in lines if line.startswith("round ")]
    assert progress[0].startswith("round 1/2  1/")
    assert progress[-1].startswith("round 2/2  ")
    assert any("  profile small/xbitmap" in line for line in lines)
    assert sum(" left  " in line for line in progress) == len(progress) - 1
    assert max(map(len, progress)) < 80
    assert lines[-1].strip() in ("", "pfnbench: wrote out/results.json")
    assert "round" not in lines[-1], "the line is gone at the end"
    assert b"\x1b" not in stdout


def test_the_summary_has_a_line_for_every_row(tool):
    result = tool.run(
        "--workload=./small.pfntrace",
        "--structure=flat,cvbmp",
        "--operation=set",
        "--rounds=3",
    )
    title, *rows = result.stdout.splitlines()
    assert title.split() == ["ns", "per", "page", "median", "least", "most"]
    assert [row.split()[0] for row in rows] == [
        "set/small/flat",
        "set/small/flat/control:1",
        "set/small/cvbmp",
    ]
    for row in rows:
        _, median, least, most = row.split()
        assert 0 < float(least) <= float(median) <= float(most)
