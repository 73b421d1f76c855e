"""A market and the own facts that meet it, for the tests of joins."""

from typing import Any

from app.engine.config import EngineConfig
from app.engine.enrich.history import TouchHistory
from app.engine.events import Instrument, OrderRow
from app.engine.orders.facts import Fact
from app.engine.orders.joins import Joins
from app.engine.units import NULL, QUALITIES
from app.engine.universe import Universe
from tests.engine.enrich.streams import Change, changes, ranks

T = 10**18
NEVER = 2**63 - 1


class Market:
    """A history and its joins, told market changes and own facts."""

    def __init__(self, **config: Any) -> None:
        self.universe = Universe()
        for number, name in enumerate("AB"):
            self.universe.describe(Instrument(instrument=name))
            self.universe.venues.index(f"X{number}")
        self.history = TouchHistory(EngineConfig(**config))
        self.joins = Joins(EngineConfig(**config), self.universe, self.history)

    def fact(self, kind: str, ts: int, instrument: int = 0, **row: Any) -> Fact:
        """An own fact, placed."""
        told: Any = {"ts_event": ts, "kind": kind, "source": "ems"} | row
        fact = Fact(OrderRow(**told), 0)
        fact.instrument = instrument
        self.joins.place(fact)
        return fact

    def tell(self, *made: Change) -> None:
        """Market changes, not passed yet."""
        self.history.take(changes(*made))

    def passed(self, until: int, end: int = NULL) -> list[Fact]:
        """The watermark moves."""
        self.history.advance(until, ranks())
        return self.joins.advance(until, end)

    def mids(self, fact: Fact) -> list[tuple[int, str]]:
        """(mid2, quality) strictly before the fact and at it."""
        return [
            (int(self.joins.rows["mid2"][n]), QUALITIES[self.joins.rows["quality"][n]]) for n in (fact.before, fact.at)
        ]

    def horizons(self, fact: Fact) -> list[tuple[int, int]]:
        """(mid2, quality) at every horizon."""
        mid2, quality = self.joins.horizon(fact.horizon)
        return list(zip(mid2.tolist(), quality.tolist(), strict=True))
