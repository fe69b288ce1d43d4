# SPDX-License-Identifier: MIT
"""Makes dataclasses of JSON: the types of their fields say what must be there.

A field that may be None, or has a default, may be absent; keys that no field
names are passed over. A number is finite and not negative.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import lru_cache
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints


class BadShape(Exception):
    """Says what is wrong and where, without naming the file."""


# Of a field whose key cannot be its name, and of one whose own fields stand
# in the object around it.
KEY = "key"
INLINE = "inline"


def build(kind: Any, value: Any, where: str) -> Any:
    """The value as a `kind`: a dataclass, or the type of one of its fields."""
    simple = _SIMPLE.get(kind)
    if simple is not None:
        is_right, name = simple
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
        _refuse_no_object(value, where)
        return {
            key: build(arguments[1], each, f"{where}: {key}")
            for key, each in value.items()
        }
    return _three(kind, value, where)


def _object(kind: Any, value: Any, where: str) -> Any:
    _refuse_no_object(value, where)
    made = {}
    for name, key, hint, is_optional, is_inline in _fields_of(kind):
        if is_inline:
            made[name] = build(hint, value, where)
        elif key in value:
            made[name] = build(hint, value[key], f"{where}: {key}")
        elif not is_optional:
            raise BadShape(f"{where} has no {key}")
    try:
        return kind(**made)
    except ValueError as error:  # of its __post_init__
        raise BadShape(f"{where} {error}") from None


def _three(kind: Any, value: Any, where: str) -> Any:
    """A NamedTuple of three numbers, a list in the file."""
    if not isinstance(value, list) or len(value) != 3:
        raise BadShape(f"{where} is not a list of three numbers")
    hints = _hints(kind).values()
    return kind(*(build(hint, each, where) for hint, each in zip(hints, value)))


def _refuse_no_object(value: Any, where: str) -> None:
    if not isinstance(value, dict):
        raise BadShape(f"{where} is not an object")


_hints = lru_cache(maxsize=None)(get_type_hints)


@lru_cache(maxsize=None)
def _fields_of(kind: Any) -> list[tuple[str, str, Any, bool, bool]]:
    """Name, key, type, whether it may be absent, whether it is inline."""
    hints = _hints(kind)
    return [
        (
            field.name,
            field.metadata.get(KEY, field.name),
            hints[field.name],
            field.default is not MISSING
            or field.default_factory is not MISSING,
            INLINE in field.metadata,
        )
        for field in fields(kind)
    ]


def _is_whole(value: Any) -> bool:
    return type(value) is int and value >= 0


def _is_number(value: Any) -> bool:
    return (
        type(value) in (int, float) and value >= 0 and math.isfinite(value)
    )


_SIMPLE = {
    str: (lambda value: isinstance(value, str), "text"),
    bool: (lambda value: isinstance(value, bool), "true or false"),
    int: (_is_whole, "a whole number"),
    float: (_is_number, "a number from 0"),
}
