# SPDX-License-Identifier: MIT
"""Results are as the schema and docs/results-format.md have them."""

import copy
import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT, full_document, losses
from test_html import profiles
from test_report import golden_document

from plots.read.version1 import upgrade

jsonschema = pytest.importorskip(
    "jsonschema", reason="apt-get install python3-jsonschema"
)

SCHEMA = json.loads((ROOT / "plots" / "read" / "results.schema.json").read_text())
FORMAT = ROOT / "docs" / "results-format.md"


def problems(content: Any) -> "list[str]":
    validator = jsonschema.Draft7Validator(SCHEMA)
    return [error.message for error in validator.iter_errors(content)]


def test_the_schema_is_one() -> None:
    jsonschema.Draft7Validator.check_schema(SCHEMA)


def upgraded() -> Any:
    """The golden document with profiles, in version 2."""
    content = golden_document()
    content["profiles"] = profiles()
    content["lost"] = [losses("xbitmap", "idle-8g", 0, 3)]
    return upgrade(content)


def test_upgraded_documents_are_valid() -> None:
    assert problems(upgraded()) == []
    assert problems(upgrade(full_document())) == []
    real = Path(__file__).parent / "data" / "version1.json"
    assert problems(upgrade(json.loads(real.read_text()))) == []


def broken(*steps: Any, value: Any) -> Any:
    """The golden document with one value replaced; None takes it out."""
    content = copy.deepcopy(upgraded())
    *path, last = steps
    place = content
    for step in path:
        place = place[step]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return content


def test_who_cannot_count_allocations_need_not_tell_them() -> None:
    where = ("profiles", 0, "tails", "operations", "set", "worst", 0)
    assert problems(broken(*where, "allocations", value=None)) == []


@pytest.mark.parametrize(
    "content",
    [
        broken("context", "pfnbench_schema", value="1"),
        broken("context", "floor", value=None),
        broken("context", "workloads", 0, "trace", value="12"),
        broken("context", "structures", 0, "clear_can_fail", value="no"),
        broken("context", "operations", 0, "kind", value="dance"),
        broken("benchmarks", value=[]),
        broken("benchmarks", 0, "operation", value=None),
        broken("benchmarks", 0, "conditions", value={}),
        broken("benchmarks", 0, "conditions", value={"fault": 3}),
        broken("benchmarks", 0, "control", value=-1),
        broken("benchmarks", 0, "repetition_index", value=-1),
        broken("benchmarks", 0, "ns_per_page", value="5"),
        broken("benchmarks", 0, "run_type", value="aggregate"),
        broken("benchmarks", -1, "error_message", value=None),
        broken("profiles", 0, "structure", value=None),
        broken("profiles", 0, "memory", "peak", "pow2", value=-1),
        broken("profiles", 0, "memory", "peak", "pow2", value=1.5),
        broken("profiles", 0, "tails", "operations", "fly", value={}),
        broken("lost", 0, "conditions", value=None),
        broken("lost", 0, "lost", value=[]),
        broken("lost", 0, "lost", 0, value=-1),
        broken("lost", 0, "pages", value=0),
        broken("lost", 0, "error", value="over 3 ns per page: cut off"),
        broken("more", value=1),
    ],
)
def test_what_is_no_result_is_refused(content: Any) -> None:
    assert problems(content) != []


@pytest.mark.parametrize("operation", ["set,drain", "replay"])
def test_a_fresh_run_is_valid(operation: str, tmp_path: Path) -> None:
    program = os.environ.get("PFNBENCH")
    if program is None:
        pytest.skip("PFNBENCH names no program; ctest sets it")
    subprocess.run(
        [
            program,
            "--workload=punched-2g",
            "--structure=flat,xbitmap",
            f"--operation={operation}",
            "--fault=none;nth:3",
            "--rounds=2",
            "--quiet",
            f"--out={tmp_path / 'run'}",
        ],
        check=True,
        capture_output=True,
    )
    content = json.loads((tmp_path / "run" / "results.json").read_text())
    assert len(content["benchmarks"]) >= 8
    assert problems(content) == []
    assert undocumented(content) == set()


def undocumented(content: Any) -> "set[str]":
    """Fields of a run that docs/results-format.md does not name."""
    said = set(re.findall(r"`([a-z0-9_]+)`", FORMAT.read_text()))
    fields = {
        key
        for key in content["context"]
        if not key.startswith("warning_")
    }
    for row in content["benchmarks"]:
        fields |= set(row) | set(row.get("conditions", {}))
    parts = [content["context"][part] for part in ("structures", "workloads")]
    parts += [content["context"]["operations"], content.get("lost", [])]
    fields |= {key for part in parts for each in part for key in each}
    return fields - said


def fields_of(schema: Any) -> "set[str]":
    found: set[str] = set()
    if isinstance(schema, dict):
        found |= set(schema.get("properties", {}))
        found |= set(schema.get("required", []))
        for value in schema.values():
            found |= fields_of(value)
    return found


def test_every_field_of_the_schema_is_explained() -> None:
    said = set(re.findall(r"`([a-z0-9_]+)`", FORMAT.read_text()))
    # "false" in the schema: what aggregates have and rows of ours do not.
    assert fields_of(SCHEMA) - {"aggregate_name"} - said == set()
