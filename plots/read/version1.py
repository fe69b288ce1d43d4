# SPDX-License-Identifier: MIT
"""Results of version 1, in which a case stood in the name of its row."""

import re
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from plots.read.case import Row
from plots.read.profiles import Profile

_SAID = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
_DECLARED, _VARIED = _SAID["context"], _SAID["varied"]
_ORDER, _TRACES = _DECLARED["order"], _DECLARED["default_workloads"]

# A key is what may follow the structure in a name. Workloads may be paths,
# so the structure is the last part that is not a key.
_KEY = re.compile(r"[a-z_]+:")
_REASONS = ("over ", "failed", "not run")
_WHOLE = ("pages", "passes", "ranges", "guest_memory")
_SWITCH = {"yes": True, "no": False}


def upgrade(document: dict[str, Any]) -> dict[str, Any]:
    """With the fields of version 2; what has no known shape stays."""
    context = {**document["context"], **_DECLARED}
    for kind, convert, order in (
        ("structure", _structure, _ORDER),
        ("workload", _workload, _TRACES),
    ):
        found = {
            key.removeprefix(f"{kind}_"): str(context.pop(key))
            for key in list(context)
            if key.startswith(f"{kind}_")
        }
        known = [name for name in order if name in found]
        context[f"{kind}s"] = [
            {"name": name, **convert(name, found[name])}
            for name in dict.fromkeys([*known, *found])
        ]
    made = {**document, "context": context}
    for key, convert_one in (("benchmarks", _row), ("profiles", _profile)):
        if isinstance(document.get(key), list):
            made[key] = [
                convert_one(each) if isinstance(each, dict) else each
                for each in document[key]
            ]
    return made


def _fields(name: str) -> dict[str, Any]:
    """The fields that the name of a row stands for; none: it is not ours."""
    parts = name.split("/")
    keys: list[str] = []
    while len(parts) > 3 and _KEY.match(parts[-1]):
        keys.insert(0, parts.pop())
    if len(parts) < 3 or not all(parts):
        return {}
    conditions = _conditions(key for key in keys if key != "fault:none")
    control = conditions.pop("control", "")
    return {
        "operation": parts[0],
        "workload": "/".join(parts[1:-1]),
        "structure": parts[-1],
        "control": int(control) if re.fullmatch("[0-9]{1,9}", control) else 0,
        **({"conditions": conditions} if conditions else {}),
    }


def _conditions(keys: Iterable[str]) -> dict[str, str]:
    parts = (key.partition(":") for key in keys)
    return {name: value for name, _, value in parts}


def _row(row: dict[str, Any]) -> dict[str, Any]:
    name = row.get("name")
    made = {**row, **(_fields(name) if isinstance(name, str) else {})}
    made.pop("run_name", None)
    message = row.get("error_message")
    # Older files have "takes over 3.4 s: ...", or the bare reason.
    if isinstance(message, str) and message:
        message = message.removeprefix("takes ")
        if not message.startswith(_REASONS):
            message = f"failed: {message}"
        made["error_message"] = message
    return made


def _profile(profile: dict[str, Any]) -> dict[str, Any]:
    made = dict(profile)
    condition = made.pop("condition", None)
    if isinstance(condition, str) and condition:
        made["conditions"] = _conditions(condition.split("/"))
    return made


def _structure(name: str, text: str) -> dict[str, Any]:
    facts: dict[str, Any] = _facts(text.split(";"))
    for key in ("clear_can_fail", "accounts_memory"):
        facts[key] = _SWITCH.get(facts.pop(key, ""))
    bases = [base for base in _VARIED if name.startswith(f"{base}-")]
    if bases and name in _ORDER:
        facts["variant_of"] = bases[0]
    return {key: value for key, value in facts.items() if value is not None}


def _workload(_: str, text: str) -> dict[str, Any]:
    return {
        key: int(value) if key in _WHOLE else value
        for key, value in _facts(text.split()).items()
        if key not in _WHOLE or re.fullmatch("[0-9]{1,30}", value)
    }


def _facts(assignments: Iterable[str]) -> dict[str, str]:
    pairs = (item.partition("=") for item in assignments if "=" in item)
    return {key.strip(): value.strip() for key, _, value in pairs}


def put_bits_when_full(rows: list[Row], profiles: Iterable[Profile]) -> None:
    """Bits of the largest pass; the first files had the sum of all there."""
    full = {
        (each.workload, each.structure, each.condition): max(
            each.memory.pass_ends, key=lambda end: end.pages
        )
        for each in profiles
        if each.memory and each.memory.pass_ends and each.error is None
    }
    for row in rows:
        end = full.get((row.workload, row.structure, row.case.condition))
        is_of_set = row.operation == "set" and "bits_per_page" in row.figures
        if is_of_set and end and end.pages:
            for key, size in (("", "rounded"), ("requested_", "requested")):
                bits = 8 * getattr(end.held, size) / end.pages
                row.figures[f"{key}bits_per_page"] = bits
