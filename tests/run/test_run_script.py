# SPDX-License-Identifier: MIT
"""./run is what it says."""

from __future__ import annotations

import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import time

import pytest
from conftest import ROOT

SMALL = (
    "--workload=punched-2g --structure=flat,xbitmap --operation=set --rounds=1"
    " --pages=4096"
)

LAST = 25  # lines of a terminal


def last_lines(run_command, command: str, status: int = 0) -> list[str]:
    """What stays on a terminal, where both streams are one."""
    result = run_command(f"{command} 2>&1")
    assert result.returncode == status, result.stdout
    return result.stdout.splitlines()[-LAST:]


def make_trace(path: pathlib.Path) -> None:
    program = ROOT / "build/release/pfntrace"
    spec = "buddy:managed=16K:pages=4K"
    subprocess.run([program, "generate", spec, "-o", path], check=True)


def packages() -> dict[str, list[str]]:
    listed: dict[str, list[str]] = {}
    for line in (ROOT / "packages.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            purpose, package, _ = line.split(None, 2)
            listed.setdefault(purpose, []).append(package)
    return listed


def test_every_package_has_a_purpose_and_a_reason_and_stands_once():
    listed = packages()
    assert set(listed) == set(
        "bench check record kernel test linux project ci".split()
    )
    names = sum(listed.values(), [])
    assert len(names) == len(set(names))
    assert "libbenchmark-dev" in listed["bench"]


def test_shellcheck_has_nothing_to_say(run_command):
    scripts = "run .ci/run .ci/bare workloads/record/guest/init"
    scripts += " structures/linux/build harness/module/play harness/module/init"
    result = run_command(f"shellcheck {scripts}")
    assert result.returncode == 0, result.stdout


def test_the_dockerfile_leaves_everything_to_this_script(run_command):
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    instructions = [line for line in lines if not line.startswith("#")]
    assert instructions[0] == "FROM debian:12"
    (command,) = (
        line.removeprefix("RUN ")
        for line in instructions
        if line.startswith("RUN ")
    )
    assert command.startswith("./run bench ")
    result = run_command(command)
    assert result.returncode == 0, result.stderr
    assert "xbitmap" in result.stdout
    assert 'ENTRYPOINT ["./run"]' in instructions
    assert 'CMD ["bench"]' in instructions


def test_bench_ends_with_the_answer_a_table_and_the_paths(
    run_command, tmp_path
):
    out = tmp_path / "results"
    lines = last_lines(
        run_command,
        "./run bench --structure=flat,xbitmap,cvbmp --rounds=6 --pages=9999"
        f" --out={out}",
    )
    ends = [
        f"page     {out}/page.html",
        f"report   {out}/report.txt",
        f"mail     {out}/mail.txt",
        f"pictures {out}",
    ]
    assert lines[-4:] == ends
    summary = run_command(f"./run summary {out}").stdout.splitlines()
    assert summary == lines[-len(summary) :]
    assert summary[0].startswith("xbitmap or cvbmp? ")
    guests = [line.split()[-1] for line in summary if "  " in line]
    for guest in ("idle-8g", "frag-4g", "oom-2g", "busy-2g", "punched-2g"):
        assert guest in guests


def test_the_paths_lead_to_what_bench_wrote(run_command, tmp_path):
    out = tmp_path / "results"
    lines = last_lines(run_command, f"./run bench {SMALL} --out={out}")
    assert f"report   {out}/report.txt" in lines
    report = (out / "report.txt").read_text()
    for name in ("results.json", "mail.txt", "page.html", "set.png"):
        assert (out / name).stat().st_size > 0
    results = json.loads((out / "results.json").read_text())
    # Nothing fails in what is timed; losses are counted apart.
    assert not any("fault:" in row["name"] for row in results["benchmarks"])
    lost = {
        (each["structure"], each["conditions"]["fault"])
        for each in results["lost"]
    }
    assert lost == {("flat", "ge_burst"), ("xbitmap", "ge_burst")}
    # What the report says reproduces it is what was typed.
    assert "reproduce: ./run bench --workload=punched-2g" in report


def test_a_run_that_is_interrupted_ends_with_what_is_missing(tmp_path):
    out = tmp_path / "results"
    process = subprocess.Popen(
        ["./run", "bench", "--structure=xbitmap,cvbmp", "--rounds=9000"]
        + ["--workload=punched-2g", "--row-budget=0", f"--out={out}"],
        cwd=ROOT,
        env=os.environ | {"PFN_INSTALL": "no"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,  # as a terminal has it, for Ctrl-C
    )
    try:
        while not (out / "results.json").exists():
            assert process.poll() is None, process.communicate()
            time.sleep(0.1)
        os.killpg(process.pid, signal.SIGINT)
        text, _ = process.communicate(timeout=600)
    finally:
        process.kill()
    assert process.returncode == 130
    lines = text.splitlines()[-LAST:]
    (line,) = [x for x in lines if x.startswith("INCOMPLETE: ")]
    assert line.startswith("INCOMPLETE: interrupted; ")
    assert f"report   {out}/report.txt" in lines


def test_a_fault_of_the_users_own_replaces_the_default_ones(
    run_command, tmp_path
):
    out = tmp_path / "results"
    result = run_command(f"./run bench {SMALL} --fault=nth:3 --out={out}")
    assert result.returncode == 0, result.stderr
    results = json.loads((out / "results.json").read_text())
    assert results["benchmarks"]
    assert all(
        "/fault:nth:3" in row["name"] for row in results["benchmarks"]
    )


def test_a_refusal_of_the_program_is_the_refusal_of_the_script(
    run_command, tmp_path
):
    out = tmp_path / "results"
    result = run_command(f"./run bench --workload=idle-9g --out={out}")
    assert result.returncode == 2
    assert "idle-8g" in result.stderr
    assert not out.exists()


def test_results_that_exist_are_neither_touched_nor_reported_anew(
    run_command, tmp_path
):
    (tmp_path / "results.json").write_text("{}")
    result = run_command(f"./run bench {SMALL} --out={tmp_path}")
    assert result.returncode == 2
    assert (tmp_path / "results.json").read_text() == "{}"
    assert os.listdir(tmp_path) == ["results.json"]


@pytest.mark.parametrize(
    ("module", "absent"), [("matplotlib", "*.png"), ("jinja2", "page.html")]
)
def test_without_a_python_package_bench_measures_and_names_it(
    module, absent, run_command, tmp_path
):
    # An interpreter, the only one it can find, that refuses the module.
    script = (ROOT / "run").read_text()
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    (hidden / f"{module}.py").write_text("raise ImportError('hidden')\n")
    assert f"find_python {module}" in script
    out = tmp_path / "results"
    result = run_command(
        f"./run bench {SMALL} --out={out}", PYTHONPATH=str(hidden)
    )
    assert result.returncode == 0, result.stderr
    assert f"apt-get install python3-{module}" in result.stderr
    assert (out / "report.txt").exists()
    assert not list(out.glob(absent))


def test_missing_packages_are_named_where_there_is_no_apt_get(
    run_command, tmp_path
):
    # A PATH with everything but dpkg-query, which then knows no package, and
    # apt-get.
    for name in os.listdir("/usr/bin"):
        program = shutil.which(name, path="/usr/bin")
        if program and name not in ("apt-get", "dpkg-query"):
            (tmp_path / name).symlink_to(program)
    result = run_command(
        "./run bench --list-operations",
        PATH=str(tmp_path),
        PFN_INSTALL="yes",
    )
    assert result.returncode == 0, result.stderr
    for package in packages()["bench"]:
        assert package in result.stderr.split()


def test_unknown_commands_exit_with_2_and_name_the_known_ones(run_command):
    result = run_command("./run bnech")
    assert result.returncode == 2
    assert len(result.stderr.splitlines()) == 1
    for command in ("bench", "test", "report", "docs-results"):
        assert command in result.stderr.split()


def test_nothing_of_the_command_line_reaches_the_terminal_raw(run_command):
    for words in ("$'\\e[2J'", "bench $'--\\e[2J'", "test $'\\e[2J'"):
        result = run_command(f"./run {words}")
        assert result.returncode == 2
        assert "\x1b" not in result.stderr
        assert "\\E[2J" in result.stderr


@pytest.mark.parametrize("command", ["docs-results", "claims", "update-help"])
def test_a_command_of_one_folder_takes_no_two(command, run_command):
    result = run_command(f"./run {command} one two")
    assert result.returncode == 2
    assert f"{command} takes one folder" in result.stderr


def test_instructions_prints_a_table_and_keeps_what_it_counted(
    run_command, tmp_path
):
    out = tmp_path / "counts"
    result = run_command(
        "./run instructions --structure=flat,floor --pages=1024"
        f" --workload=idle-8g --operation=set,drain --out={out}"
    )
    assert result.returncode == 0, result.stderr
    assert "instructions per page (callgrind)" in result.stdout
    assert re.search(r"^ *[\d.]+  idle-8g  flat$", result.stdout, re.M)
    assert max(map(len, result.stdout.splitlines())) <= 72
    # Other pages than those of the stored counts.
    assert "not compared: stored with idle-8g trace=" in result.stderr
    counts = json.loads((out / "instructions.json").read_text())
    assert len(counts["benchmarks"]) == 3


def test_a_baseline_is_stored_whole_or_not_at_all(run_command):
    baseline = ROOT / "tests/instructions/baseline.txt"
    before = baseline.read_text()
    result = run_command("./run instructions --update-baseline --pages=1")
    assert result.returncode == 2
    assert "no other flags" in result.stderr
    assert baseline.read_text() == before


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("compare one", "arguments are required: NEW"),
        ("mail --for=everybody", "invalid choice: 'everybody'"),
        ("trace -", "arguments are required: -o/--output"),
        ("report no-such-folder", "no-such-folder: no such file"),
        ("record --scenario=nosuch --out=x", "shipped are busy-2g"),
    ],
)
def test_a_wrong_request_is_refused_in_one_line(words, message, run_command):
    result = run_command(f"./run {words}")
    assert result.returncode == 2
    assert message in result.stderr
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize("trace", ["punched-2g", "mine.pfntrace.zst"])
def test_a_trace_is_drawn_from_its_name_or_its_file(
    trace, run_command, tmp_path
):
    make_trace(tmp_path / "mine.pfntrace.zst")
    result = run_command(f"cd {tmp_path} && {ROOT}/run trace {trace} -o x")
    assert result.returncode == 0, result.stderr
    assert result.stdout == "x.png\n"
    assert (tmp_path / "x.png").read_bytes().startswith(b"\x89PNG")


def test_paths_are_those_of_the_callers_folder(run_command, tmp_path):
    # The folder has modules by the names of ours and of Python's.
    (tmp_path / "plots.py").write_text("raise SystemExit('a wrong module')\n")
    (tmp_path / "json.py").write_text("raise SystemExit('a wrong module')\n")
    make_trace(tmp_path / "mine.pfntrace.zst")
    run = f"cd {tmp_path} && {ROOT}/run"
    result = run_command(
        f"{run} bench --workload=mine.pfntrace.zst --structure=flat,xbitmap"
        " --operation=set --rounds=1 --out=out"
    )
    assert result.returncode == 0, result.stderr
    for name in ("results.json", "report.txt", "set.png", "page.html"):
        assert (tmp_path / "out" / name).stat().st_size > 0

    report = (tmp_path / "out/report.txt").read_text()
    result = run_command(f"{run} report out -o again.txt")
    assert result.stdout == report, result.stderr
    assert (tmp_path / "again.txt").read_text() == report
    result = run_command(f"{run} mail out")
    assert "xbitmap" in result.stdout, result.stderr
    result = run_command(f"{run} compare out out/results.json --all")
    assert "  xbitmap" in result.stdout, result.stderr
    result = run_command(f"{run} plot out -o pictures")
    assert "pictures/set.png" in result.stdout, result.stderr
    result = run_command(f"{run} html out -o page.html")
    assert (tmp_path / "page.html").exists(), result.stderr
    pfntrace = f"{ROOT}/build/release/pfntrace cat --absolute"
    result = run_command(
        f"cd {tmp_path} && {pfntrace} mine.pfntrace.zst |"
        f" {ROOT}/run trace - -o picture"
    )
    assert (tmp_path / "picture.png").exists(), result.stderr

    # The newest run need not be named.
    (tmp_path / "root/results").mkdir(parents=True)
    shutil.copy(ROOT / "run", tmp_path / "root")
    for name in ("plots", "docs"):
        (tmp_path / "root" / name).symlink_to(ROOT / name)
    (tmp_path / "root/results/latest").symlink_to(tmp_path / "out")
    result = run_command(f"{tmp_path}/root/run report")
    assert result.stdout == report, result.stderr
