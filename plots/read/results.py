# SPDX-License-Identifier: MIT
"""The results of a run, and questions that they answer."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from plots.read import file, statistics, version1
from plots.read.case import Case, Entrant, Row, condition_label  # noqa: F401

from plots.read.file import FILE_NAME, GIVE_OURS, ResultsError
from plots.read.profiles import Losses, Profile
from plots.read.shape import KEY, WHOLE, BadShape, Facts, Name, Settings
from plots.read.shape import Title, reader
from plots.read.statistics import MOST_PRIMARY, Estimate

_OVER = re.compile(r"over (\d{1,15}(?:\.\d{1,9})? n?s)\b")
_MOST_ROUNDS = 10_000  # as --rounds has it

# Operations, which are added, a workload and a structure.
Primary = tuple[tuple[str, ...], str, str]

_OPERATIONS = {KEY: "operations"}


@dataclass(frozen=True)
class Workload:
    """A workload; None where the file does not say. `facts` are all of it."""

    name: Title
    trace: str | None = None
    pages: int | None = None
    passes: int | None = None
    ranges: int | None = None
    guest_memory: int | None = None  # bytes
    facts: Facts = field(default_factory=dict, metadata=WHOLE)

    @property
    def checksum(self) -> str | None:
        """Enough of it to tell two traces apart."""
        return self.trace[:12] if self.trace else None


@dataclass(frozen=True)
class Structure:
    """What a structure says of itself. `facts` are all of it."""

    name: Name
    family: str | None = None
    origin: str | None = None
    out_of_memory: str | None = None
    clear_can_fail: bool | None = None
    accounts_memory: bool | None = None
    shared_pool_bytes: int | None = None
    variant_of: str | None = None  # a structure
    facts: Facts = field(default_factory=dict, metadata=WHOLE)


@dataclass(frozen=True)
class Operation:
    """An operation; `times` are the counters of its times, main one first."""

    name: str
    kind: str  # "set": done to a set; "driver": by a driver
    times: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Declared:
    """What the program says of itself and of the parts of a run."""

    floor: str  # the loop around nothing that stands among the structures
    setless: tuple[str, ...]  # drivers that record nothing and stand there too
    known_operations: tuple[Operation, ...] = field(metadata=_OPERATIONS)
    context: Settings = field(metadata=WHOLE)
    structures: tuple[Structure, ...] = ()  # of the run, in order of tables
    workloads: tuple[Workload, ...] = ()  # of the run
    order: tuple[str, ...] = ()  # of tables, where `structures` has none

    @cached_property
    def replay(self) -> str:
        """The operation of a driver, "" if the program has none."""
        kinds = {each.kind: each.name for each in self.known_operations}
        return kinds.get("driver", "")

    @cached_property
    def traits(self) -> Mapping[str, Structure]:
        """What structures of the run say of themselves, by name."""
        return {each.name: each for each in self.structures}

    @cached_property
    def is_counted(self) -> bool:
        """Whether its times are counts of a kernel, which repeat."""
        return self.time_counters("set")[0].startswith("instructions")

    def variant_of(self, structure: str) -> str | None:
        said = self.traits.get(structure)
        return said and said.variant_of

    def time_counters(self, operation: str) -> tuple[str, ...]:
        """Counters that hold the times of an operation, main one first."""
        known = {each.name: each.times for each in self.known_operations}
        return known.get(operation, ("ns_per_page",))

    def in_order(self, entrants: Iterable[Entrant]) -> list[Entrant]:
        """As in tables: the known, strangers, drivers without a set, floor."""
        known = list(dict.fromkeys([*self.order, *self.traits]))
        last = [*self.setless, self.floor]

        def key(entrant: Entrant) -> tuple[int, int, Entrant]:
            name = entrant.structure
            group = 1 + last.index(name) if name in last else 0
            rank = known.index(name) if name in known else len(known)
            return group, rank, entrant

        return sorted(entrants, key=key)


@dataclass(frozen=True, kw_only=True)
class Results(Declared):
    path: Path
    rows: tuple[Row, ...]
    profiles: tuple[Profile, ...] = ()
    losses: tuple[Losses, ...] = ()

    @property
    def baseline(self) -> str | None:
        """Name of the structure that ratios are taken to."""
        return self.context.get("baseline")

    @property
    def is_interrupted(self) -> bool:
        return self.context.get("interrupted") == "yes"

    @cached_property
    def cases(self) -> tuple[Case, ...]:
        """Every case that has a row, failed or not, in order of the file."""
        return tuple(dict.fromkeys(row.case for row in self.rows))

    @cached_property
    def rounds(self) -> int:
        """Rounds that each case was meant to have."""
        return max([self.meant_rounds, *self.rounds_of.values()])

    @property
    def meant_rounds(self) -> int:
        text = self.context.get("repetitions", "")
        # int() alone would also take "1_0".
        return int(text) if re.fullmatch("[0-9]{1,30}", text) else 0

    @cached_property
    def rounds_of(self) -> Mapping[Case, int]:
        """Rounds that each case has, failed ones included."""
        return Counter(row.case for row in self.rows)

    @cached_property
    def has_control(self) -> bool:
        """Whether the baseline ran twice anywhere."""
        who = {case.entrant for case in self.cases}
        return any(w.is_control and w.structure == self.baseline for w in who)

    def baseline_of(self, case: Case) -> Case:
        """The case that this one is compared with."""
        return replace(case, entrant=Entrant(self.baseline or ""))

    def control_of(self, case: Case) -> Case:
        """The case that shows what a ratio to the baseline is worth."""
        return replace(case, entrant=Entrant(self.baseline or "", 1))

    @cached_property
    def comparisons(self) -> int:
        """How many cases are compared with the baseline, at least 1."""
        have, none = set(self.cases), (self.floor, self.baseline)
        who = (c.entrant for c in have if self.baseline_of(c) in have)
        return max(1, sum(e.structure not in none and not e.control for e in who))

    @cached_property
    def primary_ratios(self) -> frozenset[Primary]:
        """Ratios that the run is about, to a baseline with a control."""
        if self.context.get("primary_baseline") != self.baseline:
            return frozenset()
        structures, operations = (
            self.context.get(f"primary_{what}", "").split(",")
            for what in ("structures", "operations")
        )
        have = set(self.cases)
        base = Entrant(self.baseline or "")
        both = base, replace(base, control=1)
        return frozenset(
            (parts, workload, structure)
            for structure in {*structures} - {base.structure}
            for workload in {case.workload for case in have}
            for parts in {*((each,) for each in operations), tuple(operations)}
            if have.issuperset(
                Case(each, workload, who, "")
                for each in parts
                for who in (Entrant(structure), *both)
            )
        )

    def interval_for(self, condition: str, ratio: Primary) -> int:
        """For how many ratios together the interval of this one is to hold."""
        primary = set() if condition else self.primary_ratios
        # Exceeding the control corrects for as many.
        is_alone = ratio in primary and len(primary) <= MOST_PRIMARY
        return 1 if is_alone else self.comparisons

    @cached_property
    def errors(self) -> Mapping[tuple[Case, str], int]:
        """How many rounds of a case have no figures for which reason."""
        return Counter(
            (row.case, row.error) for row in self.rows if row.error is not None
        )

    @cached_property
    def failed(self) -> set[Case]:
        """Cases that gave a wrong answer, or crashed."""
        return {case for case, why in self.errors if why.startswith("failed")}

    @cached_property
    def limits(self) -> Mapping[Case, str]:
        """Cases that were cut off because they are slow, and over what."""
        return {
            case: found[1]
            for case, why in self.errors
            if (found := _OVER.match(why))
        }

    def word(self, case: Case) -> str:
        """Why a case has no figure, in a cell: failed, or as >2700 ns."""
        limit = f">{self.limits[case]}" if case in self.limits else ""
        return "failed" if case in self.failed else limit

    @cached_property
    def _rows_of(self) -> Mapping[Case, list[Row]]:
        index: dict[Case, list[Row]] = {}
        for row in self.rows:
            index.setdefault(row.case, []).append(row)
        return index

    def case_named(self, name: str) -> Case | None:
        return next((case for case in self.cases if case.name == name), None)

    @cached_property
    def processes(self) -> int:
        """Each of which ran as many rounds; they are the samples then."""
        text = self.context.get("processes", "")
        return int(text) if re.fullmatch("[1-9][0-9]{0,3}", text) else 1

    @property
    def samples(self) -> int:
        return self.rounds if self.processes == 1 else self.processes

    def by_round(self, case: Case, counter: str) -> dict[int, float]:
        """One counter of one case by round; empty when never measured."""
        return {
            row.round: row.counters[counter]
            for row in self._rows_of.get(case, [])
            if counter in row.counters
        }

    def by_process(self, case: Case, counter: str) -> dict[int, list[float]]:
        each = max(self.meant_rounds // self.processes, 1)
        found: dict[int, list[float]] = {}
        for number, value in self.by_round(case, counter).items():
            found.setdefault(number // each, []).append(value)
        return found

    def values(self, case: Case, counter: str) -> dict[int, float]:
        """By round, or the median of each process where there are some."""
        if self.processes == 1:
            return self.by_round(case, counter)
        of = self.by_process(case, counter)
        return {number: statistics.median(each) for number, each in of.items()}

    def estimate(self, case: Case, counter: str) -> Estimate | None:
        """Its median over all rounds with the interval; None without any."""
        return statistics.estimate(list(self.values(case, counter).values()))

    def profile_of(self, case: Case) -> Profile | None:
        """What is known of its structure there, of any operation."""
        name = replace(case, operation="").name
        return next((p for p in self.profiles if p.name == name), None)

    def peak_kib(self, case: Case) -> float | None:
        """The most that it held at any time, in kmalloc size classes."""
        peak = self.estimate(case, "peak_rounded_bytes")
        return peak and peak.median / 1024

    def lost_ppm(self, case: Case) -> Estimate | None:
        """Pages in a million that could not be recorded: a mean of seeds."""
        name = replace(case, operation="").name
        if found := next((e for e in self.losses if e.name == name), None):
            return found.ppm
        failed = self.estimate(case, "failed_sets")
        pages = self.estimate(case, "pages")
        if failed and pages and pages.median >= 1:
            return statistics.mean([1e6 * (failed.median / pages.median)])
        return None

    @cached_property
    def lost_condition(self) -> str:
        """That of lost pages; else the first fault of sets, or ""."""
        if self.losses:
            return self.losses[0].condition
        sets = (case for case in self.cases if case.operation == "set")
        known = (c.condition for c in sets if self.lost_ppm(c) is not None)
        return min((c for c in known if "fault:" in c), default="")

    def operations(self) -> list[str]:
        """Operations with rows, in the order of the command line's help."""
        known = (each.name for each in self.known_operations)
        return known_first({case.operation for case in self.cases}, known)

    def conditions(self, operation: str) -> list[str]:
        """Conditions of an operation, the run without faults first."""
        return sorted(
            {c.condition for c in self.cases if c.operation == operation}
        )

    def workloads_of(self, operation: str, condition: str) -> list[str]:
        """Workloads with rows, those that the context names first."""
        found = {c.workload for c in self._cases_of(operation, condition)}
        return known_first(found, (each.name for each in self.workloads))

    def entrants_of(self, operation: str, condition: str) -> set[Entrant]:
        """Entrants with rows, the control included."""
        return {c.entrant for c in self._cases_of(operation, condition)}

    def _cases_of(self, operation: str, condition: str) -> list[Case]:
        wanted = (operation, condition)
        return [c for c in self.cases if (c.operation, c.condition) == wanted]


def known_first(present: set[str], known: Iterable[str]) -> list[str]:
    ordered = dict.fromkeys([*known, *sorted(present)])
    return [name for name in ordered if name in present]


@dataclass(frozen=True)
class _Document:
    context: Declared
    benchmarks: tuple[Row, ...] = ()
    profiles: tuple[Profile, ...] = ()
    lost: tuple[Losses, ...] = ()


def load(path: Path) -> Results:
    """Reads results.json, or the directory that holds it."""
    if path.is_dir():
        path = path / FILE_NAME
    written = file.read(path)
    is_old = written["context"]["pfnbench_schema"] == "1"
    try:
        document: _Document = reader(_Document)(
            version1.upgrade(written) if is_old else written
        )
    except BadShape as error:
        problem = str(error).lstrip(": ")
        raise ResultsError(path, problem, GIVE_OURS) from None
    # Google Benchmark's own summaries of rounds are no rounds.
    rows = [row for row in document.benchmarks if row.run_type != "aggregate"]
    if not rows:
        remedy = "run again, with a filter that matches at least one"
        raise ResultsError(path, "has no benchmarks of single rounds", remedy)
    # Two rows of a case in one round would pair with the wrong baseline.
    names = [f"{row.case.name} in round {row.round}" for row in rows]
    names += [f"profile {profile.name}" for profile in document.profiles]
    names += [f"lost pages of {each.name}" for each in document.lost]
    ((name, count),) = Counter(names).most_common(1)
    if count > 1:
        remedy = "do not merge the results of several runs"
        raise ResultsError(path, f"{name} stands {count} times", remedy)
    if is_old:
        version1.put_bits_when_full(rows, document.profiles)
    made = {"profiles": document.profiles, "losses": document.lost}
    made |= {"rows": tuple(rows), **vars(document.context)}
    results = Results(path=path, **made)
    if results.meant_rounds > _MOST_ROUNDS:
        problem = f"{file.shorten(str(results.meant_rounds), 40)} repetitions"
        remedy = f"a run has at most {_MOST_ROUNDS}"
        raise ResultsError(path, f"says that it has {problem}", remedy)
    return results
