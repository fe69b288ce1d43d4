# SPDX-License-Identifier: MIT
"""The web page: one file that needs no network and no server.

The template escapes every name; the script looks up, sorts and filters.
"""

import base64
import hashlib
import math
import struct
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from plots.read import instructions
from plots.read.file import printable
from plots.read.results import Results, condition_label, known_first
from plots.read.statistics import noise_floor
from plots.tables import answer, cases, facts, glance, replay, standing
from plots.tables.duel import Duel, duel
from plots.tables.figures import FORMS, number
from plots.tables.glance import rival_cell, time_cell
from plots.tables.standing import LIMIT, Place
from plots.tables.table import Cell, Table
from plots.tables.words import refused

_PARTS = Path(__file__).parent
_PNG = b"\x89PNG\r\n\x1a\n"
# The answer first. Of so many characters at most: a page is below 1 MiB.
_ORDER = ("ratio", "set", "drain", "memory", "longest", "pareto", "timeline")
_ROOM = 560_000
# More would make the page slow; those with the baseline come first.
_MOST_PAIRS = 12_000
_FACETS = ("structure", "workload", "operation", "condition")


class Extras(NamedTuple):
    """What may stand next to the results."""

    pictures: Mapping[str, bytes]  # PNG by file stem
    counts: Results | None


def extras(results: Results) -> Extras:
    """The pictures and counts in the folder of the results."""
    found = sorted(results.path.parent.glob("*.png"))
    pictures = {path.stem: path.read_bytes() for path in found}
    return Extras(pictures, instructions.counts_beside(results))


def page(results: Results, extras: Extras) -> str:
    """The whole page."""
    tables = _tables(results, extras.counts)
    if not {"times", "memory", "errors"} & {table.key for table in tables}:
        raise refused(results.path, "no_page")
    found = duel(results)
    title = "Sets of page frames"
    if found and found.rival:
        title = f"{found.baseline} or {found.rival}?"
    there = places(results)
    data = pairs(results, there, found)
    names, known = data["names"], results.traits
    shown, left_out = _pictures(extras.pictures)
    guests = {workload.name: workload for workload in results.workloads}
    text = _template().render(
        title=title,
        answer=" ".join(answer.answer(results)).removeprefix(title),
        results=results,
        machine="; ".join([*facts.machine(results)][:2]),
        warnings=[*facts.warnings(results)],
        missing=[*facts.missing(results)],
        data=data,
        families={n: known[n].family if n in known else None for n in names},
        measures=dict.fromkeys(place.measure.name for place in there),
        faults=dict.fromkeys(place.condition for place in there),
        likes={place.workload: guests.get(place.workload) for place in there},
        guests=[*_guests(there, extras.counts)],
        tables=tables,
        facets=_facets(tables),
        pictures=shown,
        left_out=left_out,
        css=(_PARTS / "page.css").read_text(encoding="utf-8"),
        script=(_PARTS / "page.js").read_text(encoding="utf-8"),
    )
    return str(text).lstrip()


def _hash(text: str) -> str:
    """What the policy of the page allows: this text and no other."""
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def _template() -> Any:
    try:
        import jinja2
    except ImportError:
        raise refused(Path(sys.executable), "no_jinja2") from None
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_PARTS),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        # What is not printable could turn the text around it.
        finalize=lambda v: printable(v) if type(v) is str else v,
    )
    json = {"separators": (",", ":"), "allow_nan": False}
    environment.policies["json.dumps_kwargs"] = json
    environment.filters |= {**FORMS, "hash": _hash}
    environment.filters |= {"cell": rival_cell, "condition": condition_label}
    environment.tests["figure"] = _is_figure
    environment.tests["numeric"] = lambda cells: any(map(_is_figure, cells))
    return environment.get_template("page.html")


def _guests(
    places: Sequence[Place], counts: Results | None
) -> Iterator[dict[str, Any]]:
    """Who is the fastest at each place, by the time that decides."""
    for place in places:
        found = place.standing
        first = standing.measures(place.results)[0]
        if found is None or place.measure != first:
            continue
        table = glance.glance(place, counts)
        rows = sorted(table.rows, key=lambda row: _time(row[1]))
        times = [_time(row[1]) for row in rows]
        longest = max(filter(math.isfinite, times), default=0)
        # In percent of the longest.
        bars = [
            f"{100 * (t / longest):.1f}%" if 0 < longest >= t else ""
            for t in times
        ]
        table = replace(table, rows=tuple(rows))
        yield {"place": place, "found": found, "table": table, "bars": bars}


def _time(cell: Cell) -> float:
    """For an order in which those without a time are last."""
    return float(cell.value) if _is_figure(cell) else math.inf


def _is_figure(cell: Cell) -> bool:
    return isinstance(cell.value, int | float)


def _tables(results: Results, counts: Results | None) -> list[Table]:
    """Every figure, those of the operations first."""
    every = [
        *_by_unit(cases.times(results)),
        cases.memory(results),
        glance.lost(results),
        cases.profiles(results),
        cases.calls(results),
        *replay.tables(results),
        *([cases.instructions(counts)] if counts else []),
        cases.errors(results),
        facts.workloads(results),
        facts.structures(results),
    ]
    made: list[Table] = []
    for table in map(Table.filled, every):
        if table:
            # The structure first: that column stays in sight.
            keys = [column.key for column in table.columns]
            table = table.pick(sorted(keys, key=lambda k: k != "structure"))
            same = sum(other.key.startswith(table.key) for other in made)
            made.append(replace(table, key=f"{table.key}{same or ''}"))
    return made


def _by_unit(table: Table) -> Iterator[Table]:
    """A table of each unit, which then stands in its head."""
    for unit, part in table.by_unit():
        both = zip(table.columns, part.rows[0])
        heads = (replace(c, unit=cell.unit or c.unit) for c, cell in both)
        rows = (tuple(replace(c, unit="") for c in row) for row in part.rows)
        title = f"{table.title}, {unit}"
        yield replace(part, title=title, columns=(*heads,), rows=(*rows,))


def _facets(tables: Sequence[Table]) -> dict[str, tuple[str, list[str]]]:
    """What rows can be filtered by: key, name, and every value."""
    found: dict[str, tuple[str, list[str]]] = {}
    for key in _FACETS:
        there = [t for t in tables if key in [c.key for c in t.columns]]
        cells = (cell for table in there for cell in table.column(key))
        values = list(dict.fromkeys(str(cell.value) for cell in cells))
        if len(values) > 1:
            found[key] = there[0].pick([key]).columns[0].name, values
    return found


def _pictures(
    pictures: Mapping[str, bytes],
) -> tuple[list[dict[str, Any]], list[str]]:
    """Those that fit, in the order of _ORDER; names of those that do not."""
    shown: list[dict[str, Any]] = []
    left_out: list[str] = []
    room = _ROOM
    for stem in known_first({*pictures}, _ORDER):
        picture = pictures[stem]
        if picture[:8] != _PNG or len(picture) < 24:
            continue
        text = base64.b64encode(picture).decode()
        if len(text) > room:
            left_out.append(stem)
            continue
        room -= len(text)
        width, height = struct.unpack(">II", picture[16:24])
        source = f"data:image/png;base64,{text}"
        made = {"name": stem, "source": source}
        shown.append({**made, "width": width, "height": height})
    return shown, left_out


def places(results: Results) -> list[Place]:
    """All by the main times; the guest with the longest runs first."""
    main = {m.operations: m for m in reversed(standing.measures(results))}
    found = [p for p in standing.places(results) if p.measure in main.values()]
    order = [place.workload for place in standing.by_run(found)]
    return sorted(found, key=lambda place: order.index(place.workload))


def pairs(
    results: Results, there: Sequence[Place], found: Duel | None
) -> dict[str, Any]:
    """What the script looks up; `found` is the pair to begin with."""
    who = {
        place: [n for n in [LIMIT, *place.entrants] if place.times(n)]
        for place in there
    }
    names = list(dict.fromkeys(name for place in there for name in who[place]))
    every = [(a, b) for a in names for b in names if a != b]
    every.sort(key=lambda pair: results.baseline not in pair)
    few = max(_MOST_PAIRS // max(1, len(there)), 2 * len(names))
    runs = {w: number(run) for w, run in standing.mean_runs(results).items()}

    def entry(place: Place, one: str, other: str) -> list[str] | None:
        """Mark, median, "[low," and "high]"."""
        if not {one, other} <= {*who[place]} or (one, other) not in wanted:
            return None
        cell = rival_cell(place.ratio(one, other))
        said = [cell.mark, cell.text(), *cell.bounds()]
        return None if cell.is_absent else said

    wanted = set(every[:few])
    return {
        # Names as the template writes them, so that the script finds them.
        "names": [*map(printable, names)],
        "first": [*map(printable, reversed(found.both) if found else names)],
        "none": "No round has a time of both."
        if len(every) <= few
        else "No round has a time of both, or there are too many structures"
        f" to hold all pairs: compare with {results.baseline}.",
        "places": [
            {
                "time": printable(place.measure.name),
                "unit": place.measure.unit,
                "fault": printable(place.condition),
                "guest": printable(place.workload),
                "run": runs.get(place.workload, ""),
                "noise": _noise(place),
                "times": [
                    cell.text() or cell.absence
                    for cell in (time_cell(place, name) for name in names)
                ],
                "pairs": [[entry(place, a, b) for b in names] for a in names],
            }
            for place in there
        ],
    }


def _noise(place: Place) -> list[str] | None:
    """Ratios between these two are no difference; None without a control."""
    floor = noise_floor(place.control)
    is_known = place.control is not None and math.isfinite(floor)
    return [number(1 / floor), number(floor)] if is_known else None
