"""Algos at work: which children their schedule, the book or the price ask for, and how they are sent."""

import math

from app.engine.bits import uniform
from app.feeds.simulator.bound import inner
from app.feeds.simulator.evidence import cells as c
from app.feeds.simulator.evidence.cells import Pit
from app.feeds.simulator.evidence.facts import say_parent
from app.feeds.simulator.evidence.own import send
from app.feeds.simulator.evidence.quotes import pressed, queue


def _begin(m: Pit, k: int) -> None:
    """A parent begins: what the agent did before is not its own."""
    m.parents[k, c.A_STATE] = c.ACTIVE
    m.parents[k, c.A_VOLUME] = m.z[c.Z_VOLUME]
    m.parents[k, c.A_ARRIVAL] = 2 * m.z[c.Z_BID] + m.z[c.Z_SPREAD]
    m.before[k, c.B_FLOW] = pressed(m, c.X_A)
    m.before[k, c.B_FADE] = m.x[c.X_FADE]


begin = inner(_begin)


def _extra(m: Pit, k: int) -> float:
    """Children ahead of schedule an algo wants by what it sees: after the price ran (CHASE), none otherwise."""
    a = m.parents[k]
    if a[c.A_ALGO] != c.CHASE:
        return 0.0
    second = min((m.z[c.Z_NOW] - m.p[c.P_BEGIN]) // 1_000_000_000, len(m.spread) - 1)
    run = a[c.A_SIDE] * (m.x[c.X_LEVEL] - m.x[c.X_SLOW]) / (m.spread[second] * math.sqrt(10.0) + 1e-9)
    return float(min(max(2.0 * run, -3.0), 3.0))


extra = inner(_extra)


def _target(m: Pit, k: int) -> float:
    """Share of the parent that is due by now."""
    a, now = m.parents[k], m.z[c.Z_NOW]
    even = (now - a[c.A_START]) / (a[c.A_END] - a[c.A_START])
    if a[c.A_ALGO] == c.POV:
        traded = (m.z[c.Z_VOLUME] - a[c.A_VOLUME] - a[c.A_DONE]) / a[c.A_EXPECTED]
        return float(min(max(traded, even - 0.15), 1.0))
    if a[c.A_ALGO] != c.VWAP:
        return float(even)
    last = len(m.curve) - 1
    from_ = m.curve[min((a[c.A_START] - m.p[c.P_BEGIN]) // 1_000_000_000, last)]
    to = m.curve[min((a[c.A_END] - m.p[c.P_BEGIN]) // 1_000_000_000, last)]
    now_ = m.curve[min((now - m.p[c.P_BEGIN]) // 1_000_000_000, last)]
    return float((now_ - from_) / (to - from_))


target = inner(_target)


def _crosses(m: Pit, k: int, behind: float) -> int:
    """What to do now: -1 nothing, 0 post, 1 cross. `behind`: children less than due."""
    a = m.parents[k]
    algo, side = a[c.A_ALGO], a[c.A_SIDE]
    u = uniform(m.p[c.P_SEED], c.K_WAY, (k << 32) + a[c.A_SENT])
    imbalance = side * (2.0 * m.x[c.X_SHARE] - 1.0)
    if algo == c.SIGNAL:
        return 1 if imbalance > 0.6 and behind > -2.0 else (0 if behind > 2.0 else -1)
    if algo == c.SEEK:
        deep = queue(m, 0, -side) + queue(m, 1, -side) > 2.6 * m.f[c.F_DEPTH]
        return 1 if deep and behind > -2.0 else (0 if behind > 1.5 else -1)
    if behind <= 0.0:
        return -1
    if algo == c.PASSIVE:
        return 1 if behind > 6.0 else 0
    share = 0.4 if algo in (c.POV, c.CHASE) else 0.25
    return 1 if u < share else 0


crosses = inner(_crosses)


def _look(m: Pit, k: int) -> None:
    """One look of a parent's algo at its order."""
    a, now = m.parents[k], m.z[c.Z_NOW]
    if a[c.A_STATE] == c.OVER or now < a[c.A_START]:
        return
    if a[c.A_STATE] == c.NOT_YET:
        begin(m, k)
        say_parent(m, c.BEGUN, k)
    left = a[c.A_QTY] - a[c.A_DONE] - a[c.A_WORKING]
    if now >= a[c.A_END]:
        if left > 0:
            send(m, k, True, left)
        elif a[c.A_DONE] == a[c.A_QTY]:
            a[c.A_STATE] = c.OVER
            say_parent(m, c.DONE, k)
        return
    if left <= 0 or a[c.A_WORKS] >= 4:
        return
    u = uniform(m.p[c.P_SEED], c.K_LOOK, (k << 32) + a[c.A_SENT])
    behind = target(m, k) * a[c.A_QTY] / a[c.A_CLIP] - (a[c.A_DONE] + a[c.A_WORKING]) / a[c.A_CLIP] - u + extra(m, k)
    way = crosses(m, k, behind)
    if way >= 0:
        a[c.A_SENT] += 1
        send(m, k, way == 1, min(left, a[c.A_CLIP]))


look = inner(_look)
