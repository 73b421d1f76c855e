"""The order hash: open addressing with linear probing and backward-shift deletion, keyed by (order id, tag).

A tag names a book since it was last cleared, so clearing a book costs one increment: what it held stays behind as
stale slots that no search can match, until the hash is rebuilt.
"""

from app.engine.bits import wrap_mul
from app.engine.book.state import (
    BOOK_ORDERS,
    BOOK_TAG,
    ID,
    QUANTITY,
    TAG,
    TAG_STEP,
    Ints,
    Work,
)
from app.engine.jit import jit

_ID_FACTOR = 0x9E3779B97F4A7C15 - 2**64  # 2**64 / golden ratio, odd
_TAG_FACTOR = 0xC2B2AE3D27D4EB4F - 2**64  # an odd prime of xxHash


def _home(slots: Ints, order_id: int, tag: int) -> int:
    """The slot where a search for the order begins."""
    mixed = wrap_mul(order_id ^ (order_id >> 29) ^ wrap_mul(tag, _TAG_FACTOR), _ID_FACTOR)
    mask: int = slots.shape[0] - 1
    return (mixed >> 32) & mask


home = jit(_home)


def _find(slots: Ints, order_id: int, tag: int) -> int:
    """The slot of an order; ~slot of the empty one where it belongs if it is not there."""
    mask = slots.shape[0] - 1
    at = home(slots, order_id, tag)
    while slots[at, QUANTITY] != 0:
        if slots[at, ID] == order_id and slots[at, TAG] == tag:
            return at
        at = (at + 1) & mask
    return ~at


find = jit(_find)


def _erase(slots: Ints, at: int) -> None:
    """Empty a slot and move back the orders behind it that a search would no longer reach."""
    mask = slots.shape[0] - 1
    hole = at
    other = (at + 1) & mask
    while slots[other, QUANTITY] != 0:
        first = home(slots, slots[other, ID], slots[other, TAG])
        if ((other - first) & mask) >= ((other - hole) & mask):
            for field in range(4):
                slots[hole, field] = slots[other, field]
            hole = other
        other = (other + 1) & mask
    slots[hole, QUANTITY] = 0


erase = jit(_erase)


def _forget_orders(work: Work, book: int) -> None:
    """Drop every order of a book."""
    if work.books[book, BOOK_ORDERS] != 0:
        work.books[book, BOOK_ORDERS] = 0
        work.books[book, BOOK_TAG] += TAG_STEP


forget_orders = jit(_forget_orders)


def _rebuild(old: Ints, new: Ints, books: Ints) -> int:
    """Copy the orders whose book has not been cleared since into an empty hash; returns how many."""
    kept = 0
    for at in range(old.shape[0]):
        tag = old[at, TAG]
        if old[at, QUANTITY] != 0 and books[tag & (TAG_STEP - 1), BOOK_TAG] == tag:
            empty = ~find(new, old[at, ID], tag)
            for field in range(4):
                new[empty, field] = old[at, field]
            kept += 1
    return kept


rebuild = jit(_rebuild)
