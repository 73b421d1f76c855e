"""A button that sends: never the default one, asleep for a moment after it appears, deaf to key repeat."""

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QPushButton

from app.widgets.confirm import ARM_MS


class ArmedButton(QPushButton):
    """`arm` wakes it after 700 ms, `disarm` puts it to sleep at once; `fired` is its only way to act, once an arming.

    A key that was already down when it woke does nothing, and neither does Return: Space or a click, on purpose.
    """

    fired = Signal()

    def __init__(self, title: str) -> None:
        super().__init__(title)
        self.setAutoDefault(False)
        self.setDefault(False)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setEnabled(False)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(ARM_MS)
        self._timer.timeout.connect(lambda: self.setEnabled(True))
        self.clicked.connect(self._fire)

    def arm(self) -> None:
        """Wake after the delay; a second call starts the delay anew."""
        self.setEnabled(False)
        self._timer.start()

    def disarm(self) -> None:
        """Sleep."""
        self._timer.stop()
        self.setEnabled(False)

    @property
    def arming(self) -> bool:
        """True between `arm` and waking."""
        return self._timer.isActive()

    def event(self, event: QEvent) -> bool:
        """Space is the button's own while it is awake, whatever the window does with it."""
        mine = event.type() == QEvent.Type.ShortcutOverride and self.isEnabled()
        if mine and isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Space:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Space alone presses, and only a fresh press of it."""
        if event.isAutoRepeat() or event.key() != Qt.Key.Key_Space:
            event.ignore() if event.key() == Qt.Key.Key_Escape else event.accept()
            return
        super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """The release between two repeats is no release."""
        if event.isAutoRepeat():
            event.accept()
            return
        super().keyReleaseEvent(event)

    def _fire(self) -> None:
        self.disarm()
        self.fired.emit()
