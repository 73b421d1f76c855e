"""Scored children of one order once more: as a bet of their own, or with hindsight, child by child.

What a light shows is what was known then. By cause and across a switch the same children are bet on again: only those
at a venue, only those before a switch, with what was filled after them where that is known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from app.engine.evidence.process import EPOCH, LARGE, Bet, begins, enter, start
from app.engine.evidence.rows import (
    JOINT_GROUPS,
    JOINTS,
    JUMPS,
    LAWS,
    QUOTES,
    RETREATS,
    SCORES,
    SHARES,
    WORLDS,
)
from app.engine.jit import jit
from app.engine.units import NULL

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from app.engine.evidence.learnt import Floats
    from app.engine.evidence.model import Model


class Prior(NamedTuple):
    """Of a bet: the chance of no leak, of one from the first child, and of its beginning at a later one."""

    null: float
    first: float
    hazard: float


class Children(NamedTuple):
    """Scored children in their order: CHILD rows, and bps one more trade after each costs the fills to come."""

    records: Any
    later: Floats


class Replay(NamedTuple):
    """Children to be bet on again; `e`, `cost`: scratch [score]."""

    records: Any
    later: Floats
    jump_ticks: float
    epochs: Any
    weights: Floats
    first: float
    hazard: float
    null: float
    e: Floats
    cost: Floats


def _price(r: Replay, n: int) -> None:
    """E-values of child n, and what an answer to it costs in each score's world (bps of the order)."""
    record = r.records[n]
    share, tick, later = float(record["share"]), record["tick"], r.later[n]
    jump = r.jump_ticks * tick * share
    for k in range(SCORES):
        r.e[k] = record["e"][k]
    for k in range(QUOTES):
        r.cost[k] = later
    for j in range(len(JUMPS)):
        for law in range(LAWS):
            r.cost[QUOTES + j * LAWS + law] = JUMPS[j] * tick * share
    for k in range(LAWS):
        r.cost[JOINTS + k] = r.cost[JOINT_GROUPS + k] = later + jump
        r.cost[RETREATS + k] = JUMPS[0] * tick * share


price = jit(_price)


def _replay(r: Replay) -> None:
    """Enter every child."""
    for n in range(len(r.later)):
        price(r, n)
        enter(Bet(r.epochs, 0, r.e, r.cost, r.weights, r.first, r.hazard, r.null))


replay = jit(_replay)


class Hindsight(NamedTuple):
    """A replay with room for what is known in the end: `before` [child, world] share of the capital that was there
    before the child, `left` [world], out: the expected cost and the chance of the onset at each child.
    """

    replay: Replay
    capital: Floats
    before: Floats
    left: Floats
    cost: Floats
    onset: Floats


def _forward(h: Hindsight) -> float:
    """Bet on all children; the factor that turns capital into the chance of its world (0 without capital)."""
    r, unborn, null = h.replay, 1.0, h.replay.null
    for n in range(len(r.later)):
        born = unborn * begins(n, r.first, r.hazard)
        unborn -= born
        price(r, n)
        largest = 0.0
        for c in range(WORLDS):
            had = h.capital[c]
            h.before[n, c] = had / (had + born) if had + born > 0.0 else 0.0
            h.capital[c] = (had + born) * (1.0 + SHARES[c % len(SHARES)] * (r.e[c // len(SHARES)] - 1.0))
            largest = max(largest, h.capital[c])
        if largest > LARGE:
            null = 0.0  # next to nothing beside it
            unborn /= LARGE
            for c in range(WORLDS):
                h.capital[c] /= LARGE
    total = unborn
    for c in range(WORLDS):
        total += r.weights[c] * h.capital[c]
    whole = null + (1.0 - r.null) * total
    return (1.0 - r.null) / whole if whole > 0.0 else 0.0


forward = jit(_forward)


def _look_back(h: Hindsight) -> None:
    """From the last child to the first: what it cost, and whether the leak began with it."""
    r, factor = h.replay, forward(h)
    for c in range(WORLDS):
        h.left[c] = factor * r.weights[c] * h.capital[c]
    for back in range(len(r.later)):
        n = len(r.later) - 1 - back
        price(r, n)
        cost, onset = 0.0, 0.0
        for c in range(WORLDS):
            k, share = c // len(SHARES), SHARES[c % len(SHARES)]
            grows = 1.0 + share * (r.e[k] - 1.0)
            cost += h.left[c] * (share * r.e[k] / grows) * r.cost[k]
            onset += h.left[c] * (1.0 - h.before[n, c])
            h.left[c] *= h.before[n, c]
        h.cost[n], h.onset[n] = cost, onset


look_back = jit(_look_back)


def usual_prior(model: Model) -> Prior:
    """What the light bets with."""
    numbers = model.numbers
    return Prior(numbers["null"], numbers["onset_first"], numbers["onset_hazard"])


def bet_again(children: Children, model: Model, weights: Floats, prior: Prior) -> Any:
    """The EPOCH row of the children alone."""
    epochs = np.zeros(1, EPOCH)
    start(epochs, NULL, 1.0)
    if len(children.later):
        replay(_prepared(children, model, weights, prior, epochs))
    return epochs[0]


def with_hindsight(children: Children, model: Model, weights: Floats, prior: Prior) -> tuple[Floats, Floats]:
    """(expected cost in bps of the order, chance that the leak began) by child, from all of them."""
    n = len(children.later)
    cost, onset = np.zeros(n), np.zeros(n)
    room = Hindsight(
        _prepared(children, model, weights, prior, np.zeros(1, EPOCH)), np.zeros(WORLDS), np.zeros((n, WORLDS)),
        np.zeros(WORLDS), cost, onset,
    )  # fmt: skip
    if n:
        look_back(room)
    return cost, onset


def _prepared(children: Children, model: Model, weights: Floats, prior: Prior, epochs: Any) -> Replay:
    jump = model.numbers["jump_ticks"]
    later: NDArray[np.float64] = np.ascontiguousarray(children.later, np.float64)
    return Replay(
        np.ascontiguousarray(children.records), later, jump, epochs, weights, prior.first, prior.hazard, prior.null,
        np.zeros(SCORES), np.zeros(SCORES),
    )  # fmt: skip
