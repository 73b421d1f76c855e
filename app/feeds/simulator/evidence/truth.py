"""What is true of a parent: what the agent cost it, by channel, and what an arrival slippage would have said."""

from typing import NamedTuple

import msgspec

from app.feeds.simulator.evidence import cells as c
from app.feeds.simulator.evidence.cells import Ints
from app.feeds.simulator.evidence.played import Played
from app.feeds.simulator.evidence.tape import Turned
from app.feeds.simulator.evidence.told import fills_of, parent_name


class Truth(msgspec.Struct, frozen=True, kw_only=True):
    """One parent; costs in bps of S x arrival, positive = paid.

    leak = flow + fade + path: what was paid less what the same parent paid without the agent. flow, fade: by how much
    the agent's trades and the retreat of quotes had moved the price at the fills as they were; path: the rest, which
    is that fills come at other times and whole ticks. `onset_child`: number of the first child it answered, None
    without one.
    """

    parent_id: str
    instrument: str
    side: int
    algo: str
    qty: int
    arrival: int  # twice the mid before it began, in 1e-9
    leaking: bool
    leak_bps: float
    flow_bps: float
    fade_bps: float
    path_bps: float
    slip_bps: float
    n_children: int
    n_answered: int
    onset_child: int | None
    start_ns: int
    end_ns: int


class _Paid(NamedTuple):
    """Executions of one parent: sizes and prices in ticks, which own facts they are."""

    at: Ints
    qty: Ints
    tick: Ints

    @property
    def total(self) -> int:
        """Shares times ticks."""
        return int((self.qty * self.tick).sum())


def _paid(played: Played, parent: int) -> _Paid:
    told = played.told
    at = fills_of(told, parent)
    return _Paid(at, told[at, c.O_QTY], told[at, c.O_TICK])


def truth_of(played: Played, calm: Played, named: tuple[str, Turned]) -> list[Truth]:
    """The truths of an instrument's parents; `calm`: the same without the agent. named: the episode, the instrument."""
    return [_truth(played, calm, parent, named) for parent in range(len(played.pit.parents))]


def _truth(played: Played, calm: Played, parent: int, named: tuple[str, Turned]) -> Truth:
    episode, turned = named
    row = played.pit.parents[parent]
    side, qty = int(row[c.A_SIDE]), int(row[c.A_QTY])
    here, there = _paid(played, parent), _paid(calm, parent)
    middle = 2 * turned.middle
    arrival = middle + int(row[c.A_ARRIVAL]) if turned.turn > 0 else middle - int(row[c.A_ARRIVAL])
    scale = side * 1e4 * 2.0 / (qty * arrival)
    marks = played.marks[here.at]
    flow, fade = (side * float((here.qty * marks[:, k]).sum()) / qty for k in (c.M_FLOW, c.M_FADE))
    begun = int(row[c.A_ARRIVAL]) - int(calm.pit.parents[parent, c.A_ARRIVAL])  # twice: what others' leaks did before
    leak = (here.total - there.total - 0.5 * qty * begun) * scale
    if here.qty.sum() != qty or there.qty.sum() != qty:
        leak = float("nan")
    return Truth(
        parent_id=parent_name(episode, turned.instrument, parent), instrument=f"E{turned.instrument:02d}",
        side=side * turned.turn, algo=c.ALGOS[row[c.A_ALGO]], qty=qty, arrival=arrival * turned.tick,
        leaking=bool(row[c.A_LEAKS]) and bool(played.pit.p[c.P_AGENT]), leak_bps=leak, flow_bps=flow, fade_bps=fade,
        path_bps=leak - flow - fade, slip_bps=(here.total - qty * int(row[c.A_ARRIVAL]) / 2) * scale,
        n_children=int(row[c.A_CHILDREN]), n_answered=int(row[c.A_ANSWERED]),
        onset_child=int(row[c.A_FIRST]) if row[c.A_FIRST] >= 0 else None,
        start_ns=int(row[c.A_START]), end_ns=int(row[c.A_END]),
    )  # fmt: skip
