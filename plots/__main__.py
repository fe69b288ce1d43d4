# SPDX-License-Identifier: MIT
"""Turns the results of pfnbench into pictures and text.

To add a command: say its arguments in plots/commands/commands.toml, and
write a function of its name that takes them, in plots/commands.
"""

import argparse
import math
import os
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from plots import commands
from plots.read.results import ResultsError

_ROOT = Path(__file__).parents[1]
# ./run bench lets it lead to the run that it made.
LATEST = _ROOT / "results" / "latest"
_DECLARED = _ROOT / "plots" / "commands" / "commands.toml"
# ./run has no command of these names, or one that does more.
_OWN = ("docs", "instructions")


def _names(text: str) -> tuple[str, ...]:
    return tuple(filter(None, map(str.strip, text.split(","))))


def _percentage(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value <= 1e6:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a percentage from 0 to 1000000"
        )
    return value


_KINDS: dict[str, dict[str, Any]] = {
    "results": {"type": Path, "default": LATEST},
    "path": {"type": Path},
    "text": {},
    "names": {"type": _names, "metavar": "NAME[,NAME...]", "default": ()},
    "percentage": {"type": _percentage},
    "switch": {"action": "store_true"},
}


class _Parser(argparse.ArgumentParser):
    """Complains in one line, like the other programs."""

    def error(self, message: str) -> NoReturn:
        said = f"{self.prog}: {message}; see {self.prog} --help\n"
        self.exit(commands.EXIT_BAD_INPUT, said)


def _parser() -> argparse.ArgumentParser:
    what = "Turns the results of pfnbench into pictures and text."
    parser = _Parser(prog="plots", description=what)
    subparsers = parser.add_subparsers(
        title="commands", metavar="COMMAND", required=True
    )
    declared = tomllib.loads(_DECLARED.read_text(encoding="utf-8"))
    results = declared.pop("results")
    for name, arguments in sorted(declared.items()):
        what = arguments.pop("help")
        program = None if name in _OWN else f"./run {name}"
        added = subparsers.add_parser(
            name, prog=program, help=what, description=what
        )
        added.set_defaults(run=getattr(commands, name))
        for names, said in arguments.items():
            fields = {"kind": "path", **(results if said is True else said)}
            kind = _KINDS[fields.pop("kind")]
            added.add_argument(*names.split(), **{**kind, **fields})
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; returns the exit status."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except ResultsError as error:
        return commands.fail(str(error), commands.EXIT_BAD_INPUT)
    except BrokenPipeError:
        # The reader has seen enough; Python would complain at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


if __name__ == "__main__":
    sys.exit(main())
