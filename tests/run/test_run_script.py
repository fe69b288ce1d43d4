# SPDX-License-Identifier: MIT
"""./run is what it says."""

from __future__ import annotations

import json
import os
import shutil

from conftest import ROOT

SMALL = (
    "--workload=punched-2g --structure=flat,xbitmap --operation=set --rounds=1"
)


def packages() -> dict[str, list[str]]:
    listed: dict[str, list[str]] = {}
    for line in (ROOT / "packages.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            purpose, package, _ = line.split(None, 2)
            listed.setdefault(purpose, []).append(package)
    return listed


def test_every_package_has_a_purpose_and_a_reason_and_stands_once():
    listed = packages()
    assert set(listed) == {"bench", "record", "test"}
    names = sum(listed.values(), [])
    assert len(names) == len(set(names))
    assert "libbenchmark-dev" in listed["bench"]


def test_shellcheck_has_nothing_to_say(run_command):
    result = run_command("shellcheck run .ci/run workloads/record/guest/init")
    assert result.returncode == 0, result.stdout


def test_ci_runs_the_second_command_of_the_readme():
    assert "./run test" in (ROOT / ".ci/run").read_text().splitlines()


def test_bench_ends_with_the_table_the_pictures_and_the_report(
    run_command, tmp_path
):
    out = tmp_path / "results"
    result = run_command(f"./run bench {SMALL} --out={out}")
    assert result.returncode == 0, result.stderr
    report = (out / "report.txt").read_text()
    assert report in result.stdout
    for name in (
        "results.json",
        "report.txt",
        "mail.txt",
        "page.html",
        "set.png",
        "set.svg",
    ):
        assert f"{out}/{name}" in result.stderr
        assert (out / name).stat().st_size > 0
    results = json.loads((out / "results.json").read_text())
    faults = {
        "fault:" in row["name"] for row in results["benchmarks"]
    }
    assert faults == {False, True}, "with and without faults by default"
    # What the report says reproduces it is what was typed.
    assert "reproduce: ./run bench --workload=punched-2g" in report


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


def test_without_matplotlib_it_measures_and_names_the_package(
    run_command, tmp_path
):
    # An interpreter, the only one it can find, that refuses matplotlib.
    script = (ROOT / "run").read_text()
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    (hidden / "matplotlib.py").write_text("raise ImportError('hidden')\n")
    assert "find_python matplotlib" in script
    out = tmp_path / "results"
    result = run_command(
        f"./run bench {SMALL} --out={out}", PYTHONPATH=str(hidden)
    )
    assert result.returncode == 0, result.stderr
    assert "apt-get install python3-matplotlib" in result.stderr
    assert (out / "report.txt").exists()
    assert not list(out.glob("*.png"))


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
    known = "bench, record, test, instructions, claims and docs-results"
    assert known in result.stderr


def test_docs_results_takes_one_folder(run_command):
    result = run_command("./run docs-results one two")
    assert result.returncode == 2
    assert "docs-results takes one folder" in result.stderr


def test_instructions_prints_a_table_and_keeps_what_it_counted(
    run_command, tmp_path
):
    out = tmp_path / "counts"
    result = run_command(
        "./run instructions --structure=flat,floor --pages=1024"
        f" --workload=idle-8g --operation=set,drain --out={out}"
    )
    assert result.returncode == 0, result.stderr
    assert "idle-8g, 1024 pages: instructions per page" in result.stdout
    assert "flat" in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 72
    # Other pages than those of the stored counts.
    assert "not compared: idle-8g stored with" in result.stderr
    counts = json.loads((out / "instructions.json").read_text())
    assert len(counts["benchmarks"]) == 3


def test_a_baseline_is_stored_whole_or_not_at_all(run_command):
    baseline = ROOT / "tests/instructions/baseline.txt"
    before = baseline.read_text()
    result = run_command("./run instructions --update-baseline --pages=1")
    assert result.returncode == 2
    assert "no other flags" in result.stderr
    assert baseline.read_text() == before


def test_help_shows_every_command(run_command):
    result = run_command("./run help")
    assert result.returncode == 0
    for command in ("bench", "test", "instructions"):
        assert f"./run {command}" in result.stdout
