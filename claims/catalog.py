# SPDX-License-Identifier: MIT
"""Reads the claims and the experiments from the two TOML files here."""

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from plots.read.experiment import Experiment, experiments  # noqa: F401


@dataclass(frozen=True, eq=False)
class Claim:
    """`who` said `text` on `date`; claims.toml explains the other fields."""

    title: str
    who: str
    date: str
    text: str
    figures: str
    reads: Mapping[str, str]
    over: Mapping[str, str | Mapping[str, str]]
    each: Mapping[str, str]
    judge: str  # a rule; a claim without one is a question

    def read(self, read: Callable[..., Any]) -> dict[str, Any]:
        """All figures by name: what `read` says of each address."""
        return {name: self._read(read, at) for name, at in self.reads.items()}

    def _read(self, read: Callable[..., Any], address: str) -> Any:
        for name, values in self.over.items():
            before, place, after = address.partition(f"{{{name}}}")
            if place and isinstance(values, str):
                return self._read(read, before + values + after)
            if place:
                return [
                    self._read(read, address.replace(place, value))
                    for value in values.values()
                ]
        return read(*address.split())

    @property
    def experiments(self) -> list[str]:
        """All that it is judged by."""
        found: dict[str, None] = {}
        self.read(lambda experiment, *_: found.setdefault(experiment))
        return list(found)


@dataclass(frozen=True)
class Section:
    title: str
    claims: tuple[Claim, ...]


def _load(name: str) -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_name(name).read_text("utf-8"))


def _over(given: Mapping[str, Any]) -> dict[str, str | dict[str, str]]:
    """The values of a {name}, of several by how they are shown."""
    return {
        name: values
        if isinstance(values, str)
        else dict(x if isinstance(x, list) else [x, x] for x in values)
        for name, values in given.items()
    }


def _claim(entry: dict[str, Any]) -> Claim:
    over = _over(entry.pop("over", {})) | LISTS
    return Claim(**{"each": {}, "judge": ""} | entry, over=over)


_CLAIMS = _load("claims.toml")
INTRODUCTION: str = _CLAIMS["introduction"]
LISTS = _over(_CLAIMS["lists"])
SECTIONS = tuple(
    Section(section["title"], tuple(map(_claim, section["claim"])))
    for section in _CLAIMS["section"]
)
EXPERIMENTS = experiments(_load("experiments.toml"))
