"""The price, its quotes and the rows that tell of them.

A latent price moves by noise, common factor, a predictable signal and the transient impact of trades. Touches follow it
with hysteresis on a grid of ticks; where it stands inside the spread is what the queues show, so that imbalance
predicts the next move, with noise of their own.
"""

import math

from app.engine.bits import exp
from app.feeds.simulator.bound import inner
from app.feeds.simulator.evidence import cells as c
from app.feeds.simulator.evidence.cells import Pit


def _line(m: Pit, action: int, venue: int, side: int) -> int:
    """A new row of the tape, its prices not yet set; -1 where nothing is told or no room is left."""
    at = m.z[c.Z_OUT]
    if m.p[c.P_TELL] == 0:
        return -1
    if at >= len(m.tape):
        m.z[c.Z_LOST] += 1
        return -1
    m.z[c.Z_OUT] = at + 1
    m.tape[at, c.R_AT] = m.z[c.Z_NOW]
    m.tape[at, c.R_ACTION] = action
    m.tape[at, c.R_VENUE] = venue
    m.tape[at, c.R_SIDE] = side
    return int(at)


line = inner(_line)


def _print_trade(m: Pit, venue: int, side: int, tick: int, size: int) -> None:
    """A trade print; side: its aggressor's."""
    m.z[c.Z_VOLUME] += size
    at = line(m, c.TRADED, venue, side)
    if at >= 0:
        m.tape[at, c.R_PRICE] = tick
        m.tape[at, c.R_SIZE] = size
        m.tape[at, c.R_PRICE2] = 0
        m.tape[at, c.R_SIZE2] = 0


print_trade = inner(_print_trade)


def _press(m: Pit, where: int, signed: float) -> None:
    """A trade of sign(signed) * |signed| / Q0 shares presses the price: a square root of its size."""
    root = math.sqrt(abs(signed) / m.f[c.F_Q0])
    for scale in range(c.SCALES):
        m.x[where + scale] += root if signed > 0 else -root


press = inner(_press)


def _pressed(m: Pit, where: int) -> float:
    """What pressed trades are worth now, in bps."""
    total = 0.0
    for scale in range(c.SCALES):
        total += m.f[c.F_G + scale] * m.x[where + scale]
    return total


pressed = inner(_pressed)


def _pass_time(m: Pit, now: int) -> None:
    """Move the clock: impacts fade, drift and signal push, the slow price follows."""
    x, f = m.x, m.f
    dt = (now - m.z[c.Z_NOW]) * 1e-9
    m.z[c.Z_NOW] = now
    if dt <= 0.0:
        return
    for scale in range(c.SCALES - 1):
        left = exp(-dt / f[c.F_TAU + scale])
        x[c.X_S + scale] *= left
        x[c.X_A + scale] *= left
    if f[c.F_FADE_TAU] > 0.0:
        x[c.X_FADE] *= exp(-dt / f[c.F_FADE_TAU])
    x[c.X_NOISE] += (f[c.F_DRIFT] + f[c.F_KAPPA] * x[c.X_SIGNAL]) * dt
    x[c.X_SIGNAL] *= exp(-dt / f[c.F_SIGNAL_TAU])
    x[c.X_SLOW] += (x[c.X_LEVEL] - x[c.X_SLOW]) * (1.0 - exp(-dt / 10.0))


pass_time = inner(_pass_time)


def _find_level(m: Pit) -> float:
    """The latent price in bps from the middle."""
    step = min((m.z[c.Z_NOW] - m.p[c.P_BEGIN]) // c.FACTOR_NS, len(m.factor) - 1)
    level = m.x[c.X_NOISE] + m.f[c.F_BETA] * m.factor[step] + pressed(m, c.X_S) + pressed(m, c.X_A) + m.x[c.X_FADE]
    m.x[c.X_LEVEL] = level
    return float(level)


find_level = inner(_find_level)


def _queue(m: Pit, venue: int, side: int) -> int:
    """Displayed size of others at a venue's touch, whole lots."""
    share = m.x[c.X_SHARE] if side > 0 else 1.0 - m.x[c.X_SHARE]
    weight = m.f[c.F_FIRST] if venue == 0 else 1.0 - m.f[c.F_FIRST]
    column = 0 if side > 0 else 1
    size = 4.0 * m.f[c.F_DEPTH] * weight * share * exp(m.venues[venue, c.V_BID + column])
    lot = m.p[c.P_LOT]
    return int(max(1, int((size - m.venues[venue, c.V_BID_TAKEN + column]) / lot + 0.5)) * lot)


queue = inner(_queue)


def _own_size(m: Pit, venue: int, side: int, tick: int) -> int:
    """Own displayed size at a price of a venue."""
    total = 0
    for slot in range(c.SLOTS):
        s = m.slots[slot]
        if s[c.S_ON] == 1 and s[c.S_VENUE] == venue and s[c.S_SIDE] == side and s[c.S_TICK] == tick:
            total += s[c.S_LEFT]
    return total


own_size = inner(_own_size)


def _tell_touch(m: Pit, venue: int) -> None:
    """A venue's touch as it is now, where it differs from what was told."""
    bid = m.z[c.Z_BID]
    ask = bid + m.z[c.Z_SPREAD]
    bid_size = queue(m, venue, 1) + own_size(m, venue, 1, bid)
    ask_size = queue(m, venue, -1) + own_size(m, venue, -1, ask)
    t = m.touch[venue]
    if t[c.T_BID] == bid and t[c.T_ASK] == ask and t[c.T_BID_SIZE] == bid_size and t[c.T_ASK_SIZE] == ask_size:
        return
    t[c.T_BID] = bid
    t[c.T_ASK] = ask
    t[c.T_BID_SIZE] = bid_size
    t[c.T_ASK_SIZE] = ask_size
    at = line(m, c.QUOTED, venue, 0)
    if at >= 0:
        m.tape[at, c.R_PRICE] = bid
        m.tape[at, c.R_SIZE] = bid_size
        m.tape[at, c.R_PRICE2] = ask
        m.tape[at, c.R_SIZE2] = ask_size


tell_touch = inner(_tell_touch)


def _place(m: Pit) -> bool:
    """Put the touch around the latent price, where hysteresis lets go of the old one; True where it moved."""
    ticks = find_level(m) / m.f[c.F_TICK]
    spread = m.z[c.Z_SPREAD]
    inside = ticks - 0.5 * (spread - 1) - m.z[c.Z_BID]
    moved = bool(inside < -m.f[c.F_HYSTERESIS] or inside > 1.0 + m.f[c.F_HYSTERESIS])
    if moved:
        m.z[c.Z_BID] = math.floor(ticks - 0.5 * (spread - 1))
    shown = (ticks - m.z[c.Z_BID]) / spread + m.f[c.F_TILT] * m.x[c.X_SIGNAL]
    m.x[c.X_SHARE] = min(max(shown, 0.06), 0.94)
    return moved


place = inner(_place)


def _refresh(m: Pit, n: int) -> int:
    """What the n-th look of makers brings: noise of price and signal, a queue's shape; the venue that was mended."""
    d, f, x = m.draws[n], m.f, m.x
    now = m.z[c.Z_NOW]
    dt = (now - m.z[c.Z_REFRESHED]) * 1e-9
    m.z[c.Z_REFRESHED] = now
    second = min((now - m.p[c.P_BEGIN]) // 1_000_000_000, len(m.spread) - 1)
    x[c.X_NOISE] += m.spread[second] * math.sqrt(dt) * d[c.D_PRICE]
    x[c.X_SIGNAL] += math.sqrt(min(2.0 * dt / f[c.F_SIGNAL_TAU], 1.0)) * d[c.D_SIGNAL]
    venue = 0 if d[c.D_VENUE] < f[c.F_FIRST] else 1
    fresh = f[c.F_NOISE] * math.sqrt(1.0 - f[c.F_MEMORY] * f[c.F_MEMORY])
    for column in range(2):
        m.venues[venue, c.V_BID + column] = (
            f[c.F_MEMORY] * m.venues[venue, c.V_BID + column] + fresh * d[c.D_BID + column]
        )
        m.venues[venue, c.V_BID_TAKEN + column] *= 0.6
    if d[c.D_SPREAD] < f[c.F_RESPREAD]:
        u = d[c.D_SPREAD] / f[c.F_RESPREAD]
        wide = 1 if u < f[c.F_ONE] else 2 if u < f[c.F_ONE] + f[c.F_TWO] else 3 if u < 0.97 else 4
        m.z[c.Z_BID] += (m.z[c.Z_SPREAD] - wide) // 2
        m.z[c.Z_SPREAD] = wide
    return venue


refresh = inner(_refresh)
