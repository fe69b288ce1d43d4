# SPDX-License-Identifier: MIT
"""What the commands of plots have in common: arguments, output, statuses."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from plots.read.results import FILE_NAME, ResultsError

EXIT_CHANGED = 1  # a count has risen, or a time
EXIT_BAD_INPUT = 2
EXIT_NO_MATPLOTLIB = 3

# ./run bench lets it lead to the run that it made.
LATEST = Path(__file__).parents[2] / "results" / "latest"

Options = argparse.Namespace
Argument = tuple[tuple[str, ...], dict[str, Any]]


class Command(NamedTuple):
    help: str
    arguments: tuple[Argument, ...]
    run: Callable[[Options], int]


COMMANDS: dict[str, Command] = {}


def command(
    what: str, *arguments: Argument
) -> Callable[[Callable[[Options], int]], Callable[[Options], int]]:
    """Makes a command of the function, under its name."""

    def add(run: Callable[[Options], int]) -> Callable[[Options], int]:
        COMMANDS[run.__name__.strip("_")] = Command(what, arguments, run)
        return run

    return add


def argument(*names: str, **how: Any) -> Argument:
    return names, how


def path(name: str, what: str, **how: Any) -> Argument:
    metavar = how.pop("metavar", name.strip("-").upper())
    return argument(name, metavar=metavar, type=Path, help=what, **how)


def output(what: str, metavar: str = "FILE", **how: Any) -> Argument:
    return argument(
        "-o", "--output", metavar=metavar, type=Path, help=what, **how
    )


def switch(name: str, what: str) -> Argument:
    return argument(name, action="store_true", help=what)


def choices(name: str, what: str) -> Argument:
    return argument(
        f"--{name}",
        metavar="NAME[,NAME...]",
        type=lambda text: tuple(filter(None, map(str.strip, text.split(",")))),
        default=(),
        help=f"only {what} (default: all)",
    )


RESULTS = path(
    "results",
    f"{FILE_NAME}, or the directory that contains it (default:"
    " results/latest, the newest run)",
    nargs="?",
    default=LATEST,
)


def fail(message: str, status: int) -> int:
    print(f"plots: {message}", file=sys.stderr)
    return status


def say(text: str) -> int:
    sys.stdout.write(text)
    sys.stdout.flush()
    return 0


def write(path: Path, content: bytes) -> None:
    """Writes all or nothing: a picture cut in half would be mailed."""
    part = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(content)
        part.replace(path)
    except OSError as error:
        raise ResultsError(
            path,
            f"cannot be written ({error.strerror})",
            "choose another place with -o",
        ) from None


def read(path: Path, remedy: str) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise ResultsError(
            path, f"cannot be read ({error.strerror})", remedy
        ) from None
