"""A simulated day in this process: the same loop, journal, files and board as a replay; the switch beside it."""

import time
from contextlib import ExitStack
from pathlib import Path

import msgspec

from app import __version__
from app.board import BoardWriter
from app.engine.core import Engine
from app.runtime.journal import JournalWriter
from app.runtime.loop import Loop, RunOptions, RunResult, Stream, Taps
from app.runtime.outputs import Outputs
from app.runtime.pace import Pace
from app.runtime.stepped import StepRoute, Steps, Wire
from app.session.archiving import archiving
from app.session.evidence_record import record_words
from app.session.live_board import LiveBoard
from app.session.memory import keep_memory, uncollected
from app.session.switching import Switching
from app.session.warm import load_kernels
from app.settings import Settings, load_settings


class SimulationRequest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A simulated day: what to write, how fast. Paths are text; None = not asked for."""

    settings: str | None = None
    out: str | None = None
    journal: str | None = None
    archive: str | None = None
    board: str | None = None
    speed: float | None = None


def run_simulation(
    request: SimulationRequest, feed: Steps, wire: Wire | None = None, pace: Pace | None = None
) -> RunResult | None:
    """Run a stepped feed through a fresh engine to the end of its day; None when `pace` was stopped on the way.

    Raises ScorecardError in words. The result does not depend on how the day is cut into steps.
    """
    started = time.perf_counter()
    keep_memory()
    pace = pace or Pace(request.speed)
    settings = load_settings(Path(request.settings) if request.settings else None)
    config = settings.engine(book=False)
    load_kernels(config)
    with ExitStack() as stack:
        stack.enter_context(uncollected())
        stream = Stream(feed.name, feed.universe, StepRoute(feed, pace.stride, wire), caption=feed.note)
        engine = Engine(feed.universe, config)
        if isinstance(wire, Switching):
            wire.watch(engine)
        taps = _taps(request, feed, settings, stack, pace)
        if isinstance(taps.board, BoardWriter):
            introduce(taps.board, stream, (feed.start_ns, feed.end_ns))
            taps.board.meta("aa", record_words(settings, config.model_hash))
        options = RunOptions(
            version=__version__,
            settings_hash=settings.hash(),
            started_s=started,
            first_byte_s=time.perf_counter(),
            model_hash=config.model_hash,
        )
        loop = Loop(stream, engine, options, taps, pace)
        result = loop.finish() if loop.play() else None
        if result is not None and isinstance(taps.board, LiveBoard):
            conclude(taps.board, result)
        return result


def introduce(board: BoardWriter, stream: Stream, span: tuple[int | None, int]) -> None:
    """What the desk shows of a run beside its figures: name, span of its time, the market's time zone."""
    if isinstance(board, LiveBoard):
        board.lags = stream.lags
    board.meta("session", stream.name)
    if stream.caption:
        board.meta("note", stream.caption)
    zones = sorted({known.timezone for known in stream.universe.reference.values() if known.timezone})
    if len(zones) == 1:
        board.meta("timezone", zones[0])
    if span[0] is not None:
        board.meta("start_ns", str(span[0]))
        board.meta("end_ns", str(span[1]))


def conclude(board: LiveBoard, result: RunResult) -> None:
    """The hashes of an ended day."""
    for name in ("input_hash", "run_hash", "output_hash"):
        board.meta(name, getattr(result.report, name))
    board.meta("end_ns", str(result.end_ns))
    board.tell("ended")


def _taps(request: SimulationRequest, feed: Steps, settings: Settings, stack: ExitStack, pace: Pace) -> Taps:
    taps = Taps(frame_s=settings.playback.frame_ms * 1e-3)
    if request.journal:
        taps.journal = stack.enter_context(JournalWriter(Path(request.journal), feed.universe))
    if request.out:
        taps.outputs = stack.enter_context(Outputs(Path(request.out), feed.universe, book=False))
    if request.archive:
        taps.archive = stack.enter_context(archiving(request.archive, feed.universe, settings, feed.name))
    if request.board:
        taps.board = stack.enter_context(LiveBoard(Path(request.board), pace))
    return taps
