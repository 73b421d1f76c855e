"""Play a session written by hand or generated through the engine and read its tables back by key."""

from collections.abc import Iterator
from typing import Any

from app.engine.config import EngineConfig
from app.engine.core import Engine
from app.engine.events import Block
from app.engine.units import SNAPSHOT
from app.engine.universe import Universe
from app.feeds.generator.hand import Sheet, applied, market_rows, order_row

Row = dict[str, Any]
Tables = dict[str, dict[str, list[Any]]]


def blocks(sheet: Sheet, universe: Universe, size: int) -> Iterator[Block]:
    """The sheet's rows in order of application, `size` at a time, order rows on time."""
    orders = sorted(sheet.orders, key=lambda row: (row["ts_event"], row["source"], row["seq"]))
    merged = [(applied(row), 1, row) for row in sheet.in_order()] + [(row["ts_event"], 0, row) for row in orders]
    merged.sort(key=lambda entry: entry[:2])
    for start in range(0, len(merged), size):
        part = merged[start : start + size]
        watermark = merged[start + size][0] if start + size < len(merged) else merged[-1][0] + 1
        rows = market_rows([row for _, rank, row in part if rank], universe)
        yield Block(watermark, rows, tuple(order_row(row) for _, rank, row in part if not rank))


def last_ts(sheet: Sheet) -> int:
    """End of data: the largest applied time of any row."""
    return max([applied(row) for row in sheet.market] + [row["ts_event"] for row in sheet.orders])


def played(sheet: Sheet, size: int = 64, config: EngineConfig | None = None) -> Engine:
    """The engine after the whole sheet and the end of data."""
    universe = sheet.universe()
    engine = Engine(universe, config or EngineConfig())
    for block in blocks(sheet, universe, size):
        engine.apply(block)
    engine.finish(last_ts(sheet))
    return engine


def as_sheet(market: Any, orders: Any, universe: Universe) -> Sheet:
    """Packed rows of a recording as a sheet of dict rows, for the oracle."""
    raise NotImplementedError(market, orders, universe, SNAPSHOT)


def keyed(table: dict[str, list[Any]], *key: str) -> dict[Any, Row]:
    """A table of columns as rows by key: one column gives plain keys, more give tuples."""
    rows = [dict(zip(table, values, strict=True)) for values in zip(*table.values(), strict=True)]
    return {row[key[0]] if len(key) == 1 else tuple(row[name] for name in key): row for row in rows}
