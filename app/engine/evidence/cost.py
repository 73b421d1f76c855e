"""What a leak costs, in bps of the order's quantity at arrival: the model estimate, the direct one, their intervals.

The model estimate is the posterior mean of the e-process's worlds: shrunk towards 0, with an interval from planted
leaks. The direct estimate assumes little and is wide: it is shown, never coloured on.
"""

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from app.engine.bits import exp
from app.engine.events import Rows
from app.engine.evidence.lasting import Lasts
from app.engine.evidence.model import Floats, Model
from app.engine.evidence.rows import JOINTS, JUMPS, LAWS, QUOTES, RETREATS
from app.engine.units import SECOND

TAUS: Final = (1.0, 20.0, 200.0)  # seconds; the fourth part of the kernel never decays
Z_90: Final = 1.645
EVEN_REACH: Final = 41.0  # unfilled shares after the 82 children of the orders errors are known of, added up
_LEAST_DONE: Final = 0.25  # of the weight that is projected from: below it a projection is mostly luck


class Estimate(NamedTuple):
    """A cost in bps with its 90 % interval; None where there is none."""

    value: float | None
    low: float | None
    high: float | None


def later_impact(g: tuple[float, ...], rest: float, seconds: float) -> float:
    """bps of the order one more trade on our side costs the fills to come, if `rest` of it is spread evenly."""
    total = g[3]
    for b, tau in enumerate(TAUS):
        if seconds > 0:
            total += g[b] * (tau / seconds) * (1.0 - exp(-seconds / tau))
        else:
            total += g[b]
    return rest * total


def later_impacts(g: tuple[float, ...], children: Sequence[int], fills: Sequence[tuple[int, float]]) -> list[float]:
    """As later_impact, of each child (ns, rising) from what was filled after it: (ns, share of the order), rising."""
    out = [0.0] * len(children)
    held = [0.0, 0.0, 0.0, 0.0]
    at, k = fills[-1][0] if fills else 0, len(fills)
    for n in range(len(children) - 1, -1, -1):
        while k > 0 and fills[k - 1][0] > children[n]:
            k -= 1
            _let_pass(held, at - fills[k][0])
            at = fills[k][0]
            held = [kept + fills[k][1] for kept in held]
        if children[n] < at:
            _let_pass(held, at - children[n])
            at = children[n]
        out[n] = ((g[0] * held[0] + g[1] * held[1]) + g[2] * held[2]) + g[3] * held[3]
    return out


def shown_impacts(g: tuple[float, ...], records: Rows, fills: Sequence[tuple[int, float]]) -> Floats:
    """As later_impacts, of CHILD records: each at the gains that were known at its time."""
    times = records["t"].tolist()
    fast = later_impacts((g[0], g[1], 0.0, 0.0), times, fills)
    slow = later_impacts((0.0, 0.0, g[2], g[3]), times, fills)
    out: Floats = records["gain"] * np.array(fast, np.float64) + records["stays"] * np.array(slow, np.float64)
    return out


def _let_pass(held: list[float], ns: int) -> None:
    for b, tau in enumerate(TAUS):
        held[b] *= exp(-(ns / SECOND) / tau)


class Answered(NamedTuple):
    """A child that may have been answered: share unfilled after it, bps its flow costs the later fills, a mean jump
    in bps, the tick in bps.
    """

    share: float
    later: float
    jump: float
    tick: float


def world_costs(child: Answered, out: Floats) -> None:
    """bps of the order each score's world says an answer to the child costs."""
    jump = child.jump * child.share
    out[:QUOTES] = child.later
    for j, size in enumerate(JUMPS):
        out[QUOTES + j * LAWS : QUOTES + (j + 1) * LAWS] = size * child.tick * child.share
    out[JOINTS:RETREATS] = child.later + jump
    out[RETREATS:] = JUMPS[0] * child.tick * child.share


def between(x: float, knots: Floats, values: Floats) -> float:
    """Linear between knots, level beyond the first, sloping on beyond the last."""
    last = len(knots) - 1
    if x <= knots[0] or last == 0:
        return float(values[0])
    n = 1
    while n < last and x > knots[n]:
        n += 1
    slope = (values[n] - values[n - 1]) / (knots[n] - knots[n - 1])
    return float(values[n - 1] + slope * (x - knots[n - 1]))


def modelled(estimate: float, model: Model) -> Estimate:
    """The model estimate with the interval of its size; the estimate lies inside it."""
    tables = model.tables
    low = between(estimate, tables.estimates, tables.lower)
    high = between(estimate, tables.estimates, tables.upper)
    return Estimate(estimate, min(low, estimate), max(high, estimate))


def direct(total: float, squares: float, measured: int) -> Estimate:
    """The sum of what was measured after each child, its error from how children differ."""
    if measured < 2:
        return Estimate(None, None, None)
    variance = max(squares - total * total / measured, 0.0) * measured / (measured - 1)
    half = Z_90 * math.sqrt(variance)
    return Estimate(total, total - half, total + half)


def doubted(measured: Estimate, reach: float, error: float) -> Estimate:
    """The direct estimate with the interval that holds what its assumptions miss, too.

    What is usual after a child in another market is off by the same at every child, so that this grows with `reach`,
    the unfilled shares after the children that were measured; `error`: bps of an order of 82 children.
    """
    if measured.value is None or measured.high is None:
        return measured
    half, off = measured.high - measured.value, Z_90 * error * reach / EVEN_REACH
    half = math.sqrt(half * half + off * off)
    return Estimate(measured.value, measured.value - half, measured.value + half)


def pooled(one: tuple[float, float], other: tuple[float, float]) -> tuple[float, float]:
    """Two estimates of one thing, (value, variance) each, weighed by how certain they are; the first where both are."""
    (value, mine), (also, theirs) = one, other
    both = mine + theirs
    return ((value * theirs + also * mine) / both, mine * theirs / both) if both > 0.0 else (value, 0.0)


def weighed(model: Estimate, measured: Estimate, error: float) -> Estimate:
    """The size of a leak by both estimates, each by how uncertain it is (bps); `error`: what the model's assumptions
    miss beside its interval. The interval reaches as far up and down as the model's does.
    """
    value, low, high = model.value or 0.0, model.low or 0.0, model.high or 0.0
    half = (high - low) / (2.0 * Z_90)
    variance, share, spread = half * half + error * error, 0.0, 0.0
    below, above = value - low, high - value
    if measured.value is not None and measured.high is not None:
        spread = (measured.high - measured.value) / Z_90
        both = variance + spread * spread
        share = variance / both if both > 0.0 else 0.0
        value, _variance = pooled((value, variance), (measured.value, spread * spread))
    below, above = (
        math.hypot((1.0 - share) * math.hypot(side, Z_90 * error), share * Z_90 * spread) for side in (below, above)
    )
    return Estimate(value, value - below, value + above)


def lasting(leak: float, lasts: Lasts, model: Model) -> Estimate:
    """The model estimate by what of it lasts, its interval wider by how uncertain that is.

    The full doubt stands below the interval of its size: in the worlds that is of everything lasts.
    """
    found = modelled(leak * lasts.factor, model)
    value, low, high = leak * lasts.factor, found.low or 0.0, found.high or 0.0
    off = Z_90 * lasts.doubt * leak
    return Estimate(value, low - off, value + math.hypot(high - value, off))


def projected(leak: float, first: float, rest: float, fading: float = 0.0) -> float:
    """The leak at completion if it goes on as since `first` was unfilled: children weigh as what is unfilled then.

    `fading`: the part of it that goes as fast as it comes, and is no more at completion.
    """
    whole = first * first
    if whole <= 0:
        return leak
    grows = whole / max(whole - rest * rest, _LEAST_DONE * whole)
    return leak * (fading + (1.0 - fading) * grows)


def detectable(n: int, model: Model, in_volatility: Sequence[int] = ()) -> float | None:
    """The smallest leak (bps) seen with 80 % power after n scored children; None without any.

    By the model's curve, weighed by how many children stood in each class of volatility; without one as sqrt(1/n).
    """
    if n <= 0:
        return None
    curve, classes = model.learnt.sees, math.fsum(in_volatility)
    if curve is None or classes <= 0:
        children, bps = model.tables.detectable.tolist()
        return float(bps * math.sqrt(children / n))
    at = math.sqrt(n)
    parts = [
        count * _read_off(at, curve.children.tolist(), row)
        for count, row in zip(in_volatility, curve.bps.tolist(), strict=True)
        if count
    ]
    return math.fsum(parts) / classes


def _read_off(at: float, children: Sequence[float], bps: Sequence[float]) -> float:
    """bps after at * at children: linear in 1 / sqrt(n) between knots, growing as sqrt(1 / n) beyond both ends."""
    roots = [math.sqrt(knot) for knot in children]
    if at <= roots[0]:
        return bps[0] * roots[0] / at
    for k in range(1, len(roots)):
        if at <= roots[k]:
            part = (1.0 / roots[k - 1] - 1.0 / at) / (1.0 / roots[k - 1] - 1.0 / roots[k])
            return bps[k - 1] + part * (bps[k] - bps[k - 1])
    return bps[-1] * roots[-1] / at


def total(parts: Sequence[float]) -> float:
    """The sum of some parts, correctly rounded."""
    return math.fsum(parts)
