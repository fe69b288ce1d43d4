# SPDX-License-Identifier: MIT
"""Turns docs/claims.md into HTML: headings, paragraphs, lists, tables.

Not Markdown in general: exactly what claims/claims.py writes. Whatever else
stands there comes out as text. Each claim can be opened; its verdict stands
beside its title.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

_INLINE = re.compile(r"`([^`]+)`|\*\*([^*]+)\*\*|\[([^\]]+)\]\([^)]*\)")
_VERDICT = re.compile(r"\*\*([^*]+?)\.?\*\*")


def claims(text: str) -> str:
    """The page of claims as the inside of a section."""
    blocks = [block.strip() for block in re.split(r"\n{2,}", text.strip())]
    return "".join(_entries(blocks))


def _entries(blocks: list[str]) -> Iterator[str]:
    is_open = False
    for number, block in enumerate(blocks):
        if block.startswith("#"):
            if is_open:
                yield "</details>"
            level, _, title = block.partition(" ")
            is_open = level == "###"
            if is_open:
                verdict = _verdict(blocks[number + 1 :])
                yield (
                    f"<details><summary>{inline(title)}"
                    f' <span class="verdict">({html.escape(verdict)})</span>'
                    "</summary>"
                )
            else:
                depth = min(len(level) + 1, 3)
                yield f"<h{depth}>{inline(title)}</h{depth}>"
        elif block.startswith("|"):
            # The index: every claim follows, with its verdict.
            continue
        elif block.startswith("* "):
            items = re.split(r"\n\* ", block[2:])
            yield (
                "<ul>"
                + "".join(f"<li>{inline(item)}</li>" for item in items)
                + "</ul>"
            )
        else:
            yield f"<p>{inline(block)}</p>"
    if is_open:
        yield "</details>"


def _verdict(following: list[str]) -> str:
    """The bold words that end the entry."""
    for block in following:
        if block.startswith("#"):
            break
        if found := _VERDICT.fullmatch(block):
            return found[1].lower()
    return "no verdict"


def inline(text: str) -> str:
    """Code and bold; of a link its text, because the page stands alone."""
    made = ""
    at = 0
    for found in _INLINE.finditer(text):
        made += html.escape(text[at : found.start()])
        code, bold, link = found.groups()
        if code is not None:
            made += f"<code>{html.escape(code)}</code>"
        elif bold is not None:
            made += f"<strong>{html.escape(bold)}</strong>"
        else:
            made += html.escape(link)
        at = found.end()
    return made + html.escape(text[at:])
