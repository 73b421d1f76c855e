"""What the engine publishes, into a compacted topic beside the board: events, fills, scorecards and what they name."""

import time
import zlib
from collections.abc import Callable
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from app.engine.errors import FeedError
from app.engine.events import Rows
from app.engine.units import NULL
from app.engine.universe import Universe
from app.feeds.kafka.result_rows import BEAT, META, SECTIONS, Keyed, Outgoing, Result, Row
from app.feeds.kafka.topics import COMPACTED, ensure
from app.feeds.kafka.wiring import client, described, refusal
from app.runtime.loop import Publication, RunResult
from app.settings_sources import Kafka

_DAY_NS: Final = 86_400_000_000_000
_FLUSH_S: Final = 30.0
_LIMITED: Final = frozenset({"parents", "instruments", "sources"})  # a state that changes often: one in a while will do


class ResultsTopic:
    """A board in front of the board: everything put on it also goes to the topic, states at most every so often."""

    def __init__(
        self, kafka: Kafka, title: str, universe: Universe, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Raises FeedError where the topic cannot be made."""
        self._kafka = kafka
        self._title = title
        self._clock = clock
        self._board: Publication | None = None
        self._texts: list[str] = [""]
        self._numbers: dict[str, int] = {"": 0}
        self._lengths: dict[str, int] = {}
        self._names = Outgoing(self._text, universe.instruments.names)
        self._pending: dict[str, tuple[str, str, Row]] = {}
        self._sent_s: dict[str, float] = {}
        self._run = ""
        self._fault: Any = None
        self._partitions = ensure(kafka, kafka.results, 1, COMPACTED)
        self._producer = client(
            kafka, "Producer",
            {"enable.idempotence": True, "acks": "all", "linger.ms": 5, "message.timeout.ms": 0,
             "compression.type": "lz4", "error_cb": self._line_failed},
        )  # fmt: skip

    def over(self, board: Publication | None) -> Publication:
        """Stand in front of a board, or in place of none."""
        self._board = board
        return self

    # -- as a board ------------------------------------------------------------------------------------------------

    def intern(self, text: str) -> int:
        """As Sink."""
        if self._board is not None:
            number = self._board.intern(text)
            if number >= len(self._texts):
                self._texts += [""] * (number + 1 - len(self._texts))
            self._texts[number] = text
            return number
        found = self._numbers.setdefault(text, len(self._texts))
        if found == len(self._texts):
            self._texts.append(text)
        return found

    def put(self, section: str, index: NDArray[np.int64], rows: Rows) -> None:
        """As Sink."""
        if self._board is not None:
            self._board.put(section, index, rows)
        places = np.asarray(index, np.int64).tolist()
        if places:
            self._lengths[section] = max(self._lengths.get(section, 0), max(places) + 1)
        if section in SECTIONS:
            for identity, row in self._names.rows(section, places, rows):
                self._pending[f"{section}/{identity}"] = (section, identity, row)

    def length(self, section: str) -> int:
        """As Sink."""
        return self._lengths.get(section, 0) if self._board is None else self._board.length(section)

    def beat(self, watermark: int) -> None:
        """As Sink: what is due goes out, then the time up to which it holds."""
        if self._board is not None:
            self._board.beat(watermark)
        if watermark != NULL:
            self._flush(watermark, every=False)

    def meta(self, key: str, text: str) -> None:
        """As Publication."""
        if self._board is not None:
            self._board.meta(key, text)
        self._pending[f"{META}/{key}"] = (META, key, {"text": text})

    def heartbeat(self) -> None:
        """As Publication."""
        if self._board is not None:
            self._board.heartbeat()

    def ended(self, result: RunResult) -> None:
        """The day is over: every state as it is in the end, and its hashes. Raises FeedError."""
        for name in ("input_hash", "run_hash", "output_hash"):
            self._pending[f"{META}/{name}"] = (META, name, {"text": getattr(result.report, name)})
        self._pending[f"{META}/state"] = (META, "state", {"text": "ended"})
        self._flush(result.end_ns, every=True)
        left = self._producer.flush(_FLUSH_S)
        self._look_for_fault()
        if left:
            raise FeedError(f"{described(self._kafka)}: {left} results are not delivered after {_FLUSH_S:g} s")

    # -- out -------------------------------------------------------------------------------------------------------

    def _text(self, number: int) -> str:
        return self._texts[number] if number < len(self._texts) else ""

    def _flush(self, watermark: int, *, every: bool) -> None:
        """Send what is due; a state that was sent a moment ago waits."""
        now, pause = self._clock(), self._kafka.snapshot_ms * 1e-3
        self._run = self._run or f"{self._title}:{watermark // _DAY_NS}"
        kept: dict[str, tuple[str, str, Row]] = {}
        for key, (section, identity, row) in self._pending.items():
            if not every and section in _LIMITED and now - self._sent_s.get(key, -pause) < pause:
                kept[key] = (section, identity, row)
                continue
            if section in _LIMITED:
                self._sent_s[key] = now
            self._send(Keyed(section, identity, Result(run=self._run, ts=watermark, row=row)))
        self._pending = kept
        self._send(Keyed(BEAT, "", Result(run=self._run, ts=watermark, row={"watermark": watermark})))
        self._producer.poll(0)
        self._look_for_fault()

    def _send(self, message: Keyed) -> None:
        parent = message.identity.partition("/")[0]
        value = msgspec.msgpack.encode(message.value)
        while True:
            try:
                partition = zlib.crc32(parent.encode()) % self._partitions
                self._producer.produce(self._kafka.results, value, message.key.encode(), partition=partition)
                return
            except BufferError:  # the topic is slower than the engine: states in between are left out
                self._producer.poll(0.02)
                self._look_for_fault()

    def _line_failed(self, error: Any) -> None:
        if error.fatal() or refusal(self._kafka, error) is not None:
            self._fault = error

    def _look_for_fault(self) -> None:
        if self._fault is not None:
            why = refusal(self._kafka, self._fault)
            raise why or FeedError(f"{described(self._kafka)}: {self._fault.str()}")
