"""A chart: panes under each other on one axis, drawn once into a picture; what follows the mouse lies over it."""

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
from PySide6.QtCore import QEvent, QLineF, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap, QResizeEvent
from PySide6.QtWidgets import QWidget

from app.widgets.axes import NO_TICKS, Axis
from app.widgets.glyphs import Glyphs
from app.widgets.painting import painting
from app.widgets.pane import Pane
from app.widgets.patience import Patience
from app.widgets.symbols import Stamps
from app.widgets.theme import Theme, figures_font

_TOP: Final = 4
_RIGHT: Final = 8
_GAP: Final = 4  # pixels between two panes
_FOOT: Final = 20  # pixels of the bottom axis
_TICK: Final = 4
_STANDS_OUT: Final = 12  # pixels a label of the bottom axis may stand out at the left, where figures are


class Chart(QWidget):
    """Panes with their axes. A subclass paints what is in them."""

    pointed = Signal(object)  # QPointF of the mouse, None once it has left
    resized = Signal()

    def __init__(self, theme: Theme, panes: Sequence[Pane], bottom: Axis, left: int) -> None:
        super().__init__()
        self.theme, self.panes, self.bottom = theme, tuple(panes), bottom
        self.valued = True  # figures on the axes, or none where there is nothing to read
        self.stamps = Stamps()
        self._left = left
        self.setFont(figures_font())
        self.glyphs = Glyphs(self.font())
        self.setMouseTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self._picture: QPixmap | None = None
        self._patience = Patience(self)
        self.prepare: Callable[[], bool] = lambda: False  # what is to be drawn; True: it was, and asks to be drawn

    def sizeHint(self) -> QSize:
        """A dock's worth."""
        return QSize(420, 300)

    def renew(self) -> None:
        """Draw it anew at the next painting for which the frame has room; until then it stays as it is."""
        self._patience.begin()
        self.update()

    def pane_at(self, where: QPointF) -> int:
        """Number of the pane under a pixel, -1 beside all."""
        return next((number for number, pane in enumerate(self.panes) if pane.rect.contains(where)), -1)

    # -- Qt ------------------------------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Panes share the height."""
        super().resizeEvent(event)
        self._place()
        self._picture = None  # of another size: it cannot stay
        self.update()
        self.resized.emit()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Where the mouse is."""
        self.pointed.emit(event.position())

    def leaveEvent(self, event: QEvent) -> None:
        """The mouse has left."""
        super().leaveEvent(event)
        self.pointed.emit(None)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """The picture, then what follows the mouse. What is prepared for it leaves it the next frame that has room."""
        if self._picture is None or self._patience.is_due():
            prepared = self.prepare()
            if self._picture is None or not prepared:
                with self._patience.drawing():
                    self._picture = self._drawn()
        with painting(self) as (painter,):
            painter.drawPixmap(0, 0, self._picture)
            self.paint_over(painter)

    # -- drawing -------------------------------------------------------------------------------------------------

    def paint_pane(self, painter: QPainter, number: int, pane: Pane) -> None:
        """What is in a pane; nothing here."""

    def paint_over(self, painter: QPainter) -> None:
        """What follows the mouse; nothing here."""

    def _place(self) -> None:
        high = self.height() - _TOP - _FOOT - _GAP * (len(self.panes) - 1)
        shares, top = sum(pane.stretch for pane in self.panes), float(_TOP)
        for pane in self.panes:
            tall = max(round(high * pane.stretch / shares), 1)
            pane.rect = QRectF(self._left, top, max(self.width() - self._left - _RIGHT, 1), tall)
            top += tall + _GAP

    def _drawn(self) -> QPixmap:
        ratio = self.devicePixelRatioF()
        size, picture = QSize(round(self.width() * ratio), round(self.height() * ratio)), self._picture
        if picture is None or picture.size() != size:  # a fresh one costs its pages
            picture = QPixmap(size)
        picture.setDevicePixelRatio(ratio)
        picture.fill(self.theme.colour("paper"))
        with painting(picture) as (painter,):
            painter.setFont(self.font())
            free = 0  # pixel under the figures of the panes so far
            for number, pane in enumerate(self.panes):
                free = self._paint_axis(painter, pane, free)
                painter.setClipRect(pane.rect)
                self.paint_pane(painter, number, pane)
                painter.setClipping(False)
            self._paint_bottom(painter)
        return picture

    def _paint_axis(self, painter: QPainter, pane: Pane, free: int) -> int:
        """Frame, figures and title at the left of a pane; returns the first pixel under its figures.

        A figure that would touch the lowest one of the pane above is left out: none stands over `free`.
        """
        rect, faint = pane.rect, QPen(self.theme.colour("faint"))
        ticks = pane.axis.ticks(*pane.y, rect.height()) if self.valued else NO_TICKS
        down = np.round(pane.down(np.array(ticks.places))).tolist()
        rule = self.theme.colour("faint")
        rule.setAlpha(30)
        line = QPen(self.theme.colour("line"))
        if pane.ruled:  # as rectangles: Qt blends a line pixel by pixel, sixty times slower
            for y in down:
                painter.fillRect(QRect(round(rect.left()), round(y), round(rect.width()) + 1, 1), rule)
        painter.setPen(line)
        painter.drawLines([QLineF(rect.left() - _TICK, y, rect.left(), y) for y in down])
        painter.drawLines([QLineF(rect.topLeft(), rect.bottomLeft()), QLineF(rect.bottomLeft(), rect.bottomRight())])
        painter.setPen(faint)
        high, lowest = self.glyphs.height, free
        for y, words in zip(down, ticks.words, strict=True):
            top = min(max(int(y) - high // 2, 0), self.height() - high)
            if top >= free:
                self.glyphs.draw(painter, (0, top, round(rect.left()) - _TICK - 3), words, right=True)
                lowest = max(lowest, top + high)
        if pane.title and self.glyphs.metrics.horizontalAdvance(pane.title) <= rect.height():
            painter.save()
            painter.translate(0, rect.center().y())
            painter.rotate(-90)
            wide = self.glyphs.metrics.horizontalAdvance(pane.title)
            painter.drawText(QPointF(-wide / 2, self.glyphs.metrics.ascent() - 1), pane.title)
            painter.restore()
        return lowest

    def _paint_bottom(self, painter: QPainter) -> None:
        pane = self.panes[-1]
        ticks = self.bottom.ticks(*pane.x, pane.rect.width()) if self.valued else NO_TICKS
        across = pane.across(np.array(ticks.places)).tolist()
        bottom, line, faint = pane.rect.bottom(), QPen(self.theme.colour("line")), QPen(self.theme.colour("faint"))
        for x, words in zip(across, ticks.words, strict=True):
            painter.setPen(line)
            painter.drawLine(QLineF(round(x), bottom, round(x), bottom + _TICK))
            painter.setPen(faint)
            wide = self.glyphs.metrics.horizontalAdvance(words)
            if x - wide / 2 >= pane.rect.left() - _STANDS_OUT:
                self.glyphs.draw(painter, (round(x - wide / 2), round(bottom) + _TICK, wide), words)
