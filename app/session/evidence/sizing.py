"""Sizes: the model estimate of many parents, its interval from planted leaks, the smallest leak that would be seen."""

import math
from collections.abc import Mapping
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np

from app.engine.evidence.cost import between
from app.engine.evidence.model import Floats
from app.engine.evidence.process import begins
from app.engine.evidence.rows import (
    JOINTS,
    JUMPS,
    LAWS,
    QUOTES,
    RETREATS,
    SCORES,
    SHARES,
    WORLDS,
)
from app.session.evidence.gathered import Gathered
from app.session.evidence.weighing import Onset, Padded, padded

LEAST_PARENTS: Final = 8  # of a world in a bin, for its quantile to count
QUANTILES: Final = (0.0, 0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875, 0.95, 0.98, 1.0)
LOW: Final = 0.05
HIGH: Final = 0.90
POWER: Final = 0.8
COVERS: Final = 0.93  # of the parents of each world, at least: more than is promised of others


class Terms(NamedTuple):
    """What an estimate depends on beside scores and weights."""

    null: float = 0.7
    jump_ticks: float = 0.1
    later_impact: float = 1.06
    onset: Onset = Onset()


def costs_of(found: Gathered, terms: Terms, most: int) -> Floats:
    """(parents, most, SCORES): bps of the order that an answer to each child costs in each score's world."""
    out = np.zeros((len(found.parents), most, SCORES))
    children = found.children
    share, tick = children["share"].astype(np.float64), children["tick"].astype(np.float64)
    later = terms.later_impact * children["later"].astype(np.float64)
    jump = terms.jump_ticks * tick * share
    flat = np.zeros((len(children), SCORES))
    flat[:, :QUOTES] = later[:, None]
    for j, size in enumerate(JUMPS):
        flat[:, QUOTES + j * LAWS : QUOTES + (j + 1) * LAWS] = (size * tick * share)[:, None]
    flat[:, JOINTS:RETREATS] = (later + jump)[:, None]
    flat[:, RETREATS:] = (JUMPS[0] * tick * share)[:, None]
    for row, parent in enumerate(found.parents):
        n = min(int(parent["scored"]), most)
        out[row, :n] = flat[parent["first"] : parent["first"] + n]
    return out


def estimates(found: Gathered, weights: Floats, terms: Terms = Terms()) -> Floats:  # noqa: B008 - frozen
    """(parents,): the leak rate in bps as the engine restates it at the end of each parent."""
    block = padded(found)
    capital, cost, unborn = _run(block, costs_of(found, terms, block.e.shape[1]), terms.onset)
    total = capital @ weights + unborn
    return np.asarray((1.0 - terms.null) * (cost @ weights) / (terms.null + (1.0 - terms.null) * total))


def _run(block: Padded, costs: Floats, onset: Onset) -> tuple[Floats, Floats, Floats]:
    """(capital, cost) of each world and the prior that nothing has begun, after the last child."""
    shares, parents = np.array(SHARES), len(block.scored)
    capital, cost = (np.zeros((parents, SCORES, len(SHARES))) for _ in range(2))
    unborn = np.ones(parents)
    for k in range(block.e.shape[1]):
        alive = (k < block.scored)[:, None, None]
        born = np.where(k < block.scored, unborn * begins(k, onset.first, onset.hazard), 0.0)
        unborn = unborn - born
        e = block.e[:, k, :, None].astype(np.float64)
        grows = 1.0 + shares * (e - 1.0)
        grown = (capital + born[:, None, None]) * grows
        paid = cost * grows + grown * (shares * e / grows) * costs[:, k, :, None]
        capital, cost = np.where(alive, grown, capital), np.where(alive, paid, cost)
    return capital.reshape(parents, WORLDS), cost.reshape(parents, WORLDS), unborn


class Interval(NamedTuple):
    """Knots of the estimate and the bounds of the truth there."""

    estimates: Floats
    lower: Floats
    upper: Floats


def interval(estimate: Mapping[str, Floats], truth: Mapping[str, Floats]) -> Interval:
    """Bounds by bins of the estimate: 5 % of the truths, worlds in equal parts, below; 10 % above in the worst world.

    Both rise with the estimate; a bin's knot is the median estimate in it. A world with few parents in a
    bin does not count there: bounds are then widened, little by little, until they hold the truth in COVERS of each.
    """
    every = np.concatenate([estimate[world] for world in sorted(estimate)])
    edges = np.unique(np.quantile(every, QUANTILES))
    knots: list[float] = []
    lower: list[float] = []
    upper: list[float] = []
    for low, high in pairwise(edges):
        inside = {world: (value >= low) & ((value < high) | (high == edges[-1])) for world, value in estimate.items()}
        if not any(chosen.any() for chosen in inside.values()):
            continue
        parts = {world: truth[world][chosen] for world, chosen in inside.items()}
        large = [part for part in parts.values() if len(part) >= LEAST_PARENTS]
        knots.append(float(np.median(np.concatenate([estimate[w][inside[w]] for w in sorted(inside)]))))
        lower.append(_weighted_quantile(parts, {w: len(estimate[w]) for w in parts}, LOW))
        upper.append(max((float(np.quantile(part, HIGH)) for part in large), default=upper[-1] if upper else 0.0))
    rising, kept = np.array(knots), np.concatenate([[True], np.diff(knots) > 0])
    low_bound = np.minimum.accumulate(np.array(lower)[::-1])[::-1]
    found = Interval(rising[kept], low_bound[kept], np.maximum.accumulate(np.array(upper))[kept])
    return _widened(found, estimate, truth)


def _widened(found: Interval, estimate: Mapping[str, Floats], truth: Mapping[str, Floats]) -> Interval:
    """With bounds that hold the truth in COVERS of every world: the nearest miss of the worst world first."""
    low, high = found.lower.copy(), found.upper.copy()
    worlds = [world for world in sorted(truth) if len(truth[world])]
    for _ in range(sum(len(truth[world]) for world in worlds)):
        bounds = Interval(found.estimates, low, high)
        missed = {world: _misses(bounds, estimate[world], truth[world]) for world in worlds}
        worst = max(worlds, key=lambda world: float(np.mean(missed[world] != 0.0)))
        off = missed[worst]
        if np.mean(off != 0.0) <= 1.0 - COVERS:
            break
        at = int(np.argmin(np.where(off == 0.0, np.inf, np.abs(off))))
        first, last = _around(found.estimates, float(estimate[worst][at]))
        wanted = float(truth[worst][at])
        if off[at] > 0.0:
            high[first:] = np.maximum(high[first:], wanted)
        else:
            low[: last + 1] = np.minimum(low[: last + 1], wanted)
    return Interval(found.estimates, low, high)


def _around(knots: Floats, x: float) -> tuple[int, int]:
    """Places of the knots on both sides of x."""
    after = min(int(np.searchsorted(knots, x)), len(knots) - 1)
    return max(after - 1, 0), after


def _misses(bounds: Interval, estimate: Floats, truth: Floats) -> Floats:
    """How far the truth lies above (positive) or below its interval as the engine reads it; 0 inside."""
    low = np.array([min(between(x, bounds.estimates, bounds.lower), x) for x in estimate.tolist()])
    high = np.array([max(between(x, bounds.estimates, bounds.upper), x) for x in estimate.tolist()])
    return np.asarray(np.maximum(truth - high, 0.0) + np.minimum(truth - low, 0.0))


def _weighted_quantile(parts: Mapping[str, Floats], sizes: Mapping[str, int], share: float) -> float:
    """The quantile of truths where every world counts alike."""
    values = np.concatenate([parts[world] for world in sorted(parts)])
    weights = np.concatenate([np.full(len(parts[world]), 1.0 / sizes[world]) for world in sorted(parts)])
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weights[order]) / weights.sum()
    return float(values[order][min(int(np.searchsorted(reached, share)), len(values) - 1)])


def seen_with(power: Mapping[float, float], wanted: float = POWER) -> float | None:
    """The smallest leak (bps) with that power, between the measured leaks on a scale of logarithm and probit.

    None where no measured leak reaches it; the smallest measured one where each does.
    """
    leaks = sorted(power)
    reached = np.maximum.accumulate([power[leak] for leak in leaks])
    above = [n for n, value in enumerate(reached) if value >= wanted]
    if not above:
        return None
    n = above[0]
    if n == 0:
        return leaks[0]
    low, high = _probit(float(reached[n - 1])), _probit(float(reached[n]))
    part = (_probit(wanted) - low) / (high - low)
    return float(math.exp(math.log(leaks[n - 1]) + part * (math.log(leaks[n]) - math.log(leaks[n - 1]))))


def _probit(share: float) -> float:
    """Quantile of the normal distribution by bisection; shares at the ends are drawn in a little."""
    wanted = min(max(share, 1e-3), 1.0 - 1e-3)
    low, high = -4.0, 4.0
    for _ in range(60):
        middle = (low + high) / 2.0
        below = 0.5 * (1.0 + math.erf(middle / math.sqrt(2.0))) < wanted
        low, high = (middle, high) if below else (low, middle)
    return low
