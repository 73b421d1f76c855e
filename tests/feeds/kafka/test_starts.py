"""Where reading begins: now, the beginning, an offset, a time, where the group stands; the tape is believed first."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from confluent_kafka import Consumer, TopicPartition

from app.engine.universe import Universe
from app.feeds.kafka.feed import KafkaFeed
from app.feeds.kafka.places import Position
from app.runtime.live_route import LiveRoute
from app.settings_sources import KafkaSource
from tests.feeds.kafka.wire import Sent, loaded, send, topic_name

pytestmark = pytest.mark.slow
Write = Callable[..., Path]
T0_MS = 1_772_461_800_000  # 2026-03-02T14:30:00Z
COUNT = 10


@pytest.fixture
def topic(settings_file: Write) -> tuple[str, Path]:
    """Ten books a second apart; the third at 14:30:02."""
    name = topic_name("books")
    settings = settings_file(**{name: {"codec": "json_l2", "venue": "XNAS"}})
    send(loaded(settings), name, [book(n) for n in range(COUNT)])
    return name, settings


def book(n: int) -> Sent:
    ts = (T0_MS + 1_000 * n) * 1_000_000 + n
    value = f'{{"ts": {ts}, "seq": {n + 1}, "instrument": "A", "type": "update", "bids": [["{n + 1}", 1]]}}'
    return Sent(value.encode(), T0_MS + 1_000 * n)


class Reading:
    """A feed in its route, read until a number of rows has come."""

    def __init__(self, name: str, settings: Path, start: str, positions: Mapping[str, str] | None = None) -> None:
        kafka = loaded(settings).kafka
        source = KafkaSource(codec="json_l2", venue="XNAS", start=start, group=name)
        self.route = LiveRoute([KafkaFeed(name, source, kafka, Universe())], 10_000)
        self.route.open(positions or {})
        self.prices: list[int] = []
        self.positions: dict[str, str] = {}
        self.gaps: list[str] = []

    def until(self, last: int) -> list[int]:
        for _ in range(4_000):
            block = self.route.take()
            if block is not None:
                self.prices += [price // 10**9 for price in block.market["price"].tolist()]
                self.positions |= {c.source: c.text or "" for c in block.controls if c.kind == "position"}
                self.gaps += [c.text or "" for c in block.controls if c.kind == "gap"]
            if last in self.prices:
                return self.prices
        raise AssertionError(f"{last} did not come: {self.prices}")


@pytest.mark.parametrize(
    ("start", "first"),
    [
        ("earliest", 1),
        ("offset:4", 5),
        ("offset:0", 1),
        ("2026-03-02T14:30:02", 3),
        ("2026-03-02", 1),
        ("committed", 1),
    ],
)
def test_that_reading_begins_where_the_settings_say(topic: tuple[str, Path], start: str, first: int) -> None:
    name, settings = topic
    reading = Reading(name, settings, start)
    assert reading.until(COUNT) == list(range(first, COUNT + 1))
    reading.route.close()


def test_that_from_now_on_only_what_is_new_comes_and_catching_up_has_no_seam(topic: tuple[str, Path]) -> None:
    name, settings = topic
    for start, first in (("now", COUNT + 1), ("earliest", 1)):
        reading = Reading(name, settings, start)
        if start == "earliest":
            reading.until(COUNT)
        else:
            for _ in range(400):
                reading.route.take()
                if reading.route.next_ns() is not None and reading.route._feeds[0].lanes:
                    break
        send(loaded(settings), name, [book(COUNT)])
        assert reading.until(COUNT + 1)[0] == first
        assert reading.prices == sorted(set(reading.prices))
        reading.route.close()


def test_that_the_group_is_told_what_the_tape_holds_and_a_new_reader_goes_on_there(topic: tuple[str, Path]) -> None:
    name, settings = topic
    reading = Reading(name, settings, "earliest")
    reading.until(COUNT)
    place = f"kafka:{name}/0"
    reading.route.held({place: Position(6).text()})
    reading.route.close()
    group = Consumer({"bootstrap.servers": loaded(settings).kafka.brokers, "group.id": name})
    assert group.committed([TopicPartition(name, 0)], timeout=10)[0].offset == 6
    group.close()
    again = Reading(name, settings, "committed")
    assert again.until(COUNT) == list(range(7, COUNT + 1))
    again.route.close()


def test_that_the_tape_is_believed_and_not_the_group(topic: tuple[str, Path]) -> None:
    name, settings = topic
    reading = Reading(name, settings, "earliest", {f"kafka:{name}/0": Position(8).text()})
    assert reading.until(COUNT) == [9, 10]
    assert reading.positions == {f"kafka:{name}/0": Position(10).text()}
    reading.route.close()
