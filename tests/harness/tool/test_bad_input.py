# SPDX-License-Identifier: MIT
"""What cannot be done is refused in one line, before anything is written."""

from __future__ import annotations

import os
import subprocess

import pytest

SMALL = "--workload=./small.pfntrace"


def files(folder) -> dict[str, tuple[int, ...]]:
    """Everything below, so that any change shows; nothing is read."""
    return {
        str(path): (stat.st_ino, stat.st_size, stat.st_mtime_ns)
        for path in folder.rglob("*")
        for stat in [path.stat()]
    }


def assert_refused(tool, arguments: list[str], *parts: str) -> None:
    before = files(tool.folder)
    if not any(argument.startswith("--out") for argument in arguments):
        arguments = [*arguments, "--out=out"]
    result = tool.run(*arguments)
    assert result.returncode == 2, result.stderr
    assert result.stdout == ""
    assert result.stderr.startswith("pfnbench: ")
    assert result.stderr.count("\n") == 1
    for part in parts:
        assert part in result.stderr
    assert files(tool.folder) == before


@pytest.mark.parametrize(
    ("argument", "parts"),
    [
        ("--workload=idel-8g", ["did you mean idle-8g?", "punched-2g"]),
        ("--workload=nothing-like-it", ["(known: default, all, busy-2g"]),
        ("--workload=", ["'--workload=' has no value"]),
        ("--workload=idle-2t", ["did you mean idle-1t?"]),
        ("--workload=gen:budy", ["did you mean buddy?", "idle, buddy"]),
        ("--workload=gen:reverse:page=1", ["expected pages, base"]),
        ("--structure=xbitmpa", ["did you mean xbitmap?", "cvbmp"]),
        ("--structure=", ["'--structure=' has no value"]),
        ("--operation=drian", ["did you mean drain?", "extract"]),
        ("--baseline=cvbmpp", ["did you mean cvbmp?"]),
        (
            "--fault=failslab:probabilty=1",
            [
                "'probabilty'; did you mean probability?",
                "probability, interval, times, space",
            ],
        ),
        ("--fault=failslab:probability=101", ["'101'", "from 0 to 100"]),
        ("--fault=failslab=1,2,3", ["<interval>,<probability>,<space>"]),
        ("--fault=fail_make_request=1,2,3,4", ["none", "failslab", "nth"]),
        ("--fault=nth:0", ["'0'", "from 1"]),
        ("--fault=ge_brust", ["did you mean ge_burst?", "--list-faults"]),
        ("--fault=slab_bound", ["did you mean slab_boundary?"]),
        ("--fault=budget:10X", ["'10X'", "perhaps with K, M, G or T"]),
        ("--fault=zone_wmark:thp=2", ["'2'", "from 0 to 1"]),
        ("--fault=pcp_only:ask=no", ["on_empty, precheck, race"]),
        ("--pages=1X", ["'1X'", "perhaps with K, M, G or T"]),
        ("--passes=round", ["--passes", "round", "arrays"]),
        ("--fault=slab_boundary:none", ["nothing fails"]),
        ("--fault-draw=operations", ["did you mean operation?"]),
        ("--fault-draw=", ["'--fault-draw=' has no value"]),
        ("--large=pow3", ["did you mean pow2?", "vmalloc"]),
        ("--fault=", ["'--fault=' has no value"]),
        ("--fault-seed=-1", ["'-1'", "2^64-1"]),
        ("--controls=-1", ["-1", "0 to 1000"]),
        ("--controls=two", ["two", "0 to 1000"]),
        ("--fault-seed=18446744073709551616", ["2^64-1"]),
        ("--rounds=0", ["0", "1 to 10000"]),
        ("--rounds=10001", ["10001", "1 to 10000"]),
        ("--rounds=many", ["many", "1 to 10000"]),
        ("--benchmark_repetitions=0", ["1 to 10000"]),
        ("--policy=single", ["--policy", "--operation=replay"]),
        ("--host=real", ["--host", "--operation=replay"]),
        ("--host-merge", ["--host-merge", "--operation=replay"]),
        ("--driver=ring:64", ["--driver", "--operation=replay"]),
        ("--replaced=50", ["--replaced", "--operation=replay"]),
        ("--guest=reacts", ["--guest", "--operation=replay"]),
        ("--guest-rate=50", ["--guest-rate", "--operation=replay"]),
        ("--costs=2016", ["--costs", "--operation=replay"]),
        ("--kick-ns=5000", ["--kick-ns", "--operation=replay"]),
        ("--structure=pipelined", ["'pipelined'", "--operation=replay"]),
        ("--nosuch", ["'--nosuch'", "--help"]),
        ("--strucure=flat", ["did you mean --structure?", "--help"]),
        ("-structure=flat", ["did you mean --structure?"]),
        ("stray", ["'stray'", "(commands: sweep)", "--help"]),
        ("swep", ["'swep'; did you mean sweep?"]),
        ("structure=flat", ["did you mean --structure?"]),
        ("--benchmark_nosuch=1", ["'--benchmark_nosuch=1'"]),
        ("--benchmark_fliter=set", ["did you mean --benchmark_filter?"]),
        ("--benchmark_filter=(", ["'('", "regular expression"]),
        ("--benchmark_filter=-[", ["'-['", "regular expression"]),
        ("--benchmark_filter=nowhere", ["--benchmark_list_tests"]),
        ("--benchmark_filter=-.", ["--benchmark_list_tests"]),
    ],
)
def test_values_that_cannot_be_used(tool, argument, parts):
    assert_refused(tool, [SMALL, argument], *parts)


@pytest.mark.parametrize(
    ("argument", "parts"),
    [
        ("--policy=fre", ["'fre'; did you mean free?", "single, array"]),
        ("--policy=reserve:0", ["reserve:64K"]),
        ("--policy=free,free", ["'free' is given twice"]),
        ("--host=reel", ["'reel'", "real:SIZE"]),
        ("--driver=wlak:posted", ["'wlak'; did you mean walk?"]),
        ("--driver=walk:gone", ["'gone'", "fixed, posted"]),
        ("--driver=walk:poste", ["did you mean posted?"]),
        ("--driver=ring:1", ["'1'", "2 to 32768"]),
        ("--costs=2061", ["'2061'; did you mean 2016?", "measured"]),
        ("--kick-ns=-1", ["--kick-ns", "'-1'", "--list-costs"]),
        ("--kick-ns=1000000001", ["from 0 to 1000000000", "--list-costs"]),
        ("--kick-ns=own", ["--kick-ns", "'own'"]),
        ("--record-ns=1e3", ["'1e3'", "or own"]),
        ("--replaced=101", ["101", "0 to 100"]),
        ("--passes=rounds", ["--passes", "own rounds"]),
        ("--guest=recrded", ["did you mean recorded?"]),
        ("--guest-rate=50", ["--guest-rate", "add --guest=reacts"]),
    ],
)
def test_replays_that_cannot_be_done(tool, argument, parts):
    assert_refused(tool, [SMALL, "--operation=replay", argument], *parts)


@pytest.mark.parametrize(
    ("argument", "parts"),
    [
        ("--guest-rate=0", ["--guest-rate", "'0'", "1 to 100000 (MiB/s)"]),
        ("--guest-demand=101", ["'101'", "0 to 100 (%)"]),
        ("--guest-demand=95", ["--guest-cache=10", "--guest-demand=95"]),
        ("--guest-hold-ms=1h", ["'1h'", "0 to 3600000 (ms)"]),
        ("--fault=ge_burst", ["--fault", "leave out one of them"]),
        ("--replaced=50", ["--replaced", "leave out one of them"]),
        ("--host=real", ["--host=real", "leave out one of them"]),
        ("--workload=./bare.pfntrace", ["bare: its guest has 2097152 bytes", "16 MiB"]),
    ],
)
def test_guests_that_cannot_react(tool, argument, parts):
    subprocess.run(
        [os.environ["PFNTRACE"], "import", "--from=pfn-lines"]
        + ["-", "-o", "bare.pfntrace"],
        cwd=tool.folder,
        input="T 1\nI 1ff\n",
        text=True,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    flags = ["--operation=replay", "--guest=reacts", "--structure=flat"]
    workload = [] if "workload" in argument else [SMALL]
    assert_refused(tool, [*workload, *flags, argument], *parts)


def test_a_replay_that_hands_out_other_pages_than_were_recorded(tool):
    busy = ["--workload=busy-2g", "--operation=replay", "--structure=flat"]
    assert_refused(tool, busy, "busy-2g: 28.4 %", "--replaced=29")


def test_a_policy_for_drivers_without_a_set(tool):
    assert_refused(
        tool,
        [SMALL, "--operation=replay", "--structure=array", "--policy=free"],
        "--policy",
        "no structure with a set",
    )


@pytest.mark.parametrize("flag", ["--operation=replay", "--passes=rounds"])
def test_a_trace_without_the_targets_that_tell_its_rounds(tool, flag):
    text = (tool.folder / "small.pfntrace").read_text().splitlines()
    lines = [line for line in text if not line.startswith("T ")]
    lines[-1] = "end 0 4 8 8"
    (tool.folder / "aimless.pfntrace").write_text("\n".join(lines) + "\n")
    assert_refused(
        tool,
        ["--workload=./aimless.pfntrace", flag],
        "aimless.pfntrace: has no balloon targets",
    )


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        ([SMALL + ",./small.pfntrace"], "workload 'small'"),
        ([SMALL, SMALL], "workload 'small'"),
        (["--workload=idle-8g,all"], "workload 'idle-8g'"),
        ([SMALL, "--structure=flat,cvbmp,flat"], "structure 'flat'"),
        ([SMALL, "--operation=set,set"], "operation 'set'"),
        ([SMALL, "--fault=nth:1;none;nth:1"], "'nth:1'"),
    ],
)
def test_names_that_are_given_twice(tool, arguments, what):
    assert_refused(tool, arguments, what + " is given twice")


def test_operations_cannot_be_drawn_by_what_depends_on_requests(tool):
    assert_refused(
        tool,
        [SMALL, "--fault=slab_boundary", "--fault-draw=operation"],
        "slab_boundary:ge_burst",
        "--fault-draw=allocation",
    )


def test_a_baseline_that_does_not_run(tool):
    assert_refused(
        tool, [SMALL, "--structure=flat", "--baseline=cvbmp"], "cvbmp", "flat"
    )


def test_a_trace_that_is_missing(tool):
    assert_refused(
        tool,
        ["--workload=./gone.pfntrace"],
        "./gone.pfntrace: cannot be read: No such file",
    )


def test_a_trace_that_is_a_folder(tool):
    (tool.folder / "folder.pfntrace").mkdir()
    assert_refused(
        tool, ["--workload=folder.pfntrace"], "folder.pfntrace", "directory"
    )


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_trace_that_may_not_be_read(tool):
    (tool.folder / "small.pfntrace").chmod(0)
    assert_refused(tool, [SMALL], "cannot be read: Permission denied")


def test_a_trace_that_was_cut_off(tool):
    text = (tool.folder / "small.pfntrace").read_bytes()
    (tool.folder / "cut.pfntrace").write_bytes(text[:-20])
    assert_refused(tool, ["--workload=cut.pfntrace"], "cut.pfntrace:", "end")


def test_a_trace_with_a_wrong_line(tool):
    text = (tool.folder / "small.pfntrace").read_text().splitlines()
    number = text.index("T 0") + 1
    text[number - 1] = "T zero"
    (tool.folder / "bad.pfntrace").write_text("\n".join(text) + "\n")
    assert_refused(
        tool, ["--workload=bad.pfntrace"], f"bad.pfntrace:{number}: ", "expect"
    )


def test_a_compressed_trace_with_a_wrong_byte(tool):
    (tool.folder / "bad.pfntrace.zst").write_bytes(
        b"\x28\xb5\x2f\xfd" + bytes(50)
    )
    assert_refused(tool, ["--workload=bad.pfntrace.zst"], "bad.pfntrace.zst")


def test_an_out_that_is_a_file(tool):
    (tool.folder / "file").write_text("kept")
    assert_refused(tool, [SMALL, "--out=file"], "--out=file: ", "not a folder")
    assert_refused(
        tool, [SMALL, "--out=file/below"], "file is not a folder"
    )


def test_an_out_that_cannot_be_written(tool):
    # Not even by root.
    assert_refused(tool, [SMALL, "--out=/proc/pfnbench"], "--out=/proc/pfnb")


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_an_out_that_may_not_be_written(tool):
    (tool.folder / "locked").mkdir(mode=0o555)
    assert_refused(
        tool, [SMALL, "--out=locked/out"], "locked cannot be written to"
    )


def test_results_are_never_overwritten(tool):
    (tool.folder / "out").mkdir()
    (tool.folder / "out" / "results.json").write_text("kept")
    assert_refused(tool, [SMALL, "--out=out"], "--out=out: ", "overwritten")


def test_an_empty_out_does_not_take_the_next_flag_for_a_folder(tool):
    assert_refused(tool, [SMALL, "--out=", "--quiet"], "'--out=' has no value")


def test_a_trace_folder_that_is_missing(tool, monkeypatch):
    monkeypatch.setenv("PFNBENCH_TRACES", str(tool.folder / "gone"))
    assert_refused(tool, [], "gone", "PFNBENCH_TRACES")


@pytest.mark.parametrize(
    ("argument", "instead"),
    [
        ("--benchmark_out=x.json", "--out=DIR"),
        ("--benchmark_out_format=csv", "--out=DIR"),
        ("--benchmark_format=csv", "--out=DIR"),
        ("--benchmark_report_aggregates_only=true", "./run report"),
        ("--benchmark_display_aggregates_only", "./run report"),
        ("--benchmark_min_time=1", "--rounds=N"),
        ("--benchmark_min_warmup_time=1", "--rounds=N"),
        ("--benchmark_time_unit=s", "ns for each page"),
        ("--benchmark_perf_counters=CYCLES", "--instructions=hardware"),
        ("--benchmark_counters_tabular=true", "--quiet"),
        ("--benchmark_color=true", "--quiet"),
    ],
)
def test_flags_of_google_benchmark_that_would_do_nothing(
    tool, argument, instead
):
    name = argument.split("=")[0]
    assert_refused(
        tool, [SMALL, argument], f"{name} has no effect here: ", instead
    )


@pytest.mark.parametrize(
    "argument",
    [
        "--benchmark_context=pfnbench_schema=2",
        "--benchmark_context=note=mine,baseline=flat",
        "--benchmark_context=note",
        "--benchmark_context=note=a=b",
        "--benchmark_context",
    ],
)
def test_a_context_that_would_contradict_what_was_measured(tool, argument):
    assert_refused(
        tool, [SMALL, argument], argument, "--benchmark_context=note=TEXT"
    )


def test_an_order_that_is_neither_on_nor_off(tool):
    assert_refused(
        tool,
        [SMALL, "--benchmark_enable_random_interleaving=maybe"],
        "_interleaving=false, or =true",
    )


def test_a_fifo_that_nobody_writes_to(tool):
    os.mkfifo(tool.folder / "fifo.pfntrace")
    assert_refused(
        tool,
        ["--workload=fifo.pfntrace"],
        "fifo.pfntrace: is a FIFO; expected a regular file",
    )


def test_names_with_escapes_are_one_harmless_line(tool):
    name = "bad\x1b[31m\n.pfntrace"
    (tool.folder / name).write_text("no trace\n")
    for argument in (
        f"--workload={name}",
        "--workload=gone" + name,
        "--structure=\x1b[31m\n",
        f"--out=small.pfntrace/{name}",
        "--no\x1b[31m\nsuch",
        "\x1b[31m\n",
        "--fault=\x1b[31m\n",
    ):
        assert_refused(tool, [SMALL, argument], "\\x1b[31m\\x0a")
