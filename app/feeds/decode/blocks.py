"""Packed canonical blocks: market rows as they lie in memory, own rows and names beside them, one checksum over all.

    header   80 bytes, little-endian: "SCOB", version, kind, hash of the row layouts, stream, number in the stream, time
             passed, lengths of market, own rows, names and text, hash of the names, the market rows' words folded and
             added up, CRC of the rest
    body     market rows (raw), own rows, names, reference data (msgpack)

A block stands for itself: it carries the names its numbers mean, so reading may begin with any of them. `stream` is a
run of one sender, `number` counts its blocks in one partition from 0: a copy and a gap are seen. `passed` is the
sender's word that nothing before that time (ns) follows in this partition.
"""

import hashlib
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from app.engine.errors import DecodeError, complaint
from app.engine.events import MARKET, Instrument, OrderRow, Rows, no_market
from app.engine.extent import extent
from app.engine.units import NULL
from app.engine.universe import Universe

MAGIC: Final = b"SCOB"
VERSION: Final = 1
ROWS: Final = 1  # rows, or none and only the time that has passed
REFERENCE: Final = 2  # reference data of instruments, FX rates
END: Final = 3  # nothing follows in this partition; `passed` is the end of the day
KINDS: Final = (ROWS, REFERENCE, END)
HEADER: Final = struct.Struct("<4sHHQQQqIIIIQQII")
_CHECKED: Final = HEADER.size - 4  # bytes of the header under the checksum: all before it
_ORDERS: Final = msgspec.msgpack.Decoder(tuple[OrderRow, ...])
_NAMES: Final = msgspec.msgpack.Decoder(tuple[list[str], list[str], list[str]])


class Reference(msgspec.Struct, frozen=True):
    """Reference data of instruments and FX rates: pair -> (ts_event, rate)."""

    instruments: list[Instrument] = []
    fx: dict[str, list[tuple[int, float]]] = {}


_REFERENCE: Final = msgspec.msgpack.Decoder(Reference)


def schema_hash() -> int:
    """Hash over names, types and offsets of a market row and the fields of an own row: both ends must agree."""
    said = f"{MARKET.descr}{OrderRow.__struct_fields__}{Instrument.__struct_fields__}"
    return int.from_bytes(hashlib.sha256(said.encode()).digest()[:8], "little")


_SCHEMA: Final = schema_hash()


class Place(NamedTuple):
    """Which block of which sender this is."""

    stream: int
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Packed:
    """One decoded block; `market` lies in the bytes it came in where the names have the same numbers on both sides."""

    kind: int
    place: Place
    passed: int
    market: Rows = field(default_factory=no_market)
    orders: tuple[OrderRow, ...] = ()
    times: tuple[int, int] | None = None  # of the first and last market row (ns)


class BlockEncoder:
    """Packs rows of one universe; the names are packed again only where some were added."""

    def __init__(self, universe: Universe) -> None:
        self._universe = universe
        self._counted = (-1, -1, -1)
        self._names = b""
        self._names_hash = 0

    def rows(self, place: Place, passed: int, market: Rows, orders: Sequence[OrderRow] = ()) -> bytes:
        """A block of rows; empty ones say only that the time has passed."""
        packed = msgspec.msgpack.encode(tuple(orders)) if orders else b""
        return self._block(ROWS, place, passed, (market.tobytes(), packed, self._current_names(), b""))

    def reference(self, place: Place) -> bytes:
        """A block with everything known of the instruments."""
        known = Reference(list(self._universe.reference.values()), self._universe.fx)
        return self._block(REFERENCE, place, NULL, (b"", b"", b"", msgspec.msgpack.encode(known)))

    def end(self, place: Place, end_ns: int) -> bytes:
        """The block behind which nothing follows."""
        return self._block(END, place, end_ns, (b"", b"", b"", b""))

    def _current_names(self) -> bytes:
        universe = self._universe
        counted = (len(universe.instruments), len(universe.venues), len(universe.sources))
        if counted != self._counted:
            tables = (universe.instruments.names, universe.venues.names, universe.sources.names)
            self._names = msgspec.msgpack.encode(tables)
            self._names_hash = _hash(self._names)
            self._counted = counted
        return self._names

    def _block(self, kind: int, place: Place, passed: int, parts: tuple[bytes, bytes, bytes, bytes]) -> bytes:
        lengths = [len(part) for part in parts]
        names_hash = self._names_hash if parts[2] else 0
        words = _words(parts[0])
        head = HEADER.pack(MAGIC, VERSION, kind, _SCHEMA, *place, passed, *lengths, names_hash, *words, 0)[:_CHECKED]
        crc = zlib.crc32(head)
        for part in parts[1:]:
            crc = zlib.crc32(part, crc)
        return b"".join((head, crc.to_bytes(4, "little"), *parts))


class BlockDecoder:
    """Unpacks blocks into the numbers of one universe; `source` names every row's source anew ("" = as sent)."""

    def __init__(self, universe: Universe, source: str = "") -> None:
        self._universe = universe
        self._source = source
        self._known: dict[int, _Numbers] = {}
        self.sources: set[str] = {source} if source else set()  # that its rows are of

    def decode(self, data: bytes, where: str) -> Packed:
        """The block in these bytes. Raises DecodeError naming `where`, the field and what is allowed."""
        head = _opened(data, where)
        kind, place, passed, ends, names_hash = head
        body = memoryview(data)
        try:
            if kind == REFERENCE:
                self._learn(_REFERENCE.decode(body[ends[2] : ends[3]]))
                return Packed(kind=kind, place=place, passed=passed)
            orders = _ORDERS.decode(body[ends[0] : ends[1]]) if ends[1] > ends[0] else ()
            market: Rows = np.frombuffer(body[HEADER.size : ends[0]], MARKET)
            times = None
            if len(market):
                market, times = self._numbered(market, names_hash, body[ends[1] : ends[2]], where)
        except (msgspec.DecodeError, ValueError) as error:
            raise DecodeError(f"{where}: the block's checksum holds and its rows cannot be read: {error}") from error
        if self._source:
            orders = tuple(msgspec.structs.replace(row, source=self._source) for row in orders)
        return Packed(kind=kind, place=place, passed=passed, market=market, orders=orders, times=times)

    def _learn(self, known: Reference) -> None:
        for instrument in known.instruments:
            self._universe.describe(instrument)
        self._universe.fx.update(known.fx)

    def _numbered(self, market: Rows, names_hash: int, names: memoryview, where: str) -> tuple[Rows, tuple[int, int]]:
        numbers = self._known.get(names_hash)
        if numbers is None:
            if _hash(names) != names_hash:
                raise DecodeError(complaint(where, "names", f"hash {names_hash:x}", "the names the header speaks of"))
            told = _NAMES.decode(names)
            self.sources.update([] if self._source else told[2])
            numbers = self._known[names_hash] = _Numbers.of(told, self._universe, self._source)
        return numbers.applied(market, where)


class _Numbers(NamedTuple):
    """The sender's number -> ours, for instruments, venues and sources; the last entry is that of no name (-1)."""

    instrument: NDArray[np.int64]
    venue: NDArray[np.int64]
    source: NDArray[np.int64]
    same: bool

    @classmethod
    def of(cls, names: tuple[list[str], list[str], list[str]], universe: Universe, source: str) -> "_Numbers":
        """Intern the sender's names in their order."""
        tables = (universe.instruments, universe.venues, universe.sources)
        told = (names[0], names[1], [source] * len(names[2]) if source else names[2])
        found = [np.array([*map(table.index, part), -1], np.int64) for table, part in zip(tables, told, strict=True)]
        same = all(np.array_equal(numbers[:-1], np.arange(len(numbers) - 1)) for numbers in found)
        return cls(found[0], found[1], found[2], same)

    def applied(self, market: Rows, where: str) -> tuple[Rows, tuple[int, int]]:
        """The rows in our numbers, and their first and last time.

        Raises DecodeError for a number that has no name: kernels index arrays by it.
        """
        reach = extent(market)
        for name, (least, most) in (("instrument", reach.instrument), ("venue", reach.venue), ("source", reach.source)):
            known = len(getattr(self, name)) - 1
            if least < -1 or most >= known:
                raise DecodeError(complaint(where, name, least if least < -1 else most, f"a number below {known}"))
        if self.same:
            return market, reach.time
        rows = market.copy()
        for name, numbers in (("instrument", self.instrument), ("venue", self.venue), ("source", self.source)):
            rows[name] = numbers[market[name]]
        return rows, reach.time


def _opened(data: bytes, where: str) -> tuple[int, Place, int, tuple[int, int, int, int], int]:
    """Kind, place, time passed, ends of the parts and hash of the names; raises DecodeError."""
    if len(data) < HEADER.size:
        raise DecodeError(f"{where}: {len(data)} bytes; a packed block has {HEADER.size} or more")
    magic, version, kind, schema, stream, number, passed, *lengths, names_hash, fold, total, crc = HEADER.unpack_from(
        data
    )
    if magic != MAGIC:
        raise DecodeError(complaint(where, "magic", bytes(magic), repr(MAGIC)))
    if version != VERSION:
        raise DecodeError(complaint(where, "version", version, str(VERSION)))
    if kind not in KINDS:
        raise DecodeError(complaint(where, "kind", kind, "1 rows, 2 reference, 3 end"))
    if schema != _SCHEMA:
        raise DecodeError(complaint(where, "schema", f"{schema:016x}", f"{_SCHEMA:016x}: rows of another version"))
    market, orders, names, text = lengths
    first = HEADER.size + market
    ends = (first, first + orders, first + orders + names, first + orders + names + text)
    if ends[3] != len(data) or market % MARKET.itemsize:
        raise DecodeError(
            f"{where}: {len(data)} bytes where the header speaks of {ends[3]}: the block is cut or mixed up"
        )
    body = memoryview(data)
    if zlib.crc32(body[first:], zlib.crc32(body[:_CHECKED])) != crc or _words(body[HEADER.size : first]) != (
        fold,
        total,
    ):
        raise DecodeError(f"{where}: the bytes do not fit their checksum")
    return kind, Place(stream, number), passed, ends, names_hash


def _words(market: bytes | memoryview) -> tuple[int, int]:
    """The 64-bit words of market rows folded and added up: any changed word is seen, in a fraction of a CRC's time."""
    words = np.frombuffer(market, np.uint64)
    return int(np.bitwise_xor.reduce(words, initial=0)), int(words.sum(dtype=np.uint64)) & 0xFFFFFFFF


def _hash(names: bytes | memoryview) -> int:
    return int.from_bytes(hashlib.blake2b(names, digest_size=8).digest(), "little")
