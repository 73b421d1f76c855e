"""Marks of own events on the trace: what is painted of them, one shape per class, a count where they would pile up."""

from typing import Any, Final

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, QSize
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent, QShowEvent, QTransform
from PySide6.QtWidgets import QWidget

from app.widgets.happenings import MARKS, NO_BUNCHES, Bunches, Mark
from app.widgets.painting import painting
from app.widgets.theme import Theme, figures_font

_LABEL_PX: Final = 24.0


class Counts(pg.GraphicsObject):  # type: ignore[misc]
    """The number of events beside each mark that stands for several; a number that would touch another is left out."""

    def __init__(self) -> None:
        super().__init__()
        self.bunches = NO_BUNCHES
        self._font = figures_font()
        self._font.setPixelSize(10)
        self.tone = pg.mkPen("w")

    def show_bunches(self, bunches: Bunches) -> None:
        """Other marks."""
        self.bunches = bunches
        self.update()

    def boundingRect(self) -> QRectF:
        """All that is in view."""
        seen = self.viewRect()
        return QRectF() if seen is None else QRectF(seen)

    def labels(self, pixels: QTransform) -> list[tuple[float, float, str]]:
        """Position in pixels and words of each number drawn, from left to right; the largest counts go first."""
        drawn: list[tuple[float, float, str]] = []
        several = np.flatnonzero(self.bunches.events > 1)
        for at in several[np.argsort(-self.bunches.events[several], kind="stable")].tolist():
            point = pixels.map(QPointF(float(self.bunches.x[at]), float(self.bunches.y[at])))
            x, y = point.x() + 6, point.y() - 5
            if all(abs(x - other) > _LABEL_PX or abs(y - above) > 12 for other, above, _ in drawn):
                drawn.append((x, y, str(int(self.bunches.events[at]))))
        return sorted(drawn)

    def paint(self, painter: QPainter, *_args: Any) -> None:
        """Numbers in pixels, whatever the scale of the axes."""
        drawn = self.labels(painter.worldTransform())
        painter.save()
        painter.resetTransform()
        painter.setFont(self._font)
        painter.setPen(self.tone)
        for x, y, said in drawn:
            painter.drawText(QPointF(x, y), said)
        painter.restore()


class Notes(pg.GraphicsObject):  # type: ignore[misc]
    """A line through the price at each note, its words at the top; words that would touch are left out."""

    def __init__(self) -> None:
        super().__init__()
        self.shown: list[tuple[float, str]] = []
        self.tone = pg.mkPen("w")

    def show_notes(self, shown: list[tuple[float, str]]) -> None:
        """Place on the axis and words of each note, from left to right."""
        if shown != self.shown:
            self.shown = shown
            self.update()

    def boundingRect(self) -> QRectF:
        """All that is in view."""
        seen = self.viewRect()
        return QRectF() if seen is None else QRectF(seen)

    def paint(self, painter: QPainter, *_args: Any) -> None:
        """In pixels, whatever the scale of the axes."""
        seen, pixels = self.boundingRect(), painter.worldTransform()
        top, bottom = sorted((pixels.map(seen.topLeft()).y(), pixels.map(seen.bottomLeft()).y()))
        painter.save()
        painter.resetTransform()
        painter.setFont(figures_font())
        painter.setPen(self.tone)
        free = float("-inf")
        for x, words in self.shown:
            at = pixels.map(QPointF(x, 0.0)).x()
            painter.drawLine(QPointF(at, top), QPointF(at, bottom))
            if at > free:
                painter.drawText(QPointF(at + 4, top + 12), words)
                free = at + painter.fontMetrics().horizontalAdvance(words) + 8
        painter.restore()


class Legend(QWidget):
    """The shapes with their names, beside the plot and never on it."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.theme, self.side = theme, "buy"
        self.setFont(figures_font())
        self.setFixedHeight(20)

    def show_side(self, side: str) -> None:
        """Colour of the order's side, buy or sell."""
        if side != self.side:
            self.side = side
            self.update()

    def sizeHint(self) -> QSize:
        """As wide as its words."""
        metrics = self.fontMetrics()
        return QSize(sum(30 + metrics.horizontalAdvance(mark.title) for mark in MARKS.values()), 20)

    def minimumSizeHint(self) -> QSize:
        """Narrower than its words, it takes a second line."""
        return QSize(80, self.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """As many lines as its words need."""
        super().resizeEvent(event)
        self._fit()

    def showEvent(self, event: QShowEvent) -> None:
        """Its width is known now."""
        super().showEvent(event)
        self._fit()

    def _fit(self) -> None:
        lines = max(line for _, _, line in self.places()) + 1
        if self.isVisible() and self.height() != 20 * lines:
            self.setFixedHeight(20 * lines)

    def places(self) -> list[tuple[Mark, int, int]]:
        """Each shape, the pixel at which it stands, its line."""
        found, x, line = list[tuple[Mark, int, int]](), 8, 0
        for mark in MARKS.values():
            wide = 30 + self.fontMetrics().horizontalAdvance(mark.title)
            if x + wide - 18 > self.width() and x > 8:
                x, line = 8, line + 1
            found.append((mark, x, line))
            x += wide
        return found

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Shape, name, shape, name."""
        with painting(self) as (painter,):
            painter.setFont(self.font())
            for mark, x, line in self.places():
                colour = self.theme.colour(self.side if mark.tone == "side" else mark.tone)
                painter.save()
                painter.setRenderHint(QPainter.RenderHint.Antialiasing)
                painter.translate(x, 10 + 20 * line)
                brush = pg.mkBrush(colour if mark.filled else None)
                symbol = "t" if mark.symbol == "t1" and self.side == "sell" else mark.symbol
                pg.graphicsItems.ScatterPlotItem.drawSymbol(painter, symbol, mark.size, pg.mkPen(colour), brush)
                painter.restore()
                painter.setPen(self.theme.colour("faint"))
                painter.drawText(x + 9, 14 + 20 * line, mark.title)
