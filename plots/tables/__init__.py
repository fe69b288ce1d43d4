# SPDX-License-Identifier: MIT
"""Tables: every figure of results.json computed once.

Builders, all `Results -> Table`, `Table | None` or `Iterator[Table]`:
    glance.guests(results)             the answer's table: guests in rows
    glance.beside(results, who)        memory, lost pages, longest step by guest
    glance.glances(results, counts)    a table of each guest, structures in rows
    primary.tables(results)            ratios that were declared before the run
    cases.times(results)               each operation: time, ratio, rounds
    cases.memory(results)              memory and lost pages of each set
    cases.instructions(counts)         instructions per page
    profiles.memory(results)           memory over the whole run
    profiles.steps(results)            single operations: quantiles, longest
    replay.tables(results)             replays through the driver model
    facts.workloads(results), facts.structures(results), facts.machine(results)
    facts.missing(results), facts.errors(results)
Words: answer.answer(results) -> two or three sentences.
"""
