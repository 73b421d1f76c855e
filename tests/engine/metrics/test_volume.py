"""Benchmarks of the tape: VWAP with and ex own, participation, TWAP, PWP."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.metrics.figure import Figure
from app.engine.metrics.volume import (
    Window,
    participation,
    pct_adv,
    published,
    pwp,
    twap,
    vwap,
    vwap_ex_own,
    window,
)
from app.engine.units import PRICE_SCALE, SECOND

P = PRICE_SCALE
PRINTS = st.lists(st.tuples(st.integers(1, 10**15), st.integers(1, 10**9), st.booleans()), min_size=1, max_size=30)


def test_that_a_window_is_the_difference_of_two_readings() -> None:
    assert window(Window(1, 20, 300, 4000), Window(10, 200, 3000, 40000)) == Window(9, 180, 2700, 36000)
    assert Window(1, 2) == (1, 2, 0, 0)


@given(PRINTS)
def test_that_the_vwap_is_split_exactly_into_own_and_others(prints: list[tuple[int, int, bool]]) -> None:
    volume, notional = sum(q for _, q, _ in prints), sum(p * q for p, q, _ in prints)
    own, own_notional = sum(q for _, q, mine in prints if mine), sum(p * q for p, q, mine in prints if mine)
    market = Window(volume, notional)
    whole, others = vwap(market).value, vwap_ex_own(market, own, own_notional)
    assert whole is not None
    if others.value is None:
        assert own == volume
        assert others == (None, "no market volume but our own")
    else:
        assert whole * volume == own_notional + others.value * (volume - own)


def test_that_a_vwap_needs_volume() -> None:
    assert vwap(Window(0, 0)) == (None, "no market volume")
    assert vwap(Window(1, 7)).value == 7
    assert vwap_ex_own(Window(2, 7), 1, 3).value == 4
    assert vwap_ex_own(Window(2, 7), 2, 7).value is None


def test_that_the_vwap_of_real_notionals_does_not_wrap() -> None:
    assert vwap(Window(10**6, 10**6 * 10**19)).value == 10**19


def test_that_the_twap_weighs_by_time_and_leaves_out_undefined_time() -> None:
    market = Window(0, 0, mid_time2=2 * P * (10 * 3 + 20 * 1), covered_ns=4)
    assert published(twap(market)) == 12.5
    assert twap(Window(5, 5, 7, 0)) == (None, "no mid over the time")
    assert twap(Window(0, 0, 14, 1)).value == 7


def test_that_participation_is_own_over_all() -> None:
    assert participation(28, 100) == 0.28
    assert participation(28, 0) is None


def test_that_the_share_of_a_days_volume_is_in_whole_units() -> None:
    assert pct_adv(25, 0, 100.0) == 0.25
    assert pct_adv(25, 2, 10_000.0) == 0.25
    assert pct_adv(2_500, -3, 10.0) == 0.25
    assert pct_adv(1, 0, 0.5) == 2.0
    for adv in (None, 0.0, -1.0, float("nan")):
        assert pct_adv(25, 0, adv) is None


def test_that_pwp_takes_prints_until_our_share_of_them_is_what_we_did() -> None:
    prints = [(100 * P, 50), (110 * P, 50), (130 * P, 900)]
    assert published(pwp(prints, 10, Fraction(1, 10))) == 105.0
    assert published(pwp(prints, 10, Fraction(1, 5))) == 100.0
    assert published(pwp(prints, 15, Fraction(1, 10))) == (100 * 50 + 110 * 50 + 130 * 50) / 150
    assert pwp(prints, 1, Fraction(1, 3)).value == 100 * P
    assert pwp(prints, 101, Fraction(1, 10)) == (None, "not enough market volume yet")
    assert pwp(prints, 0, Fraction(1, 10)) == (None, "nothing executed")
    assert pwp([], 1, Fraction(1)) == (None, "not enough market volume yet")
    assert pwp([(7, 1)], 1, Fraction(1)).value == 7


@pytest.mark.parametrize("at", [1, 60 * SECOND])
def test_that_a_constant_mid_is_its_own_twap(at: int) -> None:
    assert twap(Window(0, 0, 201 * at, at)).value == Fraction(201, 2)


def test_that_a_price_is_published_in_quote_currency() -> None:
    assert published(Figure(Fraction(P, 3))) == 1 / 3
    assert published(Figure(None, "x")) is None
