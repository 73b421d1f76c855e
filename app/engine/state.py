"""Everything an engine knows, in one value: books, touch history, own flow, joins and where time stands."""

from typing import Final

from app.engine.book import Books
from app.engine.config import EngineConfig
from app.engine.enrich.history import TouchHistory
from app.engine.evidence.follow import Evidence
from app.engine.orders.facts import Fact, Parent
from app.engine.orders.flow import Flow
from app.engine.orders.joins import Joins
from app.engine.sources import SourceCounts
from app.engine.tables.context import Moment, moment
from app.engine.units import NULL
from app.engine.universe import Universe

BEHIND: Final = 8_192  # market rows the evidence is behind at most: the history must hold twice as many


class State:
    """The parts of one engine; times ns, NULL while unknown; `chain` is the digest of all that became known."""

    def __init__(self, universe: Universe, config: EngineConfig) -> None:
        self.universe = universe
        self.config = config
        self.books = Books()
        self.history = TouchHistory(config)
        self.joins = Joins(config, universe, self.history)
        self._evidence = Evidence(config, universe, self.history, self.joins) if config.evidence else None
        self._waiting = 0  # market rows since the evidence has been brought to the watermark
        self._behind = False  # the watermark has moved since
        self.flow = Flow(universe, self.place)
        self.watermark = NULL
        self.last_ts = NULL
        self.end = NULL
        self.rows_in = 0
        self.described = 0  # instruments whose reference volatility the history has
        self.chain = b""
        self.counts: dict[str, int] = {}
        self.sources: dict[str, str] = {}
        self.counted = SourceCounts()

    def moment(self) -> Moment:
        """Now: the end of data, or the last time that is known everywhere."""
        t = self.end if self.end != NULL else max(self.last_ts, 0)
        now = moment(self.config, self.flow, self.joins, t, self.end)
        now.evidence = self.evidence
        return now

    @property
    def evidence(self) -> Evidence | None:
        """The evidence as of the watermark; None without a model. It is made when somebody looks, or has to be."""
        self.follow()
        return self._evidence

    @evidence.setter
    def evidence(self, evidence: Evidence | None) -> None:
        """Another one, before the first row."""
        self._evidence = evidence

    def expect(self, rows: int) -> None:
        """So many market rows come next: what they could push out of the history is looked at first."""
        if self._waiting + rows > min(BEHIND, self.config.ring_rows // 2):
            self.follow()
        self._waiting += rows

    def passed(self) -> None:
        """The watermark has moved, or data has ended."""
        self._behind = True
        if self.end != NULL or (self._evidence is not None and not self._evidence.may_wait):
            self.follow()

    def follow(self) -> None:
        """Bring the evidence to the watermark: many blocks at once cost less than each by itself."""
        self._waiting = 0
        if self._behind and self._evidence is not None:
            self._behind = False
            self._evidence.relink(self.flow.moved)
            self._evidence.advance(self.watermark, self.end)

    def place(self, fact: Fact) -> None:
        """The instrument of a fact is known, or is another one than was thought."""
        self.joins.place(fact)
        if self._evidence is not None:
            self._evidence.place(fact)

    def parents(self) -> list[Parent]:
        """All parents with facts, by id."""
        return [self.flow.parents[key] for key in sorted(self.flow.parents) if self.flow.parents[key].facts]

    def irregularities(self) -> dict[str, int]:
        """Rows that could not be taken at their word, by what was odd about them; only kinds that occurred."""
        found = {
            "late_market_rows": self.history.late,
            "time_ran_backwards": self.history.backwards,
            "print_cancellations_not_found": self.history.cancellations_not_found,
            "unjoined": self.joins.unjoined,
        }
        return {name: count for name, count in (found | self.books.counts).items() if count}
