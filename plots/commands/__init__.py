# SPDX-License-Identifier: MIT
"""What the commands of plots have in common: arguments, output, statuses."""

from __future__ import annotations

import argparse
import math
import sys
import tomllib
from pathlib import Path
from typing import Any

from plots.read.results import ResultsError

EXIT_CHANGED = 1  # a count has risen, or a time
EXIT_BAD_INPUT = 2
EXIT_NO_MATPLOTLIB = 3

# ./run bench lets it lead to the run that it made.
LATEST = Path(__file__).parents[2] / "results" / "latest"

Options = argparse.Namespace


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
    "path": {"type": Path},
    "text": {},
    "names": {"type": _names, "metavar": "NAME[,NAME...]", "default": ()},
    "percentage": {"type": _percentage},
    "switch": {"action": "store_true"},
}


def commands() -> dict[str, dict[str, Any]]:
    """What commands.toml says, by command."""
    path = Path(__file__).with_name("commands.toml")
    said = tomllib.loads(path.read_text(encoding="utf-8"))
    results = {**said.pop("results"), "default": LATEST}
    for command in said.values():
        if command.get("results") is True:
            command["results"] = results
    return said


def add_arguments(
    parser: argparse.ArgumentParser, command: dict[str, Any]
) -> None:
    for names, fields in command.items():
        if names != "help":
            how = {**_KINDS[fields.get("kind", "path")], **fields}
            how.pop("kind", None)
            parser.add_argument(*names.split(), **how)


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
