"""What the trace draws of a course, layer by layer: events, schedule, volume."""

from typing import Final, NamedTuple

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtGui import QBrush, QPen

from app.engine.units import SECOND
from app.widgets.axes import step_of
from app.widgets.course import Course
from app.widgets.happenings import BUNCH_PX, FILLS, MARKS, NAMES, bunched
from app.widgets.plots import Plots
from app.widgets.theme import Theme

_BAR_PX: Final = 6.0


class View(NamedTuple):
    """What is in view: event times (ns) at both edges, pixels between them."""

    start: int
    end: int
    width: int

    def edges(self) -> NDArray[np.int64]:
        """Edges of the volume bars."""
        step = step_of(self.end - self.start, self.width / _BAR_PX)
        return np.arange(self.start // step, self.end // step + 2) * step


class Traded(NamedTuple):
    """Volume per bar: edges (ns), the market's, our own."""

    edges: NDArray[np.int64]
    market: NDArray[np.int64]
    own: NDArray[np.float64]


def traded(course: Course, view: View) -> Traded:
    """Volume of the market and our own in each bar of the view."""
    edges = view.edges()
    fills = course.events.kind < FILLS
    own, _ = np.histogram(course.events.ts[fills], edges, weights=course.events.qty[fills])
    return Traded(edges, course.path.traded(edges), own)


class Layers:
    """Draws on the plots of a trace; x is seconds after the course's arrival."""

    def __init__(self, plots: Plots, theme: Theme) -> None:
        self.plots, self.theme, self.faded = plots, theme, False
        self._looks: dict[tuple[int, str], tuple[str, int, QPen, QBrush]] = {}

    def dress(self, theme: Theme, *, faded: bool) -> None:
        """Change the colours."""
        self.theme, self.faded = theme, faded
        self._looks.clear()

    def marks(self, course: Course, view: View) -> None:
        """Own events in view; those of one class that would touch are one mark with their number."""
        events = course.events
        seen = np.flatnonzero((events.ts >= view.start) & (events.ts <= view.end))
        x = (events.ts[seen] - course.arrival) / SECOND
        cell = (view.end - view.start) / SECOND / view.width * BUNCH_PX
        found = bunched(x, events.bps[seen], events.kind[seen], cell)
        order = np.argsort(-found.kind, kind="stable")  # fills on top
        looks = [self._look(number, course.side) for number in found.kind[order].tolist()]
        self.plots.marks.setData(
            x=found.x[order],
            y=found.y[order],
            symbol=[look[0] for look in looks],
            size=[look[1] for look in looks],
            pen=[look[2] for look in looks],
            brush=[look[3] for look in looks],
        )
        self.plots.counts.show_bunches(found)
        self.plots.notes.show_notes(
            [((at - course.arrival) / SECOND, words) for at, words in course.notes if view.start <= at <= view.end]
        )

    def volume(self, course: Course, volume: Traded) -> float:
        """Bars of the market's volume and of our own; returns how high they stand."""
        x = (volume.edges - course.arrival) / SECOND
        self.plots.bars.setData(x, volume.market.astype(np.float64), stepMode="center")
        self.plots.own.setData(x, volume.own, stepMode="center")
        self.plots.own.setBrush(self._side(course))
        return max(float(volume.market.max(initial=0)), float(volume.own.max(initial=0)))

    def schedule(self, course: Course, view: View, volume: Traded) -> None:
        """Done and planned in % of the order, participation per bar in %."""
        plan, plots = course.plan, self.plots
        if plan is None or plan.qty <= 0 or course.done is None or course.done_ts is None:
            for item in (plots.planned, plots.done, plots.rate):
                item.clear()
            return
        ts = np.linspace(view.start, min(view.end, max(course.last, view.start)), view.width).astype(np.int64)
        x = (ts - course.arrival) / SECOND
        plots.planned.setData(x, 100 * plan.planned(ts, course.path) / plan.qty, connect="finite")
        place = np.searchsorted(course.done_ts, ts, "right")
        filled = np.concatenate([[0], course.done])[place]
        plots.done.setData(x, 100 * filled / plan.qty, connect="finite")
        plots.done.setPen(pg.mkPen(self._side(course)))
        rate = np.full(len(volume.own), np.nan)
        np.divide(100 * volume.own, volume.market, out=rate, where=volume.market > 0)
        middle = (volume.edges[:-1] + volume.edges[1:]) / 2
        plots.rate.setData((middle - course.arrival) / SECOND, np.minimum(rate, 100), connect="finite")

    def _side(self, course: Course) -> str:
        return self.theme.colour("faint" if self.faded else "buy" if course.side == "BUY" else "sell").name()

    def _look(self, number: int, side: str) -> tuple[str, int, QPen, QBrush]:
        """Symbol, size, pen and brush of a class; the same objects each time, or every mark is rendered anew."""
        found = self._looks.get((number, side))
        if found is None:
            mark = MARKS[NAMES[number]]
            tone = ("buy" if side == "BUY" else "sell") if mark.tone == "side" else mark.tone
            colour = self.theme.colour("faint" if self.faded else tone)
            edge = self.theme.colour("paper") if mark.filled and mark.symbol != "x" else colour
            symbol = "t" if mark.symbol == "t1" and side != "BUY" else mark.symbol
            found = symbol, mark.size, pg.mkPen(edge), pg.mkBrush(colour if mark.filled else None)
            self._looks[number, side] = found
        return found
