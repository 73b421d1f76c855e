"""The kernels of the simulator as plain Python, one at a time: compiled, they can only be called by each other."""

from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any, Final
from unittest.mock import patch

import numpy as np

from app.engine.units import OPEN, PRICE_SCALE, SECOND
from app.feeds.simulator import agent, algos, books, children, kernel, makers, orders, schedule, trading
from app.feeds.simulator import cells as c
from app.feeds.simulator.cells import Floor, empty_floor

MODULES: Final = (agent, algos, books, children, kernel, makers, orders, schedule, trading)
TICKS: Final = 60
TICK: Final = PRICE_SCALE // 100
NOW: Final = 1_000 * SECOND
POOL: Final = 1_000


def _plain(module: ModuleType) -> dict[str, Any]:
    """The kernels a module binds, by name, as the functions they were compiled from; none with the JIT off."""
    return {name: bound.py_func for name, bound in vars(module).items() if hasattr(bound, "py_func")}


@contextmanager
def plain_kernels() -> Iterator[None]:
    """Every kernel is its Python function for as long as this lasts."""
    patches = [patch.multiple(module, **found) for module in MODULES if (found := _plain(module))]
    for one in patches:
        one.start()
    try:
        yield
    finally:
        for one in patches:
            one.stop()


def floor(rows: int = 2_000) -> Floor:
    """A small open market with nothing in it: ticks of a cent up to 60, time 1,000 s, every row told."""
    made = empty_floor(TICKS, rows, 4_000)
    pool = made.pool[:POOL].copy()
    made = made._replace(pool=pool, path=np.zeros(20_000), curve=np.linspace(0.0, 1.0, 20_001))
    made.z[c.Z_NOW], made.z[c.Z_STATUS] = NOW, OPEN
    made.p[c.P_TICK], made.p[c.P_EMIT], made.p[c.P_SEED] = TICK, 1, 1
    made.p[c.P_MAKER_CLIP], made.p[c.P_LATENCY] = 100, 900_000
    made.f[c.F_UNIT], made.f[c.F_HALF], made.f[c.F_ARRIVAL] = 100.0, 0.3, 30.0
    made.f[c.F_DEPTH : c.F_DEPTH + 5] = 500.0
    made.x[c.X_REF] = 30.0
    return made


def queue(m: Floor, book: int, tick: int) -> list[int]:
    """Pool rows of a level from first to last; the way back must be the same."""
    found, order, before = [], int(m.levels[book, tick, c.L_HEAD]), -1
    while order >= 0:
        assert m.pool[order, c.O_BEFORE] == before
        found.append(order)
        before, order = order, int(m.pool[order, c.O_NEXT])
    assert m.levels[book, tick, c.L_TAIL] == before
    return found


def sizes(m: Floor, book: int, tick: int) -> list[int]:
    """Sizes of a level from first to last; its sum is the level's."""
    found = [int(m.pool[order, c.O_SIZE]) for order in queue(m, book, tick)]
    assert sum(found) == m.levels[book, tick, c.L_SIZE]
    return found


def told(m: Floor) -> list[tuple[int, int, int]]:
    """Facts so far: kind, quantity, price in ticks."""
    return [
        (int(row[c.W_KIND]), int(row[c.W_QTY]), int(row[c.W_PRICE]) // TICK) for row in m.facts[: int(m.z[c.Z_FACTS])]
    ]


def way(m: Floor) -> list[tuple[int, int, int]]:
    """What is under way: what, and its two figures."""
    return [(int(q[c.Q_WHAT]), int(q[c.Q_A]), int(q[c.Q_B])) for q in m.queue[: int(m.z[c.Z_QUEUED])]]


def working_market(bid: int = 19, ask: int = 21, size: int = 500) -> Floor:
    """Both venues with one order a side, an order of 10,000 to sell from 500 s ago to 1,500 s ahead."""
    m = floor()
    for book in range(4):
        books.rest(m, book, ask if book % 2 else bid, size, c.MAKER)
    m.p[c.P_QTY], m.p[c.P_START], m.p[c.P_END] = 10_000, NOW - 500 * SECOND, NOW + 1_500 * SECOND
    m.p[c.P_FINAL], m.p[c.P_CLIP_LOW], m.p[c.P_CLIP_HIGH] = NOW + 1_400 * SECOND, 100, 100
    m.p[c.P_DECIDE], m.p[c.P_LIFE], m.p[c.P_PATIENCE] = SECOND, 40 * SECOND, 4 * SECOND
    m.p[c.P_BEHIND], m.p[c.P_MOST_WORKING], m.p[c.P_DISPLAYED], m.p[c.P_STRATEGY] = 400, 4, 1, c.BY_TIME
    m.f[c.F_MOST], m.f[c.F_ADV], m.f[c.F_AHEAD] = 1.0, 1_000_000.0, 400.0
    m.z[c.Z_VOLUME] = 1_000_000
    return m


def sent(m: Floor) -> list[tuple[int, int, int]]:
    """Children sent: kind, quantity, tick."""
    rows = m.facts[: int(m.z[c.Z_FACTS])]
    return [(int(r[c.W_WAY]), int(r[c.W_QTY]), int(r[c.W_PRICE]) // TICK) for r in rows if r[c.W_KIND] == c.NEW]


def live(m: Floor, kind: int, qty: int = 100, tick: int = 22) -> int:
    """A child that stands at its venue."""
    slot = orders.send(m, kind, 0, qty, tick)
    orders.enter(m, slot, int(m.slots[slot, c.S_CHILD]))
    m.slots[slot, c.S_UNTIL] = c.NEVER
    return slot
