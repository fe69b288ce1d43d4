# SPDX-License-Identifier: MIT
"""Sentences of words.toml, and the words that go into them."""

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from plots.read.results import ResultsError


def _data(name: str) -> Mapping[str, Mapping[str, Any]]:
    return tomllib.loads(Path(__file__).with_name(name).read_text("utf-8"))


SAID, COLUMNS = _data("words.toml"), _data("columns.toml")


def say(of: str, name: str, /, **words: object) -> str:
    text: str = SAID[of][name]
    return text.format_map(words)


def refused(path: Path, name: str, /, **words: object) -> ResultsError:
    """What to raise: the file cannot be used for this."""
    said = (text.format_map(words) for text in SAID["refused"][name])
    return ResultsError(path, *said)


def many(number: int, what: str) -> str:
    """So many of something, which ends in an s if it is not one."""
    return f"{number} {what}{'s' * (number != 1)}"


def and_(names: Sequence[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last
