"""Own facts as order rows of three levels: the trader's order, the algo order, its children."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from app.engine.events import OrderRow
from app.feeds.simulator.evidence import cells as c
from app.feeds.simulator.evidence.cells import Ints
from app.feeds.simulator.evidence.played import Played
from app.feeds.simulator.evidence.setting import EvidenceWorld
from app.feeds.simulator.evidence.tape import Turned

ASKED_NS: Final = 800_000  # a request leaves so long before it takes effect
REPORT_NS: Final = 250_000  # a report arrives so long after the match
VENUES: Final = ("XNAS", "ARCX")


@dataclass(slots=True)
class Teller:
    """Numbers the rows of each source."""

    world: EvidenceWorld
    seed: int
    rows: list[OrderRow] = field(default_factory=list)
    seqs: dict[str, int] = field(default_factory=dict)

    def say(self, source: str, at: int, kind: Any, **columns: Any) -> None:
        """A row of a source."""
        self.seqs[source] = self.seqs.get(source, 0) + 1
        self.rows.append(
            OrderRow(ts_event=at, ts_recv=at + 12_000, kind=kind, source=source, seq=self.seqs[source], **columns)
        )


class _Parent:
    """What is the same on every row of a parent."""

    def __init__(self, teller: Teller, row: list[int], turned: Turned, number: int) -> None:
        self.row = row
        self.instrument = f"E{turned.instrument:02d}"
        self.name = parent_name(f"{teller.world.name}-{teller.seed}", turned.instrument, number)
        self.side = "BUY" if row[c.A_SIDE] * turned.turn > 0 else "SELL"
        self.algo = c.ALGOS[row[c.A_ALGO]]
        self.cums: dict[int, int] = {}
        self.same = {"parent_id": self.name, "instrument": self.instrument, "side": self.side}
        self.child = {**self.same, "algo_order_id": f"{self.name}-A1"}

    def child_id(self, number: int, version: int = 1) -> str:
        """ClOrdID of a child's n-th version."""
        return f"{self.name}-C{number}" if version == 1 else f"{self.name}-C{number}.{version}"


def parent_name(episode: str, instrument: int, number: int) -> str:
    """ID of a parent: its episode, its instrument, its number there."""
    return f"{episode}-{instrument:02d}-{number}"


def order_rows(teller: Teller, played: Played, turned: Turned) -> list[OrderRow]:
    """Order rows of one instrument, by source in order of time."""
    teller.rows = []
    table = played.pit.parents.tolist()
    parents = [_Parent(teller, row, turned, number) for number, row in enumerate(table)]
    for fact in played.told.tolist():
        _TELLS[fact[c.O_KIND]](teller, parents[fact[c.O_PARENT]], fact, turned)
    return teller.rows


def _begun(teller: Teller, parent: _Parent, fact: list[int], _turned: Turned) -> None:
    at, row = fact[c.O_AT], parent.row
    known = {
        "qty": row[c.A_QTY], "algo": parent.algo, "currency": "USD", "trader": "sim", "account": "SIM",
        "start_ns": row[c.A_START], "end_ns": row[c.A_END],
    }  # fmt: skip
    visibility = teller.world.orders.visibility
    teller.say("oms", at, "parent_new", **parent.same, **known, order_type="market", visibility=visibility)
    teller.say("ems", at, "algo_new", **parent.child, **known)
    if teller.world.orders.switch_at is not None:
        later = row[c.A_START] + int(teller.world.orders.switch_at * (row[c.A_END] - row[c.A_START]))
        switched = {**known, "algo": f"{parent.algo}-B"}
        teller.say("ems", max(later, at + 1), "algo_switched", **parent.child, **switched)


def _done(teller: Teller, parent: _Parent, fact: list[int], _turned: Turned) -> None:
    teller.say("ems", fact[c.O_AT], "algo_done", **parent.child)
    teller.say("oms", fact[c.O_AT], "parent_done", **parent.same)


def _terms(parent: _Parent, fact: list[int], turned: Turned) -> dict[str, Any]:
    price = _price(fact, turned)
    return {
        **parent.child, "child_id": parent.child_id(fact[c.O_CHILD], fact[c.O_VERSION]),
        "venue": VENUES[fact[c.O_VENUE]], "qty": fact[c.O_QTY], "price": price, "limit_price": price,
        "order_type": "limit", "tif": "day" if fact[c.O_WAY] == c.POST else "ioc",
    }  # fmt: skip


def _new(teller: Teller, parent: _Parent, fact: list[int], turned: Turned) -> None:
    teller.say("ems", fact[c.O_AT], "child_new", **_terms(parent, fact, turned))


def _acked(teller: Teller, parent: _Parent, fact: list[int], turned: Turned) -> None:
    teller.say("drop", fact[c.O_AT], "child_acked", **_terms(parent, fact, turned))


def _replaced(teller: Teller, parent: _Parent, fact: list[int], turned: Turned) -> None:
    terms = _terms(parent, fact, turned)
    original = parent.child_id(fact[c.O_CHILD], fact[c.O_VERSION] - 1)
    teller.say("ems", fact[c.O_AT] - ASKED_NS, "child_replace_requested", orig_child_id=original, **terms)
    teller.say("drop", fact[c.O_AT], "child_replaced", orig_child_id=original, **terms)


def _cancelled(teller: Teller, parent: _Parent, fact: list[int], _turned: Turned) -> None:
    original = parent.child_id(fact[c.O_CHILD], fact[c.O_VERSION])
    known = {
        **parent.child, "child_id": f"{original}.X", "orig_child_id": original, "venue": VENUES[fact[c.O_VENUE]],
        "qty": fact[c.O_QTY],
    }  # fmt: skip
    teller.say("ems", fact[c.O_AT] - ASKED_NS, "child_cancel_requested", **known)
    teller.say("drop", fact[c.O_AT], "child_cancelled", **known)


def _filled(teller: Teller, parent: _Parent, fact: list[int], turned: Turned) -> None:
    child, visibility = fact[c.O_CHILD], teller.world.orders.visibility
    cum = parent.cums[child] = parent.cums.get(child, 0) + fact[c.O_QTY]
    seen = visibility == "V3"
    teller.say(
        "drop", fact[c.O_AT] + REPORT_NS, "fill", **parent.child, ts_match=fact[c.O_AT],
        child_id=parent.child_id(child) if seen else None, exec_id=f"{parent.name}-E{fact[c.O_EXEC]}",
        venue=None if visibility == "V1" else VENUES[fact[c.O_VENUE]], qty=fact[c.O_QTY], price=_price(fact, turned),
        liquidity=None if visibility == "V1" else "A" if fact[c.O_WAY] == c.POST else "R", cum_qty=cum,
    )  # fmt: skip


def _price(fact: list[int], turned: Turned) -> int:
    return (turned.middle + turned.turn * fact[c.O_TICK]) * turned.tick


_TELLS: Final[dict[int, Callable[[Teller, _Parent, list[int], Turned], None]]] = {
    c.NEW: _new, c.ACKED: _acked, c.FILLED: _filled, c.CANCELLED: _cancelled, c.REPLACED: _replaced, c.BEGUN: _begun,
    c.DONE: _done,
}  # fmt: skip


def fills_of(told: Ints, parent: int) -> Ints:
    """Which own facts are executions of a parent."""
    return np.flatnonzero((told[:, c.O_KIND] == c.FILLED) & (told[:, c.O_PARENT] == parent))
