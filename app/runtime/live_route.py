"""Rows of live sources on their way to the engine: caught up in event time, then as they come, without a seam.

A live source is read in lanes (a partition, a table, a file); each keeps its own order. While a lane is known to have
more than has come, the others wait for it in event time, so that a day that is caught up on is joined as it was live.
At the end of its stream a lane holds nobody back. What a block brings and how far that has been read stand on the
tape in one record: a run goes on from there, whatever anybody else remembers.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

import msgspec
import numpy as np

from app.engine.events import Block, Control, OrderRow, Quarantined, Rows, no_market
from app.engine.extent import extent
from app.engine.units import NULL
from app.runtime.route import MAX_BLOCK, NO_LIMIT

BEGUN_S: Final = 10.0  # for every source to say what lanes it has; one that does not holds nobody back any longer
WAIT_S: Final = 0.005  # how long `take` waits for rows: the loop looks after other things in between
_RAW_KEPT: Final = 4_096  # bytes of something set aside that go onto the tape


@dataclass(slots=True, kw_only=True)
class Batch:
    """What one message brought, whole. `position`: the place behind it, in its reader's own words ("" = not known).

    `passed`: nothing before it (ns) follows on this lane; NULL = as far as its rows go. `end`: nothing follows at all.
    `more`: it goes into one block with the next one of its lane, which says the place behind both.
    """

    position: str = ""
    market: Rows = field(default_factory=no_market)
    orders: tuple[OrderRow, ...] = ()
    controls: tuple[Control, ...] = ()
    quarantine: tuple[Quarantined, ...] = ()
    passed: int = NULL
    end: bool = False
    more: bool = False
    times: tuple[int, int] | None = None  # of the first and last market row (ns), where its reader knows them

    def span(self) -> tuple[int, int]:
        """Times (ns) of the first and last row; NULL without rows."""
        times = [row.ts_event for row in self.orders]
        if len(self.market):
            times += self.times or extent(self.market).time
        return min(times, default=NULL), max(times, default=NULL)


@dataclass(slots=True)
class Lane:
    """One ordered stream of a source. Its feed fills `waiting` and says what it knows; the route empties it.

    `market`: its rows move the watermark. `behind`: more is known to be there than has come. `idle_s`: at its end with
    nothing for so long it holds nobody back (0 = it always does). `ended`: nothing will come any more.
    """

    name: str
    source: str
    market: bool = True
    idle_s: float = 0.005
    behind: bool = True
    ended: bool = False
    passed: int = NULL
    position: str = ""  # behind the last message handed over
    newest: int = NULL  # event time of the newest row read; with `passed` it says how far the engine lags
    heard_s: float = 0.0
    waiting: deque[tuple[Batch, int, int]] = field(default_factory=deque)
    rows: int = 0  # waiting

    def put(self, batch: Batch, now_s: float) -> None:
        """What came next on this lane."""
        first, last = batch.span()
        self.waiting.append((batch, first, last))
        self.rows += len(batch.market) + len(batch.orders)
        self.newest = max(self.newest, last, batch.passed)
        self.heard_s = now_s

    def lag_ns(self) -> int:
        """Event time between the newest row read and the last one handed over; 0 when there is none."""
        return self.newest - self.passed if self.waiting and self.passed != NULL else 0


class LiveFeed(Protocol):
    """A live source. `open` may start threads; everything else is called by the run's own thread."""

    name: str

    @property
    def lanes(self) -> Mapping[str, Lane]:
        """By name; may grow and shrink between two calls of `poll`."""

    def open(self, positions: Mapping[str, str], wake: Callable[[], None]) -> None:
        """Begin behind these places, lane by lane, or where the settings say; `wake` may be called by any thread."""

    def poll(self, room: int) -> Sequence[Control]:
        """Decode what has come into the lanes, about `room` rows at most; never waits. Raises ScorecardError.

        Gives what became of the source itself: up, down, a gap.
        """

    def held(self, positions: Mapping[str, str]) -> None:
        """Everything up to these places is on the tape for good."""

    def close(self) -> None:
        """Stop reading."""


class LiveRoute:
    """Blocks out of live feeds, as the loop takes them."""

    def __init__(
        self,
        feeds: Sequence[LiveFeed],
        queue_rows: int,
        clock: Callable[[], float] = time.monotonic,
        wait_s: float = WAIT_S,
    ) -> None:
        self.watermark = NULL
        self.end_ns = NULL
        self._feeds = feeds
        self._queue_rows = queue_rows
        self._clock = clock
        self._wait_s = wait_s
        self._woken = threading.Event()
        self._controls: list[Control] = []
        self._opened_s = clock()

    def open(self, positions: Mapping[str, str], watermark: int = NULL) -> None:
        """Begin to read behind these places; nothing before `watermark` (ns) is expected. Raises ScorecardError."""
        self.watermark = self.end_ns = watermark
        self._opened_s = self._clock()
        for feed in self._feeds:
            feed.open(positions, self._woken.set)

    def next_ns(self) -> int | None:
        """Time of the first row that waits, or of the last one handed over; None once every lane has ended."""
        lanes = self._lanes()
        if lanes and all(lane.ended and not lane.waiting for lane in lanes) and not self._controls:
            return None
        return min((first for lane in lanes for _, first, _ in _head(lane)), default=self.watermark)

    def take(self, until: int = NO_LIMIT) -> Block | None:
        """The next block with nothing after `until` (ns); None: nothing came for a few ms. Raises ScorecardError."""
        block = self._next(until)
        if block is None and self._woken.wait(self._wait_s):
            self._woken.clear()
            block = self._next(until)
        return block

    def held(self, positions: Mapping[str, str]) -> None:
        """As LiveFeed."""
        for feed in self._feeds:
            feed.held(positions)

    def lags(self) -> dict[str, int]:
        """Source -> event ns that are read and not handed over."""
        found: dict[str, int] = {}
        for lane in self._lanes():
            found[lane.source] = max(found.get(lane.source, 0), lane.lag_ns())
        return found

    def close(self) -> None:
        """Stop reading."""
        for feed in self._feeds:
            feed.close()

    def _lanes(self) -> list[Lane]:
        return [lane for feed in self._feeds for lane in feed.lanes.values()]

    def _next(self, until: int) -> Block | None:
        room = self._queue_rows - sum(lane.rows for lane in self._lanes())
        for feed in self._feeds:
            self._controls += feed.poll(max(room, 0))
        lanes = self._lanes()
        taken = self._merged(lanes, until)
        watermark = max(self.watermark, self._passed(lanes))
        controls = [*self._stamped(watermark), *_notes(taken, self.end_ns)]
        if not taken and not controls and watermark == self.watermark:
            return None
        self.watermark = watermark
        return Block(
            watermark,
            _united([batch.market for _, batch in taken if len(batch.market)]),
            tuple(row for _, batch in taken for row in batch.orders),
            tuple(controls),
        )

    def _stamped(self, watermark: int) -> list[Control]:
        """What became of the sources, at the event time that has been reached."""
        controls, self._controls = self._controls, []
        return [msgspec.structs.replace(control, ts_event=max(watermark, 0)) for control in controls]

    def _merged(self, lanes: list[Lane], until: int) -> list[tuple[Lane, Batch]]:
        """Whole messages by the time of their first row, up to about a block of rows."""
        taken: list[tuple[Lane, Batch]] = []
        if self._clock() - self._opened_s < BEGUN_S and not all(feed.lanes for feed in self._feeds):
            return taken
        rows = 0
        while rows < MAX_BLOCK:
            ready = [lane for lane in lanes if lane.waiting]
            if not ready:
                break
            lane = min(ready, key=lambda lane: lane.waiting[0][1])
            if lane.waiting[0][1] > min(until, _reached(lanes)):
                break
            more = True
            while more and lane.waiting:
                batch, count = self._handed(lane)
                rows += count
                taken.append((lane, batch))
                more = batch.more
        return taken

    def _handed(self, lane: Lane) -> tuple[Batch, int]:
        """The next batch of a lane, and its rows."""
        batch, _, last = lane.waiting.popleft()
        count = len(batch.market) + len(batch.orders)
        lane.rows -= count
        lane.passed = max(lane.passed, last if batch.passed == NULL else batch.passed)
        lane.ended = lane.ended or batch.end
        lane.position = batch.position or lane.position
        self.end_ns = max(self.end_ns, last, batch.passed if batch.end else NULL)
        return batch, count

    def _passed(self, lanes: list[Lane]) -> int:
        """Nothing before this time (ns) is expected of any market lane any more."""
        now = self._clock()
        known = [lane for lane in lanes if lane.market]
        holding = [lane.passed for lane in known if not lane.ended and not _idle(lane, now)]
        return min(holding, default=max((lane.passed for lane in known), default=NULL))


def _united(parts: list[Rows]) -> Rows:
    """The rows of all parts: as bytes, because joining fields costs more than applying them."""
    if len(parts) < 2:
        return parts[0] if parts else no_market()
    rows: Rows = np.frombuffer(b"".join([np.ascontiguousarray(part).data for part in parts]), parts[0].dtype)
    return rows


def _head(lane: Lane) -> list[tuple[Batch, int, int]]:
    return [lane.waiting[0]] if lane.waiting else []


def _reached(lanes: list[Lane]) -> int:
    """How far the others may go: where a lane stands that has more to come than has come."""
    return min((lane.passed for lane in lanes if lane.behind and not lane.waiting and not lane.ended), default=NO_LIMIT)


def _idle(lane: Lane, now_s: float) -> bool:
    """True for a lane at the end of its stream with nothing for a while."""
    return lane.idle_s > 0 and not lane.behind and not lane.waiting and now_s - lane.heard_s >= lane.idle_s


def _notes(taken: list[tuple[Lane, Batch]], at_ns: int) -> list[Control]:
    """What the messages said of themselves, and for the tape: what was set aside, where each lane stands now."""
    notes: list[Control] = []
    positions: dict[str, str] = {}
    for lane, batch in taken:
        notes += batch.controls
        for entry in batch.quarantine:
            kept = msgspec.structs.replace(entry, raw=entry.raw[:_RAW_KEPT])
            text = msgspec.json.encode(kept).decode()
            notes.append(Control(ts_event=max(at_ns, 0), kind="aside", source=lane.name, text=text))
        if batch.position:
            positions[lane.name] = batch.position
    at = max(at_ns, 0)
    return notes + [Control(ts_event=at, kind="position", source=n, text=p) for n, p in positions.items()]
