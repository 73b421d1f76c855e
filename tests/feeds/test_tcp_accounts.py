"""TCP put together: every byte that came is given out or counted, every byte that did not is a gap."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.feeds.decode.pcap_layers import FIN, RST, SYN, TCP, Datagram, Flow
from app.feeds.decode.tcp import HELD_BYTES, HELD_NS, Piece, Reassembler

FLOW = Flow("10.0.0.1", 1_000, "10.0.0.2", 2_000)
STREAM = bytes(n * 7 % 251 for n in range(600))
_ASIDE = ("retransmitted_bytes", "overlapping_bytes", "bytes_before_the_first")

Span = tuple[int, int]
SPANS = st.lists(st.tuples(st.integers(0, 590), st.integers(1, 60)), max_size=25)


def segment(at: int, data: bytes, ts: int = 0, flags: int = 0) -> Datagram:
    return Datagram(ts, TCP, FLOW, data, 0, at % (1 << 32), flags)


def run(*segments: Datagram) -> tuple[list[Piece], Reassembler]:
    tcp = Reassembler()
    pieces = [piece for one in segments for piece in tcp.take(one)]
    return [*pieces, *tcp.finish()], tcp


def placed(pieces: list[Piece]) -> dict[int, int]:
    """Where in the stream each byte given out stands, by the gaps before the pieces."""
    found: dict[int, int] = {}
    at = 0
    for piece in pieces:
        at += piece.gap
        found |= dict(enumerate(piece.data, at))
        at += len(piece.data)
    return found


def came(spans: list[Span], begin: int = 0) -> dict[int, int]:
    """The bytes that were on the wire, by their place."""
    return {n: STREAM[n] for at, size in spans for n in range(at, min(at + size, len(STREAM))) if n >= begin}


@given(spans=SPANS, first=st.integers(0, (1 << 32) - 1))
def test_that_what_came_is_given_out_at_its_place_and_what_did_not_is_a_gap(spans: list[Span], first: int) -> None:
    sent = [segment(first + 1 + at, STREAM[at : at + size]) for at, size in spans]
    pieces, tcp = run(segment(first, b"", flags=SYN), *sent)
    assert placed(pieces) == came(spans)
    assert tcp.counts["missing_bytes"] == sum(piece.gap for piece in pieces)
    assert tcp.counts["gaps"] == sum(piece.gap > 0 for piece in pieces)


@given(spans=SPANS, first=st.integers(0, (1 << 32) - 1), begun=st.booleans())
def test_that_every_byte_is_given_out_once_or_counted(spans: list[Span], first: int, begun: bool) -> None:
    sent = [segment(first + 1 + at, STREAM[at : at + size]) for at, size in spans]
    pieces, tcp = run(*([segment(first, b"", flags=SYN)] if begun else []), *sent)
    given_out = sum(len(piece.data) for piece in pieces)
    assert given_out + sum(tcp.counts[name] for name in _ASIDE) == sum(len(one.payload) for one in sent)
    assert tcp.counts["conflicting_segments"] == 0, "the copies are of one stream"


@given(spans=SPANS.filter(bool))
def test_that_a_stream_joined_late_loses_only_what_stood_before_its_first_segment(spans: list[Span]) -> None:
    begin = spans[0][0]
    pieces, tcp = run(*[segment(5_000 + at, STREAM[at : at + size]) for at, size in spans])
    assert {at + begin: byte for at, byte in placed(pieces).items()} == came(spans, begin)
    assert tcp.counts["joined_late"] == 1


@given(spans=SPANS, times=st.lists(st.integers(0, 3 * HELD_NS), min_size=25, max_size=25))
def test_that_each_piece_has_the_stamp_of_a_segment_that_held_its_bytes(spans: list[Span], times: list[int]) -> None:
    stamped = list(zip(spans, sorted(times), strict=False))
    pieces, _ = run(
        segment(0, b"", flags=SYN), *[segment(1 + at, STREAM[at : at + size], ts) for (at, size), ts in stamped]
    )
    at = 0
    for piece in pieces:
        at += piece.gap
        last = at + len(piece.data) - 1
        assert any(ts == piece.ts_ns and span[0] <= last < span[0] + span[1] for span, ts in stamped)
        at += len(piece.data)


@pytest.mark.parametrize(("waited", "given_up"), [(HELD_NS, False), (HELD_NS + 1, True)])
def test_that_missing_bytes_are_waited_for_so_long_and_no_longer(waited: int, given_up: bool) -> None:
    tcp = Reassembler()
    for _ in tcp.take(segment(0, b"ab", 50)):
        pass
    assert list(tcp.take(segment(4, b"ef", 100))) == []
    pieces = list(tcp.take(segment(6, b"gh", 100 + waited)))
    assert [piece.gap for piece in pieces] == ([2, 0] if given_up else [])
    late = list(tcp.take(segment(2, b"cd", 101 + waited)))
    assert b"".join(piece.data for piece in late) == (b"" if given_up else b"cdefgh")
    assert tcp.counts["retransmitted_bytes"] == (2 if given_up else 0), "what comes after it was called lost"


@pytest.mark.parametrize(("more", "given_up"), [(0, False), (1, True)])
def test_that_only_so_many_bytes_stand_behind_a_gap(more: int, given_up: bool) -> None:
    tcp = Reassembler()
    for _ in tcp.take(segment(0, b"a")):
        pass
    pieces = list(tcp.take(segment(2, b"x" * (HELD_BYTES + more))))
    assert [(piece.gap, len(piece.data)) for piece in pieces] == ([(1, HELD_BYTES + more)] if given_up else [])


def test_that_a_copy_of_the_opening_keeps_the_stream() -> None:
    pieces, tcp = run(
        segment(99, b"", flags=SYN), segment(100, b"abc"), segment(99, b"", flags=SYN), segment(103, b"de")
    )
    assert [(piece.data, piece.fresh) for piece in pieces] == [(b"abc", False), (b"de", False)]
    assert tcp.counts["connections_anew"] == 0


def test_that_bytes_sent_with_the_opening_are_the_first_of_the_stream() -> None:
    pieces, tcp = run(segment(99, b"abc", flags=SYN), segment(103, b"de"))
    assert [(piece.data, piece.gap) for piece in pieces] == [(b"abc", 0), (b"de", 0)]
    assert tcp.counts["joined_late"] == 0


def test_that_the_end_of_a_stream_gives_its_last_bytes() -> None:
    pieces, _ = run(segment(99, b"", flags=SYN), segment(100, b"last", flags=FIN))
    assert [piece.data for piece in pieces] == [b"last"]


def test_that_a_reset_of_a_connection_nobody_saw_says_nothing() -> None:
    pieces, tcp = run(segment(7, b"", flags=RST), segment(8, b"", flags=FIN))
    assert pieces == []
    assert tcp.counts == {"segments": 2}


def test_that_a_flow_is_said_as_people_write_it() -> None:
    assert str(FLOW) == "10.0.0.1:1000>10.0.0.2:2000"
