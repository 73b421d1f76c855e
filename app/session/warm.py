"""Kernels loaded before the first byte is read: what a run's rate measures is the run."""

import msgspec
import numpy as np

from app.engine.config import EngineConfig
from app.engine.core import Engine
from app.engine.events import MARKET, Block, Instrument, OrderRow, Rows
from app.engine.metrics.response import Events, estimates
from app.engine.units import LAST, PRICE_SCALE, QUOTE, SECOND, TRADE
from app.engine.universe import Universe

_NOTHING = np.zeros(0, np.int64)


def load_kernels(config: EngineConfig) -> None:
    """Play three rows and one fill through an engine of its own, so that every kernel they need is in memory."""
    universe = Universe()
    universe.describe(Instrument(instrument="I", daily_sigma=0.02))
    universe.venues.index("V")
    universe.sources.index("S")
    engine = Engine(universe, msgspec.structs.replace(config, book=True))
    engine.apply(Block(3 * SECOND, _market(), _orders()))
    engine.finish(4 * SECOND)
    engine.tables()
    empty = np.zeros((0, 1))
    estimates(Events(_NOTHING, _NOTHING, empty[:, 0], empty), _NOTHING, 0)  # of the board alone


def _market() -> Rows:
    rows = np.zeros(3, MARKET)
    rows["ts_event"] = [SECOND, 2 * SECOND, 3 * SECOND]
    rows["action"], rows["flags"] = [QUOTE, TRADE, QUOTE], LAST
    rows["price"], rows["price2"] = 100 * PRICE_SCALE, 101 * PRICE_SCALE
    rows["size"], rows["size2"] = 10, 10
    return rows


def _orders() -> tuple[OrderRow, ...]:
    common = {"source": "O", "parent_id": "P", "instrument": "I", "side": "BUY", "qty": 10}
    place = {"child_id": "C", "venue": "V", "price": 101 * PRICE_SCALE}
    rows = (
        {"ts_event": SECOND, "kind": "parent_new", **common},
        {"ts_event": 2 * SECOND, "kind": "child_new", "seq": 1, **common, **place},
        {"ts_event": 5 * SECOND // 2, "kind": "fill", "seq": 2, "exec_id": "E", "liquidity": "R", **common, **place},
    )
    return tuple(msgspec.convert(row, OrderRow) for row in rows)
