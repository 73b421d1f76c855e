"""The clock of the market: what comes from outside, what is under way and the algo's looks, each at its time."""

from app.engine.units import AUCTION, CLOSED, HALT, OPEN
from app.feeds.simulator.agent import fade, sell
from app.feeds.simulator.algos import decide
from app.feeds.simulator.books import tell_off_exchange, tell_print, tell_status
from app.feeds.simulator.bound import entry, inner
from app.feeds.simulator.cells import (
    AUCTION_BEGINS,
    AUCTION_PRINT,
    CLOSES,
    CROSS,
    CROSSING,
    DARK_ORDER,
    ENTER,
    F_ARRIVAL,
    F_DECAY,
    FADE,
    FREE,
    FREE_FACTS,
    FREE_ROWS,
    GRID_NS,
    HALTS,
    LEAVE,
    LIT,
    LIVE,
    MOVE,
    NEVER,
    OPENS,
    ORDER,
    P_OPEN,
    P_TICK,
    PRINT,
    Q_A,
    Q_AT,
    Q_B,
    Q_COLUMNS,
    Q_WHAT,
    REFRESH,
    REOPENS,
    S_FILLED,
    S_KIND,
    S_QTY,
    S_STATE,
    SCALES,
    SELL,
    SLOTS,
    X_AGENT,
    X_OWN,
    X_REF,
    Z_DECIDE,
    Z_DUE,
    Z_FACTS,
    Z_GRID,
    Z_NEXT,
    Z_NOW,
    Z_OUT,
    Z_QUEUED,
    Z_STATUS,
    Floor,
)  # fmt: skip
from app.feeds.simulator.children import fill
from app.feeds.simulator.makers import refresh, seed_books
from app.feeds.simulator.orders import enter, expire, leave, move
from app.feeds.simulator.trading import dark_order, order

DONE, FULL = range(2)


def _to_time(m: Floor, at: int) -> None:
    """Bring the clock and the reference price to a time; every event has a nanosecond of its own."""
    z, x = m.z, m.x
    z[Z_NOW] = max(at, z[Z_NOW] + 1)
    grid = min(max((at - m.p[P_OPEN]) // GRID_NS, 0), len(m.path) - 1)
    while z[Z_GRID] < grid:
        z[Z_GRID] += 1
        for scale in range(SCALES):
            x[X_OWN + scale] *= m.f[F_DECAY + scale]
            x[X_AGENT + scale] *= m.f[F_DECAY + scale]
    pressed = 0.0
    for scale in range(SCALES):
        pressed += x[X_OWN + scale] + x[X_AGENT + scale]
    x[X_REF] = m.f[F_ARRIVAL] + m.path[z[Z_GRID]] - pressed


to_time = inner(_to_time)


def _set_status(m: Floor, status: int) -> None:
    """All displayed venues change their status."""
    m.z[Z_STATUS] = status
    for venue in range(LIT):
        tell_status(m, venue, status)


set_status = inner(_set_status)


def _cross(m: Floor, size: int) -> None:
    """An auction: one price for all, our orders for the cross among them."""
    tick = int(m.x[X_REF] + 0.5)
    price = tick * m.p[P_TICK]
    for slot in range(SLOTS):
        if m.slots[slot, S_STATE] == LIVE and m.slots[slot, S_KIND] == CROSS:
            qty = m.slots[slot, S_QTY] - m.slots[slot, S_FILLED]
            tell_print(m, 0, price, qty, AUCTION_PRINT)
            fill(m, slot, qty, price)
    if size > 0:
        tell_print(m, 0, price, size, AUCTION_PRINT)


cross = inner(_cross)


def _close(m: Floor) -> None:
    """End of the day: what still rests of ours expires."""
    set_status(m, CLOSED)
    m.z[Z_DECIDE] = NEVER
    for slot in range(SLOTS):
        if m.slots[slot, S_STATE] != FREE:
            expire(m, slot)


close = inner(_close)


def _from_outside(m: Floor) -> None:
    """The next event from outside."""
    z = m.z
    number = z[Z_NEXT]
    z[Z_NEXT] = number + 1
    kind, mark = m.kinds[number], m.marks[number]
    if kind == REFRESH:
        if z[Z_STATUS] == OPEN:
            refresh(m, number)
    elif kind == ORDER:
        if z[Z_STATUS] == OPEN:
            order(m, number, mark)
    elif kind == DARK_ORDER:
        if z[Z_STATUS] == OPEN:
            dark_order(m, number, mark)
    elif kind == AUCTION_BEGINS:
        set_status(m, AUCTION)
    elif kind == CROSSING:
        cross(m, mark)
    elif kind == OPENS:
        set_status(m, OPEN)
        seed_books(m)
    elif kind == REOPENS:
        set_status(m, OPEN)
    elif kind == HALTS:
        set_status(m, HALT)
    elif kind == CLOSES:
        close(m)


from_outside = inner(_from_outside)


def _next_due(m: Floor) -> int:
    """Which of the things under way comes first (the earlier put off at equal times); Z_DUE is its time."""
    found = -1
    at = NEVER
    for n in range(m.z[Z_QUEUED]):
        if m.queue[n, Q_AT] < at:
            found, at = n, m.queue[n, Q_AT]
    m.z[Z_DUE] = at
    return found


next_due = inner(_next_due)


def _under_way(m: Floor) -> None:
    """Do the first of the things under way."""
    z, q = m.z, m.queue
    n = next_due(m)
    what, a, b = q[n, Q_WHAT], q[n, Q_A], q[n, Q_B]
    z[Z_QUEUED] -= 1
    for after in range(n, z[Z_QUEUED]):  # the rest keeps its order
        for column in range(Q_COLUMNS):
            q[after, column] = q[after + 1, column]
    next_due(m)
    if what == ENTER:
        enter(m, a, b)
    elif what == LEAVE:
        leave(m, a, b)
    elif what == MOVE:
        move(m, a, b)
    elif what == SELL:
        if z[Z_STATUS] == OPEN:
            sell(m, a)
    elif what == FADE:
        if z[Z_STATUS] == OPEN:
            fade(m)
    elif what == PRINT:
        tell_off_exchange(m, a, b)


under_way = inner(_under_way)


def _run(m: Floor, until: int) -> int:
    """Let everything up to a time happen; FULL when the rows or facts must be taken away first."""
    z = m.z
    while True:
        if z[Z_OUT] + FREE_ROWS > len(m.out) or z[Z_FACTS] + FREE_FACTS > len(m.facts):
            return FULL
        outside = m.times[z[Z_NEXT]] if z[Z_NEXT] < len(m.times) else NEVER
        first = min(outside, z[Z_DUE], z[Z_DECIDE])
        if first > until:
            return DONE
        to_time(m, first)
        if z[Z_DUE] == first:
            under_way(m)
        elif outside == first:
            from_outside(m)
        else:
            decide(m)


run = entry(_run)
