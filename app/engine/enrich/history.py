"""The touch history of all instruments: changes wait for the watermark, then time only moves forward."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.engine.config import EngineConfig
from app.engine.enrich.asof import Histories, Lookups, look_up
from app.engine.enrich.consolidate import DONE, UNSEEN, Consolidation, consolidate
from app.engine.enrich.regions import Regions, joined, move
from app.engine.enrich.rows import HISTORY, PRINT, SAMPLE, SLOT, TAKEN_BACK
from app.engine.events import CHANGE, Rows
from app.engine.jit import jit
from app.engine.units import NO_QUOTE, NULL

_LATE, _NOT_FOUND, _TAKEN, _PRINTS = range(4)
_TAKEN_AT_FIRST = 64
_MEMBERS = 4  # venues of an instrument before the table grows


def _admit(changes: Rows, begin: int, slot_of: NDArray[np.int32], last: NDArray[np.int64]) -> tuple[int, int]:
    """Take changes up from `begin` on: where it stopped, and how many times ran back so far.

    It stops at a change whose (instrument, venue) has no slot or whose source no last time, else behind the last one.
    Within a source, source order is the truth: a time that runs back is read as the last one.
    """
    backwards = 0
    for n in range(begin, len(changes)):
        i, v, s = changes[n]["instrument"], changes[n]["venue"], changes[n]["source"]
        if i >= slot_of.shape[0] or v >= slot_of.shape[1] or s >= len(last) or slot_of[i, v] < 0:
            return n, backwards
        if changes[n]["ts"] < last[s]:
            changes[n]["ts"] = last[s]
            backwards += 1
        else:
            last[s] = changes[n]["ts"]
    return len(changes), backwards


admit = jit(_admit)


def _in_order(changes: Rows, ranks: NDArray[np.int64]) -> bool:
    """True when the changes stand by (time, rank of the source's name)."""
    for n in range(1, len(changes)):
        before, after = changes[n - 1]["ts"], changes[n]["ts"]
        if after < before:
            return False
        if after == before and ranks[changes[n]["source"]] < ranks[changes[n - 1]["source"]]:
            return False
    return True


in_order = jit(_in_order)


def _due(changes: Rows, watermark: int) -> int:
    """How many changes, in order of time, are before the watermark."""
    low, high = 0, len(changes)
    while low < high:
        middle = (low + high) >> 1
        if changes[middle]["ts"] < watermark:
            low = middle + 1
        else:
            high = middle
    return low


due = jit(_due)


class TouchHistory:
    """Consolidated touches, prints and running sums, per instrument, as of any nanosecond of the ring."""

    def __init__(self, config: EngineConfig) -> None:
        self.config = config
        self.history = Regions(HISTORY)
        self.prints = Regions(PRINT)
        self.queue: Rows = np.zeros(0, CHANGE)  # grows to what waits at most
        self.queued = 0
        self.slots: Rows = np.zeros(0, SLOT)
        self.slot_of: NDArray[np.int32] = np.full((0, 1), -1, np.int32)
        self.members: NDArray[np.int32] = np.zeros((0, _MEMBERS), np.int32)
        self.venues: NDArray[np.int32] = np.zeros(0, np.int32)
        self.current: Rows = np.zeros(0, HISTORY)
        self.base: Rows = np.zeros(0, HISTORY)
        self.sample: Rows = np.zeros(0, SAMPLE)
        self.taken: Rows = np.zeros(0, TAKEN_BACK)
        self.counts: NDArray[np.int64] = np.zeros(4, np.int64)
        self.last_of_source: NDArray[np.int64] = np.zeros(0, np.int64)
        self.backwards = 0
        self.passed = NULL  # every change before this time is in the history

    def describe(self, instrument: int, sigma2_per_second: float) -> None:
        """Start the realised variance of an instrument at its reference volatility."""
        self.reach(instrument + 1)
        self.current[instrument]["sigma2"] = sigma2_per_second
        self.sample[instrument]["elapsed"] = 300.0

    def reach(self, instruments: int) -> None:
        """Make sure that look-ups may name so many instruments."""
        self._reach(instruments, 1)

    def take(self, changes: Rows) -> None:
        """Queue venue changes until the watermark has passed them."""
        move(self.space(len(changes)), changes)
        self.written(len(changes))

    def written(self, count: int) -> None:
        """As `take`, of changes that stand at the beginning of what `space` gave."""
        fresh = self.queue[self.queued : self.queued + count]
        self.queued += count
        begin = 0
        while begin < count:
            begin, backwards = admit(fresh, begin, self.slot_of, self.last_of_source)
            self.backwards += int(backwards)
            if begin < count:
                self._meet(fresh[begin:])

    def _meet(self, changes: Rows) -> None:
        """Make room for whatever changes name."""
        source = int(changes["source"].max())
        if source >= len(self.last_of_source):
            more = np.full(source + 1 - len(self.last_of_source), NULL, np.int64)
            self.last_of_source = np.concatenate([self.last_of_source, more])
        self._reach(int(changes["instrument"].max()) + 1, int(changes["venue"].max()) + 1)
        self._register(changes)

    @property
    def waiting(self) -> Rows:
        """Changes the watermark has not passed yet (a view)."""
        return self.queue[: self.queued]

    def space(self, count: int) -> Rows:
        """Room for so many changes behind those that wait (a view)."""
        if self.queued + count > len(self.queue):
            grown = np.zeros(2 * (self.queued + count), CHANGE)
            move(grown[: self.queued], self.waiting)
            self.queue = grown
        return self.queue[self.queued : self.queued + count]

    def advance(self, watermark: int, source_ranks: NDArray[np.int64]) -> None:
        """Consolidate every waiting change with ts < watermark; equal times go by source name, then source order."""
        before, self.passed = self.passed, max(self.passed, watermark)
        waiting = self.waiting
        if not len(waiting):
            return
        if not in_order(waiting, source_ranks):
            move(waiting, waiting[np.lexsort((source_ranks[waiting["source"]], waiting["ts"]))])
        cut = int(due(waiting, watermark))
        self._consolidate(waiting[:cut], before)
        self.queued -= cut
        if cut:
            move(self.queue[: self.queued], waiting[cut:])

    def _consolidate(self, changes: Rows, passed: int) -> None:
        begin = 0
        while begin < len(changes):
            stopped = int(consolidate(self._arrays(changes, begin, passed)))
            if stopped == DONE:
                return
            begin = stopped
            if int(self.counts[_TAKEN]) == len(self.taken):
                self.taken = joined(self.taken, np.zeros(len(self.taken) + _TAKEN_AT_FIRST, TAKEN_BACK))
            instrument = int(changes[stopped]["instrument"])
            for regions in (self.history, self.prints):
                if regions.count[instrument] + 1 >= regions.room[instrument]:
                    regions.make_room(instrument, self.config.ring_ns, self.config.ring_rows)

    def cancelled(self) -> Rows:
        """TAKEN_BACK rows of every cancelled print so far."""
        return self.taken[: int(self.counts[_TAKEN])]

    def histories(self) -> Histories:
        """The arrays as-of look-ups read."""
        h = self.history
        return Histories(h.pool, h.offset, h.count, h.dropped)

    def look_up(self, requests: NDArray[np.int64], out: Rows) -> None:
        """Write the JOIN row of every request, columns of (instrument, t, target), to out[target]."""
        look_up(Lookups(self.histories(), requests[0], requests[1], requests[2], out))

    def ring(self, instrument: int) -> Rows:
        """The consolidated history of an instrument that is still in memory, oldest first (a view)."""
        return self.history.rows(instrument)

    @property
    def late(self) -> int:
        """Market rows that came after their time had been declared passed."""
        return int(self.counts[_LATE])

    @property
    def cancellations_not_found(self) -> int:
        """Print cancellations that name no print in memory."""
        return int(self.counts[_NOT_FOUND])

    def save(self) -> dict[str, NDArray[Any]]:
        """State as arrays."""
        state: dict[str, NDArray[Any]] = {name: getattr(self, name) for name in _SAVED}
        state |= {f"history.{k}": v for k, v in self.history.save().items()}
        state |= {f"prints.{k}": v for k, v in self.prints.save().items()}
        state["waiting"] = self.waiting
        state["marks"] = np.array([self.backwards, self.passed], np.int64)
        return {name: array.copy() for name, array in state.items()}

    def load(self, state: dict[str, NDArray[Any]]) -> None:
        """Take back what save() gave."""
        for name in _SAVED:
            setattr(self, name, state[name].copy())
        self.queue = state["waiting"].copy()
        self.queued = len(self.queue)
        for name, regions in (("history", self.history), ("prints", self.prints)):
            regions.load({k.split(".", 1)[1]: v for k, v in state.items() if k.startswith(name + ".")})
        self.backwards, self.passed = (int(v) for v in state["marks"])

    def _arrays(self, changes: Rows, begin: int, passed: int) -> Consolidation:
        h, p = self.history, self.prints
        return Consolidation(
            changes, begin, self.slots, self.slot_of, self.members, self.venues, self.current, self.base, self.sample,
            h.pool, h.offset, h.room, h.count, p.pool, p.offset, p.room, p.count, self.taken, self.counts,
            passed,
        )  # fmt: skip

    def _reach(self, instruments: int, venues: int) -> None:
        """Grow every per-instrument table."""
        have, wide = self.slot_of.shape
        if instruments > have or venues > wide:
            grown = np.full((max(instruments, have), max(venues, wide)), -1, np.int32)
            grown[:have, :wide] = self.slot_of
            self.slot_of = grown
        more = instruments - have
        if more > 0:
            fresh = np.zeros(more, HISTORY)
            for name in ("bid", "ask", "bid2", "ask2", "mid2", "held", "since", "held_bid", "held_ask"):
                fresh[name] = NULL
            fresh["quality"] = NO_QUOTE
            self.current = joined(self.current, fresh)
            self.base = joined(self.base, fresh)
            sample = np.zeros(more, SAMPLE)
            sample["mid2"] = NULL
            self.sample = joined(self.sample, sample)
            self.venues = np.concatenate([self.venues, np.zeros(more, np.int32)])
            self.members = np.concatenate([self.members, np.zeros((more, self.members.shape[1]), np.int32)])
            self.history.reach(instruments)
            self.prints.reach(instruments)

    def _register(self, changes: Rows) -> None:
        """Give every new (instrument, venue) a slot."""
        missing = self.slot_of[changes["instrument"], changes["venue"]] < 0
        met = np.stack([changes["instrument"][missing], changes["venue"][missing].astype(np.int32)], 1)
        for instrument, venue in np.unique(met, axis=0).tolist():
            slot = len(self.slots)
            fresh = np.zeros(1, SLOT)
            fresh["status"] = UNSEEN
            for name in ("bid", "bid_size", "ask", "ask_size", "bid2", "bid2_size", "ask2", "ask2_size"):
                fresh[name] = NULL  # as books say an empty side
            self.slots = joined(self.slots, fresh)
            self.slot_of[instrument, venue] = slot
            k = int(self.venues[instrument])
            if k == self.members.shape[1]:
                self.members = np.concatenate([self.members, np.zeros_like(self.members)], axis=1)
            self.members[instrument, k] = slot
            self.venues[instrument] = k + 1


_SAVED = (
    "slots", "slot_of", "members", "venues", "current", "base", "sample", "taken", "counts",
    "last_of_source",
)  # fmt: skip
