"""MoldUDP64: in whatever order packets come, every message is given out once, and every other one is in a gap."""

import struct

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.feeds.decode.mold import END, HEADER, HOLD, HOLD_NS, Gap, Line, MoldPacket, mold_packet


def body_of(first: int, count: int) -> bytes:
    """Messages of growing length, each begun by its own number."""
    return b"".join(struct.pack(">HI", 4 + n % 5, n) + bytes(n % 5) for n in range(first, first + count))


def packet(first: int, count: int, ts: int = 0) -> MoldPacket:
    return MoldPacket("S", first, count, b"" if count in (0, END) else body_of(first, count), ts, 500)


def numbers(packets: list[MoldPacket]) -> list[int]:
    """Numbers of the messages, read off the bodies; each packet says the truth about itself."""
    found: list[int] = []
    for one in packets:
        at, mine = 0, []
        while at < len(one.body):
            size, number = struct.unpack_from(">HI", one.body, at)
            mine.append(number)
            at += 2 + size
        assert mine == list(range(one.seq, one.seq + one.announced))
        found += mine
    return found


PACKETS = st.lists(st.tuples(st.integers(1, 60), st.integers(0, 7)), max_size=40)


@given(sent=PACKETS)
def test_that_every_message_that_came_is_given_out_once_in_order(sent: list[tuple[int, int]]) -> None:
    line = Line()
    begin = sent[0][0] if sent else 1
    ready = [one for first, count in sent for one in line.take(packet(first, count))] + line.finish()
    came = {n for first, count in sent for n in range(first, first + count) if n >= begin}
    found = numbers(ready)
    assert found == sorted(came)
    lost = {n for gap in line.gaps for n in range(gap.seq, gap.seq + gap.missing)}
    assert not lost & came
    assert sorted(lost | came) == list(range(begin, line.next_seq)), "a number is there or missing"
    assert line.counts["missing_messages"] == len(lost)
    assert line.counts["packets"] == len(sent)


@given(sent=PACKETS)
@example(sent=[(1, 1), (5, 1), (5, 3)])
@example(sent=[(1, 1), (5, 3), (5, 1), (5, 3)])
@example(sent=[(1, 1), (5, 0), (5, 2), (4, 3)])
def test_that_of_every_message_sent_it_is_known_what_became_of_it(sent: list[tuple[int, int]]) -> None:
    line = Line()
    ready = [one for first, count in sent for one in line.take(packet(first, count))] + line.finish()
    given_out = sum(one.announced for one in ready)
    assert given_out + line.counts["duplicate_messages"] == sum(count for _, count in sent)


@given(sent=PACKETS)
def test_that_what_is_left_of_a_packet_stands_where_it_stood_in_the_file(sent: list[tuple[int, int]]) -> None:
    line = Line()
    for first, count in sent:
        for one in line.take(packet(first, count)):
            whole = [(at, n) for at, n in sent if at <= one.seq and at + n == one.seq + one.announced]
            places = [500 + len(body_of(at, one.seq - at)) for at, _ in whole]
            assert one.offset in places


@given(groups=st.lists(st.integers(1, 5), max_size=20), quiet=st.lists(st.booleans(), min_size=20, max_size=20))
def test_that_packets_gone_by_unlooked_at_count_as_if_they_had_been_taken(groups: list[int], quiet: list[bool]) -> None:
    slow, fast = Line(), Line()
    at = 1
    for size, skipped in zip(groups, quiet, strict=False):
        slow.take(packet(at, size))
        if skipped and fast.quiet:
            fast.went_on(1, at + size)
        else:
            fast.take(packet(at, size))
        at += size
        assert (fast.next_seq, fast.counts, fast.quiet) == (slow.next_seq, slow.counts, True)


@pytest.mark.parametrize(("waited", "given_up"), [(HOLD_NS, False), (HOLD_NS + 1, True)])
def test_that_a_missing_packet_is_waited_for_so_long_and_no_longer(waited: int, given_up: bool) -> None:
    line = Line()
    line.take(packet(1, 1))
    assert line.take(packet(3, 1, 50)) == []
    assert not line.quiet
    ready = line.take(packet(4, 1, 50 + waited))
    assert numbers(ready) == ([3, 4] if given_up else [])
    assert line.gaps == ([Gap("S", 2, 1, 50 + waited)] if given_up else [])
    late = numbers(line.take(packet(2, 1, 51 + waited)))
    assert late == ([] if given_up else [2, 3, 4])


def test_that_only_so_many_packets_stand_behind_a_gap() -> None:
    line = Line()
    line.take(packet(1, 1))
    assert [line.take(packet(3 + n, 1)) for n in range(HOLD)] == [[]] * HOLD
    assert numbers(line.take(packet(3 + HOLD, 1))) == list(range(3, 4 + HOLD))


def test_that_a_gap_says_its_first_and_last_message() -> None:
    assert str(Gap("DAY", 7, 1, 0)) == "session DAY: messages 7 to 7 are missing"
    assert str(Gap("DAY", 7, 10, 0)) == "session DAY: messages 7 to 16 are missing"


@pytest.mark.parametrize(("seq", "allowed"), [(2**63 - 2**17, True), (2**63 - 2**17 + 1, False), (0, True)])
def test_that_a_number_leaves_room_for_those_behind_it(seq: int, allowed: bool) -> None:
    found = mold_packet(HEADER.pack(b"S         ", seq, 0), 0, 0)
    assert isinstance(found, MoldPacket) == allowed


@given(count=st.integers(0, END), size=st.integers(0, 60))
def test_that_a_count_its_bytes_cannot_hold_is_refused_and_no_other(count: int, size: int) -> None:
    found = mold_packet(HEADER.pack(b"S         ", 1, count) + bytes(size), 7, 100)
    if count in (0, END) or 2 * count <= size:
        assert found == MoldPacket("S", 1, count, bytes(size), 7, 100 + HEADER.size)
    else:
        assert found == f"message count = {count} is not allowed; allowed: what {size} bytes can hold"


@given(session=st.binary(min_size=10, max_size=10))
def test_that_a_session_is_ten_printable_characters(session: bytes) -> None:
    found = mold_packet(HEADER.pack(session, 1, 0), 0, 0)
    if all(32 <= byte < 127 for byte in session):
        assert isinstance(found, MoldPacket)
        assert found.session == session.decode().strip()
    else:
        assert found == f"session = {session!r} is not allowed; allowed: 10 printable characters"
