"""Market and own rows made by a seed, and deliveries of them, for the archive's tests."""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np

from app.engine import units
from app.engine.events import Instrument, OrderRow, Rows
from app.engine.universe import Universe
from app.feeds.archive.delivery import Delivery
from app.feeds.archive.feed import open_recording
from app.feeds.base import Options
from app.feeds.decode.rows import blank
from app.runtime.fingerprint import Fingerprint

DAY_NS: Final = 86_400 * units.SECOND
START: Final = 20_000 * DAY_NS + 9 * 3_600 * units.SECOND
EXTREMES: Final = (0, 1, -1, 2**62 - 1, -(2**62) + 1)


def universe_of(venues: int = 2, sources: int = 2) -> Universe:
    """Three instruments, one with an index and a rate beside it."""
    universe = Universe()
    universe.describe(Instrument(instrument="AAA", currency="USD", tick_size=10_000_000, adv=1e6))
    universe.describe(Instrument(instrument="BBB", currency="EUR", index="IDX"))
    universe.instruments.index("CCC")
    universe.fx["EURUSD"] = [(START, 1.1), (START + 5, 1.2)]
    for number in range(venues):
        universe.venues.index(f"XV{number}")
    for number in range(sources):
        universe.sources.index(f"feed:{number}")
    return universe


def market(count: int, seed: int = 1, start: int = START, gap_ns: int = 40_000) -> Rows:
    """Rows of every action with order ids that come back, for `universe_of()`; times run up."""
    draw = random.Random(seed)
    rows = blank(count)
    live: list[tuple[int, int, int, int, int]] = [(7, 10_050_000_000, 5, 0, 1)]
    for place in range(count):
        row = rows[place]
        start += draw.randrange(gap_ns)
        row["ts_event"], row["ts_recv"], row["seq"] = start, start + draw.randrange(900), seed * 1_000_000 + place
        row["venue"], row["source"] = draw.randrange(2), 0
        row["action"] = draw.choice(b"ACMRLQTFXS")
        row["flags"] = draw.choice((0, units.LAST))
        _values(row, draw, live)
    return rows


def _values(row: Rows, draw: random.Random, live: list[tuple[int, int, int, int, int]]) -> None:
    action = chr(int(row["action"]))
    if action in "CMF":
        row["order_id"], row["price"], row["size"], row["instrument"], row["side"] = draw.choice(live)
        if action == "M":
            row["price"] += 10_000_000 * draw.randrange(-3, 4)
    elif action == "Q":
        for name in ("price", "size", "price2", "size2"):
            row[name] = draw.choice((units.NULL, 10_000_000 * draw.randrange(900, 1_100)))
        row["instrument"] = draw.randrange(3)
    elif action == "S":
        row["status"], row["instrument"] = draw.randrange(1, 5), draw.randrange(3)
    else:
        row["price"], row["size"] = 10_000_000 * draw.randrange(900, 1_100), draw.randrange(1, 900)
        row["instrument"], row["side"] = draw.randrange(3), draw.choice((1, -1, 0))
        row["condition"] = draw.randrange(7) if action == "T" else 0
        if action == "A":
            row["order_id"] = live[-1][0] + draw.randrange(1, 9)
            live.append(tuple(int(row[n]) for n in ("order_id", "price", "size", "instrument", "side")))  # type: ignore[arg-type]


def own(count: int, seed: int = 1, start: int = START) -> tuple[OrderRow, ...]:
    """Own rows with text, raw bytes and numbers."""
    return tuple(
        OrderRow(
            ts_event=start + 1_000 * place, kind="parent_new", source="ems", seq=place, parent_id=f"P{seed}-{place}",
            instrument="AAA", side="BUY", qty=100 + place, text="a = b", raw=b"8=FIX\x01", cum_qty=place or None,
        )
        for place in range(count)
    )  # fmt: skip


def deliveries(rows: Rows, orders: tuple[OrderRow, ...], size: int, lane: str = "topic/0") -> Iterator[Delivery]:
    """The rows as messages at offsets from 0, `size` market rows each, own rows spread over them."""
    messages = max(1, -(-len(rows) // size))
    share = -(-len(orders) // messages)
    for at in range(messages):
        yield Delivery(
            lane=lane, start=at, end=at + 1, market=rows[at * size : (at + 1) * size],
            orders=orders[at * share : (at + 1) * share],
        )  # fmt: skip


def sent(universe: Universe, rows: Rows, orders: tuple[OrderRow, ...]) -> str:
    """Hash over the multiset of rows and the reference data."""
    fingerprint = Fingerprint(universe)
    fingerprint.add_market(rows)
    fingerprint.add_orders(orders)
    return fingerprint.hex()


def kept(folder: Path | str, date: str = "all") -> str:
    """The same of what an archive holds."""
    universe = Universe()
    recording = open_recording(Path(folder), universe, Options(session_date=date))
    fingerprint = Fingerprint(universe)
    for rows in recording.market:
        fingerprint.add_market(rows)
    fingerprint.add_orders(tuple(recording.orders))
    return fingerprint.hex()


def same(left: Rows, right: Rows) -> bool:
    """True when two arrays of rows differ in nothing but their place in a file."""
    names = [name for name in left.dtype.names or () if name not in ("rec", "pad")]
    return len(left) == len(right) and all(np.array_equal(left[name], right[name]) for name in names)
