"""Own child orders in the market: what happens to them is told as facts, and may be seen by others.

A child sits in a slot: sent, live, leaving. Facts of a child are stamped when the firm's gateway hears of them
(a few hundred microseconds after the match), their match times are the venue's.
"""

import math

from app.engine.bits import exp, uniform
from app.feeds.simulator.bound import inner
from app.feeds.simulator.cells import (
    ADDED,
    AUCTIONED,
    CROSS,
    DARK,
    F_AGENT_SIZE,
    F_DELAY,
    F_DELAY_SD,
    F_FADE,
    F_OWN,
    F_PASSIVE_IMPACT,
    F_SEEN_DARK,
    F_SEEN_HIDDEN,
    F_SEEN_POST,
    F_SEEN_TAKE,
    F_UNIT,
    FADE,
    FILLED,
    FREE,
    HIDDEN,
    IN_THE_DARK,
    P_AGENT,
    P_AGENT_FROM,
    P_SEED,
    POST,
    Q_A,
    Q_AT,
    Q_B,
    Q_WHAT,
    QUEUED,
    R_CHILD,
    R_SEEN,
    REMOVED,
    S_CHILD,
    S_FILLED,
    S_ID,
    S_KIND,
    S_QTY,
    S_STATE,
    S_VENUE,
    S_VERSION,
    SCALES,
    SELL,
    TAKE,
    W_AT,
    W_CHILD,
    W_CUM,
    W_GRID,
    W_KIND,
    W_LEAVES,
    W_LIQUIDITY,
    W_MATCH,
    W_ORDER_ID,
    W_PRICE,
    W_QTY,
    W_VENUE,
    W_VERSION,
    W_WAY,
    X_OWN,
    Z_AGENT,
    Z_DARK,
    Z_DONE,
    Z_DUE,
    Z_EXECS,
    Z_FACTS,
    Z_GRID,
    Z_HEARD,
    Z_HIDDEN,
    Z_LOST,
    Z_NOW,
    Z_QUEUED,
    Z_WORKING,
    Floor,
)  # fmt: skip


def _put_off(m: Floor, at: int, what: int, a: int, b: int) -> None:
    """Have something happen at a later time (ns); what does not fit is counted."""
    z = m.z
    n = z[Z_QUEUED]
    if n == QUEUED:
        z[Z_LOST] += 1
        return
    m.queue[n, Q_AT] = at
    m.queue[n, Q_WHAT] = what
    m.queue[n, Q_A] = a
    m.queue[n, Q_B] = b
    z[Z_QUEUED] = n + 1
    z[Z_DUE] = min(z[Z_DUE], at)


put_off = inner(_put_off)


def _say(m: Floor, slot: int, kind: int, qty: int, price: int) -> int:
    """A fact about a child, heard at the gateway after the venue's time; its row."""
    z, s = m.z, m.slots
    at: int = z[Z_FACTS]
    z[Z_FACTS] = at + 1
    row = m.facts[at]
    row[W_AT] = z[Z_NOW]
    row[W_KIND] = kind
    row[W_CHILD] = s[slot, S_CHILD]
    row[W_VERSION] = s[slot, S_VERSION]
    row[W_WAY] = s[slot, S_KIND]
    row[W_QTY] = qty
    row[W_PRICE] = price
    row[W_VENUE] = s[slot, S_VENUE]
    row[W_ORDER_ID] = s[slot, S_ID]
    row[W_MATCH] = z[Z_NOW]
    row[W_LIQUIDITY] = 0
    row[W_CUM] = s[slot, S_FILLED]
    row[W_LEAVES] = s[slot, S_QTY] - s[slot, S_FILLED]
    row[W_GRID] = z[Z_GRID]
    return at


say = inner(_say)


def _heard(m: Floor, slot: int, kind: int, qty: int, price: int) -> int:
    """A fact the venue tells: heard 150 to 650 microseconds after its time; its row."""
    at = say(m, slot, kind, qty, price)
    told = m.facts[at, W_AT] + 150_000 + int(500_000.0 * uniform(m.p[P_SEED], R_CHILD, 8 * m.z[Z_EXECS] + slot))
    m.z[Z_HEARD] = max(told, m.z[Z_HEARD] + 1)  # one line, first in first out
    m.facts[at, W_AT] = m.z[Z_HEARD]
    return at


heard = inner(_heard)


def _bell(seed: int, stream: int, counter: int) -> float:
    """A number with mean 0 and variance 1, nearly normal, bounded: the sum of four uniform ones."""
    total = 0.0
    for k in range(4):
        total += uniform(seed, stream, 4 * counter + k)
    return (total - 2.0) * 1.7320508075688772


bell = inner(_bell)


def _be_seen(m: Floor, slot: int, qty: int) -> None:
    """Somebody may notice a post, a print or a fill of ours, and act on it a moment later."""
    p, f, z = m.p, m.f, m.z
    if p[P_AGENT] == 0 or z[Z_NOW] < p[P_AGENT_FROM]:
        return
    kind = m.slots[slot, S_KIND]
    chance = f[F_SEEN_POST]
    if kind == TAKE:
        chance = f[F_SEEN_TAKE]
    elif kind == HIDDEN:
        chance = f[F_SEEN_HIDDEN]
    elif kind == DARK:
        chance = f[F_SEEN_DARK]
    z[Z_AGENT] += 1
    draw = 8 * z[Z_AGENT]
    if uniform(p[P_SEED], R_SEEN, draw) >= chance:
        return
    delay = f[F_DELAY] * exp(f[F_DELAY_SD] * bell(p[P_SEED], R_SEEN, 2 * z[Z_AGENT] + (1 << 40)))
    at = z[Z_NOW] + int(delay * 1e6) + 1
    size = int(qty * f[F_AGENT_SIZE] * (0.5 + uniform(p[P_SEED], R_SEEN, draw + 1)))
    if uniform(p[P_SEED], R_SEEN, draw + 2) < f[F_FADE]:
        put_off(m, at, FADE, 0, 0)
    if size > 0:
        put_off(m, at + 40_000, SELL, size, 0)


be_seen = inner(_be_seen)


def _press(m: Floor, impact: int, weights: int, size: int, share: float) -> None:
    """Selling presses the price: each scale by its weight times sqrt(size / unit)."""
    root = share * math.sqrt(size / m.f[F_UNIT])
    for scale in range(SCALES):
        m.x[impact + scale] += m.f[weights + scale] * root


press = inner(_press)


def _free_slot(m: Floor, slot: int) -> None:
    """The child is over: its slot is free, what it had open is no longer at work."""
    s, z = m.slots, m.z
    z[Z_WORKING] -= s[slot, S_QTY] - s[slot, S_FILLED]
    if s[slot, S_KIND] == HIDDEN:
        z[Z_HIDDEN] -= 1
    elif s[slot, S_KIND] == DARK:
        z[Z_DARK] -= 1
    s[slot, S_STATE] = FREE


free_slot = inner(_free_slot)


def _fill(m: Floor, slot: int, qty: int, price: int) -> None:
    """An execution of a child: told, counted, felt by the price, perhaps seen."""
    s, z = m.slots, m.z
    kind = s[slot, S_KIND]
    s[slot, S_FILLED] += qty
    z[Z_DONE] += qty
    z[Z_WORKING] -= qty
    z[Z_EXECS] += 1
    liquidity = ADDED
    if kind == TAKE:
        liquidity = REMOVED
    elif kind == DARK:
        liquidity = IN_THE_DARK
    elif kind == CROSS:
        liquidity = AUCTIONED
    row = heard(m, slot, FILLED, qty, price)
    m.facts[row, W_LIQUIDITY] = liquidity
    if kind != CROSS:
        press(m, X_OWN, F_OWN, qty, 1.0 if kind == TAKE else m.f[F_PASSIVE_IMPACT])
    if kind != POST and kind != CROSS:
        be_seen(m, slot, qty)
    if s[slot, S_FILLED] == s[slot, S_QTY]:
        free_slot(m, slot)


fill = inner(_fill)
