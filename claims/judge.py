# SPDX-License-Identifier: MIT
"""Judges a claim: looks up its figures, asks its rule, fills its texts."""

from collections.abc import Callable, Mapping
from inspect import signature
from string import Formatter
from typing import Any

from claims import rules
from claims.catalog import Claim
from claims.lab import Lab, MissingFigure, Ratio, number
from claims.rules import Finding, Verdict


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
    if isinstance(found, bool | list):
        holds = found if isinstance(found, list) else [found]
        found = rules.verdict_of(*holds)
    return found if isinstance(found, tuple) else (found, {})


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
