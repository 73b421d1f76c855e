"""Signed moves in bps: arrays against the exact definition, the decomposition of the spread, undefined prices."""

from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.metrics import slippage
from app.engine.metrics.slippage import Fills, Floats, Ints, bps, bps_each, exact_bps
from app.engine.units import NULL, PRICE_SCALE

P = PRICE_SCALE
PRICES = st.integers(1, 10**15)  # up to a million, in 1e-9


def ints(*values: int) -> Ints:
    return np.array(values, np.int64)


def fills(side: int, price: int, before2: int, arrival2: int, later2: int) -> Fills:
    """One fill, its later mid at the second of two horizons."""
    return Fills(ints(side), ints(price), ints(before2), ints(arrival2), np.array([[NULL, later2]], np.int64))


def test_that_a_buy_above_and_a_sell_below_cost_the_same() -> None:
    assert exact_bps(1, 1002, 1000, 1000) == exact_bps(-1, 998, 1000, 1000) == 20
    assert exact_bps(1, 3, 1, 7) == Fraction(20_000, 7)


@given(st.sampled_from((1, -1)), PRICES, PRICES, PRICES)
def test_that_the_scalar_is_the_exact_definition_rounded_once(side: int, to2: int, from2: int, over2: int) -> None:
    assert bps(side, to2, from2, over2) == float(exact_bps(side, to2, from2, over2))


@given(st.lists(st.tuples(st.sampled_from((1, -1)), PRICES, PRICES, PRICES), min_size=1, max_size=20))
def test_that_the_array_agrees_with_the_exact_definition_to_three_roundings(
    rows: list[tuple[int, int, int, int]],
) -> None:
    got = bps_each(*(ints(*column) for column in zip(*rows, strict=True)))
    for value, row in zip(got.tolist(), rows, strict=True):
        exact = exact_bps(*row)
        assert abs(Fraction(value) - exact) <= abs(exact) * Fraction(4, 2**53)


@given(st.lists(st.tuples(st.sampled_from((1, -1)), PRICES, PRICES, PRICES), min_size=2, max_size=20))
def test_that_an_array_gives_the_same_bits_in_one_block_and_in_blocks_of_one(
    rows: list[tuple[int, int, int, int]],
) -> None:
    whole = bps_each(*(ints(*column) for column in zip(*rows, strict=True)))
    single = np.concatenate([bps_each(*(ints(item) for item in row)) for row in rows])
    assert whole.tobytes() == single.tobytes()


@pytest.mark.parametrize("missing", [1, 2, 3])
def test_that_an_undefined_price_makes_the_move_undefined(missing: int) -> None:
    scalars: list[int | None] = [1, 5, 4, 3]
    scalars[missing] = None
    assert bps(1, *scalars[1:]) is None
    arrays = [ints(1, 1), ints(5, 5), ints(4, 4), ints(3, 3)]
    arrays[missing][0] = NULL
    got = bps_each(*arrays)
    assert np.isnan(got[0])
    assert got[1] == 10_000 / 3


@pytest.mark.parametrize("over", [0, -4])
def test_that_a_move_over_a_price_that_is_not_positive_is_undefined(over: int) -> None:
    assert bps(1, 5, 4, over) is None
    assert np.isnan(bps_each(ints(1), ints(5), ints(4), ints(over)))[0]


def test_that_a_move_over_the_smallest_price_is_defined() -> None:
    assert bps(1, 2, 1, 1) == bps_each(ints(1), ints(2), ints(1), ints(1))[0] == 10_000.0


def test_that_cumulative_slippage_is_of_the_average_price() -> None:
    notional = 100 * 101 * P + 300 * 103 * P
    assert slippage.cumulative_bps(1, notional, 400, 200 * P) == 250.0
    assert slippage.cumulative_bps(-1, notional, 400, 200 * P) == -250.0
    assert slippage.cumulative_bps(1, notional, 0, 200 * P) is None
    assert slippage.cumulative_bps(1, 101 * P, 1, 200 * P) == 100.0
    assert slippage.cumulative_bps(1, notional, 400, None) is None


def test_that_slippage_against_a_benchmark_is_over_that_benchmark() -> None:
    notional = 4 * 102 * P
    assert slippage.against_bps(1, notional, 4, Fraction(100 * P)) == 200.0
    assert slippage.against_bps(-1, notional, 4, Fraction(200 * P)) == 4900.0
    assert slippage.against_bps(1, 5, 1, Fraction(4)) == 2500.0
    assert slippage.against_bps(1, notional, 4, None) is None
    assert slippage.against_bps(1, notional, 0, Fraction(100 * P)) is None


def test_that_the_post_trade_drift_is_over_arrival() -> None:
    assert slippage.post_drift_bps(1, 206, 204, 200) == 100.0
    assert slippage.post_drift_bps(-1, 206, 204, 200) == -100.0
    assert slippage.post_drift_bps(1, None, 204, 200) is None


def test_that_beta_takes_the_index_out() -> None:
    assert slippage.beta_adjusted_bps(5.0, 1.5, 2.0) == 2.0
    assert slippage.beta_adjusted_bps(None, 1.5, 2.0) is None
    assert slippage.beta_adjusted_bps(5.0, None, 2.0) is None
    assert slippage.beta_adjusted_bps(5.0, 1.5, None) is None


def test_that_each_column_of_a_fill_has_its_own_move_and_denominator() -> None:
    # buy at 103 before a mid of 102, arrival 100, mid 104 later
    one = fills(1, 103, 204, 200, 208)
    columns: list[tuple[Callable[[Fills], Floats], Fraction]] = [
        (slippage.slip_arrival_bps, Fraction(3, 100)),
        (slippage.mid_drift_bps, Fraction(2, 100)),
        (slippage.effective_spread_bps, Fraction(2, 102)),
        (lambda f: slippage.realized_spread_bps(f, 1), Fraction(-2, 102)),
        (lambda f: slippage.impact_bps(f, 1), Fraction(2, 102)),
        (lambda f: slippage.markout_bps(f, 1), Fraction(1, 103)),
    ]
    for column, exact in columns:
        assert column(one).tolist() == [pytest.approx(float(10_000 * exact), rel=1e-15)]


@pytest.mark.parametrize(
    "column",
    [slippage.realized_spread_bps, slippage.impact_bps, slippage.markout_bps],
    ids=["realized", "impact", "markout"],
)
def test_that_a_horizon_without_a_mid_is_undefined(column: Callable[[Fills, int], Floats]) -> None:
    assert np.isnan(column(fills(1, 103, 204, 200, 208), 0)).all()


@given(st.sampled_from((1, -1)), PRICES, PRICES, PRICES)
def test_that_effective_is_realized_plus_twice_the_impact_exactly(
    side: int, price: int, before2: int, later2: int
) -> None:
    effective = 2 * exact_bps(side, 2 * price, before2, before2)
    realized = 2 * exact_bps(side, 2 * price, later2, before2)
    impact = exact_bps(side, later2, before2, before2)
    assert effective == realized + 2 * impact
    one = fills(side, price, before2, before2, later2)
    for got, exact in (
        (slippage.effective_spread_bps(one), effective),
        (slippage.realized_spread_bps(one, 1), realized),
        (slippage.impact_bps(one, 1), impact),
        (slippage.markout_bps(one, 1), exact_bps(side, later2, 2 * price, 2 * price)),
    ):
        assert got[0] == pytest.approx(float(exact), rel=1e-15, abs=0)


def test_that_mirrored_fills_cost_the_same() -> None:
    buy, sell = fills(1, 103, 204, 200, 208), fills(-1, 97, 196, 200, 192)
    assert slippage.slip_arrival_bps(buy) == slippage.slip_arrival_bps(sell)
    assert slippage.mid_drift_bps(buy) == slippage.mid_drift_bps(sell)
