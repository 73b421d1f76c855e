"""Capture files: every kind gives the same frames, in any pieces; damage is named with its offset."""

import io
import struct
from collections.abc import Callable
from itertools import pairwise

import dpkt  # type: ignore[import-untyped]
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.errors import DecodeError
from app.feeds.decode.pcap import Frame, PcapReader
from app.feeds.decode.pcap_layers import TCP, UDP, Datagram, Flow, Passed, unwrapped
from app.feeds.generator.itch_wire import pcap

TS = 1_741_959_000_123_456_789
PACKETS = [(TS, b"one"), (TS + 1_000, b""), (TS + 5_000, b"three" * 20)]


def classic(order: str = "<", magic: int = 0xA1B23C4D, unit: int = 1) -> bytes:
    frames = (b"abc", b"de")
    parts = [struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 65_535, 1)]
    for number, frame in enumerate(frames):
        ns = (TS + number) % 1_000_000_000
        parts += [struct.pack(order + "IIII", TS // 1_000_000_000, ns // unit, len(frame), len(frame) + 4), frame]
    return b"".join(parts)


def block(order: str, kind: int, body: bytes) -> bytes:
    body += b"\0" * (-len(body) % 4)
    size = 12 + len(body)
    return struct.pack(order + "II", kind, size) + body + struct.pack(order + "I", size)


def section(order: str) -> bytes:
    return block(order, 0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1))


def interface(order: str, *options: tuple[int, bytes]) -> bytes:
    parts = [struct.pack(order + "HHI", 1, 0, 65_535)]
    for code, value in options:
        parts.append(struct.pack(order + "HH", code, len(value)) + value + b"\0" * (-len(value) % 4))
    return block(order, 1, b"".join(parts))


def enhanced(order: str, ticks: int, frame: bytes, of: int = 0) -> bytes:
    head = struct.pack(order + "IIIII", of, ticks >> 32, ticks & 0xFFFFFFFF, len(frame), len(frame) + 4)
    return block(order, 6, head + frame)


def read(data: bytes, *cuts: int) -> tuple[list[Frame], PcapReader]:
    reader = PcapReader("a.pcap")
    frames: list[Frame] = []
    edges = [0, *sorted(cuts), len(data)]
    for start, end in pairwise(edges):
        frames += reader.feed(data[start:end])
    reader.finish()
    return frames, reader


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(("magic", "unit"), [(0xA1B23C4D, 1), (0xA1B2C3D4, 1_000)])
def test_that_a_classic_file_gives_its_frames_in_either_order_and_unit(order: str, magic: int, unit: int) -> None:
    frames, reader = read(classic(order, magic, unit))
    assert [frame.data for frame in frames] == [b"abc", b"de"]
    assert [frame.ts_ns for frame in frames] == [(TS + n) // unit * unit for n in range(2)]
    assert [frame.offset for frame in frames] == [40, 59]
    assert [(frame.link, frame.length) for frame in frames] == [(1, 7), (1, 6)]
    assert reader.aside == []


@pytest.mark.parametrize("order", ["<", ">"])
def test_that_pcapng_stamps_have_the_unit_and_shift_of_their_interface(order: str) -> None:
    nano, binary = interface(order, (9, b"\x09")), interface(order, (9, b"\x9e"), (14, struct.pack(order + "q", 7)))
    data = section(order) + interface(order) + nano + binary + block(order, 5, b"statistics  ")
    data += enhanced(order, TS // 1_000, b"us") + enhanced(order, TS, b"ns", 1) + enhanced(order, 3 << 29, b"2^-30", 2)
    frames, reader = read(data)
    assert [frame.data for frame in frames] == [b"us", b"ns", b"2^-30"]
    assert [frame.ts_ns for frame in frames] == [TS // 1_000 * 1_000, TS, 1_500_000_000 + 7_000_000_000]
    assert data[frames[1].offset :].startswith(b"ns")
    assert reader.counts["other_blocks"] == 1


def test_that_pcapng_frames_without_a_stamp_and_of_the_old_kind_are_frames() -> None:
    simple = block("<", 3, struct.pack("<I", 3) + b"abc")
    old = block("<", 2, struct.pack("<HHIIII", 0, 0, 0, 5, 2, 2) + b"xy")
    frames, reader = read(section("<") + interface("<") + simple + old)
    assert [(frame.ts_ns, frame.data) for frame in frames] == [(0, b"abc"), (5_000, b"xy")]
    assert reader.counts["frames_without_stamp"] == 1


@pytest.mark.parametrize("nanoseconds", [True, False])
def test_that_dpkt_reads_the_same_payloads_from_a_generated_capture(nanoseconds: bool) -> None:
    data = pcap(PACKETS, nanoseconds=nanoseconds)
    mine, _ = read(data)
    theirs = list(dpkt.pcap.Reader(io.BytesIO(data)))
    for frame, (ts_ns, payload), (stamp, raw) in zip(mine, PACKETS, theirs, strict=True):
        found = unwrapped(frame)
        assert isinstance(found, Datagram)
        udp = dpkt.ethernet.Ethernet(raw).data.data
        assert found.payload == payload == bytes(udp.data)
        assert (found.flow.source_port, found.flow.target_port) == (udp.sport, udp.dport)
        assert frame.ts_ns == (ts_ns if nanoseconds else ts_ns // 1_000 * 1_000)
        assert abs(float(stamp) - ts_ns / 1e9) < 1e-5
        assert data[found.offset : found.offset + len(payload)] == payload


@given(cuts=st.lists(st.integers(0, 400), max_size=8), ng=st.booleans())
def test_that_where_a_file_is_split_never_changes_its_frames(cuts: list[int], ng: bool) -> None:
    data = section("<") + interface("<") + enhanced("<", 5, b"abc") + enhanced("<", 6, b"d") if ng else pcap(PACKETS)
    whole, _ = read(data)
    split, _ = read(data, *[min(cut, len(data)) for cut in cuts])
    assert split == whole
    assert len(whole) == (2 if ng else 3)


@pytest.mark.parametrize("make", [pcap, lambda packets: section("<") + interface("<") + enhanced("<", 5, b"abc")])
def test_that_a_file_cut_anywhere_loses_its_last_frame_only_and_says_where(make: Callable[..., bytes]) -> None:
    data = make(PACKETS)
    whole, _ = read(data)
    header = 24 if make is pcap else 28
    for end in range(header, len(data)):
        frames, reader = read(data[:end])
        assert frames == whole[: len(frames)]
        left = sum(len(entry.raw) for entry in reader.aside)
        assert (left > 0) == bool(reader.aside)
        if reader.aside:
            assert reader.aside[0].where == f"a.pcap offset {end - left}"


@pytest.mark.parametrize("start", [b"", b"\xa1", b"PK\x03\x04", b"\0" * 40])
def test_that_a_file_that_is_no_capture_is_refused(start: bytes) -> None:
    with pytest.raises(DecodeError, match=r"offset 0: first bytes = .* is not allowed; allowed: a1b2c3d4"):
        read(start)


def test_that_a_version_nobody_wrote_is_refused() -> None:
    with pytest.raises(DecodeError, match="offset 4: version = 9 is not allowed"):
        read(struct.pack("<IHHiIII", 0xA1B23C4D, 9, 4, 0, 0, 1, 1))


def test_that_an_impossible_length_ends_the_file_and_is_named() -> None:
    data = classic() + struct.pack("<IIII", 1, 1, 1 << 31, 1) + b"rest"
    frames, reader = read(data)
    assert len(frames) == 2
    assert "offset 61: length = 2147483648 is not allowed" in reader.aside[0].reason
    assert reader.aside[1].raw == data[61:]


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        (struct.pack("<II", 6, 13) + b"\0" * 8, "block length = 13"),
        (struct.pack("<IIII", 6, 16, 0, 17), "block length at its end"),
        (b"\x0a\x0d\x0d\x0a" + struct.pack("<II", 28, 5), "byte order"),
    ],
)
def test_that_a_damaged_block_ends_the_file_and_is_named(broken: bytes, words: str) -> None:
    frames, reader = read(section("<") + interface("<") + enhanced("<", 5, b"abc") + broken)
    assert len(frames) == 1
    assert words in reader.aside[0].reason
    assert reader.aside[-1].raw == broken


def test_that_a_block_that_makes_no_sense_is_set_aside_and_the_next_one_read() -> None:
    strange = enhanced("<", 5, b"abc", of=4)
    long = block("<", 6, struct.pack("<IIIII", 0, 0, 0, 99, 99) + b"ab")
    short = block("<", 1, b"")
    frames, reader = read(section("<") + interface("<") + strange + long + short + enhanced("<", 5, b"abc"))
    assert len(frames) == 1
    assert ["makes no sense" in entry.reason for entry in reader.aside] == [True] * 3


def ip4(protocol: int, body: bytes, fragment: int = 0, first: int = 0x45) -> bytes:
    head = struct.pack(">BBHHHBBH", first, 0, 20 + len(body), 1, fragment, 64, protocol, 0)
    return head + bytes([10, 0, 0, 1, 10, 0, 0, 2]) + body


def udp(payload: bytes, size: int | None = None) -> bytes:
    return struct.pack(">HHHH", 1_000, 2_000, 8 + len(payload) if size is None else size, 0) + payload


def frame(data: bytes, link: int = 1) -> Frame:
    return Frame(5, link, data, len(data), 100)


ETHERNET = b"\1" * 12 + b"\x08\x00"
FLOW = Flow("10.0.0.1", 1_000, "10.0.0.2", 2_000)


@pytest.mark.parametrize(
    ("data", "link", "at"),
    [
        (ETHERNET + ip4(17, udp(b"hi")), 1, 42),
        (b"\1" * 12 + b"\x81\x00\x00\x05\x88\xa8\x00\x06\x08\x00" + ip4(17, udp(b"hi")), 1, 50),
        (ETHERNET + ip4(17, udp(b"hi")) + b"\0" * 20, 1, 42),  # the padding of a short frame
        (ip4(17, udp(b"hi", size=0)), 101, 28),
        (b"\2\0\0\0" + ip4(17, udp(b"hi")), 0, 32),
        (b"\0" * 14 + b"\x08\x00" + ip4(17, udp(b"hi")), 113, 44),
        (b"\x08\x00" + b"\0" * 18 + ip4(17, udp(b"hi")), 276, 48),
    ],
)
def test_that_every_link_gives_the_payload_and_its_place(data: bytes, link: int, at: int) -> None:
    found = unwrapped(frame(data, link))
    assert found == Datagram(5, UDP, FLOW, b"hi", 100 + at)
    assert str(FLOW) == "10.0.0.1:1000>10.0.0.2:2000"


def test_that_ip6_with_extensions_gives_the_payload() -> None:
    extension = bytes([17, 0]) + b"\0" * 6
    head = struct.pack(">IHBB", 6 << 28, len(extension) + 10, 0, 64) + b"\0" * 15 + b"\1" + b"\0" * 15 + b"\2"
    found = unwrapped(frame(b"\1" * 12 + b"\x86\xdd" + head + extension + udp(b"hi")))
    assert isinstance(found, Datagram)
    assert (str(found.flow), found.payload) == ("::1:1000>::2:2000", b"hi")


def test_that_tcp_gives_its_number_and_flags() -> None:
    segment = struct.pack(">HHIIBBHHH", 1_000, 2_000, 77, 0, 6 << 4, 2, 0, 0, 0) + b"\0" * 4 + b"body"
    found = unwrapped(frame(ETHERNET + ip4(6, segment)))
    assert found == Datagram(5, TCP, FLOW, b"body", 100 + 58, 77, 2)


@pytest.mark.parametrize(
    ("data", "link", "reason", "damaged"),
    [
        (b"\1" * 12 + b"\x08\x06" + b"\0" * 30, 1, "no IP", False),
        (b"\1" * 60, 147, "link type 147 is not read", False),
        (ETHERNET + ip4(1, b"ping"), 1, "neither UDP nor TCP", False),
        (ETHERNET + ip4(17, udp(b"hi"), fragment=0x2000), 1, "an IP fragment", True),
        (ETHERNET + ip4(17, udp(b"hi"), fragment=1), 1, "an IP fragment", True),
        (ETHERNET + ip4(17, udp(b"hi"), first=0x44), 1, "IP header 44 is none", True),
        (ETHERNET + ip4(17, udp(b"hi"))[:15], 1, "headers cut short after 29 of 29 bytes", True),
        (ETHERNET + ip4(17, udp(b"hi"))[:-1], 1, "cut short at the capture: 43 of 43 bytes", True),
        (ETHERNET + ip4(17, udp(b"hi", size=4)), 1, "header lengths do not fit", True),
        (b"\1\2\3", 1, "headers cut short after 3 of 3 bytes", True),
    ],
)
def test_that_a_frame_with_nothing_to_read_says_why(data: bytes, link: int, reason: str, damaged: bool) -> None:
    assert unwrapped(frame(data, link)) == Passed(reason, damaged)


@given(data=st.binary(max_size=80), link=st.sampled_from([0, 1, 101, 113, 276, 9]))
def test_that_no_frame_breaks_the_reader(data: bytes, link: int) -> None:
    found = unwrapped(frame(data, link))
    assert isinstance(found, Passed) or found.payload == data[found.offset - 100 :][: len(found.payload)]
