# SPDX-License-Identifier: MIT
"""Documents and help are in plain English: short sentences, usual words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted(
    [
        ROOT / "README.md",
        ROOT / "CONTRIBUTING.md",
        ROOT / "claims" / "README.md",
        ROOT / "workloads" / "recorded" / "README.md",
        *(ROOT / "docs").glob("*.md"),
        *(ROOT / "docs" / "help").glob("*.txt"),
    ]
)
NAMES = [str(path.relative_to(ROOT)) for path in DOCUMENTS]

# Each with the word to use instead.
INSTEAD = {
    "told": "reported, said",
    "anew": "again",
    "mend": "fix",
    "mends": "fixes",
    "mended": "fixed",
    "whoever": "anyone who",
    "whomever": "anyone",
    "whatever": "everything that, any",
    "beside": "next to, besides",
    "so many": "N",
    "for want of": "for lack of, without",
    "what it differs by": "the difference",
}
LONGEST = 25  # words of a sentence
MOST_FIGURES = 6  # with more it is a list of figures, not a sentence
# The share of longer sentences that a document may have.
SHARE = 0.05


def prose(text: str) -> Iterator[str]:
    """The paragraphs, without code, tables and headings, in one line each."""
    text = re.sub(r"^```.*?^```", "\n\n", text, flags=re.M | re.S)
    text = re.sub(r"<!--.*?-->", "", text, flags=re.S)
    block: list[str] = []
    for line in [*text.splitlines(), ""]:
        item = re.match(r"\s*([*+-]|\d+\.)\s", line)
        is_code = not block and not item and line.startswith("    ")
        is_prose = line.strip() and line[0] not in "#|" and not is_code
        if block and (item or not is_prose):
            yield " ".join(" ".join(block).split())
            block = []
        if is_prose:
            block.append(line[item.end() :] if item else line)


def plain(text: str) -> str:
    """A paragraph with a word in place of each code span, link and figure."""
    text = re.sub(r"`[^`]*`", "Code", text)
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", text)
    return re.sub(r"[*_]{1,2}([^*_]+)[*_]{1,2}", r"\1", text)


def help_prose(text: str) -> Iterator[str]:
    """The same of a help: the text of each flag is a paragraph."""
    text = re.sub(r"^usage:.*?\n\n", "\n", text, flags=re.M | re.S | re.I)
    text = re.sub(r"^ +-.*?(?:  +|$)", "\n", text, flags=re.M)
    text = re.sub(r"^ *\S.*:$", "\n", text, flags=re.M)
    return prose(re.sub(r"^ +", "", text, flags=re.M))


def sentences(path: Path) -> list[str]:
    of = help_prose if path.suffix == ".txt" else prose
    return [
        sentence
        for paragraph in of(path.read_text())
        for sentence in re.split(r"(?<=[.?!])[)\"]?\s+", plain(paragraph))
        if re.search(r"[a-z]", sentence)
    ]


def is_long(sentence: str) -> bool:
    figures = re.findall(r"(?<![\w.,])\d[\d,.]*", sentence)
    return words(sentence) > LONGEST and len(figures) <= MOST_FIGURES


def words(sentence: str) -> int:
    return len(re.findall(r"[\w'/.,%-]*\w[\w'/.,%-]*", sentence))


@pytest.mark.parametrize("name", NAMES)
def test_no_document_uses_words_that_have_a_plain_one(name: str) -> None:
    text = " ".join(map(plain, prose((ROOT / name).read_text())))
    used = {
        f"{word}: {instead}"
        for word, instead in INSTEAD.items()
        if re.search(rf"\b{word}\b", text, re.I)
    }
    assert not used


@pytest.mark.parametrize("name", NAMES)
def test_no_sentence_begins_with_what_as_its_subject(name: str) -> None:
    assert not [
        sentence
        for sentence in sentences(ROOT / name)
        if re.match(r"What\b", sentence) and not sentence.endswith("?")
    ]


@pytest.mark.parametrize("name", NAMES)
def test_few_sentences_are_long(name: str) -> None:
    found = sentences(ROOT / name)
    long = [each for each in found if is_long(each)]
    assert len(long) <= max(1, SHARE * len(found)), "\n\n".join(long)
