"""Small sources made by hand: tables, files, records and lines that the feed tests read."""

import struct
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final, NamedTuple

import databento_dbn
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from app.engine import units
from app.engine.events import OrderRow, Rows
from app.engine.universe import Universe
from app.feeds import session
from app.feeds.base import Options, Recording
from app.feeds.decode.rows import blank

T0: Final = 1_700_000_000_000_000_000  # 2023-11-14T22:13:20Z
DAY0: Final = 19_675  # days since the epoch of T0
PX: Final = 100_000_000_000  # 100.00


def record(**fields: object) -> dict[str, Any]:
    """One row of market.parquet: a trade unless told otherwise."""
    row: dict[str, Any] = {
        "ts_event": T0, "ts_recv": 0, "source": "made", "seq": 0, "instrument": "TECH", "venue": "XNAS", "action": "T",
        "side": "B", "price": PX, "size": 100, "order_id": None, "bid_price": None, "bid_size": None,
        "ask_price": None, "ask_size": None, "flags": 0, "condition": None, "status": None,
    }  # fmt: skip
    return {**row, **fields}


def quote(**fields: object) -> dict[str, Any]:
    """One `Q` row of market.parquet, last of its event."""
    plain: dict[str, Any] = {
        "action": "Q", "side": None, "price": None, "size": None, "flags": 128,
        "bid_price": PX - 10**7, "bid_size": 300, "ask_price": PX + 10**7, "ask_size": 200,
    }  # fmt: skip
    return record(**{**plain, **fields})


def market_table(rows: Iterable[Mapping[str, Any]], **types: pa.DataType) -> pa.Table:
    """A table of the rows in the format's own types, or in those given for a column."""
    kinds: dict[str, pa.DataType] = {
        **dict.fromkeys(
            ("ts_event", "ts_recv", "price", "size", "bid_price", "bid_size", "ask_price", "ask_size"), pa.int64()
        ),
        **dict.fromkeys(("seq", "order_id"), pa.uint64()),
        "flags": pa.uint8(),
        **types,
    }
    entries = list(rows)
    names = list(entries[0]) if entries else list(record())
    return pa.table(
        {name: pa.array([entry[name] for entry in entries], kinds.get(name, pa.string())) for name in names}
    )


def session_folder(folder: Path, market: pa.Table | Iterable[Mapping[str, Any]], **tables: pa.Table) -> Path:
    """A session folder with the market rows and any other table by the stem of its file name."""
    folder.mkdir(parents=True, exist_ok=True)
    table = market if isinstance(market, pa.Table) else market_table(market)
    pq.write_table(table, folder / "market.parquet", row_group_size=7)
    for stem, other in tables.items():
        pq.write_table(other, folder / f"{stem}.parquet")
    return folder


def drained(recording: Recording) -> Rows:
    """Every market row of a recording as one array; closes it."""
    with recording:
        parts = list(recording.market)
    return np.concatenate(parts) if parts else blank(0)


def reasons(recording: Recording) -> str:
    """The reasons of everything set aside, one a line."""
    return "\n".join(entry.reason for entry in recording.quarantine)


def universe() -> Universe:
    """A universe that knows a little of everything."""
    made = Universe()
    for name in ("TECH", "BANK", "FUND"):
        made.instruments.index(name)
    for name in ("XNAS", "ARCX"):
        made.venues.index(name)
    for name in ("a", "b"):
        made.sources.index(name)
    return made


def random_rows(count: int, seed: int, made: Universe) -> Rows:
    """Valid rows of every action in the order of application; what an action does not carry is undefined."""
    rng = np.random.default_rng(seed)
    rows = blank(count)
    rows["ts_event"] = T0 + np.sort(rng.integers(0, 50 * count, count))
    rows["ts_recv"] = rows["ts_event"] + rng.integers(1, 1000, count)
    rows["rec"] = np.arange(count)
    rows["instrument"] = rng.integers(0, len(made.instruments), count)
    rows["venue"] = rng.integers(0, len(made.venues), count)
    rows["source"] = rng.integers(0, len(made.sources), count)
    action = rng.choice(np.frombuffer(b"ACMRLQTFXS", np.uint8), count)
    rows["action"] = action
    rows["side"] = np.where(np.isin(action, list(b"AL")), rng.choice([1, -1], count), rng.integers(-1, 2, count))
    priced = np.isin(action, list(b"ACMLQTX"))
    rows["price"] = np.where(priced, PX + rng.integers(-50, 50, count) * 10**7, units.NULL)
    rows["size"] = np.where(priced, rng.integers(1, 900, count), units.NULL)
    quotes = action == units.QUOTE
    rows["side"][quotes] = 0
    rows["price2"] = np.where(quotes, rows["price"] + 10**7, units.NULL)
    rows["size2"] = np.where(quotes, 77, units.NULL)
    rows["order_id"] = np.where(np.isin(action, list(b"ACM")), rng.integers(0, 2**63, count), 0)
    rows["flags"] = rng.choice([0, 2, 128, 130], count)
    rows["condition"] = np.where(action == units.TRADE, rng.integers(0, 7, count), 0)
    rows["status"] = np.where(action == units.STATUS, rng.integers(1, 5, count), 0)
    order = np.lexsort((np.array(made.sources.ranks())[rows["source"]], rows["ts_event"]))
    rows = rows[order]
    rows["rec"] = rows["seq"] = np.arange(count)
    return rows


def some_orders() -> list[OrderRow]:
    """A parent, its algo order, a child, a fill, its correction and the end: most columns occur."""
    return [
        OrderRow(
            ts_event=T0 + 1, kind="parent_new", source="ems", seq=1, parent_id="P1", instrument="TECH", side="BUY",
            qty=500, currency="USD", account="ACC", trader="ann", broker="BRK", desk="d", book="b", pm="pm",
            basket_id="B1", link_id="L1", text="go, now", limit_price=PX + 1, start_ns=T0, end_ns=T0 + 10**9,
            target_pov=0.1, max_pov=0.25, decision_price=PX - 5, decision_ns=T0 - 7, visibility="V3", algo="VWAP",
            params='{"urgency": 2}', randomised=True, propensity=0.5,
        ),
        OrderRow(ts_event=T0 + 2, kind="algo_new", source="ems", seq=2, parent_id="P1", algo_order_id="A1"),
        OrderRow(
            ts_event=T0 + 3, ts_recv=T0 + 9, kind="child_new", source="ems", seq=3, parent_id="P1", algo_order_id="A1",
            child_id="C1", venue="XNAS", qty=100, price=PX, order_type="2", tif="0", raw=b"8=FIX.4.4\x0135=D\x01",
        ),
        OrderRow(
            ts_event=T0 + 4, kind="fill", source="ems", seq=4, parent_id="P1", child_id="C1", order_id="O1", side="BUY",
            exec_id="E1", qty=60, price=PX, ts_match=T0 + 4, liquidity="A", fee=-120, cum_qty=60, last_status="1",
        ),
        OrderRow(
            ts_event=T0 + 5, kind="correct", source="ems", seq=5, exec_id="E2", ref_exec_id="E1", qty=50, price=PX + 2
        ),
        OrderRow(ts_event=T0 + 6, kind="parent_done", source="ems", seq=6, parent_id="P1"),
    ]  # fmt: skip


class Interval(NamedTuple):
    """One interval of a symbol mapping, as the DBN library reads it."""

    start_date: date
    end_date: date
    symbol: str


class SymbolDays(NamedTuple):
    """One symbol's mapping, as the DBN library reads it."""

    raw_symbol: str
    intervals: list[Interval]


def dbn_header(schema: str | None, ids: Mapping[str, int] | None = None, version: int = 3, **more: Any) -> bytes:
    """The header of a Databento stream whose symbols (default TECH = 7) have these instrument ids on the day of T0."""
    day = (date(2023, 11, 14), date(2023, 11, 15))
    named = {"TECH": 7} if ids is None else ids
    fields: dict[str, Any] = {
        "dataset": "GLBX.MDP3", "start": T0, "end": T0 + 10**9, "version": version, "symbols": list(named),
        "stype_in": databento_dbn.SType("raw_symbol"), "stype_out": databento_dbn.SType("instrument_id"),
        "schema": databento_dbn.Schema(schema) if schema else None, "partial": [], "not_found": [],
        "mappings": [SymbolDays(symbol, [Interval(*day, str(number))]) for symbol, number in named.items()],
    }  # fmt: skip
    return bytes(databento_dbn.Metadata(**{**fields, **more}).encode())


def mbo(action: str, side: str, order_id: int, price: int, size: int, **more: int) -> bytes:
    """One MBO record, last of its event and at T0 unless told otherwise."""
    at = {"flags": 128, "ts": T0, "recv": T0 + 1, "id": 7, "publisher": 1, "sequence": 1, **more}
    head = struct.pack("<BBHIQ", 14, 160, at["publisher"], at["id"], at["ts"])
    body = struct.pack("<QqIBB", order_id, price, size, at["flags"], 0)
    return head + body + action.encode() + side.encode() + struct.pack("<QiI", at["recv"], 0, at["sequence"])


def trade(rtype: int, words: int, action: str, side: str, price: int, size: int, **more: int) -> bytes:
    """The part that trades, MBP-1 and MBP-10 records begin with."""
    at = {"flags": 128, "ts": T0, "recv": T0 + 1, "id": 7, "publisher": 1, "sequence": 1, **more}
    head = struct.pack("<BBHIQqI", words, rtype, at["publisher"], at["id"], at["ts"], price, size)
    return head + action.encode() + side.encode() + struct.pack("<BBQiI", at["flags"], 0, at["recv"], 0, at["sequence"])


def level(bid: int, bid_size: int, ask: int, ask_size: int) -> bytes:
    """One level of a price-level record."""
    return struct.pack("<qqIIII", bid, ask, bid_size, ask_size, 1, 1)


NO_PRICE: Final = 2**63 - 1


def depth(
    first: int, final: int, before: int | None, bids: str = "[]", asks: str = "[]", symbol: str = "ETHUSD_PERP"
) -> str:
    """A depth update of a capture; without the update before it is one of the spot market."""
    chain = "" if before is None else f'"pu":{before},'
    return f'{{"e":"depthUpdate","E":1,"s":"{symbol}","U":{first},"u":{final},{chain}"b":{bids},"a":{asks}}}'


def snapshot(last: int, bids: str, asks: str, symbol: str | None = "ETHUSD_PERP") -> str:
    """A REST depth snapshot of a capture."""
    named = f'"symbol":"{symbol}",' if symbol else ""
    return f'{{"lastUpdateId":{last},{named}"bids":{bids},"asks":{asks}}}'


def capture(*messages: str, start: int = T0) -> bytes:
    """Lines of a capture, a microsecond apart."""
    return "".join(f"{start + 1000 * n} {message}\n" for n, message in enumerate(messages)).encode()


def opened(folder: Path, options: Options | None = None) -> tuple[Rows, Recording]:
    """All rows of a folder and its recording."""
    recording = session.open_recording(folder, Universe(), options or Options())
    return drained(recording), recording


def names(rows: Rows, recording: Recording, column: str) -> list[str]:
    """The names behind a column of numbers."""
    known = {"instrument": "instruments", "venue": "venues", "source": "sources"}
    table = getattr(recording.universe, known[column])
    return [table[index] for index in rows[column].tolist()]


def ladder_after(rows: Rows) -> dict[int, dict[int, int]]:
    """Levels by side after the L rows, by the plainest rule there is."""
    book: dict[int, dict[int, int]] = {1: {}, -1: {}}
    for row in rows[rows["action"] == units.LEVEL]:
        side, price, size = int(row["side"]), int(row["price"]), int(row["size"])
        if size:
            book[side][price] = size
        else:
            book[side].pop(price, None)
    return book
