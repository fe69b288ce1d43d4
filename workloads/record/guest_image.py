# SPDX-License-Identifier: MIT
"""The initramfs of a recorded guest: busybox, modules, loads, nothing else."""

from __future__ import annotations

import gzip
import subprocess
from collections.abc import Iterable
from pathlib import Path

from workloads.record.cpio import CpioWriter
from workloads.record.errors import BadInput
from workloads.record.guest_kernel import MODULES, GuestKernel
from workloads.record.scenario import Scenario

BUSYBOX = Path("/bin/busybox")
_GUEST = Path(__file__).parent / "guest"


def build(
    kernel: GuestKernel,
    scenario: Scenario,
    scratch: Path,
    has_guest_log: bool,
) -> bytes:
    """The compressed archive; compiles the loads if there are any."""
    archive = CpioWriter()
    for folder in ("bin", "dev", "modules"):
        archive.add_folder(folder)
    archive.add_character_device("dev/console", 5, 1)
    archive.add_file("bin/busybox", _busybox(), 0o755)
    archive.add_file("init", (_GUEST / "init").read_bytes(), 0o755)
    for name in MODULES:
        module = kernel.folder / f"{name}.ko"
        archive.add_file(f"modules/{module.name}", module.read_bytes())
    archive.add_file("modules/order", _lines(f"{name}.ko" for name in MODULES))
    archive.add_file("loads", loads_file(scenario))
    if has_guest_log:
        archive.add_file("guest-log", b"")
    if scenario.loads:
        archive.add_file("load", _compile_load(scratch), 0o755)
    return gzip.compress(archive.finish(), compresslevel=1, mtime=0)


def loads_file(scenario: Scenario) -> bytes:
    """A line for each load: its number, kind and arguments."""
    return _lines(
        " ".join([str(number), load.kind, *map(str, load.arguments)])
        for number, load in enumerate(scenario.loads)
    )


def _lines(lines: Iterable[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


def _busybox() -> bytes:
    try:
        return BUSYBOX.read_bytes()
    except OSError as error:
        raise BadInput(
            f"{BUSYBOX}: {error.strerror}; apt-get install busybox-static"
        ) from error


def _compile_load(scratch: Path) -> bytes:
    program = scratch / "load"
    command = ["gcc", "-O2", "-static", "-Wall", "-o", str(program)]
    try:
        result = subprocess.run(
            [*command, str(_GUEST / "load.c")],
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError as error:
        raise BadInput(
            f"gcc: {error.strerror}; apt-get install g++"
        ) from error
    if result.returncode != 0:
        lines = result.stderr.strip().splitlines() or ["gcc failed"]
        raise BadInput(f"guest/load.c does not compile: {lines[-1]}")
    return program.read_bytes()
