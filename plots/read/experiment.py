# SPDX-License-Identifier: MIT
"""A run of the program that a document needs, by name."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Experiment:
    """Flags of pfnbench, under a name that is also its folder."""

    name: str
    flags: tuple[str, ...]

    @property
    def command(self) -> str:
        """The line that repeats it."""
        return shlex.join(["./run", "bench", *self.flags])


def print_list(experiments: Iterable[Experiment]) -> None:
    """For a shell: the name and the flags, with tabs between."""
    for experiment in experiments:
        print("\t".join((experiment.name, *experiment.flags)))
