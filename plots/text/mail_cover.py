# SPDX-License-Identifier: MIT
"""The cover letter: two tables of guests for each rival of the baseline.

The first has the times, the second memory, lost pages and the longest step.
A row with fewer than six rounds is in neither: it would claim what nobody
can know.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from plots.tables import standing
from plots.text.mail_subject import Subject, to_baseline
from plots.read.results import Case, Contender, Workload, condition_label
from plots.tables.standing import LIMIT, Measure, Place, Rival
from plots.read.statistics import Estimate, estimate
from plots.text.layout import (
    Cell,
    Column,
    Group,
    alike,
    count,
    grid,
    number,
    shorten,
    to_ascii,
    wrap,
)

_ABSENT = Cell(("-",), mark="")
_LONGEST_NAME = 12
# Six columns are to fit: three of the baseline, three of its rival.
_LONGEST_IN_PAIRS = (7, 9)


@dataclass(frozen=True)
class Block:
    """One rival (None: nobody but the baseline) by one measure."""

    subject: Subject
    measure: Measure
    rival: str | None

    @property
    def baseline(self) -> str:
        return self.subject.results.baseline or ""

    @property
    def bound(self) -> str | None:
        """The limit, where it is neither of the two."""
        is_other = LIMIT not in (self.rival, self.baseline)
        return LIMIT if is_other and LIMIT in self.subject.structures else None

    def place(self, workload: str) -> Place:
        return self.subject.place(self.measure, workload)

    def time(self, workload: str, name: str) -> Estimate | None:
        values = standing.times(
            self.subject.results, self.place(workload), Contender(name)
        )
        return estimate(list(values.values()))

    def word(self, workload: str, name: str) -> str:
        """Why it has no time, where that is known."""
        return standing.word(self.subject.results, self.place(workload), name)

    def ratio(self, workload: str) -> Rival | None:
        if self.rival is None:
            return None
        return to_baseline(self.subject, self.measure, workload, self.rival)

    def is_short(self, workload: str) -> bool:
        """Whether it, or its control, has fewer than six rounds."""
        if self.rival is None:
            time = self.time(workload, self.baseline)
            return time is not None and not time.is_interval
        ratio = self.ratio(workload)
        return ratio is not None and ratio.mark == "?"

    def is_shown(self, workload: str) -> bool:
        if self.is_short(workload):
            return False
        if self.rival is None:
            return self.time(workload, self.baseline) is not None
        both = (self.baseline, self.rival)
        return self.ratio(workload) is not None or any(
            self.word(workload, name) for name in both
        )

    @property
    def guests(self) -> list[str]:
        """Those with rows, that which gives its pages in order first."""
        shown = [w for w in self.subject.workloads if self.is_shown(w)]
        runs = {w: _run(_workload(self.subject, w)) or 0.0 for w in shown}
        return sorted(shown, key=lambda w: -runs[w])


def blocks(subject: Subject) -> list[Block]:
    return [
        Block(subject, measure, rival)
        for measure in subject.measures
        for rival in subject.rivals or (None,)
    ]


def tables(subject: Subject, answered: str | None) -> Iterator[list[str]]:
    """Times of each block that has a row, memory of each rival once.

    Who wins is said above, unless the answer of the run has said so.
    """
    done: set[str | None] = set()
    for block in blocks(subject):
        if block.guests:
            if block.rival not in (None, answered):
                yield _wins(block)
            yield _times(block)
            if block.rival not in done:
                yield _beside(block)
            done.add(block.rival)


def _wins(block: Block) -> list[str]:
    """How often the rival won, by the marks of the table below."""
    ratios = [block.ratio(guest) for guest in block.guests]
    faster = [r.ratio.median < 1 for r in ratios if r and r.mark == "*"]
    alike_ = sum(r is not None and r.mark == "~" for r in ratios)
    without = ratios.count(None)
    guests = "guest" if len(ratios) == 1 else "guests"
    return wrap(
        f"{block.rival} against {block.baseline}, {block.measure.name}: of"
        f" {len(ratios)} {guests} faster on {sum(faster)}, slower on"
        f" {len(faster) - sum(faster)}, no difference shown on {alike_}"
        + (f", no ratio on {without}." if without else ".")
    )


# --- times --------------------------------------------------------------


def _times(block: Block) -> list[str]:
    guests = block.guests
    workloads = [_workload(block.subject, guest) for guest in guests]
    control = _control(block, guests)
    end = [Cell(("",), mark="")] if control else []
    columns = [
        Column("GiB", [*map(_gib, workloads), *end], may_go=True),
        Column("run", [*map(_run_cell, workloads), *end], may_go=True),
    ]
    for name in (block.bound, block.baseline, block.rival):
        if name is not None:
            cells = [_time(block, guest, name) for guest in guests]
            heading = shorten(to_ascii(name), _LONGEST_NAME)
            columns.append(
                Column(heading, [*cells, *end], may_go=name == block.bound)
            )
    labels = list(guests)
    if control:
        labels.append("control")
    if block.rival is not None:
        cells = [_ratio(block, guest) for guest in guests]
        columns.append(
            Column(
                "ratio [all rounds]", [*cells, *([control] if control else [])]
            )
        )
    return [
        *wrap(_title(block)),
        *grid("guest", labels, [Group("", columns)]),
    ]


def _title(block: Block) -> str:
    rounds = [
        time.count
        for guest in block.guests
        for name in (block.baseline, block.rival or "")
        if (time := block.time(guest, name))
    ]
    title = f"{block.measure.name}, median {block.measure.unit}"
    if block.subject.condition:
        title += f", {condition_label(block.subject.condition)}"
    if rounds:
        ends = sorted({min(rounds), max(rounds)})
        title += f", {' to '.join(map(str, ends))} rounds"
    if block.rival is not None:
        title += f"; ratio {block.rival} / {block.baseline}"
    return title


def _workload(subject: Subject, name: str) -> Workload | None:
    return next((w for w in subject.results.workloads if w.name == name), None)


def _gib(workload: Workload | None) -> Cell:
    if workload is None or workload.guest_memory is None:
        return _ABSENT
    size = workload.guest_memory / 2**30
    return Cell((count(float(f"{size:.3g}")),), mark="")


def _run(workload: Workload | None) -> float | None:
    if workload is None or not workload.pages or not workload.ranges:
        return None
    return workload.pages / workload.ranges


def _run_cell(workload: Workload | None) -> Cell:
    run = _run(workload)
    return _ABSENT if run is None else Cell((number(run),), mark="")


def _time(block: Block, guest: str, name: str) -> Cell:
    time = block.time(guest, name)
    if time is None:
        return Cell((block.word(guest, name) or "-",), mark="")
    if not time.is_interval:
        return _ABSENT
    return Cell((number(time.median),), mark="")


def _ratio(block: Block, guest: str) -> Cell:
    ratio = block.ratio(guest)
    if ratio is None or block.rival is None:
        return Cell(("-",))
    values = standing.ratios(
        block.subject.results,
        block.place(guest),
        Contender(block.rival),
        Contender(block.baseline),
    )
    return _range(values, ratio.ratio.median, ratio.mark)


def _range(values: list[float], middle: float, mark: str = " ") -> Cell:
    """The median and, of all rounds, the least and the greatest."""
    low, high = (alike(v, middle) for v in (min(values), max(values)))
    return Cell((number(middle), f"[{low} ..", f"{high}]"), mark)


def _control(block: Block, guests: list[str]) -> Cell | None:
    """How far the baseline differs from itself, on all guests together."""
    values = [
        value
        for guest in guests
        for value in standing.control_ratios(
            block.subject.results, block.place(guest)
        )
    ]
    middle = estimate(values)
    return None if middle is None else _range(values, middle.median)


# --- memory, lost pages, the longest step -------------------------------


def _beside(block: Block) -> list[str]:
    results, guests = block.subject.results, block.guests
    names = [n for n in (block.baseline, block.rival) if n is not None]

    def case(guest: str, name: str, condition: str) -> Case:
        return Case("set", guest, Contender(name), condition)

    def peak(guest: str, name: str) -> float | None:
        return results.any_peak_kib(case(guest, name, block.subject.condition))

    def lost(guest: str, name: str) -> float | None:
        condition = fault(block.subject)
        if condition is None:
            return None
        return results.lost_ppm(case(guest, name, condition))

    def step(guest: str, name: str) -> float | None:
        found = results.profile_of(case(guest, name, block.subject.condition))
        tails = found.tails if found and found.error is None else None
        longest = tails.longest if tails else None
        return None if longest is None else longest[1] / 1000

    groups = []
    for title, measured in (
        ("peak, KiB", peak),
        ("lost, ppm", lost),
        ("longest step, us", step),
    ):
        made = [[measured(guest, name) for guest in guests] for name in names]
        if any(v is not None for column in made for v in column):
            groups.append(
                Group(
                    title,
                    [
                        Column(
                            shorten(to_ascii(name), room),
                            [_figure(value) for value in column],
                        )
                        for name, room, column in zip(
                            names, _LONGEST_IN_PAIRS, made
                        )
                    ],
                )
            )
    return grid("guest", guests, groups) if groups else []


def _figure(value: float | None) -> Cell:
    return _ABSENT if value is None else Cell((number(value),), mark="")


def fault(subject: Subject) -> str | None:
    """The condition whose lost pages are shown."""
    if subject.condition:
        return subject.condition
    return subject.results.lost_condition or None


# --- in words -----------------------------------------------------------


def legend(
    subject: Subject, tables_: Sequence[Sequence[str]]
) -> list[str]:
    """Each column and mark, in at most four lines."""
    results = subject.results
    baseline = shorten(to_ascii(results.baseline or "baseline"), _LONGEST_NAME)
    # What did not fit is not explained.
    lines = [line for table in tables_ for line in table]
    said = " ".join(lines)
    headings = {
        word
        for line in lines
        if line.startswith("guest ")
        for word in line.split()
    }
    parts = []
    if subject.rivals:
        parts.append(
            f"* beyond what {baseline} run twice differs by (control)"
            if results.has_control
            else f"* differs, but {baseline} has no control of its own"
        )
        parts.append("~ no difference shown")
    parts += [
        f"{name}: {words}"
        for name, words in (
            ("GiB", "the guest's memory"),
            ("run", "mean pages in a row"),
            (LIMIT, "the bound"),
        )
        if name in headings
    ]
    if "peak, KiB" in said:
        parts.append("peak: the most memory held")
    condition = fault(subject)
    if condition is not None and "ppm" in said:
        label = shorten(to_ascii(condition).removeprefix("fault:"), 30)
        parts.append(f"lost: pages not recorded under {label}")
    if "longest step" in said:
        parts.append("longest step: one call under the lock")
    return wrap("; ".join(parts) + ".")


def short(subject: Subject) -> list[str]:
    """Guests that a block lacks because it has too few rounds."""
    every = blocks(subject)
    parts: list[str] = []
    for block in every:
        guests = [w for w in subject.workloads if block.is_short(w)]
        if guests:
            who = f"{block.rival} on " if len(subject.rivals) > 1 else ""
            parts.append(who + ", ".join(guests))
    return list(dict.fromkeys(parts))
