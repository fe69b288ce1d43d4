# SPDX-License-Identifier: MIT
"""A real kernel in a real guest: figures, oracle, memory, and what the module
refuses. Skipped where QEMU, the headers or the kernel are missing."""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import subprocess

import pytest

from harness.module import build, guest, kernel
from workloads.record.errors import BadInput, RecordingFailed

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGES = ["--workload=idle-8g", "--pages=131072"]
SETS = 131072


@pytest.fixture(scope="session")
def debian() -> kernel.Kernel:
    for program in ("qemu-system-x86_64", "make", "gcc", "apt-get"):
        if shutil.which(program) is None:
            pytest.skip(f"no {program} here")
    cache = pathlib.Path(
        os.environ.get("PFN_GUEST_CACHE", ROOT / "build" / "guest")
    )
    try:
        return kernel.find("debian", cache)
    except (BadInput, RecordingFailed) as error:
        pytest.skip(f"no kernel to boot: {error}")


@pytest.fixture(scope="session")
def out(debian, tmp_path_factory) -> pathlib.Path:
    """One structure and one workload, twice, as a user would."""
    folder = tmp_path_factory.mktemp("kernel") / "out"
    result = subprocess.run(
        [shutil.which("python3") or "python3", "-m", "harness.module"]
        + ["--accel=tcg", "--structure=xarray", "--operation=all"]
        + ["--rounds=2", *PAGES, f"--out={folder}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert result.returncode == 0, result.stderr
    assert "6.1 has no row xarray:" not in result.stderr
    return folder


@pytest.fixture(scope="session")
def rows(out) -> list[dict]:
    return json.loads((out / "results.json").read_text())["benchmarks"]


def of(rows, operation: str, structure: str) -> list[float]:
    return [
        row["instructions_per_page"]
        for row in rows
        if row["operation"] == operation and row["structure"] == structure
    ]


def test_every_operation_has_a_figure_of_both_rows(rows, debian):
    for operation in ("set", "test", "extract", "clear", "drain"):
        for name in ("empty", "xarray"):
            assert len(of(rows, operation, f"{name}@{debian.name}")) == 2
    assert not any("error_occurred" in row for row in rows)


def test_two_rounds_agree_within_half_a_percent(rows, debian):
    for operation in ("set", "test", "clear"):
        one, two = of(rows, operation, f"xarray@{debian.name}")
        assert two == pytest.approx(one, rel=0.005)


def test_a_set_costs_more_than_the_loop_and_less_than_a_thousand(rows, debian):
    (empty, _), (xarray, _) = (
        of(rows, "set", f"{name}@{debian.name}") for name in ("empty", "xarray")
    )
    assert 5 < empty < 50
    assert empty + 50 < xarray < 1000


def test_memory_is_that_of_leaves_and_nodes(rows, debian):
    """131,072 pages lie in at least 128 leaves of 128 bytes."""
    row = next(
        row for row in rows if row["structure"] == f"xarray@{debian.name}"
    )
    leaves = row["bytes_in_kmalloc-128"] / 128
    assert 128 <= leaves <= 160
    assert 3 <= row["bytes_in_radix_tree_node"] / 576 <= 12


def test_the_module_leaves_nothing_in_slab_caches(out):
    (text,) = [path.read_text() for path in out.glob("printed-*.txt")]
    left = [line for line in text.splitlines() if line.startswith("module ")]
    assert left[-1].startswith("module memory: ")
    for line in left[:-1]:
        words = line.split()
        # The set held a hundred leaves more than once.
        assert int(words[3]) < 64, line


def test_results_say_where_they_are_from(out, debian):
    context = json.loads((out / "results.json").read_text())["context"]
    assert context["where"] == "kernel"
    assert debian.release in context["kernel"]
    assert context["floor"] == f"empty@{debian.name}"
    assert "TCG" in context["accelerator"]


def test_results_are_as_the_schema_has_them(out):
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads(
        (ROOT / "plots" / "read" / "results.schema.json").read_text()
    )
    jsonschema.validate(json.loads((out / "results.json").read_text()), schema)


def write_again(out, tmp_path, change):
    """results.json of lines that somebody changed."""
    (path,) = out.glob("printed-*.txt")
    changed = tmp_path / "printed"
    changed.write_text(change(path.read_text()))
    result = subprocess.run(
        [os.environ["PFNBENCH"], "kernel", *PAGES, f"--printed={changed}"]
        + [f"--out={tmp_path / 'again'}"],
        capture_output=True,
        text=True,
    )
    return result, tmp_path / "again" / "results.json"


def test_a_walk_that_differs_from_the_oracle_has_no_figure(out, tmp_path):
    def change(text: str) -> str:
        line = next(x for x in text.splitlines() if x.startswith("xarray@"))
        digest = line.split()[-1]
        return text.replace(digest, f"{int(digest, 16) ^ 1:016x}")

    result, path = write_again(out, tmp_path, change)
    assert result.returncode == 1
    assert "ranges that differ from the oracle's" in result.stderr
    failed = [
        row
        for row in json.loads(path.read_text())["benchmarks"]
        if row["structure"].startswith("xarray")
    ]
    assert failed and all(row["error_occurred"] for row in failed)


@pytest.mark.parametrize(
    "line",
    [
        "xarray@6.1 set: 1 instructions, 1 pages",
        "xarray@6.1 sort: 1 instructions, 1 pages, 1 ranges, 1 passes, 0 "
        "failed, digest 0",
        "strange@6.1 filled: 1 pages",
        "\x1b[31mred",
        "workload 7",
    ],
)
def test_a_line_that_the_module_does_not_print_is_refused(
    out, tmp_path, line
):
    result, path = write_again(
        out, tmp_path, lambda text: text.replace("end\n", f"{line}\nend\n")
    )
    assert result.returncode == 2
    assert "expected a line of harness/module" in result.stderr
    assert "\x1b" not in result.stderr
    assert not path.exists()


def play(debian, tmp_path, plan, passes: bytes | None = None) -> str:
    """Plays a plan of the test's own; returns what was printed."""
    module = build.build(
        debian, ROOT / "build" / "module" / debian.name, print
    )
    packed = tmp_path / "passes"
    subprocess.run(
        [os.environ["PFNBENCH"], "kernel", "--workload=idle-8g"]
        + ["--pages=1000", f"--pack={packed}"],
        check=True,
        capture_output=True,
    )
    if passes is not None:
        (packed / "0").write_bytes(passes)
    printed = tmp_path / "printed"
    job = guest.Job(debian, module, plan, {"0": packed / "0"}, printed)
    guest.run([job], "tcg", 1 << 30, 120, tmp_path)
    return printed.read_text()


LOAD = "load 0 instructions"


def test_the_module_cannot_be_loaded_twice(debian, tmp_path):
    with pytest.raises(RecordingFailed, match="File exists"):
        play(debian, tmp_path, (LOAD, LOAD))


def test_a_file_that_is_no_passes_is_refused(debian, tmp_path):
    with pytest.raises(RecordingFailed, match="is no file of passes"):
        play(debian, tmp_path, (LOAD,), b"pfnpass1" + b"\xff" * 64)


def test_what_is_no_command_fails_and_the_rest_goes_on(debian, tmp_path):
    row = f"flat@{debian.name}"
    text = play(
        debian,
        tmp_path,
        (LOAD, f"run {row} sort", "run nobody set", f"run {row} set", "unload"),
    )
    assert f"{row} failed: Invalid argument" in text
    assert "nobody failed: No such file or directory" in text
    assert f"{row} set: " in text
    assert text.endswith("end\n")


def test_a_row_that_this_kernel_cannot_have_is_refused(
    debian, run_kernel, tmp_path
):
    if debian.name != "6.1":
        pytest.skip("only 6.1 is known not to export mas_preallocate()")
    result = run_kernel(
        "--structure=maple-prealloc", "--accel=tcg", f"--out={tmp_path / 'out'}"
    )
    assert result.returncode == 2
    *_, why, _, line = result.stderr.splitlines()
    assert why.endswith("does not export mas_preallocate()")
    assert line == "kernel: --structure: 6.1 has no maple-prealloc"
    assert not (tmp_path / "out").exists()
