"""Own children: sent, resting, filled, withdrawn; and the agent that notices them.

A passive child joins the queue of a touch and waits; trades reach it when what was ahead is gone or when the price
goes through it. One that waited too long is withdrawn and sent again across the spread, or moved to the new touch.
"""

import math

from app.engine.bits import exp, log, uniform
from app.feeds.simulator.bound import inner
from app.feeds.simulator.evidence import cells as c
from app.feeds.simulator.evidence.cells import Pit
from app.feeds.simulator.evidence.quotes import place, press, pressed, print_trade, queue, tell_touch


def _normal(seed: int, stream: int, counter: int) -> float:
    """Nearly normal, mean 0, variance 1: the sum of four uniform numbers."""
    total = 0.0
    for k in range(4):
        total += uniform(seed, stream, 4 * counter + k)
    return (total - 2.0) * 1.7320508075688772


normal = inner(_normal)


def _wait(m: Pit, due: int, what: int, child: int, qty: int) -> None:
    """Put something on its way; what finds no place is counted as lost."""
    for k in range(len(m.waiting)):
        w = m.waiting[k]
        if w[c.W_DUE] == c.NEVER:
            w[c.W_DUE] = due
            w[c.W_WHAT] = what
            w[c.W_PARENT] = m.children[child, c.C_PARENT]
            w[c.W_CHILD] = child
            w[c.W_QTY] = qty
            m.z[c.Z_DUE] = min(m.z[c.Z_DUE], due)
            return
    m.z[c.Z_LOST] += 1


wait = inner(_wait)


def _say(m: Pit, kind: int, child: int, qty: int, tick: int) -> int:
    """An own fact of now; its row, or -1 where there is no room."""
    at = m.z[c.Z_TOLD]
    if at >= len(m.told):
        m.z[c.Z_LOST] += 1
        return -1
    m.z[c.Z_TOLD] = at + 1
    o = m.told[at]
    o[c.O_AT] = m.z[c.Z_NOW]
    o[c.O_KIND] = kind
    o[c.O_PARENT] = m.children[child, c.C_PARENT]
    o[c.O_CHILD] = m.children[child, c.C_NUMBER]
    o[c.O_VERSION] = 1
    o[c.O_VENUE] = m.children[child, c.C_VENUE]
    o[c.O_WAY] = m.children[child, c.C_WAY]
    o[c.O_QTY] = qty
    o[c.O_TICK] = tick
    o[c.O_EXEC] = 0
    return int(at)


say = inner(_say)


def _notice(m: Pit, child: int) -> None:
    """The agent sees a placement or an own print, or does not; if it does, it acts after its delay."""
    f, parent = m.f, m.parents[m.children[child, c.C_PARENT]]
    if m.p[c.P_AGENT] == 0 or parent[c.A_LEAKS] == 0:
        return
    gone = (m.z[c.Z_NOW] - parent[c.A_START]) / (parent[c.A_END] - parent[c.A_START])
    if gone < f[c.F_SINCE] or gone >= f[c.F_UNTIL]:
        return
    chance = f[c.F_SHARE] * (f[c.F_POST] if m.children[child, c.C_WAY] == c.POST else f[c.F_TAKE])
    chance *= f[c.F_AT_FIRST] if m.children[child, c.C_VENUE] == 0 else f[c.F_AT_SECOND]
    if uniform(m.p[c.P_SEED], c.K_NOTICE, child) >= chance:
        return
    delay = f[c.F_DELAY] * exp(f[c.F_DELAY_SD] * normal(m.p[c.P_SEED], c.K_DELAY, child))
    if m.children[child, c.C_ANSWERED] == 0:
        m.children[child, c.C_ANSWERED] = 1
        parent[c.A_ANSWERED] += 1
        if parent[c.A_FIRST] < 0 or m.children[child, c.C_NUMBER] < parent[c.A_FIRST]:
            parent[c.A_FIRST] = m.children[child, c.C_NUMBER]
    wait(m, m.z[c.Z_NOW] + int(delay * 1e9), c.ACTS, child, 0)


notice = inner(_notice)


def _act(m: Pit, child: int) -> None:
    """The agent trades on the side of the parent and makes the other side retreat."""
    f = m.f
    side = m.parents[m.children[child, c.C_PARENT], c.A_SIDE]
    venue = 0 if uniform(m.p[c.P_SEED], c.K_SIZE, 4 * child) < f[c.F_FIRST] else 1
    far = c.V_ASK_TAKEN if side > 0 else c.V_BID_TAKEN
    if uniform(m.p[c.P_SEED], c.K_SIZE, 4 * child + 1) < f[c.F_FLOW]:
        shape = exp(0.6 * normal(m.p[c.P_SEED], c.K_SIZE + 20, child) - 0.18)
        size = max(1, int(f[c.F_SIZE] * f[c.F_Q0] * shape + 0.5))
        tick = m.z[c.Z_BID] + (m.z[c.Z_SPREAD] if side > 0 else 0)
        print_trade(m, venue, side, tick, size)
        press(m, c.X_A, float(side * size))
        m.venues[venue, far] += size
    if f[c.F_FADE] > 0.0:
        m.x[c.X_FADE] += side * f[c.F_FADE] * f[c.F_TICK]
        for k in range(c.VENUES):
            m.venues[k, far] += f[c.F_FADE_DEPTH] * queue(m, k, -side)


act = inner(_act)


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


def _say_parent(m: Pit, kind: int, k: int) -> None:
    """A parent began or is done."""
    at = m.z[c.Z_TOLD]
    if at >= len(m.told):
        m.z[c.Z_LOST] += 1
        return
    m.z[c.Z_TOLD] = at + 1
    for column in range(c.O_COLUMNS):
        m.told[at, column] = 0
    m.told[at, c.O_AT] = m.z[c.Z_NOW]
    m.told[at, c.O_KIND] = kind
    m.told[at, c.O_PARENT] = k


say_parent = inner(_say_parent)
look = inner(_look)
