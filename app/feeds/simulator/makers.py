"""Market makers: they keep depth on both sides of the reference price and pull what has become stale."""

import math

from app.engine.bits import uniform
from app.engine.jit import jit
from app.feeds.simulator import cells as c
from app.feeds.simulator.books import best_ask, best_bid, better, reduce, rest
from app.feeds.simulator.bound import inner
from app.feeds.simulator.cells import Floor
from app.feeds.simulator.trading import take

DEEP = 5  # levels that are kept


def _edge(m: Floor, half: int) -> int:
    """The best tick a maker would quote on a side."""
    middle, half_spread = float(m.x[c.X_REF]), float(m.f[c.F_HALF])
    return math.floor(middle - half_spread) if half == 0 else math.ceil(middle + half_spread)


edge = jit(_edge)


def _pull(m: Floor, book: int, tick: int, share: float) -> None:
    """Makers cancel at a level: all of theirs (share 1), or the first of theirs only (0)."""
    order = m.levels[book, tick, c.L_HEAD]
    while order >= 0:
        after = m.pool[order, c.O_NEXT]
        if m.pool[order, c.O_OWNER] == c.MAKER:
            reduce(m, order, m.pool[order, c.O_SIZE])
            if share < 1.0:
                return
        order = after


pull = inner(_pull)


def _only_ours(m: Floor, book: int, tick: int) -> bool:
    """True for a level at which no maker has an order."""
    order = m.levels[book, tick, c.L_HEAD]
    while order >= 0:
        if m.pool[order, c.O_OWNER] == c.MAKER:
            return False
        order = m.pool[order, c.O_NEXT]
    return True


only_ours = inner(_only_ours)


def _mend(m: Floor, book: int, tick: int, want: float, draw: int) -> None:
    """Bring a level nearer to its depth: add an order, or cancel the last one that is a maker's."""
    seed = m.p[c.P_SEED]
    have = m.levels[book, tick, c.L_SIZE]
    if have < want and m.z[c.Z_FREE] < c.OPEN_BOOK - c.SLOTS:
        lots = 1 + int(2.4 * uniform(seed, c.R_REFRESH, draw))
        rest(m, book, tick, lots * m.p[c.P_MAKER_CLIP], c.MAKER)
        return
    order = m.levels[book, tick, c.L_TAIL]
    while order >= 0 and m.pool[order, c.O_OWNER] != c.MAKER:
        order = m.pool[order, c.O_BEFORE]
    if order >= 0:
        reduce(m, order, m.pool[order, c.O_SIZE])


mend = inner(_mend)


def _refresh(m: Floor, number: int) -> None:
    """One maker looks at one side of one venue and mends what is wrong there."""
    seed, draw = m.p[c.P_SEED], 8 * number
    which = int(2 * c.LIT * uniform(seed, c.R_REFRESH, draw))
    half = which & 1
    wanted = edge(m, half)
    best = m.best[which]
    if best >= 0 and best < m.levels.shape[1] and better(which, best, wanted):
        if not only_ours(m, which, best):
            pull(m, which, best, 1.0 if uniform(seed, c.R_REFRESH, draw + 1) < m.f[c.F_PULL] else 0.0)
            return
        ahead = m.x[c.X_REF] - best if half == 1 else best - m.x[c.X_REF]
        if ahead > 0.0:  # our order is cheaper than the reference: somebody picks it up
            m.z[c.Z_TAKER] = 0
            take(m, which, m.pool[m.levels[which, best, c.L_HEAD], c.O_SIZE], best)
            return
    level = min(int(1.6 / (0.32 + uniform(seed, c.R_REFRESH, draw + 2))), DEEP) - 1
    level = max(level, 0)
    tick = wanted - level if half == 0 else wanted + level
    other = best_ask(m) if half == 0 else best_bid(m)
    if half == 0 and tick >= other:
        tick = other - 1
    elif half == 1 and tick <= other:
        tick = other + 1
    if tick < 1 or tick >= m.levels.shape[1] - 1:
        return
    want = m.f[c.F_DEPTH + level] * (0.5 + uniform(seed, c.R_REFRESH, draw + 3))
    mend(m, which, tick, want, draw + 4)


refresh = inner(_refresh)


def _seed_books(m: Floor) -> None:
    """Books at the open: five levels a side, one tick away from the reference price on both sides."""
    middle = int(m.x[c.X_REF] + 0.5)
    for venue in range(c.LIT):
        for half in range(2):
            for level in range(8):
                tick = middle - 1 - level if half == 0 else middle + 1 + level
                want = m.f[c.F_DEPTH + min(level, DEEP - 1)]
                done = 0
                while done < want:
                    draw = uniform(m.p[c.P_SEED], c.R_SEEDING, (venue * 2 + half) * 1000 + level * 50 + done // 100)
                    size = (1 + int(2.4 * draw)) * m.p[c.P_MAKER_CLIP]
                    rest(m, 2 * venue + half, tick, size, c.MAKER)
                    done += size


seed_books = inner(_seed_books)
