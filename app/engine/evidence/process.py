"""The e-process of one parent: a bet on every world that could be, paid out by each child; valid at any look.

A world is one score and one share of answered children. Its capital grows by 1 + a (e - 1) a child once the leak has
begun; the prior of its beginning is spread over the children. Under no leak E has expectation at most 1 at every
stopping time, so P(sup E >= 20) <= .05.
"""

from typing import Any, NamedTuple

import numpy as np

from app.engine.evidence.model import Floats
from app.engine.evidence.rows import JOINTS, LAWS, QUOTES, RETREATS, SCORES, SHARES, WORLDS
from app.engine.jit import jit

LARGE = 1e200  # from here on capital is counted in units of itself
MOST = 1e300  # what a published E is cut at
SHORT, LONG = 200, 500  # children from which on, and by which, the means of placebos are doubted
DOUBT = 0.06
FIRST_OWN = 20.0  # aggressive children the placebos count for beside the order's earlier ones

# One epoch of one parent. `unborn`: prior of a leak that has not begun; `scale`: capital is in units of LARGE**scale;
# `after_own`: sum of the price scores of the order's `own_events` aggressive children.
EPOCH = np.dtype(
    [
        ("capital", "f8", (WORLDS,)), ("cost", "f8", (WORLDS,)), ("unborn", "f8"), ("scale", "i8"), ("n", "i8"),
        ("e", "f8"), ("most", "f8"), ("leak", "f8"), ("top", "i8"),
        ("direct", "f8"), ("direct2", "f8"), ("measured", "i8"), ("began", "i8"), ("mass", "f8"),
        ("after_own", "f8"), ("own_events", "f8"),
    ]
)  # fmt: skip


def _begins(n: int, first: float, hazard: float) -> float:
    """The chance that a leak that has not begun begins at child n: later ones count ever less, but none for nothing.

    With a constant chance nothing would be left for the thousandth child of a long order.
    """
    return first if n == 0 else hazard / (1.0 + hazard * (n - 1))


begins = jit(_begins)


def _hold_back(e: Floats, n: int) -> None:
    """Make less of what child n says: placebos are other moments, maybe of other instruments, and their means are that
    much uncertain. In a short order that is nothing; over a thousand children it would compound to an alarm.
    """
    doubt = DOUBT * max(0.0, min(1.0, (n - SHORT) / (LONG - SHORT)))
    if doubt > 0.0:
        for k in range(len(e)):
            e[k] = e[k] / (1.0 + doubt) if e[k] != 1.0 else 1.0


hold_back = jit(_hold_back)


def _temper(epochs: Any, at: int, e: Floats) -> None:
    """Price scores of an aggressive child over what they were after the order's earlier ones, where that is above 1.

    Makers may answer our prints for seconds as they answer nobody else's: no trade of others is a placebo for that.
    """
    epoch = epochs[at]
    usual = max(1.0, (FIRST_OWN + epoch["after_own"]) / (FIRST_OWN + epoch["own_events"]))
    epoch["after_own"] += (e[QUOTES + LAWS] + e[QUOTES + LAWS + 1]) / 2.0
    epoch["own_events"] += 1.0
    for k in range(QUOTES, SCORES):
        if (k < JOINTS or k >= RETREATS) and e[k] != 1.0:
            e[k] /= usual


temper = jit(_temper)


class Bet(NamedTuple):
    """One child's e-values and what it would cost in each score's world, entering row `at` of some epochs."""

    epochs: Any  # EPOCH rows
    at: int
    e: Floats  # [score]
    cost: Floats  # [score] bps of the order
    weights: Floats  # [world]
    onset_first: float
    onset_hazard: float
    null: float


def _rescale(b: Bet, largest: float) -> None:
    """Count the capital in units of LARGE again where it has outgrown them."""
    if largest <= LARGE:
        return
    epoch = b.epochs[b.at]
    for c in range(WORLDS):
        epoch["capital"][c] /= LARGE
        epoch["cost"][c] /= LARGE
    epoch["unborn"] /= LARGE
    epoch["scale"] += 1


rescale = jit(_rescale)


def _settle(b: Bet) -> None:
    """E and the expected leak from the capital of the worlds."""
    epoch = b.epochs[b.at]
    total, cost, top, best = 0.0, 0.0, 0, -1.0
    for c in range(WORLDS):
        stake = b.weights[c] * epoch["capital"][c]
        total += stake
        cost += b.weights[c] * epoch["cost"][c]
        if stake > best:
            best, top = stake, c
    total += epoch["unborn"]
    null = b.null if epoch["scale"] == 0 else 0.0
    epoch["leak"] = (1.0 - b.null) * cost / (null + (1.0 - b.null) * total)
    e = total
    for _ in range(epoch["scale"]):
        e = MOST if e > MOST / LARGE else e * LARGE
    epoch["e"] = e * epoch["mass"]
    epoch["most"] = max(epoch["most"], epoch["e"])
    epoch["top"] = top


settle = jit(_settle)


def _enter(b: Bet) -> None:
    """One more scored child."""
    epoch = b.epochs[b.at]
    born = epoch["unborn"] * begins(epoch["n"], b.onset_first, b.onset_hazard)
    epoch["unborn"] -= born
    epoch["n"] += 1
    largest = 0.0
    for c in range(WORLDS):
        k, share = c // len(SHARES), SHARES[c % len(SHARES)]
        grows = 1.0 + share * (b.e[k] - 1.0)
        capital = (epoch["capital"][c] + born) * grows
        epoch["capital"][c] = capital
        epoch["cost"][c] = epoch["cost"][c] * grows + capital * (share * b.e[k] / grows) * b.cost[k]
        largest = max(largest, capital)
    rescale(b, largest)
    settle(b)


enter = jit(_enter)


def start(epoch: Any, began: int, mass: float) -> None:
    """An epoch from nothing; `mass`: its part of the parent's guarantee."""
    epoch[...] = np.zeros((), EPOCH)
    epoch["unborn"], epoch["began"], epoch["mass"] = 1.0, began, mass
    epoch["e"] = epoch["most"] = mass


def p_anytime(most: float) -> float:
    """The p-value that holds however often one looked."""
    return min(1.0, 1.0 / most) if most > 0 else 1.0


def p_null(e: float, null: float) -> float:
    """Posterior of no leak."""
    return null / (null + (1.0 - null) * e)
