"""A capture, of a file or a live interface: messages cut out into a session folder, or handed to a publisher."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from app.engine.errors import FeedError, SettingsError, complaint
from app.engine.events import Quarantined, Rows
from app.engine.universe import Universe
from app.feeds import itch
from app.feeds.capture.cutting import CutPlan, Cutter
from app.feeds.capture.live import LiveInterface
from app.feeds.capture.reading import frames_of
from app.feeds.capture.records import Kind, Publisher, Record
from app.feeds.decode.fix_records import write_prefixed
from app.feeds.decode.itch import Day, ItchDecoder, Packets
from app.feeds.decode.pcap import Frame, PcapReader
from app.feeds.session import write_session
from app.settings import load_settings

_BLOCK: Final = 4_096  # messages decoded at once
_RECORDS: Final = "orders.fix"


class CaptureRequest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is captured: a file (`path`) or an `interface`, for `seconds` (None: until stopped), on `ports` (none: all).

    `out`: the session folder to write; None where a publisher takes the messages. `date`: as of a replay.
    """

    kind: Kind
    path: str | None = None
    interface: str | None = None
    out: str | None = None
    ports: tuple[int, ...] = ()
    source: str | None = None
    date: str | None = None
    seconds: float | None = None
    settings: str | None = None


class Captured(msgspec.Struct, kw_only=True):
    """What came of it: messages, market rows, what was counted, what to know in words."""

    messages: int = 0
    rows: int = 0
    sources: tuple[str, ...] = ()
    counts: dict[str, int] = {}
    notes: list[str] = []
    aside: list[Quarantined] = []


def capture(
    request: CaptureRequest, publisher: Publisher | None = None, stop: Callable[[], bool] = lambda: False
) -> Captured:
    """Run a capture to its end, or until `stop` says so. Raises ScorecardError in words."""
    if (request.path is None) == (request.interface is None):
        raise SettingsError(complaint("capture", "path", request.path, "a capture file, or --interface NAME"))
    if (request.out is None) == (publisher is None):
        raise SettingsError(complaint("capture", "--out", request.out, "a folder, or --topic NAME"))
    with ExitStack() as stack:
        return _Capture(request, stop, stack).run(publisher)


class _Capture:
    """One capture while it runs."""

    def __init__(self, request: CaptureRequest, stop: Callable[[], bool], stack: ExitStack) -> None:
        self._request = request
        self._settings = load_settings(Path(request.settings) if request.settings else None)
        self._name = Path(request.path).name if request.path else f"interface {request.interface}"
        venue = self._settings.itch.venue
        plan = CutPlan(kind=request.kind, ports=frozenset(request.ports), source=request.source, venue=venue)
        self._cutter = Cutter(self._name, plan)
        self._done = Captured()
        self._tally: Counter[str] = Counter()
        self._decoders: dict[str, ItchDecoder] = {}
        self._universe = Universe()
        self._reader: PcapReader | None = None
        self._live: LiveInterface | None = None
        if request.interface:
            end = None if request.seconds is None else time.monotonic() + request.seconds
            self._live = stack.enter_context(
                LiveInterface(request.interface, lambda: stop() or (end is not None and time.monotonic() >= end))
            )
        else:
            self._reader = PcapReader(self._name)

    def run(self, publisher: Publisher | None) -> Captured:
        """To the end."""
        if publisher is not None:
            self._publish(publisher)
        else:
            self._write(Path(self._request.out or ""))
        self._conclude()
        return self._done

    def _publish(self, publisher: Publisher) -> None:
        try:
            for record in self._records():
                length = len(record.payload).to_bytes(2, "big") if record.kind == "itch5" else b""
                publisher.publish(length + record.payload, record.ts_ns, record.source, record.seq)
        finally:
            publisher.close()

    def _write(self, folder: Path) -> None:
        if self._request.kind == "itch5":
            write_session(folder, self._rows(), [], self._universe)
            return
        spool = folder.with_name(f".{folder.name}.{_RECORDS}")
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
            with spool.open("wb") as file:
                for record in self._records():
                    file.write(write_prefixed(record.ts_ns, record.payload))
            write_session(folder, [], [], self._universe)
            spool.replace(folder / _RECORDS)
        except OSError as error:
            raise FeedError(f"{folder}: cannot be written: {error.strerror or error}") from error
        finally:
            with suppress(OSError):
                spool.unlink(missing_ok=True)

    def _frames(self) -> Iterator[list[Frame]]:
        if self._live is not None:
            return self._live.pieces()
        return frames_of(Path(self._request.path or ""), self._reader or PcapReader(self._name))

    def _records(self) -> Iterator[Record]:
        """The messages, counted."""
        for frames in self._frames():
            yield from self._counted(self._cutter.take(frames))
        yield from self._counted(self._cutter.finish())

    def _counted(self, records: Iterable[Record]) -> Iterator[Record]:
        for record in records:
            self._done.messages += 1
            self._tally[record.source] += 1
            yield record

    def _rows(self) -> Iterator[Rows]:
        """Market rows of ITCH messages, decoded in blocks."""
        waiting: list[Record] = []
        for record in self._records():
            waiting.append(record)
            if len(waiting) == _BLOCK or record.source != waiting[0].source:
                yield from self._decoded(waiting[:-1] if record.source != waiting[0].source else waiting)
                waiting = [record] if record.source != waiting[0].source else []
        yield from self._decoded(waiting)

    def _decoded(self, records: list[Record]) -> Iterator[Rows]:
        if not records:
            return
        source = records[0].source
        decoder = self._decoders.get(source)
        if decoder is None:
            date = self._request.date or itch.day_of_stamp(records[0].ts_ns)
            day = Day(self._name, itch.midnight_ns(date, "--date"), self._settings.itch.venue, source)
            decoder = self._decoders[source] = ItchDecoder(day, self._universe)
        data = b"".join([len(one.payload).to_bytes(2, "big") + one.payload for one in records])
        sizes = np.array([len(one.payload) + 2 for one in records], np.int64)
        edges = np.cumsum(sizes)
        heads = np.array([(one.seq, 1, one.ts_ns) for one in records], np.int64)
        for batch in decoder.feed_packets(Packets(data, edges - sizes, edges, heads, edges - sizes)):
            self._done.rows += len(batch.rows)
            self._done.aside += batch.aside
            yield batch.rows

    def _conclude(self) -> None:
        """What was counted and set aside, in one place."""
        done, counts = self._done, Counter(self._cutter.counts)
        for decoder in self._decoders.values():
            counts += decoder.counts
        done.sources = tuple(sorted(self._tally))
        done.aside += self._cutter.aside
        done.notes += self._cutter.notes
        if self._reader is not None:
            done.aside += self._reader.aside
        if self._live is not None:
            counts["hardware_stamps"] = self._live.hardware_stamps
            counts["dropped_by_the_kernel"] = self._live.dropped()
        done.counts = {name: count for name, count in sorted(counts.items()) if count}
        if self._request.out is not None and done.aside:
            _write_aside(Path(self._request.out), done)


def _write_aside(folder: Path, done: Captured) -> None:
    """What was set aside, in a file beside the folder."""
    path = folder.with_name(f"{folder.name}.quarantine.parquet")
    columns = {name: [getattr(entry, name) for entry in done.aside] for name in ("source", "where", "reason", "raw")}
    try:
        pq.write_table(pa.table(columns), path)
    except OSError as error:
        raise FeedError(f"{path}: cannot be written: {error.strerror or error}") from error
    done.notes.append(f"{len(done.aside)} pieces were set aside, with reasons in {path}")
