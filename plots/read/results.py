# SPDX-License-Identifier: MIT
"""Loads results.json, checks it, and answers questions about it.

The file is Google Benchmark's JSON. One row of it is one run of one case in
one round; a round is one repetition_index, in which every case ran once.
Absent counters are simply not there: whoever needs one says what is missing,
nobody invents a zero.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, TypeGuard

from plots.read import profiles
from plots.read.profiles import Profile
from plots.read.statistics import MOST_PRIMARY, median
from plots.read.text import printable, shorten

SCHEMA = "1"
FILE_NAME = "results.json"
FLOOR = "floor"
OPERATIONS = ("set", "test", "extract", "clear", "drain", "replay")
REPLAY = "replay"
# Balloon drivers that record nothing; they stand among the structures.
SETLESS = ("array", "pipelined")

# A key is what may follow the structure in a name. Workloads may be paths,
# so the structure is the last part that is not a key.
_KEY = re.compile(r"[a-z_]+:")
# Google Benchmark appends these by itself, depending on its version.
_LIBRARY_KEYS = ("iterations:", "repeats:", "min_time:", "threads:")
_LIBRARY_WORDS = ("manual_time", "real_time", "process_time")
_CONTROL = "control:"
# extract never looks at single pages, so its time per page is a property of
# the workload. drain ends with a ClearRange over all of them.
_TIMES = {
    "extract": ("ns_per_range",),
    "drain": ("ns_per_page", "ns_per_range"),
}
_FAILED_WORD = "failed"
_OVER = re.compile(r"over (\d{1,15}(?:\.\d{1,9})? n?s)\b")
_SWITCH = {True: "on", False: "off"}
# Control characters but tab and the ends of lines, and lone surrogates.
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


# What pfnbench writes stays far below all of these. A file beyond them was
# not written by it, and would fill a page, a picture or the memory.
_LONGEST = 1000  # characters of a string
_MAY_BE_LONG = {
    "busy_processes",
    "command_line",
    "error",
    "error_message",
    "executable",
}
_LONGEST_OF_ALL = 100_000
_LONGEST_NAME = 100  # of a structure or an operation
_LARGEST = 1e30
_MOST_ROUNDS = 10_000  # as --rounds has it


class ResultsError(Exception):
    """The file cannot be used: says which, why, and what to do."""

    def __init__(self, path: Path, problem: str, remedy: str) -> None:
        # One line whatever the file holds, so that it can be grepped, and
        # nothing that a terminal would obey.
        line = " ".join(f"{path}: {problem}; {remedy}".split())
        super().__init__(printable(line))


@dataclass(frozen=True, order=True)
class Contender:
    """A line of a table: a structure, or the baseline run once more.

    `control` numbers the further runs of the baseline from 1. A report has
    one; the experiments of plots/lab.py need more.
    """

    structure: str
    control: int = 0

    @property
    def is_control(self) -> bool:
        return self.control > 0


@dataclass(frozen=True, order=True)
class Case:
    """What a benchmark name says.

    `condition` is the keys as they stand in the name, without the control:
    "" is a run without faults, "fault:failslab:probability=1" one with.
    """

    operation: str
    workload: str
    contender: Contender
    condition: str

    @property
    def name(self) -> str:
        """The name as --benchmark_filter takes it."""
        parts = [self.operation, self.workload, self.contender.structure]
        if self.condition:
            parts.append(self.condition)
        if self.contender.is_control:
            parts.append(f"control:{self.contender.control}")
        return "/".join(parts)


@dataclass(frozen=True)
class Row:
    """One run. `error` is the reason for having no counters.

    It begins with "over ", "failed: " or "not run: ".
    """

    case: Case
    round: int
    counters: Mapping[str, float]
    error: str | None


@dataclass(frozen=True)
class Workload:
    """Facts of one workload; None where the file does not say."""

    name: str
    trace: str | None
    pages: int | None
    passes: int | None
    ranges: int | None
    guest_memory: int | None  # bytes


@dataclass(frozen=True)
class Structure:
    """Facts of one contender, in the words it declares."""

    name: str
    facts: Mapping[str, str]


@dataclass(frozen=True)
class Results:
    """Everything a table or a picture may use."""

    path: Path
    context: Mapping[str, str]
    workloads: tuple[Workload, ...]
    structures: tuple[Structure, ...]
    rows: tuple[Row, ...]
    profiles: tuple[Profile, ...] = ()

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
        meant = _to_int(self.context.get("repetitions"))
        return max([meant or 0, *self.rounds_of.values()])

    @cached_property
    def rounds_of(self) -> Mapping[Case, int]:
        """Rounds that each case has, failed ones included."""
        return Counter(row.case for row in self.rows)

    @cached_property
    def has_control(self) -> bool:
        """Whether the baseline ran twice anywhere."""
        return any(
            case.contender.is_control
            and case.contender.structure == self.baseline
            for case in self.cases
        )

    def baseline_of(self, case: Case) -> Case:
        """The case that this one is compared with."""
        return replace(case, contender=Contender(self.baseline or ""))

    def control_of(self, case: Case) -> Case:
        """The case that shows what a ratio to the baseline is worth."""
        return replace(case, contender=Contender(self.baseline or "", 1))

    @cached_property
    def comparisons(self) -> int:
        """How many cases are compared with the baseline, at least 1."""
        have = set(self.cases)
        compared = [
            case
            for case in have
            if not case.contender.is_control
            and case.contender.structure not in (FLOOR, self.baseline)
            and self.baseline_of(case) in have
        ]
        return max(1, len(compared))

    @cached_property
    def primary_ratios(self) -> frozenset[tuple[tuple[str, ...], str, str]]:
        """Ratios to the baseline that the run is about, declared by it.

        Of each the operations whose times are added, workload and structure.
        Faults are never among them, nor is what has no control: that is what
        they are held to.
        """
        if self.context.get("primary_baseline") != self.baseline:
            return frozenset()
        structures, operations = (
            self.context.get(f"primary_{what}", "").split(",")
            for what in ("structures", "operations")
        )
        have = set(self.cases)
        places = {
            (case.workload, case.contender.structure)
            for case in have
            if case.contender.structure in structures
            and case.contender.structure != self.baseline
        }
        sums = [(operation,) for operation in operations]
        if len(operations) > 1:
            sums.append(tuple(operations))
        return frozenset(
            (parts, workload, structure)
            for workload, structure in places
            for parts in sums
            if all(
                {case, self.baseline_of(case), self.control_of(case)} <= have
                for operation in parts
                for case in [
                    Case(operation, workload, Contender(structure), "")
                ]
            )
        )

    def interval_for(
        self,
        operations: Iterable[str],
        workload: str,
        structure: str,
        condition: str,
    ) -> int:
        """For how many ratios together the interval of this one is to hold.

        Of a primary one for itself: exceeding the control corrects for as
        many as MOST_PRIMARY.
        """
        is_primary = (
            not condition
            and (tuple(operations), workload, structure) in self.primary_ratios
            and len(self.primary_ratios) <= MOST_PRIMARY
        )
        return 1 if is_primary else self.comparisons

    @cached_property
    def errors(self) -> Mapping[tuple[Case, str], int]:
        """How many rounds of a case have no figures for which reason."""
        return Counter(
            (row.case, row.error) for row in self.rows if row.error is not None
        )

    @cached_property
    def failed(self) -> set[Case]:
        """Cases that gave a wrong answer, or crashed."""
        return {
            case for case, why in self.errors if why.startswith(_FAILED_WORD)
        }

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
        if case in self.failed:
            return "failed"
        return f">{self.limits[case]}" if case in self.limits else ""

    @cached_property
    def _rows_of(self) -> Mapping[Case, list[Row]]:
        index: dict[Case, list[Row]] = {}
        for row in self.rows:
            index.setdefault(row.case, []).append(row)
        return index

    def values(self, case: Case, counter: str) -> dict[int, float]:
        """One counter of one case by round; empty when never measured."""
        return {
            row.round: row.counters[counter]
            for row in self._rows_of.get(case, [])
            if counter in row.counters
        }

    @cached_property
    def _profile_of(self) -> Mapping[tuple[str, str, str], Profile]:
        return {
            (profile.workload, profile.structure, profile.condition): profile
            for profile in self.profiles
        }

    def profile_of(self, case: Case) -> Profile | None:
        """What is known of its structure there, whatever the operation."""
        return self._profile_of.get(
            (case.workload, case.contender.structure, case.condition)
        )

    def peak_kib(self, case: Case) -> float | None:
        """The most that it held at any time, in kmalloc size classes."""
        values = list(self.values(case, "peak_rounded_bytes").values())
        return median(values) / 1024 if values else None

    def any_peak_kib(self, case: Case) -> float | None:
        """The same; of a row that has none, what its profile says."""
        peak = self.peak_kib(case)
        profile = self.profile_of(case)
        if peak is None and profile and profile.memory:
            peak = profile.memory.peak.rounded / 1024
        return peak

    def lost_ppm(self, case: Case) -> float | None:
        """Pages in a million that could not be recorded."""
        failed, pages = (
            list(self.values(case, counter).values())
            for counter in ("failed_sets", "pages")
        )
        if not failed or not pages or median(pages) <= 0:
            return None
        lost = 1e6 * (median(failed) / median(pages))
        return lost if math.isfinite(lost) else None

    @cached_property
    def lost_condition(self) -> str:
        """The first fault under which pages were lost, "" without any."""
        for condition in filter(None, self.conditions("set")):
            if any(
                self.lost_ppm(case) is not None
                for case in self.cases
                if (case.operation, case.condition) == ("set", condition)
            ):
                return condition
        return ""

    def operations(self) -> list[str]:
        """Operations with rows, in the order of the command line's help."""
        present = dict.fromkeys(case.operation for case in self.cases)
        return sorted(present, key=lambda name: (_rank(name), name))

    def conditions(self, operation: str) -> list[str]:
        """Conditions of an operation, the run without faults first."""
        return sorted(
            {c.condition for c in self.cases if c.operation == operation}
        )

    def workloads_of(self, operation: str, condition: str) -> list[str]:
        """Workloads with rows, those that the context names first."""
        present = {
            case.workload
            for case in self.cases
            if (case.operation, case.condition) == (operation, condition)
        }
        known = [w.name for w in self.workloads if w.name in present]
        return known + sorted(present.difference(known))

    def contenders_of(self, operation: str, condition: str) -> set[Contender]:
        """Contenders with rows, the control included."""
        return {
            case.contender
            for case in self.cases
            if (case.operation, case.condition) == (operation, condition)
        }


def time_counters(operation: str) -> tuple[str, ...]:
    """Counters that hold the times of an operation, main one first."""
    return _TIMES.get(operation, ("ns_per_page",))


def condition_label(condition: str) -> str:
    """A condition in the words of a table title.

    >>> condition_label("fault:failslab:probability=1")
    'fault failslab:probability=1'
    """
    if not condition:
        return "no faults"
    return ", ".join(
        " ".join(key.split(":", 1)) for key in condition.split("/")
    )


def load(path: Path) -> Results:
    """Reads results.json, or the directory that holds it."""
    if path.is_dir():
        path = path / FILE_NAME
    document = _parse(path)
    _refuse_odd_values(path, document)
    context = _context(path, document)
    found = _profiles(path, document.get("profiles"))
    results = Results(
        path=path,
        context=context,
        workloads=tuple(
            _workload(key.removeprefix("workload_"), value)
            for key, value in context.items()
            if key.startswith("workload_")
        ),
        structures=tuple(
            _structure(key.removeprefix("structure_"), value)
            for key, value in context.items()
            if key.startswith("structure_")
        ),
        rows=_of_the_largest_pass(
            _rows(path, document.get("benchmarks")), found
        ),
        profiles=found,
    )
    _refuse_odd_names(results)
    return results


def _refuse_odd_values(path: Path, document: Any) -> None:
    """Text that cannot be shown is refused once, here, for all later readers."""
    # Not recursive: a document may be nested as deeply as the stack is high.
    rest: list[tuple[str, str, Any]] = [("", "", document)]
    while rest:
        where, key, value = rest.pop()
        problem = None
        if isinstance(value, str):
            problem = _problem_of_text(value, key)
        elif isinstance(value, (int, float)):
            # False for NaN.
            if not -_LARGEST <= value <= _LARGEST:
                problem = "a number beyond all measure"
        elif isinstance(value, (dict, list)):
            place = f"{where} {key}".strip()
            if isinstance(value, list):
                rest += [(place, str(i), each) for i, each in enumerate(value)]
                continue
            for name, each in value.items():
                problem = problem or _problem_of_text(name, "")
                rest.append((place, name, each))
        if problem is not None:
            place = shorten(f"{where} {key}".strip(), _LONGEST_NAME)
            raise ResultsError(
                path,
                f"has {problem} ({place or 'outermost'})",
                "give the results.json that pfnbench wrote",
            )


def _problem_of_text(text: str, key: str) -> str | None:
    longest = _LONGEST_OF_ALL if key in _MAY_BE_LONG else _LONGEST
    if len(text) > longest:
        return f"a text of {len(text)} characters"
    if not text.isprintable() and _UNPRINTABLE.search(text):
        return "a text with a control character or half of a character"
    return None


def _refuse_odd_names(results: Results) -> None:
    names = {
        *(row.case.operation for row in results.rows),
        *(row.case.contender.structure for row in results.rows),
        *(structure.name for structure in results.structures),
        *(profile.structure for profile in results.profiles),
    }
    longest = max(names, key=len)
    if len(longest) > _LONGEST_NAME:
        raise ResultsError(
            results.path,
            f"has a name of {len(longest)} characters"
            f" ({shorten(longest, 40)})",
            f"name structures in at most {_LONGEST_NAME}",
        )
    meant = results.context.get("repetitions", "0")
    if (_to_int(meant) or 0) > _MOST_ROUNDS:
        raise ResultsError(
            results.path,
            f"says that it has {shorten(meant, 40)} repetitions",
            f"a run has at most {_MOST_ROUNDS}",
        )


def _parse(path: Path) -> Mapping[str, Any]:
    try:
        text = path.read_bytes().decode()
    except FileNotFoundError:
        raise ResultsError(
            path, "no such file", "run ./run bench to make one"
        ) from None
    except OSError as error:
        raise ResultsError(
            path,
            f"cannot be read ({error.strerror})",
            "check its permissions",
        ) from None
    except UnicodeDecodeError:
        raise ResultsError(
            path, "not a text file", "give the results.json of a run"
        ) from None
    try:
        document = json.loads(text)
    # Deeply nested brackets exhaust the parser's stack.
    except (ValueError, RecursionError) as error:
        raise ResultsError(
            path,
            f"not JSON, or cut off ({error})",
            "run the benchmark again",
        ) from None
    if not isinstance(document, dict):
        raise ResultsError(
            path,
            "not a JSON object",
            "give the results.json that pfnbench wrote",
        )
    return document


def _context(path: Path, document: Mapping[str, Any]) -> Mapping[str, str]:
    context = document.get("context")
    schema = context.get("pfnbench_schema") if _is_object(context) else None
    if not _is_object(context) or schema is None:
        raise ResultsError(
            path,
            "not pfnbench results (no pfnbench_schema in the context)",
            "give the results.json that pfnbench wrote",
        )
    if str(schema) != SCHEMA:
        raise ResultsError(
            path,
            f"has schema {schema}, but only {SCHEMA} can be read",
            "use the plots of the commit that wrote it"
            f" ({context.get('commit', 'not recorded')})",
        )
    return {
        key: _SWITCH[value] if isinstance(value, bool) else str(value)
        for key, value in context.items()
        if isinstance(value, (str, int, float))
    }


def _rows(path: Path, benchmarks: Any) -> tuple[Row, ...]:
    if not isinstance(benchmarks, list) or not benchmarks:
        raise ResultsError(
            path,
            "has no benchmarks",
            "run again, with a filter that matches at least one",
        )
    rows = [
        _row(path, number, benchmark)
        for number, benchmark in enumerate(benchmarks)
        if not (
            _is_object(benchmark) and benchmark.get("run_type") == "aggregate"
        )
    ]
    if not rows:
        raise ResultsError(
            path,
            "has aggregates only, no single rounds",
            "run again without --benchmark_report_aggregates_only",
        )
    _refuse_twice(path, rows)
    return tuple(rows)


def _of_the_largest_pass(
    rows: Iterable[Row], found: Iterable[Profile]
) -> tuple[Row, ...]:
    """Rows whose bits per page are those of the largest pass.

    Older files have the sum over all passes there, and the largest pass in
    the profiles alone.
    """
    full = {
        (p.workload, p.structure, p.condition): p.memory.when_full
        for p in found
        if p.memory and p.error is None
    }
    return tuple(
        replace(row, counters={**row.counters, **there})
        if row.case.operation == "set"
        and "bits_per_page" in row.counters
        and (
            there := full.get(
                (
                    row.case.workload,
                    row.case.contender.structure,
                    row.case.condition,
                )
            )
        )
        else row
        for row in rows
    )


def _profiles(path: Path, value: Any) -> tuple[Profile, ...]:
    try:
        return profiles.read(value)
    except profiles.BadProfile as error:
        raise ResultsError(
            path, str(error), "give the results.json that pfnbench wrote"
        ) from None


def _row(path: Path, number: int, benchmark: Any) -> Row:
    name = benchmark.get("name") if _is_object(benchmark) else None
    if not _is_object(benchmark) or not isinstance(name, str):
        raise ResultsError(
            path, f"benchmark {number} has no name", "run the benchmark again"
        )
    case = parse_name(name)
    if case is None:
        raise ResultsError(
            path,
            f"benchmark {number} is called {name!r},"
            " not operation/workload/structure",
            "give the results.json that pfnbench wrote",
        )
    if benchmark.get("error_occurred"):
        message = benchmark.get("error_message") or "no reason given"
        return Row(case, _round(benchmark), {}, _reason(str(message)))
    counters = {
        key: float(value)
        for key, value in benchmark.items()
        if isinstance(value, (int, float)) and not isinstance(value, bool)
    }
    return Row(case, _round(benchmark), counters, None)


def _reason(message: str) -> str:
    """In the words of today; older files have "takes over 3.4 s: ..."."""
    message = message.removeprefix("takes ")
    if message.startswith(("over ", _FAILED_WORD, "not run")):
        return message
    return f"{_FAILED_WORD}: {message}"


def _refuse_twice(path: Path, rows: Iterable[Row]) -> None:
    """Two rows of a case in one round would pair with the wrong baseline."""
    for (case, number), count in Counter(
        (row.case, row.round) for row in rows
    ).items():
        if count > 1:
            raise ResultsError(
                path,
                f"{case.name} stands {count} times in round {number}",
                "do not merge the results of several runs",
            )


def parse_name(name: str) -> Case | None:
    """Takes a benchmark name apart; None when it is not one of ours."""
    parts = name.split("/")
    while parts and parts[-1] in _LIBRARY_WORDS:
        parts.pop()
    keys: list[str] = []
    while len(parts) > 3 and _KEY.match(parts[-1]):
        keys.insert(0, parts.pop())
    if len(parts) < 3 or not all(parts):
        return None
    control = 0
    for key in keys:
        if key.startswith(_CONTROL):
            control = _to_int(key.removeprefix(_CONTROL)) or 0
    condition = [
        key
        for key in keys
        if not key.startswith((*_LIBRARY_KEYS, _CONTROL))
        and key != "fault:none"
    ]
    return Case(
        operation=parts[0],
        workload="/".join(parts[1:-1]),
        contender=Contender(parts[-1], control),
        condition="/".join(condition),
    )


def _workload(name: str, text: str) -> Workload:
    facts = _facts(text.split())
    return Workload(
        name=name,
        trace=facts.get("trace"),
        pages=_to_int(facts.get("pages")),
        passes=_to_int(facts.get("passes")),
        ranges=_to_int(facts.get("ranges")),
        guest_memory=_to_int(facts.get("guest_memory")),
    )


def _structure(name: str, text: str) -> Structure:
    return Structure(name, _facts(text.split(";")))


def _facts(assignments: Iterable[str]) -> dict[str, str]:
    pairs = (item.partition("=") for item in assignments if "=" in item)
    return {key.strip(): value.strip() for key, _, value in pairs}


def _rank(operation: str) -> int:
    if operation in OPERATIONS:
        return OPERATIONS.index(operation)
    return len(OPERATIONS)


def _round(benchmark: Mapping[str, Any]) -> int:
    number = benchmark.get("repetition_index")
    return number if isinstance(number, int) else 0


def _is_object(value: Any) -> TypeGuard[dict[str, Any]]:
    return isinstance(value, dict)


def _to_int(text: str | None) -> int | None:
    # A machine's file holds plain digits; int() alone would also take "1_0".
    if text is None or not re.fullmatch(r"[0-9]{1,30}", text, re.ASCII):
        return None
    return int(text)
