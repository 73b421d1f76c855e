"""The books' queues against lists kept by hand: nothing lost, price before time, rows that tell it all."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.units import ADD, CANCEL, FILL, LAST, ODD, REGULAR, TRADE
from app.feeds.simulator import books, trading
from app.feeds.simulator import cells as c
from app.feeds.simulator.cells import Floor
from tests.feeds.simulator.plain import NOW, TICK, TICKS, floor, plain_kernels, queue, sizes


@pytest.fixture(autouse=True, scope="module")
def _plain() -> Iterator[None]:
    with plain_kernels():
        yield


STEPS = st.lists(
    st.tuples(st.integers(0, 3), st.integers(1, TICKS - 2), st.integers(1, 500), st.integers(0, 99)), max_size=40
)


def played(
    steps: list[tuple[int, int, int, int]], *, rows: bool = True
) -> tuple[Floor, dict[tuple[int, int], list[list[int]]]]:
    """Orders put in and taken off by chance, in the books and in lists of [row, size]."""
    m, plain = floor(), dict[tuple[int, int], list[list[int]]]()
    m.p[c.P_EMIT] = int(rows)
    for book, tick, size, chance in steps:
        everything = [(place, one) for place, line in plain.items() for one in line]
        if chance < 60 or not everything:
            plain.setdefault((book, tick), []).append([books.rest(m, book, tick, size, c.MAKER), size])
            continue
        place, one = everything[chance * 7 % len(everything)]
        less = min(size, one[1])
        books.reduce(m, one[0], less)
        one[1] -= less
        if one[1] == 0:
            plain[place].remove(one)
    return m, plain


@given(STEPS)
def test_that_queues_are_those_kept_by_hand(steps: list[tuple[int, int, int, int]]) -> None:
    m, plain = played(steps)
    for book in range(4):
        for tick in range(TICKS):
            line = plain.get((book, tick), [])
            assert queue(m, book, tick) == [order for order, _ in line]
            assert sizes(m, book, tick) == [size for _, size in line]


@given(STEPS)
def test_that_the_best_price_of_every_book_is_the_best_of_what_rests(steps: list[tuple[int, int, int, int]]) -> None:
    m, plain = played(steps)
    ticks: dict[int, list[int]] = {book: [] for book in range(4)}
    for (book, tick), line in plain.items():
        ticks[book] += [tick] if line else []
    for book in (0, 2):
        assert m.best[book] == max(ticks[book], default=-1)
    for book in (1, 3):
        assert m.best[book] == min(ticks[book], default=TICKS)
    assert books.best_bid(m) == max(ticks[0] + ticks[2], default=-1)
    assert books.best_ask(m) == min(ticks[1] + ticks[3], default=TICKS)


@given(STEPS)
def test_that_the_rows_alone_tell_what_rests(steps: list[tuple[int, int, int, int]]) -> None:
    m, plain = played(steps)
    rest: dict[int, int] = {}
    for row in m.out[: int(m.z[c.Z_OUT])]:
        assert int(row["ts_event"]) == NOW
        rest[int(row["order_id"])] = rest.get(int(row["order_id"]), 0) + (
            int(row["size"]) if row["action"] == ADD else -int(row["size"])
        )
    by_hand = {int(m.pool[order, c.O_ID]): size for line in plain.values() for order, size in line}
    assert {order: size for order, size in rest.items() if size} == by_hand


@given(STEPS)
def test_that_every_row_of_the_pool_is_either_free_or_in_one_queue(steps: list[tuple[int, int, int, int]]) -> None:
    m, plain = played(steps)
    used = {order for line in plain.values() for order, _ in line}
    order, free = int(m.z[c.Z_FREE]), set[int]()
    for _ in range(len(steps) + 5):
        free.add(order)
        order = int(m.pool[order, c.O_NEXT])
    assert not used & free
    assert len(free) == len(steps) + 5


@given(STEPS, st.integers(0, 3), st.integers(1, 3_000), st.integers(0, TICKS - 1))
def test_that_a_marketable_order_takes_the_best_first_down_to_its_limit(
    steps: list[tuple[int, int, int, int]], book: int, size: int, limit: int
) -> None:
    m, plain = played(steps)
    step = -1 if book % 2 == 0 else 1
    reach = [t for (b, t), line in plain.items() if b == book and line and step * (t - limit) <= 0]
    line = [one for tick in sorted(reach, key=lambda t: step * t) for one in plain[book, tick]]
    expected, left = [], size
    for order, has in line:
        if left > 0:
            expected.append((int(m.pool[order, c.O_ID]), min(left, has)))
            left -= min(left, has)
    before = int(m.z[c.Z_OUT])
    assert trading.take(m, book, size, limit) == size - left
    rows = m.out[before : int(m.z[c.Z_OUT])]
    fills = rows[rows["action"] == FILL]
    assert [(int(row["order_id"]), int(row["size"])) for row in fills] == expected
    assert int(m.z[c.Z_VOLUME]) == size - left


def test_that_a_trade_is_a_print_its_name_and_its_reduction_with_one_end() -> None:
    m = floor()
    order = books.rest(m, 0, 30, 250, c.MAKER)
    books.strike(m, order, 250)
    added, print_, fill, gone = m.out[:4]
    assert [int(row["action"]) for row in (added, print_, fill, gone)] == [ADD, TRADE, FILL, CANCEL]
    assert [int(row["flags"]) for row in (print_, fill, gone)] == [0, 0, LAST]
    assert {int(row["price"]) for row in (added, print_, fill, gone)} == {30 * TICK}
    assert (int(print_["side"]), int(fill["side"])) == (-1, 1)
    assert m.best[0] == -1


@pytest.mark.parametrize(("size", "condition"), [(1, ODD), (99, ODD), (100, REGULAR), (101, REGULAR)])
def test_that_a_print_below_a_round_lot_is_odd_and_counts_as_volume(size: int, condition: int) -> None:
    m = floor()
    at = books.tell_print(m, 0, 30 * TICK, size, REGULAR)
    assert (int(m.out[at]["condition"]), int(m.z[c.Z_VOLUME])) == (condition, size)


@pytest.mark.parametrize("condition", [c.AUCTION_PRINT, c.OFF_EXCHANGE])
def test_that_auctions_and_off_exchange_prints_keep_their_condition_and_are_no_volume(condition: int) -> None:
    m = floor()
    at = books.tell_print(m, 0, 30 * TICK, 7, condition)
    assert (int(m.out[at]["condition"]), int(m.z[c.Z_VOLUME])) == (condition, 0)


@given(STEPS)
def test_that_without_rows_the_books_and_the_numbers_are_the_same(steps: list[tuple[int, int, int, int]]) -> None:
    (loud, _), (quiet, _) = played(steps), played(steps, rows=False)
    assert int(loud.z[c.Z_OUT]) == int(loud.z[c.Z_ROWS])
    assert int(quiet.z[c.Z_OUT]) == 0
    loud.z[c.Z_OUT] = 0
    for one, other in (
        (loud.z, quiet.z),
        (loud.pool, quiet.pool),
        (loud.levels, quiet.levels),
        (loud.best, quiet.best),
    ):
        assert np.array_equal(one, other)


def test_that_the_rows_of_each_venue_are_numbered_by_themselves() -> None:
    m = floor()
    for book in (0, 2, 1, 3, 0):
        books.rest(m, book, 10 if book % 2 == 0 else 20, 100, c.MAKER)
    rows = m.out[:5]
    assert [(int(row["venue"]), int(row["seq"])) for row in rows] == [(0, 1), (1, 1), (0, 2), (1, 2), (0, 3)]
    assert [int(row["rec"]) for row in rows] == [0, 1, 2, 3, 4]
    assert all(int(row["ts_recv"]) > int(row["ts_event"]) for row in rows)


@pytest.mark.parametrize(("mark", "taken"), [(200, (3, 21)), (-200, (2, 19))])
@pytest.mark.parametrize("favoured", [0.0, 1.0])
def test_that_an_order_goes_where_the_price_is_best_whatever_venue_it_favours(
    mark: int, taken: tuple[int, int], favoured: float
) -> None:
    m = floor()
    m.f[c.F_SECOND_VENUE] = favoured
    for book, tick in ((0, 18), (1, 22), (2, 19), (3, 21)):
        books.rest(m, book, tick, 500, c.MAKER)
    trading.order(m, 3, mark)
    left: dict[Any, list[int]] = {(b, t): sizes(m, b, t) for b, t in ((0, 18), (1, 22), (2, 19), (3, 21))}
    assert left.pop(taken) == [300]
    assert all(line == [500] for line in left.values())


@pytest.mark.parametrize(("favoured", "taken"), [(0.0, 1), (1.0, 3)])
def test_that_at_equal_prices_an_order_goes_to_the_venue_it_favours(favoured: float, taken: int) -> None:
    m = floor()
    m.f[c.F_SECOND_VENUE] = favoured
    for book in (1, 3):
        books.rest(m, book, 21, 500, c.MAKER)
    trading.order(m, 3, 100)
    assert {book: sizes(m, book, 21) for book in (1, 3)} == {taken: [400], 4 - taken: [500]}


@pytest.mark.parametrize("mark", [200, -200])
def test_that_an_order_into_an_empty_book_does_nothing(mark: int) -> None:
    m = floor()
    trading.order(m, 1, mark)
    trading.dark_order(m, 1, mark)
    assert (int(m.z[c.Z_OUT]), int(m.z[c.Z_QUEUED])) == (0, 0)
    assert trading.middle(m) == -1


@pytest.mark.parametrize(("bid", "ask", "mid"), [(19, 21, 20 * TICK), (19, 20, 39 * TICK // 2)])
def test_that_the_middle_of_two_ticks_is_exact(bid: int, ask: int, mid: int) -> None:
    m = floor()
    books.rest(m, 0, bid, 100, c.MAKER)
    books.rest(m, 3, ask, 100, c.MAKER)
    assert trading.middle(m) == mid
