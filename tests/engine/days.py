"""Small days for the tests of the engine as a whole: market and orders by hand, cut into blocks, told in any order."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.engine import layout
from app.engine.config import EngineConfig
from app.engine.core import Engine
from app.engine.events import Block, OrderRow, Rows
from app.engine.universe import Universe
from app.feeds.generator.hand import T0, Sheet, order_row
from tests.session.play import Tables, last_ts

MS, S = 1_000_000, 1_000_000_000


def day(*, rest: bool = True) -> Sheet:
    """Two parents worked by children, a bust, a correction, an amendment and a fill nobody knows, over 30 s."""
    sheet = Sheet()
    sheet.reference(currency="USD", quote_currency="USD", adv=1e6, daily_sigma=0.02)
    for second in range(-2, 28, 2):
        tick = second % 3
        sheet.quote(second * S, f"100.0{tick}", f"100.0{tick + 2}")
        sheet.trade(second * S + 500 * MS, f"100.0{tick + 1}", 100 + second, side="B")
    sheet.parent(0, "BUY", 300, "P1", trader="me", decision="99.99", limit="100.10")
    sheet.order(10 * MS, "algo_new", parent_id="P1", algo_order_id="A1", algo="VWAP", source="ems")
    names = {"child_id": "C1", "algo_order_id": "A1", "source": "ems"}
    sheet.order(1 * S, "child_new", **names, side="BUY", qty=200, price="100.05", instrument="INST", venue="XONE")
    sheet.order(1 * S + MS, "child_acked", **names)
    told: dict[str, Any] = {"parent_id": None, "child_id": "C1", "venue": None, "source": "broker"}
    sheet.fill(2 * S + 500 * MS, 102, "100.03", "F1", **told)
    sheet.fill(4 * S, 50, "100.03", "F2", **told, ts_match=None, fee=2_000_000_000)
    if rest:
        replaced = {"child_id": "C2", "orig_child_id": "C1", "source": "ems"}
        sheet.order(5 * S, "child_replaced", **replaced, qty=250, price="100.06")
        sheet.order(6 * S, "bust", exec_id="B1", ref_exec_id="F1", source="broker")
        sheet.order(7 * S, "correct", exec_id="K1", ref_exec_id="F2", qty=60, price="100.02", fee=0, source="broker")
        sheet.order(8 * S, "parent_amended", parent_id="P1", qty=400)
        sheet.order(9 * S, "algo_paused", algo_order_id="A1", source="ems")
        sheet.order(11 * S, "algo_resumed", algo_order_id="A1", source="ems")
        sheet.fill(12 * S, 10, "100.04", "LOST", parent_id=None, source="broker")
    sheet.parent(3 * S, "SHORT", 100, "P2")
    sheet.fill(13 * S, 100, "100.01", "G1", parent_id="P2", source="broker")
    sheet.done(14 * S, "P1")
    return sheet


def in_time(sheet: Sheet, universe: Universe, size: int) -> list[Block]:
    """The sheet in blocks of so many market rows, order rows on time."""
    market, orders = sheet.market_rows(universe), sheet.order_rows()
    out: list[Block] = []
    for start in range(0, len(market), size):
        after = market["ts_event"][start + size] if start + size < len(market) else last_ts(sheet) + 1
        due = tuple(row for row in orders if row.ts_event < after)
        orders = orders[len(due) :]
        out.append(Block(int(after), market[start : start + size], due))
    return out


def told(sheet: Sheet, orders: Sequence[OrderRow], size: int = 8) -> Engine:
    """An engine that was told the market on time and the orders in the order given, a few per block."""
    engine = Engine(sheet.universe(), EngineConfig())
    blocks = in_time(sheet, engine.universe, size)
    share = -(-len(orders) // len(blocks))
    for n, block in enumerate(blocks):
        engine.apply(Block(block.watermark, block.market, tuple(orders[n * share : (n + 1) * share])))
    engine.finish(last_ts(sheet))
    return engine


def shuffled(orders: Sequence[OrderRow], picks: Sequence[int]) -> list[OrderRow]:
    """The rows interleaved another way: each pick says whose turn it is; within a source nothing moves."""
    queues: dict[str, list[OrderRow]] = {}
    for row in orders:
        queues.setdefault(row.source, []).append(row)
    out: list[OrderRow] = []
    for pick in [*picks, *([0] * len(orders))]:
        alive = [name for name in sorted(queues) if queues[name]]
        if alive:
            out.append(queues[alive[pick % len(alive)]].pop(0))
    return out


def comparable(tables: Tables) -> Tables:
    """Definitive tables without what tells how late something came."""
    names = ("parents", "fills", "children")
    return {name: {c: v for c, v in tables[name].items() if c != "n_late"} for name in names}


def defined(value: Any) -> Any:
    """NaN as None, in lists too."""
    if isinstance(value, list):
        return [defined(one) for one in value]
    return None if value != value else value


class Memory:
    """A board in memory: rows of every section, and which were written by the last publication."""

    def __init__(self) -> None:
        self.texts = [""]
        self.index = {"": 0}
        self.rows: dict[str, dict[int, Any]] = {name: {} for name in layout.SECTIONS}
        self.written: dict[str, list[int]] = {}
        self.beats: list[int] = []

    def intern(self, text: str) -> int:
        """Index of a text."""
        if text not in self.index:
            self.index[text] = len(self.texts)
            self.texts.append(text)
        return self.index[text]

    def put(self, section: str, index: NDArray[np.int64], rows: Rows) -> None:
        """Write rows; a row twice in one publication, or of another layout, is a mistake."""
        assert rows.dtype == layout.SECTIONS[section]
        assert len(index) == len(rows) == len(set(index.tolist()))
        for n, row in zip(index.tolist(), rows, strict=True):
            self.rows[section][n] = row.copy()
            self.written.setdefault(section, []).append(n)

    def length(self, section: str) -> int:
        """Rows of a section; they have no holes."""
        assert sorted(self.rows[section]) == list(range(len(self.rows[section])))
        return len(self.rows[section])

    def beat(self, watermark: int) -> None:
        """End of a publication."""
        self.beats.append(watermark)

    def fresh(self) -> dict[str, list[int]]:
        """What was written since this was last asked, by section."""
        written, self.written = self.written, {}
        return written

    def said(self, section: str, row: int) -> dict[str, Any]:
        """A row by column: texts as texts, undefined as None."""
        found = self.rows[section][row]
        out: dict[str, Any] = {}
        for name in layout.SECTIONS[section].names or ():
            value, kind = found[name].tolist(), layout.SECTIONS[section][name].kind
            if kind == "u":
                value = self.texts[value] or None
            out[name] = None if kind == "i" and value == -(2**63) else defined(value)
        return out

    def table(self, section: str) -> list[dict[str, Any]]:
        """All rows of a section."""
        return [self.said(section, n) for n in range(self.length(section))]


__all__ = ["MS", "T0", "Memory", "S", "comparable", "day", "in_time", "last_ts", "order_row", "shuffled", "told"]
