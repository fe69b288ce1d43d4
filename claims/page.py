# SPDX-License-Identifier: MIT
"""The page of claims in Markdown: claim, figures, verdict.

Every figure is computed from the results of experiments, never typed: the
same results give the same page. A claim without results is not measured.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from claims.catalog import Experiment, Section
from claims.judge import find
from claims.lab import Lab, MissingFigure
from plots.read.results import ResultsError

WIDTH = 80


def page(
    sections: Sequence[Section],
    experiments: Sequence[Experiment],
    lab: Lab,
    introduction: str,
) -> str:
    """The whole page."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        undefined=StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(anchor=anchor, fill=_fill)
    return environment.get_template("page.md.jinja").render(
        introduction=introduction,
        machine=_machine(lab, experiments),
        sections=sections,
        experiments=experiments,
        found={
            claim: find(claim, lab)
            for section in sections
            for claim in section.claims
        },
    )


def _machine(lab: Lab, experiments: Iterable[Experiment]) -> str:
    """Where the measured figures come from: machines, builds and days."""
    by_origin: dict[str, list[str]] = {}
    for experiment in experiments:
        if experiment.is_simulated:
            continue
        try:
            context = lab.results(experiment.name).context
        except (MissingFigure, ResultsError):
            continue
        facts = [context.get(k) for k in ("cpu_model", "kernel", "compiler")]
        if "commit" in context:
            facts.append(f"commit {context['commit']}")
        facts.append(context.get("date", "")[:10])
        origin = ", ".join(filter(None, facts))
        by_origin.setdefault(origin, []).append(f"`{experiment.name}`")
    if not by_origin:
        return "No measured figures."
    if len(by_origin) == 1:
        return _fill(f"Measured figures: {next(iter(by_origin))}.")
    lines = [f"* {key}: {', '.join(all_)}." for key, all_ in by_origin.items()]
    title = "Figures measured by several builds:\n"
    return "\n".join([title, *map(_fill, lines)])


def _fill(text: str) -> str:
    return textwrap.fill(
        " ".join(text.split()),
        WIDTH,
        break_long_words=False,
        break_on_hyphens=False,
    )


def anchor(title: str) -> str:
    """As the usual renderers of Markdown make it from a heading."""
    kept = [c for c in title.lower() if c.isalnum() or c in " -_"]
    return "".join(kept).replace(" ", "-")
