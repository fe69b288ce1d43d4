# SPDX-License-Identifier: MIT
"""The module, built against the headers of a kernel."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from harness.module.kernel import Kernel
from workloads.record.errors import BadInput

_OURS = Path(__file__).parent
_STRUCTURES = _OURS.parents[1] / "structures"
_ADAPTERS = _STRUCTURES / "linux"
# The loop alone; pfnbench.c has it.
EMPTY = "empty"


@dataclass(frozen=True)
class Row:
    """A row of structures/linux/build: `symbol` is its table in C."""

    name: str  # without the @ and the tree
    symbol: str
    source: str
    flag: str


@dataclass(frozen=True)
class Module:
    """`rows` are those that this kernel can have, by their whole names."""

    file: Path
    rows: tuple[str, ...]
    left_out: tuple[str, ...]  # row and reason
    needed: tuple[Path, ...]  # modules of the kernel


def rows() -> list[Row]:
    """Every adapter, in the order of structures/linux/build."""
    found = []
    text = (_ADAPTERS / "build").read_text()
    for words in re.findall(r"^ *row (\w+) (\w+)(?: -D(\w+))?$", text, re.M):
        symbol, source, flag = f"linux_{words[0]}", words[1], words[2]
        adapter = (_ADAPTERS / f"{source}.c").read_text()
        name = re.search(
            rf'LINUX_STRUCTURE\({symbol},\s*"([a-z0-9-]+)"', adapter
        )
        if name is None:
            raise BadInput(f"{source}.c: has no LINUX_STRUCTURE({symbol}, ...)")
        found.append(Row(name[1], symbol, source, flag))
    return found


def build(kernel: Kernel, folder: Path, say: Callable[[str], None]) -> Module:
    """Builds in `folder`; a row that this kernel cannot have is left out."""
    for program, package in (("make", "make"), ("gcc", "gcc"), ("nm", "gcc")):
        if shutil.which(program) is None:
            raise BadInput(f"no {program} here; apt-get install {package}")
    if re.search(r"[\s:$#'\"\\%]", f"{folder}{_OURS}"):
        raise BadInput(f"{folder}: has a blank, ':' or '$' in its path")
    left_out = _known(kernel, folder)
    if left_out is None:
        # Objects of another tree of this name look fresh to make. If this build
        # is interrupted, its own shall not be taken for those of the last.
        for each in (*folder.glob("left_out"), *folder.glob("*.o")):
            each.unlink()
        left_out = {}
    folder.mkdir(parents=True, exist_ok=True)
    wanted = rows()
    say(f"building the module for Linux {kernel.release} ({kernel.name})")
    while True:
        kept = [row for row in wanted if row.name not in left_out]
        _write_sources(kernel, kept, folder)
        failed = _make(kernel, folder)
        if failed is None:
            break
        more = _reasons(failed, kept, folder)
        if not more:
            raise BadInput(
                f"{kernel.folder}: the module does not build: "
                f"{_first_error(failed)}; the whole output is in "
                f"{folder / 'build.log'}"
            )
        left_out |= more
    said = tuple(f"{name}: {why}" for name, why in left_out.items())
    _write(folder / "left_out", _signature(kernel) + "\n".join(said))
    names = [EMPTY, *(row.name for row in kept)]
    file = folder / "pfnbench.ko"
    return Module(
        file,
        tuple(f"{name}@{kernel.name}" for name in names),
        said,
        _needed(kernel, file),
    )


def _write_sources(kernel: Kernel, kept: list[Row], folder: Path) -> None:
    """A file for each row, because one adapter makes several."""
    tree = f'#define LINUX_TREE "{kernel.name}"'
    for row in kept:
        flag = [f"#define {row.flag} 1"] if row.flag else []
        source = f'#include "{_ADAPTERS / row.source}.c"'
        _write(folder / f"{row.symbol}.c", "\n".join([tree, *flag, source]))
    table = " ".join(f"ROW({row.symbol})" for row in kept)
    _write(folder / "rows.h", f"{tree}\n#define LINUX_ROWS {table}")
    _write(folder / "main.c", f'#include "{_OURS / "pfnbench.c"}"')
    objects = " ".join(f"{row.symbol}.o" for row in kept)
    _write(
        folder / "Kbuild",
        "obj-m := pfnbench.o\n"
        f"pfnbench-y := main.o {objects}\n"
        f"ccflags-y := -I$(src) -I{folder} -I{_OURS / 'include'} "
        f"-I{_ADAPTERS}",
    )


def _write(path: Path, text: str) -> None:
    # What is as it was is not compiled again.
    if not path.exists() or path.read_text() != f"{text}\n":
        path.write_text(f"{text}\n")


def _make(kernel: Kernel, folder: Path) -> str | None:
    """None, or the output of a build that failed."""
    cores = len(os.sched_getaffinity(0))
    command = ["make", "-k", f"-j{cores}", "-C", str(kernel.folder)]
    command += [f"M={folder}", "modules"]
    result = subprocess.run(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    (folder / "build.log").write_text(result.stdout)
    return result.stdout if result.returncode else None


def _reasons(
    output: str, kept: Iterable[Row], folder: Path
) -> dict[str, str]:
    """Which rows this kernel cannot have, and why."""
    found = {}
    missing = re.findall(r'modpost: "(\w+)" \[\S*pfnbench.ko\] undef', output)
    for row in kept:
        if re.search(rf"/{row.symbol}\.o\] Error", output):
            found[row.name] = "it does not compile with these headers"
            continue
        names = set(_undefined(folder / f"{row.symbol}.o"))
        for symbol in missing:
            if symbol in names:
                found[row.name] = f"this kernel does not export {symbol}()"
                break
    return found


def _undefined(file: Path) -> list[str]:
    if not file.exists():
        return []
    result = subprocess.run(
        ["nm", "--undefined-only", "--format=posix", str(file)],
        capture_output=True,
        text=True,
        check=False,
    )
    return [line.split()[0] for line in result.stdout.splitlines()]


def _first_error(output: str) -> str:
    found = re.search(r"^.*(?:error|ERROR|\*\*\*).*$", output, re.M)
    return found[0].strip() if found else "make failed"


def _needed(kernel: Kernel, file: Path) -> tuple[Path, ...]:
    """Modules that export what ours calls."""
    wanted = set(_undefined(file))
    owners = set()
    for line in (kernel.folder / "Module.symvers").read_text().splitlines():
        words = line.split("\t")
        if len(words) > 2 and words[1] in wanted and words[2] != "vmlinux":
            owners.add(words[2].removesuffix(".ko"))
    files = [kernel.folder / f"{owner}.ko" for owner in sorted(owners)]
    for each in files:
        if kernel.image is not None and not each.exists():
            raise BadInput(f"{each}: is missing; run make modules there")
    return tuple(files)


def _signature(kernel: Kernel) -> str:
    """Changes with the kernel and with any adapter."""
    files = [kernel.folder / "Module.symvers", *sorted(_ADAPTERS.iterdir())]
    stamps = " ".join(str(each.stat().st_mtime_ns) for each in files)
    return f"{kernel.folder} {kernel.release} {stamps}\n"


def _known(kernel: Kernel, folder: Path) -> dict[str, str] | None:
    """What the last build left out; None if anything has changed since."""
    path = folder / "left_out"
    text = path.read_text() if path.exists() else ""
    signature = _signature(kernel)
    if not text.startswith(signature):
        return None
    lines = text.removeprefix(signature).splitlines()
    return dict(line.split(": ", 1) for line in lines if line)
