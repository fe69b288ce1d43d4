# SPDX-License-Identifier: MIT
"""QEMU's machine protocol: a JSON object a line, over a Unix socket.

QEMU greets, the client asks for the command mode, then each command is
answered with `return` or `error`. Events come in between at any time; nothing
here waits for one, so they are left out.
"""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

from workloads.record.errors import RecordingFailed


class Qmp:
    """A connection; every method raises RecordingFailed once QEMU is gone."""

    def __init__(self, path: Path, seconds: float) -> None:
        """Connects; any answer may take `seconds`."""
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(seconds)
        try:
            self._socket.connect(str(path))
        except OSError:
            self._socket.close()
            raise
        self._file = self._socket.makefile("rwb")
        try:
            greeting = self._read()
            if "QMP" not in greeting:
                raise RecordingFailed(
                    f"QMP: found {greeting}; expected QEMU's greeting"
                )
            self.execute("qmp_capabilities")
        except BaseException:
            self.close()
            raise

    def execute(self, command: str, **arguments: Any) -> Any:
        """Runs a command; returns what QEMU returns."""
        request: dict[str, Any] = {"execute": command}
        if arguments:
            request["arguments"] = arguments
        try:
            self._file.write(json.dumps(request).encode() + b"\n")
            self._file.flush()
        except OSError as error:
            raise RecordingFailed(f"QMP: {command}: {error}") from error
        while True:
            answer = self._read()
            if "return" in answer:
                return answer["return"]
            if "error" in answer:
                raise RecordingFailed(
                    f"QMP: {command}: {answer['error'].get('desc')}"
                )

    def close(self) -> None:
        # Flushing what a dead QEMU did not read fails; so it should.
        try:
            self._file.close()
        except OSError:
            pass
        self._socket.close()

    def _read(self) -> dict[str, Any]:
        try:
            line = self._file.readline()
        except OSError as error:
            raise RecordingFailed(f"QMP: no answer: {error}") from error
        if not line.endswith(b"\n"):
            raise RecordingFailed("QMP: QEMU ended the conversation")
        try:
            answer = json.loads(line)
        except ValueError:
            answer = None
        if not isinstance(answer, dict):
            raise RecordingFailed(
                f"QMP: found {line[:80]!r}; expected a JSON object"
            )
        return answer
