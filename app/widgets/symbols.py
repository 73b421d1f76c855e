"""Symbols of own events: one shape a class, drawn once and then put where it belongs."""

import math
from typing import Final, NamedTuple

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPixmap

from app.widgets.painting import painting

_ROOM: Final = 2  # pixels around a symbol, for its edge


class Look(NamedTuple):
    """How a symbol is drawn: its name, its size (pixels), colour of its edge, colour inside ("" = hollow)."""

    symbol: str
    size: int
    edge: str
    fill: str


def path_of(symbol: str) -> QPainterPath:
    """A symbol one pixel wide about the origin. Raises KeyError where there is no such symbol."""
    path = QPainterPath()
    if symbol == "o":
        path.addEllipse(QRectF(-0.5, -0.5, 1, 1))
    elif symbol == "s":
        path.addRect(QRectF(-0.5, -0.5, 1, 1))
    else:
        corners = _CORNERS[symbol]
        path.moveTo(*corners[0])
        for corner in corners[1:]:
            path.lineTo(*corner)
        path.closeSubpath()
    return path


def _star() -> tuple[tuple[float, float], ...]:
    reach = [0.5 if n % 2 == 0 else 0.2 for n in range(10)]
    return tuple((r * math.sin(n * math.pi / 5), -r * math.cos(n * math.pi / 5)) for n, r in enumerate(reach))


_CROSS: Final = ((-0.5, -0.35), (-0.35, -0.5), (0, -0.15), (0.35, -0.5), (0.5, -0.35), (0.15, 0), (0.5, 0.35),
                 (0.35, 0.5), (0, 0.15), (-0.35, 0.5), (-0.5, 0.35), (-0.15, 0))  # fmt: skip
_CORNERS: Final = {
    "t": ((-0.5, -0.5), (0.5, -0.5), (0, 0.5)),  # points down
    "t1": ((-0.5, 0.5), (0.5, 0.5), (0, -0.5)),  # points up
    "d": ((0, -0.5), (0.4, 0), (0, 0.5), (-0.4, 0)),
    "x": _CROSS,
    "star": _star(),
}
SYMBOLS: Final = ("o", "s", *_CORNERS)


def draw_symbol(painter: QPainter, centre: QPointF, look: Look) -> None:
    """A symbol about a point."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.translate(centre)
    painter.scale(look.size, look.size)
    edge = QPen(QColor(look.edge))
    edge.setCosmetic(True)
    painter.setPen(edge)
    painter.setBrush(QColor(look.fill) if look.fill else Qt.BrushStyle.NoBrush)
    painter.drawPath(path_of(look.symbol))
    painter.restore()


class Stamps:
    """Pictures of looks; putting one on a chart costs a hundredth of drawing it."""

    def __init__(self) -> None:
        self._known: dict[tuple[Look, float], QPixmap] = {}

    def put(self, painter: QPainter, x: float, y: float, look: Look) -> None:
        """A symbol about a point, on a whole pixel."""
        ratio = painter.device().devicePixelRatio()
        stamp = self._known.get((look, ratio))
        if stamp is None:
            stamp = self._known[look, ratio] = _drawn(look, ratio)
        half = (look.size + 1) // 2 + _ROOM
        painter.drawPixmap(round(x) - half, round(y) - half, stamp)


def _drawn(look: Look, ratio: float) -> QPixmap:
    half = (look.size + 1) // 2 + _ROOM
    stamp = QPixmap(round(2 * half * ratio), round(2 * half * ratio))
    stamp.setDevicePixelRatio(ratio)
    stamp.fill(Qt.GlobalColor.transparent)
    with painting(stamp) as (painter,):  # one that outlives its picture ends the process at its exit
        draw_symbol(painter, QPointF(half, half), look)
    return stamp
