# SPDX-License-Identifier: MIT
"""The command line of ./run record.

Exit status: 0; 1 if the recording failed or is out of bounds; 2 after one
line that says what is wrong with the request. A trace is whole or not there.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from workloads.record import compare, scenario
from workloads.record.console import Console, Parser, interrupt_at_sigterm
from workloads.record.errors import BadInput, RecordingFailed
from workloads.record.guest_image import RECORDERS
from workloads.record.recording import ACCELERATORS, AUTO, Options, record

ROOT = Path(__file__).resolve().parents[2]
EXIT_FAILED = 1
EXIT_BAD_INPUT = 2
EXIT_INTERRUPTED = 130
CONSOLE = Console("record")


def main(arguments: Sequence[str] | None = None) -> int:
    """Records or compares; returns the exit status."""
    interrupt_at_sigterm()
    try:
        return _run(_parser().parse_args(arguments))
    except BadInput as error:
        return CONSOLE.complain(str(error), EXIT_BAD_INPUT)
    except (RecordingFailed, OSError) as error:
        return CONSOLE.complain(str(error), EXIT_FAILED)
    except KeyboardInterrupt:
        said = "interrupted; nothing is left"
        return CONSOLE.complain(said, EXIT_INTERRUPTED)


def _size(text: str) -> int:
    size = scenario.parse_size(text)
    if size is None:
        raise argparse.ArgumentTypeError(
            f"found '{text}'; expected a size as 2G or 512M"
        )
    return size


def _positive(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 3600:
        raise argparse.ArgumentTypeError(
            f"found '{text}'; expected a number from 1 to 3600"
        )
    return int(text)


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="./run record",
        description="Records the balloon of a real Linux guest in QEMU, or "
        "holds a trace to another one's figures.",
        allow_abbrev=False,
    )
    add = parser.add_argument
    add(
        "--scenario",
        metavar="NAME|FILE",
        help=f"what happens: {' '.join(scenario.names())}, or a file",
    )
    add("--out", type=Path, metavar="FILE", help="the trace")
    add(
        "--memory",
        type=_size,
        metavar="SIZE",
        help="instead of the scenario's",
    )
    add(
        "--cpus",
        type=_positive,
        metavar="N",
        help="instead of the scenario's",
    )
    add(
        "--compare",
        metavar="TRACE",
        help="hold the trace to the bounds of the scenario against TRACE",
    )
    add(
        "--keep-log",
        type=Path,
        metavar="FILE",
        help="keep QEMU's log, too",
    )
    add(
        "--guest-log",
        type=Path,
        metavar="FILE",
        help="let the guest record itself, too",
    )
    add(
        "--guest-recorder",
        choices=RECORDERS,
        help=f"with --guest-log: the recorder [{RECORDERS[0]}]",
    )
    add(
        "--accel",
        choices=ACCELERATORS,
        default=AUTO,
        help="the accelerator: auto is KVM if a trial guest boots "
        "with it, else TCG, which is slower [auto]",
    )
    add(
        "--patience",
        type=_positive,
        default=120,
        metavar="SECONDS",
        help="give up when the guest stands still for this long [120]",
    )
    add(
        "trace",
        nargs="?",
        metavar="TRACE",
        help="with --compare: this trace, and no recording",
    )
    # For ./run, before it installs and builds.
    add("--only-check", action="store_true", help=argparse.SUPPRESS)
    return parser


def _run(options: argparse.Namespace) -> int:
    if (options.trace is None) == (options.out is None):
        raise BadInput(
            "expected --scenario=NAME --out=FILE to record, "
            "or --compare=NAME TRACE; see ./run record --help"
        )
    if options.trace and not options.compare:
        raise BadInput("a TRACE is for --compare=NAME; --out=FILE records")
    if options.guest_recorder and not options.guest_log:
        raise BadInput("--guest-recorder is for --guest-log=FILE")
    name = options.scenario or options.compare
    if name is None:
        raise BadInput(
            f"expected --scenario=NAME|FILE; shipped are "
            f"{' '.join(scenario.names())}"
        )
    chosen = scenario.load(name).resized(options.memory, options.cpus)
    if options.compare and not chosen.bounds:
        raise BadInput(f"scenario '{name}' has no [bounds] to compare within")
    if options.only_check:
        return 0
    pfntrace = os.environ.get(
        "PFNTRACE", str(ROOT / "build" / "release" / "pfntrace")
    )
    if options.trace is None:
        text = record(
            chosen,
            Options(
                out=options.out,
                guest_log=options.guest_log,
                guest_recorder=options.guest_recorder or RECORDERS[0],
                keep_log=options.keep_log,
                pfntrace=pfntrace,
                cache=Path(
                    os.environ.get("PFN_GUEST_CACHE", ROOT / "build" / "guest")
                ),
                patience=options.patience,
                accelerator=options.accel,
            ),
            CONSOLE.say,
        )
        print(text, end="")
    if not options.compare:
        return 0
    figures = compare.compare(
        pfntrace,
        options.trace or str(options.out),
        options.compare,
        chosen.bounds,
    )
    print(compare.format_table(figures, options.compare))
    return 0 if all(each.is_within for each in figures) else EXIT_FAILED


if __name__ == "__main__":
    sys.exit(main())
