# SPDX-License-Identifier: MIT
"""What every picture is asked: of whom, of what, on which machine."""

import hashlib
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from plots.draw.canvas import Frame
from plots.draw.planes import XY, Curve, Plane, PlaneChart
from plots.draw.rows import RowChart
from plots.draw.style import Style, style_of
from plots.read.results import Case, Entrant, Results, condition_label
from plots.tables import duel
from plots.tables.standing import LIMIT

_FILE = Path(__file__).with_name("words.toml")
SAID: Mapping[str, Any] = tomllib.loads(_FILE.read_text("utf-8"))
# As many curves as a reader can tell apart.
_MOST_CURVES = 12
_MAX_STEM = 100

AnyChart = RowChart | PlaneChart
Chart = TypeVar("Chart", RowChart, PlaneChart)


def plain(text: str, most: int = 26) -> str:
    """Short, and without what the font of the pictures may not have."""
    text = re.sub(r"[^ -~]", "?", " ".join(text.split()))
    return text if len(text) <= most else f"{text[: most - 3]}..."


def frame(
    results: Results,
    title: str,
    condition: str,
    workloads: Iterable[str],
    *words: str,
) -> Frame:
    """What stands around a picture; `words` say how to read it."""
    facts = [
        results.context.get(key, "").strip()
        for key in ("cpu_model", "kernel", "compiler", "compiler_flags")
    ]
    machine = ", ".join(filter(None, facts)) or "machine not recorded"
    commit = results.context.get("commit", "not recorded")
    traces = {w.name: (w.trace or "")[:8] for w in results.workloads}
    named = (f"{plain(w)} {traces.get(w) or 'unknown'}" for w in workloads)
    said = [*words, "INTERRUPTED RUN" if results.is_interrupted else ""]
    under = f", {condition_label(condition)}" if condition else ""
    texts = (
        title + under,
        "; ".join(filter(None, said)),
        f"{machine}; commit {commit}",
        f"traces: {', '.join(named)}",
    )
    return Frame(*(plain(text, most=2000) for text in texts))


def by_condition(
    prefix: str,
    conditions: Iterable[str],
    make: Callable[..., Chart],
    *of: Any,
) -> dict[str, Chart]:
    """A chart for each condition, by file stem, where it shows anything."""
    stems = file_stems(prefix, sorted(set(conditions)))
    made = {stem: make(*of, condition) for condition, stem in stems.items()}
    return {stem: chart for stem, chart in made.items() if chart.shows}


def total(
    results: Results, case: Case, counters: Iterable[str]
) -> float | None:
    """The sum, at least 0; "-" takes off, "trace" is all its pages."""
    pages = {("trace", w.name): w.pages for w in results.workloads}
    whole = 0.0
    for name in counters:
        found = results.estimate(case, name.removeprefix("-"))
        value = found.median if found else pages.get((name, case.workload))
        if value is None:
            return None
        whole += -value if name.startswith("-") else value
    return max(whole, 0.0)


def look(results: Results, structure: str) -> Style:
    """How it looks; one that has no place in the table, like its family."""
    traits = results.traits.get(structure)
    return style_of(structure, traits.family or "" if traits else "")


def curve(
    results: Results,
    who: Entrant,
    points: Iterable[XY | None],
    cases: Iterable[Case] = (),
    note: str = "",
    name: str = "",
) -> Curve:
    """A structure's curve, ascending; of `cases`, if a point is missing."""
    every, name = list(points), plain(name or who.structure)
    there = tuple(sorted(filter(None, every)))
    words = over(map(results.word, cases))
    why = f"{name} ({words})" if words else name
    missing = why if len(there) < len(every) else ""
    return Curve(name, look(results, who.structure), there, note, missing)


def chart(
    results: Results,
    said: Mapping[str, Any],
    condition: str,
    workloads: Iterable[str],
    planes: Iterable[Plane],
    *more: str,
    **names: str,
) -> PlaneChart:
    """Planes that have points, in their frame; `names` are in what is said."""
    every = [p for p in planes if any(curve.points for curve in p.curves)]
    title, words = (said[key].format_map(names) for key in ("title", "words"))
    texts = words, _missing(every, said["missing"]), *more
    around = frame(results, title, condition, workloads, *texts)
    drawn = ([curve for curve in p.curves if curve.points] for p in every)
    shown = tuple(p._replace(curves=found) for p, found in zip(every, drawn))
    return PlaneChart(around, shown, **said["look"])


def _missing(planes: Sequence[Plane], words: str) -> str:
    """What is not in the picture, plane by plane; empty if all is."""
    found: dict[str, list[str]] = {}
    titles = [each.title for each in planes]
    for each in planes:
        for name in filter(None, (curve.missing for curve in each.curves)):
            found.setdefault(name, []).append(each.title)
    every = (
        name + (f" in {' and '.join(there)}" if there != titles else "")
        for name, there in found.items()
    )
    return f"{words}: {', '.join(every)}" if found else ""


def over(words: Iterable[str]) -> str:
    """Failed, or over so much; "" where nothing is known."""
    return max(words, default="").replace(">", "over ")


def structures(results: Results, entrants: Iterable[Entrant]) -> list[Entrant]:
    """In order, without the empty loop and the control."""
    every = (who for who in results.in_order(entrants) if not who.is_control)
    return [who for who in every if who.structure != results.floor]


def rivals(results: Results) -> list[str]:
    """Who is held against the baseline: those declared, and those named."""
    present = {case.entrant for case in results.cases}
    present |= {Entrant(profile.structure) for profile in results.profiles}
    none = (LIMIT, *results.setless, results.baseline)
    every = [c.structure for c in structures(results, present)]
    others = [name for name in every if name not in none]
    asked = {*duel.meant(results), *duel.named(results)}
    return [name for name in others if name in asked] or others


def argued(
    results: Results, entrants: Iterable[Entrant], most: int = 0
) -> list[Entrant]:
    """Those to draw: all up to `most`, else the ones the run is about."""
    every = structures(results, entrants)
    if len(every) <= most:
        return every
    asked = {LIMIT, results.baseline, *rivals(results)}
    drawn = [c for c in every if c.structure in asked]
    if len(drawn) > _MOST_CURVES:
        drawn = [c for c in drawn if not results.variant_of(c.structure)]
    return drawn


def file_stems(prefix: str, conditions: Sequence[str]) -> dict[str, str]:
    """A file name without suffix per condition, safe on every system."""
    said = {c: c.replace("fault:", "") for c in conditions}
    words = {c: re.findall(r"[A-Za-z0-9_.]+", t) for c, t in said.items()}
    stems = {c: "-".join([prefix, *found]) for c, found in words.items()}
    lowered = [stem.lower() for stem in stems.values()]
    for condition, stem in stems.items():
        # A digest keeps apart what became equal, or was cut.
        if lowered.count(stem.lower()) > 1 or len(stem) > _MAX_STEM:
            digest = hashlib.sha256(condition.encode(errors="replace"))
            stems[condition] = f"{stem[:_MAX_STEM]}-{digest.hexdigest()[:6]}"
    return stems
