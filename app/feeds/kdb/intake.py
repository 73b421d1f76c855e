"""Updates of one table into batches of a lane: counted, joined, decoded; the rest is set aside with its reason."""

import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import numpy as np

from app.engine.errors import DecodeError, FeedError, complaint
from app.engine.events import OrderRow, Quarantined, Rows, no_market
from app.engine.universe import Universe
from app.feeds.decode.rows import applied_time
from app.feeds.kdb.codec import DAY, Column, Update
from app.feeds.kdb.mapping import check_codec, check_map
from app.feeds.kdb.messages import MessageTable
from app.feeds.kdb.tables import MarketTable, OrderTable, Table
from app.runtime.live_route import Batch
from app.settings_sources import KdbSource

_PLACE: Final = "DAY:ROWS or DAY:ROWS:end, as it was written by a run"
_WRITTEN: Final = re.compile(r"(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2}):(?P<rows>[0-9]{1,18})(?P<end>:end)?")


class Place(NamedTuple):
    """How far a table has been read: the tickerplant's day, the rows since it began, whether it was over then."""

    day: str
    rows: int
    ended: bool = False

    def __str__(self) -> str:
        return f"{self.day}:{self.rows}{':end' if self.ended else ''}"


def place(text: str, lane: str) -> Place:
    """A place as the tape has it. Raises FeedError naming lane and value."""
    found = _WRITTEN.fullmatch(text)
    try:
        if found is not None:
            return Place(str(np.datetime64(found["day"], "D")), int(found["rows"]), found["end"] is not None)
    except ValueError:
        pass  # a day no calendar has
    raise FeedError(complaint(f"tape, lane {lane}", "position", text, _PLACE))


class Intake:
    """One table's rows. `at`: the place behind what was handed over. `skip`: rows that follow and were had already."""

    def __init__(
        self,
        name: str,
        source: KdbSource,
        universe: Universe,
        known: frozenset[str],
        fix: Mapping[str, Any] | None = None,
    ) -> None:
        """Raises SettingsError, and DecodeError for settings of columns that do not exist."""
        self._key = f"sources.{name}"
        check_codec(source, self._key)
        table = source.table or name
        self.at = Place("", 0)
        self.skip = 0
        self.not_before = 0  # ns; earlier rows are passed over, counted in the place
        self.schema: tuple[str, ...] = ()
        self._where = f"kdb+ table {table}"
        self._source = source.source or name
        self._settings = source
        self.table = columns = Table(table, source.columns, {"source": self._source, "venue": source.venue})
        self._market = MarketTable(columns, universe, known, self._where) if source.role != "orders" else None
        self._orders, self._messages = None, None
        if source.codec == "fix":
            self._messages = MessageTable(columns, universe, self._source, fix or {})
        elif source.role == "orders":
            self._orders = OrderTable(columns, known, self._where)
        self._heard = 0  # rows of the day that are known and not told: what FIX messages mean depends on earlier ones

    def begin_day(self, day: str) -> None:
        """Another day of the tickerplant: its tables begin anew."""
        self.at = Place(day, 0)
        self.skip = self._heard = 0

    def go_on(self, at: Place) -> None:
        """Behind rows that were had already; where their meaning is needed they are read again, and not told."""
        self.at = at
        if self._messages is not None and not at.ended:
            self.at, self._heard = at._replace(rows=0), at.rows

    def check(self, schema: Mapping[str, Column]) -> None:
        """Hold the map against the table. Raises SettingsError naming table, column, type and what is allowed."""
        check_map(self.table, self._settings, self._key, schema)

    def batches(self, updates: list[Update]) -> list[Batch]:
        """Batches of the updates, in order; as few as there are different sets of columns."""
        found: list[Batch] = []
        group: list[Update] = []
        for update in map(self._unskipped, updates):
            if group and not _alike(group[0], update):
                found += self._batch(group)
                group = []
            if update.rows:
                group.append(update)
        return found + self._batch(group)

    def _unskipped(self, update: Update) -> Update:
        if not self.skip:
            return update
        over = min(self.skip, update.rows)
        self.skip -= over
        return update._replace(columns=tuple(values[over:] for values in update.columns))

    def _batch(self, group: list[Update]) -> list[Batch]:
        if not group:
            return []
        try:
            return [self._decoded(group)]
        except DecodeError as error:
            if len(group) > 1:
                return [batch for update in group for batch in self._batch([update])]
            return [self._refused(group[0], str(error))]

    def _decoded(self, group: list[Update]) -> Batch:
        names, columns = self._joined(group)
        first, rows = self.at.rows, len(columns[0])
        if any(len(values) != rows for values in columns):
            raise DecodeError(complaint(self._where, "lengths of columns", [len(v) for v in columns], f"all {rows}"))
        day_ns = int(np.datetime64(self.at.day).astype("datetime64[D]").astype(np.int64)) * DAY if self.at.day else 0
        market: Rows = no_market()
        orders: tuple[OrderRow, ...] = ()
        aside: list[Quarantined] = []
        if self._market is not None:
            market, verdict = self._market.rows(names, columns, first, day_ns)
            aside = verdict.entries
            if self.not_before:
                market = market[applied_time(market) >= self.not_before]
        elif self._messages is not None:
            return self._of_messages(names, columns, first)
        elif self._orders is not None:
            decoded, aside = self._orders.rows(names, columns, first, day_ns)
            orders = tuple(row for row in decoded if row.ts_event >= self.not_before)
        self.at = Place(self.at.day, first + rows)
        return Batch(position=str(self.at), market=market, orders=orders, quarantine=tuple(aside))

    def _of_messages(self, names: tuple[str, ...], columns: list[Column], first: int) -> Batch:
        """Order rows of FIX messages; those that are known already are heard."""
        assert self._messages is not None  # noqa: S101 - its table is one
        known = min(max(self._heard - first, 0), len(columns[0]))
        if known:
            self._messages.rows(names, [values[:known] for values in columns], first, self._where)
        left = [values[known:] for values in columns]
        made, aside = self._messages.rows(names, left, first + known, self._where) if len(left[0]) else ([], [])
        self.at = Place(self.at.day, first + len(columns[0]))
        place = self.at._replace(rows=max(self.at.rows, self._heard))
        told = tuple(row for row in made if row.ts_event >= self.not_before)
        return Batch(position=str(place), orders=told, quarantine=tuple(aside))

    def _joined(self, group: list[Update]) -> tuple[tuple[str, ...], list[Column]]:
        names = group[0].names or self.schema
        width = len(group[0].columns)
        if len(names) != width:
            raise DecodeError(complaint(self._where, "columns", width, f"{len(names)}: {', '.join(names)}"))
        if len(group) == 1:
            return names, list(group[0].columns)
        return names, [np.concatenate([update.columns[index] for update in group]) for index in range(width)]

    def _refused(self, update: Update, why: str) -> Batch:
        """An update none of whose rows can be read; the place goes on behind it."""
        first = self.at.rows
        where = f"{self._where} rows {first} to {first + update.rows - 1}"
        self.at = Place(self.at.day, first + update.rows)
        return Batch(position=str(self.at), quarantine=(Quarantined(source=self._source, where=where, reason=why),))

    def refused_message(self, message: bytes, number: int, why: str) -> Batch:
        """A message that could not be decoded at all; its rows are not known, the place stays."""
        where = f"{self._where} message {number}"
        entry = Quarantined(source=self._source, where=where, reason=f"{where}: {why}", raw=message)
        return Batch(quarantine=(entry,))


def _alike(one: Update, other: Update) -> bool:
    """True where two updates may be joined: the same columns of the same types."""
    return one.names == other.names and [c.dtype for c in one.columns] == [c.dtype for c in other.columns]
