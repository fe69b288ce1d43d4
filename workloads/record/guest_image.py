# SPDX-License-Identifier: MIT
"""The initramfs of a recorded guest: busybox, modules, loads, and bpftrace if
it is to record itself with it."""

from __future__ import annotations

import gzip
import re
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

from workloads.record.cpio import CpioWriter
from workloads.record.errors import BadInput
from workloads.record.guest_kernel import MODULES, GuestKernel
from workloads.record.scenario import Scenario

BUSYBOX = Path("/bin/busybox")
# By what a guest can record itself.
RECORDERS = ("ftrace", "bpftrace")
_GUEST = Path(__file__).parent / "guest"
_SCRIPT = Path(__file__).parent / "balloon.bt"
_LAST_BPFTRACE = (0, 22)
# With its libraries, 200 MB, once packed and once unpacked.
_LEAST_FOR_BPFTRACE = 768 << 20


def build(
    kernel: GuestKernel,
    scenario: Scenario,
    scratch: Path,
    recorder: str | None,
) -> bytes:
    """The compressed archive; compiles the loads if there are any.

    `recorder` is one of RECORDERS, or None for a guest that is only looked at
    from outside.
    """
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
    if recorder:
        archive.add_file("guest-log", _lines([recorder]))
    if recorder == "bpftrace":
        _add_bpftrace(archive)
    if scenario.loads:
        archive.add_file("load", _compile_load(scratch), 0o755)
    return gzip.compress(archive.finish(), compresslevel=1, mtime=0)


def check_bpftrace(scenario: Scenario) -> None:
    """Refuses what bpftrace in this guest would not survive."""
    if scenario.memory < _LEAST_FOR_BPFTRACE:
        raise BadInput(
            f"a guest of {scenario.memory >> 20} MiB is too small for bpftrace;"
            f" choose --memory={_LEAST_FOR_BPFTRACE >> 20}M or more"
        )
    program = shutil.which("bpftrace")
    if program is None:
        raise BadInput("no bpftrace here; apt-get install bpftrace")
    text = subprocess.run(
        [program, "--version"], capture_output=True, text=True, check=False
    ).stdout
    version = re.search(r"v(\d+)\.(\d+)", text)
    if version is None or (int(version[1]), int(version[2])) > _LAST_BPFTRACE:
        raise BadInput(
            f"found '{text.strip()}'; expected one up to v0.22, which says on "
            "stderr when its probes are there; use --guest-recorder=ftrace"
        )


def _add_bpftrace(archive: CpioWriter) -> None:
    """The program with the libraries of this machine, and the script."""
    program = shutil.which("bpftrace")
    assert program is not None
    listed = subprocess.run(
        ["ldd", program], capture_output=True, text=True, check=False
    ).stdout
    libraries = sorted(set(re.findall(r"(/\S+) \(0x", listed)))
    if not libraries:
        raise BadInput(
            f"ldd {program}: no libraries; apt-get install libc-bin"
        )
    folders = {
        parent
        for name in libraries
        for parent in Path(name).parents
        if parent != Path("/")
    }
    for folder in sorted(folders):
        archive.add_folder(str(folder).lstrip("/"))
    for name in libraries:
        archive.add_file(name.lstrip("/"), Path(name).read_bytes(), 0o755)
    archive.add_file("bin/bpftrace", Path(program).read_bytes(), 0o755)
    archive.add_file("balloon.bt", _SCRIPT.read_bytes())


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
