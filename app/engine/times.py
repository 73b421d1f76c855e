"""One pass over market rows: when they are applied, and whether they stand in order."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.engine.book.room import readable
from app.engine.events import Rows
from app.engine.jit import jit
from app.engine.units import NULL, SNAPSHOT

_LAST = 2**63 - 1


def _applied(rows: Rows, n: int) -> int:
    """The time row n is applied: ts_recv for a snapshot row, else ts_event (ns)."""
    time: int = rows[n]["ts_recv"] if rows[n]["flags"] & SNAPSHOT else rows[n]["ts_event"]
    return time


applied = jit(_applied)


def _survey(rows: Rows) -> tuple[int, int]:
    """Earliest and latest time of some rows."""
    earliest, latest = _LAST, NULL
    for n in range(len(rows)):
        time = applied(rows, n)
        earliest = min(earliest, time)
        latest = max(latest, time)
    return earliest, latest


survey = jit(_survey)


def _run(rows: Rows, latest: int, out: NDArray[np.int64]) -> None:
    """Write the latest time at which a row up to each one is applied, none below `latest`."""
    for n in range(len(rows)):
        latest = max(latest, applied(rows, n))
        out[n] = latest


run = jit(_run)


def _behind(rows: Rows, time: int) -> int:
    """How many rows are applied before a time."""
    found = 0
    for n in range(len(rows)):
        found += applied(rows, n) < time
    return found


behind = jit(_behind)


class Ordering(NamedTuple):
    """Rows of a file in its order, and what is known of those before them; tables are indexed by source."""

    times: NDArray[np.int64]  # of application; a row without one (0 or less) is passed over
    seqs: NDArray[np.int64]  # the bits of a uint64
    sources: NDArray[np.int64]  # -1 none: passed over
    ranks: NDArray[np.int64]  # of the source's name
    newest: NDArray[np.int64]
    last_seq: NDArray[np.int64]
    late: NDArray[np.int64]  # rows before an earlier one of their source
    seq_back: NDArray[np.int64]  # rows whose seq is below that of their source's row before
    last: NDArray[np.int64]  # time, source and seq of the row before, and 1 once a row stood before its place


def _below(seq: int, other: int) -> bool:
    """True when a seq is the smaller one, both the bits of a uint64."""
    return (seq < other) != ((seq < 0) != (other < 0))


below = jit(_below)


def _follow_one(s: Ordering, time: int, seq: int, source: int) -> None:
    """Take one row up; one without a time or a source is passed over."""
    if time <= 0 or source < 0:
        return
    if s.last[1] >= 0 and time <= s.last[0]:
        rank, other = s.ranks[source], s.ranks[s.last[1]]
        if time < s.last[0] or rank < other or (rank == other and below(seq, s.last[2])):
            s.last[3] = 1
    s.last[0], s.last[1], s.last[2] = time, source, seq
    if time < s.newest[source]:
        s.late[source] += 1
    else:
        s.newest[source] = time
    if below(seq, s.last_seq[source]):
        s.seq_back[source] += 1
    s.last_seq[source] = seq


follow_one = jit(_follow_one)


def _follow(s: Ordering) -> None:
    """Take the rows up, one after the other."""
    for n in range(len(s.times)):
        follow_one(s, s.times[n], s.seqs[n], s.sources[n])


follow = jit(_follow)


def _follow_rows(rows: Rows, s: Ordering) -> None:
    """Take market rows up, whose times, seqs and sources are their own: those of `s` are not looked at."""
    for n in range(len(rows)):
        row = rows[n]
        packet = row["ts_recv"] if row["flags"] & SNAPSHOT else 0
        follow_one(s, packet if packet > 0 else row["ts_event"], row["seq"], row["source"])


follow_rows = jit(_follow_rows)


def rows_behind(rows: Rows, time: int) -> int:
    """How many market rows are applied before a time (ns)."""
    return int(behind(readable(rows), time))


def running(rows: Rows, latest: int) -> NDArray[np.int64]:
    """For each row the latest time (ns) at which it or one before it is applied, none below `latest`."""
    out: NDArray[np.int64] = np.empty(len(rows), np.int64)
    run(readable(rows), latest, out)
    return out


def times_of(rows: Rows) -> tuple[int, int]:
    """Earliest and latest time at which market rows are applied (ns); (2**63 - 1, NULL) without rows."""
    earliest, latest = survey(readable(rows))
    return int(earliest), int(latest)
