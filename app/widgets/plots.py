"""The trace's plots under each other on one time axis: price, schedule, volume; a crosshair through all of them."""

from typing import Final

import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt

from app.widgets.axes import BareAxis, ClockAxis, FigureAxis, TimeBox
from app.widgets.happenings import NO_BUNCHES
from app.widgets.marks import Counts, Notes
from app.widgets.theme import Theme, figures_font

_LEFT: Final = 58  # width of both left axes, so that the plots stand under each other


class Curve(pg.PlotCurveItem):  # type: ignore[misc]
    """A curve that takes the whole view for its bounds: ranges are set by the trace, nobody asks for its extremes."""

    def boundingRect(self) -> QRectF:
        """What is in view."""
        found: QRectF = self.viewRect()
        return found

    def viewTransformChanged(self) -> None:
        """Another stretch is in view."""
        self.prepareGeometryChange()
        super().viewTransformChanged()


class Plots(pg.GraphicsLayoutWidget):  # type: ignore[misc]
    """What the trace draws on; nothing moves by itself, ranges are set by the trace."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.clock = ClockAxis()
        self.box, self.middle_box, self.low_box = (TimeBox(theme) for _ in range(3))
        hidden = [BareAxis() for _ in range(2)]
        self.upper = self.addPlot(
            0, 0, viewBox=self.box, axisItems={"left": FigureAxis(sign=True), "bottom": hidden[0]}
        )
        axes = {"left": FigureAxis(sign=False), "bottom": hidden[1]}
        self.middle = self.addPlot(1, 0, viewBox=self.middle_box, axisItems=axes)
        axes = {"left": FigureAxis(sign=False, clear=9), "bottom": self.clock}
        self.lower = self.addPlot(2, 0, viewBox=self.low_box, axisItems=axes)
        self.panes = (self.upper, self.middle, self.lower)
        self.boxes = (self.box, self.middle_box, self.low_box)
        self.curve = Curve(skipFiniteCheck=False)
        self.marks, self.counts, self.notes = pg.ScatterPlotItem(pxMode=True), Counts(), Notes()
        self.planned, self.done = Curve(skipFiniteCheck=False), Curve(skipFiniteCheck=False)
        self.rate = Curve(skipFiniteCheck=False)
        self.bars = Curve(fillLevel=0, pen=pg.mkPen(None))
        self.own = Curve(fillLevel=0, pen=pg.mkPen(None))
        self.zero = pg.InfiniteLine(0, angle=0)
        self.arrival, self.end = pg.InfiniteLine(0, angle=90), pg.InfiniteLine(angle=90)
        self.cross = [pg.InfiniteLine(angle=90) for _ in self.panes]
        self.cross_y = pg.InfiniteLine(angle=0)
        self._valued = True
        self._arrange(hidden)
        self.hide_cross()

    @property
    def cross_x(self) -> pg.InfiniteLine:
        """The crosshair's line through the price."""
        return self.cross[0]

    def dress(self, theme: Theme, *, faded: bool) -> None:
        """Change the colours."""
        self.setBackground(theme.paper)
        self.curve.setPen(pg.mkPen(theme.faint if faded else theme.mid))
        for plot in self.panes:
            for side in ("left", "bottom"):
                axis = plot.getAxis(side)
                axis.setPen(pg.mkPen(theme.line))
                axis.setTextPen(pg.mkPen(theme.faint))
        for box in self.boxes:
            box.dress(theme)
        volume = theme.colour("faint")
        volume.setAlpha(110)
        self.bars.setBrush(volume)
        self.counts.tone = pg.mkPen(theme.faint if faded else theme.ink)
        self.notes.tone = pg.mkPen(theme.faint if faded else theme.accent)
        self.planned.setPen(pg.mkPen(theme.faint, style=Qt.PenStyle.DashLine))
        self.rate.setPen(pg.mkPen(theme.faint if faded else theme.accent))
        self.zero.setPen(pg.mkPen(theme.faint, style=Qt.PenStyle.DashLine))
        for line in (self.arrival, self.end):
            line.setPen(pg.mkPen(theme.line))
        for cross in (*self.cross, self.cross_y):
            cross.setPen(pg.mkPen(theme.faint, style=Qt.PenStyle.DotLine))

    def show_ranges(self, x: tuple[float, float], heights: tuple[tuple[float, float], ...]) -> None:
        """One stretch of time in all panes, a range of values in each; once a box, as every change of one costs."""
        for box, y in zip(self.boxes, heights, strict=True):
            box.setRange(xRange=x, yRange=y, padding=0)

    def settle(self) -> None:
        """Let every item take the new ranges now: done while painting, it would paint all of it twice."""
        self.scene().prepareForPaint()

    def show_values(self, shown: bool) -> None:
        """Figures on the axes, or none where there is nothing to read."""
        if shown != self._valued:
            self._valued = shown
            for plot in self.panes:
                plot.getAxis("left").setStyle(showValues=shown)
            self.clock.setStyle(showValues=shown)

    def wipe(self) -> None:
        """Draw nothing."""
        self.show_values(False)
        for item in (self.curve, self.marks, self.bars, self.own, self.planned, self.done, self.rate):
            item.clear()
        self.counts.show_bunches(NO_BUNCHES)
        self.notes.show_notes([])

    def x_at(self, position: QPointF) -> float | None:
        """Time under a position in the scene (s after the axis's origin), None outside all plots."""
        if not any(plot.sceneBoundingRect().contains(position) for plot in self.panes):
            return None
        x: float = self.box.mapSceneToView(position).x()
        return x

    def show_cross(self, x: float, y: float) -> None:
        """Put the crosshair at a time and a value."""
        for cross in self.cross:
            cross.setPos(x)
            cross.show()
        self.cross_y.setPos(y)
        self.cross_y.show()

    def hide_cross(self) -> None:
        """Take the crosshair away."""
        for cross in (*self.cross, self.cross_y):
            cross.hide()

    def _arrange(self, hidden: list[pg.AxisItem]) -> None:
        self.ci.setContentsMargins(0, 2, 6, 0)
        self.ci.setSpacing(0)
        for row, stretch in enumerate((12, 4, 3)):
            self.ci.layout.setRowStretchFactor(row, stretch)
        for plot, title in zip(self.panes, ("", "done %", "volume"), strict=True):
            plot.hideButtons()
            plot.getAxis("left").setWidth(_LEFT)
            plot.getAxis("left").setLabel(title)
            for side in ("left", "bottom"):  # minor grid lines cost more than all the rest
                plot.getAxis(side).setStyle(tickFont=figures_font(), maxTickLevel=0)
                # a new range lays nothing out again but the ticks, and what has not moved is not drawn again
                plot.getAxis(side).setCacheMode(pg.QtWidgets.QGraphicsItem.CacheMode.DeviceCoordinateCache)
            for side in ("left", "bottom", "top", "right"):
                plot.getAxis(side).enableAutoSIPrefix(False)
        self.upper.showGrid(y=True, alpha=0.12)
        for axis in hidden:
            axis.setHeight(2)
        for box in self.boxes:
            box.disableAutoRange()
        for item in (self.zero, self.arrival, self.end, self.notes, self.curve, self.marks, self.counts, self.cross_y):
            self.upper.addItem(item)
        for item in (self.planned, self.rate, self.done):
            self.middle.addItem(item)
        for item in (self.bars, self.own):
            self.lower.addItem(item)
        for plot, cross in zip(self.panes, self.cross, strict=True):
            plot.addItem(cross)
