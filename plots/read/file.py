# SPDX-License-Identifier: MIT
"""Takes a results.json apart, or refuses it in one line.

After read() the rest of plots may trust what it shows: no text is endless or
moves a terminal's cursor, no number is beyond all measure.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

FILE_NAME = "results.json"
SCHEMAS = ("1", "2")
GIVE_OURS = "give the results.json that pfnbench wrote"

# Control characters but tab and the ends of lines, and lone surrogates.
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff]")

# What pfnbench writes stays far below all of these. A file beyond them was
# not written by it, and would fill a page, a picture or the memory.
LONGEST_NAME = 100  # of a structure or an operation
_LONGEST = 1000  # characters of a text
_MAY_BE_LONG = {
    "busy_processes",
    "command_line",
    "error",
    "error_message",
    "executable",
}
_LONGEST_OF_ALL = 100_000
_LARGEST = 1e30


def printable(text: str) -> str:
    """The text with what a terminal would obey spelt out."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def shorten(text: str, width: int) -> str:
    """Takes out the middle of a text that is too long, keeps both ends."""
    if len(text) <= width:
        return text
    tail = (width - 2) // 2
    return text[: width - 2 - tail] + ".." + text[len(text) - tail :]


class ResultsError(Exception):
    """The file cannot be used: says which, why, and what to do."""

    def __init__(self, path: Path, problem: str, remedy: str) -> None:
        # One line whatever the file holds, so that it can be grepped, and
        # nothing that a terminal would obey.
        line = " ".join(f"{path}: {problem}; {remedy}".split())
        super().__init__(printable(line))


def read(path: Path) -> dict[str, Any]:
    """The document; its context is an object that names a known schema."""
    document = _parse(path)
    _refuse_odd_values(path, document)
    context = document.get("context")
    said = context if isinstance(context, dict) else {}
    schema = said.get("pfnbench_schema")
    if schema is None:
        problem = "not pfnbench results (no pfnbench_schema in the context)"
        raise ResultsError(path, problem, GIVE_OURS)
    if schema not in SCHEMAS:
        problem = f"has schema {schema}, but only 1 and 2 can be read"
        commit = said.get("commit", "not recorded")
        remedy = f"use the plots of the commit that wrote it ({commit})"
        raise ResultsError(path, problem, remedy)
    return document


def _parse(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_bytes().decode())
    except FileNotFoundError:
        problem, remedy = "no such file", "run ./run bench to make one"
    except OSError as error:
        problem = f"cannot be read ({error.strerror})"
        remedy = "check its permissions"
    except UnicodeDecodeError:
        problem, remedy = "not a text file", "give the results.json of a run"
    # Deeply nested brackets exhaust the parser's stack.
    except (ValueError, RecursionError) as error:
        problem = f"not JSON, or cut off ({error})"
        remedy = "run the benchmark again"
    else:
        if isinstance(document, dict):
            return document
        problem, remedy = "not a JSON object", GIVE_OURS
    raise ResultsError(path, problem, remedy)


def _refuse_odd_values(path: Path, document: Mapping[str, Any]) -> None:
    """Refuses once, here, what no later reader could show."""
    # Not recursive: a document may be nested as deeply as the stack is high.
    rest: list[tuple[str, str, Any]] = [("", "", document)]
    while rest:
        where, key, value = rest.pop()
        problem = None
        if isinstance(value, str):
            problem = _problem_of_text(value, key)
        elif isinstance(value, (int, float)):
            # False for NaN.
            if not -_LARGEST <= value <= _LARGEST:
                problem = "a number beyond all measure"
        elif isinstance(value, (dict, list)):
            place = f"{where} {key}".strip()
            if isinstance(value, list):
                rest += [(place, str(i), each) for i, each in enumerate(value)]
                continue
            for name, each in value.items():
                problem = problem or _problem_of_text(name, "")
                rest.append((place, name, each))
        if problem is not None:
            place = shorten(f"{where} {key}".strip(), LONGEST_NAME)
            raise ResultsError(
                path, f"has {problem} ({place or 'outermost'})", GIVE_OURS
            )


def _problem_of_text(text: str, key: str) -> str | None:
    longest = _LONGEST_OF_ALL if key in _MAY_BE_LONG else _LONGEST
    if len(text) > longest:
        return f"a text of {len(text)} characters"
    if not text.isprintable() and _UNPRINTABLE.search(text):
        return "a text with a control character or half of a character"
    return None
