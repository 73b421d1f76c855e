"""Blank rows, the order of application, merging sources, exact decimals."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine import units
from app.engine.events import MARKET
from app.feeds.decode.rows import PRICE_LIMIT, applied_time, blank, chunks, fixed_point, merged, steps_back


def test_that_blank_rows_have_no_price_and_no_size() -> None:
    rows = blank(3)
    assert rows.dtype == MARKET
    for field in ("price", "size", "price2", "size2"):
        assert (rows[field] == units.NULL).all()
    assert not rows["ts_event"].any()
    assert not rows["action"].any()


def test_that_a_snapshot_row_is_applied_at_its_packets_time() -> None:
    rows = blank(4)
    rows["ts_event"] = [10, 20, 30, 40]
    rows["ts_recv"] = [11, 99, 31, 0]
    rows["flags"] = [128, units.SNAPSHOT, 2, units.SNAPSHOT | units.LAST]
    assert applied_time(rows).tolist() == [10, 99, 30, 40]


def test_that_chunks_are_slices_in_order_and_nothing_is_lost() -> None:
    rows = blank(10)
    rows["rec"] = range(10)
    parts = list(chunks(rows, 4))
    assert [len(part) for part in parts] == [4, 4, 2]
    assert np.concatenate(parts)["rec"].tolist() == list(range(10))
    assert list(chunks(blank(0))) == []


def test_that_sources_merge_by_time_and_each_keeps_its_own_order() -> None:
    first, second = blank(4), blank(3)
    first["ts_event"], first["rec"], first["source"] = [10, 30, 20, 40], [0, 1, 2, 3], 0
    second["ts_event"], second["rec"], second["source"] = [10, 25, 50], [0, 1, 2], 1
    rows = merged([first, second])
    assert [(int(r["source"]), int(r["rec"])) for r in rows] == [(0, 0), (1, 0), (1, 1), (0, 1), (0, 2), (0, 3), (1, 2)]


def test_that_a_single_source_is_handed_on_as_it_is() -> None:
    rows = blank(2)
    assert merged([rows]) is rows
    assert len(merged([blank(0), blank(0)])) == 0
    assert len(merged([])) == 0
    assert len(merged([rows, blank(0)])) == 2


@pytest.mark.parametrize(
    ("times", "back"),
    [([], 0), ([5], 0), ([1, 2, 3], 0), ([1, 1, 1], 0), ([3, 1, 2], 2), ([1, 5, 4, 5, 4], 2)],
)
def test_that_rows_behind_the_latest_time_are_counted(times: list[int], back: int) -> None:
    assert steps_back(np.array(times, np.int64)) == back


@pytest.mark.parametrize(
    ("text", "exponent", "value"),
    [
        ("223.96", -9, 223_960_000_000),
        ("0.000000001", -9, 1),
        ("-0.25", -9, -250_000_000),
        ("+3", -9, 3_000_000_000),
        ("5.", -9, 5_000_000_000),
        (".5", -9, 500_000_000),
        ("1.500", -1, 15),
        ("42", 0, 42),
        ("42.000", 0, 42),
        ("0.00000001", -8, 1),
    ],
)
def test_that_plain_decimal_text_is_read_exactly(text: str, exponent: int, value: int) -> None:
    assert fixed_point(text, exponent) == value


@pytest.mark.parametrize(
    "text",
    ["", ".", "-", "1e3", "1.2.3", "nan", "inf", " 1", "1 ", "0x10", "१", "1,5", "--1", "1" * 61, "0.0000000001"],
)
def test_that_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="decimal"):
        fixed_point(text)


def test_that_a_number_that_would_not_leave_room_for_bid_plus_ask_is_refused() -> None:
    assert fixed_point(str(PRICE_LIMIT), 0) == PRICE_LIMIT
    with pytest.raises(ValueError, match="out of range"):
        fixed_point(str(PRICE_LIMIT + 1), 0)


@given(st.integers(-(10**18), 10**18), st.integers(-9, 0))
def test_that_reading_is_the_inverse_of_writing(value: int, exponent: int) -> None:
    scale = 10**-exponent
    sign, whole, rest = "-" if value < 0 else "", abs(value) // scale, abs(value) % scale
    text = f"{sign}{whole}.{rest:0{-exponent}d}" if exponent else f"{sign}{whole}"
    assert fixed_point(text, exponent) == value
    assert Fraction(text) * scale == value
