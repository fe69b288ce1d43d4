# SPDX-License-Identifier: MIT
"""What the environment guard finds is said before a run, and recorded."""

from __future__ import annotations

import os
import subprocess

import pytest

SHORT = (
    "--workload=./small.pfntrace",
    "--structure=flat",
    "--operation=set",
    "--rounds=1",
)


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """Writes files of /proc and /sys of the machine that pfnbench sees."""
    root = tmp_path / "machine"
    monkeypatch.setenv("PFNBENCH_MACHINE_ROOT", str(root))

    def write(path: str, text: str) -> None:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text + "\n")

    return write


def test_a_warning_is_a_line_on_stderr_and_the_run_goes_on(tool, machine):
    machine("sys/kernel/mm/transparent_hugepage/enabled", "[never] madvise")
    machine("proc/loadavg", "9.5 8 7 1/100 1")
    machine("proc/stat", "cpu0 1 0 0 9 0 0 0 0 0 0")
    result = tool.run(*SHORT, "--quiet", "--out=out")
    assert result.returncode == 0
    *warnings, written = result.stderr.splitlines()
    assert written == "pfnbench: wrote out/results.json"
    assert len(warnings) == 2
    assert all(line.startswith("pfnbench: warning: ") for line in warnings)
    assert "echo madvise | sudo tee /sys/kernel" in warnings[0]
    assert "load average is 9.5 on 1 CPUs" in warnings[1]


def test_what_was_seen_stands_in_the_context(tool, machine):
    machine("proc/loadavg", "9.5 8 7 1/100 1")
    machine("proc/stat", "cpu0 1 0 0 9 0 0 0 0 0 0")
    context = tool.results(*SHORT)["context"]
    assert context["load_average"] == "9.5"
    assert context["busy_processes"] == "none"
    assert context["environment_warnings"] == "1"
    assert "load average is 9.5" in context["warning_1"]
    assert "warning_2" not in context
    assert context["pinned_cpu"] == "none"


def test_addresses_are_not_random(tool, monkeypatch):
    refused = subprocess.run(
        ["setarch", "-R", "true"], capture_output=True, check=False
    )
    if refused.returncode != 0:
        pytest.skip("personality(ADDR_NO_RANDOMIZE) is not allowed here")
    monkeypatch.setenv("PFNBENCH_MACHINE_ROOT", "/")
    context = tool.results(*SHORT)["context"]
    assert context["aslr_of_this_run"] == "0"
    assert context["aslr"] == "off"


def test_it_starts_itself_again_once_at_most(tool, monkeypatch):
    # As after a start that did not switch them off.
    monkeypatch.setenv("PFNBENCH_ADDRESSES_FIXED", "1")
    monkeypatch.setenv("PFNBENCH_MACHINE_ROOT", "/")
    context = tool.results(*SHORT)["context"]
    is_random = context["aslr_of_this_run"] != "0"
    warned = [
        value
        for key, value in context.items()
        if key.startswith("warning_") and "addresses are random" in value
    ]
    assert len(warned) == is_random


def test_it_can_be_kept_on_a_cpu(tool):
    last = str(max(os.sched_getaffinity(0)))
    assert tool.results(*SHORT, f"--pin={last}")["context"]["pinned_cpu"] == last


def test_auto_takes_a_cpu_that_it_may_run_on(tool, machine):
    # One that does not exist here is the least busy there.
    cpus = sorted(os.sched_getaffinity(0))
    lines = [f"cpu{cpu} 5 0 0 9 0 0 0 0 0 0" for cpu in (*cpus, 1000)]
    machine("proc/stat", "\n".join(lines))
    pinned = tool.results(*SHORT, "--pin=auto")["context"]["pinned_cpu"]
    assert pinned == str(cpus[-1])


@pytest.mark.parametrize("cpu", ["-1", "x", "1.5", "", "100000"])
def test_a_cpu_that_is_none_is_refused(tool, cpu):
    result = tool.run(*SHORT, f"--pin={cpu}", "--out=out")
    assert result.returncode == 2
    assert result.stderr.count("\n") == 1
    assert "--pin" in result.stderr
    assert not (tool.folder / "out").exists()
