"""A capture into a real topic: every message as it was on the wire, its ns stamp, source and number beside it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Consumer

from app.engine.errors import FeedError
from app.feeds.kafka import topics
from app.session.capture import CaptureRequest, capture
from app.session.capture_topic import TopicPublisher
from app.settings import load_settings
from tests.command import scorecard
from tests.feeds.capture.wire import conversation, frames, order, pcap_of
from tests.feeds.kafka.wire import topic_name

pytestmark = pytest.mark.slow
MESSAGES = [order(n) for n in range(1, 80)]


def consumed(brokers: str, topic: str, count: int) -> list[Any]:
    consumer = Consumer({"bootstrap.servers": brokers, "group.id": topic, "auto.offset.reset": "earliest"})
    consumer.subscribe([topic])
    found: list[Any] = []
    for _ in range(600):
        found += consumer.consume(count - len(found), 0.1) if len(found) < count else []
        if len(found) == count:
            break
    consumer.close()
    return found


def test_that_every_message_of_a_capture_is_in_the_topic_as_it_was(
    tmp_path: Path, settings_file: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    settings, topic = settings_file(), topic_name("captured")
    path = tmp_path / "wire.pcap"
    path.write_bytes(pcap_of(frames(conversation(b"".join(MESSAGES), 3))))
    assert scorecard("capture", path, "--topic", topic, "--settings", settings) == 0
    assert f"written to    topic {topic}" in capsys.readouterr().out
    records = consumed(load_settings(settings).kafka.brokers, topic, len(MESSAGES))
    assert [record.value() for record in records] == MESSAGES
    assert {record.key() for record in records} == {b"fix:BUY>SELL"}
    heads = [{name: int.from_bytes(value, "big") for name, value in record.headers()} for record in records]
    assert [head["seq"] for head in heads] == list(range(1, len(MESSAGES) + 1))
    assert [record.timestamp()[1] for record in records] == [head["ts_ns"] // 1_000_000 for head in heads]
    done = capture(CaptureRequest(kind="fix", path=str(path), out=str(tmp_path / "out")))
    assert done.messages == len(MESSAGES)
    assert scorecard("capture", path, "--topic", topic, "--out", tmp_path / "x", "--settings", settings) == 2


def test_that_a_broker_that_is_not_there_is_an_error_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(topics, "PATIENCE_S", 0.5)
    (tmp_path / "mine.toml").write_text('[kafka]\nbrokers = "127.0.0.1:1"\n')
    with pytest.raises(FeedError, match="Kafka 127"):
        TopicPublisher(load_settings(tmp_path / "mine.toml").kafka, "x")
