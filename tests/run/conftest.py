# SPDX-License-Identifier: MIT
"""Running ./run and what the README says, as a user would."""

from __future__ import annotations

import os
import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]


@pytest.fixture
def run_command():
    """Runs a shell command in the source tree; nothing is installed."""

    def run(
        command: str, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", "-c", command],
            cwd=ROOT,
            env=os.environ | {"PFN_INSTALL": "no"} | environment,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=600,
        )

    return run
