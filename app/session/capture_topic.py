"""Captured messages into a Kafka topic: one record each, as it was on the wire, with its ns stamp in a header.

Headers: `ts_ns` (8 bytes), `seq` (8 bytes), both big-endian; the key is the source. Kafka's own stamps are ms.
"""

import time
from typing import Any, Final

from app.engine.errors import FeedError
from app.engine.units import MILLISECOND
from app.feeds.kafka.topics import KEPT, ensure
from app.feeds.kafka.wiring import client, described, refusal
from app.settings_sources import Kafka

_FLUSH_S: Final = 60.0
_EXTRA: Final = {"enable.idempotence": True, "acks": "all", "linger.ms": 5, "message.timeout.ms": 60_000}


class TopicPublisher:
    """A capture's publisher that writes to a topic; records of a source keep their order."""

    def __init__(self, kafka: Kafka, topic: str) -> None:
        """Raises FeedError where the topic cannot be made, or the client is not installed."""
        self._kafka = kafka
        self._topic = topic
        self._fault: Any = None
        ensure(kafka, topic, 1, KEPT)
        self._producer = client(kafka, "Producer", _EXTRA | {"error_cb": self._failed})

    def publish(self, payload: bytes, ts_ns: int, source: str, seq: int) -> None:
        """One message. Raises FeedError when one before it could not be delivered."""
        headers = [("ts_ns", ts_ns.to_bytes(8, "big")), ("seq", seq.to_bytes(8, "big"))]
        stamp = max(ts_ns // MILLISECOND, 0)
        until = time.monotonic() + _FLUSH_S
        while True:
            try:
                self._producer.produce(
                    self._topic, payload, key=source, headers=headers, timestamp=stamp, on_delivery=self._delivered
                )
                break
            except BufferError:
                self._producer.poll(0.05)
                self._look()
                if time.monotonic() > until:
                    raise FeedError(f"{described(self._kafka)}: nothing is taken for {_FLUSH_S:g} s") from None
        self._producer.poll(0)
        self._look()

    def close(self) -> None:
        """Wait until everything is at the broker. Raises FeedError."""
        left = self._producer.flush(_FLUSH_S)
        self._look()
        if left:
            raise FeedError(f"{described(self._kafka)}: {left} messages are not delivered after {_FLUSH_S:g} s")

    def _delivered(self, error: Any, _message: object) -> None:
        if error is not None:
            self._fault = error

    def _failed(self, error: Any) -> None:
        if error.fatal() or refusal(self._kafka, error) is not None:
            self._fault = error

    def _look(self) -> None:
        if self._fault is not None:
            fault, self._fault = self._fault, None
            raise refusal(self._kafka, fault) or FeedError(f"{described(self._kafka)}: {fault.str()}")
