"""Is a market file already in the order of application? One pass over its time, sequence and source columns."""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from app.engine import units
from app.engine.events import Rows
from app.engine.universe import Names
from app.feeds.decode import columns
from app.feeds.decode.rows import applied_time

COLUMNS: Final = ("ts_event", "ts_recv", "flags", "seq", "source")


@dataclass(slots=True)
class Disorder:
    """Fed with batches in file order; says whether a sort is needed and what ran back in which source.

    `late[source]`: rows whose applied time is below an earlier one of their source;
    `seq_back[source]`: rows whose seq is below that of the source's row before.
    """

    sources: Names = field(default_factory=Names)
    sorted: bool = True
    late: dict[str, int] = field(default_factory=dict)
    seq_back: dict[str, int] = field(default_factory=dict)
    _last: tuple[int, str, int] | None = None
    _newest: dict[int, int] = field(default_factory=dict)
    _last_seq: dict[int, int] = field(default_factory=dict)

    def see(self, batch: pa.RecordBatch) -> None:
        """Take one batch with COLUMNS (ts_recv, flags and seq may be absent); rows without a time are passed over."""
        times, seqs, sources = self._columns(batch)
        if not len(times):
            return
        self._compare(times, seqs, sources)
        for source in np.flatnonzero(np.bincount(sources)).tolist():
            here = slice(None) if sources.min() == sources.max() else sources == source
            self._count(source, times[here], seqs[here])

    def _columns(self, batch: pa.RecordBatch) -> tuple[NDArray[np.int64], NDArray[np.uint64], NDArray[np.intp]]:
        names = batch.schema.names
        times = columns.integers(batch.column("ts_event")).values.astype(np.int64, copy=False)
        if "flags" in names and "ts_recv" in names:
            flags = columns.integers(batch.column("flags")).values
            received = columns.integers(batch.column("ts_recv")).values
            snapshot = (flags > 0) & ((flags & units.SNAPSHOT) != 0) & (received > 0)
            if snapshot.any():
                times = np.where(snapshot, received, times)
        seqs = columns.identifiers(batch.column("seq")).values if "seq" in names else np.zeros(len(times), np.uint64)
        found = columns.texts(batch.column("source"))
        sources = columns.codes(found, self.sources.index, -1, np.int64).astype(np.intp)
        usable = (times > 0) & (sources >= 0)
        if usable.all():
            return times, seqs.astype(np.uint64, copy=False), sources
        return times[usable], seqs[usable].astype(np.uint64, copy=False), sources[usable]

    def _compare(self, times: NDArray[np.int64], seqs: NDArray[np.uint64], sources: NDArray[np.intp]) -> None:
        if not self.sorted:
            return
        first = (int(times[0]), self.sources[int(sources[0])], int(seqs[0]))
        if self._last is not None and first < self._last:
            self.sorted = False
        ranks = np.array(self.sources.ranks())[sources]
        ahead, tied = times[1:] < times[:-1], times[1:] == times[:-1]
        ahead |= tied & (ranks[1:] < ranks[:-1])
        ahead |= tied & (ranks[1:] == ranks[:-1]) & (seqs[1:] < seqs[:-1])
        self.sorted = self.sorted and not ahead.any()
        self._last = (int(times[-1]), self.sources[int(sources[-1])], int(seqs[-1]))

    def _count(self, source: int, times: NDArray[np.int64], seqs: NDArray[np.uint64]) -> None:
        newest = np.maximum.accumulate(np.concatenate(([self._newest.get(source, 0)], times)))
        before = np.concatenate((np.array([self._last_seq.get(source, 0)], np.uint64), seqs[:-1]))
        name = self.sources[source]
        for table, count in (
            (self.late, np.count_nonzero(times < newest[:-1])),
            (self.seq_back, np.count_nonzero(seqs < before)),
        ):
            if count:
                table[name] = table.get(name, 0) + int(count)
        self._newest[source] = int(newest[-1])
        self._last_seq[source] = int(seqs[-1])


def in_applied_order(rows: Rows, sources: Names) -> Rows:
    """Market rows sorted by (applied time, source name, seq), ties in file order."""
    ranks = np.array(sources.ranks() or [0])[rows["source"]]
    order = np.lexsort((rows["seq"], ranks, applied_time(rows)))
    result: Rows = rows[order]
    return result


@dataclass(slots=True)
class Sequence:
    """Keeps the order of rows that are written: a session is sorted again by (time, source, seq) when it is read.

    Fed with the rows of a run in the order applied. Where a source's seq goes back among rows of one time (orders of
    a snapshot, several instruments in one channel) it is raised to the one before.
    """

    _last: dict[int, tuple[int, int]] = field(default_factory=dict)  # source -> time and seq of its last row

    def kept(self, rows: Rows) -> NDArray[np.uint64]:
        """The seq each row is written with."""
        seqs = rows["seq"].copy()
        times = applied_time(rows)
        for source in np.unique(rows["source"]).tolist():
            here = np.flatnonzero(rows["source"] == source)
            seqs[here] = self._of_source(source, times[here], seqs[here])
        return seqs

    def _of_source(self, source: int, times: NDArray[np.int64], seqs: NDArray[np.uint64]) -> NDArray[np.uint64]:
        time, seq = self._last.get(source, (-1, 0))
        starts = np.flatnonzero(np.concatenate(([True], times[1:] != times[:-1])))
        if times[0] == time:
            seqs[0] = max(int(seqs[0]), seq)
        back = np.flatnonzero((times[1:] == times[:-1]) & (seqs[1:] < seqs[:-1]))
        ends = np.append(starts[1:], len(times))
        for run in np.unique(np.searchsorted(starts, back, "right") - 1).tolist():
            within = slice(starts[run], ends[run])
            seqs[within] = np.maximum.accumulate(seqs[within])
        self._last[source] = (int(times[-1]), int(seqs[-1]))
        return seqs
