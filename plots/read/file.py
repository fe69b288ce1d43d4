# SPDX-License-Identifier: MIT
"""Takes a results.json apart, or refuses it in one line."""

import json
from pathlib import Path
from typing import Any

FILE_NAME = "results.json"
SCHEMAS = ("1", "2")
GIVE_OURS = "give the results.json that pfnbench wrote"


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
        # One line, for grep, and nothing that a terminal would obey.
        line = " ".join(f"{path}: {problem}; {remedy}".split())
        super().__init__(printable(line))


def read(path: Path) -> dict[str, Any]:
    """The document; its context is an object that names a known schema."""
    try:
        document = json.loads(path.read_bytes().decode())
    except FileNotFoundError:
        why, remedy = "no such file", "run ./run bench to make one"
    except OSError as error:
        why = f"cannot be read ({error.strerror})"
        remedy = "check its permissions"
    except UnicodeDecodeError:
        why, remedy = "not a text file", "give the results.json of a run"
    # Deeply nested brackets exhaust the parser's stack.
    except (ValueError, RecursionError) as error:
        why = f"not JSON, or cut off ({error})"
        remedy = "run the benchmark again"
    else:
        is_object = isinstance(document, dict)
        context = document.get("context") if is_object else None
        said = context if isinstance(context, dict) else {}
        schema = said.get("pfnbench_schema")
        if schema in SCHEMAS:
            return document
        why, remedy = "not a JSON object", GIVE_OURS
        if is_object:
            why = "not pfnbench results (no pfnbench_schema in the context)"
        if schema is not None:
            why = f"has schema {schema!s:.40}, but only 1 and 2 can be read"
            by = said.get("commit", "not recorded")
            remedy = f"use the plots of the commit that wrote it ({by!s:.40})"
    raise ResultsError(path, why, remedy)
