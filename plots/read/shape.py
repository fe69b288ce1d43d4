# SPDX-License-Identifier: MIT
"""Makes dataclasses of JSON: the types of their fields say what must be there.

What is read can be shown: no text is endless or moves a terminal's cursor, no
number is beyond all measure.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import lru_cache, partial
from types import UnionType
from typing import Any, NewType, Union
from typing import get_args, get_origin, get_type_hints

# Metadata of a field: its key, if that is not its name. None: it is made of
# the whole object that the others stand in.
KEY = "key"
WHOLE: dict[str, Any] = {KEY: None}

Name = NewType("Name", str)  # of a structure or an operation
Title = NewType("Title", str)  # of a workload, which may be a path
LongText = NewType("LongText", str)
_LONG_KEYS = {"busy_processes", "command_line", "executable"}
_LARGEST = 1e30
# Control characters but tab and the ends of lines, and lone surrogates.
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff]")

# All of an object that is text or a number: as words, as figures.
Settings = NewType("Settings", Mapping[str, str])  # true is "on"
Facts = NewType("Facts", Mapping[str, str])  # true is "yes"
Figures = NewType("Figures", dict[str, float])

Reader = Callable[[Any], Any]


class BadShape(ValueError):
    """Says where something is wrong, and what: `[2]: pages is not a list`."""


@lru_cache(maxsize=None)
def reader(kind: Any) -> Reader:
    """A function that makes a `kind` of a value, or raises BadShape."""
    arguments = get_args(kind)
    if kind in _READERS:
        return _READERS[kind]
    if get_origin(kind) in (Union, UnionType):  # X | None, and it is there
        return reader(arguments[0])
    if get_origin(kind) is tuple:
        return partial(_list, reader(arguments[0]))
    if get_origin(kind) is Mapping:
        return partial(_mapping, reader(arguments[1]))
    hints = get_type_hints(kind)
    if not is_dataclass(kind):  # a NamedTuple, which is a list in the file
        return partial(_line, kind, [reader(hint) for hint in hints.values()])
    table = [
        (
            each.name,
            each.metadata.get(KEY, each.name),
            reader(hints[each.name]),
            each.default is each.default_factory is MISSING,
        )
        for each in fields(kind)
    ]
    return partial(_object, kind, table)


def _at(where: str, read: Reader, value: Any) -> Any:
    try:
        return read(value)
    except BadShape as error:
        raise BadShape(f"{where}{error}") from None


def _text(least: int, most: int, value: Any) -> str:
    if not isinstance(value, str) or len(value) < least:
        raise BadShape(" is not text")
    if len(value) > most:
        raise BadShape(f" has {len(value)} characters, more than {most}")
    if not value.isprintable() and _UNPRINTABLE.search(value):
        raise BadShape(" has a control character or half of a character")
    return value


def _simple(kind: Any, types: tuple[Any, ...], name: str, value: Any) -> Any:
    # Nor is NaN between these.
    if type(value) not in types or not 0 <= value <= _LARGEST:
        raise BadShape(f" is not {name}")
    return kind(value)


def _list(read: Reader, value: Any) -> tuple[Any, ...]:
    if not isinstance(value, list):
        raise BadShape(" is not a list")
    return tuple(_at(f"[{n}]", read, each) for n, each in enumerate(value))


def _line(kind: Any, readers: list[Reader], value: Any) -> Any:
    if not isinstance(value, list) or len(value) != len(readers):
        raise BadShape(f" is not a list of {len(readers)} numbers")
    return kind(*(read(each) for read, each in zip(readers, value)))


def _items(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise BadShape(" is not an object")
    for key in value:
        _check_key(key)
    return value


@lru_cache(maxsize=1000)
def _check_key(key: str) -> None:
    _at(" has a key that", reader(str), key)


def _mapping(read: Reader, value: Any) -> dict[str, Any]:
    return {
        key: _at(f": {key}", read, each) for key, each in _items(value).items()
    }


def _object(kind: Any, table: list[tuple[Any, ...]], value: Any) -> Any:
    made = {}
    items = _items(value)
    for name, key, read, is_needed in table:
        if key is None:
            made[name] = read(items)
        elif key in items:
            made[name] = _at(f": {key}", read, items[key])
        elif is_needed:
            raise BadShape(f" has no {key}")
    return kind(**made)


def _figures(value: dict[str, Any]) -> dict[str, float]:
    made = {k: x for k, x in value.items() if type(x) in (int, float)}
    for key, each in made.items():
        if not abs(each) <= _LARGEST:
            raise BadShape(f": {key} is a number beyond all measure")
    return made


def _words(true: str, false: str, value: dict[str, Any]) -> dict[str, str]:
    words = {}
    figures = _figures(value)
    for key, each in value.items():
        if isinstance(each, bool):
            words[key] = true if each else false
        elif isinstance(each, str):
            read = reader(LongText if key in _LONG_KEYS else str)
            words[key] = _at(f": {key}", read, each)
        elif key in figures:
            words[key] = str(each)
    return words


# What pfnbench writes stays far below these lengths and numbers. A file beyond
# them was not written by it, and would fill a page, a picture or the memory.
_READERS: dict[Any, Reader] = {
    str: partial(_text, 0, 1000),
    Name: partial(_text, 1, 100),
    Title: partial(_text, 1, 1000),
    LongText: partial(_text, 0, 100_000),
    bool: partial(_simple, bool, (bool,), "true or false"),
    int: partial(_simple, int, (int,), "a whole number"),
    float: partial(_simple, float, (int, float), "a number from 0 to 1e30"),
    Settings: partial(_words, "on", "off"),
    Facts: partial(_words, "yes", "no"),
    Figures: _figures,
}
