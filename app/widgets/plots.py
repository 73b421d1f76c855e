"""The trace's plots under each other on one time axis: price, schedule, volume; a crosshair through all of them."""

from typing import Final

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QBrush, QColor, QMouseEvent, QPainter, QPen, QWheelEvent

from app.widgets.axes import ClockAxis, FigureAxis
from app.widgets.chart import Chart
from app.widgets.happenings import NO_BUNCHES
from app.widgets.marks import Counts, Notes
from app.widgets.pane import Curve, Pane, Rule, Spots
from app.widgets.theme import RIBBON, Theme

_LEFT: Final = 58  # width of the left axes
_TREMBLE: Final = 4.0  # pixels: a hand that moves less did not drag
_NOTCH: Final = 120  # of a wheel
_WORDS_FROM: Final = 260  # pixels of a pane in which words leave room for curves


class Plots(Chart):
    """What the trace draws on; nothing moves by itself, ranges are set by the trace.

    The left drag chooses a stretch of time, other drags pan, the wheel zooms in time, a double click asks for all.
    """

    zoomed = Signal(float, float)  # x from, x to
    panned = Signal(float)  # by x
    scrolled = Signal(float, float)  # factor, about x
    all_wanted = Signal()

    def __init__(self, theme: Theme) -> None:
        self.clock = ClockAxis()
        panes = (
            Pane(FigureAxis(sign=True), stretch=12, ruled=True),
            Pane(FigureAxis(sign=False), "done %", stretch=4),
            Pane(FigureAxis(sign=False, clear=9), "volume", stretch=3),
        )
        super().__init__(theme, panes, self.clock, _LEFT)
        self.curve, self.planned, self.done, self.rate = (Curve() for _ in range(4))
        self.bars, self.own = Curve(bars=True), Curve(bars=True)
        self.marks, self.counts, self.notes = Spots(self.stamps), Counts(), Notes()
        self.end = 0.0  # of the order, or now
        self.faded = False
        self.cross: tuple[float, float] | None = None  # time and value
        self._down: tuple[Qt.MouseButton, float] | None = None  # the button that drags, where it began or last was
        self._band: tuple[float, float] | None = None  # pixels dragged over

    def dress(self, theme: Theme, *, faded: bool) -> None:
        """Change the colours."""
        self.theme, self.faded = theme, faded
        faint = theme.colour("faint")
        self.curve.pen = QPen(faint if faded else theme.colour("mid"))
        volume = theme.colour("faint")
        volume.setAlpha(110)
        self.bars.brush = QBrush(volume)
        self.planned.pen = QPen(faint, 1, Qt.PenStyle.DashLine)
        self.rate.pen = QPen(faint if faded else QColor(RIBBON[1]))  # neither a side's nor a light's colour
        self.renew()

    def show_ranges(self, x: tuple[float, float], heights: tuple[tuple[float, float], ...]) -> None:
        """One stretch of time in all panes, a range of values in each."""
        for pane, y in zip(self.panes, heights, strict=True):
            pane.x, pane.y = x, y
        self.renew()

    def wide(self) -> int:
        """Pixels between the edges of a pane."""
        return max(int(self.panes[0].rect.width()), 200)

    def wipe(self) -> None:
        """Draw nothing."""
        self.valued = False
        for item in (self.curve, self.marks, self.bars, self.own, self.planned, self.done, self.rate):
            item.wipe()
        self.counts.show_bunches(NO_BUNCHES)
        self.notes.show_notes([])
        self.renew()

    def x_at(self, where: QPointF) -> float | None:
        """Time under a pixel (s after the axis's origin), None outside all panes."""
        number = self.pane_at(where)
        return None if number < 0 else self.panes[number].x_at(where.x())

    def show_cross(self, at: tuple[float, float] | None) -> None:
        """The crosshair at a time and a value, or none."""
        if at != self.cross:
            self.cross = at
            self.update()

    # -- the mouse -----------------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A drag begins in a pane."""
        if self.pane_at(event.position()) >= 0 and self._down is None:
            self._down = event.button(), event.position().x()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Left: a band over the full height; right or middle: pull the time with the hand."""
        if self._down is None:
            super().mouseMoveEvent(event)
            return
        button, before = self._down
        here, pane = event.position().x(), self.panes[0]
        if button == Qt.MouseButton.LeftButton:
            self._band = (min(before, here), max(before, here))
            self.update()
        else:
            self._down = button, here
            self.panned.emit(pane.x_at(before) - pane.x_at(here))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """The end of a drag; one that went nowhere is none."""
        if self._down is None or event.button() != self._down[0]:
            return
        (button, down), here, pane = self._down, event.position().x(), self.panes[0]
        self._down = self._band = None
        self.update()
        if button == Qt.MouseButton.LeftButton and abs(here - down) >= _TREMBLE:
            self.zoomed.emit(pane.x_at(min(down, here)), pane.x_at(max(down, here)))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """All of it."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.all_wanted.emit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom in time about the mouse."""
        event.accept()
        if event.angleDelta().y():
            factor = 0.8 ** (event.angleDelta().y() / _NOTCH)
            self.scrolled.emit(factor, self.panes[0].x_at(event.position().x()))

    # -- drawing -------------------------------------------------------------------------------------------------

    def paint_pane(self, painter: QPainter, number: int, pane: Pane) -> None:
        """Price with its marks, schedule, volume."""
        if number == 0:
            self._paint_price(painter, pane)
        for item in ((), (self.planned, self.rate, self.done), (self.bars, self.own))[number]:
            item.paint(painter, pane)
        if number == 1 and self.valued and pane.rect.width() >= _WORDS_FROM:
            self._paint_words(painter, pane)

    def _paint_price(self, painter: QPainter, pane: Pane) -> None:
        theme = self.theme
        faint, line = theme.colour("faint"), QPen(theme.colour("line"))
        Rule(0.0, upright=False).paint(painter, pane, QPen(faint, 1, Qt.PenStyle.DashLine))
        if self.valued:
            for at in (0.0, self.end):
                Rule(at, upright=True).paint(painter, pane, line)
        self.notes.paint(painter, pane, QPen(faint if self.faded else theme.colour("accent")))
        self.curve.paint(painter, pane)
        self.marks.paint(painter, pane)
        self.counts.paint(painter, pane, QPen(faint if self.faded else theme.colour("ink")))

    def _paint_words(self, painter: QPainter, pane: Pane) -> None:
        """What the lines of the schedule are, in their colours, where an order begins with nothing done."""
        x = round(pane.rect.left()) + 6
        for words, curve in (("done", self.done), ("planned", self.planned), ("participation", self.rate)):
            if curve.pen is not None and len(curve.y):
                painter.setPen(curve.pen.color())
                x += self.glyphs.draw(painter, (x, round(pane.rect.top()), 200), words) + 10

    def paint_over(self, painter: QPainter) -> None:
        """Crosshair and band."""
        if self.cross is not None:
            pen = QPen(self.theme.colour("faint"), 1, Qt.PenStyle.DotLine)
            for pane in self.panes:
                painter.setClipRect(pane.rect)
                Rule(self.cross[0], upright=True).paint(painter, pane, pen)
                if pane is self.panes[0]:
                    Rule(self.cross[1], upright=False).paint(painter, pane, pen)
            painter.setClipping(False)
        if self._band is not None:
            colour = self.theme.colour("accent")
            painter.setPen(colour)
            colour.setAlpha(40)
            painter.setBrush(colour)
            left, right = self._band
            for pane in self.panes:
                painter.drawRect(QRectF(left, pane.rect.top(), right - left, pane.rect.height()).intersected(pane.rect))
