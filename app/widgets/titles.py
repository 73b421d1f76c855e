"""The titles over a grid, painted in one go: Qt's style draws each through its style sheet, a frame for thirty."""

from typing import Final

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QHeaderView, QWidget

from app.widgets.painting import painting
from app.widgets.table import LEFT, RIGHT
from app.widgets.theme import Theme, figures_font

_PAD: Final = 4
_AROUND: Final = 9  # pixels above and below the words


class Titles(QHeaderView):
    """Horizontal header of a grid; texts and sides are the model's."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.theme = theme
        self.setFont(figures_font())
        self._widest = self.fontMetrics().horizontalAdvance("W")  # no letter is wider
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self._size = QSize(0, self.fontMetrics().height() + _AROUND)
        self._picture: QPixmap | None = None  # of all titles in view, until something about them changes
        self._looks: tuple[object, ...] = ()
        for changed in (self.sectionResized, self.sectionMoved):
            changed.connect(self.forget)

    def sizeHint(self) -> QSize:
        """As high as a line of text: Qt would ask every title for its size at each change of any of them."""
        return self._size

    def dress(self, theme: Theme) -> None:
        """Change the colours."""
        self.theme = theme
        self.forget()

    def forget(self, *_: object) -> None:
        """A title, its width or its place has changed."""
        if self._picture is not None:
            self._picture = None
            self.viewport().update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The picture of the titles, in what has to be painted."""
        ratio = self.devicePixelRatioF()
        looks = (self.viewport().size(), self.offset(), ratio)
        if self._picture is None or looks != self._looks:
            self._looks, self._picture = looks, QPixmap(self.viewport().size() * ratio)
            self._picture.setDevicePixelRatio(ratio)
            self._draw(self._picture)
        with painting(self.viewport()) as (painter,):
            painter.setClipRect(event.rect())
            painter.drawPixmap(0, 0, self._picture)

    def _draw(self, picture: QPixmap) -> None:
        """Titles of the sections in view, a line after each and one below all."""
        where, high = self.viewport().rect(), self.viewport().height()
        ink, line = QPen(self.theme.colour("faint")), QPen(self.theme.colour("line"))
        with painting(picture) as (painter,):
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
