"""The evidence of a run: every symbol's stream behind the watermark, own moments on it, every parent's trail.

A stream is `LAG_NS` behind the watermark, so that own facts that come a little late find their place without going
back. A later one sends its symbol back to the last state before it; where the history no longer reaches so far it
changes what is known of orders, not what has been scored, and is counted.
"""

from __future__ import annotations

from bisect import insort
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from app.engine.evidence.footprint import House
from app.engine.evidence.merge import Badges
from app.engine.evidence.model import Model
from app.engine.evidence.own import ACT, DONE, SHOW, SWITCH, TERMS, Moment, Reader, in_order, named, time_of
from app.engine.evidence.reference import Kernels
from app.engine.evidence.rows import AGGRESSIVE, CHILD
from app.engine.evidence.stream import ASLEEP_NS
from app.engine.evidence.symbol import OPEN, SCORED, VOID, WINDOW_NS, Muted, Symbol
from app.engine.evidence.trail import Trail
from app.engine.units import MILLISECOND, NULL, SECOND

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from app.engine.config import EngineConfig
    from app.engine.enrich.history import TouchHistory
    from app.engine.orders.facts import Fact, Key
    from app.engine.orders.joins import Joins
    from app.engine.universe import Universe

LAG_NS: Final = 500 * MILLISECOND
AHEAD_NS: Final = 100 * MILLISECOND  # a fill's print may stand before its report
LAZY_NS: Final = 30 * SECOND  # a symbol with nothing due is heard so often: the history holds longer
FAST_CLOCK_NS: Final = 50 * MILLISECOND  # clock error from which answers within 150 ms say nothing
NEVER: Final = 2**63 - 1
_RECORDS: Final = 256  # at first
_NEAR_NS: Final = SECOND  # own prints a kernel is told of before and after its span


class Followed:
    """One symbol and its own moments; `passed`: moments before this time have been played."""

    __slots__ = (
        "at",
        "dirty",
        "ends",
        "facts",
        "house",
        "levels",
        "moments",
        "open",
        "passed",
        "placed",
        "read",
        "reader",
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
        self.passed = NULL
        self.dirty: int | None = None  # the earliest time at which something has changed
        self.placed: dict[tuple[Key, int], int] = {}  # (fact, time) -> its record
        self.levels: dict[Key, float] = {}  # fill -> own level just before it
        self.trails: dict[str, Trail] = {}
        self.house = House()


class Evidence:
    """All symbols and trails of one engine."""

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
            before.facts = [other for other in before.facts if other[2] is not fact]
            self._stir(before, entry[0])
        self.home[fact] = fact.instrument
        followed = self._followed(fact.instrument)
        insort(followed.facts, entry, key=lambda other: other[:2])
        if followed.passed != NULL and entry[0] < followed.passed + AHEAD_NS:
            self._stir(followed, entry[0])
        self.due[fact.instrument] = min(int(self.due[fact.instrument]), entry[0])

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
            symbol = Symbol(instrument, reference.tick_size or 0, kernels, self.history, self.model)
            found = self.followed[instrument] = Followed(symbol, self.joins)
            self._reach(len(self.universe.instruments))
        return found

    def _reach(self, instruments: int) -> None:
        if instruments > len(self.due):
            self.due = np.concatenate([self.due, np.full(instruments - len(self.due), NULL, np.int64)])

    # -- time ------------------------------------------------------------------------------------------------------

    def advance(self, watermark: int, end: int) -> None:
        """Play everything the watermark has passed by the lag; at the end of data everything."""
        safe = end + 1 if end != NULL else watermark - LAG_NS
        if safe <= 0:
            return
        self.history.reach(len(self.universe.instruments))
        self._reach(len(self.universe.instruments))
        due = np.flatnonzero(self.due < (safe if end == NULL else NEVER))
        for instrument in due.tolist():
            followed = self._followed(instrument)
            if followed.symbol.cursor == 0 and not followed.symbol.start():
                self.due[instrument] = safe + LAZY_NS  # no row of its market yet
                if end == NULL:
                    continue
            self._play(followed, safe, end != NULL)

    def _play(self, followed: Followed, safe: int, last: bool) -> None:
        if followed.dirty is not None:
            self._again(followed)
        self._read(followed, safe)
        self._moments(followed, safe)
        self._close_due(followed, safe)
        if last and followed.open >= 0:
            self._close(followed, safe - 1)
        followed.symbol.own = self._near(followed, safe)
        followed.symbol.advance(safe)
        followed.passed = safe
        self.due[followed.symbol.instrument] = self._next(followed, safe)

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

    def _read(self, followed: Followed, safe: int) -> None:
        """Turn facts into moments, far enough ahead that a print before its report is known."""
        while followed.read < len(followed.facts) and followed.facts[followed.read][0] < safe + AHEAD_NS:
            for moment in followed.reader.read(followed.facts[followed.read][2]):
                insort(followed.moments, moment, key=in_order)
            followed.read += 1

    def _near(self, followed: Followed, until: int) -> NDArray[np.int64]:
        """Numbers of own prints that may be met from the stream's cursor on."""
        begin = followed.symbol.cursor - _NEAR_NS
        own = followed.reader.own
        first = len(own)
        while first > 0 and own[first - 1][0] >= begin - _NEAR_NS:
            first -= 1
        return np.array([number for ts, number in own[first:] if begin <= ts < until + _NEAR_NS], np.int64)

    def _moments(self, followed: Followed, safe: int) -> None:
        while followed.at < len(followed.moments) and followed.moments[followed.at].t < safe:
            moment = followed.moments[followed.at]
            followed.at += 1
            self._close_due(followed, moment.t)
            followed.symbol.own = self._near(followed, moment.t)
            followed.symbol.advance(moment.t)
            self._apply(followed, moment)

    def _close_due(self, followed: Followed, until: int) -> None:
        """Close the open window where it has lasted its time before `until`."""
        if followed.open >= 0 and followed.ends <= until:
            followed.symbol.own = self._near(followed, followed.ends)
            followed.symbol.advance(followed.ends)
            self._close(followed, followed.ends)

    def _close(self, followed: Followed, at: int) -> None:
        """Score the open window as of `at`, once, and let its parent's trail know."""
        number, followed.open = followed.open, -1
        record, fact = self.records[number], self.children[number]
        trail = self._trail(followed, fact)
        if trail is not None and int(record["state"]) == OPEN:
            followed.symbol.advance(at)
            fast = self.config.budget_of(fact.row.source) > FAST_CLOCK_NS
            followed.symbol.close(record, at, Muted(trail.tape_is_missing, fast))
        if trail is not None:  # an order that was unassigned meanwhile is read again from its beginning
            self._folded(trail, number, record, fact)

    def _folded(self, trail: Trail, number: int, record: Any, fact: Fact) -> None:
        if int(record["state"]) == SCORED:
            trail.scored(number, record)
        else:
            trail.voided += 1
        if fact.parent is not None:
            fact.parent.touched += 1  # the board shows it anew

    # -- moments ---------------------------------------------------------------------------------------------------

    def _apply(self, followed: Followed, moment: Moment) -> None:
        fact, trail = moment.fact, self._trail(followed, moment.fact)
        if trail is not None:
            trail.visibility = fact.row.visibility or trail.visibility
        if moment.kind == SHOW:
            followed.symbol.show(moment.side, moment.price, moment.qty)
        elif moment.kind == ACT:
            if followed.open >= 0:
                self._close(followed, moment.t)
            if trail is not None:
                followed.house.note(moment.t, moment.side, trail)
                self._act(followed, moment, trail)
        elif trail is None:
            return
        elif moment.kind == TERMS:
            trail.terms(moment.t, moment.side, moment.qty, moment.price)
            trail.told(fact.row)
        elif moment.kind == DONE:
            level = followed.levels.setdefault(fact.key, followed.symbol.level())
            trail.done(moment.qty, level, moment.price)
            followed.house.note(moment.t, moment.side, trail)
        elif moment.kind == SWITCH:
            if followed.open >= 0:
                self._close(followed, moment.t)
            trail.switch(moment.t)
            trail.told(fact.row)

    def _act(self, followed: Followed, moment: Moment, trail: Trail) -> None:
        """Open the window of an event; one that is known from before keeps its record."""
        told = trail.visibility
        if told == "V1" or (told == "V2" and moment.qty != AGGRESSIVE):
            return  # what is said of an order's visibility hides its placements, or all of it
        trail.acts += 1
        known = followed.placed.get((moment.key, moment.t))
        if known is None:
            known = self._record(moment.fact)
            followed.placed[moment.key, moment.t] = known
            record = self.records[known]
            if followed.symbol.cursor > moment.t:
                record["t"], record["closed"], record["state"] = moment.t, moment.t, VOID  # told too late
            else:
                followed.symbol.open(moment.t, moment.side, moment.qty, record)
            share = trail.share_after(moment.fact.row.qty or 0 if moment.qty == AGGRESSIVE else 0)
            record["share"], record["own"] = share, trail.later(moment.t, share)
        if int(self.records[known]["state"]) == VOID and int(self.records[known]["closed"]) == moment.t:
            self._folded(trail, known, self.records[known], moment.fact)
        else:
            followed.open, followed.ends = known, moment.t + WINDOW_NS

    def _record(self, fact: Fact) -> int:
        if self.used == len(self.records):
            self.records = np.concatenate([self.records, np.zeros(max(self.used, _RECORDS), CHILD)])
        self.children.append(fact)
        self.used += 1
        return self.used - 1

    def _trail(self, followed: Followed, fact: Fact) -> Trail | None:
        parent_id = named(fact)
        if parent_id is None:
            return None
        found = followed.trails.get(parent_id)
        if found is None:
            g = self.model.kernel(self.universe.instruments[followed.symbol.instrument]).g
            found = followed.trails[parent_id] = Trail(parent_id, self.model, g)
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
            levels = [(facts[key], level) for key, level in followed.levels.items() if key in facts]
            dirty = NULL if followed.dirty is None else followed.dirty
            out |= {f"{instrument}.{name}": array for name, array in followed.symbol.save().items()}
            out[f"{instrument}.marks"] = np.array([followed.passed, dirty, self.due[instrument]], np.int64)
            out[f"{instrument}.placed"] = np.array(placed, np.int64).reshape(-1, 3)
            out[f"{instrument}.levels"] = np.array(levels, np.float64).reshape(-1, 2)
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
            followed.levels = {facts[int(n)].key: level for n, level in of["levels"].tolist()}
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
        followed.reader, followed.moments, followed.trails = Reader(self.joins), [], {}
        followed.house = House()
        followed.read = followed.at = 0
        followed.open = -1
        followed.symbol.hide()
        self._read(followed, until)
        self._moments(followed, until)
        self._close_due(followed, until)
        if followed.open >= 0 and NULL < int(self.records[followed.open]["closed"]) < until:
            self._close(followed, until)  # the end of data had cut it
