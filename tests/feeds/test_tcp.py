"""TCP put together: any order, copies, overlaps, wrapped numbers; what never came is a gap and is told."""

import struct
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.feeds.decode.pcap_layers import RST, SYN, TCP, Datagram, Flow
from app.feeds.decode.tcp import HELD_BYTES, HELD_NS, Piece, Reassembler
from app.feeds.decode.tcp_soup import Sequenced, SoupStream
from tests.feeds.itch_made import add, deleted

FLOW = Flow("10.0.0.1", 1_000, "10.0.0.2", 2_000)
OTHER = Flow("10.0.0.2", 2_000, "10.0.0.1", 1_000)
DATA = bytes(range(256)) * 4


def segment(at: int, data: bytes, ts: int = 0, flags: int = 0, flow: Flow = FLOW) -> Datagram:
    return Datagram(ts, TCP, flow, data, 0, at % (1 << 32), flags)


def run(*segments: Datagram) -> tuple[list[Piece], Reassembler]:
    tcp = Reassembler()
    pieces = [piece for one in segments for piece in tcp.take(one)]
    return [*pieces, *tcp.finish()], tcp


def joined(pieces: list[Piece]) -> bytes:
    return b"".join(piece.data for piece in pieces)


def test_that_segments_in_order_come_out_as_they_are() -> None:
    pieces, tcp = run(segment(99, b"", flags=SYN), segment(100, b"abc", 5), segment(103, b"de", 6))
    assert pieces == [Piece(FLOW, 5, b"abc"), Piece(FLOW, 6, b"de")]
    assert tcp.counts == {"segments": 3}


def test_that_late_copied_and_overlapping_segments_give_every_byte_once() -> None:
    pieces, tcp = run(
        segment(99, b"", flags=SYN), segment(105, b"fgh", 2), segment(100, b"abc", 3), segment(102, b"cde", 4),
        segment(100, b"abc", 5), segment(107, b"hij", 6),
    )  # fmt: skip
    assert joined(pieces) == b"abcdefghij"
    assert tcp.counts["segments_out_of_order"] == 1
    assert tcp.counts["retransmitted_bytes"] == 3
    assert tcp.counts["overlapping_bytes"] == 2


def test_that_directions_are_streams_of_their_own() -> None:
    pieces, _ = run(segment(1, b"ask"), segment(1, b"answer", flow=OTHER))
    assert [(piece.flow, piece.data) for piece in pieces] == [(FLOW, b"ask"), (OTHER, b"answer")]


def test_that_numbers_wrap() -> None:
    start = (1 << 32) - 3
    pieces, tcp = run(segment(start, b"abc"), segment(start + 6, b"gh"), segment(start + 3, b"def"))
    assert joined(pieces) == b"abcdefgh"
    assert "gaps" not in tcp.counts


def test_that_missing_bytes_are_a_gap_after_enough_time_or_bytes() -> None:
    tcp = Reassembler()
    assert len(list(tcp.take(segment(0, b"ab")))) == 1
    assert list(tcp.take(segment(5, b"f", 10))) == []
    assert list(tcp.take(segment(6, b"g", 11 + HELD_NS))) == [
        Piece(FLOW, 10, b"f", gap=3), Piece(FLOW, 11 + HELD_NS, b"g"),
    ]  # fmt: skip
    assert tcp.counts["missing_bytes"] == 3
    big = b"x" * (HELD_BYTES // 4)
    pieces, tcp = run(segment(0, b"a"), *[segment(10 + n * len(big), big) for n in range(5)])
    assert [piece.gap for piece in pieces] == [0, 9, 0, 0, 0, 0]


def test_that_what_stands_behind_a_gap_comes_out_at_the_end() -> None:
    pieces, tcp = run(segment(0, b"ab"), segment(9, b"z"), segment(5, b"f"))
    assert [(piece.data, piece.gap) for piece in pieces] == [(b"ab", 0), (b"f", 3), (b"z", 3)]
    assert tcp.counts["gaps"] == 2


def test_that_a_new_connection_on_the_same_ports_begins_anew() -> None:
    pieces, tcp = run(
        segment(99, b"", flags=SYN), segment(100, b"old"), segment(110, b"lost"), segment(99, b"", flags=SYN),
        segment(5_000, b"", flags=SYN), segment(5_001, b"new"), segment(5_004, b"er"),
    )  # fmt: skip
    assert [(piece.data, piece.gap, piece.fresh) for piece in pieces] == [
        (b"old", 0, False), (b"lost", 7, False), (b"new", 0, True), (b"er", 0, False),
    ]  # fmt: skip
    assert tcp.counts["connections_anew"] == 1


def test_that_a_reset_gives_what_was_held() -> None:
    pieces, _ = run(segment(0, b"ab"), segment(4, b"ef"), segment(6, b"", flags=RST))
    assert joined(pieces) == b"abef"


def test_that_a_stream_joined_late_begins_where_it_is_first_seen() -> None:
    pieces, tcp = run(segment(700, b"tail"), segment(650, b"before"))
    assert joined(pieces) == b"tail"
    assert (tcp.counts["joined_late"], tcp.counts["bytes_before_the_first"]) == (1, 6)


def test_that_of_two_segments_that_differ_the_first_stands_and_it_is_counted() -> None:
    pieces, tcp = run(segment(0, b"a"), segment(3, b"XY"), segment(3, b"XZ--"), segment(1, b"bc"))
    assert joined(pieces) == b"abcXY--"
    assert tcp.counts["conflicting_segments"] == 1


@given(data=st.data())
def test_that_any_cut_order_and_overlap_give_the_stream(data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(1, len(DATA) - 1), max_size=12, unique=True)))
    parts = [(a, b) for a, b in zip([0, *cuts], [*cuts, len(DATA)], strict=True)]
    wide = [(a, min(len(DATA), b + data.draw(st.integers(0, 40)))) for a, b in parts]
    extra = data.draw(st.lists(st.sampled_from(wide), max_size=6))
    order = data.draw(st.permutations([*wide, *extra]))
    first = (1 << 32) - 300
    pieces, tcp = run(
        segment(first - 1, b"", flags=SYN), *[segment(first + a, DATA[a:b]) for a, b in order]
    )  # fmt: skip
    assert joined(pieces) == DATA
    assert "gaps" not in tcp.counts
    assert "conflicting_segments" not in tcp.counts


def soup(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">H", 1 + len(body)) + kind + body


LOGIN = soup(b"A", b"   SESSION" + b"                  41")


@given(cuts=st.lists(st.integers(0, 150), max_size=6))
def test_that_sequenced_data_come_out_numbered_however_they_are_cut(cuts: list[int]) -> None:
    data = (
        soup(b"+", b"hello") + LOGIN + soup(b"S", add(1)) + soup(b"H", b"") + soup(b"S", deleted(1)) + soup(b"Z", b"")
    )
    edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    stream = SoupStream()
    found = [one for a, b in pairwise(edges) for one in stream.feed(data[a:b])]
    assert found == [Sequenced(41, add(1)), Sequenced(42, deleted(1))]
    assert (stream.session, stream.others, stream.unframed) == ("SESSION", 4, [])


def test_that_after_missing_bytes_packets_are_found_again() -> None:
    stream = SoupStream()
    packets = soup(b"S", add(1)) + soup(b"S", add(2)) + soup(b"S", add(3))
    stream.feed(LOGIN + packets[:10])
    stream.restart(aligned=False)
    found = stream.feed(packets[20:]) + stream.feed(packets)
    assert found == [Sequenced(0, add(n)) for n in (2, 3, 1, 2, 3)]
    assert b"".join(stream.unframed) == packets[:10] + packets[20 : len(packets) // 3]


def test_that_damage_is_passed_over_and_told() -> None:
    stream = SoupStream()
    found = stream.feed(LOGIN + b"\xff" * 30 + soup(b"S", add(1)) + soup(b"S", add(2)))
    assert found == [Sequenced(41, add(1)), Sequenced(42, add(2))]
    assert stream.unframed == [b"\xff" * 30]


@pytest.mark.parametrize("aligned", [True, False])
def test_that_a_new_connection_forgets_the_number_of_the_old_one(aligned: bool) -> None:
    stream = SoupStream()
    stream.feed(LOGIN)
    stream.restart(aligned=aligned)
    assert stream.feed(soup(b"S", add(1)) + soup(b"H", b"")) == [Sequenced(0, add(1))]
    assert stream.unframed == []


@given(data=st.lists(st.binary(max_size=60), max_size=8))
def test_that_every_byte_is_a_packet_or_unframed(data: list[bytes]) -> None:
    stream = SoupStream()
    packets = sum(3 + len(one.data) for piece in data for one in stream.feed(piece))
    stream.restart(aligned=True)
    others = len(b"".join(data)) - packets - len(b"".join(stream.unframed))
    assert others >= 0
    assert (others == 0) == (stream.others == 0)
