"""Messages written are messages read: length, checksum, order of the fields."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.units import SECOND
from app.feeds.decode.fix_fields import FixMessage
from app.feeds.decode.fix_frame import frame_one
from app.feeds.decode.fix_wire import Header, built, price_text

T0 = 1_767_623_400 * SECOND
HEADER = Header("US", "THEM", 7, T0)
TEXT = st.text(st.characters(exclude_characters="\x01", codec="utf-8"), min_size=1, max_size=20)


@given(st.lists(st.tuples(st.integers(5000, 9999), TEXT), max_size=10))
def test_that_a_message_written_is_read_back(fields: list[tuple[int, str]]) -> None:
    read = frame_one(built(HEADER, "G", fields))
    assert isinstance(read, FixMessage)
    assert [(tag, value.decode()) for tag, value in read.fields[7:-1]] == fields
    assert read.irregular == ()


def test_that_the_header_says_who_what_and_when() -> None:
    read = frame_one(built(HEADER, "D", [(11, "A")]))
    assert isinstance(read, FixMessage)
    assert [tag for tag, _ in read.fields] == [8, 9, 35, 49, 56, 34, 52, 11, 10]
    assert (read.kind, read.text(49), read.text(56), read.text(34)) == ("D", "US", "THEM", "7")
    assert read.text(52) == "20260105-14:30:00.000000000"


def test_that_a_repeat_says_so() -> None:
    read = frame_one(built(HEADER._replace(first_sent_ns=T0 - SECOND), "8", []))
    assert isinstance(read, FixMessage)
    assert (read.text(43), read.text(122)) == ("Y", "20260105-14:29:59.000000000")


@pytest.mark.parametrize(
    ("price", "text"),
    [(50_250_000_000, "50.25"), (1, "0.000000001"), (0, "0"), (-1_500_000_000, "-1.5"), (7_000_000_000, "7")],
)
def test_that_a_price_is_the_shortest_decimal(price: int, text: str) -> None:
    assert price_text(price) == text
