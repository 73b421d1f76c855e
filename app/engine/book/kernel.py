"""One market row after the other: its book found or opened, its action done, the touch given at an event's last row."""

from app.engine.book.actions import change_level, change_order, clear, print_trade, quote
from app.engine.book.orders import home
from app.engine.book.state import (
    BOOK_ORDERS,
    BOOK_TAG,
    BOOKS_FULL,
    BOOKS_USED,
    DEPTH,
    DONE,
    EMITTED,
    EVERY,
    INDEX_SMALL,
    LEVELS_FULL,
    LEVELS_USED,
    OUT_FULL,
    REGION,
    ROOM,
    ROW,
    START,
    TOUCH_WIDTH,
    UNKNOWN_ACTIONS,
    UNKNOWN_BOOKS,
    Work,
)
from app.engine.book.touch import emit, refresh, report
from app.engine.events import NAMED, STATUS_SET, TOUCHED, UNPRINTED
from app.engine.jit import jit, prefetch
from app.engine.units import (
    ADD,
    CANCEL,
    CLEAR,
    FILL,
    LAST,
    LEVEL,
    MODIFY,
    NULL,
    PRINT_CANCELLED,
    QUOTE,
    STATUS,
    TRADE,
)

AHEAD = 8  # rows between asking for an order and needing it


def _open_book(work: Work, instrument: int, venue: int) -> int:
    """Give an (instrument, venue) its book, empty and with an empty touch."""
    book = work.marks[BOOKS_USED]
    if book == work.books.shape[0]:
        return BOOKS_FULL
    start = work.marks[LEVELS_USED]
    if start + 2 * REGION > work.levels.shape[0]:
        return LEVELS_FULL
    work.books[book, BOOK_TAG] = book
    work.books[book, BOOK_ORDERS] = 0
    for half in range(2):
        work.sides[2 * book + half, START] = start + half * REGION
        work.sides[2 * book + half, ROOM] = REGION
        work.sides[2 * book + half, DEPTH] = 0
        for nth in range(TOUCH_WIDTH):
            work.touches[book, TOUCH_WIDTH * half + nth] = NULL if nth < TOUCH_WIDTH - 1 else 0
    work.where[instrument, venue] = book
    work.marks[BOOKS_USED] = book + 1
    work.marks[LEVELS_USED] = start + 2 * REGION
    return DONE


open_book = jit(_open_book)


def _act(work: Work, row: int, book: int) -> int:
    """Apply one row to its book; what was missing, or DONE."""
    action = work.rows[row]["action"]
    if action == ADD or action == CANCEL or action == MODIFY:
        return change_order(work, row, book)
    if action == LEVEL:
        return change_level(work, row, book)
    if action == QUOTE:
        quote(work, row, book)
    elif action == TRADE:
        print_trade(work, row, book)
    elif action == CLEAR:
        clear(work, book)
    elif action == PRINT_CANCELLED:
        report(work, row, book, UNPRINTED)
    elif action == STATUS:
        report(work, row, book, STATUS_SET)
    elif action != FILL:
        work.counts[UNKNOWN_ACTIONS] += 1
    elif work.rows[row]["order_id"] != 0:
        report(work, row, book, NAMED)
    return DONE


act = jit(_act)


def _apply_row(work: Work, row: int) -> int:
    """Apply one row and report what it changed; what was missing, or DONE."""
    if work.marks[EMITTED] + 2 > work.out.shape[0]:
        return OUT_FULL
    this = work.rows[row]
    instrument = this["instrument"]
    venue = this["venue"]
    if instrument < 0 or venue < 0:
        work.counts[UNKNOWN_BOOKS] += 1
        return DONE
    if instrument >= work.where.shape[0] or venue >= work.where.shape[1]:
        return INDEX_SMALL
    if work.where[instrument, venue] < 0:
        need = open_book(work, instrument, venue)
        if need != DONE:
            return need
    book = work.where[instrument, venue]
    need = act(work, row, book)
    if need == DONE and this["flags"] & LAST:
        changed = refresh(work, book)
        if changed or work.marks[EVERY]:
            emit(work, row, book, TOUCHED)
    return need


apply_row = jit(_apply_row)


def _fetch_order(work: Work, row: int) -> None:
    """Ask for the slot of the order a later row names: it is in the cache when its turn comes."""
    this = work.rows[row]
    instrument = this["instrument"]
    venue = this["venue"]
    if 0 <= instrument < work.where.shape[0] and 0 <= venue < work.where.shape[1]:
        book = work.where[instrument, venue]
        if book >= 0:
            prefetch(work.slots, home(work.slots, this["order_id"], work.books[book, BOOK_TAG]))


fetch_order = jit(_fetch_order)


def _apply_rows(work: Work) -> int:
    """Apply rows from marks[ROW] on until all are done or something is missing; marks[ROW] is the first not applied."""
    rows = work.rows.shape[0]
    for row in range(work.marks[ROW], rows):
        if row + AHEAD < rows:
            fetch_order(work, row + AHEAD)
        need = apply_row(work, row)
        if need != DONE:
            work.marks[ROW] = row
            return need
    work.marks[ROW] = work.rows.shape[0]
    return DONE


apply_rows = jit(_apply_rows)
