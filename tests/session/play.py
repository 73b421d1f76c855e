"""Play a session written by hand or generated through the engine and read its tables back by key."""

from collections.abc import Iterator
from typing import Any

import msgspec

from app.engine.config import EngineConfig
from app.engine.core import Engine
from app.engine.events import MARKET, Block
from app.engine.units import CONDITIONS, NULL, QUOTE, STATUSES
from app.engine.universe import Universe
from app.feeds.generator import Generated
from app.feeds.generator.hand import Sheet, applied, market_rows, order_row

Row = dict[str, Any]
Tables = dict[str, dict[str, list[Any]]]
_SIDES = {1: "B", -1: "A", 0: "N"}


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
    return max([applied(row) for row in sheet.market] + [int(row["ts_event"]) for row in sheet.orders])


def played(sheet: Sheet, size: int = 64, config: EngineConfig | None = None) -> Engine:
    """The engine after the whole sheet and the end of data."""
    universe = sheet.universe()
    engine = Engine(universe, config or EngineConfig())
    for block in blocks(sheet, universe, size):
        engine.apply(block)
    engine.finish(last_ts(sheet))
    return engine


def as_sheet(generated: Generated) -> Sheet:
    """A generated session as a sheet of dict rows, the way its Parquet files would name them."""
    universe = generated.universe
    sheet = Sheet()
    sheet.instruments = [msgspec.structs.asdict(reference) for reference in universe.reference.values()]
    sheet.orders = [msgspec.structs.asdict(row) for row in generated.orders]
    for row in generated.market.tolist():
        values = dict(zip(MARKET.names or (), row, strict=True))
        quote = values["action"] == QUOTE
        price, size = _known(values["price"]), _known(values["size"])
        sheet.market.append(
            {
                **{name: values[name] for name in ("ts_event", "ts_recv", "seq", "flags", "order_id")},
                "source": universe.sources[values["source"]],
                "venue": universe.venues[values["venue"]],
                "instrument": universe.instruments[values["instrument"]],
                "action": chr(values["action"]),
                "side": _SIDES[values["side"]],
                "condition": CONDITIONS[values["condition"]],
                "status": STATUSES[values["status"]] or None,
                "price": None if quote else price,
                "size": None if quote else size,
                "bid_price": price if quote else None,
                "bid_size": size if quote else None,
                "ask_price": _known(values["price2"]),
                "ask_size": _known(values["size2"]),
            }
        )
    return sheet


def _known(value: int) -> int | None:
    return None if value == NULL else value


def keyed(table: dict[str, list[Any]], *key: str) -> dict[Any, Row]:
    """A table of columns as rows by key: one column gives plain keys, more give tuples."""
    rows = [dict(zip(table, values, strict=True)) for values in zip(*table.values(), strict=True)]
    return {row[key[0]] if len(key) == 1 else tuple(row[name] for name in key): row for row in rows}
