"""The panes of the reaction chart: responses above, markouts below, on one axis of horizons."""

from typing import Final

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPainter, QPen

from app.engine.units import AHEAD
from app.widgets.axes import FigureAxis
from app.widgets.chart import Chart
from app.widgets.horizons import LEFT, RIGHT, HorizonAxis, place
from app.widgets.pane import NO_BAND, Band, Curve, Pane, Rule, Spots
from app.widgets.response import POINTS_NS
from app.widgets.response import Curve as Found
from app.widgets.symbols import Look, Stamps
from app.widgets.theme import Theme

_LEFT_PX: Final = 58
_SIZE: Final = 7
_QUIET: Final = 64
_SHADE: Final = 36  # of 255: a band lets through what lies under it


class Line:
    """One curve with its band and its points; points without an interval are hollow."""

    def __init__(self, stamps: Stamps) -> None:
        self.curve, self.points, self.band = Curve(), Spots(stamps), NO_BAND

    def show(self, found: Found, colour: str, symbol: str, *, zero: bool) -> None:
        """Draw estimates at their horizons; `zero`: the event itself is a point of the curve, at 0."""
        x = np.array([place(ns) for ns in POINTS_NS])
        mean, low, high = (np.array([getattr(e, name) for e in found.estimates]) for name in ("mean", "low", "high"))
        if zero:
            x, mean, low, high = (np.insert(v, AHEAD, 0.0) for v in (x, mean, low, high))
        known = ~np.isnan(mean)
        self.curve.show(x[known], mean[known])
        self.curve.pen = QPen(QColor(colour))
        sure = known & ~np.isnan(low)
        self.band = Band(x[sure], low[sure], high[sure])
        shown = known & (x != 0.0)
        looks = [Look(symbol, _SIZE, colour, colour if is_sure else "") for is_sure in sure[shown].tolist()]
        self.points.show(x[shown], mean[shown], looks)

    def wipe(self) -> None:
        """Draw nothing."""
        self.curve.wipe()
        self.points.wipe()
        self.band = NO_BAND

    def paint(self, painter: QPainter, pane: Pane) -> None:
        """Band, curve, points."""
        if self.curve.pen is not None:
            shade = QColor(self.curve.pen.color())
            shade.setAlpha(_SHADE)
            self.band.paint(painter, pane, shade)
        self.curve.paint(painter, pane)
        self.points.paint(painter, pane)


class ReactionPlots(Chart):
    """Lines of several classes in the upper pane, the markout in the lower; `chosen`: a horizon read out."""

    def __init__(self, theme: Theme, upper: tuple[str, ...], lower: str) -> None:
        panes = (
            Pane(FigureAxis(sign=True), "response, bps", stretch=3, ruled=True, x=(LEFT, RIGHT)),
            Pane(FigureAxis(sign=True), "markout, bps", stretch=2, ruled=True, x=(LEFT, RIGHT)),
        )
        super().__init__(theme, panes, HorizonAxis(), _LEFT_PX)
        self.lines = {name: Line(self.stamps) for name in (*upper, lower)}
        self._lower = lower
        self.quiet = NO_BAND  # where the mean of one class would lie if nothing answered
        self.chosen: float | None = None  # place on the axis

    def show_quiet(self, found: Found | None) -> None:
        """The placebo band of a class, or none; it goes through 0 at the event, as its curve does."""
        if found is None:
            self.quiet = NO_BAND
            return
        x = np.insert(np.array([place(ns) for ns in POINTS_NS]), AHEAD, 0.0)
        low, high = (np.insert(np.array([pair[side] for pair in found.quiet]), AHEAD, 0.0) for side in (0, 1))
        known = ~np.isnan(low)
        self.quiet = Band(x[known], low[known], high[known])

    def paint_pane(self, painter: QPainter, number: int, pane: Pane) -> None:
        """The event, zero, the chosen horizon, the lines."""
        theme = self.theme
        faint, line = theme.colour("faint"), QPen(theme.colour("line"))
        if not number:
            shade = theme.colour("faint")
            shade.setAlpha(_QUIET)
            self.quiet.paint(painter, pane, shade)
        Rule(0.0, upright=False).paint(painter, pane, QPen(faint, 1, Qt.PenStyle.DashLine))
        Rule(0.0, upright=True).paint(painter, pane, line)
        if self.chosen is not None:
            Rule(self.chosen, upright=True).paint(painter, pane, QPen(theme.colour("accent"), 1, Qt.PenStyle.DotLine))
        for name, drawn in self.lines.items():
            if (name == self._lower) == bool(number):
                drawn.paint(painter, pane)
