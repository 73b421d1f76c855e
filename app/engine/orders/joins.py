"""Every own fact meets the market as of its nanosecond, on time and late by the same path.

A join is provisional until the watermark has passed its time, then final. Horizons resolve as their time
passes; fills look for their own print once every print that could be theirs is in.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.engine.config import EngineConfig
from app.engine.enrich.asof import Horizons, Searches, first_valid, mid_range, resolve
from app.engine.enrich.history import TouchHistory
from app.engine.enrich.kept_prints import KeptPrints
from app.engine.enrich.own_prints import AFTER_NS, ANY_VENUE, DARK_NS, WANTED, Matching, candidates, no_candidates
from app.engine.enrich.regions import move
from app.engine.enrich.rows import JOIN
from app.engine.events import Rows
from app.engine.orders.facts import NOWHERE, Fact
from app.engine.units import (
    AHEAD,
    CLOCK,
    CONDITION_CODES,
    GOOD,
    HORIZON_NAMES,
    HORIZON_NS,
    IN_AUCTION,
    IN_CLOSE,
    NULL,
    PENDING,
    POINTS_NS,
    QUALITIES,
    UNDEFINED_FROM,
    UNJOINED,
)  # fmt: skip
from app.engine.universe import Universe

_ARRIVALS = frozenset(("parent_new", "algo_new"))
_LIMITS = frozenset(("parent_new", "parent_amended", "algo_new", "algo_replaced"))
_REACTS = frozenset(("fill", "child_new", "child_replaced", "child_cancelled"))
_CROSS = CONDITION_CODES["auction"]
_LENGTHS = np.array(POINTS_NS, np.int64)
_MINUTE = AHEAD + HORIZON_NAMES.index("1m")
# how many horizons are shorter than a point is away
_NEARNESS = np.searchsorted(HORIZON_NS, np.abs(_LENGTHS))


class Minute(NamedTuple):
    """The market a minute after a fill."""

    quality: int
    last2: int


class Joins:
    """The join table, the horizon table and the own-print candidates of all facts."""

    def __init__(self, config: EngineConfig, universe: Universe, history: TouchHistory) -> None:
        self.config = config
        self.universe = universe
        self.history = history
        self.rows: Rows = pending_rows(256)
        self.used = 0
        self.index_of: dict[int, int] = {}  # join row `before` -> join row of the index instrument
        self.waiting: list[Fact] = []
        self.unmatched: list[Fact] = []  # fills whose print may still come
        self.openings: list[Fact] = []  # arrivals without a mid: the first valid one, or the cross
        self.bases: dict[int, str] = {}  # join row of such an arrival -> how its mid was had
        self.crosses: dict[int, list[tuple[Fact, int]]] = {}  # print number -> arrivals at it, their quality before
        self.intervals: list[Fact] = []
        self.ranges: dict[int, tuple[int, int]] = {}  # join row -> (lowest, highest mid2) inside the clock budget
        self.mid2: NDArray[np.int64] = np.full((64, len(_LENGTHS)), NULL, np.int64)
        self.quality: NDArray[np.uint8] = np.full((64, len(_LENGTHS)), PENDING, np.uint8)
        self.last2: NDArray[np.int64] = np.full(64, NULL, np.int64)  # last defined mid2 one minute on
        self.reactions = 0
        self.too_short: list[int] = []  # per reaction: horizons shorter than its clock budget
        self.pending = [np.zeros(0, np.int64) for _ in range(4)]  # instrument, t, step, target
        self.assumed: dict[int, list[Fact]] = {}  # print number -> fills that took its time as their match
        self.taken_seen = 0
        self.gone: set[int] = set()  # numbers of cancelled prints, as far as they have been asked for
        self.fresh: list[tuple[int, int, int]] = []  # (instrument, t, target) since the last advance
        self.requests = 0  # fills that have looked for their print
        self.candidates: Rows = no_candidates(64, 1)  # as wide as the longest list of one fill so far
        self.unjoined = 0
        self.kept = KeptPrints(history)

    # -- facts in --------------------------------------------------------------------------------------------------

    def place(self, fact: Fact) -> None:
        """Ask for everything a fact needs, now that its instrument is known; again where it is another one."""
        if fact.before != NOWHERE:
            self._forget(fact)
        if fact.instrument >= len(self.history.venues):
            self.history.reach(fact.instrument + 1)  # horizons of a fill may be due before the fill itself
        row, kind = fact.row, fact.row.kind
        against_index = self._index_of(fact.instrument) is not None
        fact.before = self._take_rows(3 if against_index else 2)
        fact.at = fact.before + 1
        if against_index:
            self.index_of[fact.before] = fact.before + 2
        self.waiting.append(fact)
        if kind == "algo_paused" or (row.limit_price is not None and kind in _LIMITS):
            self.kept.watch(fact.instrument)
        budget = self.config.budget_of(row.source)
        if kind in _ARRIVALS and budget > 0:
            self.intervals.append(fact)
        if kind in _REACTS:
            fact.horizon = self._take_reaction(budget)
            if kind == "fill":
                self.unmatched.append(fact)
            if kind != "fill" or row.ts_match is not None:
                self.fresh.append((fact.instrument, fact.matched_at, fact.horizon))

    def _forget(self, fact: Fact) -> None:
        """The rows given before are nobody's from now on."""
        for name in ("waiting", "unmatched", "openings", "intervals"):
            setattr(self, name, [other for other in getattr(self, name) if other is not fact])
        for facts in self.assumed.values():
            facts[:] = [other for other in facts if other is not fact]
        for met in self.crosses.values():
            met[:] = [(other, quality) for other, quality in met if other is not fact]
        fact.wanted = fact.horizon = NOWHERE
        fact.matched_at = fact.row.ts_match or fact.row.ts_event
        if fact.parent is not None:
            fact.parent.refresh()

    def advance(self, passed: int, end: int) -> list[Fact]:
        """Make final whatever the watermark has passed; returns the facts whose joins are final now."""
        self._match_prints(passed)
        again = self._take_back() if len(self.history.cancelled()) > self.taken_seen else []
        for fact in again:
            if fact.parent is not None:
                fact.parent.refresh()
        if self.kept.due(passed):
            self.kept.scan(passed)
        due, self.waiting = _parted(self.waiting, self._settled_by, passed)
        if due:
            self._refresh(due)
            self._settle(due)
        self._resolve(passed, end)
        if self.openings:
            self.openings = [fact for fact in self.openings if not self._open(fact, passed)]
        if self.intervals:
            self.intervals = [fact for fact in self.intervals if not self._range(fact, passed)]
        return due + [fact for fact in again if self.rows["final"][fact.before]]

    def look_ahead(self) -> list[Fact]:
        """Give the waiting facts provisional joins from what is known; returns those whose join changed."""
        return self._refresh(self.waiting) if self.waiting else []

    def _refresh(self, facts: list[Fact]) -> list[Fact]:
        """Look facts up; those whose join changed, and their parents are folded again."""
        places = [fact.before for fact in facts]
        words = self.rows.view(np.int64).reshape(len(self.rows), -1)  # picked as bytes, not field by field
        marks = words[places]
        self._look_up(facts)
        differ = (marks != words[places]).any(axis=1).tolist()
        changed = [fact for fact, other in zip(facts, differ, strict=True) if other]
        for fact in changed:
            if fact.parent is not None:
                fact.parent.refresh()
        return changed

    def _settle(self, facts: list[Fact]) -> None:
        """Their joins are final; an arrival without a mid looks for the first one."""
        places = [fact.before for fact in facts]
        self.rows["final"][places + [fact.at for fact in facts]] = 1
        for fact, quality in zip(facts, self.rows["quality"][places].tolist(), strict=True):
            if quality == UNJOINED:
                self.unjoined += 1
            elif quality >= UNDEFINED_FROM and fact.row.kind in _ARRIVALS:
                self.openings.append(fact)

    @property
    def found(self) -> Rows:
        """Candidates of every fill that has looked for its print, [request, place], nearest first."""
        return self.candidates[: self.requests]

    def now(self, instruments: list[int], t: int) -> Rows:
        """JOIN rows of instruments as of t."""
        out = np.zeros(len(instruments), JOIN)
        self.history.reach(len(self.universe.instruments))
        asked = [(instrument, t, n) for n, instrument in enumerate(instruments)]
        self.history.look_up(np.array(asked, np.int64).reshape(-1, 3).T.copy(), out)
        return out

    # -- steps -----------------------------------------------------------------------------------------------------

    def _settled_by(self, fact: Fact) -> int:
        """The time whose passing makes a join final; a fill without a match time waits for its print."""
        if fact.row.kind == "fill" and fact.row.ts_match is None:
            return self._prints_in_by(fact)
        return max(fact.row.ts_event, fact.matched_at)

    def _prints_in_by(self, fact: Fact) -> int:
        return (fact.row.ts_match or fact.row.ts_event) + (DARK_NS if fact.row.liquidity == "D" else AFTER_NS)

    def _look_up(self, facts: list[Fact]) -> None:
        asked: list[int] = []  # instrument, t, target; one after the other
        against: dict[int, int] = {}  # instrument -> its index
        for fact in facts:
            number, matched, before = fact.instrument, fact.matched_at, fact.before
            at = matched if fact.row.kind == "fill" else fact.row.ts_event
            asked += (number, matched - 1, before, number, at, fact.at)
            index = self.index_of.get(before)
            if index is not None:
                if number not in against:
                    against[number] = self.universe.instruments.index(self._index_of(number) or "")
                asked += (against[number], matched - 1, index)
        self.history.reach(len(self.universe.instruments))
        self.history.look_up(np.ascontiguousarray(np.array(asked, np.int64).reshape(-1, 3).T), self.rows)

    def _index_of(self, instrument: int) -> str | None:
        """The index an instrument is measured against, as it is known by now."""
        known = self.universe.reference.get(self.universe.instruments.names[instrument])
        return None if known is None else known.index

    def _match_prints(self, passed: int) -> None:
        """Collect the possible own prints of fills whose window has passed; a missing match time is the print's."""
        due, self.unmatched = _parted(self.unmatched, self._prints_in_by, passed)
        if not due:
            return
        wanted = np.array([self._wanted(fact) for fact in due], WANTED)
        found = no_candidates(len(due))
        prints = self.history.prints
        self.history.reach(len(self.universe.instruments))
        candidates(Matching(prints.pool, prints.offset, prints.count, wanted, found))
        for n, fact in enumerate(due):
            fact.wanted = self.requests + n
        self._keep_candidates(found)
        gone = self._gone()
        for fact in due:
            if fact.row.ts_match is None:
                self._assume(fact, gone)

    def _wanted(self, fact: Fact) -> tuple[int, ...]:
        """A fill as a WANTED row."""
        row = fact.row
        number = self.universe.venues.index(row.venue) if row.venue else ANY_VENUE
        order_id = int(row.order_id) if row.order_id and row.order_id.isdecimal() and len(row.order_id) < 20 else 0
        return (
            row.ts_match or row.ts_event, row.price or 0, row.qty or 0, order_id, fact.instrument, number,
            row.liquidity == "D",
        )  # fmt: skip

    def _keep_candidates(self, found: Rows) -> None:
        """Add the lists of some fills to those of the fills before."""
        most = int(np.count_nonzero(found["number"] >= 0, axis=1).max())
        rows, wide = self.candidates.shape
        needed = self.requests + len(found)
        if needed > rows or most > wide:
            grown = no_candidates(2 * needed, max(most, wide))
            grown[: self.requests, :wide] = self.found
            self.candidates = grown
        wide = self.candidates.shape[1]
        self.candidates[self.requests : needed] = found[:, :wide]
        self.requests = needed

    def _gone(self) -> set[int]:
        """Numbers of the prints that have been cancelled."""
        cancelled = self.history.cancelled()
        if len(cancelled) > len(self.gone):
            self.gone.update(cancelled["number"][len(self.gone) :].tolist())
        return self.gone

    def _assume(self, fact: Fact, gone: set[int]) -> None:
        """Take the time of the nearest print that still stands as the fill's match, and wait for its horizons."""
        found = self.found[fact.wanted]
        places = zip(found["number"].tolist(), found["whole"].tolist(), found["ts"].tolist(), strict=True)
        standing = next(((whole, ts) for number, whole, ts in places if number >= 0 and whole not in gone), None)
        fact.matched_at = fact.row.ts_event if standing is None else standing[1]
        self.fresh.append((fact.instrument, fact.matched_at, fact.horizon))
        if standing is not None:
            self.assumed.setdefault(standing[0], []).append(fact)

    def _take_back(self) -> list[Fact]:
        """Whatever stood on prints that have been cancelled since starts over; returns the fills that did."""
        taken = self.history.cancelled()["number"][self.taken_seen :].tolist()
        self.taken_seen += len(taken)
        for number in taken:
            for fact, quality in self.crosses.pop(number, []):
                self._reopen(fact, quality)
        return self._rematch(taken)

    def _reopen(self, fact: Fact, quality: int) -> None:
        """The cross an arrival stood on never was: the next one, or the first valid mid; unjoined once forgotten."""
        row = fact.before
        del self.bases[row]
        forgotten = fact.row.ts_event - 1 < self.history.history.dropped[fact.instrument]
        self.rows["mid2"][row], self.rows["quality"][row] = NULL, UNJOINED if forgotten else quality
        self.unjoined += bool(forgotten)
        if not forgotten:
            self.openings.append(fact)
        if fact.parent is not None:
            fact.parent.refresh()

    def _rematch(self, taken: list[int]) -> list[Fact]:
        """Fills whose assumed print is among the cancelled: their joins and horizons start over."""
        again = [fact for number in taken for fact in self.assumed.pop(number, [])]
        if again:
            gone = self._gone()
            for fact in again:
                keep = self.pending[3] != fact.horizon
                self.pending = [array[keep] for array in self.pending]
                self.fresh = [entry for entry in self.fresh if entry[2] != fact.horizon]
                self.mid2[fact.horizon], self.quality[fact.horizon] = NULL, PENDING
                self._assume(fact, gone)
            self._look_up(again)
        return again

    def _resolve(self, passed: int, end: int) -> None:
        if self.fresh:
            added = np.array(self.fresh, np.int64).T
            steps = np.zeros(added.shape[1], np.int64)
            for n, new in enumerate((added[0], added[1], steps, added[2])):
                self.pending[n] = np.concatenate([self.pending[n], new])
            self.fresh = []
        if not len(self.pending[0]):
            return
        instrument, t, step, target = self.pending
        results = (_LENGTHS, self.mid2, self.quality, self.last2, _MINUTE, passed, end)
        kept = int(resolve(Horizons(self.history.histories(), instrument, t, step, target, *results)))
        self.pending = [array[:kept] for array in self.pending]

    def _open(self, fact: Fact, passed: int) -> bool:
        """Find the first valid mid or, out of an auction or a closed market, the cross; True once it is known.

        The join row `before` of the arrival then holds the market of that moment.
        """
        row = fact.before
        begin = fact.row.ts_event - 1
        ts, _mid2 = first_valid(Searches(self.history.histories(), fact.instrument, begin, passed - 1))
        cross = None
        if self.rows["quality"][row] in (IN_AUCTION, IN_CLOSE):
            prints = self.history.prints.rows(fact.instrument)
            stop = passed - 1 if ts == NULL else ts
            found = prints[(prints["ts"] > begin) & (prints["ts"] <= stop) & (prints["condition"] == _CROSS)]
            found = found[(found["part"] == 0) & (found["cancelled"] == 0)]
            cross = found[0] if len(found) else None
        if cross is None and ts == NULL:
            return False
        at = int(ts) if cross is None else int(cross["ts"])
        quality = int(self.rows["quality"][row])
        self.rows[row] = self.now([fact.instrument], at)[0]
        self.rows["final"][row] = 1
        self.bases[row] = "first_valid"
        if cross is not None:
            self.bases[row] = "opening_cross"
            self.crosses.setdefault(int(cross["number"]), []).append((fact, quality))
            self.rows["mid2"][row], self.rows["quality"][row] = 2 * int(cross["price"]), GOOD
            self.rows["bid"][row] = self.rows["ask"][row] = NULL
        if fact.parent is not None:
            fact.parent.refresh()
        return True

    def _range(self, fact: Fact, passed: int) -> bool:
        budget = self.config.budget_of(fact.row.source)
        end = fact.row.ts_event + budget
        if end >= passed:
            return False
        lowest, highest = mid_range(
            Searches(self.history.histories(), fact.instrument, fact.row.ts_event - 1 - budget, end)
        )
        self.ranges[fact.before] = (int(lowest), int(highest))
        return True

    def undefined(self) -> dict[str, int]:
        """Undefined mids of facts and horizons, counted by reason."""
        names, counts = np.unique(self.rows["quality"][: self.used], return_counts=True)
        out = {f"join_{QUALITIES[q]}": int(n) for q, n in zip(names, counts, strict=True) if q >= UNDEFINED_FROM}
        names, counts = np.unique(self.quality[: self.reactions, AHEAD:], return_counts=True)
        out |= {f"horizon_{QUALITIES[q]}": int(n) for q, n in zip(names, counts, strict=True) if q >= UNDEFINED_FROM}
        return out

    # -- tables ----------------------------------------------------------------------------------------------------

    def _take_rows(self, rows: int) -> int:
        """The first of so many new rows."""
        start, self.used = self.used, self.used + rows
        if self.used > len(self.rows):
            grown = pending_rows(4 * len(self.rows))  # memory that is taken over is paid for twice
            move(grown[: len(self.rows)], self.rows)
            self.rows = grown
        return start

    def _take_reaction(self, budget: int) -> int:
        row, self.reactions = self.reactions, self.reactions + 1
        if self.reactions > len(self.mid2):
            self.mid2 = np.concatenate([self.mid2, np.full_like(self.mid2, NULL)])
            self.quality = np.concatenate([self.quality, np.full_like(self.quality, PENDING)])
            self.last2 = np.concatenate([self.last2, np.full_like(self.last2, NULL)])
        self.too_short.append(shorter_than(budget))
        return row

    def minute_after(self, reaction: int) -> Minute:
        """Quality of the mid a minute on, and the last defined mid2 of any age by then."""
        return Minute(int(self.quality[reaction, _MINUTE]), int(self.last2[reaction]))

    def horizons(self, reactions: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
        """(mid2, quality) of several reactions, [reaction, horizon]; NOWHERE has no mid and quality 0."""
        mid2, quality = self.around(reactions)
        return mid2[:, AHEAD:], quality[:, AHEAD:]

    def around(self, reactions: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
        """(mid2, quality) of several reactions at units.POINTS, [reaction, point]; nearer than the clock: undefined."""
        mid2, quality = self.mid2[reactions], self.quality[reactions]
        short = np.array(self.too_short, np.int64)[reactions] if len(self.too_short) else reactions
        hidden = short[:, None] > _NEARNESS
        mid2[hidden], quality[hidden] = NULL, CLOCK
        mid2[reactions < 0], quality[reactions < 0] = NULL, 0
        return mid2, quality

    def horizon(self, reaction: int) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
        """(mid2, quality) per horizon of one reaction; a horizon shorter than the clock budget is undefined."""
        mid2, quality = self.mid2[reaction, AHEAD:].copy(), self.quality[reaction, AHEAD:].copy()
        short = self.too_short[reaction]
        mid2[:short], quality[:short] = NULL, CLOCK
        return mid2, quality


def _parted(facts: list[Fact], due_at: Callable[[Fact], int], passed: int) -> tuple[list[Fact], list[Fact]]:
    """Facts whose time has been passed, and the others."""
    due: list[Fact] = []
    rest: list[Fact] = []
    for fact in facts:
        (due if due_at(fact) < passed else rest).append(fact)
    return due, rest


def pending_rows(rows: int) -> Rows:
    """So many join rows that nobody has looked up yet."""
    out: Rows = np.zeros(rows, JOIN)
    out["quality"], out["mid2"] = PENDING, NULL
    return out


def shorter_than(budget: int) -> int:
    """How many horizons are shorter than a clock budget (ns)."""
    return int(np.searchsorted(HORIZON_NS, budget)) if budget > 0 else 0
