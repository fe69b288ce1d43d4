# SPDX-License-Identifier: MIT
"""--operation=replay: its rows, its figures, and that they repeat."""

from __future__ import annotations

import pytest

REPLAY = ("--workload=./small.pfntrace", "--operation=replay", "--rounds=1")


def by_name(results):
    return {row["name"]: row for row in results["benchmarks"]}


def test_a_row_for_each_policy_and_one_for_each_driver_without_a_set(tool):
    rows = by_name(
        tool.results(
            *REPLAY,
            "--structure=flat,array,pipelined",
            "--policy=free,single,reserve:64K",
            "--fault=none;nth:1",
        )
    )
    assert set(rows) == {
        f"replay/small/{driver}{fault}{control}"
        for fault in ("", "/fault:nth:1")
        for driver, control in (
            ("array", ""),
            ("pipelined", ""),
            *(
                (f"flat/policy:{policy}", control)
                for policy in ("free", "single", "reserve:65536")
                for control in ("", "/control:1")
            ),
        )
    }
    plain = rows["replay/small/flat/policy:free"]
    assert plain["pages_told"] == 16
    assert plain["chunks"] == 5
    assert plain["kicks"] == 3  # an array of 5 where 8 were wanted: a puff
    assert plain["ns_per_page"] > 0
    assert "ns_per_page" not in rows["replay/small/array"]
    assert rows["replay/small/array"]["arrays"] == 3
    failed = rows["replay/small/flat/policy:single/fault:nth:1"]
    assert failed["failed_sets"] == 1
    assert failed["pages_told_singly"] == 1
    assert failed["pages_told"] == 16


def test_the_simulated_figures_repeat_exactly(tool):
    def figures():
        rows = by_name(
            tool.results(
                *REPLAY,
                "--structure=xbitmap",
                "--fault=failslab:probability=50",
                "--record-ns=13",
            )
        )
        return [
            {
                key: value
                for key, value in row.items()
                if key.startswith(("sim_", "pages_", "oom_"))
            }
            for _, row in sorted(rows.items())
        ]

    first = figures()
    assert len(first[0]) > 10
    assert first == figures()


def test_driver_and_host_stand_in_the_name_when_they_are_not_the_default(tool):
    rows = by_name(
        tool.results(
            *REPLAY,
            "--structure=flat",
            "--driver=walk:posted,ring:64",
            "--host=real:16M",
        )
    )
    name = "replay/small/flat/policy:free/host:real/driver:walk:posted,ring:64"
    assert set(rows) == {name, f"{name}/control:1"}
    assert rows[name]["real_madvise_ms"] > 0
    assert "sim_ms" not in rows[name]


def test_a_host_that_merges_arrays_needs_fewer_calls(tool):
    flags = (*REPLAY, "--structure=array,pipelined")
    apart = by_name(tool.results(*flags))
    merged = by_name(tool.results(*flags, "--host-merge"))
    for name, row in apart.items():
        other = merged[f"{name}/host-merge:on"]
        assert row["pages_per_madvise"] == 1
        assert other["pages_told"] == row["pages_told"]
        assert other["madvise_calls"] < row["madvise_calls"]
        assert other["sim_inflate_sort_ms"] > 0
        assert "sim_inflate_sort_ms" not in row


def test_a_guest_that_reacts_has_no_structure_that_aborts_without_memory(tool):
    flags = ("--structure=flat,judy1", "--baseline=flat")
    recorded = tool.results(*REPLAY, *flags)
    assert "replay/small/judy1/policy:free" in by_name(recorded)
    reacts = by_name(tool.results(*REPLAY, *flags, "--guest=reacts"))
    assert "replay/small/flat/policy:free/guest:reacts" in reacts
    assert not [name for name in reacts if "judy1" in name]


def test_a_guest_that_reacts_repeats_by_its_seed(tool):
    flags = (*REPLAY, "--structure=flat,array", "--guest=reacts")

    def run(*more):
        results = tool.results(*flags, "--record-ns=13", *more)
        timed = ("_time", "ns_per_page", "structure_ms")
        return results["context"]["guest"], {
            (row["name"], key): value
            for row in results["benchmarks"]
            for key, value in row.items()
            if not key.endswith(timed)
        }

    guest, figures = run("--guest-hold-ms=20")
    assert guest.startswith("reacts: cache 10 %, demand 25 %, rate 1000 MiB/s")
    assert ", hold-ms 20, " in guest
    name = "replay/small/array/guest:reacts"
    assert figures[name, "pages_told"] == 16
    assert figures[name, "guest_program_pages"] > 100_000
    assert figures[name, "guest_oom_kills"] == 0
    assert (name, "guest_replaced_percent") not in figures
    assert run("--guest-hold-ms=20") == (guest, figures)
    assert run("--guest-hold-ms=20", "--fault-seed=2")[1] != figures


def test_the_costs_stand_in_the_results(tool):
    flags = (*REPLAY, "--structure=flat,array")
    usual = tool.results(*flags)
    assert usual["context"]["costs"].startswith("2016: ns allocate 146.15")
    assert ", record own, " in usual["context"]["costs"]
    given = tool.results(*flags, "--costs=measured", "--kick-ns=5000.5")
    assert given["context"]["costs"].startswith("measured: ns ")
    assert ", kick 5000.5 (given), " in given["context"]["costs"]
    kicks = [by_name(run)["replay/small/array"] for run in (usual, given)]
    assert kicks[0]["kicks"] == kicks[1]["kicks"]
    times = [row["sim_inflate_notify_ms"] for row in kicks]
    assert times[1] == pytest.approx(times[0] * 5000.5 / 393144.252)


def test_all_operations_do_not_include_replay(tool):
    rows = by_name(
        tool.results(
            REPLAY[0], "--structure=flat", "--operation=all", "--rounds=1"
        )
    )
    assert not any(name.startswith("replay/") for name in rows)
