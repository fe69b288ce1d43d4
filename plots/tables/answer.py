# SPDX-License-Identifier: MIT
"""The answer of a run: two or three sentences that anyone understands.

They claim only what is marked "*". Memory, lost pages and the longest call
are figures without a verdict.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from plots.read.results import Contender, Results, condition_label
from plots.tables import standing
from plots.tables.duel import Duel, duel, meant
from plots.tables.figures import binary_size, number

# Memory of a structure below this share of its guest's decides nothing.
_LITTLE = 1 / 1000
_MOST_NAMES = 3


def answer(results: Results) -> list[str]:
    """Who wins where and by how much; what is open; what else differs."""
    found = duel(results)
    if found is None:
        return [_no_answer(results)]
    where = ""
    if found.condition:
        where = f", {condition_label(found.condition)}"
    first, others = _verdict(found)
    return [
        f"{found.baseline} or {found.rival}{where}? {first}.",
        *_sentence(others),
        *_sentence(_beside(found)),
    ]


def _sentence(clauses: Iterable[str]) -> Iterator[str]:
    """One, of all clauses; of none, none."""
    text = "; ".join(clauses)
    if text:
        yield f"{text[0].upper()}{text[1:]}."


def _no_answer(results: Results) -> str:
    baseline = results.baseline
    if not baseline:
        return "This run names no baseline, so it compares nothing."
    if not any(
        standing.times(results, place, Contender(baseline))
        for place in standing.places(results)
    ):
        return (
            f"The baseline, {baseline}, has no time, so this run compares"
            " nothing."
        )
    if asked := meant(results):
        have = "has" if len(asked) == 1 else "have"
        return f"{_and(asked)} {have} no time to compare with {baseline}'s."
    return (
        f"Only {baseline} has a time; name more structures with --structure."
    )


# --- who wins -----------------------------------------------------------


def _verdict(found: Duel) -> tuple[str, list[str]]:
    """The first sentence without its question, and what is left to say."""
    won: dict[str, list[str]] = {name: [] for name in found.both}
    open_: dict[str, list[str]] = {"~": [], "?": []}  # by mark
    reasons: dict[str, list[str]] = {}
    ratios: dict[str, float] = {}
    for guest in found.guests:
        ratio = found.ratio(guest)
        if ratio is None:
            reasons.setdefault(found.why(guest), []).append(guest)
            continue
        ratios[guest] = ratio.ratio.median
        winner = found.both[1] if ratios[guest] < 1 else found.baseline
        where = won[winner] if ratio.mark == "*" else open_[ratio.mark]
        where.append(guest)
    wins = [(name, guests) for name, guests in won.items() if guests]
    wins.sort(key=lambda win: -len(win[1]))  # who wins more often, first
    shown = [
        f"{winner} {_is_faster(found)} {_of_all(where, len(found.guests))}:"
        f" {'it' if winner == found.rival else found.rival} takes"
        f" {_span([ratios[g] for g in where])} times as long"
        + _names(found, where)
        for winner, where in wins[:1]
    ]
    others = [
        f"{_on(where)} {winner} is faster"
        f" ({'' if winner == found.rival else f'{found.rival} takes '}"
        f"{_span([ratios[g] for g in where])} times as long)"
        for winner, where in wins[1:]
    ]
    few, alike = open_["?"], open_["~"]
    if shown:
        sure = "With 95 % certainty"
        if not found.has_control:
            sure = "Without an A/A control, so less certain,"
        first = f"{sure} {shown[0]}"
        if alike:
            others.append(f"{_on(alike)} no difference is shown")
    elif alike:
        first = f"No difference is shown {_of_all(alike, len(found.guests))}"
    else:
        first = "This run cannot tell"
    if few:
        others.append(f"{_on(few)} the rounds are too few to tell")
    others += [
        f"{_on(where)} {why}"
        for why, where in list(reasons.items())[:_MOST_NAMES]
    ]
    if len(reasons) > _MOST_NAMES:
        others.append("other guests lack a ratio as well")
    if found.absent:
        others.append(f"there is no time of {_and(found.absent)}")
    return first, others


def _is_faster(found: Duel) -> str:
    if found.measure == standing.WHOLE:
        return "records and hands over pages faster"
    return f"is faster in {found.measure.name}"


def _span(values: Sequence[float]) -> str:
    low, high = number(min(values)), number(max(values))
    return low if low == high else f"{low} to {high}"


def _of_all(guests: Sequence[str], total: int) -> str:
    """How many guests, or which one if it is one."""
    if len(guests) == 1:
        return f"on {guests[0]}"
    if len(guests) < total:
        return f"on {len(guests)} of {total} guests"
    return "on both guests" if total == 2 else f"on all {total} guests"


def _names(found: Duel, guests: Sequence[str]) -> str:
    """Which guests, unless that is said already or too many."""
    is_named = 1 < len(guests) <= _MOST_NAMES
    is_all = len(guests) == len(found.guests)
    return f" on {_and(guests)}" if is_named and not is_all else ""


def _on(guests: Sequence[str]) -> str:
    if len(guests) > _MOST_NAMES:
        return f"on {len(guests)} guests"
    return f"on {_and(guests)}"


def _and(names: Sequence[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last


# --- what else differs --------------------------------------------------


def _beside(found: Duel) -> Iterator[str]:
    yield from _memory(found)
    yield from _lost(found)
    yield from _calls(found)


def _memory(found: Duel) -> Iterator[str]:
    """The largest set, against the memory of its guest."""
    sizes = {w.name: w.guest_memory for w in found.results.workloads}
    peaks = [
        (peak, name, guest)
        for guest in found.guests
        for name in found.both
        if (peak := found.peak(guest, name)) is not None
    ]
    if not peaks:
        return
    peak, name, guest = max(peaks, key=lambda each: each[0])
    most = binary_size(1024 * peak)
    if all(1024 * p < _LITTLE * (sizes.get(g) or 0) for p, _, g in peaks):
        yield f"memory decides nothing (at most {most})"
    else:
        yield f"the largest set takes {most} ({name} on {guest})"


def _lost(found: Duel) -> Iterator[str]:
    """Pages lost to the first fault of the run, by guest."""
    lost = {
        guest: both
        for guest in found.guests
        if None not in (both := [found.lost(guest, n) for n in found.both])
    }
    if not lost:
        return
    begin = "" if found.condition else "when allocations fail, "
    if not any(value for both in lost.values() for value in both):
        yield f"{begin}neither loses a page"
        return
    groups: dict[str, list[str]] = {"more": [], "fewer": [], "as many": []}
    for guest, (base, other) in lost.items():
        assert base is not None and other is not None
        word = "more" if other > base else "fewer"
        groups["as many" if other == base else word].append(guest)
    # What most guests say; the others stand in the table.
    word, guests = max(groups.items(), key=lambda group: len(group[1]))
    yield (
        f"{begin}{found.rival} loses {word} pages"
        f" {_of_all(guests, len(found.guests))}"
    )


def _calls(found: Duel) -> Iterator[str]:
    """The longest call under the lock, where nothing disturbed it."""
    longest: dict[str, float] = {}
    for guest in found.guests:
        calls = [found.longest(guest, name) for name in found.both]
        if any(call is None for call in calls):
            continue
        for name, call in zip(found.both, calls):
            if call is None or not call[1]:
                return
            longest[name] = max(longest.get(name, 0), call[0])
    if longest:
        base, other = (number(us) for us in longest.values())
        yield (
            f"{found.rival}'s longest call takes {other} us,"
            f" {found.baseline}'s {base} us"
        )
