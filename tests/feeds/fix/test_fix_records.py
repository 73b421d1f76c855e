"""`orders.fix`: the records that are written come back, and what is no record is set aside."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.feeds.decode.fix_fields import FixMessage
from app.feeds.decode.fix_frame import BadSpan
from app.feeds.decode.fix_records import read_records, write_line, write_prefixed, write_records
from tests.feeds.fix.wire import T0, frame, order

GOOD = frame([(35, "D"), *order("X1")])
NASTY = frame([(35, "D"), *order("X2"), (58, b"a\nb\\n\r\\"), (95, 4), (96, b"\x01\n\\8")])


def messages(data: bytes) -> list[tuple[int | None, bytes]]:
    """Stamp and message of every record; all must be good."""
    items = list(read_records(data))
    assert all(isinstance(item, FixMessage) for item in items), items
    return [(item.stamp, item.raw) for item in items if isinstance(item, FixMessage)]


@pytest.mark.parametrize("prefixed", [False, True])
def test_that_records_come_back_whatever_is_in_them(prefixed: bool) -> None:
    stamped = [(T0, GOOD), (T0 + 1, NASTY), (T0 + 1, GOOD)]
    data = write_records(stamped, prefixed=prefixed)
    assert messages(data) == stamped


def test_that_both_layouts_may_stand_in_one_file_with_comments_and_empty_lines() -> None:
    data = write_line(T0, NASTY) + write_prefixed(T0 + 1, NASTY) + b"\r\n" + write_line(T0 + 2, GOOD)
    assert messages(b"# own flow\n\n" + data) == [(T0, NASTY), (T0 + 1, NASTY), (T0 + 2, GOOD)]


def test_that_places_count_the_bytes_of_the_file() -> None:
    first, second = write_prefixed(T0, NASTY), write_line(T0 + 1, GOOD)
    items = list(read_records(b"#\n" + first + second))
    assert [(item.offset, item.line) for item in items] == [(2, 2), (2 + len(first), 2 + first.count(b"\n"))]
    assert [item.size for item in items if isinstance(item, FixMessage)] == [len(first), len(second)]


def test_that_a_short_stamp_is_still_read_as_nanoseconds() -> None:
    assert messages(write_line(5, GOOD)) == [(5, GOOD)]


def test_that_a_line_may_end_in_crlf_or_with_the_file() -> None:
    line = write_line(T0, GOOD)
    assert messages(line[:-1] + b"\r\n" + line[:-1]) == [(T0, GOOD)] * 2
    assert messages(write_prefixed(T0, GOOD)[:-1]) == [(T0, GOOD)]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (b"hello\n", "'hello' is not allowed; allowed: NS MESSAGE"),
        (GOOD + b"\n", "'8=FIX.4.4"),
        (write_line(2**63, GOOD), "'9223372036854775808 8=FIX"),
        (b"12 hello\n", "'hello' is not allowed; allowed: exactly one FIX message"),
        (write_line(T0, GOOD[:-2]), "CheckSum (10) is missing"),
        (write_line(T0, GOOD.replace(b"38=100", b"38=200")), "CheckSum (10) = "),
        (write_line(T0, GOOD + GOOD), "'8=FIX"),
        (b"%d 9999 %b\n" % (T0, GOOD), "length = 9999 is not allowed"),
        (b"%d %d %b\n" % (T0, len(GOOD) - 3, GOOD), "length = "),
        (write_line(T0, GOOD).replace(b"TECH", b"TE\\qH"), "escape '\\\\q' is not allowed"),
        (write_line(T0, GOOD[:-1] + b"\x01")[:-1] + b"\\\n", "escape"),
    ],
)
def test_that_what_is_no_record_is_set_aside_and_the_next_one_read(bad: bytes, reason: str) -> None:
    items = list(read_records(bad + write_line(T0, GOOD)))
    assert isinstance(items[0], BadSpan)
    assert items[0].reason.startswith(reason)
    assert items[0].raw == bad
    assert isinstance(items[-1], FixMessage)
    assert items[-1].raw == GOOD


@given(st.binary(max_size=200), st.integers(0, 600))
def test_that_any_bytes_are_read_without_a_fault_and_none_twice(junk: bytes, cut: int) -> None:
    data = write_line(T0, NASTY) + junk + b"\n" + write_prefixed(T0, NASTY)
    data = data[:cut] if cut < len(data) else data
    taken = sum(item.size if isinstance(item, FixMessage) else len(item.raw) for item in read_records(data))
    assert taken <= len(data)


@given(st.lists(st.tuples(st.integers(0, 2**62), st.binary(max_size=30)), max_size=6), st.booleans())
def test_that_any_message_survives_both_layouts(stamped: list[tuple[int, bytes]], prefixed: bool) -> None:
    log = [(ns, frame([(35, "B"), (95, len(data)), (96, data)])) for ns, data in stamped]
    assert messages(write_records(log, prefixed=prefixed)) == log
