# SPDX-License-Identifier: MIT
"""How a figure and a name are written, in every text and picture."""

import re
import unicodedata

_SPELLED_OUT = str.maketrans(
    {"™": "(TM)", "®": "(R)", "©": "(C)", "µ": "u", "μ": "u", "–": "-"}
)


def to_ascii(text: str) -> str:
    """One line of printable ASCII that still resembles the text."""
    plain = unicodedata.normalize("NFKD", text.translate(_SPELLED_OUT))
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    return re.sub(r"[^ -~]", "?", " ".join(plain.split()))


def number(value: float) -> str:
    """Three significant digits, in the shortest spelling."""
    if value == 0:
        return "0"
    mantissa, _, exponent = f"{value:.2e}".partition("e")
    power = int(exponent)
    if not -4 <= power < 6:
        return f"{mantissa}e{power}"
    return f"{float(f'{value:.2e}'):.{max(0, 2 - power)}f}"


def alike(value: float, other: float) -> str:
    """The value with as many decimals as `number` gives the other one."""
    model = number(other)
    if "e" in model or not abs(value) < 1e6:
        return number(value)
    return f"{value:.{len(model.partition('.')[2])}f}"


def count(value: float) -> str:
    """A whole number in full, anything else in three digits."""
    if value == int(value) and abs(value) < 1e12:
        return str(int(value))
    return number(value)


def percent(value: float) -> str:
    """A share or a width in percent, at most six columns."""
    if abs(value) > 999:
        return ">999%" if value > 0 else "<-999%"
    if 0 < value < 0.5:
        return "<1%"
    return f"{value:.0f}%"


def change_percent(factor: float) -> str:
    """A factor as a change, without decimals where they say nothing."""
    points = 100 * (factor - 1)
    if abs(points) >= 1e3:
        return f"x{number(factor)}"
    return f"{points:+.{1 if abs(points) < 9.95 else 0}f}%"


def probability(value: float) -> str:
    return "<.0001" if value < 0.0001 else f"{value:.4f}".removeprefix("0")


def binary_size(size: float) -> str:
    """Bytes in the largest binary unit of which there is one."""
    for unit, power in (("TiB", 40), ("GiB", 30), ("MiB", 20), ("KiB", 10)):
        if size >= 2**power:
            return f"{count(float(f'{size / 2**power:.3g}'))} {unit}"
    return f"{count(size)} B"


FORMS = {
    "number": number,
    "count": count,
    "percent": percent,
    "change": change_percent,
    "probability": probability,
    "size": binary_size,
    "replaced": lambda value: f"{value:.3g} %{'!' * (value > 1)}",
}
