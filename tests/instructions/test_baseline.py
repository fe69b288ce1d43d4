# SPDX-License-Identifier: MIT
"""No structure of our own executes more instructions than is stored.

A gate that noise cannot trip: it fails when a count has risen by more than 3 %
and baseline.txt does not say so. `./run instructions --update-baseline`
stores the counts again.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import counted

from plots.read.instructions import (
    TOOLS,
    compare,
    read_baseline,
    write_baseline,
)
from plots.text.report import line

BASELINE = Path(__file__).with_name("baseline.txt")


def test_no_count_has_risen(tmp_path):
    stored = read_baseline(BASELINE)
    found = counted(tmp_path)
    comparison = compare(stored, found)
    if any(found.facts[key] != stored.facts.get(key) for key in TOOLS):
        pytest.skip(f"not comparable: {comparison.refusal}")
    assert comparison.refusal is None, "update the baseline"
    assert comparison.not_counted == (), "stored, but not counted any more"
    assert comparison.risen == (), "\n".join(map(line, comparison.risen))


def test_the_baseline_is_sorted_and_as_the_command_writes_it():
    text = BASELINE.read_text()
    assert write_baseline(read_baseline(BASELINE)) == text
    rows = [row for row in text.splitlines() if not row.startswith("#")]
    assert rows == sorted(rows)


def test_the_baseline_has_every_operation_of_every_structure_in_it():
    operations_of: dict[str, set[str]] = {}
    for name in read_baseline(BASELINE).counts:
        operation, _, structure = name.split("/")
        operations_of.setdefault(structure, set()).add(operation)
    # The loop alone has nothing to walk.
    assert operations_of.pop("floor") == {"set", "test", "clear"}
    assert "xbitmap" in operations_of
    for structure, found in operations_of.items():
        assert found == {"set", "test", "extract", "clear", "drain"}, structure
