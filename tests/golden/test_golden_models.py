"""The golden figures of the definitions: the curriculum order's shortfall and the impact models."""

from decimal import Decimal

import pytest

from app.engine.metrics.figure import Scale
from app.engine.metrics.identity import Execution, Shortfall
from app.engine.metrics.models import (
    Inputs,
    almgren,
    expected_cost_bps,
    istar,
    istar_market_impact,
    square_root_mean,
    square_root_peak,
)
from app.engine.metrics.shortfall import is_bps, splits
from app.engine.units import PRICE_SCALE

QUARTER = Inputs(qty=0.25, days=1.0, adv=1.0, daily_sigma=0.02, shares_outstanding=200.0, pov=0.2)


def printed(value: float | None) -> Decimal:
    assert value is not None
    return Decimal(value).quantize(Decimal("0.1"))


@pytest.mark.parametrize("side", [1, -1], ids=["buy", "sell"])
def test_that_the_shortfall_is_3375_and_67_5_bps(side: int) -> None:
    def px(cents: int) -> int:
        return PRICE_SCALE * (5000 + side * (cents - 5000)) // 100

    account = Shortfall(side, 10_000, 2 * px(5010))
    # 7,000 for 351,800 (mirrored: for 348,200)
    account.fill(Execution(6_600, px(5025), 2 * px(5010), fee=75 * PRICE_SCALE))
    account.fill(Execution(400, (px(5037) + px(5038)) // 2, 2 * px(5010)))
    assert account.notional == (350_000 + side * 1_800) * PRICE_SCALE
    parts = splits(account, Scale(), 2 * px(5050), px(5000))
    names = ("delay", "trading", "opportunity", "fees", "total")
    assert [Scale().published(getattr(parts, name)) for name in names] == [1000.0, 1100.0, 1200.0, 75.0, 3375.0]
    assert is_bps(account, Scale(), parts.total, px(5000)) == 67.5


def test_that_almgren_2005_is_29_5_and_12_4_and_41_9() -> None:
    terms = almgren(QUARTER).value
    assert terms is not None
    assert printed(terms.permanent / 2) == Decimal("29.5")
    assert printed(terms.temporary) == Decimal("12.4")
    assert printed(expected_cost_bps("almgren", QUARTER).value) == Decimal("41.9")


def test_that_the_square_root_is_100_at_its_peak_and_66_7_in_the_mean() -> None:
    assert printed(square_root_peak(QUARTER).value) == 100
    assert printed(square_root_mean(QUARTER).value) == Decimal("66.7")


def test_that_istar_is_146_3_and_67_0_at_a_fifth_of_the_volume() -> None:
    assert printed(istar(QUARTER).value) == Decimal("146.3")
    assert printed(istar_market_impact(QUARTER).value) == Decimal("67.0")
