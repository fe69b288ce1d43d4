# SPDX-License-Identifier: MIT
"""TODO: read/file.py."""


def printable(text: str) -> str:
    """The text with what a terminal would obey spelt out."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def shorten(text: str, width: int) -> str:
    """Takes out the middle of a text that is too long, keeps both ends."""
    if len(text) <= width:
        return text
    tail = (width - 2) // 2
    return text[: width - 2 - tail] + ".." + text[len(text) - tail :]
