"""Feed: days of an archive as lanes of a live run, one of market rows and one of own rows.

What is in an archive does not change: the place is the number of rows handed over, and a run that was interrupted reads
the same days again and leaves out what it had. Both lanes are caught up in event time, then they end.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec

from app.engine.errors import FeedError, complaint
from app.engine.events import Control, OrderRow, Rows
from app.engine.universe import Universe
from app.feeds.archive.feed import open_recording
from app.feeds.base import Options, Recording
from app.runtime.live_route import Batch, Lane
from app.settings_sources import ArchiveSource

_OWN: Final = 1_000  # own rows of a batch


class ArchiveFeed:
    """An archive's rows, beside other sources or alone. `role` chooses market rows, own rows or both."""

    def __init__(self, name: str, source: ArchiveSource, universe: Universe) -> None:
        self.name = name
        self.lanes: dict[str, Lane] = {}
        self._source = source
        self._universe = universe
        self._recording: Recording | None = None
        self._market: Iterator[Rows] = iter(())
        self._orders: list[OrderRow] = []
        self._at: dict[str, int] = {}

    def open(self, positions: Mapping[str, str], wake: Callable[[], None]) -> None:  # noqa: ARG002 - read when asked
        """As LiveFeed. Raises FeedError, SettingsError where there is no archive or no such day."""
        source = self._source
        options = Options(session_date=source.date or None)
        self._recording = open_recording(Path(source.path), self._universe, options)
        for part in ("market", "orders"):
            if source.role in (part, "both"):
                name = f"archive:{self.name}/{part}"
                self._at[part] = _place(positions.get(name, "0"), name)
                self.lanes[name] = Lane(name, source.source or self.name, part == "market", idle_s=0.0)
        self._market = _behind(self._recording.market, self._at.get("market", 0))
        self._orders = self._recording.orders[self._at.get("orders", 0) :]

    def poll(self, room: int) -> Sequence[Control]:
        """As LiveFeed."""
        for name, lane in self.lanes.items():
            if lane.behind and (room > 0 or not lane.waiting):
                part = name.rpartition("/")[2]
                batch = self._next_market() if part == "market" else self._next_own()
                lane.behind = not batch.end
                if self._recording is not None and self._recording.quarantine:
                    batch.quarantine = tuple(self._recording.quarantine)
                    self._recording.quarantine.clear()
                lane.put(batch, 0.0)
        return ()

    def held(self, positions: Mapping[str, str]) -> None:
        """As LiveFeed: nobody is told."""

    def close(self) -> None:
        """As LiveFeed."""
        if self._recording is not None:
            self._recording.close()

    def _next_market(self) -> Batch:
        rows = next(self._market, None)
        if rows is None:
            return Batch(position=str(self._at["market"]), end=True)
        self._at["market"] += len(rows)
        return Batch(position=str(self._at["market"]), market=self._named(rows))

    def _next_own(self) -> Batch:
        rows, self._orders = self._orders[:_OWN], self._orders[_OWN:]
        self._at["orders"] += len(rows)
        if self._source.source:
            rows = [msgspec.structs.replace(row, source=self._source.source) for row in rows]
        return Batch(position=str(self._at["orders"]), orders=tuple(rows), end=not rows)

    def _named(self, rows: Rows) -> Rows:
        """Under the source's name, where the settings give one."""
        if self._source.source:
            rows["source"] = self._universe.sources.index(self._source.source)
        return rows


def _behind(market: Iterator[Rows], count: int) -> Iterator[Rows]:
    """The rows behind the first `count`."""
    for rows in market:
        if count < len(rows):
            yield rows[count:]
        count = max(0, count - len(rows))


def _place(text: str, lane: str) -> int:
    if not text.isdecimal():
        allowed = "a number of rows, as it was written by a run"
        raise FeedError(complaint(f"tape, lane {lane}", "position", text, allowed))
    return int(text)
