"""What the tests of Kafka do with a broker: days made small, sent in any shape, read live."""

import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from confluent_kafka import Producer

from app.engine.events import Block
from app.engine.universe import Universe
from app.feeds.decode.blocks import BlockEncoder, Place
from app.feeds.generator import Plan
from app.feeds.kafka.topics import KEPT, ensure
from app.runtime.loop import RunResult
from app.runtime.route import Route
from app.session.formats import Sources
from app.session.generate import generate_session
from app.session.live_headless import run_live
from app.session.replay import replay
from app.session.request import ReplayRequest
from app.session.simulation import SimulationRequest
from app.settings import Settings, load_settings


def topic_name(stem: str = "t") -> str:
    """A name nobody else has."""
    return f"{stem}-{uuid.uuid4().hex[:12]}"


def small_day(folder: Path, seed: int = 1, rows: int = 20_000) -> Path:
    """A session folder of some thousand rows."""
    plan = Plan(seed=seed, market_rows=rows, order_share=0.01, instruments=2, duration_s=1_200)
    generate_session(plan, folder)
    return folder


def replayed(day: Path, settings: Path) -> RunResult:
    """The day through the engine, from its folder."""
    result = replay(ReplayRequest(path=str(day), settings=str(settings)))
    assert result is not None
    return result


def lived(settings: Path, **more: Any) -> RunResult:
    """The sources of the settings, until they have ended."""
    result = run_live(SimulationRequest(settings=str(settings), **more))
    assert result is not None
    return result


class Sent(NamedTuple):
    """A packed message of a day."""

    value: bytes
    ts_ms: int


def packed(day: Path, settings: Settings, rows: int = 256, stream: int = 7) -> list[Sent]:
    """The messages of a day in one partition: reference, rows, the end."""
    universe = Universe()
    with Sources(settings, None).open(day, "session", universe) as recording:
        route = Route(recording.market, recording.orders, rows)
        route.next_ns()
        encoder = BlockEncoder(universe)
        found = [Sent(encoder.reference(Place(stream, 0)), 0)]
        for number, block in enumerate(_blocks(route), 1):
            place = Place(stream, number)
            value = encoder.rows(place, block.watermark, block.market, block.orders)
            found.append(Sent(value, block.watermark // 1_000_000))
        found.append(Sent(encoder.end(Place(stream, len(found)), route.end_ns), route.end_ns // 1_000_000))
    return found


def _blocks(route: Route) -> Iterator[Block]:
    while (block := route.take()) is not None:
        yield block


def send(settings: Settings, topic: str, messages: Sequence[Sent | bytes], partitions: int = 1) -> None:
    """Into partition 0 of a topic, made where it is not there."""
    ensure(settings.kafka, topic, partitions, KEPT)
    producer = Producer({"bootstrap.servers": settings.kafka.brokers, "message.max.bytes": 15_000_000, "linger.ms": 1})
    for message in messages:
        value, stamp = message if isinstance(message, Sent) else (message, 1_700_000_000_000)
        producer.produce(topic, value, partition=0, timestamp=max(stamp, 1))
    assert producer.flush(30) == 0


def loaded(path: Path) -> Settings:
    """A settings file, without the environment; the evidence is off, as in all tests."""
    return load_settings(path, {"SCORECARD_EVIDENCE_MODEL": ""})
