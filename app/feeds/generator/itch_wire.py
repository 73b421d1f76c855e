"""A generated ITCH day as files: length-prefixed, or MoldUDP64 in a capture with lost, repeated and late packets.

What was done to the packets is known exactly: a test asks for it back.
"""

import gzip
import random
import struct
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

import msgspec
import numpy as np
import pyarrow.parquet as pq

from app.engine.errors import FeedError
from app.engine.events import TOUCHED
from app.feeds.generator.itch import ItchDay
from app.runtime.outputs import book_table

_NANO: Final = 0xA1B23C4D
_MICRO: Final = 0xA1B2C3D4
_ETHERNET: Final = bytes.fromhex("01005e360c6f001122334455") + b"\x08\x00"
_GROUP: Final = bytes([233, 54, 12, 111])
_SENDER: Final = bytes([206, 200, 127, 138])
_PORT: Final = 26_477
_LARGEST: Final = 1_400
_SESSION: Final = b"0000010001"


class WirePlan(msgspec.Struct, frozen=True, kw_only=True):
    """What happens to the packets of a day; shares are probabilities per packet, `seed` draws them."""

    seed: int = 1
    lost: float = 0.0
    repeated: float = 0.0
    late: float = 0.0  # behind the one that follows
    delay_ns: int = 20_000  # from the exchange's stamp to the capture's, about
    nanoseconds: bool = True  # of the capture's stamps


class Wire(NamedTuple):
    """A capture: packets as (time, payload), the messages lost (number of the first, how many), messages repeated."""

    packets: list[tuple[int, bytes]]
    lost: list[tuple[int, int]]
    repeated: int


def length_prefixed(messages: Iterable[bytes]) -> bytes:
    """Messages with 2 bytes of length before each."""
    return b"".join([len(message).to_bytes(2, "big") + message for message in messages])


def mold_packets(day: ItchDay, plan: WirePlan) -> Wire:
    """The day as MoldUDP64 packets; the first and the last one always come through."""
    draw = random.Random(plan.seed).random
    midnight = day.plan.midnight_ns()
    packets: list[tuple[int, bytes]] = []
    lost: list[tuple[int, int]] = []
    repeated = 0
    swapped = False  # the one before: none is late twice
    groups = list(_groups(day.messages))
    for place, (first, group) in enumerate(groups):
        sent = midnight + int.from_bytes(group[-1][5:11], "big")
        ts_ns = max(sent + int(plan.delay_ns * (0.5 + draw())), packets[-1][0] + 1 if packets else 0)
        payload = struct.pack(">10sQH", _SESSION, first + 1, len(group)) + length_prefixed(group)
        between = 0 < place < len(groups) - 1
        if between and draw() < plan.lost:
            lost.append((first + 1, len(group)))
            continue
        packets.append((ts_ns, payload))
        if draw() < plan.repeated:
            packets.append((ts_ns + 500, payload))
            repeated += len(group)
        swapped = between and not swapped and len(packets) > 2 and draw() < plan.late
        if swapped:
            (_, one), (after, other) = packets[-2:]
            packets[-2:] = [(after, other), (after + 300, one)]
    end = packets[-1][0] + 1_000
    packets.append((end, struct.pack(">10sQH", _SESSION, len(day.messages) + 1, 0)))
    packets.append((end + 1_000, struct.pack(">10sQH", _SESSION, len(day.messages) + 1, 0xFFFF)))
    return Wire(packets, _joined(lost), repeated)


def _groups(messages: list[bytes]) -> Iterator[tuple[int, list[bytes]]]:
    """Messages as they share packets: those within 50 us, up to a packet's size; with the number of the first."""
    group: list[bytes] = []
    first = size = since = 0
    for number, message in enumerate(messages):
        now = int.from_bytes(message[5:11], "big")
        if group and (size + len(message) + 2 > _LARGEST or now - since > 50_000):
            yield first, group
            group, first, size = [], number, 0
        if not group:
            since = now
        group.append(message)
        size += len(message) + 2
    if group:
        yield first, group


def _joined(lost: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Losses that follow each other are one gap."""
    gaps: list[tuple[int, int]] = []
    for first, count in lost:
        if gaps and gaps[-1][0] + gaps[-1][1] == first:
            gaps[-1] = (gaps[-1][0], gaps[-1][1] + count)
        else:
            gaps.append((first, count))
    return gaps


def pcap(packets: Iterable[tuple[int, bytes]], *, nanoseconds: bool = True) -> bytes:
    """UDP payloads and their times as a capture file."""
    parts = [struct.pack("<IHHiIII", _NANO if nanoseconds else _MICRO, 2, 4, 0, 0, 262_144, 1)]
    for number, (ts_ns, payload) in enumerate(packets):
        frame = _ETHERNET + _ip(number, payload) + payload
        seconds, fraction = divmod(ts_ns, 1_000_000_000)
        parts.append(
            struct.pack("<IIII", seconds, fraction if nanoseconds else fraction // 1_000, len(frame), len(frame))
        )
        parts.append(frame)
    return b"".join(parts)


def _ip(number: int, payload: bytes) -> bytes:
    """The IPv4 and UDP headers of a payload."""
    size = len(payload)
    header = struct.pack(">BBHHHBBH", 0x45, 0, 28 + size, number & 0xFFFF, 0x4000, 16, 17, 0) + _SENDER + _GROUP
    words: int = sum(struct.unpack(">10H", header))
    words = (words & 0xFFFF) + (words >> 16)
    check = 0xFFFF - ((words & 0xFFFF) + (words >> 16))
    header = header[:10] + check.to_bytes(2, "big") + header[12:]
    return header + struct.pack(">HHHH", 49_653, _PORT, 8 + size, 0)


def write_itch(day: ItchDay, path: Path, wire: WirePlan | None = None) -> Wire | None:
    """Write a day length-prefixed, or as a capture; gzip where the name ends in .gz. What was done to the packets.

    Raises FeedError when the file cannot be written.
    """
    done = mold_packets(day, wire) if wire is not None else None
    if done is not None and wire is not None:
        data = pcap(done.packets, nanoseconds=wire.nanoseconds)
    else:
        data = length_prefixed(day.messages)
    _write(path, gzip.compress(data, 6, mtime=0) if path.suffix == ".gz" else data)
    return done


def write_book(day: ItchDay, path: Path) -> None:
    """Write the true book with the columns of a replay's book.parquet. Raises FeedError when it cannot be written."""
    touches = day.book.copy()
    touches["kind"] = TOUCHED
    names = day.plan.names()
    try:
        pq.write_table(book_table(np.asarray(touches), names), path)
    except OSError as error:
        raise FeedError(f"{path}: cannot be written: {error.strerror or error}") from error


def _write(path: Path, data: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f"{path.name}.partial")
        partial.write_bytes(data)
        partial.replace(path)
    except OSError as error:
        raise FeedError(f"{path}: cannot be written: {error.strerror or error}") from error
