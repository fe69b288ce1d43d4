# SPDX-License-Identifier: MIT
"""harness/driver/sensitivity.py: times under costs that were not replayed."""

from __future__ import annotations

import importlib.util
import pathlib

import pytest
from conftest import PFNBENCH

SCRIPT = (
    pathlib.Path(__file__).parents[3] / "harness" / "driver" / "sensitivity.py"
)


@pytest.fixture(scope="module")
def sensitivity():
    spec = importlib.util.spec_from_file_location("sensitivity", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_sums_are_what_a_replay_with_these_costs_gives(tool, sensitivity):
    guest = str(tool.folder / "small.pfntrace")
    costs = {"kick": 5000.0, "madvise-call": 8190.0, "madvise-page": 427.0}
    summed = sensitivity.Model(PFNBENCH, [guest]).times(costs)
    replayed = sensitivity.times(PFNBENCH, [guest], costs)
    assert {driver for _, driver in replayed} == set("APCap")
    assert summed == pytest.approx(replayed, rel=1e-6)
    assert len(set(replayed.values())) > 1
