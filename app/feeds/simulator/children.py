"""Own child orders in the market: what happens to them is told as facts, and may be seen by others.

A child sits in a slot: sent, live, leaving. Facts of a child are stamped when the firm's gateway hears of them
(a few hundred microseconds after the match), their match times are the venue's.
"""

import math

from app.engine.bits import exp, uniform
from app.feeds.simulator import cells as c
from app.feeds.simulator.bound import inner
from app.feeds.simulator.cells import Floor


def _put_off(m: Floor, at: int, what: int, a: int, b: int) -> None:
    """Have something happen at a later time (ns); what does not fit is counted."""
    z = m.z
    n = z[c.Z_QUEUED]
    if n == c.QUEUED:
        z[c.Z_LOST] += 1
        return
    m.queue[n, c.Q_AT] = at
    m.queue[n, c.Q_WHAT] = what
    m.queue[n, c.Q_A] = a
    m.queue[n, c.Q_B] = b
    z[c.Z_QUEUED] = n + 1
    z[c.Z_DUE] = min(z[c.Z_DUE], at)


put_off = inner(_put_off)


def _say(m: Floor, slot: int, kind: int, qty: int, price: int) -> int:
    """A fact about a child, heard at the gateway after the venue's time; its row."""
    z, s = m.z, m.slots
    at: int = z[c.Z_FACTS]
    z[c.Z_FACTS] = at + 1
    row = m.facts[at]
    row[c.W_AT] = z[c.Z_NOW]
    row[c.W_KIND] = kind
    row[c.W_CHILD] = s[slot, c.S_CHILD]
    row[c.W_VERSION] = s[slot, c.S_VERSION]
    row[c.W_WAY] = s[slot, c.S_KIND]
    row[c.W_QTY] = qty
    row[c.W_PRICE] = price
    row[c.W_VENUE] = s[slot, c.S_VENUE]
    row[c.W_ORDER_ID] = s[slot, c.S_ID]
    row[c.W_MATCH] = z[c.Z_NOW]
    row[c.W_LIQUIDITY] = 0
    row[c.W_CUM] = s[slot, c.S_FILLED]
    row[c.W_LEAVES] = s[slot, c.S_QTY] - s[slot, c.S_FILLED]
    row[c.W_GRID] = z[c.Z_GRID]
    return at


say = inner(_say)


def _heard(m: Floor, slot: int, kind: int, qty: int, price: int) -> int:
    """A fact the venue tells: heard 150 to 650 microseconds after its time; its row."""
    at = say(m, slot, kind, qty, price)
    told = m.facts[at, c.W_AT] + 150_000 + int(500_000.0 * uniform(m.p[c.P_SEED], c.R_CHILD, 8 * m.z[c.Z_EXECS] + slot))
    m.z[c.Z_HEARD] = max(told, m.z[c.Z_HEARD] + 1)  # one line, first in first out
    m.facts[at, c.W_AT] = m.z[c.Z_HEARD]
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
    if p[c.P_AGENT] == 0 or z[c.Z_NOW] < p[c.P_AGENT_FROM]:
        return
    kind = m.slots[slot, c.S_KIND]
    chance = f[c.F_SEEN_POST]
    if kind == c.TAKE:
        chance = f[c.F_SEEN_TAKE]
    elif kind == c.HIDDEN:
        chance = f[c.F_SEEN_HIDDEN]
    elif kind == c.DARK:
        chance = f[c.F_SEEN_DARK]
    z[c.Z_AGENT] += 1
    draw = 8 * z[c.Z_AGENT]
    if uniform(p[c.P_SEED], c.R_SEEN, draw) >= chance:
        return
    delay = f[c.F_DELAY] * exp(f[c.F_DELAY_SD] * bell(p[c.P_SEED], c.R_SEEN, 2 * z[c.Z_AGENT] + (1 << 40)))
    at = z[c.Z_NOW] + int(delay * 1e6) + 1
    size = int(qty * f[c.F_AGENT_SIZE] * (0.5 + uniform(p[c.P_SEED], c.R_SEEN, draw + 1)))
    if uniform(p[c.P_SEED], c.R_SEEN, draw + 2) < f[c.F_FADE]:
        put_off(m, at, c.FADE, 0, 0)
    if size > 0:
        put_off(m, at + 40_000, c.SELL, size, 0)


be_seen = inner(_be_seen)


def _press(m: Floor, impact: int, weights: int, size: int, share: float) -> None:
    """Selling presses the price: each scale by its weight times sqrt(size / unit)."""
    root = share * math.sqrt(size / m.f[c.F_UNIT])
    for scale in range(c.SCALES):
        m.x[impact + scale] += m.f[weights + scale] * root


press = inner(_press)


def _free_slot(m: Floor, slot: int) -> None:
    """The child is over: its slot is free, what it had open is no longer at work."""
    s, z = m.slots, m.z
    z[c.Z_WORKING] -= s[slot, c.S_QTY] - s[slot, c.S_FILLED]
    if s[slot, c.S_KIND] == c.HIDDEN:
        z[c.Z_HIDDEN] -= 1
    elif s[slot, c.S_KIND] == c.DARK:
        z[c.Z_DARK] -= 1
    s[slot, c.S_STATE] = c.FREE


free_slot = inner(_free_slot)


def _fill(m: Floor, slot: int, qty: int, price: int) -> None:
    """An execution of a child: told, counted, felt by the price, perhaps seen."""
    s, z = m.slots, m.z
    kind = s[slot, c.S_KIND]
    s[slot, c.S_FILLED] += qty
    z[c.Z_DONE] += qty
    z[c.Z_WORKING] -= qty
    z[c.Z_EXECS] += 1
    liquidity = c.ADDED
    if kind == c.TAKE:
        liquidity = c.REMOVED
    elif kind == c.DARK:
        liquidity = c.IN_THE_DARK
    elif kind == c.CROSS:
        liquidity = c.AUCTIONED
    row = heard(m, slot, c.FILLED, qty, price)
    m.facts[row, c.W_LIQUIDITY] = liquidity
    if kind != c.CROSS:
        press(m, c.X_OWN, c.F_OWN, qty, 1.0 if kind == c.TAKE else m.f[c.F_PASSIVE_IMPACT])
    if kind != c.POST and kind != c.CROSS:
        be_seen(m, slot, qty)
    if s[slot, c.S_FILLED] == s[slot, c.S_QTY]:
        free_slot(m, slot)


fill = inner(_fill)
