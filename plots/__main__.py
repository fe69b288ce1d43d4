# SPDX-License-Identifier: MIT
"""Turns the results of pfnbench into pictures and text.

To add a command: say its arguments in plots/commands/commands.toml, and
write a function of its name that takes them, in texts.py or pictures.py.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from plots.commands import EXIT_BAD_INPUT, add_arguments, commands, fail
from plots.commands import pictures, texts
from plots.read.results import ResultsError

# ./run has no command of these names, or one that does more.
_OWN = ("docs", "instructions")


class _Parser(argparse.ArgumentParser):
    """Complains in one line, like the other programs."""

    def error(self, message: str) -> NoReturn:
        self.exit(
            EXIT_BAD_INPUT, f"{self.prog}: {message}; see {self.prog} --help\n"
        )


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; returns the exit status."""
    parser = _Parser(
        prog="plots",
        description="Turns the results of pfnbench into pictures and text.",
    )
    subparsers = parser.add_subparsers(
        title="commands", metavar="COMMAND", required=True
    )
    for name, command in sorted(commands().items()):
        what = command["help"]
        program = None if name in _OWN else f"./run {name}"
        added = subparsers.add_parser(
            name, prog=program, help=what, description=what
        )
        add_arguments(added, command)
        module = texts if hasattr(texts, name) else pictures
        added.set_defaults(run=getattr(module, name))
    options = parser.parse_args(arguments)
    try:
        return int(options.run(options))
    except ResultsError as error:
        return fail(str(error), EXIT_BAD_INPUT)
    except BrokenPipeError:
        # The reader has seen enough (`| head`). Python would complain when
        # it flushes stdout at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


if __name__ == "__main__":
    sys.exit(main())
