# SPDX-License-Identifier: MIT
"""./run kernel, with programs in place of QEMU and make, and with both."""

from __future__ import annotations

import os
import pathlib
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from guest_command import ROOT, runner  # noqa: E402
from here_image import image_of  # noqa: E402

from harness.module import build, guest, kernel  # noqa: E402
from workloads.record import machine  # noqa: E402
from workloads.record.errors import BadInput, RecordingFailed  # noqa: E402

PAGES = ["--workload=idle-8g", "--pages=131072"]
CONFIG = (
    "MODULES PROC_FS SYSFS DEVTMPFS TTY BLK_DEV_INITRD SERIAL_8250_CONSOLE "
    "BINFMT_SCRIPT RD_GZIP RETPOLINE"
).split()
MAKE = """#!/bin/sh
for word; do
  case $word in M=*) folder=${word#M=} ;; esac
done
[ -z "$FAKE_MAKE" ] || { echo "$FAKE_MAKE"; exit 2; }
echo no module >"$folder/pfnbench.ko"
"""


@pytest.fixture
def run_kernel():
    return runner("harness.module")


@pytest.fixture
def tree(tmp_path: pathlib.Path) -> pathlib.Path:
    """What a kernel that was built looks like."""
    folder = tmp_path / "tree"
    for name, text in {
        "Makefile": "",
        ".config": "".join(f"CONFIG_{each}=y\n" for each in CONFIG),
        "include/config/kernel.release": "6.19.0-test\n",
        "Module.symvers": "0x1\txa_load\tvmlinux\tEXPORT_SYMBOL\n",
        "arch/x86/boot/bzImage": "",
    }.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


@pytest.fixture
def with_fakes(run_kernel, tree, tmp_path):
    """The command in front of a fake make and a fake QEMU. However it ends,
    it leaves no QEMU, no results and nothing in its scratch folder."""
    programs, scratch = tmp_path / "programs", tmp_path / "scratch"
    programs.mkdir()
    scratch.mkdir()
    for name, text in {
        "make": MAKE,
        "qemu-system-x86_64": (
            pathlib.Path(__file__).parent / "fake_qemu.py"
        ).read_text(),
    }.items():
        path = programs / name
        path.write_text(text)
        path.chmod(0o755)
    pid, out = tmp_path / "pid", tmp_path / "out"

    def run(*arguments: str, **environment: str):
        result = run_kernel(
            f"--linux=fake={tree}",
            "--workload=gen:clustered:pages=100",
            "--structure=flat",
            f"--out={out}",
            *arguments,
            PATH=f"{programs}:{os.environ['PATH']}",
            TMPDIR=str(scratch),
            FAKE_QEMU_PID=str(pid),
            **environment,
        )
        assert not list(scratch.iterdir())
        if result.returncode:
            assert not out.exists()
        if pid.exists():
            assert not pathlib.Path("/proc", pid.read_text()).exists()
        return result

    return run


@pytest.fixture(scope="session")
def debian() -> kernel.Kernel:
    for program in ("qemu-system-x86_64", "make", "gcc", "apt-get"):
        if shutil.which(program) is None:
            pytest.skip(f"no {program} here")
    cache = pathlib.Path(
        os.environ.get("PFN_GUEST_CACHE", ROOT / "build" / "guest")
    )
    try:
        return kernel.find("debian", cache)
    except (BadInput, RecordingFailed) as error:
        pytest.skip(f"no kernel to boot: {error}")


@pytest.fixture(scope="session")
def module(debian) -> build.Module:
    """For all tests of a real guest, and for the command that they run."""
    return build.build(
        debian, ROOT / "build" / "module" / debian.name, print
    )


@pytest.fixture(scope="session")
def here_guest(
    debian, module, tmp_path_factory
) -> Iterator[tuple[machine.Machine, pathlib.Path]]:
    """The guest that runs here.py, which has begun; and what it prints."""
    folder = tmp_path_factory.mktemp("here")
    (folder / "initramfs").write_bytes(image_of(debian, module))
    printed = folder / "printed"
    job = guest.Job(debian, module, (), {}, printed)
    arguments = guest.qemu_arguments(job, folder, "tcg", 1 << 30)
    # Without counting it is faster.
    at = arguments.index("-icount")
    del arguments[at : at + 2]
    with machine.Machine(arguments, folder, 300) as running:
        yield running, printed


@pytest.fixture(scope="session", autouse=True)
def begun(request) -> None:
    """The guest that a test waits for runs while others are tested."""
    if any("here_guest" in each.fixturenames for each in request.session.items):
        # Where it cannot be, only those that need it are skipped.
        with suppress(pytest.skip.Exception):
            request.getfixturevalue("here_guest")


@pytest.fixture(scope="session")
def out(debian, here_guest, tmp_path_factory) -> pathlib.Path:
    """One structure and one workload, twice, as a user would; on one core,
    while the guest of test_here.py has the other."""
    folder = tmp_path_factory.mktemp("kernel") / "out"
    result = subprocess.run(
        [sys.executable, "-m", "harness.module"]
        + ["--accel=tcg", "--structure=xarray", "--operation=all"]
        + ["--rounds=2", *PAGES, f"--out={folder}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert result.returncode == 0, result.stderr
    assert "6.1 has no row xarray:" not in result.stderr
    return folder
