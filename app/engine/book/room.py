"""Room for the books: the arrays at the start, and the one that ran out made larger."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from app.engine.book.orders import rebuild
from app.engine.book.state import (
    BOOK_ORDERS,
    BOOKS_FULL,
    CHANGE_SIGNED,
    INDEX_SMALL,
    IRREGULARITIES,
    LEVELS_FULL,
    MARKET_SIGNED,
    MARKS,
    OUT_FULL,
    REGION,
    ROW,
    SLOTS_FULL,
    SLOTS_USED,
    TOUCH_WIDTH,
    Ints,
    Work,
)
from app.engine.errors import EngineError
from app.engine.events import CHANGE, MARKET, Rows

BOOKS: Final = 4
SLOTS: Final = 64
NO_ROWS: Final = np.empty(0, MARKET)


def readable(rows: Rows) -> Rows:
    """Market rows as kernels take them: signed, aligned, read-only (one compiled version for all callers)."""
    if not rows.flags.aligned or not rows.flags.c_contiguous:
        rows = np.array(rows)
    view = rows.view(MARKET_SIGNED)
    view.setflags(write=False)
    return view


def output(room: int) -> Rows:
    """Empty change rows as kernels write them (bytes first: zeros of a structured type cost microseconds)."""
    return np.ndarray(room, CHANGE_SIGNED, np.zeros(room * CHANGE.itemsize, np.uint8))


def fresh() -> Work:
    """No book yet, and room for a few."""
    return Work(
        rows=readable(NO_ROWS),
        out=output(0),
        where=np.full((BOOKS, 1), -1, np.int64),
        books=np.zeros((BOOKS, 2), np.int64),
        sides=np.zeros((2 * BOOKS, 3), np.int64),
        levels=np.zeros((2 * BOOKS * REGION, 3), np.int64),
        slots=np.zeros((SLOTS, 4), np.int64),
        touches=np.zeros((BOOKS, 2 * TOUCH_WIDTH), np.int64),
        counts=np.zeros(len(IRREGULARITIES), np.int64),
        marks=np.zeros(MARKS, np.int64),
    )


def grown(work: Work, need: int) -> Work:
    """The same state with more room of the kind a kernel ran out of."""
    if need == OUT_FULL:
        return work._replace(out=_longer(work.out))
    if need == LEVELS_FULL:
        return work._replace(levels=_longer(work.levels))
    if need == BOOKS_FULL:
        return work._replace(books=_longer(work.books), sides=_longer(work.sides), touches=_longer(work.touches))
    if need == SLOTS_FULL:
        return _rehashed(work)
    if need == INDEX_SMALL:
        return work._replace(where=_wider(work))
    raise EngineError(f"book kernel asked for {need}, which is no kind of room")


def _longer(array: NDArray[Any]) -> NDArray[Any]:
    """A copy with twice the rows, the new ones 0."""
    longer = np.zeros((2 * len(array), *array.shape[1:]), array.dtype)
    longer[: len(array)] = array
    return longer


def _wider(work: Work) -> Ints:
    """The map to books with room for the instrument and venue of the row it stopped at, up to a power of two."""
    row = work.rows[work.marks[ROW]]
    instruments = max(work.where.shape[0], 1 << int(row["instrument"]).bit_length())
    venues = max(work.where.shape[1], 1 << int(row["venue"]).bit_length())
    where = np.full((instruments, venues), -1, np.int64)
    where[: work.where.shape[0], : work.where.shape[1]] = work.where
    return where


def _rehashed(work: Work) -> Work:
    """The order hash without stale slots, doubled when more than a quarter of it is in use."""
    orders = int(np.add.reduce(work.books[:, BOOK_ORDERS]))
    room = work.slots.shape[0] * (2 if 4 * orders > work.slots.shape[0] else 1)
    slots = np.zeros((room, 4), np.int64)
    work.marks[SLOTS_USED] = rebuild(work.slots, slots, work.books)
    return work._replace(slots=slots)
