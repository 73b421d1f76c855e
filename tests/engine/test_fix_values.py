"""Values out of raw bytes: exact, or in doubt; never near."""

import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest

from app.engine.fix_scan import Bytes
from app.engine.fix_values import DOUBT, days, scaled, stir_bytes, stir_text, utc_ns

SECOND = 1_000_000_000


def raw(text: bytes) -> Bytes:
    """Bytes with room behind them."""
    return np.frombuffer(text + b"        ", np.uint8)


@pytest.mark.parametrize(
    ("text", "digits", "expected"),
    [
        (b"10.5", 9, 10_500_000_000), (b"-0.000000001", 9, -1), (b"10", 0, 10), (b"100", -2, 1), (b"0150.50", 1, 1505),
        (b".5", 9, 500_000_000), (b"5.", 0, 5), (b"1.50", 1, 15), (b"0", -2, 0), (b"-7", 0, -7), (b"2.00", -0, 2),
        (b"", 9, DOUBT), (b".", 9, DOUBT), (b"-", 9, DOUBT), (b"1e3", 9, DOUBT), (b"1.2.3", 9, DOUBT),
        (b"1.25", 1, DOUBT), (b"150", -2, DOUBT), (b"1" * 19, 0, DOUBT), (b"9999999999", 9, DOUBT),
        (b"0" * 65, 0, DOUBT), (b"+1", 0, DOUBT), (b"1.0000000005", 9, DOUBT),
    ],
)  # fmt: skip
def test_that_a_decimal_is_exact_or_in_doubt(text: bytes, digits: int, expected: int) -> None:
    assert scaled(raw(text), 0, len(text), digits) == expected


def test_that_decimals_agree_with_exact_arithmetic() -> None:
    rng = random.Random(3)
    for _ in range(400):
        number = Decimal(rng.randrange(-(10**8), 10**8)).scaleb(-rng.randrange(0, 9))
        text = f"{number:f}".encode()
        assert scaled(raw(text), 0, len(text), 9) == int(number.scaleb(9))


@pytest.mark.parametrize(
    "text",
    [
        b"20261120-15:00:00", b"20261120-15:00:00.1", b"20261120-15:00:00.123", b"20240229-23:59:60.123456",
        b"19000301-00:00:00.123456789", b"20000229-00:00:00", b"22611231-23:59:59.999999999999",
    ],
)  # fmt: skip
def test_that_a_time_is_read_to_the_nanosecond(text: bytes) -> None:
    whole, _, part = text.decode().partition(".")
    clock = datetime.strptime(whole[:-2] + "00", "%Y%m%d-%H:%M:%S").replace(tzinfo=UTC)
    seconds = (clock - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(seconds=1) + int(whole[-2:])
    assert utc_ns(raw(text), 0, len(text)) == seconds * SECOND + int(part[:9].ljust(9, "0"))


@pytest.mark.parametrize(
    "text",
    [
        b"20261120", b"20261120 15:00:00", b"20261120-15.00:00", b"20261120-15:00.00", b"20261320-15:00:00",
        b"20261131-15:00:00", b"20260229-15:00:00", b"21000229-15:00:00", b"20261100-15:00:00", b"20261120-24:00:00",
        b"20261120-15:60:00", b"20261120-15:00:61", b"20261120-1x:00:00", b"20261120-15:00:00.", b"20261120-15:00:00x1",
        b"20261120-15:00:00.12x", b"20261120-15:00:00.1234567890123", b"18991231-00:00:00", b"22620101-00:00:00",
    ],
)  # fmt: skip
def test_that_what_is_no_time_is_in_doubt(text: bytes) -> None:
    assert utc_ns(raw(text), 0, len(text)) == DOUBT


def test_that_days_are_those_of_the_calendar() -> None:
    rng = random.Random(4)
    for _ in range(300):
        day = date(1900, 1, 1) + timedelta(days=rng.randrange(132_000))
        assert days(day.year, day.month, day.day) == (day - date(1970, 1, 1)).days


def test_that_fingerprints_tell_texts_apart_wherever_they_stand() -> None:
    texts = [bytes([65 + n % 5]) * n for n in range(1, 40)] + [b"", b"A" * 7 + b"B", b"B" + b"A" * 7]
    seen = set()
    for text in texts:
        alone = stir_text((1, 2), np.frombuffer(text, np.uint8), 0, len(text))
        inside = stir_text((1, 2), raw(b"xyz" + text + b"tail"), 3, len(text))
        assert alone == inside
        assert alone[0] != 0
        seen.add(alone)
    assert len(seen) == len(texts)
    assert stir_bytes(1, 2, raw(b""), 0, 0) == (1, 2)
    assert stir_text((1, 3), raw(b"A"), 0, 1) != stir_text((1, 2), raw(b"A"), 0, 1)
