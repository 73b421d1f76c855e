"""The loop: blocks from the route into the engine, what is read off it to journal, files and board."""

import math
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

import msgspec

from app.engine.effects import Effects
from app.engine.events import Block, Control, Quarantined, Rows
from app.engine.layout import Sink
from app.engine.times import rows_behind
from app.engine.units import NULL, SECOND
from app.engine.universe import Universe
from app.runtime.fingerprint import Fingerprint
from app.runtime.journal import JournalWriter
from app.runtime.latency import Latency
from app.runtime.outputs import Outputs, RunReport, Tables
from app.runtime.pace import Pace
from app.runtime.progress import ProgressBar

FRAME_S: Final = 1 / 30
_REST: Final = 4.0  # a publication that takes long is followed by so many times its length of other work
_BEAT_S: Final = 0.2  # and says in between that it lives

_PATH_NS: Final = 45 * SECOND  # well inside what the engine surely keeps of a path


class Engine(Protocol):
    """What the loop needs of the engine: two verbs, and what may be read between them."""

    @property
    def touches(self) -> Rows:
        """Changes (events.CHANGE) of the last block, when the book was asked for."""

    def apply(self, block: Block) -> Effects:
        """Apply one block."""

    def finish(self, end_ns: int) -> None:
        """End of data: nothing more comes after end_ns."""

    def publish(self, sink: Sink) -> None:
        """Write what changed since the last publication."""

    def path(self, sink: Sink) -> None:
        """Write the price path since the last time, before the engine forgets it."""

    def tables(self) -> Tables:
        """The definitive tables."""

    def run_hash(self) -> str:
        """Hash of everything as known then."""

    def output_hash(self) -> str:
        """Hash of the tables as restated."""

    def undefined(self) -> dict[str, int]:
        """Undefined figures by reason."""


class BlockSource(Protocol):
    """Where blocks come from: a route over a recording, or a tape."""

    @property
    def end_ns(self) -> int:
        """Time of the last row of the run, once all have been handed over."""

    def next_ns(self) -> int | None:
        """Time of the next rows, None at the end."""

    def take(self, until: int) -> Block | None:
        """The next block with nothing after `until`, None when none is due."""


class Keeper(Protocol):
    """Who keeps the state of a run on disk, from time to time."""

    def look(self, loop: "Loop", watermark: int) -> None:
        """The run has come this far (event ns) and stands between two blocks."""


class Archive(Protocol):
    """Who keeps what was applied and found for good."""

    def block(self, block: Block) -> None:
        """A block was applied."""

    def finish(self, output_hash: str, tables: Tables, end_ns: int) -> None:
        """The run has ended; when this returns everything is in the archive."""


class Publication(Sink, Protocol):
    """A board: a sink that also takes small facts in words and signs of life."""

    def meta(self, key: str, text: str) -> None:
        """Set a small fact in words."""

    def heartbeat(self) -> None:
        """Say that the writer lives."""


class Results(Protocol):
    """Somebody who passes on what is published, wherever the board is."""

    def over(self, board: Publication | None) -> Publication:
        """Stand in front of a board, or in place of none."""

    def ended(self, result: "RunResult") -> None:
        """The run is over."""


@dataclass(slots=True)
class Stream:
    """One opened source of a run; quarantine, counts and notes fill while it is read."""

    name: str
    universe: Universe
    blocks: BlockSource
    quarantine: list[Quarantined] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    caption: str = ""  # what everybody who looks at the run must know of it
    held: Callable[[Mapping[str, str]], None] | None = None  # told up to where each lane is on the tape for good
    results: Results | None = None
    lags: Callable[[], Mapping[str, int]] = dict  # source -> event ns that are read of it and not handed over


@dataclass(slots=True)
class Taps:
    """Who listens: each may be absent."""

    journal: JournalWriter | None = None
    outputs: Outputs | None = None
    board: Publication | None = None
    progress: ProgressBar | None = None
    keeper: Keeper | None = None
    archive: Archive | None = None
    frame_s: float = FRAME_S  # the board is published no more often


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """What the report repeats, and when its clocks started (s): the command, the first byte read."""

    version: str
    settings_hash: str
    clock: Callable[[], float] = time.perf_counter
    started_s: float
    first_byte_s: float
    model_hash: str | None = None  # of the evidence model, where there is one


@dataclass(slots=True)
class RunResult:
    """A finished run: its report, its tables, and the end of its data (event ns)."""

    report: RunReport
    tables: Tables
    end_ns: int


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """Where a run stands beside its engine: what it has counted, and the rows the engine set aside."""

    rows: int = 0
    market: int = 0
    orders: int = 0
    late: int = 0
    watermark: int = NULL
    fingerprint: tuple[int, int] = (0, 0)
    set_aside: tuple[Quarantined, ...] = ()
    positions: dict[str, str] = {}  # lane of a live source -> up to where it has been read


class Loop:
    """One run of a stream through an engine."""

    def __init__(self, stream: Stream, engine: Engine, options: RunOptions, taps: Taps, pace: Pace) -> None:
        self._stream = stream
        self._engine = engine
        self._options = options
        self._taps = taps
        self._pace = pace
        self._fingerprint = Fingerprint(stream.universe)
        self._rows = 0
        self._market = 0
        self._orders = 0
        self._late = 0
        self._watermark = NULL
        self._by_engine: list[Quarantined] = []
        self._positions: dict[str, str] = {}
        self._publish_at_s = self._beat_at_s = -math.inf
        self._path_at = NULL
        self._latency = Latency()
        if stream.results is not None:
            taps.board = stream.results.over(taps.board)

    def standing(self) -> Standing:
        """Where the run stands, between two blocks."""
        return Standing(
            rows=self._rows,
            market=self._market,
            orders=self._orders,
            late=self._late,
            watermark=self._watermark,
            fingerprint=self._fingerprint.halves,
            set_aside=tuple(self._by_engine),
            positions=dict(self._positions),
        )

    def resume(self, standing: Standing, blocks: Iterable[Block]) -> None:
        """Go on where an interrupted run stood: its engine was loaded, then `blocks` had been applied too."""
        self._rows, self._market, self._orders = standing.rows, standing.market, standing.orders
        self._late, self._watermark = standing.late, standing.watermark
        self._fingerprint.halves = standing.fingerprint
        self._positions = dict(standing.positions)
        self._set_aside(list(standing.set_aside))
        for block in blocks:
            self._apply(block)
            self._publish(due_only=True)

    def publish(self) -> None:
        """Put everything on the board now."""
        self._publish(due_only=False)

    def play(self) -> bool:
        """Hand over every block; False when the pace was stopped before the end."""
        blocks, pace, board = self._stream.blocks, self._pace, self._taps.board
        first = blocks.next_ns()
        if first is not None:
            pace.start(first)
        while not pace.stopped:
            block = blocks.take(pace.until())
            if block is not None:
                if self._taps.journal is not None:
                    self._taps.journal.write(block)  # before the engine: a block that breaks it is on the tape
                self._apply(block)
                pace.reached(block.watermark)
                self._publish(due_only=True)
                if self._taps.keeper is not None:
                    self._taps.keeper.look(self, self._watermark)
                continue
            ahead = blocks.next_ns()
            if ahead is None:
                return True
            self._publish(due_only=True)
            pace.wait(ahead, self._taps.frame_s if board is not None else 60.0)
        return False

    def finish(self) -> RunResult:
        """End of data: last joins, last publication, files in place."""
        end_ns, engine, taps = self._stream.blocks.end_ns, self._engine, self._taps
        engine.finish(end_ns)
        if taps.journal is not None:
            taps.journal.finish(end_ns)
        self._set_aside([])
        tables = engine.tables()
        if taps.outputs is not None:
            taps.outputs.write_tables(tables)
        report = self._report()
        if taps.outputs is not None:
            taps.outputs.finish(report)
        if taps.archive is not None:
            taps.archive.finish(report.output_hash, tables, end_ns)
        self._publish(due_only=False)
        result = RunResult(report, tables, end_ns)
        if self._stream.results is not None:
            self._stream.results.ended(result)
        return result

    def _apply(self, block: Block) -> None:
        taps = self._taps
        effects = self._latency.timed(self._engine.apply, block)
        self._fingerprint.add_market(block.market)
        self._fingerprint.add_orders(block.orders)
        self._fingerprint.add_controls(block.controls)
        aside = self._read_notes(block.controls)
        rows = len(block.market) + len(block.orders) + len(block.controls) - aside
        self._rows += rows
        self._market += len(block.market)
        self._orders += len(block.orders)
        self._late += _late(block, self._watermark)
        self._watermark = max(self._watermark, block.watermark)
        self._set_aside(effects.quarantine)
        if taps.outputs is not None and len(self._engine.touches):
            taps.outputs.add_touches(self._engine.touches)
        if taps.board is not None and self._watermark - self._path_at > _PATH_NS:
            self._engine.path(taps.board)  # a fast replay publishes less often than the path is forgotten
            self._path_at = self._watermark
        if taps.archive is not None:
            taps.archive.block(block)
        if taps.progress is not None:
            taps.progress.advance(rows)

    def _read_notes(self, controls: tuple[Control, ...]) -> int:
        """Keep what readers wrote on the tape: where they stand, what they set aside; how many notes that were."""
        notes = [control for control in controls if control.kind in {"position", "aside"}]
        for note in notes:
            if note.kind == "position":
                self._positions[note.source] = note.text or ""
            else:
                self._set_aside([msgspec.json.decode(note.text or "", type=Quarantined)])
        return len(notes)

    def _set_aside(self, by_engine: list[Quarantined]) -> None:
        """Quarantined rows of the feed so far and of the engine; the feed's list is emptied, its count stays."""
        by_feed = self._stream.quarantine
        self._by_engine.extend(by_engine)
        if (by_feed or by_engine) and self._taps.outputs is not None:
            self._taps.outputs.add_quarantine([*by_feed, *by_engine])
        by_feed.clear()

    def _publish(self, *, due_only: bool) -> None:
        board = self._taps.board
        if board is None:
            return
        now = self._options.clock()
        if due_only and now < self._publish_at_s:
            if now >= self._beat_at_s:
                board.heartbeat()
                self._beat_at_s = now + _BEAT_S
            return
        if self._taps.journal is not None:
            self._taps.journal.flush()  # what is seen on the board survives this process
            if self._stream.held is not None:
                self._stream.held(self._positions)
        p99_us = self._latency.due()
        if p99_us is not None:
            board.meta("engine_p99_us", str(p99_us))
        self._engine.publish(board)
        done = self._options.clock()
        self._publish_at_s = max(now + self._taps.frame_s, done + _REST * (done - now))
        self._beat_at_s = done + _BEAT_S

    def _report(self) -> RunReport:
        options, engine = self._options, self._engine
        now = options.clock()
        reading = now - options.first_byte_s
        described = self._stream.universe.reference.values()
        return RunReport(
            version=options.version,
            settings_hash=options.settings_hash,
            input_hash=self._fingerprint.hex(),
            model_hash=options.model_hash,
            run_hash=engine.run_hash(),
            output_hash=engine.output_hash(),
            rows_in=self._rows,
            rows_late=self._late,
            rows_quarantined=self._stream.counts.get("quarantined", 0) + len(self._by_engine),
            undefined=dict(sorted(engine.undefined().items())),
            events_per_s=self._rows / reading if reading > 0 else None,
            wall_s=now - options.started_s,
            notes=[*([self._stream.caption] if self._stream.caption else []), *self._stream.notes],
            session=self._stream.name,
            zones={known.instrument: known.timezone for known in described if known.timezone},
        )


def _late(block: Block, watermark: int) -> int:
    """Rows that came after their time had been passed."""
    return sum(row.ts_event < watermark for row in block.orders) + rows_behind(block.market, watermark)


def run(stream: Stream, engine: Engine, options: RunOptions, taps: Taps, pace: Pace | None = None) -> RunResult | None:
    """Play a stream to its end and write what was asked for; None when the pace was stopped on the way."""
    loop = Loop(stream, engine, options, taps, pace or Pace())
    return loop.finish() if loop.play() else None
