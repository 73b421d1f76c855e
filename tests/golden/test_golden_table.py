"""The golden table: every figure as an exact fraction, as buy and mirrored as sell."""

from fractions import Fraction
from typing import NamedTuple

import numpy as np
import pytest

from app.engine.metrics.figure import Scale
from app.engine.metrics.identity import Execution, Shortfall
from app.engine.metrics.shortfall import average_price, ledger, part_bps, splits
from app.engine.metrics.slippage import (
    Fills,
    bps,
    cumulative_bps,
    exact_bps,
    mid_drift_bps,
    post_drift_bps,
    slip_arrival_bps,
)
from app.engine.units import PRICE_SCALE

CENT = PRICE_SCALE // 100
MIL = PRICE_SCALE // 1000
A2 = 20002 * CENT  # 100.00 / 100.02
MS = 1_000_000
# (T+ ms, bid in cents); the touch is two cents wide throughout
TOUCH = [(0, 10000), (50, 10001), (75, 10002), (120, 10003), (200, 10005)]
FILLS = [(75, 100_035), (120, 100_045)]  # 5,000 each, price in mils


class View(NamedTuple):
    """The table seen as a buy, or mirrored about its arrival mid as a sell."""

    side: int

    def price(self, price: int) -> int:
        return price if self.side > 0 else A2 - price

    def mid2(self, at_ms: int) -> int:
        bid = dict(TOUCH)[at_ms] * CENT
        mid2 = 2 * bid + 2 * CENT
        return mid2 if self.side > 0 else 2 * A2 - mid2

    def account(self) -> Shortfall:
        account = Shortfall(self.side, 100_000, self.mid2(0))
        for at_ms, mils in FILLS:
            account.fill(Execution(5_000, self.price(mils * MIL), self.mid2(at_ms)))
        account.mark(self.mid2(200))
        return account


@pytest.fixture(params=[1, -1], ids=["buy", "sell"])
def view(request: pytest.FixtureRequest) -> View:
    return View(request.param)


def bps_of(mils: int, over_mils: int = 100_010) -> Fraction:
    return Fraction(10_000 * mils, over_mils)


def test_that_each_fill_slips_by_its_exact_fraction(view: View) -> None:
    for (_, mils), exact, printed in zip(FILLS, (bps_of(25), bps_of(35)), (2.49975, 3.49965), strict=True):
        price2 = 2 * view.price(mils * MIL)
        assert exact_bps(view.side, price2, A2, A2) == exact
        assert bps(view.side, price2, A2, A2) == float(exact)
        assert round(float(exact), 5) == printed


def test_that_the_cumulative_slippage_is_of_the_average_not_of_the_second_fill(view: View) -> None:
    account = Shortfall(view.side, 100_000, view.mid2(0))
    for (at_ms, mils), exact, money in zip(FILLS, (bps_of(25), bps_of(30)), (125.0, 300.0), strict=True):
        account.fill(Execution(5_000, view.price(mils * MIL), view.mid2(at_ms)))
        assert cumulative_bps(view.side, account.notional, account.filled, A2) == float(exact)
        executed = account.executed().value
        assert executed is not None
        assert Scale().ccy(Scale().grains(executed)) == money
    assert round(float(bps_of(30)), 5) == 2.99970
    assert average_price(account) == (100.04 if view.side > 0 else 99.98)


@pytest.mark.parametrize(
    ("at_ms", "mils", "printed"),
    [(0, 0, 0.0), (50, 10, 0.99990), (75, 20, 1.99980), (120, 30, 2.99970), (200, 50, 4.99950)],
)
def test_that_the_mid_drifts_by_its_exact_fraction(view: View, at_ms: int, mils: int, printed: float) -> None:
    mid2 = view.mid2(at_ms)
    assert exact_bps(view.side, mid2, A2, A2) == bps_of(mils)
    assert bps(view.side, mid2, A2, A2) == float(bps_of(mils))
    assert round(float(bps_of(mils)), 5) == printed


def test_that_the_columns_of_the_fills_table_are_the_same_figures(view: View) -> None:
    arrays = Fills(
        np.full(2, view.side, np.int64),
        np.array([view.price(mils * MIL) for _, mils in FILLS], np.int64),
        np.array([view.mid2(at_ms) for at_ms, _ in FILLS], np.int64),
        np.full(2, A2, np.int64),
        np.empty((2, 0), np.int64),
    )
    assert slip_arrival_bps(arrays).tolist() == [float(bps_of(25)), float(bps_of(35))]
    assert mid_drift_bps(arrays).tolist() == [float(bps_of(20)), float(bps_of(30))]


def test_that_leakage_before_and_drift_after_the_trade_are_two_mils_each(view: View) -> None:
    before = bps(view.side, view.mid2(75), A2, A2)
    after = post_drift_bps(view.side, view.mid2(200), view.mid2(120), A2)
    assert before == after == float(bps_of(20))
    assert round(float(bps_of(20)), 5) == 1.99980


def test_that_the_running_identity_adds_up_to_the_marked_shortfall(view: View) -> None:
    parts = ledger(view.account(), Scale())
    money = [Scale().published(part) for part in parts]
    # spread 2 x 5,000 x .005; drift 100,000 x .02 + 95,000 x .01 + 90,000 x .02; marked 300 + 90,000 x .05
    assert money == [50.0, 4750.0, 0.0, 0.0, 0.0, 4800.0]


def test_that_the_arrival_cost_is_300_dollars_and_the_rest_is_opportunity(view: View) -> None:
    account = view.account()
    parts = splits(account, Scale(), view.mid2(200))
    assert Scale().published(parts.trading) == 300.0
    assert Scale().published(parts.opportunity) == 4500.0
    assert part_bps(account, Scale(), parts.total, A2) == float(
        Fraction(4800 * 10_000) / (100_000 * Fraction(10001, 100))
    )


def test_that_the_fill_through_the_childs_limit_stays_in_every_figure(view: View) -> None:
    limit2, price2 = 2 * view.price(100_040 * MIL), 2 * view.price(FILLS[1][1] * MIL)
    assert view.side * (price2 - limit2) > 0
    assert view.account().filled == 10_000
