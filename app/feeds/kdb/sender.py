"""A day into the tables that settings name: a connection to each tickerplant, every row where it belongs.

The tables of one tickerplant share a connection, so that it has own rows no later than the market rows behind them.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from app.engine.errors import SettingsError, complaint
from app.engine.events import Block
from app.engine.universe import Universe
from app.feeds.kdb import described
from app.feeds.kdb.connection import Connection, Place, place_of
from app.feeds.kdb.publisher import Publisher
from app.settings_sources import KdbSource, revealed


class _Written(NamedTuple):
    publisher: Publisher
    source: KdbSource


class Sender:
    """Writes blocks to every table of the sources. `places`: their names, for people."""

    def __init__(self, sources: Mapping[str, KdbSource], universe: Universe, gathered: int = 1) -> None:
        """`gathered`: rows that are waited for before they are sent, for a day that is sent at once.

        Raises SettingsError where there is no table, FeedError where a tickerplant cannot be reached.
        """
        if not sources:
            raise SettingsError(complaint("settings", "sources", [], 'a table [sources.NAME] with kind = "kdb"'))
        self.places: list[str] = []
        self._universe = universe
        self._gathered = gathered
        self._waiting: list[Block] = []
        self._rows = 0  # of them
        self._written: list[_Written] = []
        connections: dict[Place, Connection] = {}
        for name, source in sources.items():
            place = place_of(source, revealed(source.password, f"sources.{name}.password"))
            table = source.table or name
            self.places.append(f"{place} {table}")
            connection = connections[place] = connections.get(place) or Connection(place)
            self._written.append(_Written(Publisher(connection, universe, market=table, orders=table), source))

    @property
    def messages(self) -> int:
        """Sent so far."""
        return sum(written.publisher.messages for written in self._written)

    def reference(self) -> None:
        """What is known of instruments and rates, into the table of reference data that a source names."""
        known = list(described.rows(self._universe))
        tables = {(source.host, source.port, source.reference): publisher for publisher, source in self._written}
        for (_, _, table), publisher in tables.items():
            if table and known:
                names, kinds = (np.array([row[index] for row in known], object) for index in (0, 1))
                publisher.insert(table, [np.zeros(len(known), "m8[ns]"), names, kinds, [row[2] for row in known]])
                publisher.flush()

    def publish(self, block: Block) -> None:
        """The rows of a block, with those that wait. Raises FeedError when a connection is lost."""
        self._waiting.append(block)
        self._rows += len(block.market) + len(block.orders)
        if self._rows >= self._gathered:
            self._send()

    def _send(self) -> None:
        """What waits, as one block."""
        waiting, self._waiting, self._rows = self._waiting, [], 0
        if not waiting:
            return
        market = np.concatenate([block.market for block in waiting]) if len(waiting) > 1 else waiting[0].market
        block = Block(waiting[-1].watermark, market, tuple(row for block in waiting for row in block.orders))
        for publisher, source in self._written:
            if source.role != "orders":
                publisher.publish(Block(block.watermark, block.market))
            if source.role != "market":
                publisher.publish(Block(block.watermark, orders=block.orders))

    def end(self, _end_ns: int) -> None:
        """Wait for every tickerplant, then end the day of each. Raises FeedError."""
        self.flush()
        for publisher in {(source.host, source.port): publisher for publisher, source in self._written}.values():
            publisher.end_day()
        self.close()

    def flush(self) -> None:
        """Send what waits; wait until every tickerplant has taken it. Raises FeedError."""
        self._send()
        for publisher, _ in self._written:
            publisher.flush()

    def close(self) -> None:
        """End the connections."""
        for publisher, _ in self._written:
            publisher.close()
