"""What of our own orders rests in the market, told row by row; no row makes shares that were never there."""

from collections.abc import Sequence
from typing import Any

import pytest

from app.engine.events import OrderRow
from app.engine.units import ASK, BID
from app.session.resting import OwnOrders, Place

AT = ("V", BID, 50)


def resting(rows: Sequence[OrderRow], instrument: str) -> dict[Place, int]:
    """What rests after rows; the same when a copy is told the later half, which leaves the first as it was."""
    half = OwnOrders().tell(rows[: len(rows) // 2])
    before = half.shown(instrument)
    found = half.copy().tell(rows[len(rows) // 2 :]).shown(instrument)
    assert half.shown(instrument) == before
    assert OwnOrders().tell(rows).shown(instrument) == found
    return found


def row(kind: str, child: str | None = "C", **more: Any) -> OrderRow:
    """A row of an order of 100 at 50 on V."""
    values: dict[str, Any] = {"ts_event": 1, "kind": kind, "source": "S", "child_id": child} | more
    return OrderRow(**values)


def new(child: str = "C", **more: Any) -> OrderRow:
    """A child order is sent."""
    values: dict[str, Any] = {"instrument": "I", "venue": "V", "side": "BUY", "qty": 100, "price": 50} | more
    return row("child_new", child, **values)


WORKING = [new(), row("child_acked")]


@pytest.mark.parametrize("kind", ["child_cancelled", "child_expired", "rejected", "done_for_day"])
def test_that_every_end_takes_the_order_away(kind: str) -> None:
    assert resting(WORKING, "I") == {AT: 100}
    assert resting([*WORKING, row(kind)], "I") == {}


@pytest.mark.parametrize(
    "kind", ["child_cancel_requested", "child_replace_requested", "cancel_rejected", "algo_paused"]
)
def test_that_a_request_alone_changes_nothing(kind: str) -> None:
    assert resting([*WORKING, row(kind, qty=1, price=1)], "I") == {AT: 100}


@pytest.mark.parametrize(("filled", "left"), [([1], 99), ([40, 59], 1), ([100], None), ([60, 60], None)])
def test_that_fills_take_from_it_until_nothing_is_left(filled: list[int], left: int | None) -> None:
    rows = [*WORKING, *(row("fill", qty=qty) for qty in filled)]
    assert resting(rows, "I") == ({} if left is None else {AT: left})


def test_that_a_fill_acknowledges_an_order_whose_acknowledgement_never_came() -> None:
    assert resting([new(), row("fill", qty=30)], "I") == {AT: 70}


def test_that_a_fill_without_a_quantity_takes_nothing() -> None:
    assert resting([*WORKING, row("fill")], "I") == {AT: 100}


@pytest.mark.parametrize(
    ("more", "place", "left"),
    [
        ({"qty": 80}, AT, 80),
        ({"price": 49}, ("V", BID, 49), 100),
        ({"qty": 30, "price": 51, "venue": "W"}, ("W", BID, 51), 30),
        ({}, AT, 100),
    ],
)
@pytest.mark.parametrize("kind", ["child_replaced", "restated"])
def test_that_a_replaced_order_rests_with_what_was_changed_and_keeps_the_rest(
    kind: str, more: dict[str, Any], place: tuple[str, int, int], left: int
) -> None:
    assert resting([*WORKING, row(kind, **more)], "I") == {place: left}


def test_that_a_chain_of_replacements_is_one_order_under_every_id() -> None:
    chain = [row("child_replaced", f"C{n}", orig_child_id=f"C{n - 1}" if n > 1 else "C", price=50 + n) for n in (1, 2)]
    assert resting([*WORKING, *chain], "I") == {("V", BID, 52): 100}
    for late in ("C", "C1", "C2"):
        assert resting([*WORKING, *chain, row("fill", late, qty=25)], "I") == {("V", BID, 52): 75}
        assert resting([*WORKING, *chain, row("child_cancelled", late)], "I") == {}


def test_that_an_amendment_below_what_is_filled_leaves_nothing() -> None:
    assert resting([*WORKING, row("fill", qty=60), row("child_replaced", qty=60)], "I") == {}
    assert resting([*WORKING, row("fill", qty=60), row("child_replaced", qty=10)], "I") == {}


def test_that_orders_at_one_price_are_added_and_sides_venues_and_prices_are_not() -> None:
    many = [
        new("A"), new("B", qty=7), new("D", side="SELL"), new("E", side="SHORT", qty=5), new("F", venue="W"),
        new("G", price=49), new("H", venue=None), new("J", instrument="J"),
    ]  # fmt: skip
    acked = [row("child_acked", order.child_id) for order in many]
    assert resting([*many, *acked], "I") == {
        AT: 107, ("V", ASK, 50): 105, ("W", BID, 50): 100, ("V", BID, 49): 100, (None, BID, 50): 100,
    }  # fmt: skip


def test_that_an_order_without_a_price_rests_nowhere_and_a_limit_price_is_one() -> None:
    assert resting([new(price=None), row("child_acked")], "I") == {}
    assert resting([new(price=None, limit_price=48), row("child_acked")], "I") == {("V", BID, 48): 100}
    assert resting([new(limit_price=48), row("child_acked")], "I") == {AT: 100}


def test_that_rows_of_no_child_and_of_a_child_never_seen_put_nothing_there() -> None:
    assert resting([row("fill", None, qty=5), row("parent_new", None, instrument="I", qty=9)], "I") == {}
    assert resting([row("child_acked", instrument="I"), row("fill", qty=5)], "I") == {}
    assert resting([], "I") == {}


def test_that_an_acknowledgement_may_come_before_the_order_it_is_of() -> None:
    assert resting([row("child_acked"), new()], "I") == {AT: 100}
