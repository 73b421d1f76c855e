"""The touch of one venue: the best two levels a side, and the rows that report it."""

from app.engine.book.state import (
    COUNT,
    DEPTH,
    EMITTED,
    KEY,
    SIZE,
    START,
    TOUCH_WIDTH,
    Work,
)
from app.engine.jit import jit
from app.engine.units import NULL, SNAPSHOT


def _refresh(work: Work, book: int) -> bool:
    """Bring the touch last emitted up to date with the levels; True if any price, size or count of it changed."""
    touches = work.touches
    changed = False
    for half in range(2):
        side = 2 * book + half
        depth = work.sides[side, DEPTH]
        best = work.sides[side, START] + depth - 1
        field = TOUCH_WIDTH * half
        count = 0
        for nth in range(2):
            price = NULL
            size = NULL
            if depth > nth:
                key = work.levels[best - nth, KEY]
                price = key if half == 0 else -key
                size = work.levels[best - nth, SIZE]
                if nth == 0:
                    count = work.levels[best, COUNT]
            at = field + 2 * nth
            if touches[book, at] != price or touches[book, at + 1] != size:
                touches[book, at] = price
                touches[book, at + 1] = size
                changed = True
        if touches[book, field + 4] != count:
            touches[book, field + 4] = count
            changed = True
    return changed


refresh = jit(_refresh)


def _emit(work: Work, row: int, book: int, kind: int) -> None:
    """Write one change: who caused it, and the touch last emitted."""
    cause = work.rows[row]
    at = work.marks[EMITTED]
    work.marks[EMITTED] = at + 1
    change = work.out[at]
    change["ts"] = cause["ts_recv"] if cause["flags"] & SNAPSHOT else cause["ts_event"]
    change["seq"] = cause["seq"]
    change["rec"] = cause["rec"]
    change["instrument"] = cause["instrument"]
    change["venue"] = cause["venue"]
    change["source"] = cause["source"]
    change["flags"] = cause["flags"]
    change["kind"] = kind
    change["price"] = NULL
    change["size"] = NULL
    change["order_id"] = 0
    change["side"] = 0
    change["condition"] = 0
    change["status"] = 0
    touches = work.touches
    change["bid"] = touches[book, 0]
    change["bid_size"] = touches[book, 1]
    change["bid2"] = touches[book, 2]
    change["bid2_size"] = touches[book, 3]
    change["bid_count"] = touches[book, 4]
    change["ask"] = touches[book, 5]
    change["ask_size"] = touches[book, 6]
    change["ask2"] = touches[book, 7]
    change["ask2_size"] = touches[book, 8]
    change["ask_count"] = touches[book, 9]


emit = jit(_emit)


def _report(work: Work, row: int, book: int, kind: int) -> None:
    """Write a print, a cancelled print or a status as the row has it."""
    at = work.marks[EMITTED]
    emit(work, row, book, kind)
    cause = work.rows[row]
    change = work.out[at]
    change["price"] = cause["price"]
    change["size"] = cause["size"]
    change["order_id"] = cause["order_id"]
    change["side"] = cause["side"]
    change["condition"] = cause["condition"]
    change["status"] = cause["status"]


report = jit(_report)
