# SPDX-License-Identifier: MIT
"""Counting with pfnbench, named by PFNBENCH."""

from __future__ import annotations

import os
import pathlib
import shutil
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from plots.read.instructions import Baseline, baseline_of, load_counts  # noqa: E402

PFNBENCH = os.environ["PFNBENCH"]


def counted(out: pathlib.Path, *flags: str) -> Baseline:
    """What callgrind counts with these flags; skips where it cannot."""
    if shutil.which("valgrind") is None:
        pytest.skip("valgrind is not installed: apt-get install valgrind")
    result = subprocess.run(
        [PFNBENCH, "--instructions=callgrind", "--quiet", f"--out={out}"]
        + list(flags),
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=900,
    )
    assert result.returncode == 0, result.stderr
    return baseline_of(load_counts(out))
