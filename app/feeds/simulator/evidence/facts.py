"""What is on its way, and what is told of own orders."""

from app.engine.bits import uniform
from app.feeds.simulator.bound import inner
from app.feeds.simulator.evidence import cells as c
from app.feeds.simulator.evidence.cells import Pit


def _normal(seed: int, stream: int, counter: int) -> float:
    """Nearly normal, mean 0, variance 1: the sum of four uniform numbers."""
    total = 0.0
    for k in range(4):
        total += uniform(seed, stream, 4 * counter + k)
    return (total - 2.0) * 1.7320508075688772


normal = inner(_normal)


def _wait(m: Pit, due: int, what: int, child: int, qty: int) -> None:
    """Put something on its way; what finds no place is counted as lost."""
    for k in range(len(m.waiting)):
        w = m.waiting[k]
        if w[c.W_DUE] == c.NEVER:
            w[c.W_DUE] = due
            w[c.W_WHAT] = what
            w[c.W_PARENT] = m.children[child, c.C_PARENT]
            w[c.W_CHILD] = child
            w[c.W_QTY] = qty
            m.z[c.Z_DUE] = min(m.z[c.Z_DUE], due)
            return
    m.z[c.Z_LOST] += 1


wait = inner(_wait)


def _say(m: Pit, kind: int, child: int, qty: int, tick: int) -> int:
    """An own fact of now; its row, or -1 where there is no room."""
    at = m.z[c.Z_TOLD]
    if at >= len(m.told):
        m.z[c.Z_LOST] += 1
        return -1
    m.z[c.Z_TOLD] = at + 1
    o = m.told[at]
    o[c.O_AT] = m.z[c.Z_NOW]
    o[c.O_KIND] = kind
    o[c.O_PARENT] = m.children[child, c.C_PARENT]
    o[c.O_CHILD] = m.children[child, c.C_NUMBER]
    o[c.O_VERSION] = 1
    o[c.O_VENUE] = m.children[child, c.C_VENUE]
    o[c.O_WAY] = m.children[child, c.C_WAY]
    o[c.O_QTY] = qty
    o[c.O_TICK] = tick
    o[c.O_EXEC] = 0
    return int(at)


say = inner(_say)


def _say_parent(m: Pit, kind: int, k: int) -> None:
    """A parent began or is done."""
    at = m.z[c.Z_TOLD]
    if at >= len(m.told):
        m.z[c.Z_LOST] += 1
        return
    m.z[c.Z_TOLD] = at + 1
    for column in range(c.O_COLUMNS):
        m.told[at, column] = 0
    m.told[at, c.O_AT] = m.z[c.Z_NOW]
    m.told[at, c.O_KIND] = kind
    m.told[at, c.O_PARENT] = k


say_parent = inner(_say_parent)
