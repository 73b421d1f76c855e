"""Stop watches of the desk's bench: what a frame costs, how long the event loop is away."""

import resource
import time
from collections.abc import Callable
from typing import Final

import msgspec
import numpy as np
from PySide6.QtCore import QObject, Qt, QTimer

FRAME_MS: Final = 33
BEAT_MS: Final = 4
Take = Callable[[str], dict[str, float]]  # what the steps took since the last call under the same name


class Figures(msgspec.Struct):
    """What one screen measured; milliseconds unless named otherwise. Processor times are the GUI thread's own."""

    first_frame_s: float = 0.0
    first_frame_processor_s: float = 0.0
    rss_mb: float = 0.0
    samples: dict[str, list[float]] = {}
    steps: dict[str, list[dict[str, float]]] = {}  # of each sample of a series, where steps are watched

    def at(self, name: str, per_cent: float) -> float:
        """A percentile of a series, NaN where it was not measured."""
        values = self.samples.get(name) or [float("nan")]
        return float(np.percentile(values, per_cent))


def memory_mb() -> float:
    """Most memory this process ever held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def cost_ms(work: Callable[[], object]) -> float:
    """Processor time of this thread."""
    before = time.thread_time()
    work()
    return 1e3 * (time.thread_time() - before)


class Watch(QObject):
    """Counts the event loop's work between two frames of 33 ms, and how long it was away from a beat of 4 ms.

    `steps` tells what of each was which step's, where steps are watched.
    """

    def __init__(
        self, frames: int, each: Callable[[int], object], done: Callable[[], object], steps: Take | None = None
    ) -> None:
        super().__init__()
        self.frame_steps: list[dict[str, float]] = []
        self.away_steps: list[dict[str, float]] = []
        self._steps = steps
        if steps is not None:  # what was before is nobody's
            steps("frame")
            steps("away")
        self.frame: list[float] = []  # processor time between two frames
        self.away: list[float] = []  # wall time by which a beat came late
        self.away_processor: list[float] = []  # processor time between two beats
        self._frames, self._each, self._done = frames, each, done
        self._beaten = (time.perf_counter(), time.thread_time())
        self._last = time.thread_time()
        self._timers = [QTimer(self), QTimer(self)]
        for timer, every, tick in zip(self._timers, (BEAT_MS, FRAME_MS), (self._beat, self._tick), strict=True):
            timer.setTimerType(Qt.TimerType.PreciseTimer)
            timer.timeout.connect(tick)
            timer.start(every)

    def _beat(self) -> None:
        wall, processor = self._beaten
        self._beaten = (time.perf_counter(), time.thread_time())
        self.away.append(max(1e3 * (self._beaten[0] - wall) - BEAT_MS, 0.0))
        self.away_processor.append(1e3 * (self._beaten[1] - processor))
        if self._steps is not None:
            self.away_steps.append(self._steps("away"))

    def _tick(self) -> None:
        now = time.thread_time()
        self.frame.append(1e3 * (now - self._last))
        if self._steps is not None:
            self.frame_steps.append(self._steps("frame"))
        self._last = now
        if len(self.frame) > self._frames:
            for timer in self._timers:
                timer.stop()
            self._done()
        else:
            self._each(len(self.frame))
