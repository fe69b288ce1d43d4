# SPDX-License-Identifier: MIT
"""The page of claims in Markdown: claim, figures, verdict.

Every figure is computed from the results of experiments, never typed: the
same results give the same page. A claim without results is not measured.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence

from claims.catalog import Claim, Experiment, Section
from claims.lab import Lab, MissingFigure, Verdict, number
from plots.read.results import ResultsError

WIDTH = 80


def find(claim: Claim, lab: Lab) -> tuple[str, Verdict]:
    """Judges a claim: the sentences with the figures, and the verdict."""
    try:
        verdict, figures = claim.judge(lab)
    except MissingFigure as error:
        return f"Nothing to judge by: {error}.", Verdict.NOT_MEASURED
    shown = {
        name: value if isinstance(value, str) else number(value)
        for name, value in figures.items()
    }
    return claim.figures.format(**shown), verdict


def page(
    sections: Sequence[Section],
    experiments: Iterable[Experiment],
    lab: Lab,
    introduction: str,
) -> str:
    """The whole page."""
    known = {experiment.name: experiment for experiment in experiments}
    found = {
        claim: find(claim, lab)
        for section in sections
        for claim in section.claims
    }
    lines = [introduction.rstrip(), "", *_machine(lab, known), ""]
    lines += ["| claim | who, when | verdict |", "|---|---|---|"]
    lines += [
        f"| [{claim.title}](#{anchor(claim.title)})"
        f" | {claim.who}, {claim.date} | {verdict.value} |"
        for claim, (_, verdict) in found.items()
    ]
    for section in sections:
        lines += ["", f"## {section.title}"]
        for claim in section.claims:
            lines += _entry(claim, *found[claim])
    lines += ["", "## The experiments", ""]
    lines += ["Simulated ones give the same figures on every machine.", ""]
    for experiment in known.values():
        kind = " (simulated)" if experiment.is_simulated else ""
        lines.append(f"* `{experiment.name}`{kind}: `{experiment.command}`")
    return "\n".join(lines) + "\n"


def _machine(lab: Lab, known: dict[str, Experiment]) -> list[str]:
    """Where the measured figures come from: machines, builds and days."""
    by_origin: dict[str, list[str]] = {}
    for name, experiment in known.items():
        if experiment.is_simulated:
            continue
        try:
            context = lab.results(name).context
        except (MissingFigure, ResultsError):
            continue
        facts = [context.get(k) for k in ("cpu_model", "kernel", "compiler")]
        if "commit" in context:
            facts.append(f"commit {context['commit']}")
        facts.append(context.get("date", "")[:10])
        origin = ", ".join(filter(None, facts))
        by_origin.setdefault(origin, []).append(f"`{name}`")
    if not by_origin:
        return ["No measured figures."]
    if len(by_origin) == 1:
        return [_wrap(f"Measured figures: {next(iter(by_origin))}.")]
    return [
        _wrap("Figures measured by several builds:"),
        "",
        *(
            _wrap(f"* {origin}: {', '.join(names)}.")
            for origin, names in by_origin.items()
        ),
    ]


def _entry(claim: Claim, figures: str, verdict: Verdict) -> list[str]:
    names = ", ".join(f"`{name}`" for name in claim.experiments)
    return [
        "",
        f"### {claim.title}",
        "",
        _wrap(f"{claim.who}, {claim.date}: {claim.text}"),
        "",
        _wrap(f"{figures} (From {names}.)"),
        "",
        f"**{verdict.value.capitalize()}.**",
    ]


def _wrap(text: str) -> str:
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
