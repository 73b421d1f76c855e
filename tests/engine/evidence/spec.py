"""The scores and the e-process a second time, in plain Python from the words of the specification."""

import math
from collections.abc import Sequence
from typing import NamedTuple

DT = 0.05
GROUPS = ((0, 1), (2, 3), (1, 2), (0, 1, 2, 3))
SHARES = (0.05, 0.12, 0.3, 0.6, 0.9)


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


class Event(NamedTuple):
    """An own event: side, filter before it, tick in bps, same-side trades and part of the first step gone by."""

    side: int
    m: float
    p: float
    tick: float
    before: int = 0
    part: float = 1.0


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


def jump_ratio(steps: Sequence[tuple[float, float, float]], side: int, at: int, jump: float) -> float:
    """Likelihood ratio of a lasting jump at one step: the innovations after it shift by what is left of it."""
    log_ratio, left = 0.0, jump
    for innovation, information, gain in steps[at:]:
        log_ratio += left * side * innovation - left * left * information / 2
        left *= 1 - gain
    return math.exp(min(log_ratio, 4.6))


def scores(steps: Sequence[Step], event: Event, laws: Sequence[Sequence[float]]) -> list[float]:
    """The 24 scores of a window, capped."""
    gone, _levels = filtered(steps, event)
    flow, quote = [], []
    for law in laws:
        total = 1.0 - math.fsum(law[: len(steps)])
        for d, step in enumerate(steps):
            count = (step.buys if event.side > 0 else step.sells) - (event.before if d == 0 else 0)
            same = step.p_buy if event.side > 0 else 1 - step.p_buy
            total += law[d] * count / (step.lam * same * DT)
        flow.append(min(total, 40.0))
    for size in (1 / 8, 1 / 4):
        ratios = [jump_ratio(gone, event.side, d, size * event.tick) for d in range(len(steps))]
        for law in laws:
            total = 1.0 - math.fsum(law[: len(steps)])
            quote.append(min(total + math.fsum(law[d] * ratio for d, ratio in enumerate(ratios)), 40.0))
    flows = [math.fsum(flow[m] for m in group) / len(group) for group in GROUPS]
    quotes = [math.fsum(quote[m] + quote[4 + m] for m in group) / (2 * len(group)) for group in GROUPS]
    mixed = [(f + q) / 2 for f, q in zip(flows, quotes, strict=True)]
    return [*flow, *quote, *flows, *quotes, *mixed]


def normalised(score: float, mean: float, size: float) -> float:
    """A score over its mixture with the placebo mean."""
    return score / ((score + size * mean) / (size + 1))


class Found(NamedTuple):
    """What an e-process says after some children."""

    e: float
    leak: float


def process(children: Sequence[Sequence[float]], costs: Sequence[Sequence[float]], weights: Sequence[float]) -> Found:
    """E and the leak rate of all children, from the definition: a mixture over worlds and onsets, with none begun.

    Each onset k has prior pi_k; its capital is the product of 1 + a (e - 1) over the children from k on.
    """
    n = len(children)
    prior = [0.3 if k == 0 else 0.7 * 0.96 ** (k - 1) * 0.04 for k in range(n)]
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
