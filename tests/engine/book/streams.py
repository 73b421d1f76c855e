"""Market rows for the book tests: by hand, at random, hostile."""

import random
from collections.abc import Sequence
from typing import Any

import numpy as np
from hypothesis import strategies as st

from app.engine.book import Books
from app.engine.events import MARKET, Rows
from app.engine.units import ASK, BID, LAST, NULL, SNAPSHOT
from tests.engine.book.reference import Change, ReferenceBooks, plain

Row = dict[str, Any]


def row(action: str, side: int = 0, price: int = NULL, size: int = NULL, **fields: int) -> Row:
    """One market row, flagged last unless told otherwise."""
    return {
        "action": ord(action), "side": side, "price": price, "size": size, "flags": LAST, "price2": NULL, "size2": NULL,
        **fields,
    }  # fmt: skip


def add(order_id: int, side: int, price: int, size: int, **fields: int) -> Row:
    """`A`."""
    return row("A", side, price, size, order_id=order_id, **fields)


def cancel(order_id: int, size: int = NULL, **fields: int) -> Row:
    """`C`."""
    return row("C", size=size, order_id=order_id, **fields)


def modify(order_id: int, side: int = 0, price: int = NULL, size: int = NULL, **fields: int) -> Row:
    """`M`."""
    return row("M", side, price, size, order_id=order_id, **fields)


def quote(bid: tuple[int, int] = (NULL, NULL), ask: tuple[int, int] = (NULL, NULL), **fields: int) -> Row:
    """`Q`."""
    return row("Q", 0, *bid, price2=ask[0], size2=ask[1], **fields)


def market(*rows: Row) -> Rows:
    """Rows as events.MARKET; times, seq and rec count up where they are not given."""
    out = np.zeros(len(rows), MARKET)
    for at, fields in enumerate(rows):
        counted = {"ts_event": 1000 + at, "ts_recv": 5000 + at, "seq": at, "rec": at}
        for name, value in (counted | fields).items():
            out[name][at] = value
    return out


def mirrored(rows: Rows) -> Rows:
    """The same stream with sides and the sign of prices exchanged."""
    out = rows.copy()
    out["side"] = -rows["side"]
    for mine, other in (("price", "price2"), ("size", "size2")):
        quotes = rows["action"] == ord("Q")
        out[mine] = np.where(quotes, rows[other], rows[mine])
        out[other] = np.where(quotes, rows[mine], rows[other])
    for name in ("price", "price2"):
        out[name] = np.where(out[name] == NULL, NULL, -out[name])
    return out


def mirror_change(change: Change) -> Change:
    """A change with sides and the sign of prices exchanged."""
    out = dict(change)
    for mine, other in (("bid", "ask"), ("bid2", "ask2"), ("bid_size", "ask_size"), ("bid2_size", "ask2_size")):
        out[mine], out[other] = change[other], change[mine]
    out["bid_count"], out["ask_count"] = change["ask_count"], change["bid_count"]
    for name in ("bid", "ask", "bid2", "ask2", "price"):
        out[name] = out[name] if out[name] == NULL else -out[name]
    out["side"] = -change["side"]
    return out


_PRICES = st.sampled_from([-3, -2, -1, 0, 1, 2, 3, 50, -(2**63) + 1, 2**63 - 1, NULL])
_SIZES = st.sampled_from([1, 1, 2, 3, 5, 10, 0, -1, NULL, 2**62, 2**62 + 1, 2**63 - 1])
_SIDES = st.sampled_from([BID, ASK, BID, ASK, 0])
_FLAGS = st.sampled_from([LAST, LAST, 0, SNAPSHOT, LAST | SNAPSHOT, 8])


def hostile_rows(actions: str = "AAACCCMMRLLQTFXSz") -> st.SearchStrategy[Row]:
    """Rows that mean anything and nothing, on few books, orders and prices."""
    return st.fixed_dictionaries(
        {
            "action": st.sampled_from(actions.encode()),
            "side": _SIDES,
            "price": _PRICES,
            "size": _SIZES,
            "price2": _PRICES,
            "size2": _SIZES,
            "order_id": st.sampled_from([0, 1, 2, 3, 4, 2**63, 2**64 - 1]),
            "instrument": st.sampled_from([0, 0, 0, 1, 9, -1]),
            "venue": st.sampled_from([0, 0, 0, 1, 3, -1]),
            "flags": _FLAGS,
            "source": st.integers(0, 2),
            "condition": st.integers(0, 6),
            "status": st.integers(0, 4),
        }
    )


def orders_of_a_day(n: int, seed: int, books: int = 3, live: int = 300) -> Rows:
    """A valid L3 stream around a random walk, now and then far from it, several rows to an event."""
    draw = random.Random(seed)
    middle = [0] * books
    resting: list[list[tuple[int, int, int, int]]] = [[] for _ in range(books)]
    made: list[Row] = []
    for at in range(n):
        book = draw.randrange(books)
        orders = resting[book]
        flags = LAST if draw.random() < 0.8 else 0
        where = {"instrument": book, "venue": book % 2, "flags": flags}
        if not orders or (len(orders) < live // books and draw.random() < 0.6):
            side = draw.choice((BID, ASK))
            away = 1 + int(draw.expovariate(0.1)) + (10**12 if draw.random() < 0.02 else 0)
            order = (at * 7919 + 2**40, side, middle[book] - side * away, draw.randrange(1, 500))
            orders.append(order)
            made.append(add(*order, **where))
            continue
        nth = draw.randrange(len(orders))
        order_id, side, price, size = orders[nth]
        kind = draw.random()
        if kind < 0.5:
            orders[nth] = orders[-1]
            orders.pop()
            made.append(cancel(order_id, size, **where))
        elif kind < 0.7 and size > 1:
            taken = draw.randrange(1, size)
            orders[nth] = (order_id, side, price, size - taken)
            made.append(cancel(order_id, taken, **where))
        elif kind < 0.9:
            orders[nth] = (order_id, side, price + draw.randrange(-3, 4), draw.randrange(1, 500))
            made.append(modify(*orders[nth], **where))
        else:
            made.append(row("T", -side, price, min(size, 10), order_id=order_id, **where))
        middle[book] += draw.choice((0, 0, 0, 1, -1))
    return market(*made)


def blocks(rows: Rows, cuts: Sequence[int]) -> list[Rows]:
    """The rows in blocks cut at these places (taken modulo the length, in any order)."""
    places = sorted({cut % (len(rows) + 1) for cut in cuts})
    return [rows[a:b] for a, b in zip([0, *places], [*places, len(rows)], strict=True)]


def agree(rows: Rows, every: bool = False, cuts: Sequence[int] = ()) -> Books:
    """Apply rows in blocks here and in the reference; changes, counts, depths and orders must be the same."""
    books, reference = Books(), ReferenceBooks()
    changes = [change for block in blocks(rows, cuts) for change in plain(books.apply(block, every))]
    assert changes == reference.apply(rows, every)
    same_state(books, reference)
    return books


def same_state(books: Books, reference: ReferenceBooks) -> None:
    """Counts, every level and every order are the reference's."""
    assert books.counts == {name: n for name, n in reference.counts.items() if n}
    for (instrument, venue), book in reference.books.items():
        bids, asks = books.depth(instrument, venue, 10**6)
        levels = ([tuple(level) for level in bids.tolist()], [tuple(level) for level in asks.tolist()])
        assert levels == reference.depth(instrument, venue, 10**6)
        for order_id in book.orders:
            assert books.order_of(instrument, venue, order_id) == reference.order_of(instrument, venue, order_id)


def hostile_stream(n: int, seed: int) -> Rows:
    """The rows of hostile_rows without hypothesis: the same in every process."""
    draw = random.Random(seed)
    prices = [*range(-30, 31), 10**12, -(2**63) + 1, 2**63 - 1, NULL]
    sizes = [1, 2, 3, 5, 10, 100, 0, -1, NULL, 2**62, 2**63 - 1]
    return market(
        *(
            {
                "action": draw.choice(b"AAAAAACCCMMLLQTFXSz" + b"R" * (draw.random() < 0.1)),
                **{name: draw.choice(prices) for name in ("price", "price2")},
                **{name: draw.choice(sizes) for name in ("size", "size2")},
                "side": draw.choice((BID, ASK, BID, ASK, 0)),
                "order_id": draw.choice((draw.randrange(400), draw.randrange(2**64))),
                "instrument": draw.randrange(-1, 5),
                "venue": draw.randrange(-1, 3),
                "flags": draw.choice((LAST, LAST, 0, SNAPSHOT | LAST)),
            }
            for _ in range(n)
        )
    )
