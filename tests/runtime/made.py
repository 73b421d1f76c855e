"""Seeded rows and a small engine for the tests of the runtime: it remembers what it was told and adds nothing."""

import hashlib
from collections.abc import Iterator

import numpy as np

from app.engine import layout
from app.engine.effects import Effects
from app.engine.events import CHANGE, MARKET, TOUCHED, Block, OrderRow, Quarantined, Rows, no_market
from app.engine.layout import Sink
from app.engine.units import LAST, NULL, QUOTE, SECOND
from app.engine.universe import Universe
from app.runtime.inbox import applied_times
from app.runtime.outputs import Tables

START = 1_700_000_000 * SECOND


def universe(instruments: int = 3, venues: int = 2, sources: int = 2) -> Universe:
    """Names I0.., V0.., S0.. in that order."""
    made = Universe()
    for count, table, letter in (
        (instruments, made.instruments, "I"),
        (venues, made.venues, "V"),
        (sources, made.sources, "S"),
    ):
        for number in range(count):
            table.index(f"{letter}{number}")
    return made


def market(count: int, seed: int = 1, sources: int = 2, step_ns: int = SECOND // 10) -> Rows:
    """Quotes in time order, some at equal times, sources at random, sequences per source."""
    rng = np.random.default_rng(seed)
    rows = np.zeros(count, MARKET)
    rows["ts_event"] = START + np.cumsum(rng.integers(0, step_ns, count))
    rows["source"] = rng.integers(0, sources, count)
    for source in range(sources):
        mine = rows["source"] == source
        rows["seq"][mine] = np.arange(1, mine.sum() + 1)
    rows["rec"] = np.arange(count)
    rows["instrument"] = rng.integers(0, 3, count)
    rows["venue"] = rng.integers(0, 2, count)
    rows["action"], rows["flags"] = QUOTE, LAST
    rows["price"] = rng.integers(99, 100, count) * SECOND
    rows["price2"] = rows["price"] + 10_000_000
    rows["size"], rows["size2"] = 100, 200
    return rows


def orders(rows: Rows, count: int = 20, seed: int = 2) -> list[OrderRow]:
    """Fills at times inside the market's span, sorted as a recording gives them."""
    rng = np.random.default_rng(seed)
    low, high = int(rows["ts_event"][0]), int(rows["ts_event"][-1])
    times = np.sort(rng.integers(low, high + 1, count)).tolist()
    return [
        OrderRow(ts_event=ts, kind="fill", source="OMS", seq=n, exec_id=f"E{n}", qty=n + 1, price=99 * SECOND)
        for n, ts in enumerate(times)
    ]


def pieces(rows: Rows, sizes: tuple[int, ...] = (7, 1, 64, 300)) -> Iterator[Rows]:
    """The rows as a feed would give them: arrays of changing sizes."""
    at, turn = 0, 0
    while at < len(rows):
        size = sizes[turn % len(sizes)]
        yield rows[at : at + size]
        at, turn = at + size, turn + 1


class Scribe:
    """An engine that writes down what it is told: `run_hash` of the blocks, `output_hash` of the sorted rows."""

    def __init__(self, *, breaks_at: int | None = None, interrupts_at: int | None = None) -> None:
        self.blocks: list[Block] = []
        self.touches: Rows = np.zeros(0, CHANGE)
        self.end_ns: int | None = None
        self.published: list[int] = []
        self.paths: list[int] = []
        self._breaks_at = breaks_at
        self._interrupts_at = interrupts_at

    def apply(self, block: Block) -> Effects:
        """Remember the block; every market row touches."""
        if len(self.blocks) == self._breaks_at:
            raise ZeroDivisionError("the engine broke")
        if len(self.blocks) == self._interrupts_at:
            raise KeyboardInterrupt
        self.blocks.append(block)
        self.touches = np.zeros(len(block.market), CHANGE)
        self.touches["kind"] = TOUCHED
        for mine, theirs in (("ts", "ts_event"), ("rec", "rec"), ("bid", "price"), ("ask", "price2")):
            self.touches[mine] = block.market[theirs]
        self.touches["ask_size"] = NULL
        self.touches["bid_count"] = 2
        odd = [row for row in block.orders if row.qty == 13]
        return Effects([Quarantined(source=row.source, where="row 13", reason="an unlucky number") for row in odd])

    def finish(self, end_ns: int) -> None:
        """Remember the end."""
        self.end_ns = end_ns

    def publish(self, sink: Sink) -> None:
        """One parent whose order quantity is the number of blocks."""
        self.published.append(len(self.blocks))
        row = np.zeros(1, layout.PARENT_ROW)
        row["order_qty"] = len(self.blocks)
        sink.put("parents", np.array([0]), row)
        sink.beat(self.blocks[-1].watermark if self.blocks else NULL)

    def path(self, sink: Sink) -> None:
        """Remember the watermark it was asked at."""
        self.paths.append(self.blocks[-1].watermark)

    def market(self) -> Rows:
        """All market rows in the order applied."""
        return np.concatenate([no_market(), *(block.market for block in self.blocks)])

    def orders(self) -> list[OrderRow]:
        """All own rows in the order applied."""
        return [row for block in self.blocks for row in block.orders]

    def tables(self) -> Tables:
        """One fill per own row."""
        rows = sorted(self.orders(), key=lambda row: row.seq)
        return {"fills": {"fill_id": [r.exec_id for r in rows], "qty": [r.qty for r in rows], "px": [None] * len(rows)}}

    def undefined(self) -> dict[str, int]:
        """Three figures past the end, always."""
        return {"past_end": 3}

    def run_hash(self) -> str:
        """Hash of the blocks as they came, and of the end."""
        digest = hashlib.sha256(str(self.end_ns).encode())
        for block in self.blocks:
            digest.update(f"{block.watermark} {block.orders} {block.controls}".encode())
            digest.update(block.market.tobytes())
        return digest.hexdigest()

    def output_hash(self) -> str:
        """Hash of the rows in an order of their own."""
        rows = self.market()
        rows = rows[np.lexsort((rows["rec"], applied_times(rows)))]
        own = sorted(map(str, self.orders()))
        return hashlib.sha256(rows.tobytes() + "".join(own).encode()).hexdigest()
