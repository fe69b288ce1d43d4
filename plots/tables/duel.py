# SPDX-License-Identifier: MIT
"""Two structures held against each other on every guest.

They are the baseline and its rival: the first primary structure that has
times, or one that the command line names.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace

from plots.read.results import Case, Contender, Results
from plots.tables import standing
from plots.tables.standing import LIMIT, Measure, Place, Rival


@dataclass(frozen=True)
class Duel:
    """By one measure, under one condition, on these guests.

    Without a `rival` it is about the baseline alone. Those in `absent` were
    asked for and have no time.
    """

    results: Results
    measure: Measure
    condition: str
    rival: str | None
    guests: tuple[str, ...]
    absent: tuple[str, ...] = ()

    @property
    def baseline(self) -> str:
        return self.results.baseline or ""

    @property
    def both(self) -> list[str]:
        return [self.baseline, *([self.rival] if self.rival else [])]

    @property
    def fault(self) -> str:
        """The condition whose lost pages are looked at."""
        return self.condition or self.results.lost_condition

    @property
    def has_control(self) -> bool:
        """Whether every guest shows how far noise alone differs."""
        places = map(self.place, self.guests)
        return all(standing.control(self.results, place) for place in places)

    def place(self, guest: str) -> Place:
        return Place(self.measure, guest, self.condition)

    def ratio(self, guest: str) -> Rival | None:
        if self.rival is None:
            return None
        return standing.to_baseline(
            self.results, self.place(guest), self.rival
        )

    def why(self, guest: str) -> str:
        """Why a guest has no ratio, in words."""
        place = self.place(guest)
        for name in reversed(self.both):
            if not standing.times(self.results, place, Contender(name)):
                word = standing.word(self.results, place, name)
                if not word.startswith(">"):
                    return f"{name} {word or 'has no time'}"
                a_page = " a page" if word.endswith(" ns") else ""
                return f"{name} takes over {word[1:]}{a_page} and was cut off"
        return "no round has both"

    def _set(self, guest: str, name: str) -> Case:
        return Case("set", guest, Contender(name), self.condition)

    def peak(self, guest: str, name: str) -> float | None:
        """KiB at any time."""
        return self.results.any_peak_kib(self._set(guest, name))

    def lost(self, guest: str, name: str) -> float | None:
        """Pages in a million that were lost under the fault."""
        case = replace(self._set(guest, name), condition=self.fault)
        return self.results.lost_ppm(case) if self.fault else None

    def longest(self, guest: str, name: str) -> tuple[float, bool] | None:
        """The longest call under the lock in us, and if it is sure."""
        return longest(self.results, self._set(guest, name))


def longest(results: Results, case: Case) -> tuple[float, bool] | None:
    """Its us, and whether repetitions took interrupts out."""
    found = results.profile_of(case)
    tails = found.tails if found and found.error is None else None
    if tails is None or tails.longest is None:
        return None
    return tails.longest[1] / 1000, tails.repetitions > 1


def duel(results: Results) -> Duel | None:
    """None where the baseline, or everybody else, has no time."""
    for measure in standing.measures(results):
        for condition in standing.conditions(results, measure):
            found = _duel(results, measure, condition)
            if found is not None:
                return found
    return None


def _duel(results: Results, measure: Measure, condition: str) -> Duel | None:
    places = standing.places_of(results, measure, condition)

    def has_time(name: str) -> bool:
        who = Contender(name)
        return any(standing.times(results, place, who) for place in places)

    asked = meant(results)
    # Of what nobody asked for, a variant comes last.
    others = sorted(
        _others(results), key=lambda name: results.variant_of(name) is not None
    )
    rival = next(filter(has_time, [*asked, *others]), None)
    if rival is None or not has_time(results.baseline or ""):
        return None
    before = asked[: asked.index(rival)] if rival in asked else asked
    guests = tuple(place.workload for place in places)
    return Duel(results, measure, condition, rival, guests, tuple(before))


def meant(results: Results) -> list[str]:
    """Rivals that were declared; without any, those that were named."""
    others = _others(results)
    said = results.context.get
    declared = said("primary_structures", "").split(",")
    is_ours = said("primary_baseline") == results.baseline
    for names in (declared if is_ours else [], named(results)):
        if found := [n for n in dict.fromkeys(names) if n in others]:
            return found
    return []


def named(results: Results) -> list[str]:
    """Structures that the command line asks for by name, in its order."""
    asked: list[str] = []
    words = command_words(results)
    for word, following in zip(words, [*words[1:], ""]):
        flag, _, value = word.partition("=")
        if flag == "--structure":
            asked += (value or following).split(",")
    return asked


def command_words(results: Results) -> list[str]:
    command = results.context.get("command_line", "")
    try:
        return shlex.split(command)
    except ValueError:  # an odd quotation mark
        return command.split()


def _others(results: Results) -> list[str]:
    """Everybody that can be held against the baseline."""
    none = (results.floor, LIMIT, *results.setless, results.baseline)
    who = {case.contender for case in results.cases}
    who |= {Contender(s.name) for s in results.structures}
    return [
        each.structure
        for each in results.in_order(who)
        if not each.is_control and each.structure not in none
    ]
