# SPDX-License-Identifier: MIT
"""The page of claims in Markdown: claim, figures, verdict; none is typed."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from textwrap import TextWrapper

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from claims.catalog import Experiment, Section
from claims.judge import find
from claims.lab import Lab, MissingFigure
from plots.read.results import ResultsError


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
    wrapper = TextWrapper(80, break_long_words=False, break_on_hyphens=False)
    environment.filters.update(anchor=anchor, fill=wrapper.fill)
    return environment.get_template("page.md.jinja").render(
        introduction=introduction,
        origins=_origins(lab, experiments),
        sections=sections,
        experiments=experiments,
        found={
            claim: find(claim, lab)
            for section in sections
            for claim in section.claims
        },
    )


def _origins(
    lab: Lab, experiments: Iterable[Experiment]
) -> dict[str, list[str]]:
    """Machines, builds and days of measured figures, and what is of each."""
    origins: dict[str, list[str]] = {}
    for experiment in experiments:
        if experiment.is_simulated:
            continue
        try:
            context = lab.results(experiment.name).context
        except (MissingFigure, ResultsError):
            continue
        facts = [context.get(k) for k in ("cpu_model", "kernel", "compiler")]
        facts += [f"commit {context[k]}" for k in ("commit",) if k in context]
        facts.append(context.get("date", "")[:10])
        origin = ", ".join(filter(None, facts))
        origins.setdefault(origin, []).append(f"`{experiment.name}`")
    return origins


def anchor(title: str) -> str:
    """As the usual renderers of Markdown make it from a heading."""
    kept = [c for c in title.lower() if c.isalnum() or c in " -_"]
    return "".join(kept).replace(" ", "-")
