# SPDX-License-Identifier: MIT
"""The results that the documents show are those of structures that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SHOWN = ["README.md", "docs/results/first.txt", "docs/results/report.txt"]
NO_STRUCTURE = {"(A/A control)", "floor", "array", "pipelined"}


def known() -> set[str]:
    listed = (ROOT / "structures/list.def").read_text()
    return set(re.findall(r"^PFN_STRUCTURE\(([^,]+),", listed, re.M))


def shown(text: str) -> set[str]:
    """The last words of tables whose last heading is `structure`."""
    tables = re.findall(r"^.*  structure\n((?:.+\n)+)", text, re.M)
    lines = "".join(tables).splitlines()
    return {re.split(r" {2,}", line.strip())[-1] for line in lines if " " in line}


@pytest.mark.parametrize("name", SHOWN)
def test_a_structure_that_is_shown_is_in_the_list(name: str) -> None:
    found = shown((ROOT / name).read_text()) - NO_STRUCTURE
    assert len(found) > 5
    assert found <= known()
