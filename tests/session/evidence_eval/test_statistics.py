"""Statistics against values known otherwise: exact bounds, areas by counting pairs, errors by repetition."""

import math

import numpy as np
import pytest

from app.session.evidence_eval.statistics import (
    Part,
    auc,
    binomial_cdf,
    mean_of,
    median_of,
    part_of,
    ranks,
    rmse_of,
)


def test_that_the_binomial_distribution_adds_up() -> None:
    by_hand = [math.comb(7, k) * 0.3**k * 0.7 ** (7 - k) for k in range(8)]
    for k in range(8):
        assert binomial_cdf(k, 7, 0.3) == pytest.approx(sum(by_hand[: k + 1]), rel=1e-12)
    assert binomial_cdf(2, 7, 0.0) == 1.0
    assert binomial_cdf(6, 7, 1.0) == 0.0
    assert binomial_cdf(7, 7, 1.0) == 1.0


def test_that_bounds_are_those_of_clopper_and_pearson() -> None:
    # with no case in n the upper bound solves (1 - p)^n = .05; tables give .0582 for 1 of 80 and .1569 for 15 of 150
    assert Part(0, 59).upper() == pytest.approx(1 - 0.05 ** (1 / 59), abs=1e-9)
    assert Part(59, 59).lower() == pytest.approx(0.05 ** (1 / 59), abs=1e-9)
    assert binomial_cdf(1, 80, Part(1, 80).upper()) == pytest.approx(0.05, abs=1e-9)
    # the two-sided 95 % interval of 10 of 100 is known as .0490 to .1762
    assert Part(10, 100).upper(0.975) == pytest.approx(0.1762, abs=5e-5)
    assert Part(10, 100).lower(0.975) == pytest.approx(0.0490, abs=5e-5)
    assert Part(4, 4).upper() == 1.0
    assert Part(0, 4).lower() == 0.0


def test_that_a_share_of_nothing_is_undefined_and_a_share_of_none_has_an_error() -> None:
    assert math.isnan(Part(0, 0).share)
    assert math.isnan(Part(0, 0).se)
    assert math.isnan(Part(0, 0).upper())
    assert 0 < Part(0, 100).se < 0.01
    assert Part(1, 4).plus(Part(2, 6)) == Part(3, 10)
    assert part_of([True, False, True]) == Part(2, 3)


def test_that_ranks_share_the_mean_where_values_are_equal() -> None:
    assert ranks(np.array([3.0, 1.0, 3.0, 2.0])).tolist() == [3.5, 1.0, 3.5, 2.0]


def test_that_the_area_is_the_share_of_pairs_in_order() -> None:
    draw = np.random.default_rng(3)
    x, y = draw.integers(0, 9, 40) + 1, draw.integers(0, 9, 70)
    pairs = [1.0 if a > b else 0.5 if a == b else 0.0 for a in x for b in y]
    assert auc(x.tolist(), y.tolist()).value == pytest.approx(sum(pairs) / len(pairs), rel=1e-12)
    assert auc([2.0, 3.0], [0.0, 1.0]).value == 1.0
    assert math.isnan(auc([], [1.0]).value)


def test_that_the_error_of_an_area_is_how_it_varies_when_repeated() -> None:
    draw = np.random.default_rng(4)
    found = [auc(draw.normal(1, 1, 60).tolist(), draw.normal(0, 1, 90).tolist()) for _ in range(400)]
    spread = float(np.std([one.value for one in found]))
    assert np.mean([one.se for one in found]) == pytest.approx(spread, rel=0.1)


def test_that_means_and_roots_of_mean_squares_come_with_their_errors() -> None:
    assert list(mean_of([1.0, 2.0, 3.0])) == pytest.approx([2.0, 1 / math.sqrt(3), 3])
    assert mean_of([5.0]).value == 5.0
    assert math.isnan(mean_of([]).value)
    found = rmse_of([3.0, -3.0, 3.0, -3.0])
    assert (found.value, found.se) == (3.0, 0.0)
    draw = np.random.default_rng(5)
    many = [rmse_of(draw.normal(0, 2, 100)) for _ in range(300)]
    assert np.mean([one.se for one in many]) == pytest.approx(float(np.std([one.value for one in many])), rel=0.15)


def test_that_a_median_counts_what_never_happened_as_infinite() -> None:
    assert median_of([1.0, 5.0, math.inf]).value == 5.0
    assert median_of([1.0, math.inf, math.inf]).value == math.inf
    assert median_of([2.0, 4.0]).value == 3.0
    assert math.isnan(median_of([]).value)
    draw = np.random.default_rng(6)
    many = [median_of(draw.normal(0, 1, 201).tolist()) for _ in range(300)]
    assert np.mean([one.se for one in many]) == pytest.approx(float(np.std([one.value for one in many])), rel=0.2)
