# SPDX-License-Identifier: MIT
"""Writes a cpio archive as the kernel unpacks it into its initramfs ("newc").

An entry is a header of 110 ASCII characters, its name, its data; both padded
to four bytes. Inode numbers only matter for hard links, which there are none
of, and times are 0: the same files make the same archive.
"""

from __future__ import annotations

import io
import stat


class CpioWriter:
    """Collects entries; `finish` returns the archive."""

    def __init__(self) -> None:
        self._out = io.BytesIO()
        self._inode = 0

    def add_folder(self, name: str) -> None:
        self._add(name, stat.S_IFDIR | 0o755, b"")

    def add_file(self, name: str, data: bytes, mode: int = 0o644) -> None:
        self._add(name, stat.S_IFREG | mode, data)

    def add_link(self, name: str, target: str) -> None:
        self._add(name, stat.S_IFLNK | 0o777, target.encode())

    def add_character_device(self, name: str, major: int, minor: int) -> None:
        self._add(name, stat.S_IFCHR | 0o600, b"", (major, minor))

    def finish(self) -> bytes:
        self._inode = -1
        self._add("TRAILER!!!", 0, b"")
        return self._out.getvalue()

    def _add(
        self,
        name: str,
        mode: int,
        data: bytes,
        device: tuple[int, int] = (0, 0),
    ) -> None:
        self._inode += 1
        links = 2 if stat.S_ISDIR(mode) else 1
        path = name.encode() + b"\0"
        fields = (
            self._inode,
            mode,
            0,  # user
            0,  # group
            links,
            0,  # time
            len(data),
            0,  # device that holds the file
            0,
            *device,
            len(path),
            0,  # checksum, of another format
        )
        self._out.write(b"070701" + b"".join(b"%08X" % f for f in fields))
        self._write_padded(path)
        self._write_padded(data)

    def _write_padded(self, data: bytes) -> None:
        self._out.write(data)
        self._out.write(bytes(-self._out.tell() % 4))
