"""One symbol with its own facts, as moments, and the trails of its parents."""

from __future__ import annotations

from bisect import insort
from typing import TYPE_CHECKING, Final

from app.engine.evidence.footprint import House
from app.engine.evidence.own import Level, Moment, Reader, in_order, named
from app.engine.units import NULL, SECOND

if TYPE_CHECKING:
    from app.engine.evidence.symbol import Symbol
    from app.engine.evidence.trail import Trail
    from app.engine.orders.facts import Fact, Key
    from app.engine.orders.joins import Joins

_NEAR_NS: Final = SECOND  # own prints a kernel is told of before its span


class Seen:
    """What the first pass has to know of a parent: what is told of its visibility, and own flow on and off the tape.
    `trail`: its own, once the second pass has met it.
    """

    __slots__ = ("on_tape", "parent_id", "trail", "unseen", "visibility")

    def __init__(self, parent_id: str) -> None:
        self.parent_id = parent_id
        self.visibility: str | None = None
        self.trail: Trail | None = None
        self.on_tape = self.unseen = 0


class Followed:
    """One symbol and its own moments."""

    __slots__ = (
        "_passed",
        "at",
        "dirty",
        "ends",
        "facts",
        "house",
        "levels",
        "moments",
        "open",
        "placed",
        "read",
        "reader",
        "seen",
        "symbol",
        "trails",
    )

    def __init__(self, symbol: Symbol, joins: Joins) -> None:
        self.symbol = symbol
        self.facts: list[tuple[int, Key, Fact]] = []
        self.reader = Reader(joins)
        self.moments: list[Moment] = []
        self.read = 0  # facts that have become moments
        self.at = 0  # moments that have been played
        self.open = -1  # record of the open window
        self.ends = NULL  # when it will have lasted its time
        self._passed = NULL
        self.dirty: int | None = None  # the earliest time at which something has changed
        self.placed: dict[tuple[Key, int], int] = {}  # (fact, time) -> its record
        self.levels: dict[Key, Level] = {}  # fill -> own level just before it
        self.trails: dict[str, Trail] = {}
        self.house = House()
        self.seen: dict[str, Seen] = {}

    @property
    def passed(self) -> int:
        """Moments before this time have been played; NULL: none."""
        return self._passed if self.facts else int(self.symbol.states.symbols["passed"][self.symbol.place])

    @passed.setter
    def passed(self, t: int) -> None:
        """They have been, up to t."""
        self._passed = t
        if not self.facts:
            self.symbol.states.symbols["passed"][self.symbol.place] = t

    def read_until(self, t: int) -> None:
        """Turn the facts before t into moments."""
        facts, moments, read = self.facts, self.moments, self.read
        while read < len(facts) and facts[read][0] < t:
            for moment in self.reader.read(facts[read][2]):
                if not moments or moments[-1][0] < moment[0] or moments[-1][:3] <= moment[:3]:  # as in_order has them
                    moments.append(moment)
                else:
                    insort(moments, moment, key=in_order)
            read += 1
        self.read = read

    def seen_of(self, fact: Fact) -> Seen | None:
        """What is seen of the parent of a fact so far; None for the unassigned bucket."""
        parent_id = named(fact)
        if parent_id is None:
            return None
        seen = self.seen.get(parent_id)
        if seen is None:
            seen = self.seen[parent_id] = Seen(parent_id)
        seen.visibility = fact.row.visibility or seen.visibility
        return seen

    def near(self) -> list[tuple[int, int]]:
        """(ts, number) of own prints that may be met from the stream's cursor on."""
        own = self.reader.own
        if not own:
            return own
        begin, first = self.symbol.cursor - _NEAR_NS, len(own)
        while first > 0 and own[first - 1][0] >= begin - _NEAR_NS:
            first -= 1
        return [(ts, number) for ts, number in own[first:] if ts >= begin]

    def add(self, entry: tuple[int, Key, Fact]) -> None:
        """One more fact, in its place."""
        if not self.facts or self.facts[-1][0] < entry[0] or self.facts[-1][:2] <= entry[:2]:
            self.facts.append(entry)
        else:
            insort(self.facts, entry, key=lambda other: other[:2])

    def forget(self) -> None:
        """Every fact is to be read again."""
        self.reader, self.moments, self.trails = Reader(self.reader.joins), [], {}
        self.house, self.seen = House(), {}
        self.read = self.at = 0
        self.open = -1
        self.symbol.hide()
