"""Marks of own events on the trace: what is painted of them, one shape per class, a count where they would pile up."""

from typing import Final

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QSize
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QWidget

from app.widgets.happenings import MARKS, NO_BUNCHES, Bunches, Mark
from app.widgets.painting import painting
from app.widgets.pane import Pane
from app.widgets.symbols import Look, draw_symbol
from app.widgets.theme import Theme, figures_font

_LABEL_PX: Final = 24.0


def look_of_mark(mark: Mark, theme: Theme, side: str, *, faded: bool = False) -> Look:
    """How a class of events is drawn for an order of a side, "buy" or "sell"."""
    colour = theme.colour("faint" if faded else side if mark.tone == "side" else mark.tone).name()
    edge = theme.colour("paper").name() if mark.filled and mark.symbol != "x" else colour
    symbol = "t" if mark.symbol == "t1" and side == "sell" else mark.symbol
    return Look(symbol, mark.size, edge, colour if mark.filled else "")


class Counts:
    """The number of events beside each mark that stands for several; a number that would touch another is left out."""

    def __init__(self) -> None:
        self.bunches = NO_BUNCHES
        self._font = figures_font()
        self._font.setPixelSize(10)

    def show_bunches(self, bunches: Bunches) -> None:
        """Other marks."""
        self.bunches = bunches

    def labels(self, pane: Pane) -> list[tuple[float, float, str]]:
        """Position in pixels and words of each number drawn, from left to right; the largest counts go first."""
        drawn: list[tuple[float, float, str]] = []
        several = np.flatnonzero(self.bunches.events > 1)
        several = several[np.argsort(-self.bunches.events[several], kind="stable")]
        across = (pane.across(self.bunches.x[several]) + 6).tolist()
        down = (pane.down(self.bunches.y[several]) - 5).tolist()
        for x, y, events in zip(across, down, self.bunches.events[several].tolist(), strict=True):
            if all(abs(x - other) > _LABEL_PX or abs(y - above) > 12 for other, above, _ in drawn):
                drawn.append((x, y, str(events)))
        return sorted(drawn)

    def paint(self, painter: QPainter, pane: Pane, pen: QPen) -> None:
        """Small figures in a pen."""
        drawn = self.labels(pane)
        if not drawn:
            return
        before = painter.font()
        painter.setFont(self._font)
        painter.setPen(pen)
        for x, y, said in drawn:
            painter.drawText(QPointF(x, y), said)
        painter.setFont(before)


class Notes:
    """A line through the price at each note, its words at the top; words that would touch are left out."""

    def __init__(self) -> None:
        self.shown: list[tuple[float, str]] = []

    def show_notes(self, shown: list[tuple[float, str]]) -> None:
        """Place on the axis and words of each note, from left to right."""
        self.shown = shown

    def paint(self, painter: QPainter, pane: Pane, pen: QPen) -> None:
        """Over the whole height of a pane; words at its right edge stand left of their line."""
        painter.setPen(pen)
        free, rect = float("-inf"), pane.rect
        across = pane.across(np.array([x for x, _ in self.shown])).tolist()
        for at, (_, words) in zip(across, self.shown, strict=True):
            painter.drawLine(QLineF(at, rect.top(), at, rect.bottom()))
            wide = painter.fontMetrics().horizontalAdvance(words)
            begin = at + 4 if at + 4 + wide <= rect.right() else at - 4 - wide
            if begin > free:
                painter.drawText(QPointF(begin, rect.top() + 12), words)
                free = begin + wide + 4


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
                draw_symbol(painter, QPointF(x, 10 + 20 * line), look_of_mark(mark, self.theme, self.side))
                painter.setPen(self.theme.colour("faint"))
                painter.drawText(x + 9, 14 + 20 * line, mark.title)
