"""Capture files written here, read there: every frame with its ns stamp and its place; sections, interfaces, limits."""

import struct
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.feeds.decode.pcap import Frame, PcapReader

FRAMES = st.lists(
    st.tuples(st.integers(0, (1 << 32) - 1), st.integers(0, 999_999_999), st.binary(max_size=40), st.integers(0, 99)),
    max_size=12,
)
ORDERS = st.sampled_from("<>")
Made = tuple[int, int, bytes, int]


def classic(made: Iterable[Made], order: str, unit: int, link: int) -> bytes:
    """A classic file; each frame: seconds, ns, its bytes, how many the capture's limit cut off."""
    magic = 0xA1B23C4D if unit == 1 else 0xA1B2C3D4
    parts = [struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 96, link)]
    for seconds, ns, data, cut in made:
        parts += [struct.pack(order + "IIII", seconds, ns // unit, len(data), len(data) + cut), data]
    return b"".join(parts)


def block(order: str, kind: int, body: bytes) -> bytes:
    body += b"\0" * (-len(body) % 4)
    size = struct.pack(order + "I", 12 + len(body))
    return struct.pack(order + "I", kind) + size + body + size


def section(order: str, *links: int) -> bytes:
    """A section with interfaces of these link types, their stamps in ns."""
    head = block(order, 0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1))
    nano = struct.pack(order + "HHB3x", 9, 1, 9)
    return head + b"".join(block(order, 1, struct.pack(order + "HHI", link, 0, 96) + nano) for link in links)


def enhanced(order: str, ticks: int, data: bytes, of: int = 0, cut: int = 0) -> bytes:
    head = struct.pack(order + "IIIII", of, ticks >> 32, ticks & 0xFFFFFFFF, len(data), len(data) + cut)
    return block(order, 6, head + data)


def read(data: bytes, size: int = 0) -> tuple[list[Frame], PcapReader]:
    """Its frames, fed in pieces of a size (0: at once)."""
    reader = PcapReader("day.pcap")
    step = size or len(data) or 1
    frames = [frame for at in range(0, len(data), step) for frame in reader.feed(data[at : at + step])]
    reader.finish()
    return frames, reader


@given(made=FRAMES, order=ORDERS, unit=st.sampled_from([1, 1_000]), link=st.sampled_from([1, 101, 113]))
def test_that_what_is_written_is_read_with_stamp_place_and_true_length(
    made: list[Made], order: str, unit: int, link: int
) -> None:
    data = classic(made, order, unit, link)
    frames, reader = read(data, 7)
    assert [(frame.ts_ns, frame.data, frame.length, frame.link) for frame in frames] == [
        (seconds * 1_000_000_000 + ns // unit * unit, raw, len(raw) + cut, link) for seconds, ns, raw, cut in made
    ]
    assert all(data[frame.offset : frame.offset + len(frame.data)] == frame.data for frame in frames)
    assert (reader.frames, reader.aside) == (len(made), [])


@given(
    made=st.lists(st.tuples(st.integers(0, 2**63), st.binary(max_size=30), st.integers(0, 1)), max_size=8), order=ORDERS
)
def test_that_stamps_of_64_bits_and_every_interface_are_kept(made: list[tuple[int, bytes, int]], order: str) -> None:
    data = section(order, 1, 101) + b"".join(enhanced(order, ticks, raw, of) for ticks, raw, of in made)
    frames, reader = read(data, 11)
    assert [(frame.ts_ns, frame.data, frame.link) for frame in frames] == [
        (ticks, raw, (1, 101)[of]) for ticks, raw, of in made
    ]
    assert reader.aside == []


def test_that_a_section_has_its_own_byte_order_and_interfaces() -> None:
    first = section("<", 1) + enhanced("<", 5, b"little")
    frames, reader = read(first + section(">", 113) + enhanced(">", 6, b"big"), 1)
    assert [(frame.ts_ns, frame.link, frame.data) for frame in frames] == [(5, 1, b"little"), (6, 113, b"big")]
    assert reader.aside == []


def test_that_interfaces_of_an_earlier_section_are_not_those_of_a_later_one() -> None:
    frames, reader = read(section("<", 1, 1) + section("<", 1) + enhanced("<", 5, b"lost", 1) + enhanced("<", 6, b"ok"))
    assert [frame.data for frame in frames] == [b"ok"]
    (aside,) = reader.aside
    assert "block type 6 makes no sense" in aside.reason
    assert b"lost" in aside.raw


def test_that_a_frame_that_claims_more_than_its_block_holds_is_set_aside_and_the_next_read() -> None:
    body = struct.pack("<IIIII", 0, 0, 5, 99, 99) + b"few!"
    frames, reader = read(section("<", 1) + block("<", 6, body) + enhanced("<", 6, b"next"))
    assert [frame.data for frame in frames] == [b"next"]
    assert [entry.raw for entry in reader.aside] == [body]


@pytest.mark.parametrize("size", [0, 1, 13])
def test_that_damage_is_set_aside_to_the_last_byte_however_it_comes(size: int) -> None:
    good = classic([(1, 2, b"abc", 0)], "<", 1, 1)
    bad = struct.pack("<IIII", 1, 1, 0xFFFF_FFFF, 1) + bytes(range(50))
    frames, reader = read(good + bad, size)
    assert [frame.data for frame in frames] == [b"abc"]
    broken, rest = reader.aside
    assert broken.where == rest.where == f"day.pcap offset {len(good)}"
    assert rest.raw == bad
    assert f"{len(bad)} bytes that follow" in rest.reason


def test_that_a_capture_without_a_frame_is_a_capture() -> None:
    for data in (classic([], "<", 1, 1), section(">", 1)):
        frames, reader = read(data, 3)
        assert (frames, reader.aside, reader.counts["snap_length"]) == ([], [], 96)
