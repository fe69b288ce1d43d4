# SPDX-License-Identifier: MIT
"""A scenario is what its file says, or one line says what is wrong."""

from __future__ import annotations

import pathlib
import re

import pytest

from workloads.record import scenario
from workloads.record.errors import BadInput

DOCUMENT = (
    pathlib.Path(__file__).resolve().parents[2] / "docs" / "recording.md"
)
SMALL = """
summary = "idle"
memory = "256M"
[[step]]
target = "128M"
"""


def parse(text: str) -> scenario.Scenario:
    return scenario.parse(text, "f.toml", "f")


def complaint(text: str) -> str:
    with pytest.raises(BadInput) as caught:
        parse(text)
    message = str(caught.value)
    assert message.startswith("f.toml: ")
    assert "\n" not in message
    return message


def test_what_is_not_said_is_an_idle_guest_of_one_cpu():
    found = parse(SMALL)
    assert (found.memory, found.cpus, found.nodes) == (256 << 20, 1, 1)
    assert found.steps == (scenario.Step(128 << 20),)
    assert not found.loads and not found.deflate_on_oom
    assert found.pages_told == 32768
    assert found.provoked == "1 vCPU, idle; targets 128 MiB of guest memory"


def test_loads_have_their_arguments_in_the_order_of_the_program():
    found = parse(
        SMALL + '[[load]]\nkind = "files"\nsize = "64M"\ndeleted = 0.7\n'
        '[[load]]\nkind = "hog"\nsize = "32M"\n'
    )
    assert found.loads == (
        scenario.Load("files", (64 << 20, 4096, 65536, 700, 1)),
        scenario.Load("hog", (32 << 20, 0)),
    )


def test_a_step_may_end_after_some_time():
    found = parse(SMALL + "seconds = 1.5\n")
    assert found.steps == (scenario.Step(128 << 20, 1.5),)


@pytest.mark.parametrize(
    ("found", "wanted", "message"),
    [
        ('"256M"', '"256"', "a size of whole pages"),
        ('"256M"', '"1K"', "a size of whole pages"),
        ('"256M"', '"-1G"', "a size of whole pages"),
        ('"256M"', "256", "a size of whole pages"),
        ('"256M"', '"64M"', "expected at least 128M"),
        ('"128M"', '"1G"', "expected at most the memory, 256M"),
        ('"idle"', '""', "expected a text"),
        ('summary = "idle"', "", "expected the key 'summary'"),
        ('"256M"', '"256M"\ncpus = 0', "a number from 1 to 64"),
        ('"256M"', '"256M"\ncpus = true', "a number from 1 to 64"),
        ('"256M"', '"256M"\nnodes = 2', "a cpu for each node"),
        ('"256M"', '"256M"\ndeflate-on-oom = 1', "true or false"),
        ('"256M"', '"256M"\nmemroy = "1G"', "found the key 'memroy'"),
        ('"256M"', '"256M"\nlike = "idle-8g"', "only one of 'like'"),
        ('[[step]]\ntarget = "128M"', "", "at least one"),
        ("[[step]]", "[step]", "expected tables"),
        ("[[step]]", "[[step", "not TOML"),
        ('"128M"', '"128M"\nseconds = -1.5', "a number from 0.1 to 3600"),
        ('"128M"', '"128M"\nwithin = 3', "found the key 'within'"),
    ],
)
def test_what_is_no_scenario_is_refused(found, wanted, message):
    assert found in SMALL
    assert message in complaint(SMALL.replace(found, wanted))


@pytest.mark.parametrize(
    ("load", "message"),
    [
        ('kind = "nap"', "expected one of files writer punched hog"),
        ('kind = "hog"', "load 1: expected the key 'size'"),
        ('kind = "hog"\nsize = "256M"', "expected less than the memory"),
        ('kind = "hog"\nsize = "1M"\nseed = 1', "found the key 'seed'"),
        ('kind = "punched"\nsize = "1M"\nfreed = 1.1', "from 0 to 1"),
        (
            'kind = "files"\nsize = "1M"\nsmallest = "1M"',
            "expected it at or below",
        ),
    ],
)
def test_what_is_no_load_is_refused(load, message):
    assert message in complaint(f"{SMALL}[[load]]\n{load}\n")


def test_size_and_cpus_of_the_command_line_are_checked_as_well():
    found = parse(SMALL)
    assert found.resized(1 << 30, 4).memory == 1 << 30
    assert found.resized(None, None) == found
    assert found.resized(None, 4).cpus == 4
    with pytest.raises(BadInput, match="at least 128M"):
        found.resized(1 << 20, None)
    with pytest.raises(BadInput, match="at most the memory, 128M"):
        parse(SMALL.replace("128M", "200M")).resized(128 << 20, None)


def test_every_shipped_scenario_can_be_played():
    assert {"idle-8g", "busy-2g", "frag-4g", "oom-2g"} < set(scenario.names())
    assert {"punched-2g", "numa-64g", "test-256m"} < set(scenario.names())
    for name in scenario.names():
        found = scenario.load(name)
        assert found.name == name
        # Each ends with an empty balloon, as the shipped traces do.
        assert found.steps[-1] == scenario.Step(found.memory)
        assert found.like in (name, None)


def test_the_documented_bounds_are_those_that_judge():
    rows = re.findall(
        r"^\| `([a-z0-9-]+)` \| (\w+) \| ([\d.]+) \|",
        DOCUMENT.read_text(),
        re.M,
    )
    documented: dict[str, dict[str, float]] = {}
    for name, figure, bound in rows:
        documented.setdefault(name, {})[figure] = float(bound)
    shipped = {name: scenario.load(name).bounds for name in scenario.names()}
    assert documented == {k: v for k, v in shipped.items() if v}


def test_a_scenario_that_is_not_there_names_those_that_are(tmp_path):
    with pytest.raises(BadInput, match="shipped are busy-2g frag-4g"):
        scenario.load("idle-9g")
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    with pytest.raises(BadInput, match="binary"):
        scenario.load(str(tmp_path / "binary"))
