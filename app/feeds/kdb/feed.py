"""Feed: a table of a kdb+ tickerplant as one lane of a live run.

On every connection one question subscribes and says, at the same moment of the tickerplant, where its day stands:
``(.u.sub[`table;symbols];.u.d;.u.i;.u.L)`` where the day is in a log, or the rows its table holds where it is asked for
by query. What was missed is read up to there; every update behind the answer follows it: no seam, nothing twice.
"""

import mmap
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from app.engine.errors import DecodeError, FeedError, ScorecardError, SettingsError, complaint
from app.engine.events import Control
from app.engine.universe import Universe
from app.feeds.kdb import described, wire
from app.feeds.kdb.codec import Codec, Update
from app.feeds.kdb.connection import place_of
from app.feeds.kdb.intake import Intake, place
from app.feeds.kdb.reader import Down, Reader, Up
from app.runtime.live_route import Batch, Lane
from app.settings_sources import KdbSource, revealed

FORMAT: Final = "kdb"
PIECE: Final = 50_000  # rows of the missed part asked for at once
_AT_ONCE: Final = 1 << 20  # bytes decoded at once: no table runs away from the one beside it
_END: Final = ".u.end"


class KdbFeed:
    """A table. The place on the tape counts; the tickerplant is told of none."""

    def __init__(
        self,
        name: str,
        source: KdbSource,
        universe: Universe,
        known: frozenset[str] = frozenset(),
        fix: Mapping[str, Any] | None = None,
    ) -> None:
        """`known`: the instruments that may occur, empty = any. Raises SettingsError, FeedError, DecodeError."""
        self.name = name
        self.table = source.table or name
        idle_s = source.idle_ms / 1e3
        self._lane = Lane(f"kdb/{name}", source.source or name, market=source.role != "orders", idle_s=idle_s)
        self.lanes = {self._lane.name: self._lane}
        self._source = source
        self._password = revealed(source.password, f"sources.{name}.password")
        self._codec = Codec()
        self._intake = Intake(name, source, universe, known, fix)
        self.universe = universe
        self._reference = described.Reference(self._lane.source, universe)
        self._begun = False
        self._checked = False  # the map, against the columns of the first connection
        self._missed: Iterator[Update] | None = None  # of the log
        self._until = 0  # rows the query is asked for; 0 = it is not
        self._live = False
        self._waiting: list[Update] = []  # came while the missed part was read
        self._messages = 0
        self._ending = False  # the day ended while its missed part was still read
        self._ended = False
        self._down = False
        self._reader: Reader | None = None

    def open(self, positions: Mapping[str, str], wake: Callable[[], None]) -> None:
        """As LiveFeed."""
        text = positions.get(self._lane.name, "")
        if text:
            self._intake.go_on(place(text, self._lane.name))
            self._begun = True
            if self._intake.at.ended:  # a run that was killed behind its last row has nothing to ask for
                self._ended = self._lane.ended = True
                self._lane.behind = False
                return
        question = self._codec.ask(self._question())
        self._reader = Reader(place_of(self._source, self._password), lambda: question, wake)
        self._reader.start()

    def poll(self, room: int) -> Sequence[Control]:
        """As LiveFeed."""
        if self._reader is None or self._ended or (room <= 0 and self._lane.waiting):
            return ()
        if self._missed is not None:
            self._read_log(max(room, 1))
            return ()
        controls: list[Control] = []
        updates: list[Update] = []
        for item in self._reader.take(_AT_ONCE):
            if isinstance(item, bytes):
                controls += self._message(item, updates)
            else:
                self._put(updates)
                controls += self._connected() if isinstance(item, Up) else self._lost(item)
        self._put(updates)
        if self._live and not self._ended:
            self._lane.behind = self._reader.more  # the others do not go past what is already here
        return controls

    def held(self, positions: Mapping[str, str]) -> None:
        """As LiveFeed: nobody is told."""

    def close(self) -> None:
        """As LiveFeed."""
        if self._reader is not None:
            self._reader.close()

    def _symbols(self) -> str:
        symbols = "".join(f"`{symbol}" for symbol in self._source.symbols) or "`"
        return f"enlist {symbols}" if len(self._source.symbols) == 1 else symbols

    def _asked(self) -> str:
        """What is asked for the missed part: the same rows, in the same order, as the subscription brings."""
        query = self._source.query
        return f"(select from {query} where sym in {self._symbols()})" if self._source.symbols else query

    def _question(self) -> str:
        subscribe = f".u.sub[`{self.table};{self._symbols()}]"
        known = ""
        if self._source.reference:
            known = f";.u.sub[`{self._source.reference};`];select from {self._source.reference}"
        if self._source.query:
            return f"({subscribe};.u.d;count {self._asked()};`{known})"
        return f"({subscribe};.u.d;.u.i;.u.L{known})"

    def _connected(self) -> list[Control]:
        """A connection is there; that it is there again is a fact of the day, that it is there is not."""
        self._forget()
        again, self._down = self._down, False
        return [Control(ts_event=0, kind="up", source=self._lane.source)] if again else []

    def _lost(self, item: Down) -> list[Control]:
        self._forget()
        known, self._down = self._down, True
        down = Control(ts_event=0, kind="down", source=self._lane.source, text=item.reason)
        return [] if known else [down]

    def _forget(self) -> None:
        """What a connection was in the middle of ends with it; the next one begins at the place."""
        if self._ended:
            return
        self._live, self._missed, self._until, self._ending = False, None, 0, False
        self._waiting.clear()
        self._lane.behind = True

    def _message(self, message: bytes, updates: list[Update]) -> list[Control]:
        """Take one message: rows go to `updates`, the rest is what became of the source."""
        if self._ended:
            return []
        self._messages += 1
        try:
            if message[1] == wire.REPLY:
                return self._reply(self._codec.value(message))
            found = self._codec.update(message)
        except DecodeError as error:
            if message[1] == wire.REPLY:
                return self._refused(str(error))
            self._lane.put(self._intake.refused_message(message, self._messages, str(error)), time.monotonic())
            return []
        if isinstance(found, Update):
            if found.table == self.table:
                (updates if self._live else self._waiting).append(found)
            elif self._source.reference and found.table == self._source.reference:
                self._learn(found)
        elif found is not None and found[0] == _END:
            self._put(updates)
            self._ending = True
            if self._live:
                self._end_day()
        return []

    def _end_day(self) -> None:
        """The tickerplant's day is over, and with it this run's: the next day is another session."""
        self._lane.put(Batch(position=str(self._intake.at._replace(ended=True)), end=True), time.monotonic())
        self._lane.behind = False
        self._ended = True
        if self._reader is not None:
            self._reader.close()

    def _drop(self, reason: str) -> list[Control]:
        """End the connection: the next one begins anew at the place."""
        self._forget()
        if self._reader is not None:
            self._reader.drop(f"kdb+ {self._source.host}:{self._source.port}: {reason}")
        return [Control(ts_event=0, kind="gap", source=self._lane.source, text=reason)]

    def _refused(self, reason: str) -> list[Control]:
        """The tickerplant answered with an error: of a table it never had, trying again would not help."""
        if not self._checked and reason.endswith(f" {self.table!r}"):
            allowed = f"a table that the tickerplant {self._source.host}:{self._source.port} publishes"
            raise SettingsError(complaint("settings", f"sources.{self.name}.table", self.table, allowed))
        return self._drop(reason)

    def _reply(self, value: Any) -> list[Control]:
        if self._until:
            return self._piece(value)
        if not isinstance(value, list) or len(value) < 3 or not isinstance(value[0], list) or len(value[0]) < 2:
            return self._drop(complaint("answer", "to the subscription", value, "(table and columns; day; how far)"))
        schema, day, far = value[0][1], str(value[1]), int(value[2])
        self._intake.schema = tuple(schema) if isinstance(schema, dict) else ()
        if isinstance(schema, dict) and not self._checked:
            self._intake.check(schema)
            self._checked = True
        controls = self._on_day(day)
        logged = str(value[3]) if len(value) > 3 else ""
        try:
            if len(value) > 5 and isinstance(value[5], dict):
                self._learn(Update(self._source.reference, tuple(value[5]), tuple(value[5].values())))
            self._begin(far if not logged else self._rows_logged(logged, far))
        except ScorecardError as error:
            return [*controls, *self._drop(str(error))]
        if logged:
            self._intake.skip = self._intake.at.rows
            self._missed = self._logged(logged, far)
        elif self._intake.at.rows < far:
            self._until = far
            self._ask()
        else:
            self._caught_up()
        return controls

    def _learn(self, update: Update) -> None:
        aside = self._reference.take(update)
        if aside:
            self._lane.put(Batch(quarantine=aside), time.monotonic())

    def _on_day(self, day: str) -> list[Control]:
        before = self._intake.at
        if before.day == day:
            return []
        self._intake.begin_day(day)
        if not before.day:
            return []
        text = f"day {before.day} was read up to row {before.rows}; the tickerplant is at {day}"
        return [Control(ts_event=0, kind="gap", source=self._lane.source, text=text)]

    def _begin(self, far: int) -> None:
        """The row that a run without a place begins at; `far`: how many the day has so far."""
        start = self._source.start
        if self._begun:
            return
        self._begun = True
        if start[:1].isdigit():
            self._intake.not_before = int(np.datetime64(start.rstrip("Z"), "ns").astype(np.int64))
        first = int(start[7:]) if start.startswith("offset:") else far if start == "now" else 0
        self._intake.go_on(self._intake.at._replace(rows=first))

    def _rows_logged(self, named: str, count: int) -> int:
        """Rows of this table in the log; read through only where it matters. Raises FeedError, DecodeError."""
        if self._begun or self._source.start != "now":
            return 0
        return sum(update.rows for update in self._logged(named, count))

    def _ask(self) -> None:
        first = self._intake.at.rows
        if self._reader is not None:
            text = f"select from {self._asked()} where i within {first} {min(first + PIECE, self._until) - 1}"
            self._reader.send(self._codec.ask(text))

    def _piece(self, value: Any) -> list[Control]:
        update = Update(self.table, tuple(value), tuple(value.values())) if isinstance(value, dict) else None
        if update is None or not update.rows:
            rows = f"rows {self._intake.at.rows} to {self._until - 1}"
            return self._drop(f"{rows} of {self._source.query} are not there any more")
        self._put([update])
        if self._intake.at.rows < self._until:
            self._ask()
        else:
            self._caught_up()
        return []

    def _caught_up(self) -> None:
        """Nothing is missed any more: what came meanwhile follows."""
        self._until, self._missed, self._live = 0, None, True
        waiting, self._waiting = self._waiting, []
        self._put(waiting)
        self._lane.behind = False
        self._lane.heard_s = time.monotonic()
        if self._ending:
            self._end_day()

    def _logged(self, named: str, count: int) -> Iterator[Update]:
        """Updates of this table in the first `count` messages of the log. Raises FeedError, DecodeError."""
        if not count:
            return
        path = Path(self._source.log or named.removeprefix(":"))
        try:
            with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                for message in wire.log_messages(data, str(path), count):
                    found = self._codec.update(message)
                    if isinstance(found, Update) and found.table == self.table:
                        yield self._chosen(found)
                    elif isinstance(found, Update) and found.table == (self._source.reference or None):
                        self._learn(found)
        except (OSError, ValueError) as error:  # an empty file cannot be mapped: ValueError
            raise FeedError(f"{path}: the tickerplant's log cannot be read: {error}") from error

    def _chosen(self, update: Update) -> Update:
        """The rows of the symbols that are subscribed to: the log has all of them."""
        if not self._source.symbols:
            return update
        names = update.names or self._intake.schema
        wanted = {symbol.encode() for symbol in self._source.symbols}
        column = update.columns[names.index("sym")].tolist() if "sym" in names else []
        keep = np.array([value in wanted for value in column], np.bool_)
        return update._replace(columns=tuple(values[keep] for values in update.columns))

    def _read_log(self, room: int) -> None:
        """About `room` rows of the log on; what this run has had already is passed over."""
        if self._missed is None:
            return
        taken: list[Update] = []
        rows = 0
        ended = True
        try:
            for update in self._missed:
                taken.append(update)
                rows += update.rows
                if rows >= room:
                    ended = False
                    break
        except ScorecardError as error:
            self._drop(str(error))
            return
        self._put(taken)
        if ended:
            self._caught_up()

    def _put(self, updates: list[Update]) -> None:
        now_s = time.monotonic()
        batches: list[Batch] = self._intake.batches(updates)
        for batch in batches:
            self._lane.put(batch, now_s)
        updates.clear()
