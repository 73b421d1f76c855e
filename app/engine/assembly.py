"""Market rows out of columns: one pass that joins them row by row and looks whether every rule of a row holds."""

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.engine.events import Rows
from app.engine.jit import jit
from app.engine.units import (
    ADD,
    CANCEL,
    LEVEL,
    MODIFY,
    NO_SIDE,
    NULL,
    PRICE_LIMIT,
    PRINT_CANCELLED,
    QUOTE,
    SIZE_LIMIT,
    SNAPSHOT,
    STATUS,
    TRADE,
)

Ints = NDArray[np.int64]
Bytes = NDArray[np.uint8]

UNKNOWN: Final = -1000  # in a table of codes: no text that may stand there
_CODES_WORD: Final = 10  # of a row as 64-bit words: action, side, flags, condition, status, padding


class Numbers(NamedTuple):
    """A column of whole numbers: its values, and a bit per row that says whether there is one (no bits: always)."""

    values: Ints
    there: Bytes


class Texts(NamedTuple):
    """A column of text: each row's index into a table of codes, whose last entry is the code of no text."""

    picked: NDArray[np.int32]
    there: Bytes
    codes: Ints


class Columns(NamedTuple):
    """The columns of some market rows; `flags` and its bits are bytes, identifiers int64 of the same bits."""

    ts_event: Numbers
    ts_recv: Numbers
    seq: Numbers
    order_id: Numbers
    price: Numbers
    size: Numbers
    bid_price: Numbers
    bid_size: Numbers
    ask_price: Numbers
    ask_size: Numbers
    flags: Bytes
    flagged: Bytes
    source: Texts
    instrument: Texts
    venue: Texts
    action: Texts
    side: Texts
    condition: Texts
    status: Texts


def _is_there(bits: Bytes, n: int) -> bool:
    """True when row n has a value."""
    return len(bits) == 0 or (bits[n >> 3] >> (n & 7)) & 1 != 0


is_there = jit(_is_there)


def _number(column: Numbers, n: int, absent: int) -> int:
    """The number of row n."""
    value: int = column.values[n] if is_there(column.there, n) else absent
    return value


number = jit(_number)


def _code(column: Texts, n: int) -> int:
    """The code of row n's text; UNKNOWN for an index beyond the table."""
    none = len(column.codes) - 1
    at = column.picked[n] if is_there(column.there, n) else none
    found: int = column.codes[at] if 0 <= at <= none else UNKNOWN
    return found


code = jit(_code)


def _fits(price: int, size: int) -> bool:
    """True for a price and a size that are undefined or within what is allowed."""
    return (price == NULL or -PRICE_LIMIT <= price <= PRICE_LIMIT) and (size == NULL or 0 <= size <= SIZE_LIMIT)


fits = jit(_fits)


def _whole(row: Any, identified: bool) -> bool:
    """True when a row has what its action needs."""
    action = row["action"]
    if not fits(row["price"], row["size"]):
        return False
    if action == QUOTE:
        lame = (row["price"] != NULL and row["size"] == NULL) or (row["price2"] != NULL and row["size2"] == NULL)
        return fits(row["price2"], row["size2"]) and not lame
    needs = action == ADD or action == MODIFY or action == LEVEL or action == TRADE or action == PRINT_CANCELLED
    if needs and (row["price"] == NULL or row["size"] == NULL):
        return False
    if action == ADD and row["size"] == 0:
        return False
    if (action == ADD or action == LEVEL) and row["side"] == NO_SIDE:
        return False
    if action == STATUS and row["status"] == 0:
        return False
    return identified or not (action == ADD or action == CANCEL or action == MODIFY)


whole = jit(_whole)


def _coded(c: Columns, row: Any, n: int) -> bool:
    """Write the codes of row n's texts; False when one is not allowed."""
    source = code(c.source, n)
    instrument = code(c.instrument, n)
    venue = code(c.venue, n)
    action = code(c.action, n)
    side = code(c.side, n)
    condition = code(c.condition, n)
    status = code(c.status, n)
    if source < 0 or instrument < 0 or venue < 0 or action < 0 or side == UNKNOWN or condition < 0 or status < 0:
        return False
    row["source"] = source
    row["instrument"] = instrument
    row["venue"] = venue
    row["action"] = action
    row["side"] = side
    row["condition"] = condition
    row["status"] = status
    return True


coded = jit(_coded)


def _assemble(c: Columns, rows: Rows, words: Ints, first: int) -> bool:
    """Write all rows, the first one numbered `first`; False (and rows left half written) when one breaks a rule.

    `words` are the same rows as int64.
    """
    for n in range(len(rows)):
        words[n, _CODES_WORD] = 0
        row = rows[n]
        ts = number(c.ts_event, n, 0)
        received = number(c.ts_recv, n, 0)
        if ts <= 0 or received < 0 or not coded(c, row, n):
            return False
        flags = c.flags[n] if is_there(c.flagged, n) else np.uint8(0)
        if flags & SNAPSHOT and received == 0:
            received = ts  # a snapshot row without its packet's time is applied at its own
        row["ts_event"] = ts
        row["ts_recv"] = received
        row["seq"] = number(c.seq, n, 0)
        row["rec"] = first + n
        row["order_id"] = number(c.order_id, n, 0)
        row["flags"] = flags
        if row["action"] == QUOTE:
            row["price"], row["size"] = number(c.bid_price, n, NULL), number(c.bid_size, n, NULL)
            row["price2"], row["size2"] = number(c.ask_price, n, NULL), number(c.ask_size, n, NULL)
        else:
            row["price"], row["size"] = number(c.price, n, NULL), number(c.size, n, NULL)
            row["price2"], row["size2"] = NULL, NULL
        if not whole(row, is_there(c.order_id.there, n)):
            return False
    return True


assemble = jit(_assemble)
