"""Marketable orders: they take what rests, best level first, and ours among it; non-displayed interest trades first."""

from app.engine.bits import uniform
from app.engine.jit import jit
from app.engine.units import BID, REGULAR
from app.feeds.simulator import cells as c
from app.feeds.simulator.books import best_ask, best_bid, strike, tell_print
from app.feeds.simulator.bound import inner
from app.feeds.simulator.cells import Floor
from app.feeds.simulator.children import fill, put_off


def _take(m: Floor, book: int, size: int, limit: int) -> int:
    """Take up to a size from a book, no worse than a limit tick; the size done. Z_TAKER: own slot + 1, or 0."""
    z, pool = m.z, m.pool
    left = size
    while left > 0:
        tick = m.best[book]
        if tick < 0 or tick >= m.levels.shape[1]:
            break
        if (book & 1 == 1 and tick > limit) or (book & 1 == 0 and tick < limit):
            break
        order = m.levels[book, tick, c.L_HEAD]
        owner = pool[order, c.O_OWNER]
        if owner != c.MAKER and z[c.Z_TAKER] != 0:
            break  # never our own order against our own order
        qty = min(left, pool[order, c.O_SIZE])
        strike(m, order, qty)
        if z[c.Z_TAKER] != 0:
            fill(m, z[c.Z_TAKER] - 1, qty, tick * m.p[c.P_TICK])
        if owner != c.MAKER:
            fill(m, owner - 1, qty, tick * m.p[c.P_TICK])
        left -= qty
    return size - left


take = inner(_take)


def _middle(m: Floor) -> int:
    """The mid in 1e-9; -1 without both sides."""
    bid, ask = best_bid(m), best_ask(m)
    if bid < 0 or ask >= m.levels.shape[1]:
        return -1
    return int((bid + ask) * m.p[c.P_TICK] // 2)


middle = jit(_middle)


def _meet_hidden(m: Floor, venue: int, size: int) -> int:
    """A buyer meets our non-displayed orders of a venue at the mid; the size done."""
    price = middle(m)
    left = size
    if price < 0:
        return 0
    for slot in range(c.SLOTS):
        s = m.slots
        if left > 0 and s[slot, c.S_STATE] == c.LIVE and s[slot, c.S_KIND] == c.HIDDEN and s[slot, c.S_VENUE] == venue:
            qty = min(left, s[slot, c.S_QTY] - s[slot, c.S_FILLED])
            at = tell_print(m, venue, price, qty, REGULAR)
            if at >= 0:
                m.out[at]["side"] = BID
            fill(m, slot, qty, price)
            left -= qty
    return size - left


meet_hidden = inner(_meet_hidden)


def _order(m: Floor, number: int, mark: int) -> None:
    """Somebody's marketable order: `mark` is its signed size; it goes to the venue with the best price."""
    book = 1 if mark > 0 else 0
    size = abs(mark)
    first = 0
    if uniform(m.p[c.P_SEED], c.R_ORDER, 4 * number) < m.f[c.F_SECOND_VENUE]:
        first = 1
    venue = first
    for other in range(c.LIT):
        ahead = m.best[2 * other + book] - m.best[2 * venue + book]
        if (book == 1 and ahead < 0) or (book == 0 and ahead > 0):
            venue = other
    tick = m.best[2 * venue + book]
    if tick < 0 or tick >= m.levels.shape[1]:
        return
    m.z[c.Z_TAKER] = 0
    seed = m.p[c.P_SEED]
    if mark > 0 and m.z[c.Z_HIDDEN] > 0 and uniform(seed, c.R_ORDER, 4 * number + 1) < m.f[c.F_MID_SHARE]:
        size -= meet_hidden(m, venue, size)
    alert = mark > 0 and m.z[c.Z_NOW] < m.z[c.Z_ALERT]
    if alert and uniform(seed, c.R_ORDER, 4 * number + 2) < m.f[c.F_IN_FRONT]:
        price = middle(m)  # the agent meets the buyer, in front of our queue
        if price >= 0 and size > 0:
            at = tell_print(m, venue, price, size, REGULAR)
            if at >= 0:
                m.out[at]["side"] = BID
            return
    take(m, 2 * venue + book, size, tick + (2 if book == 1 else -2))


order = inner(_order)


def _dark_order(m: Floor, number: int, mark: int) -> None:
    """An off-exchange trade: its print follows late; a buyer may meet our dark order at the mid, on size."""
    price = middle(m)
    if price < 0:
        return
    size = abs(mark)
    z, s = m.z, m.slots
    at = z[c.Z_NOW] + 5_000_000 + int(600e6 * uniform(m.p[c.P_SEED], c.R_DARK, 4 * number + 1))
    if mark > 0 and z[c.Z_DARK] > 0 and uniform(m.p[c.P_SEED], c.R_DARK, 4 * number) < m.f[c.F_DARK_SHARE]:
        for slot in range(c.SLOTS):
            if size > 0 and s[slot, c.S_STATE] == c.LIVE and s[slot, c.S_KIND] == c.DARK:
                qty = min(size, s[slot, c.S_QTY] - s[slot, c.S_FILLED])
                fill(m, slot, qty, price)
                put_off(m, at, c.PRINT, price, qty)
                size -= qty
    if size > 0:
        put_off(m, at + 100_000, c.PRINT, price, size)


dark_order = inner(_dark_order)
