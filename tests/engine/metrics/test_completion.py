"""P(complete): from what equal stretches brought; honest about too little, exact where it can be worked out by hand."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from app.engine.metrics.completion import (
    FEWEST,
    SHORTEST_NS,
    STRETCHES,
    Z_90,
    Outlook,
    Pace,
    needed_share,
    normal_below,
    outlook,
    pace_of,
)
from app.engine.units import SECOND

MINUTE = 60 * SECOND
STEADY = Pace(100.0, 0.0, STRETCHES, MINUTE)
UNEVEN = Pace(100.0, 30.0, STRETCHES, MINUTE)


def below(z: float) -> float:
    """The library's normal distribution function."""
    return 0.5 * math.erfc(-z / math.sqrt(2))


def counted(amounts: list[int], since: int = 0, length: int = MINUTE) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """A running total with one step in the middle of each stretch."""
    times = since + length * np.arange(len(amounts)) + length // 2
    return times.astype(np.int64), np.cumsum(amounts)


def test_that_a_pace_is_mean_and_deviation_of_equal_stretches() -> None:
    amounts = [70, 130] * 6
    pace = pace_of(*counted(amounts), (0, 12 * MINUTE)).value
    assert pace is not None
    assert (pace.mean, pace.stretches) == (100.0, 12)
    assert pace.deviation == pytest.approx(float(np.std(amounts, ddof=1)))
    assert pace.length_ns == MINUTE


def test_that_what_came_before_is_not_part_of_it() -> None:
    times, totals = counted([5_000, *[100] * 12])
    pace = pace_of(times, totals, (MINUTE, 13 * MINUTE)).value
    assert pace == (100.0, 0.0, 12, MINUTE)


def test_that_too_short_a_time_and_too_few_fills_are_said() -> None:
    times, totals = counted([10] * 12)
    short = pace_of(times, totals, (0, SHORTEST_NS - 1))
    assert short == (None, "9 min so far: too short to tell its pace")
    assert pace_of(times, totals, (5, 0)).reason.startswith("0 min so far")
    few = pace_of(times[: FEWEST - 1], totals[: FEWEST - 1], (0, 12 * MINUTE))
    assert few == (None, "7 steps so far: too few to tell its pace")
    assert pace_of(times[:FEWEST], totals[:FEWEST], (0, 12 * MINUTE)).value is not None


def test_that_a_steady_pace_is_certain_both_ways() -> None:
    assert outlook(STEADY, 500, 5 * MINUTE) == Outlook(1.0, 1.0, 1.0, 0.0, 0.0, 0.0)
    assert outlook(STEADY, 501, 5 * MINUTE) == Outlook(0.0, 0.0, 0.0, 1.0, 1.0, 1.0)
    assert outlook(STEADY, 300, -1) == Outlook(0.0, 0.0, 0.0, 300.0, 300.0, 300.0)
    assert outlook(UNEVEN, 0, 0) == outlook(UNEVEN, -5, MINUTE) == Outlook(1.0, 1.0, 1.0, 0.0, 0.0, 0.0)


def test_that_an_uneven_pace_gives_a_probability_with_its_interval() -> None:
    found = outlook(UNEVEN, 1_100, 12 * MINUTE)
    run, doubt = 30 * math.sqrt(12), 30 * 12 / math.sqrt(12)
    assert found.probability == pytest.approx(below(100 / math.hypot(run, doubt)), abs=1e-6)
    assert found.low == pytest.approx(below((100 - Z_90 * doubt) / run), abs=1e-6)
    assert found.high == pytest.approx(below((100 + Z_90 * doubt) / run), abs=1e-6)
    assert found.low < found.probability < found.high
    assert (found.left, found.left_low) == (0.0, 0.0)
    assert found.left_high == pytest.approx(Z_90 * math.hypot(run, doubt) - 100)


def test_that_half_of_what_comes_at_the_mean_is_complete() -> None:
    assert outlook(UNEVEN, 1_200, 12 * MINUTE).probability == pytest.approx(0.5, abs=1e-6)


@given(st.integers(1, 5_000), st.integers(1, 100), st.floats(0, 200))
def test_that_more_time_never_lets_more_be_left_and_intervals_hold_their_middle(
    rest: int, minutes: int, deviation: float
) -> None:
    pace = Pace(100.0, deviation, STRETCHES, MINUTE)
    found, later = outlook(pace, rest, minutes * MINUTE), outlook(pace, rest, (minutes + 1) * MINUTE)
    assert later.left <= found.left
    assert 0.0 <= found.low <= found.high <= 1.0
    assert 0.0 <= found.left_low <= found.left <= found.left_high <= rest


def test_that_coverage_holds_for_days_drawn_from_such_a_pace() -> None:
    draw = np.random.default_rng(3)
    complete, told = [], []
    for _ in range(4_000):
        stretches = draw.normal(draw.uniform(60.0, 150.0), 30.0, 12 + 20)
        mean, deviation = stretches[:12].mean(), stretches[:12].std(ddof=1)
        found = outlook(Pace(float(mean), float(deviation), 12, MINUTE), 2_100, 20 * MINUTE)
        complete.append(stretches[12:].sum() >= 2_100)
        told.append(found.probability)
    told_, complete_ = np.array(told), np.array(complete)
    for low, high in ((0.0, 0.2), (0.4, 0.6), (0.6, 1.0)):
        part = (told_ >= low) & (told_ <= high)
        assert part.sum() > 200
        assert abs(complete_[part].mean() - told_[part].mean()) < 3 * math.sqrt(0.25 / part.sum())


def test_that_a_rest_is_done_when_its_pace_says_if_ever() -> None:
    assert STEADY.finish_ns(250, 7) == 7 + 150 * SECOND
    assert STEADY.finish_ns(0, 7) == 7
    assert STEADY.times(0.0).finish_ns(1, 7) is None
    assert STEADY.times(1e-9).finish_ns(10**9, 7) is None


def test_that_a_share_of_the_market_is_its_pace_in_small() -> None:
    assert STEADY.times(0.1) == (10.0, 0.0, 12, MINUTE)
    assert UNEVEN.times(0.5)[:2] == (50.0, 15.0)
    assert needed_share(STEADY, 250, 10 * MINUTE) == 0.25
    assert needed_share(STEADY, -1, 10 * MINUTE) == 0.0
    assert needed_share(STEADY, 250, 0) is None


@given(st.floats(-12, 12))
def test_that_the_normal_distribution_is_the_librarys_to_a_ten_millionth(z: float) -> None:
    assert normal_below(z) == pytest.approx(below(z), abs=1e-7)
