# SPDX-License-Identifier: MIT
"""Holds the figures of a trace to those of another, within stated bounds.

Figures are read from what `pfntrace info` prints, so that there is one place
that computes them.
"""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass

from workloads.record.errors import BadInput

# Where each figure stands in the output of `pfntrace info`.
_FIGURES = {
    "pages": (r"^  pages +(\d+) inflated", "pages inflated"),
    "ranges": (r"^  ranges +median (\d+)", "ranges per pass, median"),
    "most_ranges": (r"^  ranges .*max (\d+)", "ranges per pass, most"),
    "mean_run": (r"^  run length +mean ([\d.]+)", "pages per run, mean"),
    "down_steps": (r"^  steps +-1: ([\d.]+)", "steps of -1, per cent"),
}


@dataclass(frozen=True)
class Figure:
    """A figure of both traces, and by which factor they may differ."""

    title: str
    value: float
    model: float
    bound: float

    @property
    def ratio(self) -> float:
        """At least 1, whichever of the two is larger."""
        low, high = sorted((self.value, self.model))
        if low <= 0:
            return 1.0 if high <= 0 else float("inf")
        return high / low

    @property
    def is_within(self) -> bool:
        return self.ratio <= self.bound


def read_figures(info: str) -> dict[str, float]:
    """The figures of one screen of `pfntrace info`."""
    figures = {}
    for name, (pattern, _) in _FIGURES.items():
        match = re.search(pattern, info, re.M)
        if match is None:
            raise BadInput(f"pfntrace info: no {name} in its output")
        figures[name] = float(match[1])
    return figures


def compare(
    pfntrace: str, trace: str, model: str, bounds: dict[str, float]
) -> list[Figure]:
    """The figures that have a bound, of `trace` next to `model`."""
    values = read_figures(_info(pfntrace, trace))
    models = read_figures(_info(pfntrace, model))
    return [
        Figure(_FIGURES[name][1], values[name], models[name], bound)
        for name, bound in bounds.items()
    ]


def format_table(figures: list[Figure], model: str) -> str:
    """One line a figure; what is out of bounds says so."""
    lines = [
        f"{'':<24} {'this':>10} {model:>12} {'factor':>7} {'bound':>6}",
    ]
    for each in figures:
        lines.append(
            f"{each.title:<24} {each.value:>10g} {each.model:>12g} "
            f"{each.ratio:>7.2f} {each.bound:>6.2f}"
            + ("" if each.is_within else "  OUT OF BOUNDS")
        )
    return "\n".join(lines)


def _info(pfntrace: str, word: str) -> str:
    result = subprocess.run(
        [pfntrace, "info", word], capture_output=True, text=True, check=False
    )
    if result.returncode != 0:
        raise BadInput(result.stderr.strip() or f"{pfntrace} info failed")
    return result.stdout
