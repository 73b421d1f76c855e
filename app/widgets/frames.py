"""What the running frame has cost so far. Who draws much asks first, and leaves the rest to the next frame."""

import gc
import time
from collections.abc import Callable
from typing import Final

FULL_MS: Final = 4.5  # from here on a frame takes no more than the least of every work
MOST_MS: Final = 7.5  # nothing that can wait is begun where it would end later
LATEST_NS: Final = 200_000_000  # no work waits longer
NEXT_MS: Final = 33  # until the next frame
_COLLECT: Final = (5_000, 20, 20)  # a young collection a second or so, of what is new alone


class Frame:
    """Processor time of the GUI thread since the frame began; nothing is counted where no frames tick (tests)."""

    def __init__(self, clock: Callable[[], float] = time.thread_time) -> None:
        self._clock, self._began = clock, -1.0

    def begin(self) -> None:
        """A frame begins."""
        self._began = self._clock()

    def end(self) -> None:
        """No frame follows: what is asked for now is done at once."""
        self._began = -1.0

    def is_counting(self) -> bool:
        """True while frames tick."""
        return self._began >= 0

    def spent_ms(self) -> float:
        """Processor time since it began, 0 where none is counted."""
        return 1e3 * (self._clock() - self._began) if self._began >= 0 else 0.0

    def is_full(self) -> bool:
        """True when what can wait should wait."""
        return self.spent_ms() >= FULL_MS

    def has_room(self, cost_ms: float) -> bool:
        """True when a work that took so long the last time need not wait."""
        spent = self.spent_ms()
        return spent < FULL_MS and (spent + cost_ms <= MOST_MS or not self.is_counting())


FRAME: Final = Frame()  # of the process: it has one GUI thread


def keep_all() -> None:
    """What is there now stays as long as the process: the collector need not look at it again, which took a frame.

    Whoever starts a desk has switched it off: while a window is made nothing is garbage.
    """
    gc.freeze()
    gc.enable()
    gc.set_threshold(*_COLLECT)


class Works:
    """Works of a frame by name, in turns: while the frame has room, and one in any case; none waits too long."""

    def __init__(self, frame: Frame = FRAME) -> None:
        self._frame = frame
        self._due: dict[str, tuple[int, Callable[[], object]]] = {}  # since when, what; the oldest first

    def __len__(self) -> int:
        return len(self._due)

    def add(self, name: str, now_ns: int, work: Callable[[], object]) -> None:
        """Let a work be done; under the same name it takes the place of an older one, in the queue too."""
        since, _ = self._due.get(name, (now_ns, work))
        self._due[name] = (since, work)

    def drop(self, name: str) -> None:
        """It need not be done any more."""
        self._due.pop(name, None)

    def run(self, now_ns: int) -> None:
        """Do what the frame has room for."""
        done = False
        while self._due:
            name, (since, work) = next(iter(self._due.items()))
            if done and self._frame.is_full() and now_ns - since < LATEST_NS:
                return
            del self._due[name]
            work()
            done = True
