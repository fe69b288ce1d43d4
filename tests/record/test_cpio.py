# SPDX-License-Identifier: MIT
"""The archive is what a reader of cpio archives finds in it."""

from __future__ import annotations

import shutil
import stat
import subprocess

import pytest

from workloads.record.cpio import CpioWriter


def archive() -> bytes:
    writer = CpioWriter()
    writer.add_folder("bin")
    writer.add_file("bin/odd", b"12345", 0o755)
    writer.add_file("empty", b"")
    writer.add_character_device("console", 5, 1)
    return writer.finish()


def entries(data: bytes) -> dict[str, tuple[list[int], bytes]]:
    """A reader of its own: the format has few words."""
    found, at = {}, 0
    while True:
        assert data[at : at + 6] == b"070701"
        fields = [
            int(data[at + 6 + 8 * i : at + 14 + 8 * i], 16) for i in range(13)
        ]
        name_end = at + 110 + fields[11]
        name = data[at + 110 : name_end].rstrip(b"\0").decode()
        start = name_end + -name_end % 4
        end = start + fields[6]
        at = end + -end % 4
        if name == "TRAILER!!!":
            assert at == len(data)
            return found
        found[name] = fields, data[start:end]


def test_every_entry_has_its_name_mode_and_data():
    found = entries(archive())
    assert list(found) == ["bin", "bin/odd", "empty", "console"]
    assert stat.S_ISDIR(found["bin"][0][1])
    assert found["bin/odd"][1] == b"12345"
    assert stat.filemode(found["bin/odd"][0][1]) == "-rwxr-xr-x"
    assert found["empty"][1] == b""
    assert stat.S_ISCHR(found["console"][0][1])
    assert found["console"][0][9:11] == [5, 1]
    assert len({fields[0] for fields, _ in found.values()}) == 4


def test_the_same_files_make_the_same_archive():
    assert archive() == archive()


def test_cpio_and_busybox_can_unpack_it(tmp_path):
    for program in (["cpio"], ["busybox", "cpio"]):
        if shutil.which(program[0]) is not None:
            break
    else:
        pytest.skip("neither cpio nor busybox is installed")
    listed = subprocess.run(
        [*program, "-t"], input=archive(), capture_output=True, check=True
    )
    assert listed.stdout.decode().split() == [
        "bin",
        "bin/odd",
        "empty",
        "console",
    ]
