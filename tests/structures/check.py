# SPDX-License-Identifier: MIT
"""./run check: the tests of single structures, built alone and sanitized."""

from __future__ import annotations

import argparse
import concurrent.futures
import dataclasses
import difflib
import json
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / "build/check"

# In the order in which they help most: a set that breaks the first of them
# breaks the others too.
KINDS = {
    "conformance": "conformance_test",
    "failure": "failure_test",
    "sweep": "sweep_suite_test",
    "endurance": "endurance_test",
    "differential": "differential_test",
}

# Wall time of one program. Each test has a limit of CPU time; this one is for
# a structure that waits for ever.
PROGRAM_SECONDS = 900

# Lines of one failed test that are shown; the whole is in a file.
SHOWN_LINES = 12


def say(text: str) -> None:
    print(f"run: {text}", file=sys.stderr, flush=True)


def known_names() -> list[str]:
    names = []
    listed = (ROOT / "structures/list.def").read_text()
    line = re.compile(r"^PFN_STRUCTURE\(([^,]+), \w+, ([^,)]+)", re.M)
    for name, header in line.findall(listed):
        if not (ROOT / header).is_file():
            say(f"check: structures/list.def: there is no {header}")
            sys.exit(2)
        names.append(name)
    return names


def refuse_unknown(names: list[str]) -> None:
    known = known_names()
    for name in names:
        if name in known:
            continue
        near = difflib.get_close_matches(name, known)
        say(
            f"check: unknown structure {name!a}"
            + (f"; did you mean {' or '.join(near)}?" if near else "")
            + f" (structures/list.def has: {', '.join(known)})"
        )
        sys.exit(2)


def was_moved() -> bool:
    """Whether the build is of another folder, which CMake would refuse."""
    try:
        cache = (BUILD / "CMakeCache.txt").read_text()
    except OSError:
        return False
    home = re.search(r"^CMAKE_HOME_DIRECTORY:INTERNAL=(.*)$", cache, re.M)
    return home is None or pathlib.Path(home[1]) != ROOT


def build(names: list[str]) -> None:
    say("building (check)")
    log = ROOT / "build/check.log"
    log.parent.mkdir(exist_ok=True)
    configure = ["cmake", "--preset", "check", f"-DPFN_ONLY={';'.join(names)}"]
    if was_moved():
        configure.append("--fresh")
    with log.open("w") as out:
        for command in (
            configure,
            ["cmake", "--build", "--preset", "check"],
        ):
            status = subprocess.run(
                command, cwd=ROOT, stdout=out, stderr=subprocess.STDOUT
            ).returncode
            if status != 0:
                break
    if status == 0:
        return
    lines = log.read_text(errors="replace").splitlines()
    errors = [line for line in lines if "error:" in line]
    # CMake's message stands in the lines below its first.
    for number, line in enumerate(lines):
        if line.startswith("CMake Error"):
            errors += lines[number : number + 3]
    for line in errors[:10] or lines[-10:]:
        print(line, file=sys.stderr)
    say(f"the build failed; its whole output is in {log.relative_to(ROOT)}")
    sys.exit(1)


def refuse_plugin() -> None:
    """Ends with the reason why the plugin is not loaded, if it is not."""
    loaded = subprocess.run(
        [BUILD / KINDS["conformance"], "--gtest_list_tests"],
        capture_output=True,
        text=True,
    )
    if loaded.returncode != 0:
        say(f"check: {loaded.stderr.strip().removeprefix('error: ')}")
        sys.exit(2)


@dataclasses.dataclass
class Verdict:
    passed: list[str]
    # Name of a test and what it says.
    failed: dict[str, list[str]]
    requests: int  # that were made to fail
    log: pathlib.Path


def run_kind(kind: str) -> Verdict:
    log = BUILD / f"{kind}.txt"
    report = BUILD / f"{kind}.json"
    report.unlink(missing_ok=True)
    ended = ""
    with log.open("w") as out:
        try:
            status = subprocess.run(
                [
                    BUILD / KINDS[kind],
                    "--gtest_color=no",
                    f"--gtest_output=json:{report}",
                ],
                cwd=ROOT,
                env=os.environ
                | {
                    "RC_PARAMS": "max_success=250 "
                    + os.environ.get("RC_PARAMS", "")
                },
                stdout=out,
                stderr=subprocess.STDOUT,
                timeout=PROGRAM_SECONDS,
            ).returncode
        except subprocess.TimeoutExpired:
            status = 1
            ended = f"no answer in {PROGRAM_SECONDS} s"
    passed, failed = parse(log.read_text(errors="replace"), ended)
    if status != 0 and not failed:
        failed[KINDS[kind]] = [f"ended with status {status}"]
    return Verdict(passed, failed, failed_requests(report), log)


def parse(
    output: str, ended: str = ""
) -> tuple[list[str], dict[str, list[str]]]:
    """The tests that passed, and what those say that did not."""
    passed: list[str] = []
    failed: dict[str, list[str]] = {}
    running = ""
    said: list[str] = []
    for line in output.splitlines():
        if match := re.match(r"\[ RUN      \] (\S+)", line):
            running, said = match[1], []
        elif running and line.startswith("[       OK ]"):
            passed.append(running)
            running = ""
        elif running and line.startswith("[  SKIPPED ]"):
            running = ""
        elif running and re.match(r"\[  FAILED  \].*\(\d+ ms\)", line):
            failed[running] = said
            running = ""
        else:
            said.append(line)
    if running:
        # A program that crashes says why in one line of many.
        why = [line for line in said if "ERROR: " in line or "error: " in line]
        why += [line for line in said if "no answer in" in line]
        failed[running] = (
            (why or said) + [ended or "the program ended in this test"]
        )
    return passed, failed


def failed_requests(report: pathlib.Path) -> int:
    """What the tests recorded: properties `injected` and `failed_...`."""
    try:
        suites = json.loads(report.read_text())["testsuites"]
    except (OSError, ValueError, KeyError):
        return 0
    return sum(
        int(value)
        for suite in suites
        for test in suite["testsuite"]
        for name, value in test.items()
        if name == "injected" or name.startswith("failed_")
    )


def print_verdict(kind: str, verdict: Verdict) -> None:
    count = len(verdict.passed) + len(verdict.failed)
    if count == 0:
        print(
            f"{kind:<13} none     nothing here can fail: it aborts without "
            "memory, or does not ask the heap"
        )
        return
    word = "FAILED" if verdict.failed else "passed"
    text = f"{kind:<13} {word}   {len(verdict.passed)} of {count} tests"
    if verdict.requests:
        text += f", {verdict.requests} requests failed on purpose"
    print(text)
    for test, said in verdict.failed.items():
        print(f"    {test}")
        for line in said[:SHOWN_LINES]:
            print(f"        {line}")
    if verdict.failed:
        print(f"    the whole output: {verdict.log.relative_to(ROOT)}")


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="./run check",
        usage="%(prog)s NAME [NAME...]\n"
        "       %(prog)s --plugin=FILE [NAME...]",
        description="Builds structures of structures/list.def alone, under "
        "the address and undefined-behaviour sanitizers, in build/check, and "
        "runs their tests: " + ", ".join(KINDS) + ". docs/checks.md says what "
        "each looks for.",
        epilog="Exit status: 0 if all passed; 1 if a test or the build "
        "failed; 2 for an unknown name.",
    )
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument(
        "--plugin",
        metavar="FILE",
        help="tests the structures of this shared object, or those named",
    )
    parser.add_argument(
        "--known", action="store_true", help=argparse.SUPPRESS
    )
    options = parser.parse_args()
    names = list(dict.fromkeys(options.names))
    if options.plugin:
        os.environ["PFN_PLUGINS"] = os.path.abspath(options.plugin)
        os.environ["PFN_PLUGIN_NAMES"] = ":".join(names)
    elif names:
        refuse_unknown(names)
    else:
        parser.error("give the name of a structure")
    # ./run asks before it installs anything.
    if options.known:
        return 0
    build(["plugins"] if options.plugin else names)
    if options.plugin:
        names = names or [options.plugin]
        refuse_plugin()
    say(f"running the tests of {', '.join(names)}")
    failed = []
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for kind, verdict in zip(KINDS, pool.map(run_kind, KINDS)):
            print_verdict(kind, verdict)
            sys.stdout.flush()
            if verdict.failed:
                failed.append(kind)
    if failed:
        print(f"{', '.join(names)}: FAILED {', '.join(failed)}")
        return 1
    print(f"{', '.join(names)}: passed every kind of test")
    return 0


if __name__ == "__main__":
    sys.exit(main())
