"""Rows one after the other: books opened, rows that stop for want of room and go on, touches at last rows only."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.book import Books
from app.engine.book.kernel import AHEAD, apply_row, apply_rows, fetch_order, open_book
from app.engine.book.room import fresh, grown, output, readable
from app.engine.book.state import (
    BOOKS_FULL,
    BOOKS_USED,
    DONE,
    EMITTED,
    EVERY,
    INDEX_SMALL,
    LEVELS_FULL,
    LEVELS_USED,
    OUT_FULL,
    REGION,
    ROW,
    SAVED,
    SLOTS_FULL,
    SLOTS_USED,
    Work,
)
from app.engine.events import CHANGE, NAMED, PRINTED, STATUS_SET, TOUCHED, UNPRINTED
from app.engine.units import ASK, BID, LAST, NULL
from tests.engine.book.reference import EMPTY, ReferenceBooks, plain
from tests.engine.book.streams import Row, add, agree, cancel, hostile_rows, market, modify, quote, row


def _work(*rows: Row, out: int = 20) -> Work:
    return fresh()._replace(rows=readable(market(*rows)), out=output(out))


def _state(work: Work) -> dict[str, list[int]]:
    return {name: getattr(work, name).tolist() for name in SAVED}


def test_that_a_book_opens_empty_with_room_on_both_sides() -> None:
    work = _work()
    work.sides[:] = work.books[:] = work.touches[:] = 55
    work.marks[BOOKS_USED] = 1
    work.marks[LEVELS_USED] = 11
    assert open_book(work, 2, 0) == DONE
    assert work.where[:, 0].tolist() == [-1, -1, 1, -1]
    assert work.books[1].tolist() == [1, 0]
    assert work.sides[2:4].tolist() == [[11, REGION, 0], [11 + REGION, REGION, 0]]
    assert tuple(work.touches[1].tolist()) == EMPTY + EMPTY
    assert work.marks[[BOOKS_USED, LEVELS_USED]].tolist() == [2, 11 + 2 * REGION]
    assert (work.sides[[0, 1, 4]] == 55).all()
    assert (work.touches[[0, 2]] == 55).all()


def test_that_a_book_without_room_does_not_open() -> None:
    work = _work()
    work.marks[BOOKS_USED] = len(work.books)
    before = _state(work)
    assert open_book(work, 0, 0) == BOOKS_FULL
    assert _state(work) == before
    work.marks[BOOKS_USED] = 0
    work.marks[LEVELS_USED] = len(work.levels) - 2 * REGION + 1
    before = _state(work)
    assert open_book(work, 0, 0) == LEVELS_FULL
    assert _state(work) == before
    work.marks[LEVELS_USED] -= 1
    assert open_book(work, 0, 0) == DONE


def _short(name: str) -> tuple[Work, int]:
    """A work whose row 0 is done and whose row 1 lacks room of one kind, and that kind."""
    match name:
        case "out":
            return _work(row("T", BID, 1, 1, flags=0), row("T", BID, 1, 1), out=2), OUT_FULL
        case "instruments":
            return _work(row("T", BID, 1, 1), row("T", BID, 1, 1, instrument=4)), INDEX_SMALL
        case "venues":
            return _work(row("T", BID, 1, 1), row("T", BID, 1, 1, venue=1)), INDEX_SMALL
        case "books":
            work = _work(row("T", BID, 1, 1), row("T", BID, 1, 1, instrument=1))
            return work._replace(books=work.books[:1].copy()), BOOKS_FULL
        case "levels":
            work = _work(add(1, BID, 1, 1), add(2, BID, 2, 1))
            open_book(work, 0, 0)
            work.sides[0] = (0, 1, 0)
            work.marks[LEVELS_USED] = len(work.levels) - 1
            return work, LEVELS_FULL
        case "level":
            work = _work(row("L", ASK, 1, 1), row("L", ASK, 2, 1))
            open_book(work, 0, 0)
            work.sides[1] = (REGION, 1, 0)
            work.marks[LEVELS_USED] = len(work.levels) - 1
            return work, LEVELS_FULL
        case _:
            work = _work(add(1, BID, 1, 1), add(2, BID, 2, 1))
            return work._replace(slots=np.zeros((2, 4), np.int64)), SLOTS_FULL


@pytest.mark.parametrize("name", ["out", "instruments", "venues", "books", "levels", "level", "slots"])
def test_that_a_row_without_room_changes_nothing_and_goes_on_once_there_is(name: str) -> None:
    work, need = _short(name)
    assert apply_rows(work) == need
    assert work.marks[ROW] == 1
    before = _state(work), work.out.tobytes()
    assert apply_rows(work) == need
    assert (_state(work), work.out.tobytes()) == before
    while (need := apply_rows(work)) != DONE:
        work = grown(work, need)
    assert work.marks[ROW] == 2
    reference = ReferenceBooks()
    assert plain(work.out[: work.marks[EMITTED]].view(CHANGE)) == reference.apply(work.rows)
    assert not work.counts.any()


def test_that_a_row_that_opens_nothing_needs_no_room_for_it() -> None:
    work = _work(add(1, BID, 1, 1), add(1, BID, 2, 1), modify(1, 0, 3), cancel(1), cancel(1), row("L", BID, 5, 0))
    work = work._replace(slots=np.zeros((2, 4), np.int64))
    assert apply_rows(work) == DONE
    assert work.marks[SLOTS_USED] == 0


def test_that_a_call_begins_where_the_last_one_stopped() -> None:
    work = _work(*[row("T", BID, n, 1, flags=0) for n in range(5)])
    work.marks[ROW] = 3
    assert apply_rows(work) == DONE
    assert [change["price"] for change in plain(work.out[:2].view(CHANGE))] == [3, 4]
    assert work.marks[[ROW, EMITTED]].tolist() == [5, 2]


@pytest.mark.parametrize(("instrument", "venue"), [(-1, 0), (0, -1), (-5, -5)])
def test_that_a_row_of_no_book_is_counted_and_says_nothing(instrument: int, venue: int) -> None:
    books = Books()
    assert len(books.apply(market(row("T", BID, 1, 1, instrument=instrument, venue=venue)), every=True)) == 0
    assert books.counts == {"unknown_books": 1}


@pytest.mark.parametrize(
    ("this", "kinds"),
    [
        (add(9, BID, 11, 1), [TOUCHED]),
        (add(9, BID, 5, 1), []),
        (cancel(1, 1), [TOUCHED]),
        (modify(1, 0, 8), [TOUCHED]),
        (row("R"), [TOUCHED]),
        (row("L", ASK, 12, 1), [TOUCHED]),
        (quote((1, 1), (2, 2)), [TOUCHED]),
        (row("T", BID, 12, 1), [PRINTED]),
        (row("X", BID, 12, 1), [UNPRINTED]),
        (row("S", status=2), [STATUS_SET]),
        (row("F", BID, 10, 1), []),
        (row("F", BID, 10, 1, order_id=1), [NAMED]),
        (row("F", BID, 10, 1, order_id=2**64 - 1), [NAMED]),
        (row("?", BID, 10, 1), []),
        (cancel(77, 1), []),
    ],
)
def test_that_one_row_causes_these_changes(this: Row, kinds: list[int]) -> None:
    base = [add(1, BID, 10, 5), add(2, BID, 9, 5), add(3, ASK, 12, 5)]
    books, reference = Books(), ReferenceBooks()
    books.apply(market(*base))
    reference.apply(market(*base))
    changes = plain(books.apply(market(this)))
    assert changes == reference.apply(market(this))
    assert [change["kind"] for change in changes] == kinds


def test_that_touches_wait_for_the_last_row_of_an_event() -> None:
    rows = market(
        add(1, BID, 10, 5, flags=0), row("T", ASK, 10, 2, flags=127), cancel(1, 2, flags=0), row("F", flags=LAST)
    )
    changes = plain(Books().apply(rows))
    assert [(change["kind"], change["rec"], change["bid"], change["bid_size"]) for change in changes] == [
        (PRINTED, 1, NULL, NULL),
        (TOUCHED, 3, 10, 3),
    ]


def test_that_a_print_comes_before_the_touch_of_its_own_row() -> None:
    changes = plain(Books().apply(market(add(1, BID, 10, 5, flags=0), row("T", ASK, 10, 2))))
    assert [(change["kind"], change["bid"]) for change in changes] == [(PRINTED, NULL), (TOUCHED, 10)]


def test_that_a_touch_that_came_and_went_inside_an_event_was_never_there() -> None:
    rows = market(add(1, BID, 10, 5), add(2, BID, 11, 1, flags=0), cancel(2, flags=0), row("T", BID, 11, 1))
    assert [change["kind"] for change in plain(Books().apply(rows))] == [TOUCHED, PRINTED]


def test_that_one_row_is_applied_alone() -> None:
    work = _work(quote((1, 1)), quote((2, 2)), quote((2, 2)))
    assert apply_row(work, 1) == DONE
    assert apply_row(work, 2) == DONE
    assert [change["rec"] for change in plain(work.out[:1].view(CHANGE))] == [1]
    assert work.marks[EMITTED] == 1
    work.marks[EVERY] = 1
    assert apply_row(work, 2) == DONE
    assert work.marks[EMITTED] == 2


@pytest.mark.parametrize(
    ("instrument", "venue", "asked"),
    [(0, 0, True), (1, 0, True), (2, 0, False), (-1, 0, False), (0, -1, False), (4, 0, False), (0, 1, False)],
)
def test_that_only_the_order_of_an_open_book_is_asked_for_ahead(
    monkeypatch: pytest.MonkeyPatch, instrument: int, venue: int, asked: bool
) -> None:
    """Looked at in the plain function: asking has no effect that could be seen."""
    plain_fetch = getattr(fetch_order, "py_func", fetch_order)
    seen: list[int] = []
    monkeypatch.setitem(plain_fetch.__globals__, "prefetch", lambda array, at: seen.append(at))
    work = _work(add(77, BID, 1, 1, instrument=instrument, venue=venue))
    open_book(work, 0, 0)
    open_book(work, 1, 0)
    plain_fetch(work, 0)
    home = plain_fetch.__globals__["home"]
    assert seen == ([home(work.slots, 77, instrument)] if asked else [])


def test_that_orders_are_asked_for_some_rows_ahead_and_never_beyond_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    plain_apply = getattr(apply_rows, "py_func", apply_rows)
    seen: list[int] = []
    monkeypatch.setitem(plain_apply.__globals__, "fetch_order", lambda work, at: seen.append(at))
    work = _work(*[add(n, BID, 1, 1) for n in range(AHEAD + 4)])
    assert plain_apply(work) == DONE
    assert seen == list(range(AHEAD, AHEAD + 4))


@given(st.lists(hostile_rows(), max_size=40), st.booleans())
def test_that_any_rows_equal_the_reference(rows: list[Row], every: bool) -> None:
    agree(market(*rows), every)
