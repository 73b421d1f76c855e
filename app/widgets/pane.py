"""A pane of a chart: ranges of both axes on a rectangle of pixels, and what is drawn in it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPen

from app.widgets.axes import FigureAxis
from app.widgets.polygon import polygon, runs
from app.widgets.symbols import Look, Stamps

_FAR: Final = 20_000.0  # pixels: what lies farther out of a pane is drawn there, Qt's own lines end at 32,767
Values = NDArray[np.float64]
NOTHING: Final = np.empty(0)


@dataclass(slots=True)
class Pane:
    """Where values stand: `x` and `y` ranges shown, in `rect`; y upwards. `stretch`: its share of the height."""

    axis: FigureAxis
    title: str = ""
    stretch: int = 1
    ruled: bool = False  # a faint line at each figure of its axis
    rect: QRectF = field(default_factory=QRectF)
    x: tuple[float, float] = (0.0, 1.0)
    y: tuple[float, float] = (0.0, 1.0)

    def across(self, x: Values) -> Values:
        """Pixels of places on the x axis."""
        left, right = self.x
        scale = self.rect.width() / ((right - left) or 1.0)
        near = self.rect.left()
        found: Values = np.clip(near + (x - left) * scale, near - _FAR, near + _FAR)
        return found

    def down(self, y: Values) -> Values:
        """Pixels of values on the y axis."""
        low, high = self.y
        scale = self.rect.height() / ((high - low) or 1.0)
        near = self.rect.bottom()
        found: Values = np.clip(near - (y - low) * scale, near - _FAR, near + _FAR)
        return found

    def point(self, x: float, y: float) -> QPointF:
        """Pixel of one place."""
        return QPointF(float(self.across(np.array([x]))[0]), float(self.down(np.array([y]))[0]))

    def x_at(self, pixel: float) -> float:
        """The place on the x axis under a pixel."""
        left, right = self.x
        return left + (pixel - self.rect.left()) / (self.rect.width() or 1.0) * (right - left)


@dataclass(slots=True)
class Curve:
    """A line through points, broken where y is undefined; `bars`: x has one edge more than y, filled down to 0."""

    pen: QPen | None = None
    brush: QBrush | None = None
    bars: bool = False
    x: Values = field(default_factory=lambda: NOTHING)
    y: Values = field(default_factory=lambda: NOTHING)

    def show(self, x: Values, y: Values) -> None:
        """Other points."""
        self.x, self.y = x, y

    def wipe(self) -> None:
        """Draw nothing."""
        self.x = self.y = NOTHING

    @property
    def colour(self) -> str:
        """Name of the colour it is drawn in."""
        return self.pen.color().name() if self.pen else self.brush.color().name() if self.brush else ""

    def paint(self, painter: QPainter, pane: Pane) -> None:
        """In the pixels of a pane."""
        if not len(self.y):
            return
        x, y = pane.across(self.x), pane.down(self.y)
        if self.bars:
            _paint_bars(painter, self.brush, (x, y, float(pane.down(np.zeros(1))[0])))
            return
        if self.pen is not None:
            painter.setPen(self.pen)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            for run in runs(y):
                painter.drawPolyline(polygon(x[run], y[run]))


def _paint_bars(painter: QPainter, brush: QBrush | None, bars: tuple[Values, Values, float]) -> None:
    """One outline for all bars: Qt fills it faster than as many rectangles."""
    x, y, ground = bars
    x, y = np.round(x), np.round(y)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(brush or Qt.BrushStyle.NoBrush)
    along = np.concatenate([x[:1], np.repeat(x, 2)[1:-1], x[-1:]])
    over = np.concatenate([[ground], np.repeat(y, 2), [ground]])
    painter.drawPolygon(polygon(along, over))


class Band(NamedTuple):
    """The area between two curves on the same x."""

    x: Values
    low: Values
    high: Values

    def paint(self, painter: QPainter, pane: Pane, shade: QColor) -> None:
        """Filled, without an edge."""
        if len(self.x) < 2:
            return
        x, low, high = pane.across(self.x), pane.down(self.low), pane.down(self.high)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(shade)
        painter.drawPolygon(polygon(np.concatenate([x, x[::-1]]), np.concatenate([low, high[::-1]])))


NO_BAND: Final = Band(NOTHING, NOTHING, NOTHING)


class Spot(NamedTuple):
    """A symbol at a place."""

    x: float
    y: float
    look: Look


class Spots:
    """Symbols on a pane."""

    def __init__(self, stamps: Stamps) -> None:
        self._stamps = stamps
        self.spots: list[Spot] = []

    def show(self, x: Values, y: Values, looks: Sequence[Look]) -> None:
        """Other symbols; the last lies on top."""
        self.spots = [Spot(*spot) for spot in zip(x.tolist(), y.tolist(), looks, strict=True)]

    def wipe(self) -> None:
        """Draw nothing."""
        self.spots = []

    def paint(self, painter: QPainter, pane: Pane) -> None:
        """In the pixels of a pane."""
        x, y = (np.array([spot[place] for spot in self.spots]) for place in (0, 1))
        places = zip(pane.across(x).tolist(), pane.down(y).tolist(), self.spots, strict=True)
        for across, down, spot in places:
            self._stamps.put(painter, across, down, spot.look)


class Rule(NamedTuple):
    """A straight line through a pane: at a value of one axis, over the whole of the other."""

    at: float
    upright: bool

    def paint(self, painter: QPainter, pane: Pane, pen: QPen) -> None:
        """In a pen."""
        painter.setPen(pen)
        rect, at = pane.rect, pane.point(self.at, self.at)
        if self.upright:
            painter.drawLine(QLineF(at.x(), rect.top(), at.x(), rect.bottom()))
        else:
            painter.drawLine(QLineF(rect.left(), at.y(), rect.right(), at.y()))
