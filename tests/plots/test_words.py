# SPDX-License-Identifier: MIT
"""A slow row is "over" so many ns, a wrong row is "failed", everywhere."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import document, error_rows, memory, profile, rows, times
from test_html import NOTHING, page, part, tables_of
from test_report import report

from plots.text.report import compare
from plots.text.mail import mail
from plots.text.mail_subject import Choice
from plots.read.results import Results
from plots.text.showcase import first_table

ResultsOf = Callable[[Any], Results]


OVER = "over 2700 ns per page: takes over 3.4 s: pass 0: cut off"
OLD_OVER = "takes over 3.4 s: pass 0: cut off"


def content(slow: str = OVER, wrong: str = "failed: 3 ranges differ") -> Any:
    """xbitmap and flat have figures, cvbmp is slow, roaring is wrong."""
    made = []
    for operation in ("set", "drain"):
        for name in ("xbitmap", "xbitmap/control:1", "flat"):
            stem = f"{operation}/busy-2g/{name}"
            made += rows(stem, times(5), **memory(1.5), ns_per_range=7)
        for name, reason in (("cvbmp", slow), ("roaring", wrong)):
            made += error_rows(f"{operation}/busy-2g/{name}", reason, 2)
    made_of = document(made)
    made_of["profiles"] = [profile("cvbmp", "busy-2g")]
    return made_of


def row_of(text: str, title: str, name: str) -> str:
    section = text[text.index(title) :].split("\n\n")[0]
    (line,) = [x for x in section.splitlines() if x.endswith(f"  {name}")]
    return line.removesuffix(name).strip()


def test_the_report_says_over_how_much_and_who_failed(
    results_of: ResultsOf,
) -> None:
    text = report(results_of(content()))
    for operation in ("set", "drain"):
        title = f"{operation}, no faults: ns per page"
        assert row_of(text, title, "cvbmp").split()[:3] == [">2700", "-", "-"]
        assert row_of(text, title, "roaring").startswith("failed")
    assert row_of(text, "busy-2g, no faults:", "cvbmp")[:5] == ">2700"
    # Only the wrong one says of its memory that it failed.
    title = "set, no faults: memory"
    assert row_of(text, title, "roaring").startswith("failed")
    assert "cvbmp" not in text[text.index(title) :].split("\n\n")[0]
    flat = " ".join(text.split())
    assert "not shown: set/busy-2g/cvbmp: over 2700 ns per page: " in flat
    assert "not shown: set/busy-2g/roaring: failed: 3 ranges differ" in flat
    assert ">9 takes more than so many ns, cut off because it is slow" in flat
    assert "failed a wrong answer, or a crash" in flat


def test_the_mail_says_over_how_much_and_who_failed(
    results_of: ResultsOf,
) -> None:
    choice = Choice(structures=("cvbmp", "roaring"))
    text = mail(results_of(content()), None, choice)
    for name, word in (("cvbmp", ">2700"), ("roaring", "failed")):
        section = text[text.index(f"ratio {name} / xbitmap") :]
        row = section.splitlines()[2]
        assert row.split()[-3:] == [word, "-", "busy-2g"]
    flat = " ".join(text.split())
    assert "2 rows failed; 2 rows cut off (over the time that a row" in flat


def test_the_page_says_over_how_much_and_who_failed(
    results_of: ResultsOf,
) -> None:
    text = page(results_of(content()), NOTHING)
    lines = tables_of(text)["times"][1]
    said = {
        line[0]: line[4]
        for line in lines
        if line[1:4] == ["set", "busy-2g", "no faults"]
    }
    assert said["cvbmp"] == ">2700 ns"
    assert said["roaring"] == "failed"
    gaps = part(text, 'id="gaps">', "</div>")
    assert "over 2700 ns" in gaps and "failed" in gaps


def test_a_picture_says_over_how_much_and_who_failed(
    results_of: ResultsOf,
) -> None:
    from plots.draw import figure_planes, figure_rows

    lines = figure_rows.charts(results_of(content()))["set"].rows
    notes = {line.label: line.points[0].note for line in lines}
    assert notes["cvbmp"] == "over 2700 ns"
    assert notes["roaring"] == "failed"
    caption = figure_planes.charts(results_of(content()))["pareto"].frame.caption
    assert "no figure: cvbmp (over 2700 ns), roaring (failed)" in caption


def test_the_readme_says_over_how_much_and_who_failed(
    results_of: ResultsOf,
) -> None:
    text = first_table(results_of(content()))
    assert row_of(text, "busy-2g, no faults", "cvbmp").startswith(">2700")
    assert row_of(text, "busy-2g, no faults", "roaring").startswith("failed")


def test_a_comparison_says_over_how_much_and_who_failed(
    results_of: ResultsOf,
) -> None:
    results = results_of(content())
    text = " ".join(compare(results, results).split())
    assert "failed in old: drain/busy-2g/roaring set/busy-2g/roaring" in text
    assert "cut off in new: set/busy-2g/cvbmp (>2700 ns)" in text


def test_older_files_are_read_in_the_same_words(results_of: ResultsOf) -> None:
    results = results_of(content(slow=OLD_OVER, wrong="3 ranges differ"))
    text = report(results)
    title = "set, no faults: ns per page"
    assert row_of(text, title, "cvbmp").startswith(">3.4 s ")
    assert row_of(text, title, "roaring").startswith("failed")
    assert "roaring: failed: 3 ranges" in " ".join(text.split())


@pytest.mark.parametrize(
    "reason", ["not run: recording alone takes over 3.4 s, see set/a/x", ""]
)
def test_what_was_not_run_is_not_called_slow(
    reason: str, results_of: ResultsOf
) -> None:
    results = results_of(content(slow=reason or "not run"))
    case = results.case_named("set/busy-2g/cvbmp")
    assert case is not None and results.word(case) == ""
    title = "busy-2g, no faults: set + drain"
    assert row_of(report(results), title, "cvbmp").startswith("- ")


def test_a_crash_has_failed_even_if_it_took_over_some_time(
    results_of: ResultsOf,
) -> None:
    results = results_of(content(slow="failed: hangs: over 30 s without a"))
    case = results.case_named("set/busy-2g/cvbmp")
    assert case is not None and results.word(case) == "failed"


def test_a_hostile_limit_is_none(
    results_of: ResultsOf, tmp_path: Path
) -> None:
    results = results_of(content(slow=f"over {'9' * 900} ns per page"))
    title = "busy-2g, no faults: set + drain"
    assert row_of(report(results), title, "cvbmp").startswith("- ")
