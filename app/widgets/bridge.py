"""The only place where engine time meets screen time: thirty times a second the screen looks at the board."""

import time
from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from app.widgets.frames import FRAME
from app.widgets.pad import Pad, Pulled

FRAME_MS: Final = 33


class Bridge(QObject):
    """Pulls the pad once a frame and says what changed; holds the one choice of an order that everything follows."""

    pulled = Signal(object)  # pad.Pulled
    chosen = Signal(int)  # row of the parent, -1 none

    def __init__(self, pad: Pad, clock: Callable[[], int] = time.monotonic_ns) -> None:
        super().__init__()
        self.pad = pad
        self.row = -1
        self.wanted = ""  # id of the choice: survives a new epoch, where rows are numbered anew
        self._clock = clock
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)

    def start(self) -> None:
        """Look at every frame from now on; what is painted before the first one counts too."""
        FRAME.begin()
        self._timer.start(FRAME_MS)

    def stop(self) -> None:
        """Stop looking."""
        self._timer.stop()
        FRAME.end()

    def now(self) -> int:
        """The screen's monotonic clock (ns)."""
        return self._clock()

    def _tick(self) -> None:
        FRAME.begin()
        self.look()

    def look(self) -> Pulled:
        """One frame: pull, tell, and keep the choice where rows were numbered anew."""
        pulled = self.pad.pull(self._clock())
        if pulled.reset:
            self.row = -1
        self.pulled.emit(pulled)
        if self.row < 0 and self.wanted and len(pulled.parents):
            self.choose(self.pad.find(self.wanted))
        return pulled

    def choose(self, row: int) -> None:
        """Choose a parent by its row; everything that shows one order follows."""
        if 0 <= row < len(self.pad.parents) and row != self.row:
            self.row = row
            self.wanted = self.pad.text(int(self.pad.parents["parent_id"][row]))
            self.chosen.emit(row)

    def choose_id(self, parent_id: str) -> bool:
        """Choose a parent by its id, now or as soon as it is on the board; False while it is not."""
        row = self.pad.find(parent_id)
        self.wanted = parent_id
        self.choose(row)
        return row >= 0
