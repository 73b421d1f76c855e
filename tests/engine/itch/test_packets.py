"""Packets found in a capture at once: those that go on, in either byte order, up to the first that is anything else."""

import struct

import numpy as np
import pytest

from app.engine.itch import packets
from app.engine.itch.state import readable

SESSION = b"SESSION001"
HEAD = b"\1" * 12 + b"\x08\x00"
TS = (1_741_959_000, 123_456)


def mold(seq: int, count: int = 1, body: bytes = b"\x00\x01A", session: bytes = SESSION) -> bytes:
    return session + struct.pack(">QH", seq, count) + body


def ethernet(payload: bytes, head: bytes = HEAD, **wrong: int) -> bytes:
    """A frame; `wrong` sets a field of its headers."""
    size = len(payload) + 8
    udp = struct.pack(">HHHH", 1, 2, wrong.get("udp_size", size), 0) + payload
    ip = struct.pack(
        ">BBHHHBBHII", wrong.get("first", 0x45), 0, wrong.get("size", 20 + size), 0, wrong.get("fragment", 0x4000), 9,
        wrong.get("protocol", 17), 0, 1, 2,
    )  # fmt: skip
    return head + ip + udp


def record(frame: bytes, order: str = "<", kept: int | None = None) -> bytes:
    return struct.pack(order + "IIII", *TS, len(frame) if kept is None else kept, len(frame)) + frame


def walked(data: bytes, order: str = "<", unit: int = 1, room: int = 16) -> tuple[list[list[int]], packets.Walk]:
    marks = np.zeros(packets.MARKS, np.int64)
    marks[packets.SIZE], marks[packets.NEXT_SEQ] = len(data), 5
    marks[packets.LITTLE], marks[packets.UNIT] = order == "<", unit
    walk = packets.Walk(readable(data), readable(SESSION), np.zeros((room, packets.FIELDS), np.int64), marks)
    packets.walk(walk)
    return walk.found[: marks[packets.FOUND]].tolist(), walk


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("unit", [1, 1_000])
def test_that_packets_that_go_on_are_found_with_place_number_and_time(order: str, unit: int) -> None:
    first, second = record(ethernet(mold(5, 2)), order), record(ethernet(mold(7)), order)
    found, walk = walked(first + second, order, unit)
    ts = TS[0] * 1_000_000_000 + TS[1] * unit
    begin = 16 + 14 + 28 + 20
    assert found == [[begin, begin + 3, 5, 2, ts], [len(first) + begin, len(first) + begin + 3, 7, 1, ts]]
    assert walk.marks[packets.AT] == len(first + second)
    assert walk.marks[packets.NEXT_SEQ] == 8


@pytest.mark.parametrize("tags", [b"\x81\x00\x00\x01", b"\x88\xa8\x00\x01\x81\x00\x00\x02"])
def test_that_vlan_tags_are_passed(tags: bytes) -> None:
    found, _ = walked(record(ethernet(mold(5), HEAD[:12] + tags + HEAD[12:])))
    assert [row[0] for row in found] == [16 + 14 + len(tags) + 48]


def test_that_the_padding_of_a_short_frame_is_no_message() -> None:
    ((begin, end, *_),) = walked(record(ethernet(mold(5)) + b"\0" * 9))[0]
    assert end - begin == 3


@pytest.mark.parametrize(
    "other",
    [
        record(ethernet(mold(6))),
        record(ethernet(mold(4))),
        record(ethernet(mold(5, 0))),
        record(ethernet(mold(5, 0xFFFF))),
        record(ethernet(mold(5, session=b"SESSION002"))),
        record(ethernet(mold(5), HEAD[:12] + b"\x86\xdd")),
        record(ethernet(mold(5), first=0x46)),
        record(ethernet(mold(5), protocol=6)),
        record(ethernet(mold(5), fragment=0x2000)),
        record(ethernet(mold(5), fragment=1)),
        record(ethernet(mold(5), size=200)),
        record(ethernet(mold(5), size=47)),
        record(ethernet(mold(5), udp_size=30)),
        record(ethernet(b"short")),
        record(ethernet(mold(5)[:19] + b"", size=47, udp_size=27) + b"\0" * 9),
        record(b"\x81\x00" * 20),
        record(ethernet(mold(5)), kept=1 << 25),
        record(ethernet(mold(5)))[:-1],
        record(ethernet(mold(5)))[:12],
        b"",
    ],
)
def test_that_anything_else_is_left_where_it_stands(other: bytes) -> None:
    found, walk = walked(other)
    assert found == []
    assert walk.marks[packets.AT] == 0
    first = record(ethernet(mold(5)))
    shifted = other.replace(struct.pack(">Q", 5), struct.pack(">Q", 6)) if b"SESSION001" in other else other
    if struct.pack(">Q", 6) not in other:
        found, walk = walked(first + shifted)
        assert len(found) == 1
        assert walk.marks[packets.AT] == len(first)


def test_that_no_more_is_found_than_there_is_room_for() -> None:
    data = b"".join([record(ethernet(mold(5 + n))) for n in range(6)])
    found, walk = walked(data, room=4)
    assert [row[2] for row in found] == [5, 6, 7, 8]
    assert walk.marks[packets.AT] == len(data) * 4 // 6
