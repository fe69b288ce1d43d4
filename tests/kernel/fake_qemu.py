#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What ./run kernel sees of QEMU: console, printed lines, QMP, an end.

FAKE_QEMU says what goes wrong: "dies" at start, "panics", "hangs", "refuses"
(the module does not load), "stops" (ends in the middle of its lines).
FAKE_KVM=hangs: the trial guest with KVM does not boot.
"""

import json
import os
import re
import socket
import sys
import time

MODE = os.environ.get("FAKE_QEMU", "")


def after(flag: str, number: int = 0) -> str:
    places = [at for at, word in enumerate(sys.argv) if word == flag]
    return sys.argv[places[number] + 1]


def greet() -> None:
    path = re.match("unix:([^,]+)", after("-qmp"))
    assert path is not None
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path[1])
        listener.listen(1)
        connection, _ = listener.accept()
        with connection, connection.makefile("rwb") as file:
            file.write(json.dumps({"QMP": {}}).encode() + b"\n")
            file.flush()
            file.readline()
            file.write(json.dumps({"return": {}}).encode() + b"\n")
            file.flush()


def main() -> None:
    if sys.argv[1:] == ["--version"]:
        print("QEMU emulator version 9.9.9 (a fake)")
        return
    if MODE == "dies":
        sys.exit("qemu-system-x86_64: cannot set up guest memory")
    with open(os.environ["FAKE_QEMU_PID"], "w") as file:
        file.write(str(os.getpid()))
    console = open(after("-serial", 0).removeprefix("file:"), "w", buffering=1)
    printed = open(after("-serial", 1).removeprefix("file:"), "w", buffering=1)
    greet()
    is_kvm = after("-accel") == "kvm"
    if MODE == "hangs" or is_kvm and os.environ.get("FAKE_KVM") == "hangs":
        console.write("Booting Linux\n\x1b[2Jclocksource: it hangs\n")
        time.sleep(1000)
    if MODE == "panics":
        console.write("[ 1.0] Kernel panic - not syncing: \x1b[31mno init\n")
    if MODE == "refuses":
        console.write(
            "pfnbench: failed: insmod: can't insert '/pfnbench.ko': invalid "
            "module format; pfnbench: version magic '6.1' should be '6.19'\n"
        )
    if MODE == "stops":
        printed.write("workload 0\n")


main()
