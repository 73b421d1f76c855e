"""What is archived, gathered and appended table by table; each table knows for itself how far it has come.

The tables are not atomic together: after a failure one may be ahead. A writer therefore begins at the smallest
position of a lane over the tables, and each table leaves out what it has. A delivery is taken whole or not at all,
except one of single rows (`end - start` of them), which may be cut.
"""

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType
from typing import Final, Self, TypeVar

import msgspec
import numpy as np
import pyarrow as pa

from app.engine.errors import EngineError
from app.engine.events import OrderRow, Rows
from app.engine.units import SECOND
from app.engine.universe import Universe
from app.feeds.archive import packing
from app.feeds.archive.delivery import Delivery, WriterOptions
from app.feeds.archive.place import Place
from app.feeds.archive.table import ArchiveTable, ArchiveUnavailableError, Lot, Span
from app.feeds.archive.tables import CHUNK, DATE, ENRICHED, MARKET, ORDERS, REFERENCE, ROW, SCHEMAS, SCORECARDS
from app.feeds.decode.orders import orders_table
from app.feeds.decode.rows import applied_time

DAY_S: Final = 86_400
_FIRST_WAIT_S: Final = 0.2
_LONGEST_WAIT_S: Final = 15.0
_Done = TypeVar("_Done")


@dataclass(slots=True)
class _Waiting:
    """What one table is about to be given."""

    market: list[Rows] = field(default_factory=list)
    orders: list[OrderRow] = field(default_factory=list)
    spans: dict[str, Span] = field(default_factory=dict)
    rows: int = 0


class ArchiveWriter:
    """Appends deliveries to an archive, every one once. `say` is told when it has to wait, and when it goes on.

    Raises SupersededError where another writer has taken over, ArchiveUnavailableError where the patience is over: what
    was put and not flushed is then to be put again, from `position` on.
    """

    def __init__(
        self,
        place: Place,
        universe: Universe,
        options: WriterOptions | None = None,
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.options = options or WriterOptions()
        self.trouble = ""  # why it waits now; "" = it does not
        self.rows = 0  # appended by this writer
        self._place = place
        self._universe = universe
        self._say = say
        self._tables: dict[str, ArchiveTable] = {}
        self._waiting = {name: _Waiting() for name in (MARKET, ORDERS)}
        for name in SCHEMAS:
            self._tables[name] = self._patiently(partial(self._open, name))

    def position(self, lane: str) -> int:
        """From where a lane has to be delivered: the smallest position over the tables of rows."""
        return min(self._at(name, lane) for name in (MARKET, ORDERS))

    def put(self, delivery: Delivery) -> None:
        """Take a delivery; it is in the archive after the next `flush`. Raises EngineError for a hole in its lane."""
        for name in (MARKET, ORDERS):
            self._take(name, delivery)
        if any(waiting.rows >= self.options.chunk_rows for waiting in self._waiting.values()):
            self.flush()

    def flush(self) -> None:
        """Append everything that waits; afterwards it is there for good."""
        made = {MARKET: self._market_made(self._waiting[MARKET]), ORDERS: self._orders_made(self._waiting[ORDERS])}
        for day in sorted({day for parts in made.values() for day in parts.days}):
            self._describe(day)
        for name, parts in made.items():
            waiting = self._waiting[name]
            if waiting.spans:
                self._append(name, parts, waiting.spans)
                self.rows += waiting.rows
                self._waiting[name] = _Waiting()

    def results(self, run: str, tables: Mapping[str, Mapping[str, Sequence[object]]], as_of_ns: int) -> None:
        """Append what a finished run has found: fills and children as enriched events, parents as scorecards.

        `run` names rows and figures both: the same run with the same figures is there once.
        """
        for name, kinds in ((ENRICHED, ("fills", "children")), (SCORECARDS, ("parents",))):
            parts = [_result(name, kind, tables.get(kind, {}), (run, as_of_ns)) for kind in kinds]
            rows = pa.concat_tables(parts)
            made = _Made([(_date(as_of_ns), rows)] if rows.num_rows else [])
            lane = f"results {run}"
            if self._tables[name].position(lane) == 0:
                self._append(name, made, {lane: Span(0, 1)})

    def close(self) -> None:
        """Nothing more comes; what waits is appended."""
        self.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self.close()

    def _open(self, name: str) -> ArchiveTable:
        table = ArchiveTable(self._place, name, self.options.group, self.options.level)
        table.claim(self.options.generation)
        return table

    def _at(self, name: str, lane: str) -> int:
        """Up to where a lane is in a table or waits to be."""
        span = self._waiting[name].spans.get(lane)
        return self._tables[name].position(lane) if span is None else span.end

    def _take(self, name: str, delivery: Delivery) -> None:
        at, waiting = self._at(name, delivery.lane), self._waiting[name]
        if delivery.end <= at:
            return
        if delivery.start > at:
            raise EngineError(f"{delivery.lane}: the archive has it up to {at}, rows from {delivery.start} were given")
        market, orders = delivery.market, delivery.orders
        if delivery.start < at:
            if len(market) + len(orders) != delivery.end - delivery.start or (len(market) and orders):
                raise EngineError(f"{delivery.lane}: the archive has a part of {delivery.start} to {delivery.end}")
            market, orders = market[at - delivery.start :], orders[at - delivery.start :]
        before = waiting.spans.get(delivery.lane)
        waiting.spans[delivery.lane] = Span(at if before is None else before.start, delivery.end)
        if name == MARKET and len(market):
            waiting.market.append(market)
            waiting.rows += len(market)
        if name == ORDERS:
            waiting.orders.extend(orders)
            waiting.rows += len(orders)

    def _market_made(self, waiting: _Waiting) -> "_Made":
        if not waiting.market:
            return _Made([])
        rows = waiting.market[0] if len(waiting.market) == 1 else np.concatenate(waiting.market)
        days = applied_time(rows) // (DAY_S * SECOND)
        several = np.unique(days).tolist() if days.min() != days.max() else [int(days[0])]
        return _Made(
            [
                (day, packing.pack(part, self._universe))
                for day in several
                for part in _cut(rows[days == day] if len(several) > 1 else rows, self.options.chunk_rows)
            ]
        )

    def _orders_made(self, waiting: _Waiting) -> "_Made":
        by_day: dict[int, list[OrderRow]] = {}
        for row in waiting.orders:
            by_day.setdefault(_date(row.ts_event), []).append(row)
        return _Made([(day, _signed(orders_table(rows))) for day, rows in sorted(by_day.items())])

    def _describe(self, day: int) -> None:
        """Append the reference data as it stands, under a day of which it is not known yet."""
        universe = self._universe
        known: list[tuple[str, str, object]] = [("instrument", name, i) for name, i in universe.reference.items()]
        known += [("fx", pair, rates) for pair, rates in universe.fx.items()]
        texts = [msgspec.json.encode(value).decode() for _, _, value in known]
        kinds, names = [kind for kind, _, _ in known], [name for _, name, _ in known]
        told = hashlib.blake2b("\n".join((*kinds, *names, *texts)).encode(), digest_size=8).digest()
        mark, digest = f"reference of day {day}", int.from_bytes(told, "little") >> 1
        if not known or self._tables[REFERENCE].position(mark) == digest:
            return
        rows = pa.table({"kind": kinds, "name": names, "value": texts})
        self._append(REFERENCE, _Made([(day, rows)]), {}, {mark: digest})

    def _append(
        self, name: str, made: "_Made", spans: Mapping[str, Span], marks: Mapping[str, int] = MappingProxyType({})
    ) -> None:
        table = self._tables[name]
        self._patiently(lambda: made.append(table, spans, marks))

    def _patiently(self, work: Callable[[], _Done]) -> _Done:
        """Do it, again and again while the archive is unavailable; it is said when that begins and when it ends."""
        began, wait = time.monotonic(), _FIRST_WAIT_S
        while True:
            try:
                done = work()
                break
            except ArchiveUnavailableError as error:
                patience = self.options.patience_s
                if patience is not None and time.monotonic() - began + wait > patience:
                    raise
                if not self.trouble:
                    self._say(f"the archive waits: {error}")
                self.trouble = str(error)
                time.sleep(wait)
                wait = min(2 * wait, _LONGEST_WAIT_S)
        if self.trouble:
            self.trouble = ""
            self._say(f"the archive goes on after {time.monotonic() - began:.1f} s; nothing was lost")
        return done


class _Made:
    """Chunks of a table, made once and numbered when they are appended."""

    def __init__(self, parts: Sequence[tuple[int, pa.Table]]) -> None:
        self._parts = parts
        self.days = {day for day, _ in parts}

    def append(self, table: ArchiveTable, spans: Mapping[str, Span], marks: Mapping[str, int]) -> None:
        """Append them with these spans."""
        table.append(Lot(self._numbered, len(self._parts), marks), spans)

    def _numbered(self, first: int) -> pa.Table | None:
        tables = []
        for number, (day, part) in enumerate(self._parts, first):
            count = part.num_rows
            filed = {
                DATE: pa.array(np.full(count, day, np.int32), pa.date32()),
                CHUNK: pa.array(np.full(count, number)),
                ROW: pa.array(np.arange(count, dtype=np.int32)),
            }
            tables.append(pa.table({**filed, **{column: part.column(column) for column in part.column_names}}))
        if not tables:
            return None
        return pa.concat_tables(tables, promote_options="permissive")


def _cut(rows: Rows, size: int) -> list[Rows]:
    return [rows[start : start + size] for start in range(0, len(rows), size)]


def _date(time_ns: int) -> int:
    """Days since 1970 (UTC)."""
    return int(time_ns // (DAY_S * SECOND))


def _signed(table: pa.Table) -> pa.Table:
    """Delta knows no unsigned numbers: the same 64 bits with a sign."""
    at = table.schema.get_field_index("seq")
    bits = table.column("seq").combine_chunks().to_numpy(zero_copy_only=False).view(np.int64)
    return table.set_column(at, "seq", pa.array(bits))


def _result(name: str, kind: str, columns: Mapping[str, Sequence[object]], of: tuple[str, int]) -> pa.Table:
    count = max((len(values) for values in columns.values()), default=0)
    given: dict[str, object] = {**columns, "run": [of[0]] * count, "kind": [kind] * count, "as_of_ns": [of[1]] * count}
    fields = [field for field in SCHEMAS[name] if field.name not in (DATE, CHUNK, ROW)]
    arrays = [pa.array(given.get(f.name, [None] * count), f.type, from_pandas=True) for f in fields]
    return pa.table(arrays, schema=pa.schema(fields))
