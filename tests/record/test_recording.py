# SPDX-License-Identifier: MIT
"""A real guest: 256 MiB, one inflate, one deflate. About a minute."""

from __future__ import annotations

import os
import pathlib
import shutil
import subprocess

import pytest

PFNBENCH = os.environ["PFNBENCH"]
PFNTRACE = os.environ["PFNTRACE"]
NEEDED = {
    "qemu-system-x86_64": "qemu-system-x86",
    "busybox": "busybox-static",
    "apt-get": "apt",
}
PAGES = 32768


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> pathlib.Path:
    return tmp_path_factory.mktemp("recording")


def trace_of(command: list[str]) -> str:
    return subprocess.run(
        [PFNTRACE, *command], capture_output=True, text=True, check=True
    ).stdout


def arrays(trace: pathlib.Path) -> list[str]:
    """The arrays, first to last; targets are the host's alone."""
    lines = trace_of(["cat", "--absolute", str(trace)]).splitlines()
    return [line for line in lines if line[:2] in ("I ", "D ")]


def test_a_guest_is_recorded_and_its_own_recording_says_the_same(
    folder, run_record
):
    for program, package in NEEDED.items():
        if shutil.which(program) is None:
            pytest.skip(f"no {program}: apt-get install {package}")
    trace = folder / "t.pfntrace.zst"
    result = run_record(
        "--scenario=test-256m",
        f"--out={trace}",
        f"--guest-log={folder}/ftrace",
    )
    assert result.returncode == 0, result.stderr
    trace_of(["check", str(trace)])
    info = trace_of(["info", str(trace)])
    assert f"pages         {PAGES} inflated, {PAGES} deflated" in info
    assert "passes        1 inflating, 1 deflating" in info
    assert "kernel        Linux 6." in info

    # What the guest saw, by another way and another importer.
    guest = folder / "guest.pfntrace"
    trace_of(
        ["import", "--from=ftrace", "--guest-memory=256M", "--kernel=Linux"]
        + ["--recorder=ftrace", "--provoked=idle", str(folder / "ftrace")]
        + ["-o", str(guest)]
    )
    assert len(arrays(trace)) == 2 * PAGES // 256
    assert arrays(trace) == arrays(guest)

    # Linux gives back in the opposite order, and whole arrays.
    assert "steps         -1: 9" in info

    subprocess.run(
        [PFNBENCH, f"--workload={trace}", "--structure=flat,xbitmap"]
        + ["--rounds=1", "--row-budget=0.05", "--quiet"]
        + [f"--out={folder}/results"],
        check=True,
        capture_output=True,
    )
    assert (folder / "results" / "results.json").stat().st_size > 0
