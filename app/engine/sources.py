"""What each source has given: rows, rows that came after their time had passed, holes in its numbering.

A hole is counted where a source that numbers every row (64 steps of one, without a jump, since it began) leaves a
number out; a source that never did, as the cut-out of an exchange's feed, has no holes that could be told. What a feed
says itself (a control row `gap`) counts in any case, and the jump that belongs to it does not count again.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.engine.book.room import readable
from app.engine.events import Rows
from app.engine.jit import jit
from app.engine.times import applied
from app.engine.units import NULL

Ints = NDArray[np.int64]
DENSE: Final = 64  # steps of one before numbers are taken to be without holes
SPARSE: Final = -1  # in place of such steps: there was a jump before
_NAMES: Final = ("rows", "late", "gaps", "last", "steps")


class Counting(NamedTuple):
    """Rows, the time already passed (ns), and per source: what is counted, the last seq (NULL none), steps of one."""

    market: Rows
    passed: int
    rows: Ints
    late: Ints
    gaps: Ints
    last: Ints
    steps: Ints


def _follow_seq(k: Counting, source: int, seq: int) -> None:
    """Compare a row's number with that of its source's row before."""
    last = k.last[source]
    k.last[source] = seq
    if last == NULL or seq <= last:  # the first one, one more of the same event, or the numbers began again
        return
    if seq - last == 1:
        k.steps[source] += 0 <= k.steps[source] < DENSE
    elif k.steps[source] == DENSE:
        k.gaps[source] += 1
    else:
        k.steps[source] = SPARSE


follow_seq = jit(_follow_seq)


def _count(k: Counting) -> int:
    """Count the rows; the latest time (ns) at which one is applied, NULL without any."""
    latest = NULL
    for n in range(len(k.market)):
        time = applied(k.market, n)
        latest = max(latest, time)
        source = int(k.market[n]["source"])
        if 0 <= source < len(k.rows):
            k.rows[source] += 1
            k.late[source] += time < k.passed
            follow_seq(k, source, int(k.market[n]["seq"]))
    return latest


count = jit(_count)


class SourceCounts:
    """Counts per source number; grows with the sources."""

    def __init__(self) -> None:
        self.rows: Ints = np.zeros(0, np.int64)
        self.late: Ints = np.zeros(0, np.int64)
        self.gaps: Ints = np.zeros(0, np.int64)
        self.last: Ints = np.zeros(0, np.int64)
        self.steps: Ints = np.zeros(0, np.int64)

    def take(self, market: Rows, passed: int, sources: int) -> int:
        """Count rows of so many sources; `passed` (ns): earlier ones are late. Returns their latest time, NULL none."""
        self._reach(sources)
        k = Counting(readable(market), passed, self.rows, self.late, self.gaps, self.last, self.steps)
        return int(count(k))

    def broke(self, source: int) -> None:
        """The source says itself that something is missing."""
        self._reach(source + 1)
        self.gaps[source] += 1
        self.last[source] = NULL

    def of(self, source: int) -> tuple[int, int, int]:
        """(rows, late rows, holes) of a source."""
        if source >= len(self.rows):
            return 0, 0, 0
        return int(self.rows[source]), int(self.late[source]), int(self.gaps[source])

    def save(self) -> dict[str, Ints]:
        """State as arrays."""
        return {name: getattr(self, name).copy() for name in _NAMES}

    def load(self, state: dict[str, Ints]) -> None:
        """Take back what save() gave."""
        for name in _NAMES:
            setattr(self, name, state[name].copy())

    def _reach(self, sources: int) -> None:
        more = sources - len(self.rows)
        if more > 0:
            for name in _NAMES:
                fresh = np.full(more, NULL if name == "last" else 0, np.int64)
                setattr(self, name, np.concatenate([getattr(self, name), fresh]))
