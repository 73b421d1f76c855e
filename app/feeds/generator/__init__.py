"""Seeded sessions with known arithmetic, and sessions written by hand.

`generate(plan)` makes a session of any size: several instruments and venues in L1, L2 and L3, and the firm's own flow
drawn onto real prints of that tape, so that own prints have truth. It simulates no market: nobody reacts to anybody.
"""

from typing import NamedTuple

import numpy as np

from app.engine.events import OrderRow, Rows
from app.engine.units import FILL, TRADE
from app.engine.universe import Universe
from app.feeds.generator.flow import Tally, own_flow
from app.feeds.generator.market import describe, in_order, listing, market, trades_of
from app.feeds.generator.plan import REPORTING, VENUES, Plan

__all__ = ["Generated", "Plan", "Tally", "generate"]


class Generated(NamedTuple):
    """A session: names, market rows in order of application, order rows in order, and what is true by construction."""

    universe: Universe
    market: Rows
    orders: list[OrderRow]
    truth: dict[str, Tally]


def generate(plan: Plan) -> Generated:
    """The session of a plan; the same plan gives the same session, bit for bit."""
    universe = Universe()
    describe(plan, universe)
    for venue in (*VENUES, REPORTING):
        universe.venues.index(venue)
        universe.sources.index(f"feed-{venue}")
    rows = market(np.random.default_rng([plan.seed, 1]), plan, universe)
    tape = {listed.name: trades_of(rows, universe.instruments.index(listed.name)) for listed in listing(plan)}
    flow = own_flow(plan, universe, tape, _resting(rows))
    if flow.dark_prints:
        rows = in_order(np.concatenate([rows, flow.own_prints()]), plan, universe)
    return Generated(universe, rows, flow.order_rows(), flow.truth)


def _resting(rows: Rows) -> dict[int, int]:
    """rec of a print -> id of the resting order that the next row of its event names."""
    trades = np.flatnonzero(rows["action"] == TRADE)
    trades = trades[trades + 1 < len(rows)]
    named = trades[(rows["action"][trades + 1] == FILL) & (rows["venue"][trades + 1] == rows["venue"][trades])]
    return dict(zip(rows["rec"][named].tolist(), rows["order_id"][named + 1].tolist(), strict=True))
