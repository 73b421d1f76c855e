"""The books as a whole: against the reference, in any blocks, saved and loaded, on a real day."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.book import Books
from app.engine.errors import EngineError
from app.engine.events import CHANGE, MARKET, PRINTED, TOUCHED
from app.engine.units import ASK, BID, NULL
from tests.engine.book.reference import ReferenceBooks, plain
from tests.engine.book.streams import (
    Row,
    add,
    agree,
    blocks,
    cancel,
    hostile_rows,
    market,
    mirror_change,
    mirrored,
    orders_of_a_day,
    quote,
    row,
    same_state,
)

_CUTS = st.lists(st.integers(0, 10**6), max_size=6)


@given(st.lists(hostile_rows(), max_size=40), st.booleans(), _CUTS)
def test_that_any_stream_in_any_blocks_equals_the_reference(rows: list[Row], every: bool, cuts: list[int]) -> None:
    agree(market(*rows), every, cuts)


@pytest.mark.parametrize("seed", range(3))
def test_that_a_day_of_orders_gives_what_the_reference_gives(seed: int) -> None:
    books = agree(orders_of_a_day(1500, seed), cuts=[1, 5, 700])
    assert books.counts == {}


@given(st.lists(hostile_rows(), max_size=30), _CUTS)
def test_that_saving_and_loading_between_blocks_changes_nothing(rows: list[Row], cuts: list[int]) -> None:
    reference = ReferenceBooks()
    books = Books()
    changes = []
    for block in blocks(market(*rows), cuts):
        books = Books.load({name: array.copy() for name, array in books.save().items()})
        changes += plain(books.apply(block))
    assert changes == reference.apply(market(*rows))
    same_state(books, reference)


def test_that_a_saved_state_is_a_copy() -> None:
    books = Books()
    books.apply(market(add(1, BID, 10, 5)))
    saved = books.save()
    kept = {name: array.copy() for name, array in saved.items()}
    books.apply(market(add(2, BID, 11, 5)))
    for name, array in kept.items():
        np.testing.assert_array_equal(saved[name], array)
    loaded = Books.load(saved)
    loaded.apply(market(add(3, BID, 12, 5)))
    np.testing.assert_array_equal(saved["levels"], kept["levels"])
    assert [level[0] for level in loaded.depth(0, 0, 9)[0].tolist()] == [12, 10]


@pytest.mark.parametrize("name", ["where", "books", "sides", "levels", "slots", "touches", "counts", "marks"])
def test_that_a_state_nobody_saved_is_refused(name: str) -> None:
    saved = Books().save()
    with pytest.raises(EngineError, match=f"saved books: {name} is missing"):
        Books.load({key: array for key, array in saved.items() if key != name})
    with pytest.raises(EngineError, match=name):
        Books.load(saved | {name: saved[name].astype(np.float64)})
    with pytest.raises(EngineError, match=name):
        Books.load(saved | {name: saved[name][None]})


def test_that_mirrored_streams_give_mirrored_books() -> None:
    rows = orders_of_a_day(600, seed=7)
    here, there = Books(), Books()
    assert [mirror_change(change) for change in plain(here.apply(rows))] == plain(there.apply(mirrored(rows)))
    bids, asks = here.depth(0, 0, 50)
    other_bids, other_asks = there.depth(0, 0, 50)
    np.testing.assert_array_equal(bids * [-1, 1, 1], other_asks)
    np.testing.assert_array_equal(asks * [-1, 1, 1], other_bids)


def test_that_depth_gives_the_best_levels_first_and_no_more_than_there_are() -> None:
    books = Books()
    books.apply(market(*(add(n, BID, -n, 10 * n) for n in range(1, 6)), *(add(10 + n, ASK, n, n) for n in range(1, 4))))
    bids, asks = books.depth(0, 0, 2)
    assert bids.tolist() == [[-1, 10, 1], [-2, 20, 1]]
    assert asks.tolist() == [[1, 1, 1], [2, 2, 1]]
    assert len(books.depth(0, 0, 99)[0]) == 5
    assert books.depth(0, 0, 0)[0].shape == (0, 3)
    bids[:] = 0
    assert books.depth(0, 0, 1)[0].tolist() == [[-1, 10, 1]]


@pytest.mark.parametrize(("instrument", "venue"), [(0, 1), (1, 0), (-1, 0), (0, -1), (9, 0), (0, 9)])
def test_that_a_book_nobody_quoted_is_empty(instrument: int, venue: int) -> None:
    books = Books()
    books.apply(market(add(1, BID, 5, 5)))
    bids, asks = books.depth(instrument, venue, 3)
    assert bids.shape == asks.shape == (0, 3)
    assert bids.dtype == asks.dtype == np.int64
    assert books.order_of(instrument, venue, 1) is None


def test_that_an_order_is_found_by_its_id_until_it_is_gone() -> None:
    books = Books()
    books.apply(market(add(2**64 - 1, ASK, 7, 30), add(3, BID, 5, 20), cancel(3, 8)))
    assert books.order_of(0, 0, 2**64 - 1) == (7, 30, ASK)
    assert books.order_of(0, 0, 3) == (5, 12, BID)
    books.apply(market(cancel(3)))
    assert books.order_of(0, 0, 3) is None
    assert all(books.order_of(0, 0, absent) is None for absent in range(4, 200))


def test_that_the_best_price_on_either_end_of_the_axis_is_no_loss() -> None:
    far = 2**63 - 1
    changes = Books().apply(
        market(add(1, BID, -far, 1), add(2, ASK, far, 1), add(3, BID, far, 1), add(4, ASK, -far, 1))
    )
    assert [int(change["bid"]) for change in changes] == [-far, -far, far, far]
    assert [int(change["ask"]) for change in changes] == [NULL, far, far, -far]


def test_that_rows_from_a_read_only_or_unaligned_buffer_give_the_same() -> None:
    rows = orders_of_a_day(50, seed=3)
    buffer = b"x" + rows.tobytes()
    unaligned = np.frombuffer(buffer, MARKET, offset=1)
    expected = plain(Books().apply(rows))
    assert plain(Books().apply(unaligned)) == expected
    assert plain(Books().apply(np.repeat(rows, 2)[::2])) == expected
    assert rows.flags.writeable


def test_that_no_rows_give_no_changes() -> None:
    changes = Books().apply(market())
    assert changes.dtype == CHANGE
    assert len(changes) == 0


def test_that_every_last_row_gives_its_touch_on_request_only() -> None:
    rows = market(quote((10, 1), (12, 2)), row("F", BID, 10, 1), row("F", BID, 10, 1, flags=0), row("T", BID, 10, 1))
    assert [int(change["kind"]) for change in Books().apply(rows)] == [TOUCHED, PRINTED]
    every = Books().apply(rows, every=True)
    assert [int(change["kind"]) for change in every] == [TOUCHED, TOUCHED, PRINTED, TOUCHED]
    assert [int(change["rec"]) for change in every] == [0, 1, 3, 3]
    assert {int(change["ask"]) for change in every} == {12}


def test_that_asking_once_for_every_touch_does_not_bind_the_next_call() -> None:
    books = Books()
    books.apply(market(quote((10, 1))), every=True)
    assert len(books.apply(market(row("F")))) == 0


def test_that_more_changes_than_rows_find_room() -> None:
    rows = market(*[row("T", BID, 10, 1)] * 100)
    assert len(Books().apply(rows, every=True)) == 200


def test_that_earlier_changes_are_not_written_over() -> None:
    books = Books()
    first = books.apply(market(quote((10, 1))))
    books.apply(market(quote((99, 9))))
    assert first["bid"].tolist() == [10]
