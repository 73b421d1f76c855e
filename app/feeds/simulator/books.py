"""Books of displayed orders: queues by level, and the market rows that tell of every change.

An order is a row of the pool; a level is the head and tail of its queue and its size. Every change writes its rows
while rows are wanted (P_EMIT). Rows of one event share its time (Z_NOW); the last one carries the flag.
"""

from app.engine.jit import jit
from app.engine.units import ADD, CANCEL, FILL, LAST, NULL, ODD, REGULAR, STATUS, TRADE
from app.feeds.simulator import cells as c
from app.feeds.simulator.bound import inner
from app.feeds.simulator.cells import Floor


def _line(m: Floor, action: int, venue: int) -> int:
    """A new market row of a venue, its price and size not yet set; -1 while rows are not wanted."""
    z = m.z
    z[c.Z_SEQ + venue] += 1
    z[c.Z_ROWS] += 1
    if m.p[c.P_EMIT] == 0:
        return -1
    at: int = z[c.Z_OUT]
    z[c.Z_OUT] = at + 1
    m.out[at]["ts_event"] = z[c.Z_NOW]
    m.out[at]["ts_recv"] = z[c.Z_NOW] + 18_000 + (z[c.Z_SEQ + venue] * 7_919) % 23_000
    m.out[at]["seq"] = z[c.Z_SEQ + venue]
    m.out[at]["rec"] = z[c.Z_ROWS] - 1
    m.out[at]["order_id"] = 0
    m.out[at]["price"] = NULL
    m.out[at]["size"] = NULL
    m.out[at]["price2"] = NULL
    m.out[at]["size2"] = NULL
    m.out[at]["instrument"] = m.p[c.P_INSTRUMENT]
    m.out[at]["venue"] = venue
    m.out[at]["source"] = venue
    m.out[at]["action"] = action
    m.out[at]["side"] = 0
    m.out[at]["flags"] = LAST
    m.out[at]["condition"] = REGULAR
    m.out[at]["status"] = 0
    return at


line = inner(_line)


def _tell(m: Floor, action: int, order: int, size: int, flags: int) -> None:
    """A row about a resting order: added, removed in part or whole, or named by a trade."""
    at = line(m, action, m.pool[order, c.O_VENUE])
    if at < 0:
        return
    m.out[at]["price"] = m.pool[order, c.O_TICK] * m.p[c.P_TICK]
    m.out[at]["size"] = size
    m.out[at]["order_id"] = m.pool[order, c.O_ID]
    m.out[at]["side"] = m.pool[order, c.O_SIDE]
    m.out[at]["flags"] = flags


tell = inner(_tell)


def _tell_print(m: Floor, venue: int, price: int, size: int, condition: int) -> int:
    """A trade print; its row, or -1. One below a round lot is `odd`; off-exchange prints do not count as volume."""
    if condition == REGULAR and size < 100:
        condition = ODD
    if condition != c.AUCTION_PRINT and condition != c.OFF_EXCHANGE:
        m.z[c.Z_VOLUME] += size
    at: int = line(m, TRADE, venue)
    if at >= 0:
        m.out[at]["price"] = price
        m.out[at]["size"] = size
        m.out[at]["condition"] = condition
    return at


tell_print = inner(_tell_print)


def _tell_off_exchange(m: Floor, price: int, size: int) -> None:
    """A trade reported by the facility for off-exchange trades."""
    tell_print(m, c.LIT, price, size, c.OFF_EXCHANGE)


tell_off_exchange = inner(_tell_off_exchange)


def _tell_status(m: Floor, venue: int, status: int) -> None:
    """A change of a venue's trading status."""
    at = line(m, STATUS, venue)
    if at >= 0:
        m.out[at]["status"] = status


tell_status = inner(_tell_status)


def _better(book: int, tick: int, than: int) -> bool:
    """True for a tick nearer to trading than another one of the same side."""
    return tick > than if book & 1 == 0 else tick < than


better = jit(_better)


def _rest(m: Floor, book: int, tick: int, size: int, owner: int) -> int:
    """Put an order at the end of its level's queue; its row of the pool."""
    z, pool, levels = m.z, m.pool, m.levels
    order: int = z[c.Z_FREE]
    z[c.Z_FREE] = pool[order, c.O_NEXT]
    z[c.Z_ORDER_ID] += 1
    pool[order, c.O_ID] = z[c.Z_ORDER_ID]
    pool[order, c.O_SIZE] = size
    pool[order, c.O_TICK] = tick
    pool[order, c.O_SIDE] = 1 - 2 * (book & 1)
    pool[order, c.O_VENUE] = book >> 1
    pool[order, c.O_OWNER] = owner
    pool[order, c.O_NEXT] = -1
    tail = levels[book, tick, c.L_TAIL]
    pool[order, c.O_BEFORE] = tail
    if tail < 0:
        levels[book, tick, c.L_HEAD] = order
    else:
        pool[tail, c.O_NEXT] = order
    levels[book, tick, c.L_TAIL] = order
    levels[book, tick, c.L_SIZE] += size
    if better(book, tick, m.best[book]):
        m.best[book] = tick
    tell(m, ADD, order, size, LAST)
    return order


rest = inner(_rest)


def _unlink(m: Floor, order: int) -> None:
    """Take an order of size 0 out of its queue; an empty best level gives way to the next."""
    z, pool, levels = m.z, m.pool, m.levels
    tick = pool[order, c.O_TICK]
    book = 2 * pool[order, c.O_VENUE] + (1 if pool[order, c.O_SIDE] < 0 else 0)
    before, after = pool[order, c.O_BEFORE], pool[order, c.O_NEXT]
    if before < 0:
        levels[book, tick, c.L_HEAD] = after
    else:
        pool[before, c.O_NEXT] = after
    if after < 0:
        levels[book, tick, c.L_TAIL] = before
    else:
        pool[after, c.O_BEFORE] = before
    pool[order, c.O_NEXT] = z[c.Z_FREE]
    z[c.Z_FREE] = order
    if levels[book, tick, c.L_HEAD] < 0 and m.best[book] == tick:
        step = -1 if book & 1 == 0 else 1
        tick += step
        while 0 <= tick < levels.shape[1] and levels[book, tick, c.L_HEAD] < 0:
            tick += step
        m.best[book] = tick


unlink = inner(_unlink)


def _reduce(m: Floor, order: int, size: int) -> None:
    """Take a size off a resting order; it leaves the book at 0."""
    pool = m.pool
    tell(m, CANCEL, order, size, LAST)
    pool[order, c.O_SIZE] -= size
    m.levels[2 * pool[order, c.O_VENUE] + (1 if pool[order, c.O_SIDE] < 0 else 0), pool[order, c.O_TICK], c.L_SIZE] -= (
        size
    )
    if pool[order, c.O_SIZE] == 0:
        unlink(m, order)


reduce = inner(_reduce)


def _strike(m: Floor, order: int, size: int) -> None:
    """A trade takes a size from a resting order: print, its name, its reduction."""
    tick, side = m.pool[order, c.O_TICK], m.pool[order, c.O_SIDE]
    at = tell_print(m, m.pool[order, c.O_VENUE], tick * m.p[c.P_TICK], size, REGULAR)
    if at >= 0:
        m.out[at]["side"] = -side
        m.out[at]["flags"] = 0
    tell(m, FILL, order, size, 0)
    reduce(m, order, size)


strike = inner(_strike)


def _best_bid(m: Floor) -> int:
    """Best displayed bid of all venues in ticks; -1 without one."""
    found = -1
    for venue in range(c.LIT):
        found = max(found, m.best[2 * venue])
    return found


best_bid = jit(_best_bid)


def _best_ask(m: Floor) -> int:
    """Best displayed ask of all venues in ticks; the number of levels without one."""
    found: int = m.levels.shape[1]
    for venue in range(c.LIT):
        found = min(found, m.best[2 * venue + 1])
    return found


best_ask = jit(_best_ask)
