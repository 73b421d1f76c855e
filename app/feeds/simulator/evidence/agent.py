"""The agent: it notices some of our children, and acts on them after a delay of its own."""

from app.engine.bits import exp, uniform
from app.feeds.simulator.bound import inner
from app.feeds.simulator.evidence import cells as c
from app.feeds.simulator.evidence.cells import Pit
from app.feeds.simulator.evidence.facts import normal, wait
from app.feeds.simulator.evidence.quotes import press, print_trade, queue


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
