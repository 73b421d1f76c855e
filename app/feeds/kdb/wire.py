"""The kdb+ wire: messages cut out of a byte stream, objects cut out of a tickerplant's log. No codec in here.

A message is 8 bytes of header (byte order, kind, compressed, high byte of the length, length) and one object. The
client library's own connection is not used: it loses itself when those 8 bytes come in two pieces (measured).
"""

import mmap
import struct
from collections.abc import Iterator
from typing import Final, TypeAlias

from app.engine.errors import DecodeError, complaint

Log: TypeAlias = bytes | mmap.mmap
HEADER: Final = 8
ASYNC: Final = 0
SYNC: Final = 1
REPLY: Final = 2
LIMIT: Final = 1 << 30  # bytes of a message; a longer one is a header that was misread
_ERROR: Final = 128
_KINDS: Final = (ASYNC, SYNC, REPLY)
_ATOM_BYTES: Final = {
    1: 1, 2: 16, 4: 1, 5: 2, 6: 4, 7: 8, 8: 4, 9: 8, 10: 1, 12: 8, 13: 4, 14: 4, 15: 8, 16: 8, 17: 4, 18: 4, 19: 4,
}  # fmt: skip
_SYMBOL: Final = 11
_TABLE: Final = 98
_DICTIONARIES: Final = (99, 127)
_ONE_BYTE: Final = (101, 102, 103)  # functions of the language: one byte names them
_DEPTH: Final = 32
# A log file opens like a list of unknown length on disk, then object follows object.
LOG_HEADER: Final = b"\xff\x01\x00\x00\x00\x00\x00\x00"


def header(kind: int, length: int) -> bytes:
    """The 8 bytes before an object of `length` bytes."""
    total = length + HEADER
    return struct.pack("<BBBBI", 1, kind, 0, total >> 32, total & 0xFFFFFFFF)


class Frames:
    """Whole messages out of bytes as they come, in any pieces. `at`: bytes of the stream handed over so far."""

    def __init__(self, name: str, limit: int = LIMIT) -> None:
        """`name`: what the stream is called in a complaint."""
        self.at = 0
        self._name = name
        self._limit = limit
        self._kept = bytearray()

    def feed(self, data: bytes) -> list[bytes]:
        """Messages that are complete now. Raises DecodeError when this cannot be a stream of kdb+ messages."""
        self._kept += data
        found = []
        begin = 0
        while len(self._kept) - begin >= HEADER:
            length = self._length(begin)
            if len(self._kept) - begin < length:
                break
            found.append(bytes(self._kept[begin : begin + length]))
            begin += length
        del self._kept[:begin]
        self.at += begin
        return found

    def _length(self, begin: int) -> int:
        order, kind, packed, high, low = struct.unpack_from("<BBBBI", self._kept, begin)
        where = f"{self._name} offset {self.at + begin}"
        if order != 1:
            raise DecodeError(complaint(where, "byte order", order, "1 (little endian)"))
        if kind not in _KINDS or packed not in (0, 1, 2):
            raise DecodeError(
                complaint(where, "message header", bytes(self._kept[begin : begin + 4]).hex(), "01 00-02 00-02")
            )
        length = int(low) | int(high) << 32
        if not HEADER < length <= self._limit:
            raise DecodeError(complaint(where, "message length", length, f"{HEADER + 1} to {self._limit} bytes"))
        return length


def fault(message: bytes) -> str | None:
    """The words of an error reply; None for any other message."""
    if len(message) > HEADER and message[HEADER] == _ERROR and not message[2]:
        return message[HEADER + 1 :].split(b"\0", 1)[0].decode("latin1")
    return None


def extent(data: Log, at: int, depth: int = 0) -> int:
    """Where the object that begins at `at` ends. Raises DecodeError where it is cut short or of an unknown type."""
    if depth > _DEPTH:
        raise DecodeError(complaint(f"offset {at}", "nesting", depth, f"at most {_DEPTH}"))
    try:
        return _extent(data, at, depth)
    except (struct.error, IndexError, ValueError) as error:
        raise DecodeError(f"offset {at}: an object is cut short at the end of the data") from error


def _extent(data: Log, at: int, depth: int) -> int:
    kind = data[at]
    if kind >= 128:
        return _atom(data, at, 256 - kind)
    if kind in _ONE_BYTE:
        return _within(data, at + 2)
    if kind == _TABLE:
        return extent(data, at + 2, depth + 1)
    if kind in _DICTIONARIES:
        return extent(data, extent(data, at + 1, depth + 1), depth + 1)
    (count,) = struct.unpack_from("<i", data, at + 2)
    end = at + 6
    if count < 0:
        raise DecodeError(complaint(f"offset {at}", "count", count, "0 or more"))
    if kind == 0:
        for _ in range(count):
            end = extent(data, end, depth + 1)
        return end
    if kind == _SYMBOL:
        for _ in range(count):
            end = _past_zero(data, end)
        return end
    if kind not in _ATOM_BYTES:
        raise DecodeError(complaint(f"offset {at}", "type", kind, "a list, table or dictionary of simple values"))
    return _within(data, end + count * _ATOM_BYTES[kind])


def _atom(data: Log, at: int, kind: int) -> int:
    if kind == _SYMBOL:
        return _past_zero(data, at + 1)
    if kind not in _ATOM_BYTES:
        raise DecodeError(complaint(f"offset {at}", "type", -kind, "an atom of a simple type"))
    return _within(data, at + 1 + _ATOM_BYTES[kind])


def _past_zero(data: Log, at: int) -> int:
    found = data.find(b"\0", at)
    if found < 0:
        raise IndexError
    return found + 1


def _within(data: Log, end: int) -> int:
    if end > len(data):
        raise IndexError
    return end


def log_messages(data: Log, name: str, count: int) -> Iterator[bytes]:
    """The first `count` messages of a tickerplant's log. Raises DecodeError naming file and offset when it has fewer.

    A log that is being written may end in the middle of a message: nobody asks for that one yet.
    """
    if data[: len(LOG_HEADER)] != LOG_HEADER:
        raise DecodeError(complaint(f"{name} offset 0", "header", data[:8].hex(), LOG_HEADER.hex()))
    at = len(LOG_HEADER)
    for number in range(count):
        if at >= len(data):
            raise DecodeError(complaint(f"{name} offset {at}", "messages", number, f"{count}, as .u.i says"))
        if data[at] != 0:
            raise DecodeError(complaint(f"{name} offset {at}", "type", data[at], "0, a list (`upd;table;rows)"))
        try:
            end = extent(data, at)
        except DecodeError as error:
            raise DecodeError(f"{name} {error}; message {number} of {count}") from error
        yield header(ASYNC, end - at) + data[at:end]
        at = end
