"""Two splits with equal totals, the causal ledger beside them, denominators, the limit's share."""

import random
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.metrics.figure import Exact, Figure, Scale
from app.engine.metrics.identity import Execution, Shortfall
from app.engine.metrics.shortfall import (
    Splits,
    average_price,
    beyond_limit,
    is_bps,
    ledger,
    notional,
    part_bps,
    splits,
)
from app.engine.units import PAST_END, PRICE_SCALE

P = PRICE_SCALE


def px(price: float) -> int:
    return round(price * P)


def mid(price: float) -> int:
    return round(price * 2 * P)


def value(figure: Figure[Exact]) -> Exact:
    assert figure.value is not None, figure.reason
    return figure.value


def curriculum() -> Shortfall:
    """Buy 10,000, arrival 50.10, 7,000 for 351,800, costs 75 (decision 50.00 and end 50.50 beside it)."""
    account = Shortfall(1, 10_000, mid(50.10))
    account.fill(Execution(6_600, px(50.25), mid(50.20), fee=75 * P))
    account.fill(Execution(400, px(50.375), mid(50.20)))
    return account


def test_that_the_curriculum_order_costs_3375_or_67_5_bps_by_either_split() -> None:
    scale = Scale()
    account = curriculum()
    parts = splits(account, scale, mid(50.50), px(50.00))
    money = [scale.published(part) for part in parts]
    assert money == [1000.0, 1100.0, 1200.0, 700.0, 1500.0, 75.0, 3375.0]
    assert is_bps(account, scale, parts.total, px(50.00)) == 67.5


def random_account(rng: random.Random, inverse: bool) -> tuple[Shortfall, Scale, int, int]:
    account = Shortfall(rng.choice((1, -1)), rng.randrange(1, 10**6), mid(rng.uniform(50, 150)), inverse=inverse)
    for _ in range(rng.randrange(0, 6)):
        account.fill(
            Execution(
                rng.randrange(1, 10**6), px(rng.uniform(50, 150)), mid(rng.uniform(50, 150)), rng.randrange(-P, P)
            )
        )
    if rng.random() < 0.5:
        account.amend(rng.randrange(1, 10**6), mid(rng.uniform(50, 150)))
    end2 = mid(rng.uniform(50, 150))
    account.mark(end2)
    scale = Scale(rng.randrange(1, 100) * 10**7, rng.randrange(-4, 4), rng.choice((1, 100)))
    return account, scale, end2, px(rng.uniform(50, 150))


@given(st.integers(0, 2**64), st.booleans())
def test_that_both_splits_and_the_ledger_have_the_same_total_exactly(seed: int, inverse: bool) -> None:
    account, scale, end2, decision = random_account(random.Random(seed), inverse)
    view = splits(account, scale, end2, decision)
    delay, trading, opportunity, delay_filled, missed, fees, total = map(value, view)
    assert delay + trading + opportunity + fees == total
    assert delay_filled + missed + trading + fees == total
    causal = ledger(account, scale, decision)
    assert value(causal.total) == total
    assert sum(map(value, causal[:-1]), start=Fraction(0)) == total
    if not inverse:
        assert all(isinstance(value(part), int) for part in (*view, *causal))


@given(st.integers(0, 2**64), st.booleans())
def test_that_without_a_decision_price_the_total_is_against_arrival(seed: int, inverse: bool) -> None:
    account, scale, end2, _ = random_account(random.Random(seed), inverse)
    view = splits(account, scale, end2)
    assert view.delay == view.delay_filled == view.missed == (None, "no decision price")
    assert value(view.trading) + value(view.opportunity) + value(view.fees) == value(view.total)
    causal = ledger(account, scale)
    assert causal.delay == (0, "")
    assert value(causal.total) == value(view.total)
    assert sum(map(value, causal[:-1]), start=Fraction(0)) == value(causal.total)


def test_that_nothing_left_needs_no_end_mid() -> None:
    account = Shortfall(1, 10, mid(10))
    account.fill(Execution(10, px(11), mid(10)))
    view = splits(account, Scale(), None, px(9))
    assert (value(view.opportunity), value(view.missed)) == (0, 0)
    assert Scale().published(view.total) == 20.0


def test_that_a_rest_without_an_end_mid_has_no_opportunity_and_says_why() -> None:
    account = Shortfall(1, 10, mid(10))
    account.mark(None, PAST_END)
    named = splits(account, Scale(), None, px(9), "end mid: halt")
    assert named.opportunity == named.missed == named.total == (None, "end mid: halt")
    assert Scale().published(named.delay) == 10.0
    assert splits(account, Scale(), None).total == (None, "no end mid")
    causal = ledger(account, Scale())
    assert causal.total == causal.drift == (None, "mid now: past_end")
    assert value(causal.spread) == 0


def test_that_without_an_arrival_the_total_against_the_decision_stays_known() -> None:
    account = Shortfall(1, 10)
    account.fill(Execution(4, px(11), mid(10), fee=P))
    view = splits(account, Scale(), mid(12), px(9))
    assert view.trading == view.opportunity == view.delay == view.delay_filled == (None, "arrival: pending")
    assert Scale().published(view.total) == 4 * 2 + 6 * 3 + 1
    assert Scale().published(view.missed) == 18.0
    assert is_bps(account, Scale(), view.total, px(9)) == 10_000 * 27 / 90
    assert is_bps(account, Scale(), view.total) is None


def test_that_shortfall_is_over_decision_if_known_and_over_arrival_else() -> None:
    account = Shortfall(-1, 10, mid(10))
    total: Figure[Exact] = Figure(Scale().fee_grains(P))
    assert is_bps(account, Scale(), total, px(8)) == 125.0
    assert is_bps(account, Scale(), total) == 100.0
    assert part_bps(account, Scale(), total, mid(5)) == 200.0
    assert part_bps(account, Scale(), Figure(None, "x"), mid(5)) is None
    assert part_bps(account, Scale(), total, None) is None
    assert part_bps(Shortfall(1, None, mid(10)), Scale(), total, mid(5)) is None


def test_that_the_notional_of_an_inverse_contract_is_its_face() -> None:
    scale = Scale(multiplier=10 * P)
    assert scale.ccy(notional(Shortfall(1, 7, mid(2000), inverse=True), scale, mid(2000))) == 70.0
    assert scale.ccy(notional(Shortfall(1, 7, mid(2000)), scale, mid(2000))) == 140_000.0


@pytest.mark.parametrize("side", [1, -1])
def test_that_only_the_move_past_the_limit_lies_beyond_it(side: int) -> None:
    account = Shortfall(side, 10, mid(100))
    account.fill(Execution(4, px(100), mid(100)))

    def beyond(limit: float, end: float) -> float | None:
        return Scale().published(beyond_limit(account, Scale(), mid(100 + side * end), px(100 + side * limit)))

    assert beyond(2, 3) == 6.0
    assert beyond(2, 1) == 0.0
    assert beyond(2, 2) == 0.0
    assert beyond(-1, 3) == 18.0  # arrived beyond it already
    assert beyond(0, 3) == 18.0
    assert beyond(-2, -1) == 0.0


def test_that_what_lies_beyond_the_limit_is_undefined_with_what_it_needs() -> None:
    scale = Scale()
    assert beyond_limit(Shortfall(1, 10, mid(100)), scale, None, px(99)) == (None, "no end mid")
    assert beyond_limit(Shortfall(1, 10), scale, mid(99), px(99)) == (None, "arrival: pending")
    assert beyond_limit(Shortfall(1, None, mid(99)), scale, mid(99), px(99)) == (None, "no order quantity")


def test_that_the_average_price_is_in_quote_currency() -> None:
    account = curriculum()
    assert average_price(account) == 351_800 / 7_000
    assert average_price(Shortfall(1, 10, mid(1))) is None


def test_that_the_parts_of_a_split_have_their_names() -> None:
    assert Splits._fields == ("delay", "trading", "opportunity", "delay_filled", "missed", "fees", "total")
