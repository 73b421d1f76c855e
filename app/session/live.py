"""A session's run in its runtime folder: begun, or gone on with exactly where an interrupted one stood."""

import shutil
import time
from contextlib import ExitStack, closing
from typing import Final

import msgspec

from app import __version__
from app.engine.config import EngineConfig
from app.engine.core import Engine
from app.runtime.inbox import applied_times
from app.runtime.journal import JournalWriter
from app.runtime.loop import Loop, RunOptions, RunResult, Standing, Taps
from app.runtime.outputs import Outputs
from app.runtime.pace import Pace
from app.session.checking import MarkKeeper
from app.session.clock_watch import clock_watch
from app.session.day import Day, SimulatedDay
from app.session.evidence_record import record_words
from app.session.live_board import LiveBoard, levels_of, trace_of
from app.session.memory import keep_memory, uncollected
from app.session.price_path import path_of
from app.session.recovery import Recovered, recover
from app.session.runtime_folder import RuntimeFolder
from app.session.simulation import introduce
from app.session.snapshots import SnapshotKeeper
from app.session.warm import load_kernels
from app.settings import Settings

_MILLISECOND_S: Final = 1e-3


class LiveRun:
    """One run of a day with everything kept that it takes to go on with it. `board` is there once `play` has begun."""

    def __init__(self, folder: RuntimeFolder, settings: Settings, day: Day, pace: Pace) -> None:
        self.board: LiveBoard | None = None
        self._folder = folder
        self._settings = settings
        self._day = day
        self._pace = pace
        self._started_s = time.perf_counter()

    def play(self) -> RunResult | None:
        """Run the day to its end; None when the pace was stopped. Raises ScorecardError in words."""
        keep_memory()
        folder, day = self._folder, self._day
        config = self._config()
        load_kernels(config)
        with ExitStack() as stack:
            stack.enter_context(uncollected())
            stack.enter_context(closing(day))
            if isinstance(day, SimulatedDay):
                day.keep_commands(folder.commands)
            left = recover(folder.tape, folder.snapshots, day.universe, config)
            for unfinished in folder.path.glob(f".{folder.out.name}.*.partial"):  # of a run that was killed
                shutil.rmtree(unfinished, ignore_errors=True)
            board = self._board(left)
            taps = Taps(board=board, frame_s=self._settings.playback.frame_ms * _MILLISECOND_S)
            taps.outputs = stack.enter_context(Outputs(folder.out, day.universe, book=False))
            if left is None:
                span = day.open(Standing())
                day.stream.blocks.next_ns()  # names and reference data of the first rows are known to the engine
                engine, behind = Engine(day.universe, config), None
                loop = self._loop(engine, taps)
            else:
                engine, behind = left.engine, left.index.behind
                loop = self._loop(engine, taps)
                span = self._go_on(loop, left)
            introduce(board, day.stream, span)
            board.meta("aa", record_words(self._settings, config.model_hash))
            board.recovering = False
            loop.publish()  # what an interrupted run had reached is seen at once, also while it stands still
            taps.journal = stack.enter_context(JournalWriter(folder.tape, day.universe, behind))
            states = stack.enter_context(SnapshotKeeper(folder.snapshots, engine, taps.journal))
            taps.keeper = MarkKeeper(folder.marks, engine, taps.journal, states)
            if not loop.play():
                return None
            board.vouch()  # every event is applied; what comes now takes seconds and changes no figure it shows
            return loop.finish()

    def _config(self) -> EngineConfig:
        """As the settings say; budgets of clocks that were written down when the run began count for all of it."""
        config, kept = self._settings.engine(book=False), self._folder.budgets()
        return config if kept is None else msgspec.structs.replace(config, clock_budget_ns=kept)

    def _loop(self, engine: Engine, taps: Taps) -> Loop:
        options = RunOptions(
            version=__version__,
            settings_hash=self._settings.hash(),
            started_s=self._started_s,
            first_byte_s=time.perf_counter(),
            model_hash=engine.config.model_hash,
        )
        return Loop(self._day.stream, engine, options, taps, self._pace)

    def _board(self, left: Recovered | None) -> LiveBoard:
        kept = None if left is None else trace_of(self._folder.board, left.index.entries[-1].watermark)
        if left is not None and (kept is None or not len(kept)):  # the board before is lost: the tape has it all
            kept = path_of(left.index, left.number, self._config())
        levels = {} if left is None else levels_of(self._folder.board)
        self.board = LiveBoard(self._folder.board, self._pace, kept, self._folder.checked)
        self.board.keep_levels(levels)
        session = self._folder.session()
        self.board.archived = self._folder.archived
        self.board.clock = clock_watch(self._settings.health.files, session.settings if session else None)
        self.board.recovering = left is not None
        self.board.tell("starting" if left is None else "recovering")
        self.board.heartbeat()
        self.board.vouch()
        return self.board

    def _go_on(self, loop: Loop, left: Recovered) -> tuple[int | None, int]:
        """The tape behind the state, then the day up to where the tape ends."""
        began = _first_ns(left)
        loop.resume(left.standing, left.tail())
        left.index.close()
        _, end_ns = self._day.open(loop.standing())
        self._day.stream.notes.extend(left.notes)
        return began, end_ns


def _first_ns(left: Recovered) -> int:
    """Time (ns) of the first row on the tape."""
    block = next(left.index.blocks(0, 1))
    times = applied_times(block.market).tolist() + [row.ts_event for row in block.orders]
    return min(times, default=block.watermark)
