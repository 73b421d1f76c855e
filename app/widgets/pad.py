"""What the screen holds of the board: copies of the parents, links from parents to their rows, paths of instruments.

Plain numpy without Qt. A pull is bounded: what is long is read a slice a frame.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path as Folder
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from app.board import BoardError, BoardReader, TornRowsError, as_bytes, blank, distinct
from app.engine.events import Rows
from app.engine.layout import SECTIONS
from app.engine.units import NULL
from app.widgets.format import clock
from app.widgets.pyramid import Path

SHORT: Final = ("instruments", "sources", "attribution")  # read whole
LINKED: Final = ("fills", "children", "events")  # sections with a `parent_row`
STALE_AFTER_NS: Final = 900_000_000  # a second at most until the screen says so
STARTING: Final = (
    "The engine is starting, no event has been applied yet; orders appear by themselves. The first start of a version "
    "compiles its kernels: some minutes on a busy machine"
)
_SLICE: Final = 25_000  # links read of a long section in one pull
_POINTS: Final = 16_000  # points of a trace
_PATHS: Final = 4  # instruments whose path is kept
_LOOKS: Final = 200  # at a torn row; what stays torn is asked for again at the next pull

Life = Literal["waiting", "live", "paused", "ended", "past", "stale", "refused"]


@dataclass(frozen=True, slots=True)
class Pulse:
    """Whether the figures can be trusted, and the sentence that says so."""

    life: Life
    words: str = ""

    @property
    def stale(self) -> bool:
        """True when what is shown may no longer be true: everything is greyed."""
        return self.life in {"waiting", "stale", "refused"}


@dataclass(slots=True)
class Pulled:
    """What one pull brought: `reset` = everything is new; parents that changed; sections that changed."""

    reset: bool = False
    parents: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    sections: set[str] = field(default_factory=set)


class Pad:
    """The desk's copy of a board folder; `pull` brings it up to date."""

    def __init__(self, folder: Folder, opener: Callable[[Folder], BoardReader] = BoardReader) -> None:
        self.folder = folder
        self.opener = opener  # a reader of one's own rows, where not everything is everybody's
        self.reader: BoardReader | None = None
        self.pulse = Pulse("waiting", f"Waiting for the engine: no board in {folder} yet")
        self._forget()

    @property
    def parents(self) -> Rows:
        """The parents, in the board's order; a view that a later pull may replace."""
        return self._parents[: self._count]

    @property
    def watermark(self) -> int:
        """Event time (ns) up to which the figures hold; units.NULL before the first."""
        return self.reader.watermark if self.reader else NULL

    def text(self, index: int) -> str:
        """A text of the board's arena."""
        return self.reader.text(index) if self.reader and index else ""

    def meta(self) -> dict[str, str]:
        """The board's small facts in words."""
        return self.reader.meta() if self.reader else {}

    def table(self, section: str) -> Rows:
        """The rows of a short section: instruments, sources, attribution."""
        found = self._short.get(section)
        return blank(section, 0) if found is None else found

    def exponents(self) -> dict[int, int]:
        """Size exponents that are not 0, by the arena index of the instrument's name."""
        table = self.table("instruments")
        odd = table[table["size_exponent"] != 0]
        return dict(zip(odd["instrument"].tolist(), odd["size_exponent"].tolist(), strict=True))

    def find(self, parent_id: str) -> int:
        """Row of a parent by its id, -1 if there is none."""
        if len(self._named) < self._count:  # a row keeps its parent
            for row, index in enumerate(self.parents["parent_id"][len(self._named) :].tolist(), len(self._named)):
                self._named.append(self.text(index))
                self._rows.setdefault(self._named[row], row)
        return self._rows.get(parent_id, -1)

    def pull(self, now_ns: int) -> Pulled:
        """Read what changed since the last pull; `now_ns` is the screen's monotonic clock."""
        pulled = Pulled()
        try:
            if self.reader is None:
                self.reader = self.opener(self.folder)
                pulled.reset = True
            self._pull(self.reader, pulled)
            self.pulse = self._pulse(self.reader, now_ns)
        except TornRowsError:  # asked for again at the next pull; until then the last values stand
            self.pulse = self._pulse(self.reader, now_ns) if self.reader else self.pulse
        except BoardError as error:
            life: Life = "waiting" if self.reader is None and "no board" in str(error) else "refused"
            self.pulse = Pulse(life, str(error))
            self.reader = None
        return pulled

    def rows_of(self, section: str, parent: int) -> Rows:
        """Rows of a linked section that belong to a parent, in the board's order."""
        if self.reader is None or parent < 0:
            return blank(section, 0)
        index = np.flatnonzero(self._links[section] == parent)
        try:
            return self.reader.rows(section, index, attempts=_LOOKS)
        except BoardError:
            return blank(section, 0)

    def beside(self, section: str, parent: int) -> np.void | None:
        """The row of a section that has a parent's number (`reactions`, `worked`); None while it is not there."""
        if self.reader is None or not 0 <= parent < self.reader.length(section):
            return None
        try:
            found: np.void = self.reader.rows(section, np.array([parent]), attempts=_LOOKS)[0]
        except BoardError:
            return None
        return found if found["parent_row"] == parent else None

    def path(self, instrument: int) -> Path:
        """Path of an instrument (arena index of its name); empty at first, filled by the following pulls."""
        if instrument not in self._paths:
            while len(self._paths) >= _PATHS:
                self._paths.pop(next(iter(self._paths)))
            expected = self.reader.length("trace") * 3 // 2 if self.reader else 0
            self._paths[instrument] = (Path(expected), 0)
        return self._paths[instrument][0]

    def settled(self) -> bool:
        """True when nothing of the board is left to read."""
        if self.reader is None:
            return False
        links = all(len(self._links[name]) == self.reader.length(name) for name in LINKED)
        known = [read for name, (_, read) in self._paths.items() if self._number(name) >= 0]
        return links and all(read == self.reader.length("trace") for read in known)

    # -- reading -------------------------------------------------------------------------------------------------

    def _forget(self) -> None:
        self._parents, self._count = blank("parents", 64), 0
        self._named: list[str] = []  # ids by row
        self._rows: dict[str, int] = {}  # rows by id
        self._short: dict[str, Rows] = {}
        self._links = {name: np.empty(0, np.int32) for name in LINKED}
        self._paths: dict[int, tuple[Path, int]] = {}
        self._since, self._epoch = 0, 0
        self._torn = np.empty(0, np.int64)
        self._beats, self._beat_seen = -1, 0

    def _pull(self, reader: BoardReader, pulled: Pulled) -> None:
        generation, changed, missed = reader.changes(self._since)
        if reader.epoch != self._epoch:
            self._forget()
            self._epoch, pulled.reset = reader.epoch, True
        if missed or pulled.reset:
            changed = {name: np.arange(reader.length(name)) for name in SECTIONS if name != "trace"}
        wanted = changed.get("parents", pulled.parents)
        if len(self._torn):
            wanted = distinct(np.concatenate([wanted, self._torn]))
        if len(wanted):
            pulled.parents = self._store(reader, wanted)
        for name in SHORT:
            if name in changed:
                self._short[name] = reader.rows(name, attempts=_LOOKS)
        for name in LINKED:
            self._link(reader, name, changed.get(name))
        pulled.sections = set(changed)
        if self._follow(reader):
            pulled.sections.add("trace")
        self._since = generation

    def _store(self, reader: BoardReader, wanted: NDArray[np.int64]) -> NDArray[np.int64]:
        """Copy parents; those half written stay as they were and are asked for again. Returns those copied."""
        end = int(wanted.max()) + 1
        if end > len(self._parents):
            room = np.empty(max(end, 2 * len(self._parents)), self._parents.dtype)
            as_bytes(room)[: self._count] = as_bytes(self.parents)
            self._parents = room
        if end > self._count:
            as_bytes(self._parents)[self._count : end] = as_bytes(blank("parents"))  # until they are copied
        asked, self._torn = wanted, wanted[:0]
        while len(wanted):
            try:
                as_bytes(self._parents)[wanted] = as_bytes(reader.rows("parents", wanted, attempts=_LOOKS))
                break
            except TornRowsError as torn:
                wanted = wanted[~np.isin(wanted, torn.index)]
        if len(wanted) < len(asked):
            self._torn = asked[~np.isin(asked, wanted)]
        self._count = max(self._count, end)
        return wanted

    def _link(self, reader: BoardReader, name: str, changed: NDArray[np.int64] | None) -> None:
        have = len(self._links[name])
        if changed is not None and have:
            moved = changed[changed < have][:_SLICE]
            self._links[name][moved] = reader.column(name, "parent_row", moved, attempts=_LOOKS)
        new = reader.column(name, "parent_row", slice(have, have + _SLICE), attempts=_LOOKS)
        if len(new):
            self._links[name] = np.concatenate([self._links[name], new.astype(np.int32)])

    def _follow(self, reader: BoardReader) -> bool:
        """Read on in the trace for the newest path asked for; True when any path grew."""
        grew = False
        for instrument, (path, read) in self._paths.items():
            number = self._number(instrument)
            if number < 0:  # its row is not on the board yet: the trace waits
                continue
            rows = reader.rows("trace", slice(read, read + _POINTS), attempts=_LOOKS)
            mine = rows[rows["instrument"] == number]
            path.append(mine["ts"], mine["mid"], mine["volume"])
            self._paths[instrument] = (path, read + len(rows))
            grew = grew or len(mine) > 0
        return grew

    def _number(self, instrument: int) -> int:
        """Row of an instrument in its section by the arena index of its name, -1 if there is none."""
        found = np.flatnonzero(self.table("instruments")["instrument"] == instrument)
        return int(found[0]) if len(found) else -1

    def _pulse(self, reader: BoardReader, now_ns: int) -> Pulse:
        beats = reader.heartbeat.beats
        if beats != self._beats:
            self._beats, self._beat_seen = beats, now_ns
        state, as_of = reader.meta().get("state", ""), reader.meta().get("as_of", "")
        if as_of.isdigit():
            return Pulse("past", f"The desk as it was at {clock(int(as_of))} UTC: nothing here is live")
        if reader.closed or state == "ended":
            return Pulse("ended", "The run has ended: these figures are final")
        until = f"figures stand as of {clock(reader.watermark)} UTC" if reader.watermark != NULL else "no figures yet"
        if state == "failed":
            return Pulse("stale", f"The replay has failed: {until}. Nothing here is live")
        if not reader.writer_alive():
            return Pulse("stale", f"The engine has died: {until}. Nothing here is live")
        silent = now_ns - self._beat_seen
        if silent > STALE_AFTER_NS:
            return Pulse("stale", f"The engine has been silent for {silent / 1e9:.1f} s: {until}. Nothing here is live")
        if state == "starting" or (reader.watermark == NULL and state != "paused"):  # up, and nothing to show yet
            return Pulse("waiting", STARTING)
        return Pulse("paused" if state == "paused" else "live")
