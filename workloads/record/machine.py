# SPDX-License-Identifier: MIT
"""A guest in QEMU: started, watched, driven, and gone when it should be."""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from workloads.record.errors import BadInput, RecordingFailed
from workloads.record.qmp import Qmp
from workloads.record.scenario import Scenario

QEMU = "qemu-system-x86_64"
EVENTS = (
    "virtio_queue_notify",
    "virtio_balloon_handle_output",
    "virtio_balloon_set_config",
    "virtio_balloon_to_target",
)
# Free page reporting has no queue of pages: only the discards tell of it.
REPORTING_EVENT = "ram_block_discard_range"
# no_timer_check: under TCG one boot in nine panicked in the IO-APIC's timer
# test. nokaslr: addresses of the guest's own recording are those of its build.
_KERNEL_ARGUMENTS = "console=ttyS0 no_timer_check nokaslr quiet panic=-1"
_POLL_SECONDS = 0.1
# QEMU itself, however busy its guest, answers sooner than this.
_QEMU_SECONDS = 60


def events(scenario: Scenario) -> tuple[str, ...]:
    """The trace events that QEMU logs."""
    if scenario.free_page_reporting:
        return (*EVENTS, REPORTING_EVENT)
    return EVENTS


def check_qemu() -> None:
    """Raises BadInput where there is no QEMU."""
    if shutil.which(QEMU) is None:
        raise BadInput(f"no {QEMU} here; apt-get install qemu-system-x86")


def describe_qemu(accelerator: str) -> str:
    """ "QEMU 7.2.22 TCG"."""
    text = subprocess.run(
        [QEMU, "--version"], capture_output=True, text=True, check=False
    ).stdout
    version = re.search(r"version (\d+(?:\.\d+)*)", text)
    return (
        f"QEMU {version[1] if version else 'of unknown version'} "
        f"{accelerator.upper()}"
    )


def qemu_arguments(
    scenario: Scenario,
    kernel: Path,
    folder: Path,
    has_guest_log: bool,
    accelerator: str,
) -> list[str]:
    """The command line, with everything that is written in `folder`.

    `accelerator` is "kvm" or "tcg".
    """
    balloon = "virtio-balloon-pci,id=balloon"
    if scenario.deflate_on_oom:
        balloon += ",deflate-on-oom=on"
    if scenario.free_page_reporting:
        balloon += ",free-page-reporting=on"
    machine = f"pc,accel={accelerator}"
    memory = []
    share = scenario.memory // scenario.nodes
    for node in range(scenario.nodes):
        # "pc.ram" is what QEMU calls memory that it makes itself. Reserving
        # it would refuse guests that touch less than the host has.
        name = "pc.ram" if scenario.nodes == 1 else f"pc.ram{node}"
        memory += [
            "-object",
            f"memory-backend-ram,id={name},size={share},reserve=off",
        ]
        if scenario.nodes > 1:
            memory += ["-numa", f"node,nodeid={node},memdev={name}"]
    if scenario.nodes == 1:
        machine += ",memory-backend=pc.ram"
    arguments = [
        *(QEMU, "-machine", machine, "-m", f"{scenario.memory >> 20}M"),
        *("-cpu", "max", "-smp", str(scenario.cpus), *memory),
        *("-nodefaults", "-no-reboot", "-display", "none"),
        *("-serial", f"file:{folder / 'console'}"),
        *("-kernel", str(kernel), "-initrd", str(folder / "initramfs")),
        *("-append", _KERNEL_ARGUMENTS),
        *("-device", balloon),
        *("-qmp", f"unix:{folder / 'qmp'},server=on,wait=off"),
        *("-D", str(folder / "log")),
    ]
    for event in events(scenario):
        arguments += ["-trace", event]
    if has_guest_log:
        arguments += [
            *("-chardev", f"file,id=guest,path={folder / 'guest-log'}"),
            *("-device", "virtio-serial-pci"),
            *("-device", "virtserialport,chardev=guest,name=pfnbench"),
        ]
    return arguments


class Machine:
    """A running QEMU. A context manager: QEMU does not outlive it."""

    def __init__(
        self, arguments: list[str], folder: Path, patience: float
    ) -> None:
        """`patience`: seconds for which the guest may stand still."""
        self._arguments = arguments
        self._folder = folder
        self._patience = patience
        self._process: subprocess.Popen[bytes] | None = None
        self._qmp: Qmp | None = None
        self._progress = (-1, time.monotonic())

    def __enter__(self) -> Machine:
        # Whatever ends this program, SIGKILL included, ends QEMU.
        command = ["setpriv", "--pdeathsig", "KILL", *self._arguments]
        with open(self._folder / "stderr", "wb") as stderr:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=stderr,
                stderr=stderr,
                # Ctrl-C is for this program, which then ends QEMU.
                start_new_session=True,
            )
        try:
            self._connect()
        except BaseException:
            self._kill()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._kill()

    def wait_for_loads(self, count: int) -> None:
        """Returns when the guest has booted and its loads are ready."""
        wanted = {f"pfnbench: ready {number}" for number in range(count)}
        wanted.add("pfnbench: booted")
        self._wait(
            lambda: wanted <= set(self._console().splitlines()),
            lambda: len(self._console()),
            "its loads are not ready" if count else "it has not booted",
        )

    def set_target(self, size: int) -> None:
        """Asks the guest to be `size` bytes large."""
        self._command("balloon", value=size)

    def wait_for_size(self, size: int) -> None:
        """Returns when the guest is `size` bytes large."""
        self._wait(
            lambda: self.size() == size,
            self.size,
            f"the target of {size >> 20} MiB is not reached",
        )

    def sleep(self, seconds: float) -> None:
        """Lets the guest run."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self._check_alive()
            time.sleep(_POLL_SECONDS)

    def size(self) -> int:
        """What the guest has of its memory now, in bytes."""
        return int(self._command("query-balloon")["actual"])

    def quit(self) -> None:
        """Ends QEMU in order, so that its log is whole."""
        assert self._process is not None
        self._command("quit")
        try:
            status = self._process.wait(_QEMU_SECONDS)
        except subprocess.TimeoutExpired as error:
            raise RecordingFailed("QEMU does not quit") from error
        if status != 0:
            raise RecordingFailed(f"QEMU ended with status {status}")

    def has_ended(self, printed: Path) -> bool:
        """Whether the guest has switched itself off.

        It stands still if neither `printed` nor its console grows.
        """
        assert self._process is not None
        if self._process.poll() == 0:
            self._check_console()
            return True
        self._check_alive()
        size = len(_read(printed)) + len(self._console())
        last, since = self._progress
        if size != last:
            self._progress = size, time.monotonic()
        elif time.monotonic() - since > self._patience:
            raise RecordingFailed(
                f"the guest has stood still for {self._patience:g} s; "
                f"{self._last_words()}"
            )
        return False

    def wait_until_quiet(self, path: Path, seconds: float) -> None:
        """Returns when `path` has not grown for `seconds`."""
        size, since = -1, time.monotonic()
        while time.monotonic() - since < seconds:
            self._check_alive()
            if path.stat().st_size != size:
                size, since = path.stat().st_size, time.monotonic()
            time.sleep(_POLL_SECONDS)

    def _connect(self) -> None:
        end = time.monotonic() + _QEMU_SECONDS
        while self._qmp is None:
            self._check_alive()
            try:
                self._qmp = Qmp(self._folder / "qmp", _QEMU_SECONDS)
            except (FileNotFoundError, ConnectionRefusedError) as error:
                if time.monotonic() > end:
                    raise RecordingFailed("QEMU opens no QMP") from error
                time.sleep(_POLL_SECONDS)
            except RecordingFailed:
                self._check_dying()
                raise

    def _command(self, command: str, **arguments: int) -> dict[str, int]:
        assert self._qmp is not None
        try:
            result: dict[str, int] = self._qmp.execute(command, **arguments)
        except RecordingFailed:
            self._check_dying()
            raise
        return result

    def _check_dying(self) -> None:
        """Raises what the status of a QEMU that is gone says, if it is gone:
        more than that the connection is broken."""
        assert self._process is not None
        try:
            self._process.wait(1)
        except subprocess.TimeoutExpired:
            pass
        self._check_alive()

    def _wait(
        self,
        is_done: Callable[[], bool],
        progress: Callable[[], int],
        otherwise: str,
    ) -> None:
        """Waits as long as `progress` changes within the patience."""
        last, since = progress(), time.monotonic()
        while not is_done():
            self._check_alive()
            now = progress()
            if now != last:
                last, since = now, time.monotonic()
            elif time.monotonic() - since > self._patience:
                raise RecordingFailed(
                    f"the guest has stood still for {self._patience:g} s "
                    f"and {otherwise}; {self._last_words()}"
                )
            time.sleep(_POLL_SECONDS)

    def _check_alive(self) -> None:
        assert self._process is not None
        status = self._process.poll()
        if status is not None:
            raise RecordingFailed(
                f"QEMU ended with status {status}; {self._last_words()}"
            )
        self._check_console()

    def _check_console(self) -> None:
        for line in self._console().splitlines():
            if "Kernel panic" in line or line.startswith("pfnbench: failed"):
                raise RecordingFailed(f"the guest says '{line.strip()}'")

    def _console(self) -> str:
        return _read(self._folder / "console")

    def _last_words(self) -> str:
        for name in ("stderr", "console"):
            lines = _read(self._folder / name).strip().splitlines()
            if lines:
                return f"its {name} ends with '{lines[-1].strip()[:200]}'"
        return "it has said nothing"

    def _kill(self) -> None:
        if self._qmp is not None:
            self._qmp.close()
        if self._process is not None:
            self._process.kill()
            self._process.wait()


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode(errors="replace")
    except FileNotFoundError:
        return ""
