# SPDX-License-Identifier: MIT
"""Statistics against values worked out by hand."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plots.read.statistics import (
    Estimate,
    change,
    differs,
    estimate,
    interval_ranks,
    mark,
    mean,
    median,
    noise_floor,
    paired_ratios,
    rounds_for,
    u_test,
)


def between(low: float, middle: float, high: float) -> Estimate:
    return Estimate(middle, low, high, count=9, is_interval=True)


def test_median_of_an_odd_number_is_the_middle_value() -> None:
    assert median([9, 1, 5]) == 5


def test_median_of_an_even_number_lies_between_the_middle_two() -> None:
    assert median([4, 1, 2, 9]) == 3


def test_median_of_huge_values_does_not_overflow() -> None:
    assert median([1.6e308, 1.7e308]) == pytest.approx(1.65e308)


@pytest.mark.parametrize(
    "count, ranks",
    [
        (1, None),
        (5, None),  # 1 - 2/32 is 93.75 %
        (6, (1, 6)),  # 1 - 2/64 is 96.9 %
        (8, (1, 8)),  # ranks 2..7 would have 92.97 %
        (9, (2, 8)),  # 1 - 20/512 is 96.1 %; ranks 3..7 have 82 %
        (12, (3, 10)),
        (20, (6, 15)),
        (100, (40, 61)),
    ],
)
def test_ranks_are_those_of_the_sign_test_tables(
    count: int, ranks: "tuple[int, int] | None"
) -> None:
    assert interval_ranks(count) == ranks


@pytest.mark.parametrize(
    "count, quantile", [(10, 2.262), (20, 2.093), (100, 1.984)]
)
def test_the_interval_of_a_mean_is_students(count: int, quantile: float) -> None:
    values = [4.0, 6.0] * (count // 2)
    found = mean(values)
    # The sum of squares is one for each value.
    half = quantile * math.sqrt(count / (count - 1) / count)
    assert found is not None and found.is_interval
    assert found.median == 5
    assert found.low == pytest.approx(5 - half, rel=5e-4)
    assert found.high == pytest.approx(5 + half, rel=5e-4)


def test_the_interval_of_a_mean_of_counts_does_not_go_below_zero() -> None:
    assert mean([0.0] * 19 + [80.0]) == Estimate(
        4.0, 0.0, pytest.approx(12.37, rel=1e-3), 20, True
    )


def test_a_mean_of_few_values_has_their_range() -> None:
    assert mean([1.0, 2.0, 6.0]) == Estimate(3.0, 1.0, 6.0, 3, False)
    assert mean([]) is None


@settings(deadline=None)
@given(st.integers(6, 1200))
def test_ranks_cover_95_percent_and_one_rank_less_does_not(n: int) -> None:
    def misses(rank: int) -> float:
        return 2 * sum(math.comb(n, k) for k in range(rank)) / 2**n

    if n > 1000:  # beyond the range of a double
        assert interval_ranks(n) is not None
        return
    ranks = interval_ranks(n)
    assert ranks is not None
    assert ranks[0] + ranks[1] == n + 1
    assert misses(ranks[0]) <= 0.05 < misses(ranks[0] + 1)


def test_nine_values_give_their_second_and_eighth() -> None:
    value = estimate([30, 10, 20, 50, 40, 60, 90, 70, 80])
    assert value == Estimate(50, 20, 80, 9, is_interval=True)


def test_five_values_give_their_full_range_and_say_so() -> None:
    value = estimate([5, 1, 4, 2, 3])
    assert value == Estimate(3, 1, 5, 5, is_interval=False)


def test_no_values_give_no_estimate() -> None:
    assert estimate([]) is None


def test_ratios_are_taken_within_a_round() -> None:
    # The third round is slow for both: the ratio does not see it.
    ratios = paired_ratios({0: 2, 1: 2.2, 2: 20}, {0: 1, 1: 1.1, 2: 10})
    assert ratios == pytest.approx([2, 2, 2])


def test_rounds_that_only_one_of_them_has_are_left_out() -> None:
    assert paired_ratios({0: 2, 3: 9}, {0: 4, 1: 5}) == [0.5]


def test_a_baseline_of_zero_gives_no_ratio() -> None:
    assert paired_ratios({0: 2, 1: 3}, {0: 0, 1: 1}) == [3]


def test_noise_floor_is_the_farther_end_of_the_control() -> None:
    assert noise_floor(between(0.8, 1, 1.1)) == 1.25
    assert noise_floor(between(0.95, 1, 1.3)) == 1.3
    assert noise_floor(None) == 1


@pytest.mark.parametrize(
    "low, high, expected",
    [
        (1.3, 1.5, True),  # all of it slower than the noise
        (0.5, 0.79, True),  # all of it faster
        (1.2, 1.5, False),  # excludes 1, but starts within the noise
        (0.7, 0.85, False),
        (0.9, 1.1, False),
    ],
)
def test_a_difference_has_to_exceed_the_control(
    low: float, high: float, expected: bool
) -> None:
    control = between(0.8, 1, 1.1)  # a factor of 1.25 to either side
    assert differs(between(low, 1, high), control) is expected


def test_without_a_control_the_interval_has_to_exclude_1() -> None:
    assert differs(between(1.01, 1.02, 1.03), None)
    assert not differs(between(0.99, 1.02, 1.03), None)


def test_a_difference_has_to_exceed_every_control() -> None:
    quiet, loud = between(0.99, 1, 1.01), between(0.9, 1, 1.3)
    ratio = between(1.2, 1.25, 1.3)
    assert differs(ratio, quiet, None)
    assert not differs(ratio, quiet, loud)


@pytest.mark.parametrize(
    "count, comparisons, ranks",
    [
        (9, 12, (1, 9)),  # 12 times 2/512 is 4.7 %
        (9, 13, None),  # 13 times 2/512 is 5.1 %
        (16, 1300, (1, 16)),
        (15, 1300, None),
        (21, 1000, (2, 20)),
    ],
)
def test_many_comparisons_take_wider_ranks(
    count: int, comparisons: int, ranks: "tuple[int, int] | None"
) -> None:
    assert interval_ranks(count, comparisons) == ranks


def test_rounds_that_are_needed_grow_with_the_logarithm() -> None:
    assert [rounds_for(n) for n in (1, 2, 12, 13, 1300)] == [6, 7, 9, 10, 16]


def test_more_comparisons_than_rounds_can_answer_give_the_full_range() -> None:
    value = estimate([30, 10, 20, 50, 40, 60, 90, 70, 80], 1300)
    assert value == Estimate(50, 10, 90, 9, is_interval=True)


def test_five_rounds_or_a_control_of_five_claim_nothing() -> None:
    nine = estimate([2.0] * 9)
    five = estimate([2.0] * 5)
    control = estimate([1.0] * 9)
    assert nine and five and control
    assert mark(nine, control) == "*"
    assert mark(five, control) == "?"
    assert mark(nine, estimate([1.0] * 5)) == "?"
    assert mark(control, control) == "~"


SAMPLES = st.lists(
    st.floats(0.125, 128, width=16), min_size=1, max_size=9, unique=True
)


@settings(deadline=None)  # the first call loads scipy
@given(SAMPLES, SAMPLES)
def test_the_u_test_is_that_of_scipy(
    one: "list[float]", other: "list[float]"
) -> None:
    scipy_stats = pytest.importorskip("scipy.stats")
    if set(one) & set(other):
        return  # scipy has no exact test for ties
    expected = scipy_stats.mannwhitneyu(one, other, method="exact").pvalue
    assert u_test(one, other) == pytest.approx(expected)


def test_ties_never_make_the_u_test_surer() -> None:
    assert u_test([1.0] * 9, [1.0] * 9) == 1
    assert u_test([1, 2, 3, 4, 5], [5, 6, 7, 8, 9]) == u_test(
        [1, 2, 3, 4, 5.5], [5, 6, 7, 8, 9]
    )


@settings(deadline=None)
@given(
    st.lists(st.floats(0.5, 2), min_size=6, max_size=9),
    st.lists(st.floats(0.5, 2), min_size=6, max_size=9),
)
def test_the_interval_of_a_change_agrees_with_the_u_test(
    one: "list[float]", other: "list[float]"
) -> None:
    if set(one) & set(other):
        return
    value = change(one, other)
    assert value is not None and value.is_interval
    assert (value.low > 1 or value.high < 1) == (u_test(one, other) <= 0.05)


def test_a_change_is_the_median_of_all_pairs() -> None:
    value = change([1, 2, 4], [8, 16])
    assert value is not None
    assert value.median == 6  # of 2 4 4 8 8 16
    assert not value.is_interval
    assert (value.low, value.high) == (2, 16)


def test_a_change_between_runs_of_few_rounds_is_none() -> None:
    short = change([1.0] * 5, [9.0] * 9)
    assert short is not None and not short.is_interval
    assert change([], [1.0]) is None
    assert change([0.0], [1.0]) is None


def test_thousands_of_rounds_are_thinned() -> None:
    value = change([1.0] * 10000, [2.0] * 10000)
    assert value is not None and value.median == 2
