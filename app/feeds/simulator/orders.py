"""The way of a child order: sent, entered at the venue, moved, withdrawn; what the venue answers."""

from app.engine.bits import uniform
from app.engine.units import OPEN
from app.feeds.simulator.books import best_bid, reduce, rest
from app.feeds.simulator.bound import inner
from app.feeds.simulator.cells import (
    ACKED,
    CANCEL_ASKED,
    CANCEL_REFUSED,
    CANCELLED,
    CROSS,
    DARK,
    ENTER,
    EXPIRED,
    FREE,
    HIDDEN,
    LEAVE,
    LEAVING,
    LIVE,
    MOVE,
    NEW,
    O_ID,
    P_LATENCY,
    P_SEED,
    P_TICK,
    POST,
    R_CHILD,
    REPLACE_ASKED,
    REPLACED,
    S_ASKED,
    S_BORN,
    S_CHILD,
    S_FILLED,
    S_ID,
    S_KIND,
    S_LIMIT,
    S_ORDER,
    S_QTY,
    S_STATE,
    S_TICK,
    S_UNTIL,
    S_VENUE,
    S_VERSION,
    SENT,
    SLOTS,
    TAKE,
    W_CHILD,
    Z_CHILDREN,
    Z_DARK,
    Z_DONE,
    Z_HIDDEN,
    Z_NOW,
    Z_ORDER_ID,
    Z_STATUS,
    Z_TAKER,
    Z_WORKING,
    Floor,
)  # fmt: skip
from app.feeds.simulator.children import be_seen, free_slot, heard, put_off, say
from app.feeds.simulator.trading import take


def _way(m: Floor) -> int:
    """Time of a message to a venue (ns): half to one and a half times the usual latency."""
    return int(m.p[P_LATENCY] * (0.5 + uniform(m.p[P_SEED], R_CHILD, 8 * m.z[Z_CHILDREN] + 1 + (m.z[Z_DONE] << 20))))


way = inner(_way)


def _send(m: Floor, kind: int, venue: int, qty: int, tick: int) -> int:
    """Send a new child; its slot, -1 when all are taken. Its life, if any, is set by the caller."""
    s, z = m.slots, m.z
    for slot in range(SLOTS):
        if s[slot, S_STATE] == FREE:
            z[Z_CHILDREN] += 1
            z[Z_WORKING] += qty
            s[slot, S_STATE] = SENT
            s[slot, S_CHILD] = z[Z_CHILDREN]
            s[slot, S_VENUE] = venue
            s[slot, S_TICK] = tick
            s[slot, S_QTY] = qty
            s[slot, S_FILLED] = 0
            s[slot, S_KIND] = kind
            s[slot, S_ORDER] = -1
            s[slot, S_BORN] = z[Z_NOW]
            s[slot, S_UNTIL] = z[Z_NOW]
            s[slot, S_ID] = 0
            s[slot, S_VERSION] = 1
            s[slot, S_ASKED] = 0
            s[slot, S_LIMIT] = tick
            if kind == HIDDEN:
                z[Z_HIDDEN] += 1
            elif kind == DARK:
                z[Z_DARK] += 1
            say(m, slot, NEW, qty, tick * m.p[P_TICK])
            put_off(m, z[Z_NOW] + way(m), ENTER, slot, z[Z_CHILDREN])
            return slot
    return -1


send = inner(_send)


def _expire(m: Floor, slot: int) -> None:
    """The venue gives back what is left of a child."""
    heard(m, slot, EXPIRED, m.slots[slot, S_QTY] - m.slots[slot, S_FILLED], 0)
    free_slot(m, slot)


expire = inner(_expire)


def _post(m: Floor, slot: int, kind: int) -> None:
    """A displayed child takes its place in the queue, never locking the best bid; told, and perhaps seen."""
    s = m.slots
    tick = max(s[slot, S_TICK], best_bid(m) + 1)
    left = s[slot, S_QTY] - s[slot, S_FILLED]
    s[slot, S_TICK] = tick
    order = rest(m, 2 * s[slot, S_VENUE] + 1, tick, left, slot + 1)
    s[slot, S_ORDER] = order
    s[slot, S_ID] = m.pool[order, O_ID]
    heard(m, slot, kind, s[slot, S_QTY], tick * m.p[P_TICK])
    if kind == ACKED:  # an order that moves is known already
        be_seen(m, slot, left)


post = inner(_post)


def _enter(m: Floor, slot: int, child: int) -> None:
    """A new child reaches its venue."""
    s, z = m.slots, m.z
    if s[slot, S_CHILD] != child or s[slot, S_STATE] != SENT:
        return
    kind = s[slot, S_KIND]
    s[slot, S_STATE] = LIVE
    if z[Z_STATUS] != OPEN and kind != CROSS:
        expire(m, slot)
        return
    if kind == POST:
        post(m, slot, ACKED)
        return
    z[Z_ORDER_ID] += 1
    s[slot, S_ID] = z[Z_ORDER_ID]
    heard(m, slot, ACKED, s[slot, S_QTY], s[slot, S_LIMIT] * m.p[P_TICK])
    if kind == TAKE:
        z[Z_TAKER] = slot + 1
        take(m, 2 * s[slot, S_VENUE], s[slot, S_QTY], s[slot, S_LIMIT])
        z[Z_TAKER] = 0
        if s[slot, S_STATE] != FREE:
            expire(m, slot)


enter = inner(_enter)


def _refuse(m: Floor, slot: int, child: int) -> None:
    """Too late: the child was over when the request came."""
    at = heard(m, slot, CANCEL_REFUSED, 0, 0)
    m.facts[at, W_CHILD] = child


refuse = inner(_refuse)


def _ask_leave(m: Floor, slot: int) -> None:
    """Ask for the cancellation of a live child."""
    s = m.slots
    s[slot, S_STATE] = LEAVING
    say(m, slot, CANCEL_ASKED, s[slot, S_QTY] - s[slot, S_FILLED], 0)
    put_off(m, m.z[Z_NOW] + way(m), LEAVE, slot, s[slot, S_CHILD])


ask_leave = inner(_ask_leave)


def _leave(m: Floor, slot: int, child: int) -> None:
    """A cancel request reaches the venue."""
    s = m.slots
    if s[slot, S_CHILD] != child or s[slot, S_STATE] != LEAVING:
        refuse(m, slot, child)
        return
    left = s[slot, S_QTY] - s[slot, S_FILLED]
    if s[slot, S_KIND] == POST:
        reduce(m, s[slot, S_ORDER], left)
    heard(m, slot, CANCELLED, left, 0)
    free_slot(m, slot)


leave = inner(_leave)


def _ask_move(m: Floor, slot: int, tick: int) -> None:
    """Ask for another price of a live displayed child."""
    s = m.slots
    s[slot, S_ASKED] = 1
    s[slot, S_LIMIT] = tick
    s[slot, S_BORN] = m.z[Z_NOW]
    say(m, slot, REPLACE_ASKED, s[slot, S_QTY], tick * m.p[P_TICK])
    put_off(m, m.z[Z_NOW] + way(m), MOVE, slot, s[slot, S_CHILD])


ask_move = inner(_ask_move)


def _move(m: Floor, slot: int, child: int) -> None:
    """A replace request reaches the venue: the order loses its place in the queue."""
    s = m.slots
    if s[slot, S_CHILD] != child or s[slot, S_STATE] != LIVE or m.z[Z_STATUS] != OPEN:
        refuse(m, slot, child)
        if s[slot, S_CHILD] == child:
            s[slot, S_ASKED] = 0
        return
    reduce(m, s[slot, S_ORDER], s[slot, S_QTY] - s[slot, S_FILLED])
    s[slot, S_ASKED] = 0
    s[slot, S_TICK] = s[slot, S_LIMIT]
    s[slot, S_VERSION] += 1
    post(m, slot, REPLACED)


move = inner(_move)
