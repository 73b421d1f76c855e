"""A replay in this process: settings to recording to engine to loop to files and board."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Final

from app import __version__
from app.board import BoardWriter
from app.engine.core import Engine
from app.engine.errors import SettingsError, complaint
from app.engine.universe import Universe
from app.feeds import journal
from app.feeds.session import write_session
from app.runtime.journal import JournalWriter
from app.runtime.loop import RunOptions, RunResult, Stream, Taps, run
from app.runtime.outputs import Outputs
from app.runtime.pace import Pace
from app.runtime.progress import ProgressBar
from app.runtime.route import Route
from app.session.archiving import archiving, name_of
from app.session.clock_health import engine_config
from app.session.evidence_record import record_words
from app.session.formats import Sources, last_time, resolved_format
from app.session.memory import keep_memory, uncollected
from app.session.request import ReplayRequest
from app.session.warm import load_kernels
from app.settings import Settings, load_settings

_MILLISECOND_S: Final = 1e-3


def replay(request: ReplayRequest, pace: Pace | None = None) -> RunResult | None:
    """Run a recording through a fresh engine; None when `pace` was stopped on the way.

    Raises ScorecardError in words for anything wrong with settings, paths or rows.
    """
    if request.board is None:
        return play(request, None, pace)
    with BoardWriter(Path(request.board), clock=time.monotonic_ns) as board:
        return play(request, board, pace)


def play(request: ReplayRequest, board: BoardWriter | None, pace: Pace | None = None) -> RunResult | None:
    """As `replay`, on a board that the caller keeps."""
    started = time.perf_counter()
    keep_memory()
    settings = load_settings(Path(request.settings) if request.settings else None)
    config = engine_config(settings, request.settings, book=request.book)
    load_kernels(config)
    universe = Universe()
    with ExitStack() as stack:
        stack.enter_context(uncollected())
        first_byte = time.perf_counter()
        stream, total = stack.enter_context(_opened(request, settings, universe))
        stream.blocks.next_ns()  # names and reference data of the first rows are known to the engine from the start
        engine = Engine(universe, config)
        taps = Taps(board=board, frame_s=settings.playback.frame_ms * _MILLISECOND_S)
        if request.journal:
            taps.journal = stack.enter_context(JournalWriter(Path(request.journal), universe))
        if request.archive:
            taps.archive = stack.enter_context(archiving(request.archive, universe, settings, name_of(request)))
        if request.out:
            taps.outputs = stack.enter_context(Outputs(Path(request.out), universe, book=request.book))
        if board is not None:
            _introduce(board, stream, request)
            board.meta("aa", record_words(settings, config.model_hash))
        taps.progress = stack.enter_context(ProgressBar(stream.name, total, force=request.progress))
        options = RunOptions(
            version=__version__,
            settings_hash=settings.hash(),
            started_s=started,
            first_byte_s=first_byte,
            model_hash=config.model_hash,
        )
        return run(stream, engine, options, taps, pace or Pace(request.speed))


def export(request: ReplayRequest) -> list[str]:
    """Write a recording of any format as a session folder (`out`); what was irregular, in words.

    Raises ScorecardError in words; the folder is complete or not there.
    """
    settings = load_settings(Path(request.settings) if request.settings else None)
    sources = Sources(settings, request.settings, request.date)
    path, universe = Path(request.path), Universe()
    with sources.open(path, resolved_format(path, request.format), universe) as recording:
        if request.orders:
            sources.add_orders(recording, Path(request.orders))
        write_session(Path(request.out or ""), recording.market, recording.orders, universe)
        aside = recording.counts.get("quarantined", 0)
        return [*recording.notes, *([f"{aside} rows were set aside"] if aside else [])]


@contextmanager
def _opened(request: ReplayRequest, settings: Settings, universe: Universe) -> Iterator[tuple[Stream, int | None]]:
    """The stream of the request's path, and how many rows it has, where that is known."""
    path = Path(request.path)
    sources = Sources(settings, request.settings, request.date)
    name = resolved_format(path, request.format)
    if name == journal.FORMAT:
        if request.orders:
            allowed = "none, a journal holds its own rows: export it first"
            raise SettingsError(complaint("--orders", "file", request.orders, allowed))
        tape, reader = journal.open_tape(path, universe)
        with closing(reader):
            yield Stream(path.stem, universe, tape, notes=reader.notes), None
        return
    with sources.open(path, name, universe) as recording:
        if request.orders:
            sources.add_orders(recording, Path(request.orders))
        route = Route(recording.market, recording.orders, request.block or settings.replay.block)
        total = None if recording.rows_total is None else recording.rows_total + len(recording.orders)
        yield (
            Stream(recording.name, universe, route, recording.quarantine, recording.counts, recording.notes),
            total,
        )


def _introduce(board: BoardWriter, stream: Stream, request: ReplayRequest) -> None:
    """What the desk shows of a run beside its figures: name, span of its time, the market's time zone."""
    board.meta("session", stream.name)
    zones = sorted({known.timezone for known in stream.universe.reference.values() if known.timezone})
    if len(zones) == 1:
        board.meta("timezone", zones[0])
    start, end = stream.blocks.next_ns(), last_time(Path(request.path), stream.blocks.end_ns)
    if start is not None:
        board.meta("start_ns", str(start))
        board.meta("end_ns", str(end))
