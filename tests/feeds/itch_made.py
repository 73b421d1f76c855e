"""ITCH messages by hand, and generated days compared with the second decoder and the true book."""

import struct
from collections.abc import Iterable
from itertools import pairwise
from typing import Final

import numpy as np

from app.engine.book import Books
from app.engine.events import TOUCHED, Quarantined, Rows
from app.engine.units import LAST, NULL
from app.engine.universe import Universe
from app.feeds.decode.itch import Day, ItchDecoder
from app.feeds.generator.itch import ItchDay
from tests.feeds.itch_plain import PlainDecoder, Row

MIDNIGHT: Final = 1_741_924_800_000_000_000  # 2025-03-14 in New York
NINE_THIRTY: Final = 34_200_000_000_000
_SAID: Final = [
    "rec", "ts_event", "instrument", "action", "side", "price", "size", "order_id", "condition", "status", "flags",
]  # fmt: skip


def message(kind: str, layout: str, *fields: object, locate: int = 1, ts: int = NINE_THIRTY) -> bytes:
    """A message: its type, the struct codes of its own fields, and the fields."""
    return struct.pack(">sHHHI" + layout, kind.encode(), locate, 0, ts >> 32, ts & 0xFFFFFFFF, *fields)


def directory(name: str = "AAPL", locate: int = 1, lot: int = 100) -> bytes:
    stock = name.ljust(8).encode()
    rest = (b"N", b"C", b"Z ", b"P", b"N", b"N", b"1", b"N", 0, b"N")
    return message("R", "8sssIss2ssssssIs", stock, b"Q", b"N", lot, *rest, locate=locate)


def add(ref: int, side: str = "B", shares: int = 100, price: int = 100_0000, name: str = "AAPL") -> bytes:
    return message("A", "QsI8sI", ref, side.encode(), shares, name.ljust(8).encode(), price)


def executed(ref: int, shares: int, match: int = 1) -> bytes:
    return message("E", "QIQ", ref, shares, match)


def executed_at(ref: int, shares: int, price: int, printable: str = "Y", match: int = 1) -> bytes:
    return message("C", "QIQsI", ref, shares, match, printable.encode(), price)


def cancelled(ref: int, shares: int) -> bytes:
    return message("X", "QI", ref, shares)


def deleted(ref: int) -> bytes:
    return message("D", "Q", ref)


def replaced(ref: int, new: int, shares: int, price: int) -> bytes:
    return message("U", "QQII", ref, new, shares, price)


def hidden(shares: int, price: int, match: int = 1, name: str = "AAPL") -> bytes:
    return message("P", "QsI8sIQ", 0, b"B", shares, name.ljust(8).encode(), price, match)


def cross(shares: int, price: int, match: int = 1, name: str = "AAPL") -> bytes:
    return message("Q", "Q8sIQs", shares, name.ljust(8).encode(), price, match, b"O")


def broken(match: int) -> bytes:
    return message("B", "Q", match)


def halted(state: str, name: str = "AAPL") -> bytes:
    return message("H", "8sss4s", name.ljust(8).encode(), state.encode(), b" ", b"    ")


def market_halt(market: str, action: str, name: str = "AAPL") -> bytes:
    return message("h", "8sss", name.ljust(8).encode(), market.encode(), action.encode())


def stream(*messages: bytes) -> bytes:
    """Messages with their lengths."""
    return b"".join([len(one).to_bytes(2, "big") + one for one in messages])


def decoded(
    data: bytes, pieces: Iterable[int] = (), universe: Universe | None = None
) -> tuple[Rows, list[Quarantined], ItchDecoder]:
    """A stream handed over in pieces that end at the given offsets."""
    decoder = ItchDecoder(Day("made.itch", MIDNIGHT), universe if universe is not None else Universe())
    rows: list[Rows] = []
    aside: list[Quarantined] = []
    cuts = [0, *pieces, len(data)]
    for start, end in pairwise(cuts):
        for batch in decoder.feed(data[start:end]):
            rows.append(batch.rows)
            aside += batch.aside
    for batch in decoder.finish():
        rows.append(batch.rows)
        aside += batch.aside
    return np.concatenate(rows), aside, decoder


def in_words(rows: Rows, universe: Universe) -> list[Row]:
    """Decoded rows as the second decoder says them."""
    names = universe.instruments.names

    return [
        Row(
            rec, ts, names[instrument], chr(action), side, None if price == NULL else price // 100_000,
            None if size == NULL else size, order, condition, status, flags == LAST,
        )
        for rec, ts, instrument, action, side, price, size, order, condition, status, flags in rows[_SAID].tolist()
    ]  # fmt: skip


def check_against_plain(day: ItchDay) -> int:
    """Every row of a generated day equals the second decoder's; how many there were."""
    universe = Universe()
    rows, aside, decoder = decoded(stream(*day.messages), universe=universe)
    assert aside == []
    assert decoder.messages == len(day.messages)
    plain = PlainDecoder(day.plan.midnight_ns())
    at = 0
    for start in range(0, len(day.messages), 10_000):
        expected = [row for one in day.messages[start : start + 10_000] for row in plain.rows(one)]
        assert in_words(rows[at : at + len(expected)], universe) == expected
        at += len(expected)
    assert at == len(rows)
    assert decoder.resting == len(plain.orders)
    return at


def check_book(day: ItchDay, rows: Rows) -> int:
    """The touch after every message equals the generator's own; how many there were."""
    books = Books()
    touches = books.apply(rows, every=True)
    touches = touches[touches["kind"] == TOUCHED]
    assert books.counts == {}
    for name in ("rec", "ts", "bid", "bid_size", "bid_count", "ask", "ask_size", "ask_count"):
        np.testing.assert_array_equal(touches[name], day.book[name], name)
    return len(touches)
