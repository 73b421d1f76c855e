"""One fact of the own flow with what it met: its joins, its horizons, its place in a chain and a parent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.engine.events import OrderRow

if TYPE_CHECKING:
    from app.engine.orders.chains import Chain
    from app.engine.orders.parents import Parent

NOWHERE = -1
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
