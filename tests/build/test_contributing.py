# SPDX-License-Identifier: MIT
"""CONTRIBUTING.md is true: one header and one line, and every test passes."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def section() -> str:
    text = (ROOT / "CONTRIBUTING.md").read_text()
    return text.split("## Adding a structure\n")[1].split("\n## ")[0]


def commands() -> str:
    """The indented block that ends in ./run check mine."""
    blocks = re.findall(r"(?:^    .*\n)+", section(), re.M)
    (block,) = [b for b in blocks if "./run check mine\n" in b]
    return block


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of this source tree, in which the commands were run."""
    copy = tmp_path_factory.mktemp("checkout")
    files = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    for name in files.split("\0"):
        if name and (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, copy / name)
    return copy


def run(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-ec", command],
        cwd=folder,
        env=os.environ | {"PFN_INSTALL": "no"},
        capture_output=True,
        text=True,
    )


def test_the_members_that_it_shows_are_those_that_the_build_asks_for(tmp_path):
    block = re.search(r"```c\+\+\n(.*?)```", section(), re.S)[1]
    source = tmp_path / "mine.cc"
    source.write_text(
        '#include "harness/registry/requires_pfn_set.h"\nnamespace pfn {\n'
        + block
        + "PFN_REQUIRES_PFN_SET(Mine);\n}  // namespace pfn\n"
    )
    result = run(f"c++ -std=c++20 -fsyntax-only -I'{ROOT}' '{source}'", tmp_path)
    assert result.returncode == 0, result.stderr


def test_the_lines_that_it_counts_are_right():
    lines = (ROOT / "structures/library/std_set.h").read_text().count("\n")
    assert f"structures/library/std_set.h): {lines} lines" in section()


def test_one_header_and_one_line_pass_every_test(checkout):
    result = run(commands(), checkout)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "mine: passed every kind of test" in result.stdout
    # What looks at the list and at the documentation.
    result = run(
        "cmake --build build/check --target list_test memory_test"
        " && build/check/list_test && build/check/memory_test",
        checkout,
    )
    assert result.returncode == 0, result.stdout + result.stderr


def test_a_forgotten_member_is_named(checkout):
    """Runs after the test above, in the folder that it has built."""
    header = checkout / "structures/mine/mine.h"
    whole = header.read_text()
    header.write_text(
        whole.replace(
            "using Mine::StdSetAdapter::StdSetAdapter;",
            "using Mine::StdSetAdapter::StdSetAdapter;\n"
            "  int ClearRange(Pfn);  // hides what it should be",
        )
    )
    assert header.read_text() != whole
    result = run("./run check mine", checkout)
    header.write_text(whole)
    assert result.returncode == 1
    first = next(l for l in result.stderr.splitlines() if "error:" in l)
    assert "Mine lacks public: Status ClearRange(PfnRange, Gfp)" in first


def test_a_wrong_structure_is_told_which_test_failed(checkout):
    header = checkout / "structures/mine/mine.h"
    whole = header.read_text()
    header.write_text(
        whole.replace(
            "using Mine::StdSetAdapter::StdSetAdapter;",
            "using Mine::StdSetAdapter::StdSetAdapter;\n"
            "  bool Test(Pfn) { return false; }",
        )
    )
    result = run("./run check mine", checkout)
    header.write_text(whole)
    assert result.returncode == 1
    assert re.search(r"^conformance +FAILED", result.stdout, re.M)
    assert "ConformanceTest.APageComesAndGoes/mine" in result.stdout
    assert "mine: FAILED conformance" in result.stdout.splitlines()[-1]


def test_a_structure_that_aborts_has_no_requests_to_fail(checkout):
    header = checkout / "structures/mine/mine.h"
    whole = header.read_text()
    header.write_text(whole.replace("OutOfMemory::kThrows", "OutOfMemory::kAborts"))
    assert header.read_text() != whole
    result = run("./run check mine", checkout)
    header.write_text(whole)
    assert result.returncode == 0, result.stdout + result.stderr
    assert re.search(r"^failure +none", result.stdout, re.M)
    assert re.search(r"^sweep +none", result.stdout, re.M)


def test_a_row_of_a_linux_tree_passes_the_same_tests(checkout):
    if not Path("/usr/src/linux-source-6.1.tar.xz").exists():
        pytest.skip("linux-source-6.1 is not installed")
    result = run("./run check xarray-state@6.1 --linux=debian", checkout)
    assert result.returncode == 0, result.stdout + result.stderr
    passed = re.findall(r"^(\w+) +passed", result.stdout, re.M)
    assert set(passed) >= {"conformance", "differential", "failure", "sweep"}
    assert "xarray-state@6.1: passed every kind of test" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ("stdset", "unknown structure 'stdset'; did you mean std-set"),
        ("flat '\x1b[31m'", "unknown structure '\\x1b[31m'"),
        ("", "usage: ./run check NAME"),
        ("flat --nosuch", "--nosuch"),
    ],
)
def test_an_unknown_name_is_refused_before_anything_is_built(arguments, says):
    result = run(f"./run check {arguments}", ROOT)
    assert result.returncode == 2
    assert says in result.stderr
    assert "building" not in result.stderr


def test_help_needs_no_build():
    result = run("./run check --help", ROOT)
    assert result.returncode == 0
    assert "Exit status" in result.stdout
    assert result.stderr == ""
