# SPDX-License-Identifier: MIT
"""Runs in the guest of test_here.py: ./run kernel --here in each way in which
it can end. It prints a line of JSON for each: what was said, and what is left.

usage: here.py PROJECT MODULE
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from harness.module import __main__ as command
from harness.module import guest

PROJECT, MODULE = Path(sys.argv[1]), Path(sys.argv[2])
SCRATCH, OUT = Path("/tmp"), Path("/out")
NOBODY = 65534
# Debian's kernel has no failslab: files in its place, and a word for it.
FAILSLAB = guest.FAILSLAB
FAULT = "--fault=failslab:probability=100"
SMALL = ("--workload=gen:clustered:pages=1000", "--structure=flat")
# A pass takes the module most of a second, and there are thousands of them.
LONG = ("--workload=gen:clustered:pages=50000", "--structure=maple")
LONG += ("--rounds=1000",)


class Command:
    """./run kernel --here. A fork of this process, because an interpreter
    takes seconds to start here."""

    def __init__(self, *flags: str, user: int = 0) -> None:
        self.words = {"stdout": Path("/stdout"), "stderr": Path("/stderr")}
        files = [path.open("wb") for path in self.words.values()]
        self.pid = os.fork()
        if self.pid:
            for file in files:
                file.close()
            return
        status = 70
        try:
            os.setsid()
            os.dup2(files[0].fileno(), 1)
            os.dup2(files[1].fileno(), 2)
            os.setuid(user)
            status = command.main(
                ["--here", "--pages=0", f"--out={OUT}", *flags]
            )
        except SystemExit as error:
            status = int(error.code or 0)
        finally:
            sys.stdout.flush()
            os._exit(status)

    def has_ended(self) -> bool:
        flags = os.WEXITED | os.WNOHANG | os.WNOWAIT
        return os.waitid(os.P_PID, self.pid, flags) is not None

    def tell(self, name: str) -> None:
        """How it ended, and what it left."""
        since = time.monotonic()
        _, status = os.waitpid(self.pid, 0)
        results = OUT / "results.json"
        tell(
            name,
            status=os.waitstatus_to_exitcode(status),
            seconds=time.monotonic() - since,
            results=results.read_text() if results.exists() else "",
            scratch=[each.name for each in SCRATCH.iterdir()],
            players=[pid for pid, _ in players()],
            **{key: path.read_text() for key, path in self.words.items()},
        )
        shutil.rmtree(OUT, ignore_errors=True)


def tell(name: str, **said: object) -> None:
    said["is_loaded"] = guest.LOADED.exists()
    probability = FAILSLAB / "probability"
    if probability.exists():
        said["probability"] = probability.read_text()
        probability.unlink()
    print(json.dumps({"name": name, **said}))
    sys.stdout.flush()


def players() -> list[tuple[int, int]]:
    """Shells that play a plan, each with its parent."""
    found = []
    for folder in Path("/proc").iterdir():
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
            parent = (folder / "stat").read_text().rsplit(")", 1)[1].split()[1]
        except (OSError, IndexError):
            continue
        if any(word.endswith(b"/module/play") for word in words):
            found.append((int(folder.name), int(parent)))
    return found


def wait(what: Callable[[], bool]) -> None:
    end = time.monotonic() + 600
    while not what():
        if time.monotonic() > end:
            raise TimeoutError
        time.sleep(0.01)


def is_measuring() -> bool:
    """Whether the row of the loop alone is done, and the module at the next."""
    files = SCRATCH.glob("*/printed-*")
    return any(" drain: " in each.read_text() for each in files)


def interrupted(
    name: str, end: Callable[[Command], None], *flags: str
) -> None:
    process = Command(*flags)
    wait(lambda: is_measuring() or process.has_ended())
    time.sleep(0.2)
    end(process)
    process.tell(name)


def kill_player(process: Command) -> None:
    for pid, parent in players():
        if parent == process.pid:
            os.kill(pid, signal.SIGKILL)


def kill_command(process: Command) -> None:
    """Play goes on without it, to the end of its plan."""
    os.kill(process.pid, signal.SIGKILL)
    wait(lambda: not players())
    # Nobody could remove it.
    for folder in SCRATCH.iterdir():
        shutil.rmtree(folder)


def with_module(data: bytes) -> Command:
    own = MODULE.read_bytes()
    MODULE.write_bytes(data)
    process = Command(*SMALL)
    wait(process.has_ended)
    MODULE.write_bytes(own)
    return process


def play(name: str, *plan: str) -> None:
    """A plan of the test's own, in place of that of the command."""
    folder = Path("/play")
    (folder / "plan").write_text("".join(f"{line}\n" for line in plan))
    printed = folder / "printed"
    printed.write_text("")
    result = subprocess.run(
        ["sh", PROJECT / "harness/module/play", folder, printed],
        capture_output=True,
        text=True,
    )
    said = {"status": result.returncode, "stdout": result.stdout}
    tell(name, printed=printed.read_text(), **said)
    subprocess.run(["rmmod", "pfnbench"], capture_output=True)


def pretend_failslab() -> None:
    debugfs = FAILSLAB.parent
    subprocess.run(["mount", "-t", "tmpfs", "tmp", debugfs], check=True)
    FAILSLAB.mkdir()
    config = Path("/lib/modules", os.uname().release, "build/.config")
    with config.open("a") as file:
        file.write("CONFIG_FAILSLAB=y\nCONFIG_FAULT_INJECTION_DEBUG_FS=y\n")


def main() -> None:
    Command(*SMALL, "--operation=all").tell("whole")
    Command(*SMALL, user=NOBODY).tell("nobody")
    # Of a kernel that cannot unload any.
    other = MODULE.read_bytes().replace(b" mod_unload ", b" mod_un1oad ")
    with_module(other).tell("other kernel")
    pretend_failslab()
    interrupted(
        "SIGINT", lambda p: os.killpg(p.pid, signal.SIGINT), *LONG, FAULT
    )
    interrupted("SIGTERM", lambda p: os.kill(p.pid, signal.SIGTERM), *LONG)
    interrupted("play is killed", kill_player, *LONG[:2], FAULT)
    interrupted("command is killed", kill_command, *SMALL)

    load, passes = "load 0 ns", Path("/play/passes")
    passes.mkdir(parents=True)
    shutil.copy(MODULE, "/play/pfnbench.ko")
    subprocess.run(
        [os.environ["PFNBENCH"], "kernel", *SMALL[:1], f"--pack={passes}"],
        check=True,
        capture_output=True,
    )
    words = ("run flat set", "run flat sort", "run nobody set")
    play("words", load, *words, "run flat drain", "unload")
    fault = "fault probability 100"
    play("faults", load, fault, "run flat set", "unload")
    (FAILSLAB / "interval").mkdir()
    play("no faults", load, fault, "fault interval 1", "run flat set", "unload")
    play("twice", load, load)
    insmod = ["insmod", "/play/pfnbench.ko", f"passes={passes}/0"]
    subprocess.run(insmod, check=True)
    Command(*SMALL).tell("loaded")
    subprocess.run(["rmmod", "pfnbench"], check=True)
    (passes / "0").write_bytes(b"pfnpass1" + b"\xff" * 64)
    play("no passes", load)


main()
