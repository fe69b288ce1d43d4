# SPDX-License-Identifier: MIT
"""The command: a whole trace or none, and nothing left in either case."""

from __future__ import annotations

import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

import pytest
from conftest import ROOT

PFNTRACE = os.environ["PFNTRACE"]
SCENARIO = """
summary = "idle"
memory = "128M"
[[step]]
target = "126M"
[[step]]
target = "128M"
"""
APT_CACHE = """#!/bin/sh
case $1 in
depends) echo "  Depends: linux-image-1.2.3-4-amd64" ;;
policy) echo "  Candidate: 1.2.3-1" ;;
esac
"""
APT_GET = """#!/bin/sh
test -f "$FAKE_PACKAGE" || { echo "E: no network" >&2; exit 100; }
cp "$FAKE_PACKAGE" .
"""
MODULES = (
    "virtio_ring virtio virtio_pci_legacy_dev virtio_pci_modern_dev "
    "virtio_pci virtio_console virtio_balloon"
).split()


@pytest.fixture
def host(tmp_path, monkeypatch):
    """A host with a QEMU, an apt-get and an unpacked kernel, all false."""
    programs = tmp_path / "programs"
    programs.mkdir()
    fake = pathlib.Path(__file__).parent / "fake_qemu.py"
    qemu = programs / "qemu-system-x86_64"
    qemu.write_text(f'#!/bin/sh\nexec {sys.executable} {fake} "$@"\n')
    (programs / "apt-cache").write_text(APT_CACHE)
    (programs / "apt-get").write_text(APT_GET)
    for program in programs.iterdir():
        program.chmod(0o755)
    kernel = tmp_path / "cache" / "linux-image-1.2.3-4-amd64_1.2.3-1"
    kernel.mkdir(parents=True)
    for name in ["vmlinuz"] + [f"{module}.ko" for module in MODULES]:
        (kernel / name).write_text(name)
    (tmp_path / "scratch").mkdir()
    (tmp_path / "s.toml").write_text(SCENARIO)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    monkeypatch.setenv("PFN_GUEST_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("TMPDIR", str(tmp_path / "scratch"))
    monkeypatch.setenv("FAKE_QEMU_PID", str(tmp_path / "pid"))
    if not pathlib.Path("/bin/busybox").exists():
        pytest.skip("no /bin/busybox: apt-get install busybox-static")
    return tmp_path


def arguments(host: pathlib.Path, *more: str) -> list[str]:
    return [f"--scenario={host}/s.toml", f"--out={host}/t.pfntrace", *more]


def is_clean(host: pathlib.Path) -> bool:
    """No scratch folder, no trace, no QEMU."""
    if (host / "pid").exists():
        process = pathlib.Path("/proc") / (host / "pid").read_text()
        # A zombie whose parent is slow is dead.
        if process.exists() and "Z" not in (process / "stat").read_text():
            return False
    return (
        not list((host / "scratch").iterdir())
        and not (host / "t.pfntrace").exists()
    )


def complaint(result: subprocess.CompletedProcess[str]) -> str:
    """The one line that is no progress."""
    lines = [line for line in result.stderr.splitlines() if " s  " not in line]
    assert len(lines) == 1, result.stderr
    assert lines[0].startswith("record: ")
    return lines[0]


def test_a_recording_is_a_sound_trace_that_says_where_it_is_from(
    host, run_record
):
    result = run_record(*arguments(host, f"--keep-log={host}/log"))
    assert result.returncode == 0, result.stderr
    trace = str(host / "t.pfntrace")
    subprocess.run([PFNTRACE, "check", trace], check=True)
    text = (host / "t.pfntrace").read_text()
    assert text.splitlines()[:5] == [
        "pfntrace 1",
        "page-size: 4096",
        f"guest-memory: {128 << 20}",
        "kernel: Linux 1.2.3 (Debian 1.2.3-4-amd64)",
        "recorder: QEMU 9.9.9 KVM, "
        "trace log of virtio_queue_notify, virtio_balloon_handle_output,"
        " virtio_balloon_set_config, virtio_balloon_to_target",
    ]
    assert "provoked: 1 vCPU, idle; targets 126 128 MiB" in text
    digest = subprocess.run(
        ["sha256sum", host / "log"], capture_output=True, text=True, check=True
    ).stdout.split()[0]
    assert f"; log sha256:{digest}\n" in text
    assert text.endswith(
        "\nT 512\nI +0+100\nI +1+100\nT 0\nD +0-100\nD -1-100\n"
        "end 2 4 512 512\n"
    )
    assert not list((host / "scratch").iterdir())


@pytest.mark.parametrize(
    ("mode", "message"),
    [
        ("dies", "QEMU ended with status 1; its stderr ends with 'qemu-sys"),
        ("panics", "the guest says '[ 1.0] Kernel panic - not syncing"),
        ("silent", "still for 1 s and it has not booted; it has said noth"),
        ("refuses", "still for 1 s and the target of 126 MiB is not reach"),
        ("crashes", "QEMU ended with status -11"),
        ("garbage", "log:2: "),
    ],
)
def test_a_guest_that_fails_leaves_one_line_and_nothing_else(
    mode, message, host, run_record
):
    flags = arguments(host, "--patience=1", "--accel=tcg")
    result = run_record(*flags, FAKE_QEMU=mode)
    assert result.returncode == 1, result.stderr
    assert message in complaint(result)
    assert is_clean(host)


@pytest.mark.parametrize(
    ("mode", "message"),
    [
        (
            "asserts",
            "QEMU ended with status -6; its stderr ends with 'kvm.c:1: "
            "kvm_buf_set_msrs: Assertion failed.'",
        ),
        (
            "hangs",
            "the guest has stood still for 1 s and it has not booted; "
            "it has said nothing",
        ),
        ("missing", "failed to initialize kvm: No such file'"),
    ],
)
def test_where_kvm_does_not_work_the_reason_is_said_and_tcg_records(
    mode, message, host, run_record
):
    flags = arguments(host, "--patience=1")
    result = run_record(*flags, FAKE_KVM=mode)
    assert result.returncode == 0, result.stderr
    line = complaint(result)
    assert line.startswith(
        "record: KVM does not work here, recording with TCG: "
    )
    assert line.endswith(message)
    assert "recorder: QEMU 9.9.9 TCG" in (host / "t.pfntrace").read_text()

    (host / "t.pfntrace").unlink()
    result = run_record(*flags, "--accel=kvm", FAKE_KVM=mode)
    assert result.returncode == 2
    assert message in complaint(result)
    assert "use --accel=tcg" in complaint(result)
    assert is_clean(host)

    # Who wants TCG waits for no trial.
    result = run_record(*flags, "--accel=tcg", FAKE_KVM=mode)
    assert result.returncode == 0, result.stderr
    assert "KVM" not in result.stderr


def test_what_the_console_of_a_guest_says_reaches_no_terminal_raw(
    host, run_record
):
    result = run_record(
        *arguments(host, "--accel=tcg"), FAKE_QEMU="panics", FAKE_SAYS="\x1b[2J"
    )
    assert result.returncode == 1
    assert "Kernel panic - not syncing: \\x1b[2J" in complaint(result)


@pytest.mark.parametrize("accelerator", ["auto", "tcg"])
@pytest.mark.parametrize(
    ("number", "status"),
    [(signal.SIGINT, 130), (signal.SIGTERM, 130), (signal.SIGKILL, -9)],
)
def test_whatever_ends_the_recording_ends_qemu(
    number, status, accelerator, host
):
    flags = arguments(host, f"--accel={accelerator}")
    process = subprocess.Popen(
        [sys.executable, "-m", "workloads.record", *flags],
        cwd=ROOT,
        env=os.environ | {"FAKE_QEMU": "silent"},
        stderr=subprocess.PIPE,
        text=True,
    )
    end = time.monotonic() + 60
    while not (host / "pid").exists() or not (host / "pid").read_text():
        assert process.poll() is None and time.monotonic() < end
        time.sleep(0.05)
    process.send_signal(number)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == status
    if number == signal.SIGKILL:
        # Nobody could remove the scratch folder.
        shutil.rmtree(host / "scratch")
        (host / "scratch").mkdir()
        time.sleep(0.5)
    else:
        assert "record: interrupted; nothing is left" in stderr
    assert is_clean(host)


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ([], "expected --scenario=NAME --out=FILE"),
        (["--out=t"], "expected --scenario=NAME|FILE; shipped are busy-2g"),
        (["--out=t", "--scenario=idle-9g"], "there is no such file"),
        (["--out=t", "--scenario=idle-8g", "--memory=2"], "a size as 2G"),
        (
            ["--out=t", "--scenario=idle-8g", "--memory=2G"],
            "a target of 8192M",
        ),
        (["--out=t", "--scenario=idle-8g", "--cpus=0"], "from 1 to 3600"),
        (["--out=t", "--scenario=test-256m", "--memory=64T"], "a smaller"),
        (["--out=/no/t", "--scenario=test-256m"], "no folder to write to"),
        (["--out=README.md", "--scenario=test-256m"], "is there already"),
        (
            ["--out=t", "--scenario=test-256m", "--guest-recorder=ftrace"],
            "--guest-recorder is for --guest-log=FILE",
        ),
        (
            ["--out=t", "--scenario=test-256m", "--guest-log=g"]
            + ["--guest-recorder=bpftrace"],
            "a guest of 256 MiB is too small for bpftrace",
        ),
        (["--accel=hvf"], "argument --accel: invalid choice: 'hvf'"),
        (["--speed=9"], "unrecognized arguments: --speed=9"),
        (["trace"], "a TRACE is for --compare=NAME"),
        (["--compare=test-256m", "trace"], "has no [bounds]"),
        (["--compare=idle-8g", "no-trace"], "no-trace"),
    ],
)
def test_a_request_that_cannot_be_is_refused_in_one_line(
    flags, message, host, run_record
):
    result = run_record(*flags)
    assert result.returncode == 2, result.stderr
    assert message in complaint(result)
    assert is_clean(host) and not (ROOT / "t").exists()


def test_without_qemu_the_package_is_named(host, run_record):
    result = run_record(*arguments(host), PATH=str(host))
    assert result.returncode == 2
    assert "apt-get install qemu-system-x86" in complaint(result)
    assert is_clean(host)


def test_a_package_that_does_not_come_is_said(host, run_record):
    shutil.rmtree(host / "cache")
    result = run_record(*arguments(host))
    assert result.returncode == 1
    assert "linux-image-1.2.3-4-amd64: E: no network" in complaint(result)
    assert is_clean(host) and not list((host / "cache").iterdir())


def test_the_kernel_is_taken_out_of_its_package(host, run_record):
    shutil.rmtree(host / "cache")
    root = host / "package"
    modules = root / "lib/modules/1.2.3/kernel/drivers"
    for folder in (root / "DEBIAN", root / "boot", modules):
        folder.mkdir(parents=True)
    (root / "DEBIAN" / "control").write_text(
        "Package: linux-image\nVersion: 1.2.3-1\nArchitecture: amd64\n"
        "Maintainer: nobody <nobody@localhost>\nDescription: none\n"
    )
    (root / "boot" / "vmlinuz-1.2.3-4-amd64").write_text("kernel")
    for name in (*MODULES, "unwanted"):
        (modules / f"{name}.ko").write_text(name)
    subprocess.run(
        ["dpkg-deb", "--build", root, host / "linux.deb"],
        check=True,
        capture_output=True,
    )
    result = run_record(*arguments(host), FAKE_PACKAGE=str(host / "linux.deb"))
    assert result.returncode == 0, result.stderr
    (folder,) = (host / "cache").iterdir()
    assert {path.name for path in folder.iterdir()} == {"vmlinuz"} | {
        f"{name}.ko" for name in MODULES
    }
    assert (folder / "vmlinuz").read_text() == "kernel"
    assert (folder / "virtio.ko").read_text() == "virtio"


def test_a_trace_is_within_the_bounds_of_itself_and_not_of_others(run_record):
    result = run_record("--compare=idle-8g", "idle-8g")
    assert result.returncode == 0, result.stderr
    assert "OUT OF BOUNDS" not in result.stdout
    assert len(result.stdout.splitlines()) == 5
    result = run_record("--compare=idle-8g", "busy-2g")
    assert result.returncode == 1
    assert "pages inflated" in result.stdout
    assert "OUT OF BOUNDS" in result.stdout
