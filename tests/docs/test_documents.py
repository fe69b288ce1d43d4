# SPDX-License-Identifier: MIT
"""The README is short, and readers find every page and file from it."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
RESULTS = ROOT / "docs" / "results"
NOTEBOOK = ROOT / "docs" / "notebook.md"


def links(document: Path) -> set[Path]:
    """The files that a document links to or shows."""
    targets = re.findall(r"\]\(([^)#]+)[^)]*\)", document.read_text())
    return {
        (document.parent / target).resolve()
        for target in targets
        if "://" not in target
    }


def anchor(heading: str) -> str:
    kept = [c for c in heading.lower() if c.isalnum() or c in " -_"]
    return "".join(kept).replace(" ", "-")


def headings(document: Path) -> list[str]:
    return re.findall(r"^#+ (.*)$", document.read_text(), re.M)


def test_the_readme_has_fewer_than_150_lines() -> None:
    assert len(README.read_text().splitlines()) < 150


def test_the_answer_comes_before_every_heading_of_the_readme() -> None:
    text = README.read_text()
    first = re.search(r"^## ", text, re.M)
    assert first and text.index("<!-- end -->") < first.start()


def test_every_file_of_the_results_is_linked() -> None:
    linked = links(README) | links(RESULTS / "README.md")
    missing = {path.name for path in RESULTS.iterdir()} - {
        path.name for path in linked
    }
    assert not missing - {"README.md"}


def test_every_document_can_be_reached_from_the_readme() -> None:
    reached: set[Path] = set()
    waiting = {README}
    while waiting:
        document = waiting.pop()
        reached.add(document)
        waiting |= {
            path
            for path in links(document) - reached
            if path.suffix == ".md" and path.exists()
        }
    assert set((ROOT / "docs").glob("*.md")) <= reached


def test_every_link_within_a_document_leads_to_a_heading() -> None:
    for document in [README, *(ROOT / "docs").glob("*.md")]:
        known = {anchor(heading) for heading in headings(document)}
        targets = re.findall(r"\]\(#([^)]+)\)", document.read_text())
        assert set(targets) <= known, document


def test_every_link_into_another_document_leads_to_a_heading() -> None:
    for document in [README, *(ROOT / "docs").glob("*.md")]:
        text = document.read_text()
        for name, target in re.findall(r"\]\(([^)#:]+\.md)#([^)]+)\)", text):
            other = document.parent / name
            assert target in {anchor(h) for h in headings(other)}, document


def test_the_index_of_the_notebook_has_every_entry_in_order() -> None:
    text = NOTEBOOK.read_text()
    index = text[text.index("## Index") : text.index("## Lost ideas")]
    entries = [each for each in headings(NOTEBOOK) if each[:2] == "20"]
    assert re.findall(r"^\* \[(20.*?)\]\(#", index, re.M) == entries
    assert entries == sorted(entries, key=lambda entry: entry[:10])


def test_every_lost_idea_has_its_reason_and_an_entry_of_its_day() -> None:
    text = NOTEBOOK.read_text()
    table = text[text.index("## Lost ideas") :].split("\n## ")[0]
    rows = re.findall(r"^\| (.*) \|$", table, re.M)[1:]
    days = {entry[8:10] for entry in headings(NOTEBOOK) if entry[:2] == "20"}
    assert len(rows) > 15
    for row in rows:
        idea, *reasons = row.split(" | ")
        day = re.search(r"\((\d+) Nov\)$", idea)
        assert day and day[1] in days, row
        assert len(reasons) == 3 and all(reasons), row


def test_lines_of_the_notebook_fit_100_columns() -> None:
    # Rows of a table cannot be broken.
    assert not [
        line
        for line in NOTEBOOK.read_text().splitlines()
        if len(line) > 100 and not line.startswith("|")
    ]
