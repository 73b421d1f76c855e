"""Order flow from raw FIX: log files of any style, folders of them, and `orders.fix` of a session folder.

There are no market rows in it. The whole log is read when it is opened: links between orders are settled at its end.
"""

import gzip
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final, TypeAlias, cast

import zstandard

from app.engine.errors import DecodeError, FeedError
from app.engine.events import OrderRow, Quarantined
from app.engine.universe import Universe
from app.feeds.base import Options, OrderDecoder, Recording, in_order
from app.feeds.decode.fix_columns import Symbology
from app.feeds.decode.fix_fields import FixMessage
from app.feeds.decode.fix_frame import BadSpan, Framer, Item
from app.feeds.decode.fix_intake import Intake
from app.feeds.decode.fix_marks import Tally
from app.feeds.decode.fix_orders import RowMaker
from app.feeds.decode.fix_prefix import DAY
from app.feeds.decode.fix_records import read_records
from app.feeds.decode.fix_regular import regular_records
from app.feeds.decode.fix_scanner import Scanner
from app.feeds.decode.fix_securities import Securities
from app.feeds.decode.fix_settings import FixSettings
from app.feeds.decode.fix_settled import Settled, may_be_settled

FORMAT: Final = "fixlog"
RECORDS_FILE: Final = "orders.fix"
_CHUNK: Final = 1 << 20
Progress: TypeAlias = Callable[[int, int], None]  # bytes read, bytes in all (as stored)

_NOTES: Final = {
    "checksum_wrong": "messages with a wrong CheckSum were taken, as the settings say",
    "body_length_wrong": "messages with a wrong BodyLength were taken, as the settings say",
    "orders_not_read": "messages of types E, AB, AC, s, t or u carry orders and are not read",
    "possdup_copies": "PossDup copies were dropped",
    "possdup_new": "PossDup messages had not been seen before and were taken",
    "possresend_copies": "PossResend copies were dropped",
    "log_copies": "messages stand in the log more than once; the copies were dropped",
    "execution_copies": "execution reports repeat an ExecID; the copies were dropped",
    "out_of_order": "messages have an earlier time than one before them in the log",
    "coarse_stamps": "messages have a time in whole seconds: comparisons inside a second are intervals",
    "stamped_by_transact_time": "messages have neither a prefix stamp nor a SendingTime: TransactTime was taken",
    "clordid_used_again": "ClOrdIDs were used again for a new order; the later ones are named id~2, id~3 ...",
    "clordids_shared_by_sessions": "ClOrdIDs are used by two sessions; the second one is named id@session",
    "chain_starts_before_the_log": "orders were placed before the log begins",
    "chain_starts_with_a_report": "orders are known from reports only",
    "chains_that_disagree": "requests continue an order other than the one known; the first link was kept",
    "links_that_change": "messages name another parent than the chain had; the first one was kept",
    "links_over_several_instruments": "links name one parent for several instruments or sides and were not used",
    "status_cum_differs": "status reports have a CumQty that differs from the fills seen",
    "executions_without_id": "executions have no ExecID; an id was made from OrderID and MsgSeqNum",
    "busts_of_unseen_fills": "busts name a fill that is not in the log",
    "corrects_of_unseen_fills": "corrections name a fill that is not in the log",
    "fills_without_match_time": "fills have no TransactTime inside the clock budget: their own time stands in",
    "fills_reconciled": "executions were left to another session's reports, as the settings say",
    "securities_without_a_name": "SecurityIDs (48) are named by no message; their orders stand under the id",
    "stop_orders_without_stop_price": "stop orders state no stop price",
    "commissions_not_read": "commissions are of a CommType that is not read",
}  # fmt: skip


@dataclass(slots=True)
class FixFlow:
    """Order flow of one log: rows by (ts_event, source, seq), what was set aside, what was counted, in words too."""

    rows: list[OrderRow] = field(default_factory=list)
    quarantine: list[Quarantined] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)


def open_recording(
    path: Path,
    universe: Universe,
    options: Options | None = None,
    settings: FixSettings | None = None,
    progress: Progress | None = None,
) -> Recording:
    """Open a FIX log (a file or a folder of files) as a recording of order rows.

    Raises FeedError when it cannot be read, DecodeError when there is no FIX in it.
    """
    flow = read_flow(path, universe, options, settings, progress)
    recording = Recording(name=path.name, universe=universe, market=iter(()), orders=flow.rows, rows_total=0)
    recording.set_aside(flow.quarantine)
    recording.notes = flow.notes
    for what, times in sorted(flow.counts.items()):
        recording.count(what, times)
    return recording


def read_orders(
    path: Path, universe: Universe, options: Options | None = None, settings: FixSettings | None = None
) -> tuple[list[OrderRow], list[Quarantined]]:
    """Order rows of a FIX log and what was set aside (`--orders FILE`, `orders.fix`). Raises as open_recording."""
    flow = read_flow(path, universe, options, settings)
    return flow.rows, flow.quarantine


def order_decoder(settings: FixSettings, options: Options | None = None) -> OrderDecoder:
    """`read_orders` with its settings, for feeds that read raw FIX beside their own files."""

    def read(path: Path, universe: Universe) -> tuple[list[OrderRow], list[Quarantined]]:
        return read_orders(path, universe, options, settings)

    return read


def read_flow(
    path: Path,
    universe: Universe,
    options: Options | None = None,
    settings: FixSettings | None = None,
    progress: Progress | None = None,
) -> FixFlow:
    """Read a FIX log whole. Raises FeedError when it cannot be read, DecodeError when there is no FIX in it."""
    options, settings = options or Options(), settings or FixSettings()
    files = list(_files(path))
    if may_be_settled(settings):
        fast = _fast(path, files, Settled(settings, universe, _symbology(options), options.source), progress)
        if fast is not None:
            return fast
    reader = _Reader(settings, Intake(settings, options.source), progress)
    for file, name in files:
        reader.read(file, name)
    reader.insist(path)
    intake = reader.intake
    intake.settle()
    maker = RowMaker(settings, universe, intake.chains, _symbology(options), reader.securities)
    maker.run(intake.received)
    maker.counts["securities_without_a_name"] = len(reader.securities.notices)
    counts = intake.counts + intake.chains.counts + maker.counts + _tally_counts(reader.tally)
    return _flow(maker.rows, [*reader.quarantine, *intake.quarantine, *maker.quarantine], +counts, reader.notes)


def _fast(path: Path, files: list[tuple[Path, str]], log: Settled, progress: Progress | None) -> FixFlow | None:
    """The log by the kernels; None where its end would change what a stream says."""
    reader = _Reader(log.settings, log.flow.stream.intake, progress, log)
    for file, name in files:
        reader.read(file, name)
        if not log.good:
            return None
    if not log.settle():
        return None
    reader.insist(path)
    return _flow(log.rows, log.quarantine, +(log.flow.counts + _tally_counts(reader.tally)), reader.notes)


def _flow(rows: list[OrderRow], aside: list[Quarantined], counts: Counter[str], notes: list[str]) -> FixFlow:
    words = [f"{counts[what]} {words}" for what, words in _NOTES.items() if counts[what]]
    return FixFlow(in_order(rows), aside, counts, notes + words)


@dataclass(slots=True)
class _Reader:
    """Reads files into one intake, or into a log that is read as a stream."""

    settings: FixSettings
    intake: Intake
    progress: Progress | None
    settled: Settled | None = None
    securities: Securities = field(default_factory=Securities)
    tally: Tally = field(default_factory=Tally)
    quarantine: list[Quarantined] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def read(self, path: Path, name: str) -> None:
        """Read one file; bytes that are no message are set aside with their place."""
        before = self.tally.messages + self.tally.quarantined
        try:
            if path.name == RECORDS_FILE:
                self._read_records(path, name)
            else:
                self._read_log(path, name)
        except (OSError, EOFError, zlib.error, zstandard.ZstdError) as error:
            if isinstance(error, OSError) and error.errno is not None:
                raise FeedError(f"{path}: cannot be read: {error.strerror}") from error
            if self.settled is not None:
                self.settled.good = False
            self._set_aside(name, BadSpan(0, 1, f"the compressed file is damaged: {error}", b""))
        if before == self.tally.messages + self.tally.quarantined:
            self.notes.append(f"{name} holds no FIX message")

    def insist(self, path: Path) -> None:
        """Raises DecodeError where there was no FIX."""
        if not self.tally.messages and not self.tally.quarantined:
            what = "holds no FIX message" if self.tally.text_bytes else "is empty"
            raise DecodeError(f"{path}: {what}; allowed: raw FIX of 4.0 to 5.0 (8=FIX...), in text of any style")

    def _framer(self, name: str) -> "Framer | _Through":
        if self.settled is not None:
            return _Through(self.settled, name)
        return (Framer if self.settings.decoder == "reference" else Scanner)(self.settings.frame_rules())

    def _read_log(self, path: Path, name: str) -> None:
        framer = self._framer(name)
        total = path.stat().st_size
        try:
            with path.open("rb") as stored, _plain(path, stored) as plain:
                while (self.settled is None or self.settled.good) and (chunk := plain.read(_CHUNK)):
                    self._take(framer.feed(chunk), name)
                    if self.progress is not None:
                        self.progress(stored.tell(), total)
        finally:  # what came before a damage counts
            self._take(framer.close(), name)
            _add(self.tally, framer.tally)

    def _read_records(self, path: Path, name: str) -> None:
        data = path.read_bytes()
        if self.settled is not None:
            self._settle_records(self.settled, data, name)
            return
        for item in read_records(data, self.settings.frame_rules()):
            good = isinstance(item, FixMessage)
            self.tally.messages += good
            self.tally.quarantined += not good
            self.tally.message_bytes += item.size if isinstance(item, FixMessage) else 0
            self.tally.quarantined_bytes += 0 if isinstance(item, FixMessage) else len(item.raw)
            self._take([item], name)
        self.tally.text_bytes += len(data) - self.tally.message_bytes - self.tally.quarantined_bytes
        if self.progress is not None:
            self.progress(len(data), len(data))

    def _settle_records(self, settled: Settled, data: bytes, name: str) -> None:
        """As records of a log that is read as a stream, which ends where one of them is not regular."""
        found = regular_records(data, self.settings.frame_rules())
        if found is None:
            settled.good = False
            return
        settled.records(found, name)
        self.tally.messages += len(found.block)
        self.tally.message_bytes += found.size
        self.tally.text_bytes += len(data) - found.size
        if self.progress is not None:
            self.progress(len(data), len(data))

    def _take(self, items: list[FixMessage | BadSpan], name: str) -> None:
        for item in items:
            if isinstance(item, FixMessage):
                self.securities.hear(item)
                self.intake.take(item, name)
            else:
                self._set_aside(name, item)

    def _set_aside(self, name: str, bad: BadSpan) -> None:
        where = f"{name} line {bad.line} offset {bad.offset}"
        self.quarantine.append(
            Quarantined(source=self.intake.source or name, where=where, reason=bad.reason, raw=bad.raw)
        )


class _Through:
    """A file of a log that is read as a stream, as a framer all of whose messages are taken."""

    def __init__(self, log: Settled, name: str) -> None:
        log.flow.begin()
        self._log = log
        self._name = name

    @property
    def tally(self) -> Tally:
        """As Framer."""
        return self._log.flow.scanner.tally

    def feed(self, data: bytes) -> list[Item]:
        """As Framer."""
        self._log.feed(data, self._name)
        return []

    def close(self) -> list[Item]:
        """As Framer."""
        self._log.close(self._name)
        return []


def _files(path: Path) -> Iterator[tuple[Path, str]]:
    """The files of a path with their names for people: itself, or all in a folder but hidden ones, by name."""
    if not path.exists():
        raise FeedError(f"{path}: no such file or folder; allowed: a FIX log or a folder of them")
    if path.is_file():
        yield path, path.name
        return
    found = [file for file in path.rglob("*") if file.is_file() and not file.name.startswith(".")]
    for file in sorted(found, key=lambda file: file.relative_to(path).as_posix()):
        yield file, file.relative_to(path).as_posix()


def _plain(path: Path, stored: IO[bytes]) -> IO[bytes]:
    """What is in a file that may be compressed."""
    if path.suffix == ".gz":
        return cast("IO[bytes]", gzip.GzipFile(fileobj=stored))
    if path.suffix == ".zst":
        return zstandard.ZstdDecompressor().stream_reader(stored, read_across_frames=True)
    return stored


def _symbology(options: Options) -> Symbology | None:
    symbols = options.symbols
    if symbols is None:
        return None
    return lambda symbol, ns: symbols.instrument(symbol, ns // DAY)


def _tally_counts(tally: Tally) -> Counter[str]:
    return Counter({name: getattr(tally, name) for name in Tally.__slots__ if name != "quarantined"})


def _add(total: Tally, part: Tally) -> None:
    for name in Tally.__slots__:
        setattr(total, name, getattr(total, name) + getattr(part, name))
