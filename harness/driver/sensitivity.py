# SPDX-License-Identifier: MIT
"""How the order of the drivers depends on what a kick and madvise cost.

Replays the recorded guests, which is simulated and so alike on every machine,
and prints a table in Markdown: the drivers under each mix of costs, quickest
first, and the time of pipelined arrays that the host merges over that of
chunks. An order that is not that of the first mix is bold.

A: arrays; P: pipelined arrays; a, p: the same with a host that merges them;
C: chunks.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from pathlib import Path

GUESTS = ("idle-8g", "frag-4g", "busy-2g", "punched-2g")
# ns of a kick, of a call of madvise and of a page of a call: of the posting
# first, then of other machines.
COSTS = {
    "kick": (393144.0, 20000.0, 5000.0),
    "madvise-call": (410.6, 8190.0),
    "madvise-page": (16.7, 133.0, 427.0),
}
_UNIT = 1e6  # large: results have seven digits
# Each driver's letter, by the row of results and whether the host merges.
ROWS = {"array": "A", "pipelined": "P", "xbitmap": "C"}
MERGED = {"A": "a", "P": "p"}

Costs = Mapping[str, float]
AllTimes = dict[tuple[str, str], float]  # ms by guest and driver


def replay(program: str, flags: list[str]) -> Iterator[tuple[str, str, float]]:
    """Guest, structure and ms of inflating, of each row."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            [program, "--operation=replay", "--quiet", f"--out={folder}"]
            + ["--rounds=1", "--row-budget=0", "--profile=off", "--controls=0"]
            + ["--replaced=100", *flags],
            check=True,
            stderr=subprocess.DEVNULL,
        )
        results = json.loads((Path(folder) / "results.json").read_text())
    for row in results["benchmarks"]:
        yield row["workload"], row["structure"], row["sim_inflate_ms"]


def times(program: str, guests: Sequence[str], costs: Costs) -> AllTimes:
    """Under these costs, by guest and driver."""
    flags = [f"--{name}-ns={ns}" for name, ns in costs.items()]
    flags += ["--record-ns=13", "--workload=" + ",".join(guests)]
    found: AllTimes = {}
    sets = "--structure=" + ",".join(ROWS)
    for guest, name, ms in replay(program, [sets, *flags]):
        found[guest, ROWS[name]] = ms
    arrays = "--structure=array,pipelined"
    for guest, name, ms in replay(program, [arrays, "--host-merge", *flags]):
        found[guest, MERGED[ROWS[name]]] = ms
    return found


class Model:
    """A time is a sum of costs, so a few replays tell all of them."""

    def __init__(self, program: str, guests: Sequence[str]) -> None:
        nothing = dict.fromkeys(COSTS, 0.0)
        self._rest = times(program, guests, nothing)
        self._units = {
            name: times(program, guests, {**nothing, name: _UNIT})
            for name in COSTS
        }

    def times(self, costs: Costs) -> AllTimes:
        made = dict(self._rest)
        for name, ns in costs.items():
            for key, ms in self._units[name].items():
                made[key] += (ms - self._rest[key]) * ns / _UNIT
        return made


def lines(program: str) -> Iterator[str]:
    model = Model(program, GUESTS)
    yield "| kick, us | call, ns | page, ns | " + " | ".join(GUESTS) + " |"
    yield "|---" * (3 + len(GUESTS)) + "|"
    first: dict[str, list[str]] = {}
    for mix in product(*COSTS.values()):
        every = model.times(dict(zip(COSTS, mix)))
        kick, call, page = mix
        cells = [f"{kick / 1000:.0f}", f"{call:.0f}", f"{page:.0f}"]
        for guest in GUESTS:
            ms = {d: t for (of, d), t in every.items() if of == guest}
            order = sorted(ms, key=lambda driver: (ms[driver], driver))
            usual = first.setdefault(guest, order)
            said = " ".join(order)
            said = said if order == usual else f"**{said}**"
            cells.append(f"{said} {ms['p'] / ms['C']:.2f}")
        yield "| " + " | ".join(cells) + " |"


if __name__ == "__main__":
    for line in lines(sys.argv[1]):
        print(line, flush=True)
