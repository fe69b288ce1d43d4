#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What Recording sees of QEMU, without a guest: console, QMP, log.

FAKE_QEMU says what goes wrong, if anything does: "dies" at start, "panics",
"silent" (never boots), "refuses" (the balloon does not move), "crashes" (when
it is asked for its size), "garbage" (a log that cannot be imported).
FAKE_KVM says what is wrong with KVM alone: "asserts" (QEMU dies of it, after
it has been connected to), "hangs" (in boot), "missing" (no /dev/kvm).
"""

import json
import os
import re
import signal
import socket
import sys

MODE = os.environ.get("FAKE_QEMU", "")
if "pc,accel=kvm" in " ".join(sys.argv):
    KVM = os.environ.get("FAKE_KVM", "")
else:
    KVM = ""


def after(flag: str) -> str:
    return sys.argv[sys.argv.index(flag) + 1]


def main() -> None:
    if sys.argv[1:] == ["--version"]:
        print("QEMU emulator version 9.9.9 (a fake)")
        return
    if MODE == "dies":
        sys.exit("qemu-system-x86_64: cannot set up guest memory")
    if KVM == "missing":
        sys.exit("qemu-system-x86_64: failed to initialize kvm: No such file")
    with open(os.environ["FAKE_QEMU_PID"], "w") as file:
        file.write(str(os.getpid()))
    with open(after("-serial").removeprefix("file:"), "w") as console:
        if MODE == "panics":
            words = os.environ.get("FAKE_SAYS", "no init")
            console.write(f"[ 1.0] Kernel panic - not syncing: {words}\n")
        elif MODE != "silent" and KVM != "hangs":
            console.write("pfnbench: booted\n")
    memory = int(after("-m").removesuffix("M")) << 20
    path = re.match("unix:([^,]+)", after("-qmp"))
    assert path is not None
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path[1])
        listener.listen(1)
        connection, _ = listener.accept()
        if KVM == "asserts":
            sys.stderr.write("kvm.c:1: kvm_buf_set_msrs: Assertion failed.\n")
            sys.stderr.flush()
            os.abort()
        with connection.makefile("rwb") as file, open(after("-D"), "w") as log:
            converse(file, log, memory)


def converse(file, log, memory: int) -> None:
    def send(answer) -> None:
        file.write(json.dumps(answer).encode() + b"\n")
        file.flush()

    size = memory
    send({"QMP": {}})
    for line in file:
        request = json.loads(line)
        if request["execute"] == "balloon" and MODE != "refuses":
            target = request["arguments"]["value"]
            move(log, memory, size, target)
            size = target
        if request["execute"] == "query-balloon":
            if MODE == "crashes":
                os.kill(os.getpid(), signal.SIGSEGV)
            send({"return": {"actual": size}})
        else:
            send({"return": {}})
        if request["execute"] == "quit":
            return


def move(log, memory: int, size: int, target: int) -> None:
    """The balloon takes pages from page 0 on and gives the last ones back."""
    before, wanted = (memory - size) >> 12, (memory - target) >> 12
    log.write(
        f"virtio_balloon_to_target balloon target: {target:#x} "
        f"num_pages: {wanted}\n"
    )
    if MODE == "garbage":
        log.write("virtio_balloon_handle_output section name: pc.ram\n")
    queue, step = (0, 256) if wanted > before else (1, -256)
    for at in range(before, wanted, step):
        pages = range(at, at + step, 1 if step > 0 else -1)
        log.write(f"virtio_queue_notify vdev 0x1 n {queue} vq 0x2\n")
        for page in pages:
            page -= step < 0
            log.write(
                "virtio_balloon_handle_output section name: pc.ram "
                f"gpa: {page << 12:#x}\n"
            )
        log.write(
            f"virtio_balloon_set_config actual: {at + step} oldactual: {at}\n"
        )


main()
