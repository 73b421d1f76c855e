"""Codecs with a memory: a venue's own bytes and raw FIX, whose meaning depends on what came before.

Orders, links and books are not on the tape in a form a decoder could go on with. After a restart the partition is read
again from where the run began, without telling what is on the tape already.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np

from app.engine.errors import DecodeError
from app.engine.events import Quarantined, Rows
from app.engine.units import MILLISECOND
from app.feeds.decode.fix_followed import followed
from app.feeds.decode.fix_packets import Opened, Packet, opened
from app.feeds.decode.fix_securities import Securities, Unlisted
from app.feeds.decode.fix_settings import fix_settings
from app.feeds.decode.itch import ZONE, Day, ItchDecoder, Packets
from app.feeds.decode.itch import Batch as ItchBatch
from app.feeds.decode.mold import Line, mold_packet
from app.feeds.decode.rows import merged
from app.feeds.kafka.places import Position
from app.feeds.kafka.surroundings import Piece, Surroundings, placed
from app.runtime.live_route import Batch

_ZONE: Final = ZoneInfo(ZONE)
_VENUE: Final = "XNAS"
_DAY_MS: Final = 86_400_000


class _Remembering:
    """What these decoders share: their place is an offset, and the one their memory begins at."""

    def __init__(self, around: Surroundings, known: Position | None) -> None:
        self.sources = {around.name}
        self._begun = -1 if known is None else known.begun

    def ahead(self, pieces: Sequence[Piece]) -> None:
        """As Decoder."""

    def position(self, offset: int) -> Position:
        """As Decoder."""
        return Position(offset, begun=self._begun)

    def at_end(self) -> Iterable[Batch]:
        """As Decoder."""
        return ()

    def _met(self, piece: Piece) -> None:
        self._begun = piece.offset if self._begun < 0 else self._begun


class Itch(_Remembering):
    """ITCH 5.0: some length-prefixed messages in every message; the day is that of its stamp."""

    def __init__(self, around: Surroundings, known: Position | None) -> None:
        super().__init__(around, known)
        self._around = around
        self._decoder: ItchDecoder | None = None

    def decode(self, piece: Piece) -> Iterable[Batch]:
        """As Decoder."""
        self._met(piece)
        decoder = self._today(piece.stamp_ms)
        return _told([*decoder.feed(piece.value), *decoder.finish()], piece.where)

    def _today(self, stamp_ms: int) -> ItchDecoder:
        """The decoder of the day; another day has another book."""
        day = Day("message", midnight_ns(stamp_ms), self._around.source.venue or _VENUE, self._around.name)
        if self._decoder is None or self._decoder.day != day:
            self._decoder = ItchDecoder(day, self._around.universe, self._around.symbols.file)
        return self._decoder


class MoldItch(Itch):
    """ITCH 5.0 in MoldUDP64: a packet's bytes in every message; gaps and copies by its sequence numbers."""

    def __init__(self, around: Surroundings, known: Position | None) -> None:
        super().__init__(around, known)
        self._lines: dict[str, Line] = {}

    def decode(self, piece: Piece) -> Iterable[Batch]:
        """As Decoder."""
        self._met(piece)
        decoder = self._today(piece.stamp_ms)
        packet = mold_packet(piece.value, piece.stamp_ms * MILLISECOND, piece.offset)
        if isinstance(packet, str):
            raise DecodeError(f"{piece.where}: {packet}")
        ready = self._lines.setdefault(packet.session, Line()).take(packet)
        if not ready:
            return []
        sizes = np.array([len(part.body) for part in ready], np.int64)
        edges = np.cumsum(sizes)
        packets = Packets(
            b"".join([part.body for part in ready]),
            edges - sizes,
            edges,
            np.array([(part.seq, part.announced, part.ts_ns) for part in ready], np.int64),
            np.array([part.offset for part in ready], np.int64),
        )
        return _told([*decoder.feed_packets(packets)], piece.where)


class Fix(_Remembering):
    """Raw FIX: one or more whole messages in every message, any delimiter."""

    def __init__(self, around: Surroundings, known: Position | None) -> None:
        super().__init__(around, known)
        self._securities = Securities(around.symbols, {} if known is None else dict(known.named))
        self._flow = followed(
            fix_settings(around.fix, "settings"),
            around.universe,
            around.symbols.symbology("fix"),
            around.source.source or None,
            self._securities,
        )
        self._unlisted = Unlisted(around.universe)
        self._name = around.name
        self._ahead: dict[int, Opened] = {}

    def position(self, offset: int) -> Position:
        """As Decoder."""
        return Position(offset, begun=self._begun, named=dict(self._securities.bound))

    def ahead(self, pieces: Sequence[Piece]) -> None:
        """As Decoder: one pass of the kernels costs hardly more for many messages than for one."""
        found = opened(self._flow, [Packet(piece.value, piece.where) for piece in pieces])
        self._ahead = {piece.offset: packet for piece, packet in zip(pieces, found, strict=True)}

    def decode(self, piece: Piece) -> Iterable[Batch]:
        """As Decoder."""
        self._met(piece)
        found = self._ahead.pop(piece.offset, None)
        if found is None:
            (found,) = opened(self._flow, [Packet(piece.value, piece.where)])
        if not found.taken and piece.value.strip():
            raise DecodeError(f"{piece.where}: no FIX message in {len(piece.value)} bytes; allowed: raw FIX (8=FIX...)")
        aside = tuple(placed(entry, piece.where) for entry in found.aside)
        aside += tuple(self._unlisted.said({row.instrument for row in found.rows}, self._name, piece.where))
        return [Batch(orders=tuple(found.rows), quarantine=aside)]


@lru_cache(maxsize=64)
def _midnight(day: int) -> int:
    """Midnight in New York (ns) of a UTC day's noon."""
    noon = datetime.fromtimestamp(day * _DAY_MS // 1000 + 43_200, UTC).astimezone(_ZONE)
    start = noon.replace(hour=0, minute=0, second=0, microsecond=0)
    return int(start.timestamp()) * 1_000_000_000


def midnight_ns(stamp_ms: int) -> int:
    """Midnight (ns) of the New York day a time belongs to."""
    local = datetime.fromtimestamp(stamp_ms // 1000, UTC).astimezone(_ZONE)
    as_utc = local.replace(tzinfo=UTC)
    return _midnight(int(as_utc.timestamp() * 1000) // _DAY_MS)


def _told(found: list[ItchBatch], where: str) -> list[Batch]:
    parts: list[Rows] = [part.rows for part in found if len(part.rows)]
    aside: list[Quarantined] = [placed(entry, where) for part in found for entry in part.aside]
    if not parts and not aside:
        return []
    market = merged(parts) if len(parts) > 1 else parts[0] if parts else Batch().market
    return [Batch(market=market, quarantine=tuple(aside))]
