# SPDX-License-Identifier: MIT
"""Which kernel: what the module is built against, what the guest boots."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from workloads.record import guest_kernel
from workloads.record.errors import BadInput

HERE = "here"
DEBIAN = "debian"
_HEADERS = Path("/usr/src")
MODULES = Path("/lib/modules")
_NAME = re.compile(r"[a-z0-9.+-]{1,16}")
# What decides how fast a structure is, as the report prints it.
_SAID = (
    "PREEMPT_NONE PREEMPT_VOLUNTARY PREEMPT PREEMPT_DYNAMIC PREEMPT_RT"
    " RETPOLINE MITIGATION_RETPOLINE RETHUNK MITIGATION_RETHUNK"
    " SLAB_FREELIST_RANDOM SLAB_FREELIST_HARDENED INIT_ON_ALLOC_DEFAULT_ON"
    " INIT_ON_FREE_DEFAULT_ON CC_OPTIMIZE_FOR_SIZE FAILSLAB"
).split()
# With these a kernel checks itself, and its figures are no others'.
_DEBUG = (
    "KASAN KCSAN KMSAN UBSAN PROVE_LOCKING LOCKDEP DEBUG_SPINLOCK DEBUG_VM"
    " DEBUG_PREEMPT DEBUG_OBJECTS DEBUG_MAPLE_TREE SLUB_DEBUG_ON"
    " DEBUG_KMEMLEAK DEBUG_PAGEALLOC GCOV_KERNEL"
).split()
_NEEDED = (
    "MODULES PROC_FS SYSFS DEVTMPFS TTY BLK_DEV_INITRD SERIAL_8250_CONSOLE"
    " BINFMT_SCRIPT RD_GZIP"
).split()


@dataclass(frozen=True)
class Kernel:
    """A built kernel. `image` is None for the one that runs here."""

    name: str  # of its rows, behind the @
    folder: Path  # Makefile, .config, Module.symvers
    image: Path | None
    release: str

    @cached_property
    def config(self) -> frozenset[str]:
        """What is configured as "y" or "m"."""
        text = _read(self.folder / ".config")
        return frozenset(re.findall(r"^CONFIG_(\w+)=[ym]$", text, re.M))

    @property
    def said(self) -> str:
        return " ".join(each for each in _SAID if each in self.config)

    @property
    def debug(self) -> str:
        """Its debug options, "" if it has none."""
        return " ".join(each for each in _DEBUG if each in self.config)

    @property
    def has_failslab(self) -> bool:
        return {"FAILSLAB", "FAULT_INJECTION_DEBUG_FS"} <= self.config

    def check_guest(self) -> None:
        """Raises BadInput where our guest would not boot it."""
        lacking = [each for each in _NEEDED if each not in self.config]
        if lacking:
            raise BadInput(
                f"{self.folder}: its .config lacks CONFIG_{lacking[0]}, which "
                "the guest needs"
            )


def is_debian(word: str) -> bool:
    """Whether a --linux names a kernel of Debian's."""
    return re.fullmatch(rf"{DEBIAN}(-\d+\.\d+)?", word) is not None


def find(word: str, cache: Path) -> Kernel:
    """The kernel that a --linux names."""
    if word == HERE:
        return _here()
    if is_debian(word):
        return _debian(word, cache)
    name, equals, path = word.rpartition("=")
    folder = Path(os.path.expanduser(path))
    if equals and not _NAME.fullmatch(name):
        raise BadInput(
            f"--linux={word}: the name '{name}' is not made of a-z, 0-9, '.', "
            "'+' and '-', 16 at most"
        )
    if not folder.is_dir():
        raise BadInput(
            f"--linux={word}: there is no folder {folder}; expected debian, "
            "debian-6.12 or [NAME=]FOLDER, where FOLDER is a built kernel"
        )
    return _tree(name, folder.resolve())


def _tree(name: str, folder: Path) -> Kernel:
    image = folder / "arch/x86/boot/bzImage"
    for needed, made in (
        (folder / "Makefile", "the source of a kernel"),
        (folder / ".config", "make defconfig"),
        (folder / "include/config/kernel.release", "make"),
        (folder / "Module.symvers", "make"),
        (image, "make"),
    ):
        if not needed.exists():
            raise BadInput(
                f"{folder}: is no built kernel: it has no "
                f"{needed.relative_to(folder)}; run {made} there"
                if made.startswith("make")
                else f"{folder}: has no Makefile; expected {made}"
            )
    release = _read(folder / "include/config/kernel.release").strip()
    kernel = Kernel(name or _version(release), folder, image, release)
    kernel.check_guest()
    return kernel


def _debian(word: str, cache: Path) -> Kernel:
    version = word.partition("-")[2]
    package = f"linux-headers-{version}*-amd64"
    if not version:
        package = guest_kernel.newest().replace("image", "headers")
    folders = [
        folder
        for folder in _HEADERS.glob(package)
        if (folder / "Module.symvers").exists()
        # No -cloud-amd64, no -rt-amd64.
        and re.fullmatch(r"linux-headers-[\d.]+\S\w*-amd64", folder.name)
    ]
    if not folders:
        raise BadInput(
            f"--linux={word}: there are no headers; apt-get install {package}"
        )
    folder = max(folders, key=lambda each: _numbers(each.name))
    release = folder.name.removeprefix("linux-headers-")
    image = guest_kernel.fetch(cache, f"linux-image-{release}").vmlinuz
    return Kernel(_version(release), folder, image, release)


def _here() -> Kernel:
    release = os.uname().release
    folder = MODULES / release / "build"
    if not (folder / "Module.symvers").exists():
        raise BadInput(
            f"--here: there are no headers of the running kernel in {folder}; "
            f"apt-get install linux-headers-{release}"
        )
    return Kernel(_version(release), folder.resolve(), None, release)


def _version(release: str) -> str:
    """ "6.1" of "6.1.0-57-amd64"."""
    found = re.match(r"\d+\.\d+", release)
    return found[0] if found else "tree"


def _numbers(name: str) -> list[int]:
    return [int(each) for each in re.findall(r"\d+", name)]


def _read(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError as error:
        raise BadInput(f"{path}: {error.strerror}") from error
