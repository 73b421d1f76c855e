"""Cutting ITCH messages: numbers, damage in a stream and in packets, and waiting for what decides."""

import numpy as np
import pytest

from app.engine.itch import state
from app.engine.itch.frame import eight, four, two
from app.engine.itch.kernel import decode
from app.engine.itch.state import BAD_COUNT, CUT_SHORT, UNFRAMED, UNKNOWN_TYPE, WRONG_LENGTH
from tests.feeds.itch_made import add, message, stream

EVENT = message("S", "s", b"O")
ONE = stream(EVENT)


def run(data: bytes, *, final: bool = True, room: int = 64) -> state.Work:
    work = state.fresh(0, 0, 0)._replace(data=state.readable(data), bad=np.zeros((room, 5), np.int64))
    work.marks[state.SIZE], work.marks[state.FINAL] = len(data), final
    decode(work)
    return work


def bad(work: state.Work) -> list[tuple[int, ...]]:
    return [tuple(row) for row in work.bad[: work.marks[state.BADS]].tolist()]


def packets(bodies: list[bytes], heads: list[tuple[int, int, int]]) -> state.Work:
    data = b"".join(bodies)
    edges = np.cumsum([len(body) for body in bodies])
    starts = edges - [len(body) for body in bodies]
    work = state.fresh(0, 0, 0)._replace(
        data=state.readable(data), starts=starts, edges=edges, heads=np.array(heads, np.int64).reshape(-1, 3)
    )
    work.names[1] = 0
    work.marks[state.SIZE], work.marks[state.PACKET] = len(data), -1
    assert decode(work) == state.DONE
    return work


def test_that_numbers_are_read_with_the_high_byte_first() -> None:
    data = state.readable(bytes([0xFF, 0x01, 0x80, 0x7F, 0x00, 0x02, 0xFE, 0x03, 0x55]))
    assert two(data, 0) == 0xFF01
    assert two(data, 7) == 0x0355
    assert four(data, 0) == 0xFF01807F
    assert four(data, 1) == 0x01807F00
    assert eight(data, 0) == 0xFF01807F0002FE03 - 2**64
    assert eight(data, 1) == 0x01807F0002FE0355


def test_that_an_unknown_type_of_a_fitting_length_is_passed_and_the_next_message_read() -> None:
    work = run(ONE + b"\x00\x03zzz" + ONE)
    assert bad(work) == [(14, 19, 1, UNKNOWN_TYPE, ord("z"))]
    assert (work.marks[state.REC], work.types[ord("S")]) == (3, 2)


def test_that_a_wrong_length_is_passed_and_the_next_message_read() -> None:
    work = run(ONE + b"\x00\x0b" + EVENT[:11] + ONE)
    assert bad(work) == [(14, 27, 1, WRONG_LENGTH, 11)]
    assert work.types[ord("S")] == 2


def test_that_after_damage_the_search_goes_on_at_the_next_two_messages() -> None:
    work = run(ONE + b"\xff" * 40 + ONE + ONE)
    assert bad(work) == [(14, 54, 1, UNFRAMED, 0)]
    assert work.types[ord("S")] == 3
    assert work.marks[state.REC] == 3


def test_that_a_length_of_nothing_is_damage() -> None:
    work = run(ONE + b"\x00\x00" + ONE + ONE)
    assert bad(work) == [(14, 16, 1, UNFRAMED, 0)]
    assert work.types[ord("S")] == 3


def test_that_damage_to_the_end_is_set_aside_to_the_end() -> None:
    assert bad(run(ONE + b"\xfe" * 30)) == [(14, 44, 1, UNFRAMED, 0)]


def test_that_long_damage_is_set_aside_in_pieces() -> None:
    work = run(b"\xfe" * (2 * state.KEPT + 100) + ONE + ONE)
    assert [row[:2] for row in bad(work)] == [(0, 4_096), (4_096, 8_192), (8_192, 8_292)]
    assert work.types[ord("S")] == 2


@pytest.mark.parametrize("left", range(1, 14))
def test_that_a_message_cut_short_at_the_end_is_set_aside_as_that(left: int) -> None:
    work = run(ONE + ONE[:left])
    assert bad(work) == [(14, 14 + left, 1, CUT_SHORT, left)]


def test_that_an_unfinished_message_waits_for_more() -> None:
    work = run(ONE + ONE[:5], final=False)
    assert bad(work) == []
    assert work.marks[state.POS] == 14


def test_that_damage_waits_for_what_decides_it() -> None:
    work = run(ONE + b"\x00\x03zzz" + ONE, final=False)
    assert bad(work) == []
    assert work.marks[state.POS] == 14
    work = run(ONE + b"\x00\x03zzz" + 80 * ONE, final=False)
    assert [row[3] for row in bad(work)] == [UNKNOWN_TYPE]
    assert work.marks[state.POS] == 14 + 5 + 80 * 14


def test_that_a_search_waits_at_the_end_of_what_is_there_and_goes_on_from_it() -> None:
    work = run(b"\xfe" * 2_000, final=False)
    assert bad(work) == []
    assert work.marks[state.POS] == 0
    assert work.marks[state.LOST] == 2_000 - state.LOOK + 1
    more = state.readable(b"\xfe" * 2_000 + ONE + ONE)
    work.marks[state.SIZE], work.marks[state.FINAL] = len(more), 1
    work = work._replace(data=more)
    decode(work)
    assert [row[:2] for row in bad(work)] == [(0, 2_000)]


def test_that_packets_give_their_numbers_and_stamps() -> None:
    work = packets([stream(add(1), add(2)), stream(add(3))], [(10, 2, 77), (20, 1, 88)])
    rows = work.out[:3]
    assert rows["seq"].tolist() == [10, 11, 20]
    assert rows["ts_recv"].tolist() == [77, 77, 88]
    assert rows["rec"].tolist() == [0, 1, 2]
    assert bad(work) == []


def test_that_damage_in_a_packet_ends_with_it() -> None:
    work = packets([stream(EVENT) + b"\xff\xff\xff", stream(EVENT)], [(1, 2, 0), (3, 1, 0)])
    assert bad(work) == [(14, 17, 1, CUT_SHORT, 3), (17, 17, 1, BAD_COUNT, 2)]
    assert work.types[ord("S")] == 2
    assert packets([b"\x00"], [(1, 1, 0)]).bad[0].tolist() == [0, 1, 0, CUT_SHORT, 1]


def test_that_messages_of_unknown_type_or_length_in_a_packet_are_passed() -> None:
    work = packets([b"\x00\x01z" + b"\x00\x02SS" + ONE], [(1, 3, 0)])
    assert [row[:2] + row[3:] for row in bad(work)] == [(0, 3, UNKNOWN_TYPE, ord("z")), (3, 7, WRONG_LENGTH, 2)]
    assert work.types[ord("S")] == 1


def test_that_a_message_of_no_length_in_a_packet_ends_it() -> None:
    work = packets([b"\x00\x00" + ONE], [(1, 1, 0)])
    assert bad(work)[0] == (0, 16, 0, CUT_SHORT, 16)


def test_that_more_messages_than_announced_are_set_aside() -> None:
    work = packets([ONE + ONE, ONE], [(1, 1, 0), (2, 1, 0)])
    assert bad(work) == [(14, 28, 1, BAD_COUNT, 1)]
    assert work.types[ord("S")] == 2


def test_that_an_unknown_type_at_the_end_is_passed() -> None:
    work = run(ONE + b"\x00\x03zzz")
    assert bad(work) == [(14, 19, 1, UNKNOWN_TYPE, ord("z"))]
    assert work.marks[state.REC] == 2
