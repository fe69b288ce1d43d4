# SPDX-License-Identifier: MIT
"""Recording, with programs in place of QEMU and with QEMU itself."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))


@pytest.fixture
def run_record():
    """Runs the command as ./run does, without installing or building."""

    def run(*arguments: str, **environment: str):
        return subprocess.run(
            [sys.executable, "-m", "workloads.record", *arguments],
            cwd=ROOT,
            env=os.environ | environment,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=600,
        )

    return run
