"""Is a market file already in the order of application? One pass over its time, sequence and source columns."""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from app.engine import units
from app.engine.book.room import readable
from app.engine.events import Rows
from app.engine.times import Ordering, follow, follow_rows
from app.engine.universe import Names
from app.feeds.decode import columns
from app.feeds.decode.rows import applied_time

COLUMNS: Final = ("ts_event", "ts_recv", "flags", "seq", "source")
_NONE: Final[NDArray[np.int64]] = np.zeros(0, np.int64)


class Order:
    """Fed with market rows in their order; follows times and seqs of each source."""

    def __init__(self) -> None:
        self._newest = self._last_seq = self._late = self._seq_back = np.zeros(0, np.int64)  # by source
        self._last = np.array([0, -1, 0, 0], np.int64)

    @property
    def sorted(self) -> bool:
        """True while every row stands in the order of application."""
        return not self._last[3]

    @property
    def kept(self) -> bool:
        """True while that is so and no seq of a source has run back."""
        return self.sorted and not self._seq_back.any()

    def see(self, rows: Rows, sources: Names, seqs: NDArray[np.uint64] | None = None) -> None:
        """Take market rows, whose sources are numbers of `sources`; `seqs` instead of their own."""
        if seqs is None:
            none = _read_only(_NONE)
            follow_rows(readable(rows), self._ordering(none, none, none, sources))
        else:
            self.follow(applied_time(rows), seqs, rows["source"].astype(np.int64), sources)

    def follow(
        self, times: NDArray[np.int64], seqs: NDArray[np.uint64], picked: NDArray[np.int64], sources: Names
    ) -> None:
        """Take rows as columns; a row without a time (0 or less) or a source (-1) is passed over."""
        bits = np.ascontiguousarray(seqs, np.uint64).view(np.int64)
        follow(self._ordering(_read_only(times), _read_only(bits), _read_only(picked), sources))

    def _ordering(
        self, times: NDArray[np.int64], seqs: NDArray[np.int64], picked: NDArray[np.int64], sources: Names
    ) -> Ordering:
        """What the kernels take: the tables, as long as there are sources by now."""
        if len(sources) > len(self._newest):
            more = np.zeros(len(sources) - len(self._newest), np.int64)
            for name in ("_newest", "_last_seq", "_late", "_seq_back"):
                setattr(self, name, np.concatenate([getattr(self, name), more]))
        ranks = np.array(sources.ranks(), np.int64)
        return Ordering(
            times, seqs, picked, ranks, self._newest, self._last_seq, self._late, self._seq_back, self._last
        )


class Disorder(Order):
    """Fed with batches in file order; says whether a sort is needed and what ran back in which source."""

    def __init__(self) -> None:
        super().__init__()
        self.sources = Names()

    @property
    def late(self) -> dict[str, int]:
        """Per source: rows whose applied time is below an earlier one of it; only where there are any."""
        return self._counted(self._late)

    @property
    def seq_back(self) -> dict[str, int]:
        """Per source: rows whose seq is below that of its row before; only where there are any."""
        return self._counted(self._seq_back)

    def look(self, batch: pa.RecordBatch) -> None:
        """Take one batch with COLUMNS (ts_recv, flags and seq may be absent); rows without a time are passed over."""
        times = columns.integers(batch.column("ts_event")).values.astype(np.int64, copy=False)
        names = batch.schema.names
        if "flags" in names and "ts_recv" in names:
            flags = columns.integers(batch.column("flags")).values
            snapshot = (flags > 0) & ((flags & units.SNAPSHOT) != 0)
            if snapshot.any():
                received = columns.integers(batch.column("ts_recv")).values
                times = np.where(snapshot & (received > 0), received, times)
        seqs = columns.identifiers(batch.column("seq")).values if "seq" in names else np.zeros(len(times), np.uint64)
        picked = columns.codes(columns.texts(batch.column("source")), self.sources.index, -1, np.int64)
        wide = seqs.astype(np.uint64, copy=False)
        self.follow(times, wide, picked.astype(np.int64, copy=False), self.sources)

    def _counted(self, table: NDArray[np.int64]) -> dict[str, int]:
        return {self.sources[source]: count for source, count in enumerate(table.tolist()) if count}


def _read_only(values: NDArray[np.int64]) -> NDArray[np.int64]:
    """The values as the kernel takes them, wherever they lie: one compiled version for all callers."""
    view = np.ascontiguousarray(values).view()
    view.setflags(write=False)
    return view


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
