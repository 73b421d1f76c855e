"""What a closed window says: 24 scores of delay and size, each over the mean of its matched placebos.

A score compares what followed the event with what the state just before it led to expect. Whatever the score is,
dividing by the placebo mean makes its expectation at most 1 where event and placebos are exchangeable. Scores of
trades are likelihood ratios. Scores of prices are odd about 1 and below 2: their mean is 1 however noisy prices are.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.engine.bits import exp
from app.engine.events import Rows
from app.engine.evidence.model import Floats, Tables
from app.engine.evidence.retreats import goes
from app.engine.evidence.rows import (
    BLOCKS,
    EDGES,
    FLOWS,
    FOLLOWS_S,
    FROZEN,
    GROUPS,
    JOINT_GROUPS,
    JOINTS,
    JUMPS,
    LAWS,
    LENGTHS,
    MEASURED,
    OWN,
    QUOTES,
    RETREATS,
    RING,
    SCORES,
    STEP_S,
)
from app.engine.evidence.steps import tanh_half
from app.engine.jit import jit

CAP = 40.0  # of a score
SURPRISE = 36.0  # squared, from which the filter starts again
AGAIN = 0.2  # bps^2, its variance then
OWN_STEP = 0.1  # bps^2 an own print adds
FOLLOWED = 0.12  # trades that have a follower
COOLS = exp(-STEP_S / FOLLOWS_S)  # what is left after a step of the wait for it
SOON, LATE = 6, 10  # steps before and from a trade on whose mean prices are compared
TICKS2, PER_Q = 0.055, 0.11  # variance of that difference, per squared tick and per q
MOVES = 0.25  # ticks it is where an answer takes the price along
ALIKE = 0.3  # of retreats of both sides: what their ratio is drawn to 1 by
ALONE = 2  # the group in which those of the far side are not held against the near one's


class Window(NamedTuple):
    """A window to score: the steps of LENGTHS[place] from `first` on of a ring; `m`, `p`: the filter just before it."""

    ring: Rows  # STEP rows
    first: int
    place: int
    side: int
    before: int  # same-side trades of the first step that came before the event
    hot: float  # followers a second expected of trades on our side before it, where every trade had one
    retreats: float  # a second and side expected
    along: float  # what a trade counts for on average by what quotes do at it
    part: float  # share of the first step that came after it
    m: float
    p: float
    tick: float  # bps
    laws: Floats
    matched: Floats
    blocks: Floats  # scratch: mean price after the event on our side
    sides: Floats  # scratch: likelihood ratios of retreats, [far and near side, law]
    raw: Floats  # out: the scores
    measured: Floats  # out: (price response in bps, excess same-side trades) of the first second; NaN if shorter


def _filter(w: Window) -> float:
    """The level of the price filter after the first second."""
    m, p = w.m, w.p
    for d in range(MEASURED):
        at = (w.first + d) % RING
        flags = int(w.ring[at]["flags"])
        p += w.ring[at]["q"] * (STEP_S * w.part if d == 0 else STEP_S)
        if flags & FROZEN:
            continue
        if flags & OWN:
            p += OWN_STEP
        s = p + w.ring[at]["noise"]
        nu = w.ring[at]["r"] - m
        if nu * nu > SURPRISE * s:
            m, p = w.ring[at]["r"], w.ring[at]["noise"] + AGAIN
        else:
            gain = p / s
            m += gain * nu
            p *= 1.0 - gain
    return m


run_filter = jit(_filter)


def _quotes(w: Window) -> None:
    """Scores of a lasting move of the price on our side, by delay law and size: filters matched to what it would do.

    They do not see what was there at once: a price that had just moved when the event was timed is no answer to it.
    """
    steps = LENGTHS[w.place]
    for b in range(BLOCKS):
        first, last = min(EDGES[b], steps), min(EDGES[b + 1], steps)
        total = 0.0
        for d in range(first, last):
            total += w.ring[(w.first + d) % RING]["r"] - w.m
        w.blocks[b] = w.side * total / (last - first) if last > first else 0.0
    q = w.ring[w.first % RING]["q"]
    for law in range(LAWS):
        f = w.matched[law, w.place]
        seen = 0.0
        for b in range(BLOCKS):
            seen += f[b] * w.blocks[b]
        variance = f[BLOCKS] * w.tick * w.tick + f[BLOCKS + 1] * q
        for j in range(len(JUMPS)):
            answer = JUMPS[j] * w.tick * f[BLOCKS + 2]
            w.raw[QUOTES + j * LAWS + law] = 1.0 + tanh_half(2.0 * answer * seen / variance)


quote_scores = jit(_quotes)


def _moved(w: Window, d: int) -> float:
    """1 plus how surely the price moved with us at a trade of step d: from just before it to just after."""
    steps = LENGTHS[w.place]
    before, after, last = 0.0, 0.0, min(d + LATE, steps)
    for back in range(1, SOON + 1):
        before += w.ring[(w.first + d - back) % RING]["r"] - w.m if d >= back else 0.0
    for ahead in range(d, last):
        after += w.ring[(w.first + ahead) % RING]["r"] - w.m
    variance = TICKS2 * w.tick * w.tick + PER_Q * w.ring[w.first % RING]["q"]
    jump = w.side * (after / (last - d) - before / SOON)
    return 1.0 + tanh_half(2.0 * MOVES * w.tick * jump / variance)


moved = jit(_moved)


def _retreated(w: Window, d: int) -> None:
    """What step d says of quotes that retreat."""
    gone = w.side * int(w.ring[(w.first + d) % RING]["retreats"])
    far, near = 1.0, 1.0
    if gone == 1:
        far -= 1.0 / (w.retreats * STEP_S)
    elif gone == -1:
        near -= 1.0 / (w.retreats * STEP_S)
    for law in range(LAWS):
        w.sides[0, law] -= w.laws[law, d] * far
        w.sides[1, law] -= w.laws[law, d] * near


retreated = jit(_retreated)


def _flows(w: Window) -> float:
    """Scores of trades of others on our side by delay law, alone and with the price; the first second's excess.

    Beside them what is seen of quotes that retreat.
    """
    for law in range(LAWS):
        w.raw[FLOWS + law] = w.raw[JOINTS + law] = w.sides[0, law] = w.sides[1, law] = 1.0
    excess, hot = 0.0, w.hot
    for d in range(LENGTHS[w.place]):
        at = (w.first + d) % RING
        count = int(w.ring[at]["buys"]) if w.side > 0 else int(w.ring[at]["sells"])
        if d == 0:
            count -= w.before
        p_same = w.ring[at]["p_buy"] if w.side > 0 else 1.0 - w.ring[at]["p_buy"]
        expected = ((1.0 - FOLLOWED) * w.ring[at]["lam"] * p_same + FOLLOWED * hot) * STEP_S
        more = count / expected
        joint = more * moved(w, d) * goes(w.side, int(w.ring[at]["retreats"])) / w.along if count > 0 else more
        for law in range(LAWS):
            w.raw[FLOWS + law] += w.laws[law, d] * (more - 1.0)
            w.raw[JOINTS + law] += w.laws[law, d] * (joint - 1.0)
        if d > 0:
            retreated(w, d)
        hot = hot * COOLS + count / FOLLOWS_S
        if d < MEASURED:
            excess += count - expected
    return excess


flow_scores = jit(_flows)


def _retreats(w: Window, k: int) -> float:
    """The score of retreats of the far side by a group of delay laws, held against those of the near one; not in ALONE.

    2 F / (F + N) has a mean of 1 wherever both sides are alike, however often quotes retreat, and is below 2. Alone
    they are a likelihood ratio, whose mean is 1 where they come as often as before.
    """
    far, near, laws = 0.0, 0.0, 0
    for law in range(LAWS):
        if GROUPS[k] >> law & 1:
            far += w.sides[0, law]
            near += w.sides[1, law]
            laws += 1
    far, near = far / laws, near / laws
    return min(far, CAP) if k == ALONE else 2.0 * (far + ALIKE) / (far + near + 2.0 * ALIKE)


retreat_score = jit(_retreats)


def _score(w: Window) -> None:
    """All scores of a window, and its direct measurements."""
    quote_scores(w)
    excess = flow_scores(w)
    long_enough = LENGTHS[w.place] >= MEASURED
    w.measured[0] = w.side * (run_filter(w) - w.m) if long_enough else math.nan
    w.measured[1] = excess if long_enough else math.nan
    for law in range(LAWS):
        w.raw[FLOWS + law] = min(w.raw[FLOWS + law], CAP)
        w.raw[JOINTS + law] = min(w.raw[JOINTS + law], CAP)
    for k in range(len(GROUPS)):
        joint, laws = 0.0, 0
        for law in range(LAWS):
            if GROUPS[k] >> law & 1:
                joint += w.raw[JOINTS + law]
                laws += 1
        w.raw[JOINT_GROUPS + k] = joint / laws
        w.raw[RETREATS + k] = retreat_score(w, k)


score = jit(_score)


class Normalisation(NamedTuple):
    """Scores and the placebos they are held against."""

    raw: Floats
    cell: int
    pool: int
    length: int  # place in LENGTHS
    young: bool  # under two minutes of history: the pool alone, and nothing of flow, whose rate is not known
    mute_flow: bool  # own prints are missing on the tape: flow says nothing
    mute_fast: bool  # clocks are too far apart for the fastest delay law
    tables: Tables
    e: Floats  # out


POOL_SIZE = 300.0
LARGEST_SIZE = 3000.0


def _says_nothing(n: Normalisation, k: int) -> bool:
    """True for a score whose channel is void."""
    kind, law = k // LAWS, k % LAWS
    flow = kind == FLOWS // LAWS or k >= JOINTS
    grouped = k >= JOINT_GROUPS
    fast = GROUPS[law] & 1 != 0 if grouped else law == 0
    return (flow and (n.mute_flow or n.young)) or (fast and n.mute_fast)


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
