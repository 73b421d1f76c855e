"""What the ITCH kernels read and write: bytes in, rows out, the orders and prints of the day, and how they grow.

Source of the layout: Nasdaq TotalView-ITCH 5.0. Every message begins with its type, a stock locate (2 bytes), a
tracking number (2) and ns since midnight (6); numbers are big-endian, prices 1e-4.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.engine.book.orders import rebuild
from app.engine.book.state import MARKET_SIGNED
from app.engine.errors import EngineError
from app.engine.events import Rows
from app.engine.itch.layout import LENGTHS

Ints = NDArray[np.int64]
Bytes = NDArray[np.uint8]

PRICE_STEP: Final = 100_000  # 1e-4 in 1e-9
LONGEST: Final = 512  # a message of an unknown type may be this long
KEPT: Final = 4_096  # bytes that cannot be framed are set aside in pieces of this size
LOOK: Final = 2 * (2 + LONGEST + 3)  # bytes ahead that settle every decision but the end of the stream

# `marks`
POS: Final = 0  # first byte not yet decided
SIZE: Final = 1  # bytes there are
FINAL: Final = 2  # 1: no more bytes will come
LOST: Final = 3  # -1, or how far past POS the search for the next message is
REC: Final = 4  # number of the next message, from 0
SEQ: Final = 5  # sequence number of the next message
PACKET: Final = 6  # the packet POS is in
READ: Final = 7  # messages read of it
EMITTED: Final = 8
BADS: Final = 9
ORDERS_USED: Final = 10
PRINTS_USED: Final = 11
MIDNIGHT: Final = 12
VENUE: Final = 13
SOURCE: Final = 14
TIME: Final = 15  # of the message being read (ns since the epoch)
STAMP: Final = 16  # when it was received (ns), 0 unknown
INSTRUMENT: Final = 17
MARKS: Final = 18

# Why a kernel stopped; the message it stopped at has changed nothing.
DONE: Final = 0
OUT_FULL: Final = 1
BAD_FULL: Final = 2
ORDERS_FULL: Final = 3
PRINTS_FULL: Final = 4
NAME: Final = 5  # the message at POS names a stock: its locate is to be given an instrument

# `bad`: first byte, byte after the last, message number, reason, value
UNFRAMED: Final = 0
CUT_SHORT: Final = 1
UNKNOWN_TYPE: Final = 2
WRONG_LENGTH: Final = 3
BAD_TIME: Final = 4
BAD_SIDE: Final = 5
BAD_SHARES: Final = 6
BAD_STATE: Final = 7
BAD_COUNT: Final = 8  # of a packet: more messages are announced than are there, or fewer

# `counts`
DUPLICATE_ORDERS: Final = 0
UNKNOWN_ORDERS: Final = 1
OVERSIZED: Final = 2
UNKNOWN_BREAKS: Final = 3
EMPTY_CROSSES: Final = 4
IRREGULARITIES: Final = (
    "duplicate_orders",
    "unknown_orders",
    "oversized_executions",
    "unknown_breaks",
    "empty_crosses",
)

ROWS: Final = 65_536  # given at once
_BADS: Final = 256
_ORDERS: Final = 1 << 12
_PRINTS: Final = 1 << 10
_UNTAGGED: Final = np.zeros((1, 2), np.int64)  # order ids are unique over all stocks: one tag, never cleared


class Work(NamedTuple):
    """Bytes, packets they came in (none: a stream of length-prefixed messages), rows out, and the state."""

    data: Bytes  # read-only
    starts: Ints  # first byte of the messages of each packet
    edges: Ints  # byte after the last one
    heads: Ints  # (packets, 3): sequence number of the first message, messages announced, time received (ns)
    out: Rows  # MARKET_SIGNED
    bad: Ints  # (room, 5)
    lengths: Ints  # (256,): bytes of a message of each type, -1 for no type
    names: Ints  # (65536,): instrument of a stock locate, -1 unknown
    orders: Ints  # (power of two, 4), see book.state
    prints: Ints  # (room, 2): match number; price (1e-4) * 2**32 + shares
    types: Ints  # (256,): messages of each type
    counts: Ints  # (irregularities,)
    marks: Ints  # (MARKS,)


def fresh(midnight_ns: int, venue: int, source: int) -> Work:
    """The start of a day: no orders, no names."""
    lengths = np.full(256, -1, np.int64)
    for kind, size in LENGTHS.items():
        lengths[ord(kind)] = size
    marks = np.zeros(MARKS, np.int64)
    marks[LOST], marks[MIDNIGHT], marks[VENUE], marks[SOURCE], marks[SEQ] = -1, midnight_ns, venue, source, 1
    none = np.zeros(0, np.int64)
    return Work(
        data=readable(b""),
        starts=none,
        edges=none,
        heads=none.reshape(0, 3),
        out=room(),
        bad=np.zeros((_BADS, 5), np.int64),
        lengths=lengths,
        names=np.full(65_536, -1, np.int64),
        orders=np.zeros((_ORDERS, 4), np.int64),
        prints=np.zeros((_PRINTS, 2), np.int64),
        types=np.zeros(256, np.int64),
        counts=np.zeros(len(IRREGULARITIES), np.int64),
        marks=marks,
    )


def readable(data: bytes | bytearray | memoryview) -> Bytes:
    """Bytes as the kernel takes them: read-only (one compiled version for all callers)."""
    view = np.frombuffer(data, np.uint8)
    view.setflags(write=False)
    return view


def room() -> Rows:
    """Empty market rows as the kernel writes them."""
    return np.ndarray(ROWS, MARKET_SIGNED, np.zeros(ROWS * MARKET_SIGNED.itemsize, np.uint8))


def grown(work: Work, need: int) -> Work:
    """The same state with more room for orders or prints."""
    if need == ORDERS_FULL:
        orders = np.zeros((2 * len(work.orders), 4), np.int64)
        work.marks[ORDERS_USED] = rebuild(work.orders, orders, _UNTAGGED)
        return work._replace(orders=orders)
    if need == PRINTS_FULL:
        prints = np.zeros((2 * len(work.prints), 2), np.int64)
        prints[: len(work.prints)] = work.prints
        return work._replace(prints=prints)
    raise EngineError(f"ITCH kernel asked for {need}, which is no kind of room")
