# SPDX-License-Identifier: MIT
"""Memory and lost pages are the same figures wherever they are printed."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from conftest import FAILSLAB, document, losses, memory, profile, rows, times
from test_html import NOTHING, page, tables_of

from plots.draw import figure_rows
from plots.tables import cases
from plots.text.export import export
from plots.text.mail import Choice, mail
from plots.text.report import report
from plots.read.results import Results, Structure
from plots.read.shape import Name
from plots.text.showcase import first_table

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
    """The words of the row that ends with the name."""
    section = text[text.index(title) :].split("\n\n")[0]
    (line,) = [x for x in section.splitlines() if x.endswith(f"  {name}")]
    return line.split()


@pytest.mark.parametrize("is_old", [False, True])
def test_bits_are_of_the_largest_pass_everywhere(
    is_old: bool, results_of: ResultsOf
) -> None:
    results = results_of(content(is_old))
    table = cases.memory(results)
    places = [
        [column.key for column in table.columns].index(key)
        for key in ("condition", "bits_per_page")
    ]
    cells = [[row[at].value for at in places] for row in table.rows]
    assert {bits for condition, bits in cells if not condition} == {BITS}
    # 8 * 4096 / 20 is 1638.4, in three digits.
    assert "1640" in report(results, is_full=True)
    heads, lines = tables_of(page(results, NOTHING))["memory"]
    (line,) = (
        x for x in lines if x[:4] == ["cvbmp", "set", "busy-2g", "no faults"]
    )
    both = [line[heads.index(key)] for key in ("bits", "peak KiB")]
    assert both == ["1640", "60.0"]
    chart = figure_rows.charts(results)["memory"]
    assert {row.points[0].value for row in chart.rows} == {BITS}


def test_the_peak_is_the_same_in_report_mail_and_readme(
    results_of: ResultsOf,
) -> None:
    results = results_of(content(is_old=False))
    text = mail(results, None, Choice(structures=("cvbmp",)))
    assert row_of(text, "peak, KiB", "busy-2g")[:2] == ["60.0", "60.0"]
    for text in (report(results), first_table(results)):
        assert "60.0" in row_of(text, "busy-2g, no faults", "cvbmp")


def test_a_profile_that_was_cut_off_changes_no_figure(
    results_of: ResultsOf,
) -> None:
    made = content(is_old=True)
    for each in made["profiles"]:
        each["error"] = "over 9 ns per page"
    results = results_of(made)
    chart = figure_rows.charts(results)["memory"]
    assert {row.points[0].value for row in chart.rows} == {7000}


def test_a_profile_without_passes_changes_no_figure(
    results_of: ResultsOf,
) -> None:
    made = content(is_old=True)
    for each in made["profiles"]:
        each["memory"]["pass_ends"] = []
    chart = figure_rows.charts(results_of(made))["memory"]
    assert {row.points[0].value for row in chart.rows} == {7000}


def test_mail_and_readme_agree_about_lost_pages_on_each_trace(
    results_of: ResultsOf,
) -> None:
    results = results_of(content(is_old=False))
    text = mail(results, None, Choice(structures=("cvbmp",)))
    readme = first_table(results)
    for place, guest in enumerate(("busy-2g", "oom-2g")):
        # The worst trace alone would turn the order of the two round.
        expected = [lost[place] for lost in LOST.values()]
        row = row_of(text, "peak, KiB", guest)
        # Nobody knows how far one run is from the mean.
        assert row[3:6:2] == ["(-)", "(-)"]
        assert [float(word) for word in row[2:6:2]] == expected
    for name, (busy, _) in LOST.items():
        row = row_of(readme, "busy-2g, no faults", name)
        assert float(row[-2]) == busy


def test_lost_pages_of_seeds_are_a_mean_with_its_interval(
    results_of: ResultsOf,
) -> None:
    made = content(is_old=False)
    # Student's interval of ten counts of 2 and ten of 4: 3 +- 0.48.
    for name, lost in (("xbitmap", [2, 4] * 10), ("cvbmp", [0] * 20)):
        made["lost"] = [*made.get("lost", []), losses(name, "busy-2g", *lost)]
    results = results_of(made)
    title = "pages in a million lost under fault ge_burst, mean of 20 seeds"
    text = report(results)
    assert row_of(text, title, "xbitmap")[:3] == ["3.00", "[2.52,", "3.48]"]
    assert row_of(text, title, "cvbmp")[:3] == ["0", "[0,", "0]"]
    assert row_of(text, "busy-2g, no faults", "xbitmap")[-2] == "3.00"
    # What other guests lost was not counted.
    other = text[text.index("oom-2g, no faults") :].splitlines()[1]
    assert "lost ppm" not in other and "peak KiB" in other
    said = mail(results, None, Choice(structures=("cvbmp",)))
    row = row_of(said, "peak, KiB", "busy-2g")
    assert row[2:6] == ["3.00", "16%", "0", "(-)"]
    heads, lines = tables_of(page(results, NOTHING))["lost"]
    assert heads[:2] == ["structure", "busy-2g"]
    assert ["xbitmap", "3.00 [2.52, 3.48]"] in [x[:2] for x in lines]


def test_what_is_kept_and_asked_stands_next_to_the_time(
    results_of: ResultsOf,
) -> None:
    made = content(is_old=False)
    for row in made["benchmarks"]:
        row["retained_rounded_bytes"], row["allocations"] = 3072, 400
    made["context"]["workload_busy-2g"] = "pages=90 passes=9 ranges=9"
    title = "busy-2g, no faults"
    results = results_of(made)
    text = report(results)
    assert " kept " in text[text.index(title) :].splitlines()[1]
    # Of 9 passes: 44.4 requests each.
    assert row_of(text, title, "xbitmap")[-4:-2] == ["3.00", "44.4"]
    heads, *lines = export(results, "csv").splitlines()
    at = [heads.split(",").index(key) for key in ("asks", "kept")]
    assert [lines[0].split(",")[n] for n in at] == ["44.4444", "3"]


def test_a_pool_that_others_share_stands_next_to_the_peak(
    results_of: ResultsOf,
) -> None:
    made = results_of(content(is_old=False))
    known = Structure(Name("cvbmp"), shared_pool_bytes=9920)
    table = cases.memory(replace(made, structures=(known,)))
    names = [cell.value for cell in table.column("structure")]
    pools = dict(zip(names, (cell.value for cell in table.column("pool"))))
    assert pools["cvbmp"] == 9920 / 1024
    assert pools["xbitmap"] is None
