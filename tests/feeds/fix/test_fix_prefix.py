"""Capture stamps in the text before a message."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.feeds.decode.fix_prefix import Stamp, capture_stamp

SECOND = 10**9
NOON = int(datetime(2018, 2, 23, 12, tzinfo=UTC).timestamp()) * SECOND


def at(hour: int, minute: int, second: int, ns: int = 0) -> int:
    """A time on 23 February 2018, UTC."""
    return NOON + ((hour - 12) * 3600 + minute * 60 + second) * SECOND + ns


@pytest.mark.parametrize(
    ("prefix", "ns", "grain"),
    [
        (b"2018/02/23 19:14:25.174454 ", at(19, 14, 25, 174_454_000), 1_000),
        (b"2018-02-23 19:14:25.174_454 [95-7c:6e:83] [EU2] (INFO) Receiving : ", at(19, 14, 25, 174_454_000), 1_000),
        (b"<20180223-19:14:25, FIX.4.4:A->B, incoming> (", at(19, 14, 25), SECOND),
        (b"2018-02-23T19:14:25.174Z ", at(19, 14, 25, 174_000_000), 1_000_000),
        (b"[2018-02-23T19:14:25.174+01:00] ", at(18, 14, 25, 174_000_000), 1_000_000),
        (b"2018-02-23 19:14:25 -0530 ", at(24, 44, 25), SECOND),
        (b"2018-02-23 19:14:25,174 INFO ", at(19, 14, 25, 174_000_000), 1_000_000),
        (b"2018-02-23 19:14:25:174 INFO ", at(19, 14, 25, 174_000_000), 1_000_000),
        (b"20180223191425 ", at(19, 14, 25), SECOND),
        (b"20180223191425174 ", at(19, 14, 25, 174_000_000), 1_000_000),
        (b"20180223-191425.174454321 ", at(19, 14, 25, 174_454_321), 1),
        (b"23 Feb 2018 19:14:25.1 ", at(19, 14, 25, 100_000_000), 100_000_000),
        (b"23/Feb/2018:19:14:25 +0000 ", at(19, 14, 25), SECOND),
        (b"3-FEB-2018 19:14:25 ", at(19, 14, 25) - 20 * 86_400 * SECOND, SECOND),
        (b"1519413265 ", at(19, 14, 25), SECOND),
        (b"1519413265174 ", at(19, 14, 25, 174_000_000), 1_000_000),
        (b" [1519413265174454] ", at(19, 14, 25, 174_454_000), 1_000),
        (b"1519413265174454321 221 ", at(19, 14, 25, 174_454_321), 1),
        (b"1519413265.174454 ", at(19, 14, 25, 174_454_000), 1_000),
        (b"OUT 19:14:25.174 ", at(19, 14, 25, 174_000_000), 1_000_000),
        (b"23.02.2018 19:14:25 ", at(19, 14, 25), SECOND),
        (b"02/23/2018 19:14:25 ", at(19, 14, 25), SECOND),
        (b"host7 seq 12 2018-02-23 19:14:25 2018-02-23 20:00:00 ", at(19, 14, 25), SECOND),
    ],
)  # fmt: skip
def test_that_the_styles_of_log_writers_are_read(prefix: bytes, ns: int, grain: int) -> None:
    assert capture_stamp(prefix, UTC, NOON) == Stamp(ns, grain)


@pytest.mark.parametrize(
    "prefix",
    [b"", b"IN ", b"session 4 line 17 ", b"2018-13-45 99:99:99 ", b"99999999999 ", b"12:61:00 ", b"10.1.1.2:4000 ",
     b"9999999999999999999 ", b"1:02:03:04:05:06 ", b"23 Foo 2018 "],
)  # fmt: skip
def test_that_what_is_no_stamp_gives_none(prefix: bytes) -> None:
    assert capture_stamp(prefix, UTC, NOON) is None


def test_that_a_time_of_day_takes_the_day_nearest_to_the_message() -> None:
    midnight = at(24, 0, 0)
    assert capture_stamp(b"23:59:59.9 ", UTC, midnight) == Stamp(at(23, 59, 59, 900_000_000), 100_000_000)
    assert capture_stamp(b"00:00:00.1 ", UTC, midnight - 1) == Stamp(midnight + 100_000_000, 100_000_000)
    assert capture_stamp(b"23:59:59.9 ", UTC, None) is None


def test_that_a_stamp_without_a_zone_is_in_the_zone_of_the_settings() -> None:
    new_york = ZoneInfo("America/New_York")
    assert capture_stamp(b"2018-02-23 14:14:25 ", new_york, None) == Stamp(at(19, 14, 25), SECOND)
    assert capture_stamp(b"2018-02-23 19:14:25Z ", new_york, None) == Stamp(at(19, 14, 25), SECOND)
    assert capture_stamp(b"1519413265 ", new_york, None) == Stamp(at(19, 14, 25), SECOND)
    summer = capture_stamp(b"2018-07-02 12:00:00 ", new_york, None)
    assert summer is not None
    assert summer.ns == int(datetime(2018, 7, 2, 16, tzinfo=UTC).timestamp()) * SECOND
    assert capture_stamp(b"14:14:25 ", new_york, at(19, 0, 0)) == Stamp(at(19, 14, 25), SECOND)


@given(st.integers(631_152_000 * SECOND, 4_102_444_799 * SECOND))
def test_that_an_epoch_stamp_comes_back_to_the_nanosecond(ns: int) -> None:
    assert capture_stamp(f"{ns:019d} ".encode(), UTC, None) == Stamp(ns, 1)


@given(st.binary(max_size=60))
def test_that_any_bytes_are_looked_at_without_a_fault(prefix: bytes) -> None:
    found = capture_stamp(prefix, UTC, NOON)
    assert found is None or found.grain >= 1
