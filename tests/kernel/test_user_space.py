# SPDX-License-Identifier: MIT
"""Counts of user space for the table: which are made, and when again."""

from __future__ import annotations

import pathlib

import pytest

from harness.module import user_space

PROGRAM = """#!/bin/sh
case " $* " in
*" --list-structures "*)
  printf '%s    a b\\n' xarray@6.1 flat@6.1 xbitmap xarray flat floor
  exit ;;
esac
echo "$*" >>{log}
[ ! -e {log}.fails ] || { echo "pfnbench: no valgrind" >&2; exit 2; }
"""
ROWS = ("empty@6.1", "flat@6.1", "xarray@6.1", "unknown@6.1")


@pytest.fixture
def count(tmp_path: pathlib.Path):
    """Counts by a program that notes how it was called; the calls."""
    program, log = tmp_path / "program", tmp_path / "log"
    program.write_text(PROGRAM.replace("{log}", str(log)))
    program.chmod(0o755)
    plugin = tmp_path / "plugin.so"
    plugin.write_text("one")
    flags = ["--pages=7", f"--plugin={plugin}"]

    def run(*more: str) -> tuple[bool, list[str]]:
        log.unlink(missing_ok=True)
        folder = tmp_path / "counts"
        done = user_space.count(str(program), ROWS, [*flags, *more], folder)
        calls = log.read_text().splitlines() if log.exists() else []
        return done, calls

    return run


def counted(calls: list[str]) -> list[str]:
    lists = [
        word.partition("=")[2].split(",")
        for call in calls
        for word in call.split()
        if word.startswith("--structure=")
    ]
    assert all(each.pop() == "floor" for each in lists)
    return sorted(sum(lists, []))


def test_the_rows_and_ours_of_the_same_shape_are_counted_once(count):
    done, calls = count()
    assert done
    assert counted(calls) == ["flat", "flat@6.1", "xarray", "xarray@6.1"]
    assert all("--instructions=callgrind" in call for call in calls)
    assert all("--pages=7" in call for call in calls)


def test_counts_of_the_same_code_and_flags_are_taken_again(count):
    count()
    assert count() == (True, [])
    assert count("--operation=set")[1]


def test_counts_of_another_plugin_are_not(count, tmp_path):
    count()
    (tmp_path / "plugin.so").write_text("two")
    assert count()[1]


def test_a_count_that_fails_is_no_count(count, tmp_path, capsys):
    (tmp_path / "log.fails").write_text("")
    done, calls = count()
    assert not done and calls
    assert "pfnbench: no valgrind" in capsys.readouterr().err
    (tmp_path / "log.fails").unlink()
    assert count()[1]


def test_the_trees_that_user_space_needs_are_said(run_kernel, tree):
    def said(*flags: str) -> list[str]:
        result = run_kernel("--say-trees", *flags)
        assert result.returncode == 0, result.stderr
        return result.stdout.split()

    assert said() == ["--linux=debian"]
    assert said("--linux", "debian-6.12") == ["--linux=debian-6.12"]
    assert said(f"--linux={tree}") == [f"--linux=6.19={tree}"]
    assert said("--accel=kvm") == said("--user-space=x") == []
