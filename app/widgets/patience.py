"""A widget that may show what it showed before until a frame has room to draw what is newer."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QWidget

from app.widgets.frames import FRAME, NEXT_MS, Frame


class Patience:
    """Since when a widget's picture is an old one; asks for another painting where this frame is full."""

    def __init__(self, widget: QWidget, frame: Frame = FRAME, clock: Callable[[], int] = time.monotonic_ns) -> None:
        self._frame, self._clock = frame, clock
        self._since, self._cost_ms = 0, 0.0  # what a picture took the last time
        self._again = QTimer(widget)
        self._again.setSingleShot(True)
        self._again.setInterval(NEXT_MS)
        self._again.timeout.connect(widget.update)

    def begin(self) -> None:
        """The picture is an old one from now on."""
        self._since = self._since or self._clock()

    @contextmanager
    def drawing(self) -> Iterator[None]:
        """It is being drawn; afterwards it is the newest."""
        before = self._frame.spent_ms()
        yield
        self._since, self._cost_ms = 0, self._frame.spent_ms() - before

    def is_due(self) -> bool:
        """True when a newer picture is to be drawn now; where it has to wait, the next frame asks again."""
        if not self._since:
            return False
        if not self._frame.grants(self._cost_ms, self._clock() - self._since):
            self._again.start()
            return False
        return True
