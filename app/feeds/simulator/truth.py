"""What a simulated day cost by cause, to the last 1e-9: known because the day can be run again without a cause.

A cost is s * sum q (p - A) + s * (S - sum q) (P_end - A) in 1e-9 of the currency, positive = paid. With the same
outside (orders, noise, draws of every kind) and the agent taken out, the difference is the leak. What the exogenous
price did between arrival and each fill is timing luck. What is left is the spread and the own impact.
"""

from typing import Final, NamedTuple, Protocol

import msgspec
import numpy as np

from app.feeds.simulator import cells as c
from app.feeds.simulator.cells import Floor, Ints
from app.feeds.simulator.world import World

BPS: Final = 10_000


class Finished(Protocol):
    """A day that was run to its end."""

    world: World
    floor: Floor
    fills: list[Ints]


class Costs(NamedTuple):
    """Costs of a finished day in 1e-9 of the currency: `total` = `noise` + `own` + `opportunity`."""

    total: int
    noise: int
    own: int
    opportunity: int
    filled: int


class Truth(msgspec.Struct, frozen=True, kw_only=True):
    """True parts of a parent's shortfall, fees apart: 1e-9 of the currency, and bps of S x arrival.

    total = leak + own impact (with the spread) + noise (timing luck) + opportunity, exactly.
    """

    parent_id: str
    total: int
    leak: int
    own_impact: int
    noise: int
    opportunity: int
    filled: int
    notional: int

    def bps(self, part: int) -> float:
        """A part in bps of S x arrival."""
        return part * BPS / self.notional


def notional_of(world: World) -> int:
    """S x arrival in 1e-9 of the currency."""
    return world.parent.qty * arrival_of(world)


def arrival_of(world: World) -> int:
    """The arrival price in 1e-9."""
    return round(world.listing.arrival * 1_000_000_000)


def all_fills(day: Finished) -> Ints:
    """Own executions of a day as rows of cells.W_* columns."""
    return np.concatenate(day.fills) if day.fills else np.zeros((0, c.W_COLUMNS), np.int64)


def costs_of(day: Finished) -> Costs:
    """Costs of a finished day. A parent that buys is the mirror image: the same figures."""
    fills, arrival, tick = all_fills(day), arrival_of(day.world), int(day.floor.p[c.P_TICK])
    path = day.floor.path
    total = noise = filled = 0
    for qty, price, grid in fills[:, [c.W_QTY, c.W_PRICE, c.W_GRID]].tolist():
        total += qty * (arrival - price)
        noise -= qty * round(float(path[grid]) * tick)
        filled += qty
    left = day.world.parent.qty - filled
    end = round(float(day.floor.x[c.X_REF]) * tick)
    opportunity = left * (arrival - end)
    return Costs(total + opportunity, noise, total - noise, opportunity, filled)


def truth_of(world: World, as_it_was: Costs, without_agent: Costs) -> Truth:
    """The parts of a day, given the same day with the agent taken out."""
    return Truth(
        parent_id=world.parent.id, total=as_it_was.total, leak=as_it_was.total - without_agent.total,
        own_impact=without_agent.own, noise=without_agent.noise, opportunity=without_agent.opportunity,
        filled=as_it_was.filled, notional=notional_of(world),
    )  # fmt: skip
