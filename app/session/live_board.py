"""The board of a running session: it says what the run is at, and its price paths outlive the engine's process."""

import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from app.board import BoardError, BoardReader, BoardWriter, TornRowsError
from app.engine.events import Rows
from app.engine.units import NULL
from app.runtime.pace import Pace
from app.session.archived import archived
from app.session.checking import Checked, checked
from app.session.clock_watch import ClockWatch, Offset

TRACE: Final = "trace"
PARENTS: Final = "parents"
SOURCES: Final = "sources"
_CHECK_NS: Final = 1_000_000_000
_BEAT_S: Final = 0.2
_VOUCHED_S: Final = 300.0  # no start takes longer; what stands still then is seen to


class LiveBoard(BoardWriter):
    """Written by the run's thread alone. `kept` is the price path of the board before: what it has is not put again.

    `checked`: where the checker of the tape writes down how far it has come; its word is told on the board.
    """

    def __init__(self, folder: Path, pace: Pace, kept: Rows | None = None, checked: Path | None = None) -> None:
        self._looked = 0  # before the first sign of life, which the opening of a board gives
        self._checked, self._said = checked, Checked()
        self.archived: Path | None = None  # where the archive's process says how far it is
        self._archived = ("", "")
        super().__init__(folder, clock=time.monotonic_ns)
        self._pace = pace
        self._told: tuple[str, str] | None = None
        self._traced: dict[int, int] = {}
        self.recovering = False
        self._levels: dict[int, tuple[int, int]] = {}
        self._started = threading.Event()
        self._vouching: threading.Thread | None = None
        self.clock = ClockWatch({})
        self._offset = Offset("", "")
        self.lags: Callable[[], Mapping[str, int]] = dict  # source -> event ns that are read and not applied
        if kept is not None and len(kept):
            super().put(TRACE, np.arange(len(kept)), kept)
            for instrument in np.unique(kept["instrument"]).tolist():
                self._traced[instrument] = int(kept["ts"][kept["instrument"] == instrument].max())

    def vouch(self, at_most_s: float = _VOUCHED_S) -> None:
        """Signs of life from a thread of its own until the next figures are there, while no silence could falsify any.

        Before the first ones kernels are loaded or compiled; after the last event tables, files and hashes are made,
        seconds at a stretch.
        """
        self._silence()
        self._started.clear()
        self._vouching = threading.Thread(target=self._vouch, args=(time.monotonic() + at_most_s,), daemon=True)
        self._vouching.start()

    def _vouch(self, until_s: float) -> None:
        while not self._started.wait(_BEAT_S) and time.monotonic() < until_s:
            super().heartbeat()

    def put(self, section: str, index: NDArray[np.int64], rows: Rows) -> None:
        """As BoardWriter."""
        if section == TRACE and self._traced:
            last = np.array([self._traced.get(i, NULL) for i in rows["instrument"].tolist()], np.int64)
            rows = rows[rows["ts"] > last]
            index = self.length(TRACE) + np.arange(len(rows))
        elif section == PARENTS and self._levels:
            rows = self._dated(rows)
        elif section == SOURCES and (lags := self.lags()):
            named = {self.intern(source): lag for source, lag in lags.items()}
            rows = rows.copy()
            rows["lag_ns"] = [named.get(source, 0) for source in rows["source"].tolist()]
        super().put(section, index, rows)

    def keep_levels(self, levels: Mapping[str, tuple[str, int]]) -> None:
        """Levels of the board before, and since when (ns): a light that goes on showing one has it from then."""
        self._levels = {self.intern(name): (self.intern(level), since) for name, (level, since) in levels.items()}

    def _dated(self, rows: Rows) -> Rows:
        """Parents whose level is still that of the board before, with its date; others have their own from now on."""
        rows = rows.copy()
        for row in rows:
            level, since = self._levels.get(int(row["parent_id"]), (-1, NULL))
            if level == int(row["level"]):
                row["level_since"] = since
            else:
                self._levels.pop(int(row["parent_id"]), None)
        return rows

    def beat(self, watermark: int) -> None:
        """Close a publication."""
        if self.recovering:
            self.tell("recovering")
        else:
            self.tell("paused" if self._pace.paused and not self._pace.jumping else "playing")
        super().beat(watermark)
        if watermark != NULL:
            self._started.set()

    def close(self) -> None:
        """As BoardWriter."""
        self._silence()
        super().close()

    def _silence(self) -> None:
        """The thread is done."""
        self._started.set()
        if self._vouching is not None:
            self._vouching.join()

    def heartbeat(self) -> None:
        """Say that the writer lives, and once a second how far its tape has been checked and its clock is off."""
        super().heartbeat()
        now = time.monotonic_ns()
        if now - self._looked >= _CHECK_NS:
            self._looked = now
            if self._checked is not None:
                self._tell_checked(checked(self._checked) or self._said)
            self._tell_archived()
            offset = self.clock.look()
            if offset != self._offset:
                self._offset = offset
                self.meta("clock_offset_ns", offset.ns)
                self.meta("clock_offset_why", offset.why)

    def _tell_archived(self) -> None:
        """Put what has changed of the archive's word on the board."""
        known = None if self.archived is None else archived(self.archived)
        said = ("", "") if known is None else (known.archive, known.archive_trouble)
        if said != self._archived:
            self._archived = said
            self.meta("archive", said[0])
            self.meta("archive_trouble", said[1])

    def _tell_checked(self, found: Checked) -> None:
        """Put what has changed of the checker's word on the board."""
        for name in Checked.__struct_fields__:
            value = getattr(found, name)
            if value != getattr(self._said, name):
                self.meta(name, str(value))
        self._said = found

    def tell(self, state: str) -> None:
        """Put state and speed on the board where they changed."""
        speed = "flat" if self._pace.speed is None else f"{self._pace.speed:g}"
        if self._told != (state, speed):
            self._told = (state, speed)
            self.meta("state", state)
            self.meta("speed", speed)


def trace_of(folder: Path, until_ns: int) -> Rows | None:
    """The price path on a board up to a time (ns), without rows that were never finished; None without a board."""
    try:
        reader = BoardReader(folder)
        rows = _whole_rows(reader)
    except BoardError:
        return None
    kept: Rows = rows[(rows["ts"] <= until_ns) & (rows["ts"] != 0)]
    return kept


def levels_of(folder: Path) -> dict[str, tuple[str, int]]:
    """Level of each parent on a board, and since when (ns); nothing without a board."""
    try:
        reader = BoardReader(folder)
        rows = _whole_rows(reader, PARENTS)
    except BoardError:
        return {}
    dated = rows[(rows["level_since"] != NULL) & (rows["level"] != 0)]
    names, levels = (reader.texts(dated[name]) for name in ("parent_id", "level"))
    return dict(zip(names, zip(levels, dated["level_since"].tolist(), strict=True), strict=True))


def _whole_rows(reader: BoardReader, section: str = TRACE) -> Rows:
    try:
        return reader.rows(section, attempts=100)
    except TornRowsError as torn:
        every = np.arange(reader.length(section))
        return reader.rows(section, np.setdiff1d(every, torn.index), attempts=100)
