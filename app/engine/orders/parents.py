"""A parent order: its facts in definitive order and what they say of it."""

from __future__ import annotations

from app.engine.orders.facts import Fact, key_of

UNASSIGNED = "unassigned"


class Parent:
    """Facts of one parent; figures are folded from them (standing.py), so late and restated facts only re-sort.

    `stale` is set when what was folded no longer holds; `touched` counts every change.
    """

    __slots__ = ("facts", "folded", "instrument", "parent_id", "side", "sorted", "stale", "standing", "touched")

    def __init__(self, parent_id: str) -> None:
        self.parent_id = parent_id
        self.facts: list[Fact] = []
        self.sorted = True
        self.stale = False
        self.folded = 0
        self.standing: object | None = None
        self.touched = 0
        self.instrument: str | None = None
        self.side: str | None = None

    def add(self, fact: Fact) -> None:
        """Append a fact; one that is out of order, or restates, makes the figures stale."""
        if self.facts and self.facts[-1].key > fact.key:
            self.sorted = False
            self.stale = True
        if fact.row.kind in ("bust", "correct"):
            self.stale = True
        self.facts.append(fact)
        self.touched += 1
        self.instrument = self.instrument or fact.row.instrument
        self.side = self.side or fact.row.side

    def remove(self, fact: Fact) -> None:
        """Forget a fact that belongs to another parent."""
        self.facts.remove(fact)
        self.stale = True
        self.touched += 1

    def refresh(self) -> None:
        """A join of one of the facts changed: fold again."""
        self.stale = True
        self.touched += 1

    def in_order(self) -> list[Fact]:
        """The facts in definitive order."""
        if not self.sorted:
            self.facts.sort(key=key_of)
            self.sorted = True
        return self.facts
