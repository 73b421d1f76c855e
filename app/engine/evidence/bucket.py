"""Which placebos an event is held against: the state of its market just before it, in buckets.

Nothing after the event may enter: the flow that follows is the leak's own path.
"""

import math
from typing import NamedTuple

from app.engine.evidence.model import Floats, Tables
from app.engine.evidence.rows import BUCKETS, CLASSES, VOLATILITIES
from app.engine.jit import jit

_FLOW_S = 5.0  # variance of the 10-s decaying flow per trade a second
_LEAST_RATE = 0.01


class Before(NamedTuple):
    """The state just before an event, prices in bps."""

    kind: int  # class of the event
    side: int
    wide: bool  # the spread is more than a tick
    imbalance: float  # (bid size - ask size) / both, ex own
    flow10: float  # signed trades of others, decaying over 10 s
    rate: float  # trades of others a second, over 2 minutes
    q: float  # variance of the residual price, bps^2 a second
    tick: float


def _place(value: float, edges: Floats) -> int:
    """How many edges a value is above; one on an edge is below it."""
    place = 0
    for n in range(len(edges)):
        place += 1 if value > edges[n] else 0
    return place


place = jit(_place)


def _cell(b: Before, tables: Tables) -> int:
    """The cell of an event: class, volatility, then spread, imbalance, flow and rate."""
    flow = b.flow10 / math.sqrt(_FLOW_S * max(b.rate, _LEAST_RATE))
    bucket = 1 if b.wide else 0
    bucket = bucket * 3 + place(b.side * b.imbalance, tables.edges_imbalance)
    bucket = bucket * 5 + place(b.side * flow, tables.edges_flow)
    bucket = bucket * 3 + place(b.rate, tables.edges_rate)
    volatility = place(b.q / (b.tick * b.tick), tables.edges_volatility)
    return (b.kind * VOLATILITIES + volatility) * BUCKETS + bucket


cell = jit(_cell)


def _pool(at: int) -> int:
    """Class and volatility of a cell."""
    return at // BUCKETS


pool = jit(_pool)

_SPREADS = ("tick", "wide")
_PLACES = ("--", "-", "0", "+", "++")


def words(at: int) -> tuple[str, str]:
    """(class, bucket) of a cell in words for tables."""
    kind, rest = divmod(at, VOLATILITIES * BUCKETS)
    volatility, rest = divmod(rest, BUCKETS)
    rest, rate = divmod(rest, 3)
    rest, flow = divmod(rest, 5)
    spread, imbalance = divmod(rest, 3)
    name = f"{_SPREADS[spread]} imb{_PLACES[1 + imbalance]} flow{_PLACES[flow]} rate{rate} vol{volatility}"
    return CLASSES[kind], name
