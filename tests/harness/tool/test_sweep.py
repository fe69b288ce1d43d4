# SPDX-License-Identifier: MIT
"""pfnbench sweep: every structure survives every failure of a small trace."""

from __future__ import annotations

import os
import re

import pytest

OPERATIONS = ["set", "clear", "clear-range", "test", "next-range"]


def rows(stdout: str) -> dict[tuple[str, str, str], list[int]]:
    """The figures by structure, workload and operation."""
    found = {}
    for line in stdout.splitlines():
        match = re.fullmatch(
            r"(\S+) +(\S+) +(\S+) +(\d+) +(\d+) +(\d+) +(\d+)", line
        )
        if match:
            *names, steps, allocating, most, survived = match.groups()
            found[tuple(names)] = [
                int(figure) for figure in (steps, allocating, most, survived)
            ]
    return found


# One of lone pages and one of runs.
WORKLOADS = ["punched-2g", "busy-2g"]


@pytest.mark.skipif(
    "PFN_SANITIZED" in os.environ, reason="takes five minutes sanitized"
)
def test_every_structure_survives_every_failure(tool):
    result = tool.run("sweep", "--workload=" + ",".join(WORKLOADS))
    assert result.returncode == 0, result.stderr
    assert result.stderr == ""
    listed = {
        line.split()[0]: line.split()[2]
        for line in tool.run("--list-structures").stdout.splitlines()
        if "not built" not in line and line.split()[2] != "-"
    }
    assert {"xbitmap", "cvbmp", "btree-range"} <= set(listed)
    table = rows(result.stdout)
    for structure, out_of_memory in listed.items():
        if out_of_memory == "aborts":
            assert f"{structure}: skipped: it aborts" in result.stdout
            assert not any(names[0] == structure for names in table)
            continue
        for workload in WORKLOADS:
            for operation in OPERATIONS:
                steps, allocating, most, survived = table[
                    structure, workload, operation
                ]
                assert steps > 0
                assert allocating <= steps
                # Once alone, once with all later ones of the step.
                assert survived >= 2 * allocating
                assert (most == 0) == (allocating == 0)
            for query in ("test", "next-range"):
                assert table[structure, workload, query][1:] == [0, 0, 0]
    # btree-range and pivot-tree declare that clearing can fail: it splits a node.
    for structure, operation in (
        *((structure, "set") for structure, _, _ in table),
        *((structure, "clear") for structure in ("btree-range", "pivot-tree")),
    ):
        assert sum(
            table[structure, workload, operation][3] for workload in WORKLOADS
        )


def test_one_case_is_repeated_as_its_line_says(tool):
    line = (
        "sweep --structure=xbitmap --workload=punched-2g --operation=set "
        "--at=0 --nth=1 --persistent"
    )
    result = tool.run(*line.split())
    assert result.returncode == 0, result.stderr
    assert result.stdout == f"xbitmap survived: pfnbench {line}\n"
    # Nothing is repeated where nothing happens.
    result = tool.run(*line.replace("--nth=1", "--nth=99").split())
    assert result.returncode == 1
    assert "fewer than 99 requests" in result.stderr


def test_a_trace_of_the_users_own_is_swept_as_a_whole(tool):
    result = tool.run(
        "sweep",
        "--workload=./small.pfntrace",
        "--structure=flat,std-set",
        "--limit=0",
        "--operation=set",
    )
    assert result.returncode == 0, result.stderr
    # Two passes of 8 pages; std-set asks for a node each time.
    assert "std-set              small       set               16         16" in (
        result.stdout
    )


def test_sweeping_what_cannot_fail_is_no_success(tool):
    result = tool.run(
        "sweep", "--workload=./small.pfntrace", "--structure=btree-range"
    )
    assert result.returncode == 1
    assert result.stderr.startswith(
        "pfnbench: btree-range: not one request of clear, which it declares"
    )


def test_help_fits_80_columns_and_names_every_flag(tool):
    result = tool.run("sweep", "--help")
    assert result.returncode == 0
    lines = result.stdout.splitlines()
    assert max(map(len, lines)) <= 80
    for flag in (
        "--workload NAME|PATH,...",
        "--structure NAME,...",
        "--operation NAME,...",
        "--limit N",
        "--at STEP",
        "--nth N",
        "--persistent",
    ):
        assert flag in result.stdout


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (["--workload=idel-8g"], ["did you mean idle-8g?"]),
        (["--structure=xbitmpa"], ["did you mean xbitmap?"]),
        (["--structure=floor"], ["floor is no structure"]),
        (["--operation=clear-rnage"], ["did you mean clear-range?"]),
        (["--operation=set,set"], ["'set' is given twice"]),
        (["--limit=-1"], ["--limit: '-1'", "from 0 to 2^64-1"]),
        (["--limit=many"], ["'many'"]),
        (["--limit="], ["'--limit=' has no value"]),
        (["--nosuch"], ["'--nosuch'", "pfnbench sweep --help"]),
        (["--rounds=3"], ["'--rounds=3'"]),
        (["--at=3"], ["--at=STEP and --nth=N"]),
        (["--persistent"], ["--at=STEP and --nth=N"]),
        (["--at=3", "--nth=1"], ["exactly one --workload"]),
        (
            ["--at=3", "--nth=0", "--structure=flat", "--operation=set"]
            + ["--workload=idle-8g"],
            ["--nth: '0'", "from 1"],
        ),
    ],
)
def test_what_cannot_be_done_is_refused_in_one_line(tool, arguments, parts):
    result = tool.run("sweep", *arguments)
    assert result.returncode == 2, result.stderr
    assert result.stdout == ""
    assert result.stderr.startswith("pfnbench: ")
    assert result.stderr.count("\n") == 1
    for part in parts:
        assert part in result.stderr
