"""Growing rows per instrument inside one array: linear regions, so a binary search needs no modulo."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from app.engine.events import Rows

FIRST_ROWS: Final = 64
_GROWTH: Final = 8  # up to twice what is kept: places moved out of are memory that was touched for nothing
POOL_ROWS: Final = 65_536  # zeroed pages cost nothing until they are touched; copying a grown pool does


def joined(first: Rows, second: Rows) -> Rows:
    """Rows of one dtype behind each other (np.concatenate compares every field's type first)."""
    out: Rows = np.empty((len(first) + len(second), *first.shape[1:]), first.dtype)
    move(out[: len(first)], first)
    move(out[len(first) :], second)
    return out


def move(target: Rows, rows: Rows) -> None:
    """Copy rows as bytes, also to places that overlap theirs: numpy copies them field by field, ten times slower."""
    if len(rows):
        target.view(np.uint8)[...] = np.ascontiguousarray(rows).view(np.uint8)


class Regions:
    """One region of rows per instrument; a full one is trimmed to what must be kept, or doubled.

    `offset`, `room`, `count`: int64 per instrument; `dropped`: the time of the newest row trimmed away.
    """

    __slots__ = ("count", "dropped", "free", "offset", "pool", "room", "used")

    def __init__(self, dtype: np.dtype[np.void]) -> None:
        self.pool: Rows = np.zeros(POOL_ROWS, dtype)
        self.used = 0
        self.free: dict[int, list[int]] = {}  # room -> regions given back when an instrument moved to a larger one
        self.offset: NDArray[np.int64] = np.zeros(0, np.int64)
        self.room: NDArray[np.int64] = np.zeros(0, np.int64)
        self.count: NDArray[np.int64] = np.zeros(0, np.int64)
        self.dropped: NDArray[np.int64] = np.zeros(0, np.int64)

    def reach(self, instruments: int) -> None:
        """Make sure that so many instruments have a region."""
        new = instruments - len(self.offset)
        if new <= 0:
            return
        starts = self._take(new * FIRST_ROWS) + FIRST_ROWS * np.arange(new, dtype=np.int64)
        self.offset = np.concatenate([self.offset, starts])
        self.room = np.concatenate([self.room, np.full(new, FIRST_ROWS, np.int64)])
        self.count = np.concatenate([self.count, np.zeros(new, np.int64)])
        self.dropped = np.concatenate([self.dropped, np.full(new, -(2**63), np.int64)])

    def make_room(self, instrument: int, keep_ns: int, keep_rows: int) -> None:
        """Trim rows that are older than keep_ns and not among the last keep_rows; grow where little was won."""
        start, count = int(self.offset[instrument]), int(self.count[instrument])
        room = int(self.room[instrument])
        region = self.pool[start : start + count]
        oldest = int(np.searchsorted(region["ts"], region["ts"][-1] - keep_ns)) if count else 0
        drop = max(0, min(oldest - 1, count - keep_rows))
        if (drop + 1) * 2 >= room:  # a full region counts one row less than its room
            self.dropped[instrument] = region["ts"][drop - 1]
            move(self.pool[start : start + count - drop], region[drop:])
            self.count[instrument] = count - drop
            return
        wider = max(2 * room, min(_GROWTH * room, 2 * keep_rows))
        fresh = self._take(wider, len(self.offset))
        move(self.pool[fresh : fresh + count], self.pool[start : start + count])
        self.free.setdefault(room, []).append(start)
        self.offset[instrument], self.room[instrument] = fresh, wider

    def rows(self, instrument: int) -> Rows:
        """The rows of an instrument, oldest first (a view); none for one never met."""
        if instrument >= len(self.offset):
            return self.pool[:0]
        start = int(self.offset[instrument])
        return self.pool[start : start + int(self.count[instrument])]

    def save(self) -> dict[str, NDArray[Any]]:
        """State as arrays."""
        return {
            "pool": self.pool[: self.used].copy(), "offset": self.offset, "room": self.room,
            "count": self.count, "dropped": self.dropped,
        }  # fmt: skip

    def load(self, state: dict[str, NDArray[Any]]) -> None:
        """Take back what save() gave."""
        self.pool, self.used, self.free = state["pool"].copy(), len(state["pool"]), {}
        for name in ("offset", "room", "count", "dropped"):
            setattr(self, name, state[name].copy())

    def _take(self, rows: int, likely: int = 1) -> int:
        """Where so many rows are free; the pool grows for as many such regions as are likely to be wanted soon."""
        if self.free.get(rows):
            return self.free[rows].pop()
        start, self.used = self.used, self.used + rows
        if self.used > len(self.pool):
            wanted = min(start + rows * likely, 16 * len(self.pool))
            grown = np.zeros(max(self.used, 4 * len(self.pool), wanted), self.pool.dtype)
            for begin, count in zip(self.offset.tolist(), self.count.tolist(), strict=True):
                live = slice(begin, begin + count)  # memory nobody uses stays untouched
                move(grown[live], self.pool[live])
            self.pool = grown
        return start
