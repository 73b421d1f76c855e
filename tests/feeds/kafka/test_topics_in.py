"""A day through a real broker: the same figures as from its folder, whatever happens to its messages on the way."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from app.engine.universe import Universe
from app.runtime.tape import JournalReader
from app.session.publish import PublishRequest, publish
from tests.feeds.kafka.wire import Sent, lived, loaded, packed, replayed, send, small_day, topic_name

pytestmark = pytest.mark.slow
Write = Callable[..., Path]


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_day(tmp_path_factory.mktemp("day") / "session")


def test_that_one_topic_gives_the_same_hashes_as_the_folder(day: Path, settings_file: Write) -> None:
    settings = settings_file(**{topic_name(): {"role": "both", "start": "earliest"}})
    sent = publish(PublishRequest(path=str(day), settings=str(settings)))
    live, file = lived(settings), replayed(day, settings)
    assert sent is not None
    assert sent.market + sent.orders == live.report.rows_in == file.report.rows_in
    assert live.report.output_hash == file.report.output_hash
    assert live.report.input_hash == file.report.input_hash


def test_that_topics_of_their_own_and_partitions_give_them_too(day: Path, settings_file: Write) -> None:
    settings = settings_file(
        **{
            topic_name("market_data_exchange_a"): {"role": "market", "start": "earliest"},
            topic_name("internal_order_flow"): {"role": "orders", "start": "earliest"},
        }
    )
    publish(PublishRequest(path=str(day), settings=str(settings), partitions=3))
    assert lived(settings).report.output_hash == replayed(day, settings).report.output_hash


@pytest.mark.parametrize("seed", [1, 2])
def test_that_copies_and_disorder_within_the_bound_change_nothing(day: Path, settings_file: Write, seed: int) -> None:
    name = topic_name()
    settings = settings_file(**{name: {"role": "both", "start": "earliest", "reorder": 16}})
    draw = random.Random(seed)
    messages = packed(day, loaded(settings))
    sent: list[Sent] = [messages[0]]
    for at in range(1, len(messages) - 1, 8):
        part = messages[at : min(at + 8, len(messages) - 1)]
        sent += draw.sample(part + draw.choices(part, k=2), k=len(part) + 2)
    send(loaded(settings), name, [*sent, messages[-1]])
    live = lived(settings)
    assert live.report.output_hash == replayed(day, settings).report.output_hash
    assert live.report.rows_late == 0


def test_that_a_block_beyond_the_bound_is_taken_late_and_counted(day: Path, settings_file: Write) -> None:
    name = topic_name()
    settings = settings_file(**{name: {"role": "both", "start": "earliest", "reorder": 4}})
    messages = packed(day, loaded(settings))
    messages.insert(72, messages.pop(5))
    send(loaded(settings), name, messages)
    live, file = lived(settings), replayed(day, settings)
    assert live.report.input_hash != file.report.input_hash  # the gap is a fact of the day
    assert live.report.rows_in == file.report.rows_in + 1
    assert live.report.rows_late > 0


def test_that_damaged_and_oversize_messages_are_set_aside_with_their_place(
    day: Path, settings_file: Write, tmp_path: Path
) -> None:
    name = topic_name()
    settings = settings_file(**{name: {"role": "both", "start": "earliest", "message_max": 1_000_000}})
    messages: list[Sent | bytes] = [*packed(day, loaded(settings))]
    damaged = bytearray(messages[5][0] if isinstance(messages[5], Sent) else b"")
    damaged[200] ^= 1
    messages[3:3] = [bytes(damaged), b"8=FIX.4.2", bytes(2_000_000)]
    send(loaded(settings), name, messages)
    journal = tmp_path / "tape.journal"
    live = lived(settings, journal=str(journal), out=str(tmp_path / "out"))
    assert live.report.output_hash == replayed(day, settings).report.output_hash
    assert live.report.rows_quarantined == 3
    reader = JournalReader(journal, Universe())
    notes = [control.text or "" for block in reader.blocks() for control in block.controls if control.kind == "aside"]
    reader.close()
    assert [f"topic {name} partition 0 offset {offset}" in note for offset, note in enumerate(notes, 3)] == [True] * 3
    assert "checksum" in notes[0]
    assert "a packed block has 80" in notes[1]
    assert "2000000 bytes; at most 1000000" in notes[2]


def test_that_an_empty_message_is_set_aside(day: Path, settings_file: Write) -> None:
    name = topic_name()
    settings = settings_file(**{name: {"role": "both", "start": "earliest"}})
    messages = packed(day, loaded(settings))
    send(loaded(settings), name, [messages[0], b"", *messages[1:]])
    live = lived(settings)
    assert live.report.rows_quarantined == 1
    assert live.report.output_hash == replayed(day, settings).report.output_hash
