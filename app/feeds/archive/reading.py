"""Reading an archive: the days it has, and of a day its market rows chunk by chunk, own rows, reference data.

Files are read by Arrow. Chunks come in the order of their numbers, also where compaction has put several into a file.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import NamedTuple

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import DeltaTable
from deltalake.exceptions import TableNotFoundError
from numpy.typing import NDArray

from app.engine.errors import DecodeError, FeedError
from app.engine.events import Instrument, OrderRow, Rows
from app.engine.universe import Universe
from app.feeds.archive import packing, unpacking
from app.feeds.archive.place import Place
from app.feeds.archive.table import TROUBLE, ArchiveUnavailableError
from app.feeds.archive.tables import CHUNK, DATE, MARKET, ORDERS, REFERENCE, ROW, SCHEMAS
from app.feeds.base import PARQUET_FAULTS
from app.feeds.decode import check
from app.feeds.decode.orders import OrderDecoder


class DataFile(NamedTuple):
    """A data file of a table: its path below the table, its day, its chunks, its rows."""

    path: str
    day: date
    first: int
    last: int
    rows: int
    bytes: int


class TableReader:
    """One table as it stood when it was opened. Raises FeedError where there is none or it cannot be read."""

    def __init__(self, place: Place, name: str) -> None:
        self._place = place
        self.name = name
        try:
            self.delta = DeltaTable(place.table(name), storage_options=place.options())
        except TableNotFoundError as error:
            raise FeedError(f"{place.uri}: no archive is here (no table `{name}`)") from error
        except TROUBLE as error:
            raise ArchiveUnavailableError(f"{place.table(name)}: {error}") from error
        self._files = place.files()

    def days(self) -> list[date]:
        """The days of which it has rows."""
        return sorted({file.day for file in self.files()})

    def files(self) -> list[DataFile]:
        """Its data files by their first chunk."""
        actions = pa.table(self.delta.get_add_actions(flatten=True)).to_pylist()
        found = [
            DataFile(
                path=line["path"],
                day=line[f"partition.{DATE}"],
                first=line[f"min.{CHUNK}"],
                last=line[f"max.{CHUNK}"],
                rows=line["num_records"],
                bytes=line["size_bytes"],
            )
            for line in actions
        ]
        return sorted((file for file in found if file.rows), key=lambda file: (file.first, file.last))

    def chunks(self, days: Sequence[date], columns: Sequence[str] | None = None) -> Iterator[tuple[int, pa.Table]]:
        """Number and rows of each chunk of these days, in the order of their numbers; all columns, or these."""
        for number, chunk in self.found([file for file in self.files() if file.day in days], columns):
            yield number, in_order(chunk, self.name, number)

    def found(self, files: Sequence[DataFile], columns: Sequence[str] | None = None) -> Iterator[tuple[int, pa.Table]]:
        """Number and rows of each chunk of these files, which come by their first chunk; rows as they lie there."""
        for group in _overlapping(files):
            tables = [self.read(file, columns) for file in group]
            joined = tables[0] if len(tables) == 1 else pa.concat_tables(tables, promote_options="permissive")
            numbers = joined.column(CHUNK).to_numpy()
            several = np.unique(numbers).tolist()
            for number in several:
                chunk = joined if len(several) == 1 else joined.filter(pa.array(numbers == number))
                yield number, chunk

    def read(self, file: DataFile, columns: Sequence[str] | None = None) -> pa.Table:
        """The rows of one file; columns that it does not have yet are null. Raises FeedError."""
        path = self._place.within(f"{self.name}/{file.path}")
        try:
            with pq.ParquetFile(path, filesystem=self._files) as opened:
                known = set(opened.schema_arrow.names)
                wanted = None if columns is None else [name for name in (*columns, CHUNK, ROW) if name in known]
                table = opened.read(columns=wanted)
        except PARQUET_FAULTS as error:
            raise FeedError(f"{self._place.uri}: {self.name}/{file.path}: cannot be read: {error}") from error
        for field in SCHEMAS[self.name]:
            asked = columns is None or field.name in columns
            if asked and field.name not in table.column_names and field.name != DATE:
                table = table.append_column(field, pa.nulls(table.num_rows, field.type))
        return table


class ArchiveReader:
    """The tables a replay needs, each as it stood when it was opened."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.market = TableReader(place, MARKET)
        self.orders = TableReader(place, ORDERS)
        self.reference = TableReader(place, REFERENCE)

    def days(self) -> list[date]:
        """The days of which there are rows."""
        return sorted({*self.market.days(), *self.orders.days()})

    def describe(self, days: Sequence[date], universe: Universe) -> None:
        """Give the universe what was known of instruments and rates on these days, or last before them."""
        there = self.reference.days()
        wanted = {max((known for known in there if known <= day), default=min(there, default=day)) for day in days}
        for _, chunk in self.reference.chunks(sorted(wanted)):
            for line in chunk.to_pylist():
                if line["kind"] == "fx":
                    universe.fx[line["name"]] = msgspec.json.decode(line["value"], type=list[tuple[int, float]])
                else:
                    universe.describe(msgspec.json.decode(line["value"], type=Instrument))

    def market_rows(self, days: Sequence[date], universe: Universe) -> Iterator[Rows]:
        """Market rows chunk by chunk. Raises DecodeError where a chunk is not what was written."""
        for number, chunk in self.market.chunks(days):
            packed = unpacking.unpack(chunk, universe)
            if packed.check != packing.checksum(packed.rows, universe):
                raise DecodeError(f"{self.place.uri}: {MARKET}: chunk {number}: the rows do not fit their checksum")
            yield packed.rows

    def arrivals(
        self, days: Sequence[date], universe: Universe
    ) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
        """Applied time and source of the market rows, chunk by chunk."""
        for _, chunk in self.market.chunks(days, unpacking.ARRIVAL):
            yield unpacking.arrivals(chunk, universe)

    def order_rows(self, days: Sequence[date]) -> tuple[list[OrderRow], list[check.Verdict]]:
        """Own rows in the order they were handed over, and what could not be read of each chunk."""
        rows: list[OrderRow] = []
        verdicts: list[check.Verdict] = []
        for number, chunk in self.orders.chunks(days):
            bits = chunk.column("seq").combine_chunks().fill_null(0).to_numpy(zero_copy_only=False).view(np.uint64)
            plain = chunk.drop_columns([DATE, CHUNK, ROW] if DATE in chunk.column_names else [CHUNK, ROW])
            table = plain.set_column(plain.schema.get_field_index("seq"), "seq", pa.array(bits))
            found, verdict = OrderDecoder(f"{self.place.uri}/{ORDERS} chunk {number}").decode(table)
            rows += found
            verdicts.append(verdict)
        return rows, verdicts


def _overlapping(files: Sequence[DataFile]) -> Iterator[list[DataFile]]:
    """Files in groups of which no two share a chunk number."""
    group: list[DataFile] = []
    reached = -1
    for file in files:
        if group and file.first > reached:
            yield group
            group = []
        group.append(file)
        reached = max(reached, file.last)
    if group:
        yield group


def in_order(chunk: pa.Table, name: str, number: int) -> pa.Table:
    """The chunk's rows by their place. Raises DecodeError where some are missing or there twice."""
    places = chunk.column(ROW).to_numpy()
    count = len(places)
    if (places == np.arange(count)).all():
        return chunk
    order = np.argsort(places, kind="stable")
    if not (places[order] == np.arange(count)).all():
        raise DecodeError(f"archive table {name}: chunk {number}: rows are missing, or there twice")
    return chunk.take(order)
