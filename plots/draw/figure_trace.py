# SPDX-License-Identifier: MIT
"""Picture of a trace, as `pfntrace cat --absolute TRACE` prints it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from plots.draw import canvas
from plots.read.results import ResultsError

# More lines than this take seconds and show nothing more.
MOST_RUNS = 100_000
_MOST_TARGETS = 100
_RUN = re.compile(r"([0-9a-f]+)(?:-([0-9a-f]+))?")
_GIB = 2**30 // 4096  # in pages
# The words of the caption are those of the colours.
COLORS = {"blue": "#0072b2", "orange": "#e66100"}


class Run(NamedTuple):
    """Pages first to last, the first reported as the `at`-th of all."""

    at: int
    first: int
    last: int
    is_inflated: bool

    @property
    def pages(self) -> int:
        return abs(self.last - self.first) + 1


@dataclass
class Trace:
    """Runs in the order in which they were reported, and targets."""

    runs: list[Run] = field(default_factory=list)
    targets: list[int] = field(default_factory=list)
    pages: int = 0

    def thinned(self) -> list[Run]:
        """At most MOST_RUNS of the runs, evenly."""
        return self.runs[:: max(-(-len(self.runs) // MOST_RUNS), 1)]


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
                "pipe that command's output into ./run trace",
            )
        for match in filter(None, matches):
            first, last = (int(match[n] or match[1], 16) for n in (1, 2))
            run = Run(trace.pages, first, last, kind == "I")
            trace.runs.append(run)
            trace.pages += run.pages
    if not trace.runs:
        raise ResultsError(path, "has no array", "give a trace with pages")
    return trace


@canvas.settings()
def draw(trace: Trace, title: str) -> Figure:
    """Addresses against the order in which their pages were reported."""
    runs = trace.thinned()
    few = "" if len(runs) == len(trace.runs) else f"{len(runs):,} of "
    frame = canvas.Frame(
        title,
        "inflated blue, deflated orange; grey: a new target",
        f"{trace.pages:,} pages of 4 KiB, {few}{len(trace.runs):,} runs",
    )
    figure, (axes,) = canvas.panels(frame, [""], 1, 3.2, 0.6, 0.1)
    places = [end for run in runs for end in (run.first, run.last + 1)]
    for name, label, low, high in (
        ("x", "GiB reported so far", 0, trace.pages),
        ("y", "guest address, GiB", min(places), max(places)),
    ):
        ends = low / _GIB, high / _GIB
        canvas.set_axis(axes, name, "linear", *ends, label)
    # A line as short as one page would not be drawn at all.
    least = trace.pages // 1500
    for name, color in COLORS.items():
        lines = [
            (
                (run.at / _GIB, run.first / _GIB),
                ((run.at + max(run.pages, least)) / _GIB, run.last / _GIB),
            )
            for run in runs
            if run.is_inflated == (name == "blue")
        ]
        look = {"colors": color, "capstyle": "projecting", "linewidths": 1.0}
        axes.add_collection(LineCollection(lines, **look, rasterized=True))
    for target in trace.targets[:_MOST_TARGETS]:
        look = {"color": canvas.QUIET_COLOR, "lw": 0.4, "zorder": 1}
        axes.axvline(target / _GIB, **look)
    return figure
