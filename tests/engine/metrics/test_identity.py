"""The account of one parent: every part by hand, what is undefined and why, busts, amendments, inverse contracts."""

import random
from collections.abc import Iterator
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.metrics.figure import Exact, Figure
from app.engine.metrics.identity import Execution, Shortfall
from app.engine.units import HELD_CROSSED, IN_AUCTION, IN_HALT, NO_QUOTE, ONE_SIDED, PAST_END, PRICE_SCALE

P = PRICE_SCALE


def px(price: float) -> int:
    return round(price * P)


def mid(price: float) -> int:
    return round(price * 2 * P)


def value(figure: Figure[Exact]) -> Exact:
    assert figure.value is not None, figure.reason
    assert figure.reason == ""
    return figure.value


def walk(rng: random.Random, size: int) -> Iterator[int]:
    m2 = rng.randrange(2 * P, 2000 * P)
    for _ in range(size):
        m2 = max(1, m2 + rng.randrange(-P // 10, P // 10 + 1))
        yield m2


def random_executions(rng: random.Random, count: int) -> list[Execution]:
    mids = walk(rng, count)
    return [
        Execution(rng.randrange(1, 1000), max(1, m2 // 2 + rng.randrange(-P, P)), m2, rng.randrange(-99, 99))
        for m2 in mids
    ]


@given(st.integers(0, 2**64), st.booleans(), st.sampled_from((1, -1)))
def test_that_busted_and_corrected_fills_leave_no_trace_in_whatever_order_they_come(
    seed: int, inverse: bool, side: int
) -> None:
    rng = random.Random(seed)
    stay, go, wrong, right = (random_executions(rng, rng.randrange(0, 5)) for _ in range(4))
    wrong = wrong[: len(right)]
    clean = Shortfall(side, 5000, mid(100), inverse=inverse)
    for execution in stay + right[: len(wrong)]:
        clean.fill(execution)
    messy = Shortfall(side, 5000, mid(100), inverse=inverse)
    entered = stay + go + wrong
    rng.shuffle(entered)
    for execution in entered:
        messy.fill(execution)
    for execution in go:
        messy.bust(execution)
    for old, new in zip(wrong, right, strict=False):
        messy.correct(old, new)
    for account in (clean, messy):
        account.mark(mid(101))
    assert messy.state() == clean.state()
    assert value(messy.spread()) + value(messy.drift()) == value(messy.marked())


@given(st.integers(0, 2**64))
def test_that_mirroring_side_and_moves_gives_the_same_cost(seed: int) -> None:
    rng = random.Random(seed)
    arrival2 = mid(1000)
    buy, sell = Shortfall(1, 700, arrival2), Shortfall(-1, 700, arrival2)
    for execution in random_executions(rng, 6):
        assert execution.mid2 is not None
        buy.fill(execution)
        sell.fill(execution._replace(price=arrival2 - execution.price, mid2=2 * arrival2 - execution.mid2))
    buy.amend(900, mid(1003))
    sell.amend(900, mid(997))
    buy.mark(mid(1004))
    sell.mark(mid(996))
    for part in ("spread", "drift", "amended", "withdrawn", "executed", "marked"):
        assert getattr(buy, part)() == getattr(sell, part)()
    assert buy.delay(px(998)) == sell.delay(px(1002))


@pytest.mark.parametrize(("qty", "price"), [(10**6, 10**10 * P), (10**10, 10**6 * P)])
def test_that_a_notional_of_a_million_times_ten_billion_does_not_wrap(qty: int, price: int) -> None:
    account = Shortfall(1, qty, 2 * price)
    account.fill(Execution(qty, price + P, 2 * price))
    assert account.notional == qty * (price + P)
    assert value(account.executed()) == 2 * P * qty
    assert value(account.spread()) == 2 * P * qty
    assert value(account.drift()) == 0


def worked() -> Shortfall:
    """Buy 100 at 10, raised to 150 at 11, 60 done at 12 before a mid of 11.5, cut to 120 at 13, mid now 14."""
    account = Shortfall(1, 100, mid(10))
    account.amend(150, mid(11))
    account.fill(Execution(60, px(12), mid(11.5), fee=7))
    account.amend(120, mid(13))
    account.mark(mid(14))
    return account


def test_that_every_part_of_a_worked_order_is_what_hand_calculation_says() -> None:
    account, unit = worked(), 2 * P
    assert value(account.spread()) == 60 * unit // 2
    assert value(account.drift()) == (100 * 2 + 150 * 1 + 90 * 3 + 60 * 2) * unit // 2
    assert value(account.amended()) == (50 * 1 - 30 * 3) * unit
    assert value(account.withdrawn()) == 30 * 3 * unit
    assert value(account.executed()) == 60 * 2 * unit
    assert value(account.marked()) == (60 * 2 + 60 * 4) * unit
    assert value(account.delay(px(9))) == 120 * unit
    assert value(account.delay_on_filled(px(9))) == 60 * unit
    assert value(account.left(mid(10), mid(15), "")) == 60 * 5 * unit
    assert value(account.against(mid(9), mid(15), "")) == (60 * 3 + 60 * 6) * unit
    assert (account.filled, account.rest, account.fees, account.notional) == (60, 60, 7, 60 * px(12))
    assert (account.added_qty, account.cut_qty) == (50, 30)


def test_that_a_cut_alone_takes_out_the_drift_of_the_withdrawn_shares() -> None:
    account = Shortfall(-1, 100, mid(10))
    account.amend(0, mid(9))
    account.mark(mid(5))
    assert value(account.drift()) == 200 * P
    assert value(account.amended()) == -200 * P
    assert value(account.withdrawn()) == 200 * P
    assert value(account.marked()) == 0


def test_that_a_raise_by_a_single_share_has_its_own_arrival() -> None:
    account = Shortfall(1, 100, mid(10))
    account.amend(101, mid(11))
    assert (account.added_qty, account.cut_qty, account.added) == (1, 0, mid(11))
    assert value(account.amended()) == 2 * P


def test_that_an_amendment_to_the_same_total_needs_no_mid() -> None:
    account = Shortfall(1, 100, mid(10))
    account.amend(100, None)
    assert value(account.amended()) == 0
    assert (account.added_qty, account.cut_qty) == (0, 0)
    account.amend(101, None)
    assert account.amended().reason == "mid at an amendment: no_quote"


def test_that_an_overfill_makes_the_rest_negative_and_the_identity_holds() -> None:
    account = Shortfall(1, 10, mid(10))
    account.fill(Execution(15, px(11), mid(10)))
    account.mark(mid(12))
    assert account.rest == -5
    assert value(account.drift()) == -5 * 4 * P
    assert value(account.spread()) + value(account.drift()) == value(account.marked()) == (15 * 2 - 5 * 4) * P


def test_that_a_fill_without_a_mid_leaves_spread_and_drift_undefined_and_the_total_defined() -> None:
    account = Shortfall(1, 10, mid(10))
    lost = Execution(4, px(11), None, quality=IN_HALT)
    account.fill(lost)
    account.mark(mid(12))
    assert account.spread() == account.drift() == (None, "mid before a fill: halt")
    assert value(account.amended()) == 0
    assert value(account.executed()) == 8 * P
    assert value(account.marked()) == (4 * 2 + 6 * 4) * P
    account.bust(lost)
    assert value(account.spread()) == 0
    assert value(account.drift()) == 10 * 4 * P


def test_that_a_fill_without_a_mid_and_without_a_word_had_no_quote() -> None:
    assert Execution(1, 1) == (1, 1, None, 0, NO_QUOTE)


def test_that_the_reason_does_not_depend_on_the_order_of_the_gaps() -> None:
    gaps = [Execution(1, px(10), None, quality=IN_HALT), Execution(1, px(10), None, quality=ONE_SIDED)]
    one, other = Shortfall(1, 10, mid(10)), Shortfall(1, 10, mid(10))
    for gap in gaps:
        one.fill(gap)
    for gap in reversed(gaps):
        other.fill(gap)
    assert one.spread() == other.spread() == (None, "mid before a fill: one_sided")


def test_that_an_amendment_without_a_mid_leaves_amend_and_drift_undefined_and_the_rest_defined() -> None:
    for total in (5, 15):
        account = Shortfall(1, 10, mid(10))
        account.fill(Execution(4, px(11), mid(10)))
        account.amend(total, None, IN_AUCTION)
        account.mark(mid(12))
        assert account.amended() == account.drift() == account.withdrawn() == (None, "mid at an amendment: auction")
        assert value(account.spread()) == 8 * P
        assert value(account.marked()) == (4 * 2 + (total - 4) * 4) * P
        assert account.added_qty - account.cut_qty == total - 10


def test_that_without_an_arrival_only_what_needs_none_is_defined_and_it_may_come_later() -> None:
    account = Shortfall(1, 10)
    account.fill(Execution(10, px(11), mid(10.5)))
    assert value(account.spread()) == 10 * P
    assert value(account.against(mid(9), None, "")) == 10 * 4 * P
    for figure in (
        account.drift(), account.amended(), account.withdrawn(), account.executed(), account.marked(),
        account.delay(px(9)), account.delay_on_filled(px(9)), account.left(None, mid(9), ""),
    ):  # fmt: skip
        assert figure == (None, "arrival: pending")
    account.arrive(None)
    assert account.marked() == (None, "arrival: no_quote")
    account.arrive(mid(10), HELD_CROSSED)
    assert value(account.marked()) == 20 * P
    assert value(account.drift()) == 10 * P


def test_that_the_mid_of_now_is_the_arrival_until_marked() -> None:
    assert value(Shortfall(1, 10, mid(10)).marked()) == 0
    assert Shortfall(1, 10).mid2 is None
    late = Shortfall(1, 10)
    late.arrive(mid(10))
    assert late.marked() == (None, "mid now: pending")


def test_that_an_undefined_mid_now_matters_only_while_something_is_left() -> None:
    account = Shortfall(-1, 10, mid(10))
    account.mark(None, PAST_END)
    assert account.marked() == account.drift() == (None, "mid now: past_end")
    assert account.left(mid(10), None, "gone") == account.against(None, None, "gone") == (None, "gone")
    assert account.left(mid(10), mid(11), "gone").value == -20 * P
    account.fill(Execution(10, px(9), mid(9.5)))
    assert value(account.marked()) == 20 * P
    assert value(account.drift()) == 10 * P
    assert value(account.left(mid(10), None, "gone")) == 0
    account.mark(None)
    account.bust(Execution(10, px(9), mid(9.5)))
    assert account.marked().reason == "mid now: no_quote"


def test_that_a_bucket_without_an_order_quantity_has_a_cost_but_no_shortfall() -> None:
    account = Shortfall(1, None, mid(10))
    account.fill(Execution(4, px(11), mid(10)))
    assert account.rest is None
    assert value(account.executed()) == 8 * P
    assert value(account.delay_on_filled(px(9))) == 8 * P
    for figure in (account.drift(), account.marked(), account.delay(px(9)), account.left(mid(10), mid(9), "")):
        assert figure == (None, "no order quantity")
    account.amend(10, mid(11))
    assert [account.first_qty, account.qty, account.added_qty] == [10, 10, 0]
    assert account.state()[2:4] == (10, 10)
    assert value(account.marked()) == 8 * P


def test_that_an_inverse_contract_costs_face_over_price_valued_at_arrival() -> None:
    account = Shortfall(1, 50, mid(2000), inverse=True)
    account.fill(Execution(30, px(2010), mid(2002)))
    account.mark(mid(1990))
    unit = 2 * P  # one unit of quote currency and of face in money2
    assert value(account.spread()) == 30 * (Fraction(1, 2002) - Fraction(1, 2010)) * 2000 * unit
    assert value(account.executed()) == 30 * (1 - Fraction(2000, 2010)) * unit
    assert value(account.marked()) == (30 * (1 - Fraction(2000, 2010)) + 20 * (1 - Fraction(2000, 1990))) * unit
    assert value(account.delay(px(1980))) == 50 * (Fraction(2000, 1980) - 1) * unit
    assert account.notional == 30 * px(2010)


def test_that_an_inverse_contract_without_an_arrival_has_no_money() -> None:
    account = Shortfall(1, 50, inverse=True)
    account.fill(Execution(50, px(2010), mid(2002)))
    assert account.spread() == account.against(mid(2000), mid(2000), "") == (None, "arrival: pending")


@pytest.mark.parametrize("inverse", [False, True])
def test_that_an_account_survives_its_state_and_a_copy_is_independent(inverse: bool) -> None:
    account = Shortfall(-1, 100, mid(10), inverse=inverse)
    account.amend(150, mid(11))
    account.amend(120, None, IN_HALT)
    account.fill(Execution(60, px(12), mid(11.5), fee=7))
    account.fill(Execution(3, px(12), None, fee=1, quality=ONE_SIDED))
    account.mark(mid(14), HELD_CROSSED)
    twin = Shortfall.from_state(account.state())
    assert twin.state() == account.state()
    for part in ("spread", "drift", "amended", "executed", "marked"):
        assert getattr(twin, part)() == getattr(account, part)()
    before = account.state()
    copy = account.copy()
    copy.fill(Execution(1, px(12), None, quality=IN_HALT))
    assert account.state() == before
    assert copy.state() != before
    assert all(item is None or isinstance(item, int | tuple) for item in before)


def test_that_the_state_of_a_linear_account_comes_back_as_integers() -> None:
    twin = worked().copy()
    assert isinstance(value(twin.marked()), int)
    assert twin.state() == worked().state()
    with pytest.raises(ValueError, match=r"shorter|longer"):
        Shortfall.from_state(worked().state()[:-1])
