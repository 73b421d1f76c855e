"""SoupBinTCP: packets of 2 bytes of length, a type and a body; sequenced data are numbered from the login's answer on.

After missing bytes, or damage, packets are found again where two of them follow each other.
Source: Nasdaq SoupBinTCP 4.00.
"""

from typing import Final, NamedTuple

from app.engine.itch.layout import LENGTHS

SEQUENCED: Final = ord("S")
_ACCEPTED: Final = ord("A")
_TYPES: Final = frozenset(b"+AJSHZULRO")
_LARGEST: Final = 512
_LONGEST_SEARCH: Final = 65_536  # bytes kept that could not be framed yet


class Sequenced(NamedTuple):
    """One sequenced message: its number in the session (0 unknown), its bytes."""

    seq: int
    data: bytes


class SoupStream:
    """One direction of a connection, fed with its bytes in order."""

    def __init__(self) -> None:
        self.session = ""
        self.others = 0  # packets that are no sequenced data
        self.unframed: list[bytes] = []  # taken out by whoever reports it
        self._rest = b""
        self._next = 0
        self._seeking = False

    def feed(self, data: bytes) -> list[Sequenced]:
        """The messages completed by these bytes; what cannot be framed goes to `unframed`."""
        self._rest += data
        found: list[Sequenced] = []
        at = 0
        while True:
            if self._seeking:
                start = self._sought(at)
                if start > at:
                    self.unframed.append(self._rest[at:start])
                at = start
            end = _packet_end(self._rest, at) if not self._seeking else None
            if end is None:
                break
            if end < 0:
                self._seeking = True
                continue
            self._take(self._rest[at + 2], self._rest[at + 3 : end], found)
            at = end
        self._rest = self._rest[at:]
        return found

    def restart(self, *, aligned: bool) -> None:
        """Bytes are missing here, or (`aligned`) a connection begins anew: what is left of a packet is unframed."""
        if self._rest:
            self.unframed.append(self._rest)
        self._rest = b""
        self._next = 0
        self._seeking = not aligned

    def _sought(self, at: int) -> int:
        """Where the next two packets in a row begin (then the search is over), or how far nothing can begin."""
        size = len(self._rest)
        for start in range(at, size):
            end = _packet_end(self._rest, start)
            if end is None:
                return max(start, size - _LONGEST_SEARCH)
            if end > 0 and (end == size or (_packet_end(self._rest, end) or 1) > 0):
                self._seeking = False
                return start
        return size

    def _take(self, kind: int, body: bytes, found: list[Sequenced]) -> None:
        if kind == SEQUENCED:
            found.append(Sequenced(self._next, body))
            self._next += self._next > 0
            return
        self.others += 1
        if kind == _ACCEPTED and len(body) == 30:
            self.session = body[:10].decode("ascii", "replace").strip()
            number = body[10:].strip()
            self._next = int(number) if number.isdigit() else 0


def _packet_end(data: bytes, at: int) -> int | None:
    """Byte after the packet at `at`; None where more bytes are needed, -1 where none can begin."""
    if len(data) - at < 4:
        return None if len(data) - at < 3 or data[at : at + 2] != b"\x00\x01" or data[at + 2] not in _TYPES else at + 3
    size, kind = int.from_bytes(data[at : at + 2], "big"), data[at + 2]
    if not 1 <= size <= _LARGEST or kind not in _TYPES:
        return -1
    if kind == SEQUENCED and LENGTHS.get(chr(data[at + 3])) != size - 1:
        return -1
    return at + 2 + size if len(data) - at >= 2 + size else None
