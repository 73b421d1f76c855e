"""Packed blocks: what is put in comes out on the other side, under its names; damage is refused in words."""

import random
import time

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.errors import DecodeError
from app.engine.events import MARKET, Instrument, OrderRow, Rows
from app.engine.units import NULL
from app.engine.universe import Universe
from app.feeds.decode.blocks import END, HEADER, REFERENCE, ROWS, BlockDecoder, BlockEncoder, Place, schema_hash

WHERE = "topic a partition 0 offset 7"


def universe(*instruments: str) -> Universe:
    made = Universe()
    for name in instruments or ("AAPL", "MSFT"):
        made.instruments.index(name)
    for name in ("XNAS", "ARCX"):
        made.venues.index(name)
    made.sources.index("feed")
    return made


def rows(count: int, of: Universe, seed: int = 1) -> Rows:
    draw = np.random.default_rng(seed)
    made = np.zeros(count, MARKET)
    for name in ("ts_event", "seq", "order_id", "price", "size", "price2", "size2", "rec"):
        made[name] = draw.integers(1, 2**62, count)
    made["instrument"] = draw.integers(-1, len(of.instruments), count)
    made["venue"] = draw.integers(0, len(of.venues), count)
    made["source"] = 0
    made["side"] = draw.integers(-1, 2, count)
    made["flags"] = draw.integers(0, 256, count)
    return made


def orders(count: int) -> tuple[OrderRow, ...]:
    return tuple(
        OrderRow(
            ts_event=1_000 + n, kind="fill", source="oms", seq=n, parent_id="P1", exec_id=f"E{n}", price=10**11,
            qty=100, raw=b"8=FIX\x01", fee=-3, randomised=True, target_pov=0.1,
        )
        for n in range(count)
    )  # fmt: skip


@given(st.integers(0, 300), st.integers(0, 5), st.integers(0, 2**32))
def test_that_rows_come_out_as_they_went_in(count: int, own: int, seed: int) -> None:
    sent = universe()
    market, flow = rows(count, sent, seed), orders(own)
    data = BlockEncoder(sent).rows(Place(3, 9), 77, market, flow)
    packed = BlockDecoder(universe()).decode(data, WHERE)
    assert (packed.kind, packed.place, packed.passed) == (ROWS, Place(3, 9), 77)
    assert packed.market.tobytes() == market.tobytes()
    assert packed.orders == flow


def test_that_names_decide_and_not_their_numbers() -> None:
    sent, ours = universe("AAPL", "MSFT"), universe("TSLA", "MSFT", "AAPL")
    market = rows(50, sent)
    got = BlockDecoder(ours).decode(BlockEncoder(sent).rows(Place(1, 0), 5, market), WHERE).market
    named = [ours.instruments[n] if n >= 0 else None for n in got["instrument"].tolist()]
    assert named == [sent.instruments[n] if n >= 0 else None for n in market["instrument"].tolist()]
    for name in ("ts_event", "price", "size2", "flags", "order_id"):
        assert (got[name] == market[name]).all()


def test_that_rows_with_equal_numbers_lie_in_the_bytes_they_came_in() -> None:
    sent = universe()
    data = BlockEncoder(sent).rows(Place(1, 0), 5, rows(50, sent))
    market = BlockDecoder(universe()).decode(data, WHERE).market
    assert np.shares_memory(market, np.frombuffer(data, np.uint8))
    assert market.flags.aligned


def test_that_a_source_can_be_named_by_the_reader() -> None:
    sent, ours = universe(), universe()
    data = BlockEncoder(sent).rows(Place(1, 0), 5, rows(3, sent), orders(2))
    packed = BlockDecoder(ours, "exchange_a").decode(data, WHERE)
    assert {ours.sources[n] for n in packed.market["source"].tolist()} == {"exchange_a"}
    assert {row.source for row in packed.orders} == {"exchange_a"}


def test_that_names_added_on_the_way_are_known_from_then_on() -> None:
    sent, ours = universe("AAPL"), Universe()
    encoder, decoder = BlockEncoder(sent), BlockDecoder(ours)
    decoder.decode(encoder.rows(Place(1, 0), 5, rows(3, sent)), WHERE)
    late = sent.instruments.index("LATE")
    market = rows(1, sent)
    market["instrument"] = late
    got = decoder.decode(encoder.rows(Place(1, 1), 6, market), WHERE).market
    assert ours.instruments[int(got["instrument"][0])] == "LATE"


def test_that_reference_data_and_the_end_of_a_day_are_blocks_too() -> None:
    sent, ours = universe(), Universe()
    sent.describe(Instrument(instrument="AAPL", currency="USD", adv=1e6, tick_size=10**7))
    sent.fx["EURUSD"] = [(5, 1.1), (9, 1.2)]
    encoder, decoder = BlockEncoder(sent), BlockDecoder(ours)
    assert decoder.decode(encoder.reference(Place(1, 0)), WHERE).kind == REFERENCE
    assert ours.reference == sent.reference
    assert ours.fx == sent.fx
    packed = decoder.decode(encoder.end(Place(1, 1), 99), WHERE)
    assert (packed.kind, packed.passed, len(packed.market)) == (END, 99, 0)


def test_that_every_changed_byte_is_refused_in_words_that_name_the_place() -> None:
    sent = universe()
    data = BlockEncoder(sent).rows(Place(1, 0), 5, rows(4, sent), orders(1))
    draw = random.Random(3)
    for at in [*range(HEADER.size), *(draw.randrange(HEADER.size, len(data)) for _ in range(200))]:
        damaged = bytearray(data)
        damaged[at] ^= draw.randint(1, 255)
        with pytest.raises(DecodeError) as refused:
            BlockDecoder(universe()).decode(bytes(damaged), WHERE)
        assert str(refused.value).startswith(WHERE)


@given(st.binary(max_size=400))
def test_that_bytes_of_any_kind_are_a_block_or_refused(data: bytes) -> None:
    with pytest.raises(DecodeError):
        BlockDecoder(Universe()).decode(data, WHERE)
    with pytest.raises(DecodeError):
        BlockDecoder(Universe()).decode(b"SCOB\x01\x00\x01\x00" + schema_hash().to_bytes(8, "little") + data, WHERE)


@pytest.mark.parametrize("cut", [0, 1, HEADER.size - 1, HEADER.size, -1])
def test_that_a_block_cut_short_is_refused(cut: int) -> None:
    sent = universe()
    data = BlockEncoder(sent).rows(Place(1, 0), 5, rows(4, sent))
    with pytest.raises(DecodeError, match="bytes"):
        BlockDecoder(universe()).decode(data[:cut], WHERE)


@pytest.mark.parametrize(("field", "number"), [("instrument", 2), ("venue", 9), ("source", 1), ("instrument", -2)])
def test_that_a_number_without_a_name_is_refused(field: str, number: int) -> None:
    sent = universe()
    market = rows(4, sent)
    market[field][2] = number
    with pytest.raises(DecodeError, match=f"{field} = {number} is not allowed"):
        BlockDecoder(universe()).decode(BlockEncoder(sent).rows(Place(1, 0), 5, market), WHERE)


def test_that_rows_no_engine_can_read_are_refused_though_their_checksum_holds() -> None:
    encoder = BlockEncoder(universe())
    data = encoder._block(ROWS, Place(1, 0), NULL, (b"", msgspec.msgpack.encode([{"kind": "fill"}]), b"", b""))
    with pytest.raises(DecodeError, match="cannot be read"):
        BlockDecoder(universe()).decode(data, WHERE)


def test_that_a_block_of_another_layout_says_so() -> None:
    data = bytearray(BlockEncoder(universe()).end(Place(1, 0), 5))
    data[8] ^= 1
    with pytest.raises(DecodeError, match="rows of another version"):
        BlockDecoder(universe()).decode(bytes(data), WHERE)


def test_that_unpacking_costs_a_fraction_of_applying() -> None:
    sent = universe()
    data = BlockEncoder(sent).rows(Place(1, 0), 5, rows(512, sent))
    decoder = BlockDecoder(universe())
    decoder.decode(data, WHERE)
    began = time.process_time()
    for _ in range(200):
        decoder.decode(data, WHERE)
    assert (time.process_time() - began) / (200 * 512) < 500e-9
