"""Aggressor share, spread capture and price improvement; unknown liquidity classified by price."""

import random

import pytest

from app.engine.metrics.liquidity import Liquidity, TouchedFill, classified

BUY = TouchedFill(side=1, qty=100, price=1010, bid=1000, ask=1010, liquidity=None)


def mirrored(fill: TouchedFill) -> TouchedFill:
    """The same fill seen from the other side, about 1005."""
    bid = None if fill.ask is None else 2010 - fill.ask
    ask = None if fill.bid is None else 2010 - fill.bid
    return fill._replace(side=-fill.side, price=2010 - fill.price, bid=bid, ask=ask)


@pytest.mark.parametrize(
    ("price", "kind"), [(1011, "R"), (1010, "R"), (1006, "R"), (1005, None), (1004, "A"), (1000, "A"), (990, "A")]
)
def test_that_unknown_liquidity_goes_by_the_price_against_the_mid(price: int, kind: str | None) -> None:
    fill = BUY._replace(price=price)
    assert classified(fill) == classified(mirrored(fill)) == kind


@pytest.mark.parametrize("fill", [BUY._replace(bid=None), BUY._replace(ask=None)])
def test_that_without_a_two_sided_touch_nothing_can_be_classified(fill: TouchedFill) -> None:
    assert classified(fill) is None
    sums = Liquidity()
    sums.enter(fill)
    assert sums.unknown == 100
    assert sums.aggressor_share() is None
    assert sums.inferred_share() is None


def test_that_the_aggressor_share_leaves_out_auctions_dark_fills_and_the_unclassified() -> None:
    sums = Liquidity()
    for liquidity, qty in (("R", 30), ("A", 50), ("X", 7), ("D", 11)):
        sums.enter(BUY._replace(liquidity=liquidity, qty=qty))
    sums.enter(BUY._replace(price=1005, qty=13))
    assert sums.aggressor_share() == 30 / 80
    assert (sums.elsewhere, sums.unknown, sums.inferred) == (18, 13, 0)
    sums.enter(BUY._replace(qty=20))
    assert sums.aggressor_share() == 50 / 100
    assert sums.inferred_share() == 20 / 100


def test_that_a_passive_fill_captures_the_spread_at_the_near_touch_and_nothing_at_the_far_one() -> None:
    for price, capture in ((1000, 1.0), (1005, 0.5), (1010, 0.0), (998, 1.2)):
        for fill in (BUY._replace(price=price, liquidity="A"), mirrored(BUY._replace(price=price, liquidity="A"))):
            sums = Liquidity()
            sums.enter(fill)
            assert sums.spread_capture() == capture
            assert sums.price_improvement_bps() is None


def test_that_an_aggressive_fill_improves_on_the_far_touch() -> None:
    for price, gain in ((1010, 0), (1008, 2), (1011, -1)):
        sums = Liquidity()
        sums.enter(BUY._replace(price=price, liquidity="R"))
        assert sums.price_improvement_bps() == 10_000 * gain / 1005
        assert sums.spread_capture() is None
    sell = Liquidity()
    sell.enter(TouchedFill(-1, 100, 1002, 1000, 1010, "R"))
    assert sell.price_improvement_bps() == 10_000 * 2 / 1005


def test_that_capture_and_improvement_are_ratios_of_sums() -> None:
    sums = Liquidity()
    sums.enter(TouchedFill(1, 1, 1000, 1000, 1010, "A"))
    sums.enter(TouchedFill(1, 3, 1035, 1000, 1050, None))
    sums.enter(TouchedFill(1, 3, 1020, 1000, 1050, None))
    assert sums.spread_capture() == (10 + 90) / (10 + 150)
    assert sums.price_improvement_bps() == 10_000 * 3 * 15 / (3 * 1025)
    assert sums.inferred_share() == 6 / 7


def test_that_known_liquidity_without_a_touch_counts_for_the_share_alone() -> None:
    sums = Liquidity()
    sums.enter(BUY._replace(liquidity="R", bid=None))
    sums.enter(BUY._replace(liquidity="A", ask=None))
    assert sums.aggressor_share() == 0.5
    assert sums.spread_capture() is None
    assert sums.price_improvement_bps() is None


def test_that_a_busted_fill_leaves_no_trace_and_the_sums_survive_their_state() -> None:
    rng = random.Random(3)
    sums = Liquidity()
    for _ in range(50):
        price, liquidity = rng.randrange(995, 1015), rng.choice(("A", "R", "X", "D", None))
        sums.enter(BUY._replace(side=rng.choice((1, -1)), price=price, liquidity=liquidity, qty=rng.randrange(1, 9)))
    before = sums.state()
    assert all(before)
    for liquidity in ("A", "R", "X", None):
        for price in (1001, 1005, 1009):
            fill = BUY._replace(liquidity=liquidity, price=price)
            sums.enter(fill)
            assert sums.state() != before
            sums.enter(fill, -1)
            assert sums.state() == before
    assert Liquidity.from_state(before).state() == before
    with pytest.raises(ValueError, match=r"shorter|longer"):
        Liquidity.from_state(before[1:])
