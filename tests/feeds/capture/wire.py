"""Frames made by hand: TCP conversations cut and disturbed as a wire does, UDP beside them."""

import random
import struct
from collections.abc import Iterable
from typing import Final

from app.feeds.decode.pcap import Frame

TS: Final = 1_741_959_000_000_000_000
ETHERNET: Final = bytes.fromhex("02000000000202000000000108 00".replace(" ", ""))


def ip(protocol: int, body: bytes) -> bytes:
    """An Ethernet frame with an IPv4 packet from 10.0.0.1 to 10.0.0.2."""
    head = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(body), 7, 0x4000, 64, protocol, 0)
    return ETHERNET + head + bytes([10, 0, 0, 1, 10, 0, 0, 2]) + body


def tcp(seq: int, data: bytes, flags: int = 16, ports: tuple[int, int] = (40_000, 9_001)) -> bytes:
    return ip(6, struct.pack(">HHIIBBHHH", *ports, seq % (1 << 32), 0, 5 << 4, flags, 65_535, 0, 0) + data)


def udp(data: bytes, ports: tuple[int, int] = (50_000, 26_477)) -> bytes:
    return ip(17, struct.pack(">HHHH", *ports, 8 + len(data), 0) + data)


def frames(raw: Iterable[bytes], start: int = TS, step: int = 1_000) -> list[Frame]:
    """Captured frames a microsecond apart."""
    return [Frame(start + n * step, 1, data, len(data), n) for n, data in enumerate(raw)]


def pcap_of(raw: Iterable[Frame]) -> bytes:
    """A capture file with ns stamps."""
    parts = [struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 65_535, 1)]
    for frame in raw:
        seconds, ns = divmod(frame.ts_ns, 1_000_000_000)
        parts += [struct.pack("<IIII", seconds, ns, len(frame.data), len(frame.data)), frame.data]
    return b"".join(parts)


def conversation(data: bytes, seed: int, size: int = 90, ports: tuple[int, int] = (40_000, 9_001)) -> list[bytes]:
    """A stream in segments of random sizes: some late, some twice, some overlapping; nothing is missing."""
    draw = random.Random(seed)
    first = draw.randrange(1 << 32)
    made, at = [], 0
    while at < len(data):
        end = min(len(data), at + draw.randint(1, size))
        begin = max(0, at - draw.choice([0, 0, 0, 7]))
        made.append(tcp(first + 1 + begin, data[begin:end], ports=ports))
        if draw.random() < 0.1:
            made.append(made[-1])
        at = end
    for n in range(1, len(made) - 1):
        if draw.random() < 0.1:
            made[n], made[n + 1] = made[n + 1], made[n]
    return [tcp(first, b"", 2, ports), *made]


def fix(number: int, kind: str = "D", **more: str) -> bytes:
    """A whole FIX message."""
    fields = {"35": kind, "49": "BUY", "56": "SELL", "34": str(number), "52": "20250314-13:30:00.123456", **more}
    body = "".join(f"{tag}={value}\x01" for tag, value in fields.items()).encode()
    head = b"8=FIX.4.4\x019=%d\x01" % len(body)
    return head + body + b"10=%03d\x01" % (sum(head + body) % 256)


def order(number: int) -> bytes:
    """A new order."""
    more = {
        "11": f"C{number}",
        "55": "AAPL",
        "54": "1",
        "38": "100",
        "40": "2",
        "44": "100.25",
        "60": "20250314-13:30:00",
    }
    return fix(number, **more)
