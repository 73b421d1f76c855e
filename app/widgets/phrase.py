"""A phrase of the strip: words in several tones on one line; nothing else moves when they change."""

import re
from typing import Final, NamedTuple

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAccessible, QFont, QMouseEvent, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.widgets.glyphs import Glyphs
from app.widgets.painting import painting
from app.widgets.theme import Theme, figures_font

_DIGIT: Final = re.compile(r"\d")


class Run(NamedTuple):
    """Words in one tone."""

    words: str
    tone: str = "ink"
    bold: bool = False


class Phrase(QWidget):
    """Runs beside each other. Its width only grows, with its words; digits are of one width."""

    clicked = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._runs: tuple[Run, ...] = ()
        self._theme, self._mould = theme, ""
        font = figures_font()
        bold = QFont(font)
        bold.setBold(True)
        self._glyphs = {False: Glyphs(font), True: Glyphs(bold)}
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setFixedSize(0, self._glyphs[False].height)

    def text(self) -> str:
        """All of its words."""
        return "".join(run.words for run in self._runs)

    def say(self, runs: tuple[Run, ...], theme: Theme, tip: str | None = None) -> bool:
        """Show other runs; True when they may need more room. `tip` None: what it was."""
        if tip is not None and tip != self.toolTip():
            self.setToolTip(tip)
        if runs == self._runs and theme is self._theme:
            return False
        self._runs, self._theme = runs, theme
        self.update()
        if QAccessible.isActive():
            self.setAccessibleName(self.text())
        mould = "|".join(_DIGIT.sub("0", run.words) for run in runs)
        if mould == self._mould:
            return False
        self._mould = mould
        need = sum(self._glyphs[run.bold].metrics.horizontalAdvance(run.words) for run in runs)
        self.setFixedWidth(max(need, self.width()) if runs else 0)
        return True

    def sizeHint(self) -> QSize:
        """As wide as its words have been."""
        return QSize(self.width(), self.height())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Say so."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.clicked.emit()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Run after run."""
        x = 0
        with painting(self) as (painter,):
            for run in self._runs:
                glyphs = self._glyphs[run.bold]
                painter.setFont(glyphs.font)
                painter.setPen(self._theme.colour(run.tone))
                x += glyphs.draw(painter, (x, 0, self.width()), run.words, right=False)
