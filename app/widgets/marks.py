"""Own events on the trace: one shape per class; where they would pile up, one mark with a count."""

from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize
from PySide6.QtGui import QPainter, QPaintEvent, QTransform
from PySide6.QtWidgets import QWidget

from app.engine.events import Rows
from app.widgets.columns import Texts, event_class
from app.widgets.painting import painting
from app.widgets.theme import Theme, figures_font

BUNCH_PX: Final = 14.0  # marks of one class closer than this become one
_LABEL_PX: Final = 24.0


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
_TURNS: Final = {
    "algo_switched": "switched", "algo_paused": "paused", "algo_resumed": "resumed", "parent_amended": "amended",
}  # fmt: skip
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


class Bunches(NamedTuple):
    """Marks to draw: where, of which class, how many events each stands for."""

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    kind: NDArray[np.int64]
    events: NDArray[np.int64]


NO_BUNCHES: Final = Bunches(np.empty(0), np.empty(0), np.empty(0, np.int64), np.empty(0, np.int64))


def bunched(x: NDArray[np.float64], y: NDArray[np.float64], kind: NDArray[np.int64], width: float) -> Bunches:
    """Events of one class in one cell of a width become one mark in their middle; the cells do not move with x."""
    if not len(x) or not width > 0:
        return Bunches(x, y, kind, np.ones(len(x), np.int64))
    cell = np.floor(x / width).astype(np.int64) * len(NAMES) + kind
    _, first, inverse, count = np.unique(cell, return_index=True, return_inverse=True, return_counts=True)
    middle = [np.bincount(inverse, weights=values) / count for values in (x, y)]
    return Bunches(middle[0], middle[1], kind[first], count)


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


class Note(NamedTuple):
    """Something that changed how the order is worked: when (ns), in a word or two."""

    ts: int
    words: str


def notes_of(events: Rows, texts: Texts) -> tuple[Note, ...]:
    """Switches, pauses and amendments among own events, in time order."""
    kinds = {i: texts.text(i) for i in np.unique(events["kind"]).tolist()}
    found = []
    for row in events[[kinds[i] in _TURNS for i in events["kind"].tolist()]]:
        word = _TURNS[kinds[int(row["kind"])]]
        more = texts.text(int(row["algo"])) if word == "switched" else f"{row['qty']:,}" if word == "amended" else ""
        found.append(Note(int(row["ts"]), f"{word} {more}".strip()))
    return tuple(sorted(found))


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
        """Never cut."""
        return self.sizeHint()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Shape, name, shape, name."""
        x = 8
        with painting(self) as (painter,):
            painter.setFont(self.font())
            for mark in MARKS.values():
                colour = self.theme.colour(self.side if mark.tone == "side" else mark.tone)
                painter.save()
                painter.setRenderHint(QPainter.RenderHint.Antialiasing)
                painter.translate(x, 10)
                brush = pg.mkBrush(colour if mark.filled else None)
                symbol = "t" if mark.symbol == "t1" and self.side == "sell" else mark.symbol
                pg.graphicsItems.ScatterPlotItem.drawSymbol(painter, symbol, mark.size, pg.mkPen(colour), brush)
                painter.restore()
                painter.setPen(self.theme.colour("faint"))
                painter.drawText(x + 9, 14, mark.title)
                x += 30 + painter.fontMetrics().horizontalAdvance(mark.title)
