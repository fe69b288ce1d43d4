# SPDX-License-Identifier: MIT
"""What the program says about itself."""

from __future__ import annotations

import re

import pytest


def printed(tool, *arguments: str) -> list[str]:
    before = sorted(tool.folder.rglob("*"))
    result = tool.run(*arguments)
    assert result.returncode == 0, result.stderr
    assert result.stderr == ""
    assert sorted(tool.folder.rglob("*")) == before, "lists write nothing"
    return result.stdout.splitlines()


def test_help_fits_80_columns_and_names_every_flag(tool):
    lines = printed(tool, "--help")
    assert max(map(len, lines)) <= 80
    assert not any(line != line.rstrip() for line in lines)
    text = "\n".join(lines)
    for flag in (
        "--workload NAME|PATH,...",
        "--structure NAME,...",
        "--operation NAME,...",
        "--fault SPEC[;SPEC...]",
        "--fault-seed N",
        "--fault-draw allocation|operation",
        "--large pow2|exact|vmalloc",
        "--policy NAME,...",
        "--host HOST",
        "--driver SETTING,...",
        "--baseline NAME",
        "--controls N",
        "--rounds",
        "--benchmark_filter REGEX",
        "--out DIR",
        "--quiet",
        "--list-workloads",
        "--list-structures",
        "--list-operations",
        "--benchmark_list_tests",
    ):
        assert flag in text
    for default in (
        "[default]",
        "[argued;",
        "[set,drain;",
        "[none]",
        "[1]",
        "[9]",
        "[xbitmap]",
    ):
        assert default in text
    assert tool.run("-h").stdout == "\n".join(lines) + "\n"


def test_version_is_one_line(tool):
    (line,) = printed(tool, "--version")
    assert re.fullmatch(r"pfnbench \d+\.\d+\.\d+", line)


def test_workloads_have_a_line_of_facts_each(tool, monkeypatch):
    *lines, generated = printed(tool, "--list-workloads")
    names = [line.split()[0] for line in lines]
    assert names == sorted(names)
    assert {"idle-8g", "frag-4g", "busy-2g", "oom-2g"} <= set(names)
    assert generated == "idle-1t      generated: gen:idle:inflate=1T"
    monkeypatch.setenv("PFNBENCH_TRACES", str(tool.folder))
    line, _ = printed(tool, "--list-workloads")
    assert line.startswith("small        2 GiB guest, 8 pages inflated")


def test_structures_have_family_failure_and_origin(tool):
    rows = {
        line.split()[0]: line for line in printed(tool, "--list-structures")
    }
    assert {"flat", "xbitmap", "xbitmap-preload", "cvbmp"} <= set(rows)
    assert re.match(r"cvbmp +list +reports +Tetsuo Handa", rows["cvbmp"])
    assert re.match(r"floor +- +- +the measured loop", rows["floor"])


def test_operations_say_what_they_do(tool):
    lines = printed(tool, "--list-operations")
    assert [line.split()[0] for line in lines] == [
        "set",
        "test",
        "extract",
        "clear",
        "drain",
        "replay",
    ]
    assert all(len(line.split()) > 4 for line in lines)


@pytest.mark.parametrize(
    ("filter_", "expected"),
    [
        (
            "small/(flat|floor)",
            ["set/small/flat", "set/small/flat/control:1", "set/small/floor"],
        ),
        ("-control|floor", ["set/small/flat"]),
        ("^set/small/flat$", ["set/small/flat"]),
    ],
)
def test_rows_are_listed_as_filtered(tool, filter_, expected):
    assert (
        printed(
            tool,
            "--workload=small.pfntrace",
            "--structure=flat,floor",
            "--operation=set",
            f"--benchmark_filter={filter_}",
            "--benchmark_list_tests",
        )
        == expected
    )
