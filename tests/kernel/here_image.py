# SPDX-License-Identifier: MIT
"""The initramfs of the guest of test_here.py: an interpreter, the project and
what else ./run kernel --here looks for, each where this machine has it."""

from __future__ import annotations

import importlib.util
import marshal
import os
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

from guest_command import ROOT

from workloads.record.cpio import CpioWriter
from workloads.record.guest_image import BUSYBOX

INIT = """#!/bin/busybox sh
/bin/busybox mkdir -p /proc /sys /dev /tmp /bin
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
mount -t tmpfs tmp /tmp
chmod 777 /tmp
stty raw -F /dev/ttyS1
export PATH=/bin PYTHONHOME={home} PYTHONDONTWRITEBYTECODE=1
export PFNBENCH={program} PFNBENCH_TRACES=/tmp PYTHONPATH={root}
{python} {here} {root} {module} >/dev/ttyS1 2>/dev/console ||
  echo "pfnbench: failed: here.py"
poweroff -f
"""
SUCCEED = b"#!/bin/sh\nexit 0\n"


class Image:
    """Files, with the folders that they stand in."""

    def __init__(self) -> None:
        self._archive = CpioWriter()
        self._folders: set[Path] = {Path("/")}

    def add(self, path: Path, data: bytes, mode: int = 0o644) -> None:
        for parent in reversed(path.parents):
            if parent not in self._folders:
                self._folders.add(parent)
                self._archive.add_folder(str(parent).lstrip("/"))
        self._archive.add_file(str(path).lstrip("/"), data, mode)

    def add_program(self, path: Path) -> None:
        """With the libraries that it needs."""
        listed = subprocess.run(
            ["ldd", path], capture_output=True, text=True, check=True
        ).stdout
        for word in listed.split():
            library = Path(word)
            if word.startswith("/") and library not in self._folders:
                self._folders.add(library)
                self.add(library, library.read_bytes(), 0o755)
        self.add(path, path.read_bytes(), 0o755)

    def finish(self) -> bytes:
        return self._archive.finish()


def compiled(path: Path) -> tuple[Path, bytes]:
    """In the guest it would be compiled at each start."""
    code = marshal.dumps(compile(path.read_bytes(), path, "exec"))
    head = importlib.util.MAGIC_NUMBER + bytes(12)
    return path.with_suffix(".pyc"), head + code


def python_files() -> Iterator[tuple[Path, bytes]]:
    """The library of the interpreter, compiled as far as it is."""
    folder = Path(sysconfig.get_path("stdlib"))
    left_out = ("dist-packages", "site-packages", "test", "idlelib")
    for path in folder.rglob("*.py"):
        if path.relative_to(folder).parts[0] in left_out:
            continue
        cached = Path(importlib.util.cache_from_source(str(path)))
        if cached.exists():
            yield path.with_suffix(".pyc"), cached.read_bytes()
        else:
            yield compiled(path)
    for path in folder.glob("lib-dynload/*.so"):
        yield path, path.read_bytes()


def image_of(debian, module) -> bytes:
    """Interpreter, project, pfnbench, headers and the module that is built."""
    image = Image()
    python = Path(sys.executable).resolve()
    program = Path(os.environ["PFNBENCH"]).resolve()
    for path in (python, program):
        image.add_program(path)
    for path, data in python_files():
        image.add(path, data)
    for folder in ("harness/module", "plots", "structures/linux"):
        for path in (ROOT / folder).rglob("*"):
            if path.is_file() and path.suffix not in (".py", ".pyc"):
                image.add(path, path.read_bytes(), 0o755)
    for folder in ("harness/module", "plots", "workloads/record"):
        for path in (ROOT / folder).rglob("*.py"):
            image.add(*compiled(path))
    here = Path(__file__).with_name("here.py")
    image.add(here, here.read_bytes())
    headers = Path("/lib/modules", debian.release, "build")
    for name in ("Module.symvers", ".config"):
        image.add(headers / name, (debian.folder / name).read_bytes())
    image.add(module.file, module.file.read_bytes())
    image.add(Path("/bin/busybox"), BUSYBOX.read_bytes(), 0o755)
    for name in ("make", "gcc", "nm"):
        image.add(Path("/bin", name), SUCCEED, 0o755)
    init = INIT.format(
        root=ROOT,
        here=here,
        module=module.file,
        program=program,
        python=python,
        home=sys.base_prefix,
    )
    image.add(Path("/init"), init.encode(), 0o755)
    return image.finish()
