# SPDX-License-Identifier: MIT
"""What commands that run a guest say, and how they end."""

from __future__ import annotations

import argparse
import signal
import sys
from dataclasses import dataclass
from types import FrameType
from typing import NoReturn

from workloads.record.errors import BadInput


class Parser(argparse.ArgumentParser):
    """Complains in one line, like the other programs."""

    def error(self, message: str) -> NoReturn:
        raise BadInput(f"{message}; see {self.prog} --help")


@dataclass(frozen=True)
class Console:
    """Standard error, in the name of a command."""

    command: str

    def say(self, text: str) -> None:
        # It may quote the guest's console, which may hold anything.
        printable = "".join(
            each if each.isprintable() else repr(each)[1:-1] for each in text
        )
        print(f"{self.command}: {printable}", file=sys.stderr, flush=True)

    def complain(self, message: str, status: int) -> int:
        """One line; returns the status."""
        self.say(" ".join(message.split()))
        return status


def interrupt_at_sigterm() -> None:
    """Also what SIGTERM ends must end QEMU and remove the scratch folder."""
    signal.signal(signal.SIGTERM, _interrupt)


def _interrupt(number: int, frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt
