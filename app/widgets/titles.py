"""The titles over a grid, painted in one go: Qt's style draws each through its style sheet, a frame for thirty."""

from typing import Final

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QPaintEvent, QPen
from PySide6.QtWidgets import QHeaderView, QWidget

from app.widgets.painting import painting
from app.widgets.table import LEFT, RIGHT
from app.widgets.theme import Theme, figures_font

_PAD: Final = 4


class Titles(QHeaderView):
    """Horizontal header of a grid; texts and sides are the model's."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.theme = theme
        self.setFont(figures_font())
        self._widest = self.fontMetrics().horizontalAdvance("W")  # no letter is wider
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)

    def dress(self, theme: Theme) -> None:
        """Change the colours."""
        self.theme = theme
        self.viewport().update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Titles of the sections in what has to be painted, a line after each and one below all."""
        where, high = event.rect(), self.viewport().height()
        ink, line = QPen(self.theme.colour("faint")), QPen(self.theme.colour("line"))
        with painting(self.viewport()) as (painter,):
            painter.setFont(self.font())
            painter.fillRect(where, self.theme.colour("raised"))
            for section in range(self.count()):
                left, wide = self.sectionViewportPosition(section), self.sectionSize(section)
                if wide <= 0 or left > where.right() or left + wide <= where.left():
                    continue
                side = self.model().headerData(section, self.orientation(), Qt.ItemDataRole.TextAlignmentRole)
                said = str(self.model().headerData(section, self.orientation()) or "")
                room = QRect(left + _PAD, 0, wide - 2 * _PAD - 1, high)
                if len(said) * self._widest > room.width():  # worth measuring
                    said = painter.fontMetrics().elidedText(said, Qt.TextElideMode.ElideRight, room.width())
                painter.setPen(ink)
                right = bool(int(side or 0) & int(Qt.AlignmentFlag.AlignRight))
                painter.drawText(room, int(RIGHT if right else LEFT), said)
                painter.setPen(line)
                painter.drawLine(left + wide - 1, 0, left + wide - 1, high)
            painter.drawLine(where.left(), high - 1, where.right(), high - 1)
