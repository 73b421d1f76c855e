"""The touch of a venue and the rows that report it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.book import Books
from app.engine.book.room import fresh, output, readable
from app.engine.book.state import COUNT, EMITTED, KEY, REGION, SIZE, Work
from app.engine.book.touch import emit, refresh, report
from app.engine.events import CHANGE, PRINTED, STATUS_SET, TOUCHED
from app.engine.units import ASK, BID, NULL, SNAPSHOT
from tests.engine.book.reference import EMPTY, plain
from tests.engine.book.streams import Row, add, agree, cancel, hostile_rows, market, orders_of_a_day, quote, row

BOOK = 1


def _book(bids: list[tuple[int, int, int]], asks: list[tuple[int, int, int]]) -> Work:
    """A work whose book 1 has these levels, worst first, and no touch yet."""
    work = fresh()
    work.levels[:] = 99
    work.touches[BOOK] = EMPTY + EMPTY
    for half, levels in enumerate((bids, asks)):
        side = 2 * BOOK + half
        start = 2 + half * REGION
        work.sides[side] = (start, REGION, len(levels))
        for nth, (price, size, count) in enumerate(levels):
            work.levels[start + nth] = (price if half == 0 else -price, size, count)
    return work


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        ([], (NULL, NULL, NULL, NULL, 0)),
        ([(10, 5, 3)], (10, 5, NULL, NULL, 3)),
        ([(8, 1, 1), (10, 5, 3)], (10, 5, 8, 1, 3)),
        ([(7, 2, 2), (8, 1, 1), (10, 5, 0)], (10, 5, 8, 1, 0)),
    ],
)
def test_that_the_touch_is_the_best_two_levels_of_a_side(
    levels: list[tuple[int, int, int]], expected: tuple[int, ...]
) -> None:
    bids = _book(levels, [])
    assert refresh(bids, BOOK) == bool(levels)
    assert tuple(bids.touches[BOOK].tolist()) == expected + EMPTY
    asks = _book([], [(-price, size, count) for price, size, count in levels])
    assert refresh(asks, BOOK) == bool(levels)
    mirrored = tuple(-v if nth in {0, 2} and v != NULL else v for nth, v in enumerate(expected))
    assert tuple(asks.touches[BOOK].tolist()) == EMPTY + mirrored


def test_that_a_touch_that_stays_is_no_change() -> None:
    work = _book([(8, 1, 1), (10, 5, 3)], [(14, 1, 1), (12, 2, 2)])
    assert refresh(work, BOOK)
    assert not refresh(work, BOOK)
    assert work.touches[0].tolist() == [0] * 10


@pytest.mark.parametrize("half", [0, 1])
@pytest.mark.parametrize("level", [0, 1])
@pytest.mark.parametrize("field", [KEY, SIZE, COUNT])
def test_that_each_figure_of_the_touch_makes_a_change(half: int, level: int, field: int) -> None:
    work = _book([(7, 1, 1), (8, 1, 1), (10, 5, 3)], [(15, 1, 1), (14, 1, 1), (12, 2, 2)])
    refresh(work, BOOK)
    before = work.touches[BOOK].tolist()
    at = 2 + half * REGION + 1 + level
    work.levels[at, field] += 1
    counted = level == 1 or field != COUNT  # orders are counted at the best level only
    assert refresh(work, BOOK) == counted
    differing = [nth for nth, value in enumerate(work.touches[BOOK].tolist()) if value != before[nth]]
    assert differing == ([5 * half + (4 if field == COUNT else (0 if level == 1 else 2) + field)] if counted else [])


def test_that_the_third_level_is_no_part_of_the_touch() -> None:
    work = _book([(7, 1, 1), (8, 1, 1), (10, 5, 3)], [(15, 1, 1), (14, 1, 1), (12, 2, 2)])
    refresh(work, BOOK)
    work.levels[2] = work.levels[2 + REGION] = (-50, 9, 9)
    assert not refresh(work, BOOK)


def test_that_a_side_that_empties_gives_null() -> None:
    changes = plain(Books().apply(market(quote((10, 5), (12, 2)), quote((10, 5)))))
    assert [(change["ask"], change["ask_size"], change["ask_count"]) for change in changes] == [
        (12, 2, 0),
        (NULL, NULL, 0),
    ]
    assert [(change["bid"], change["bid_size"]) for change in changes] == [(10, 5), (10, 5)]


_FIELDS = {
    "ts_event": 11, "ts_recv": 22, "seq": 2**64 - 1, "rec": 44, "order_id": 2**63 + 5, "price": -66, "size": 77,
    "price2": 88, "size2": 99, "instrument": 3, "venue": 5, "source": 6, "side": ASK, "flags": 9, "condition": 4,
    "status": 2,
}  # fmt: skip
_TOUCH = ("bid", "bid_size", "bid2", "bid2_size", "bid_count", "ask", "ask_size", "ask2", "ask2_size", "ask_count")


def _written(flags: int, kind: int, *, said: bool) -> Any:
    """The change written by emit or report for the second of two rows, as the third of the output."""
    work = fresh()._replace(rows=readable(market(row("R"), _FIELDS | {"flags": flags})), out=output(4))
    work.touches[BOOK] = range(101, 111)
    work.marks[EMITTED] = 2
    (report if said else emit)(work, 1, BOOK, kind)
    assert work.marks[EMITTED] == 3
    out = work.out.view(CHANGE)
    assert not any(out[[0, 1, 3]].tobytes())
    return plain(out)[2]


@pytest.mark.parametrize(("flags", "ts"), [(9, 11), (SNAPSHOT, 22), (255, 22)])
def test_that_a_touch_row_names_its_cause_and_nothing_of_a_print(flags: int, ts: int) -> None:
    assert _written(flags, TOUCHED, said=False) == {
        "ts": ts, "flags": flags, "kind": TOUCHED,
        **{name: _FIELDS[name] for name in ("rec", "seq", "instrument", "venue", "source")},
        **dict(zip(_TOUCH, range(101, 111), strict=True)),
        "price": NULL, "size": NULL, "order_id": 0, "side": 0, "condition": 0, "status": 0,
    }  # fmt: skip


@pytest.mark.parametrize("kind", [PRINTED, STATUS_SET])
def test_that_a_print_row_carries_what_was_printed_and_the_touch_before(kind: int) -> None:
    carried = (
        "rec",
        "seq",
        "instrument",
        "venue",
        "source",
        "price",
        "size",
        "order_id",
        "side",
        "condition",
        "status",
    )
    assert _written(9, kind, said=True) == {
        "ts": 11, "flags": 9, "kind": kind, **{name: _FIELDS[name] for name in carried},
        **dict(zip(_TOUCH, range(101, 111), strict=True)),
    }  # fmt: skip


@given(st.lists(hostile_rows("AAACMLQTXS"), max_size=30), st.booleans())
def test_that_touches_and_prints_equal_the_reference(rows: list[Row], every: bool) -> None:
    agree(market(*rows), every)


def test_that_a_days_touches_equal_the_reference() -> None:
    agree(orders_of_a_day(400, seed=11, books=1))


def test_that_an_order_that_joins_the_best_level_changes_its_count() -> None:
    changes = plain(Books().apply(market(add(1, BID, 10, 5), add(2, BID, 10, 5), cancel(1, 5))))
    assert [(change["bid_size"], change["bid_count"]) for change in changes] == [(5, 1), (10, 2), (5, 1)]
