"""The parts of a drift: they add up to it exactly, whatever they are."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.evidence.split import Moves, band, split

NUMBER = st.floats(-1e6, 1e6)


@given(NUMBER, NUMBER, NUMBER, st.integers(-(10**15), 10**15), st.integers(1, 10**15))
def test_that_the_parts_add_up_to_the_drift_exactly(market: float, own: float, leak: float, drift: int, n: int) -> None:
    parts = split(Fraction(drift), Moves(market, own, leak), Fraction(n))
    assert parts.market + parts.own + parts.leak + parts.noise == drift
    assert parts.leak == Fraction(leak) * n / 10_000


def test_that_a_part_is_its_bps_of_the_order() -> None:
    parts = split(Fraction(100), Moves(1.0, 2.0, 3.0), Fraction(100_000))
    assert [int(part) for part in parts] == [10, 20, 30, 40]


def test_that_chance_stays_inside_the_band_nine_times_of_ten() -> None:
    assert float(band(10.0, Fraction(100_000))) == pytest.approx(164.5)
