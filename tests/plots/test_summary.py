# SPDX-License-Identifier: MIT
"""A run ends with at most 25 lines: answer, table, paths."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import document, error_rows, full_document, rows, times
from test_short_report import default_document

from plots.__main__ import main
from plots.read.results import Results, load
from plots.text.report import SUMMARY_LINES, summary
from plots.tables.duel import duel
from plots.tables.glance import guests
from plots.text.layout import lines as lines_of
from plots.text.report import paragraph

ResultsOf = Callable[[Any], Results]


def leave_everything(folder: Path) -> None:
    for name in ("page.html", "report.txt", "mail.txt", "set.png", "set.svg"):
        (folder / name).write_text("")


def test_the_answer_the_table_and_the_paths_fit_a_terminal(
    results_of: ResultsOf, tmp_path: Path
) -> None:
    results = results_of(default_document())
    leave_everything(tmp_path)
    lines = summary(results).splitlines()
    assert len(lines) <= SUMMARY_LINES
    said = paragraph(results)
    assert lines[: len(said)] == said
    found = duel(results)
    assert found is not None
    assert "\n".join(lines_of(guests(found))) in "\n".join(lines)
    assert lines[-4:] == [
        f"page     {tmp_path}/page.html",
        f"report   {tmp_path}/report.txt",
        f"mail     {tmp_path}/mail.txt",
        f"pictures {tmp_path}",
    ]


def test_paths_are_seen_from_here_and_only_of_what_is_there(
    results_of: ResultsOf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path.parent)
    results = results_of(default_document())
    (tmp_path / "report.txt").write_text("")
    last, path = summary(results).splitlines()[-2:]
    assert last == ""
    assert path == f"report   {tmp_path.name}/report.txt"


def test_many_guests_leave_room_for_the_rest(
    results_of: ResultsOf, tmp_path: Path
) -> None:
    made = []
    for number in range(40):
        for name in ("xbitmap", "xbitmap/control:1", "cvbmp"):
            made += rows(f"set/guest-{number}/{name}", times(5))
    leave_everything(tmp_path)
    lines = summary(results_of(document(made))).splitlines()
    assert 20 <= len(lines) <= SUMMARY_LINES
    assert any(line.endswith(" more") for line in lines)


def test_one_line_says_what_is_missing(results_of: ResultsOf) -> None:
    content = full_document(interrupted="yes", repetitions="12")
    content["benchmarks"] += error_rows("set/busy-2g/maple", "failed: x", 9)
    content["benchmarks"] += error_rows("set/busy-2g/judy1", "over 9 ns", 9)
    lines = summary(results_of(content)).splitlines()
    (line,) = [x for x in lines if x.startswith("INCOMPLETE: ")]
    assert lines[lines.index(line) + 1] == "failed: maple"
    assert line.startswith("INCOMPLETE: interrupted; ")
    assert len(line) <= 72
    assert line.endswith(
        "rows short; 1 failed; 1 cut off"
    )
    assert "INCOMPLETE" not in summary(results_of(full_document()))


def test_a_run_of_one_structure_ends_with_its_report(
    results_of: ResultsOf, tmp_path: Path
) -> None:
    results = results_of(document(rows("set/a/xbitmap", times(5))))
    (tmp_path / "report.txt").write_text("")
    assert summary(results).splitlines() == [
        "Only xbitmap has a time; name more structures with --structure.",
        "",
        f"report   {tmp_path}/report.txt",
    ]


def test_a_folder_of_odd_name_cannot_reach_the_terminal_raw(
    tmp_path: Path, capsys: Any
) -> None:
    import json

    folder = tmp_path / "\x1b[2J"
    folder.mkdir()
    (folder / "results.json").write_text(json.dumps(full_document()))
    (folder / "report.txt").write_text("")
    assert main(["summary", str(folder)]) == 0
    out = capsys.readouterr().out
    assert "\x1b" not in out and "\\x1b[2J/report.txt" in out


def test_the_command_prints_it_and_writes_nothing(
    results_of: ResultsOf, tmp_path: Path, capsys: Any
) -> None:
    results_of(full_document())
    before = sorted(tmp_path.iterdir())
    assert main(["summary", str(tmp_path)]) == 0
    assert capsys.readouterr().out == summary(load(tmp_path))
    assert sorted(tmp_path.iterdir()) == before
