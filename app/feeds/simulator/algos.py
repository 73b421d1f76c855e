"""The algo at work: which children are sent, moved and withdrawn to keep to the schedule.

All strategies are one machine with different parameters: by what the target is found (P_STRATEGY), whether children
are displayed, how large, how patient, when the spread is crossed, whether dark and non-displayed venues are used.
"""

from app.engine.bits import uniform
from app.engine.units import OPEN
from app.feeds.simulator import cells as c
from app.feeds.simulator.books import best_ask, best_bid
from app.feeds.simulator.bound import inner
from app.feeds.simulator.cells import Floor
from app.feeds.simulator.orders import ask_leave, ask_move, send
from app.feeds.simulator.schedule import find_target


def _draw(m: Floor, which: int) -> float:
    """A random number of this decision."""
    return uniform(m.p[c.P_SEED], c.R_DECIDE, 8 * m.z[c.Z_CLIPS] + which)


draw = inner(_draw)


def _withdraw(m: Floor) -> int:
    """Ask for the cancellation of every live child; how many are still at work."""
    s = m.slots
    working = 0
    for slot in range(c.SLOTS):
        if s[slot, c.S_STATE] != c.FREE:
            working += 1
            if s[slot, c.S_STATE] == c.LIVE and s[slot, c.S_ASKED] == 0 and s[slot, c.S_KIND] != c.CROSS:
                ask_leave(m, slot)
    return working


withdraw = inner(_withdraw)


def _tend(m: Floor) -> int:
    """Withdraw children whose time is over, follow the touch with displayed ones; how many are at work."""
    s, now = m.slots, m.z[c.Z_NOW]
    ask = best_ask(m)
    working = 0
    for slot in range(c.SLOTS):
        if s[slot, c.S_STATE] == c.FREE:
            continue
        working += 1
        if s[slot, c.S_STATE] != c.LIVE or s[slot, c.S_ASKED] != 0:
            continue
        if now >= s[slot, c.S_UNTIL]:
            ask_leave(m, slot)
        elif s[slot, c.S_KIND] == c.POST and s[slot, c.S_TICK] > ask and now - s[slot, c.S_BORN] >= m.p[c.P_PATIENCE]:
            ask_move(m, slot, ask)
    return working


tend = inner(_tend)


def _larger_bid(m: Floor) -> int:
    """The venue with the most shares at the best bid."""
    tick = best_bid(m)
    found, most = 0, -1
    for venue in range(c.LIT):
        if m.best[2 * venue] == tick and m.levels[2 * venue, tick, c.L_SIZE] > most:
            found, most = venue, m.levels[2 * venue, tick, c.L_SIZE]
    return found


larger_bid = inner(_larger_bid)


def _shorter_ask(m: Floor) -> int:
    """The venue with the shorter queue at the best ask."""
    tick = best_ask(m)
    found, least = 0, 1 << 60
    for venue in range(c.LIT):
        if m.levels[2 * venue + 1, tick, c.L_SIZE] < least:
            found, least = venue, m.levels[2 * venue + 1, tick, c.L_SIZE]
    return found


shorter_ask = inner(_shorter_ask)


def _start_child(m: Floor, kind: int, venue: int, qty: int, tick: int) -> None:
    """Send a child and give it a life of its own length."""
    slot = send(m, kind, venue, qty, tick)
    if slot >= 0:
        m.slots[slot, c.S_UNTIL] = m.z[c.Z_NOW] + int(m.p[c.P_LIFE] * (0.5 + draw(m, 2)))


start_child = inner(_start_child)


def _send_more(m: Floor, working: int) -> None:
    """Send what the schedule lacks: cross when behind, else wait in a queue or out of sight."""
    z, p = m.z, m.p
    ask, bid = best_ask(m), best_bid(m)
    left = p[c.P_QTY] - z[c.Z_DONE] - z[c.Z_WORKING]
    if left <= 0 or bid < 0 or ask >= m.levels.shape[1]:
        return
    clip = min(left, p[c.P_CLIP_LOW] + int(draw(m, 0) * (p[c.P_CLIP_HIGH] - p[c.P_CLIP_LOW] + 1)))
    behind = m.x[c.X_TARGET] - z[c.Z_DONE]
    need = behind + m.f[c.F_AHEAD] - z[c.Z_WORKING]
    venue = larger_bid(m)
    shown = m.levels[2 * venue, bid, c.L_SIZE]
    if p[c.P_CROSS_SIZE] > 0 and shown >= p[c.P_CROSS_SIZE] and behind > 0.0:
        start_child(m, c.TAKE, venue, min(left, shown // 4), bid)
        z[c.Z_CLIPS] += 1
    elif p[c.P_DISPLAYED] == 1 and behind >= p[c.P_BEHIND]:
        start_child(m, c.TAKE, venue, clip, bid - 1)
        z[c.Z_CLIPS] += 1
    elif need >= clip and working < p[c.P_MOST_WORKING]:
        if p[c.P_DISPLAYED] == 1 or behind >= p[c.P_BEHIND]:
            start_child(m, c.POST, shorter_ask(m), clip, ask)
        elif p[c.P_USE_DARK] == 1 and draw(m, 1) < 0.5:
            start_child(m, c.DARK, c.LIT, clip, bid)
        else:
            start_child(m, c.HIDDEN, int(c.LIT * draw(m, 3)), clip, bid)
        z[c.Z_CLIPS] += 1


send_more = inner(_send_more)


def _decide(m: Floor) -> None:
    """One look of the algo at its order."""
    z, p = m.z, m.p
    z[c.Z_DECIDE] = z[c.Z_NOW] + p[c.P_DECIDE]
    if z[c.Z_STATUS] != OPEN:
        return
    find_target(m)
    if z[c.Z_RENEW] == 1:  # the children of the old way go first
        z[c.Z_RENEW] = 0
        withdraw(m)
    if z[c.Z_STOPPED] == 1:
        withdraw(m)
    elif z[c.Z_NOW] < p[c.P_FINAL]:
        send_more(m, tend(m))
    elif z[c.Z_FINAL] == 0 and withdraw(m) == 0:
        z[c.Z_FINAL] = 1
        left = p[c.P_QTY] - z[c.Z_DONE]
        if left > 0:
            send(m, c.CROSS, 0, left, best_bid(m))


decide = inner(_decide)
