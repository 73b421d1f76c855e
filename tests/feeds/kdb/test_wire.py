"""Bytes of the wire: cut at every byte, damaged in every way, and read back as they were meant."""

from collections.abc import Callable
from typing import TypeVar

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.errors import DecodeError
from app.feeds.kdb import wire
from app.feeds.kdb.codec import Codec, Update
from scripts.tickerplant.qipc import Table, compressed, decode, encode, error, expanded, message

Result = TypeVar("Result")
VALUES = [
    None, True, 7, -(2**63), 2.5, b"sym", b"", "text", "", [1, b"a", [2.0, "x"]],
    np.arange(5), np.arange(3, dtype="i4"), np.arange(2, dtype="i2"), np.array([0.5, np.nan]),
    np.array([b"a", b"", b"ccc"]),
    np.array([], "S1"), np.array([1, 2**60], "M8[ns]"), np.array([0, 86_399], "m8[ns]"), np.array([True, False]),
    Table(["a", "b"], [np.arange(2), np.array([b"x", b"y"])]), np.datetime64("2026-03-02"),
]  # fmt: skip


def outcome(work: Callable[[], Result]) -> tuple[Result | None, str]:
    """What it gave, or the words it was refused with."""
    try:
        return work(), ""
    except DecodeError as refused:
        return None, str(refused)


def stream() -> bytes:
    """Every value as a message, one behind the other."""
    return b"".join(message(value, index % 3) for index, value in enumerate(VALUES))


@pytest.mark.parametrize("value", VALUES, ids=str)
def test_that_an_object_ends_where_the_other_codec_says(value: object) -> None:
    body = encode(value)
    assert wire.extent(body + b"\x07rest", 0) == len(body)


@given(st.lists(st.integers(1, 40), max_size=60))
def test_that_messages_come_out_whole_however_they_are_cut(sizes: list[int]) -> None:
    data = stream()
    frames = wire.Frames("kdb+")
    found: list[bytes] = []
    at = 0
    for size in sizes:
        found += frames.feed(data[at : at + size])
        at = min(at + size, len(data))
    found += frames.feed(data[at:])
    assert b"".join(found) == data
    assert len(found) == len(VALUES)
    assert frames.at == len(data)


def test_that_a_stream_cut_at_any_byte_gives_what_is_whole_and_keeps_the_rest() -> None:
    data = stream()
    for cut in range(len(data)):
        frames = wire.Frames("kdb+")
        whole = b"".join(frames.feed(data[:cut]))
        assert data.startswith(whole)
        assert frames.at == len(whole)
        assert b"".join([whole, *frames.feed(data[cut:])]) == data


@given(st.binary(max_size=200))
def test_that_any_bytes_are_messages_or_one_complaint(data: bytes) -> None:
    frames = wire.Frames("kdb+")
    found, words = outcome(lambda: frames.feed(data))
    assert "kdb+ offset" in words if found is None else data.startswith(b"".join(found))


@given(st.binary(max_size=120))
def test_that_any_bytes_are_an_object_or_one_complaint(data: bytes) -> None:
    end, words = outcome(lambda: wire.extent(data, 0))
    assert "offset" in words if end is None else 0 < end <= len(data)


@pytest.mark.parametrize(
    ("head", "word"),
    [(b"\x00\x00\x00\x00\x10\x00\x00\x00", "byte order"), (b"\x01\x07\x00\x00\x10\x00\x00\x00", "message header"),
     (b"\x01\x00\x00\x00\x08\x00\x00\x00", "message length"), (b"\x01\x00\x00\xff\xff\xff\xff\xff", "message length")],
)  # fmt: skip
def test_that_a_header_that_lies_is_named_with_its_offset(head: bytes, word: str) -> None:
    frames = wire.Frames("kdb+ here:1")
    frames.feed(message(1))
    with pytest.raises(DecodeError, match=rf"kdb\+ here:1 offset 17: {word}"):
        frames.feed(head)


def test_that_a_log_is_read_up_to_the_message_asked_for() -> None:
    logged = [encode([b"upd", b"t", [np.arange(n)]]) for n in range(4)]
    data = wire.LOG_HEADER + b"".join(logged) + logged[0][:9]
    assert [decode(found[8:])[2][0].tolist() for found in wire.log_messages(data, "day", 4)] == [
        [], [0], [0, 1], [0, 1, 2],
    ]  # fmt: skip
    with pytest.raises(DecodeError, match=r"day offset \d+: .*cut short.*message 4 of 5"):
        list(wire.log_messages(data, "day", 5))
    with pytest.raises(DecodeError, match="day offset 0: header"):
        list(wire.log_messages(b"PAR1" + data, "day", 1))
    with pytest.raises(DecodeError, match="day offset 8: type"):
        list(wire.log_messages(wire.LOG_HEADER + encode(7), "day", 1))


def test_that_an_error_is_its_words_and_no_other_message_is() -> None:
    assert wire.fault(error("type")) == "type"
    assert wire.fault(message("type", 2)) is None


@given(st.binary(min_size=0, max_size=6_000), st.integers(1, 4))
def test_that_what_is_compressed_comes_back(text: bytes, times: int) -> None:
    plain = message((text * times).decode("latin1").encode("utf-8").decode("utf-8"))
    packed = compressed(plain)
    assert (expanded(packed) if packed[2] else packed) == plain


def test_that_kxs_own_library_reads_what_the_stand_in_compressed() -> None:
    columns = [np.arange(3_000) % 7, np.full(3_000, b"same")]
    packed = compressed(message([b"upd", b"t", Table(["a", "b"], columns)]))
    assert packed[2] == 1
    found = Codec().update(packed)
    assert isinstance(found, Update)
    assert found.names == ("a", "b")
    assert found.columns[0].tolist() == columns[0].tolist()
    assert set(found.columns[1].tolist()) == {b"same"}


def test_that_the_two_codecs_agree_on_every_value() -> None:
    codec = Codec()
    for value in VALUES[:10]:
        assert codec.value(message(value, 2)) == (None if value == -(2**63) else _texts(value))


def _texts(value: object) -> object:
    """As the other codec has it: a symbol is a text there."""
    if isinstance(value, list):
        return [_texts(item) for item in value]
    return value.decode() if isinstance(value, bytes) else value
