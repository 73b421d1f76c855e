"""What the running frame has cost so far. Who draws much asks first, and leaves the rest to the next frame."""

import gc
import time
from collections.abc import Callable
from typing import Final

FULL_MS: Final = 4.5  # from here on a frame takes no more than the least of every work
MOST_MS: Final = 7.5  # nothing that can wait is begun where it would end later
LATEST_NS: Final = 130_000_000  # what has waited longer is done in full frames too, one each: 200 ms with two before
NEXT_MS: Final = 33  # until the next frame
_COLLECT: Final = (5_000, 20, 20)  # a young collection a second or so, of what is new alone


class Frame:
    """Processor time of the GUI thread since the frame began; nothing is counted where no frames tick (tests)."""

    def __init__(self, clock: Callable[[], float] = time.thread_time) -> None:
        self._clock, self._began = clock, -1.0
        self._forced = False  # something that had no room has been done in this frame
        self._owed_ms = self._refused_ms = 0.0  # the largest work that had to wait, in the frame before and in this one

    def begin(self) -> None:
        """A frame begins."""
        self._began, self._forced = self._clock(), False
        self._owed_ms, self._refused_ms = self._refused_ms, 0.0

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

    def has_room(self, cost_ms: float, most_ms: float = MOST_MS) -> bool:
        """True when a work that took so long the last time need not wait: it begins and ends early enough."""
        spent = self.spent_ms()
        return spent < FULL_MS and (spent + cost_ms <= most_ms or not self.is_counting())

    def grants(self, cost_ms: float, waited_ns: int, *, most_ms: float = MOST_MS, anyway: bool = False) -> bool:
        """True when a work need not wait: it has room, or it insists. `anyway`: it does not wait, and others do.

        What has to wait is owed its time in the next frame.
        """
        if self.has_room(cost_ms, most_ms) or self.insists(waited_ns):
            self._owed_ms = 0.0
            return True
        if anyway:
            self._forced, self._owed_ms = True, 0.0
            return True
        self._refused_ms = max(self._refused_ms, cost_ms)
        return False

    def insists(self, waited_ns: int) -> bool:
        """True when a work has waited so long that it is done without room, and is the first such one of this frame.

        Many that have waited come in as many frames: together they would be the frame that none of them is.
        """
        if waited_ns < LATEST_NS or self._forced:
            return False
        self._forced = True
        return True

    def owed_ms(self) -> float:
        """What had to wait in the frame before and has not come yet: who has many small works leaves it its room."""
        return self._owed_ms


FRAME: Final = Frame()  # of the process: it has one GUI thread


def keep_all() -> None:
    """What is there now stays as long as the process: the collector need not look at it again, which took a frame.

    Whoever starts a desk has switched it off: while a window is made nothing is garbage.
    """
    gc.freeze()
    gc.enable()
    gc.set_threshold(*_COLLECT)


class Works:
    """Works of a frame by name, in turns: while the frame has room for what each took the last time."""

    def __init__(self, frame: Frame = FRAME) -> None:
        self._frame = frame
        self._due: dict[str, tuple[int, Callable[[], object]]] = {}  # since when, what; the oldest first
        self._costs: dict[str, float] = {}  # ms, the last time

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
        """Do what the frame has room for, and one in any case."""
        done = False
        while self._due:
            name, (since, work) = next(iter(self._due.items()))
            cost, anyway = self._costs.get(name, 0.0), not done
            if not self._frame.grants(cost, now_ns - since, most_ms=FULL_MS, anyway=anyway):  # painting comes after it
                return
            del self._due[name]
            before = self._frame.spent_ms()
            work()
            self._costs[name] = self._frame.spent_ms() - before
            done = True
