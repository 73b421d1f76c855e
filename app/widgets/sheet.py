"""A small sheet of figures: labels left, digits right, every undefined figure with its reason under the mouse."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QEvent, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QHelpEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QToolTip, QWidget

from app.widgets.format import DASH
from app.widgets.painting import painting
from app.widgets.table import LEFT, RIGHT
from app.widgets.theme import Theme, figures_font

LINE: Final = 18
_PAD: Final = 6


@dataclass(frozen=True, slots=True)
class Cell:
    """One text of a sheet; `tip` appears under the mouse, `swatch` is a colour shown before the text.

    `field` names the figure on the board: a click asks why it is what it is.
    """

    text: str
    tone: str = "ink"
    right: bool = True
    bold: bool = False
    tip: str = ""
    swatch: str = ""
    field: str = ""


Line = tuple[Cell, ...]


def label(text: str, tip: str = "") -> Cell:
    """A faint text on the left."""
    return Cell(text, "faint", right=False, tip=tip)


class Sheet(QWidget):
    """Paints lines of cells in columns whose widths are shares of the sheet's width."""

    asked = Signal(str)  # field of the cell that was clicked

    def __init__(self, theme: Theme, shares: Sequence[float], name: str) -> None:
        super().__init__()
        self.theme, self.faded = theme, False
        self.lines: tuple[Line, ...] = ()
        total = sum(shares)
        self._edges = [sum(shares[:i]) / total for i in range(len(shares) + 1)]
        self.setFont(figures_font())
        self._letter = self.fontMetrics().horizontalAdvance("W")  # no letter is wider
        self._bold = QFont(self.font())
        self._bold.setBold(True)
        self.setAccessibleName(name)

    def show_lines(self, lines: Sequence[Line]) -> None:
        """Show other lines; nothing is repainted when they are the same."""
        shown = tuple(lines)
        if shown != self.lines:
            if len(shown) != len(self.lines):
                self.setFixedHeight(LINE * len(shown) + 4)
            self.lines = shown
            self.setAccessibleDescription("; ".join(" ".join(cell.text for cell in line) for line in shown))
            self.update()

    def cell_at(self, x: int, y: int) -> Cell | None:
        """The cell at a point."""
        number = y // LINE
        if not 0 <= number < len(self.lines) or not 0 <= x < self.width():
            return None
        line = self.lines[number]
        return next((cell for place, cell in enumerate(line) if x < self._edges[place + 1] * self.width()), line[-1])

    def sizeHint(self) -> QSize:
        """As high as its lines."""
        return QSize(320, LINE * len(self.lines) + 4)

    def event(self, event: QEvent) -> bool:
        """Tooltips per cell."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            cell = self.cell_at(event.pos().x(), event.pos().y())
            QToolTip.showText(event.globalPos(), cell.tip if cell else "", self)
            return True
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Ask why."""
        cell = self.cell_at(int(event.position().x()), int(event.position().y()))
        if cell is not None and cell.field and event.button() == Qt.MouseButton.LeftButton:
            event.accept()
            self.asked.emit(cell.field)
        else:
            super().mousePressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """The end of a press."""
        event.accept()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """All cells."""
        with painting(self) as (painter,):
            bold = False
            for number, line in enumerate(self.lines):
                if number % 2:
                    painter.fillRect(0, number * LINE, self.width(), LINE, self.theme.colour("stripe"))
                for place, cell in enumerate(line):
                    left, right = (round(self._edges[place + i] * self.width()) for i in (0, 1))
                    if cell.bold != bold:
                        painter.setFont(self._bold if cell.bold else self.font())
                        bold = cell.bold
                    self._paint(painter, cell, QRect(left + _PAD, number * LINE, right - left - 2 * _PAD, LINE))

    def _paint(self, painter: QPainter, cell: Cell, where: QRect) -> None:
        if cell.swatch:
            colour = QColor(cell.swatch if not self.faded else self.theme.faint)
            painter.fillRect(where.left(), where.top() + 5, 9, 9, colour)
            where = where.adjusted(15, 0, 0, 0)
        tone = "faint" if self.faded or cell.text == DASH else cell.tone
        painter.setPen(self.theme.colour(tone))
        said = cell.text
        if len(said) * self._letter > where.width():  # worth measuring
            said = painter.fontMetrics().elidedText(said, Qt.TextElideMode.ElideRight, where.width())
        painter.drawText(where, int(RIGHT if cell.right else LEFT), said)
