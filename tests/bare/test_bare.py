# SPDX-License-Identifier: MIT
""".ci/bare runs the README's commands on a bare machine and leaves nothing.

The machine here is a busybox, and the project one of three files: the real ones
take .ci/run minutes.
"""

from __future__ import annotations

import os
import pathlib
import shutil
import signal
import subprocess
import time

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
CANNOT_RUN = 77
DEBOOTSTRAP = """#!/bin/sh
echo "$@" >"$FAKE_SAID"
mkdir -p "$3/bin" "$3/root" "$3/dev" "$3/etc/apt/apt.conf.d" \\
  "$3/etc/apt/trusted.gpg.d"
cp /bin/busybox "$3/bin/"
for name in sh cat ls env sleep; do ln -s busybox "$3/bin/$name"; done
"""
README = """# a project

```text
./run nothing
```

```sh
./run bench         # measure
./run test          # test
./run instructions  # count
```

```sh
./run bench --workload=another
```
"""
RUN = """#!/bin/sh
echo "$0 $*"
"""


@pytest.fixture
def project(tmp_path, monkeypatch) -> pathlib.Path:
    """A project whose bare machine is made by a false debootstrap."""
    if os.getuid() != 0:
        pytest.skip("only root may make a bare machine")
    if not pathlib.Path("/bin/busybox").exists():
        pytest.skip("no /bin/busybox: apt-get install busybox-static")
    if subprocess.run(
        ["unshare", "--mount", "--pid", "--fork", "true"], check=False
    ).returncode:
        pytest.skip("mounts are not allowed here")
    programs = tmp_path / "programs"
    programs.mkdir()
    write_program(programs / "debootstrap", DEBOOTSTRAP)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    monkeypatch.setenv("FAKE_SAID", str(tmp_path / "debootstrap-said"))
    (tmp_path / "scratch").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "scratch"))
    folder = tmp_path / "project"
    (folder / ".ci").mkdir(parents=True)
    for name in (".ci/bare", ".ci/run", "packages.txt"):
        shutil.copy(ROOT / name, folder / name)
    (folder / "README.md").write_text(README)
    write_program(folder / "run", RUN)
    commit(folder)
    return folder


def write_program(path: pathlib.Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)


def commit(folder: pathlib.Path) -> None:
    for command in (
        "init --quiet",
        "add --all",
        "-c user.name=a -c user.email=a@localhost commit --quiet -m a",
    ):
        subprocess.run(["git", *command.split()], cwd=folder, check=True)


def bare(
    project: pathlib.Path, *arguments: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [project / ".ci/bare", *arguments],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=300,
    )


def is_clean(project: pathlib.Path) -> bool:
    scratch = project.parent / "scratch"
    return not list(scratch.iterdir()) and is_quiet(project)


def is_quiet(project: pathlib.Path) -> bool:
    """No mount and no process of the machine is left."""
    scratch = str(project.parent / "scratch")
    return scratch not in pathlib.Path("/proc/mounts").read_text() and not any(
        root.startswith(scratch) for root in roots_of_processes()
    )


def roots_of_processes() -> list[str]:
    roots = []
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            roots.append(os.readlink(process / "root"))
        except OSError:
            pass  # it has ended
    return roots


def test_it_runs_both_commands_of_the_readme_in_its_order(project):
    result = bare(project)
    assert result.returncode == 0, result.stderr
    assert result.stdout == "./run bench\n./run test\n"
    said = (project.parent / "debootstrap-said").read_text().split()
    assert said[:2] == ["--variant=minbase", "bookworm"]
    assert is_clean(project)


def test_the_machine_has_nothing_of_this_one(project):
    write_program(
        project / "run",
        "#!/bin/sh\n"
        "env\n"
        "cat /proc/mounts\n"
        "ls /dev /dev/shm | cat\n"
        "echo pid $$\n",
    )
    commit(project)
    shared = pathlib.Path("/dev/shm") / f"of-the-host-{os.getpid()}"
    shared.touch()
    try:
        result = bare(project, PFN_INSTALL="no", SECRET="1")
    finally:
        shared.unlink()
    assert result.returncode == 0, result.stderr
    assert "PFN_INSTALL" not in result.stdout
    assert "SECRET" not in result.stdout
    assert "kvm" not in result.stdout
    assert shared.name not in result.stdout
    for folder in ("/proc", "/sys", "/dev/pts", "/dev/shm"):
        assert f" {folder} " in result.stdout
    # A process namespace of its own, too.
    assert int(result.stdout.rsplit("pid ", 1)[1]) < 1000
    assert is_clean(project)


def test_what_runs_there_is_the_commit(project):
    write_program(project / "run", "#!/bin/sh\necho not committed\n")
    result = bare(project)
    assert result.returncode == 0, result.stderr
    assert result.stdout == "./run bench\n./run test\n"
    assert "what is not committed is left out" in result.stderr


def test_a_command_that_fails_is_named_and_ends_it(project):
    write_program(project / "run", "#!/bin/sh\necho $1\nfalse\n")
    commit(project)
    result = bare(project)
    assert result.returncode == 1
    assert result.stdout == "bench\n"
    assert "./run bench failed on a bare Debian 12" in result.stderr
    assert is_clean(project)


def test_a_command_can_be_left_out(project):
    result = bare(project, "--without=./run bench")
    assert result.returncode == 0, result.stderr
    assert result.stdout == "./run test\n"


def test_another_command_can_follow_those_of_the_readme(project):
    result = bare(project, "--without=./run bench", "--also=ls .ci")
    assert result.returncode == 0, result.stderr
    assert result.stdout == "./run test\nbare\nrun\n"


@pytest.mark.parametrize(
    "argument", ["--without=./run x", "--wihtout", "--also=", "x"]
)
def test_an_argument_that_is_unknown_is_refused_in_one_line(argument, project):
    result = bare(project, argument)
    assert result.returncode == 2
    assert len(result.stderr.splitlines()) == 1
    assert argument.removeprefix("--without=") in result.stderr


def test_a_readme_without_the_commands_is_not_proven(project):
    (project / "README.md").write_text("```sh\n./run bench\n```\n")
    result = bare(project)
    assert result.returncode == 1
    assert "README.md: expected ./run bench and ./run test" in result.stderr


def test_help_is_about_the_flag(project):
    result = bare(project, "--help")
    assert result.returncode == 0
    assert "--without=" in result.stdout
    assert "set -e" not in result.stdout


@pytest.mark.parametrize(
    ("number", "status"),
    [
        (signal.SIGINT, 130),
        (signal.SIGTERM, 143),
        (signal.SIGHUP, 143),
        (signal.SIGKILL, -9),
    ],
)
def test_whatever_ends_it_leaves_nothing(number, status, project):
    write_program(
        project / "run", "#!/bin/sh\nsleep 1000 &\necho started\nsleep 1000\n"
    )
    commit(project)
    process = subprocess.Popen(
        [project / ".ci/bare"], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    with process.stdout:
        assert process.stdout.readline() == "started\n"
        assert not is_quiet(project)
        process.send_signal(number)
        assert process.wait(30) == status
    end = time.monotonic() + 10
    while not is_quiet(project) and time.monotonic() < end:
        time.sleep(0.05)
    assert is_quiet(project)
    # After SIGKILL nobody could remove the folder.
    assert number == signal.SIGKILL or is_clean(project)


def without(folder: pathlib.Path, *names: str) -> str:
    """A PATH that has every program but the named ones."""
    programs = folder / "some-programs"
    programs.mkdir()
    for place in os.environ["PATH"].split(":"):
        for program in pathlib.Path(place).glob("*"):
            link = programs / program.name
            if program.name not in names and not link.is_symlink():
                link.symlink_to(program)
    return str(programs)


@pytest.mark.parametrize(
    ("program", "text", "reason"),
    [
        ("id", "#!/bin/sh\necho 1000\n", "it needs root"),
        ("unshare", "#!/bin/sh\nfalse\n", "mounts are not allowed here"),
        (
            "apt-get",
            "#!/bin/sh\nfalse\n",
            "debootstrap is not here, and apt-get cannot install it",
        ),
    ],
)
def test_where_it_cannot_run_it_says_so_loudly(
    program, text, reason, project, tmp_path
):
    path = without(tmp_path, program, "debootstrap")
    write_program(pathlib.Path(path) / program, text)
    result = bare(project, PATH=path)
    assert result.returncode == CANNOT_RUN
    assert f"bare: NOT RUN: {reason}\n" in result.stderr
    assert "are not proven on a bare Debian 12" in result.stderr
    assert result.stderr.count("*" * 60) == 2
    assert is_clean(project)


@pytest.mark.parametrize(
    ("status", "here"),
    [
        # The bare machine has run them.
        (0, []),
        (CANNOT_RUN, ["run test", "run test --project"]),
        (1, None),
    ],
)
def test_ci_runs_every_test_whether_or_not_there_can_be_a_bare_machine(
    status, here, project, tmp_path
):
    say = '#!/bin/sh\necho "${0##*/} $*"\n'
    write_program(project / ".ci/bare", f"{say}exit {status}\n")
    write_program(project / "run", say)
    result = subprocess.run(
        [project / ".ci/run"], capture_output=True, text=True
    )
    said = ["bare --also=./run test --project"]
    if here is None:
        assert (result.returncode, result.stdout.splitlines()) == (1, said)
        return
    assert result.returncode == 0
    said += [*here, "run test --sanitize"]
    assert result.stdout.splitlines() == said
