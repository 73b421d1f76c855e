"""What the mid does at quiet moments: times on a grid at which we did nothing, for the placebo band of the reactions.

Moments of a symbol's session so far, two seconds after the last thing of ours or more. A point counts where nothing of
ours lies between the moment and it, or nothing within ten seconds: a longer horizon may reach into what we did later,
as the horizons after our own events do. Not matched by spread or volatility: the evidence is (evidence/), this is a
picture. Kept for the board alone, looked at once a second of event time.
"""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from typing import TYPE_CHECKING, Final

import numpy as np

from app.engine import layout
from app.engine.metrics.response import Z_90
from app.engine.tables.context import NEVER
from app.engine.units import BPS, NULL, POINTS_NS, SECOND, UNDEFINED_FROM

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.engine.events import Rows
    from app.engine.orders.facts import Fact
    from app.engine.orders.standing import Standing
    from app.engine.state import State

STEP_NS: Final = 2 * SECOND
PHASE_NS: Final = 618_000_000  # algos and venues act on whole seconds: the grid does not
AFTER_NS: Final = 2 * SECOND  # after the last thing of ours
AWAY_NS: Final = 10 * SECOND
LEAST: Final = 8  # moments that share no price path, from which a band is drawn
_FIRST: Final = -POINTS_NS[0]  # a moment needs so much history before it
_MARKOUT: Final = layout.EVENT_CLASSES.index("markout")


class Moment:
    """A quiet moment whose points are still passing: its time, the mid just before it, points looked at, its reach."""

    __slots__ = ("mid2", "reach", "seen", "t")

    def __init__(self, t: int, mid2: int, reach: tuple[int, int]) -> None:
        self.t, self.mid2, self.reach, self.seen = t, mid2, reach, 0

    def counts(self, point: int) -> bool:
        """True where nothing of ours lies between the moment and a point, or nothing near it."""
        return -self.reach[0] <= POINTS_NS[point] <= self.reach[1]


class Calm:
    """One symbol: its own times, the next place of the grid, moments under way, and the moments' returns by point."""

    def __init__(self) -> None:
        self.own: list[int] = []
        self.next = NULL
        self.open: list[Moment] = []
        self.n = [0] * len(POINTS_NS)
        self.total = [0.0] * len(POINTS_NS)
        self.squares = [0.0] * len(POINTS_NS)

    def reach(self, t: int) -> tuple[int, int]:
        """How far before and after a time there is nothing of ours (ns); without end where it is far."""
        at = bisect_left(self.own, t)
        before = t - self.own[at - 1] if at else AWAY_NS
        after = self.own[at] - t if at < len(self.own) else AWAY_NS
        return before if before < AWAY_NS else NEVER, after - 1 if after < AWAY_NS else NEVER

    def take(self, ring: Rows, passed: int) -> None:
        """Go on to a time that everything has passed; `ring`: the symbol's history in memory."""
        if not len(ring):
            return
        self._begin(ring, passed)
        due = [
            (moment, point)
            for moment in self.open
            for point in range(moment.seen, len(POINTS_NS))
            if moment.t + POINTS_NS[point] < passed
        ]
        if not due:
            return
        wanted = np.array([moment.t + POINTS_NS[point] for moment, point in due], np.int64)
        for (moment, point), at in zip(due, _at(ring, wanted, "right"), strict=True):
            moment.seen = point + 1
            mid2 = _mid2(ring, at)
            if mid2 != NULL and moment.counts(point):
                value = (mid2 - moment.mid2) / moment.mid2 * BPS
                self.n[point] += 1
                self.total[point] += value
                self.squares[point] += value * value
        self.open = [moment for moment in self.open if moment.seen < len(POINTS_NS)]

    def _begin(self, ring: Rows, passed: int) -> None:
        """Open the moments of the grid of which it is known by now what we did after them."""
        first = int(ring["ts"][0]) + _FIRST
        if self.next < first:  # the beginning, or a jump over more than there is in memory
            self.next = first - (first - PHASE_NS) % STEP_NS + STEP_NS
        places = list(range(self.next, passed - AWAY_NS, STEP_NS))
        if not places:
            return
        self.next = places[-1] + STEP_NS
        for t, at in zip(places, _at(ring, np.array(places, np.int64), "left"), strict=True):
            mid2, reach = _mid2(ring, at), self.reach(t)
            if mid2 != NULL and reach[0] >= AFTER_NS:
                self.open.append(Moment(t, mid2, reach))

    def spread(self, point: int) -> tuple[float, float] | None:
        """Mean and standard deviation of the returns to a point (bps); None where too few share no path."""
        n = self.n[point]
        if n * STEP_NS < LEAST * max(abs(POINTS_NS[point]), STEP_NS):
            return None
        mean = self.total[point] / n
        return mean, math.sqrt(max(self.squares[point] / n - mean * mean, 0.0) * n / (n - 1))


def _at(ring: Rows, wanted: np.ndarray[tuple[int], np.dtype[np.int64]], side: str) -> list[int]:
    """Rows as of some times: the last one up to ("right") or strictly before ("left"); -1 none."""
    found = np.searchsorted(ring["ts"], wanted, side="right" if side == "right" else "left") - 1
    rows: list[int] = found.tolist()
    return rows


def _mid2(ring: Rows, at: int) -> int:
    """The mid of a row, doubled; NULL where there is none that can be believed."""
    return NULL if at < 0 or int(ring["quality"][at]) >= UNDEFINED_FROM else int(ring["mid2"][at])


class Quiet:
    """All symbols we act in."""

    def __init__(self) -> None:
        self.known: dict[int, Calm] = {}
        self._read = 0
        self._homeless: list[Fact] = []  # facts whose instrument is not known yet
        self._looked = NULL

    def look(self, engine: State) -> None:
        """Go on, once a second of event time."""
        passed = engine.end + 1 if engine.end != NULL else engine.watermark
        if passed - self._looked < SECOND:
            return
        self._looked = passed
        fresh = [*self._homeless, *engine.flow.facts[self._read :]]
        self._read, self._homeless = len(engine.flow.facts), []
        for fact in fresh:
            if fact.instrument < 0:
                self._homeless.append(fact)
            else:
                insort(self.known.setdefault(fact.instrument, Calm()).own, fact.matched_at)
        for instrument, calm in self.known.items():
            if instrument < len(engine.history.history.count):
                calm.take(engine.history.ring(instrument), passed)

    def write(self, rows: Rows, standings: Sequence[Standing]) -> None:
        """The bands into reaction rows: where the mean of so many clusters lies 9 times of 10 if nothing answers."""
        rows["placebo_low"] = rows["placebo_high"] = np.nan
        for k, standing in enumerate(standings):
            calm = self.known.get(standing.arrival.instrument) if standing.arrival is not None else None
            if calm is None or not standing.side:
                continue
            rows["placebos"][k] = calm.n
            for point in range(len(POINTS_NS)):
                found = calm.spread(point)
                if found is not None:
                    _write(rows, k, point, (standing.side * found[0], found[1]))


def _write(rows: Rows, k: int, point: int, found: tuple[float, float]) -> None:
    for name in range(_MARKOUT):
        clusters = int(rows["clusters"][k, name, point])
        if clusters:
            half = Z_90 * found[1] / math.sqrt(clusters)
            rows["placebo_low"][k, name, point], rows["placebo_high"][k, name, point] = found[0] - half, found[0] + half
