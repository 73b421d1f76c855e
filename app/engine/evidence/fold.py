"""One scored child enters its order in one call: what an answer would cost, the bet, the direct measurement."""

import math
from typing import Final, NamedTuple

import numpy as np

from app.engine.events import Rows
from app.engine.evidence import cost
from app.engine.evidence.again import Replay, price
from app.engine.evidence.bucket import pool
from app.engine.evidence.model import Floats
from app.engine.evidence.process import Bet, enter, hold_back, temper
from app.engine.evidence.rows import (
    AGGRESSIVE,
    BUCKETS,
    JOINTS,
    QUOTES,
    RETREATS,
    SCORES,
    SHARES,
    VOLATILITIES,
    WORLDS,
)
from app.engine.jit import jit

# what is found
BEFORE, MOST, AFTER, TOP, LEAK, CHILDREN, CELL, VOLATILITY, JUMP, LASTING, LATER = range(11)
FOUND: Final = 11


class Room(NamedTuple):
    """Arrays kernels write to, the same for all orders of an engine. `found`: by BEFORE to LATER."""

    e: Floats
    costs: Floats
    again: Floats
    later: Floats  # one number
    found: Floats


def room() -> Room:
    """A fresh one."""
    return Room(np.zeros(SCORES), np.zeros(SCORES), np.zeros(SCORES), np.zeros(1), np.zeros(FOUND))


class Prior(NamedTuple):
    """Of a bet: a mean jump in ticks, chances of a leak from the first child and from a later one, of none."""

    jump_ticks: float
    first: float
    hazard: float
    null: float


later_impact = jit(cost.later_impact)  # once a child, with three exp


class Scored(NamedTuple):
    """Record `number`, scored, for row `at` of some epochs; `later`: bps one more trade costs the fills to come."""

    records: Rows
    number: int
    later: float
    epochs: Rows
    at: int
    weights: Floats
    prior: Prior
    room: Room


def _stake(s: Scored) -> None:
    """The bet on a child."""
    s.room.later[0] = s.later
    one, prior = s.records[s.number : s.number + 1], s.prior
    replay = Replay(
        one, s.room.later, prior.jump_ticks, s.epochs, s.weights, prior.first, prior.hazard, prior.null,
        s.room.e, s.room.costs,
    )  # fmt: skip
    price(replay, 0)
    if pool(one[0]["cell"]) // VOLATILITIES == AGGRESSIVE:
        temper(s.epochs, s.at, s.room.e)
    hold_back(s.room.e, s.epochs[s.at]["n"])
    enter(Bet(s.epochs, s.at, s.room.e, s.room.costs, s.weights, prior.first, prior.hazard, prior.null))


stake = jit(_stake)


def _expect(s: Scored) -> None:
    """What is expected of answers to the child that has been entered: a jump of the price, its cost, that of flow."""
    epoch, found, e, cost = s.epochs[s.at], s.room.found, s.room.e, s.room.costs
    total, lasting, later = epoch["unborn"], 0.0, 0.0
    for c in range(WORLDS):
        k, answered = c // len(SHARES), SHARES[c % len(SHARES)]
        stake = s.weights[c] * epoch["capital"][c]
        total += stake
        likely = stake * (answered * e[k] / (1.0 + answered * (e[k] - 1.0)))
        trades = s.later if k < QUOTES or JOINTS <= k < RETREATS else 0.0
        later += likely * trades
        lasting += likely * (cost[k] - trades)
    null = s.prior.null if epoch["scale"] == 0 else 0.0
    leaks = (1.0 - s.prior.null) / (null + (1.0 - s.prior.null) * total)
    share = s.records[s.number]["share"]
    found[LASTING], found[LATER] = leaks * lasting, leaks * later
    found[JUMP] = leaks * lasting / share if share > 0.0 else 0.0


expect = jit(_expect)


def _fold(s: Scored) -> None:
    """The bet on a child and its direct measurement; what they led to is found in the room."""
    epoch, record, found = s.epochs[s.at], s.records[s.number], s.room.found
    found[BEFORE], found[MOST] = epoch["e"], epoch["most"]
    stake(s)
    expect(s)
    if not math.isnan(record["y"]):
        value = float(record["y"]) * float(record["share"]) + float(record["c"]) * s.later
        epoch["direct"] += value
        epoch["direct2"] += value * value
        epoch["measured"] += 1
    found[AFTER], found[TOP], found[LEAK], found[CHILDREN] = epoch["e"], epoch["top"], epoch["leak"], epoch["n"]
    found[CELL], found[VOLATILITY] = record["cell"], record["cell"] // BUCKETS % VOLATILITIES


fold = jit(_fold)


class Scores(NamedTuple):
    """Scored children of one epoch in the order they were closed, each with what was expected to cost it (`own`)."""

    records: Rows
    epochs: Rows
    at: int
    weights: Floats
    prior: Prior
    room: Room
    found: Floats  # out: [child, BEFORE to LATER]


def _fold_all(s: Scores) -> None:
    """`fold` of each: one call for many children."""
    for n in range(len(s.records)):
        later = np.float64(s.records[n]["own"])  # float() of compiled code leaves it as short as it is
        fold(Scored(s.records, n, later, s.epochs, s.at, s.weights, s.prior, s.room))
        for j in range(FOUND):
            s.found[n, j] = s.room.found[j]


fold_all = jit(_fold_all)
