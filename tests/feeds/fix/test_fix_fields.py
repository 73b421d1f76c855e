"""Fields: pairs in order, data fields, exact decimals, UTC stamps."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.feeds.decode.fix_fields import (
    DATA_FIELDS,
    Field,
    clock_ns,
    day_ns,
    decoded,
    has_fraction,
    refusal,
    scaled,
    soh_form,
    split_fields,
    tag_name,
    utc_ns,
)
from tests.feeds.fix.wire import utc


def fields_of(span: bytes, delimiter: bytes = b"\x01") -> list[Field]:
    """The fields of a span that must have some."""
    found = split_fields(span, delimiter, DATA_FIELDS)
    assert isinstance(found, list), found
    return found


def test_that_fields_keep_their_order_and_repetitions() -> None:
    assert fields_of(b"35=D\x01453=2\x01448=A\x01448=B\x0120011=x\x01") == [
        (35, b"D"), (453, b"2"), (448, b"A"), (448, b"B"), (20011, b"x"),
    ]  # fmt: skip


def test_that_a_value_may_hold_equal_signs_and_be_empty() -> None:
    assert fields_of(b"17=17=1\x0158=\x01") == [(17, b"17=1"), (58, b"")]


@pytest.mark.parametrize(("length", "data"), sorted(DATA_FIELDS.items()))
def test_that_a_data_field_may_hold_the_delimiter(length: int, data: int) -> None:
    span = b"35=B\x01%d=7\x01%d=a\x0110=b\x01\x0158=t\x01" % (length, data)
    assert fields_of(span) == [(35, b"B"), (length, b"7"), (data, b"a\x0110=b\x01"), (58, b"t")]


def test_that_an_empty_data_field_and_one_that_is_last_are_read() -> None:
    assert fields_of(b"95=0\x0196=\x01") == [(95, b"0"), (96, b"")]
    assert fields_of(b"95=3\x0196=a\x01b\x01") == [(95, b"3"), (96, b"a\x01b")]


def test_that_a_length_field_without_its_data_is_an_ordinary_field() -> None:
    assert fields_of(b"354=5\x0158=short\x01") == [(354, b"5"), (58, b"short")]
    assert fields_of(b"95=5\x01") == [(95, b"5")]


@pytest.mark.parametrize("length", [b"2", b"4", b"99", b"x", b"", b"9999999999"])
def test_that_a_lying_data_length_names_the_field(length: bytes) -> None:
    found = split_fields(b"95=" + length + b"\x0196=abc\x0158=t\x01", b"\x01", DATA_FIELDS)
    assert isinstance(found, str)
    assert "tag 95" in found


@pytest.mark.parametrize("piece", [b"abc", b"=x", b"x=1", b"0=1", b"01=1", b"-1=1", b"1234567890=1", b""])
def test_that_a_piece_that_is_no_field_is_refused_between_soh(piece: bytes) -> None:
    found = split_fields(b"35=D\x01" + piece + b"\x0158=t\x01", b"\x01", DATA_FIELDS)
    assert found == f"field {piece.decode()!r} is not allowed; allowed: tag=value"


def test_that_a_piece_that_is_no_field_continues_the_text_before_it_between_printable_delimiters() -> None:
    assert fields_of(b"35=D|58=left|right|1=A|", b"|") == [(35, b"D"), (58, b"left|right"), (1, b"A")]
    assert fields_of(b"35=5 58=user requested 1=A ", b" ") == [(35, b"5"), (58, b"user requested"), (1, b"A")]


def test_that_text_before_the_first_field_is_refused() -> None:
    assert isinstance(split_fields(b"left|35=D|", b"|", DATA_FIELDS), str)


def test_that_the_soh_form_is_what_was_split() -> None:
    span = b"35=D\x0195=3\x0196=\x01=\x01\x0158=\x01"
    assert soh_form(fields_of(span)) == span


@given(st.lists(st.tuples(st.integers(1, 99_999), st.binary(max_size=12)), min_size=1, max_size=12))
def test_that_any_pairs_without_soh_come_back(pairs: list[tuple[int, bytes]]) -> None:
    pairs = [(tag, value.replace(b"\x01", b"")) for tag, value in pairs if tag not in DATA_FIELDS]
    if pairs:
        assert fields_of(soh_form(pairs)) == pairs


@pytest.mark.parametrize(
    ("text", "digits", "number"),
    [
        (b"0", 9, 0), (b"95.00000000", 9, 95_000_000_000), (b"1.0000000000", 9, 10**9), (b"-0.5", 9, -(5 * 10**8)),
        (b".5", 1, 5), (b"5.", 1, 50), (b"007", 0, 7), (b"-0", 9, 0), (b"10.50", 1, 105), (b"150", -1, 15),
        (b"9223372036.854775807", 9, 2**63 - 1), (b"-9223372036.854775807", 9, -(2**63) + 1),
    ],
)  # fmt: skip
def test_that_a_decimal_is_read_exactly(text: bytes, digits: int, number: int) -> None:
    assert scaled(text, digits) == number


@pytest.mark.parametrize(
    "text",
    [b"", b".", b"-", b"-.", b"+1", b"1e5", b"1E5", b"NaN", b"inf", b"1,5", b" 1", b"1 ", b"--1", b"1.2.3", b"0x10",
     b"0.0000000001", b"9223372036.854775808", b"-9223372036.854775808", b"1" * 65, "\u0661".encode()],
)  # fmt: skip
def test_that_what_is_no_exact_decimal_is_refused(text: bytes) -> None:
    assert scaled(text, 9) is None


def test_that_lots_must_be_whole() -> None:
    assert scaled(b"155", -1) is None
    assert scaled(b"10.5", 0) is None


@given(st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**9), max_value=10**9))
def test_that_any_decimal_is_the_integer_decimal_arithmetic_gives(number: Decimal) -> None:
    assert scaled(f"{number:f}".encode(), 9) == int(number.scaleb(9))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"19700101-00:00:00", 0), (b"19700101-00:00:01.5", 1_500_000_000),
        (b"20180223-19:14:25.171", 1519413265_171000000), (b"20180223-19:14:25.171234567", 1519413265_171234567),
        (b"20180223-19:14:25.171234567999", 1519413265_171234567),
        (b"20161231-23:59:60.250", 1483228800_250000000), (b"20240229-00:00:00", 1709164800_000000000),
    ],
)  # fmt: skip
def test_that_utc_stamps_of_any_precision_are_read(text: bytes, expected: int) -> None:
    assert utc_ns(text) == expected


@pytest.mark.parametrize(
    "text",
    [b"", b"20180223", b"20180223-19:14", b"20181323-19:14:25", b"20180230-19:14:25", b"20180223-24:00:00",
     b"20180223-19:60:00", b"20180223-19:14:61", b"2018-02-23-19:14:25", b"20180223 19:14:25", b"20180223-19:14:25.",
     b"20180223-19:14:25.1234567890123", b"20180223-19:14:25Z", b"18990101-00:00:00", b"22620101-00:00:00"],
)  # fmt: skip
def test_that_what_is_no_utc_stamp_is_refused(text: bytes) -> None:
    assert utc_ns(text) is None


@given(st.integers(0, 2**62))
def test_that_a_stamp_comes_back_to_the_nanosecond(ns: int) -> None:
    assert utc_ns(utc(ns, 9).encode()) == ns


def test_that_days_and_clocks_agree_with_the_calendar() -> None:
    assert day_ns(2026, 11, 20) == int(datetime(2026, 11, 20, tzinfo=UTC).timestamp()) * 10**9
    assert clock_ns(1, 2, 3, b"04") == 3_723_040_000_000


def test_that_a_stamp_in_whole_seconds_is_told_from_one_on_the_second() -> None:
    assert not has_fraction(b"20180223-19:14:25")
    assert has_fraction(b"20180223-19:14:25.000")
    assert not has_fraction(None)


def test_that_text_is_utf8_or_else_one_character_a_byte() -> None:
    assert decoded("\u00fc".encode()) == "\u00fc"
    assert decoded(b"\xfc") == "\u00fc"


def test_that_reasons_name_field_value_and_what_is_allowed() -> None:
    assert refusal(38, b"-5", "more than 0") == "OrderQty (38) = '-5' is not allowed; allowed: more than 0"
    assert refusal(38, None, "a number") == "OrderQty (38) is missing; allowed: a number"
    assert tag_name(20011) == "tag 20011"
