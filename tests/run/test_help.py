# SPDX-License-Identifier: MIT
"""--help answers at once, and a mistyped flag is refused before anything
happens: nothing is installed, built, run, made or deleted."""

from __future__ import annotations

import os
import pathlib
import re
import shutil
import subprocess
import time

import pytest
from conftest import ROOT

# What the script may use to print help.
TOOLS = "bash env awk cat dirname grep readlink sed tr".split()
SECONDS = 0.2
TRIES = 20


def commands() -> list[str]:
    rows = (ROOT / "run").read_text().split("COMMANDS=(\n")[1].split("\n)")[0]
    return re.findall(r'^  "([a-z-]+) +\S', rows, re.M)


@pytest.fixture
def run(tmp_path):
    """Runs ./run where there is nothing else than TOOLS, in an empty folder,
    which it must leave empty."""
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in TOOLS:
        program = shutil.which(name)
        assert program is not None
        (programs / name).symlink_to(program)
    folder = tmp_path / "folder"
    folder.mkdir()

    def call(*arguments: str) -> subprocess.CompletedProcess[str]:
        result = subprocess.run(
            [ROOT / "run", *arguments],
            cwd=folder,
            env={"PATH": str(programs)},
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert not list(folder.iterdir())
        return result

    return call


def test_there_are_commands():
    assert {"bench", "test", "record", "report"} <= set(commands())


def test_help_lists_every_command(run):
    for words in ([], ["help"], ["--help"], ["-h"], ["help", "--help"]):
        result = run(*words)
        assert result.returncode == 0, result.stderr
        for command in commands():
            assert f"\n  {command} " in result.stdout
        assert max(map(len, result.stdout.splitlines())) <= 80


@pytest.mark.parametrize("command", commands())
def test_help_needs_nothing_and_does_nothing(command, run):
    for words in (["--help"], ["-h"], ["folder", "--help"]):
        result = run(command, *words)
        assert result.returncode == 0, result.stderr
        assert result.stderr == ""
        assert f"./run {command}" in result.stdout.splitlines()[0]
        assert max(map(len, result.stdout.splitlines())) <= 80


@pytest.mark.parametrize("command", ["help", *commands()])
def test_help_is_there_at_once(command, run):
    # Other tests run at the same time: the quickest of some.
    for _ in range(TRIES):
        start = time.monotonic()
        run(command, "--help")
        if time.monotonic() - start < SECONDS:
            return
    pytest.fail(f"no answer within {SECONDS} s in {TRIES} tries")


@pytest.mark.parametrize("command", ["help", *commands()])
def test_an_unknown_flag_is_refused_before_anything_happens(command, run):
    for flag in ("--no-such-flag", "--no-such-flag=1", "-%", "--"):
        result = run(command, flag)
        assert result.returncode == 2
        (line,) = result.stderr.splitlines()
        assert f"'{flag.removesuffix('=1')}'" in line
        assert f"run: {command} has no flag " in line and "it has " in line
        assert result.stdout == ""


def test_a_misspelt_flag_has_the_right_one_named(run):
    for command, flag, guess in (
        ("bench", "--strucure=flat", "--structure"),
        ("bench", "--faults=nth:1", "--fault"),
        ("instructions", "--update-baselin", "--update-baseline"),
        ("record", "--scenaro=idle-8g", "--scenario"),
        ("mail", "--againts=x", "--against"),
        ("test", "--sanitise", "--sanitize"),
    ):
        result = run(command, flag)
        assert result.returncode == 2
        assert result.stderr.endswith(f"; did you mean {guess}?\n")


def test_the_stored_help_is_what_the_programs_print(run_command, tmp_path):
    result = run_command(f"./run update-help {tmp_path}")
    assert result.returncode == 0, result.stderr
    names = sorted(os.listdir(tmp_path))
    assert names == sorted(os.listdir(ROOT / "docs/help"))
    for name in names:
        stored = pathlib.Path(ROOT / "docs/help" / name).read_text()
        assert (tmp_path / name).read_text() == stored, (
            f"docs/help/{name} is old: run ./run update-help, commit it"
        )
