# SPDX-License-Identifier: MIT
"""./run kernel --here in a guest: the command, the module and the kernel are
real. Only make is not: the module is built before, outside."""

from __future__ import annotations

import json
import time

import pytest


@pytest.fixture(scope="session")
def reported(here_guest, out) -> dict[str, dict]:
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


def test_it_measures_and_unloads_the_module(reported, debian):
    said = reported["whole"]
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


def test_who_is_not_root_is_refused(reported):
    check_nothing_is_left(reported["nobody"])
    line = the_line(reported["nobody"])
    assert line == "kernel: --here loads a module: run it with sudo"


def test_a_module_of_another_kernel_is_refused(reported):
    check_nothing_is_left(reported["other kernel"])
    line = the_line(reported["other kernel"])
    assert line.startswith("kernel: pfnbench: failed: insmod: ")
    assert "version magic" in line


def test_a_module_that_is_loaded_already_is_left_alone(reported):
    assert the_line(reported["loaded"]) == (
        "kernel: --here: the module is loaded already; wait for the other run, "
        "or unload it: sudo rmmod pfnbench"
    )
    assert reported["loaded"]["is_loaded"]


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_it_ends_at_once_when_it_is_interrupted(reported, name):
    check_nothing_is_left(reported[name])
    line = the_line(reported[name], 130)
    assert line == "kernel: interrupted; nothing is left"
    # Its thousand rounds take hours.
    assert reported[name]["seconds"] < 120


@pytest.mark.parametrize("name", ["SIGINT", "play is killed", "faults"])
def test_no_request_fails_any_more_however_it_ends(reported, name):
    assert reported[name]["probability"] == "0\n"


def test_a_fault_that_cannot_be_set_is_a_failure(reported):
    said = reported["no faults"]
    assert said["status"] == 1
    assert said["stdout"].startswith(
        "pfnbench: failed: fault interval 1: /sys/kernel/debug/failslab/"
        "interval: "
    )
    assert not said["is_loaded"]
    assert said["probability"] == "0\n"
    assert "set: " not in said["printed"]


def test_a_player_that_is_killed_leaves_no_module(reported):
    check_nothing_is_left(reported["play is killed"])
    line = the_line(reported["play is killed"])
    assert line == "kernel: play ended with status -9"


def test_a_command_that_is_killed_leaves_no_module(reported):
    check_nothing_is_left(reported["command is killed"])
    assert reported["command is killed"]["status"] == -9


def test_the_module_cannot_be_loaded_twice(reported):
    assert reported["twice"]["status"] == 1
    assert "File exists" in reported["twice"]["stdout"]
    # Nor is the first one unloaded.
    assert reported["twice"]["is_loaded"]


def test_a_file_that_is_no_passes_is_refused(reported):
    assert reported["no passes"]["status"] == 1
    assert "is no file of passes" in reported["no passes"]["stdout"]
    assert not reported["no passes"]["is_loaded"]


def test_what_is_no_command_fails_and_the_rest_goes_on(reported, debian):
    said = reported["words"]
    assert said["status"] == 0, said["stdout"]
    assert "flat failed: Invalid argument" in said["printed"]
    assert "nobody failed: No such file or directory" in said["printed"]
    assert f"flat@{debian.name} drain: " in said["printed"]
    assert said["printed"].endswith("end\n")
