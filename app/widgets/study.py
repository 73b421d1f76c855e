"""The impact trace of one order in a window for study: pyqtgraph with its own menus, axes, measures and exports.

It shows the order as it stood when it was opened and does not follow: a picture to be turned over, not a monitor.
"""

from datetime import UTC, datetime, tzinfo
from typing import Final

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from app.engine.units import SECOND
from app.widgets.course import Course
from app.widgets.happenings import FILLS, MARKS, NAMES
from app.widgets.theme import Theme

BARS: Final = 120  # of volume over the order
HINT: Final = "right button: axes, grid, average, FFT, export as SVG, CSV or image; wheel: zoom; it stands still"


class Study(QWidget):
    """Mid in bps against the reference, own events by class, volume below; times of day in `where`."""

    def __init__(self, course: Course, theme: Theme, where: tzinfo, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Window)  # with a parent: it ends with the desk, and never keeps it alive
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(f"Study: {course.title}")
        self.resize(1000, 600)
        self.view = pg.GraphicsLayoutWidget()
        self.view.setBackground(QColor(theme.paper))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 4, 4, 4)
        hint = QLabel(HINT)
        hint.setStyleSheet(f"color: {theme.faint}")
        layout.addWidget(QLabel(course.title))
        layout.addWidget(self.view, 1)
        layout.addWidget(hint)
        offset = _offset_s(where, course.arrival)
        self.price = self._plot(0, "bps", theme, offset)
        self.volume = self._plot(1, "volume", theme, offset)
        self.volume.setXLink(self.price)
        self.view.ci.layout.setRowStretchFactor(0, 3)
        self._draw(course, theme)

    def _plot(self, row: int, title: str, theme: Theme, offset: int) -> pg.PlotItem:
        plot = self.view.addPlot(row=row, col=0, axisItems={"bottom": pg.DateAxisItem(utcOffset=offset)})
        plot.setLabel("left", title)
        plot.showGrid(x=True, y=True, alpha=0.2)
        for side in ("left", "bottom"):
            plot.getAxis(side).setPen(QColor(theme.faint))
            plot.getAxis(side).setTextPen(QColor(theme.ink))
        return plot

    def _draw(self, course: Course, theme: Theme) -> None:
        ts = course.path.ts[:].astype(np.float64) / SECOND
        mid = np.asarray(course.path.mid.values, np.float64)
        bps = (mid - course.reference) / course.reference * 1e4
        self.mid = self.price.plot(ts, bps, pen=pg.mkPen(QColor(theme.mid)), name="mid", connect="finite")
        self.price.addLegend()
        for number, name in enumerate(NAMES):
            of = course.events.kind == number
            if of.any():
                self._scatter(course, of, name, theme)
        edges = np.linspace(course.start, course.last + 1, BARS + 1).astype(np.int64)
        middle = (edges[:-1] + edges[1:]) / 2 / SECOND
        width = float(edges[1] - edges[0]) / SECOND
        self.bars = pg.BarGraphItem(
            x=middle, height=course.path.traded(edges), width=width, brush=QColor(theme.faint), pen=None
        )
        self.volume.addItem(self.bars)

    def _scatter(self, course: Course, of: NDArray[np.bool_], name: str, theme: Theme) -> None:
        mark = MARKS[name]
        tone = QColor(theme.accent if NAMES.index(name) < FILLS else theme.faint)
        self.price.plot(
            course.events.ts[of] / SECOND, course.events.bps[of], pen=None, symbol=mark.symbol, symbolSize=mark.size,
            symbolPen=pg.mkPen(tone), symbolBrush=tone if mark.filled else None, name=mark.title,
        )  # fmt: skip


def _offset_s(where: tzinfo, at_ns: int) -> int:
    """What pyqtgraph's axis takes away from UTC (s): it knows no summer time, the order's day has one."""
    found = datetime.fromtimestamp(at_ns // SECOND, UTC).astimezone(where).utcoffset()
    return 0 if found is None else -int(found.total_seconds())
