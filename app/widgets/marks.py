"""Own events on the trace: one shape per class, bunched where they would pile up."""

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QSize
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from app.engine.events import Rows
from app.widgets.columns import Texts, event_class
from app.widgets.theme import Theme, figures_font

BUNCH_PX: Final = 8.0


class Mark(NamedTuple):
    """How a class of events is drawn."""

    title: str
    symbol: str
    tone: str
    filled: bool
    size: int


# fills in the colour of the side or of ink, the rest faint: the lights' colours are the lights' alone
MARKS: Final = {
    "passive": Mark("passive", "o", "side", True, 9),
    "aggressive": Mark("aggressive", "t1", "ink", True, 11),
    "other": Mark("other fill", "star", "ink", True, 12),
    "post": Mark("post", "s", "faint", False, 7),
    "replace": Mark("replace", "d", "faint", False, 9),
    "cancel": Mark("cancel", "x", "faint", True, 8),
}
NAMES: Final = tuple(MARKS)
FILLS: Final = 3  # the first three classes are fills


@dataclass(frozen=True, slots=True)
class Happened:
    """Own events of one order: time (ns), bps against the reference, class number, quantity, price."""

    ts: NDArray[np.int64]
    bps: NDArray[np.float64]
    kind: NDArray[np.int64]
    qty: NDArray[np.int64]
    px: NDArray[np.float64]


def happened(events: Rows, reference: float, mids: NDArray[np.float64], texts: Texts) -> Happened:
    """Events as the trace places them: at their own price, or on the mid where they carry none."""
    pairs, inverse = np.unique(events[["kind", "liquidity"]], return_inverse=True)
    classes = [event_class(texts.text(int(p["kind"])), texts.text(int(p["liquidity"]))) for p in pairs]
    numbers = np.array([NAMES.index(name) if name else -1 for name in classes], np.int64)
    kind = numbers[inverse] if len(events) else np.empty(0, np.int64)
    px = np.where(np.isnan(events["px"]), mids, events["px"])
    kept = (kind >= 0) & ~np.isnan(px)
    bps = (px[kept] - reference) / reference * 1e4
    return Happened(events["ts"][kept], bps, kind[kept], events["qty"][kept], px[kept])


def bunched(x: NDArray[np.float64], kind: NDArray[np.int64], width: float) -> NDArray[np.int64]:
    """Of events of one class within a mark's width, the last: indices of those drawn."""
    if not len(x) or not width > 0:
        return np.arange(len(x))
    cell = np.floor((x - x.min()) / width).astype(np.int64) * len(NAMES) + kind
    _, last = np.unique(cell[::-1], return_index=True)
    return np.sort(len(x) - 1 - last)


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
        """Never cut."""
        return self.sizeHint()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Shape, name, shape, name."""
        painter, x = QPainter(self), 8
        painter.setFont(self.font())
        for mark in MARKS.values():
            colour = self.theme.colour(self.side if mark.tone == "side" else mark.tone)
            painter.save()
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.translate(x, 10)
            brush = pg.mkBrush(colour if mark.filled else None)
            pg.graphicsItems.ScatterPlotItem.drawSymbol(painter, mark.symbol, mark.size, pg.mkPen(colour), brush)
            painter.restore()
            painter.setPen(self.theme.colour("faint"))
            painter.drawText(x + 9, 14, mark.title)
            x += 30 + painter.fontMetrics().horizontalAdvance(mark.title)
        painter.end()
