# SPDX-License-Identifier: MIT
"""Judges claims: looks up figures, asks the rule, fills texts and the page."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from inspect import signature
from pathlib import Path
from string import Formatter
from textwrap import TextWrapper
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from claims import rules
from claims.catalog import Claim, Experiment, Section
from claims.lab import Lab, MissingFigure, Ratio, number
from claims.rules import Finding, Verdict
from plots.read.results import ResultsError


class _Figure(float):
    def __format__(self, form: str) -> str:
        if not form:
            return number(self)
        return super().__format__(form).replace("%", " %")


def find(claim: Claim, lab: Lab) -> tuple[str, Verdict]:
    """The sentences with the figures, and the verdict."""
    try:
        found = claim.read(lab.read)
    except MissingFigure as error:
        return f"Nothing to judge by: {error}.", Verdict.NOT_MEASURED
    known = {
        name: values if isinstance(values, str) else list(values)
        for name, values in claim.over.items()
    }
    verdict, more = _judged(claim.judge, {**known, **found})
    figures = {**known, **found, **more}
    for name, pattern in claim.each.items():
        figures[name] = _listed(pattern, figures)
    places = {name: figures[name] for name in places_of(claim.figures)}
    for name, value in places.items():
        # A list of ratios in this text is one by trace.
        if isinstance(value, list) and isinstance(value[0], Ratio):
            value = _ratio_list(known["trace"], value)
        places[name] = _shown(value)
    return claim.figures.format(**places), verdict


def rule_of(name: str) -> Callable[..., Any]:
    return rules.COMPARISONS.get(name) or getattr(rules, name)


def _judged(name: str, figures: Mapping[str, Any]) -> Finding:
    if not name:
        return Verdict.DEPENDS, {}
    rule = rule_of(name)
    found = rule(**{key: figures[key] for key in signature(rule).parameters})
    holds, more = found if isinstance(found, tuple) else (found, {})
    if isinstance(holds, bool | list):
        parts = holds if isinstance(holds, list) else [holds]
        holds = rules.verdict_of(*parts)
    return holds, more


def places_of(text: str) -> list[str]:
    """The {names} in a text."""
    return [name for _, name, _, _ in Formatter().parse(text) if name]


def _listed(pattern: str, figures: dict[str, Any]) -> str:
    """The pattern for each element of the lists that it names."""
    names = places_of(pattern)
    return ("; " if pattern.endswith(";") else ", ").join(
        pattern.removesuffix(";").format(**dict(zip(names, map(_shown, line))))
        for line in zip(*(figures[name] for name in names), strict=True)
    )


def _shown(value: Any) -> str | _Figure:
    if isinstance(value, list):
        return ", ".join(f"{_shown(each)}" for each in value)
    if isinstance(value, Ratio):
        return _Figure(value.median)
    return value if isinstance(value, str) else _Figure(value)


def _ratio_list(names: list[str], ratios: list[Ratio]) -> str:
    """The ratio on each trace, and which of them show no difference."""
    text = _listed("{trace} {ratio}", {"trace": names, "ratio": ratios})
    alike = [name for name, ratio in zip(names, ratios) if not ratio.side]
    return text + (f" (no difference shown: {', '.join(alike)})" * bool(alike))


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
