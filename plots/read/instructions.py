# SPDX-License-Identifier: MIT
"""Instructions per page, and the stored counts that they are held to.

These are a text file, so that a patch that changes one shows by how much.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from plots.read.results import Case, Results, ResultsError, load

FILE_NAME = "instructions.json"  # by callgrind
HARDWARE_FILE_NAME = "instructions-hardware.json"  # by the machine itself

# A count may rise by this share before somebody has to say so.
TOLERANCE = 0.03

_COUNTER = "instructions_per_page"
# What a count depends on besides the project's own code.
TOOLS = ("compiler", "compiler_flags", "libc")
_WORKLOAD = "workload_"
_UPDATE = "./run instructions --update-baseline"


@dataclass(frozen=True)
class Change:
    """A row whose count left the stored one by more than the tolerance."""

    name: str
    stored: float
    counted: float


@dataclass(frozen=True)
class Baseline:
    """Counts by row name, and what they depend on: tools and traces."""

    facts: Mapping[str, str]
    counts: Mapping[str, float]


@dataclass(frozen=True)
class Comparison:
    """Counts held against stored ones; `refusal` says why they cannot be."""

    refusal: str | None
    risen: tuple[Change, ...]
    fallen: tuple[Change, ...]
    not_counted: tuple[str, ...]  # stored only


def load_counts(path: Path) -> Results:
    """Reads instructions.json, or the directory that holds it."""
    if path.is_dir():
        path = path / FILE_NAME
    results = load(path)
    for case, error in results.errors:
        raise ResultsError(path, f"{case.name}: {error}", "count again")
    if not counts_of(results):
        remedy = "run ./run instructions, which counts them"
        raise ResultsError(path, f"holds no {_COUNTER}", remedy)
    return results


def counts_of(results: Results) -> dict[Case, float]:
    """Instructions per page; controls are not counted twice."""
    cases = (case for case in results.cases if not case.entrant.is_control)
    found = {case: results.values(case, _COUNTER) for case in cases}
    return {case: min(of.values()) for case, of in found.items() if of}


def baseline_of(results: Results) -> Baseline:
    facts = {key: results.context.get(key, "n/a") for key in TOOLS}
    for workload in sorted(results.workloads, key=lambda each: each.name):
        said = [f"{k}={v}" for k, v in workload.facts.items() if k != "name"]
        facts[_WORKLOAD + workload.name] = " ".join(said)
    counts = {case.name: n for case, n in counts_of(results).items()}
    return Baseline(facts, counts)


def write_baseline(baseline: Baseline) -> str:
    """The text of the file: what counted first, then a line for each row."""
    lines = [
        f"# Instructions per page, counted by callgrind. Made by {_UPDATE}",
        *(f"# {key} {value}" for key, value in baseline.facts.items()),
        *(f"{name} {n:.6g}" for name, n in sorted(baseline.counts.items())),
    ]
    return "\n".join(lines) + "\n"


def read_baseline(path: Path) -> Baseline:
    try:
        lines = path.read_text("ascii").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        problem = f"cannot be read ({error})"
        raise ResultsError(path, problem, f"{_UPDATE} makes it") from None
    facts: dict[str, str] = {}
    counts: dict[str, float] = {}
    for number, line in enumerate(lines, 1):
        key, _, value = line.removeprefix("# ").partition(" ")
        if line.startswith("#"):
            if key in TOOLS or key.startswith(_WORKLOAD):
                facts[key] = value
            continue
        try:
            counts[key] = float(value)
        except ValueError:
            problem = f"line {number} is no row and its count: {line!r}"
            remedy = f"{_UPDATE} makes the file again"
            raise ResultsError(path, problem, remedy) from None
    return Baseline(facts, counts)


def compare(stored: Baseline, counted: Baseline) -> Comparison:
    """What changed by more than the tolerance, in rows that both have."""
    refusal = next(_differences(stored, counted), None)
    both = counted.counts if refusal is None else ()
    names = [name for name in both if name in stored.counts]
    rows = [Change(n, stored.counts[n], counted.counts[n]) for n in names]
    most, least = 1 + TOLERANCE, 1 - TOLERANCE
    risen = tuple(c for c in rows if c.counted > c.stored * most)
    fallen = tuple(c for c in rows if c.counted < c.stored * least)
    not_counted = tuple(sorted(stored.counts.keys() - counted.counts))
    return Comparison(refusal, risen, fallen, not_counted)


def _differences(stored: Baseline, counted: Baseline) -> Iterator[str]:
    for key, is_now in counted.facts.items():
        was = stored.facts.get(key, "n/a")
        if was == is_now:
            continue
        what = key.removeprefix(_WORKLOAD)
        if what != key:  # Of the facts of a workload the first that differs.
            pairs = zip(was.split(), is_now.split())
            other = (pair for pair in pairs if pair[0] != pair[1])
            was, is_now = next(other, (was, is_now))
        yield f"stored with {what} {was}, counted with {is_now}"


def counts_beside(results: Results, name: str = FILE_NAME) -> Results | None:
    """What was counted for the rows of these results, if it was."""
    path = results.path.with_name(name)
    return load_counts(path) if path.exists() else None
