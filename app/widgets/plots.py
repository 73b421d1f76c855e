"""The trace's two plots under each other on one time axis: price above, volume below, a crosshair through both."""

from typing import Final

import pyqtgraph as pg
from PySide6.QtCore import QPointF, Qt

from app.widgets.axes import ClockAxis, FigureAxis, TimeBox
from app.widgets.theme import Theme, figures_font

_LEFT: Final = 58  # width of both left axes, so that the plots stand under each other


class Plots(pg.GraphicsLayoutWidget):  # type: ignore[misc]
    """What the trace draws on; nothing moves by itself, ranges are set by the trace."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.clock = ClockAxis()
        self.box, self.low_box = TimeBox(theme), TimeBox(theme)
        hidden = pg.AxisItem("bottom", showValues=False)
        self.upper = self.addPlot(0, 0, viewBox=self.box, axisItems={"left": FigureAxis(sign=True), "bottom": hidden})
        axes = {"left": FigureAxis(sign=False), "bottom": self.clock}
        self.lower = self.addPlot(1, 0, viewBox=self.low_box, axisItems=axes)
        self.curve = pg.PlotCurveItem(skipFiniteCheck=False)
        self.marks = pg.ScatterPlotItem(pxMode=True)
        self.bars = pg.PlotCurveItem(fillLevel=0, pen=pg.mkPen(None))
        self.own = pg.PlotCurveItem(fillLevel=0, pen=pg.mkPen(None))
        self.zero = pg.InfiniteLine(0, angle=0)
        self.arrival, self.end = pg.InfiniteLine(0, angle=90), pg.InfiniteLine(angle=90)
        self.cross_x, self.cross_low = pg.InfiniteLine(angle=90), pg.InfiniteLine(angle=90)
        self.cross_y = pg.InfiniteLine(angle=0)
        self._arrange(hidden)
        self.hide_cross()

    def dress(self, theme: Theme, *, faded: bool) -> None:
        """Change the colours."""
        self.setBackground(theme.paper)
        self.curve.setPen(pg.mkPen(theme.faint if faded else theme.mid))
        for plot in (self.upper, self.lower):
            for side in ("left", "bottom"):
                axis = plot.getAxis(side)
                axis.setPen(pg.mkPen(theme.line))
                axis.setTextPen(pg.mkPen(theme.faint))
        for box in (self.box, self.low_box):
            box.dress(theme)
        volume = theme.colour("faint")
        volume.setAlpha(110)
        self.bars.setBrush(volume)
        self.zero.setPen(pg.mkPen(theme.faint, style=Qt.PenStyle.DashLine))
        for line in (self.arrival, self.end):
            line.setPen(pg.mkPen(theme.line))
        for cross in (self.cross_x, self.cross_y, self.cross_low):
            cross.setPen(pg.mkPen(theme.faint, style=Qt.PenStyle.DotLine))

    def wipe(self) -> None:
        """Draw nothing."""
        for item in (self.curve, self.marks, self.bars, self.own):
            item.clear()

    def x_at(self, position: QPointF) -> float | None:
        """Time under a position in the scene (s after the axis's origin), None outside both plots."""
        if not any(plot.sceneBoundingRect().contains(position) for plot in (self.upper, self.lower)):
            return None
        x: float = self.box.mapSceneToView(position).x()
        return x

    def show_cross(self, x: float, y: float) -> None:
        """Put the crosshair at a time and a value."""
        for cross, place in ((self.cross_x, x), (self.cross_low, x), (self.cross_y, y)):
            cross.setPos(place)
            cross.show()

    def hide_cross(self) -> None:
        """Take the crosshair away."""
        for cross in (self.cross_x, self.cross_low, self.cross_y):
            cross.hide()

    def _arrange(self, hidden: pg.AxisItem) -> None:
        self.ci.setContentsMargins(0, 2, 6, 0)
        self.ci.setSpacing(0)
        self.ci.layout.setRowStretchFactor(0, 4)
        self.ci.layout.setRowStretchFactor(1, 1)
        self.low_box.setXLink(self.box)
        for plot in (self.upper, self.lower):
            plot.hideButtons()
            plot.getAxis("left").setWidth(_LEFT)
            for side in ("left", "bottom"):  # minor grid lines cost more than all the rest
                plot.getAxis(side).setStyle(tickFont=figures_font(), maxTickLevel=0)
        self.upper.showGrid(y=True, alpha=0.12)
        hidden.setHeight(2)
        for box in (self.box, self.low_box):
            box.disableAutoRange()
        for item in (self.zero, self.arrival, self.end, self.curve, self.marks, self.cross_x, self.cross_y):
            self.upper.addItem(item)
        for item in (self.bars, self.own, self.cross_low):
            self.lower.addItem(item)
