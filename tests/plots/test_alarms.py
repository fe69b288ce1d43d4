# SPDX-License-Identifier: MIT
"""Structures that are alike are hardly ever marked as different."""

import random
from collections.abc import Callable

import pytest

from plots.read.statistics import (
    MOST_PRIMARY,
    PRIMARY_ALARM,
    estimate,
    mark,
)

Noise = Callable[[random.Random], float]
NOISES: dict[str, Noise] = {
    "a little, both ways": lambda draw: draw.lognormvariate(0, 0.03),
    "rounds that were preempted": lambda draw: 1
    + 0.02 * draw.random()
    + (draw.random() < 0.1) * draw.expovariate(1),
}
ROUNDS, COLUMNS, REPORTS = 9, 45, 200


def marked(noise: Noise, comparisons: int, slowed: float = 1) -> float:
    """Share of ratios marked `*` in simulated runs with one control each."""
    draw = random.Random(1)
    marks = []
    for _ in range(REPORTS):
        baseline = [noise(draw) for _ in range(ROUNDS)]
        control = estimate([noise(draw) / value for value in baseline])
        for _ in range(COLUMNS):
            ratios = [slowed * noise(draw) / value for value in baseline]
            ratio = estimate(ratios, comparisons)
            assert ratio is not None
            marks.append(mark(ratio, control) == "*")
    return sum(marks) / len(marks)


@pytest.mark.parametrize("noise", NOISES)
def test_secondary_ratios_of_structures_that_are_alike_are_not_marked(
    noise: str,
) -> None:
    assert marked(NOISES[noise], comparisons=1300) < 0.05 / COLUMNS


@pytest.mark.parametrize("noise", NOISES)
def test_a_primary_ratio_shows_more_than_a_secondary_one(noise: str) -> None:
    primary = marked(NOISES[noise], comparisons=1, slowed=1.2)
    secondary = marked(NOISES[noise], comparisons=1300, slowed=1.2)
    assert primary > secondary


def test_the_number_that_can_be_right_together_follows_from_the_rate() -> None:
    assert MOST_PRIMARY * PRIMARY_ALARM <= 0.05


@pytest.mark.parametrize("noise", NOISES)
def test_primary_ratios_of_structures_that_are_alike_are_hardly_ever_marked(
    noise: str,
) -> None:
    assert marked(NOISES[noise], comparisons=1) <= PRIMARY_ALARM
