"""Room runs out and is made: nothing lost, nothing applied twice, whichever container is small."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.book import Books
from app.engine.book.orders import find
from app.engine.book.room import fresh, grown, output, readable
from app.engine.book.state import (
    BOOK_ORDERS,
    BOOK_TAG,
    BOOKS_FULL,
    CHANGE_SIGNED,
    DONE,
    INDEX_SMALL,
    LEVELS_FULL,
    MARKET_SIGNED,
    OUT_FULL,
    ROW,
    SAVED,
    SLOTS_FULL,
    SLOTS_USED,
    TAG_STEP,
    Work,
)
from app.engine.errors import EngineError
from app.engine.events import CHANGE, MARKET
from app.engine.units import ASK, BID
from tests.engine.book.streams import Row, add, agree, market, quote, row


def _numbered(work: Work) -> Work:
    """Every number of the state its own, to see that none moves."""
    for name in SAVED:
        array = getattr(work, name)
        array[...] = np.arange(array.size).reshape(array.shape)
    return work


@pytest.mark.parametrize(
    ("need", "names"),
    [(OUT_FULL, ["out"]), (LEVELS_FULL, ["levels"]), (BOOKS_FULL, ["books", "sides", "touches"])],
)
def test_that_what_ran_out_is_doubled_with_its_contents_and_zeros(need: int, names: list[str]) -> None:
    work = _numbered(fresh())._replace(out=output(3))
    work.out["rec"] = (7, 8, 9)
    after = grown(work, need)
    for name in Work._fields:
        old, new = getattr(work, name), getattr(after, name)
        if name not in names:
            assert new is old
            continue
        assert len(new) == 2 * len(old)
        assert new.dtype == old.dtype
        assert new[: len(old)].tolist() == old.tolist()
        assert not np.any(new[len(old) :].view(np.uint8))


@pytest.mark.parametrize(
    ("instrument", "venue", "shape"), [(3, 0, (4, 1)), (4, 0, (8, 1)), (9, 0, (16, 1)), (0, 1, (4, 2)), (8, 5, (16, 8))]
)
def test_that_the_map_of_books_reaches_the_row_it_stopped_at(
    instrument: int, venue: int, shape: tuple[int, int]
) -> None:
    rows = market(row("R"), row("R", instrument=instrument, venue=venue))
    work = fresh()._replace(rows=readable(rows))
    work.where[:, 0] = (5, 6, 7, 8)
    work.marks[ROW] = 1
    after = grown(work, INDEX_SMALL)
    assert after.where.shape == shape
    assert after.where[:4, 0].tolist() == [5, 6, 7, 8]
    assert np.count_nonzero(after.where == -1) == after.where.size - 4
    assert after.slots is work.slots


def _hash(live: int, stale: int, slots: int = 64) -> Work:
    """A hash with so many orders of book 1 and so many it has forgotten."""
    work = fresh()._replace(slots=np.zeros((slots, 4), np.int64))
    work.books[1] = (1 + TAG_STEP, live)
    for nth in range(live + stale):
        tag = 1 + (TAG_STEP if nth < live else 0)
        work.slots[~find(work.slots, nth, tag)] = (nth, tag, nth, nth + 1)
    work.marks[SLOTS_USED] = live + stale
    return work


@pytest.mark.parametrize(("live", "stale", "slots"), [(32, 0, 128), (17, 15, 128), (16, 16, 64), (0, 32, 64)])
def test_that_the_hash_drops_stale_orders_and_grows_for_live_ones(live: int, stale: int, slots: int) -> None:
    work = _hash(live, stale)
    after = grown(work, SLOTS_FULL)
    assert after.slots.shape == (slots, 4)
    assert after.marks[SLOTS_USED] == live == np.count_nonzero(after.slots[:, 3])
    for nth in range(live):
        at = find(after.slots, nth, 1 + TAG_STEP)
        assert after.slots[at].tolist() == [nth, 1 + TAG_STEP, nth, nth + 1]
    assert (BOOK_TAG, BOOK_ORDERS) == (0, 1)


@pytest.mark.parametrize("need", [DONE, 6, -1])
def test_that_an_unknown_need_is_our_own_bug(need: int) -> None:
    with pytest.raises(EngineError, match=f"asked for {need}"):
        grown(fresh(), need)


def test_that_output_is_zero_to_the_last_byte() -> None:
    out = output(5)
    assert out.dtype == CHANGE_SIGNED
    assert out.shape == (5,)
    assert not any(out.view(CHANGE).tobytes())


def test_that_market_rows_are_seen_not_copied_and_never_written() -> None:
    rows = market(row("T"), row("T"))
    view = readable(rows)
    assert view.dtype == MARKET_SIGNED
    assert np.shares_memory(view, rows)
    assert not view.flags.writeable
    assert rows.flags.writeable


@pytest.mark.parametrize("skewed", ["unaligned", "strided", "both"])
def test_that_rows_out_of_line_are_copied_into_line(skewed: str) -> None:
    rows = market(*[row("T", rec=nth) for nth in range(6)])
    held = np.frombuffer(b"x" + rows.tobytes(), MARKET, offset=1) if skewed != "strided" else rows
    held = held[::2] if skewed != "unaligned" else held
    view = readable(held)
    assert view.flags.aligned
    assert view.flags.c_contiguous
    assert not view.flags.writeable
    assert view["rec"].tolist() == ([0, 1, 2, 3, 4, 5] if skewed == "unaligned" else [0, 2, 4])


def test_that_a_fresh_state_is_empty() -> None:
    work = fresh()
    assert len(work.rows) == len(work.out) == 0
    assert (work.where == -1).all()
    assert not any(getattr(work, name).any() for name in SAVED if name != "where")
    assert len(work.sides) == 2 * len(work.books) == 2 * len(work.touches)
    assert work.slots.shape[0] & (work.slots.shape[0] - 1) == 0


def test_that_many_books_find_room() -> None:
    rows = [quote((n, 1), (n + 1, 1), instrument=n % 41, venue=n // 41) for n in range(123)]
    books = agree(market(*rows))
    assert books.depth(40, 2, 1)[0].tolist() == [[122, 1, 0]]


def test_that_deep_books_and_many_orders_find_room() -> None:
    rows = [add(n, BID if n % 2 else ASK, (n * 37) % 211 - 300 * (n % 2), 1 + n % 5) for n in range(400)]
    books = agree(market(*rows))
    assert len(books.depth(0, 0, 999)[0]) == 200
    assert books.counts == {}


def test_that_a_book_cleared_again_and_again_keeps_the_hash_small() -> None:
    books = Books()
    for day in range(40):
        books.apply(market(*[add(day * 30 + n, BID, n, 1) for n in range(30)], row("R")))
    assert len(books.save()["slots"]) <= 128


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 4), st.integers(0, 30)), max_size=80))
def test_that_growth_at_any_row_loses_and_repeats_nothing(orders: list[tuple[int, int, int]]) -> None:
    rows: list[Row] = [add(nth, BID, price, 1, instrument=i, venue=v) for nth, (i, v, price) in enumerate(orders)]
    agree(market(*rows), every=True)
