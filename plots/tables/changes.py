# SPDX-License-Identifier: MIT
"""Two runs of the same work, as two samples: what became better or worse."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product

from plots.read.results import Case, Results
from plots.read.statistics import COUNTED, Estimate, change, mark, median
from plots.read.statistics import u_test
from plots.tables.cases import CASE, case_key
from plots.tables.facts import listing
from plots.tables.figures import change_percent, number
from plots.tables.glance import GUEST, STRUCTURE, time_cell
from plots.tables.standing import Measure, Place, Who
from plots.tables.table import Cell, Column, Table, cells, columns, figure
from plots.tables.words import many, refused, say

# Two commits, dates and command lines differ by intention.
_SHOULD_AGREE = (
    "cpu_model baseline fault_seed num_cpus microcode kernel compiler"
    " compiler_flags build_type libc governor turbo smt thp aslr"
)
# Two runs of one program on one trace have these exactly alike.
_EXACT = (
    "bits_per_page requested_bits_per_page peak_slab_bytes allocations"
    " failed_sets"
)
_BOTH = (Column("base", "base"), Column("patched", "patched"))


@dataclass(frozen=True)
class Pair:
    """Times of one case in both runs."""

    case: Case
    times: Sequence[Sequence[float]]
    unit: str
    change: Estimate
    mark: str


KINDS: dict[str, Callable[[Case], str]] = {
    "structure": lambda case: case.entrant.structure,
    "operation": lambda case: case.operation,
    "workload": lambda case: case.workload,
}


@dataclass(frozen=True)
class Selection:
    """Which rows are reported, by kind of name; without names all."""

    names: Mapping[str, Sequence[str]] = field(default_factory=dict)
    is_all: bool = False  # those that are not marked as well

    def has(self, case: Case) -> bool:
        return all(
            not names or KINDS[kind](case) in names
            for kind, names in self.names.items()
        )


def pairs_of(old: Results, new: Results) -> list[Pair]:
    """Every case with times in both, in the order of the old run."""
    _refuse_other_work(old, new)
    places = {
        case: [_place(run, case) for run in (old, new)] for case in old.cases
    }
    times = {
        case: found
        for case, both in places.items()
        if all(found := _times(both, case.entrant))
    }
    pairs = [
        Pair(case, samples, places[case][1].measure.unit, factor, "")
        for case, samples in times.items()
        if (factor := change(*samples, len(times))) is not None
    ]
    if not pairs:
        raise refused(new.path, "nothing_common", old=old.path)
    whole = common(pairs)
    controls = [[p.control for p in places[pair.case]] for pair in pairs]
    marks = [mark(p.change, whole, *c) for p, c in zip(pairs, controls)]
    return [replace(p, mark=marked) for p, marked in zip(pairs, marks)]


def marks(new: Results) -> str:
    return say("changes", "marks" + "_counted" * new.is_counted)


def _place(results: Results, case: Case) -> Place:
    """Where the main time of its operation stands."""
    unit = results.time_counters(case.operation)[0].replace("_", " ")
    measure = Measure("", (case.operation,), unit)
    return Place(results, measure, case.workload, case.condition)


def _times(places: Iterable[Place], who: Who) -> list[list[float]]:
    return [list(place.times(who).values()) for place in places]


def common(pairs: Sequence[Pair]) -> Estimate:
    """What most rows have in common is the machine, unless it is counted."""
    if pairs[0].unit.startswith("instructions"):
        return COUNTED
    factors = [pair.change.median for pair in pairs]
    middle = median(factors)
    return Estimate(middle, middle, middle, len(factors), is_interval=True)


def _refuse_other_work(old: Results, new: Results) -> None:
    """Nor have times of other CPUs anything in common."""
    traces = {w.name: w.trace for w in old.workloads}
    for name, trace in ((w.name, w.trace) for w in new.workloads):
        before = traces.get(name)
        if before and trace and trace != before:
            words = {"name": name, "new": trace[:8], "old": before[:8]}
            raise refused(new.path, "other_trace", path=old.path, **words)
    was, now = (run.context.get("cpu_model") for run in (old, new))
    if was and now and was != now:
        raise refused(new.path, "other_cpu", path=old.path, old=was, new=now)


def selected(
    pairs: Sequence[Pair], new: Results, selection: Selection
) -> list[Pair]:
    """Those that are reported; marked as among all of the run."""
    for what, names in selection.names.items():
        known = list(dict.fromkeys(KINDS[what](p.case) for p in pairs))
        for name in names:
            if name not in known:
                words = {"name": name, "known": listing(known)}
                raise refused(new.path, "no_such_row", what=what, **words)
    found = [pair for pair in pairs if selection.has(pair.case)]
    if not found:
        raise refused(new.path, "no_chosen_row")
    return found


def refusal(pairs: Sequence[Pair], percent: float) -> str:
    """Marked rows slower by more than so much, as a line; "" for none."""
    most = 1 + percent / 100
    slower = [p for p in pairs if p.mark == "*" and p.change.median > most]
    if not slower:
        return ""
    worst = max(slower, key=lambda pair: pair.change.median)
    rows, change = many(len(slower), "marked row"), worst.change.median
    words = {"percent": number(percent), "change": change_percent(change)}
    return say("changes", "slower", rows=rows, worst=worst.case.name, **words)


def verdict(pairs: Sequence[Pair], every: Sequence[Pair]) -> Iterator[str]:
    """How many rows became better and worse; a warning if only the one."""
    marks = Counter(pair.mark for pair in pairs)
    worse = sum(p.mark == "*" and p.change.median >= 1 for p in pairs)
    better = marks["*"] - worse
    words = {"better": better, "worse": worse, "rows": many(len(pairs), "row")}
    words |= {"alike": marks["~"], "few": marks["?"]}
    whole = common(every)
    words["change"] = change_percent(whole.median)
    is_counted = whole == COUNTED
    yield say("changes", "verdict" + "_counted" * is_counted, **words)
    if better + worse >= 2 > bool(better) + bool(worse) + is_counted:
        word, other = ("worse", "better") if worse else ("better", "worse")
        yield say("changes", "one_sided", word=word, other=other)


def heads(old: Results, new: Results) -> Iterator[str]:
    """Both runs, and what differs besides the commit."""
    for name, results in (("old", old), ("new", new)):
        said = results.context.get
        words = {
            "commit": said("commit", "unknown"),
            "date": said("date", "of unknown date"),
            "rounds": many(results.rounds, "round"),
            "cut": ", INTERRUPTED" if results.is_interrupted else "",
        }
        yield say("changes", "run", name=name, path=results.path, **words)
    for key in _SHOULD_AGREE.split():
        both = (run.context.get(key, "").strip() for run in (old, new))
        before, after = (each or "not recorded" for each in both)
        if before != after:
            words = {"before": before, "after": after}
            yield say("changes", "differs", key=key, **words)


def missing(old: Results, new: Results, selection: Selection) -> Iterator[str]:
    """Rows of one run alone, and rows without a time."""
    for name, results, other in (("old", old, new), ("new", new, old)):
        both = set(other.cases)
        for what, cases in (
            ("only", [case for case in results.cases if case not in both]),
            ("failed", sorted(results.failed, key=lambda case: case.name)),
            ("cut off", results.limits),
        ):
            is_cut, chosen = what == "cut off", filter(selection.has, cases)
            names = [c.name + f" ({results.word(c)})" * is_cut for c in chosen]
            if names:
                yield f"{what} in {name}: {listing(names)}"


def times(results: Results, pairs: Sequence[Pair]) -> Table:
    """The time of each case, old and new."""
    rows = []
    for pair in pairs:
        row = [Cell(median(each), unit=pair.unit) for each in pair.times]
        p = None if results.is_counted else u_test(*pair.times)
        row += figure(pair.change, pair.mark), Cell(p)
        rows.append(cells(*case_key(results, pair.case), *row))
    return Table("changes", "times", (*CASE, *columns("changes")), tuple(rows))


def exact(old: Results, new: Results, selection: Selection) -> Table:
    """Figures that no noise can change, where something did."""
    rows = []
    # As in the report: other operations fill their sets in the same way.
    cases = [case for case in old.cases if case.operation == "set"]
    for counter, case in product(_EXACT.split(), filter(selection.has, cases)):
        found = [run.estimate(case, counter) for run in (old, new)]
        values = [each.median for each in found if each]
        if len(values) == 2 and values[0] != values[1]:
            row = (counter.replace("_", " "), *values)
            rows.append(cells(*case_key(new, case), *row))
    heads = (*CASE, *columns("exact"))
    return Table("exact", "figures that differ", heads, tuple(rows))


def of_places(
    base: Results,
    places: Sequence[Place],
    names: Sequence[str],
    pairs: Sequence[Pair],
) -> tuple[Table, list[str]]:
    """Times at these places, and who is left out for want of rounds."""
    whole = common(pairs)
    rows = []
    left_out = []
    for place, name in product(places, names):
        both = [replace(place, results=base), place]
        times = [time_cell(each, name) for each in both]
        if any(cell.is_absent and not cell.absence for cell in times):
            continue
        factor = change(*_times(both, name), len(pairs))
        controls = (each.control for each in both)
        said = mark(factor, whole, *controls) if factor else ""
        if said == "?" and factor and not factor.is_interval:
            left_out.append(f"{place.workload}, {name}")
            continue
        rows.append(cells(place.workload, name, *times, figure(factor, said)))
    heads = (GUEST, STRUCTURE, *_BOTH, columns("changes")[2])
    title = f"{places[0].measure.name}, {places[0].measure.unit}"
    return Table("changes", title, heads, tuple(rows)), left_out


def peaks(
    base: Results, places: Sequence[Place], names: Sequence[str]
) -> Table:
    """Memory has no noise: every difference is a change."""
    rows = []
    for place, name in product(places, names):
        case = place.recording(name)
        both = [run.peak_kib(case) for run in (base, place.results)]
        if None not in both and both[0] != both[1]:
            rows.append(cells(place.workload, name, *both))
    heads = (GUEST, STRUCTURE, *_BOTH)
    return Table("peaks", "peak KiB that differ", heads, tuple(rows))
