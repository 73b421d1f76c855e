"""Pens and status shapes: what a tone and a level look like, wherever they are painted."""

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen, QPolygonF

from app.widgets.theme import TONES, Shape, Theme


def pens_of(theme: Theme) -> dict[str, QPen]:
    """A pen for every tone."""
    return {tone: QPen(theme.colour(tone)) for tone in TONES}


def draw_shape(painter: QPainter, shape: Shape, centre: QPointF, size: float = 4.5) -> None:
    """A status shape in the colour of the painter's pen."""
    if shape == "none":
        return
    x, y, s = centre.x(), centre.y(), size
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    hollow = shape in {"ring", "hollow_diamond"}
    painter.setBrush(Qt.BrushStyle.NoBrush if hollow else painter.pen().color())
    if shape in {"circle", "ring"}:
        painter.drawEllipse(centre, s - 0.5, s - 0.5)
    elif shape == "square":
        painter.drawRect(QRectF(x - s + 0.5, y - s + 0.5, 2 * s - 1, 2 * s - 1))
    elif shape == "triangle":
        painter.drawPolygon(QPolygonF([QPointF(x - s, y + s - 1), QPointF(x + s, y + s - 1), QPointF(x, y - s)]))
    else:
        painter.drawPolygon(QPolygonF([QPointF(x - s, y), QPointF(x, y - s), QPointF(x + s, y), QPointF(x, y + s)]))
    painter.restore()
