"""The first run's tour: three hints beside what they speak of. It stops nothing and comes once."""

from typing import Final, NamedTuple

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from app.widgets.corner import Overlay
from app.widgets.theme import Theme


class Hint(NamedTuple):
    """A hint: headline, sentence, what of the window it stands beside."""

    title: str
    words: str
    beside: str


HINTS: Final = (
    Hint("1 of 3   Who needs you",
         "Every line is a parent order. The worst stand on top: gravity of the level x money. J and K move, / filters, "
         "Enter drills down. The level says how large the cost is, never why.", "blotter"),
    Hint("2 of 3   What happened",
         "The mid against arrival with your own posts, fills and cancels on it. Drag to zoom, Ctrl+Z to come back. "
         "Watch the line after 11:00: others sell ahead after each of your children.", "trace"),
    Hint("3 of 3   What to do",
         "Switch the algo: a pre-flight shows every tag, every guard and the expected effect; one confirm sends. "
         "Ctrl+K finds every action by name, F1 lists the keys.", "health"),
)  # fmt: skip


class Tour(Overlay):
    """Shows the hints one after the other; `finished` when the last was read or the rest refused."""

    finished = Signal()

    def __init__(self, window: QWidget, theme: Theme, beside: dict[str, QWidget]) -> None:
        super().__init__(window, theme, None)
        self._beside = beside
        self.step = -1
        self.words = QLabel()
        self.words.setWordWrap(True)
        self.words.setFixedWidth(360)
        self.go, self.leave = QPushButton("Next"), QPushButton("No tour")
        self.go.clicked.connect(self.next)
        self.leave.clicked.connect(self.end)
        line = QHBoxLayout()
        line.addStretch(1)
        line.addWidget(self.leave)
        line.addWidget(self.go)
        layout = QVBoxLayout(self)
        layout.addWidget(self.words)
        layout.addLayout(line)

    def begin(self) -> None:
        """From the first hint."""
        self.step = -1
        self.next()

    def next(self) -> None:
        """The next hint, or the end."""
        self.step += 1
        if self.step >= len(HINTS):
            self.end()
            return
        hint = HINTS[self.step]
        self.words.setText(f"<b>{hint.title}</b><br>{hint.words}")
        self.go.setText("Done" if self.step == len(HINTS) - 1 else "Next")
        self.show()
        self.place()

    def end(self) -> None:
        """No more hints."""
        if self.isVisible():
            self.hide()
            self.finished.emit()

    def place(self) -> None:
        """Stand over what the hint speaks of."""
        super().place()
        target = self._beside.get(HINTS[self.step].beside) if 0 <= self.step < len(HINTS) else None
        if target is not None and target.isVisible():
            window = self.over
            at = target.mapTo(window, target.rect().center())
            x = min(max(at.x() - self.width() // 2, 8), window.width() - self.width() - 8)
            y = min(max(at.y() - self.height() // 2, 8), window.height() - self.height() - 8)
            self.move(x, y)
