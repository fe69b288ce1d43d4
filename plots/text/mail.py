# SPDX-License-Identifier: MIT
"""The mail: what a reviewer reads of a run, as a cover letter or a reply."""

import re
import shlex
import textwrap
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from plots.read.file import shorten
from plots.read.results import Results, condition_label
from plots.tables import changes, facts, glance
from plots.tables.duel import Duel, command_words, duel
from plots.tables.figures import to_ascii
from plots.tables.glance import rival_cell
from plots.tables.table import Cell, Table, legend
from plots.tables.words import many, say
from plots.text.layout import WIDTH, lines, page, shell_lines, wrap, wrapped
from plots.text.mail_subject import REPLY, Choice, Subject, choose, rebased
from plots.text.report import paragraph

MOST_LINES = 30
# What git, patch and mail servers take for something else, and scissors.
_MISREAD = re.compile(
    r"\s*(---|\+\+\+|\*\*\*|diff |Index: |Prereq: |@@|GIT binary|=======)"
    r"|>|From |\.$|\s*--$|\s*[0-9,]+[acds]$"
    r"|.*(8<|>8|%<|>%)"
)

# A cover letter has no room to explain these.
_KNOWN = ("-", "( )", ">9", "failed", "GiB", "peak")

_Sections = list[Sequence[str]]


def mail(
    results: Results, base: Results | None = None, choice: Choice = Choice()
) -> str:
    """The whole text, with a newline at its end."""
    results = rebased(results, choice.baseline)
    subject = choose(results, choice)
    said = ("INTERRUPTED", "NOT OPTIMISED")
    warnings = (w for w in facts.warnings(results) if w.startswith(said))
    counted = [say("mail", "counted")] if results.is_counted else []
    sections: _Sections = [wrapped([*counted, *warnings])]
    if base is not None:
        sections += _against(base, subject)
    if choice.form == REPLY:
        sections += _reply(subject)
    elif base is None:
        sections += _cover_letter(subject, choice)
    else:
        sections.append(_in_short(results))
    return "\n".join(map(_unmistakable, page(sections).splitlines())) + "\n"


def _unmistakable(line: str) -> str:
    """No part of a patch: names that somebody else chose can look so."""
    if not _MISREAD.match(line):
        return line
    line = re.sub(r"8<|>8|%<|>%", "..", line)
    return shorten(f"| {line.strip()}", WIDTH)


def _cover_letter(subject: Subject, choice: Choice) -> _Sections:
    """Who wins is said above each table, unless the answer has said so."""
    results = subject.results
    found = duel(results)
    # The answer is about the run as a whole.
    is_answered = choice == Choice(baseline=choice.baseline) and (
        found is None or found.rival in subject.rivals
    )
    # Rivals of which the answer, or a table, has said the rest.
    said = {None, *([found.rival] if is_answered and found else [])}
    seen: set[str | None] = set()
    sections: _Sections = [_no_ratios(subject)]
    tables: list[Table] = []
    short: dict[str, None] = {}
    for measure in subject.measures:
        for rival in subject.rivals or (None,):
            block, few = _without_few_rounds(subject.duel(measure, rival))
            if few:
                who = f"{rival} on " if len(subject.rivals) > 1 else ""
                short[who + ", ".join(few)] = None
            if not block.places:
                continue
            if rival not in said:
                begin = f"{rival} against {block.baseline}, {measure.name}"
                ratios = [rival_cell(block.ratio(p)) for p in block.places]
                sections.append(_counts(subject, begin, ratios, "guest", "on"))
            made = [glance.guests(block)]
            if rival not in seen:
                made.append(glance.costs(block))
            seen.add(rival)
            tables += filter(None, made)
            sections += map(lines, filter(None, made))
    words = legend(results, tables)
    for name in (*_KNOWN, *["(A/A control)"] * ("*" in words)):
        words.pop(name, None)
    sections.append(
        [
            *(wrap(_said(words)) if tables and words else []),
            *(wrap(say("mail", "no_row")) if short and not tables else []),
            *_left_out(subject, [*short]),
            *_in_short(results),
        ]
    )
    if not is_answered:
        return sections
    room = MOST_LINES - page(sections).count("\n")
    # As many sentences as there is room for; they come by weight.
    whole = paragraph(results)
    return [whole if len(whole) < room else paragraph(results, 2), *sections]


def _without_few_rounds(block: Duel) -> tuple[Duel, list[str]]:
    """On guests with a ratio, or a word for its absence; and the others."""
    shown, few = [], []
    for place in block.places:
        ratio, time = block.ratio(place), place.time(block.baseline)
        is_short = time and not (time.is_interval or place.results.is_counted)
        has_time = time and not block.rival
        if ratio.mark == "?" if ratio else not block.rival and is_short:
            few.append(place.workload)
        elif ratio or has_time or any(map(place.word, block.both)):
            shown.append(place)
    return replace(block, places=tuple(shown)), few


def _counts(
    of: Subject, begin: str, ratios: Sequence[Cell], row: str, at: str
) -> list[str]:
    """How many rows show what; it claims no more than they do."""
    marks = Counter(cell.mark for cell in ratios)
    faster = sum(c.mark == "*" and float(c.value or 0) < 1 for c in ratios)
    is_counted = of.results.is_counted
    said = {
        "cheaper" if is_counted else "faster": faster,
        "dearer" if is_counted else "slower": marks["*"] - faster,
        "no difference shown": marks["~"],
        "too few rounds to tell": marks["?"] or None,
        "over its time or failed": sum(c.is_absent for c in ratios) or None,
    }
    texts = (f"{what} {at} {n}" for what, n in said.items() if n is not None)
    return wrap(f"{begin}: of {many(len(ratios), row)} {', '.join(texts)}.")


def _said(words: Mapping[str, str]) -> str:
    """Each column and mark, in as few lines as possible."""
    parts = (f"{n}{':' * n[0].isalpha()} {text}" for n, text in words.items())
    return f"{'; '.join(parts)}."


def _reply(subject: Subject) -> _Sections:
    results = subject.results
    sections: _Sections = [_no_ratios(subject)]
    tables: list[Table] = []
    label = condition_label(subject.condition)
    for name in subject.structures:
        if name in (results.baseline, results.floor):
            continue
        duels = [subject.duel(measure, name) for measure in subject.measures]
        table = glance.duel_rows(duels)
        begin = f"{name} against {results.baseline or ''}, {label}"
        if not table:
            sections.append(wrap(f"{begin}: no row has both"))
            continue
        tables.append(table)
        ratios = table.column("ratio")
        sections.append(_counts(subject, begin, ratios, "row", "in"))
        sections.append(lines(table))
    words = legend(results, tables)
    words.pop("-", None)
    primary = {name for *_, name in results.primary_ratios}
    names = ", ".join(name for name in subject.structures if name in primary)
    declared = say("mail", "primary", names=names) if names else ""
    machine = (shorten(to_ascii(x), WIDTH) for x in facts.machine(results))
    known = {each.name: each.checksum for each in results.workloads}
    guests = subject.workloads
    traces = (f"{name} {known.get(name) or 'not recorded'}" for name in guests)
    return [
        *sections,
        wrap(_said(words) + declared) if words else [],
        [*wrap(f"Shown: {subject.why}."), *_left_out(subject)],
        [
            *wrapped([*machine, f"traces: {', '.join(traces)}"]),
            *_reproduce(results),
        ],
    ]


def _against(base: Results, subject: Subject) -> _Sections:
    """Words, a table for each measure, and what memory became."""
    results, name = subject.results, subject.results.baseline
    pairs = changes.pairs_of(base, results)
    if any(case.entrant.structure == name for case in base.cases):
        base = rebased(base, name)
    names = list(dict.fromkeys([*filter(None, [name]), *subject.structures]))
    old, new = (r.context.get("commit", "unknown") for r in (base, results))
    verdict, *warnings = changes.verdict(pairs, pairs)
    said = say("mail", "base", old=old, new=new, verdict=verdict)
    left_out: list[str] = []
    tables: list[Table] = []
    for measure in subject.measures:
        places = subject.places(measure)
        table, short = changes.of_places(base, places, names, pairs)
        left_out += short
        tables.append(table)
    tables.append(changes.peaks(base, places, names))
    how = "change" + "_counted" * results.is_counted
    notes = [say("mail", how, marks=changes.marks(results))]
    if left_out:
        notes.append(f"Left out, fewer than 6 rounds: {'; '.join(left_out)}")
    return [
        wrapped([said, *warnings]),
        *map(lines, filter(None, tables)),
        wrapped(notes),
    ]


def _no_ratios(subject: Subject) -> list[str]:
    """Why there are none, although there are times."""
    baseline = subject.results.baseline
    places = subject.places(*subject.measures)
    if any(place.times(baseline or "") for place in places):
        return []
    words = {place.word(baseline or "") for place in places} - {""}
    why = f" ({', '.join(sorted(words))})" if words else ""
    who = baseline or "which the file does not name"
    return wrap(say("mail", "no_ratios", baseline=who, why=why))


def _left_out(subject: Subject, short: Sequence[str] = ()) -> list[str]:
    """What the run has and the mail has not."""
    results, cases = subject.results, subject.results.cases
    none = {results.floor, results.baseline, *subject.structures}
    timed = {name for m in subject.measures for name in m.operations}
    parts = []
    for what, names in (
        ("structure", {case.entrant.structure for case in cases} - none),
        ("operation", set(results.operations()) - timed),
        ("workload", {c.workload for c in cases} - {*subject.workloads}),
    ):
        which = f" ({', '.join(sorted(names))})" * (len(names) <= 3)
        parts += [many(len(names), what) + which] * bool(names)
    faults = {case.condition for case in cases} - {subject.condition}
    if "" in faults:
        parts.append("times without faults")
    if faults - {""}:
        parts.append(f"times under {'other ' * bool(subject.condition)}faults")
    cut_off = "cut off (over the time that a row may take)"
    for rows, what in ((results.failed, "failed"), (results.limits, cut_off)):
        parts += [f"{many(len(rows), 'row')} {what}"] * bool(rows)
    if short:
        parts.append(f"{'; '.join(short)} (fewer than 6 rounds)")
    said = f"Only in the report: {'; '.join(parts)}."
    return wrap(said if parts else "Nothing is left out.")


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


def _reproduce(results: Results, prefix: str = "reproduce:") -> list[str]:
    """The command without the folder, which is no part of the work."""
    words = command_words(results)
    kept = [
        word
        for before, word in zip(["", *words], words)
        if not word.startswith("--out=") and "--out" not in (before, word)
    ]
    none = [f"{prefix} command line not recorded"]
    return shell_lines(prefix, shlex.join(kept)) if kept else none
