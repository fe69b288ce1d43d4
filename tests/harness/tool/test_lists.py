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
        "--list-faults",
        "--list-policies",
        "--list-drivers",
        "--list-costs",
        "--benchmark_list_tests",
    ):
        assert flag in text
    for default in (
        "[default]",
        "[argued]",
        "[set,drain;",
        "[none]",
        "[1]",
        "[9]",
        "[xbitmap]",
    ):
        assert default in text
    assert tool.run("-h").stdout == "\n".join(lines) + "\n"


def test_help_is_in_groups_of_short_options(tool):
    groups: dict[str, list[int]] = {}
    for line in printed(tool, "--help"):
        if re.fullmatch(r"[A-Z][\w =-]*:", line):
            sizes = groups.setdefault(line[:-1], [])
        elif re.match(r"  -", line):
            sizes.append(1)
        elif re.match(r" {24}\S", line):
            sizes[-1] += 1
        assert line.count("[all]") <= 1
    assert list(groups) == [
        "What is measured",
        "When memory runs out",
        "The modelled heap",
        "With --operation=replay",
        "How it is measured",
        "Results",
        "Lists and help",
    ]
    for sizes in groups.values():
        # The flag may need a line of its own.
        assert sizes and max(sizes) <= 4


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


SCREEN = 45


def assert_is_a_screen(lines: list[str]) -> str:
    assert len(lines) <= SCREEN
    assert max(map(len, lines)) <= 80
    assert not any(line != line.rstrip() for line in lines)
    return "\n".join(lines)


def test_faults_have_grammar_meaning_and_an_example_that_runs(tool):
    text = assert_is_a_screen(printed(tool, "--list-faults"))
    for grammar in (
        "none            nothing fails",
        "failslab:probability=PERCENT[,interval=N,times=N,space=BYTES]\n",
        "budget:BYTES\n",
        "nth:N[,persistent]\n",
        "ge_burst        gilbert_elliott:loss=0.01,burst=63\n",
        "slab_boundary[:PAGE_MODEL][+failslab:...][+fail_page_alloc:...]\n",
        "failslab=INTERVAL,PERCENT,SPACE,TIMES",
    ):
        assert grammar in text
    examples = re.findall(r"Example: (\S+)$", text, re.MULTILINE)
    assert len(examples) == 11
    printed(
        tool,
        "--workload=small.pfntrace",
        "--structure=flat",
        "--fault=" + ";".join(examples),
        "--benchmark_list_tests",
    )


def test_policies_have_a_line_each(tool):
    text = assert_is_a_screen(printed(tool, "--list-policies"))
    for name in ("free", "single", "array", "array-rest", "nowait-pages"):
        assert re.search(rf"^{name} +\w+", text, re.MULTILINE)
    assert "reserve:BYTES as free" in text
    assert "free [the default]" not in text and "next [the default]" in text


def test_drivers_have_keys_values_and_defaults(tool):
    text = assert_is_a_screen(printed(tool, "--list-drivers"))
    assert re.search(
        r"^ring +entries of a virtqueue \[128\]\n"
        r" +a whole number from 2 to 32768$",
        text,
        re.MULTILINE,
    )
    assert re.search(r"^wait .* \[all\]\n +one, all$", text, re.MULTILINE)


def test_costs_have_a_value_in_each_set_and_sources(tool):
    text = assert_is_a_screen(printed(tool, "--list-costs"))
    assert re.search(r"^ +2016 +measured$", text, re.MULTILINE)
    assert re.search(r"^kick +393144\.252 +259486\.607$", text, re.MULTILINE)
    assert re.search(r"^record +own +own\n", text, re.MULTILINE)
    assert "27 July 2016" in text and "--host=real" in text


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
