# SPDX-License-Identifier: MIT
"""Memory and lost pages are the same figures wherever they are printed."""

from collections.abc import Callable
from typing import Any

import pytest
from conftest import FAILSLAB, document, memory, profile, rows, times
from test_html import NOTHING, page, tables_of

from plots.draw import figure_rows
from plots.text.mail import mail
from plots.text.mail_subject import Choice
from plots.read.profiles import read
from plots.text.report import report
from plots.read.results import Results
from plots.text.showcase import table

ResultsOf = Callable[[Any], Results]

# Of two passes: 20 pages in 4096 bytes, and before it 10 in 100.
BITS = 8 * 4096 / 20
LOST = {"xbitmap": (18, 900), "cvbmp": (36, 780)}  # on busy-2g, on oom-2g


def content(is_old: bool) -> Any:
    """As now, and as an older file, where bits are summed over passes."""
    made = []
    profiles = []
    for place, workload in enumerate(("busy-2g", "oom-2g")):
        for name in ("xbitmap", "xbitmap/control:1", "cvbmp"):
            who, _, control = name.partition("/")
            counters = memory(7000 if is_old else BITS)
            counters["peak_rounded_bytes"] = 60 * 1024
            stem = f"set/{workload}/{who}"
            tail = f"/{control}" if control else ""
            made += rows(stem + tail, times(5), **counters)
            made += rows(f"drain/{workload}/{name}", times(5))
            counters["failed_sets"] = LOST[who][place]
            counters["pages"] = 1e6
            made += rows(f"{stem}/{FAILSLAB}{tail}", times(5), **counters)
        for name in LOST:
            each = profile(name, workload)
            first = {key: 100 for key in each["memory"]["peak"]}
            each["memory"]["pass_ends"].insert(
                0, {"pass": 0, "pages": 10, **first}
            )
            profiles.append(each)
    made_of = document(made)
    made_of["profiles"] = profiles
    return made_of


def row_of(text: str, title: str, name: str) -> "list[str]":
    section = text[text.index(title) :].split("\n\n")[0]
    (line,) = [x for x in section.splitlines() if x.endswith(f"  {name}")]
    return line.split()


def guest_row(text: str, guest: str) -> "list[str]":
    """The row of a guest in the second table of a mail."""
    table = text[text.index("peak, KiB") :].split("\n\n")[0]
    (line,) = [x for x in table.splitlines() if x.startswith(guest)]
    return line.split()[1:]


@pytest.mark.parametrize("is_old", [False, True])
def test_bits_are_of_the_largest_pass_with_the_peak_beside_them(
    is_old: bool, results_of: ResultsOf
) -> None:
    results = results_of(content(is_old))
    # 8 * 4096 / 20 is 1638.4, in three digits.
    both = ["1640", "60.0"]
    text = report(results)
    assert row_of(text, "busy-2g, no faults: at", "cvbmp")[4:6] == both
    cells = row_of(text, "set, no faults: bits per page", "cvbmp")
    assert [cells[0], cells[2]] == both
    text = mail(results, None, Choice(structures=("cvbmp",)))
    # Bits per page say nothing that a reader could use; the peak does.
    assert guest_row(text, "busy-2g")[:2] == ["60.0", "60.0"]
    readme = "\n".join(table(results))
    assert row_of(readme, "trace busy-2g", "cvbmp")[3:5] == both
    heads, lines = tables_of(page(results, NOTHING))["memory"]
    (line,) = (
        x for x in lines if x[:4] == ["cvbmp", "set", "busy-2g", "no faults"]
    )
    assert [line[heads.index(key)] for key in ("bits", "peak KiB")] == both
    chart = figure_rows.charts(results)["memory"]
    assert {line.points[0].value for line in chart.rows} == {BITS}


def test_a_profile_that_was_cut_off_changes_no_figure(
    results_of: ResultsOf,
) -> None:
    made = content(is_old=True)
    for each in made["profiles"]:
        each["error"] = "over 9 ns per page"
    results = results_of(made)
    cells = row_of(report(results), "set, no faults: bits per page", "cvbmp")
    assert cells[0] == "7000"


def test_a_profile_without_passes_has_no_bits() -> None:
    made = profile("cvbmp")
    made["memory"]["pass_ends"] = []
    (found,) = read([made])
    assert found.memory is not None and found.memory.when_full == {}


def test_mail_and_readme_agree_about_lost_pages_on_each_trace(
    results_of: ResultsOf,
) -> None:
    results = results_of(content(is_old=False))
    text = mail(results, None, Choice(structures=("cvbmp",)))
    readme = "\n".join(table(results))
    busy_row, oom_row = (guest_row(text, w) for w in ("busy-2g", "oom-2g"))
    for (name, (busy, oom)), column in zip(LOST.items(), (2, 3)):
        # The worst trace alone would turn the order of the two round.
        assert float(busy_row[column]) == busy
        assert float(oom_row[column]) == oom
        assert float(row_of(readme, "trace busy-2g", name)[-3]) == busy
