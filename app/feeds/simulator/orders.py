"""The way of a child order: sent, entered at the venue, moved, withdrawn; what the venue answers."""

from app.engine.bits import uniform
from app.engine.units import OPEN
from app.feeds.simulator import cells as c
from app.feeds.simulator.books import best_bid, reduce, rest
from app.feeds.simulator.bound import inner
from app.feeds.simulator.cells import Floor
from app.feeds.simulator.children import be_seen, free_slot, heard, put_off, say
from app.feeds.simulator.trading import take


def _way(m: Floor) -> int:
    """Time of a message to a venue (ns): half to one and a half times the usual latency."""
    number = 8 * m.z[c.Z_CHILDREN] + 1 + (m.z[c.Z_DONE] << 20)
    return int(m.p[c.P_LATENCY] * (0.5 + uniform(m.p[c.P_SEED], c.R_CHILD, number)))


way = inner(_way)


def _send(m: Floor, kind: int, venue: int, qty: int, tick: int) -> int:
    """Send a new child; its slot, -1 when all are taken. Its life, if any, is set by the caller."""
    s, z = m.slots, m.z
    for slot in range(c.SLOTS):
        if s[slot, c.S_STATE] == c.FREE:
            z[c.Z_CHILDREN] += 1
            z[c.Z_WORKING] += qty
            s[slot, c.S_STATE] = c.SENT
            s[slot, c.S_CHILD] = z[c.Z_CHILDREN]
            s[slot, c.S_VENUE] = venue
            s[slot, c.S_TICK] = tick
            s[slot, c.S_QTY] = qty
            s[slot, c.S_FILLED] = 0
            s[slot, c.S_KIND] = kind
            s[slot, c.S_ORDER] = -1
            s[slot, c.S_BORN] = z[c.Z_NOW]
            s[slot, c.S_UNTIL] = z[c.Z_NOW]
            s[slot, c.S_ID] = 0
            s[slot, c.S_VERSION] = 1
            s[slot, c.S_ASKED] = 0
            s[slot, c.S_LIMIT] = tick
            if kind == c.HIDDEN:
                z[c.Z_HIDDEN] += 1
            elif kind == c.DARK:
                z[c.Z_DARK] += 1
            say(m, slot, c.NEW, qty, tick * m.p[c.P_TICK])
            put_off(m, z[c.Z_NOW] + way(m), c.ENTER, slot, z[c.Z_CHILDREN])
            return slot
    return -1


send = inner(_send)


def _expire(m: Floor, slot: int) -> None:
    """The venue gives back what is left of a child."""
    heard(m, slot, c.EXPIRED, m.slots[slot, c.S_QTY] - m.slots[slot, c.S_FILLED], 0)
    free_slot(m, slot)


expire = inner(_expire)


def _post(m: Floor, slot: int, kind: int) -> None:
    """A displayed child takes its place in the queue, never locking the best bid; told, and perhaps seen."""
    s = m.slots
    tick = max(s[slot, c.S_TICK], best_bid(m) + 1)
    left = s[slot, c.S_QTY] - s[slot, c.S_FILLED]
    s[slot, c.S_TICK] = tick
    order = rest(m, 2 * s[slot, c.S_VENUE] + 1, tick, left, slot + 1)
    s[slot, c.S_ORDER] = order
    s[slot, c.S_ID] = m.pool[order, c.O_ID]
    heard(m, slot, kind, s[slot, c.S_QTY], tick * m.p[c.P_TICK])
    if kind == c.ACKED:  # an order that moves is known already
        be_seen(m, slot, left)


post = inner(_post)


def _enter(m: Floor, slot: int, child: int) -> None:
    """A new child reaches its venue."""
    s, z = m.slots, m.z
    if s[slot, c.S_CHILD] != child or s[slot, c.S_STATE] != c.SENT:
        return
    kind = s[slot, c.S_KIND]
    s[slot, c.S_STATE] = c.LIVE
    if z[c.Z_STATUS] != OPEN and kind != c.CROSS:
        expire(m, slot)
        return
    if kind == c.POST:
        post(m, slot, c.ACKED)
        return
    z[c.Z_ORDER_ID] += 1
    s[slot, c.S_ID] = z[c.Z_ORDER_ID]
    heard(m, slot, c.ACKED, s[slot, c.S_QTY], s[slot, c.S_LIMIT] * m.p[c.P_TICK])
    if kind == c.TAKE:
        z[c.Z_TAKER] = slot + 1
        take(m, 2 * s[slot, c.S_VENUE], s[slot, c.S_QTY], s[slot, c.S_LIMIT])
        z[c.Z_TAKER] = 0
        if s[slot, c.S_STATE] != c.FREE:
            expire(m, slot)


enter = inner(_enter)


def _refuse(m: Floor, slot: int, child: int) -> None:
    """Too late: the child was over when the request came."""
    at = heard(m, slot, c.CANCEL_REFUSED, 0, 0)
    m.facts[at, c.W_CHILD] = child


refuse = inner(_refuse)


def _ask_leave(m: Floor, slot: int) -> None:
    """Ask for the cancellation of a live child."""
    s = m.slots
    s[slot, c.S_STATE] = c.LEAVING
    say(m, slot, c.CANCEL_ASKED, s[slot, c.S_QTY] - s[slot, c.S_FILLED], 0)
    put_off(m, m.z[c.Z_NOW] + way(m), c.LEAVE, slot, s[slot, c.S_CHILD])


ask_leave = inner(_ask_leave)


def _leave(m: Floor, slot: int, child: int) -> None:
    """A cancel request reaches the venue."""
    s = m.slots
    if s[slot, c.S_CHILD] != child or s[slot, c.S_STATE] != c.LEAVING:
        refuse(m, slot, child)
        return
    left = s[slot, c.S_QTY] - s[slot, c.S_FILLED]
    if s[slot, c.S_KIND] == c.POST:
        reduce(m, s[slot, c.S_ORDER], left)
    heard(m, slot, c.CANCELLED, left, 0)
    free_slot(m, slot)


leave = inner(_leave)


def _ask_move(m: Floor, slot: int, tick: int) -> None:
    """Ask for another price of a live displayed child."""
    s = m.slots
    s[slot, c.S_ASKED] = 1
    s[slot, c.S_LIMIT] = tick
    s[slot, c.S_BORN] = m.z[c.Z_NOW]
    say(m, slot, c.REPLACE_ASKED, s[slot, c.S_QTY], tick * m.p[c.P_TICK])
    put_off(m, m.z[c.Z_NOW] + way(m), c.MOVE, slot, s[slot, c.S_CHILD])


ask_move = inner(_ask_move)


def _move(m: Floor, slot: int, child: int) -> None:
    """A replace request reaches the venue: the order loses its place in the queue."""
    s = m.slots
    if s[slot, c.S_CHILD] != child or s[slot, c.S_STATE] != c.LIVE or m.z[c.Z_STATUS] != OPEN:
        refuse(m, slot, child)
        if s[slot, c.S_CHILD] == child:
            s[slot, c.S_ASKED] = 0
        return
    reduce(m, s[slot, c.S_ORDER], s[slot, c.S_QTY] - s[slot, c.S_FILLED])
    s[slot, c.S_ASKED] = 0
    s[slot, c.S_TICK] = s[slot, c.S_LIMIT]
    s[slot, c.S_VERSION] += 1
    post(m, slot, c.REPLACED)


move = inner(_move)
