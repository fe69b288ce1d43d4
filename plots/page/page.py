# SPDX-License-Identifier: MIT
"""The web page: one file that needs no network and no server.

The template, the style and the script stand in plots/page. Python decides
what is said and how numbers are written; the script sorts, filters, and
compares two structures from the times by round that the page carries.
"""

from __future__ import annotations

import base64
import gzip
import html
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Any

from plots.page import markdown, tables as page_tables
from plots.tables import primary, standing
from plots.page.tables import Table
from plots.text.report import time_counters
from plots.read.results import (
    FLOOR,
    SETLESS,
    Case,
    Contender,
    Results,
    ResultsError,
    condition_label,
)
from plots.tables.standing import Place, Rival, Standing
from plots.read.statistics import Estimate
from plots.draw.style import in_order
from plots.text.layout import binary_size, number

FILE_NAME = "page.html"

_MOST_BYTES = 5 << 20
_PARTS = Path(__file__).parent
_CERTAIN = {
    "*": "shown",
    "~": "not shown: no more than the A/A control differs by",
    "?": "not shown: too few rounds to tell",
}


@dataclass(frozen=True)
class Extras:
    """What may stand beside the results."""

    pictures: Mapping[str, bytes]  # SVG by file stem
    instructions: Results | None
    claims: str | None  # Markdown


def page(results: Results, extras: Extras) -> str:
    """The whole page."""
    every = standing.measures(results)
    decisive = every[0]
    shown = [
        (place, found)
        for condition in standing.conditions(results, decisive)
        for workload in standing.workloads(results, decisive, condition)
        if (
            found := standing.standing(
                results, place := Place(decisive, workload, condition)
            )
        )
    ]
    tables = page_tables.tables(results, extras.instructions)
    if not tables:
        raise ResultsError(
            results.path,
            "has no figure of any operation, so there is nothing to show",
            "look at its errors, and run ./run bench again",
        )
    leads = [
        [place.condition, place.workload, _lead(results, place, found)]
        for place, found in shown
    ]
    parts = {
        "title": html.escape(
            f"{results.context.get('cpu_model', 'results')},"
            f" {results.context.get('date', '')[:10]}"
        ),
        "css": _part("page.css"),
        "script": _part("page.js"),
        "lead": leads[0][2] if leads else _no_lead(decisive.name),
        "warnings": _warnings(results),
        "winners": _winners(results, shown),
        "marks": html.escape(_marks(results)),
        "pairing": html.escape(_pairing(results)),
        "links": _links(extras),
        "claims": _claims(extras.claims),
        "environment": _environment(results),
        "missing": _missing(results, extras),
        "data": _json(_data(results, shown, leads, tables)),
        "pictures": "",
    }
    template = Template(_part("page.html"))
    room = _MOST_BYTES - len(template.substitute(parts).encode())
    parts["pictures"] = _pictures(extras.pictures, room)
    return template.substitute(parts)


def _part(name: str) -> str:
    return (_PARTS / name).read_text(encoding="utf-8")


def _json(data: Any) -> str:
    """JSON that cannot end the element that it stands in."""
    text = json.dumps(data, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c")


def _strong(text: str) -> str:
    return f"<strong>{html.escape(text)}</strong>"


# --- the answer ---------------------------------------------------------


def _lead(results: Results, place: Place, found: Standing) -> str:
    """Who wins on this guest, by how much, and how sure that is."""
    faults = (
        f" under {condition_label(place.condition)}" if place.condition else ""
    )
    first = (
        f"On a guest like {_strong(place.workload)}"
        f"{html.escape(_guest(results, place.workload) + faults)},"
        f" {_strong(found.winner)} is the fastest:"
        f" {number(found.time.median)} {place.measure.unit} for"
        f" {html.escape(place.measure.name)}"
        f"{html.escape(_against_baseline(results, found))}."
    )
    more = html.escape(_takes(results, place, found.winner))
    more += html.escape(_undecided(found)) + _lean(results, place, found)
    return f'{first}<span class="more">{more.strip()}</span>'


def _guest(results: Results, workload: str) -> str:
    for known in results.workloads:
        if known.name == workload and known.pages and known.ranges:
            memory = known.guest_memory
            size = f"{binary_size(memory)}, " if memory else ""
            run = known.pages / known.ranges
            return f" ({size}{number(run)} pages per range)"
    return ""


def _takes(results: Results, place: Place, structure: str) -> str:
    bits = standing.bits_per_page(results, place, structure)
    if bits is None:
        return ""
    return (
        f"It takes {number(bits)} bits per page when the largest pass is full"
        f"{_peak(results, place, structure)}."
    )


def _peak(results: Results, place: Place, structure: str) -> str:
    peak = results.peak_kib(
        Case("set", place.workload, Contender(structure), place.condition)
    )
    return "" if peak is None else f", {number(peak)} KiB at most"


def _against_baseline(results: Results, found: Standing) -> str:
    rival = found.to_baseline
    if rival is None:
        is_baseline = found.winner == results.baseline
        return "; it is the baseline itself" if is_baseline else ""
    verdict = {
        "*": "certain: all of the interval is beyond 1 and beyond what the"
        " A/A control shows",
        "~": "not certain: the A/A control differs by as much",
        "?": "not certain: there are too few rounds",
    }[rival.mark]
    return f", {_times(rival.ratio)} {results.baseline}'s, {verdict}"


def _times(ratio: Estimate) -> str:
    return f"{number(ratio.median)} times {standing.interval(ratio)}"


def _undecided(found: Standing) -> str:
    """The rivals that may be as fast, the nearest ones by name."""
    others = len(found.rivals)
    if not others:
        return ""
    if not found.undecided:
        return f" It is shown to be faster than all {others} others."
    shown = others - len(found.undecided)
    named = ", ".join(
        f"{rival.structure} ({number(rival.ratio.median)} times its time)"
        for rival in found.undecided[:3]
    )
    more = len(found.undecided) - 3
    rest = f" and {more} more" if more > 0 else ""
    return (
        f" It is shown to be faster than {shown or 'none'} of {others}"
        f" others; may be as fast: {named}{rest}."
    )


def _lean(results: Results, place: Place, found: Standing) -> str:
    """Who wins if memory counts too."""
    small = standing.as_small_as_baseline(results, place)
    lean = standing.standing(results, place, among=small)
    if lean is None or lean.winner == found.winner:
        return ""
    bits = standing.bits_per_page(results, place, results.baseline or "") or 0
    if lean.winner == results.baseline:
        return html.escape(
            f" Nothing that takes no more memory than {lean.winner}"
            f" ({number(bits)} bits per page) has a lesser median."
        )
    text = (
        f" Of those that take no more memory than {results.baseline}"
        f" ({number(bits)} bits per page) it is "
    )
    tail = f": {number(lean.time.median)} {place.measure.unit}"
    if lean.to_baseline is not None:
        rival = lean.to_baseline
        tail += (
            f", {_times(rival.ratio)} {results.baseline}'s"
            f" ({_CERTAIN[rival.mark]})"
        )
    return html.escape(text) + _strong(lean.winner) + html.escape(f"{tail}.")


def _no_lead(measure: str) -> str:
    return html.escape(
        f"No structure that could win has a time for {measure} here; the"
        " figures below are all there is."
    )


def _warnings(results: Results) -> str:
    said = []
    if results.is_interrupted:
        said.append("Interrupted: this is what was measured until then.")
    build = results.context.get("build_type", "Release")
    if build not in ("Release", "RelWithDebInfo"):
        said.append(f"Not optimised (build type {build}): quote no time.")
    return "".join(
        f'<p class="warning">{html.escape(text)}</p>' for text in said
    )


def _winners(results: Results, shown: Sequence[tuple[Place, Standing]]) -> str:
    if not shown:
        return "<p>nothing to compare</p>"
    measure = shown[0][0].measure
    heads = (
        ("Guest", ""),
        ("Failures", ""),
        ("Fastest", ""),
        (f"Time of {measure.name}", measure.unit),
        (f"Ratio to {results.baseline}", "of times"),
        ("Difference", ""),
        ("Memory", "bits per page when full, peak"),
        ("May be as fast", "structures"),
    )
    rows = [_winner(results, place, found) for place, found in shown]
    return _table(heads, rows)


def _winner(results: Results, place: Place, found: Standing) -> list[str]:
    rival = found.to_baseline
    bits = standing.bits_per_page(results, place, found.winner)
    return [
        place.workload,
        condition_label(place.condition),
        found.winner,
        number(found.time.median),
        "1" if rival is None else _ratio(rival),
        "the baseline" if rival is None else _CERTAIN[rival.mark],
        "not measured"
        if bits is None
        else number(bits) + _peak(results, place, found.winner),
        ", ".join(r.structure for r in found.undecided[:4])
        + (
            f" and {len(found.undecided) - 4} more"
            if len(found.undecided) > 4
            else ""
        )
        or "none",
    ]


def _ratio(rival: Rival) -> str:
    ratio = rival.ratio
    return f"{rival.mark} {number(ratio.median)} {standing.interval(ratio)}"


def _table(
    heads: Iterable[tuple[str, str]], rows: Iterable[Sequence[str]]
) -> str:
    head = "".join(
        f'<th scope="col">{html.escape(label)}'
        + (f'<span class="unit">{html.escape(unit)}</span>' if unit else "")
        + "</th>"
        for label, unit in heads
    )
    body = "".join(
        f'<tr><th scope="row">{html.escape(first)}</th>'
        + "".join(f"<td>{html.escape(cell)}</td>" for cell in rest)
        + "</tr>"
        for first, *rest in rows
    )
    return (
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    )


def _marks(results: Results) -> str:
    return (
        "* a difference: the whole interval lies beyond 1"
        + (
            f" and beyond what {results.baseline or 'the baseline'} measured"
            " twice (the A/A control) differs by"
            if results.has_control
            else ", said more freely than with an A/A control, which this run"
            " lacks"
        )
        + "; ~ no difference was shown; ? too few rounds"
        " to tell. [ ] is an interval, ( ) only the range of fewer than six"
        f" rounds. Times are medians of up to {results.rounds} rounds."
        f" {standing.LIMIT} is the limit to compare with and cannot win."
        + (f" {primary.words(results)}" if results.primary_ratios else "")
    )


def _pairing(results: Results) -> str:
    return (
        "The median of the ratios within each round, and its interval for"
        f" all {results.comparisons} comparisons of the run together, as far"
        " as the rounds allow: with few rounds that is the least and the"
        " greatest ratio. Below 1 the first structure is faster."
    )


# --- what the script needs ----------------------------------------------


def _data(
    results: Results,
    shown: Sequence[tuple[Place, Standing]],
    leads: Sequence[Sequence[str]],
    tables: Sequence[Table],
) -> dict[str, Any]:
    conditions = sorted({case.condition for case in results.cases})
    measures = standing.measures(results)
    structures = _names(results)
    champion = shown[0][1].winner if shown else None
    if champion == results.baseline:
        champion = None
    workloads = list(
        dict.fromkeys(
            workload
            for operation in results.operations()
            for condition in results.conditions(operation)
            for workload in results.workloads_of(operation, condition)
        )
    )
    return {
        "baseline": results.baseline,
        "champion": champion,
        "comparisons": results.comparisons,
        "primary": [
            [*parts, workload, structure]
            for parts, workload, structure in sorted(results.primary_ratios)
            if results.interval_for(parts, workload, structure, "") == 1
        ],
        "structures": [
            name for name in structures if name not in (FLOOR, *SETLESS)
        ],
        "workloads": workloads,
        "measures": [
            {
                "name": measure.name,
                "operations": measure.operations,
                "counter": measure.counter,
                "unit": measure.unit,
            }
            for measure in measures
        ],
        "conditions": [[c, condition_label(c)] for c in conditions],
        "leads": leads,
        "times": _times_by_round(results),
        "facets": {
            "workload": workloads,
            "operation": results.operations(),
            "structure": [
                *structures,
                *(c.structure for c in _controls(results)),
            ],
            "condition": conditions,
        },
        "tables": [table.as_json() for table in tables],
    }


def _names(results: Results) -> list[str]:
    """Structures, in the order of tables and pictures."""
    every = {Contender(case.contender.structure) for case in results.cases}
    return [contender.structure for contender in in_order(every)]


def _controls(results: Results) -> list[Contender]:
    """Under the name by which the tables know them."""
    found = {c.contender for c in results.cases if c.contender.is_control}
    return [
        Contender(page_tables.structure_label(contender))
        for contender in in_order(found)
    ]


def _times_by_round(results: Results) -> list[Any]:
    """Full precision: the script must come to the ratios of the report.

    A list has a place for every round that any case has.
    """
    rounds = sorted({row.round for row in results.rows})
    made = []
    for case in results.cases:
        counters = {}
        for counter in time_counters(case.operation):
            values = results.values(case, counter)
            if values:
                counters[counter] = [values.get(number) for number in rounds]
        if counters:
            key = [
                case.operation,
                case.workload,
                case.contender.structure,
                str(case.contender.control),
                case.condition,
            ]
            made.append([key, counters])
    return made


# --- the rest of the page -----------------------------------------------


def _links(extras: Extras) -> str:
    there = {
        "compare": "Compare two structures",
        "figures": "Figures",
        "pictures": "Pictures" if extras.pictures else "",
        "claims": "Claims" if extras.claims else "",
        "environment": "Environment",
    }
    return "".join(
        f'<li><a href="#{name}">{label}</a></li>'
        for name, label in there.items()
        if label
    )


def _pictures(pictures: Mapping[str, bytes], room: int) -> str:
    """Packed, because SVG is text; unpacked when looked at."""
    if not pictures:
        return ""
    figures: list[str] = []
    left_out: list[str] = []
    for stem, picture in pictures.items():
        figure = _figure(stem, picture)
        room -= len(figure)
        (figures if room > 0 else left_out).append(
            figure if room > 0 else stem
        )
    if left_out:
        names = html.escape(", ".join(left_out))
        figures.append(
            f'<p class="note">Left out, to keep the page below'
            f" {_MOST_BYTES >> 20} MiB: {names}</p>"
        )
    return (
        '<section id="pictures"><h2>Pictures</h2>'
        + "".join(figures)
        + "</section>"
    )


def _figure(stem: str, picture: bytes) -> str:
    # No time of day: the same results give the same page.
    packed = base64.b64encode(gzip.compress(picture, mtime=0)).decode()
    name = html.escape(stem)
    sizes = [
        re.search(rb'<svg[^>]*? %s="([\d.]+)pt"' % side, picture)
        for side in (b"width", b"height")
    ]
    # The place is kept free until the picture comes.
    shape = "".join(
        f' {side}="{float(size[1]):.0f}"'
        for side, size in zip(("width", "height"), sizes)
        if size
    )
    words = stem.replace("-", " ")
    return (
        f'<figure><div class="card" tabindex="0" role="region"'
        f' aria-label="Picture {name}">'
        f'<img{shape} data-source="picture-{name}"'
        f' alt="{html.escape(words)}; its figures stand in the tables"></div>'
        f"<figcaption>{name}</figcaption>"
        f'<script type="text/plain" id="picture-{name}">{packed}</script>'
        "</figure>"
    )


def _claims(text: str | None) -> str:
    if text is None:
        return ""
    return f'<section id="claims">{markdown.claims(text)}</section>'


def _environment(results: Results) -> str:
    rows = [
        (key.replace("_", " "), value)
        for key, value in results.context.items()
        if not key.startswith(("workload_", "structure_"))
        # Who owns the machine is nobody's business.
        and key not in ("host_name", "executable")
    ]
    return _table((("What", ""), ("Value", "")), rows)


def _missing(results: Results, extras: Extras) -> str:
    lacking = []
    if not extras.pictures:
        lacking.append(
            "Pictures: none. Install python3-matplotlib and make the page anew."
        )
    if extras.instructions is None:
        lacking.append("Instruction counts: ./run instructions makes them.")
    short = sum(n < results.rounds for n in results.rounds_of.values())
    if short:
        lacking.append(
            f"Rounds: {short} of {len(results.cases)} rows have fewer than"
            f" {results.rounds}; the tables say how many."
        )
    for word, cases in (("Failed", results.failed), ("Over", results.limits)):
        if cases:
            lacking.append(
                f"{word}: {len(cases)} rows, listed with the reason among the"
                " figures."
            )
    if not lacking:
        return ""
    items = "".join(f"<li>{html.escape(item)}</li>" for item in lacking)
    return (
        '<section id="missing"><h2>What is missing</h2>'
        f"<ul>{items}</ul></section>"
    )
