"""Facts of the own flow and what links them: the chain of one child order, and the parent order."""

from __future__ import annotations

from bisect import bisect_left, insort

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


def put(facts: list[Fact], fact: Fact) -> None:
    """Put a fact in its place among facts in definitive order; most come last."""
    if not facts or facts[-1].key <= fact.key:
        facts.append(fact)
    else:
        insort(facts, fact, key=key_of)


def said(facts: list[Fact], name: str) -> str | None:
    """The earliest value the facts give for a text column."""
    values = (getattr(fact.row, name) for fact in facts)
    return next((value for value in values if value), None)


class Chain:
    """Facts of one child order, in definitive order, under every ClOrdID it has had; the first one names it.

    What its facts say of the order (side, venue, instrument, algo order) is the earliest fact's word, whenever that
    fact came. `parent_key` is the fact that names the parent.
    """

    __slots__ = ("algo_order_id", "facts", "ids", "instrument", "parent_id", "parent_key", "side", "venue")

    def __init__(self) -> None:
        self.ids: set[str] = set()
        self.facts: list[Fact] = []
        self.instrument: str | None = None
        self.side: str | None = None
        self.venue: str | None = None
        self.algo_order_id: str | None = None
        self.parent_id: str | None = None
        self.parent_key: Key | None = None

    def add(self, fact: Fact) -> None:
        """Put a fact in its place."""
        put(self.facts, fact)
        fact.chain = self
        self._learn(fact)

    def remove(self, fact: Fact) -> None:
        """Forget a fact that belongs to another order."""
        del self.facts[bisect_left(self.facts, fact.key, key=key_of)]
        fact.chain = None
        self._learn(None)

    def _learn(self, added: Fact | None) -> None:
        if added is not None and added is self.facts[-1]:  # the usual case, without a walk
            row = added.row
            self.instrument = self.instrument or row.instrument
            self.side = self.side or row.side
            self.venue = self.venue or row.venue
            self.algo_order_id = self.algo_order_id or row.algo_order_id
            return
        for name in ("instrument", "side", "venue", "algo_order_id"):
            setattr(self, name, said(self.facts, name))

    @property
    def child_id(self) -> str:
        """The ClOrdID of the chain's first order."""
        for fact in self.facts:
            if fact.row.kind == "child_new" and fact.row.child_id:
                return fact.row.child_id
        first = self.facts[0].row
        return first.orig_child_id or first.child_id or min(self.ids, default="")


class Parent:
    """Facts of one parent in definitive order; figures are folded from them (standing.py).

    `stale` is set when what was folded no longer holds; `touched` counts every change. The unassigned bucket is no
    order: it has neither instrument nor side to lend to its facts.
    """

    __slots__ = ("facts", "folded", "instrument", "parent_id", "side", "stale", "standing", "touched")

    def __init__(self, parent_id: str) -> None:
        self.parent_id = parent_id
        self.facts: list[Fact] = []
        self.stale = False
        self.folded = 0
        self.standing: object | None = None
        self.touched = 0
        self.instrument: str | None = None
        self.side: str | None = None

    def add(self, fact: Fact) -> None:
        """Put a fact in its place."""
        put(self.facts, fact)
        fact.parent = self
        self._learn(fact)

    def remove(self, fact: Fact) -> None:
        """Forget a fact that belongs to another parent."""
        del self.facts[bisect_left(self.facts, fact.key, key=key_of)]
        fact.parent = None
        self._learn(None)

    def refresh(self) -> None:
        """Something a fact stands on changed (its join, its chain): fold again."""
        self.stale = True
        self.touched += 1

    def _learn(self, added: Fact | None) -> None:
        self.refresh()
        if self.parent_id == UNASSIGNED:
            return
        if added is not None and added is self.facts[-1]:
            self.instrument = self.instrument or added.row.instrument
            self.side = self.side or added.row.side
        else:
            self.instrument, self.side = said(self.facts, "instrument"), said(self.facts, "side")
