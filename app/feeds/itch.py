"""Format `itch5`: a day of TotalView-ITCH 5.0, length-prefixed or as MoldUDP64 in a capture, plain or gzip.

Times of messages are ns since midnight in New York: the day is that of a capture's first frame, of the file's name
(2025-03-14, 20250314, S031425, 03142025) or the option session_date. Rows of a capture carry its stamps as ts_recv.
"""

import re
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from app.engine.errors import DecodeError, FeedError, SettingsError, complaint
from app.engine.events import Quarantined, Rows
from app.engine.units import SECOND
from app.engine.universe import Universe
from app.feeds.base import Options, Recording
from app.feeds.decode.itch import ZONE, Day, ItchDecoder
from app.feeds.decode.itch_packets import MoldFeed
from app.feeds.decode.pcap import STARTS, PcapReader

FORMAT: Final = "itch5"
VENUE: Final = "XNAS"
_PIECE: Final = 1 << 20
_SLICE: Final = 1 << 12  # packed bytes at once
_GZIP: Final = b"\x1f\x8b"
_SUFFIXES: Final = re.compile(r"(\.pcap(ng)?|\.cap|\.itch5?0?|ITCH_?5\.?0|-v50(\.txt)?)(\.gz)?$", re.IGNORECASE)
_DATES: Final = (
    (re.compile(r"(\d{4}-\d{2}-\d{2})"), "%Y-%m-%d"),
    (re.compile(r"(?<!\d)(20\d{6})(?!\d)"), "%Y%m%d"),
    (re.compile(r"(?<!\d)([01]\d[0-3]\d20\d{2})(?!\d)"), "%m%d%Y"),
    (re.compile(r"(?<!\d)([01]\d[0-3]\d\d{2})(?!\d)"), "%m%d%y"),
)
_NOTES: Final = {
    "unknown_orders": "messages name an order that is not known (before the recording began, or lost); no row",
    "duplicate_orders": "orders came under an id that was in the book; the later one stands",
    "oversized_executions": "executions or cancels are larger than their order",
    "unknown_breaks": "broken trades name a print that is not known",
    "gaps": "gaps in the sequence numbers",
    "missing_messages": "messages are missing",
    "duplicate_messages": "messages came more than once and were taken once",
    "joined_at": "is the number of the first message of a session: it was joined late",
    "frames_passed": "frames carry no UDP",
    "frames_without_stamp": "frames have no time; rows have the exchange's alone",
}  # fmt: skip
_GAPS_NAMED: Final = 10


class PlainBytes:
    """The plain bytes of a file in pieces, unpacked where it is gzip; `problem` says why they stopped early."""

    def __init__(self, path: Path) -> None:
        """Raises FeedError when the file cannot be opened."""
        self.problem: str | None = None
        self._path = path
        try:
            self._file = path.open("rb")
        except OSError as error:
            raise FeedError(f"{path}: cannot be read: {error.strerror or error}") from error

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def pieces(self) -> Iterator[bytes]:
        """The bytes in order."""
        try:
            piece = self._file.read(_PIECE)
            if piece.startswith(_GZIP):
                yield from self._unpacked(piece)
                return
            while piece:
                yield piece
                piece = self._file.read(_PIECE)
        except (OSError, zlib.error) as error:
            self.problem = f"{self._path.name}: reading stopped at offset {self._file.tell()}: {error}"

    def _unpacked(self, piece: bytes) -> Iterator[bytes]:
        """What is in a gzip file of one member or more, in slices: damage costs what one of them unpacks to."""
        unpack = zlib.decompressobj(wbits=31)
        while piece:
            for start in range(0, len(piece), _SLICE):
                rest = piece[start : start + _SLICE]
                while rest:
                    if unpack.eof:
                        unpack = zlib.decompressobj(wbits=31)
                    yield unpack.decompress(rest)
                    rest = unpack.unused_data
            piece = self._file.read(_PIECE)
        if not unpack.eof:
            self.problem = f"{self._path.name}: gzip data cut short at offset {self._file.tell()}"


def midnight_ns(text: str, where: str) -> int:
    """Midnight in New York of a day YYYY-MM-DD (ns). Raises SettingsError for a day that is none."""
    try:
        day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=ZoneInfo(ZONE))
    except ValueError:
        raise SettingsError(complaint(where, "date", text, "a day as YYYY-MM-DD")) from None
    return int(day.timestamp()) * SECOND


def day_of_name(name: str) -> str | None:
    """The day a file's name carries, as YYYY-MM-DD; None where it carries none."""
    for pattern, layout in _DATES:
        found = pattern.search(name)
        if found:
            try:
                return datetime.strptime(found[1], layout).replace(tzinfo=UTC).date().isoformat()
            except ValueError:
                continue
    return None


def day_of_stamp(ts_ns: int) -> str:
    """The day in New York of a moment (ns), as YYYY-MM-DD."""
    return datetime.fromtimestamp(ts_ns // SECOND, ZoneInfo(ZONE)).date().isoformat()


def files_in(path: Path) -> list[Path]:
    """The ITCH files and captures of a folder, or the one given; sorted by name."""
    if path.is_dir():
        return sorted(file for file in path.iterdir() if file.is_file() and _SUFFIXES.search(file.name))
    return [path]


def open_recording(path: Path, universe: Universe, options: Options) -> Recording:
    """Open one file, or those of a folder one after the other; market rows stream.

    Raises FeedError when nothing can be read, SettingsError where no day is known. DecodeError comes with the rows of
    a file in which nothing can be understood.
    """
    files = files_in(path) if path.exists() else []
    if not files:
        raise FeedError(f"{path}: no ITCH file here; allowed: length-prefixed ITCH 5.0 or a capture, plain or .gz")
    recording = Recording(name=path.name, universe=universe, market=iter(()))
    try:
        sources = [_Source(file, recording, options) for file in files]
    except (FeedError, SettingsError):
        recording.close()
        raise
    recording.market = (rows for source in sources for rows in source.market())
    return recording


class _Source:
    """One file."""

    def __init__(self, path: Path, recording: Recording, options: Options) -> None:
        self._path = path
        self._recording = recording
        self._options = options
        self._plain = PlainBytes(path)
        recording.closers.append(self._plain.close)
        self._pieces = self._plain.pieces()
        self._head = next(self._pieces, b"")
        self._capture = self._head[:4] in STARTS
        if not self._capture:
            self._day(None)  # says at once what is missing

    def market(self) -> Iterator[Rows]:
        """The market rows of the file; what is set aside and counted goes to the recording."""
        yield from self._captured() if self._capture else self._streamed()
        if self._plain.problem is not None:
            entry = Quarantined(source=self._path.name, where=self._path.name, reason=self._plain.problem)
            self._recording.set_aside([entry])

    def _streamed(self) -> Iterator[Rows]:
        decoder = ItchDecoder(self._day(None), self._recording.universe, self._options.symbols)
        for piece in self._with_head():
            for batch in decoder.feed(piece):
                self._recording.set_aside(batch.aside)
                yield batch.rows
        for batch in decoder.finish():
            self._recording.set_aside(batch.aside)
            yield batch.rows
        if not decoder.types:
            raise DecodeError(f"{self._path}: no ITCH 5.0 message in it; allowed: 2 bytes of length, then the message")
        self._say(dict(decoder.counts))

    def _captured(self) -> Iterator[Rows]:
        reader = PcapReader(self._path.name)
        feed = MoldFeed(self._path.name, self._decoder)
        for piece in self._with_head():
            for batch in feed.take(reader.frames_in(piece, feed.skim)):
                self._recording.set_aside(batch.aside)
                yield batch.rows
        reader.finish()
        for batch in feed.finish():
            self._recording.set_aside(batch.aside)
            yield batch.rows
        self._recording.set_aside(reader.aside)
        if not feed.counts["packets"]:
            raise DecodeError(f"{self._path}: no MoldUDP64 packet among {reader.frames} frames")
        self._say({**feed.counts, "frames_without_stamp": reader.counts["frames_without_stamp"]})
        for gap in feed.gaps[:_GAPS_NAMED]:
            self._recording.notes.append(f"{self._path.name}: {gap}")

    def _with_head(self) -> Iterator[bytes]:
        yield self._head
        yield from self._pieces

    def _decoder(self, session: str, ts_ns: int) -> ItchDecoder:
        """The decoder of a session first seen at a time; the second one of a file has a source of its own."""
        return ItchDecoder(self._day(ts_ns, session), self._recording.universe, self._options.symbols)

    def _day(self, ts_ns: int | None, session: str = "") -> Day:
        text = self._options.session_date or (day_of_stamp(ts_ns) if ts_ns else None) or day_of_name(self._path.name)
        if text is None:
            allowed = "a day in the file's name (2025-03-14, S031425, 03142025), or --date YYYY-MM-DD"
            raise SettingsError(complaint(str(self._path), "date", None, allowed))
        venue = self._options.venue or VENUE
        source = self._options.source or f"itch5:{venue}"
        return Day(
            self._path.name, midnight_ns(text, str(self._path)), venue, f"{source}:{session}" if session else source
        )

    def _say(self, counts: dict[str, int]) -> None:
        """Counts to the recording, what is irregular in words too."""
        for what, times in sorted(counts.items()):
            if what != "joined_at":
                self._recording.count(what, times)
            if what in _NOTES and times:
                self._recording.notes.append(f"{self._path.name}: {times} {_NOTES[what]}")
