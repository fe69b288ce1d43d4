# SPDX-License-Identifier: MIT
"""Ours next to the kernel's own code of the same shape, in one run."""

from __future__ import annotations

import json
from pathlib import Path

from conftest import full_document

from plots.read.results import Results, load
from plots.tables.glance import real
from plots.text.report import report

FACTS = "family=radix; out_of_memory=reports; "


def results(tmp_path: Path, **more: "tuple[float, float, str]") -> Results:
    structures = {"xbitmap": (5.5, 1.07, FACTS), "xarray": (6.0, 1.1, FACTS)}
    structures |= {name.replace("_at_", "@"): v for name, v in more.items()}
    path = tmp_path / "results.json"
    path.write_text(json.dumps(full_document(["busy-2g"], structures)))
    return load(path)


def test_a_ratio_beyond_a_fifth_is_said_in_its_row(tmp_path: Path) -> None:
    near, far = (6.6, 1.1, FACTS), (11.0, 1.07, FACTS)
    found = results(tmp_path, xarray_at_base=near, radix_at_base=far)
    rows = {
        row[1].value: [cell.text() for cell in row[3:]]
        for row in real(found).rows
    }
    assert rows == {
        "xarray / xarray@base": ["0.909", "1.00", "no"],
        "xbitmap / radix@base": ["0.500", "1.00", "yes"],
    }
    text = report(found)
    assert "set: ours to the kernel's own" in text
    assert max(map(len, text.splitlines())) <= 72


def test_code_without_a_structure_of_ours_has_no_ratio(tmp_path: Path) -> None:
    found = results(tmp_path, maple_at_base=(90.0, 3.0, FACTS))
    assert not real(found)
    assert "ours to the kernel's own" not in report(found)
