# SPDX-License-Identifier: MIT
"""./run kernel --here in a guest: the command, the module and the kernel are
real. Only make is not: the module is built before, outside."""

from __future__ import annotations

import json
import time

import pytest


@pytest.fixture(scope="session")
def told(here_guest, out) -> dict[str, dict]:
    """What here.py says of each way to end, by its name."""
    running, printed = here_guest
    while not running.has_ended(printed):
        time.sleep(0.1)
    lines = map(json.loads, printed.read_text().splitlines())
    return {each["name"]: each for each in lines}


def check_nothing_is_left(said: dict) -> None:
    assert not said["is_loaded"]
    assert not said["players"]
    assert said["scratch"] == []


def the_line(said: dict, status: int = 2) -> str:
    """It has no results either."""
    assert said["status"] == status, said["stderr"]
    assert said["stdout"] == said["results"] == ""
    return said["stderr"].splitlines()[-1]


def test_it_measures_and_unloads_the_module(told, debian):
    said = told["whole"]
    assert said["status"] == 0, said["stderr"]
    check_nothing_is_left(said)
    results = json.loads(said["results"])
    assert results["context"]["where"] == "kernel"
    assert debian.release in results["context"]["kernel"]
    assert results["context"]["accelerator"] == "the machine itself"
    names = {row["structure"] for row in results["benchmarks"]}
    assert names == {f"empty@{debian.name}", f"flat@{debian.name}"}
    # Two passes of a thousand pages; test looks up as many more.
    for row in results["benchmarks"]:
        assert not row.get("error_occurred")
        assert row["pages"] == (4000 if row["operation"] == "test" else 2000)
        assert "ns_per_page" in row or "ns_per_range" in row


def test_who_is_not_root_is_refused(told):
    check_nothing_is_left(told["nobody"])
    line = the_line(told["nobody"])
    assert line == "kernel: --here loads a module: run it with sudo"


def test_a_module_of_another_kernel_is_refused(told):
    check_nothing_is_left(told["other kernel"])
    line = the_line(told["other kernel"])
    assert line.startswith("kernel: pfnbench: failed: insmod: ")
    assert "version magic" in line


def test_a_module_that_is_loaded_already_is_left_alone(told):
    assert the_line(told["loaded"]) == (
        "kernel: --here: the module is loaded already; wait for the other run, "
        "or unload it: sudo rmmod pfnbench"
    )
    assert told["loaded"]["is_loaded"]


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_it_ends_at_once_when_it_is_interrupted(told, name):
    check_nothing_is_left(told[name])
    line = the_line(told[name], 130)
    assert line == "kernel: interrupted; nothing is left"
    # Its thousand rounds take hours.
    assert told[name]["seconds"] < 120


def test_a_player_that_is_killed_leaves_no_module(told):
    check_nothing_is_left(told["play is killed"])
    line = the_line(told["play is killed"])
    assert line == "kernel: play ended with status -9"


def test_a_command_that_is_killed_leaves_no_module(told):
    check_nothing_is_left(told["command is killed"])
    assert told["command is killed"]["status"] == -9


def test_the_module_cannot_be_loaded_twice(told):
    assert told["twice"]["status"] == 1
    assert "File exists" in told["twice"]["stdout"]
    # Nor is the first one unloaded.
    assert told["twice"]["is_loaded"]


def test_a_file_that_is_no_passes_is_refused(told):
    assert told["no passes"]["status"] == 1
    assert "is no file of passes" in told["no passes"]["stdout"]
    assert not told["no passes"]["is_loaded"]


def test_what_is_no_command_fails_and_the_rest_goes_on(told, debian):
    said = told["words"]
    assert said["status"] == 0, said["stdout"]
    assert "flat failed: Invalid argument" in said["printed"]
    assert "nobody failed: No such file or directory" in said["printed"]
    assert f"flat@{debian.name} drain: " in said["printed"]
    assert said["printed"].endswith("end\n")
