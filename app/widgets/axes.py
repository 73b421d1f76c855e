"""Axes and mouse of the trace: clock times that never collide, a drag that zooms in time."""

import math
from datetime import UTC, tzinfo
from functools import cache
from typing import Any, Final

import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtWidgets import QGraphicsRectItem

from app.engine.units import SECOND
from app.widgets.format import clock, signed
from app.widgets.theme import Theme

# steps of a clock, in ns
_BELOW_S: Final = tuple(base * 10**power for power in range(9) for base in (1, 2, 5))
_FROM_S: Final = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 86400)
STEPS: Final[tuple[int, ...]] = (*_BELOW_S, *(seconds * SECOND for seconds in _FROM_S))


_LETTER: Final = 8  # pixels a letter of a label takes at most
_EDGE: Final = 6  # pixels between the last time and the edge of the chart


def step_of(span_ns: float, pieces: float) -> int:
    """The smallest step that cuts a span into at most `pieces`."""
    return next((step for step in STEPS if span_ns / step <= pieces), STEPS[-1])


class ClockAxis(pg.AxisItem):  # type: ignore[misc]
    """Bottom axis in clock time; x is seconds after `origin` (ns)."""

    def __init__(self) -> None:
        super().__init__("bottom")
        self.setStyle(hideOverlappingLabels=40)  # pixels a label may stand out at either end
        self.origin = 0
        self.where: tzinfo = UTC
        self._step, self._last = SECOND, math.inf

    def tickValues(self, low: float, high: float, size: float) -> list[tuple[float, list[float]]]:
        """One row of ticks, so far apart that their labels cannot touch."""
        start, end = (self.origin + round(edge * SECOND) for edge in (low, high))  # floats cannot hold an epoch's ns
        span = max(end - start, 1)
        step = next((step for step in STEPS if step / span * size >= _LETTER * (len(_words(step)) + 3)), STEPS[-1])
        self._step = step
        # a label that would be cut at the right edge is left out
        self._last = high - (_LETTER * len(_words(step)) / 2 - _EDGE) * (high - low) / max(size, 1)
        first, last = -(-start // step), end // step
        return [(step / SECOND, [(n * step - self.origin) / SECOND for n in range(first, min(last, first + 50) + 1)])]

    def tickStrings(self, values: list[float], _scale: float, _spacing: float) -> list[str]:
        """Clock times with the digits that the step needs."""
        digits = _digits(self._step)
        return [
            clock(self.origin + round(value * SECOND), self.where, digits) if value <= self._last else ""
            for value in values
        ]


def _digits(step: int) -> int:
    """Digits of a second that tell multiples of a step apart."""
    return next((d for d in range(10) if step % 10 ** (9 - d) == 0), 9)


@cache
def _words(step: int) -> str:
    """A label as wide as those of a step."""
    return clock(0, UTC, _digits(step))


class BareAxis(pg.AxisItem):  # type: ignore[misc]
    """A line without ticks, between two plots on one time axis."""

    def __init__(self) -> None:
        super().__init__("bottom", showValues=False)

    def tickValues(self, _low: float, _high: float, _size: float) -> list[tuple[float, list[float]]]:
        """None."""
        return []


class FigureAxis(pg.AxisItem):  # type: ignore[misc]
    """Left axis with as many labels as its height takes."""

    def __init__(self, *, sign: bool, clear: int = 0) -> None:
        super().__init__("left")
        self._sign, self._clear = sign, clear  # pixels at the top without a label: another pane's lowest is there

    def tickValues(self, low: float, high: float, size: float) -> list[tuple[float, list[float]]]:
        """Round values at least 28 pixels apart."""
        if not high > low or not size > 0:
            return []
        least = (high - low) / max(size / 28, 1)
        power = 10 ** math.floor(math.log10(least))
        step = next(power * base for base in (1, 2, 5, 10) if power * base >= least * (1 - 1e-9))
        first, last = math.ceil(low / step), math.floor((high - self._clear / size * (high - low)) / step)
        return [(step, [n * step for n in range(first, min(last, first + 60) + 1)])]

    def tickStrings(self, values: list[float], _scale: float, spacing: float) -> list[str]:
        """Signed bps, or plain counts in thousands and millions."""
        digits = max(0, -math.floor(math.log10(spacing) + 1e-9))
        return [signed(value, digits) if self._sign else brief(value) for value in values]


def brief(value: float) -> str:
    """1200 as 1.2k, 3000000 as 3M."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:g}{letter}"
    return f"{value:g}"


class TimeBox(pg.ViewBox):  # type: ignore[misc]
    """A view whose left drag chooses a stretch of time, whose other drags pan, whose wheel zooms in time."""

    zoomed = Signal(float, float)  # x from, x to
    panned = Signal(float)  # by x
    scrolled = Signal(float, float)  # factor, about x

    def __init__(self, theme: Theme) -> None:
        super().__init__(enableMenu=False)
        self._band = QGraphicsRectItem()
        self._band.setZValue(1e9)
        self._band.hide()
        self.addItem(self._band, ignoreBounds=True)
        self.dress(theme)

    def dress(self, theme: Theme) -> None:
        """Change the colours."""
        colour = theme.colour("accent")
        self._band.setPen(pg.mkPen(colour))
        colour.setAlpha(40)
        self._band.setBrush(colour)

    def mouseDragEvent(self, event: Any, axis: int | None = None) -> None:  # noqa: ARG002 (pyqtgraph's)
        """Left: a band over the full height; right or middle: pan."""
        event.accept()
        here, down = self.mapToView(event.pos()), self.mapToView(event.buttonDownPos())
        if event.button() != Qt.MouseButton.LeftButton:
            self.panned.emit(self.mapToView(event.lastPos()).x() - here.x())
            return
        if event.isFinish():
            self._band.hide()
            if abs(event.pos().x() - event.buttonDownPos().x()) >= 4:
                self.zoomed.emit(min(here.x(), down.x()), max(here.x(), down.x()))
            return
        bottom, top = self.viewRange()[1]
        self._band.setRect(QRectF(QPointF(down.x(), bottom), QPointF(here.x(), top)).normalized())
        self._band.show()

    def wheelEvent(self, event: Any, axis: int | None = None) -> None:  # noqa: ARG002 (pyqtgraph's)
        """Zoom in time about the mouse."""
        event.accept()
        self.scrolled.emit(0.8 ** (event.delta() / 120), self.mapToView(event.pos()).x())
