"""Messages that are none of their codec: one complaint in words each, whatever the bytes; the next one is read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.errors import DecodeError
from app.engine.events import OrderRow
from app.engine.universe import Universe
from app.feeds.decode.blocks import BlockEncoder, Place
from app.feeds.decode.rows import blank
from app.feeds.kafka.codecs import CODECS, Decoder
from app.feeds.kafka.places import Position
from app.feeds.kafka.surroundings import Piece, Surroundings
from app.runtime.live_route import Batch
from app.settings_sources import KafkaSource

QUICK = sorted(set(CODECS) - {"fix"})
WHERE = "topic t partition 0 offset "


def made(codec: str, known: Position | None = None, reorder: int = 64) -> Decoder:
    source = KafkaSource(codec=codec, reorder=reorder)  # type: ignore[arg-type]
    return CODECS[codec](Surroundings(name="src", source=source, universe=Universe(), fix={}), known)


def piece(value: bytes, offset: int = 0) -> Piece:
    return Piece(value, offset, 1_741_960_800_000, f"{WHERE}{offset}")


def outcome(decoder: Decoder, value: bytes) -> str:
    """What was said of a message: "" where it was read or set aside."""
    try:
        batches = list(decoder.decode(piece(value)))
    except DecodeError as error:
        return str(error)
    for batch in batches:
        for entry in batch.quarantine:
            assert WHERE in entry.where
    return ""


@pytest.mark.parametrize("codec", [*QUICK, pytest.param("fix", marks=pytest.mark.slow)])
@given(value=st.binary(max_size=60))
def test_that_any_bytes_are_rows_or_one_complaint_that_names_the_message(codec: str, value: bytes) -> None:
    said = outcome(made(codec), value)
    assert said == "" or WHERE in said


BOOK = b'{"ts": 5, "instrument": "A", "venue": "V", "type": "update", "seq": 3, "bids": [["1.5", 10]]}'


@given(st.integers(0, len(BOOK) - 1), st.integers(0, 255))
def test_that_a_book_with_any_one_byte_changed_is_rows_or_one_complaint(at: int, byte: int) -> None:
    said = outcome(made("json_l2"), BOOK[:at] + bytes([byte]) + BOOK[at + 1 :])
    assert said == "" or said.startswith(WHERE)


def test_that_a_book_that_is_not_utf8_is_refused_and_the_next_one_is_read() -> None:
    decoder = made("json_l2")
    with pytest.raises(DecodeError, match=f"{WHERE}7: not a book message"):
        list(decoder.decode(piece(BOOK.replace(b'"A"', b'"\xff"'), 7)))
    (batch,) = decoder.decode(piece(BOOK, 8))
    assert batch.market["price"].tolist() == [1_500_000_000]


def packed(universe: Universe, number: int, rows: int = 2) -> bytes:
    """A block of some trades and one own row."""
    market = blank(rows)
    market["action"], market["ts_event"], market["price"], market["size"] = ord("T"), 1_000 + number, 5, 1
    market["instrument"], market["venue"] = universe.instruments.index("AAPL"), universe.venues.index("XNAS")
    market["source"] = universe.sources.index("XNAS")
    own = (OrderRow(ts_event=1_000 + number, kind="child_acked", source="oms", child_id="C"),)
    return BlockEncoder(universe).rows(Place(1, number), 1_000 + number, market, own)


@given(st.data())
def test_that_a_block_with_any_one_byte_changed_is_read_or_one_complaint(data: st.DataObject) -> None:
    value = bytearray(packed(Universe(), 0))
    value[data.draw(st.integers(0, len(value) - 1))] ^= data.draw(st.integers(1, 255))
    said = outcome(made("blocks"), bytes(value))
    assert said == "" or WHERE in said


@given(st.data())
def test_that_a_block_cut_short_is_never_read(data: st.DataObject) -> None:
    value = packed(Universe(), 0)
    cut = data.draw(st.integers(0, len(value) - 1))
    assert WHERE in outcome(made("blocks"), value[:cut])


def test_that_a_damaged_block_leaves_a_gap_and_those_after_it_come() -> None:
    universe = Universe()
    decoder = made("blocks", reorder=1)
    found: list[Batch] = [*decoder.decode(piece(packed(universe, 0), 0))]
    with pytest.raises(DecodeError):
        list(decoder.decode(piece(packed(universe, 1)[:20], 1)))
    for number in (2, 3):
        found += decoder.decode(piece(packed(universe, number), number))
    assert [int(batch.market["ts_event"][0]) for batch in found] == [1_000, 1_002, 1_003]
    told = [(control.kind, control.text) for batch in found for control in batch.controls]
    assert told == [("gap", "1 blocks did not come")]


def test_that_a_run_goes_on_behind_the_blocks_it_had() -> None:
    universe = Universe()
    before = made("blocks")
    for number in range(3):
        list(before.decode(piece(packed(universe, number), number)))
    again = made("blocks", before.position(3))
    assert list(again.decode(piece(packed(universe, 2), 3))) == []  # sent twice
    (batch,) = again.decode(piece(packed(universe, 3), 4))
    assert batch.market["ts_event"].tolist() == [1_003, 1_003]
    assert batch.controls == ()


def test_that_a_block_that_waits_holds_the_place_until_it_is_told_or_given_up() -> None:
    universe = Universe()
    decoder = made("blocks")
    list(decoder.decode(piece(packed(universe, 0), 10)))
    assert list(decoder.decode(piece(packed(universe, 2), 11))) == []
    assert decoder.position(12).next == 11
    first, second = [*decoder.decode(piece(packed(universe, 1), 12))]
    assert (first.passed, second.passed) == (1_001, 1_002)
    assert decoder.position(13).next == 13
