# SPDX-License-Identifier: MIT
"""Reads the claims and the experiments from the two TOML files here."""

import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from claims.lab import SEEDS
from plots.read.experiment import Experiment, experiments


@dataclass(frozen=True)
class Mail:
    who: str
    date: str
    id: str
    note: str = ""  # such as that an answer quotes it

    @property
    def link(self) -> str:
        return f"https://lore.kernel.org/r/{self.id}"


@dataclass(frozen=True, eq=False)
class Claim:
    """What mails say, word for word; claims.toml explains the fields."""

    title: str
    said: tuple[tuple[str, Mail], ...]  # without any it is ours
    asked: str
    figures: str
    otherwise: str
    against: str
    reads: Mapping[str, str]
    over: Mapping[str, str | Mapping[str, str]]
    each: Mapping[str, str]
    judge: str  # a rule, or a verdict that no figure changes

    @property
    def who(self) -> str:
        """By whom and when, in a cell of the table."""
        by = dict.fromkeys(f"{mail.who}, {mail.date}" for _, mail in self.said)
        return "; ".join(by) or "ours"

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
    said = tuple((words, MAILS[m]) for words, m in entry.pop("said", ()))
    absent = {"asked": "", "figures": "", "reads": {}, "each": {}}
    return Claim(**absent | entry, said=said, over=over)


_CLAIMS = _load("claims.toml")
_EXPERIMENTS = _load("experiments.toml")
MAILS = {name: Mail(*said) for name, said in _CLAIMS["mails"].items()}
INTRODUCTION: str = _CLAIMS["introduction"]
LISTS = _over(_CLAIMS["lists"])
SECTIONS = tuple(
    Section(section["title"], tuple(map(_claim, section["claim"])))
    for section in _CLAIMS["section"]
)
EXPERIMENTS = experiments(_EXPERIMENTS)
DRAWN = {name for name, said in _EXPERIMENTS.items() if said.get("drawn")}


def runs() -> Iterator[Experiment]:
    """What is to be run: an experiment that is drawn once for each seed."""
    for each in EXPERIMENTS:
        if each.name not in DRAWN:
            yield each
            continue
        for seed in range(1, SEEDS + 1):
            flags = (*each.flags, f"--fault-seed={seed}")
            yield replace(each, name=f"{each.name}@{seed}", flags=flags)
