# SPDX-License-Identifier: MIT
"""Writes the page of claims; `./run claims` calls it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from claims.catalog import EXPERIMENTS, INTRODUCTION, SECTIONS
from claims.lab import Lab
from claims.page import page
from plots.read.experiment import print_list
from plots.read.results import ResultsError

EXIT_BAD_INPUT = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns the exit status."""
    parser = argparse.ArgumentParser(prog="claims", description=__doc__)
    parser.add_argument(
        "folder",
        metavar="FOLDER",
        type=Path,
        nargs="?",
        help="results of the experiments, one folder each (./run claims)",
    )
    parser.add_argument(
        "--list",
        action="store_true",
        help="print name and flags of each experiment instead, a line each",
    )
    options = parser.parse_args(arguments)
    if options.list:
        print_list(EXPERIMENTS)
        return 0
    try:
        sys.stdout.write(_page(options.folder or Path("FOLDER")))
    except ResultsError as error:
        print(f"claims: {error}", file=sys.stderr)
        return EXIT_BAD_INPUT
    return 0


def _page(folder: Path) -> str:
    if not folder.is_dir():
        raise ResultsError(
            folder,
            "no folder with results of experiments",
            "./run claims makes one",
        )
    return page(SECTIONS, EXPERIMENTS, Lab(folder), INTRODUCTION)


if __name__ == "__main__":
    sys.exit(main())
