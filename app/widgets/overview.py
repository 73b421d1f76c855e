"""The pad at a glance: evidence for a leak, or how strange the cost is, against what is left to do; a click chooses."""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QPointF, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPolygon
from PySide6.QtWidgets import QWidget

from app.engine.events import Rows
from app.widgets.bridge import Bridge
from app.widgets.columns import mark
from app.widgets.format import number
from app.widgets.frames import FRAME
from app.widgets.pad import Pulled
from app.widgets.painting import painting
from app.widgets.shapes import draw_shape
from app.widgets.theme import Theme, figures_font

_LOOK_NS: Final = 1_000_000_000  # between two paintings
_DRAWN: Final = 400  # orders with a shape of their size; the rest are points
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 14, 20, 30


class Axis(NamedTuple):
    """The axis to the right: its ends (what lies beyond stands at the edge), lines with their words, name, light."""

    low: float
    high: float
    lines: dict[float, str]
    words: str
    field: str  # of the light that gives shape and colour
    look: str


COST: Final = Axis(-6.0, 6.0, {-4: "-4", -2: "-2", 0: "0", 2: "+2", 4: "+4"}, "cost z   (evidence: not measured yet)",
                   "level", "level")  # fmt: skip
EVIDENCE: Final = Axis(-2.0, 6.0, {0: "1", 1: "10", 2: "100", 4: "10k"}, "E, evidence for a leak", "status", "evidence")


class Spots(NamedTuple):
    """Orders that can be placed: rows of the section, place to the right, remaining and ordered money; largest last."""

    rows: NDArray[np.int64]
    z: NDArray[np.float64]  # cost z, or log10 of E
    remaining: NDArray[np.float64]
    size: NDArray[np.float64]
    axis: Axis = COST


def spots_of(parents: Rows) -> Spots:
    """Orders with something left to do and an E, or a cost z where nothing has one; all currencies on one axis."""
    axis = EVIDENCE if np.any(~np.isnan(parents["e_value"])) else COST
    with np.errstate(invalid="ignore", divide="ignore"):
        left = 1 - parents["done_pct"] / 100
        size = np.where(left > 0, parents["remaining_ccy"] / left, np.nan)
        where = parents["cost_z"] if axis is COST else np.log10(np.maximum(parents["e_value"], 1e-9))
    shown = np.flatnonzero(~np.isnan(where) & (parents["remaining_ccy"] > 0) & (size > 0))
    shown = shown[np.argsort(size[shown], kind="stable")]
    return Spots(shown, where[shown], parents["remaining_ccy"][shown], size[shown], axis)


class Overview(QWidget):
    """Every order as a spot: right = leak or strange, up = much left, area = its money, shape and colour = light."""

    picked = Signal(int)

    def __init__(self, bridge: Bridge, theme: Theme) -> None:
        super().__init__()
        self._bridge, self.theme, self.faded = bridge, theme, False
        self.spots = spots_of(bridge.pad.parents)
        self._looked, self._unseen = 0, True
        self._cost_ms = 0.0  # what looking and painting took the last time
        self.setFont(figures_font())
        self.setMinimumSize(160, 120)
        self.setAccessibleName("Pad overview")
        self.setToolTip(
            "right: evidence for a leak, or cost against expectation; up: money left; area: the order; click chooses"
        )
        self.picked.connect(bridge.choose)

    def sizeHint(self) -> QSize:
        """A dock's worth."""
        return QSize(420, 300)

    def show_pulled(self, pulled: Pulled) -> None:
        """Newer figures, painted once a second, in a frame that has room; none behind another dock's tab."""
        self._unseen |= pulled.reset or len(pulled.parents) > 0
        now = self._bridge.now()
        waited = now - self._looked - _LOOK_NS
        if not self._unseen or not (pulled.reset or waited >= 0) or self.visibleRegion().isEmpty():
            return
        if pulled.reset or FRAME.grants(self._cost_ms, waited):
            self._looked, self._unseen = now, False
            before = FRAME.spent_ms()
            self.spots = spots_of(self._bridge.pad.parents)
            self._cost_ms = FRAME.spent_ms() - before
            self.update()

    def fade(self, faded: bool) -> None:
        """Grey everything."""
        if faded != self.faded:
            self.faded = faded
            self.update()

    def dress(self, theme: Theme) -> None:
        """Change the colours."""
        self.theme = theme
        self.update()

    def places(self) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Pixels of the spots: x, y, radius."""
        wide, high = self.width() - _LEFT - _RIGHT, self.height() - _TOP - _BOTTOM
        low, span = self._decades()
        axis = self.spots.axis
        x = _LEFT + (np.clip(self.spots.z, axis.low, axis.high) - axis.low) / (axis.high - axis.low) * wide
        y = _TOP + (1 - (np.log10(self.spots.remaining) - low) / span) * high
        largest = float(self.spots.size[-1]) if len(self.spots.size) else 1.0
        return x, y, np.maximum(16 * np.sqrt(self.spots.size / largest), 2.5)

    def spot_at(self, x: float, y: float) -> int:
        """Row of the order under a point, the smallest where several are; -1 none."""
        at_x, at_y, radius = self.places()
        hits = np.flatnonzero((at_x - x) ** 2 + (at_y - y) ** 2 <= np.maximum(radius, 5.0) ** 2)
        return int(self.spots.rows[hits[0]]) if len(hits) else -1

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the order under the mouse."""
        row = self.spot_at(event.position().x(), event.position().y())
        if event.button() == Qt.MouseButton.LeftButton and row >= 0:
            self.picked.emit(row)
            self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Axes, points, the large ones on top of them, the chosen one with a ring."""
        before = FRAME.spent_ms()
        with painting(self) as (painter,):
            painter.setFont(self.font())
            painter.fillRect(self.rect(), self.theme.colour("paper"))
            self._paint_axes(painter)
            if len(self.spots.rows):
                self._paint_spots(painter)
            else:
                painter.setPen(self.theme.colour("faint"))
                painter.drawText(
                    self.rect(), Qt.AlignmentFlag.AlignCenter, "no order with E or a cost z and something left"
                )
        self._cost_ms += FRAME.spent_ms() - before

    def _decades(self) -> tuple[float, float]:
        if not len(self.spots.remaining):
            return 0.0, 1.0
        low, high = np.log10(self.spots.remaining.min()), np.log10(self.spots.remaining.max())
        return float(np.floor(low)), max(float(np.ceil(high) - np.floor(low)), 1.0)

    def _paint_axes(self, painter: QPainter) -> None:
        low, span = self._decades()
        high, wide = self.height() - _TOP - _BOTTOM, self.width() - _LEFT - _RIGHT
        for power in range(round(low), round(low + span) + 1):
            y = round(_TOP + (1 - (power - low) / span) * high)
            painter.setPen(self.theme.colour("line"))
            painter.drawLine(_LEFT, y, self.width() - _RIGHT, y)
            painter.setPen(self.theme.colour("faint"))
            words = number(10**power) if power < 4 else number(10 ** (power - 3)) + "k" if power < 6 else ""
            words = words or number(10 ** (power - 6)) + "M"
            painter.drawText(0, y - 8, _LEFT - 6, 16, int(Qt.AlignmentFlag.AlignRight), words)
        axis = self.spots.axis
        for z, said in axis.lines.items():
            x = round(_LEFT + (z - axis.low) / (axis.high - axis.low) * wide)
            painter.setPen(self.theme.colour("line"))
            painter.drawLine(x, _TOP, x, _TOP + high)
            painter.setPen(self.theme.colour("faint"))
            painter.drawText(x - 20, _TOP + high + 2, 40, 14, int(Qt.AlignmentFlag.AlignHCenter), said)
        painter.drawText(_LEFT, 14, "remaining, money")
        painter.drawText(_LEFT, self.height() - 15, wide, 14, int(Qt.AlignmentFlag.AlignHCenter), axis.words)

    def _paint_spots(self, painter: QPainter) -> None:
        x, y, radius = self.places()
        few = slice(max(len(x) - _DRAWN, 0), None)
        rest = slice(0, few.start)
        painter.setPen(self.theme.colour("faint"))
        points = zip(x[rest].astype(int).tolist(), y[rest].astype(int).tolist(), strict=True)
        painter.drawPoints(QPolygon([QPoint(a, b) for a, b in points]))
        pad, axis = self._bridge.pad, self.spots.axis
        levels = pad.parents[axis.field][self.spots.rows[few]].tolist()
        for place in range(len(levels) - 1, -1, -1):  # small ones on top of large ones
            at = few.start + place
            shape, tone = mark(axis.look, pad.text(levels[place]) or "N/A")
            colour = self.theme.colour("faint" if self.faded else tone)
            colour.setAlpha(150)
            painter.setPen(colour)
            draw_shape(painter, shape, QPointF(x[at], y[at]), float(radius[at]))
        chosen = np.flatnonzero(self.spots.rows == self._bridge.row)
        if len(chosen):
            painter.setPen(self.theme.colour("ink"))
            at = int(chosen[0])
            draw_shape(painter, "ring", QPointF(x[at], y[at]), float(radius[at]) + 4)
