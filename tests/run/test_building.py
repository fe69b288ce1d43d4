# SPDX-License-Identifier: MIT
"""./run builds what a command needs, no more, once; in a small project with the
real presets and a program that writes results in no time."""

from __future__ import annotations

import os
import pathlib
import shutil
import subprocess

import pytest
from conftest import ROOT

PROJECT = """\
cmake_minimum_required(VERSION 3.25)
project(small NONE)
option(PFN_BUILD_TESTS "" ON)
file(COPY pfnbench pfntrace DESTINATION ${PROJECT_BINARY_DIR})
add_custom_target(pfnbench)
add_custom_target(pfntrace)
if(PFN_BUILD_TESTS)
  enable_testing()
  add_custom_command(OUTPUT a_test COMMAND ${PROJECT_SOURCE_DIR}/compile)
  add_custom_target(tests ALL DEPENDS a_test)
  add_test(NAME the_test COMMAND true)
endif()
"""
COMPILE = """#!/bin/sh
echo >a_test
echo built >>"$(dirname "$0")/log"
"""
PFNBENCH = """#!/bin/sh
for argument; do
  case $argument in --out=*) out=${argument#--out=} ;; esac
done
mkdir -p "$out"
echo "{}" >"$out/results.json"
"""


@pytest.fixture
def project(tmp_path) -> pathlib.Path:
    folder = tmp_path / "project"
    folder.mkdir()
    for name in ("run", "packages.txt", "CMakePresets.json"):
        shutil.copy(ROOT / name, folder / name)
    shutil.copytree(ROOT / "docs/help", folder / "docs/help")
    (folder / "CMakeLists.txt").write_text(PROJECT)
    programs = {"pfnbench": PFNBENCH, "pfntrace": PFNBENCH, "compile": COMPILE}
    for name, text in programs.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    for module in ("plots", "claims", "workloads/record"):
        (folder / module).mkdir(parents=True)
        (folder / module / "__main__.py").touch()
    return folder


def run(
    project: pathlib.Path, *arguments: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [project / "run", *arguments],
        cwd=project.parent,
        env=os.environ | {"PFN_INSTALL": "no"},
        capture_output=True,
        text=True,
        timeout=120,
    )


def has_tests(project: pathlib.Path, preset: str = "release") -> bool:
    cache = project / "build" / preset / "CMakeCache.txt"
    return "PFN_BUILD_TESTS:BOOL=ON" in cache.read_text()


def log(project: pathlib.Path) -> list[str]:
    return (project / "log").read_text().splitlines()


@pytest.mark.parametrize(
    "command", ["bench", "record", "instructions", "claims", "docs-results"]
)
def test_only_the_command_that_runs_tests_configures_them(command, project):
    # CMake would ask for their packages.
    run(project, command)
    assert not has_tests(project)


def test_tests_stay_built_whatever_runs_between(project):
    assert run(project, "bench").returncode == 0
    result = run(project, "test")
    assert result.returncode == 0, result.stderr
    assert "the_test" in result.stdout
    assert log(project) == ["built"]
    for command in ("bench", "test", "bench", "test"):
        assert run(project, command).returncode == 0
        assert log(project) == ["built"]


def test_the_sanitizers_have_tests_and_a_folder_of_their_own(project):
    result = run(project, "test", "--sanitize")
    assert result.returncode == 0, result.stderr
    assert "1 tests passed" in result.stdout or "0 tests failed" in (
        result.stdout
    )
    assert has_tests(project, "asan")
    assert not (project / "build/release").exists()


@pytest.mark.parametrize("has_built", [False, True])
def test_tests_that_were_asked_for_in_vain_do_not_stay(has_built, project):
    # Their packages were missing.
    if has_built:
        assert run(project, "bench").returncode == 0
    text = PROJECT.replace("enable_testing()", "find_package(None REQUIRED)")
    (project / "CMakeLists.txt").write_text(text)
    result = run(project, "test")
    assert result.returncode == 1
    assert "CMake Error" in result.stderr and '"None"' in result.stderr
    assert run(project, "bench").returncode == 0
    assert not has_tests(project)


def configures(project: pathlib.Path) -> bool:
    """Whether CMake runs in ./run bench."""
    assert run(project, "bench").returncode == 0
    return "Configuring done" in (project / "build/release.log").read_text()


def test_what_is_configured_is_configured_again_for_a_reason_only(project):
    assert configures(project)
    assert not configures(project)
    packages = pathlib.Path("/var/lib/dpkg/status").stat().st_mtime
    for file in ("CMakeLists.txt", "CMakePresets.json"):
        (project / file).touch()
        assert configures(project), file
        assert not configures(project)
    # Packages that came or went since.
    ninja = project / "build/release/build.ninja"
    cache = project / "build/release/CMakeCache.txt"
    os.utime(cache, (packages - 2, packages - 2))
    os.utime(ninja, (packages - 1, packages - 1))
    assert configures(project)


@pytest.mark.parametrize("how", [shutil.move, shutil.copytree])
def test_a_checkout_that_is_elsewhere_now_builds(how, project, tmp_path):
    assert run(project, "test").returncode == 0
    how(project, tmp_path / "elsewhere")
    result = run(tmp_path / "elsewhere", "bench")
    assert result.returncode == 0, result.stderr
    assert not has_tests(tmp_path / "elsewhere")
    assert run(tmp_path / "elsewhere", "test").returncode == 0


def test_a_checkout_under_two_names_is_one(project, tmp_path):
    (tmp_path / "link").symlink_to(project)
    assert run(tmp_path / "link", "test").returncode == 0
    assert run(project, "test").returncode == 0
    assert log(project) == ["built"]


def test_errors_come_first_and_once_where_a_build_fails(project):
    noise = "note: in instantiation of everything\n" * 100
    error = "mine.h:7:3: error: static assertion failed: Mine lacks Clear\n"
    (project / "noise").write_text(noise + error + noise + error)
    failing = "add_custom_target(all_of_it ALL COMMAND cat noise COMMAND false)"
    (project / "CMakeLists.txt").write_text(
        PROJECT
        + failing.replace("noise", str(project / "noise"))
        + "\nadd_dependencies(pfnbench all_of_it)\n"
    )
    result = run(project, "bench")
    assert result.returncode == 1
    lines = result.stderr.splitlines()
    assert lines[:2] == ["run: building (release)", error.rstrip()]
    assert result.stderr.count("error:") == 1
    assert len(lines) <= 43
    assert f"{project}/build/release.log" in lines[-1]


@pytest.mark.parametrize("is_stale", [True, False])
def test_headers_that_a_package_changed_are_compiled_again(is_stale, project):
    """Clang refuses its precompiled ones then, and Ninja sees no reason."""
    error = "fatal error: file 'errno.h' has been modified "
    error += "since the precompiled header 'all.pch' was built" * is_stale
    (project / "compile").write_text(
        f'#!/bin/sh\ncd {project}\necho built >>log\n'
        f'[ "$(wc -l <log)" != 1 ] || {{ echo "{error}"; exit 1; }}\n'
    )
    command = f"add_custom_target(all_of_it COMMAND {project}/compile)"
    (project / "CMakeLists.txt").write_text(
        f"{PROJECT}\n{command}\nadd_dependencies(pfnbench all_of_it)\n"
    )
    result = run(project, "bench")
    assert (result.returncode == 0) is is_stale, result.stderr
    assert log(project) == ["built"] * (1 + is_stale)
    assert ("system headers have changed" in result.stderr) is is_stale


def test_latest_is_the_newest_run_in_the_folder_of_results(project, tmp_path):
    latest = project / "results/latest"
    assert run(project, "bench").returncode == 0
    (first,) = set((project / "results").iterdir()) - {latest}
    assert os.readlink(latest) == first.name
    run(project, "bench", f"--out={project}/results/mine")
    assert os.readlink(latest) == "mine"
    # One that is elsewhere is not; nor is a listing, which makes no results.
    run(project, "bench", "--out=elsewhere")
    assert (tmp_path / "elsewhere/results.json").exists()
    assert os.readlink(latest) == "mine"


def test_a_folder_by_the_name_of_latest_is_left_alone(project):
    latest = project / "results/latest"
    latest.mkdir(parents=True)
    run(project, "bench")
    assert not latest.is_symlink()
    assert not list(latest.iterdir())


def test_an_experiment_has_the_kernel_code_that_it_asks_for(project, tmp_path):
    tree = tmp_path / "tree"
    tree.mkdir()
    (project / "claims/__main__.py").write_text(
        "import sys\n"
        f"line = 'sets\\t--linux=mine={tree}\\t--rounds=1'\n"
        "print(line if '--list' in sys.argv else 'the page')\n"
    )
    build = project / "structures/linux/build"
    build.parent.mkdir(parents=True)
    build.write_text('#!/bin/sh\n[ -z "$3" ] || echo "$3/linux-$1.so"\n')
    build.chmod(0o755)
    note = 'echo "$@" >>"$(dirname "$0")/../../log"\n'
    (project / "pfnbench").write_text(PFNBENCH + note)
    result = run(project, "claims", str(tmp_path / "results"))
    assert result.returncode == 0, result.stderr
    plugin = project / "build/linux/mine/linux-mine.so"
    assert f"--plugin={plugin} --rounds=1" in log(project)[0]
    assert (project / "docs/claims.md").read_text() == "the page\n"
