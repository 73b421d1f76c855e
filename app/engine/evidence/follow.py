"""The evidence of a run: every symbol's stream behind the watermark, own moments on it, every parent's trail.

Each advance has two passes: moments become jobs for the streams, which one call of a kernel does for all symbols; then
what the jobs found goes to the trails, in the order of the moments.

A stream is `LAG_NS` behind the watermark, so that own facts that come a little late find their place without going
back. A later one sends its symbol back to the last state before it; where the history no longer reaches so far it
changes what is known of orders, not what has been scored, and is counted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from app.engine.evidence.fold import room
from app.engine.evidence.followed import Followed, Seen
from app.engine.evidence.jobs import COLUMNS, GOOD, NOT_OPENED, PARTS, Closed, Jobs, hearings, outcome
from app.engine.evidence.merge import Badges
from app.engine.evidence.model import Model
from app.engine.evidence.own import ACT, DONE, SHOW, SWITCH, TERMS, Level, Moment, time_of
from app.engine.evidence.reference import Kernels
from app.engine.evidence.rows import AGGRESSIVE, CHILD
from app.engine.evidence.states import States
from app.engine.evidence.stream import ASLEEP_NS
from app.engine.evidence.symbol import Symbol
from app.engine.evidence.trail import Trail
from app.engine.evidence.windows import VOID, WINDOW_NS
from app.engine.units import MILLISECOND, NULL, SECOND

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from app.engine.config import EngineConfig
    from app.engine.enrich.history import TouchHistory
    from app.engine.orders.facts import Fact
    from app.engine.orders.joins import Joins
    from app.engine.universe import Universe

LAG_NS: Final = 500 * MILLISECOND
AHEAD_NS: Final = 100 * MILLISECOND  # a fill's print may stand before its report
LAZY_NS: Final = 30 * SECOND  # a symbol with nothing due is heard so often: the history holds longer
FAST_CLOCK_NS: Final = 50 * MILLISECOND  # clock error from which answers within 150 ms say nothing
NEVER: Final = 2**63 - 1
_RECORDS: Final = 256  # at first
NO_JOBS: Final = np.zeros((0, COLUMNS), np.int64)
_OPENED, _TOO_LATE = -1, -2  # in place of a job: a window known from before, one that was never open


class Met(NamedTuple):
    """Something for the second pass: a moment, or the end of a window (None). `number`: of its record, or of the level
    asked for; `fresh`: the record is new; `job`: which of the outcomes is its.
    """

    followed: Followed
    seen: Seen
    moment: Moment | None
    number: int = -1
    fresh: bool = False
    job: int = _OPENED


class Evidence:
    """All symbols and trails of one engine."""

    may_be_alone = True  # a symbol without anything of ours is heard without being looked at
    may_wait = True  # it need not follow every move of the watermark

    def __init__(self, config: EngineConfig, universe: Universe, history: TouchHistory, joins: Joins) -> None:
        assert isinstance(config.evidence, Model)  # noqa: S101 - the caller has checked
        self.model: Model = config.evidence
        self.config = config
        self.universe = universe
        self.history = history
        self.joins = joins
        self.followed: dict[int, Followed] = {}
        self.due: NDArray[np.int64] = np.zeros(0, np.int64)  # per instrument: when something is to be done next
        self.records: Any = np.zeros(_RECORDS, CHILD)
        self.used = 0
        self.children: list[Fact] = []  # the fact behind each record
        self.home: dict[Fact, int] = {}  # fact -> instrument it was placed at
        self.moved = 0  # of flow.moved, how many have been seen
        self.unplaced = 0  # facts that came too late to be scored
        self.badges = Badges()
        self.states = States(history, self.model, lean=True)
        self.alone: NDArray[np.int64] = np.zeros(0, np.int64)  # per instrument: its place where nothing of ours is
        self.jobs = Jobs()
        self.room = room()
        self.found: list[Met] = []  # for the second pass
        self.again = False  # moments the stream has passed are being played once more

    def trails(self) -> dict[str, Trail]:
        """Every parent's trail, by parent id."""
        found = {parent: trail for followed in self.followed.values() for parent, trail in followed.trails.items()}
        return {parent: found[parent] for parent in sorted(found)}

    # -- facts -----------------------------------------------------------------------------------------------------

    def place(self, fact: Fact) -> None:
        """A fact's instrument is known; again where it is another one."""
        known = self.home.get(fact)
        entry = (time_of(fact), fact.key, fact)
        if known is not None:
            before = self._followed(known)
            passed = before.passed
            before.facts = [other for other in before.facts if other[2] is not fact]
            before.passed = passed
            self._stir(before, entry[0])
        self.home[fact] = fact.instrument
        followed = self._followed(fact.instrument)
        passed = followed.passed
        if not followed.facts:
            followed.passed, self.alone[fact.instrument] = passed, -1
        followed.add(entry)
        if passed != NULL and entry[0] < passed + AHEAD_NS:
            self._stir(followed, entry[0])
        if self.due[fact.instrument] > entry[0]:
            self.due[fact.instrument] = entry[0]

    def relink(self, moved: list[Fact]) -> None:
        """Facts that turned out to be another order's, all since the beginning."""
        for fact in moved[self.moved :]:
            if fact in self.home:
                followed = self._followed(self.home[fact])
                if time_of(fact) < followed.passed + AHEAD_NS:
                    self._stir(followed, time_of(fact))
        self.moved = len(moved)

    def _stir(self, followed: Followed, t: int) -> None:
        followed.dirty = t if followed.dirty is None else min(t, followed.dirty)
        self.due[followed.symbol.instrument] = NULL

    def _followed(self, instrument: int) -> Followed:
        found = self.followed.get(instrument)
        if found is None:
            reference = self.universe.of(self.universe.instruments[instrument])
            kernel = self.model.kernel(reference.instrument)
            market = -1
            if reference.index is not None and reference.beta is not None:
                market = self.universe.instruments.index(reference.index)
            kernels = Kernels(
                np.array(kernel.g), np.array(kernel.signs), kernel.size, reference.beta or 0.0, market, ASLEEP_NS
            )
            symbol = Symbol(instrument, reference.tick_size or 0, kernels, self.states)
            found = self.followed[instrument] = Followed(symbol, self.joins)
            self._reach(len(self.universe.instruments))
        return found

    def _reach(self, instruments: int) -> None:
        more = instruments - len(self.due)
        if more > 0:
            self.due = np.concatenate([self.due, np.full(more, NULL, np.int64)])
            self.alone = np.concatenate([self.alone, np.full(more, -1, np.int64)])

    # -- time ------------------------------------------------------------------------------------------------------

    def advance(self, watermark: int, end: int) -> None:
        """Play everything the watermark has passed by the lag; at the end of data everything."""
        safe = end + 1 if end != NULL else watermark - LAG_NS
        if safe <= 0:
            return
        self.history.reach(len(self.universe.instruments))
        self._reach(len(self.universe.instruments))
        due = np.flatnonzero(self.due < (safe if end == NULL else NEVER))
        alone = due[self.alone[due] >= 0]
        for instrument in due[self.alone[due] < 0].tolist():
            followed = self._followed(instrument)
            if followed.symbol.cursor == 0 and not followed.symbol.start():
                self.due[instrument] = safe + LAZY_NS  # no row of its market yet
                if end == NULL:
                    continue
            self._play(followed, safe, end != NULL)
        self._settle(self._hear(alone, safe))

    def _hear(self, instruments: NDArray[np.int64], safe: int) -> NDArray[np.int64]:
        """Jobs to hear markets in which nothing of ours is."""
        places = self.alone[instruments]
        self.states.symbols["passed"][places] = safe
        self.due[instruments] = safe + LAZY_NS
        return hearings(places, safe)

    def _play(self, followed: Followed, safe: int, last: bool) -> None:
        if followed.dirty is not None:
            self._again(followed)
        followed.read_until(safe + AHEAD_NS)
        self._moments(followed, safe)
        if followed.open >= 0 and followed.ends <= safe:
            self._close(followed, followed.ends)
        if last and followed.open >= 0:
            self._close(followed, safe - 1)
        self._jobs(followed).hear(followed.symbol, safe)
        followed.passed = safe
        self.due[followed.symbol.instrument] = self._next(followed, safe)
        if self.may_be_alone and not followed.facts:
            self.alone[followed.symbol.instrument] = followed.symbol.place

    def _next(self, followed: Followed, safe: int) -> int:
        """When something is to be done next."""
        soon = safe + LAZY_NS
        if followed.open >= 0:
            soon = min(soon, followed.ends)
        if followed.at < len(followed.moments):
            soon = min(soon, followed.moments[followed.at].t)
        if followed.read < len(followed.facts):
            soon = min(soon, followed.facts[followed.read][0] - AHEAD_NS)
        return soon

    # -- first pass: jobs ------------------------------------------------------------------------------------------

    def _moments(self, followed: Followed, safe: int) -> None:
        moments = followed.moments
        while followed.at < len(moments) and moments[followed.at].t < safe:
            moment = moments[followed.at]
            followed.at += 1
            if followed.open >= 0 and followed.ends <= moment.t:
                self._close(followed, followed.ends)
            self._meet(followed, moment)

    def _meet(self, followed: Followed, moment: Moment) -> None:
        """Jobs of a moment."""
        kind, fact, job = moment.kind, moment.fact, -1
        seen = followed.seen_of(fact)
        if kind == SHOW:
            symbol = followed.symbol
            if not self.again:
                self._jobs(followed)  # they begin with what is displayed so far
            symbol.show(moment.side, moment.price, moment.qty)
            if not self.again:  # else the stream has been there; what is displayed in the end begins the next jobs
                self.jobs.show(symbol, moment.t)
            if seen is None or (seen.trail is not None and fact.row.visibility is None):
                return
        elif kind == ACT:
            if followed.open >= 0:
                self._close(followed, moment.t)
            if seen is not None:
                self.found.append(self._open(followed, moment, seen))
            return
        elif seen is None:
            return
        elif kind == DONE:
            if moment.price != NULL:
                seen.on_tape += moment.qty
                seen.unseen += 0 if moment.price else moment.qty
            if fact.key not in followed.levels:
                job = self._jobs(followed).level(followed.symbol, moment.t)
        elif kind == SWITCH and followed.open >= 0:
            self._close(followed, moment.t)
        self.found.append(Met(followed, seen, moment, job))

    def _jobs(self, followed: Followed) -> Jobs:
        """Where jobs of a symbol are written."""
        self.jobs.begin(followed.symbol, followed.near)
        return self.jobs

    def _close(self, followed: Followed, at: int) -> None:
        """The open window ends at `at`: it is scored, once, and its parent's trail hears of it."""
        number, followed.open = followed.open, -1
        fact = self.children[number]
        seen = followed.seen_of(fact)
        if seen is not None:  # else its order is unassigned meanwhile, and will be read again from its beginning
            flow = seen.unseen > self.model.numbers["unmatched"] * max(seen.on_tape, 1)
            fast = self.config.budget_of(fact.row.source) > FAST_CLOCK_NS
            job = self._jobs(followed).close(followed.symbol, at, number, Closed(flow, fast))
            self.found.append(Met(followed, seen, None, number, False, job))

    def _open(self, followed: Followed, moment: Moment, seen: Seen) -> Met:
        """Open the window of an event, where its order does not hide it."""
        told, job = seen.visibility, _OPENED
        if told == "V1" or (told == "V2" and moment.qty != AGGRESSIVE):
            return Met(followed, seen, moment)  # an order's visibility hides its placements, or all of it
        known = followed.placed.get((moment.key, moment.t))
        fresh = known is None
        if known is None:
            known = self._record(moment.fact)
            followed.placed[moment.key, moment.t] = known
            if followed.symbol.cursor > moment.t:
                record, job = self.records[known], _TOO_LATE
                record["t"], record["closed"], record["state"] = moment.t, moment.t, VOID
            else:
                of = moment.side, moment.qty
                job = self._jobs(followed).open(followed.symbol, moment.t, known, of)
        elif outcome(self.records, known) == NOT_OPENED:
            job = _TOO_LATE
        followed.open, followed.ends = known, moment.t + WINDOW_NS
        return Met(followed, seen, moment, known, fresh, job)

    # -- second pass: trails ---------------------------------------------------------------------------------------

    def _settle(self, others: NDArray[np.int64]) -> None:
        """Do all jobs, those of `others` too, then tell the trails."""
        levels, outcomes = self.jobs.do(self.states, self.records, others)
        found, self.found = self.found, []
        for met in found:
            followed, seen, moment, number, _fresh, job = met
            done = NOT_OPENED if job == _TOO_LATE else GOOD if job < 0 else outcomes[job]
            trail = seen.trail or self._trail(followed, seen)
            if moment is None:
                if done != NOT_OPENED:  # one that was never open has been told of already
                    self._folded(trail, number, done, self.children[number])
            elif moment.kind == DONE:
                if number >= 0:
                    followed.levels[moment.key] = Level(*levels[number : number + PARTS])
                trail.visibility = moment.fact.row.visibility or trail.visibility
                trail.done(moment.t, moment.qty, followed.levels[moment.key], moment.price)
                followed.house.note(moment.t, moment.side, trail)
            else:
                self._apply(met, moment, trail, done)

    def _folded(self, trail: Trail, number: int, done: int, fact: Fact) -> None:
        if done == GOOD:
            trail.scored(number, self.records[number : number + 1])
        else:
            trail.voided += 1
        if fact.parent is not None:
            fact.parent.touched += 1  # the board shows it anew

    def _apply(self, met: Met, moment: Moment, trail: Trail, done: int) -> None:
        """What a moment but a fill is to its parent; `done`: the outcome of its window's opening."""
        fact = moment.fact
        trail.visibility = fact.row.visibility or trail.visibility
        if moment.kind == ACT:
            met.followed.house.note(moment.t, moment.side, trail)
            if met.number >= 0:
                self._acted(met, moment, trail, done)
        elif moment.kind == TERMS:
            trail.terms(moment.t, moment.side, moment.qty, moment.price)
            trail.told(fact.row)
        elif moment.kind == SWITCH:
            trail.switch(moment.t)
            trail.told(fact.row)

    def _acted(self, met: Met, moment: Moment, trail: Trail, done: int) -> None:
        """The window of an event has been opened; one that is known from before keeps its record."""
        trail.acts += 1
        if met.fresh:
            share = trail.share_after(moment.fact.row.qty or 0 if moment.qty == AGGRESSIVE else 0)
            self.records["share"][met.number] = share
            self.records["own"][met.number] = trail.later(moment.t, share, self.records[met.number])
        if done == NOT_OPENED:
            followed = met.followed
            self._folded(trail, met.number, done, moment.fact)
            if followed.open == met.number:
                followed.open = -1
                self.due[followed.symbol.instrument] = self._next(followed, followed.passed)

    def _record(self, fact: Fact) -> int:
        if self.used == len(self.records):
            self.records = np.concatenate([self.records, np.zeros(max(self.used, _RECORDS), CHILD)])
        self.children.append(fact)
        self.used += 1
        return self.used - 1

    def _trail(self, followed: Followed, seen: Seen) -> Trail:
        """Begin the trail of a parent."""
        g = self.model.kernel(self.universe.instruments[followed.symbol.instrument]).g
        found = seen.trail = followed.trails[seen.parent_id] = Trail(seen.parent_id, self.model, g, self.room)
        return found

    # -- save and load ---------------------------------------------------------------------------------------------

    def save(self, number: dict[int, int]) -> dict[str, NDArray[Any]]:
        """State as arrays; `number`: id of a fact -> its place among all facts. What facts say is read again."""
        children = np.array([number[id(fact)] for fact in self.children], np.int64)
        out: dict[str, NDArray[Any]] = {"records": self.records[: self.used], "children": children}
        out["marks"] = np.array([self.moved, self.unplaced], np.int64)
        for instrument, followed in self.followed.items():
            facts = {key: number[id(fact)] for _, key, fact in followed.facts}
            placed = [(facts[key], t, record) for (key, t), record in followed.placed.items() if key in facts]
            levels = [(facts[key], *level) for key, level in followed.levels.items() if key in facts]
            dirty = NULL if followed.dirty is None else followed.dirty
            out |= {f"{instrument}.{name}": array for name, array in followed.symbol.save().items()}
            out[f"{instrument}.marks"] = np.array([followed.passed, dirty, self.due[instrument]], np.int64)
            out[f"{instrument}.placed"] = np.array(placed, np.int64).reshape(-1, 3)
            out[f"{instrument}.levels"] = np.array(levels, np.float64).reshape(-1, 1 + PARTS)
        return out

    def load(self, state: dict[str, NDArray[Any]], facts: list[Fact]) -> None:
        """Take back what save() gave; nothing: so far the day had another model, or none. `facts` as they are now."""
        for fact in facts:
            if fact.instrument >= 0:
                self.place(fact)
        if not state:
            return
        self.records, self.used = state["records"].copy(), len(state["records"])
        self.children = [facts[n] for n in state["children"].tolist()]
        self.moved, self.unplaced = state["marks"].tolist()
        for name in [name for name in state if name.endswith(".stream")]:
            instrument = int(name.split(".")[0])
            followed = self._followed(instrument)
            of = {key.split(".")[1]: array for key, array in state.items() if key.startswith(f"{instrument}.")}
            followed.symbol.load(of)
            passed, dirty, due = of["marks"].tolist()
            followed.placed = {(facts[n].key, t): record for n, t, record in of["placed"].tolist()}
            followed.levels = {facts[int(n)].key: Level(*level) for n, *level in of["levels"].tolist()}
            if passed != NULL:
                self._replay(followed, passed)
            followed.passed, followed.dirty = passed, None if dirty == NULL else dirty
            self.due[instrument] = due

    # -- going back ------------------------------------------------------------------------------------------------

    def _again(self, followed: Followed) -> None:
        """Play the symbol again from the last state before what has changed; what stood before it is kept."""
        assert followed.dirty is not None  # noqa: S101 - the caller has checked
        t, followed.dirty = followed.dirty, None
        begun = followed.symbol.cursor != 0
        if begun and followed.symbol.back(t):
            since = followed.symbol.cursor
            kept = {key: number for key, number in followed.placed.items() if key[1] < since}
            followed.placed = kept
            followed.levels = {key: level for key, level in followed.levels.items() if key[0] < since}
        elif begun:
            self.unplaced += 1
        self._replay(followed, followed.symbol.cursor)

    def _replay(self, followed: Followed, until: int) -> None:
        """Read every fact again and play the moments before `until` on the records there are."""
        followed.forget()
        followed.read_until(until + AHEAD_NS)
        self.again = True
        self._moments(followed, until)
        self.again = False
        if followed.open >= 0 and followed.ends <= until:
            self._close(followed, followed.ends)
        self._settle(NO_JOBS)
        if followed.open >= 0 and NULL < int(self.records[followed.open]["closed"]) < until:
            self._close(followed, until)  # the end of data had cut it
            self._settle(NO_JOBS)
