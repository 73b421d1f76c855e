"""Two engines of one group divide a topic's partitions: every row reaches one of them, once."""

import uuid
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from app.engine.events import MARKET
from app.engine.universe import Universe
from app.feeds.decode.blocks import BlockEncoder, Place
from app.feeds.kafka.feed import KafkaFeed
from app.feeds.kafka.topics import KEPT, ensure
from app.feeds.kafka.wiring import client
from app.runtime.live_route import LiveRoute
from app.settings_sources import Kafka, KafkaSource
from tests.feeds.kafka.wire import loaded, topic_name
from tests.patience import eventually

pytestmark = pytest.mark.slow
ROWS = 10  # of a block
BLOCKS = 40  # of a partition, in each half of the test


class Member:
    """An engine of the group, as far as the topic can tell: its tape holds everything it has taken."""

    def __init__(self, topic: str, kafka: Kafka) -> None:
        self.feed = KafkaFeed(topic, KafkaSource(role="market", start="committed"), kafka, Universe())
        self.seqs: list[int] = []
        self._positions: dict[str, str] = {}
        self._route = LiveRoute([self.feed], 100_000, wait_s=0.0)
        self._route.open({})

    def look(self) -> None:
        block = self._route.take()
        if block is not None:
            self.seqs += block.market["seq"].tolist()
            self._positions.update({c.source: c.text or "" for c in block.controls if c.kind == "position"})
        self._route.held(self._positions)

    def close(self) -> None:
        self._route.close()


def send(kafka: Kafka, topic: str, first: int) -> None:
    """Blocks of one sender for each of two partitions, numbered from `first`; rows are numbered over all."""
    producer = client(kafka, "Producer", {})
    for partition in range(2):
        universe = Universe()
        for table, name in ((universe.instruments, "A"), (universe.venues, "V"), (universe.sources, f"s{partition}")):
            table.index(name)
        encoder = BlockEncoder(universe)
        for number in range(first, first + BLOCKS):
            rows = np.zeros(ROWS, MARKET)
            rows["ts_event"] = 1 + number
            rows["seq"] = (partition * 1_000 + number) * ROWS + np.arange(ROWS)
            value = encoder.rows(Place(partition + 1, number), 1 + number, rows)
            producer.produce(topic, value, partition=partition, timestamp=1 + number)
    assert producer.flush(30) == 0


def test_that_a_topic_is_divided_and_every_row_is_taken_once(settings_file: Callable[..., Path]) -> None:
    topic = topic_name()
    group = f"g-{uuid.uuid4().hex}"
    kafka = loaded(settings_file(kafka={"members": "shared", "group": group}, **{topic: {"role": "market"}})).kafka
    ensure(kafka, topic, 2, KEPT)
    send(kafka, topic, 0)
    members = [Member(topic, kafka)]

    def until(holds: Callable[[], bool]) -> None:
        def look() -> bool:
            for member in members:
                member.look()
            return holds()

        eventually(look, 60)

    def taken() -> list[int]:
        return sorted(seq for member in members for seq in member.seqs)

    try:
        until(lambda: len(taken()) == 2 * BLOCKS * ROWS)
        members.append(Member(topic, kafka))
        until(lambda: [len(member.feed.lanes) for member in members] == [1, 1])
        send(kafka, topic, BLOCKS)
        until(lambda: len(taken()) == 4 * BLOCKS * ROWS)
    finally:
        for member in members:
            member.close()
    everything = [(partition * 1_000 + n) * ROWS + i for partition in range(2) for n in range(80) for i in range(ROWS)]
    assert taken() == everything
    assert len(members[0].seqs) == 3 * BLOCKS * ROWS, "the second half of one partition went to the other"
