# SPDX-License-Identifier: MIT
"""The results in the documentation are made, not typed."""

from __future__ import annotations

import json
import re
import statistics
from pathlib import Path
from typing import Any

import pytest
from conftest import (
    FAILSLAB,
    ROOT,
    document,
    full_document,
    memory,
    profile,
    rows,
    times,
)

from plots.text import showcase
from plots.__main__ import main
from plots.read.results import ResultsError, load

BLOCK = f"{showcase._BEGIN}\nold\n{showcase._END}"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Results of the main experiment alone."""
    place = tmp_path / "folder"
    (place / "main").mkdir(parents=True)
    content = full_document(workloads=["busy-2g", "idle-8g"])
    longest = profile("cvbmp", "busy-2g", scale=12345 / 70)
    del longest["memory"]
    content["profiles"] = [longest]
    (place / "main" / "results.json").write_text(json.dumps(content))
    return place


def row_of(text: str, name: str) -> "list[str]":
    (line,) = [each for each in text.splitlines() if each.endswith(name)]
    return line.split()[: -len(name.split())]


def test_the_table_has_the_figures_of_the_results(folder: Path) -> None:
    text = showcase.first_table(load(folder / "main"))
    assert text.startswith("xbitmap or cvbmp? ")
    fields = row_of(text, "  cvbmp")
    assert fields[0] == f"{2 * statistics.median(times(3.2 * 1.2)):.2f}"
    # 12345 ns, 146 KiB, asked for; 36700 failures of 3670016 pages.
    assert fields[-4:-2] == ["12.3", "146"]
    assert fields[-1] == "10000"
    assert row_of(text, "  flat")[-4] == "-"
    for name in ("ns", "ratio", "longest us", "peak KiB", "asks /pass"):
        assert f"\n{name}  " in text
    assert all(len(line) <= 72 for line in text.splitlines())


def test_what_was_not_measured_is_a_dash(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    path.write_text(
        json.dumps(
            document(
                rows("set/busy-2g/xbitmap", times(2)[:1], **memory(1))
                + rows("set/busy-2g/flat", times(2), pages=10)
                + rows(f"set/busy-2g/flat/{FAILSLAB}", times(2), pages=10)
            )
        )
    )
    text = showcase.first_table(load(path))
    assert row_of(text, "  xbitmap") == ["2.00", "1.00", "64.0"]
    assert row_of(text, "  flat")[2:] == ["-"]
    assert "longest" not in text


def test_conditions_stand_next_to_each_other_and_count_changed_places(
    folder: Path,
) -> None:
    inlined = full_document(workloads=["busy-2g"])
    inlined["benchmarks"] = [
        row for row in inlined["benchmarks"] if "fault:" not in row["name"]
    ]
    for row in inlined["benchmarks"]:
        if "/cvbmp" in row["name"]:
            row["ns_per_page"] *= 2
        begin, control, number = row["name"].partition("/control:")
        row["name"] = row["run_name"] = f"{begin}/calls:inlined{control}{number}"
    (folder / "inlined").mkdir()
    (folder / "inlined/results.json").write_text(json.dumps(inlined))
    text = showcase.conditions(showcase.load(folder))
    idle, busy, said, _ = text.split("\n\n")
    assert row_of(busy, "  structure") == ["main", "inlined"]
    assert row_of(busy, "  cvbmp") == ["*0.582", "*1.16"]
    assert row_of(busy, "pairs shown to change places") == ["0", "2"]
    # Not measured under it: no figure.
    assert row_of(idle, "  cvbmp") == ["*0.582", "-"]
    assert row_of(idle, "pairs shown to change places") == ["0", "-"]
    assert said == f"inlined: {showcase.CONDITIONS['inlined']}."


def test_the_readme_changes_between_the_comments_alone(folder: Path) -> None:
    results = load(folder / "main")
    made = showcase.readme(f"a\n{BLOCK}\nb\n", results, "docs/results")
    assert made.startswith("a\n<!--") and made.endswith("-->\nb\n")
    assert showcase.first_table(results) in made
    assert "](docs/results/ratio.png)" in made
    assert showcase.readme(made, results, "docs/results") == made
    with pytest.raises(ResultsError, match="lacks"):
        showcase.readme("no comments", results, "docs/results")


def test_one_command_writes_pictures_text_and_readme(
    folder: Path, tmp_path: Path, capsys: Any
) -> None:
    pytest.importorskip("matplotlib")
    readme = tmp_path / "README.md"
    readme.write_text(BLOCK)
    (folder / "trace-x.png").write_bytes(b"picture")
    output = tmp_path / "shown"
    arguments = ["docs", str(folder), "-o", str(output)]
    assert main([*arguments, "--readme", str(readme)]) == 0
    names = {path.name for path in output.iterdir()}
    assert {
        "README.md",
        "conditions.txt",
        "first.txt",
        "pareto.png",
        "report.txt",
        "set.png",
        "tails-set.png",
        "trace-x.png",
    } <= names
    assert "](shown/ratio.png)" in readme.read_text()
    index = (output / "README.md").read_text()
    for target in re.findall(r"\]\(([^)]+)\)", index):
        assert (output / target).exists()
    assert "Not measured: `timeline` (of main)" in index
    assert "growth-idle-inflate" in index


def test_without_results_docs_is_refused_on_one_line(
    tmp_path: Path, capsys: Any
) -> None:
    assert main(["docs", str(tmp_path)]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and "no such file" in error
    assert main(["docs"]) == 2
    assert not list(tmp_path.iterdir())


def test_the_list_of_experiments_can_be_read_by_a_shell(capsys: Any) -> None:
    assert main(["docs", "--list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [tuple(line.split("\t")) for line in lines] == [
        (each.name, *each.flags) for each in showcase.EXPERIMENTS
    ]


def test_the_readme_holds_the_table_of_the_documentation() -> None:
    table = (ROOT / "docs" / "results" / showcase.TABLE).read_text()
    assert f"```text\n{table}```" in (ROOT / "README.md").read_text()


def test_the_shown_results_are_complete_and_small() -> None:
    results = ROOT / "docs" / "results"
    index = (results / "README.md").read_text()
    assert re.match(r"# Results of 20\d\d-\d\d-\d\d\n", index)
    files = list(results.iterdir())
    named = set(re.findall(r"\]\(([^)]+)\)", index)) | {
        "README.md",
        "first.png",
        "first.txt",
        "page.html",
        "mail.txt",
    }
    assert {path.name for path in files} <= named
    pictures = sum(p.stat().st_size for p in files if p.suffix == ".png")
    assert pictures < 2 * 2**20
