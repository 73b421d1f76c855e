"""Books as JSON texts: copies by instrument and venue, numbers that are missing, prices to the last allowed digit."""

from decimal import Decimal
from fractions import Fraction

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.engine import units
from app.engine.errors import DecodeError
from app.engine.universe import Universe
from app.feeds.decode.json_l2 import JsonDecoder

WHERE = "topic books partition 2 offset 9"


def decoder() -> JsonDecoder:
    return JsonDecoder(Universe(), "books", "XNAS")


def text(seq: int = 1, **fields: object) -> bytes:
    said = {"ts": 5, "instrument": "AAPL", "type": "update", "seq": seq, "bids": [["1", 1]]}
    return msgspec.json.encode(said | fields)


@given(
    st.lists(
        st.tuples(st.integers(1, 6), st.sampled_from(["AAPL", "MSFT"]), st.sampled_from(["", "ARCX"])), max_size=30
    )
)
def test_that_of_each_instrument_and_venue_only_rising_numbers_give_rows(sent: list[tuple[int, str, str]]) -> None:
    made = decoder()
    highest: dict[tuple[str, str], int] = {}
    given_out = 0
    for seq, instrument, venue in sent:
        fresh = seq > highest.get((instrument, venue), 0)
        highest[instrument, venue] = max(seq, highest.get((instrument, venue), 0))
        assert len(made.decode(text(seq, instrument=instrument, venue=venue), WHERE, 0)) == fresh
        given_out += fresh
    assert made.copies == len(sent) - given_out


def test_that_a_message_without_a_number_is_no_copy_and_makes_none() -> None:
    made = decoder()
    sizes = [len(made.decode(text(seq), WHERE, 0)) for seq in (7, 0, 0, 7, 8)]
    assert sizes == [1, 1, 1, 0, 1], "the copy behind a message without a number"
    assert made.copies == 1


def test_that_a_refused_message_may_be_sent_again_with_its_number() -> None:
    made = decoder()
    with pytest.raises(DecodeError, match="size"):
        made.decode(text(3, bids=[["1", -1]]), WHERE, 0)
    assert len(made.decode(text(3), WHERE, 1)) == 1
    assert made.copies == 0


def test_that_a_venue_not_named_is_the_feeds_own() -> None:
    universe = Universe()
    made = JsonDecoder(universe, "books", "XNAS")
    rows = [made.decode(text(venue=venue), WHERE, 0)[0] for venue in ("ARCX", "")]
    assert [universe.venues[int(row["venue"])] for row in rows] == ["ARCX", "XNAS"]
    assert [universe.sources[int(row["source"])] for row in rows] == ["books", "books"]


def test_that_without_any_venue_a_message_is_refused() -> None:
    with pytest.raises(DecodeError, match=r"instrument or venue = \('AAPL', ''\) is not allowed; allowed: a name"):
        JsonDecoder(Universe(), "books", "").decode(text(), WHERE, 0)


def test_that_a_snapshot_of_an_empty_book_clears_it_and_is_an_event() -> None:
    rows = decoder().decode(text(type="snapshot", bids=[], asks=[]), WHERE, 4)
    assert rows["action"].tolist() == [units.CLEAR]
    assert (rows["flags"].tolist(), rows["rec"].tolist()) == ([units.LAST], [4])


def test_that_the_recorders_stamp_is_undefined_where_it_is_not_sent() -> None:
    assert decoder().decode(text(), WHERE, 0)["ts_recv"].tolist() == [0]


@given(
    whole=st.integers(-(10**9), 10**9), fraction=st.text("0123456789", min_size=0, max_size=40), number=st.booleans()
)
@example(whole=1, fraction="0" * 35 + "1", number=False)
@example(whole=4, fraction="000000001" + "0" * 30, number=True)
def test_that_a_price_is_exact_or_refused(whole: int, fraction: str, number: bool) -> None:
    price = f"{whole}.{fraction}" if fraction else f"{whole}"
    value = text(bids=[[price, 1]])
    if number:
        value = value.replace(f'"{price}"'.encode(), price.encode())
    scaled = Fraction(price) * units.PRICE_SCALE
    if scaled.denominator == 1:
        assert decoder().decode(value, WHERE, 0)["price"].tolist() == [scaled.numerator]
    else:
        with pytest.raises(DecodeError, match=r"price = .* is not allowed; allowed: at most 9 decimals"):
            decoder().decode(value, WHERE, 0)


@pytest.mark.parametrize("sign", [1, -1])
def test_that_the_largest_price_is_allowed_and_the_next_one_is_not(sign: int) -> None:
    largest = Decimal(units.PRICE_LIMIT).scaleb(-9)
    (row,) = decoder().decode(text(bids=[[str(sign * largest), 1]]), WHERE, 0)
    assert int(row["price"]) == sign * units.PRICE_LIMIT
    with pytest.raises(DecodeError, match=r"price"):
        decoder().decode(text(bids=[[str(sign * (largest + Decimal("1e-9"))), 1]]), WHERE, 0)


def test_that_the_largest_size_is_allowed_and_the_next_one_is_not() -> None:
    (row,) = decoder().decode(text(bids=[["1", str(units.SIZE_LIMIT)]]), WHERE, 0)
    assert int(row["size"]) == units.SIZE_LIMIT
    with pytest.raises(DecodeError, match="size"):
        decoder().decode(text(bids=[["1", str(units.SIZE_LIMIT + 1)]]), WHERE, 0)
