"""Reading a journal back: torn tapes, foreign files, hostile bytes."""

import random
import zlib
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.errors import DecodeError, EngineError, FeedError
from app.engine.events import MARKET, Block
from app.engine.universe import Universe
from app.runtime.journal import FILE, HEADED, MAGIC, MARK, RECORD, VERSION, Additions, rows_hash
from app.runtime.tape import JournalReader, Tape
from tests.runtime.made import universe
from tests.runtime.test_journal import same, some_blocks, written


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("tape") / "day.tape", universe(), some_blocks(40, 10))


def read(path: Path) -> tuple[list[Block], JournalReader]:
    reader = JournalReader(path, Universe())
    return list(reader.blocks()), reader


def looked_over(path: Path) -> tuple[list[tuple[int, int]], JournalReader]:
    reader = JournalReader(path, Universe())
    return list(reader.places()), reader


def test_that_places_alone_are_those_of_the_blocks_and_teach_the_same_names(day: Path) -> None:
    blocks, reader = read(day)
    places, other = looked_over(day)
    assert [watermark for _, watermark in places] == [block.watermark for block in blocks]
    assert (other.whole, other.number, other.end_ns, other.torn) == (reader.whole, reader.number, reader.end_ns, None)
    names = [table.names for table in (other._universe.instruments, other._universe.venues, other._universe.sources)]
    known = reader._universe
    assert names == [known.instruments.names, known.venues.names, known.sources.names]
    for number, (at, _) in enumerate(places):
        assert same(other.block_at(at, number), blocks[number])


@pytest.mark.slow
def test_that_a_tape_cut_at_any_byte_is_used_up_to_the_last_whole_block(day: Path, tmp_path: Path) -> None:
    raw = day.read_bytes()
    whole = some_blocks(40, 10)
    path = tmp_path / "cut.tape"
    counts = []
    for cut in range(FILE.itemsize, len(raw)):
        path.write_bytes(raw[:cut])
        blocks, reader = read(path)
        reader.close()
        assert all(same(ours, theirs) for ours, theirs in zip(whole, blocks, strict=False))
        assert reader.torn is not None
        assert "offset" in reader.torn
        counts.append(len(blocks))
    assert counts == sorted(counts)
    assert (counts[0], counts[-1]) == (0, len(whole))


@pytest.mark.parametrize("cut", [0, 1, 31])
def test_that_a_file_shorter_than_its_head_is_refused(day: Path, tmp_path: Path, cut: int) -> None:
    (tmp_path / "short.tape").write_bytes(day.read_bytes()[:cut])
    with pytest.raises(DecodeError, match=rf"short\.tape: {cut} bytes"):
        read(tmp_path / "short.tape")


def test_that_a_changed_byte_ends_the_tape_at_its_block(day: Path, tmp_path: Path) -> None:
    raw = bytearray(day.read_bytes())
    whole = some_blocks(40, 10)
    draw = random.Random(5)
    path = tmp_path / "bad.tape"
    for _ in range(300):
        at = draw.randrange(FILE.itemsize, len(raw))
        changed = bytearray(raw)
        changed[at] ^= 1 << draw.randrange(8)
        path.write_bytes(changed)
        blocks, reader = read(path)
        places, over = looked_over(path)
        assert ([watermark for _, watermark in places], over.torn) == (
            [block.watermark for block in blocks],
            reader.torn,
        )
        assert reader.torn is not None
        assert int(reader.torn.split("offset ")[1].split(":")[0]) <= at
        assert all(same(ours, theirs) for ours, theirs in zip(whole, blocks, strict=False))


@given(raw=st.binary(max_size=400))
def test_that_random_bytes_are_an_error_in_words(raw: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("random") / "r.tape"
    path.write_bytes(raw)
    with pytest.raises(DecodeError, match=r"r\.tape"):
        read(path)


@given(raw=st.binary(min_size=1, max_size=400))
def test_that_random_bytes_behind_a_head_are_a_torn_tape(
    raw: bytes, day: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("random") / "r.tape"
    path.write_bytes(day.read_bytes()[: FILE.itemsize] + raw)
    blocks, reader = read(path)
    assert blocks == []
    assert reader.torn is not None
    assert f"{len(raw)} bytes are left unread" in reader.torn


def forged(path: Path, names: bytes, market: bytes, orders: bytes, counts: tuple[int, int] = (0, 0)) -> Path:
    """A tape with one block whose checksums hold whatever is in it."""
    head = np.zeros(1, RECORD)
    head["mark"], head["kind"] = MARK, 1
    head["names"], head["market"], head["orders"] = len(names), len(market), len(orders)
    head["order_count"], head["control_count"] = counts
    head["body_crc"] = zlib.crc32(names + market + orders)
    head["head_crc"] = zlib.crc32(head.tobytes()[:HEADED])
    start = np.array([(MAGIC, VERSION, MARKET.itemsize, rows_hash(), 0)], FILE).tobytes()
    path.write_bytes(start + head.tobytes() + names + market + orders)
    return path


NAMES = msgspec.msgpack.encode(Additions(instruments=["I0"], venues=["V0"], sources=["S0"]))
ROW = np.zeros(1, MARKET)


@pytest.mark.parametrize(
    ("names", "market", "orders", "counts"),
    [
        (NAMES, ROW.tobytes()[:-1], b"", (0, 0)),  # not a whole number of rows
        (b"", ROW.tobytes(), b"", (0, 0)),  # numbers without names
        (msgspec.msgpack.encode({"instruments": ["A", "A"]}), b"", b"", (0, 0)),  # a name with two numbers
        (msgspec.msgpack.encode({"instruments": 5}), b"", b"", (0, 0)),
        (b"\xc1", b"", b"", (0, 0)),
        (NAMES, b"", msgspec.msgpack.encode([{"ts_event": "noon"}]), (1, 0)),
        (NAMES, b"", msgspec.msgpack.encode([]), (1, 0)),  # fewer own rows than announced
    ],
)
def test_that_a_block_that_lies_is_not_applied(
    tmp_path: Path, names: bytes, market: bytes, orders: bytes, counts: tuple[int, int]
) -> None:
    blocks, reader = read(forged(tmp_path / "lie.tape", names, market, orders, counts))
    assert blocks == []
    assert reader.torn is not None
    assert f"offset {FILE.itemsize}" in reader.torn


def test_that_the_same_block_without_a_lie_is_applied(tmp_path: Path) -> None:
    blocks, _ = read(forged(tmp_path / "true.tape", NAMES, ROW.tobytes(), b""))
    assert [len(block.market) for block in blocks] == [1]


@pytest.mark.parametrize(
    ("at", "field"), [(0, "magic"), (8, "version"), (12, "another layout"), (20, "another layout")]
)
def test_that_a_foreign_file_is_refused_with_what_is_wrong(day: Path, tmp_path: Path, at: int, field: str) -> None:
    raw = bytearray(day.read_bytes())
    raw[at] ^= 0xFF
    (tmp_path / "foreign.tape").write_bytes(raw)
    with pytest.raises(DecodeError, match=rf"foreign\.tape.*{field}"):
        read(tmp_path / "foreign.tape")


def test_that_a_missing_journal_is_named(tmp_path: Path) -> None:
    with pytest.raises(FeedError, match=r"none\.tape: cannot be read"):
        read(tmp_path / "none.tape")


def test_that_bytes_after_the_end_of_the_run_are_reported(day: Path, tmp_path: Path) -> None:
    (tmp_path / "more.tape").write_bytes(day.read_bytes() + b"more")
    blocks, reader = read(tmp_path / "more.tape")
    assert len(blocks) == len(some_blocks(40, 10))
    assert reader.torn is not None
    assert "after the end" in reader.torn
    assert reader.notes == [reader.torn]


def test_that_a_run_without_its_end_is_reported_and_ends_with_its_last_row(tmp_path: Path) -> None:
    blocks = some_blocks(40, 10)
    reader = JournalReader(written(tmp_path / "open.tape", universe(), blocks, end_ns=None), Universe())
    tape = Tape(reader)
    while tape.take() is not None:
        pass
    assert reader.torn is not None
    assert "interrupted" in reader.torn
    assert tape.end_ns == max(block.watermark for block in blocks)


def test_that_a_tape_hands_a_block_over_when_its_watermark_is_due(day: Path) -> None:
    tape = Tape(JournalReader(day, Universe()))
    first = tape.next_ns()
    assert first is not None
    assert tape.take(first - 1) is None
    block = tape.take(first)
    assert block is not None
    assert block.watermark == first
    while tape.take() is not None:
        pass
    assert tape.next_ns() is None
    assert tape.end_ns == 99


def test_that_a_journal_is_not_read_into_numbers_of_another_run(day: Path) -> None:
    with pytest.raises(EngineError, match="empty"):
        JournalReader(day, universe())
