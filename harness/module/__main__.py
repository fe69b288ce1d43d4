# SPDX-License-Identifier: MIT
"""The command line of ./run kernel.

Exit status: 0; 1 if a row has no figure because it is wrong; 2 after one line
that says what is wrong with the request, the kernel or the guest. Results are
whole or not there.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from harness.module import build, guest, kernel, table, user_space
from plots.read.results import ResultsError
from workloads.record import machine, scenario
from workloads.record.console import Console, Parser, interrupt_at_sigterm
from workloads.record.errors import BadInput, RecordingFailed
from workloads.record.recording import ACCELERATORS, AUTO, KVM, TCG

ROOT = Path(__file__).resolve().parents[2]
EXIT_BAD_INPUT = 2
EXIT_INTERRUPTED = 130
OPERATIONS = ("set", "test", "extract", "clear", "drain")
_LEAST_MEMORY = 1 << 30
_SCRATCH_BYTES = 256 << 20
CONSOLE = Console("kernel")


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures; returns the exit status."""
    interrupt_at_sigterm()
    try:
        return _run(_parser().parse_args(arguments))
    except (BadInput, RecordingFailed, ResultsError, OSError) as error:
        return CONSOLE.complain(str(error), EXIT_BAD_INPUT)
    except KeyboardInterrupt:
        said = "interrupted; nothing is left"
        return CONSOLE.complain(said, EXIT_INTERRUPTED)


def _names(text: str) -> tuple[str, ...]:
    names = tuple(filter(None, text.split(",")))
    if not names or len(set(names)) < len(names):
        raise argparse.ArgumentTypeError(
            f"found '{text}'; expected names with commas, each once"
        )
    return names


def _operations(text: str) -> tuple[str, ...]:
    names = OPERATIONS if text == "all" else _names(text)
    for name in names:
        if name not in OPERATIONS:
            raise argparse.ArgumentTypeError(
                f"found '{name}'; expected {', '.join(OPERATIONS)} or all"
            )
    return names


def _number(least: int, most: int, text: str) -> int:
    if not text.isdecimal() or not least <= int(text) <= most:
        raise argparse.ArgumentTypeError(
            f"found '{text}'; expected a number from {least} to {most}"
        )
    return int(text)


def _size(text: str) -> int:
    size = scenario.parse_size(text)
    if size is None or size < scenario.SMALLEST_GUEST:
        raise argparse.ArgumentTypeError(
            f"found '{text}'; expected a size from 128M, as 2G or 512M"
        )
    return size


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="./run kernel",
        description="Measures the structures of a kernel inside that kernel: "
        "in a guest in QEMU, or with --here in the one that runs.",
        allow_abbrev=False,
    )
    add = parser.add_argument
    add(
        "--linux",
        action="append",
        metavar="KERNEL",
        help="debian, debian-6.12, or [NAME=]FOLDER: a kernel that was built "
        "there; several are measured next to each other [debian]",
    )
    add(
        "--here",
        action="store_true",
        help="load the module into the kernel that runs here, as root",
    )
    add(
        "--workload",
        default="default",
        metavar="NAME|PATH,...",
        help="as ./run bench takes them [default]",
    )
    add(
        "--structure",
        type=_names,
        metavar="NAME,...",
        help="rows, with or without @ and the kernel [all]",
    )
    add(
        "--operation",
        type=_operations,
        default=("set", "drain"),
        metavar="NAME,...",
        help=f"{', '.join(OPERATIONS)}, or all [set,drain]",
    )
    add(
        "--pages",
        type=lambda text: _number(0, 1 << 50, text),
        default=1 << 17,
        metavar="N",
        help="only the first N pages of each workload; 0: all [131072]",
    )
    add(
        "--rounds",
        type=lambda text: _number(1, 1000, text),
        default=1,
        metavar="N",
        help="how often each row is measured [1]",
    )
    add(
        "--fault",
        metavar="failslab:KEY=VALUE,...",
        help="failslab of a kernel that has it, such as "
        "failslab:probability=1",
    )
    add("--out", type=Path, metavar="DIR", help="the results [results/...]")
    add(
        "--user-space",
        type=Path,
        metavar="RUN",
        help="instructions.json of the same pages in user space, or its "
        "folder; the table has both [counted before, where there are no "
        "times]",
    )
    add(
        "--document",
        type=Path,
        metavar="FILE",
        help="write both rankings there: docs/kernel.md",
    )
    add(
        "--results",
        type=Path,
        metavar="RUN",
        help="measure nothing: the table and the document of this run",
    )
    add(
        "--accel",
        choices=ACCELERATORS,
        default=AUTO,
        help="auto is KVM if a trial guest boots with it, else TCG, which "
        "counts instructions instead of time [auto]",
    )
    add(
        "--memory",
        type=_size,
        metavar="SIZE",
        help="of the guest [1G; with --pages=0 that of the recorded guest]",
    )
    add(
        "--patience",
        type=lambda text: _number(1, 3600, text),
        default=120,
        metavar="SECONDS",
        help="give up when a guest prints nothing for this long [120]",
    )
    # For ./run: before it installs and builds; which trees it shall build for
    # user space; and what it has built.
    add("--only-check", action="store_true", help=argparse.SUPPRESS)
    add("--say-trees", action="store_true", help=argparse.SUPPRESS)
    add("--plugin", help=argparse.SUPPRESS)
    return parser


def _run(options: argparse.Namespace) -> int:
    if options.here and options.linux:
        raise BadInput("--here is the running kernel; leave --linux out")
    if options.results:
        if options.here or options.linux or options.out:
            raise BadInput(
                "--results is a run that exists; leave --here, --linux and "
                "--out out"
            )
        if not options.only_check and not options.say_trees:
            print(_show(options, options.results), end="")
        return 0
    if options.here:
        guest.check_here()
    words = [kernel.HERE] if options.here else options.linux or [kernel.DEBIAN]
    known = [row.name for row in build.rows()] + [build.EMPTY]
    for name in options.structure or ():
        if name.partition("@")[0] not in known:
            raise BadInput(
                f"--structure: there is no '{name}'; there are "
                f"{', '.join(known)}"
            )
    faults = _faults(options.fault)
    if options.out and (options.out / "results.json").exists():
        raise BadInput(f"{options.out}: has results; choose another folder")
    if options.only_check:
        return 0
    if options.say_trees:
        print("\n".join(_trees(options, words)))
        return 0
    cache = Path(os.environ.get("PFN_GUEST_CACHE", ROOT / "build" / "guest"))
    kernels = [kernel.find(word, cache) for word in words]
    if len({each.name for each in kernels}) < len(kernels):
        raise BadInput("two kernels have one name; write --linux=NAME=FOLDER")
    for each in kernels:
        if each.debug:
            CONSOLE.say(
                f"{each.name} is a debug kernel, and slow: CONFIG_"
                + " CONFIG_".join(each.debug.split())
            )
        if faults and not each.has_failslab:
            raise BadInput(
                f"--fault: {each.name} has no CONFIG_FAILSLAB with "
                "CONFIG_FAULT_INJECTION_DEBUG_FS; Debian's kernels have not"
            )
    with tempfile.TemporaryDirectory(prefix="pfnbench-kernel-") as name:
        return _measure(options, kernels, faults, Path(name))


def _faults(word: str | None) -> tuple[str, ...]:
    """The lines of the plan that set failslab's attributes."""
    if word is None:
        return ()
    model, _, text = word.partition(":")
    known = ("probability", "interval", "times", "space")
    # As with our own faults: requests that may sleep are never refused.
    lines = ["fault ignore-gfp-wait Y", "fault times -1"]
    for pair in text.split(","):
        key, _, value = pair.partition("=")
        if model != "failslab" or key not in known or not value.isdecimal():
            raise BadInput(
                f"--fault={word}: expected failslab:KEY=NUMBER,... with "
                f"{', '.join(known)}"
            )
        lines.append(f"fault {key} {value}")
    return (*lines, "fault task-filter N", "fault verbose 0")


def _measure(
    options: argparse.Namespace,
    kernels: list[kernel.Kernel],
    faults: tuple[str, ...],
    scratch: Path,
) -> int:
    _check_space(scratch)
    packed = _pack(options, scratch / "passes")
    modules = [
        build.build(each, ROOT / "build" / "module" / each.name, CONSOLE.say)
        for each in kernels
    ]
    for each, module in zip(kernels, modules):
        for left_out in module.left_out:
            CONSOLE.say(f"{each.name} has no row {left_out}")
    accelerator, unit = "", "ns"
    if not options.here:
        accelerator = guest.choose_accelerator(
            options.accel, kernels[0], scratch, options.patience, CONSOLE.say
        )
        unit = guest.UNITS[accelerator]
        CONSOLE.say(
            f"{machine.describe_qemu(accelerator)}; figures are "
            + ("instructions" if accelerator == TCG else "ns")
        )
    jobs, every = [], []
    for each, module in zip(kernels, modules):
        rows = _chosen(options.structure, module.rows)
        every += rows
        if len(rows) < 2:
            raise BadInput(
                f"--structure: {each.name} has no "
                f"{', '.join(options.structure)}"
            )
        # To boot takes longer than most workloads. The cores of this machine
        # do not matter, so that counts are the same on each.
        guests = 2 if len(kernels) == 1 and accelerator == TCG else 1
        for share in guest.shares(list(packed), guests):
            plan = guest.plan(options, share, unit, rows, faults)
            passes = {number: scratch / "passes" / number for number in share}
            printed = scratch / f"printed-{share[0]}-{each.name}"
            jobs.append(guest.Job(each, module, plan, passes, printed))
    options.user_space = _count(options, every)
    if options.here:
        for job in jobs:
            CONSOLE.say(f"measuring in Linux {job.kernel.release}")
            guest.play_here(job, scratch)
    else:
        memory = options.memory or _LEAST_MEMORY
        if options.memory is None and options.pages == 0:
            memory = max(memory, *packed.values())
        CONSOLE.say(f"{len(jobs)} guests of {memory >> 20} MiB")
        guest.run(jobs, accelerator, memory, options.patience, scratch)
    return _finish(options, kernels, accelerator, jobs)


def _check_space(scratch: Path) -> None:
    free = shutil.disk_usage(scratch).free
    if free < _SCRATCH_BYTES:
        raise BadInput(
            f"{scratch.parent}: the guests take {_SCRATCH_BYTES >> 20} MiB and "
            f"{free >> 20} MiB are free; set TMPDIR to a larger place"
        )


def _program() -> str:
    program = os.environ.get(
        "PFNBENCH", str(ROOT / "build" / "release" / "pfnbench")
    )
    if shutil.which(program) is None:
        raise BadInput(f"no {program} here; let ./run kernel build it")
    return program


def _pfnbench(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [_program(), "kernel", *arguments],
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )


def _workloads(options: argparse.Namespace) -> list[str]:
    return [f"--workload={options.workload}", f"--pages={options.pages}"]


def _pack(options: argparse.Namespace, folder: Path) -> dict[str, int]:
    """The numbers of the workloads, and the memory of their guests."""
    result = _pfnbench(*_workloads(options), f"--pack={folder}")
    if result.returncode != 0:
        # It has said why.
        raise SystemExit(result.returncode)
    lines = [line.split() for line in result.stdout.splitlines()]
    return {number: int(memory) for number, memory in lines}


def _chosen(
    wanted: tuple[str, ...] | None, rows: tuple[str, ...]
) -> tuple[str, ...]:
    """The loop alone is always there: it is what figures are net of."""
    if wanted is None:
        return rows
    return tuple(
        row
        for row in rows
        if row in wanted
        or row.partition("@")[0] in (*wanted, build.EMPTY)
    )


def _trees(options: argparse.Namespace, words: list[str]) -> list[str]:
    """The --linux flags of trees whose code is counted in user space; none
    where that is known, or where the figures are times."""
    if options.user_space or options.here or options.accel == KVM:
        return []
    trees = []
    for word in words:
        if not kernel.is_debian(word):
            found = kernel.find(word, ROOT)
            word = f"{found.name}={found.folder}"
        trees.append(f"--linux={word}")
    return trees


def _count(options: argparse.Namespace, rows: list[str]) -> Path | None:
    """The folder of counts in user space, if there are any."""
    if options.user_space or not options.plugin:
        return options.user_space
    folder = ROOT / "build" / "kernel-user"
    CONSOLE.say("counting the same in user space")
    flags = [*_workloads(options), f"--plugin={options.plugin}"]
    flags.append(f"--operation={','.join(options.operation)}")
    if user_space.count(_program(), rows, flags, folder):
        return folder
    if options.document:
        raise BadInput("--document needs counts of user space; see above")
    return None


def _finish(
    options: argparse.Namespace,
    kernels: list[kernel.Kernel],
    accelerator: str,
    jobs: list[guest.Job],
) -> int:
    out = options.out or _default_out()
    cpu = f"{machine.describe_qemu(accelerator)}" if accelerator else ""
    notes = {
        "command_line": os.environ.get("PFNBENCH_COMMAND_LINE", "./run kernel"),
        "repetitions": str(options.rounds),
        "kernel": ", ".join(f"{k.name}: Linux {k.release}" for k in kernels),
        "kernel_config": "; ".join(f"{k.name}: {k.said}" for k in kernels),
        "kernel_debug": "; ".join(
            f"{k.name}: {k.debug or 'none'}" for k in kernels
        ),
        "kernel_faults": "; ".join(fault_of(k, options.fault) for k in kernels),
        "accelerator": cpu or "the machine itself",
    }
    if accelerator == TCG:
        # A count is the same on any machine.
        notes["cpu_model"] = cpu
        notes["timer"] = "an instruction is a nanosecond (-icount shift=0)"
    path = jobs[0].printed.with_name("notes")
    path.write_text("".join(f"{key}={notes[key]}\n" for key in notes))
    result = _pfnbench(
        *_workloads(options),
        f"--printed={','.join(str(job.printed) for job in jobs)}",
        f"--notes={path}",
        f"--out={out}",
    )
    if result.returncode > 1:
        raise SystemExit(result.returncode)
    for job in jobs:
        shutil.copyfile(job.printed, out / f"{job.printed.name}.txt")
    text = _show(options, out)
    (out / "kernel.txt").write_text(text)
    print(text, end="")
    CONSOLE.say(f"wrote {out}")
    return result.returncode


def _show(options: argparse.Namespace, run: Path) -> str:
    """The table of a run; its document is written."""
    both = table.read(run, options.user_space, ROOT / "results" / "latest")
    if options.document:
        part = options.document.with_name(f"{options.document.name}.part")
        part.write_text(table.document(both))
        part.replace(options.document)
        CONSOLE.say(f"wrote {options.document}")
    return table.table(both)


def fault_of(each: kernel.Kernel, fault: str | None) -> str:
    """What a report says of a kernel that is asked for a fault, or none."""
    if fault:
        return f"{each.name}: {fault}"
    if each.has_failslab:
        return f"{each.name}: none, --fault=failslab:... injects them"
    return f"{each.name}: none can be injected, it has no failslab"


def _default_out() -> Path:
    commit = subprocess.run(
        ["git", "-C", str(ROOT), "describe", "--always", "--dirty"]
        + ["--exclude=*"],
        capture_output=True,
        text=True,
        check=False,
    ).stdout.strip()
    date = subprocess.run(
        ["date", "-u", "+%Y%m%d-%H%M%S"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    host = os.uname().nodename
    return ROOT / "results" / f"{host}-{date}-{commit or 'unknown'}-kernel"


if __name__ == "__main__":
    sys.exit(main())
