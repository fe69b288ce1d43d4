# SPDX-License-Identifier: MIT
"""Running pfnbench, named by PFNBENCH, as a user would."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
from typing import Any

import pytest

PFNBENCH = os.environ["PFNBENCH"]
PFNTRACE = os.environ["PFNTRACE"]
# The machine that the tests run on is as busy as it is; the programs are shown
# one that tells nothing, so that they warn of nothing.
os.environ["PFNBENCH_MACHINE_ROOT"] = "/nonexistent"

# Two passes, 16 pages, 4 ranges.
SMALL = """\
T 8
I 1ff 1fe 1fd 1fc 300
I 301 302 303
T 0
D 303 302 301 300
D 1fc 1fd 1fe 1ff
"""


class Tool:
    """pfnbench in a folder of its own, which holds small.pfntrace."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.folder = folder
        subprocess.run(
            [PFNTRACE, "import", "--from=pfn-lines", "--guest-memory=2G"]
            + ["--kernel=Linux 6.1.192", "--recorder=by hand"]
            + ["--provoked=inflate 8 pages, deflate all"]
            + ["-", "-o", "small.pfntrace"],
            cwd=folder,
            input=SMALL,
            text=True,
            check=True,
            stdout=subprocess.DEVNULL,
        )

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [PFNBENCH, *arguments],
            cwd=self.folder,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=600,
        )

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [PFNBENCH, *arguments],
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def results(self, *arguments: str) -> dict[str, Any]:
        """What a run with these arguments writes; it must end well."""
        out = self.folder / f"out{len(list(self.folder.iterdir()))}"
        result = self.run(f"--out={out}", "--quiet", *arguments)
        assert result.returncode == 0, result.stderr
        return json.loads((out / "results.json").read_text())


@pytest.fixture
def tool(tmp_path: pathlib.Path) -> Tool:
    return Tool(tmp_path)
