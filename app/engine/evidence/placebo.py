"""Placebos: moments at which we did nothing, scored as if we had, and summed by bucket into a library of means.

Passive: random moments, random side. Triggered: a trade and a little later. Aggressive: each anonymous trade taken as
ours, its own count excluded. None within ten seconds of anything of ours. Moments are drawn by a hash of seed,
instrument and number, never from a stream.
"""

from __future__ import annotations

from bisect import insort
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from app.engine.bits import log, uniform
from app.engine.evidence.bucket import pool
from app.engine.evidence.follow import NO_JOBS, Evidence
from app.engine.evidence.followed import Followed
from app.engine.evidence.own import Moment, in_order
from app.engine.evidence.rows import (
    AGGRESSIVE,
    CELLS,
    CHILD,
    FOLLOWS_S,
    LENGTHS,
    LONGEST,
    OWN,
    PASSIVE,
    POOLS,
    RING,
    SCORES,
    STEP_NS,
)
from app.engine.evidence.score import shrunk
from app.engine.evidence.windows import OPEN, WINDOW_NS
from app.engine.orders.facts import Fact
from app.engine.units import MILLISECOND, NULL, SECOND

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from app.engine.config import EngineConfig
    from app.engine.enrich.history import TouchHistory
    from app.engine.evidence.model import Floats, Model
    from app.engine.orders.joins import Joins
    from app.engine.universe import Universe

_TRADES: Final = -1  # from here downwards: the numbers drawn for trades of an instrument
TRY, JUDGE = 10, 11  # kinds of moments beside those of own.py
AWAY_NS: Final = 10 * SECOND
SOON_NS: Final = (100 * MILLISECOND, 1_100 * MILLISECOND)


class Plan(NamedTuple):
    """How densely placebos are drawn: mean seconds between random moments, and the share of trades taken."""

    seed: int
    gap_s: float = 6.0
    taken: float = 0.5
    followed: float = 0.5
    early: bool = False  # within two minutes of the first row, too


class Library:
    """Sums of placebo scores by cell and length; libraries of many days add up."""

    def __init__(self) -> None:
        self.total: Floats = np.zeros((CELLS, len(LENGTHS), SCORES))
        self.count: NDArray[np.int64] = np.zeros((CELLS, len(LENGTHS)), np.int64)
        self.measured: Floats = np.zeros((CELLS, 2))
        self.measurements: NDArray[np.int64] = np.zeros(CELLS, np.int64)

    def add(self, other: Library) -> None:
        """All placebos of another library."""
        self.total += other.total
        self.count += other.count
        self.measured += other.measured
        self.measurements += other.measurements

    def into(self, model: Model, name: str | None = None) -> Model:
        """The model with this library's means."""
        pools, pool_count = np.zeros((POOLS, len(LENGTHS), SCORES)), np.zeros((POOLS, len(LENGTHS)), np.int64)
        direct, direct_count = np.zeros((POOLS, 2)), np.zeros(POOLS, np.int64)
        for at in range(CELLS):
            pools[pool(at)] += self.total[at]
            pool_count[pool(at)] += self.count[at]
            direct[pool(at)] += self.measured[at]
            direct_count[pool(at)] += self.measurements[at]
        pools /= np.maximum(pool_count, 1)[..., None]
        direct /= np.maximum(direct_count, 1)[..., None]
        home = np.array([pool(at) for at in range(CELLS)])
        means, sizes = shrunk(self.total, self.count, pools[home])
        measured, _ = shrunk(self.measured, self.measurements, direct[home])
        return model.changed(
            name, means=means, sizes=sizes, pools=pools, pool_sizes=pool_count.astype(np.float64), direct=measured
        )


class Placebos(Evidence):
    """The evidence of a run that also tries moments at which nothing of ours happened."""

    may_be_alone = may_wait = False

    def __init__(
        self, config: EngineConfig, universe: Universe, history: TouchHistory, joins: Joins, plan: Plan | None = None
    ) -> None:
        super().__init__(config, universe, history, joins)
        self.plan = plan or Plan(0)
        self.library = Library()
        self.tries: Any = np.zeros(1024, CHILD)
        self.tried = 0
        self.drawn: dict[int, int] = {}  # instrument -> random numbers drawn so far
        self.at: dict[int, int] = {}  # instrument -> its next random moment
        self.ours: dict[int, int] = {}  # instrument -> last moment of ours
        self.nobody = Fact.__new__(Fact)

    def _play(self, followed: Followed, safe: int, last: bool) -> None:
        self._plan(followed, max(followed.passed, followed.symbol.cursor), safe)
        super()._play(followed, safe, last)
        self.due[followed.symbol.instrument] = safe  # whenever the watermark moves

    def _meet(self, followed: Followed, moment: Moment) -> None:
        if moment.kind < TRY:
            self.ours[followed.symbol.instrument] = moment.t
            super()._meet(followed, moment)
            return
        self._jobs(followed).hear(followed.symbol, moment.t)
        self._settle(NO_JOBS)
        if moment.kind == TRY:
            self._try(followed, moment)
        else:
            self._judge(followed, moment)

    def _random(self, instrument: int) -> float:
        number = self.drawn.get(instrument, 0)
        self.drawn[instrument] = number + 1
        return uniform(self.plan.seed, instrument, number)

    def _plan(self, followed: Followed, begin: int, end: int) -> None:
        """Draw the placebos of a span."""
        instrument = followed.symbol.instrument
        at = self.at.get(instrument, begin)
        while at < end:
            at += 1 + int(-log(1.0 - self._random(instrument)) * self.plan.gap_s * SECOND)
            side = 1 if self._random(instrument) < 0.5 else -1
            self._intend(followed, at, side, (PASSIVE, -self.drawn[instrument]))
        self.at[instrument] = at
        prints = self.history.prints.rows(instrument)
        first, stop = np.searchsorted(prints["ts"], (begin, end))
        for row in prints[first:stop]:
            side = int(row["side"])
            if not row["eligible"] or row["part"] or side == 0 or int(row["number"]) in followed.reader.taken:
                continue
            number = int(row["number"])
            chance = [uniform(self.plan.seed, _TRADES - instrument, 4 * number + k) for k in range(4)]
            if chance[0] < self.plan.taken:
                self._intend(followed, int(row["ts"]), side, (AGGRESSIVE, 4 * number))
            if chance[1] < self.plan.followed:
                later = SOON_NS[0] + int((SOON_NS[1] - SOON_NS[0]) * chance[2])
                side = 1 if chance[3] < 0.5 else -1
                self._intend(followed, int(row["ts"]) + later, side, (PASSIVE, 4 * number + 1))

    def _intend(self, followed: Followed, t: int, side: int, drawn: tuple[int, int]) -> None:
        """Put a placebo of a class among the moments; its number says which of equal time comes first."""
        kind, number = drawn
        insort(followed.moments, Moment(t, TRY, (t, "", number, 0), self.nobody, side, NULL, kind), key=in_order)

    def _try(self, followed: Followed, moment: Moment) -> None:
        """Note the state before a placebo; it is judged when its longest window is over."""
        if moment.t - self.ours.get(followed.symbol.instrument, NULL) < AWAY_NS:
            return
        if moment.qty != AGGRESSIVE and int(followed.symbol.stream["last_trade"][0]) == NULL:
            return  # an index, or whatever else nobody has traded yet
        if self.tried == len(self.tries):
            self.tries = np.concatenate([self.tries, np.zeros(self.tried, CHILD)])
        record = self.tries[self.tried]
        self.tried += 1
        followed.symbol.own = np.array([number for _ts, number in followed.near()], np.int64)
        followed.symbol.open(moment.t, moment.side, moment.qty, self.tries, self.tried - 1)
        if int(record["state"]) != OPEN or (record["early"] and not self.plan.early):
            return
        if moment.qty == AGGRESSIVE:
            record["before"] += 1  # the trade itself, which may be followed
            record["hot"] += 1.0 / FOLLOWS_S
        judged = moment._replace(t=moment.t + WINDOW_NS, kind=JUDGE, side=moment.qty, qty=self.tried - 1)
        insort(followed.moments, judged, key=in_order)

    def _judge(self, followed: Followed, moment: Moment) -> None:
        """Score a placebo at every length."""
        record = self.tries[moment.qty]
        symbol, first = followed.symbol, int(record["t"]) // STEP_NS
        if self.ours.get(symbol.instrument, NULL) >= int(record["t"]) or symbol.usable(first, LONGEST) < LONGEST:
            return
        slot = first % RING
        flags = int(symbol.ring["flags"][slot])
        if moment.side == AGGRESSIVE:
            symbol.ring["flags"][slot] = flags | OWN
        cell = int(record["cell"])
        for place in range(len(LENGTHS)):
            symbol.score(self.tries, moment.qty, place)
            self.library.total[cell, place] += symbol.states.scratch.raw
            self.library.count[cell, place] += 1
        self.library.measured[cell] += symbol.states.scratch.measured
        self.library.measurements[cell] += 1
        symbol.ring["flags"][slot] = flags
