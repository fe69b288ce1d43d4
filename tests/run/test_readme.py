# SPDX-License-Identifier: MIT
"""The commands of the README work as they stand there."""

from __future__ import annotations

import re
import shlex

import pytest
from conftest import ROOT

# What a command may be run with so that it takes seconds; it is otherwise run
# as it stands. CI runs the bare `./run bench` with every structure.
SHORTER = {
    "./run bench": "--rounds=1 --row-budget=0.05 --pages=8192",
    "./run instructions": "--pages=1024",
    "build/release/pfnbench": "--rounds=1 --row-budget=0.05",
}
# Runs this very test.
NOT_HERE = {"./run test"}


def shell_commands(document: str) -> list[str]:
    text = (ROOT / document).read_text()
    blocks = re.findall(r"^```sh\n(.*?)^```$", text, re.M | re.S)
    lines = "".join(blocks).replace("\\\n", " ").splitlines()
    return [line.split("  #")[0].strip() for line in lines if line.strip()]


COMMANDS = shell_commands("README.md")


def test_the_readme_has_both_commands():
    assert "./run bench" in COMMANDS
    assert "./run test" in COMMANDS


@pytest.mark.parametrize(
    "command", [each for each in COMMANDS if each not in NOT_HERE]
)
def test_the_command_works(command, run_command, tmp_path):
    for program, flags in SHORTER.items():
        if command.startswith(program) and "--list" not in command:
            command += f" {flags}"
            if command.startswith("./run bench") and (
                "--structure" not in command
            ):
                command += " --structure=flat,xbitmap,cvbmp"
            if "--out" not in command:
                command += f" --out={shlex.quote(str(tmp_path / 'results'))}"
    result = run_command(command)
    assert result.returncode == 0, result.stderr


def test_links_of_the_documents_lead_somewhere():
    documents = [
        path
        for path in ROOT.glob("**/*.md")
        # Pages in tests are what goes to docs.
        if not {"build", "results", "tests"} & set(path.relative_to(ROOT).parts)
    ]
    assert len(documents) > 5
    for document in documents:
        for target in re.findall(r"\]\(([^)#]+)[^)]*\)", document.read_text()):
            if "://" not in target:
                assert (document.parent / target).exists(), (document, target)
