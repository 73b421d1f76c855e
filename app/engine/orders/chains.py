"""A child order and everything that happened to it: one chain over new, replaces, cancels, fills and busts."""

from __future__ import annotations

from app.engine.orders.facts import NOWHERE, Fact, key_of


class Chain:
    """Facts of one child order under every ClOrdID it has had; the first one names it."""

    __slots__ = ("algo_order_id", "facts", "ids", "instrument", "parent_id", "parent_key", "side", "sorted", "venue")

    def __init__(self) -> None:
        self.ids: set[str] = set()
        self.facts: list[Fact] = []
        self.sorted = True
        self.instrument = NOWHERE
        self.side: str | None = None
        self.venue: str | None = None
        self.algo_order_id: str | None = None
        self.parent_id: str | None = None
        self.parent_key: tuple[int, str, int, int] | None = None

    def add(self, fact: Fact) -> None:
        """Append a fact; what it says of the order is learnt, the earliest fact winning."""
        self.sorted = self.sorted and (not self.facts or self.facts[-1].key <= fact.key)
        self.facts.append(fact)
        fact.chain = self
        row = fact.row
        self.side = self.side or row.side
        self.venue = self.venue or row.venue
        self.algo_order_id = self.algo_order_id or row.algo_order_id

    def in_order(self) -> list[Fact]:
        """The facts in definitive order."""
        if not self.sorted:
            self.facts.sort(key=key_of)
            self.sorted = True
        return self.facts

    @property
    def child_id(self) -> str:
        """The ClOrdID of the chain's first order."""
        facts = self.in_order()
        for fact in facts:
            if fact.row.kind == "child_new" and fact.row.child_id:
                return fact.row.child_id
        first = facts[0].row
        return first.orig_child_id or first.child_id or min(self.ids, default="")
