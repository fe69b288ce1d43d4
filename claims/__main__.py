# SPDX-License-Identifier: MIT
"""Writes the page of claims; `./run claims` calls it."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from claims.catalog import EXPERIMENTS, INTRODUCTION, SECTIONS, runs
from claims.judge import page
from claims.lab import Lab
from plots.read.experiment import print_list
from plots.read.results import ResultsError


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
        print_list(runs())
        return 0
    folder = options.folder or Path("FOLDER")
    try:
        if not folder.is_dir():
            problem = "no folder with results of experiments"
            raise ResultsError(folder, problem, "./run claims makes one")
        text = page(SECTIONS, EXPERIMENTS, Lab(folder), INTRODUCTION)
    except ResultsError as error:
        print(f"claims: {error}", file=sys.stderr)
        return 2  # as plots with bad input
    sys.stdout.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
