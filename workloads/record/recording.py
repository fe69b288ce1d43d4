# SPDX-License-Identifier: MIT
"""Plays a scenario in a guest and makes a trace of what QEMU logged."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from workloads.record import guest_image, guest_kernel, machine
from workloads.record.errors import BadInput, RecordingFailed
from workloads.record.scenario import SMALLEST_GUEST, Scenario

# A page is a line of the log; so much is a line, with a part of its kick.
_LOG_BYTES_PER_PAGE = 80
_RESERVE = 512 << 20
AUTO = "auto"
KVM = "kvm"
TCG = "tcg"
ACCELERATORS = (AUTO, KVM, TCG)
# The guest that shows whether KVM works: it boots, which takes KVM two seconds.
_TRIAL = Scenario(
    name="trial",
    summary="boots",
    memory=SMALLEST_GUEST,
    cpus=1,
    nodes=1,
    deflate_on_oom=False,
    free_page_reporting=False,
    loads=(),
    steps=(),
    like=None,
    bounds={},
)
_TRIAL_PATIENCE = 15.0


@dataclass(frozen=True)
class Options:
    """The command line, apart from the scenario."""

    out: Path
    # Where the guest's own recording goes, if it is wanted, and what makes it.
    guest_log: Path | None
    guest_recorder: str
    # Where QEMU's log goes; otherwise it is deleted.
    keep_log: Path | None
    pfntrace: str
    cache: Path
    patience: float
    # One of ACCELERATORS.
    accelerator: str


def record(
    scenario: Scenario, options: Options, say: Callable[[str], None]
) -> str:
    """Records; returns what pfntrace said of the import."""
    _check(scenario, options)
    kernel = guest_kernel.fetch(options.cache)
    with tempfile.TemporaryDirectory(prefix="pfnbench-record-") as name:
        scratch = Path(name)
        _check_space(scenario, scratch)
        accelerator = _accelerator(options, kernel, scratch, say)
        recorder = (
            f"{machine.describe_qemu(accelerator)}, trace log of "
            f"{', '.join(machine.events(scenario))}"
        )
        image = guest_image.build(
            kernel,
            scenario,
            scratch,
            options.guest_recorder if options.guest_log else None,
        )
        (scratch / "initramfs").write_bytes(image)
        _play(scenario, options, kernel, scratch, accelerator, say)
        log = scratch / "log"
        digest = _sha256(log)
        text = _import(
            options,
            log,
            [
                f"--guest-memory={scenario.memory}",
                f"--kernel={kernel.description}",
                f"--recorder={recorder}",
                f"--provoked={scenario.provoked}",
                f"--source={_source(scenario, options, digest)}",
            ],
        )
        if options.keep_log:
            shutil.move(log, options.keep_log)
        if options.guest_log:
            shutil.move(scratch / "guest-log", options.guest_log)
    return text


def _check(scenario: Scenario, options: Options) -> None:
    """Refuses what cannot end well, before anything is started."""
    for path in (options.out, options.guest_log, options.keep_log):
        if path is None:
            continue
        if os.path.lexists(path):
            raise BadInput(f"{path}: is there already; choose another name")
        if not os.access(path.parent, os.W_OK):
            raise BadInput(f"{path.parent}: no folder to write to")
    machine.check_qemu()
    if options.guest_log and options.guest_recorder == "bpftrace":
        guest_image.check_bpftrace(scenario)
    if shutil.which(options.pfntrace) is None:
        raise BadInput(
            f"no {options.pfntrace} here; build it, or let ./run record do it"
        )
    available = _available_memory()
    needed = scenario.touched + _RESERVE
    if available is not None and needed > available:
        raise BadInput(
            f"a guest of {scenario.memory >> 20} MiB with these loads touches "
            f"{needed >> 20} MiB and the host has {available >> 20} MiB "
            "available; choose a smaller --memory or scenario"
        )


def _check_space(scenario: Scenario, folder: Path) -> None:
    needed = scenario.pages_told * _LOG_BYTES_PER_PAGE + (64 << 20)
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise BadInput(
            f"{folder.parent}: QEMU's log takes {needed >> 20} MiB and "
            f"{free >> 20} MiB are free; set TMPDIR to a larger place"
        )


def _available_memory() -> int | None:
    """What the kernel says can be had without swapping, in bytes."""
    for line in Path("/proc/meminfo").read_text().splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) << 10
    return None


def _accelerator(
    options: Options,
    kernel: guest_kernel.GuestKernel,
    scratch: Path,
    say: Callable[[str], None],
) -> str:
    """KVM if it is wanted and works, else TCG."""
    if options.accelerator == TCG:
        return TCG
    patience = min(options.patience, _TRIAL_PATIENCE)
    failure = _failure_of_kvm(kernel, scratch / "trial", patience)
    if failure is None:
        return KVM
    if options.accelerator == KVM:
        raise BadInput(
            f"--accel=kvm: KVM does not work here: {failure}; "
            "use --accel=tcg, which is slower"
        )
    say(f"KVM does not work here, recording with TCG: {failure}")
    return TCG


def _failure_of_kvm(
    kernel: guest_kernel.GuestKernel, folder: Path, patience: float
) -> str | None:
    """Why no guest runs under KVM, or None if one does.

    /dev/kvm says too little: on some machines it is there and QEMU dies, or
    the guest hangs in boot.
    """
    folder.mkdir()
    image = guest_image.build(kernel, _TRIAL, folder, None)
    (folder / "initramfs").write_bytes(image)
    arguments = machine.qemu_arguments(
        _TRIAL, kernel.vmlinuz, folder, False, KVM
    )
    try:
        with machine.Machine(arguments, folder, patience) as guest:
            guest.wait_for_loads(0)
            guest.quit()
    except RecordingFailed as error:
        return str(error)
    return None


def _play(
    scenario: Scenario,
    options: Options,
    kernel: guest_kernel.GuestKernel,
    scratch: Path,
    accelerator: str,
    say: Callable[[str], None],
) -> None:
    arguments = machine.qemu_arguments(
        scenario,
        kernel.vmlinuz,
        scratch,
        options.guest_log is not None,
        accelerator,
    )
    start = time.monotonic()

    def tell(text: str) -> None:
        say(f"{time.monotonic() - start:6.1f} s  {text}")

    tell(f"{scenario.name}: starting {kernel.description}")
    with machine.Machine(arguments, scratch, options.patience) as guest:
        guest.wait_for_loads(len(scenario.loads))
        tell("the guest is ready")
        for step in scenario.steps:
            guest.sleep(step.pause)
            guest.set_target(step.target)
            if step.seconds is None:
                guest.wait_for_size(step.target)
            else:
                guest.sleep(step.seconds)
            tell(
                f"target {step.target >> 20} MiB, "
                f"the guest has {guest.size() >> 20} MiB"
            )
        if options.guest_log:
            guest.wait_until_quiet(scratch / "guest-log", 3)
        guest.quit()


def _source(scenario: Scenario, options: Options, digest: str) -> str:
    log = options.keep_log.name if options.keep_log else "log, not kept,"
    recorder = (
        f" --guest-recorder={options.guest_recorder}"
        if options.guest_log
        else ""
    )
    return (
        f"./run record --scenario={scenario.name}{recorder}, "
        f"{time.strftime('%Y-%m-%d', time.gmtime())}; {log} sha256:{digest}"
    )


def _sha256(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _import(options: Options, log: Path, provenance: list[str]) -> str:
    """pfntrace writes a whole file or none."""
    result = subprocess.run(
        [options.pfntrace, "import", "--from=qemu-log", *provenance]
        + [str(log), "-o", str(options.out)],
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode != 0:
        raise RecordingFailed(result.stderr.strip() or "pfntrace failed")
    return result.stdout
