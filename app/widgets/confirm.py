"""The confirm step of an order action: a strip that names the order, arms late, and lets go when the choice moves."""

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget

from app.widgets.theme import Theme

ARM_MS: Final = 700  # a confirm cannot be hit by the press that opened it
EXPIRE_MS: Final = 15_000


class Confirm(QWidget):
    """Takes no room until something is asked. Never modal, never the default button, deaf to key repeat."""

    armed = Signal(bool)  # True while an order action waits for its confirm

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.order = ""  # id of the order the action is bound to, "" for none
        self._run: Callable[[], object] | None = None
        self.words = QLabel()
        self.yes, self.no = QPushButton("Confirm"), QPushButton("Let it be")
        for button in (self.yes, self.no):
            button.setAutoDefault(False)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.yes.clicked.connect(self._confirmed)
        self.no.clicked.connect(self.cancel)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(10, 3, 10, 3)
        layout.addWidget(self.words, 1)
        layout.addWidget(self.yes)
        layout.addWidget(self.no)
        self._arm, self._expire = QTimer(self), QTimer(self)
        for timer, done in ((self._arm, lambda: self.yes.setEnabled(True)), (self._expire, self.cancel)):
            timer.setSingleShot(True)
            timer.timeout.connect(done)
        self.dress(theme)
        self.hide()

    def ask(self, words: str, run: Callable[[], object], order: str = "") -> None:
        """Ask before an action runs; `order` is the id of the order it is bound to."""
        self._run, self.order = run, order
        self.words.setText(words)
        self.yes.setEnabled(False)
        self._arm.start(ARM_MS)
        self._expire.start(EXPIRE_MS)
        self.show()
        self.armed.emit(True)

    @property
    def asking(self) -> bool:
        """True while an action waits."""
        return self._run is not None

    def cancel(self) -> None:
        """Forget the action."""
        self._arm.stop()
        self._expire.stop()
        waited, self._run, self.order = self._run is not None, None, ""
        self.hide()
        if waited:
            self.armed.emit(False)

    def follow(self, order: str) -> None:
        """The choice has moved: an action bound to another order is let go."""
        if self.order and order != self.order:
            self.cancel()

    def dress(self, theme: Theme) -> None:
        """Change the colours."""
        self.setStyleSheet(f"QLabel {{ color: {theme.amber}; font-weight: 600; }}")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """A held key confirms nothing; Escape lets go."""
        if event.isAutoRepeat():
            event.accept()
        elif event.key() == Qt.Key.Key_Escape:
            self.cancel()
        else:
            super().keyPressEvent(event)

    def _confirmed(self) -> None:
        run = self._run
        self.cancel()
        if run is not None:
            run()
