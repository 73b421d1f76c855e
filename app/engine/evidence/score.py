"""What a closed window says: 24 likelihood ratios of delay and size, each over the mean of its matched placebos.

A score compares what followed the event with what the state just before it led to expect. Whatever the score is,
dividing by the placebo mean makes its expectation at most 1 where event and placebos are exchangeable.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.engine.bits import exp
from app.engine.events import Rows
from app.engine.evidence.model import Floats, Tables
from app.engine.evidence.rows import (
    FLOW_GROUPS,
    FLOWS,
    FROZEN,
    GROUPS,
    JUMPS,
    LAWS,
    MEASURED,
    MIXED_GROUPS,
    OWN,
    QUOTE_GROUPS,
    QUOTES,
    RING,
    SCORES,
    STEP_S,
)
from app.engine.jit import jit

CAP = 40.0  # of a score
STEEPEST = 4.6  # of a log likelihood ratio at one step
CLIP = 4.0  # of an innovation, in standard deviations
SURPRISE = 36.0  # squared, from which the filter starts again
AGAIN = 0.2  # bps^2, its variance then
OWN_STEP = 0.1  # bps^2 an own print adds


class Window(NamedTuple):
    """A window to score: steps `first` .. `first + steps - 1` of a ring; `m`, `p`: the filter just before the event."""

    ring: Rows  # STEP rows
    first: int
    steps: int
    side: int
    before: int  # same-side trades of the first step that came before the event
    part: float  # share of the first step that came after it
    m: float
    p: float
    tick: float  # bps
    laws: Floats
    scratch: Floats  # [innovation over deviation, information, gain][step]
    raw: Floats  # out: the scores
    measured: Floats  # out: (price response in bps, excess same-side trades) of the first second; NaN if shorter


def _filter(w: Window) -> float:
    """Run the price filter over the window into the scratch arrays; its level after the first second, else NaN."""
    m, p = w.m, w.p
    after = math.nan
    for d in range(w.steps):
        at = (w.first + d) % RING
        flags = int(w.ring[at]["flags"])
        p += w.ring[at]["q"] * (STEP_S * w.part if d == 0 else STEP_S)
        w.scratch[0, d], w.scratch[1, d], w.scratch[2, d] = 0.0, 0.0, 0.0
        if flags & FROZEN == 0:
            if flags & OWN:
                p += OWN_STEP
            noise = w.ring[at]["noise"]
            s = p + noise
            nu = w.ring[at]["r"] - m
            if nu * nu > SURPRISE * s:
                m, p = w.ring[at]["r"], noise + AGAIN
                w.scratch[2, d] = 1.0
            else:
                gain = p / s
                m += gain * nu
                p *= 1.0 - gain
                w.scratch[2, d] = gain
                if flags & OWN == 0:
                    w.scratch[0, d] = max(-CLIP, min(CLIP, nu / math.sqrt(s))) / math.sqrt(s)
                    w.scratch[1, d] = 1.0 / s
        if d == MEASURED - 1:
            after = m
    return after


run_filter = jit(_filter)


def _quotes(w: Window) -> None:
    """Scores of a lasting jump of the price on our side, by delay law and size, from the last step backwards."""
    for k in range(2 * LAWS):
        w.raw[QUOTES + k] = 1.0
    a, b = 0.0, 0.0
    for back in range(w.steps):
        d = w.steps - 1 - back
        keep = 1.0 - w.scratch[2, d]
        a = w.side * w.scratch[0, d] + keep * a
        b = w.scratch[1, d] + keep * keep * b
        for j in range(len(JUMPS)):
            jump = JUMPS[j] * w.tick
            ratio = exp(min(jump * a - jump * jump * b / 2.0, STEEPEST))
            for law in range(LAWS):
                w.raw[QUOTES + j * LAWS + law] += w.laws[law, d] * (ratio - 1.0)


quote_scores = jit(_quotes)


def _flows(w: Window) -> float:
    """Scores of trades of others on our side, by delay law; the excess of the first second in trades."""
    for law in range(LAWS):
        w.raw[FLOWS + law] = 1.0
    excess = 0.0
    for d in range(w.steps):
        at = (w.first + d) % RING
        count = int(w.ring[at]["buys"]) if w.side > 0 else int(w.ring[at]["sells"])
        if d == 0:
            count -= w.before
        p_same = w.ring[at]["p_buy"] if w.side > 0 else 1.0 - w.ring[at]["p_buy"]
        expected = w.ring[at]["lam"] * p_same * STEP_S
        for law in range(LAWS):
            w.raw[FLOWS + law] += w.laws[law, d] * (count / expected - 1.0)
        if d < MEASURED:
            excess += count - expected
    return excess


flow_scores = jit(_flows)


def _score(w: Window) -> None:
    """All scores of a window, and its direct measurements."""
    after = run_filter(w)
    quote_scores(w)
    excess = flow_scores(w)
    long_enough = w.steps >= MEASURED
    w.measured[0] = w.side * (after - w.m) if long_enough else math.nan
    w.measured[1] = excess if long_enough else math.nan
    for k in range(FLOW_GROUPS):
        w.raw[k] = min(w.raw[k], CAP)
    for k in range(len(GROUPS)):
        flow, quote, laws = 0.0, 0.0, 0
        for law in range(LAWS):
            if GROUPS[k] >> law & 1:
                flow += w.raw[FLOWS + law]
                quote += w.raw[QUOTES + law] + w.raw[QUOTES + LAWS + law]
                laws += 1
        w.raw[FLOW_GROUPS + k] = flow / laws
        w.raw[QUOTE_GROUPS + k] = quote / (2 * laws)
        w.raw[MIXED_GROUPS + k] = (flow / laws + quote / (2 * laws)) / 2.0


score = jit(_score)


class Normalisation(NamedTuple):
    """Scores and the placebos they are held against."""

    raw: Floats
    cell: int
    pool: int
    length: int  # place in LENGTHS
    young: bool  # under two minutes of history: the pool alone
    mute_flow: bool  # own prints are missing on the tape: flow says nothing
    mute_fast: bool  # clocks are too far apart for the fastest delay law
    tables: Tables
    e: Floats  # out


POOL_SIZE = 300.0
LARGEST_SIZE = 3000.0


def _says_nothing(n: Normalisation, k: int) -> bool:
    """True for a score whose channel is void."""
    kind, law = k // LAWS, k % LAWS
    flow = kind == FLOWS // LAWS or kind == FLOW_GROUPS // LAWS or kind == MIXED_GROUPS // LAWS
    grouped = k >= FLOW_GROUPS
    fast = GROUPS[law] & 1 != 0 if grouped else law == 0
    return (flow and n.mute_flow) or (fast and n.mute_fast)


says_nothing = jit(_says_nothing)


def _normalise(n: Normalisation) -> bool:
    """e = S / ((S + M mu) / (M + 1)); False (and e = 1) where there are no placebos at all."""
    size = 0.0 if n.young else n.tables.sizes[n.cell, n.length]
    known = size > 0.0 or n.tables.pool_sizes[n.pool, n.length] > 0.0
    for k in range(SCORES):
        mean = n.tables.means[n.cell, n.length, k] if size > 0.0 else n.tables.pools[n.pool, n.length, k]
        weight = size if size > 0.0 else POOL_SIZE
        if not known or says_nothing(n, k):
            n.e[k] = 1.0
        else:
            n.e[k] = n.raw[k] / ((n.raw[k] + weight * mean) / (weight + 1.0))
    return bool(known)


normalise = jit(_normalise)


def shrunk(total: Floats, count: NDArray[np.int64], pool: Floats) -> tuple[Floats, Floats]:
    """(mean, how many placebos it counts for) of sums over `count` placebos each, shrunk to the pool's mean."""
    n = count.astype(np.float64)
    size = np.where(count > 0, np.minimum(n + POOL_SIZE, LARGEST_SIZE), 0.0)
    return (total + POOL_SIZE * pool) / (n[..., None] + POOL_SIZE), size
