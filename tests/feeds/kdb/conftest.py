"""A stand-in tickerplant per test, rows to send through it, and a feed that is drained as the loop would."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.engine.events import Control, OrderRow, Quarantined, Rows
from app.engine.universe import Universe
from app.feeds.kdb.feed import KdbFeed
from app.settings_sources import KdbSource
from scripts.tickerplant.server import SCHEMA, Tickerplant, schema_of

T0 = 1_780_000_000_000_000_000
PATIENCE_S = 20.0
NULL = -(2**63)


def market_rows(count: int, first: int, seed: int = 1) -> list[Any]:
    """Columns of `market`: adds of two instruments, numbered from `first`."""
    drawn = np.random.default_rng([seed, first])
    times = (T0 + (first + np.arange(count)) * 1_000).view("M8[ns]")
    none, empty = np.full(count, NULL), np.full(count, b"")
    return [
        np.zeros(count, "m8[ns]"), drawn.choice([b"AAPL", b"MSFT"], count), times, times, np.full(count, b"XNAS"),
        first + np.arange(count), np.full(count, b"XNAS"), np.full(count, b"A"), drawn.choice([b"B", b"A"], count),
        drawn.integers(90, 110, count) * 10**9, drawn.integers(1, 100, count), first + 1 + np.arange(count),
        none, none, none, none, np.full(count, 128), empty, empty,
    ]  # fmt: skip


class Drained:
    """What a feed has given so far."""

    def __init__(self, feed: KdbFeed) -> None:
        self.feed = feed
        self.market: list[Rows] = []
        self.orders: list[OrderRow] = []
        self.aside: list[Quarantined] = []
        self.controls: list[Control] = []
        self.position = ""
        self.ended = False

    def until(self, done: Callable[["Drained"], bool]) -> "Drained":
        """Poll until it is so; a feed that does not get there fails the test."""
        deadline = time.monotonic() + PATIENCE_S
        while not done(self):
            assert time.monotonic() < deadline, (len(self.seqs), self.controls, self.aside[:1])
            self.controls += self.feed.poll(100_000)
            for lane in self.feed.lanes.values():
                while lane.waiting:
                    batch, _, _ = lane.waiting.popleft()
                    self.market.append(batch.market)
                    self.orders += batch.orders
                    self.ended = self.ended or batch.end
                    self.aside += batch.quarantine
                    self.position = batch.position or self.position
            time.sleep(0.001)  # a poll of a condition, with a deadline
        return self

    def rows(self, count: int) -> "Drained":
        """Poll until so many rows have come."""
        return self.until(lambda now: len(now.seqs) + len(now.orders) >= count)

    @property
    def seqs(self) -> list[int]:
        """Of the market rows, in order."""
        return [int(seq) for part in self.market for seq in part["seq"]]

    def said(self, kind: str) -> list[str]:
        """Words of the controls of a kind."""
        return [control.text or "" for control in self.controls if control.kind == kind]


@pytest.fixture(params=["query", "log"])
def plant(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Tickerplant]:
    """A stand-in whose missed part is asked for by query, and one with a log."""
    with Tickerplant(schema_of(SCHEMA), tmp_path / "day.log" if request.param == "log" else None) as made:
        yield made


@pytest.fixture
def follow(request: pytest.FixtureRequest) -> Iterator[Callable[..., Drained]]:
    """Opens a feed on a stand-in; closed when the test ends."""
    opened: list[KdbFeed] = []

    def followed(plant: Tickerplant, table: str = "market", at: str = "", **keys: Any) -> Drained:
        query = "" if plant.log else table
        source = KdbSource(port=plant.port, table=table, query=query, **keys)
        feed = KdbFeed("md", source, Universe())
        opened.append(feed)
        feed.open({"kdb/md": at} if at else {}, lambda: None)
        return Drained(feed)

    yield followed
    for feed in opened:
        feed.close()
