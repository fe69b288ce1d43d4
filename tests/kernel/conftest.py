# SPDX-License-Identifier: MIT
"""./run kernel, with programs in place of QEMU and make, and with both."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

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
    """Runs the command as ./run does, without installing or building."""

    def run(*arguments: str, **environment: str):
        return subprocess.run(
            [sys.executable, "-m", "harness.module", *arguments],
            cwd=ROOT,
            env=os.environ | environment,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=600,
        )

    return run


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
