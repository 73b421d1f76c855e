"""The files of a run: written beside their folder and put in place at the end, all of them or none."""

import os
import shutil
import signal
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType, TracebackType
from typing import Final, Self, TypeAlias

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from app.engine import schema
from app.engine.errors import EngineError, FeedError
from app.engine.events import TOUCHED, Quarantined, Rows
from app.engine.units import NULL, PRICE_SCALE
from app.engine.universe import Universe

Tables: TypeAlias = Mapping[str, Mapping[str, Sequence[object]]]

_TYPES: Final = {"str": pa.string(), "i8": pa.int64(), "px": pa.float64(), "f8": pa.float64(), "bool": pa.bool_()}
_QUARANTINE: Final = pa.schema(
    [("source", pa.string()), ("where", pa.string()), ("reason", pa.string()), ("raw", pa.binary())]
)
_BOOK: Final = pa.schema([(column.name, _TYPES[column.kind]) for column in schema.BOOK])
_ROW_GROUP: Final = 65_536
_SPILL: Final = 4096  # quarantined rows kept in memory before they go to the file
_RAW_LIMIT: Final = 65_536  # bytes of one quarantined row that are kept
RUN: Final = "run.json"
FILES: Final = (*(f"{name}.parquet" for name in schema.TABLES), "book.parquet", "quarantine.parquet", RUN)


class RunReport(msgspec.Struct, frozen=True, kw_only=True):
    """What run.json says about a run; `undefined` counts figures by reason."""

    version: str
    settings_hash: str
    input_hash: str
    model_hash: str | None
    run_hash: str
    output_hash: str
    rows_in: int
    rows_late: int
    rows_quarantined: int
    undefined: dict[str, int]
    events_per_s: float | None
    wall_s: float
    notes: list[str]
    session: str = ""  # the stream's name
    zones: dict[str, str] = {}  # time zone by instrument, where its reference data has one


class Outputs:
    """Collects a run's files in a folder of their own beside `folder`; `finish` puts them in place.

    Book and quarantine rows go to their files as they come, so memory stays bounded. Raises FeedError where the
    folder cannot be written.
    """

    def __init__(self, folder: Path, universe: Universe, *, book: bool) -> None:
        self.folder = folder
        self.quarantined = 0
        self._universe = universe
        with self._writing():
            folder.parent.mkdir(parents=True, exist_ok=True)
            if folder.exists() and not folder.is_dir():
                raise FeedError(f"{folder}: the output folder is a file; name another one")
            self._work = folder.absolute().with_name(f".{folder.name}.{os.getpid()}.partial")
            shutil.rmtree(self._work, ignore_errors=True)
            self._work.mkdir()
            self._quarantine = self._open("quarantine.parquet", _QUARANTINE)
            self._book = self._open("book.parquet", _BOOK) if book else None
        self._set_aside: list[Quarantined] = []
        self._touches: list[Rows] = []
        self._touch_count = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.abandon()

    def add_quarantine(self, rows: list[Quarantined]) -> None:
        """Rows that were set aside, in the order they came."""
        self.quarantined += len(rows)
        self._set_aside.extend(rows)
        if len(self._set_aside) >= _SPILL:
            with self._writing():
                self._spill_quarantine()

    def add_touches(self, changes: Rows) -> None:
        """Changes of one block; those that complete a venue event become lines of the book."""
        touched = changes[changes["kind"] == TOUCHED]
        if self._book is None or not len(touched):
            return
        self._touches.append(touched)
        self._touch_count += len(touched)
        if self._touch_count >= _ROW_GROUP:
            with self._writing():
                self._spill_touches()

    def write_tables(self, tables: Tables) -> None:
        """The definitive tables; after this only the report is missing. Raises EngineError for a wrong column."""
        with self._writing():
            self._spill_quarantine()
            self._quarantine.close()
            if self._book is not None:
                self._spill_touches()
                self._book.close()
            for name, columns in schema.TABLES.items():
                path = self._work / f"{name}.parquet"
                pq.write_table(_table(name, columns, tables.get(name, {})), path, compression="zstd")

    def finish(self, report: RunReport) -> None:
        """Write the report and put every file in place; an interruption comes before or after, not in between."""
        encoded = msgspec.json.format(msgspec.json.encode(report), indent=2)
        with self._writing(), uninterrupted():
            (self._work / RUN).write_bytes(encoded + b"\n")
            try:
                self._work.rename(self.folder)  # new, or an empty folder: one step
            except OSError:
                self._replace_files()

    def abandon(self) -> None:
        """Leave nothing behind; does nothing once finished."""
        for writer in (self._quarantine, self._book):
            if writer is not None and writer.is_open:
                with suppress(OSError):  # a full disk: it is about to be removed
                    writer.close()
        shutil.rmtree(self._work, ignore_errors=True)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """A folder that cannot be written, or a full disk, is told in words."""
        try:
            yield
        except OSError as error:
            raise FeedError(f"{self.folder}: the output cannot be written: {error.strerror or error}") from error

    def _replace_files(self) -> None:
        """An older result makes room file by file; run.json goes first and comes last, so it never lies."""
        for name in (RUN, *FILES):
            (self.folder / name).unlink(missing_ok=True)
        for name in FILES:
            if (self._work / name).exists():
                (self._work / name).replace(self.folder / name)
        self._work.rmdir()

    def _open(self, name: str, arrow_schema: pa.Schema) -> pq.ParquetWriter:
        return pq.ParquetWriter(self._work / name, arrow_schema, compression="zstd")

    def _spill_quarantine(self) -> None:
        rows, self._set_aside = self._set_aside, []
        if rows:
            columns = [
                [row.source for row in rows],
                [row.where for row in rows],
                [row.reason for row in rows],
                [row.raw[:_RAW_LIMIT] for row in rows],
            ]
            arrays = [pa.array(column, field.type) for column, field in zip(columns, _QUARANTINE, strict=True)]
            self._quarantine.write_table(pa.Table.from_arrays(arrays, schema=_QUARANTINE))

    def _spill_touches(self) -> None:
        touches, self._touches, self._touch_count = self._touches, [], 0
        if touches and self._book is not None:
            self._book.write_table(book_table(np.concatenate(touches), self._universe.instruments.names))


def book_table(touches: Rows, instruments: list[str]) -> pa.Table:
    """Touches as lines of the book: prices in quote currency, an empty side null, counts null where none are named."""

    def nullable(name: str, missing: int) -> pa.Array:
        values = touches[name].astype(np.int64)
        return pa.array(values, pa.int64(), mask=values == missing)

    def price(name: str) -> pa.Array:
        values: NDArray[np.int64] = touches[name]
        return pa.array(values / PRICE_SCALE, pa.float64(), mask=values == NULL)

    arrays = {
        "row": pa.array(touches["rec"]),
        "ts_event": pa.array(touches["ts"]),
        "instrument": pa.DictionaryArray.from_arrays(
            pa.array(touches["instrument"]), pa.array(instruments, pa.string())
        ).cast(pa.string()),
        "seq": pa.array(touches["seq"].astype(np.int64)),
        "bid_px": price("bid"),
        "bid_sz": nullable("bid_size", NULL),
        "bid_ct": nullable("bid_count", 0),
        "ask_px": price("ask"),
        "ask_sz": nullable("ask_size", NULL),
        "ask_ct": nullable("ask_count", 0),
    }
    return pa.Table.from_arrays([arrays[name] for name in _BOOK.names], schema=_BOOK)


def _table(name: str, columns: tuple[schema.Column, ...], values: Mapping[str, Sequence[object]]) -> pa.Table:
    """One table; a column the engine does not give yet is null all the way, an undefined figure is null."""
    unknown = sorted(set(values) - {column.name for column in columns})
    if unknown:
        raise EngineError(f"table {name}: the engine gives columns that the schema does not know: {', '.join(unknown)}")
    lengths = {column: len(given) for column, given in values.items()}
    rows = max(lengths.values(), default=0)
    if any(length != rows for length in lengths.values()):
        raise EngineError(f"table {name}: columns of different lengths: {lengths}")
    arrays = []
    for column in columns:
        given = values.get(column.name, [None] * rows)
        try:
            arrays.append(pa.array(given, _TYPES[column.kind], from_pandas=True))
        except (pa.ArrowException, TypeError, ValueError) as error:
            raise EngineError(f"table {name}: column {column.name} is not of kind {column.kind}: {error}") from error
    arrow_schema = pa.schema([(column.name, _TYPES[column.kind]) for column in columns])
    return pa.Table.from_arrays(arrays, schema=arrow_schema)


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Hold Ctrl+C and SIGTERM back for the few ms in which files change places; they act when it is done."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []

    def remember(number: int, _frame: FrameType | None) -> None:
        came.append(number)

    kinds = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(kind, remember) for kind in kinds]
    try:
        yield
    finally:
        for kind, handler in zip(kinds, before, strict=True):
            signal.signal(kind, handler)
        if came:
            signal.raise_signal(came[0])
