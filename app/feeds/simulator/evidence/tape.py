"""The packed tape of an instrument as market rows; the index beside it; an episode in the order of application."""

from typing import NamedTuple

import numpy as np

from app.engine.events import MARKET, Rows
from app.engine.units import LAST, ODD, PRICE_SCALE, QUOTE, REGULAR, TRADE
from app.feeds.simulator.evidence import cells as c
from app.feeds.simulator.evidence.cells import Ints
from app.feeds.simulator.evidence.outside import Shared

INDEX_VENUE = 2
_RECORDER_NS = 20_000


class Turned(NamedTuple):
    """An instrument's number, whether it is shown as its mirror image (-1) about `middle`, and its tick in 1e-9."""

    instrument: int
    turn: int
    middle: int
    tick: int

    def price(self, ticks: Ints) -> Ints:
        """Prices in 1e-9 of ticks from the middle, as they are shown."""
        return np.asarray((self.middle + self.turn * ticks) * self.tick)


def market_rows(tapes: list[tuple[Ints, Turned]]) -> Rows:
    """Market rows of packed tapes, in their order; seq and rec are given when an episode is merged."""
    made = [_rows_of(tape, turned) for tape, turned in tapes]
    return np.concatenate(made) if made else np.zeros(0, MARKET)


def _rows_of(tape: Ints, turned: Turned) -> Rows:
    rows = np.zeros(len(tape), MARKET)
    quotes = tape[:, c.R_ACTION] == c.QUOTED
    rows["ts_event"] = tape[:, c.R_AT]
    rows["instrument"] = turned.instrument
    rows["venue"] = rows["source"] = tape[:, c.R_VENUE]
    rows["action"] = np.where(quotes, QUOTE, TRADE)
    rows["side"] = tape[:, c.R_SIDE] * turned.turn
    first, second = (c.R_PRICE, c.R_PRICE2) if turned.turn > 0 else (c.R_PRICE2, c.R_PRICE)
    rows["price"] = np.where(quotes, turned.price(tape[:, first]), turned.price(tape[:, c.R_PRICE]))
    rows["size"] = np.where(quotes, tape[:, first + 1], tape[:, c.R_SIZE])
    rows["price2"] = np.where(quotes, turned.price(tape[:, second]), 0)
    rows["size2"] = np.where(quotes, tape[:, second + 1], 0)
    rows["condition"] = np.where(~quotes & (tape[:, c.R_SIZE] < 100), ODD, REGULAR)
    return rows


def index_rows(shared: Shared, instrument: int, listed: tuple[float, float]) -> Rows:
    """The common factor as quotes of an instrument of its own, where its touch changes; listed: price and tick."""
    price, tick = listed
    ticks = np.floor(price * (1.0 + shared.factor * 1e-4) / tick).astype(np.int64)
    changed = np.concatenate([[True], ticks[1:] != ticks[:-1]])
    rows = np.zeros(int(changed.sum()), MARKET)
    unit = round(tick * PRICE_SCALE)
    rows["ts_event"] = shared.begin_ns + np.flatnonzero(changed) * c.FACTOR_NS
    rows["instrument"] = instrument
    rows["venue"] = rows["source"] = INDEX_VENUE
    rows["action"] = QUOTE
    rows["price"], rows["price2"] = ticks[changed] * unit, (ticks[changed] + 1) * unit
    rows["size"] = rows["size2"] = 1_000
    return rows


def merged(parts: list[Rows]) -> Rows:
    """All rows in the order of application, numbered; the last row of a venue's moment says so."""
    rows = np.concatenate(parts)
    names = np.array([1, 0, 2])[rows["source"]]  # arca, nas, index: by name
    rows = rows[np.lexsort((rows["instrument"], names, rows["ts_event"]))]
    rows["rec"] = np.arange(len(rows))
    rows["ts_recv"] = rows["ts_event"] + _RECORDER_NS
    rows["flags"] = LAST
    for source in range(INDEX_VENUE + 1):
        at = np.flatnonzero(rows["source"] == source)
        rows["seq"][at] = np.arange(1, len(at) + 1)
        now, after = rows[at[:-1]], rows[at[1:]]
        goes_on = (now["ts_event"] == after["ts_event"]) & (now["instrument"] == after["instrument"])
        rows["flags"][at[:-1][goes_on & (now["action"] == TRADE)]] = 0
    return rows
