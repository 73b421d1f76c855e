"""What every feed offers: `open_recording(path, universe, options)` gives a Recording.

A feed module names its format in `FORMAT`; the composition root keeps the table of them. A feed that answers what it
is sent is a SteppedFeed: it hands its rows over step by step, and messages reach it in between.
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Final, NamedTuple, Protocol, Self

import pyarrow as pa
import pyarrow.parquet as pq

from app.engine.errors import FeedError
from app.engine.events import OrderRow, Quarantined, Rows
from app.engine.universe import Universe
from app.feeds.decode.symbols import SymbolFile

# What reading a damaged Parquet file can raise: a name that is no UTF-8 is a plain ValueError.
PARQUET_FAULTS: Final = (OSError, pa.ArrowException, ValueError, OverflowError)


class OrderDecoder(Protocol):
    """Reads a file of own order flow; injected so that feeds need not import each other."""

    def __call__(self, path: Path, universe: Universe) -> tuple[list[OrderRow], list[Quarantined]]:
        """Order rows in file order and what was set aside."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a feed may be told beside its path; every field has a default that fits."""

    symbols: SymbolFile | None = None  # feed symbol -> instrument by date
    fix_orders: OrderDecoder | None = None  # reads orders.fix of a session folder
    source: str | None = None  # logical source name instead of the one made from the file
    session_date: str | None = None  # YYYY-MM-DD where file names do not carry it
    venue: str | None = None  # MIC of a format that carries none


@dataclass(slots=True)
class Recording:
    """An opened source of one run.

    `market` gives arrays of events.MARKET in the order to be applied, at most 64k rows each; `quarantine`, `notes`
    and `counts` fill while it is read. counts["quarantined"] is exact even where the list is abridged.
    """

    name: str
    universe: Universe
    market: Iterator[Rows]
    orders: list[OrderRow] = field(default_factory=list)
    rows_total: int | None = None
    quarantine: list[Quarantined] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    closers: list[Callable[[], None]] = field(default_factory=list)

    def count(self, what: str, times: int = 1) -> None:
        """Add to one of the counts."""
        if times:
            self.counts[what] = self.counts.get(what, 0) + times

    def set_aside(self, entries: list[Quarantined], rows: int | None = None) -> None:
        """Keep what could not be decoded; `rows` where the entries are an abridged list of more."""
        self.quarantine.extend(entries)
        self.count("quarantined", len(entries) if rows is None else rows)

    def close(self) -> None:
        """Close the files; a second call does nothing."""
        while self.closers:
            self.closers.pop()()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Feed(Protocol):
    """A format: opens a path as a recording.

    Raises FeedError when the path cannot be read, DecodeError when nothing in it can be understood.
    """

    def __call__(self, path: Path, universe: Universe, options: Options) -> Recording:
        """Open without reading the market rows; they stream from the recording."""


class Slice(NamedTuple):
    """What one step of a SteppedFeed hands over: rows sorted as a Recording's, own rows, answers to messages.

    `replies`: (event ns, raw FIX) of the EMS to the sender of the messages, in the order of their times.
    """

    market: Rows
    orders: list[OrderRow]
    replies: list[tuple[int, bytes]]
    until_ns: int


class SteppedFeed(Protocol):
    """A feed that can be answered: what it gives after a moment may depend on what it was sent up to that moment.

    The whole of its rows depends on its own seed and the (at_ns, message) list alone, never on how `advance` is cut.
    """

    name: str
    note: str  # what everybody who looks at the run must know of it; "" = nothing
    universe: Universe
    start_ns: int
    end_ns: int

    def advance(self, until_ns: int) -> Slice:
        """Every row with applied time <= until_ns that was not handed out yet; until_ns never falls."""

    def receive(self, message: bytes, at_ns: int) -> None:
        """A raw FIX message reaches the EMS at event time at_ns, at least the until_ns handed out last."""


def in_order(orders: list[OrderRow]) -> list[OrderRow]:
    """Order rows as they are applied: by (ts_event, source, seq), ties in their given order."""
    return sorted(orders, key=lambda row: (row.ts_event, row.source, row.seq))


def file_bytes(path: Path) -> bytes:
    """The whole file. Raises FeedError when it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise FeedError(f"{path}: cannot be read: {error.strerror or error}") from error


def parquet_file(path: Path, text: Collection[str] = ()) -> pq.ParquetFile:
    """An opened Parquet file; the string columns named in `text` come dictionary-encoded.

    Raises FeedError when it cannot be read, is empty, is cut short or is no Parquet file.
    """
    try:
        if path.stat().st_size == 0:
            raise FeedError(f"{path}: empty file (0 bytes); a Parquet file is needed")
        schema = pq.read_schema(path)
        encoded = [field.name for field in schema if pa.types.is_string(field.type) and field.name in text]
        return pq.ParquetFile(path, read_dictionary=encoded, page_checksum_verification=True)
    except OSError as error:
        raise FeedError(f"{path}: cannot be read: {error.strerror or error}") from error
    except PARQUET_FAULTS as error:
        raise FeedError(f"{path}: not a complete Parquet file (cut short, or another format): {error}") from error


def parquet_table(path: Path) -> pa.Table:
    """A whole Parquet file as a table. Raises FeedError when it cannot be read or is damaged."""
    with parquet_file(path) as file:
        try:
            return file.read()
        except PARQUET_FAULTS as error:
            raise FeedError(f"{path}: damaged data pages: {error}") from error
