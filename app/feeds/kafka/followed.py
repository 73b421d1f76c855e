"""A results topic read back onto a board: what a remote engine publishes, seen here as if it ran here."""

from typing import Any, Final

import numpy as np

from app.engine.errors import DecodeError, FeedError
from app.engine.layout import Sink
from app.engine.units import NULL
from app.feeds.kafka.places import PATIENCE_S
from app.feeds.kafka.result_rows import BEAT, META, Incoming, Keyed, Row, decoded
from app.feeds.kafka.wiring import client, described, library, refusal
from app.settings_sources import Kafka

_AT_ONCE: Final = 2_000
_WAIT_S: Final = 0.03  # about a frame


class FollowedResults:
    """Reads the topic from its beginning. `refused` counts messages that are no results; the newest run counts."""

    def __init__(self, kafka: Kafka, topic: str) -> None:
        """Raises FeedError where the topic is not there, or the line is refused."""
        self.refused = 0
        self.down = ""
        self.run = ""
        self._kafka = kafka
        self._consumer = client(
            kafka, "Consumer",
            {"group.id": f"{kafka.group}-results", "enable.auto.commit": False, "auto.offset.reset": "earliest",
             "fetch.wait.max.ms": 20, "error_cb": self._line_failed},
        )  # fmt: skip
        module = library()
        try:
            found = self._consumer.list_topics(topic, timeout=PATIENCE_S).topics[topic]
        except module.KafkaException as error:
            fault = error.args[0]
            words = f"{described(kafka)}: {fault.str()}"
            raise refusal(kafka, fault) or FeedError(words) from None
        if found.error is not None:
            raise FeedError(f"{described(kafka)}: topic {topic}: {found.error.str()}")
        spots = [module.TopicPartition(topic, number, module.OFFSET_BEGINNING) for number in found.partitions]
        self._consumer.assign(spots)

    def take(self) -> list[Keyed]:
        """Messages that have come, oldest first; waits a frame for the first. Raises FeedError when refused."""
        found: list[Keyed] = []
        for message in self._consumer.consume(_AT_ONCE, _WAIT_S):
            if message.error() is not None:
                self._line_failed(message.error())
                continue
            self.down = ""
            if message.value() is None:
                continue  # a key that was deleted
            try:
                found.append(decoded(message.key() or b"", message.value()))
            except DecodeError:
                self.refused += 1
        return found

    def close(self) -> None:
        """Stop reading."""
        self._consumer.close()

    def _line_failed(self, error: Any) -> None:
        why = refusal(self._kafka, error)
        if why is not None:
            raise why
        self.down = f"{described(self._kafka)}: {error.str()}"


class ResultsBoard:
    """Puts results on a sink; one run's rows only."""

    def __init__(self, sink: Sink) -> None:
        self.facts: dict[str, str] = {}
        self.watermark = NULL
        self._sink = sink
        self._incoming = Incoming(sink.intern)

    def put(self, messages: list[Keyed]) -> None:
        """Some messages of one run, as rows; then everything up to their time is on the board."""
        by_section: dict[str, list[tuple[str, Row]]] = {}
        for message in messages:
            if message.section == BEAT:
                self.watermark = max(self.watermark, int(message.value.row.get("watermark", NULL)))
            elif message.section == META:
                self.facts[message.identity] = str(message.value.row.get("text", ""))
            else:
                by_section.setdefault(message.section, []).append((message.identity, message.value.row))
        for section, entries in by_section.items():
            index, rows = self._incoming.rows(section, entries)
            if index:
                self._sink.put(section, np.array(index, np.int64), rows)
        if self.watermark != NULL:
            self._sink.beat(self.watermark)
