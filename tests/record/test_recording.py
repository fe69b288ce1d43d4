# SPDX-License-Identifier: MIT
"""Two real guests at once: one inflate, one deflate, which is about a
minute. One records itself by ftrace, the other by bpftrace."""

from __future__ import annotations

import os
import pathlib
import shutil
import subprocess

import pytest
from conftest import NEEDED
from guest_command import end

PFNBENCH = os.environ["PFNBENCH"]
PFNTRACE = os.environ["PFNTRACE"]
PAGES = 32768


def recorded(recordings, recorder: str) -> tuple[pathlib.Path, pathlib.Path]:
    """The trace and the guest's own log of it."""
    for program, package in {**NEEDED, recorder: recorder}.items():
        if program != "ftrace" and shutil.which(program) is None:
            pytest.skip(f"no {program}: apt-get install {package}")
    process = recordings[recorder]
    flags = dict(each[2:].split("=", 1) for each in process.args[3:])
    result = end(process)
    assert result.returncode == 0, result.stderr
    return pathlib.Path(flags["out"]), pathlib.Path(flags["guest-log"])


def trace_of(command: list[str]) -> str:
    return subprocess.run(
        [PFNTRACE, *command], capture_output=True, text=True, check=True
    ).stdout


def arrays(trace: pathlib.Path) -> list[str]:
    """The arrays, first to last; targets are the host's alone."""
    lines = trace_of(["cat", "--absolute", str(trace)]).splitlines()
    return [line for line in lines if line[:2] in ("I ", "D ")]


def imported(recorder: str, log: pathlib.Path) -> pathlib.Path:
    """A trace of what the guest saw, by another importer than the host's."""
    guest = log.with_suffix(".pfntrace")
    trace_of(
        ["import", f"--from={recorder}", "--guest-memory=1G", "--kernel=Linux"]
        + [f"--recorder={recorder}", "--provoked=idle", str(log)]
        + ["-o", str(guest)]
    )
    return guest


def test_a_guest_is_recorded_and_its_own_recording_says_the_same(
    recordings, tmp_path
):
    trace, log = recorded(recordings, "ftrace")
    trace_of(["check", str(trace)])
    info = trace_of(["info", str(trace)])
    assert f"pages         {PAGES} inflated, {PAGES} deflated" in info
    assert "passes        1 inflating, 1 deflating" in info
    assert "kernel        Linux 6." in info

    assert len(arrays(trace)) == 2 * PAGES // 256
    assert arrays(trace) == arrays(imported("ftrace", log))

    # Linux gives back in the opposite order, and whole arrays.
    assert "steps         -1: 9" in info

    subprocess.run(
        [PFNBENCH, f"--workload={trace}", "--structure=flat,xbitmap"]
        + ["--rounds=1", "--row-budget=0.05", "--quiet"]
        + [f"--out={tmp_path}/results"],
        check=True,
        capture_output=True,
    )
    assert (tmp_path / "results" / "results.json").stat().st_size > 0


def test_balloon_bt_in_the_guest_says_the_same(recordings):
    trace, log = recorded(recordings, "bpftrace")
    assert len(arrays(trace)) == 2 * PAGES // 4 // 256
    assert arrays(trace) == arrays(imported("bpftrace", log))
