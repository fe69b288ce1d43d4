# SPDX-License-Identifier: MIT
"""A library that is not installed takes its own structures away, says so, and
changes nothing for the others."""

import json
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = {
    "absl": "libabsl-dev",
    "Boost": "libboost-dev",
    "roaring": "libroaring-dev",
    "Judy": "libjudy-dev",
}


class Build:
    """A configured build folder, without the named CMake packages."""

    def __init__(self, folder: Path, *without: str) -> None:
        self.folder = folder
        self.said = subprocess.run(
            [
                *("cmake", "-S", ROOT, "-B", folder, "-G", "Ninja"),
                *("-DCMAKE_BUILD_TYPE=Release", "-DPFN_BUILD_TESTS=OFF"),
                "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON",
                *(f"-DCMAKE_DISABLE_FIND_PACKAGE_{p}=ON" for p in without),
            ],
            check=True,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        ).stdout

    def commands(self) -> dict[str, str]:
        """How each structure is compiled, without the folder's own name."""
        entries = json.loads(
            (self.folder / "compile_commands.json").read_text()
        )
        return {
            Path(entry["file"]).name: re.sub(
                r"\S*\.o\b", "", entry["command"]
            ).replace(str(self.folder), "BUILD")
            for entry in entries
            if Path(entry["file"]).name.startswith("measure_")
        }

    def generated(self, name: str) -> str:
        return (self.folder / "generated" / name).read_text()


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Build:
    return Build(tmp_path_factory.mktemp("full"))


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Build:
    return Build(tmp_path_factory.mktemp("bare"), *PACKAGES)


def wrappers() -> list[tuple[str, str, str]]:
    """Name, class and Debian package of structures that wrap a library."""
    lines = (ROOT / "structures/list.def").read_text()
    found = re.findall(
        r"^PFN_STRUCTURE\((\S+), (\w+), \S+, (\w+)\)$", lines, re.M
    )
    assert found
    return [(name, type_, PACKAGES[library]) for name, type_, library in found]


def test_says_which_structures_are_missing_and_why(bare: Build) -> None:
    for name, _, package in wrappers():
        line = f"{name}: not built, {package} is missing"
        assert line in bare.said
        assert f'{{"{name}", "{package}"}}' in bare.generated(
            "structures.cc"
        )


def test_leaves_out_those_and_no_others(full: Build, bare: Build) -> None:
    missing = set(full.commands()) - set(bare.commands())
    assert missing <= {f"measure_{name}.cc" for _, name, _ in wrappers()}
    for _, name, _ in wrappers():
        assert f"measure_{name}.cc" not in bare.commands()
        assert f"Make{name}" not in bare.generated("structures.cc")


def test_compiles_every_other_structure_as_before(
    full: Build, bare: Build
) -> None:
    assert bare.commands()
    for source, command in bare.commands().items():
        assert full.commands()[source] == command
