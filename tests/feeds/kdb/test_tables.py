"""Tables of kdb+ as market rows: units made exact, null stays undefined, what does not fit is named and set aside."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from app.engine import units
from app.engine.errors import DecodeError
from app.engine.events import Rows
from app.engine.universe import Universe
from app.feeds.decode.check import Verdict
from app.feeds.kdb.codec import DAY
from app.feeds.kdb.tables import MarketTable, Names, Table

MIDNIGHT = 20_000 * DAY
NOON = MIDNIGHT + DAY // 2


def trades(count: int = 1, **columns: NDArray[Any]) -> dict[str, NDArray[Any]]:
    """Columns of good trades as tick.q names them, some of them replaced or added."""
    usual = {
        "time": NOON + np.arange(count), "sym": np.full(count, b"AAPL"), "ex": np.full(count, b"XNAS"),
        "price": np.full(count, 10**9), "size": np.full(count, 5),
    }  # fmt: skip
    return usual | columns


def read(columns: dict[str, NDArray[Any]], **given_names: str) -> tuple[Rows, Verdict]:
    """The columns through a table of market data, on the day that began at MIDNIGHT."""
    return read_from(0, columns, **given_names)


def read_from(first: int, columns: dict[str, NDArray[Any]], **given_names: str) -> tuple[Rows, Verdict]:
    """As read; `first`: which row of the table the first one is."""
    table = MarketTable(Table("trade", given_names, {"source": "src"}), Universe(), frozenset(), "kdb+ table trade")
    return table.rows(tuple(columns), list(columns.values()), first, MIDNIGHT)


def good(columns: dict[str, NDArray[Any]], **given_names: str) -> Rows:
    rows, verdict = read(columns, **given_names)
    assert verdict.entries == []
    return rows


def refused(columns: dict[str, NDArray[Any]], **given_names: str) -> str:
    """Why the one row of the columns was set aside."""
    rows, verdict = read(columns, **given_names)
    assert len(rows) == 0
    (entry,) = verdict.entries
    return entry.reason


@given(st.integers(-(units.PRICE_LIMIT // 10**7), units.PRICE_LIMIT // 10**7))
def test_that_a_price_in_cents_is_exact_however_it_is_stored(cents: int) -> None:
    assert good(trades(price=np.array([cents * 10**7])))["price"].tolist() == [cents * 10**7]
    small = cents % 10**8  # a double holds 15 digits: up to a million it names a price to the nearest 1e-9
    assert good(trades(price=np.array([small / 100])))["price"].tolist() == [small * 10**7]


@pytest.mark.parametrize("price", [-37.63, 0.0, 1e-9, 4_611_686_018.0])
def test_that_a_price_may_be_negative_zero_or_very_small(price: float) -> None:
    assert good(trades(price=np.array([price])))["price"].tolist() == [round(price * units.PRICE_SCALE)]


@pytest.mark.parametrize("price", [np.inf, -np.inf, 1e12, -1e12, 1e300])
def test_that_a_price_beyond_what_a_row_holds_is_named_and_never_cut_off(price: float) -> None:
    said = refused(trades(price=np.array([price])))
    assert said.startswith("kdb+ table trade row 0: price = ")


def test_that_a_price_that_is_nan_is_none_and_a_trade_needs_one() -> None:
    assert "price = None is not allowed" in refused(trades(price=np.array([np.nan])))


def test_that_a_size_that_is_no_whole_number_is_refused() -> None:
    assert "size = 1.5 is not allowed" in refused(trades(size=np.array([1.5])))
    assert good(trades(size=np.array([2.0])))["size"].tolist() == [2]


@pytest.mark.parametrize("kind", [np.int8, np.int16, np.int32, np.int64])
def test_that_the_null_of_every_width_of_integer_is_null(kind: type[np.signedinteger[Any]]) -> None:
    least = np.array([np.iinfo(kind).min], kind)
    assert "size = None is not allowed" in refused(trades(size=least))
    assert good(trades(size=np.array([100], kind)))["size"].tolist() == [100]


def test_that_the_missing_side_of_a_quote_stays_undefined() -> None:
    null, nan = np.array([units.NULL]), np.array([np.nan])
    quote = trades(bid=np.array([1.25]), bsize=np.array([7]), ask=nan, asize=null)
    del quote["price"], quote["size"]
    rows = good(quote)
    assert rows["action"].tolist() == [units.QUOTE]
    assert (rows["price"].tolist(), rows["size"].tolist()) == ([1_250_000_000], [7])
    assert (rows["price2"].tolist(), rows["size2"].tolist()) == ([units.NULL], [units.NULL])


def test_that_a_quote_with_a_price_and_no_size_is_refused_under_the_name_of_its_side() -> None:
    quote = trades(bid=np.array([1.0]), bsize=np.array([1]), ask=np.array([2.0]), asize=np.array([units.NULL]))
    del quote["price"], quote["size"]
    assert "ask_size = None is not allowed; allowed: a size where there is an ask_price" in refused(quote)


@pytest.mark.parametrize("since", [0, 1, DAY - 1, DAY, 2 * DAY - 1])
def test_that_a_time_since_midnight_is_put_onto_the_day(since: int) -> None:
    assert good(trades(time=np.array([since])))["ts_event"].tolist() == [MIDNIGHT + since]


@pytest.mark.parametrize("time", [2 * DAY, MIDNIGHT, NOON])
def test_that_a_full_timestamp_stays_as_it_is(time: int) -> None:
    assert good(trades(time=np.array([time])))["ts_event"].tolist() == [time]


def test_that_times_of_both_kinds_in_one_column_are_each_told_apart() -> None:
    found = good(trades(3, time=np.array([5, NOON, 7])))
    assert found["ts_event"].tolist() == [MIDNIGHT + 5, NOON, MIDNIGHT + 7]


def test_that_a_time_of_receipt_that_is_not_known_stays_unknown() -> None:
    received = np.array([0, units.NULL, NOON + 9, 11])
    assert good(trades(4, ts_recv=received))["ts_recv"].tolist() == [0, 0, NOON + 9, MIDNIGHT + 11]


@pytest.mark.parametrize("flags", [256, 300, -1, 2**40])
def test_that_flags_that_do_not_fit_a_byte_are_refused_and_never_cut_off(flags: int) -> None:
    said = refused(trades(flags=np.array([flags])))
    assert said == f"kdb+ table trade row 0: flags = {flags} is not allowed; allowed: 0 to 255"


def test_that_one_row_with_wild_flags_leaves_the_others_their_own() -> None:
    rows, verdict = read(trades(4, flags=np.array([128, 300, 255, units.NULL])))
    assert rows["flags"].tolist() == [128, 255, 0]
    assert rows["rec"].tolist() == [0, 2, 3]
    assert verdict.rows == 1


def test_that_a_table_without_numbers_of_rows_numbers_them_from_its_first() -> None:
    rows, _ = read_from(40, trades(3))
    assert rows["seq"].tolist() == [40, 41, 42]
    assert rows["rec"].tolist() == [40, 41, 42]
    assert rows["flags"].tolist() == [units.LAST] * 3


def test_that_numbers_a_table_has_are_kept() -> None:
    assert good(trades(2, seq=np.array([9, 4])))["seq"].tolist() == [9, 4]


@pytest.mark.parametrize(
    ("said", "side"),
    [(b"B", units.BID), (b"b", units.BID), (b"S", units.ASK), (b"s", units.ASK), (b"A", units.ASK), (b"", 0)],
)
def test_that_a_seller_is_the_ask_side_here(said: bytes, side: int) -> None:
    assert good(trades(side=np.array([said])))["side"].tolist() == [side]


def test_that_a_side_nobody_knows_is_refused_by_its_own_letter() -> None:
    assert "side = 'Z' is not allowed; allowed: B bid, A ask, N none" in refused(trades(side=np.array([b"Z"])))


@pytest.mark.parametrize("name", ["sym", "ex"])
def test_that_a_row_without_instrument_or_venue_is_set_aside(name: str) -> None:
    ours = {"sym": "instrument", "ex": "venue"}[name]
    assert f"{ours} = None is not allowed" in refused(trades() | {name: np.array([b""])})


def test_that_a_column_of_ours_wins_over_the_usual_name() -> None:
    both = trades(ts_event=np.array([NOON + 77]))
    assert good(both)["ts_event"].tolist() == [NOON + 77]


def test_that_a_column_may_have_any_name_the_settings_give() -> None:
    columns = trades(px=np.array([3.5]))
    del columns["price"]
    assert good(columns, price="px")["price"].tolist() == [3_500_000_000]


def test_that_a_column_the_settings_name_and_the_table_lacks_is_named_with_those_there_are() -> None:
    with pytest.raises(
        DecodeError, match=r"table trade: columns.price = 'px' is not allowed; allowed: one of time, sy"
    ):
        read(trades(), price="px")


@pytest.mark.parametrize(("text", "number"), [("0", 0), ("32", 32), ("255", 255)])
def test_that_a_constant_number_stands_in_every_row(text: str, number: int) -> None:
    assert good(trades(3), flags=f"={text}")["flags"].tolist() == [number] * 3


@pytest.mark.parametrize("text", ["x", "", "1.5", "256", "-1", "9" * 30])
def test_that_a_constant_that_is_no_number_of_its_column_is_named(text: str) -> None:
    with pytest.raises(DecodeError) as refusal:
        read(trades(), flags=f"={text}")
    assert str(refusal.value).startswith(f"table trade: columns.flags = '={text}' is not allowed; allowed: a whole num")


def test_that_a_constant_text_takes_the_place_of_a_column() -> None:
    universe = Universe()
    table = MarketTable(Table("trade", {"venue": "=XLON"}, {"source": "src"}), universe, frozenset(), "t")
    columns = trades(2)
    rows, _ = table.rows(tuple(columns), list(columns.values()), 0, MIDNIGHT)
    assert [universe.venues[code] for code in rows["venue"].tolist()] == ["XLON", "XLON"]


def test_that_a_column_of_a_type_that_is_no_number_is_named() -> None:
    with pytest.raises(DecodeError, match="type of size = 'object' is not allowed; allowed: long, int"):
        read(trades(size=np.array([b"many"], object)))


def test_that_a_table_of_no_rows_gives_none() -> None:
    assert len(good({name: values[:0] for name, values in trades().items()})) == 0


TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"], exclude_characters="\x00"), max_size=4)


@given(st.lists(st.lists(TEXTS, max_size=8), max_size=6))
def test_that_texts_come_back_whatever_came_before_them(messages: list[list[str]]) -> None:
    names = Names()
    for texts in messages:
        column = names.column(np.array([text.encode() for text in texts], object))
        assert column.to_pylist() == [text or None for text in texts]


def test_that_bytes_that_are_no_text_are_shown_and_not_lost() -> None:
    assert Names().column(np.array([b"A\xff"], object)).to_pylist() == ["A\\xff"]


def test_that_two_words_for_one_thing_are_one_name() -> None:
    column = Names({"S": "A"}).column(np.array([b"S", b"A", b"B"], object))
    assert column.to_pylist() == ["A", "A", "B"]
    assert column.dictionary.to_pylist() == ["A", "B"]


@given(st.permutations(["time", "sym", "ex", "price", "size"]))
def test_that_the_order_of_columns_does_not_matter(order: list[str]) -> None:
    columns = trades(3, price=np.array([1.0, 2.0, 3.0]))
    moved = good({name: columns[name] for name in order})
    assert np.array_equal(moved, good(columns))
