# SPDX-License-Identifier: MIT
"""The answer of a run: a few sentences, and one table of guests.

Two structures are held against each other: the baseline and its rival, the
first primary structure that has times, or one that the command line names.
Only a "*" is said to be a difference.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from plots.tables import primary, standing
from plots.read.results import (
    FLOOR,
    SETLESS,
    Case,
    Contender,
    Results,
    condition_label,
)
from plots.tables.standing import LIMIT, Measure, Place, Rival
from plots.read.statistics import median
from plots.draw.style import in_order, is_variant
from plots.text.layout import (
    Cell,
    Table,
    alike,
    binary_size,
    number,
    shorten,
    to_ascii,
    wrap,
)

# Memory of a structure below this share of its guest's decides nothing.
_LITTLE = 1 / 1000
_MOST_NAMES = 3
_LONGEST_NAME = 24
_MOST_GUESTS = 12
_ABSENT = Cell(("-",))


@dataclass(frozen=True)
class Outcome:
    """One guest: the rival's ratio to the baseline, or why there is none."""

    workload: str
    ratio: Rival | None
    why: str = ""


@dataclass(frozen=True)
class Duel:
    """The baseline and its rival on every guest; `absent` have no time."""

    results: Results
    measure: Measure
    condition: str
    baseline: str
    rival: str
    absent: tuple[str, ...]
    outcomes: tuple[Outcome, ...]

    def place(self, workload: str) -> Place:
        return Place(self.measure, workload, self.condition)

    def case(self, workload: str, structure: str) -> Case:
        """Where memory and lost pages stand."""
        return Case("set", workload, Contender(structure), self.condition)

    @property
    def guests(self) -> list[str]:
        return [outcome.workload for outcome in self.outcomes]

    def marked(self, mark: str) -> list[tuple[str, Rival]]:
        return [
            (outcome.workload, outcome.ratio)
            for outcome in self.outcomes
            if outcome.ratio is not None and outcome.ratio.mark == mark
        ]

    @property
    def slower(self) -> list[tuple[str, Rival]]:
        """Where the rival was shown to be slower than the baseline."""
        return [each for each in self.marked("*") if each[1].ratio.median > 1]

    @property
    def faster(self) -> list[tuple[str, Rival]]:
        return [each for each in self.marked("*") if each[1].ratio.median < 1]


def duel(results: Results) -> Duel | None:
    """None where the baseline, or everybody else, has no time."""
    return next(
        (
            found
            for measure in standing.measures(results)
            for condition in standing.conditions(results, measure)
            if (found := _duel(results, measure, condition))
        ),
        None,
    )


def _duel(
    results: Results, measure: Measure, condition: str
) -> Duel | None:
    baseline = results.baseline or ""
    places = [
        Place(measure, workload, condition)
        for workload in by_run(
            results, standing.workloads(results, measure, condition)
        )
    ]

    def has_time(structure: str) -> bool:
        who = Contender(structure)
        return any(standing.times(results, place, who) for place in places)

    if not has_time(baseline):
        return None
    meant = _meant(results)
    # Of what nobody asked for, a variant comes last.
    others = sorted(_others(results), key=is_variant)
    rival = next(filter(has_time, [*meant, *others]), None)
    if rival is None:
        return None
    before = meant[: meant.index(rival)] if rival in meant else meant
    return Duel(
        results,
        measure,
        condition,
        baseline,
        rival,
        tuple(before),
        tuple(_outcome(results, place, baseline, rival) for place in places),
    )


def _meant(results: Results) -> list[str]:
    """Rivals that were declared; without any, those that were named."""
    others = _others(results)
    declared = results.context.get("primary_structures", "").split(",")
    if results.context.get("primary_baseline") != results.baseline:
        declared = []
    for names in (declared, primary.named(results)):
        if found := [n for n in dict.fromkeys(names) if n in others]:
            return found
    return []


def _others(results: Results) -> list[str]:
    """Everybody that can be held against the baseline."""
    none = (FLOOR, LIMIT, *SETLESS, results.baseline)
    present = {case.contender for case in results.cases}
    present |= {Contender(s.name) for s in results.structures}
    return [
        who.structure
        for who in in_order(present)
        if not who.is_control and who.structure not in none
    ]


def _outcome(
    results: Results, place: Place, baseline: str, rival: str
) -> Outcome:
    ratio = standing.ratio_of(results, place, rival, baseline)
    if ratio is not None:
        return Outcome(place.workload, ratio)
    for who in (rival, baseline):
        if not standing.times(results, place, Contender(who)):
            word = standing.word(results, place, who)
            why = "failed" if word == "failed" else "has no time"
            if word.startswith(">"):
                a_page = " a page" if word.endswith(" ns") else ""
                why = f"takes over {word[1:]}{a_page} and was cut off"
            return Outcome(place.workload, None, f"{_name(who)} {why}")
    return Outcome(place.workload, None, "no round has both")


def mean_runs(results: Results) -> dict[str, float]:
    """Pages in a row that a guest gives, by guest."""
    return {
        w.name: w.pages / w.ranges
        for w in results.workloads
        if w.pages and w.ranges
    }


def by_run(results: Results, guests: Sequence[str]) -> list[str]:
    """The longest first: the ratio of most structures depends on it."""
    runs = mean_runs(results)
    return sorted(guests, key=lambda guest: -runs.get(guest, 0))


# --- sentences ----------------------------------------------------------


def answer(results: Results) -> list[str]:
    """Sentences: who wins where, by how much; memory, lost pages, steps."""
    found = duel(results)
    if found is None:
        return list(_no_answer(results))
    return [
        *_verdict(found),
        *_amounts(found),
        *_open(found),
        *_memory(found),
        *_lost(found),
        *_steps(found),
    ]


def paragraph(results: Results) -> list[str]:
    """The same in lines of 72 columns."""
    return wrap(" ".join(answer(results)), indent="")


def _no_answer(results: Results) -> Iterator[str]:
    baseline = _name(results.baseline) if results.baseline else ""
    if not baseline:
        yield "This run names no baseline, so it compares nothing."
    elif not any(
        standing.times(results, Place(measure, workload, condition), who)
        for who in [Contender(results.baseline or "")]
        for measure in standing.measures(results)
        for condition in standing.conditions(results, measure)
        for workload in standing.workloads(results, measure, condition)
    ):
        yield (
            f"The baseline, {baseline}, has no time, so this run compares"
            " nothing."
        )
    elif meant := _meant(results):
        have = "has" if len(meant) == 1 else "have"
        yield f"{_and(meant)} {have} no time to compare with {baseline}'s."
    else:
        yield (
            f"Nothing else than {baseline} has a time to compare; name more"
            " with --structure."
        )


def _verdict(found: Duel) -> Iterator[str]:
    baseline, rival = _name(found.baseline), _name(found.rival)
    where = ""
    if found.condition:
        where = f", {to_ascii(condition_label(found.condition))}"
    question = f"{baseline} or {rival}{where}?"
    total = len(found.outcomes)
    # The one that wins more often comes first.
    wins = sorted(
        (
            (len(shown), name)
            for shown, name in (
                (found.slower, baseline),
                (found.faster, rival),
            )
            if shown
        ),
        key=lambda win: -win[0],
    )
    sure = "With 95 % certainty "
    if any(
        standing.control(found.results, found.place(guest)) is None
        for guest, _ in found.marked("*")
    ):
        sure = "Without an A/A control, so less certain: "
    if wins:
        most, first = wins[0]
        text = f"{sure}{first}"
        if total > 1:
            every = "both" if total == 2 else f"all {total}"
            of = every if most == total else f"{most} of {total}"
            text += f" on {of} guests"
        if len(wins) > 1:
            text += f", {wins[1][1]} on {wins[1][0]}"
        yield f"{question} {text}."
    elif len(found.marked("~")) == total:
        yield f"{question} No difference is shown."
    else:
        yield f"{question} This run cannot tell."


def _amounts(found: Duel) -> Iterator[str]:
    rival = _name(found.rival)
    what = found.measure.name
    if found.measure == standing.WHOLE:
        what = f"recording and handing over ({what})"
    begin = f"{what[0].upper()}{what[1:]} takes {rival}"
    for shown in (found.slower, found.faster):
        if shown:
            span = _span([each.ratio.median for _, each in shown])
            where = _on([workload for workload, _ in shown])
            yield f"{begin} {span} times as long {where}."
            begin = f"It takes {rival}"


def _open(found: Duel) -> Iterator[str]:
    """Where nothing is shown, and why."""
    same, few = (
        [workload for workload, _ in found.marked(mark)] for mark in "~?"
    )
    if 0 < len(same) < len(found.outcomes):
        yield f"No difference is shown {_on(same)}."
    if few:
        yield f"The run has too few rounds {_on(few)}."
    reasons: dict[str, list[str]] = {}
    for outcome in found.outcomes:
        if outcome.ratio is None:
            reasons.setdefault(outcome.why, []).append(outcome.workload)
    for why, guests in list(reasons.items())[:_MOST_NAMES]:
        where = _on(guests)
        yield f"{where[0].upper()}{where[1:]} {why}."
    if len(reasons) > _MOST_NAMES:
        yield "Other guests lack a ratio as well."
    if found.absent:
        have = "has" if len(found.absent) == 1 else "have"
        yield f"{_and(found.absent)} {have} no time."


def _memory(found: Duel) -> Iterator[str]:
    """The largest set, against the memory of its guest."""
    sizes = {w.name: w.guest_memory for w in found.results.workloads}
    peaks = [
        (peak, who, workload)
        for workload in found.guests
        for who in (found.baseline, found.rival)
        if (peak := _peak(found, workload, who)) is not None
    ]
    if not peaks:
        return
    peak, who, workload = max(peaks, key=lambda each: each[0])
    size = sizes.get(workload)
    of = f" of a guest of {binary_size(size)}" if size else ""
    is_little = all(
        1024 * peak < _LITTLE * (sizes.get(workload) or 0)
        for peak, _, workload in peaks
    )
    begin = "Memory decides nothing: the" if is_little else "The"
    yield (
        f"{begin} largest set takes {binary_size(1024 * peak)}{of}"
        f" ({_name(who)}, {_name(workload)})."
    )


def _peak(found: Duel, workload: str, who: str) -> float | None:
    return found.results.any_peak_kib(found.case(workload, who))


def _lost(found: Duel) -> Iterator[str]:
    """Pages lost to the first fault of the run, by guest."""
    results = found.results
    condition = results.lost_condition
    lost: list[tuple[str, float, float]] = []
    for workload in results.workloads_of("set", condition):
        base, other = (
            results.lost_ppm(Case("set", workload, Contender(who), condition))
            for who in (found.baseline, found.rival)
        )
        if base is not None and other is not None:
            lost.append((workload, base, other))
    if not condition or not lost:
        return
    under = f"Under {to_ascii(condition_label(condition))}"
    most = max(max(base, other) for _, base, other in lost)
    if most == 0:
        yield f"{under} neither loses a page."
        return
    tests: dict[str, Callable[[float, float], bool]] = {
        "more": lambda base, other: other > base,
        "fewer": lambda base, other: other < base,
        "as many": lambda base, other: other == base,
    }
    groups = {
        what: [w for w, base, other in lost if test(base, other)]
        for what, test in tests.items()
    }
    there = {what: guests for what, guests in groups.items() if guests}
    # A sentence that can be read: names of many groups are too many.
    names = 1 if len(there) > 1 else _MOST_NAMES
    parts = [f"{what} {_on(guests, names)}" for what, guests in there.items()]
    yield (
        f"{under} {_name(found.rival)} loses {', '.join(parts)}: at most"
        f" {number(most)} pages in a million."
    )


def _steps(found: Duel) -> Iterator[str]:
    """The longest step under the lock: figures, no verdict."""
    longest: dict[str, list[float]] = {found.baseline: [], found.rival: []}
    is_repeated = True
    for workload in found.guests:
        steps = [
            profile.tails
            for who in longest
            if (profile := found.results.profile_of(found.case(workload, who)))
            and profile.error is None
            and profile.tails
            and profile.tails.longest
        ]
        if len(steps) == 2:
            is_repeated &= all(tails.repetitions > 1 for tails in steps)
            for who, tails in zip(longest, steps):
                assert tails.longest is not None
                longest[who].append(tails.longest[1] / 1000)
    if all(longest.values()):
        parts = [f"{_span(us)} us in {_name(w)}" for w, us in longest.items()]
        perhaps = "" if is_repeated else " (perhaps with an interrupt)"
        yield (
            "The longest step under the lock takes"
            f" {', '.join(parts)}{perhaps}."
        )


def _span(values: Sequence[float]) -> str:
    low, high = number(min(values)), number(max(values))
    return low if low == high else f"{low} to {high}"


def _on(guests: Sequence[str], most: int = _MOST_NAMES) -> str:
    if len(guests) > most:
        return f"on {len(guests)} guests"
    return f"on {_and(guests)}"


def _and(names: Sequence[str]) -> str:
    *most, last = map(_name, names)
    return f"{', '.join(most)} and {last}" if most else last


def _name(name: str) -> str:
    return shorten(to_ascii(name) or "?", _LONGEST_NAME)


# --- table --------------------------------------------------------------


def guests_table(results: Results, most: int = _MOST_GUESTS) -> Table | None:
    """Guests in rows: mean run, times, the ratio with its range."""
    found = duel(results)
    if found is None:
        return None
    who = [found.baseline, found.rival]
    if any(
        standing.times(results, found.place(guest), Contender(LIMIT))
        for guest in found.guests
        if LIMIT not in who
    ):
        who.insert(0, LIMIT)
    runs = mean_runs(results)
    rows = [
        (
            outcome.workload,
            [
                Cell((number(runs[outcome.workload]),))
                if outcome.workload in runs
                else _ABSENT,
                *(_time_cell(found, outcome.workload, w) for w in who),
                _ratio_cell(found, outcome),
            ],
        )
        for outcome in found.outcomes[:most]
    ]
    empty = [Cell(("",))] * (len(who) + 1)
    if len(found.outcomes) > most:
        more = len(found.outcomes) - most
        rows.append((f"{more} more", [*empty, Cell(("",))]))
    control = [
        ratio
        for guest in found.guests
        for ratio in standing.control_ratios(results, found.place(guest))
    ]
    if control:
        rows.append(("control", [*empty, _range_cell(control)]))
    return Table(
        f"{found.measure.name}, {condition_label(found.condition)}:"
        f" {found.measure.unit}; ratio {_name(found.rival)} /"
        f" {_name(found.baseline)}",
        ["mean run", *who, "ratio, all rounds"],
        "guest",
        rows,
    )


def _time_cell(found: Duel, guest: str, who: str) -> Cell:
    place = found.place(guest)
    values = standing.times(found.results, place, Contender(who)).values()
    if values:
        return Cell((number(median(list(values))),))
    word = standing.word(found.results, place, who).removesuffix(" ns")
    return Cell((word,)) if word else _ABSENT


def _ratio_cell(found: Duel, outcome: Outcome) -> Cell:
    if outcome.ratio is None:
        return _ABSENT
    return _range_cell(
        standing.ratios(
            found.results,
            found.place(outcome.workload),
            Contender(found.rival),
            Contender(found.baseline),
        ),
        outcome.ratio.mark,
    )


def _range_cell(ratios: Sequence[float], mark: str = " ") -> Cell:
    middle = median(ratios)
    low, high = (alike(v, middle) for v in (min(ratios), max(ratios)))
    return Cell((number(middle), low, "..", high), mark)


def guests_legend(results: Results) -> list[str]:
    """What the marks and the control of the table mean."""
    baseline = _name(results.baseline or "the baseline")
    beyond = (
        f"beyond the control, {baseline} against itself"
        if results.has_control
        else "beyond 1 (there is no A/A control)"
    )
    return wrap(f"* {beyond}; ~ not; ? too few rounds")
