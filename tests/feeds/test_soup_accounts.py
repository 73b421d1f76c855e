"""SoupBinTCP: however a stream is cut or damaged, every byte is a packet's or told, and numbers follow the login."""

import struct
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.feeds.decode.tcp_soup import Sequenced, SoupStream
from tests.feeds.itch_made import add, deleted, executed

MESSAGES = [add(1), deleted(1), executed(2, 5), add(3), deleted(9)]
KINDS = st.sampled_from([b"+", b"H", b"Z", b"R", b"L", b"U", b"O"])
OTHERS = st.tuples(KINDS, st.binary(max_size=30)).map(lambda one: (one[0], b"" if one[0] in b"HZRO" else one[1]))
PACKETS = st.lists(st.one_of(st.sampled_from(MESSAGES).map(lambda one: (b"S", one)), OTHERS), max_size=12)


def soup(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">H", 1 + len(body)) + kind + body


def login(number: str, session: str = "DAY") -> bytes:
    return soup(b"A", f"{session:>10}{number:>20}".encode())


def fed(stream: SoupStream, data: bytes, cuts: list[int]) -> list[Sequenced]:
    edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    return [one for start, end in pairwise(edges) for one in stream.feed(data[start:end])]


@given(packets=PACKETS, first=st.integers(1, 10**12), cuts=st.lists(st.integers(0, 500), max_size=8))
def test_that_messages_are_numbered_on_from_the_login_and_others_counted(
    packets: list[tuple[bytes, bytes]], first: int, cuts: list[int]
) -> None:
    stream = SoupStream()
    data = login(str(first)) + b"".join(soup(kind, body) for kind, body in packets)
    messages = [body for kind, body in packets if kind == b"S"]
    found = fed(stream, data, cuts)
    assert found == [Sequenced(number, message) for number, message in enumerate(messages, first)]
    assert (stream.session, stream.others) == ("DAY", 1 + len(packets) - len(messages))
    assert stream.unframed == []


@given(packets=PACKETS, cuts=st.lists(st.integers(0, 500), max_size=8), whole=st.integers(0, 500))
def test_that_a_stream_that_ends_inside_a_packet_keeps_those_before_and_tells_the_rest(
    packets: list[tuple[bytes, bytes]], cuts: list[int], whole: int
) -> None:
    parts = [soup(kind, body) for kind, body in packets]
    data = b"".join(parts)[:whole]
    stream = SoupStream()
    found = fed(stream, data, cuts)
    stream.restart(aligned=True)
    ends = [sum(map(len, parts[: n + 1])) for n in range(len(parts))]
    there = [body for (kind, body), end in zip(packets, ends, strict=True) if end <= len(data) and kind == b"S"]
    assert [one.data for one in found] == there
    begun = max([end for end in ends if end <= len(data)], default=0)
    assert b"".join(stream.unframed) == data[begun:]


@pytest.mark.parametrize("number", ["", "x", "-4", "0"])
def test_that_a_login_without_a_number_leaves_messages_without_one(number: str) -> None:
    stream = SoupStream()
    found = stream.feed(login(number) + soup(b"S", add(1)) + soup(b"S", add(2)))
    assert [one.seq for one in found] == [0, 0]
    assert stream.session == "DAY"


def test_that_a_second_login_numbers_anew() -> None:
    stream = SoupStream()
    data = login("5") + soup(b"S", add(1)) + login("90", "NEXT") + soup(b"S", add(2)) + soup(b"S", add(3))
    assert [one.seq for one in stream.feed(data)] == [5, 90, 91]
    assert stream.session == "NEXT"


def test_that_what_is_told_is_told_once() -> None:
    stream = SoupStream()
    stream.feed(b"\xff" * 9 + soup(b"S", add(1)) + soup(b"H", b""))
    assert stream.unframed == [b"\xff" * 9]
    stream.unframed.clear()
    stream.restart(aligned=True)
    assert stream.unframed == []


@given(damage=st.binary(min_size=1, max_size=40), cuts=st.lists(st.integers(0, 300), max_size=6))
def test_that_behind_damage_no_byte_is_given_out_twice_or_lost(damage: bytes, cuts: list[int]) -> None:
    data = soup(b"S", add(1)) + damage + b"".join(soup(b"S", one) for one in MESSAGES)
    stream = SoupStream()
    found = fed(stream, data, cuts)
    stream.restart(aligned=True)
    told = b"".join(stream.unframed)
    assert found[0].data == add(1)
    assert sum(3 + len(one.data) for one in found) + len(told) <= len(data)
    if not stream.others:
        assert sum(3 + len(one.data) for one in found) + len(told) == len(data)
