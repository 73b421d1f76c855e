"""MoldUDP64: order restored, copies dropped, gaps found, several lines taken as one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.feeds.decode.mold import END, HEADER, HOLD, HOLD_NS, Gap, Line, MoldPacket, mold_packet


def packet(seq: int, count: int, ts: int = 0) -> MoldPacket:
    """A packet whose messages are their own numbers."""
    body = b"".join([b"\x00\x04" + n.to_bytes(4, "big") for n in range(seq, seq + count)]) if count < END else b""
    return MoldPacket("S", seq, count, body, ts, 1_000)


def numbers(ready: list[MoldPacket]) -> list[int]:
    return [int.from_bytes(p.body[at + 2 : at + 6], "big") for p in ready for at in range(0, len(p.body), 6)]


def taken(*packets: MoldPacket) -> tuple[list[int], Line]:
    line = Line()
    ready = [one for packet in packets for one in line.take(packet)]
    return numbers(ready + line.finish()), line


def test_that_a_payload_is_a_packet_with_its_place() -> None:
    found = mold_packet(HEADER.pack(b"SESSION001", 7, 1) + b"\x00\x01A", 5, 42)
    assert found == MoldPacket("SESSION001", 7, 1, b"\x00\x01A", 5, 62)


@pytest.mark.parametrize(
    ("payload", "words"),
    [
        (b"short", "5 bytes are no MoldUDP64 packet"),
        (HEADER.pack(b"\xff" * 10, 1, 0), "session = b'"),
        (HEADER.pack(b"SESSION001", 1 << 63, 0), "sequence number = 9223372036854775808"),
        (HEADER.pack(b"SESSION001", 1, 9) + b"\x00\x01A", "message count = 9"),
    ],
)
def test_that_a_payload_that_is_no_packet_says_why(payload: bytes, words: str) -> None:
    found = mold_packet(payload, 0, 0)
    assert isinstance(found, str)
    assert words in found


def test_that_packets_in_order_come_out_at_once() -> None:
    line = Line()
    assert numbers(line.take(packet(1, 2))) == [1, 2]
    assert numbers(line.take(packet(3, 1))) == [3]
    assert line.counts == {"packets": 2}


def test_that_a_packet_behind_its_successor_is_put_before_it() -> None:
    found, line = taken(packet(1, 1), packet(4, 1), packet(2, 2), packet(5, 1))
    assert found == [1, 2, 3, 4, 5]
    assert line.gaps == []


def test_that_copies_come_out_once_and_are_counted() -> None:
    found, line = taken(packet(1, 2), packet(1, 2), packet(2, 3), packet(9, 1), packet(9, 1), packet(5, 4))
    assert found == [1, 2, 3, 4, 5, 6, 7, 8, 9]
    assert line.counts["duplicate_messages"] == 2 + 1 + 1


def test_that_what_is_left_of_a_packet_keeps_its_place_in_the_file() -> None:
    line = Line()
    line.take(packet(1, 2))
    (fresh,) = line.take(packet(1, 3))
    assert (fresh.seq, fresh.announced, fresh.offset) == (3, 1, 1_012)


def test_that_a_gap_is_called_lost_when_time_or_packets_have_passed() -> None:
    line = Line()
    line.take(packet(1, 1, ts=10))
    assert line.take(packet(5, 1, ts=20)) == []
    ready = line.take(packet(6, 1, ts=21 + HOLD_NS))
    assert numbers(ready) == [5, 6]
    assert line.gaps == [Gap("S", 2, 3, 21 + HOLD_NS)]
    assert str(line.gaps[0]) == "session S: messages 2 to 4 are missing"
    line = Line()
    line.take(packet(1, 1))
    ready = [one for n in range(HOLD + 1) for one in line.take(packet(3 + n, 1))]
    assert numbers(ready) == list(range(3, 4 + HOLD))
    assert line.counts["missing_messages"] == 1


def test_that_a_heartbeat_shows_what_was_lost_before_it_and_nothing_more() -> None:
    found, line = taken(packet(1, 1), packet(4, 0), packet(4, 0))
    assert found == [1]
    assert line.gaps == [Gap("S", 2, 2, 0)]
    assert line.counts["heartbeats"] == 2


def test_that_a_heartbeat_never_takes_the_place_of_messages() -> None:
    for silent in (packet(3, 0), packet(3, END)):
        found, _ = taken(packet(1, 1), packet(3, 1), silent, packet(2, 1))
        assert found == [1, 2, 3]
    found, _ = taken(packet(1, 1), packet(3, 0), packet(3, 1), packet(2, 1))
    assert found == [1, 2, 3]


def test_that_the_end_of_a_session_is_seen() -> None:
    _, line = taken(packet(1, 1), packet(2, END))
    assert line.ended


def test_that_a_session_joined_late_begins_with_what_comes_first() -> None:
    found, line = taken(packet(500, 2), packet(502, 1))
    assert found == [500, 501, 502]
    assert line.counts["joined_at"] == 500
    assert line.gaps == []


@given(data=st.data())
def test_that_any_order_within_the_hold_and_any_copies_give_every_message_once(data: st.DataObject) -> None:
    sizes = data.draw(st.lists(st.integers(1, 4), min_size=2, max_size=20))
    packets, seq = [], 1
    for size in sizes:
        packets.append(packet(seq, size))
        seq += size
    extra = data.draw(st.lists(st.sampled_from(packets), max_size=10))
    shuffled = [packets[0], *data.draw(st.permutations([*packets[1:], *extra]))]
    found, line = taken(*shuffled)
    assert found == list(range(1, seq))
    assert line.counts["duplicate_messages"] == sum(p.announced for p in extra)


@given(data=st.data())
def test_that_lost_packets_are_the_gaps(data: st.DataObject) -> None:
    packets = [packet(1 + 2 * n, 2) for n in range(12)]
    kept = [packets[0], *data.draw(st.lists(st.sampled_from(packets[1:-1]), unique=True)), packets[-1]]
    found, line = taken(*sorted(kept, key=lambda p: p.seq))
    missing = sorted(set(range(1, 25)) - set(found))
    assert [n for gap in line.gaps for n in range(gap.seq, gap.seq + gap.missing)] == missing
