# SPDX-License-Identifier: MIT
"""Instructions of the same structures, for the same pages, in user space."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from plots.tables.glance import ours_of

_FLOOR = "floor"


def count(
    program: str,
    rows: Sequence[str],
    flags: Sequence[str],
    folder: Path,
) -> bool:
    """Counts the rows and ours of the same shapes, in folders of `folder`, a
    process for each core. Counts of the same programs are taken again. False:
    there are none, and pfnbench has said why."""
    text = subprocess.run(
        [program, "--list-structures", *flags],
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    ).stdout
    known = [line.split()[0] for line in text.splitlines() if line.strip()]
    wanted = [row for row in rows if row in known]
    ours = dict.fromkeys(ours_of(row) for row in wanted)
    wanted += [each for each in ours if each in known]
    plugins = [
        Path(path)
        for flag in flags
        if flag.startswith("--plugin=")
        for path in flag.partition("=")[2].split(",")
    ]
    key = repr((wanted, *flags, *map(_digest, (Path(program), *plugins))))
    known_key = folder / "key"
    if known_key.exists() and known_key.read_text() == key:
        return True
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    most = len(os.sched_getaffinity(0))
    with ExitStack() as stack:
        running = [
            stack.enter_context(
                _Counting(program, [*share, _FLOOR], flags, folder / str(at))
            )
            for at in range(most)
            if (share := wanted[at::most])
        ]
        if any(each.wait() for each in running):
            return False
    known_key.write_text(key)
    return True


class _Counting:
    """A process that counts; it does not outlive this."""

    def __init__(
        self,
        program: str,
        structures: Sequence[str],
        flags: Sequence[str],
        out: Path,
    ) -> None:
        self._process = subprocess.Popen(
            [program, "--instructions=callgrind", "--quiet", *flags]
            + [f"--structure={','.join(structures)}", f"--out={out}"],
            stdin=subprocess.DEVNULL,
            # Its progress would be that of a share.
            stderr=subprocess.PIPE,
            text=True,
            # Ctrl-C is for this program, which then ends it.
            start_new_session=True,
        )

    def __enter__(self) -> _Counting:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait()

    def wait(self) -> int:
        _, said = self._process.communicate()
        if self._process.returncode:
            print(said, end="", file=sys.stderr)
        return self._process.returncode


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
