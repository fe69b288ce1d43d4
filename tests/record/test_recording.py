# SPDX-License-Identifier: MIT
"""A real guest: one inflate, one deflate. About a minute each."""

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


def skip_without(*more: str) -> None:
    for program, package in NEEDED.items():
        if shutil.which(program) is None:
            pytest.skip(f"no {program}: apt-get install {package}")
    for program in more:
        if shutil.which(program) is None:
            pytest.skip(f"no {program}: apt-get install {program}")


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
    folder, run_record
):
    skip_without()
    trace = folder / "t.pfntrace.zst"
    log = folder / "ftrace"
    result = run_record(
        "--scenario=test-256m", f"--out={trace}", f"--guest-log={log}"
    )
    assert result.returncode == 0, result.stderr
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
        + [f"--out={folder}/results"],
        check=True,
        capture_output=True,
    )
    assert (folder / "results" / "results.json").stat().st_size > 0


# bpftrace and its libraries are 200 MB of the guest's memory.
LARGER = """\
summary = "idle; inflate 128 MiB, deflate all"
memory = "768M"
cpus = 2
[[step]]
target = "640M"
[[step]]
target = "768M"
"""


def test_balloon_bt_in_the_guest_says_the_same(tmp_path, run_record):
    skip_without("bpftrace")
    (tmp_path / "larger.toml").write_text(LARGER)
    trace = tmp_path / "t.pfntrace"
    log = tmp_path / "bpftrace"
    result = run_record(
        f"--scenario={tmp_path}/larger.toml",
        f"--out={trace}",
        f"--guest-log={log}",
        "--guest-recorder=bpftrace",
        "--patience=500",
    )
    assert result.returncode == 0, result.stderr
    assert len(arrays(trace)) == 2 * PAGES // 256
    assert arrays(trace) == arrays(imported("bpftrace", log))
