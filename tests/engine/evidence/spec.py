"""The scores and the e-process a second time, in plain Python from the words of the specification."""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

DT = 0.05
GROUPS = ((0, 1), (2, 3), (1, 2), (0, 1, 2, 3))
SHARES = (0.02, 0.06, 0.15, 0.3, 0.6)
EDGES = (0, 2, 4, 8, 16, 32, 64, 160)
FOLLOWED, FOLLOWS_S = 0.12, 0.25


class Step(NamedTuple):
    """One 50-ms step: residual price, noise, process variance, rate, P(buy), trades of others, what was odd."""

    r: float
    noise: float
    q: float
    lam: float
    p_buy: float
    buys: int
    sells: int
    own: bool = False
    frozen: bool = False
    retreats: int = (
        0  # 1 of the ask side, -1 of the bid side; at a trade 2, -2 quotes go along with it, 3 the touch moves
    )


class Event(NamedTuple):
    """An own event: side, filter before it, tick in bps, same-side trades, part of the first step gone by, followers a
    second that are still expected of earlier trades.
    """

    side: int
    m: float
    p: float
    tick: float
    before: int = 0
    part: float = 1.0
    hot: float = 0.0
    retreats: float = 1.0  # a second and side
    along: float = 1.0  # what a trade counts for on average by what quotes do at it


def filtered(steps: Sequence[Step], event: Event) -> tuple[list[tuple[float, float, float]], list[float]]:
    """((u / sqrt S, 1 / S, gain) per step, the filter's level after each)."""
    m, p = event.m, event.p
    out, levels = [], []
    for d, step in enumerate(steps):
        p += step.q * DT * (event.part if d == 0 else 1.0)
        if step.frozen:
            out.append((0.0, 0.0, 0.0))
            levels.append(m)
            continue
        if step.own:
            p += 0.1
        s = p + step.noise
        nu = step.r - m
        if nu * nu > 36 * s:
            m, p = step.r, step.noise + 0.2
            out.append((0.0, 0.0, 1.0))
        else:
            gain = p / s
            m, p = m + gain * nu, p * (1 - gain)
            u = min(4.0, max(-4.0, nu / math.sqrt(s)))
            out.append((0.0, 0.0, gain) if step.own else (u / math.sqrt(s), 1 / s, gain))
        levels.append(m)
    return out, levels


def sure(x: float) -> float:
    """A score of something odd: 1 where it says nothing, 0 to 2."""
    return 1.0 + math.tanh(x)


def quotes(steps: Sequence[Step], event: Event, filters: Sequence[Sequence[float]]) -> list[float]:
    """Scores of a lasting move, small ones first; `filters`: of each law, for this length."""
    means = []
    for a, b in pairwise(EDGES):
        inside = [event.side * (step.r - event.m) for step in steps[a:b]]
        means.append(math.fsum(inside) / len(inside) if inside else 0.0)
    out = []
    for ticks in (1 / 8, 1 / 4):
        for f in filters:
            seen = math.fsum(weight * mean for weight, mean in zip(f[:7], means, strict=True))
            variance = f[7] * event.tick**2 + f[8] * steps[0].q
            out.append(sure(ticks * event.tick * f[9] * seen / variance))
    return out


def taken_along(steps: Sequence[Step], event: Event, at: int) -> float:
    """How surely the price moved with us at a trade: half a second from it on over .3 s before it."""
    before = math.fsum(steps[d].r - event.m for d in range(max(at - 6, 0), at)) / 6
    after = [step.r - event.m for step in steps[at : at + 10]]
    jump = event.side * (math.fsum(after) / len(after) - before)
    return sure(0.25 * event.tick * jump / (0.055 * event.tick**2 + 0.11 * steps[0].q))


def scores(
    steps: Sequence[Step], event: Event, laws: Sequence[Sequence[float]], filters: Sequence[Sequence[float]]
) -> list[float]:
    """The 24 scores of a window, capped."""
    alone, along, hot = [], [], event.hot
    for d, step in enumerate(steps):
        count = (step.buys if event.side > 0 else step.sells) - (event.before if d == 0 else 0)
        same = step.p_buy if event.side > 0 else 1 - step.p_buy
        alone.append(count / (((1 - FOLLOWED) * step.lam * same + FOLLOWED * hot) * DT))
        quoted = 1.0 if step.retreats == 3 else 3.0 if step.retreats == 2 * event.side else 0.5
        along.append(alone[-1] * (taken_along(steps, event, d) * quoted / event.along if count > 0 else 1.0))
        hot = hot * math.exp(-DT / FOLLOWS_S) + count / FOLLOWS_S
    flow, joint = (
        [min(1.0 + math.fsum(law[d] * (x - 1.0) for d, x in enumerate(said)), 40.0) for law in laws]
        for said in (alone, along)
    )
    quote = quotes(steps, event, filters)
    joints = [math.fsum(joint[m] for m in group) / len(group) for group in GROUPS]
    return [*flow, *quote, *joint, *joints, *retreats(steps, event, laws)]


def retreats(steps: Sequence[Step], event: Event, laws: Sequence[Sequence[float]]) -> list[float]:
    """Scores of quotes that retreat: far against near side, the far one alone in the third group."""
    sides = []
    for side in (event.side, -event.side):
        seen = [float(step.retreats == side) / (event.retreats * DT) for step in steps]
        sides.append([1.0 + math.fsum(law[d] * (seen[d] - 1.0) for d in range(1, len(steps))) for law in laws])
    out = []
    for k, group in enumerate(GROUPS):
        far, near = (math.fsum(side[m] for m in group) / len(group) for side in sides)
        out.append(min(far, 40.0) if k == 2 else 2.0 * (far + 0.3) / (far + near + 0.6))
    return out


def normalised(score: float, mean: float, size: float) -> float:
    """A score over its mixture with the placebo mean."""
    return score / ((score + size * mean) / (size + 1))


class Found(NamedTuple):
    """What an e-process says after some children."""

    e: float
    leak: float


def process(
    children: Sequence[Sequence[float]], costs: Sequence[Sequence[float]], weights: Sequence[float], first: float = 0.3
) -> Found:
    """E and the leak rate of all children, from the definition: a mixture over worlds and onsets, with none begun.

    Each onset k has prior pi_k; its capital is the product of 1 + a (e - 1) over the children from k on.
    """
    n = len(children)
    prior, unborn = [], 1.0
    for k in range(n):
        prior.append(unborn * (first if k == 0 else 0.04 / (1 + 0.04 * (k - 1))))
        unborn -= prior[-1]
    e = 1.0 - math.fsum(prior)
    cost = 0.0
    for world, weight in enumerate(weights):
        score, share = world // 5, SHARES[world % 5]
        for k in range(n):
            grown = math.prod(1 + share * (child[score] - 1) for child in children[k:])
            e += weight * prior[k] * grown
            answered = [
                share * child[score] / (1 + share * (child[score] - 1)) * paid[score]
                for child, paid in zip(children[k:], costs[k:], strict=True)
            ]
            cost += weight * prior[k] * grown * math.fsum(answered)
    return Found(e, 0.3 * cost / (0.7 + 0.3 * e))
