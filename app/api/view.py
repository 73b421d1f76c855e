"""What the API knows of the board: parents copied as they change, where their fills and children are, since when.

One look every few milliseconds brings it up to date; every answer and every stream is served from here. One task
writes it, all run in the same loop: nobody sees half a look.
"""

import time
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.api.figures import PARENT_KINDS, Row, plain
from app.board import BoardError, BoardReader, TornRowsError, blank
from app.engine.events import Rows
from app.engine.units import NULL, SECOND
from app.entitlements import Grants

_ATTEMPTS: Final = 200  # a row that stays torn for longer is looked at again at the next look
_AGAIN_NS: Final = SECOND // 2
_SILENT_NS: Final = 2 * SECOND
_KEPT: Final = 4096  # answers of `since` kept between two looks
NONE: Final = np.empty(0, np.int64)


class Place(NamedTuple):
    """Where a reader of changes stands: the writer's turn and the number of the last change."""

    epoch: int
    generation: int


class News(NamedTuple):
    """Parents (row numbers) that changed after a place, up to `place`; `missed`: everything must be read again."""

    place: Place
    parents: NDArray[np.int64]
    missed: bool


class BoardView:
    """The board of a folder. `fault` says in words why it cannot be believed, "" when it can."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.fault = "no board yet"
        self.parents: Rows = blank("parents", 0)
        self.rows: dict[str, int] = {}  # parent id -> row
        self.touched: NDArray[np.int64] = NONE  # row -> look at which it, a fill or a child of it last changed
        self.looks = 0
        self.published_ns = 0  # the writer's clock when it announced what is here
        self.watermark: int | None = None  # event time (ns) up to which everything is on the board
        self._reader: BoardReader | None = None
        self._place = Place(0, 0)
        self._inside: dict[str, dict[int, list[int]]] = {"fills": {}, "children": {}}
        self._parent_of: dict[str, dict[int, int]] = {"fills": {}, "children": {}}
        self._seen: dict[tuple[Grants, int, int, int], bool] = {}
        self._news: dict[Place, News] = {}
        self._beats = (-1, 0)
        self._opened_ns = 0
        self._quality: dict[str, str] = {}

    @property
    def place(self) -> Place:
        """Up to where the board has been read."""
        return self._place

    def look(self) -> bool:
        """Bring everything up to date; True when something had changed."""
        now = time.monotonic_ns()
        reader = self._reader or self._open(now)
        if reader is None:
            return False
        try:
            return self._look(reader, now)
        except TornRowsError:  # half written: the next look reads them
            return False
        except (BoardError, IndexError) as error:
            self._reader, self.fault = None, f"engine's board cannot be read: {error}"
            return False

    def row(self, parent_id: str, grants: Grants) -> int | None:
        """Row of a parent this user may see; None for others and for none at all."""
        row = self.rows.get(parent_id)
        return row if row is not None and self.sees(grants, row) else None

    def sees(self, grants: Grants, row: int) -> bool:
        """True when the user may see the parent of a row."""
        if grants.everything:
            return True
        parent = self.parents[row]
        key = (grants, int(parent["desk"]), int(parent["account"]), int(parent["trader"]))
        known = self._seen.get(key)
        if known is None:
            known = self._seen[key] = grants.sees(*(self.text(number) for number in key[1:]))
        return known

    def belonging(self, parent_id: str) -> tuple[str, str, str] | None:
        """Desk, book and trader of a parent; None when the board does not have it."""
        row = self.rows.get(parent_id)
        if row is None:
            return None
        parent = self.parents[row]
        return self.text(int(parent["desk"])), self.text(int(parent["account"])), self.text(int(parent["trader"]))

    def visible(self, grants: Grants, wanted: Mapping[str, str] | None = None) -> list[int]:
        """Rows of the parents this user may see, whose columns have these words, in the order they came."""
        rows = np.fromiter(self.rows.values(), np.int64, len(self.rows))
        mine = np.full(len(rows), grants.everything)
        if not grants.everything:
            own = {grants.user} if grants.own else frozenset[str]()
            for name, words in (("desk", grants.desks), ("account", grants.books), ("trader", own)):
                mine |= self._has(name, rows, words)
        for name, word in (wanted or {}).items():
            mine &= self._has(name, rows, {word})
        found: list[int] = rows[mine].tolist()
        return found

    def _has(self, column: str, rows: NDArray[np.int64], words: AbstractSet[str]) -> NDArray[np.bool_]:
        """Which of the rows have one of these words in a column of texts."""
        numbers = self.parents[column][rows]
        good = [n for n in np.unique(numbers).tolist() if n and self.text(n) in words]
        return np.isin(numbers, good)

    def parent(self, row: int) -> Row:
        """A parent with words for texts and None for what is undefined."""
        return plain(self.parents[row], PARENT_KINDS, self.text)

    def inside(self, section: str, row: int) -> list[int]:
        """Rows of a parent's fills or children, oldest first."""
        return self._inside[section].get(row, [])

    def copies(self, section: str, rows: Iterable[int]) -> Rows:
        """Rows of fills or children as they are now. Raises BoardError."""
        if self._reader is None:
            raise BoardError(self.fault)
        return self._reader.rows(section, np.fromiter(rows, np.int64), attempts=_ATTEMPTS)

    def own_row(self, section: str, row: int) -> np.void | None:
        """The row of a section that has the parent's number; None where there is none yet. Raises BoardError."""
        reader = self._reader
        if reader is None or row >= reader.length(section):
            return None
        found: np.void = reader.rows(section, np.array([row]), attempts=_ATTEMPTS)[0]
        return found if found["parent_row"] == row else None

    def quality(self, instrument: str) -> str:
        """Quality of an instrument's market now, in the engine's word; "unknown" when it was never seen."""
        return self._quality.get(instrument, "unknown")

    def text(self, number: int) -> str:
        """A text of the board."""
        return "" if self._reader is None or not number else self._reader.text(number)

    def since(self, place: Place) -> News:
        """What changed after a place; asked by many streams that stand at the same one."""
        known = self._news.get(place)
        if known is None:
            if len(self._news) > _KEPT:
                self._news.clear()
            known = self._news[place] = self._changed(place)
        return known

    def facts(self) -> dict[str, Any]:
        """The state of the board, for the health answer."""
        reader = self._reader
        meta = {} if reader is None else reader.meta()
        return {
            "fault": self.fault, "epoch": self._place.epoch, "generation": self._place.generation,
            "watermark_ns": self.watermark, "closed": bool(reader and reader.closed),
            "parents": len(self.rows), "session": meta.get("session"), "state": meta.get("state"),
            "speed": meta.get("speed"),
        }  # fmt: skip

    # -- looking -----------------------------------------------------------------------------------------------------

    def _open(self, now: int) -> BoardReader | None:
        if now - self._opened_ns < _AGAIN_NS:
            return None
        self._opened_ns = now
        try:
            self._reader = BoardReader(self.folder)
        except BoardError as error:
            self.fault = str(error)
            return None
        return self._reader

    def _look(self, reader: BoardReader, now: int) -> bool:
        before = self._place
        generation, changed, missed = reader.changes(before.generation if reader.epoch == before.epoch else 0)
        self._live(reader, now)
        if reader.epoch != before.epoch or missed:
            self._anew(reader)
        elif generation == before.generation:
            return False
        else:
            self._take(reader, changed)
        self._place = Place(reader.epoch, generation)
        self.published_ns = reader.heartbeat.ns
        self.watermark = None if reader.watermark == NULL else reader.watermark
        self._news.clear()
        return True

    def _live(self, reader: BoardReader, now: int) -> None:
        beats = reader.heartbeat.beats
        if beats != self._beats[0]:
            self._beats = (beats, now)
        silent = now - self._beats[1]
        if reader.closed:
            self.fault = ""  # the figures stand
        elif silent > _SILENT_NS and not reader.writer_alive():
            self.fault = "engine is dead: its board stands still"
        else:
            self.fault = f"engine is silent for {silent // SECOND} s" if silent > _SILENT_NS else ""

    def _anew(self, reader: BoardReader) -> None:
        """A new writer, or more changes than were kept: read everything."""
        self.looks += 1
        self.rows, self._seen = {}, {}
        self._inside, self._parent_of = {"fills": {}, "children": {}}, {"fills": {}, "children": {}}
        self.parents, self.touched = blank("parents", 0), NONE
        self._parents(reader, np.arange(reader.length("parents"), dtype=np.int64))
        for section in ("fills", "children"):
            self._members(reader, section, np.arange(reader.length(section), dtype=np.int64))
        self._markets(reader)

    def _take(self, reader: BoardReader, changed: dict[str, NDArray[np.int64]]) -> None:
        self.looks += 1
        if "parents" in changed:
            self._parents(reader, changed["parents"])
        for section in ("fills", "children"):
            if section in changed:
                self._members(reader, section, changed[section])
        if "instruments" in changed:
            self._markets(reader)

    def _parents(self, reader: BoardReader, index: NDArray[np.int64]) -> None:
        rows = reader.rows("parents", index, attempts=_ATTEMPTS)
        if not len(index):
            return
        missing = int(index[-1]) + 1 - len(self.parents)
        if missing > 0:
            room = max(missing, len(self.parents))  # doubled: no quadratic growth
            self.parents = np.concatenate([self.parents, blank("parents", room)])
            self.touched = np.concatenate([self.touched, np.zeros(room, np.int64)])
        before = self.parents["parent_id"][index]
        self.parents[index] = rows
        self.touched[index] = self.looks
        for k in np.flatnonzero(before != rows["parent_id"]).tolist():
            if before[k]:
                self.rows.pop(self.text(int(before[k])), None)
            if rows["parent_id"][k]:
                self.rows[self.text(int(rows["parent_id"][k]))] = int(index[k])

    def _members(self, reader: BoardReader, section: str, index: NDArray[np.int64]) -> None:
        parents = reader.column(section, "parent_row", index, attempts=_ATTEMPTS).astype(np.int64)
        known, inside = self._parent_of[section], self._inside[section]
        for row, parent in zip(index.tolist(), parents.tolist(), strict=True):
            if known.get(row) != parent:
                if row in known:
                    inside[known[row]].remove(row)
                known[row] = parent
                inside.setdefault(parent, []).append(row)
        seen = parents[(parents >= 0) & (parents < len(self.touched))]
        self.touched[seen] = self.looks

    def _markets(self, reader: BoardReader) -> None:
        rows = reader.rows("instruments", attempts=_ATTEMPTS)
        names, words = reader.texts(rows["instrument"]), reader.texts(rows["quality"])
        fresh = dict(zip(names, words, strict=True))
        if fresh != self._quality:  # the same parent is told with another quality from now on
            self._quality = fresh
            self.touched[:] = self.looks

    def _changed(self, place: Place) -> News:
        reader = self._reader
        if reader is None or place.epoch != self._place.epoch or place.generation > self._place.generation:
            return News(self._place, NONE, missed=True)
        if place == self._place:
            return News(place, NONE, missed=False)
        _, changed, missed = reader.changes(place.generation)
        if missed or reader.epoch != self._place.epoch:
            return News(self._place, NONE, missed=True)
        rows = changed.get("parents", NONE)
        return News(self._place, rows[rows < len(self.parents)], missed=False)
