"""Order facts for the tests of the own flow: rows by hand, linked, with the market of each moment made up."""

from itertools import count
from typing import Any

from app.engine.config import EngineConfig
from app.engine.enrich.history import TouchHistory
from app.engine.events import Instrument, OrderRow
from app.engine.orders.facts import Fact, Parent
from app.engine.orders.flow import Flow
from app.engine.orders.joins import Joins
from app.engine.units import GOOD, NO_QUOTE, NULL
from app.engine.universe import Universe

T = 10**18
_SEQ = count(1)


def row(t: int, kind: str, **columns: Any) -> OrderRow:
    """An order row at T + t; `price` and the like as given, source "oms" and the next seq unless told."""
    told: Any = {"ts_event": T + t, "kind": kind, "source": "oms", "seq": next(_SEQ)} | columns
    return OrderRow(**told)


class Story:
    """A flow with joins over an empty market, told rows in any order."""

    def __init__(self, *references: Instrument, **config: Any) -> None:
        self.universe = Universe()
        for reference in references or (Instrument(instrument="I"),):
            self.universe.describe(reference)
        self.config = EngineConfig(**config)
        self.joins = Joins(self.config, self.universe, TouchHistory(self.config))
        self.placed: list[Fact] = []
        self.flow = Flow(self.universe, self._place)

    def _place(self, fact: Fact) -> None:
        self.placed.append(fact)
        self.joins.place(fact)

    def tell(self, *rows: OrderRow) -> list[Fact]:
        """Take rows in the order given."""
        return [self.flow.take(told) for told in rows]

    def parent(self, name: str = "P1") -> Parent:
        """One parent."""
        return self.flow.parents[name]

    def market(self, fact: Fact, mid2: int | None = None, **fields: Any) -> None:
        """What a fact met strictly before its time, and at it."""
        for at in (fact.before, fact.at):
            join = self.joins.rows[at : at + 1]
            join["mid2"] = NULL if mid2 is None else mid2
            join["quality"] = NO_QUOTE if mid2 is None else GOOD
            join["last"] = NULL if mid2 is None else mid2
            join["bid"] = join["ask"] = NULL
            for name, value in fields.items():
                join[name] = value


def links(flow: Flow) -> dict[str, Any]:
    """What is linked to what, in words that do not know the order of arrival."""
    parents = {
        name: ([fact.key for fact in parent.facts], parent.instrument, parent.side)
        for name, parent in flow.parents.items()
        if parent.facts
    }
    chains = {
        (chain.parent_id, chain.child_id): (
            sorted(chain.ids),
            [fact.key for fact in chain.facts],
            (chain.side, chain.venue, chain.algo_order_id, chain.instrument),
        )
        for chain in flow.all_chains()
    }
    placed = {fact.key: fact.instrument >= 0 and flow.universe.instruments[fact.instrument] for fact in flow.facts}
    return {"parents": parents, "chains": chains, "placed": placed}
