"""A small sheet of figures: labels left, digits right, every undefined figure with its reason under the mouse."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QHelpEvent, QMouseEvent, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QToolTip, QWidget

from app.widgets.format import DASH
from app.widgets.glyphs import Glyphs
from app.widgets.painting import painting
from app.widgets.patience import Patience
from app.widgets.shapes import pens_of
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

    def __init__(self, theme: Theme, shares: Sequence[float], name: str, *, patient: bool = False) -> None:
        super().__init__()
        self.theme, self.faded = theme, False
        self._patience = Patience(self) if patient else None  # figures only: what is decided upon is painted at once
        self._picture: QPixmap | None = None
        self._drawn: tuple[object, ...] = ()
        self.lines: tuple[Line, ...] = ()
        total = sum(shares)
        self._edges = [sum(shares[:i]) / total for i in range(len(shares) + 1)]
        self.setFont(figures_font())
        bold = QFont(self.font())
        bold.setBold(True)
        self._plain, self._bold = Glyphs(self.font()), Glyphs(bold)
        self.setAccessibleName(name)

    def show_lines(self, lines: Sequence[Line]) -> None:
        """Show other lines; nothing is repainted when they are the same."""
        shown = tuple(lines)
        if shown != self.lines:
            if len(shown) != len(self.lines):
                self.setFixedHeight(LINE * len(shown) + 4)
            self.lines = shown
            if self._patience is not None:
                self._patience.begin()
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
        if self._patience is None:
            with painting(self) as (painter,):
                self._paint_lines(painter)
            return
        looks = (self.theme.name, self.faded, self.size(), self.devicePixelRatioF())
        if self._picture is None or looks != self._drawn or self._patience.is_due():
            ratio = self.devicePixelRatioF()
            self._picture, self._drawn = QPixmap(self.size() * ratio), looks
            self._picture.setDevicePixelRatio(ratio)
            self._picture.fill(Qt.GlobalColor.transparent)
            with self._patience.drawing(), painting(self._picture) as (painter,):
                self._paint_lines(painter)
        with painting(self) as (painter,):
            painter.drawPixmap(0, 0, self._picture)

    def _paint_lines(self, painter: QPainter) -> None:
        pens, bold = pens_of(self.theme), False
        painter.setFont(self._plain.font)
        places = [round(edge * self.width()) for edge in self._edges]
        for number, line in enumerate(self.lines):
            if number % 2:
                painter.fillRect(0, number * LINE, self.width(), LINE, self.theme.colour("stripe"))
            for place, cell in enumerate(line):
                if cell.bold != bold:
                    bold = cell.bold
                    painter.setFont((self._bold if bold else self._plain).font)
                painter.setPen(pens["faint" if self.faded or cell.text == DASH else cell.tone])
                left, right = places[place : place + 2]
                self._paint(painter, cell, (left + _PAD, number * LINE, right - left - 2 * _PAD))

    def _paint(self, painter: QPainter, cell: Cell, where: tuple[int, int, int]) -> None:
        """A cell at (left, top, width)."""
        left, top, wide = where
        if cell.swatch:
            colour = QColor(cell.swatch if not self.faded else self.theme.faint)
            painter.fillRect(left, top + 5, 9, 9, colour)
            left, wide = left + 15, wide - 15
        glyphs = self._bold if cell.bold else self._plain
        glyphs.draw_in(painter, (left, top + (LINE - glyphs.height) // 2, wide), cell.text, right=cell.right)
