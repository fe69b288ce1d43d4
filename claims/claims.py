# SPDX-License-Identifier: MIT
"""Answers claims with figures: experiments, findings, and the page of them.

A claim is what somebody said on the list. An experiment is a command line.
A finding is computed from the results of experiments, never typed: the same
results give the same page. What has no results is called not measured.
"""

from __future__ import annotations

import shlex
import statistics
import textwrap
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from plots.read.results import FILE_NAME, Results, ResultsError, load, parse_name

WIDTH = 80


class Verdict(Enum):
    """How a claim came off."""

    SUPPORTED = "supported"
    REFUTED = "refuted"
    DEPENDS = "depends"
    NOT_MEASURED = "not measured"


@dataclass(frozen=True)
class Experiment:
    """Flags of pfnbench, under a name that is also its folder.

    A simulated one gives the same figures everywhere, to the last digit.
    """

    name: str
    flags: tuple[str, ...]
    is_simulated: bool = False

    @property
    def command(self) -> str:
        """What to type to repeat it."""
        return shlex.join(["./run", "bench", *self.flags])


@dataclass(frozen=True)
class Finding:
    """What the figures are, in sentences, and what follows."""

    figures: str
    verdict: Verdict


@dataclass(frozen=True)
class Claim:
    """`who` said `text` on `date`; `judge` looks at `experiments` alone."""

    title: str
    who: str
    date: str
    text: str
    experiments: tuple[str, ...]
    judge: Callable[[Lab], Finding]


@dataclass(frozen=True)
class Section:
    """Claims that belong together."""

    title: str
    claims: tuple[Claim, ...]


class MissingFigure(Exception):
    """A finding needs a figure that the results do not have."""


class Lab:
    """The results of experiments, one folder each."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._loaded: dict[str, Results] = {}

    def results(self, experiment: str) -> Results:
        """Of one experiment."""
        if experiment not in self._loaded:
            path = self._folder / experiment / FILE_NAME
            if not path.exists():
                raise MissingFigure(f"there are no results of {experiment}")
            self._loaded[experiment] = load(path)
        return self._loaded[experiment]

    def get(self, experiment: str, row: str, counter: str) -> float:
        """The median of a counter of the row that has this name."""
        results = self.results(experiment)
        case = parse_name(row)
        values = results.values(case, counter) if case else {}
        if not values:
            raise MissingFigure(f"{experiment} has no {counter} of {row}")
        return statistics.median(values.values())

    def fact(self, experiment: str, workload: str, name: str) -> str:
        """What the results say of a workload under this name."""
        results = self.results(experiment)
        words = results.context.get(f"workload_{workload}", "").split()
        for word in words:
            key, _, value = word.partition("=")
            if key == name:
                return value
        raise MissingFigure(f"{experiment} has no {name} of {workload}")

    def ratio(
        self, experiment: str, row: str, to: str, counter: str = "ns_per_page"
    ) -> float:
        """The median over rounds of the ratio of two rows in one round."""
        results = self.results(experiment)
        cases = [parse_name(name) for name in (row, to)]
        above, below = (
            results.values(case, counter) if case else {} for case in cases
        )
        ratios = [
            above[number] / below[number]
            for number in above
            if below.get(number)
        ]
        if not ratios:
            raise MissingFigure(f"{experiment} has no {counter} of {row}")
        return statistics.median(ratios)


def find(claim: Claim, lab: Lab) -> Finding:
    """Judges a claim; a figure that is missing is said."""
    try:
        return claim.judge(lab)
    except MissingFigure as error:
        return Finding(f"Nothing to judge by: {error}.", Verdict.NOT_MEASURED)


def page(
    sections: Sequence[Section],
    experiments: Iterable[Experiment],
    lab: Lab,
    introduction: str,
) -> str:
    """The whole page in Markdown."""
    known = {experiment.name: experiment for experiment in experiments}
    found = [
        [(claim, find(claim, lab)) for claim in section.claims]
        for section in sections
    ]
    lines = [introduction.rstrip(), "", *_machine(lab, known), ""]
    lines += _index(sections, found)
    for section, findings in zip(sections, found):
        lines += ["", f"## {section.title}"]
        for claim, finding in findings:
            lines += _entry(claim, finding, known)
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
        facts = [
            context.get("cpu_model"),
            context.get("kernel"),
            context.get("compiler"),
            f"commit {context['commit']}" if "commit" in context else None,
            context.get("date", "")[:10],
        ]
        origin = ", ".join(fact for fact in facts if fact)
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


def _index(
    sections: Sequence[Section],
    found: Sequence[Sequence[tuple[Claim, Finding]]],
) -> list[str]:
    lines = ["| claim | who, when | verdict |", "|---|---|---|"]
    for _, findings in zip(sections, found):
        lines += [
            f"| [{claim.title}](#{_anchor(claim.title)})"
            f" | {claim.who}, {claim.date} | {finding.verdict.value} |"
            for claim, finding in findings
        ]
    return lines


def _entry(
    claim: Claim, finding: Finding, known: dict[str, Experiment]
) -> list[str]:
    names = ", ".join(f"`{known[name].name}`" for name in claim.experiments)
    return [
        "",
        f"### {claim.title}",
        "",
        _wrap(f"{claim.who}, {claim.date}: {claim.text}"),
        "",
        _wrap(f"{finding.figures} (From {names}.)"),
        "",
        f"**{finding.verdict.value.capitalize()}.**",
    ]


def _wrap(text: str) -> str:
    return textwrap.fill(
        " ".join(text.split()),
        WIDTH,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _anchor(title: str) -> str:
    """As the usual renderers of Markdown make it from a heading."""
    kept = [c for c in title.lower() if c.isalnum() or c in " -_"]
    return "".join(kept).replace(" ", "-")


def significant(value: float, digits: int = 3) -> str:
    """A number as a reader wants it: 3 significant digits, thousands apart.

    >>> significant(1234567), significant(12.345), significant(0.00123)
    ('1,234,567', '12.3', '0.00123')
    """
    if value == 0:
        return "0"
    if abs(value) >= 10 ** (digits - 1):
        return f"{value:,.0f}"
    return f"{value:.{digits}g}"
