# SPDX-License-Identifier: MIT
"""Picture of a trace: which page was told when.

Reads what `pfntrace cat --absolute TRACE` prints, so that there is one reader
of the format.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from plots.read.results import ResultsError

# More lines than this take seconds and show nothing more.
MOST_RUNS = 100_000
_RUN = re.compile(r"([0-9a-f]+)(?:-([0-9a-f]+))?")


@dataclass(frozen=True)
class Run:
    """Pages first to last, the first of them told as the `at`-th of all."""

    at: int
    first: int
    last: int
    is_inflated: bool

    @property
    def pages(self) -> int:
        return abs(self.last - self.first) + 1


@dataclass
class Trace:
    """Runs in the order in which they were told, and targets between them."""

    runs: list[Run] = field(default_factory=list)
    targets: list[int] = field(default_factory=list)
    pages: int = 0

    def thinned(self) -> list[Run]:
        """At most MOST_RUNS of the runs, evenly."""
        step = -(-len(self.runs) // MOST_RUNS)
        return self.runs[:: max(step, 1)]


def parse(lines: Iterable[str], path: Path) -> Trace:
    """A trace from the lines of `pfntrace cat --absolute`."""
    trace = Trace()
    for number, line in enumerate(lines, start=1):
        kind, *words = line.split() or [""]
        if kind == "T" and len(words) == 1:
            trace.targets.append(trace.pages)
            continue
        matches = [_RUN.fullmatch(word) for word in words]
        if kind not in ("I", "D") or not matches or None in matches:
            raise ResultsError(
                path,
                f"line {number} is not of `pfntrace cat --absolute`",
                "pipe that command's output into `plots trace`",
            )
        for match in matches:
            assert match is not None
            first = int(match[1], 16)
            last = int(match[2] or match[1], 16)
            run = Run(trace.pages, first, last, kind == "I")
            trace.runs.append(run)
            trace.pages += run.pages
    if not trace.runs:
        raise ResultsError(path, "has no array", "give a trace with pages")
    return trace
