"""Reaction chart: what the mid did around our own events, per class; markouts of the fills below, on one axis."""

import time
from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QBrush, QIcon, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from app.engine.units import AHEAD, HORIZON_NS, SECOND
from app.widgets import format as text
from app.widgets.axes import FigureAxis
from app.widgets.export import offer_picture
from app.widgets.horizons import LEFT, PLACES, RIGHT, HorizonAxis, place
from app.widgets.response import CLASSES, MARKOUT, PLACEBO, POINTS_NS, Curve, Estimate
from app.widgets.theme import RIBBON, Theme, figures_font

AGAIN_NS: Final = SECOND  # curves are looked up and drawn at most once a second, as often as the engine has new ones
# class -> symbol as on the trace, tone or colour
_LOOKS: Final = {
    "new": ("s", "accent"),
    "replace": ("d", RIBBON[1]),
    "cancel": ("x", "faint"),
    "aggressive": ("t1", "ink"),
    "passive": ("o", RIBBON[2]),
    MARKOUT: ("o", "accent"),
}
_LEFT_PX: Final = 52
Work = Callable[[], Mapping[str, Curve]]


class _Line:
    """One curve with its band and its points; points without an interval are hollow."""

    def __init__(self, plot: pg.PlotItem) -> None:
        self.curve = pg.PlotCurveItem(skipFiniteCheck=False)
        self.low, self.high = (pg.PlotCurveItem(pen=None) for _ in range(2))
        self.band = pg.FillBetweenItem(self.low, self.high)
        self.points = pg.ScatterPlotItem(pxMode=True)
        self._colour = ""
        self._looks = (pg.mkPen("w"), pg.mkBrush("w"), pg.mkBrush(None))
        for item in (self.band, self.curve, self.points):
            plot.addItem(item)

    def show(self, curve: Curve, colour: str, symbol: str, *, zero: bool) -> None:
        """Draw estimates at their horizons; `zero`: the event itself is a point of the curve, at 0."""
        x = np.array([place(ns) for ns in POINTS_NS])
        mean, low, high = (np.array([getattr(e, name) for e in curve.estimates]) for name in ("mean", "low", "high"))
        if zero:
            x, mean, low, high = (np.insert(v, AHEAD, 0.0) for v in (x, mean, low, high))
        known = ~np.isnan(mean)
        self.curve.setData(x[known], mean[known])
        self.curve.setPen(pg.mkPen(colour))
        sure = known & ~np.isnan(low)
        self.low.setData(x[sure], low[sure])
        self.high.setData(x[sure], high[sure])
        shade = pg.mkColor(colour)
        shade.setAlpha(36)
        self.band.setBrush(shade)
        shown = known & (x != 0.0)
        pen, filled, hollow = self._look(colour)
        brushes = [filled if is_sure else hollow for is_sure in sure[shown].tolist()]
        self.points.setData(x=x[shown], y=mean[shown], symbol=symbol, size=7, pen=pen, brush=brushes)

    def _look(self, colour: str) -> tuple[QPen, QBrush, QBrush]:
        """The same objects for the same colour, or every point is rendered anew."""
        if self._colour != colour:
            self._colour, self._looks = colour, (pg.mkPen(colour), pg.mkBrush(colour), pg.mkBrush(None))
        return self._looks

    def wipe(self) -> None:
        """Draw nothing."""
        for item in (self.curve, self.low, self.high, self.points):
            item.clear()


class Reaction(QWidget):
    """Two charts under each other. `show_order` takes the work to be done, and does it only when it is seen."""

    def __init__(self, theme: Theme, clock: Callable[[], int] = time.monotonic_ns) -> None:
        super().__init__()
        self.theme, self.faded = theme, False
        self.found: dict[str, Curve] = {}
        self._work: Work | None = None
        self._horizon: float | None = None  # its place on the axis
        self._clock, self._done_at = clock, -AGAIN_NS
        self.buttons = {name: QPushButton(name) for name in CLASSES}
        self.placebo, self.readout = QLabel(PLACEBO), QLabel()
        self.area = pg.GraphicsLayoutWidget()
        self.plots = self._plots()
        self.lines = {name: _Line(self.plots[name == MARKOUT]) for name in (*CLASSES, MARKOUT)}
        self._build()

    def show_order(self, work: Work | None, *, other: bool) -> None:
        """Another order, or newer figures of the same one; None shows nothing."""
        self._work = work
        if other or work is None:
            self._done_at = -AGAIN_NS
        self.refresh()

    def refresh(self) -> None:
        """Look the curves up when they are seen and a second old."""
        if self._work is None:
            self.found = {}
        elif self.isVisible() and self._clock() - self._done_at >= AGAIN_NS:
            self.found = dict(self._work())
            self._done_at = self._clock()
        self._draw()
        self._read()

    def show_horizon(self, place_of: int) -> None:
        """Read the figures at a horizon (its place in units.HORIZONS)."""
        self._horizon = at = place(HORIZON_NS[place_of])
        for plot in self.plots:
            plot.chosen.setPos(at)
            plot.chosen.show()
        self._read()

    def _read(self) -> None:
        """The figures at the chosen horizon, where one is chosen."""
        at = self._horizon
        known = at is not None and bool(self.found)
        self.readout.setText(
            f"{self.reading(at, markout=False)}    {self.reading(at, markout=True)}" if at is not None and known else ""
        )

    def showEvent(self, event: object) -> None:
        """Seen again: what was left undone is done."""
        super().showEvent(event)  # type: ignore[arg-type]
        self._done_at = -AGAIN_NS
        self.refresh()

    def fade(self, faded: bool) -> None:
        """Grey everything."""
        if faded != self.faded:
            self.faded = faded
            self._draw()

    def dress(self, theme: Theme) -> None:
        """Change the colours."""
        self.theme = theme
        self.area.setBackground(theme.paper)
        for plot in self.plots:
            for side in ("left", "bottom"):
                axis = plot.getAxis(side)
                axis.setPen(pg.mkPen(theme.line))
                axis.setTextPen(pg.mkPen(theme.faint))
            plot.event.setPen(pg.mkPen(theme.line))
            plot.chosen.setPen(pg.mkPen(theme.accent, style=Qt.PenStyle.DotLine))
            plot.zero.setPen(pg.mkPen(theme.faint, style=Qt.PenStyle.DashLine))
        for label in (self.placebo, self.readout):
            label.setStyleSheet(f"color: {theme.faint}")
        for name, button in self.buttons.items():
            button.setIcon(_icon(_LOOKS[name][0], self._colour(_LOOKS[name][1])))
        self._draw()

    def reading(self, x: float, *, markout: bool) -> str:
        """The figures at the horizon nearest to a place on the axis."""
        at = min(range(len(POINTS_NS)), key=lambda k: abs(place(POINTS_NS[k]) - x))
        name = min(PLACES, key=lambda label: abs(PLACES[label] - place(POINTS_NS[at])))
        shown = [MARKOUT] if markout else [n for n in CLASSES if self.buttons[n].isChecked()]
        said = [f"{n} {self.found[n].estimates[at].words}" for n in shown if n in self.found]
        return f"{name}:  " + "    ".join(said).replace("-", text.MINUS)

    # -- drawing -------------------------------------------------------------------------------------------------

    def _draw(self) -> None:
        for name, line in self.lines.items():
            curve = self.found.get(name)
            button = self.buttons.get(name)
            if button is not None:
                button.setText(f"{name}  {text.number(curve.events)}" if curve else name)
            if curve is None or not curve.events or (button is not None and not button.isChecked()):
                line.wipe()
                continue
            symbol, tone = _LOOKS[name]
            line.show(curve, self._colour(tone), symbol, zero=name != MARKOUT)
        self._fit(self.plots[0], [n for n in CLASSES if self.buttons[n].isChecked()])
        self._fit(self.plots[1], [MARKOUT])

    def _fit(self, plot: pg.PlotItem, names: list[str]) -> None:
        found = [e for name in names if name in self.found for e in self.found[name].estimates]
        values = [v for e in found for v in _span(e) if not text.undefined(v)]
        low, high = min([0.0, *values]), max([0.0, *values])
        room = (high - low) * 0.12 or 1.0
        plot.setYRange(low - room, high + room, padding=0)

    def _colour(self, tone: str) -> str:
        if self.faded:
            return self.theme.faint
        return tone if tone.startswith("#") else str(getattr(self.theme, tone))

    def _point(self, position: QPointF) -> None:
        for number, plot in enumerate(self.plots):
            if plot.sceneBoundingRect().contains(position) and self.found:
                self.readout.setText(self.reading(plot.vb.mapSceneToView(position).x(), markout=bool(number)))
                return
        self._read()

    # -- building ------------------------------------------------------------------------------------------------

    def _plots(self) -> tuple[pg.PlotItem, pg.PlotItem]:
        made = []
        for row, title in enumerate(("response, bps", "markout, bps")):
            plot = self.area.addPlot(row, 0, axisItems={"left": FigureAxis(sign=True), "bottom": HorizonAxis()})
            plot.hideButtons()
            plot.setMouseEnabled(x=False, y=False)
            plot.setMenuEnabled(False)
            plot.disableAutoRange()
            plot.setXRange(LEFT, RIGHT, padding=0)
            plot.getAxis("left").setWidth(_LEFT_PX)
            plot.getAxis("left").enableAutoSIPrefix(False)  # or every new range lays its label out again
            plot.getAxis("left").setLabel(title)
            for side in ("left", "bottom"):
                plot.getAxis(side).setStyle(tickFont=figures_font(), maxTickLevel=0)
            plot.zero, plot.event = pg.InfiniteLine(0, angle=0), pg.InfiniteLine(0, angle=90)
            plot.chosen = pg.InfiniteLine(0, angle=90)
            for item in (plot.zero, plot.event, plot.chosen):
                plot.addItem(item)
            plot.chosen.hide()
            made.append(plot)
        self.area.ci.layout.setRowStretchFactor(0, 3)
        self.area.ci.layout.setRowStretchFactor(1, 2)
        return made[0], made[1]

    def _build(self) -> None:
        head, foot, layout = QHBoxLayout(), QHBoxLayout(), QVBoxLayout(self)
        for name, button in self.buttons.items():
            button.setCheckable(True)
            button.setChecked(name in {"new", "passive", "aggressive"})
            button.setToolTip(f"events of class {name}; s(mid after - mid before)/mid; + = against us")
            button.toggled.connect(lambda _on: self._draw())
            button.setIconSize(QSize(12, 12))
            head.addWidget(button)
        head.addStretch(1)
        for label in (self.placebo, self.readout):
            label.setFont(figures_font())
        self.placebo.setToolTip("the same curve around times when we did nothing; its band appears here once it exists")
        foot.addWidget(self.readout, 1)
        foot.addWidget(self.placebo)
        layout.setContentsMargins(4, 3, 4, 2)
        layout.setSpacing(2)
        layout.addLayout(head)
        layout.addWidget(self.area, 1)
        layout.addLayout(foot)
        self.area.scene().sigMouseMoved.connect(self._point)
        offer_picture(self, "the reaction chart")
        self.dress(self.theme)


def _icon(symbol: str, colour: str) -> QIcon:
    """The symbol of a class, for its button."""
    picture = QPixmap(12, 12)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.translate(6, 6)
    pg.graphicsItems.ScatterPlotItem.drawSymbol(painter, symbol, 9, pg.mkPen(colour), pg.mkBrush(colour))
    painter.end()
    return QIcon(picture)


def _span(found: Estimate) -> tuple[float, float, float]:
    return found.mean, found.low, found.high
