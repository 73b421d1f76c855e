"""Values out of any bytes: what is read is what exact arithmetic says, in whatever place and company it stands."""

import calendar
import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.engine.fix_scan import Bytes
from app.engine.fix_values import DOUBT, days, digits_of, pair, scaled, stir, stir_bytes, stir_long, stir_text, utc_ns

NUMBER = re.compile(r"-?(\d+\.?\d*|\.\d+)")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NS = 10**9
FIGURES = st.text("0123456789", max_size=24)
NEARLY = st.text("0123456789.-+eE x", max_size=24)
WRITTEN = st.builds("{}{}.{}".format, st.sampled_from(["", "-"]), FIGURES, FIGURES) | FIGURES | NEARLY


def raw(text: bytes, before: bytes = b"", behind: bytes = b"        ") -> Bytes:
    """Bytes with other bytes around them."""
    return np.frombuffer(before + text + behind, np.uint8)


def exact(text: str, digits: int) -> int:
    """The same by exact arithmetic: DOUBT for what is no number, is not whole, or is beyond 18 figures."""
    if not NUMBER.fullmatch(text):
        return DOUBT
    number = Decimal(text).scaleb(digits)
    whole = int(number)
    return whole if whole == number and abs(whole) < 10**18 else DOUBT


@given(WRITTEN, st.integers(-6, 9))
@example("0." + "0" * 20 + "1", 9)
@example("999999999.999999999", 9)
@example("-999999999999999999", 0)
@example("1000000000000000000", 0)
@example("1000000000000000000", -1)
@example("100000", -5)
@example("100000", -6)
@example("-0", 9)
@example("--1", 0)
@example("1-", 0)
def test_that_any_text_is_the_exact_number_or_in_doubt(text: str, digits: int) -> None:
    said, right = scaled(raw(text.encode()), 0, len(text), digits), exact(text, digits)
    assert said in (right, DOUBT)
    if len(text) <= 18:  # so few figures always fit, whatever was asked for
        assert said == right


@given(st.integers(-(10**12), 10**12), st.integers(0, 9), st.integers(0, 6))
def test_that_zeros_around_a_number_change_nothing(number: int, places: int, zeros: int) -> None:
    plain = f"{Decimal(number).scaleb(-places):f}"
    sign, figures = ("-", plain[1:]) if plain.startswith("-") else ("", plain)
    padded = sign + "0" * zeros + figures + ("." if "." not in figures else "") + "0" * zeros
    assert scaled(raw(padded.encode()), 0, len(padded), places) == scaled(raw(plain.encode()), 0, len(plain), places)


@given(st.integers(0, 10**9), st.integers(0, 9))
def test_that_a_minus_turns_the_sign_and_nothing_else(number: int, digits: int) -> None:
    text = str(number).encode()
    said = scaled(raw(text), 0, len(text), digits)
    assert scaled(raw(b"-" + text), 0, len(text) + 1, digits) == (-said if said != DOUBT else DOUBT)


@given(st.binary(max_size=12), st.sampled_from([b"10.5", b"-3", b"007", b".25"]), st.binary(max_size=12))
def test_that_a_number_is_the_same_whatever_stands_around_it(before: bytes, text: bytes, behind: bytes) -> None:
    alone = scaled(raw(text), 0, len(text), 9)
    assert alone == exact(text.decode(), 9)
    assert scaled(raw(text, before, behind), len(before), len(text), 9) == alone


@given(
    st.datetimes(datetime(1900, 1, 1), datetime(2261, 12, 31, 23, 59, 59)),  # noqa: DTZ001 - FIX times have no zone
    st.text("0123456789", max_size=12),
)
def test_that_any_time_of_the_calendar_is_read_to_the_nanosecond(moment: datetime, part: str) -> None:
    clock = moment.replace(microsecond=0, tzinfo=UTC)
    text = (clock.strftime("%Y%m%d-%H:%M:%S").rjust(17, "0") + (f".{part}" if part else "")).encode()
    seconds = (clock - EPOCH) // timedelta(seconds=1)
    assert utc_ns(raw(text), 0, len(text)) == seconds * NS + int(part[:9].ljust(9, "0") or 0)


@given(st.integers(0, 20), st.integers(0, 255))
def test_that_no_other_byte_stands_for_one_of_a_time(place: int, byte: int) -> None:
    good = b"20261120-15:30:45.123"
    text = good[:place] + bytes([byte]) + good[place + 1 :]
    said = utc_ns(raw(text), 0, len(text))
    shape = re.fullmatch(rb"\d{8}-\d\d:\d\d:\d\d\.\d{3}", text)
    try:
        clock = datetime.strptime(text[:17].decode("latin-1"), "%Y%m%d-%H:%M:%S").replace(tzinfo=UTC) if shape else None
    except ValueError:
        clock = None
    if clock is None or not 1900 <= clock.year <= 2261:
        assert said == DOUBT or text[15:17] == b"60"
    else:
        assert said == (clock - EPOCH) // timedelta(seconds=1) * NS + int(text[18:21]) * 10**6


def test_that_the_leap_second_is_the_first_of_the_next_minute() -> None:
    leap, after = b"20161231-23:59:60", b"20170101-00:00:00"
    assert utc_ns(raw(leap), 0, 17) == utc_ns(raw(after), 0, 17)


def test_that_a_time_moves_by_as_much_as_its_digits_say() -> None:
    base = utc_ns(raw(b"20261120-15:00:00"), 0, 17)
    for places in range(1, 13):
        text = b"20261120-15:00:00." + b"0" * (places - 1) + b"7"
        assert utc_ns(raw(text), 0, len(text)) - base == 7 * 10**9 // 10**places


@pytest.mark.parametrize("year", [1900, 1904, 1999, 2000, 2023, 2024, 2100, 2200, 2261])
def test_that_every_month_has_the_days_of_the_calendar_and_no_other(year: int) -> None:
    for month in range(14):
        length = calendar.monthrange(year, month)[1] if 1 <= month <= 12 else 0
        for day in range(34):
            said = days(year, month, day)
            if 1 <= day <= length:
                assert said == date(year, month, day).toordinal() - date(1970, 1, 1).toordinal()
            else:
                assert said == DOUBT, (year, month, day)


@pytest.mark.parametrize("year", [-10_000, 0, 1899, 2262, 9999])
def test_that_a_year_beyond_what_nanoseconds_hold_is_in_doubt(year: int) -> None:
    assert days(year, 6, 15) == DOUBT


def test_that_two_digits_are_a_number_and_any_other_two_bytes_are_none() -> None:
    for one in range(256):
        for two in (47, 48, 53, 57, 58):
            digits = bytes([one, two])
            said = digits_of(int.from_bytes(b"12" + digits + b"3456", "little", signed=True))
            assert (said >= 0) == bool(re.fullmatch(rb"[0-9]{2}", digits))
            assert said < 0 or [pair(said, byte) for byte in (0, 2, 4, 6)] == [12, int(digits), 34, 56]


@given(st.binary(max_size=60), st.binary(max_size=60), st.integers(0, 60))
def test_that_long_texts_have_one_fingerprint_only_when_they_are_the_same(one: bytes, other: bytes, at: int) -> None:
    beside = one[:at] + bytes([one[at] ^ 1]) + one[at + 1 :] if at < len(one) else one + b"\0"
    prints = [stir_long(np.frombuffer(text + b"after it", np.uint8), len(text)) for text in (one, other, beside)]
    again = stir_long(np.frombuffer(one + b"x" * 20, np.uint8), len(one))
    assert prints[0] == again
    assert (prints[0] == prints[1]) == (one == other)
    assert prints[0] != prints[2]
    assert prints[0][0] != 0


@given(st.integers(0, 10**9), st.integers(0, 9), st.integers(0, 9))
def test_that_a_short_decimal_is_what_the_long_way_says(number: int, places: int, digits: int) -> None:
    text = f"{Decimal(number).scaleb(-places):f}"
    for plain in (text, "0" * (9 - len(text)) + text, text.rstrip("0") or "0"):
        data = np.frombuffer(plain.encode() + b" " * 8, np.uint8)
        exact = Decimal(plain).scaleb(digits)
        whole = exact == exact.to_integral_value()
        assert scaled(data, 0, len(plain), digits) == (int(exact) if whole and exact < 10**18 else DOUBT)


@given(st.lists(st.binary(max_size=40), min_size=2, max_size=30, unique=True))
def test_that_texts_that_differ_have_fingerprints_that_differ(texts: list[bytes]) -> None:
    prints = {stir_text((1, 2), np.frombuffer(text + b"\0" * 8, np.uint8), 0, len(text)) for text in texts}
    assert len(prints) == len(texts)


@given(st.binary(max_size=40), st.binary(max_size=20), st.binary(max_size=20))
def test_that_a_fingerprint_is_of_the_text_and_not_of_its_neighbours(text: bytes, before: bytes, behind: bytes) -> None:
    alone = stir_text((5, 6), np.frombuffer(text, np.uint8), 0, len(text))
    assert stir_text((5, 6), raw(text, before, behind), len(before), len(text)) == alone
    assert alone[0] & 1 == 1  # never 0, which means a free row


@given(st.binary(min_size=1, max_size=40), st.data())
def test_that_one_bit_of_a_text_changes_its_fingerprint(text: bytes, draw: st.DataObject) -> None:
    place, bit = draw.draw(st.integers(0, len(text) - 1)), draw.draw(st.integers(0, 7))
    other = text[:place] + bytes([text[place] ^ 1 << bit]) + text[place + 1 :]
    assert stir_bytes(1, 2, raw(text), 0, len(text)) != stir_bytes(1, 2, raw(other), 0, len(other))


@given(st.integers(-(2**62), 2**62), st.integers(-(2**62), 2**62))
def test_that_numbers_are_stirred_one_to_one(one: int, other: int) -> None:
    assert (stir(3, 4, one) == stir(3, 4, other)) == (one == other)
