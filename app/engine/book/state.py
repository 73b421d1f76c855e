"""Arrays of the books: everything the kernels read and write, and how it grows.

All int64 and flat, so that saving is copying. Prices are kept as keys that ascend towards the best of their side:
the price of a bid, minus the price of an ask; the best level is the last of its region.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.engine.events import CHANGE, MARKET, Rows

Ints = NDArray[np.int64]

# `sides` has row 2 * book for the bids, 2 * book + 1 for the asks: where its region starts in `levels`, how many
# levels have room there, how many are in use.
START: Final = 0
ROOM: Final = 1
DEPTH: Final = 2
# `levels`
KEY: Final = 0
SIZE: Final = 1
COUNT: Final = 2  # orders at the level; 0 where the feed names no orders
# `slots`, the order hash: an empty slot has quantity 0; bids have a positive quantity, asks a negative one
ID: Final = 0
TAG: Final = 1
PRICE: Final = 2
QUANTITY: Final = 3
# `books`: the tag its orders carry in the hash, book + 2**32 * (times cleared); how many orders it holds
BOOK_TAG: Final = 0
BOOK_ORDERS: Final = 1
TAG_STEP: Final = 1 << 32
# `touches`, the touch last emitted: price, size, next price, next size, count of the bid, then the same of the ask
TOUCH_WIDTH: Final = 5
# `marks`: progress of a call, what is in use, and whether every row flagged last is to give its touch
ROW: Final = 0
EMITTED: Final = 1
BOOKS_USED: Final = 2
LEVELS_USED: Final = 3
SLOTS_USED: Final = 4
EVERY: Final = 5
MARKS: Final = 6

# What a kernel ran out of; the row it stopped at has changed nothing.
DONE: Final = 0
OUT_FULL: Final = 1
INDEX_SMALL: Final = 2
BOOKS_FULL: Final = 3
LEVELS_FULL: Final = 4
SLOTS_FULL: Final = 5

# Rows that were not taken at their word, by what was wrong; see Books.counts.
FINE: Final = -1
DUPLICATE_ORDERS: Final = 0
UNKNOWN_CANCELS: Final = 1
UNKNOWN_MODIFIES: Final = 2
OVERSIZED_CANCELS: Final = 3
BAD_SIZES: Final = 4
MISSING_PRICES: Final = 5
MISSING_SIDES: Final = 6
CHANGED_SIDES: Final = 7
SHORT_LEVELS: Final = 8
UNKNOWN_ACTIONS: Final = 9
UNKNOWN_BOOKS: Final = 10
IRREGULARITIES: Final = (
    "duplicate_orders", "unknown_cancels", "unknown_modifies", "oversized_cancels", "bad_sizes", "missing_prices",
    "missing_sides", "changed_sides", "short_levels", "unknown_actions", "unknown_books",
)  # fmt: skip

REGION: Final = 8  # levels a side has room for at first
MAX_SIZE: Final = 1 << 62  # largest size of an order or a level: the sum of two never wraps


def signed_row(dtype: np.dtype[np.void]) -> np.dtype[np.void]:
    """The same row with 64-bit unsigned fields read as int64: compiled code turns a mix of the two into floats."""
    names = [name for name in dtype.names or () if name != "pad"]
    formats = [np.dtype("i8") if dtype[name] == np.uint64 else dtype[name] for name in names]
    offsets = [dict(dtype.fields or {})[name][1] for name in names]
    return np.dtype({"names": names, "formats": formats, "offsets": offsets, "itemsize": dtype.itemsize})


MARKET_SIGNED: Final = signed_row(MARKET)
CHANGE_SIGNED: Final = signed_row(CHANGE)


class Work(NamedTuple):
    """What the kernels work on: the rows of a call, its output, and the state."""

    rows: Rows  # MARKET_SIGNED, read-only
    out: Rows  # CHANGE_SIGNED
    where: Ints  # (instruments, venues): the book, -1 where there is none
    books: Ints  # (books, 2)
    sides: Ints  # (2 * books, 3)
    levels: Ints  # (room, 3)
    slots: Ints  # (power of two, 4)
    touches: Ints  # (books, 10)
    counts: Ints  # (irregularities,)
    marks: Ints  # (MARKS,)


SAVED: Final = ("where", "books", "sides", "levels", "slots", "touches", "counts", "marks")
