# SPDX-License-Identifier: MIT
"""The baseline and its rival held against each other on every guest."""

import shlex
from dataclasses import dataclass

from plots.read.results import Entrant, Results
from plots.tables import standing
from plots.tables.standing import LIMIT, Measure, Place, Rival


@dataclass(frozen=True)
class Duel:
    """By one measure, under one condition, on these guests."""

    places: tuple[Place, ...]
    rival: str | None  # None: it is about the baseline alone
    absent: tuple[str, ...] = ()  # were asked for and have no time

    @property
    def results(self) -> Results:
        return self.places[0].results

    @property
    def measure(self) -> Measure:
        return self.places[0].measure

    @property
    def condition(self) -> str:
        return self.places[0].condition

    @property
    def guests(self) -> list[str]:
        return [place.workload for place in self.places]

    @property
    def baseline(self) -> str:
        return self.results.baseline or ""

    @property
    def both(self) -> list[str]:
        return [self.baseline, *([self.rival] if self.rival else [])]

    @property
    def fault(self) -> str:
        """The condition whose lost pages are looked at."""
        has_fault = "fault:" in self.condition
        return self.condition if has_fault else self.results.lost_condition

    def ratio(self, place: Place) -> Rival | None:
        return place.ratio(self.rival) if self.rival else None

    def why(self, place: Place) -> str:
        """Why a guest has no ratio, in words."""
        for name in reversed(self.both):
            if not place.times(name):
                word = place.word(name)
                if not word.startswith(">"):
                    return f"{name} {word or 'has no time'}"
                a_page = " a page" if word.endswith(" ns") else ""
                return f"{name} takes over {word[1:]}{a_page} and was cut off"
        return "no round has both"


def duel(results: Results) -> Duel | None:
    """With the first of those meant that has times; None without times."""
    asked = meant(results)
    # Of what nobody asked for, a variant comes last.
    others = sorted(
        _others(results), key=lambda name: results.variant_of(name) is not None
    )
    for measure in standing.measures(results):
        for condition in standing.conditions(results, measure):
            places = standing.places_of(results, measure, condition)
            timed = [
                name
                for name in (results.baseline or "", *asked, *others)
                if any(place.times(name) for place in places)
            ]
            if len(timed) > 1 and timed[0] == results.baseline:
                before = asked[: (asked + timed[1:2]).index(timed[1])]
                return Duel(tuple(places), timed[1], tuple(before))
    return None


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
    return shell_words(results.context.get("command_line", ""))


def shell_words(command: str) -> list[str]:
    try:
        return shlex.split(command)
    except ValueError:  # an odd quotation mark
        return command.split()


def _others(results: Results) -> list[str]:
    """Everybody that can be held against the baseline."""
    none = (results.floor, *results.setless, results.baseline)
    who = {case.entrant for case in results.cases}
    who |= {Entrant(s.name) for s in results.structures}
    return [
        each.structure
        for each in results.in_order(who)
        if not each.is_control
        and each.structure not in none
        and each.structure.partition("@")[0] != LIMIT  # nor that of a kernel
    ]
