"""Kafka under faults, a hundred seeds and more: engines and brokers killed, partitions moved, messages spoilt."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from scripts.kafka import Broker
from tests.bench.bench_kafka import ENOUGH_RATE, ENOUGH_SHARE, measured
from tests.feeds.kafka.faults import broker_killed, engine_killed, partition_reassigned
from tests.feeds.kafka.wire import Sent, lived, loaded, packed, replayed, send, small_day, topic_name
from tests.parts.kafka import broker, fast_broker, own_broker, settings_file, write_settings

__all__ = ["broker", "fast_broker", "own_broker", "settings_file"]
pytestmark = pytest.mark.prove
Write = Callable[..., Path]


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_day(tmp_path_factory.mktemp("day") / "session")


@pytest.mark.parametrize("seed", range(30))
def test_that_engines_killed_at_random_instants_lose_and_double_nothing(
    day: Path, settings_file: Write, tmp_path: Path, seed: int
) -> None:
    engine_killed(day, settings_file, tmp_path, seed, times=3)


@pytest.mark.parametrize("seed", range(10))
def test_that_brokers_killed_at_any_message_cost_nothing(
    own_broker: Broker, day: Path, tmp_path: Path, seed: int
) -> None:
    broker_killed(own_broker, day, tmp_path, 7 * seed)


@pytest.mark.parametrize("times", range(1, 11))
def test_that_partitions_moved_about_are_read_once(day: Path, settings_file: Write, tmp_path: Path, times: int) -> None:
    partition_reassigned(day, settings_file, tmp_path, 1 + times % 3)


@pytest.mark.parametrize("seed", range(60))
def test_that_spoilt_messages_are_set_aside_and_the_rest_is_as_sent(day: Path, settings_file: Write, seed: int) -> None:
    """Copies, disorder within the bound, damaged bytes and messages that are too long, all in one day."""
    name = topic_name()
    settings = settings_file(**{name: {"role": "both", "start": "earliest", "message_max": 1_000_000}})
    draw = random.Random(seed)
    messages = packed(day, loaded(settings), rows=draw.choice([64, 200, 700]))
    sent: list[Sent | bytes] = [messages[0]]
    spoilt = 0
    for at in range(1, len(messages) - 1, 6):
        part: list[Sent | bytes] = list(messages[at : min(at + 6, len(messages) - 1)])
        part += draw.choices(part, k=draw.randrange(3))
        for _ in range(draw.randrange(2)):
            part.append(_spoilt(draw, messages[draw.randrange(1, len(messages) - 1)].value))
            spoilt += 1
        sent += draw.sample(part, k=len(part))
    send(loaded(settings), name, [*sent, messages[-1]])
    live = lived(settings)
    assert live.report.output_hash == replayed(day, settings).report.output_hash
    assert live.report.rows_quarantined == spoilt


def _spoilt(draw: random.Random, value: bytes) -> bytes:
    if draw.random() < 0.2:
        return bytes(1_500_000)
    damaged = bytearray(value)
    for _ in range(draw.randint(1, 4)):
        damaged[draw.randrange(len(damaged))] ^= draw.randint(1, 255)
    damaged[40] ^= bytes(damaged) == value  # changes that took each other back
    return bytes(damaged) if draw.random() < 0.7 else bytes(damaged[: draw.randrange(len(damaged))])


def test_that_packed_blocks_keep_up_with_the_bare_client(fast_broker: Broker, tmp_path: Path) -> None:
    settings = write_settings(tmp_path / "live.toml", {"brokers": fast_broker.address}, {"t": {"role": "both"}})
    plain, blocks = measured(loaded(settings).kafka, messages=4_000, rounds=5)
    assert blocks.wall >= ENOUGH_RATE
    assert blocks.wall >= ENOUGH_SHARE * plain.wall
