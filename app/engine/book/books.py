"""The books of a run: rows in, changes out, grown as needed, saved and loaded."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from app.engine.bits import signed
from app.engine.book import room
from app.engine.book.kernel import apply_rows
from app.engine.book.orders import find
from app.engine.book.state import (
    BOOK_TAG,
    CHANGE_SIGNED,
    DONE,
    EMITTED,
    EVERY,
    IRREGULARITIES,
    KEY,
    PRICE,
    QUANTITY,
    ROW,
    SAVED,
    Ints,
    Work,
)
from app.engine.enrich.regions import joined
from app.engine.errors import EngineError
from app.engine.events import CHANGE, Rows
from app.engine.units import ASK, BID

SPARE: Final = 16  # output rows beyond one per market row: a print flagged last may give two


class Books:
    """Order books per (instrument, venue), fed with events.MARKET rows of any model (L1 `Q`, L2 `L`, L3 `A C M R`)."""

    def __init__(self) -> None:
        self._work = room.fresh()

    def apply(self, rows: Rows, every: bool = False) -> Rows:
        """Apply market rows in their order; returns the events.CHANGE rows they caused, in order.

        A touch is given at a row flagged last if the best two levels of either side (or the orders at the best)
        differ from the touch given before; with `every` at each such row. An empty side has price and size
        units.NULL and count 0. Prints, the resting orders they name and status rows carry the touch given before.
        """
        changes = self.run(rows, every)
        return joined(changes, changes[:0])

    def run(self, rows: Rows, every: bool = False, space: Rows | None = None) -> Rows:
        """As apply(), but what it returns is a view: of `space` (SPARE changes more than rows), else of memory kept.

        The next call writes over memory kept.
        """
        out = self._work.out
        if len(out) < len(rows) + SPARE and space is None:
            out = room.output(len(rows) + SPARE)
        kept, out = out, out if space is None else space.view(CHANGE_SIGNED)
        work = Work(room.readable(rows), out, *self._work[2:])
        work.marks[ROW] = 0
        work.marks[EMITTED] = 0
        work.marks[EVERY] = every
        while (need := apply_rows(work)) != DONE:
            work = room.grown(work, need)
        self._work = Work(self._work.rows, kept, *work[2:])
        return work.out[: work.marks[EMITTED]].view(CHANGE)

    @property
    def counts(self) -> dict[str, int]:
        """Rows so far that could not be taken at their word, by what was wrong; only kinds that occurred."""
        return {name: int(n) for name, n in zip(IRREGULARITIES, self._work.counts, strict=True) if n}

    def depth(self, instrument: int, venue: int, n: int) -> tuple[Ints, Ints]:
        """The best n levels of bids and asks, best first: (levels, 3) of price, size, orders (0 = feed names none)."""
        book = self._book(instrument, venue)
        if book < 0:
            return np.zeros((0, 3), np.int64), np.zeros((0, 3), np.int64)
        bids = self._best(2 * book, n)
        asks = self._best(2 * book + 1, n)
        asks[:, KEY] = -asks[:, KEY]
        return bids, asks

    def order_of(self, instrument: int, venue: int, order_id: int) -> tuple[int, int, int] | None:
        """Price, open size and side (units.BID or ASK) of a resting order; None if it is not in the book."""
        book = self._book(instrument, venue)
        if book < 0:
            return None
        slots = self._work.slots
        at = find(slots, signed(order_id), int(self._work.books[book, BOOK_TAG]))
        if at < 0:
            return None
        quantity = int(slots[at, QUANTITY])
        return int(slots[at, PRICE]), abs(quantity), BID if quantity > 0 else ASK

    def save(self) -> dict[str, NDArray[np.int64]]:
        """A copy of the whole state, by name."""
        return {name: getattr(self._work, name).copy() for name in SAVED}

    @classmethod
    def load(cls, state: Mapping[str, NDArray[np.int64]]) -> "Books":
        """Books that go on exactly where save() was; raises EngineError if the state is not one save() gave."""
        books = cls()
        fresh = books._work
        for name in SAVED:
            array = state.get(name)
            wanted = getattr(fresh, name)
            if array is None or array.dtype != np.int64 or array.ndim != wanted.ndim:
                raise EngineError(f"saved books: {name} is missing or no int64 array of {wanted.ndim} dimensions")
        saved: dict[str, Any] = {name: np.array(state[name], order="C") for name in SAVED}
        books._work = fresh._replace(**saved)
        return books

    def _book(self, instrument: int, venue: int) -> int:
        where = self._work.where
        if 0 <= instrument < where.shape[0] and 0 <= venue < where.shape[1]:
            return int(where[instrument, venue])
        return -1

    def _best(self, side: int, n: int) -> Ints:
        start, _, depth = self._work.sides[side]
        end = start + depth
        return self._work.levels[max(start, end - n) : end][::-1].copy()
