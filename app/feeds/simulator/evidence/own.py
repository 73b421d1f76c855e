"""Own children: sent, resting, filled, withdrawn.

A passive child joins the queue of a touch and waits; trades reach it when what was ahead is gone or when the price
goes through it. One that waited too long is withdrawn and sent again across the spread, or moved to the new touch.
"""

from app.engine.bits import log, uniform
from app.feeds.simulator.bound import inner
from app.feeds.simulator.evidence import cells as c
from app.feeds.simulator.evidence.agent import notice
from app.feeds.simulator.evidence.cells import Pit
from app.feeds.simulator.evidence.facts import say, wait
from app.feeds.simulator.evidence.quotes import place, press, pressed, print_trade, queue, tell_touch


def _send(m: Pit, parent: int, take: bool, qty: int) -> None:
    """A new child leaves for a venue."""
    child = m.z[c.Z_CHILDREN]
    if child >= len(m.children):
        m.z[c.Z_LOST] += 1
        return
    m.z[c.Z_CHILDREN] = child + 1
    a, seed = m.parents[parent], m.p[c.P_SEED]
    m.children[child, c.C_PARENT] = parent
    m.children[child, c.C_WAY] = c.TAKE if take else c.POST
    m.children[child, c.C_VENUE] = 0 if uniform(seed, c.K_VENUE, child) < m.f[c.F_FIRST] else 1
    m.children[child, c.C_AT] = m.z[c.Z_NOW]
    m.children[child, c.C_ANSWERED] = 0
    m.children[child, c.C_NUMBER] = a[c.A_CHILDREN]
    a[c.A_CHILDREN] += 1
    a[c.A_WORKING] += qty
    a[c.A_WORKS] += 1
    buys = a[c.A_SIDE] > 0
    near = m.z[c.Z_BID] if buys else m.z[c.Z_BID] + m.z[c.Z_SPREAD]
    far = m.z[c.Z_BID] + m.z[c.Z_SPREAD] if buys else m.z[c.Z_BID]
    say(m, c.NEW, child, qty, far + 2 * a[c.A_SIDE] if take else near)
    late = int(-log(1.0 - uniform(seed, c.K_LATENCY, child)) * 600_000.0)
    wait(m, m.z[c.Z_NOW] + c.LATENCY_NS + late, c.TAKES if take else c.POSTS, child, qty)


send = inner(_send)


def _fill(m: Pit, child: int, qty: int, tick: int) -> None:
    """An own execution; what the agent had done to the price by then is kept beside it."""
    k = m.children[child, c.C_PARENT]
    a = m.parents[k]
    a[c.A_DONE] += qty
    a[c.A_WORKING] -= qty
    at = say(m, c.FILLED, child, qty, tick)
    m.z[c.Z_EXECS] += 1
    if at >= 0:
        m.told[at, c.O_EXEC] = m.z[c.Z_EXECS]
        m.marks[at, c.M_FLOW] = pressed(m, c.X_A) - m.before[k, c.B_FLOW]
        m.marks[at, c.M_FADE] = m.x[c.X_FADE] - m.before[k, c.B_FADE]


fill = inner(_fill)


def _take(m: Pit, child: int, qty: int) -> None:
    """A child that crosses the spread trades at the touch it meets."""
    side = m.parents[m.children[child, c.C_PARENT], c.A_SIDE]
    venue = m.children[child, c.C_VENUE]
    tick = m.z[c.Z_BID] + (m.z[c.Z_SPREAD] if side > 0 else 0)
    m.parents[m.children[child, c.C_PARENT], c.A_WORKS] -= 1
    say(m, c.ACKED, child, qty, tick + 2 * side)
    print_trade(m, venue, side, tick, qty)
    fill(m, child, qty, tick)
    press(m, c.X_S, float(side * qty) * m.f[c.F_OWN])
    m.venues[venue, c.V_ASK_TAKEN if side > 0 else c.V_BID_TAKEN] += qty
    notice(m, child)


take = inner(_take)


def _rest(m: Pit, child: int, qty: int, slot: int) -> None:
    """A passive child joins the end of the queue at its venue's touch."""
    s, a = m.slots[slot], m.parents[m.children[child, c.C_PARENT]]
    side = a[c.A_SIDE]
    s[c.S_PARENT] = m.children[child, c.C_PARENT]
    s[c.S_CHILD] = child
    s[c.S_SIDE] = side
    s[c.S_VENUE] = m.children[child, c.C_VENUE]
    s[c.S_TICK] = m.z[c.Z_BID] + (0 if side > 0 else m.z[c.Z_SPREAD])
    s[c.S_LEFT] = qty
    s[c.S_AHEAD] = queue(m, s[c.S_VENUE], side)
    s[c.S_ON] = 1
    patience = a[c.A_PATIENCE] * (0.5 + uniform(m.p[c.P_SEED], c.K_PATIENCE, 16 * child + s[c.S_VERSION] % 16))
    wait(m, m.z[c.Z_NOW] + int(patience), c.TIRES, child, s[c.S_VERSION])


rest = inner(_rest)


def _post(m: Pit, child: int, qty: int) -> None:
    """A passive child reaches its venue."""
    for slot in range(c.SLOTS):
        if m.slots[slot, c.S_ON] == 0:
            m.slots[slot, c.S_VERSION] = 1
            rest(m, child, qty, slot)
            say(m, c.ACKED, child, qty, m.slots[slot, c.S_TICK])
            notice(m, child)
            return
    m.z[c.Z_LOST] += 1


post = inner(_post)


def _strike(m: Pit, slot: int, qty: int) -> None:
    """A trade of others meets a resting child."""
    s = m.slots[slot]
    print_trade(m, s[c.S_VENUE], -s[c.S_SIDE], s[c.S_TICK], qty)
    s[c.S_LEFT] -= qty
    child = s[c.S_CHILD]
    if s[c.S_LEFT] == 0:
        s[c.S_ON] = 0
        m.parents[s[c.S_PARENT], c.A_WORKS] -= 1
    fill(m, child, qty, s[c.S_TICK])


strike = inner(_strike)


def _others_trade(m: Pit, venue: int, side: int, size: int) -> None:
    """A marketable order of somebody: the queue first, then what rests behind it of ours."""
    tick = m.z[c.Z_BID] + (m.z[c.Z_SPREAD] if side > 0 else 0)
    left = size
    for slot in range(c.SLOTS):
        s = m.slots[slot]
        if s[c.S_ON] == 1 and s[c.S_SIDE] == -side and s[c.S_VENUE] == venue and s[c.S_TICK] == tick:
            if s[c.S_AHEAD] < left:
                met = min(s[c.S_LEFT], left - s[c.S_AHEAD])
                left -= met
                s[c.S_AHEAD] = 0
                strike(m, slot, met)
            else:
                s[c.S_AHEAD] -= left
    if left > 0:
        print_trade(m, venue, side, tick, left)
    press(m, c.X_S, float(side * size))
    m.venues[venue, c.V_ASK_TAKEN if side > 0 else c.V_BID_TAKEN] += size


others_trade = inner(_others_trade)


def _settle(m: Pit, mended: int) -> None:
    """After anything that moves price or queues: the touch follows, children it went through are filled, rows told.

    `mended`: the venue whose queues changed; -1 for both.
    """
    moved = place(m)
    bid, ask = m.z[c.Z_BID], m.z[c.Z_BID] + m.z[c.Z_SPREAD]
    if moved:
        for slot in range(c.SLOTS):
            s = m.slots[slot]
            if s[c.S_ON] == 1 and ((s[c.S_SIDE] > 0 and s[c.S_TICK] > bid) or (s[c.S_SIDE] < 0 and s[c.S_TICK] < ask)):
                press(m, c.X_S, float(-s[c.S_SIDE] * s[c.S_LEFT]) * m.f[c.F_OWN])
                strike(m, slot, s[c.S_LEFT])
    for venue in range(c.VENUES):
        if moved or mended < 0 or venue == mended or m.touch[venue, c.T_BID] != bid or m.touch[venue, c.T_ASK] != ask:
            tell_touch(m, venue)


settle = inner(_settle)


def _shorten(m: Pit, venue: int) -> None:
    """Others ahead of us in a mended queue leave as well."""
    for slot in range(c.SLOTS):
        s = m.slots[slot]
        if s[c.S_ON] == 1 and s[c.S_VENUE] == venue:
            s[c.S_AHEAD] = min(int(s[c.S_AHEAD] * 0.97), queue(m, venue, s[c.S_SIDE]))


shorten = inner(_shorten)


def _tire(m: Pit, child: int, version: int) -> None:
    """A child that waited: moved to the new touch (PASSIVE), or withdrawn and its rest sent across."""
    for slot in range(c.SLOTS):
        s = m.slots[slot]
        if s[c.S_ON] == 1 and s[c.S_CHILD] == child and s[c.S_VERSION] == version:
            k = s[c.S_PARENT]
            a = m.parents[k]
            side, left = s[c.S_SIDE], s[c.S_LEFT]
            near = m.z[c.Z_BID] + (0 if side > 0 else m.z[c.Z_SPREAD])
            over = m.z[c.Z_NOW] >= a[c.A_END]
            if a[c.A_ALGO] == c.PASSIVE and not over:
                if s[c.S_TICK] == near:
                    wait(m, m.z[c.Z_NOW] + a[c.A_PATIENCE] // 2, c.TIRES, child, version)
                    return
                s[c.S_VERSION] = version + 1
                rest(m, child, left, slot)
                at = say(m, c.REPLACED, child, left, near)
                if at >= 0:
                    m.told[at, c.O_VERSION] = version + 1
                notice(m, child)
                return
            s[c.S_ON] = 0
            a[c.A_WORKING] -= left
            a[c.A_WORKS] -= 1
            at = say(m, c.CANCELLED, child, left, s[c.S_TICK])
            if at >= 0:
                m.told[at, c.O_VERSION] = version
            send(m, k, True, left)
            return


tire = inner(_tire)
