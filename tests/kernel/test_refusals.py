# SPDX-License-Identifier: MIT
"""What cannot be measured ends in one line and status 2, and leaves nothing."""

from __future__ import annotations

import os
import shutil
from collections import namedtuple

import pytest
from guest_command import ROOT


def the_line(result) -> str:
    """The last line; everything before it is progress of the command."""
    assert result.returncode == 2, result.stderr
    assert result.stdout == ""
    *progress, line = result.stderr.splitlines()
    assert all(each.startswith("kernel: ") for each in progress)
    return line


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (
            ["--linux=/nowhere"],
            "kernel: --linux=/nowhere: there is no folder /nowhere; expected "
            "debian, debian-6.12 or [NAME=]FOLDER, where FOLDER is a built "
            "kernel",
        ),
        (
            ["--linux=X=/"],
            "kernel: --linux=X=/: the name 'X' is not made of a-z, 0-9, '.', "
            "'+' and '-', 16 at most",
        ),
        (
            ["--linux=debian-0.1"],
            "kernel: --linux=debian-0.1: there are no headers; apt-get install "
            "linux-headers-0.1*-amd64",
        ),
        (
            ["--here", "--linux=debian"],
            "kernel: --here is the running kernel; leave --linux out",
        ),
        (
            ["--operation=set,sort"],
            "kernel: argument --operation: found 'sort'; expected set, test, "
            "extract, clear, drain or all; see ./run kernel --help",
        ),
        (
            ["--fault=nth:1"],
            "kernel: --fault=nth:1: expected failslab:KEY=NUMBER,... with "
            "probability, interval, times, space",
        ),
        (
            ["--memory=64M"],
            "kernel: argument --memory: found '64M'; expected a size from "
            "128M, as 2G or 512M; see ./run kernel --help",
        ),
    ],
)
def test_a_request_that_cannot_be_is_refused(run_kernel, arguments, line):
    assert the_line(run_kernel(*arguments)) == line


def test_an_unknown_structure_has_the_known_ones_named(run_kernel):
    line = the_line(run_kernel("--structure=flat,cvmbp"))
    assert line.startswith("kernel: --structure: there is no 'cvmbp'; there ")
    assert "xarray-hint" in line


def test_an_unknown_workload_is_refused_by_pfnbench(with_fakes):
    result = with_fakes("--workload=nowhere")
    assert result.returncode == 2
    assert "pfnbench: unknown workload 'nowhere'" in result.stderr


@pytest.mark.parametrize(
    ("missing", "remedy"),
    [
        ("Makefile", "has no Makefile; expected the source of a kernel"),
        (".config", "it has no .config; run make defconfig there"),
        ("Module.symvers", "it has no Module.symvers; run make there"),
        (
            "arch/x86/boot/bzImage",
            "it has no arch/x86/boot/bzImage; run make there",
        ),
    ],
)
def test_a_tree_that_is_not_built_says_what_it_lacks(
    with_fakes, tree, missing, remedy
):
    (tree / missing).unlink()
    assert the_line(with_fakes()).endswith(remedy)


def test_a_kernel_that_cannot_boot_our_guest_says_why(with_fakes, tree):
    config = tree / ".config"
    config.write_text(config.read_text().replace("CONFIG_TTY=y\n", ""))
    assert the_line(with_fakes()) == (
        f"kernel: {tree}: its .config lacks CONFIG_TTY, which the guest needs"
    )


def test_a_debug_kernel_is_labelled(with_fakes, tree):
    with open(tree / ".config", "a") as config:
        config.write("CONFIG_KASAN=y\nCONFIG_PROVE_LOCKING=y\n")
    result = with_fakes(FAKE_QEMU="dies")
    assert (
        "kernel: fake is a debug kernel, and slow: CONFIG_KASAN "
        "CONFIG_PROVE_LOCKING\n"
    ) in result.stderr


def test_failslab_is_refused_where_the_kernel_has_none(with_fakes):
    line = the_line(with_fakes("--fault=failslab:probability=1"))
    assert line.startswith("kernel: --fault: fake has no CONFIG_FAILSLAB")


def test_what_faults_a_kernel_can_inject_is_said_in_results(tree, tmp_path):
    from harness.module import kernel
    from harness.module.__main__ import fault_of

    def said(fault: str | None = None) -> str:
        return fault_of(kernel.find(f"fake={tree}", tmp_path), fault)

    assert said() == "fake: none can be injected, it has no failslab"
    with open(tree / ".config", "a") as config:
        config.write("CONFIG_FAILSLAB=y\nCONFIG_FAULT_INJECTION_DEBUG_FS=y\n")
    assert said() == "fake: none, --fault=failslab:... injects them"
    fault = "failslab:probability=1"
    assert said(fault) == f"fake: {fault}"


def test_objects_of_another_tree_of_this_name_are_not_used(
    with_fakes, tree, tmp_path
):
    """Make would take them for its own: paths in a tree are relative."""
    old = ROOT / "build" / "module" / "fake" / "old.o"
    with_fakes(FAKE_QEMU="dies")
    old.write_text("")
    with_fakes(FAKE_QEMU="dies")
    assert old.exists()
    (tree / "Module.symvers").touch()
    with_fakes(FAKE_QEMU="dies")
    assert not old.exists()


def test_a_module_that_does_not_build_names_the_first_error(with_fakes):
    line = the_line(with_fakes(FAKE_MAKE="pfnbench.c:1: error: \x1b[31mno"))
    assert "the module does not build: pfnbench.c:1: error: \\x1b[31mno" in line
    assert line.endswith("/build/module/fake/build.log")


@pytest.mark.parametrize(
    ("mode", "words"),
    [
        ("dies", "QEMU ended with status 1; its stderr ends with"),
        ("panics", "the guest says '[ 1.0] Kernel panic - not syncing: \\x1b"),
        (
            "hangs",
            "the guest has stood still for 1 s; its console ends with "
            "'\\x1b[2Jclocksource: it hangs'",
        ),
        ("refuses", "version magic '6.1' should be '6.19'"),
        ("stops", "ends before its line 'end': the guest did not get so far"),
    ],
)
def test_a_guest_that_fails_is_named_and_nothing_is_left(
    with_fakes, mode, words
):
    result = with_fakes("--accel=tcg", "--patience=1", FAKE_QEMU=mode)
    assert words in the_last_line(result)


def the_last_line(result) -> str:
    assert result.returncode == 2, result.stderr
    return result.stderr.splitlines()[-1]


def test_a_kvm_that_hangs_is_refused_when_it_is_wanted(with_fakes):
    line = the_line(
        with_fakes("--accel=kvm", "--patience=1", FAKE_KVM="hangs")
    )
    assert "--accel=kvm: KVM does not work here: the guest has stood" in line
    assert line.endswith("use --accel=tcg, which counts instructions")


def test_a_disk_without_space_is_refused(monkeypatch, capsys, tree, tmp_path):
    from harness.module import __main__ as command

    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(1, 1, 1 << 20))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    out = tmp_path / "out"
    assert command.main([f"--linux=fake={tree}", f"--out={out}"]) == 2
    assert "256 MiB and 1 MiB are free; set TMPDIR" in capsys.readouterr().err
    assert not out.exists()


def test_a_folder_with_results_is_refused(run_kernel, tmp_path):
    (tmp_path / "results.json").write_text("{}")
    line = the_line(run_kernel(f"--out={tmp_path}"))
    assert line == f"kernel: {tmp_path}: has results; choose another folder"


def test_here_needs_the_headers_of_the_running_kernel(
    monkeypatch, capsys, tmp_path
):
    from harness.module import kernel
    from harness.module import __main__ as command

    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(kernel, "MODULES", tmp_path)
    assert command.main(["--here"]) == 2
    line = capsys.readouterr().err
    assert "--here: there are no headers of the running kernel in" in line
    assert "apt-get install linux-headers-" in line
