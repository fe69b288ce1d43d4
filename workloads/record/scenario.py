# SPDX-License-Identifier: MIT
"""Scenarios: what a guest is, what runs inside, what the host asks for.

A scenario is a small TOML file; docs/recording.md describes every key. What
cannot be a scenario is refused with file, key and what was expected.
"""

from __future__ import annotations

import dataclasses
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workloads.record.errors import BadInput

FOLDER = Path(__file__).parent / "scenarios"
PAGE = 4096
SMALLEST_GUEST = 128 << 20

_UNITS = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
_SIZE = re.compile(r"([1-9][0-9]{0,8})([KMGT])")

# The keys of each kind of load, in the order in which guest/load.c takes
# them, with their defaults; a key without a default must be there.
LOADS: dict[str, dict[str, Any]] = {
    "files": {
        "size": None,
        "smallest": "4K",
        "largest": "64K",
        "deleted": 0.0,
        "seed": 1,
    },
    "writer": {
        "size": None,
        "smallest": "4K",
        "largest": "64K",
        "pause": 0,
        "seed": 1,
    },
    "punched": {"size": None, "freed": 0.5, "leaves": False, "seed": 1},
    "hog": {"size": None, "pause": 0},
}
_SIZES = {"size", "smallest", "largest"}
_FRACTIONS = {"deleted", "freed"}
_FLAGS = {"leaves"}

# The figures of `pfntrace info` that may have a bound.
BOUNDS = ("pages", "ranges", "most_ranges", "mean_run", "down_steps")


@dataclass(frozen=True)
class Load:
    """A program in the guest; its arguments are those of guest/load.c."""

    kind: str
    arguments: tuple[int, ...]


@dataclass(frozen=True)
class Step:
    """A new size of the guest, in bytes.

    The host waits for `pause` seconds before it asks. The step ends when the
    size is reached, or after `seconds` if these are given, no matter what
    the guest did.
    """

    target: int
    seconds: float | None = None
    pause: float = 0


@dataclass(frozen=True)
class Scenario:
    """A checked scenario."""

    name: str
    summary: str
    memory: int
    cpus: int
    nodes: int
    deflate_on_oom: bool
    free_page_reporting: bool
    loads: tuple[Load, ...]
    steps: tuple[Step, ...]
    # Factors by which figures may differ from the recorded trace `like`.
    like: str | None
    bounds: dict[str, float]

    @property
    def touched(self) -> int:
        """Bytes of the host that the guest needs: what its loads touch, or
        what booting does (descriptors of pages are 64 bytes each)."""
        booting = self.memory // 64 + (256 << 20)
        loads = sum(load.arguments[0] for load in self.loads)
        return min(self.memory, booting + loads)

    @property
    def pages_told(self) -> int:
        """Pages that the host will be told of if every target is reached."""
        size, pages = self.memory, 0
        for step in self.steps:
            pages += abs(step.target - size) // PAGE
            size = step.target
        return pages

    @property
    def provoked(self) -> str:
        """The header line of the trace."""
        words = [f"{self.cpus} vCPU"]
        if self.nodes > 1:
            words.append(f"{self.nodes} NUMA nodes")
        if self.deflate_on_oom:
            words.append("deflate-on-oom=on")
        if self.free_page_reporting:
            words.append("free-page-reporting=on")
        targets = " ".join(str(step.target >> 20) for step in self.steps)
        return (
            f"{', '.join(words)}, {self.summary}; "
            f"targets {targets} MiB of guest memory"
        )

    def resized(self, memory: int | None, cpus: int | None) -> Scenario:
        """The scenario with memory and CPUs of the command line."""
        changed = dataclasses.replace(
            self, memory=memory or self.memory, cpus=cpus or self.cpus
        )
        _check_sizes(changed, self.name)
        return changed


def parse_size(text: str) -> int | None:
    """The bytes of "512M", or None."""
    match = _SIZE.fullmatch(text)
    return int(match[1]) * _UNITS[match[2]] if match else None


def names() -> list[str]:
    """The shipped scenarios."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def load(word: str) -> Scenario:
    """The scenario of a shipped name or of a file."""
    path = FOLDER / f"{word}.toml"
    if word not in names():
        path = Path(word)
        if not path.is_file():
            raise BadInput(
                f"scenario '{word}': there is no such file; shipped are "
                f"{' '.join(names())}"
            )
    try:
        text = path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"scenario '{word}': {error}") from error
    return parse(text, word, path.stem)


def parse(text: str, where: str, name: str) -> Scenario:
    """The scenario of a text; `where` begins every complaint."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadInput(f"{where}: not TOML: {error}") from error
    keys = _Keys(table, where)
    scenario = Scenario(
        name=name,
        summary=keys.text("summary"),
        memory=keys.size("memory"),
        cpus=keys.whole("cpus", 1, 64, 1),
        nodes=keys.whole("nodes", 1, 8, 1),
        deflate_on_oom=keys.flag("deflate-on-oom"),
        free_page_reporting=keys.flag("free-page-reporting"),
        loads=tuple(_load(each) for each in keys.tables("load")),
        steps=tuple(_step(each) for each in keys.tables("step")),
        like=keys.text("like", optional=True) or None,
        bounds=_bounds(keys),
    )
    keys.done()
    if not scenario.steps:
        raise BadInput(f"{where}: found no [[step]]; expected at least one")
    if bool(scenario.like) != bool(scenario.bounds):
        raise BadInput(
            f"{where}: found only one of 'like' and [bounds]; "
            "expected both or none"
        )
    _check_sizes(scenario, where)
    return scenario


def _check_sizes(scenario: Scenario, where: str) -> None:
    if scenario.memory < SMALLEST_GUEST:
        raise BadInput(
            f"{where}: found memory of {scenario.memory >> 20}M; "
            f"expected at least {SMALLEST_GUEST >> 20}M"
        )
    for step in scenario.steps:
        if step.target > scenario.memory:
            raise BadInput(
                f"{where}: found a target of {step.target >> 20}M; "
                f"expected at most the memory, {scenario.memory >> 20}M"
            )
    for each in scenario.loads:
        if each.arguments[0] >= scenario.memory:
            raise BadInput(
                f"{where}: found a load of {each.arguments[0] >> 20}M; "
                f"expected less than the memory, {scenario.memory >> 20}M"
            )
    if scenario.nodes > scenario.cpus:
        raise BadInput(
            f"{where}: found {scenario.nodes} nodes and {scenario.cpus} "
            "cpus; expected a cpu for each node"
        )


def _load(keys: _Keys) -> Load:
    kind = keys.text("kind")
    if kind not in LOADS:
        raise BadInput(
            f"{keys.where}: found kind '{kind}'; "
            f"expected one of {' '.join(LOADS)}"
        )
    arguments = []
    for key, default in LOADS[kind].items():
        if key in _SIZES:
            value = keys.size(key, default)
        elif key in _FRACTIONS:
            # guest/load.c has no floating point: parts of a thousand.
            value = round(1000 * keys.number(key, 0, 1, default))
        elif key in _FLAGS:
            value = int(keys.flag(key))
        else:
            value = keys.whole(key, 0, 2**31 - 1, default)
        arguments.append(value)
    keys.done()
    load_ = Load(kind, tuple(arguments))
    if kind in ("files", "writer") and arguments[1] > arguments[2]:
        raise BadInput(
            f"{keys.where}: found 'smallest' above 'largest'; "
            "expected it at or below"
        )
    return load_


def _step(keys: _Keys) -> Step:
    target = keys.size("target")
    seconds = keys.number("seconds", 0.1, 3600, -1)
    pause = keys.number("pause", 0, 3600, 0)
    keys.done()
    return Step(target, seconds if seconds > 0 else None, pause)


def _bounds(keys: _Keys) -> dict[str, float]:
    tables = keys.tables("bounds", is_list=False)
    bounds = {}
    for each in tables:
        for name in BOUNDS:
            bounds[name] = each.number(name, 1, 1000, 0)
        each.done()
    return {name: value for name, value in bounds.items() if value}


class _Keys:
    """Takes the values out of a table, so that what is left is unknown."""

    def __init__(self, table: dict[str, Any], where: str) -> None:
        self.where = where
        self._table = dict(table)
        self._known: list[str] = []

    def text(self, key: str, optional: bool = False) -> str:
        value = self._take(key, "" if optional else None)
        if not isinstance(value, str) or not (value or optional):
            raise self._wrong(key, value, "a text")
        return value

    def size(self, key: str, default: str | None = None) -> int:
        value = self._take(key, default)
        size = parse_size(value) if isinstance(value, str) else None
        if size is None or size % PAGE:
            raise self._wrong(key, value, 'a size of whole pages as "512M"')
        return size

    def whole(self, key: str, least: int, most: int, default: int) -> int:
        value = self._take(key, default)
        if type(value) is not int or not least <= value <= most:
            raise self._wrong(key, value, f"a number from {least} to {most}")
        return value

    def number(
        self, key: str, least: float, most: float, default: float
    ) -> float:
        value = self._take(key, default)
        if type(value) not in (int, float) or (
            value != default and not least <= value <= most
        ):
            raise self._wrong(key, value, f"a number from {least} to {most}")
        return float(value)

    def flag(self, key: str) -> bool:
        value = self._take(key, False)
        if not isinstance(value, bool):
            raise self._wrong(key, value, "true or false")
        return value

    def tables(self, key: str, is_list: bool = True) -> list[_Keys]:
        value = self._take(key, [] if is_list else {})
        kind = f"[[{key}]]" if is_list else f"[{key}]"
        if not is_list:
            value = [value]
        if not isinstance(value, list) or not all(
            isinstance(each, dict) for each in value
        ):
            raise self._wrong(key, value, f"tables, {kind}")
        return [
            _Keys(
                each,
                f"{self.where}: {key} {at}"
                if is_list
                else f"{self.where}: {key}",
            )
            for at, each in enumerate(value, 1)
        ]

    def done(self) -> None:
        for key in self._table:
            raise BadInput(
                f"{self.where}: found the key '{key}'; "
                f"expected {' '.join(self._known)}"
            )

    def _take(self, key: str, default: Any) -> Any:
        self._known.append(key)
        if key in self._table:
            return self._table.pop(key)
        if default is None:
            raise BadInput(f"{self.where}: expected the key '{key}'")
        return default

    def _wrong(self, key: str, value: Any, expected: str) -> BadInput:
        return BadInput(
            f"{self.where}: found {key} = {value!r}; expected {expected}"
        )
