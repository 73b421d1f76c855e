"""The clock of the market: what comes from outside, what is under way and the algo's looks, each at its time."""

from app.engine.units import AUCTION, CLOSED, HALT, OPEN
from app.feeds.simulator import cells as c
from app.feeds.simulator.agent import fade, sell
from app.feeds.simulator.algos import decide
from app.feeds.simulator.books import tell_off_exchange, tell_print, tell_status
from app.feeds.simulator.bound import entry, inner
from app.feeds.simulator.cells import Floor
from app.feeds.simulator.children import fill
from app.feeds.simulator.makers import refresh, seed_books
from app.feeds.simulator.orders import enter, expire, leave, move
from app.feeds.simulator.trading import dark_order, order

DONE, FULL = range(2)


def _to_time(m: Floor, at: int) -> None:
    """Bring the clock and the reference price to a time; every event has a nanosecond of its own."""
    z, x = m.z, m.x
    z[c.Z_NOW] = max(at, z[c.Z_NOW] + 1)
    grid = min(max((at - m.p[c.P_OPEN]) // c.GRID_NS, 0), len(m.path) - 1)
    while z[c.Z_GRID] < grid:
        z[c.Z_GRID] += 1
        for scale in range(c.SCALES):
            x[c.X_OWN + scale] *= m.f[c.F_DECAY + scale]
            x[c.X_AGENT + scale] *= m.f[c.F_DECAY + scale]
    pressed = 0.0
    for scale in range(c.SCALES):
        pressed += x[c.X_OWN + scale] + x[c.X_AGENT + scale]
    x[c.X_REF] = m.f[c.F_ARRIVAL] + m.path[z[c.Z_GRID]] - pressed


to_time = inner(_to_time)


def _set_status(m: Floor, status: int) -> None:
    """All displayed venues change their status."""
    m.z[c.Z_STATUS] = status
    for venue in range(c.LIT):
        tell_status(m, venue, status)


set_status = inner(_set_status)


def _cross(m: Floor, size: int) -> None:
    """An auction: one price for all, our orders for the cross among them."""
    tick = int(m.x[c.X_REF] + 0.5)
    price = tick * m.p[c.P_TICK]
    for slot in range(c.SLOTS):
        if m.slots[slot, c.S_STATE] == c.LIVE and m.slots[slot, c.S_KIND] == c.CROSS:
            qty = m.slots[slot, c.S_QTY] - m.slots[slot, c.S_FILLED]
            tell_print(m, 0, price, qty, c.AUCTION_PRINT)
            fill(m, slot, qty, price)
    if size > 0:
        tell_print(m, 0, price, size, c.AUCTION_PRINT)


cross = inner(_cross)


def _close(m: Floor) -> None:
    """End of the day: what still rests of ours expires."""
    set_status(m, CLOSED)
    m.z[c.Z_DECIDE] = c.NEVER
    for slot in range(c.SLOTS):
        if m.slots[slot, c.S_STATE] != c.FREE:
            expire(m, slot)


close = inner(_close)


def _from_outside(m: Floor) -> None:
    """The next event from outside."""
    z = m.z
    number = z[c.Z_NEXT]
    z[c.Z_NEXT] = number + 1
    kind, mark = m.kinds[number], m.marks[number]
    if kind == c.REFRESH:
        if z[c.Z_STATUS] == OPEN:
            refresh(m, number)
    elif kind == c.ORDER:
        if z[c.Z_STATUS] == OPEN:
            order(m, number, mark)
    elif kind == c.DARK_ORDER:
        if z[c.Z_STATUS] == OPEN:
            dark_order(m, number, mark)
    elif kind == c.AUCTION_BEGINS:
        set_status(m, AUCTION)
    elif kind == c.CROSSING:
        cross(m, mark)
    elif kind == c.OPENS:
        set_status(m, OPEN)
        seed_books(m)
    elif kind == c.REOPENS:
        set_status(m, OPEN)
    elif kind == c.HALTS:
        set_status(m, HALT)
    elif kind == c.CLOSES:
        close(m)


from_outside = inner(_from_outside)


def _next_due(m: Floor) -> int:
    """Which of the things under way comes first (the earlier put off at equal times); Z_DUE is its time."""
    found = -1
    at = c.NEVER
    for n in range(m.z[c.Z_QUEUED]):
        if m.queue[n, c.Q_AT] < at:
            found, at = n, m.queue[n, c.Q_AT]
    m.z[c.Z_DUE] = at
    return found


next_due = inner(_next_due)


def _under_way(m: Floor) -> None:
    """Do the first of the things under way."""
    z, q = m.z, m.queue
    n = next_due(m)
    what, a, b = q[n, c.Q_WHAT], q[n, c.Q_A], q[n, c.Q_B]
    z[c.Z_QUEUED] -= 1
    for after in range(n, z[c.Z_QUEUED]):  # the rest keeps its order
        for column in range(c.Q_COLUMNS):
            q[after, column] = q[after + 1, column]
    next_due(m)
    if what == c.ENTER:
        enter(m, a, b)
    elif what == c.LEAVE:
        leave(m, a, b)
    elif what == c.MOVE:
        move(m, a, b)
    elif what == c.SELL:
        if z[c.Z_STATUS] == OPEN:
            sell(m, a)
    elif what == c.FADE:
        if z[c.Z_STATUS] == OPEN:
            fade(m)
    elif what == c.PRINT:
        tell_off_exchange(m, a, b)


under_way = inner(_under_way)


def _run(m: Floor, until: int) -> int:
    """Let everything up to a time happen; FULL when the rows or facts must be taken away first."""
    z = m.z
    while True:
        if z[c.Z_OUT] + c.FREE_ROWS > len(m.out) or z[c.Z_FACTS] + c.FREE_FACTS > len(m.facts):
            return FULL
        outside = m.times[z[c.Z_NEXT]] if z[c.Z_NEXT] < len(m.times) else c.NEVER
        first = min(outside, z[c.Z_DUE], z[c.Z_DECIDE])
        if first > until:
            return DONE
        to_time(m, first)
        if z[c.Z_DUE] == first:
            under_way(m)
        elif outside == first:
            from_outside(m)
        else:
            decide(m)


run = entry(_run)
