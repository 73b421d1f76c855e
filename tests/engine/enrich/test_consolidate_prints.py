"""Prints: what counts as volume, who was the aggressor, what a cancellation takes back, whom a print names."""

import numpy as np
import pytest

from app.engine.bits import to_int
from app.engine.enrich.consolidate import aggressor
from app.engine.enrich.rows import ALL_OF_IT, HISTORY, PART
from app.engine.units import ASK, BID, CONDITION_CODES, NULL
from tests.engine.enrich.streams import Change, history_of, join_at, named, plain, printed, touch, unprinted

T = 10**18


# -- prints and sums -------------------------------------------------------------------------------------------------


def test_that_market_volume_is_regular_block_and_odd_prints() -> None:
    made = [touch(T, 100, 102)]
    made += [printed(T + 1 + code, 100 + code, 10**code, condition=code, side=BID) for code in range(7)]
    history = history_of(*made)
    eligible = [CONDITION_CODES[name] for name in ("regular", "block", "odd")]
    join = join_at(history, T + 9)
    assert join["volume"] == join["bought"] == sum(10**code for code in eligible)
    assert to_int(join["notional_hi"], join["notional_lo"]) == sum((100 + code) * 10**code for code in eligible)
    assert join["sold"] == 0
    prints = history.prints.rows(0)
    assert prints["eligible"].tolist() == [int(code in eligible) for code in range(7)]
    assert prints["condition"].tolist() == list(range(7))
    assert [row["ts"] for row in plain(history.ring(0))] == [T, *(T + 1 + code for code in eligible)]


def test_that_notional_of_a_million_at_ten_billion_does_not_wrap() -> None:
    price, size = 10**19 // 4, 10**10
    history = history_of(touch(T, 1, 2), *(printed(T + n, price, size) for n in range(5)))
    join = join_at(history, T + 5)
    assert to_int(join["notional_hi"], join["notional_lo"]) == 5 * price * size > 2**64


def test_that_a_print_is_kept_with_all_that_is_known_of_it() -> None:
    made = [
        touch(T, 100, 102),
        printed(T + 1, 101, 7, side=ASK, venue=1, order_id=2**64 - 1, condition=1, seq=2**63),
        printed(T + 1, 102, 8, instrument=1, seq=5),
        printed(T + 2, 103, 9, seq=6),
    ]
    history = history_of(*made)
    known = ("ts", "price", "size", "side", "venue", "order_id", "condition", "seq", "number", "cancelled", "eligible")
    first, second = plain(history.prints.rows(0))
    (other,) = plain(history.prints.rows(1))
    assert [first[name] for name in known] == [T + 1, 101, 7, ASK, 1, 2**64 - 1, 1, 2**63, 0, 0, 0]
    assert [other[name] for name in known] == [T + 1, 102, 8, 0, 0, 0, 0, 5, 1, 0, 1]
    assert [second[name] for name in known] == [T + 2, 103, 9, BID, 0, 0, 0, 6, 2, 0, 1]


@pytest.mark.parametrize(
    ("price", "side", "expected"),
    [(102, 0, BID), (100, 0, ASK), (101, 0, 0), (100, BID, BID), (102, ASK, ASK), (101, ASK, ASK)],
)
def test_that_an_unknown_aggressor_is_told_by_the_price_against_the_mid(price: int, side: int, expected: int) -> None:
    history = history_of(touch(T, 100, 102), printed(T + 1, price, 5, side=side))
    join = join_at(history, T + 1)
    assert (join["bought"], join["sold"]) == (5 * (expected == BID), 5 * (expected == ASK))
    assert history.prints.rows(0)["side"].tolist() == [expected]
    current = np.zeros(2, HISTORY)
    current["mid2"] = [NULL, 202]
    assert aggressor(current, 1, price, side) == expected
    assert aggressor(current, 0, price, side) == side  # no mid to tell it by


def test_that_a_cancellation_takes_the_latest_print_it_names() -> None:
    def cancelled(**named: int) -> list[int]:
        made = [
            printed(T, 101, 7, order_id=5), printed(T, 101, 7, order_id=6), printed(T, 101, 7, venue=1),
            printed(T, 102, 7, order_id=6), printed(T, 101, 8, order_id=6), printed(T, 101, 7, instrument=1),
        ]  # fmt: skip
        history = history_of(*made, unprinted(T + 1, 101, 7) | named)
        assert history.cancellations_not_found == (0 if history.counts[2] else 1)
        assert (
            history.prints.rows(0)["cancelled"].sum() + history.prints.rows(1)["cancelled"].sum() == history.counts[2]
        )
        return [int(number) for number in history.cancelled()["number"]]

    assert cancelled() == [1]
    assert cancelled(order_id=5) == [0]
    assert cancelled(order_id=6) == [1]
    assert cancelled(order_id=9) == []
    assert cancelled(venue=1) == [2]
    assert cancelled(venue=2) == []
    assert cancelled(instrument=1) == [5]
    assert cancelled(price=102) == [3]
    assert cancelled(size=8) == [4]
    assert cancelled(size=9) == []


def test_that_a_cancellation_leaves_the_running_sums_and_the_history_as_they_are() -> None:
    history = history_of(touch(T, 100, 102), printed(T + 1, 101, 7), unprinted(T + 5, 101, 7))
    assert [row["ts"] for row in plain(history.ring(0))] == [T, T + 1]
    assert join_at(history, T + 5)["volume"] == 7
    assert history.cancelled()["ts"].tolist() == [T + 1]


def test_that_prints_of_one_instrument_are_no_volume_of_another() -> None:
    history = history_of(touch(T, 100, 102), touch(T, 200, 202, instrument=1), printed(T + 1, 201, 9, instrument=1))
    assert (join_at(history, T + 1)["volume"], join_at(history, T + 1, instrument=1)["volume"]) == (0, 9)


# -- resting orders that a print names -------------------------------------------------------------------------------


def _shares(*made: Change) -> list[tuple[int, int, int, int, int]]:
    """(number, whole, part, order id, size) of every row of the print ring."""
    rows = plain(history_of(*made).prints.rows(0))
    return [(row["number"], row["whole"], row["part"], row["order_id"], row["size"]) for row in rows]


def test_that_a_resting_orders_share_stands_behind_its_print() -> None:
    made = [printed(T, 100, 9), printed(T, 101, 9), printed(T, 101, 9, venue=1)]
    made += [named(T, 101, 9, 7), named(T, 101, 4, 8), printed(T + 1, 101, 2)]
    assert _shares(*made) == [
        (0, 0, 0, 0, 9),
        (1, 1, 0, 0, 9),
        (2, 2, 0, 0, 9),
        (3, 1, ALL_OF_IT, 7, 9),
        (4, 1, PART, 8, 4),
        (5, 5, 0, 0, 2),
    ]
    history = history_of(touch(T, 90, 110), *made)
    assert join_at(history, T + 1)["volume"] == 29
    assert history.prints.rows(0)["ts"].tolist() == [T] * 5 + [T + 1]
    assert history.prints.rows(0)["venue"].tolist() == [0, 0, 1, 0, 0, 0]
    assert history.counts.tolist() == [0, 0, 0, 6]


@pytest.mark.parametrize("stray", [named(T + 1, 101, 9, 7), named(T, 102, 9, 7), named(T, 101, 9, 7, venue=1)])
def test_that_a_name_without_its_print_is_nothing(stray: Change) -> None:
    assert _shares(printed(T, 101, 9), stray) == [(0, 0, 0, 0, 9)]
    assert _shares(stray) == []


def test_that_a_name_belongs_to_the_latest_print_of_its_time() -> None:
    made = [printed(T, 101, 9, instrument=1), printed(T, 101, 9), printed(T, 101, 8), named(T, 101, 3, 7)]
    assert _shares(*made) == [(1, 1, 0, 0, 9), (2, 2, 0, 0, 8), (3, 2, PART, 7, 3)]


def test_that_a_cancellation_may_name_the_resting_order() -> None:
    made = [printed(T, 101, 7), named(T, 101, 3, 8), named(T, 101, 4, 9), printed(T, 101, 7), printed(T + 1, 101, 7)]
    for order_id, number in ((8, 0), (9, 0), (0, 4)):
        history = history_of(*made, unprinted(T + 5, 101, 7, order_id=order_id))
        assert history.cancelled()["number"].tolist() == [number]
        assert history.prints.rows(0)["cancelled"].sum() == 1
    for stray in (unprinted(T + 5, 101, 7, order_id=5), unprinted(T + 5, 101, 3, order_id=8)):
        assert history_of(*made, stray).cancellations_not_found == 1
    swapped = [printed(T, 101, 7), printed(T, 101, 7, venue=1), named(T, 101, 7, 8, venue=1), named(T, 101, 7, 8)]
    history = history_of(*swapped, unprinted(T + 5, 101, 7, order_id=8))
    assert history.cancelled()["number"].tolist() == [0]
