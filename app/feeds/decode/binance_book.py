"""Binance's rule for keeping a local book: which depth updates follow a snapshot, and when one is missing.

Source: "How to manage a local order book correctly", Binance API documentation for spot and for futures.
"""

from collections import deque
from dataclasses import dataclass, field
from enum import Enum
from typing import Final, Generic, NamedTuple, TypeVar

_WAITING_LIMIT: Final = 100_000  # older updates cannot follow any snapshot still to come

T = TypeVar("T")


class Update(NamedTuple, Generic[T]):
    """A depth update: its first and final id, the final id before it (futures only), and what it carries."""

    first: int
    final: int
    before: int | None
    body: T


class Step(Enum):
    """What to do with a depth update."""

    APPLY = "apply"
    OLD = "old"  # already contained in the snapshot
    WAIT = "wait"  # no snapshot yet: kept
    GAP = "gap"  # one is missing: the book is void until the next snapshot


@dataclass(slots=True)
class Continuity(Generic[T]):
    """The state of one symbol: in step with its snapshot, or waiting for one with the updates since."""

    in_step: bool = False
    last: int = 0  # final id of the last update applied, or the id of the snapshot
    fresh: bool = False  # no update applied since the snapshot
    waiting: deque[Update[T]] = field(default_factory=lambda: deque(maxlen=_WAITING_LIMIT))
    overflowed: int = 0

    def snapshot(self, last: int) -> list[tuple[Update[T], Step]] | None:
        """Take a snapshot; the waiting updates and what to do with each. None: it is older than the book."""
        if self.in_step and last <= self.last:
            return None
        self.in_step, self.last, self.fresh = True, last, True
        kept, self.waiting = list(self.waiting), deque(maxlen=_WAITING_LIMIT)
        return [(update, self.update(update)) for update in kept]

    def update(self, update: Update[T]) -> Step:
        """What to do with the next update of the stream."""
        if not self.in_step:
            self._keep(update)
            return Step.WAIT
        if self.fresh and self._is_old(update):
            return Step.OLD
        if not self._follows(update):
            self.in_step = False
            self._keep(update)
            return Step.GAP
        self.last, self.fresh = update.final, False
        return Step.APPLY

    def _is_old(self, update: Update[T]) -> bool:
        """Futures drop updates that end before the snapshot, spot also the one that ends with it."""
        return update.final < self.last if update.before is not None else update.final <= self.last

    def _follows(self, update: Update[T]) -> bool:
        if update.before is not None:
            return update.first <= self.last if self.fresh else update.before == self.last
        return update.first <= self.last + 1 if self.fresh else update.first == self.last + 1

    def _keep(self, update: Update[T]) -> None:
        self.overflowed += len(self.waiting) == _WAITING_LIMIT
        self.waiting.append(update)
