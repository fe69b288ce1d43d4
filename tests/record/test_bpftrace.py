# SPDX-License-Identifier: MIT
"""balloon.bt is a program that bpftrace understands, which is quickly said and
needs no guest; test_recording.py runs it in one."""

from __future__ import annotations

import pathlib
import shutil
import subprocess

import pytest

SCRIPT = (
    pathlib.Path(__file__).resolve().parents[2]
    / "workloads"
    / "record"
    / "balloon.bt"
)
# bpftrace -d prints the program after each step; this is the last before it
# asks the running kernel for symbols, and comes after names and types.
UNDERSTOOD = "AST after: ResourceAnalyser"


def understood(script: pathlib.Path) -> str:
    if shutil.which("bpftrace") is None:
        pytest.skip("no bpftrace: apt-get install bpftrace")
    result = subprocess.run(
        ["bpftrace", "-d", str(script)],
        capture_output=True,
        text=True,
        timeout=60,
    )
    output = result.stdout + result.stderr
    if "only supports running as the root user" in output:
        pytest.skip("bpftrace wants to be root")
    return output


def test_bpftrace_understands_the_script():
    output = understood(SCRIPT)
    assert UNDERSTOOD in output
    for probe in (
        "kretprobe:balloon_page_alloc",
        "kprobe:balloon_page_enqueue",
        "kretprobe:balloon_page_dequeue",
    ):
        assert probe in output


@pytest.mark.parametrize("good, bad", [("retval", "retvalue"), ("}", "")])
def test_a_script_with_a_mistake_is_not_understood(tmp_path, good, bad):
    wrong = tmp_path / "wrong.bt"
    wrong.write_text(SCRIPT.read_text().replace(good, bad))
    assert UNDERSTOOD not in understood(wrong)
