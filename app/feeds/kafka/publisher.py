"""Blocks of a run into topics: packed, numbered, divided by source; delivered once, or an error.

A source is never divided: the order of its rows is the truth, and only a partition keeps an order.
"""

import secrets
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from app.engine.errors import FeedError
from app.engine.events import Block, OrderRow, Rows, no_market
from app.engine.units import MILLISECOND, NULL
from app.engine.universe import Universe
from app.feeds.decode.blocks import BlockEncoder, Place
from app.feeds.kafka.topics import KEPT, ensure
from app.feeds.kafka.wiring import client, described, refusal
from app.runtime.inbox import applied_times
from app.settings_sources import Kafka, Role

ROWS_AT_ONCE: Final = 1_024  # market rows a message
ORDERS_AT_ONCE: Final = 256
LARGEST: Final = 15_000_000  # bytes of a message
_FLUSH_S: Final = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A topic and what of a block goes there."""

    topic: str
    role: Role
    partitions: int = 1


@dataclass(slots=True)
class _Spot:
    """A partition being written: number of its next block."""

    topic: str
    partition: int
    number: int = 0
    passed: int = NULL


class Publisher:
    """Writes blocks to topics. `stream` names this run of the sender; the same rows under another are another run."""

    def __init__(self, kafka: Kafka, targets: Sequence[Target], universe: Universe, stream: int | None = None) -> None:
        self.messages = 0
        self._kafka = kafka
        self._universe = universe
        self._encoder = BlockEncoder(universe)
        self._stream = secrets.randbits(62) if stream is None else stream
        self._targets = targets
        self._spots = {target.topic: [_Spot(target.topic, n) for n in range(target.partitions)] for target in targets}
        self._places = _Places(universe)
        self._fault: Any = None
        self._producer = client(
            kafka, "Producer",
            {"enable.idempotence": True, "acks": "all", "linger.ms": 1, "message.timeout.ms": 0,
             "message.max.bytes": LARGEST, "compression.type": "none", "queue.buffering.max.kbytes": 131_072,
             "error_cb": self._line_failed},
        )  # fmt: skip

    def reference(self) -> None:
        """Reference data first, in every partition: whoever begins there knows the instruments."""
        for spot in self._every():
            self._send(spot, self._encoder.reference(self._place(spot)), NULL)

    def publish(self, block: Block) -> None:
        """The rows of a block, and in every partition the time it has passed. Raises FeedError."""
        for target in self._targets:
            market = block.market if target.role != "orders" else no_market()
            orders = block.orders if target.role != "market" else ()
            for spot in self._spots[target.topic]:
                self._rows(spot, self._places.market(market, spot, target), self._places.orders(orders, spot, target),
                           block.watermark)  # fmt: skip
        self._producer.poll(0)
        self._look_for_fault()

    def end(self, end_ns: int) -> None:
        """Nothing follows; returns when everything is at the broker. Raises FeedError."""
        for spot in self._every():
            self._send(spot, self._encoder.end(self._place(spot), end_ns), end_ns)
        self.flush()

    def flush(self) -> None:
        """Wait until everything is at the broker. Raises FeedError."""
        left = self._producer.flush(_FLUSH_S)
        self._look_for_fault()
        if left:
            raise FeedError(f"{described(self._kafka)}: {left} messages are not delivered after {_FLUSH_S:g} s")

    def _every(self) -> list[_Spot]:
        return [spot for spots in self._spots.values() for spot in spots]

    def _rows(self, spot: _Spot, market: Rows, orders: Sequence[OrderRow], watermark: int) -> None:
        """In messages of some rows each; the last one says what the block says."""
        parts = max(-(-len(market) // ROWS_AT_ONCE), -(-len(orders) // ORDERS_AT_ONCE), 1)
        for n in range(parts):
            rows = market[n * ROWS_AT_ONCE : (n + 1) * ROWS_AT_ONCE]
            own = orders[n * ORDERS_AT_ONCE : (n + 1) * ORDERS_AT_ONCE]
            if n == parts - 1:
                spot.passed = max(spot.passed, watermark)
            elif len(rows):
                spot.passed = min(max(spot.passed, int(applied_times(rows).max())), max(watermark, spot.passed))
            self._send(spot, self._encoder.rows(self._place(spot), spot.passed, rows, own), spot.passed)

    def _place(self, spot: _Spot) -> Place:
        place = Place(self._stream, spot.number)
        spot.number += 1
        return place

    def _send(self, spot: _Spot, value: bytes, ts_ns: int) -> None:
        if len(value) > LARGEST:
            raise FeedError(
                f"topic {spot.topic}: a message of {len(value)} bytes; at most {LARGEST}: a row's raw text is too long"
            )
        stamp = max(ts_ns // MILLISECOND, 0)
        while True:
            try:
                self._producer.produce(spot.topic, value, partition=spot.partition, timestamp=stamp)
                break
            except BufferError:  # the broker is slower than we are: wait for it
                self._producer.poll(0.05)
                self._look_for_fault()
        self.messages += 1

    def _line_failed(self, error: Any) -> None:
        if error.fatal() or refusal(self._kafka, error) is not None:
            self._fault = error

    def _look_for_fault(self) -> None:
        if self._fault is not None:
            why = refusal(self._kafka, self._fault)
            raise why or FeedError(f"{described(self._kafka)}: {self._fault.str()}")


@dataclass(slots=True)
class _Places:
    """Which partition a row belongs to: that of its source's name."""

    universe: Universe
    hashes: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))

    def market(self, rows: Rows, spot: _Spot, target: Target) -> Rows:
        """The rows of a partition."""
        if target.partitions == 1 or not len(rows):
            return rows
        names = self.universe.sources.names
        if len(self.hashes) != len(names):
            self.hashes = np.array([_hash_of(name) for name in names], np.int64)
        mine: Rows = rows[self.hashes[rows["source"]] % target.partitions == spot.partition]
        return mine

    @staticmethod
    def orders(rows: Sequence[OrderRow], spot: _Spot, target: Target) -> Sequence[OrderRow]:
        """As market."""
        if target.partitions == 1:
            return rows
        return [row for row in rows if _hash_of(row.source) % target.partitions == spot.partition]


def _hash_of(source: str) -> int:
    return zlib.crc32(source.encode())


def prepared(kafka: Kafka, targets: Sequence[Target], *, fresh: bool = False) -> list[Target]:
    """The targets with their topics made; partitions as they are. Raises FeedError."""
    made = []
    for target in targets:
        count = ensure(kafka, target.topic, target.partitions, KEPT, fresh=fresh)
        made.append(Target(topic=target.topic, role=target.role, partitions=count))
    return made
