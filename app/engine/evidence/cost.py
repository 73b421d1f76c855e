"""What a leak costs, in bps of the order's quantity at arrival: the model estimate, the direct one, their intervals.

The model estimate is the posterior mean of the e-process's worlds: shrunk towards 0, with an interval from planted
leaks. The direct estimate assumes little and is wide: it is shown, never coloured on.
"""

import math
from typing import Any, Final, NamedTuple

from app.engine.bits import exp
from app.engine.evidence.model import Floats, Model, Tables
from app.engine.evidence.rows import FLOW_GROUPS, JUMPS, LAWS, MIXED_GROUPS, QUOTE_GROUPS, QUOTES, SCORES

TAUS: Final = (1.0, 20.0, 200.0)  # seconds; the fourth part of the kernel never decays
Z_90: Final = 1.645
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


def done_impact(g: tuple[float, ...], fills: list[tuple[float, float]]) -> float:
    """As later_impact, from what was filled: (share of the order, seconds after the child) of every later fill."""
    parts = []
    for share, seconds in fills:
        weight = g[3]
        for b, tau in enumerate(TAUS):
            weight += g[b] * exp(-seconds / tau)
        parts.append(share * weight)
    return math.fsum(parts)


def world_costs(share: float, later: float, tick: float, jump: float, mix: tuple[float, ...], out: Floats) -> None:
    """bps each score's world says an answered child costs: `share` unfilled, `later` impact on later fills.

    `jump`: mean jump in ticks; `mix`: how much of each mixed score was flow.
    """
    mean = jump * tick * share
    for k in range(SCORES):
        if k < QUOTES or FLOW_GROUPS <= k < QUOTE_GROUPS:
            out[k] = later
        elif k < FLOW_GROUPS:
            out[k] = JUMPS[(k - QUOTES) // LAWS] * tick * share
        elif k < MIXED_GROUPS:
            out[k] = mean
        else:
            out[k] = mix[k - MIXED_GROUPS] * later + (1.0 - mix[k - MIXED_GROUPS]) * mean


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


def projected(leak: float, rest: float) -> float:
    """The leak at completion if it goes on: children so far weigh 1 - rest^2 of all, `rest` being unfilled."""
    return leak / max(1.0 - rest * rest, _LEAST_DONE)


def detectable(n: int, model: Model) -> float | None:
    """The smallest leak (bps) seen with 80 % power after n scored children; None without any."""
    children, bps = model.tables.detectable.tolist()
    return bps * math.sqrt(children / n) if n > 0 else None
