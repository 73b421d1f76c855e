"""Capture files: classic pcap (us and ns, either byte order) and pcapng, bytes in any pieces -> frames with ns stamps.

Every byte is a file header, a frame, a block that carries none (counted), or set aside with its offset.
Sources: the libpcap file format and the pcapng specification.
"""

import struct
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from app.engine.errors import DecodeError, complaint
from app.engine.events import Quarantined
from app.engine.units import SECOND

_MICRO: Final = 0xA1B2C3D4
_NANO: Final = 0xA1B23C4D
_NG: Final = b"\x0a\x0d\x0d\x0a"
_NG_ORDER: Final = 0x1A2B3C4D
_LARGEST: Final = 1 << 24  # of a frame or block: a longer one is damage
_RAW_KEPT: Final = 4_096
_SECTION: Final = 0x0A0D0D0A
_INTERFACE: Final = 1
_SIMPLE: Final = 3
_ENHANCED: Final = 6
_OLD_PACKET: Final = 2
_ETHERNET: Final = 1
_RESOLUTION: Final = 9  # option of an interface: its stamps' unit
_SHIFT: Final = 14  # option of an interface: seconds to add
STARTS: Final = (b"\xa1\xb2\xc3\xd4", b"\xd4\xc3\xb2\xa1", b"\xa1\xb2\x3c\x4d", b"\x4d\x3c\xb2\xa1", _NG)


class Frame(NamedTuple):
    """One captured frame: when (ns since the epoch), the link type, its bytes, how many there were, where it stood.

    `offset` is that of the frame's first byte in the file; `bits` lost to the capture's limit are `length - len(data)`.
    """

    ts_ns: int
    link: int
    data: bytes
    length: int
    offset: int


class Stretch(NamedTuple):
    """Bytes of a classic file of Ethernet frames: from record `at` on; `offset` of its first byte in the file."""

    data: bytes
    at: int
    offset: int
    little: bool
    unit_ns: int


class _Interface(NamedTuple):
    link: int
    unit: tuple[int, int]  # ns = ticks * unit[0] // unit[1]
    shift_ns: int


class PcapReader:
    """Cuts a capture file, fed in pieces of any size, into frames."""

    def __init__(self, file: str) -> None:
        self.counts: Counter[str] = Counter()
        self.aside: list[Quarantined] = []
        self.frames = 0
        self._file = file
        self._rest = b""
        self._offset = 0  # of the first byte of the rest
        self._order = ""  # of the file's numbers; "" until it is known
        self._classic = True
        self._interfaces: list[_Interface] = []
        self._broken = False

    def feed(self, data: bytes) -> list[Frame]:
        """The frames completed by this piece. Raises DecodeError when the file is no capture."""
        return list(self.frames_in(data))

    def frames_in(self, data: bytes, skim: Callable[[Stretch], int] | None = None) -> Iterator[Frame]:
        """As feed, one by one; `skim` may take frames of a classic Ethernet file first, and says where the rest begins.

        To be read to its end.
        """
        self._rest += data
        at = 0
        while not self._broken:
            at = self._after(at, skim)
            found: list[Frame] = []
            step = self._step(at, found)
            if step == 0:
                break
            at += step
            self.frames += len(found)
            yield from found
        self._rest = self._rest[at:]
        self._offset += at

    def _after(self, at: int, skim: Callable[[Stretch], int] | None) -> int:
        """Where the frames begin that `skim` leaves."""
        if skim is None or self._order in ("", "?") or not self._classic or self._interfaces[0].link != _ETHERNET:
            return at
        return skim(Stretch(self._rest, at, self._offset, self._order == "<", self._interfaces[0].unit[0]))

    def _step(self, at: int, found: list[Frame]) -> int:
        """One header, frame or block; its bytes, 0 where it is not there whole."""
        if not self._order:
            return self._begin(at)
        return self._record(at, found) if self._classic else self._block(at, found)

    def finish(self) -> None:
        """End of the file: what is left is a frame cut short, or what follows damage. Raises as feed."""
        if not self._order and not self._broken:
            raise DecodeError(self._no_capture(self._rest[:4]))
        if self._rest:
            what = "that follow what cannot be framed" if self._broken else "of a frame that is cut short"
            self._set_aside(0, f"{len(self._rest)} bytes {what}")
            self._rest = b""

    def _begin(self, at: int) -> int:
        """The file header, or the section header of pcapng."""
        rest = self._rest
        if len(rest) - at < 4:
            return 0
        if rest[at : at + 4] == _NG:
            self._classic, self._order = False, "?"
            return self._block(at, [])
        if rest[at : at + 4] not in STARTS:
            raise DecodeError(self._no_capture(rest[at : at + 4]))
        if len(rest) - at < 24:
            return 0
        order = "<" if rest[at] in (0xD4, 0x4D) else ">"
        magic, major, _, _, _, snap, link = struct.unpack_from(order + "IHHiIII", rest, at)
        if major != 2:
            where = f"{self._file} offset {self._offset + at + 4}"
            raise DecodeError(complaint(where, "version", major, "2"))
        self._order = order
        self.counts["snap_length"] = snap
        unit = (1, 1) if magic == _NANO else (1_000, 1)
        self._interfaces = [_Interface(link & 0xFFFF, unit, 0)]
        return 24

    def _no_capture(self, start: bytes) -> str:
        allowed = "a1b2c3d4 or a1b23c4d in either byte order (pcap), 0a0d0d0a (pcapng)"
        return complaint(f"{self._file} offset 0", "first bytes", start.hex(), allowed)

    def _record(self, at: int, found: list[Frame]) -> int:
        """One frame of a classic file."""
        if len(self._rest) - at < 16:
            return 0
        seconds, fraction, kept, length = struct.unpack_from(self._order + "IIII", self._rest, at)
        if kept > _LARGEST:
            return self._break(at, "length", kept, f"{_LARGEST} or less")
        if len(self._rest) - at < 16 + kept:
            return 0
        interface = self._interfaces[0]
        ts_ns = seconds * SECOND + fraction * interface.unit[0]
        body = self._rest[at + 16 : at + 16 + kept]
        found.append(Frame(ts_ns, interface.link, body, length, self._offset + at + 16))
        return 16 + int(kept)

    def _block(self, at: int, found: list[Frame]) -> int:
        """One block of a pcapng file."""
        rest = self._rest
        if len(rest) - at < 12:
            return 0
        if rest[at : at + 4] == _NG:
            order = {_NG_ORDER: "<", 0x4D3C2B1A: ">"}.get(struct.unpack_from("<I", rest, at + 8)[0])
            if order is None:
                return self._break(at, "byte order", rest[at + 8 : at + 12].hex(), "1a2b3c4d in either order")
            self._order = order
            self._interfaces = []
        kind, size = struct.unpack_from(self._order + "II", rest, at)
        if size < 12 or size % 4 or size > _LARGEST:
            return self._break(at, "block length", size, f"a multiple of 4 from 12 to {_LARGEST}")
        if len(rest) - at < size:
            return 0
        if struct.unpack_from(self._order + "I", rest, at + size - 4)[0] != size:
            return self._break(at, "block length at its end", rest[at + size - 4 : at + size].hex(), str(size))
        self._take(kind, at, rest[at + 8 : at + size - 4], found)
        return int(size)

    def _take(self, kind: int, at: int, body: bytes, found: list[Frame]) -> None:
        try:
            if kind == _INTERFACE:
                self._interfaces.append(self._described(body))
            elif kind in (_ENHANCED, _OLD_PACKET):
                found.append(self._stamped(kind, at, body))
            elif kind == _SIMPLE:
                (length,) = struct.unpack_from(self._order + "I", body)
                self.counts["frames_without_stamp"] += 1
                found.append(Frame(0, self._interfaces[0].link, body[4 : 4 + length], length, self._offset + at + 12))
            elif kind != _SECTION:
                self.counts["other_blocks"] += 1
        except (struct.error, IndexError):
            self._set_aside(at, f"block type {kind} makes no sense (too short, or of an interface not described)", body)

    def _stamped(self, kind: int, at: int, body: bytes) -> Frame:
        """A frame of an enhanced (or obsolete) packet block. Raises struct.error, IndexError."""
        layout = "IIIII" if kind == _ENHANCED else "HHIIII"
        first, *others = struct.unpack_from(self._order + layout, body)
        high, low, kept, length = others[-4:]
        interface = self._interfaces[first]
        if kept > len(body) - 20:
            raise IndexError
        ticks = (high << 32) | low
        ts_ns = ticks * interface.unit[0] // interface.unit[1] + interface.shift_ns
        return Frame(ts_ns, interface.link, body[20 : 20 + kept], length, self._offset + at + 28)

    def _described(self, body: bytes) -> _Interface:
        """An interface with the unit of its stamps. Raises struct.error."""
        link, _, snap = struct.unpack_from(self._order + "HHI", body)
        self.counts["snap_length"] = snap
        unit, shift, at = (1_000, 1), 0, 8
        while at + 4 <= len(body):
            code, size = struct.unpack_from(self._order + "HH", body, at)
            value = body[at + 4 : at + 4 + size]
            if code == 0:
                break
            if code == _RESOLUTION and size == 1:
                power = value[0] & 0x7F
                unit = (SECOND, 2**power if value[0] & 0x80 else 10**power)
            elif code == _SHIFT and size == 8:
                shift = struct.unpack(self._order + "q", value)[0] * SECOND
            at += 4 + (size + 3) // 4 * 4
        return _Interface(link, unit, shift)

    def _break(self, at: int, field: str, value: object, allowed: str) -> int:
        """What follows cannot be framed: it is set aside when the file ends."""
        self._broken = True
        where = f"{self._file} offset {self._offset + at}"
        words = complaint(where, field, value, allowed) + "; what follows cannot be framed"
        self.aside.append(Quarantined(source=self._file, where=where, reason=words, raw=self._rest[at : at + 16]))
        return 0

    def _set_aside(self, at: int, words: str, raw: bytes | None = None) -> None:
        where = f"{self._file} offset {self._offset + at}"
        kept = (self._rest[at:] if raw is None else raw)[:_RAW_KEPT]
        self.aside.append(Quarantined(source=self._file, where=where, reason=f"{where}: {words}", raw=kept))
