"""Blocks of a run into a tickerplant's tables: what `.u.upd` takes, in the columns of resources/kdb/schema.q."""

import time
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa

from app.engine.errors import FeedError
from app.engine.events import Block, OrderRow, Rows
from app.engine.units import NULL
from app.engine.universe import Universe
from app.feeds.decode import orders as order_tables
from app.feeds.decode import session as market_tables
from app.feeds.kdb import wire
from app.feeds.kdb.codec import DAY, Codec, Column, Strings
from app.feeds.kdb.connection import Connection

ROWS_AT_ONCE: Final = 1_000
SYM: Final = "sym"
TIME: Final = "time"
MARKET_COLUMNS: Final = (TIME, SYM, *(name for name in market_tables.COLUMNS if name != "instrument"))
ORDER_COLUMNS: Final = (
    TIME, SYM, *(name for name in order_tables.COLUMNS if name not in ("instrument", "raw")), "cum_qty", "last_status",
    "raw",
)  # fmt: skip
STRINGS: Final = ("text", "params", "raw")
_STAMPS: Final = ("ts_event", "ts_recv", "ts_match", "start_ns", "end_ns", "decision_ns")
_ANSWER_S: Final = 60.0


class Publisher:
    """Writes to one tickerplant. Raises FeedError, in words, when it cannot be reached or refuses."""

    def __init__(
        self, connection: Connection, universe: Universe, market: str = "market", orders: str = "orders"
    ) -> None:
        """`market`, `orders`: the tables. Several may share a connection: what they send stays in its order."""
        self.messages = 0
        self._market = market
        self._orders = orders
        self._universe = universe
        self._codec = Codec()
        self._connection = connection

    def publish(self, block: Block) -> None:
        """The rows of a block, market rows first. Raises FeedError when the connection is lost."""
        for begin in range(0, len(block.market), ROWS_AT_ONCE):
            self.insert(self._market, self.market_columns(block.market[begin : begin + ROWS_AT_ONCE]))
        for begin in range(0, len(block.orders), ROWS_AT_ONCE):
            self.insert(self._orders, order_columns(block.orders[begin : begin + ROWS_AT_ONCE]))

    def insert(self, table: str, columns: Sequence[Column | Strings]) -> None:
        """Rows for a table, not waited for. Raises FeedError when the connection is lost."""
        self._connection.send(self._codec.publish(".u.upd", table, columns))
        self.messages += 1

    def flush(self) -> None:
        """Wait until the tickerplant has taken everything. Raises FeedError."""
        self.ask(".u.i")

    def end_day(self) -> None:
        """End the tickerplant's day. Raises FeedError."""
        self.ask(".u.endofday[]")

    def ask(self, text: str) -> Any:
        """The answer to a question. Raises FeedError, DecodeError with kdb+'s own words."""
        self._connection.send(self._codec.ask(text))
        deadline = time.monotonic() + _ANSWER_S
        while time.monotonic() < deadline:
            for message in self._connection.receive():
                if message[1] == wire.REPLY:
                    return self._codec.value(message)
        raise FeedError(f"kdb+: no answer to {text!r} within {_ANSWER_S:g} s")

    def close(self) -> None:
        """End the connection."""
        self._connection.close()

    def market_columns(self, rows: Rows) -> list[Column | Strings]:
        """Market rows in the order of MARKET_COLUMNS."""
        batch = market_tables.market_batch(rows, self._universe, rows["seq"])
        return _columns(pa.Table.from_batches([batch]), MARKET_COLUMNS)


def order_columns(orders: Sequence[OrderRow]) -> list[Column | Strings]:
    """Order rows in the order of ORDER_COLUMNS."""
    return _columns(order_tables.orders_table(orders), ORDER_COLUMNS)


def _columns(table: pa.Table, names: Sequence[str]) -> list[Column | Strings]:
    there = dict(zip(table.column_names, table.columns, strict=True))
    times = there["ts_event"].to_numpy()
    found: list[Column | Strings] = [(times % DAY).view("m8[ns]")]
    ours = [(name, "instrument" if name == SYM else name) for name in names[1:]]
    return found + [_column(name, there.get(one), table.num_rows) for name, one in ours]


def _column(name: str, column: pa.ChunkedArray | None, count: int) -> Column | Strings:
    if name in STRINGS:
        values = [None] * count if column is None else column.to_pylist()
        return [value if isinstance(value, bytes) else (value or "").encode() for value in values]
    if column is None:
        return np.full(count, NULL) if name == "cum_qty" else np.full(count, "", object)
    if name in order_tables.REAL:
        return np.asarray(column.fill_null(np.nan).to_numpy())
    if pa.types.is_dictionary(column.type):
        return _named(column.chunk(0))
    if not pa.types.is_integer(column.type):
        return _symbols(column)
    if column.type == pa.uint64():
        return np.asarray((column.fill_null(0) if column.null_count else column).to_numpy()).view(np.int64)
    whole = column if column.type == pa.int64() else column.cast(pa.int64())
    numbers = np.asarray((whole.fill_null(NULL) if whole.null_count else whole).to_numpy())
    return numbers.view("M8[ns]") if name in _STAMPS else numbers


def _named(column: pa.DictionaryArray) -> Column:
    """Names by their places in a list of them; "" where there is none."""
    names = np.array([*column.dictionary.to_pylist(), ""], object)
    places = column.indices
    found: Column = names[(places.fill_null(len(names) - 1) if places.null_count else places).to_numpy()]
    return found


def _symbols(column: pa.ChunkedArray) -> Column:
    if column.null_count == len(column):
        return np.full(len(column), "", object)
    return np.array([_symbol(value) for value in column.to_pylist()], object)


def _symbol(value: object) -> str:
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
