"""Databento Binary Encoding: header, framing and record layouts.

A stream is `DBN`, version, length, metadata, then records whose first byte is their length in words of 4 bytes.
Source: the DBN specification (layouts of versions 1 to 3; only definitions and symbol mappings differ).
"""

from typing import Final, NamedTuple

import databento_dbn
import numpy as np
from numpy.typing import NDArray

from app.engine.errors import DecodeError, complaint

MBP_0: Final = 0
MBP_1: Final = 1
MBP_10: Final = 10
STATUS: Final = 18
DEFINITION: Final = 19
ERROR: Final = 21
SYMBOL_MAPPING: Final = 22
SYSTEM: Final = 23
BARS: Final = (17, 32, 33, 34, 35, 36)
MBO: Final = 160
TBBO: Final = 197

_HEADER: Final = [("length", "u1"), ("rtype", "u1"), ("publisher", "u2"), ("instrument", "u4"), ("ts_event", "u8")]
_TRADE: Final = [
    *_HEADER, ("price", "i8"), ("size", "u4"), ("action", "u1"), ("side", "u1"), ("flags", "u1"), ("depth", "u1"),
    ("ts_recv", "u8"), ("ts_in_delta", "i4"), ("sequence", "u4"),
]  # fmt: skip
_LEVEL: Final = [
    ("bid_px", "i8"), ("ask_px", "i8"), ("bid_sz", "u4"), ("ask_sz", "u4"), ("bid_ct", "u4"), ("ask_ct", "u4"),
]  # fmt: skip
_BAR: Final = np.dtype([*_HEADER, ("open", "i8"), ("high", "i8"), ("low", "i8"), ("close", "i8"), ("volume", "u8")])
LAYOUTS: Final[dict[int, np.dtype[np.void]]] = {
    MBP_0: np.dtype(_TRADE),
    MBP_1: np.dtype([*_TRADE, ("levels", _LEVEL, (1,))]),
    TBBO: np.dtype([*_TRADE, ("levels", _LEVEL, (1,))]),
    MBP_10: np.dtype([*_TRADE, ("levels", _LEVEL, (10,))]),
    MBO: np.dtype(
        [
            *_HEADER, ("order_id", "u8"), ("price", "i8"), ("size", "u4"), ("flags", "u1"), ("channel", "u1"),
            ("action", "u1"), ("side", "u1"), ("ts_recv", "u8"), ("ts_in_delta", "i4"), ("sequence", "u4"),
        ]
    ),
    STATUS: np.dtype([*_HEADER, ("ts_recv", "u8"), ("action", "u2"), ("more", "V14")]),
    **dict.fromkeys(BARS, _BAR),
}  # fmt: skip
UNDEFINED_PRICE: Final = 2**63 - 1
UNDEFINED_TIME: Final = 2**64 - 1
UNDEFINED_SIZE: Final = 2**32 - 1

_LARGEST_HEADER: Final = 1 << 26
_SMALLEST_RECORD: Final = 16


class Run(NamedTuple):
    """Consecutive records of one type and size; `first` is the index of the first, `offset` its place in the stream."""

    rtype: int
    records: NDArray[np.uint8]  # (count, size in bytes)
    first: int
    offset: int

    def view(self, layout: np.dtype[np.void]) -> NDArray[np.void]:
        """The records in a layout; what follows it (a send time) is left out."""
        return np.ascontiguousarray(self.records[:, : layout.itemsize]).view(layout)[:, 0]

    def only(self, row: int) -> "Run":
        """One record as a run of its own."""
        size = self.records.shape[1]
        return self._replace(
            records=self.records[row : row + 1], first=self.first + row, offset=self.offset + row * size
        )

    def at(self, row: int) -> str:
        """Where a record stands."""
        return f"record {self.first + row} (offset {self.offset + row * self.records.shape[1]})"


def header_length(start: bytes, file: str) -> int:
    """Bytes of the header of a stream that begins with `start` (8 bytes). Raises DecodeError when it is none."""
    if len(start) < 8 or start[:3] != b"DBN":
        raise DecodeError(complaint(f"{file} offset 0", "first bytes", start[:8], "DBN, a version, a length"))
    length = 8 + int.from_bytes(start[4:8], "little")
    if start[3] not in (1, 2, 3):
        raise DecodeError(complaint(f"{file} offset 3", "version", start[3], "1, 2, 3"))
    if length > _LARGEST_HEADER:
        raise DecodeError(complaint(f"{file} offset 4", "header length", length, f"{_LARGEST_HEADER} bytes at most"))
    return length


def read_header(data: bytes, file: str) -> databento_dbn.Metadata:
    """The metadata of a whole header. Raises DecodeError when it makes no sense."""
    try:
        return databento_dbn.Metadata.decode(data)
    except (databento_dbn.DBNError, ValueError, OverflowError) as error:
        raise DecodeError(f"{file} offset 0: unreadable DBN header of {len(data)} bytes: {error}") from error


class Framer:
    """Cuts a stream of records, handed over in pieces of any size, into runs of one type."""

    def __init__(self, offset: int) -> None:
        """`offset`: where in the stream the first record stands."""
        self.records = 0
        self.offset = offset  # of the first byte of `rest`
        self.rest = b""
        self.broken = False

    def feed(self, data: bytes) -> list[Run]:
        """The complete records of what has come so far; a length that cannot be ends the stream (`broken`)."""
        self.rest += data
        runs: list[Run] = []
        start = 0
        while not self.broken and len(self.rest) - start >= 2:
            size, rtype = self.rest[start] * 4, self.rest[start + 1]
            if size < _SMALLEST_RECORD:
                self.broken = True
            elif start + size > len(self.rest):
                break
            else:
                records = self._alike(start, size, rtype)
                runs.append(Run(rtype, records, self.records, self.offset + start))
                self.records += len(records)
                start += records.size
        self.rest = self.rest[start:]
        self.offset += start
        return runs

    def _alike(self, start: int, size: int, rtype: int) -> NDArray[np.uint8]:
        """The longest run of records from `start` on with this size and type."""
        most = (len(self.rest) - start) // size
        looked, alike = 0, 0
        while looked == alike and looked < most:
            upto = min(most, max(64, looked * 8))
            new = np.frombuffer(self.rest, np.uint8, (upto - looked) * size, start + looked * size).reshape(-1, size)
            differs = (new[:, 0] != size // 4) | (new[:, 1] != rtype)
            alike = looked + (int(differs.argmax()) if differs.any() else upto - looked)
            looked = upto
        return np.frombuffer(self.rest, np.uint8, alike * size, start).reshape(-1, size)
