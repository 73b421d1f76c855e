"""The loop of one instrument: what comes from outside and what is on its way, in order of time."""

from app.feeds.simulator.bound import entry, inner
from app.feeds.simulator.evidence import cells as c
from app.feeds.simulator.evidence.agent import act
from app.feeds.simulator.evidence.algos import look
from app.feeds.simulator.evidence.cells import Pit
from app.feeds.simulator.evidence.own import others_trade, post, settle, shorten, take, tire
from app.feeds.simulator.evidence.quotes import pass_time, refresh


def _first_due(m: Pit) -> int:
    """What is on its way and due next: its place; -1 for nothing."""
    found, due = -1, c.NEVER
    for k in range(len(m.waiting)):
        if m.waiting[k, c.W_DUE] < due:
            found, due = k, m.waiting[k, c.W_DUE]
    m.z[c.Z_DUE] = due
    return found


first_due = inner(_first_due)


def _arrive(m: Pit) -> None:
    """What is due next happens."""
    k = first_due(m)
    w = m.waiting[k]
    pass_time(m, w[c.W_DUE])
    what, child, qty = w[c.W_WHAT], w[c.W_CHILD], w[c.W_QTY]
    w[c.W_DUE] = c.NEVER
    if what == c.POSTS:
        post(m, child, qty)
    elif what == c.TAKES:
        take(m, child, qty)
    elif what == c.TIRES:
        tire(m, child, qty)
    else:
        act(m, child)
    settle(m, -1)
    first_due(m)


arrive = inner(_arrive)


def _from_outside(m: Pit, n: int) -> None:
    """The n-th event from outside happens."""
    pass_time(m, m.times[n])
    if m.kinds[n] == c.REFRESH:
        venue = refresh(m, n)
        settle(m, venue)
        shorten(m, venue)
        for k in range(m.p[c.P_PARENTS]):
            look(m, k)
        return
    side = m.signs[n]
    signal = m.x[c.X_SIGNAL]
    if m.draws[n, c.D_SPREAD] < m.f[c.F_LEAD] * min(abs(signal), 2.0):
        side = 1 if signal > 0.0 else -1
    venue = 0 if m.draws[n, c.D_VENUE] < m.f[c.F_FIRST] else 1
    others_trade(m, venue, side, m.sizes[n])
    settle(m, venue)


from_outside = inner(_from_outside)


def _run(m: Pit) -> None:
    """Everything from outside, and between it what is on its way."""
    m.z[c.Z_DUE] = c.NEVER
    for n in range(len(m.times)):
        while m.z[c.Z_DUE] <= m.times[n]:
            arrive(m)
        from_outside(m, n)


run = entry(_run)
