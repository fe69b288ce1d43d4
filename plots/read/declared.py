# SPDX-License-Identifier: MIT
"""What the program declares in the context of its results."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from plots.read.case import Entrant
from plots.read.shape import KEY, WHOLE, Facts, Name, Settings, Title


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


@dataclass(frozen=True)
class Structure:
    """What a structure says of itself. `facts` are all of it."""

    name: Name
    family: str | None = None
    origin: str | None = None
    out_of_memory: str | None = None
    clear_can_fail: bool | None = None
    accounts_memory: bool | None = None
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

    def variant_of(self, structure: str) -> str | None:
        """The structure of which this one is a variant."""
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
