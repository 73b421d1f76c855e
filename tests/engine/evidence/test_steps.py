"""Formulas of a step: odd to the last bit, inside their bounds, and what they are meant to be."""

import math

import numpy as np
import pytest

from app.engine.evidence import steps as st


@pytest.mark.parametrize("z", [0.0, 0.3, 5.0, 700.0])
def test_that_the_chance_of_a_side_is_odd_to_the_last_bit(z: float) -> None:
    assert st.tanh_half(-z) == -st.tanh_half(z)
    assert st.tanh_half(z) == pytest.approx(math.tanh(z / 2), rel=1e-12)


def test_that_a_rate_is_of_two_minutes_unless_half_a_minute_is_surely_more() -> None:
    assert st.rate(0.0, 0.0, 0.0, 0.0) == st.LEAST_RATE
    assert st.rate(0.8, 0.9, 1.0, 1.0) == 0.8
    assert st.rate(0.8, 4.0, 1.0, 1.0) == pytest.approx(4 - 1.5 * math.sqrt(4 / 60))
    assert st.rate(0.4, 0.0, 0.5, 0.0) == 0.8


def test_that_noise_goes_to_half_of_what_neighbours_differ_by_and_stays_in_bounds() -> None:
    draw, noise = np.random.default_rng(1), 1.0
    for d in draw.normal(0, math.sqrt(2 * 0.3), 40_000):
        noise = st.noisier(noise, float(d), 0.0)
    assert noise == pytest.approx(0.3, rel=0.1)
    assert st.noisier(0.005, 0.0, 5.0) == 0.005
    assert st.noisier(4.0, 1e3, 1.0) == 4.0
    assert st.noisier(1.0, 1e6, 1.0) == st.noisier(1.0, 1e3, 1.0)


def test_that_blocks_tell_the_variance_less_their_errors() -> None:
    assert st.block_variance(1.0, 0.2, 10.0) == pytest.approx(0.8 / st.BLOCK_S)
    assert st.block_variance(100.0, 0.2, 1.0) == pytest.approx((16 * (st.BLOCK_S + 0.2) - 0.2) / st.BLOCK_S)
    assert st.nearer(1.0, 2.0, 20.0) == pytest.approx(1 + 0.25 / 20)
    assert st.nearer(0.05, -9.0, 20.0) == st.LEAST_Q


@pytest.mark.parametrize(("spread", "kind"), [(0, 0), (10, 0), (14, 0), (15, 1), (20, 1), (30, 2), (500, 2)])
def test_that_a_spread_is_one_two_or_more_ticks(spread: int, kind: int) -> None:
    assert st.spread_class(spread, 10) == kind
    assert st.spread_class(spread, 0) == 0
