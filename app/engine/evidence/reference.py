"""The reference price of one symbol without us: size-weighted mid ex own, less the index and what the tape explains."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.engine.enrich.asof import Histories, row_at
from app.engine.events import Rows
from app.engine.evidence.model import Floats
from app.engine.evidence.rows import FROZEN, HALTED
from app.engine.jit import jit
from app.engine.units import ASK, BID, BPS, IN_AUCTION, IN_CLOSE, IN_HALT, LOCKED, NULL


class Kernels(NamedTuple):
    """Of one symbol: bps per unit of flow by time scale, sign weights, the size of one unit (0: the running mean)."""

    g: Floats
    signs: Floats
    size: float
    beta: float
    market: int  # instrument of the index, -1 without
    silence: int  # ns without a row from which the market counts as closed


class Inputs(NamedTuple):
    """One symbol's stream and everything it is made from. `ring`: its STEP rows; `shown`: own quantity as displayed."""

    histories: Histories
    prints: Rows
    print_offset: NDArray[np.int64]
    print_count: NDArray[np.int64]
    instrument: int
    stream: Rows  # one STREAM row
    ring: Rows
    checks: Rows  # STREAM rows: the stream as it stood every CHECK_NS, where a late fact makes it go back to
    shown: NDArray[np.int64]  # (n, 3): side, price, quantity
    own: NDArray[np.int64]  # numbers of own prints near the time, rising
    kernels: Kernels
    tick: int  # 1e-9


def _queue(k: Inputs, row: Any, side: int) -> tuple[int, int]:
    """(price, size) of the best level of others on a side of a history row; (NULL, 0) without."""
    for level in range(2):
        if side == BID:
            price = row["bid"] if level == 0 else row["bid2"]
            size = row["bid_size"] if level == 0 else row["bid2_size"]
        else:
            price = row["ask"] if level == 0 else row["ask2"]
            size = row["ask_size"] if level == 0 else row["ask2_size"]
        if price == NULL:
            return NULL, 0
        for n in range(len(k.shown)):
            if k.shown[n, 0] == side and k.shown[n, 1] == price:
                size -= k.shown[n, 2]
        if size > 0:
            return price, size
    return NULL, 0


queue = jit(_queue)


def _others(k: Inputs, at: int) -> tuple[int, int, int, int, int]:
    """(flags, bid, bid size, ask, ask size) ex own of history row `at`; FROZEN without two sides."""
    if at < 0:
        return FROZEN, NULL, 0, NULL, 0
    row = k.histories.pool[at]
    quality = row["quality"]
    if quality > LOCKED:
        halted = quality == IN_HALT or quality == IN_AUCTION or quality == IN_CLOSE
        return (FROZEN | HALTED if halted else FROZEN), NULL, 0, NULL, 0
    bid, bid_size = queue(k, row, BID)
    ask, ask_size = queue(k, row, ASK)
    if bid == NULL or ask == NULL or bid >= ask:
        return FROZEN, NULL, 0, NULL, 0
    return 0, bid, bid_size, ask, ask_size


others = jit(_others)


def _weighted(bid: int, bid_size: int, ask: int, ask_size: int, anchor: int) -> float:
    """The size-weighted mid in bps of the anchor; mirrored prices and sizes give minus it, to the last bit."""
    above, below = float(ask - anchor) * bid_size, float(bid - anchor) * ask_size
    return (above + below) / (float(bid_size) + ask_size) / anchor * BPS


weighted = jit(_weighted)


def _index_row(k: Inputs, before: int, t: int) -> int:
    """The last row of the index before t, where that before an earlier time is known; negative without."""
    if k.kernels.market < 0:
        return -1
    h, at = k.histories, before
    following = at + 1 if at >= 0 else h.offset[k.kernels.market]
    stop = h.offset[k.kernels.market] + h.length[k.kernels.market]
    while following < stop and h.pool[following]["ts"] < t:
        at = following
        following += 1
    return int(at)


index_row = jit(_index_row)


def _index_at(k: Inputs, t: int) -> int:
    """The last row of the index before t; negative without."""
    return row_at(k.histories, k.kernels.market, t - 1) if k.kernels.market >= 0 else -1


index_at = jit(_index_at)


def _factor(k: Inputs, at: int) -> float:
    """beta times the index in bps of its first value, as of its history row `at`; 0 without."""
    if at < 0 or k.histories.pool[at]["held"] == NULL or k.histories.pool[at]["held"] == 0:
        return 0.0
    held = k.histories.pool[at]["held"]
    if k.stream[0]["index_anchor"] == NULL:
        k.stream[0]["index_anchor"] = held
    anchor = k.stream[0]["index_anchor"]
    moved: float = k.kernels.beta * (float(held - anchor) / anchor * BPS)
    return moved


factor = jit(_factor)


def _pressure(k: Inputs) -> float:
    """What the kernel makes of the tape so far (bps)."""
    s = k.stream[0]["s"]
    total: float = ((k.kernels.g[0] * s[0] + k.kernels.g[1] * s[1]) + k.kernels.g[2] * s[2]) + k.kernels.g[3] * s[3]
    return total


pressure = jit(_pressure)


def _slow_part(g: Floats, s: Floats) -> float:
    """What of the kernel's impact lasts minutes and more (bps)."""
    total: float = g[2] * s[2] + g[3] * s[3]
    return total


slow_part = jit(_slow_part)


def _fast_part(g: Floats, s: Floats) -> float:
    """What of it is over soon (bps)."""
    total: float = g[0] * s[0] + g[1] * s[1]
    return total


fast_part = jit(_fast_part)


def _explained(k: Inputs) -> float:
    """What the tape so far explains of the price (bps): what was told, and what came since at the gain of now."""
    x = k.stream[0]
    total: float = x["told"] + x["gain"] * (pressure(k) - x["raw"])
    return total


explained = jit(_explained)
