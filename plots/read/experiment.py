# SPDX-License-Identifier: MIT
"""Runs of the program that a document needs, by name."""

import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Experiment:
    """Flags of pfnbench, under a name that is also its folder."""

    name: str
    flags: tuple[str, ...]
    is_simulated: bool = False  # alike everywhere, to the last digit

    @property
    def command(self) -> str:
        """The line that repeats it."""
        return shlex.join(["./run", "bench", *self.flags])


def experiments(declared: Mapping[str, Any]) -> tuple[Experiment, ...]:
    """Those that a TOML file declares; there, lists keep lines short."""
    made = []
    for name, said in declared.items():
        flags = []
        for flag, value in said["flags"].items():
            words = [value] if isinstance(value, str) else value
            joined = (";" if flag == "fault" else ",").join(words)
            flags.append(f"--{flag}={joined}")
        made.append(Experiment(name, (*flags,), said.get("simulated", False)))
    return tuple(made)


def print_list(every: Iterable[Experiment]) -> None:
    """For a shell: the name and the flags, with tabs between."""
    for experiment in every:
        print("\t".join((experiment.name, *experiment.flags)))
