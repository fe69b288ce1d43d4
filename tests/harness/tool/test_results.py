# SPDX-License-Identifier: MIT
"""results.json: its structure, and that Google's compare.py reads it."""

from __future__ import annotations

import json
import pathlib
import re
import subprocess
import sys
from typing import Any

import pytest

from conftest import PFNTRACE

GOLDEN = pathlib.Path(__file__).parent / "golden" / "results.json"
COMPARE = "/usr/share/benchmark/compare.py"

# What does not depend on the machine, the build or a structure; of everything
# else only the type is golden.
EXACT = {
    "baseline",
    "conditions",
    "control",
    "default_workloads",
    "error_message",
    "error_occurred",
    "failed_clears",
    "failed_sets",
    "fault_draw",
    "fault_seed",
    "heap",
    "heap_seed",
    "floor",
    "large_allocations",
    "modelled_cpus",
    "name",
    "operation",
    "operations",
    "pages",
    "pfnbench_schema",
    "ranges",
    "repetition_index",
    "repetitions",
    "run_type",
    "setless",
    "structure",
    "structures",
    "time_unit",
    "workload",
    "workloads",
}


def placeholder(value: Any) -> Any:
    if isinstance(value, str):
        return "<text>"
    if isinstance(value, bool):
        return "<yes or no>"
    if isinstance(value, (int, float)):
        return "<number>"
    return "<list>"


def without_figures(entries: dict[str, Any]) -> dict[str, Any]:
    kept = {
        key: value if key in EXACT else placeholder(value)
        for key, value in entries.items()
    }
    for structure in kept.get("structures", []):
        structure["origin"] = placeholder(structure["origin"])
    return kept


def shape(value: Any) -> Any:
    """Keys and nesting of a profile; of a list, its first entry."""
    if isinstance(value, dict):
        return {key: shape(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [shape(entry) for entry in value[:1]]
    return value if isinstance(value, str) else placeholder(value)


def test_the_structure_is_the_golden_one(tool):
    results = tool.results(
        "--workload=./small.pfntrace",
        "--structure=flat,xbitmap,floor",
        "--operation=set,drain",
        "--fault=none;nth:1",
        "--rounds=2",
    )
    assert set(results) == {"context", "benchmarks", "profiles", "lost"}
    found = {
        "context": without_figures(results["context"]),
        "benchmarks": [without_figures(row) for row in results["benchmarks"]],
        "profiles": [shape(profile) for profile in results["profiles"]],
        "lost": results["lost"],
    }
    text = json.dumps(found, indent=1) + "\n"
    assert text == GOLDEN.read_text(), "to accept: write it to " + str(GOLDEN)


def test_every_operation_has_its_counters(tool):
    results = tool.results(
        "--workload=./small.pfntrace",
        "--structure=cvbmp",
        "--operation=all",
        "--rounds=1",
    )
    common = {
        "allocations",
        "bits_per_page",
        "failed_allocations",
        "failed_clears",
        "failed_sets",
        "ns_per_page",
        "pages",
        "peak_requested_bytes",
        "peak_rounded_bytes",
        "peak_slab_bytes",
        "ranges",
        "requested_bits_per_page",
        "retained_rounded_bytes",
    }
    per_range = common | {"ns_per_range"}
    expected = {
        "set": common,
        "test": common,
        "extract": per_range,
        "clear": common,
        "drain": per_range,
    }
    seen = set()
    for row in results["benchmarks"]:
        seen.add(row["operation"])
        counters = {
            key
            for key, value in row.items()
            if isinstance(value, (int, float))
            and not key.endswith("_time")
            and key not in ("control", "repetitions", "repetition_index")
        }
        assert counters == expected[row["operation"]], row["name"]
    assert seen == set(expected)


def test_names_have_no_tails_and_are_the_ones_that_are_listed(tool):
    arguments = ["--workload=./small.pfntrace", "--fault=none;nth:2"]
    results = tool.results(*arguments, "--rounds=3")
    names = list(dict.fromkeys(row["name"] for row in results["benchmarks"]))
    listed = tool.run(*arguments, "--benchmark_list_tests")
    assert listed.stdout.splitlines() == names
    for name in names:
        assert re.fullmatch(
            r"(set|test|extract|clear|drain)/small/[a-z0-9-]+"
            r"(/fault:nth:2)?(/control:1)?",
            name,
        )


def test_a_name_is_made_of_the_fields_of_its_row(tool):
    results = tool.results(
        "--workload=./small.pfntrace",
        "--structure=xbitmap,array",
        "--operation=replay",
        "--fault=none;nth:2",
        "--policy=free,single",
        "--driver=wait:one",
        "--large=exact",
        "--rounds=1",
    )
    conditions = set()
    for row in results["benchmarks"]:
        keys = row["conditions"]
        conditions |= set(keys)
        assert row["name"] == "/".join(
            [row["operation"], row["workload"], row["structure"]]
            + [f"{key}:{value}" for key, value in keys.items()]
            + ([f"control:{row['control']}"] if "control" in row else [])
        )
    assert conditions == {"policy", "fault", "large", "driver"}


def test_a_file_can_be_read_whatever_the_command_line_holds(tool):
    note = b"--benchmark_context=note=\x1b[31m\xff\n\"\\"
    results = tool.results(
        "--workload=./small.pfntrace",
        "--structure=flat",
        "--operation=set",
        "--rounds=1",
        note,
    )
    context = results["context"]
    assert context["note"] == '\\x1b[31m\\xff\\x0a"\\'
    assert context["command_line"].endswith(context["note"])


ARGUED = [
    "flat",
    "xbitmap",
    "xbitmap-preload",
    "xarray",
    "radix-page",
    "cvbmp",
    "btree-bitmap",
    "btree-range",
    "pivot-tree",
    "roaring",
]


def listed(tool, *arguments: str) -> list[str]:
    result = tool.run("--benchmark_list_tests", *arguments)
    assert result.returncode == 0, result.stderr
    return result.stdout.splitlines()


def test_by_default_the_argued_structures_are_set_and_drained(tool):
    names = listed(tool, "--workload=./small.pfntrace")
    assert sorted(names) == sorted(
        [f"{operation}/small/{structure}"
         for operation in ("set", "drain")
         for structure in (*ARGUED, "xbitmap/control:1")]
        + ["set/small/floor"]
    )  # fmt: skip
    assert names == listed(
        tool, "--workload=./small.pfntrace", "--structure=argued"
    )


def test_all_brings_the_rest(tool):
    every = {
        name.split("/")[2]
        for name in listed(
            tool, "--workload=./small.pfntrace", "--structure=all"
        )
    }
    assert every > {*ARGUED, "floor", "sorted-array"}


def test_the_ratios_that_the_run_is_about_stand_in_the_context(tool):
    def primary(*arguments: str) -> dict[str, str]:
        context = tool.results(
            "--workload=./small.pfntrace", "--rounds=1", *arguments
        )["context"]
        return {
            key: value
            for key, value in context.items()
            if key.startswith("primary_")
        }

    assert primary() == {
        "primary_structures": "cvbmp,btree-bitmap,xarray",
        "primary_operations": "set,drain",
        "primary_baseline": "xbitmap",
    }
    assert primary("--structure=xarray,xbitmap", "--operation=test,drain") == {
        "primary_structures": "xarray",
        "primary_operations": "drain",
        "primary_baseline": "xbitmap",
    }
    assert primary("--structure=flat,cvbmp") == {}
    assert primary("--structure=xbitmap,flat") == {}
    assert primary("--operation=test") == {}


def test_bits_when_full_are_those_of_the_largest_pass(tool):
    # One page by itself, then 4096: an average over passes would be far off.
    pages = " ".join(f"{pfn:x}" for pfn in range(0x10000, 0x11000))
    lines = f"T 1\nI 500\nT 0\nD 500\nT 4096\nI {pages}\nT 0\nD {pages}\n"
    trace = tool.folder / "large.pfntrace"
    subprocess.run(
        [PFNTRACE, "import", "--from=pfn-lines", "--guest-memory=2G"]
        + ["--kernel=k", "--recorder=r", "--provoked=p", "-", "-o", trace],
        input=lines,
        text=True,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    results = tool.results(
        f"--workload={trace}",
        "--structure=xbitmap",
        "--operation=set",
        "--rounds=1",
        "--controls=0",
    )
    (row,) = results["benchmarks"]
    (profile,) = results["profiles"]
    largest = max(
        profile["memory"]["pass_ends"], key=lambda each: each["pages"]
    )
    assert largest["pages"] == 4096
    assert row["bits_per_page"] == pytest.approx(
        8 * largest["rounded"] / 4096
    )
    assert row["requested_bits_per_page"] == pytest.approx(
        8 * largest["requested"] / 4096
    )


def test_the_baseline_has_as_many_controls_as_asked_for(tool):
    results = tool.results(
        "--workload=./small.pfntrace",
        "--structure=flat,xbitmap",
        "--operation=set",
        "--rounds=1",
        "--controls=2",
    )
    assert [row["name"] for row in results["benchmarks"]] == [
        "set/small/flat",
        "set/small/xbitmap",
        "set/small/xbitmap/control:1",
        "set/small/xbitmap/control:2",
    ]


def test_repetitions_of_a_row_stand_together_in_the_order_of_rounds(tool):
    results = tool.results(
        "--workload=./small.pfntrace", "--structure=flat,cvbmp", "--rounds=4"
    )
    rows = results["benchmarks"]
    assert len(rows) % 4 == 0
    for i in range(0, len(rows), 4):
        assert len({row["name"] for row in rows[i : i + 4]}) == 1
        indices = [row["repetition_index"] for row in rows[i : i + 4]]
        assert indices == [0, 1, 2, 3]


def test_figures_are_positive_and_agree_with_the_time(tool):
    results = tool.results(
        "--workload=punched-2g",
        "--pages=65536",
        "--structure=flat,floor",
        "--rounds=1",
    )
    for row in results["benchmarks"]:
        assert row["ns_per_page"] > 0
        assert row["real_time"] == pytest.approx(
            row["ns_per_page"] * row["pages"] * 1e-6
        )


def test_the_same_seed_fails_the_same_sets(tool):
    def failed(seed: int) -> list[float]:
        results = tool.results(
            "--workload=punched-2g",
            "--pages=65536",
            "--structure=xbitmap,cvbmp",
            "--operation=set",
            "--fault=failslab:probability=10",
            f"--fault-seed={seed}",
            "--rounds=2",
        )
        return [row["failed_sets"] for row in results["benchmarks"]]

    first = failed(1)
    assert all(count > 0 for count in first)
    assert first == failed(1)
    assert first != failed(2)


def test_the_environment_and_the_command_are_in_the_context(tool):
    results = tool.results(
        "--workload=./small.pfntrace",
        "--operation=set",
        "--rounds=1",
        "--benchmark_context=note=by hand",
    )
    context = results["context"]
    assert "--operation=set --rounds=1" in context["command_line"]
    assert context["note"] == "by hand"
    assert "interrupted" not in context
    for key in ("cpu_model", "kernel", "compiler", "compiler_flags", "commit"):
        assert context[key], key


def test_a_generated_workload_is_named_by_its_specification(tool):
    results = tool.results(
        "--workload=gen:reverse:pages=512,gen:cma:chunks=9",
        "--structure=flat",
        "--operation=set",
        "--rounds=1",
    )
    pages = {
        row["workload"]: row["pages"]
        for row in results["benchmarks"]
        if row["operation"] == "set"
    }
    assert set(pages) == {"reverse_pages_512", "cma_chunks_9"}
    reverse, cma = results["context"]["workloads"]
    assert reverse["name"] == "reverse_pages_512"
    assert int(cma["attempts"]) >= 9


def test_a_trace_folder_of_ones_own_gives_workloads_by_name(
    tool, monkeypatch
):
    monkeypatch.setenv("PFNBENCH_TRACES", str(tool.folder))
    results = tool.results("--workload=small", "--rounds=1")
    (workload,) = results["context"]["workloads"]
    assert workload["name"] == "small"


def test_results_go_to_a_dated_folder_by_default(tool):
    result = tool.run(
        "--workload=./small.pfntrace", "--operation=set", "--rounds=1"
    )
    assert result.returncode == 0
    (written,) = (tool.folder / "results").glob("*/results.json")
    assert re.fullmatch(r"\d{8}-\d{6}", written.parent.name)
    assert result.stderr == (
        f"pfnbench: wrote {written.relative_to(tool.folder)}\n"
    )
    json.loads(written.read_text())
    assert result.stdout.startswith("ns per page")


def compare(*arguments: str) -> str:
    result = subprocess.run(
        [sys.executable, COMPARE, "--no-color", *arguments],
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_googles_compare_reads_two_runs(tool):
    for out in ("a", "b"):
        result = tool.run(
            "--workload=./small.pfntrace",
            "--structure=flat,cvbmp",
            "--operation=set",
            "--rounds=2",
            f"--out={tool.folder / out}",
        )
        assert result.returncode == 0
    table = compare(
        "benchmarks",
        str(tool.folder / "a/results.json"),
        str(tool.folder / "b/results.json"),
    )
    for row in ("set/small/flat", "set/small/cvbmp"):
        # A line for each repetition, and the test of their difference.
        lines = [line for line in table.splitlines() if line.startswith(row)]
        assert len(lines) >= 2, table
    assert "OVERALL_GEOMEAN" in table


def test_googles_compare_sets_two_structures_against_each_other(tool):
    result = tool.run(
        "--workload=./small.pfntrace",
        "--operation=all",
        "--rounds=2",
        f"--out={tool.folder}/a",
    )
    assert result.returncode == 0
    table = compare(
        "filters", str(tool.folder / "a/results.json"), "flat", "cvbmp"
    )
    for operation in ("set", "test", "extract", "clear", "drain"):
        assert f"{operation}/small/[flat vs. cvbmp]" in table


def test_passes_are_what_was_recorded_or_the_rounds_of_a_driver(tool):
    flags = ("--workload=./small.pfntrace", "--structure=flat", "--rounds=1")
    usual = tool.results(*flags)
    rounds = tool.results(*flags, "--passes=rounds")
    before, after = (run["context"]["workloads"][0] for run in (usual, rounds))
    # The first array was short of what was wanted, so its fill ended there.
    assert (before["passes"], after["passes"]) == (2, 3)
    assert before["pages"] == after["pages"] == 16
    assert before["trace"] != after["trace"]
    counted = ("migrations", "oom_calls", "oom_pages")
    assert [after[key] for key in counted] == ["0", "0", "0"]
    assert not before.keys() & {*counted}
    assert rounds["context"]["passes"] == "rounds"
    assert "passes" not in usual["context"]
