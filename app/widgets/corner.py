"""What appears over the window without stopping anybody: toasts in the corner, a hint, a line to write into."""

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Qt, QTimer, Signal
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from app.widgets.alerts import Toast
from app.widgets.painting import painting
from app.widgets.theme import Theme

STAY_MS: Final = 12_000
_MOST: Final = 3  # toasts at once; older ones go
_MARGIN: Final = 12


class Overlay(QFrame):
    """A frame over its window that never takes the focus by itself; `corner` is where it stands."""

    def __init__(self, window: QWidget, theme: Theme, corner: Qt.Corner | None) -> None:
        super().__init__(window)
        self.over, self.corner = window, corner
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
        self.setAutoFillBackground(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.dress(theme)
        self.hide()

    def dress(self, theme: Theme) -> None:
        """Change the colours."""
        name = type(self).__name__
        self.setStyleSheet(
            f"{name} {{ background: {theme.raised}; border: 1px solid {theme.accent}; }}"
            f"QLabel {{ color: {theme.ink}; }}"
        )

    def fade(self, faded: bool) -> None:
        """Nothing here is a figure of the board."""

    def place(self) -> None:
        """Stand where it belongs, on top of the rest; without a corner in the upper middle."""
        window = self.over
        self.adjustSize()
        self.resize(min(self.width(), window.width() - 2 * _MARGIN), self.height())
        x, y = (window.width() - self.width()) // 2, min(80, window.height() // 6)
        if self.corner is not None:
            left = self.corner in {Qt.Corner.TopLeftCorner, Qt.Corner.BottomLeftCorner}
            top = self.corner in {Qt.Corner.TopLeftCorner, Qt.Corner.TopRightCorner}
            x = _MARGIN if left else window.width() - self.width() - _MARGIN
            y = _MARGIN if top else window.height() - self.height() - _MARGIN
        self.move(max(x, 0), max(y, 0))
        self.raise_()

    def setVisible(self, visible: bool) -> None:
        """The window is watched while this lies on it: each of its events costs a call.

        Not when the hide event comes: a window sends one to all that lies on it while it is being destroyed.
        """
        super().setVisible(visible)
        if visible:
            self.over.installEventFilter(self)
        else:
            self.over.removeEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stay in place when the window changes its size."""
        if event.type() == QEvent.Type.Resize and self.isVisible():
            self.place()
        return super().eventFilter(watched, event)


class Toasts(Overlay):
    """The newest alerts, top right under the strip; each says what can be done and goes by itself."""

    wanted = Signal(str)  # an order to go to

    def __init__(self, window: QWidget, theme: Theme, sound: Callable[[], object]) -> None:
        super().__init__(window, theme, Qt.Corner.TopRightCorner)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)  # a row beneath them is painted without them
        self._sound = sound
        self._strip: QWidget | None = None
        self._clear: tuple[QWidget, ...] = ()
        self.said: list[Toast] = []
        self._lines = QVBoxLayout(self)
        self._lines.setContentsMargins(10, 8, 10, 8)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.clear)

    def dress(self, theme: Theme) -> None:
        """Change the colours."""
        self._theme = theme
        super().dress(theme)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Ground and edge: every pixel of it, so that nothing shines through."""
        with painting(self) as (painter,):
            painter.fillRect(self.rect(), self._theme.colour("raised"))
            painter.setPen(self._theme.colour("accent"))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))

    def show_toasts(self, toasts: list[Toast], action: str) -> None:
        """Show them, with one sound however many; `action` names what can be done now."""
        if not toasts:
            return
        self.said = [*self.said, *toasts][-_MOST:]
        self._rebuild(action)
        self._sound()
        self._timer.start(STAY_MS)
        self.show()
        self.place()

    def stand(self, strip: QWidget, clear: tuple[QWidget, ...]) -> None:
        """Stand under a strip of the window and never over some controls."""
        self._strip, self._clear = strip, clear

    def place(self) -> None:
        """Right under the strip; further left or down where a control that must stay clear is there."""
        super().place()
        top = self._strip.mapTo(self.over, QPoint(0, self._strip.height())).y() + _MARGIN // 2 if self._strip else 0
        right = max(self.over.width() - self.width() - _MARGIN, 0)
        taken = [QRect(part.mapTo(self.over, QPoint()), part.size()) for part in self._clear if part.isVisible()]
        below = [QPoint(right, where.bottom() + _MARGIN) for where in taken]
        for spot in (QPoint(right, max(top, _MARGIN)), QPoint(_MARGIN, max(top, _MARGIN)), *below):
            if not any(QRect(spot, self.size()).intersects(where) for where in taken):
                self.move(spot)
                break

    def clear(self) -> None:
        """All of them are gone; the rows keep their marks."""
        self.said = []
        self.hide()

    def _rebuild(self, action: str) -> None:
        while (item := self._lines.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()
        for toast in self.said:
            line = QWidget()
            inside = QHBoxLayout(line)
            inside.setContentsMargins(0, 0, 0, 0)
            inside.addLayout(self._worded(toast), 1)
            go = QPushButton("Go")
            go.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            go.clicked.connect(lambda _=False, order=toast.orders[0]: self.wanted.emit(order))
            inside.addWidget(go)
            self._add(line)
        self._add(_plain(action, italic=True))

    def _worded(self, toast: Toast) -> QVBoxLayout:
        """Its title and its words. Plain: a rich text is laid out anew whenever a row beneath it is painted."""
        lines = QVBoxLayout()
        lines.setSpacing(0)
        for label in (_plain(f"■ {toast.title}", bold=True), _plain(toast.words)):
            label.setWordWrap(True)
            label.setMinimumWidth(min(360, max(self.over.width() - 110, 120)))
            lines.addWidget(label)
        return lines

    def _add(self, line: QWidget) -> None:
        self._lines.addWidget(line)
        line.show()  # a layout shows it in the next event only, and until then it takes no room


def _plain(words: str, *, bold: bool = False, italic: bool = False) -> QLabel:
    label = QLabel(words)
    label.setTextFormat(Qt.TextFormat.PlainText)
    font = label.font()
    font.setBold(bold)
    font.setItalic(italic)
    label.setFont(font)
    return label
