"""Sparklines: the last figures of every order, sampled as time goes by, drawn in a cell."""

from collections import OrderedDict
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPixmap

from app.engine.units import NULL, SECOND
from app.widgets.frames import FRAME
from app.widgets.painting import painting
from app.widgets.polygon import polygon

POINTS: Final = 48
STEP_NS: Final = 20 * SECOND  # event time between two samples
_ROOM: Final = 400  # pictures kept
_FLAT: Final = 2.0  # bps: a smaller swing is drawn as small as it is


class Look(NamedTuple):
    """How a line is drawn: size in points, colour (#rrggbb), pixels a point."""

    wide: int
    high: int
    colour: str
    ratio: float


class _Kept(NamedTuple):
    """A row's line as it was drawn: how, and at which sample."""

    picture: QPixmap
    look: Look
    tick: int


class Sparks:
    """A ring of samples for every row; NaN where there is none."""

    def __init__(self, step_ns: int = STEP_NS) -> None:
        self._step = step_ns
        self.forget()

    def forget(self) -> None:
        """Rows are numbered anew."""
        self._ring = np.full((64, POINTS), np.nan, np.float32)
        self._at, self._last = 0, NULL
        self._tick, self._changed = 0, np.zeros(64, np.int64)  # samples taken; the last that changed each row
        self._pictures: OrderedDict[int, _Kept] = OrderedDict()  # the longest unseen first

    def sample(self, values: NDArray[np.float64], watermark: int) -> bool:
        """Keep the figures of now when a step of event time has passed; the newest sample follows in between."""
        if watermark == NULL or not len(values):
            return False
        if len(values) > len(self._ring):
            ring = np.full((max(len(values), 2 * len(self._ring)), POINTS), np.nan, np.float32)
            ring[: len(self._ring)] = self._ring
            changed = np.zeros(len(ring), np.int64)
            changed[: len(self._changed)] = self._changed
            self._ring, self._changed = ring, changed
        stepped = self._last == NULL or watermark - self._last >= self._step
        if stepped:
            self._at = (self._at + 1) % POINTS
            self._last = watermark
            self._ring[:, self._at] = np.nan
        self._tick += 1
        newest = self._ring[: len(values), self._at]
        self._changed[: len(values)][stepped | (newest != values.astype(np.float32))] = self._tick
        newest[:] = values
        return stepped

    def of(self, row: int) -> NDArray[np.float32]:
        """Samples of a row, oldest first."""
        if row >= len(self._ring):
            return np.empty(0, np.float32)
        ring, first = self._ring[row], self._at + 1
        return np.concatenate([ring[first:], ring[:first]])

    def put(self, painter: QPainter, where: tuple[int, int], row: int, look: Look) -> None:
        """The line of a row as a picture, its left top at a pixel; an older one in a frame that is full."""
        kept, changed = self._pictures.get(row), int(self._changed[row]) if row < len(self._changed) else 0
        if kept is None or kept.look != look or (kept.tick < changed and not FRAME.is_full()):
            size = QSize(look.wide, look.high)
            picture = QPixmap(size * look.ratio)
            picture.setDevicePixelRatio(look.ratio)
            picture.fill(Qt.GlobalColor.transparent)
            with painting(picture) as (inside,):
                inside.setPen(QColor(look.colour))
                self.draw(inside, QRect(QPoint(0, 0), size), row)
            if len(self._pictures) >= _ROOM:
                self._pictures.popitem(last=False)
            kept = self._pictures[row] = _Kept(picture, look, changed)
        self._pictures.move_to_end(row)
        painter.drawPixmap(*where, kept.picture)

    def draw(self, painter: QPainter, where: QRect, row: int) -> None:
        """The line of a row in the painter's pen, the newest sample at the right edge."""
        values = self.of(row)
        known = np.flatnonzero(~np.isnan(values))
        if len(known) < 2:
            return
        seen = values[known]
        low, high = float(seen.min()), float(seen.max())
        room, middle = max(high - low, _FLAT), (high + low) / 2
        x = where.left() + known * (where.width() - 1) // (POINTS - 1)  # whole numbers: the newest reaches the edge
        y = where.center().y() - np.trunc((seen - middle) * ((where.height() - 1) / room))
        painter.drawPolyline(polygon(x.astype(np.float64), y))
