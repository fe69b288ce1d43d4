# SPDX-License-Identifier: MIT
"""What was measured, on which machine, and what is missing."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from statistics import median

from plots.read.results import Case, Entrant, Results, condition_label
from plots.tables import replay, standing
from plots.tables.glance import GUEST, STRUCTURE
from plots.tables.table import Table, cells, columns
from plots.tables.words import SAID, say

_MOST_NAMES = 24
_RELEASES = ("Release", "RelWithDebInfo")


def workloads(results: Results) -> Table:
    rows = tuple(
        cells(w.name, w.pages, w.passes, w.ranges, w.guest_memory, w.checksum)
        for w in results.workloads
    )
    return Table("workloads", "guests", (GUEST, *columns("workloads")), rows)


def structures(results: Results) -> Table:
    """A crash, an exception and an error code do not cost alike."""
    heads = columns("structures")
    facts = {s.name: s.facts for s in results.structures}
    rows = tuple(
        cells(who.structure, *(facts[who.structure].get(h.key) for h in heads))
        for who in results.in_order(map(Entrant, facts))
    )
    return Table("structures", "structures", (STRUCTURE, *heads), rows)


def machine(results: Results) -> Iterator[str]:
    """CPU; software; commit and clock; what disturbs; how memory fails."""
    context = results.context
    said = defaultdict(lambda: "not recorded")
    said |= {key: v.strip() for key, v in context.items() if v.strip()}
    more = SAID["facts"]["if_said"]
    used = (text for key, text in more.items() if key in context)
    yield from (t.format_map(said) for t in (*SAID["facts"]["machine"], *used))


def head(results: Results) -> Iterator[str]:
    """The program and its rounds, then what is wrong with the run."""
    version = results.context.get("pfnbench_version", "of unknown version")
    words = {"baseline": results.baseline or "not recorded"}
    words |= {"rounds": results.rounds, "version": version}
    yield say("facts", "head" + "_counted" * results.is_counted, **words)
    if results.processes > 1:
        yield say("facts", "processes", **_spread(results))
    yield from warnings(results)


def _spread(results: Results) -> dict[str, str]:
    """How far medians of processes lie from each other, and rounds in one."""
    between, within = [0.0], [0.0]
    for case in results.cases:
        for counter in results.time_counters(case.operation)[:1]:
            of = results.by_process(case, counter).values()
            between.append(_deviation([median(each) for each in of]))
            within += map(_deviation, of)
    shares = {"between": between, "within": within}
    shown = {name: f"{100 * median(of):.1f}" for name, of in shares.items()}
    return {"processes": str(results.processes), **shown}


def _deviation(values: Sequence[float]) -> float:
    """The mean distance from the median, as a share of it."""
    middle = median(values) if values else 0.0
    off = sum(abs(value - middle) for value in values)
    return off / len(values) / middle if middle else 0.0


def _short(results: Results) -> list[Case]:
    """Those with fewer rounds than the run was meant to have."""
    of = results.rounds_of
    return [case for case in results.cases if of[case] < results.rounds]


def warnings(results: Results) -> Iterator[str]:
    if results.is_interrupted:
        yield say("facts", "interrupted")
    if short := len(_short(results)):
        words = {"every": len(results.cases), "rounds": results.rounds}
        yield say("facts", "incomplete", short=short, **words)
    build = results.context.get("build_type", "Release")
    if build not in _RELEASES:
        yield say("facts", "not_optimised", build=build)


def gaps(results: Results) -> Iterator[str]:
    """Everything that is missing, in as few words as possible."""
    if results.is_interrupted:
        yield "interrupted"
    for many, what in (
        (len(_short(results)), f"of {len(results.cases)} rows short"),
        (len(results.failed), "failed"),
        (len(results.limits), "cut off"),
    ):
        if many:
            yield f"{many} {what}"


def listing(names: Iterable[str]) -> str:
    """Names in a row, the number of the rest after two dozen."""
    every = list(names)
    rest = len(every) - _MOST_NAMES
    more = f" and {rest} more" if rest > 0 else ""
    return " ".join(every[:_MOST_NAMES]) + more


def missing(results: Results) -> Iterator[str]:
    """Every figure that a table could show and does not, with its reason."""
    for (case, reason), times in results.errors.items():
        total = results.rounds_of[case]
        rounds = "" if times == total else f" in {times} of {total} rounds"
        yield f"not shown: {case.name}{rounds}: {reason}"
    names: dict[str, dict[str, None]] = {}
    for found in (_missing_cases, _missing_figures, _missing_pairs):
        for what, name in found(results):
            names.setdefault(what, {})[name] = None
    yield from (f"{what} {listing(those)}" for what, those in names.items())


def _places(results: Results) -> Iterator[Case]:
    """Each operation under each condition on each workload, of nobody."""
    for operation in results.operations():
        for condition in results.conditions(operation):
            # Drivers without a set have no policy, and tables of their own.
            if operation != results.replay or replay.split(condition)[0]:
                for workload in results.workloads_of(operation, condition):
                    yield Case(operation, workload, Entrant(""), condition)


def _missing_cases(results: Results) -> Iterator[tuple[str, str]]:
    """Structures that have no row in a table, and gaps in the tables."""
    have = set(results.cases)
    everyone = {case.entrant for case in have}
    everyone |= {Entrant(s.name) for s in results.structures}
    none = (results.floor, *results.setless)
    holes = []
    for place in _places(results):
        present = results.entrants_of(place.operation, place.condition)
        for who in results.in_order(everyone - present):
            if who.structure not in none:
                label = condition_label(place.condition)
                name = standing.label(results, who)
                yield f"no rows: {place.operation}, {label}:", name
        cases = (
            replace(place, entrant=who) for who in results.in_order(present)
        )
        holes += [case.name for case in cases if case not in have]
    yield from (("not measured:", name) for name in holes)
    used = {case.workload for case in have}
    unused = (w.name for w in results.workloads if w.name not in used)
    yield from (("no rows: workload", name) for name in unused)


def _missing_figures(results: Results) -> Iterator[tuple[str, str]]:
    """Rows that ran, but lack a figure that a table shows, or rounds."""
    failing = {case for case, _ in results.errors}
    rounds_of = results.rounds_of
    # No kernel says what it was asked for.
    is_inside = results.context.get("where") == "kernel"
    for case in results.cases:
        who = case.entrant.structure
        if case in failing or who in results.setless:
            continue
        wanted = results.time_counters(case.operation)
        if case.operation == "set" and who != results.floor:
            asked = ("requested_bits_per_page",) * (not is_inside)
            wanted += "bits_per_page", *asked, "failed_sets"
        for counter in wanted:
            if len(results.by_round(case, counter)) < rounds_of[case]:
                yield f"without {counter} in some round:", case.name
    short = {case: rounds_of[case] for case in _short(results)}
    is_all = len(short) == len(results.cases) and len({*short.values()}) == 1
    for case in sorted(short, key=lambda case: short[case]):
        what = f"only {short[case]} of {results.rounds} rounds:"
        yield what, "every row" if is_all else case.name


def _missing_pairs(results: Results) -> Iterator[tuple[str, str]]:
    """Without a baseline no ratio, without a control no noise floor."""
    no_control, of = [], results.values
    for case in _places(results):
        counter = results.time_counters(case.operation)[0]
        if not of(results.baseline_of(case), counter):
            base = results.baseline or ""
            yield say("facts", "no_baseline", baseline=base), case.name
        elif not (results.is_counted or of(results.control_of(case), counter)):
            no_control.append((say("facts", "no_control"), case.name))
    yield from no_control
    for profile in results.profiles:
        if profile.error is not None:
            yield "profiles cut off or not made:", profile.name
