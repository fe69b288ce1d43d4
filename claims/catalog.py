# SPDX-License-Identifier: MIT
"""Reads the claims and the experiments from the two TOML files here."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from claims.findings.common import Finding
from claims.lab import Lab
from plots.read import experiment


@dataclass(frozen=True)
class Experiment(experiment.Experiment):
    """A simulated one gives the same figures everywhere, to the last digit."""

    is_simulated: bool = False


@dataclass(frozen=True)
class Claim:
    """`who` said `text` on `date`; `judge` looks at `experiments` alone.

    `figures` is the text of the finding; the judge fills its {places}.
    """

    title: str
    who: str
    date: str
    text: str
    experiments: tuple[str, ...]
    judge: Callable[[Lab], Finding]
    figures: str


@dataclass(frozen=True)
class Section:
    """Claims that belong together."""

    title: str
    claims: tuple[Claim, ...]


def _load(name: str) -> dict[str, Any]:
    with Path(__file__).with_name(name).open("rb") as file:
        return tomllib.load(file)


def _judge(name: str) -> Callable[[Lab], Finding]:
    module, _, function = name.partition(".")
    found = getattr(import_module(f"claims.findings.{module}"), function)
    assert callable(found), name
    return found


def _claim(entry: dict[str, Any]) -> Claim:
    return Claim(
        **{
            **entry,
            "experiments": tuple(entry["experiments"]),
            "judge": _judge(entry["judge"]),
        }
    )


def _experiment(name: str, entry: dict[str, Any]) -> Experiment:
    # A value that is a list is joined: its lines stay short in the file.
    flags = (
        f"--{key}=" + (",".join(value) if isinstance(value, list) else value)
        for key, value in entry["flags"].items()
    )
    return Experiment(name, tuple(flags), entry.get("simulated", False))


_CLAIMS = _load("claims.toml")
INTRODUCTION: str = _CLAIMS["introduction"]
SECTIONS = tuple(
    Section(section["title"], tuple(map(_claim, section["claim"])))
    for section in _CLAIMS["section"]
)
EXPERIMENTS = tuple(
    _experiment(name, entry)
    for name, entry in _load("experiments.toml").items()
)
