# SPDX-License-Identifier: MIT
"""Commands that run a guest, as ./run runs them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
MOST_SECONDS = 600


def start(
    module: str, *arguments: str, **environment: str
) -> subprocess.Popen[str]:
    """Runs it, without installing or building anything before."""
    return subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        env=os.environ | environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def end(process: subprocess.Popen[str]) -> subprocess.CompletedProcess[str]:
    """What it said; it does not outlive this."""
    with process:
        try:
            said = process.communicate(timeout=MOST_SECONDS)
        finally:
            process.terminate()
    return subprocess.CompletedProcess(
        process.args, process.returncode, *said
    )


def runner(module: str) -> Callable[..., subprocess.CompletedProcess[str]]:
    def run(*arguments: str, **environment: str):
        return end(start(module, *arguments, **environment))

    return run
