"""Packed blocks out of a real broker, beside a bare loop of the client on the same topic.

    python -m tests.bench.bench_kafka [--brokers HOST:PORT]

Both read the same messages in one run, in turns, so that the machine's mood is the same for both. Rates are of the
wall; the processor time of this process stands beside them.
"""

import argparse
import tempfile
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
from confluent_kafka import Consumer, Producer, TopicPartition

from app.engine.events import MARKET
from app.engine.universe import Universe
from app.feeds.decode.blocks import BlockEncoder, Place
from app.feeds.kafka.feed import KafkaFeed
from app.feeds.kafka.topics import KEPT, ensure
from app.runtime.live_route import LiveRoute
from app.settings import load_settings
from app.settings_sources import Kafka, KafkaSource
from scripts.kafka import Broker
from tests.parts.ports import free_ports

ROWS = 512  # a message
ENOUGH_RATE = 2_000_000
ENOUGH_SHARE = 0.5


class Rate(NamedTuple):
    """Rows a second of the wall, and of processor time."""

    wall: float
    cpu: float


def fill(kafka: Kafka, topic: str, messages: int) -> None:
    """Messages of rows as a market brings them."""
    ensure(kafka, topic, 1, KEPT)
    universe = Universe()
    for name in ("AAPL", "MSFT"):
        universe.instruments.index(name)
    universe.venues.index("XNAS")
    universe.sources.index("XNAS")
    encoder = BlockEncoder(universe)
    rows = np.zeros(ROWS, MARKET)
    rows["instrument"] = np.arange(ROWS) % 2
    producer = Producer({"bootstrap.servers": kafka.brokers, "linger.ms": 5, "queue.buffering.max.kbytes": 1_000_000})
    for number in range(messages):
        rows["ts_event"] = np.arange(1, ROWS + 1) + number * ROWS
        value = encoder.rows(Place(1, number), (number + 1) * ROWS, rows)
        producer.produce(topic, value, partition=0, timestamp=1 + number)
        if number % 100 == 0:
            producer.poll(0)
    producer.flush(60)


def timed(rows: int, work: Callable[[], None]) -> Rate:
    """How fast some work goes through the rows."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return Rate(rows / (time.perf_counter() - wall), rows / (time.process_time() - cpu))


def bare(kafka: Kafka, topic: str, messages: int) -> Callable[[], None]:
    """The client alone: values are taken and counted."""
    consumer = Consumer({"bootstrap.servers": kafka.brokers, "group.id": uuid.uuid4().hex, "fetch.wait.max.ms": 10})
    consumer.assign([TopicPartition(topic, 0, 0)])

    def loop() -> None:
        seen = 0
        while seen < messages:
            for message in consumer.consume(500, 0.05):
                seen += bool(message.value())
        consumer.close()

    return loop


def blocks(kafka: Kafka, topic: str, rows: int) -> Callable[[], None]:
    """The same messages as market rows, in blocks for the engine."""
    source = KafkaSource(role="both", start="earliest")
    route = LiveRoute([KafkaFeed(topic, source, kafka, Universe())], 2_000_000)

    def loop() -> None:
        route.open({})
        seen = 0
        while seen < rows:
            block = route.take()
            seen += 0 if block is None else len(block.market)
        route.close()

    return loop


def measured(kafka: Kafka, messages: int, rounds: int) -> tuple[Rate, Rate]:
    """The better of some turns each: the bare loop, the blocks."""
    topic = f"bench-{uuid.uuid4().hex[:8]}"
    rows = messages * ROWS
    fill(kafka, topic, messages)
    plain, packed = [], []
    for _ in range(rounds):
        plain.append(timed(rows, bare(kafka, topic, messages)))
        packed.append(timed(rows, blocks(kafka, topic, rows)))
    return max(plain), max(packed)


def main() -> int:
    """Print both rates; 1 where the blocks are too slow."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--messages", type=int, default=4_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--brokers", help="a broker that runs; one is started where not given")
    words = parser.parse_args()
    kafka = load_settings(None, {}).kafka
    with tempfile.TemporaryDirectory() as home:
        broker = Broker(Path(home), free_ports(2))
        if words.brokers is None:
            broker.start()
        try:
            kafka = msgspec.structs.replace(kafka, brokers=words.brokers or broker.address)
            plain, packed = measured(kafka, words.messages, words.rounds)
        finally:
            broker.stop()
    share = packed.wall / plain.wall
    print(f"{'':<22}{'rows/s':>14}{'rows/s of cpu':>16}")
    print(f"{'bare consume loop':<22}{plain.wall:>14,.0f}{plain.cpu:>16,.0f}")
    print(f"{'packed blocks':<22}{packed.wall:>14,.0f}{packed.cpu:>16,.0f}")
    print(f"share of the bare loop {share:.2f}, at least {ENOUGH_SHARE}; rate at least {ENOUGH_RATE:,}")
    return 0 if share >= ENOUGH_SHARE and packed.wall >= ENOUGH_RATE else 1


if __name__ == "__main__":
    raise SystemExit(main())
