"""Signed price moves in bps: slippage, drift, effective and realized spread, impact, markout.

Every one is s (to - from) / over on doubled prices. `exact_bps` is the definition as a Fraction, `bps` the same
correctly rounded, `bps_each` the same over arrays (element-wise only, so no result depends on the block size).
Prices and mids are doubled (2p, mid2) in 1e-9; a bps over a price that is not positive is undefined.
"""

from fractions import Fraction
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.engine.metrics.figure import Exact, ratio
from app.engine.units import BPS, NULL

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


def exact_bps(side: int, to2: Exact, from2: Exact, over2: Exact) -> Fraction:
    """s (to - from) / over * 1e4, exactly. Raises ZeroDivisionError for over2 = 0."""
    return Fraction(side * BPS * (to2 - from2)) / over2


def bps(side: int, to2: Exact | None, from2: Exact | None, over2: Exact | None) -> float | None:
    """s (to - from) / over * 1e4, correctly rounded; None where a price is undefined or over is not positive."""
    if to2 is None or from2 is None or over2 is None:
        return None
    return ratio(side * (to2 - from2), over2, BPS)


def bps_each(side: Ints, to2: Ints, from2: Ints, over2: Ints) -> Floats:
    """s (to - from) / over * 1e4 per element; NaN where a price is units.NULL or over is not positive."""
    known = (to2 != NULL) & (from2 != NULL) & (over2 != NULL) & (over2 > 0)
    move = np.where(known, to2, 0) - np.where(known, from2, 0)
    part = (side * move).astype(np.float64) * BPS / np.where(known, over2, 1).astype(np.float64)
    return np.where(known, part, np.nan)


def cumulative_bps(side: int, notional: int, filled: int, arrival2: int | None) -> float | None:
    """s (sum qp / sum q - A) / A of everything done; notional = sum qp in 1e-9."""
    if arrival2 is None or filled <= 0:
        return None
    return ratio(side * (2 * notional - filled * arrival2), filled * arrival2, BPS)


def against_bps(side: int, notional: int, filled: int, benchmark: Fraction | None) -> float | None:
    """s (sum qp / sum q - B) / B against a benchmark price B in 1e-9 (a VWAP, a TWAP)."""
    if benchmark is None or filled <= 0:
        return None
    price, units = benchmark.numerator, benchmark.denominator
    return ratio(side * (notional * units - filled * price), filled * price, BPS)


def post_drift_bps(side: int, mid2: int | None, last_fill2: int | None, arrival2: int | None) -> float | None:
    """s (mid - mid at last fill) / A."""
    return bps(side, mid2, last_fill2, arrival2)


def beta_adjusted_bps(slip_bps: float | None, beta: float | None, index_drift_bps: float | None) -> float | None:
    """Slippage less beta times the index's drift over the same time, signed like the order."""
    if slip_bps is None or beta is None or index_drift_bps is None:
        return None
    return slip_bps - beta * index_drift_bps


class Fills(NamedTuple):
    """Fills as arrays of length n: side, price (1e-9), mid2 before, arrival mid2, mid2 at each horizon (n, h)."""

    side: Ints
    price: Ints
    before2: Ints
    arrival2: Ints
    later2: Ints


def slip_arrival_bps(fills: Fills) -> Floats:
    """s (p - A) / A of each fill."""
    return bps_each(fills.side, 2 * fills.price, fills.arrival2, fills.arrival2)


def mid_drift_bps(fills: Fills) -> Floats:
    """s (m - A) / A, m the mid before each fill."""
    return bps_each(fills.side, fills.before2, fills.arrival2, fills.arrival2)


def effective_spread_bps(fills: Fills) -> Floats:
    """2 s (p - m) / m, m the mid before each fill: the realized spread plus twice the impact, exactly."""
    return 2.0 * bps_each(fills.side, 2 * fills.price, fills.before2, fills.before2)


def realized_spread_bps(fills: Fills, horizon: int) -> Floats:
    """2 s (p - m[t+h]) / m; `horizon` is an index into units.HORIZONS."""
    return 2.0 * bps_each(fills.side, 2 * fills.price, fills.later2[:, horizon], fills.before2)


def impact_bps(fills: Fills, horizon: int) -> Floats:
    """s (m[t+h] - m) / m."""
    return bps_each(fills.side, fills.later2[:, horizon], fills.before2, fills.before2)


def markout_bps(fills: Fills, horizon: int) -> Floats:
    """s (m[t+h] - p) / p: positive when the price went in the trade's direction."""
    price2 = 2 * fills.price
    return bps_each(fills.side, fills.later2[:, horizon], price2, price2)
