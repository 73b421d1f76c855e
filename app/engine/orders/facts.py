"""Facts of the own flow and what links them: the chain of one child order, and the parent order."""

from __future__ import annotations

from app.engine.events import OrderRow

NOWHERE = -1
UNASSIGNED = "unassigned"  # the parent of whatever has none
Key = tuple[int, str, int, int]


class Fact:
    """An order row and its links.

    `key` is the definitive order: (ts_event, source, seq, number within the source). `before` and `at` are rows
    of the join table (strictly before, and including, its time), `horizon` a row of the horizon table.
    """

    __slots__ = (
        "at", "before", "chain", "horizon", "instrument", "key", "late", "matched_at", "parent", "row", "wanted",
    )  # fmt: skip

    def __init__(self, row: OrderRow, number: int) -> None:
        self.row = row
        self.key: Key = (row.ts_event, row.source, row.seq, number)
        self.instrument = NOWHERE
        self.before = NOWHERE
        self.at = NOWHERE
        self.horizon = NOWHERE
        self.wanted = NOWHERE  # row of the own-print candidates
        self.matched_at = row.ts_match or row.ts_event
        self.late = False
        self.chain: Chain | None = None
        self.parent: Parent | None = None

    @property
    def side(self) -> int:
        """+1 buy, -1 sell, 0 where this fact and its chain do not say."""
        side = self.row.side or (self.chain.side if self.chain else None) or (self.parent.side if self.parent else None)
        return 0 if side is None else (1 if side == "BUY" else -1)


def key_of(fact: Fact) -> Key:
    """Sort key of the definitive order."""
    return fact.key


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
