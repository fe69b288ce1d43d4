# SPDX-License-Identifier: MIT
"""Judges claims: looks up figures, asks the rule, fills texts and the page."""

from collections.abc import Callable, Mapping, Sequence
from inspect import signature
from pathlib import Path
from string import Formatter
from textwrap import TextWrapper
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from claims import rules
from claims.catalog import DRAWN, Claim, Experiment, Section
from claims.lab import SEEDS, Figure, Lab, MissingFigure
from claims.rules import Finding, Verdict


def find(claim: Claim, lab: Lab) -> tuple[str, Verdict]:
    """The sentences with the figures, and the verdict."""
    try:
        found = claim.read(lab.read)
    except MissingFigure as error:
        return f"Nothing to judge by: {error}.", Verdict.NOT_JUDGED
    figures = {
        name: values if isinstance(values, str) else list(values)
        for name, values in claim.over.items()
    } | found
    verdict, more = _judged(claim, figures)
    figures |= more
    for name, pattern in claim.each.items():
        figures[name] = _listed(pattern, figures)
    places = {x: _shown(figures[x]) for x in places_of(claim.figures)}
    return claim.figures.format(**places), verdict


def constant(claim: Claim) -> Verdict | None:
    """The verdict of a claim that no figure decides."""
    return next((v for v in Verdict if v.value == claim.judge), None)


def rule_of(name: str) -> Callable[..., Any]:
    return rules.RULES.get(name) or getattr(rules, name)


def _judged(claim: Claim, figures: Mapping[str, Any]) -> Finding:
    if verdict := constant(claim):
        return verdict, {}
    rule = rule_of(claim.judge)
    found = rule(**{key: figures[key] for key in signature(rule).parameters})
    return found if isinstance(found, tuple) else (found, {})


def places_of(text: str) -> list[str]:
    """The {names} in a text."""
    return [name for _, name, _, _ in Formatter().parse(text) if name]


def _listed(pattern: str, figures: dict[str, Any]) -> str:
    """The pattern for each element of the lists that it names."""
    names = places_of(pattern)
    joint = "\n" if pattern.startswith("|") else ", "
    pattern = pattern.strip()
    return ("; " if pattern.endswith(";") else joint).join(
        pattern.removesuffix(";").format(**dict(zip(names, map(_shown, line))))
        for line in zip(*(figures[name] for name in names), strict=True)
    )


def _shown(value: Any) -> str | Figure:
    if isinstance(value, list):
        return ", ".join(f"{_shown(each)}" for each in value)
    if isinstance(value, float):
        return value if isinstance(value, Figure) else Figure(value)
    return str(value)


def page(
    sections: Sequence[Section],
    experiments: Sequence[Experiment],
    lab: Lab,
    introduction: str,
) -> str:
    """The page in Markdown: claim, figures, verdict; none is typed."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(anchor=anchor, fill=_fill)
    claims = [claim for section in sections for claim in section.claims]
    return environment.get_template("page.md.jinja").render(
        introduction=introduction,
        sections=sections,
        experiments=experiments,
        sources={each.name: _source(lab, each) for each in experiments},
        found={claim: find(claim, lab) for claim in claims},
    )


def _fill(text: str) -> str:
    """In lines of 80 columns, but for tables."""
    fill = TextWrapper(80, break_long_words=False, break_on_hyphens=False).fill
    blocks = map(str.strip, text.split("\n\n"))
    return "\n\n".join(x if x.startswith("|") else fill(x) for x in blocks)


def _source(lab: Lab, experiment: Experiment) -> str:
    """Seeds of an experiment, or rounds, machine, build and day."""
    if experiment.is_simulated:
        seeds = f"{SEEDS} seeds, " * (experiment.name in DRAWN)
        return f"{seeds}simulated"
    try:
        run = lab.runs(experiment.name)[0]
    except MissingFigure:
        return "not run yet"
    facts = [run.context.get(k) for k in ("cpu_model", "kernel", "compiler")]
    facts += [f"commit {run.context.get('commit', 'unknown')}"]
    facts += [run.context.get("date", "")[:10]]
    return ", ".join([f"{run.rounds} rounds", *filter(None, facts)])


def anchor(title: str) -> str:
    """As the usual renderers of Markdown make it from a heading."""
    kept = [c for c in title.lower() if c.isalnum() or c in " -_"]
    return "".join(kept).replace(" ", "-")
