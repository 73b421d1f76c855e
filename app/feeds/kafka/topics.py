"""Topics: made where they are missing, with what a market's history needs of them."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

from app.engine.errors import FeedError
from app.feeds.kafka.wiring import client, described, library, refusal
from app.settings_sources import Kafka

PATIENCE_S: Final = 15.0
# Records carry event times: a topic that keeps them for a week would lose last month's within minutes.
KEPT: Final = {"retention.ms": "-1", "retention.bytes": "-1", "max.message.bytes": "16000000"}
COMPACTED: Final = KEPT | {"cleanup.policy": "compact", "min.cleanable.dirty.ratio": "0.5"}


def ensure(kafka: Kafka, topic: str, partitions: int, options: Mapping[str, str], *, fresh: bool = False) -> int:
    """Make a topic where there is none, `fresh`: anew in any case; its partitions. Raises FeedError."""
    admin = client(kafka, "AdminClient", {})
    new_topic = library("confluent_kafka.admin").NewTopic
    try:
        known = admin.list_topics(timeout=PATIENCE_S).topics
        if topic in known and not fresh:
            return len(known[topic].partitions)
        if topic in known:
            _wait(admin.delete_topics([topic], operation_timeout=PATIENCE_S))
        _make(admin, new_topic(topic, partitions, 1, config=dict(options)))
    except library().KafkaException as error:
        fault = error.args[0]
        why = refusal(kafka, fault)
        raise why or FeedError(f"{described(kafka)}: topic {topic}: {fault.str()}") from None
    return partitions


def _make(admin: Any, topic: Any) -> None:
    """A topic that has just been deleted may be known for a moment."""
    errors = library()
    for attempt in range(50):
        with suppress(errors.KafkaException):
            _wait(admin.create_topics([topic], operation_timeout=PATIENCE_S))
            return
        if attempt == 49:
            break
        admin.poll(0.1)
    _wait(admin.create_topics([topic], operation_timeout=PATIENCE_S))


def _wait(futures: Mapping[str, Any]) -> None:
    for future in futures.values():
        future.result(PATIENCE_S)
