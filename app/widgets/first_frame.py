"""The moment at which a window has been seen for the first time; what is heavy waits for it."""

from typing import Final

from PySide6.QtCore import QEvent, QObject, QTimer, Signal
from PySide6.QtWidgets import QWidget

_LATEST_MS: Final = 1000  # a window that nobody exposes (minimised, covered) is completed all the same


class FirstFrame(QObject):
    """Watches a window that is about to be shown; `painted` comes once, after its first painting."""

    painted = Signal()

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window, self._said = window, False
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The window's handle exists once it is shown; an exposure is painted before the next event is heard."""
        if watched is self._window and event.type() == QEvent.Type.Show:
            handle = self._window.windowHandle()
            if handle is not None:
                handle.installEventFilter(self)
            QTimer.singleShot(_LATEST_MS, self, self._say)
        elif watched is not self._window and event.type() == QEvent.Type.Expose:
            QTimer.singleShot(0, self, self._say)
        return False

    def _say(self) -> None:
        if not self._said:
            self._said = True
            self._window.removeEventFilter(self)
            handle = self._window.windowHandle()
            if handle is not None:
                handle.removeEventFilter(self)
            self.painted.emit()
