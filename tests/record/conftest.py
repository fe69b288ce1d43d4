# SPDX-License-Identifier: MIT
"""Recording, with programs in place of QEMU and with QEMU itself."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from guest_command import ROOT, runner, start  # noqa: E402, F401

NEEDED = {
    "qemu-system-x86_64": "qemu-system-x86",
    "busybox": "busybox-static",
    "apt-get": "apt",
}
# bpftrace and its libraries are 200 MB of the guest's memory.
LARGER = """\
summary = "idle; inflate 32 MiB, deflate all"
memory = "768M"
cpus = 2
[[step]]
target = "736M"
[[step]]
target = "768M"
"""


@pytest.fixture(scope="session")
def recordings(
    tmp_path_factory,
) -> Iterator[dict[str, subprocess.Popen[str]]]:
    """Of both recorders, by their names, as far as they are here."""
    folder = tmp_path_factory.mktemp("recording")
    (folder / "larger.toml").write_text(LARGER)
    scenarios = {"ftrace": "test-256m", "bpftrace": f"{folder}/larger.toml"}
    started = {}
    if all(map(shutil.which, NEEDED)):
        for recorder, scenario in scenarios.items():
            if recorder == "bpftrace" and shutil.which(recorder) is None:
                continue
            started[recorder] = start(
                "workloads.record",
                f"--scenario={scenario}",
                f"--out={folder}/{recorder}.pfntrace.zst",
                f"--guest-log={folder}/{recorder}",
                f"--guest-recorder={recorder}",
                "--patience=500",
            )
    yield started
    for process in started.values():
        process.terminate()
        process.wait()


@pytest.fixture(scope="session", autouse=True)
def begun(request) -> None:
    """The guests that a test waits for run while others are tested."""
    if any("recordings" in each.fixturenames for each in request.session.items):
        # Where it cannot be, only those that need it are skipped.
        with suppress(pytest.skip.Exception):
            request.getfixturevalue("recordings")


@pytest.fixture
def run_record():
    return runner("workloads.record")
