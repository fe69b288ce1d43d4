# SPDX-License-Identifier: MIT
"""./run bench --linux: what is no tree is refused, and a tree has rows."""

from __future__ import annotations

import json
import os
import pathlib
import re
import shutil
import subprocess
import tarfile

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / "structures/linux/build"
DEBIAN = pathlib.Path("/usr/src/linux-source-6.1.tar.xz")
NEEDED = ("/lib/", "/include/linux/", "/tools/include/", "/tools/arch/")


@pytest.mark.parametrize(
    ("flag", "line"),
    [
        (
            "--linux=6.1",
            "run: --linux=6.1: expected debian, debian-6.12 or NAME=FOLDER, "
            "where FOLDER is a Linux source tree",
        ),
        (
            "--linux=debian-0.1",
            "run: --linux=debian-0.1: there is no "
            "/usr/src/linux-source-0.1.tar.xz; apt-get install "
            "linux-source-0.1",
        ),
        (
            "--linux=x=/nowhere",
            "run: --linux: /nowhere: is no folder; expected a Linux source "
            "tree",
        ),
        (
            "--linux=x=docs",
            f"run: --linux: {ROOT}/docs: has no lib/xarray.c; expected a Linux "
            "source tree, 6.1 or later",
        ),
        (
            "--linux=X=docs",
            "run: --linux: the name 'X' is not made of a-z, 0-9, '.', '+' and "
            "'-'",
        ),
        ("--linux", "run: write --linux=TREE, with an equals sign"),
    ],
)
def test_what_is_no_tree_is_refused(run_command, flag, line):
    refused = run_command(f"./run bench {flag}")
    assert refused.returncode == 2
    assert refused.stderr.splitlines()[-1] == line


def build(name: str, tree: pathlib.Path, folder: pathlib.Path, *wanted: str):
    return subprocess.run(
        [BUILD, name, tree, folder, *wanted], capture_output=True, text=True
    )


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    if not DEBIAN.exists():
        pytest.skip("linux-source-6.1 is not installed")
    folder = tmp_path_factory.mktemp("tree")
    with tarfile.open(DEBIAN) as archive:
        for member in archive:
            if any(part in f"/{member.name}" for part in NEEDED):
                archive.extract(member, folder)
    return folder / "linux-source-6.1"


@pytest.fixture(scope="module")
def plugin(tree, tmp_path_factory: pytest.TempPathFactory) -> str:
    built = build("base", tree, tmp_path_factory.mktemp("base"))
    assert built.returncode == 0, built.stderr
    return built.stdout.strip()


def sweep(plugin: str, folder: pathlib.Path, limit: int) -> str:
    swept = subprocess.run(
        [os.environ["PFNBENCH"], "sweep", f"--plugin={plugin}"]
        + ["--structure=plugins", "--workload=busy-2g", f"--limit={limit}"],
        cwd=folder,
        capture_output=True,
        text=True,
    )
    assert swept.returncode == 0, swept.stderr
    return swept.stdout


def test_its_rows_are_right_and_survive_failures(plugin, tmp_path):
    swept = sweep(plugin, tmp_path, 100)
    rows = ("cvbmp", "cvbmp-cursor", "radix", "xbitmap-tag")
    rows += ("xarray", "xarray-entry", "btree", "interval")
    for row in rows:
        assert f"{row}@base" in swept
    measured = subprocess.run(
        [os.environ["PFNBENCH"], f"--plugin={plugin}", "--pages=5000"]
        + ["--structure=plugins", "--workload=frag-4g,oom-2g", "--rounds=1"]
        + ["--operation=all", "--profile=off", "--quiet", "--out=out"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert measured.returncode == 0, measured.stderr


@pytest.mark.parametrize(
    ("row", "leaf", "node"),
    [
        ("radix", 128, 576),  # of kmalloc-128, radix_tree_node
        ("xarray", 128, 576),
        ("xarray-state", 128, 576),
        ("xarray-entry", 0, 576),
        ("ida", 128, 576),
        ("maple", 0, 256),  # maple_node
        ("maple-state", 0, 256),
    ],
)
def test_nodes_have_the_bytes_that_slabinfo_shows(
    plugin, tmp_path, row, leaf, node
):
    """Two pages next to each other: at most a leaf, and nodes above it."""
    subprocess.run(
        [os.environ["PFNBENCH"], f"--plugin={plugin}", "--pages=2"]
        + [f"--structure={row}@base", "--workload=frag-4g", "--rounds=1"]
        + ["--operation=set", "--profile=off", "--quiet", "--out=out"],
        cwd=tmp_path,
        check=True,
        capture_output=True,
    )
    document = json.loads((tmp_path / "out/results.json").read_text())
    found = next(
        each
        for each in document["benchmarks"]
        if "peak_requested_bytes" in each
    )
    nodes, rest = divmod(int(found["peak_requested_bytes"]) - leaf, node)
    assert rest == 0 and 1 <= nodes <= 8


def test_a_newer_tree_has_the_same_rows(tmp_path):
    archive = DEBIAN.with_name("linux-source-6.12.tar.xz")
    if not archive.exists():
        pytest.skip("linux-source-6.12 is not installed")
    parts = [f"*{part}*" for part in NEEDED]
    subprocess.run(
        ["tar", "-xf", archive, "-C", tmp_path, "--wildcards", *parts],
        check=True,
    )
    tree = tmp_path / "linux-source-6.12"
    built = build("newer", tree, tmp_path / "build")
    assert built.returncode == 0, built.stderr
    swept = sweep(built.stdout.strip(), tmp_path, 20)
    for row in ("radix", "xarray-hint", "maple-prealloc", "interval"):
        assert f"{row}@newer" in swept


# Of Debian's 6.1 one check does not hold, with any allocator: it expects
# mas_next() beyond the last entry to leave the beginning of the gap, and
# mas_next_entry() of that tree leaves the limit.
def test_the_own_tests_of_the_tree_pass_with_our_shims(tree, tmp_path):
    built = build("base", tree, tmp_path, "tests")
    assert built.returncode == 0, built.stderr
    ran = subprocess.run([built.stdout.strip()], capture_output=True, text=True)
    (passed, every), (maple_passed, maple_every) = (
        map(int, found)
        for found in re.findall(r": (\d+) of (\d+) tests passed", ran.stdout)
    )
    assert passed == every > 40_000_000
    bugs = re.findall("^BUG at (.*):", ran.stdout, re.M)
    assert bugs == ["next_prev_test"]
    assert maple_passed == maple_every - 1 > 12_000_000
    assert "still allocated" not in ran.stdout


@pytest.fixture
def broken(tree):
    """The tree with errors in lib/xarray.c, line 5, and lib/btree.c, line 7."""
    texts = {tree / "lib" / name: None for name in ("xarray.c", "btree.c")}
    for line, source in zip((5, 7), texts):
        texts[source] = source.read_text()
        wrong = f'#line {line}\nint x = "a\\b" ;;; int y = ;\n'
        source.write_text(wrong + texts[source])
    yield tree
    for source, text in texts.items():
        source.write_text(text)


def test_what_does_not_compile_has_rows_that_say_so_and_takes_no_other(
    plugin, broken, tmp_path
):
    built = build("broken", broken, tmp_path / "build")
    assert built.returncode == 1
    said = (
        f"run: --linux: {broken} does not compile: lib/xarray.c:5:",
        f"; the whole output is in {tmp_path}/build/error.log\n",
    )
    assert built.stderr.startswith(said[0]) and "error: " in built.stderr
    assert built.stderr.endswith(said[1]) and built.stderr.count("\n") == 1
    measured = subprocess.run(
        [os.environ["PFNBENCH"], f"--plugin={plugin},{built.stdout.strip()}"]
        + ["--structure=xarray@base,xarray@broken,ida@broken,maple@broken,"
           "flat@broken,btree@broken,interval@broken"]
        + ["--baseline=xarray@base", "--workload=busy-2g", "--pages=500"]
        + ["--rounds=1", "--operation=set", "--profile=off", "--quiet"]
        + ["--out=out"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert measured.returncode == 1
    line = "failed: throws Linux broken does not compile: lib/"
    for row, place in (("xarray", "xarray.c:5:"), ("ida", "xarray.c:5:"),
                       ("btree", "btree.c:7:")):
        assert f"set/busy-2g/{row}@broken: {line}{place}" in measured.stderr
    document = json.loads((tmp_path / "out/results.json").read_text())
    with_figure = {
        each["name"].removeprefix("set/busy-2g/").split("/")[0]
        for each in document["benchmarks"]
        if "real_time" in each and not each.get("error_occurred")
    }
    rows = {"xarray@base", "maple@broken", "flat@broken", "interval@broken"}
    assert rows <= with_figure
    assert not {"xarray@broken", "ida@broken", "btree@broken"} & with_figure


def test_without_what_every_row_needs_there_is_no_row(tree, plugin):
    folder = pathlib.Path(plugin).parent  # where all else is compiled
    source = tree / "lib/find_bit.c"
    text = source.read_text()
    source.write_text(f"#line 3\nint x = ;\n{text}")
    try:
        built = build("base", tree, folder)
    finally:
        source.write_text(text)
    assert built.returncode == 1
    assert built.stdout == f"{folder}/missing-base.so\n"
    missing = (folder / "missing-base.so").read_bytes()
    for row in (b"flat@base", b"xarray@base", b"maple@base", b"interval@base"):
        assert row in missing
    assert b"Linux base does not compile: lib/find_bit.c:3:" in missing


def test_the_end_of_a_run_names_the_rows_of_a_broken_tree(
    run_command, broken, tmp_path
):
    flags = f"--linux=broken-test={broken} --workload=busy-2g --pages=500 "
    flags += "--operation=set --rounds=1 --profile=off --fault=none "
    flags += f"--out={tmp_path}/out --structure="
    ended = run_command(f"./run bench {flags}flat,xarray@broken-test")
    assert ended.returncode == 1
    assert "INCOMPLETE: 1 failed\nfailed: xarray@broken-test\n" in ended.stdout
    assert "flat" in (tmp_path / "out/report.txt").read_text()
    checked = run_command(f"./run check --linux=broken-test={broken}")
    assert checked.returncode == 1
    assert "does not compile" in checked.stderr.splitlines()[-1]


def test_nothing_is_built_if_one_of_the_trees_is_none(run_command, tree):
    first = f"./run bench --linux=first={tree}"
    for second, line in (
        ("second=docs", "has no lib/xarray.c"),
        (f"first={tree}", "two trees are called first"),
    ):
        refused = run_command(f"{first} --linux={second}")
        assert refused.returncode == 2
        assert line in refused.stderr and refused.stderr.count("\n") == 1


def test_a_slower_look_up_is_counted_and_an_unchanged_tree_is_not(
    plugin, tree, tmp_path
):
    """A patched tree next to its base, and the base a second time."""
    if not shutil.which("valgrind"):
        pytest.skip("valgrind is not installed")
    same = build("same", tree, tmp_path / "same").stdout.strip()
    source = tree / "lib/xarray.c"
    text = source.read_text()
    start = "void *entry = xas_start(xas);"
    assert start in text
    slower = 'for (int i = 0; i < 2; ++i) asm volatile("nop");'
    source.write_text(text.replace(start, f"{start} {slower}"))
    try:
        slow = build("slow", tree, tmp_path / "slow").stdout.strip()
    finally:
        source.write_text(text)
    subprocess.run(
        [os.environ["PFNBENCH"], "--instructions=callgrind", "--quiet"]
        + [f"--plugin={plugin},{same},{slow}", "--baseline=xarray@base"]
        + ["--structure=xarray@base,xarray@same,xarray@slow"]
        + ["--workload=busy-2g", "--operation=set", "--out=out"]
        + ["--pages=16384"],
        cwd=tmp_path,
        check=True,
        capture_output=True,
    )
    document = json.loads((tmp_path / "out/instructions.json").read_text())
    counts = {
        each["name"].removeprefix("set/busy-2g/"): each["instructions_per_page"]
        for each in document["benchmarks"]
    }
    base = counts["xarray@base"]
    assert counts["xarray@base/control:1"] == base
    assert counts["xarray@same"] == base
    assert 1.03 < counts["xarray@slow"] / base < 1.08
