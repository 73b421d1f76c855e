"""What the engine publishes, into kdb+ as its real-time store: a board in front of the board.

The engine never waits for kdb+: rows are encoded as they come and sent by a thread; while kdb+ is away fills are kept
and states in between are left out. Tables and columns are those of resources/kdb/schema.q.
"""

import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from app.engine import layout
from app.engine.errors import FeedError
from app.engine.events import Rows
from app.engine.units import NULL
from app.feeds.kdb import wire
from app.feeds.kdb.codec import DAY, Codec, Column
from app.feeds.kdb.connection import Connection, Place
from app.runtime.loop import Publication, RunResult

SCORECARD: Final = (
    "parent_id", "side", "algo", "trader", "account", "currency", "order_qty", "filled_qty", "avg_px", "arrival_mid",
    "participation", "aggressor_share", "slip_arrival_bps", "is_bps", "is_ccy", "spread_ccy", "drift_ccy", "fees_ccy",
    "cost_z", "level", "level_reason", "status",
)  # fmt: skip
LEAKAGE: Final = (
    "parent_id", "algo", "filled_qty", "slip_arrival_bps", "drift_ccy", "drift_leak_ccy", "drift_noise_ccy", "leak_bps",
    "leak_lo_bps", "leak_hi_bps", "leak_projected_bps", "leak_ccy", "e_value", "p_anytime", "status", "status_reason",
)  # fmt: skip
FILLS: Final = (
    "ts_event", "fill_id", "parent_id", "child_id", "side", "qty", "px", "mid_before", "slip_arrival_bps",
    "cum_slip_bps", "mid_drift_bps", "eff_spread_bps", "liquidity", "venue",
)  # fmt: skip
FIRST: Final = ("time", "sym", "as_of", "run")  # of every table
STATE: Final = "kdb_store"  # the fact on the board: up, or why not
_TABLES: Final = {"parents": (("scorecard", SCORECARD), ("leakage", LEAKAGE)), "fills": (("fills", FILLS),)}
_STAMPS: Final = frozenset({"ts_event"})
_ROWS: Final = 500  # a message
_ROOM: Final = 10_000  # messages kept for a kdb+ that is away; then the oldest states go
_PAUSE_S: Final = 1.0
_END_S: Final = 30.0


class RealTimeStore:
    """A board that also writes to kdb+; `state` says how that goes."""

    def __init__(
        self, place: Place, title: str, snapshot_s: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Raises FeedError when pykx is not there. Whether kdb+ is there shows later."""
        self.state = f"{place}: not connected yet"
        self._place = place
        self._title = title
        self._pause_s = snapshot_s
        self._clock = clock
        self._codec = Codec()
        self._board: Publication | None = None
        self._texts: dict[int, str] = {0: ""}
        self._numbers: dict[str, int] = {"": 0}
        self._lengths: dict[str, int] = {}
        self._pending: dict[str, dict[int, Any]] = {name: {} for name in _TABLES}
        self._sent_s = -snapshot_s
        self._queue: deque[tuple[bool, bytes]] = deque()
        self._changed = threading.Condition()
        self._ending = False
        self._thread = threading.Thread(target=self._send, name="kdb store", daemon=True)

    def over(self, board: Publication | None) -> Publication:
        """Stand in front of a board, or in place of none."""
        self._board = board
        self._thread.start()
        return self

    def intern(self, text: str) -> int:
        """As Sink."""
        if self._board is not None:
            number = self._board.intern(text)
            self._texts[number] = text
            return number
        number = self._numbers.setdefault(text, len(self._texts))
        self._texts[number] = text
        return number

    def put(self, section: str, index: NDArray[np.int64], rows: Rows) -> None:
        """As Sink."""
        if self._board is not None:
            self._board.put(section, index, rows)
        places = np.asarray(index, np.int64).tolist()
        if places:
            self._lengths[section] = max(self._lengths.get(section, 0), max(places) + 1)
        if section in _TABLES:
            self._pending[section].update(zip(places, rows.copy(), strict=True))

    def length(self, section: str) -> int:
        """As Sink."""
        return self._lengths.get(section, 0) if self._board is None else self._board.length(section)

    def beat(self, watermark: int) -> None:
        """As Sink: what is due goes out."""
        if self._board is not None:
            self._board.meta(STATE, self.state)
            self._board.beat(watermark)
        if watermark != NULL and self._clock() - self._sent_s >= self._pause_s:
            self._flush(watermark)

    def meta(self, key: str, text: str) -> None:
        """As Publication."""
        if self._board is not None:
            self._board.meta(key, text)

    def heartbeat(self) -> None:
        """As Publication."""
        if self._board is not None:
            self._board.heartbeat()

    def ended(self, result: RunResult) -> None:
        """The day is over: every state as it is in the end. Raises FeedError when kdb+ did not take it."""
        self._flush(result.end_ns)
        with self._changed:
            self._ending = True
            self._changed.notify()
        self._thread.join(_END_S)
        if self._thread.is_alive() or self._queue:
            raise FeedError(f"{self._place}: {len(self._queue)} messages of the store are not delivered: {self.state}")

    def _flush(self, watermark: int) -> None:
        self._sent_s = self._clock()
        for section, tables in _TABLES.items():
            pending = self._pending[section]
            if not pending:
                continue
            rows = np.array(list(pending.values()), layout.SECTIONS[section])
            pending.clear()
            for begin in range(0, len(rows), _ROWS):
                for table, names in tables:
                    columns = self._columns(rows[begin : begin + _ROWS], names, watermark)
                    self._put(section == "fills", self._codec.publish(".u.upd", table, columns))

    def _columns(self, rows: Rows, names: tuple[str, ...], watermark: int) -> list[Column]:
        count = len(rows)
        stamps = np.full(count, watermark)
        return [
            (stamps % DAY).view("m8[ns]"),
            self._said(rows["instrument"]),
            stamps.view("M8[ns]"),
            np.full(count, self._title, object),
            *(self._column(rows, name) for name in names),
        ]

    def _column(self, rows: Rows, name: str) -> Column:
        values = rows[name]
        if values.dtype == np.uint32:
            return self._said(values)
        return values.view("M8[ns]") if name in _STAMPS else np.ascontiguousarray(values)

    def _said(self, numbers: NDArray[np.uint32]) -> Column:
        return np.array([self._texts.get(number, "") for number in numbers.tolist()], object)

    def _put(self, final: bool, message: bytes) -> None:
        with self._changed:
            if len(self._queue) >= _ROOM:
                oldest = next((item for item in self._queue if not item[0]), None)
                if oldest is not None:
                    self._queue.remove(oldest)
            self._queue.append((final, message))
            self._changed.notify()

    def _send(self) -> None:
        connection: Connection | None = None
        while True:
            with self._changed:
                while not self._queue and not self._ending:
                    self._changed.wait()
                if not self._queue:
                    break
                item = self._queue[0]
            try:
                if connection is None:
                    connection = Connection(self._place)
                    self.state = "up"
                connection.send(item[1])
            except FeedError as error:
                self.state = str(error)
                if connection is not None:
                    connection.close()
                connection = None
                with self._changed:
                    self._changed.wait(_PAUSE_S)
                    if self._ending:
                        return
                continue
            with self._changed, contextlib.suppress(ValueError):
                self._queue.remove(item)
        if connection is not None:
            self._settle(connection)

    def _settle(self, connection: Connection) -> None:
        """Everything sent has been taken when a question behind it is answered."""
        try:
            connection.send(self._codec.ask(".u.i"))
            while not any(message[1] == wire.REPLY for message in connection.receive()):
                pass
        except FeedError as error:
            self.state = str(error)
        connection.close()
