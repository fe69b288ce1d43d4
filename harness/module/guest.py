# SPDX-License-Identifier: MIT
"""A guest that plays one plan with the module, and what it printed."""

from __future__ import annotations

import argparse
import gzip
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from harness.module.build import Module
from harness.module.kernel import Kernel
from workloads.record import machine
from workloads.record.cpio import CpioWriter
from workloads.record.errors import BadInput, RecordingFailed
from workloads.record.guest_image import BUSYBOX
from workloads.record.recording import AUTO, KVM, TCG

_OURS = Path(__file__).parent
_TRIAL_PATIENCE = 15.0
_POLL_SECONDS = 0.05
# nokaslr, tsc=reliable: two runs execute the same. slab_nomerge: a cache holds
# the objects of its name alone.
_ARGUMENTS = (
    "console=ttyS0 no_timer_check nokaslr tsc=reliable slab_nomerge quiet "
    "panic=-1"
)
# A clock of instructions, and no chance: with other random numbers free lists
# have another order.
_COUNTING = (
    *("-icount", "shift=0,sleep=off", "-seed", "1"),
    *("-rtc", "base=2026-01-01,clock=vm"),
)
LOADED = Path("/sys/module/pfnbench")
FAILSLAB = Path("/sys/kernel/debug/failslab")
INSTRUCTIONS = "instructions"
UNITS = {TCG: INSTRUCTIONS, KVM: "ns"}


@dataclass(frozen=True)
class Job:
    """What one guest does: lines of play, which see `passes` as files."""

    kernel: Kernel
    module: Module | None
    plan: tuple[str, ...]
    passes: dict[str, Path]
    printed: Path


def shares(numbers: list[str], guests: int) -> list[list[str]]:
    """The workloads of each guest."""
    shares = [numbers[first::guests] for first in range(guests)]
    return [share for share in shares if share]


def plan(
    options: argparse.Namespace,
    share: list[str],
    unit: str,
    rows: tuple[str, ...],
    faults: tuple[str, ...],
) -> tuple[str, ...]:
    """The lines of play for the workloads of a guest."""
    wanted = options.operation
    runs = [wanted]
    if {"clear", "drain"} <= set(wanted):
        # A pass ends with either.
        runs = [tuple(x for x in wanted if x != "drain"), ("drain",)]
    measured = [
        f"run {row} {','.join(each)}"
        for _ in range(options.rounds)
        for row in rows
        for each in runs
    ]
    if faults:
        measured = [*faults, *measured, "fault probability 0"]
    measured += [f"steps {row}" for row in rows]
    # Of a kernel in which others ask for memory, too, slab caches say nothing.
    noted, left = ([], []) if options.here else (["note"], ["left module"])
    if not options.here:
        measured += [f"memory {row}" for row in rows]
    lines = noted
    for number in share:
        lines += [f"load {number} {unit}", *measured, "unload"]
    return (*lines, *left)


def qemu_arguments(
    job: Job, folder: Path, accelerator: str, memory: int
) -> list[str]:
    """The command line; one CPU, because TCG counts with one only."""
    assert job.kernel.image is not None
    counting = _COUNTING if accelerator == TCG else ()
    return [
        *(machine.QEMU, "-accel", accelerator, *counting),
        *("-m", f"{memory >> 20}M", "-cpu", "max", "-smp", "1"),
        *("-nodefaults", "-no-reboot", "-display", "none"),
        *("-serial", f"file:{folder / 'console'}"),
        *("-serial", f"file:{folder / 'printed'}"),
        *("-kernel", str(job.kernel.image)),
        *("-initrd", str(folder / "initramfs")),
        *("-append", _ARGUMENTS),
        *("-qmp", f"unix:{folder / 'qmp'},server=on,wait=off"),
    ]


def choose_accelerator(
    wanted: str,
    kernel: Kernel,
    scratch: Path,
    patience: float,
    say: Callable[[str], None],
) -> str:
    """KVM if a trial guest ends with it within seconds, else TCG."""
    machine.check_qemu()
    if wanted == TCG or (wanted == AUTO and not os.access("/dev/kvm", os.W_OK)):
        return TCG
    trial = Job(kernel, None, (), {}, scratch / "trial-printed")
    try:
        run([trial], KVM, 256 << 20, min(patience, _TRIAL_PATIENCE), scratch)
    except RecordingFailed as error:
        if wanted == KVM:
            raise BadInput(
                f"--accel=kvm: KVM does not work here: {error}; "
                "use --accel=tcg, which counts instructions"
            ) from error
        say(f"KVM does not work here: {error}")
        return TCG
    return KVM


def run(
    jobs: Sequence[Job],
    accelerator: str,
    memory: int,
    patience: float,
    scratch: Path,
) -> None:
    """Plays all jobs. TCG counts the same however many guests run at once."""
    most = len(os.sched_getaffinity(0)) if accelerator == TCG else 1
    waiting = list(enumerate(jobs))
    running: dict[int, tuple[machine.Machine, ExitStack]] = {}

    def folder_of(number: int) -> Path:
        # Short: the path of a socket has 107 bytes at most.
        return scratch / f"{accelerator[0]}{number}"

    with ExitStack() as everything:
        while waiting or running:
            if waiting and len(running) < most:
                number, job = waiting.pop(0)
                folder = folder_of(number)
                folder.mkdir()
                (folder / "initramfs").write_bytes(_initramfs(job))
                stack = everything.enter_context(ExitStack())
                guest = stack.enter_context(
                    machine.Machine(
                        qemu_arguments(job, folder, accelerator, memory),
                        folder,
                        patience,
                    )
                )
                running[number] = guest, stack
            for number, (guest, stack) in list(running.items()):
                folder = folder_of(number)
                if guest.has_ended(folder / "printed"):
                    stack.close()
                    del running[number]
                    shutil.move(folder / "printed", jobs[number].printed)
                    shutil.rmtree(folder)
            time.sleep(_POLL_SECONDS)


def check_here() -> None:
    """Raises BadInput where the module cannot be loaded."""
    if os.geteuid() != 0:
        raise BadInput("--here loads a module: run it with sudo")
    if LOADED.exists():
        raise BadInput(
            "--here: the module is loaded already; wait for the other run, or "
            "unload it: sudo rmmod pfnbench"
        )


def play_here(job: Job, scratch: Path) -> None:
    """The same in the kernel that runs here. However it ends, the module is
    unloaded, and failslab refuses nothing."""
    assert job.module is not None
    folder = scratch / "here"
    for needed in job.module.needed:
        subprocess.run(["modprobe", needed.stem], check=False)
    _put(folder, job)
    process = subprocess.Popen(
        ["sh", str(_OURS / "play"), str(folder), str(job.printed)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        # Ctrl-C is for this program, which then ends play.
        start_new_session=True,
    )
    try:
        said, _ = process.communicate()
    except BaseException:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()
        raise
    if process.returncode < 0:
        # Killed before it could.
        if any(line.startswith("fault ") for line in job.plan):
            (FAILSLAB / "probability").write_text("0\n")
        subprocess.run(["rmmod", "pfnbench"], capture_output=True, check=False)
    if process.returncode:
        lines = said.strip().splitlines()
        status = f"play ended with status {process.returncode}"
        raise RecordingFailed(lines[-1] if lines else status)


def _put(folder: Path, job: Job) -> None:
    (folder / "passes").mkdir(parents=True, exist_ok=True)
    for name, path in job.passes.items():
        shutil.copyfile(path, folder / "passes" / name)
    assert job.module is not None
    shutil.copyfile(job.module.file, folder / "pfnbench.ko")
    (folder / "plan").write_bytes(_lines(job.plan))


def _initramfs(job: Job) -> bytes:
    archive = CpioWriter()
    for folder in ("bin", "dev", "modules", "passes"):
        archive.add_folder(folder)
    archive.add_character_device("dev/console", 5, 1)
    try:
        archive.add_file("bin/busybox", BUSYBOX.read_bytes(), 0o755)
    except OSError as error:
        raise BadInput(
            f"{BUSYBOX}: {error.strerror}; apt-get install busybox-static"
        ) from error
    archive.add_file("init", (_OURS / "init").read_bytes(), 0o755)
    archive.add_file("play", (_OURS / "play").read_bytes(), 0o755)
    archive.add_file("plan", _lines(job.plan))
    for name, path in job.passes.items():
        archive.add_file(f"passes/{name}", path.read_bytes())
    if job.module is not None:
        archive.add_file("pfnbench.ko", job.module.file.read_bytes())
        for number, path in enumerate(job.module.needed):
            archive.add_file(f"modules/{number}.ko", path.read_bytes())
    return gzip.compress(archive.finish(), compresslevel=1, mtime=0)


def _lines(lines: Iterable[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()
