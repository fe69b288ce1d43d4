# SPDX-License-Identifier: MIT
"""Every two structures against each other, as texts for the script."""

import math
from typing import Any

from plots.read.file import printable
from plots.read.results import Results
from plots.read.statistics import noise_floor
from plots.tables import standing
from plots.tables.duel import Duel
from plots.tables.figures import number
from plots.tables.glance import rival_cell, time_cell
from plots.tables.standing import LIMIT, Measure, Place

# More would make the page slow; those with the baseline come first.
_MOST = 12_000


def places(results: Results) -> list[Place]:
    """All by the main times; the guest with the longest runs first."""
    first: dict[tuple[str, ...], Measure] = {}
    found = [
        place
        for place in standing.places(results)
        if place.measure
        == first.setdefault(place.measure.operations, place.measure)
    ]
    order = [place.workload for place in standing.by_run(found)]
    return sorted(found, key=lambda place: order.index(place.workload))


def pairs(results: Results, found: Duel | None) -> dict[str, Any]:
    """What the script looks up; `found` is the pair to begin with."""
    there = places(results)
    who = {
        place: [n for n in [LIMIT, *place.entrants] if place.times(n)]
        for place in there
    }
    names = list(dict.fromkeys(name for place in there for name in who[place]))
    every = [(a, b) for a in names for b in names if a != b]
    every.sort(key=lambda pair: results.baseline not in pair)
    few = max(_MOST // max(1, len(there)), 2 * len(names))
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
    if place.control is None or not math.isfinite(floor):
        return None
    return [number(1 / floor), number(floor)]
