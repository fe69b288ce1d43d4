# SPDX-License-Identifier: MIT
"""The answer: two or three sentences, which claim only what is marked "*"."""

from collections.abc import Iterator, Sequence

from plots.read.results import Results, condition_label
from plots.tables import standing
from plots.tables.duel import Duel, duel, meant
from plots.tables.figures import binary_size, number
from plots.tables.words import and_, say

# Memory of a structure below this share of its guest's decides nothing.
_LITTLE = 1 / 1000
_MOST_NAMES = 3


def answer(results: Results) -> list[str]:
    """Who wins where and by how much; what is open; what else differs."""
    found = duel(results)
    if found is None:
        return [_no_answer(results)]
    where = f", {condition_label(found.condition)}" if found.condition else ""
    first, *others = _verdict(found)
    more = "; ".join(others), "; ".join(_beside(found))
    return [
        f"{found.baseline} or {found.rival}{where}? {first}.",
        *(f"{text[0].upper()}{text[1:]}." for text in more if text),
    ]


def _no_answer(results: Results) -> str:
    baseline = results.baseline
    if not baseline:
        return say("answer", "no_baseline")
    if not any(place.times(baseline) for place in standing.places(results)):
        return say("answer", "no_time", baseline=baseline)
    if asked := meant(results):
        words = {"have": "has" if len(asked) == 1 else "have"}
        words |= {"names": and_(asked), "baseline": baseline}
        return say("answer", "untimed", **words)
    return say("answer", "no_rival", baseline=baseline)


def _verdict(found: Duel) -> list[str]:
    """The first sentence without its question, and what is left to say."""
    won: dict[str, list[str]] = {name: [] for name in found.both}
    open_: dict[str, list[str]] = {"~": [], "?": []}  # by mark
    reasons: dict[str, list[str]] = {}
    ratios: dict[str, float] = {}
    for place in found.places:
        ratio, guest = found.ratio(place), place.workload
        if ratio is None:
            reasons.setdefault(found.why(place), []).append(guest)
            continue
        ratios[guest] = ratio.ratio.median
        winner = found.both[ratios[guest] < 1]
        where = won[winner] if ratio.mark == "*" else open_[ratio.mark]
        where.append(guest)
    total = len(found.places)
    is_counted = found.results.is_counted
    faster = "takes fewer instructions" if is_counted else "is faster"
    what = f"{faster} {'for' if is_counted else 'in'} {found.measure.name}"
    if found.measure == standing.WHOLE:
        what = "records and hands over pages faster"
    sure = "Counted:" if is_counted else "With 95 % certainty"
    if not all(place.control for place in found.places):
        sure = "Without an A/A control, so less certain,"
    said: list[str] = []
    # Who wins more often, first.
    for winner, where in sorted(won.items(), key=lambda win: -len(win[1])):
        if not where:
            continue
        is_rival, values = winner == found.rival, [ratios[g] for g in where]
        ends = dict.fromkeys(map(number, (min(values), max(values))))
        took = f"{' to '.join(ends)} times as {'many' * is_counted or 'long'}"
        if said:
            takes = "" if is_rival else f"{found.rival} takes "
            said.append(f"{_on(where)} {winner} {faster} ({takes}{took})")
            continue
        who = "it" if is_rival else found.rival
        named = f" on {and_(where)}"
        if len(where) in (1, total) or len(where) > _MOST_NAMES:
            named = ""
        on = _of_all(where, total)
        said.append(f"{sure} {winner} {what} {on}: {who} takes {took}{named}")
    if alike := open_["~"]:
        no = "no difference is shown"
        all_ = f"{no.capitalize()} {_of_all(alike, total)}"
        said.append(f"{_on(alike)} {no}" if said else all_)
    said = said or ["This run cannot tell"]
    if few := open_["?"]:
        said.append(f"{_on(few)} the rounds are too few to tell")
    why = [f"{_on(where)} {reason}" for reason, where in reasons.items()]
    said += why[:_MOST_NAMES]
    if len(why) > _MOST_NAMES:
        said.append("other guests lack a ratio as well")
    if found.absent:
        said.append(f"there is no time of {and_(found.absent)}")
    return said


def _of_all(guests: Sequence[str], total: int) -> str:
    """How many guests, or which one if it is one."""
    if len(guests) == 1:
        return f"on {guests[0]}"
    if len(guests) < total:
        return f"on {len(guests)} of {total} guests"
    return "on both guests" if total == 2 else f"on all {total} guests"


def _on(guests: Sequence[str]) -> str:
    if len(guests) > _MOST_NAMES:
        return f"on {len(guests)} guests"
    return f"on {and_(guests)}"


def _beside(found: Duel) -> Iterator[str]:
    """The largest set; who loses more pages; the longest calls."""
    yield from _memory(found)
    yield from _lost(found)
    calls = [[p.longest(name) for name in found.both] for p in found.places]
    whole = [[call for call in both if call] for both in calls if all(both)]
    # Only where nothing disturbed them.
    if whole and all(is_sure for both in whole for _, is_sure in both):
        base, other = (number(max(each)[0]) for each in zip(*whole))
        both = {"rival": found.rival, "baseline": found.baseline}
        yield say("answer", "calls", other=other, base=base, **both)


def _memory(found: Duel) -> Iterator[str]:
    """The largest set, against the memory of its guest."""
    sizes = {w.name: w.guest_memory or 0 for w in found.results.workloads}
    peaks = [
        (1024 * peak, name, place.workload)
        for place in found.places
        for name in found.both
        if (peak := place.peak(name)) is not None
    ]
    if not peaks:
        return
    peak, name, guest = max(peaks, key=lambda each: each[0])
    most = binary_size(peak)
    if all(p < _LITTLE * sizes.get(g, 0) for p, _, g in peaks):
        yield f"memory decides nothing (at most {most})"
    else:
        yield f"the largest set takes {most} ({name} on {guest})"


def _lost(found: Duel) -> Iterator[str]:
    """Pages lost to the first fault of the run, by guest."""
    fault = found.fault
    lost = {
        place.workload: (base, other)
        for place in found.places
        for base, other in [[place.lost(name, fault) for name in found.both]]
        if base and other
    }
    if not lost:
        return
    begin = "when allocations fail, " * ("fault:" not in found.condition)
    if not any(each.median for both in lost.values() for each in both):
        yield f"{begin}neither loses a page"
        return
    groups: dict[str, list[str]] = {"more": [], "fewer": [], "": []}
    for guest, (base, other) in lost.items():
        # Intervals that do not meet.
        word = "more" if other.low > base.high else ""
        groups["fewer" if other.high < base.low else word].append(guest)
    # What most guests say; the others stand in the table.
    word, guests = max(groups.items(), key=lambda group: len(group[1]))
    on = _of_all(guests, len(found.places))
    none = "no difference in lost pages is shown"
    said = f"{found.rival} loses {word} pages" if word else none
    yield f"{begin}{said} {on}"
