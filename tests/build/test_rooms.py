# SPDX-License-Identifier: MIT
#
# The map of the C++ code: a room is a folder and a library, includes only the
# rooms that its CMakeLists.txt names, and never runs in a circle.

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
INCLUDE = re.compile(r'^\s*#include "((?:harness|structures|workloads)/[^"]+)"',
                     re.MULTILINE)
ROOM = re.compile(r"^pfn_add_(?:room|structures)\((.*?)\)$",
                  re.MULTILINE | re.DOTALL)
MOST_ROOMS_IN_HARNESS = 10

# Structures are headers only. All may use core; these families build upon
# another.
FAMILIES = {
    "lines": {"xbitmap"},
    "radix_page": {"xbitmap"},
    "xarray": {"xbitmap"},
}


def declared(top):
    """Of each room below the folder, the rooms that it names."""
    rooms = {}
    for found in ROOM.finditer((ROOT / top / "CMakeLists.txt").read_text()):
        words = found[1].split()
        name = words[1] if words[0] == "NAME" else "registry"
        rooms[name] = {word.removeprefix("pfn::") for word in words
                       if word.startswith("pfn::")}
    return rooms


DECLARED = declared("workloads") | declared("harness")


def sources(folder):
    return [path for path in sorted(folder.iterdir())
            if path.suffix in {".h", ".cc"} or path.name.endswith(".cc.in")]


def folders(top):
    return sorted(path for path in (ROOT / top).iterdir()
                  if path.is_dir() and sources(path))


def room_of(include):
    top, room, *rest = include.split("/")
    assert rest, f"{include} is in no room"
    return "structures" if top == "structures" else room


def includes(path):
    return [include for include in INCLUDE.findall(path.read_text())
            if include != "structures/list.def"]


@pytest.mark.parametrize("top", ["workloads", "harness"])
def test_every_folder_is_a_library(top):
    assert {path.name for path in folders(top)} == set(declared(top))


@pytest.mark.parametrize("top", ["workloads", "harness"])
def test_a_room_includes_only_rooms_that_it_names(top):
    against = [
        f"{path.relative_to(ROOT)} includes {include}"
        for folder in folders(top) for path in sources(folder)
        for include in includes(path)
        if room_of(include) not in DECLARED[folder.name] | {folder.name}]
    assert not against


@pytest.mark.parametrize("room", sorted(DECLARED))
def test_a_room_names_no_room_that_it_does_not_include(room):
    top = "harness" if room in declared("harness") else "workloads"
    used = {room_of(include) for path in sources(ROOT / top / room)
            for include in includes(path)}
    assert DECLARED[room] - used - {room} == set()


def test_rooms_name_each_other_in_no_circle():
    left = {room: names - {"structures"} for room, names in DECLARED.items()}
    while free := {room for room, names in left.items() if not names}:
        left = {room: names - free for room, names in left.items()
                if room not in free}
    assert not left


def test_workloads_know_nothing_of_the_harness():
    assert not set.union(*declared("workloads").values()) & set(
        declared("harness"))


def test_structures_include_their_family_and_what_it_builds_upon():
    against = []
    for folder in folders("structures"):
        known = {"core", folder.name} | FAMILIES.get(folder.name, set())
        for path in sources(folder):
            for include in includes(path):
                top, family, _ = include.split("/")
                if top != "structures" or family not in known:
                    against.append(f"{path.relative_to(ROOT)}: {include}")
    assert not against


def test_the_harness_has_ten_rooms_at_most():
    assert len(folders("harness")) <= MOST_ROOMS_IN_HARNESS
