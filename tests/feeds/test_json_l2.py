"""Books as JSON texts: exact, atomic, or refused with the place and the field."""

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine import units
from app.engine.errors import DecodeError
from app.engine.universe import Universe
from app.feeds.decode.json_l2 import JsonDecoder

WHERE = "topic books partition 2 offset 9"
TS = 1_772_461_800_000_000_123


def decoder() -> JsonDecoder:
    return JsonDecoder(Universe(), "books", "XNAS")


def text(**fields: object) -> bytes:
    return msgspec.json.encode({"ts": TS, "instrument": "AAPL", "type": "update", "seq": 1} | fields)


def test_that_a_snapshot_clears_the_book_and_is_one_event() -> None:
    value = text(type="snapshot", bids=[["189.25", 300], ["189.24", 10]], asks=[[189.26, 5]], recv=TS + 9, venue="ARCX")
    made = decoder()
    rows = made.decode(value, WHERE, 9)
    assert rows["action"].tolist() == [units.CLEAR, *[units.LEVEL] * 3]
    assert rows["price"].tolist()[1:] == [189_250_000_000, 189_240_000_000, 189_260_000_000]
    assert rows["size"].tolist()[1:] == [300, 10, 5]
    assert rows["side"].tolist()[1:] == [units.BID, units.BID, units.ASK]
    assert rows["flags"].tolist() == [0, 0, 0, units.LAST]
    assert {(int(row["ts_event"]), int(row["ts_recv"]), int(row["rec"])) for row in rows} == {(TS, TS + 9, 9)}
    assert made._universe.venues.names == ["ARCX"]


def test_that_trades_and_statuses_are_rows_of_their_own() -> None:
    made = decoder()
    (trade,) = made.decode(text(type="trade", price="1.000000001", size=7, side="A", condition="odd"), WHERE, 0)
    assert (trade["action"], trade["price"], trade["size"], trade["side"]) == (units.TRADE, 1_000_000_001, 7, units.ASK)
    assert trade["condition"] == units.CONDITION_CODES["odd"]
    (status,) = made.decode(text(type="status", status="halt", seq=2), WHERE, 1)
    assert (status["action"], status["status"]) == (units.STATUS, units.HALT)


def test_that_a_copy_gives_nothing_and_is_counted() -> None:
    made = decoder()
    value = text(bids=[["1", 1]])
    assert len(made.decode(value, WHERE, 0)) == 1
    assert len(made.decode(value, WHERE, 1)) == 0
    assert made.copies == 1
    assert len(made.decode(text(bids=[["1", 1]], instrument="MSFT"), WHERE, 2)) == 1


@given(st.decimals(0, 1_000_000, places=9), st.integers(0, 2**60))
def test_that_prices_and_sizes_are_exact(price: Decimal, size: int) -> None:
    (row,) = decoder().decode(text(bids=[[f"{price:f}", size]]), WHERE, 0)
    assert Decimal(int(row["price"])).scaleb(-9) == price
    assert int(row["size"]) == size


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"ts": 0}, "ts = 0"), ({"ts": 2**63}, "ts"), ({"seq": -1}, "seq"), ({"instrument": ""}, "instrument"),
        ({"type": "delta"}, "not a book message"), ({"bids": [["1.0000000001", 1]]}, "price = '1.0000000001'"),
        ({"bids": [["1", 1.5]]}, "size = '1.5'"), ({"bids": [["1", -1]]}, "size = '-1'"), ({}, "bids or asks"),
        ({"bids": [["1e300", 1]]}, "price"), ({"type": "trade", "price": "1"}, "price or size"),
        ({"type": "status"}, "status"), ({"bids": [["1", 1]], "condition": "odder"}, "condition = 'odder'"),
        ({"bids": [["NaN", 1]]}, "price"),
    ],
)  # fmt: skip
def test_that_a_wrong_field_is_named_with_its_place(fields: dict[str, object], said: str) -> None:
    with pytest.raises(DecodeError) as refused:
        decoder().decode(text(**fields), WHERE, 0)
    assert str(refused.value).startswith(WHERE)
    assert said in str(refused.value)


@given(st.binary(max_size=200))
def test_that_bytes_of_any_kind_are_refused_in_words(value: bytes) -> None:
    with pytest.raises(DecodeError, match="not a book message"):
        decoder().decode(value, WHERE, 0)
