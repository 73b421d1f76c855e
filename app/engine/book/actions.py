"""What each action of a market row does to its book.

Each first refuses (counted) what cannot be meant, then sees that there is room, and only then changes anything: a row
that ran out of room can be applied again from its start.
"""

from typing import Any

from app.engine.book.levels import give, make_room, set_level, take
from app.engine.book.orders import erase, find, forget_orders
from app.engine.book.state import (
    BAD_SIZES,
    BOOK_ORDERS,
    BOOK_TAG,
    CHANGED_SIDES,
    DEPTH,
    DONE,
    DUPLICATE_ORDERS,
    FINE,
    ID,
    LEVELS_FULL,
    MAX_SIZE,
    MISSING_PRICES,
    MISSING_SIDES,
    OVERSIZED_CANCELS,
    PRICE,
    QUANTITY,
    SLOTS_FULL,
    SLOTS_USED,
    TAG,
    UNKNOWN_CANCELS,
    UNKNOWN_MODIFIES,
    Work,
)
from app.engine.book.touch import report
from app.engine.events import PRINTED
from app.engine.jit import jit
from app.engine.units import (
    ADD,
    CANCEL,
    MODIFY,
    NULL,
)


def _wanted(this: Any, price: int, quantity: int) -> tuple[int, int, int]:
    """What an `A`, `C` or `M` row makes of an order: (price, quantity, irregularity).

    Given the order as it rests (quantity negative: an ask; 0: not in the book). A refused row leaves it as it is.
    """
    action = this["action"]
    size = this["size"]
    if action == CANCEL:
        if quantity == 0:
            return price, 0, UNKNOWN_CANCELS
        if size == NULL:
            return price, 0, FINE
        if size <= 0:
            return price, quantity, BAD_SIZES
        left = abs(quantity) - size
        if left > 0:
            return price, left if quantity > 0 else -left, FINE
        return price, 0, FINE if left == 0 else OVERSIZED_CANCELS
    bid = this["side"] > 0
    new_price = this["price"]
    if action == MODIFY and quantity != 0:
        if this["side"] == 0:
            bid = quantity > 0
        if new_price == NULL:
            new_price = price
        if size == NULL:
            size = abs(quantity)
        if size == 0:
            return price, 0, FINE
    elif this["side"] == 0:
        return price, quantity, MISSING_SIDES
    if new_price == NULL:
        return price, quantity, MISSING_PRICES
    if size <= 0 or size > MAX_SIZE:
        return price, quantity, BAD_SIZES
    irregularity = FINE
    if action == ADD:
        if quantity != 0:
            irregularity = DUPLICATE_ORDERS
    elif quantity == 0:
        irregularity = UNKNOWN_MODIFIES
    elif bid != (quantity > 0):
        irregularity = CHANGED_SIDES
    return new_price, size if bid else -size, irregularity


wanted = jit(_wanted)


def _keep(work: Work, book: int, at: int, price: int, quantity: int) -> None:
    """Bring the hash up to date with an order, at what find said of it; quantity 0: it is gone."""
    change = 0
    if at >= 0 and quantity == 0:
        erase(work.slots, at)
        change = -1
    elif quantity != 0:
        if at < 0:
            at = ~at
            change = 1
        work.slots[at, PRICE] = price
        work.slots[at, QUANTITY] = quantity
    work.books[book, BOOK_ORDERS] += change
    work.marks[SLOTS_USED] += change


keep = jit(_keep)


def _change_order(work: Work, row: int, book: int) -> int:
    """`A`, `C`, `M`: take an order from its level as it rests, and give it to its level as it is wanted."""
    slots = work.slots
    this = work.rows[row]
    tag = work.books[book, BOOK_TAG]
    at = find(slots, this["order_id"], tag)
    price = slots[at, PRICE] if at >= 0 else 0
    quantity = slots[at, QUANTITY] if at >= 0 else 0
    new_price, new_quantity, irregularity = wanted(this, price, quantity)
    new_side = 2 * book + (1 if new_quantity < 0 else 0)
    # a smaller size at the same price stays where it is
    stays = new_price == price and 0 < abs(new_quantity) <= abs(quantity) and (new_quantity > 0) == (quantity > 0)
    gives = new_quantity != 0 and not stays
    if gives and at < 0 and 2 * work.marks[SLOTS_USED] >= slots.shape[0]:
        return SLOTS_FULL  # at most half full: searches stay short
    if gives and not make_room(work, new_side):
        return LEVELS_FULL
    if irregularity != FINE:
        work.counts[irregularity] += 1
    gone = abs(quantity) - (abs(new_quantity) if stays else 0)
    if gone != 0:
        take(work, 2 * book + (1 if quantity < 0 else 0), price if quantity > 0 else -price, gone, 0 if stays else 1)
    if gives and not give(work, new_side, new_price if new_quantity > 0 else -new_price, abs(new_quantity)):
        work.counts[BAD_SIZES] += 1
        new_quantity = 0
    if at < 0 and new_quantity != 0:
        slots[~at, ID] = this["order_id"]
        slots[~at, TAG] = tag
    keep(work, book, at, new_price, new_quantity)
    return DONE


change_order = jit(_change_order)


def _clear(work: Work, book: int) -> None:
    """`R`: the book is empty."""
    work.sides[2 * book, DEPTH] = 0
    work.sides[2 * book + 1, DEPTH] = 0
    forget_orders(work, book)


clear = jit(_clear)


def _change_level(work: Work, row: int, book: int) -> int:
    """`L`: the absolute size at one price, 0 removes it."""
    this = work.rows[row]
    side = this["side"]
    price = this["price"]
    size = this["size"]
    if side == 0:
        work.counts[MISSING_SIDES] += 1
        return DONE
    if price == NULL:
        work.counts[MISSING_PRICES] += 1
        return DONE
    if size < 0 or size > MAX_SIZE:
        work.counts[BAD_SIZES] += 1
        return DONE
    half = 1 if side < 0 else 0
    if not make_room(work, 2 * book + half):
        return LEVELS_FULL
    set_level(work, 2 * book + half, -price if side < 0 else price, size)
    return DONE


change_level = jit(_change_level)


def _quote(work: Work, row: int, book: int) -> None:
    """`Q`: the book is exactly these two levels; a side without price or with size 0 is empty."""
    clear(work, book)
    this = work.rows[row]
    for half in range(2):
        price = this["price"] if half == 0 else this["price2"]
        size = this["size"] if half == 0 else this["size2"]
        if price == NULL:
            continue
        if size < 0 or size > MAX_SIZE:
            work.counts[BAD_SIZES] += 1
            continue
        set_level(work, 2 * book + half, price if half == 0 else -price, size)


quote = jit(_quote)


def _print_trade(work: Work, row: int, book: int) -> None:
    """`T`: a trade print; one without price or without a positive size is no print."""
    this = work.rows[row]
    if this["price"] == NULL:
        work.counts[MISSING_PRICES] += 1
    elif this["size"] <= 0 or this["size"] > MAX_SIZE:
        work.counts[BAD_SIZES] += 1
    else:
        report(work, row, book, PRINTED)


print_trade = jit(_print_trade)
