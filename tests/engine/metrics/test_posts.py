"""Posted passive quantity filled in time, and the rhythm of new orders; by hand."""

import math

import pytest

from app.engine.metrics.posts import AT_ONCE, FEW_ORDERS, NO_POST, WITHIN_NS, Post, cadence, filled_share
from app.engine.units import SECOND

POSTS = [
    Post(10 * SECOND, 100, (0, 100, 100)),
    Post(20 * SECOND, 100, (0, 0, 50)),
    Post(30 * SECOND, 100, (0, 0, 0)),
]
ALL = (0, 10**18)


@pytest.mark.parametrize(("within", "expected"), [(0, 0.0), (1, 1 / 3), (2, 1.5 / 3)])
def test_that_the_share_is_filled_of_posted_quantity(within: int, expected: float) -> None:
    assert filled_share(POSTS, within, *ALL) == ((expected, ""), 3)


def test_that_only_posts_of_the_span_that_have_had_their_time_count() -> None:
    five = WITHIN_NS.index(5 * SECOND)
    assert filled_share(POSTS, five, 0, 25 * SECOND) == ((0.5, ""), 2)
    assert filled_share(POSTS, five, 0, 25 * SECOND - 1) == ((1.0, ""), 1)
    assert filled_share(POSTS, five, 10 * SECOND, 10**18) == ((0.0, ""), 2), "since is excluded"
    assert filled_share(POSTS, five, 0, 14 * SECOND) == ((None, NO_POST), 0)


def test_that_more_than_was_posted_is_no_more_than_all_of_it() -> None:
    assert filled_share([Post(1, 10, (15, 15, 15))], 0, *ALL).figure.value == 1.0


def test_that_a_clock_of_equal_sizes_is_told_exactly() -> None:
    found = cadence([(n * 10 * SECOND, 100) for n in range(1, 5)], *ALL)
    assert found.gap_s == ((10.0, ""), 3)
    assert found.variation == ((0.0, ""), 3)
    assert found.same_size == ((1.0, ""), 4)


def test_that_uneven_gaps_and_sizes_are_told_by_their_spread_and_the_commonest_size() -> None:
    found = cadence([(10 * SECOND, 1), (11 * SECOND, 2), (30 * SECOND, 3)], *ALL)
    assert found.gap_s.figure.value == 10.0
    assert found.variation.figure.value == pytest.approx(9 / 10)
    assert found.same_size.figure.value == pytest.approx(1 / 3)
    odd = cadence([(0, 5), (SECOND, 5), (3 * SECOND, 6), (10 * SECOND, 6)], -1, 10**18)
    assert odd.gap_s == ((2.0, ""), 3), "the middle one of an odd number"
    assert odd.variation.figure.value == pytest.approx(
        math.sqrt(((7 / 3) ** 2 + (4 / 3) ** 2 + (11 / 3) ** 2) / 3) / (10 / 3)
    )
    assert odd.same_size.figure.value == 0.5


def test_that_few_orders_or_all_at_once_have_no_rhythm() -> None:
    few = cadence([(10, 1), (20, 1)], *ALL)
    assert few.gap_s == few.variation == ((None, FEW_ORDERS), 1)
    assert few.same_size == ((None, FEW_ORDERS), 2)
    assert cadence([], *ALL).gap_s == ((None, FEW_ORDERS), 0)
    at_once = cadence([(10, 1), (10, 1), (10, 1)], *ALL)
    assert at_once.gap_s == ((0.0, ""), 2)
    assert at_once.variation == ((None, AT_ONCE), 2)
    assert cadence([(n, 1) for n in range(9)], 3, 6).same_size.n == 3
