# SPDX-License-Identifier: MIT
"""Makes dataclasses of JSON: the types of their fields say what must be there.

A field that has a default may be absent; keys that no field names are passed
over. A number is finite and not negative.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import lru_cache
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

# Metadata of a field whose own fields stand in the object around it, of one
# that holds that object in words, and of one whose key is not its name.
INLINE = {"inline": True}
WORDS = {"words": True}
KEY = "key"


class BadShape(Exception):
    """Says what is wrong and where, without naming the file."""


def build(kind: Any, value: Any, where: str) -> Any:
    """The value as a `kind`: a dataclass, or the type of one of its fields."""
    if kind in _SIMPLE:
        is_right, name = _SIMPLE[kind]
        if not is_right(value):
            raise BadShape(f"{where} is not {name}")
        return float(value) if kind is float else value
    if is_dataclass(kind):
        return _object(kind, value, where)
    arguments = get_args(kind)
    if isinstance(kind, UnionType):  # X | None, and it is there
        return build(arguments[0], value, where)
    if get_origin(kind) is tuple:
        if not isinstance(value, list):
            raise BadShape(f"{where} is not a list")
        return tuple(
            build(arguments[0], each, f"{where}[{number}]")
            for number, each in enumerate(value)
        )
    if get_origin(kind) is Mapping:
        return {
            key: build(arguments[1], each, f"{where}: {key}")
            for key, each in _checked(value, where).items()
        }
    # A NamedTuple, which is a list in the file.
    if not isinstance(value, list) or len(value) != 3:
        raise BadShape(f"{where} is not a list of three numbers")
    pairs = zip(_hints(kind).values(), value)
    return kind(*(build(hint, each, where) for hint, each in pairs))


def _object(kind: Any, value: Any, where: str) -> Any:
    made = {}
    for field in fields(kind):
        key = field.metadata.get(KEY, field.name)
        hint = _hints(kind)[field.name]
        if "inline" in field.metadata:
            made[field.name] = build(hint, value, where)
        elif "words" in field.metadata:
            made[field.name] = words(value, "yes", "no")
        elif key in _checked(value, where):
            made[field.name] = build(hint, value[key], f"{where}: {key}")
        elif field.default is field.default_factory is MISSING:
            raise BadShape(f"{where} has no {key}")
    try:
        return kind(**made)
    except ValueError as error:  # of its __post_init__
        raise BadShape(f"{where} {error}") from None


def words(value: Mapping[str, Any], true: str, false: str) -> dict[str, str]:
    """What is no list or object, as text."""
    return {
        key: (true if each else false) if isinstance(each, bool) else str(each)
        for key, each in value.items()
        if isinstance(each, (str, int, float))
    }


def _checked(value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise BadShape(f"{where} is not an object")
    return value


_hints = lru_cache(maxsize=None)(get_type_hints)


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and 0 <= value < math.inf


_SIMPLE = {
    str: (lambda value: isinstance(value, str), "text"),
    bool: (lambda value: isinstance(value, bool), "true or false"),
    int: (lambda value: type(value) is int and value >= 0, "a whole number"),
    float: (_is_number, "a number from 0"),
}
