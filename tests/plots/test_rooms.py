# SPDX-License-Identifier: MIT
"""The rooms of the Python wing: who may import whom, and how large it is."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import ROOT

# A room may import itself and these.
MAY_IMPORT = {
    "plots.read": set(),
    "plots.tables": {"plots.read"},
    "plots.text": {"plots.read", "plots.tables"},
    "plots.draw": {"plots.read", "plots.tables"},
    "plots.page": {"plots.read", "plots.tables", "plots.text"},
    "plots.commands": {
        "plots.read",
        "plots.tables",
        "plots.text",
        "plots.draw",
        "plots.page",
    },
    "claims": {"plots.read", "plots.tables"},
}
MODULES = sorted(
    path for room in ("plots", "claims") for path in (ROOT / room).rglob("*.py")
)
MOST_LINES = 400
# 7,000 until November 2026. Since then texts have the kernel's own code, other
# conditions and losses over many seeds; each of them brought its lines.
MOST_IN_ALL = 7074


def room_of(module: str) -> str:
    """plots.read of plots.read.results, claims of claims.claims."""
    parts = module.split(".")
    return ".".join(parts[: 2 if parts[0] == "plots" else 1])


def imports_of(path: Path) -> Iterator[str]:
    """The modules of the wing that a module names."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            base = node.module or ""
            if base in ("plots", "claims"):
                yield from (f"{base}.{alias.name}" for alias in node.names)
            else:
                yield base


def lines_of(path: Path) -> int:
    return len(path.read_text().splitlines())


def test_every_module_stands_in_a_room() -> None:
    names = {
        room_of(".".join(path.relative_to(ROOT).with_suffix("").parts))
        for path in MODULES
    }
    assert names - {"plots.__init__", "plots.__main__"} == set(MAY_IMPORT)


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_a_room_imports_those_below_it_alone(room: str) -> None:
    allowed = MAY_IMPORT[room] | {room}
    for path in (ROOT / room.replace(".", "/")).rglob("*.py"):
        for module in imports_of(path):
            if module.split(".")[0] in ("plots", "claims"):
                assert room_of(module) in allowed, f"{path}: {module}"


@pytest.mark.parametrize("path", MODULES, ids=lambda p: p.name)
def test_no_module_is_too_long_to_read(path: Path) -> None:
    assert lines_of(path) <= MOST_LINES


def test_the_wing_stays_small() -> None:
    assert sum(map(lines_of, MODULES)) <= MOST_IN_ALL
