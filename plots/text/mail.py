# SPDX-License-Identifier: MIT
"""The mail: what a reviewer reads of a run, to paste into one.

A cover letter has the answer, then two tables: the times of recording and
handing over, and what comes with them. A reply shows one structure against
the baseline, row by row. With a base run, both begin with what changed
since, in one table. The text says which parts are left out.

Hard 72 columns, ASCII, and nothing that git or patch could take for the
beginning of a diff. Needs the standard library only.
"""

from __future__ import annotations

import re
import shlex
import textwrap
from collections.abc import Sequence

from plots.tables import answer, standing
from plots.text import mail_changes, mail_cover, mail_reply
from plots.text.mail_subject import REPLY, Choice, Subject, choose, rebased
from plots.read.results import FLOOR, Contender, Results
from plots.text.layout import WIDTH, page, shell_lines, shorten, to_ascii, wrap

# A cover letter of one rival on five guests has 30 lines with this.
_MOST_OF_ANSWER = 5
_NO_ROW = wrap(
    "NO ROW has six rounds: run again with more --rounds and a larger"
    " --row-budget."
)
_CHECKSUM = 12  # digits that are enough to tell two traces apart
# What git am, git apply, patch and a mail server take for something else at
# the beginning of a line, and the scissors of git mailinfo anywhere.
_MISREAD = re.compile(
    r"\s*(---|\+\+\+|\*\*\*|diff |Index: |Prereq: |@@|GIT binary|=======)"
    r"|>|From |\.$|\s*--$|\s*[0-9,]+[acds]$"
    r"|.*(8<|>8|%<|>%)"
)


def mail(
    results: Results,
    base: Results | None = None,
    choice: Choice = Choice(),
) -> str:
    """The whole text, with a newline at its end."""
    results = rebased(results, choice.baseline)
    subject = choose(results, choice)
    sections: list[Sequence[str]] = [_warnings(results)]
    if base is not None:
        sections += mail_changes.tables(base, subject)
    if choice.form == REPLY:
        sections += [
            _no_ratios(subject),
            *mail_reply.duels(subject),
            mail_reply.legend(subject),
            [*wrap(f"Shown: {subject.why}."), *_left_out(subject)],
            [*_machine(results), *_traces(subject), *_reproduce(results)],
        ]
    elif base is None:
        sections += _cover_letter(subject, choice)
    else:
        sections.append(_in_short(results))
    lines = page(sections).splitlines()
    return "\n".join(_unmistakable(line) for line in lines) + "\n"


def _cover_letter(subject: Subject, choice: Choice) -> list[Sequence[str]]:
    results = subject.results
    found = answer.duel(results)
    is_answered = not choice.is_narrow and (
        found is None or found.rival in subject.rivals
    )
    answered = found.rival if is_answered and found else None
    tables = list(mail_cover.tables(subject, answered))
    short = mail_cover.short(subject)
    return [
        _answer(results) if is_answered else [],
        _no_ratios(subject),
        *tables,
        [
            *(mail_cover.legend(subject, tables) if tables else []),
            *(_NO_ROW if short and not tables else []),
            *_left_out(subject, short),
            *_in_short(results),
        ],
    ]


def _answer(results: Results) -> list[str]:
    """As many of its sentences as there is room for; they come by weight."""
    lines: list[str] = []
    said = ""
    for sentence in answer.answer(results):
        said = f"{said} {sentence}".strip()
        wrapped = wrap(said, indent="")
        if lines and len(wrapped) > _MOST_OF_ANSWER:
            break
        lines = wrapped
    return lines


def _unmistakable(line: str) -> str:
    """A line that no tool takes for a part of a patch.

    Only names that somebody else chose can look so; that they are cut in
    the mail is the lesser evil.
    """
    if not _MISREAD.match(line):
        return line
    line = re.sub(r"8<|>8|%<|>%", "..", line)
    return shorten(f"| {line.strip()}", WIDTH)


# --- around them --------------------------------------------------------


def _warnings(results: Results) -> list[str]:
    lines: list[str] = []
    if results.is_interrupted:
        lines += wrap("INTERRUPTED: shows what was measured until then")
    build = results.context.get("build_type", "Release")
    if build not in ("Release", "RelWithDebInfo"):
        lines += wrap(f"NOT OPTIMISED: build type {build}")
    return lines


def _no_ratios(subject: Subject) -> list[str]:
    """Why there are none, although there are times."""
    results = subject.results
    who = Contender(results.baseline or "")
    if any(
        standing.times(results, subject.place(measure, workload), who)
        for measure in subject.measures
        for workload in subject.workloads
    ):
        return []
    words = {
        standing.word(results, subject.place(measure, workload), who.structure)
        for measure in subject.measures
        for workload in subject.workloads
    } - {""}
    why = f" ({', '.join(sorted(words))})" if words else ""
    baseline = results.baseline or "which the file does not name"
    return wrap(
        f"NO RATIOS: the baseline, {baseline}, has no time here{why}. The"
        " report has the times of the others; run again with it, or choose"
        " another with --baseline."
    )


def _left_out(subject: Subject, short: Sequence[str] = ()) -> list[str]:
    """What the run has and the mail has not."""
    results = subject.results
    structures = {
        case.contender.structure
        for case in results.cases
        if case.contender.structure not in (FLOOR, results.baseline)
    }.difference(subject.structures)
    operations = {
        operation
        for operation in results.operations()
        if all(operation not in m.operations for m in subject.measures)
    }
    faults = {c.condition for c in results.cases} - {subject.condition}
    workloads = {c.workload for c in results.cases}.difference(
        subject.workloads
    )
    parts = [
        f"{len(names)} {what}{'s' if len(names) != 1 else ''}"
        + (f" ({', '.join(sorted(names))})" if len(names) <= 3 else "")
        for what, names in (
            ("structure", structures),
            ("operation", operations),
            ("workload", workloads),
        )
        if names
    ]
    if "" in faults:
        parts.append("times without faults")
    if faults - {""}:
        other = "other " if subject.condition else ""
        parts.append(f"times under {other}faults")
    for cases, why in (
        (results.failed, "failed"),
        (results.limits, "cut off (over the time that a row may take)"),
    ):
        if cases:
            rows = "row" if len(cases) == 1 else "rows"
            parts.append(f"{len(cases)} {rows} {why}")
    if short:
        parts.append(f"{'; '.join(short)} (fewer than 6 rounds)")
    if not parts:
        return ["Nothing is left out."]
    return wrap(f"Only in the report: {'; '.join(parts)}.")


def _in_short(results: Results) -> list[str]:
    """The machine in one line, and how to do it all again."""

    def said(key: str, room: int) -> str:
        return shorten(to_ascii(results.context.get(key, "")) or "n/a", room)

    flags = results.context.get("compiler_flags", "").split()
    level = next((flag for flag in flags if flag.startswith("-O")), "")
    compiler = f"{said('compiler', 14)} {shorten(to_ascii(level), 4)}".strip()
    rest = f", {said('kernel', 24)}, {compiler}"
    room = WIDTH - len(rest)
    cpu = textwrap.shorten(said("cpu_model", WIDTH), room, placeholder="")
    commit = said("commit", 20)
    return [
        (cpu or said("cpu_model", room)) + rest,
        *_reproduce(results, f"reproduce with pfnbench {commit}:"),
    ]


def _machine(results: Results) -> list[str]:
    """Four lines, whatever the machine is called."""

    def said(key: str) -> str:
        return to_ascii(results.context.get(key, "")) or "n/a"

    return [
        shorten(line, WIDTH).rstrip()
        for line in (
            f"CPU: {said('cpu_model')}, {said('num_cpus')} CPUs at"
            f" {said('mhz_per_cpu')} MHz, SMT {said('smt')}",
            f"{said('kernel')}, governor {said('governor')}, turbo"
            f" {said('turbo')}, THP {said('thp')}, ASLR {said('aslr')}",
            f"{said('compiler')} {said('compiler_flags')},"
            f" {said('build_type')}, {said('libc')}",
            f"pfnbench {said('pfnbench_version')}, commit {said('commit')},"
            f" {said('date')[:10]}, {results.rounds} rounds, load"
            f" {said('load_average')}",
        )
    ]


def _traces(subject: Subject) -> list[str]:
    """Checksums, so that a reader knows what was replayed."""
    traces = {w.name: w for w in subject.results.workloads}
    parts = []
    for name in subject.workloads:
        workload = traces.get(name)
        trace = workload.trace if workload else None
        parts.append(f"{name} {(trace or 'not recorded')[:_CHECKSUM]}")
    return wrap(f"traces: {', '.join(parts)}")


def _reproduce(results: Results, prefix: str = "reproduce:") -> list[str]:
    """The command without the folder, which is no part of the work."""
    command = results.context.get("command_line", "").strip()
    try:
        words = shlex.split(command)
    except ValueError:  # an odd quotation mark
        words = command.split()
    kept = [
        word
        for before, word in zip(["", *words], words)
        if not word.startswith("--out=") and "--out" not in (before, word)
    ]
    if not kept:
        return [f"{prefix} command line not recorded"]
    return shell_lines(prefix, shlex.join(kept))
