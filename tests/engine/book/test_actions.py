"""What each action means for the book, by hand and against the reference; what cannot be meant is counted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.book import Books
from app.engine.book.actions import keep, wanted
from app.engine.book.room import fresh
from app.engine.book.state import (
    BAD_SIZES,
    BOOK_ORDERS,
    CHANGED_SIDES,
    DUPLICATE_ORDERS,
    FINE,
    MISSING_PRICES,
    MISSING_SIDES,
    OVERSIZED_CANCELS,
    PRICE,
    QUANTITY,
    SLOTS_USED,
    UNKNOWN_CANCELS,
    UNKNOWN_MODIFIES,
)
from app.engine.events import PRINTED, STATUS_SET, UNPRINTED
from app.engine.units import ASK, BID, NULL
from tests.engine.book.reference import plain
from tests.engine.book.streams import (
    Row,
    add,
    agree,
    cancel,
    hostile_rows,
    market,
    modify,
    orders_of_a_day,
    quote,
    row,
)

MOST = 2**62


def _after(*rows: Row) -> tuple[list[list[int]], list[list[int]], dict[str, int]]:
    """Bids, asks and counts after these rows, which the reference must share."""
    books = agree(market(*rows))
    bids, asks = books.depth(0, 0, 99)
    return bids.tolist(), asks.tolist(), books.counts


BASE = (add(1, BID, 10, 5), add(2, BID, 10, 7), add(3, BID, 9, 1), add(4, ASK, 12, 4))
BASE_BIDS = [[10, 12, 2], [9, 1, 1]]
BASE_ASKS = [[12, 4, 1]]


def test_that_orders_add_up_at_their_price() -> None:
    assert _after(*BASE) == (BASE_BIDS, BASE_ASKS, {})


@pytest.mark.parametrize(
    ("this", "bids", "counts"),
    [
        (cancel(1, 2), [[10, 10, 2], [9, 1, 1]], {}),
        (cancel(1, 5), [[10, 7, 1], [9, 1, 1]], {}),
        (cancel(1), [[10, 7, 1], [9, 1, 1]], {}),
        (cancel(1, 6), [[10, 7, 1], [9, 1, 1]], {"oversized_cancels": 1}),
        (cancel(3, 1), [[10, 12, 2]], {}),
        (cancel(9, 1), BASE_BIDS, {"unknown_cancels": 1}),
        (cancel(1, 0), BASE_BIDS, {"bad_sizes": 1}),
        (cancel(1, -3), BASE_BIDS, {"bad_sizes": 1}),
        (cancel(1, 1, venue=1), BASE_BIDS, {"unknown_cancels": 1}),
        (modify(1, BID, 10, 3), [[10, 10, 2], [9, 1, 1]], {}),
        (modify(1, BID, 10, 9), [[10, 16, 2], [9, 1, 1]], {}),
        (modify(1, BID, 9, 9), [[10, 7, 1], [9, 10, 2]], {}),
        (modify(1, BID, 11, 5), [[11, 5, 1], [10, 7, 1], [9, 1, 1]], {}),
        (modify(1), BASE_BIDS, {}),
        (modify(1, price=8), [[10, 7, 1], [9, 1, 1], [8, 5, 1]], {}),
        (modify(1, size=1), [[10, 8, 2], [9, 1, 1]], {}),
        (modify(1, size=0), [[10, 7, 1], [9, 1, 1]], {}),
        (modify(1, BID, 11, -1), BASE_BIDS, {"bad_sizes": 1}),
        (modify(1, BID, 11, MOST + 1), BASE_BIDS, {"bad_sizes": 1}),
        (modify(8, BID, 11, 2), [[11, 2, 1], *BASE_BIDS], {"unknown_modifies": 1}),
        (modify(8, 0, 11, 2), BASE_BIDS, {"missing_sides": 1}),
        (modify(8, BID, NULL, 2), BASE_BIDS, {"missing_prices": 1}),
        (modify(8, BID, 11, 0), BASE_BIDS, {"bad_sizes": 1}),
        (modify(8, BID, 11), BASE_BIDS, {"bad_sizes": 1}),
        (add(1, BID, 9, 2), [[10, 7, 1], [9, 3, 2]], {"duplicate_orders": 1}),
        (add(1, BID, 10, 2), [[10, 9, 2], [9, 1, 1]], {"duplicate_orders": 1}),
        (add(8, 0, 11, 2), BASE_BIDS, {"missing_sides": 1}),
        (add(8, BID, NULL, 2), BASE_BIDS, {"missing_prices": 1}),
        (add(8, BID, 11, 0), BASE_BIDS, {"bad_sizes": 1}),
        (add(8, BID, 11, -2), BASE_BIDS, {"bad_sizes": 1}),
        (add(8, BID, 11, NULL), BASE_BIDS, {"bad_sizes": 1}),
        (add(8, BID, 11, MOST), [[11, MOST, 1], *BASE_BIDS], {}),
        (add(8, BID, 11, MOST + 1), BASE_BIDS, {"bad_sizes": 1}),
        (add(8, BID, 10, MOST), BASE_BIDS, {"bad_sizes": 1}),
        (add(8, BID, 0, 2), [*BASE_BIDS, [0, 2, 1]], {}),
        (add(8, BID, -5, 2), [*BASE_BIDS, [-5, 2, 1]], {}),
        (row("L", BID, 10, 3), [[10, 3, 0], [9, 1, 1]], {}),
        (row("L", BID, 11, 3), [[11, 3, 0], *BASE_BIDS], {}),
        (row("L", BID, 10, 0), [[9, 1, 1]], {}),
        (row("L", BID, 11, 0), BASE_BIDS, {}),
        (row("L", 0, 11, 3), BASE_BIDS, {"missing_sides": 1}),
        (row("L", BID, NULL, 3), BASE_BIDS, {"missing_prices": 1}),
        (row("L", BID, 10, -3), BASE_BIDS, {"bad_sizes": 1}),
        (row("L", BID, 10, MOST + 1), BASE_BIDS, {"bad_sizes": 1}),
        (row("L", BID, 11, MOST), [[11, MOST, 0], *BASE_BIDS], {}),
        (row("T", BID, 10, 3, order_id=1), BASE_BIDS, {}),
        (row("F", BID, 10, 3, order_id=1), BASE_BIDS, {}),
        (row("X", BID, 10, 3, order_id=1), BASE_BIDS, {}),
        (row("S", status=2), BASE_BIDS, {}),
        (row("Z", BID, 10, 3, order_id=1), BASE_BIDS, {"unknown_actions": 1}),
    ],
)
def test_that_one_row_does_this_to_the_bids(this: Row, bids: list[list[int]], counts: dict[str, int]) -> None:
    assert _after(*BASE, this) == (bids, BASE_ASKS, counts)


def test_that_an_order_that_changes_sides_moves_and_is_counted() -> None:
    assert _after(*BASE, modify(1, ASK, 13, 2)) == (
        [[10, 7, 1], [9, 1, 1]],
        [[12, 4, 1], [13, 2, 1]],
        {"changed_sides": 1},
    )
    assert _after(*BASE, modify(4, BID, 8, 4)) == ([*BASE_BIDS, [8, 4, 1]], [], {"changed_sides": 1})


def test_that_a_changed_order_answers_to_its_id() -> None:
    books = agree(market(*BASE, modify(4, 0, 13, 9), cancel(2, 3), add(3, ASK, 14, 2)))
    assert [books.order_of(0, 0, n) for n in (1, 2, 3, 4)] == [(10, 5, BID), (10, 4, BID), (14, 2, ASK), (13, 9, ASK)]
    assert books.counts == {"duplicate_orders": 1}


def test_that_an_order_its_level_cannot_take_is_gone() -> None:
    books = agree(market(add(1, ASK, 10, MOST), add(2, ASK, 11, 5), modify(2, 0, 10)))
    assert books.order_of(0, 0, 2) is None
    assert books.depth(0, 0, 9)[1].tolist() == [[10, MOST, 1]]
    assert books.counts == {"bad_sizes": 1}


def test_that_clearing_empties_one_venues_book_and_its_orders() -> None:
    books = agree(market(*BASE, add(1, BID, 20, 5, venue=1), row("R"), cancel(1), add(2, BID, 3, 1)))
    assert books.depth(0, 0, 9)[0].tolist() == [[3, 1, 1]]
    assert books.depth(0, 0, 9)[1].tolist() == []
    assert books.depth(0, 1, 9)[0].tolist() == [[20, 5, 1]]
    assert books.counts == {"unknown_cancels": 1}


def test_that_a_quote_is_the_whole_book() -> None:
    books = agree(market(*BASE, quote((8, 3), (11, 6)), cancel(1)))
    assert books.depth(0, 0, 9)[0].tolist() == [[8, 3, 0]]
    assert books.depth(0, 0, 9)[1].tolist() == [[11, 6, 0]]
    assert books.counts == {"unknown_cancels": 1}


@pytest.mark.parametrize(
    ("this", "bids", "asks", "counts"),
    [
        (quote((8, 3)), [[8, 3, 0]], [], {}),
        (quote(ask=(8, 3)), [], [[8, 3, 0]], {}),
        (quote(), [], [], {}),
        (quote((NULL, 3), (NULL, 3)), [], [], {}),
        (quote((8, 0), (9, 1)), [], [[9, 1, 0]], {}),
        (quote((8, -1), (9, NULL)), [], [], {"bad_sizes": 2}),
        (quote((8, MOST + 1), (9, MOST)), [], [[9, MOST, 0]], {"bad_sizes": 1}),
        (quote((12, 1), (11, 1)), [[12, 1, 0]], [[11, 1, 0]], {}),
    ],
)
def test_that_a_quoted_side_is_one_level_or_none(
    this: Row, bids: list[list[int]], asks: list[list[int]], counts: dict[str, int]
) -> None:
    assert _after(*BASE, this) == (bids, asks, counts)


@pytest.mark.parametrize(
    ("this", "kinds", "counts"),
    [
        (row("T", ASK, 10, 3), [PRINTED], {}),
        (row("T", 0, -10, MOST), [PRINTED], {}),
        (row("T", ASK, 10, 1), [PRINTED], {}),
        (row("T", ASK, NULL, 3), [], {"missing_prices": 1}),
        (row("T", ASK, 10, 0), [], {"bad_sizes": 1}),
        (row("T", ASK, 10, -1), [], {"bad_sizes": 1}),
        (row("T", ASK, 10), [], {"bad_sizes": 1}),
        (row("T", ASK, 10, MOST + 1), [], {"bad_sizes": 1}),
        (row("X", ASK, 10), [UNPRINTED], {}),
        (row("S", status=3), [STATUS_SET], {}),
        (row("F", ASK, 10, 3), [], {}),
    ],
)
def test_that_one_row_says_this(this: Row, kinds: list[int], counts: dict[str, int]) -> None:
    books = Books()
    changes = plain(books.apply(market(this)))
    assert [change["kind"] for change in changes] == kinds
    assert books.counts == counts
    assert all(change[name] == this.get(name, 0) for change in changes for name in ("price", "size", "side", "status"))


def test_that_levels_the_orders_do_not_back_are_counted_once_they_leave() -> None:
    assert _after(*BASE, row("L", BID, 10, 3), cancel(2)) == ([[9, 1, 1]], BASE_ASKS, {"short_levels": 1})
    assert _after(*BASE, row("L", BID, 10, 0), cancel(2)) == ([[9, 1, 1]], BASE_ASKS, {"short_levels": 1})


_OLD = (50, 10)  # price and quantity of a bid that rests
_ASK = (50, -10)


@pytest.mark.parametrize(
    ("this", "old", "expected"),
    [
        (add(1, BID, 7, 3), (0, 0), (7, 3, FINE)),
        (add(1, ASK, 7, 3), (0, 0), (7, -3, FINE)),
        (add(1, ASK, 7, 3), _OLD, (7, -3, DUPLICATE_ORDERS)),
        (add(1, ASK, 7, NULL), _OLD, (*_OLD, BAD_SIZES)),
        (add(1, 0, 7, 3), _OLD, (*_OLD, MISSING_SIDES)),
        (add(1, BID, NULL, 3), _ASK, (*_ASK, MISSING_PRICES)),
        (cancel(1, 4), _OLD, (50, 6, FINE)),
        (cancel(1, 4), _ASK, (50, -6, FINE)),
        (cancel(1, 10), _ASK, (50, 0, FINE)),
        (cancel(1, 11), _ASK, (50, 0, OVERSIZED_CANCELS)),
        (cancel(1), _OLD, (50, 0, FINE)),
        (cancel(1, 0), _OLD, (*_OLD, BAD_SIZES)),
        (cancel(1, 4), (0, 0), (0, 0, UNKNOWN_CANCELS)),
        (modify(1), _ASK, (*_ASK, FINE)),
        (modify(1, price=51), _ASK, (51, -10, FINE)),
        (modify(1, size=4), _OLD, (50, 4, FINE)),
        (modify(1, ASK, 51, 4), _OLD, (51, -4, CHANGED_SIDES)),
        (modify(1, ASK, 51, 4), _ASK, (51, -4, FINE)),
        (modify(1, size=0), _ASK, (50, 0, FINE)),
        (modify(1, ASK, 51, 4), (0, 0), (51, -4, UNKNOWN_MODIFIES)),
    ],
)
def test_that_a_row_wants_this_of_an_order(this: Row, old: tuple[int, int], expected: tuple[int, int, int]) -> None:
    got = wanted(market(this)[0], *old)
    assert tuple(int(value) for value in got) == expected


@pytest.mark.parametrize("at", [0, 5])
def test_that_the_hash_follows_the_order(at: int) -> None:
    work = fresh()
    keep(work, 1, ~at, 70, -3)
    assert work.slots[at, [PRICE, QUANTITY]].tolist() == [70, -3]
    assert (work.books[1, BOOK_ORDERS], work.marks[SLOTS_USED]) == (1, 1)
    keep(work, 1, at, 71, 2)
    assert work.slots[at, [PRICE, QUANTITY]].tolist() == [71, 2]
    assert (work.books[1, BOOK_ORDERS], work.marks[SLOTS_USED]) == (1, 1)
    keep(work, 1, at, 71, 0)
    assert work.slots[at, QUANTITY] == 0
    assert (work.books[1, BOOK_ORDERS], work.marks[SLOTS_USED]) == (0, 0)
    before = work.slots.copy()
    keep(work, 1, ~at, 71, 0)
    assert (work.books[1, BOOK_ORDERS], work.marks[SLOTS_USED]) == (0, 0)
    assert (work.slots == before).all()


@given(st.lists(hostile_rows("AAAACCCMMMRF"), max_size=60))
def test_that_any_orders_equal_the_reference(rows: list[Row]) -> None:
    agree(market(*rows))


@given(st.lists(hostile_rows("ACLLLQQR"), max_size=40))
def test_that_levels_and_quotes_over_orders_equal_the_reference(rows: list[Row]) -> None:
    agree(market(*rows))


def test_that_level_after_level_finds_room() -> None:
    books = agree(market(*(row("L", side, 3 * n, 1 + n) for n in range(50) for side in (BID, ASK))))
    assert books.depth(0, 0, 2)[1].tolist() == [[0, 1, 0], [3, 2, 0]]
    assert len(books.depth(0, 0, 99)[0]) == 50


def test_that_a_day_of_orders_equals_the_reference_through_every_growth() -> None:
    books = agree(orders_of_a_day(900, seed=4, books=2, live=400))
    assert books.counts == {}
