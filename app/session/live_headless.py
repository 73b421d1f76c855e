"""Live sources in this process, without a screen: until every one of them has ended, or the pace is stopped."""

import sys
import time
from contextlib import ExitStack, closing
from pathlib import Path

from app import __version__
from app.board import BoardWriter
from app.engine.core import Engine
from app.runtime.journal import JournalWriter
from app.runtime.loop import Loop, RunOptions, RunResult, Standing, Taps
from app.runtime.outputs import Outputs
from app.runtime.pace import Pace
from app.session.clock_health import engine_config
from app.session.evidence_record import record_words
from app.session.live_board import LiveBoard
from app.session.live_day import SWITCH_S, LiveDay
from app.session.memory import keep_memory, uncollected
from app.session.simulation import SimulationRequest, conclude, introduce
from app.session.warm import load_kernels
from app.settings import load_settings


def run_live(request: SimulationRequest, pace: Pace | None = None, title: str = "live") -> RunResult | None:
    """Run the sources of the settings through a fresh engine; None when `pace` was stopped. Raises ScorecardError."""
    started = time.perf_counter()
    keep_memory()
    sys.setswitchinterval(SWITCH_S)
    pace = pace or Pace(request.speed)
    settings = load_settings(Path(request.settings) if request.settings else None)
    day = LiveDay(settings, title)  # what is wrong with the sources is said before the kernels are loaded
    config = engine_config(settings, request.settings, book=False)
    load_kernels(config)
    with ExitStack() as stack:
        stack.enter_context(uncollected())
        stack.enter_context(closing(day))
        taps = Taps(frame_s=settings.playback.frame_ms * 1e-3)
        if request.journal:
            taps.journal = stack.enter_context(JournalWriter(Path(request.journal), day.universe))
        if request.out:
            taps.outputs = stack.enter_context(Outputs(Path(request.out), day.universe, book=False))
        if request.board:
            taps.board = stack.enter_context(LiveBoard(Path(request.board), pace))
        span = day.open(Standing())
        if isinstance(taps.board, BoardWriter):
            introduce(taps.board, day.stream, span)
            taps.board.meta("aa", record_words(settings, config.model_hash))
        options = RunOptions(
            version=__version__,
            settings_hash=settings.hash(),
            started_s=started,
            first_byte_s=time.perf_counter(),
            model_hash=config.model_hash,
        )
        board = taps.board
        loop = Loop(day.stream, Engine(day.universe, config), options, taps, pace)
        result = loop.finish() if loop.play() else None
        if result is not None and isinstance(board, LiveBoard):
            conclude(board, result)
        return result
