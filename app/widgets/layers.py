"""What the trace draws of a course, layer by layer: events, schedule, volume."""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QBrush, QPen

from app.engine.units import SECOND
from app.widgets.axes import step_of
from app.widgets.course import Course
from app.widgets.happenings import BUNCH_PX, FILLS, MARKS, NAMES, bunched
from app.widgets.marks import look_of_mark
from app.widgets.plots import Plots
from app.widgets.symbols import Look
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
        self._looks: dict[tuple[int, str], Look] = {}

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
        self.plots.marks.show(found.x[order], found.y[order], looks)
        self.plots.counts.show_bunches(found)
        self.plots.notes.show_notes(
            [((at - course.arrival) / SECOND, words) for at, words in course.notes if view.start <= at <= view.end]
        )

    def volume(self, course: Course, volume: Traded) -> float:
        """Bars of the market's volume and of our own; returns how high they stand."""
        x = (volume.edges - course.arrival) / SECOND
        self.plots.bars.show(x, volume.market.astype(np.float64))
        self.plots.own.show(x, volume.own)
        self.plots.own.brush = QBrush(self.theme.colour(self._side(course)))
        return max(float(volume.market.max(initial=0)), float(volume.own.max(initial=0)))

    def schedule(self, course: Course, view: View, volume: Traded) -> None:
        """Done and planned in % of the order, participation per bar in %."""
        plan, plots = course.plan, self.plots
        if plan is None or plan.qty <= 0 or course.done is None or course.done_ts is None:
            for item in (plots.planned, plots.done, plots.rate):
                item.wipe()
            return
        ts = np.linspace(view.start, min(view.end, max(course.last, view.start)), view.width).astype(np.int64)
        x = (ts - course.arrival) / SECOND
        plots.planned.show(x, 100 * plan.planned(ts, course.path) / plan.qty)
        place = np.searchsorted(course.done_ts, ts, "right")
        filled = np.concatenate([[0], course.done])[place]
        plots.done.show(x, 100 * filled / plan.qty)
        plots.done.pen = QPen(self.theme.colour(self._side(course)))
        rate = np.full(len(volume.own), np.nan)
        np.divide(100 * volume.own, volume.market, out=rate, where=volume.market > 0)
        middle = (volume.edges[:-1] + volume.edges[1:]) / 2
        plots.rate.show((middle - course.arrival) / SECOND, np.minimum(rate, 100))

    def _side(self, course: Course) -> str:
        return "faint" if self.faded else "buy" if course.side == "BUY" else "sell"

    def _look(self, number: int, side: str) -> Look:
        """How a class is drawn for an order of a side."""
        found = self._looks.get((number, side))
        if found is None:
            mark, way = MARKS[NAMES[number]], "buy" if side == "BUY" else "sell"
            found = self._looks[number, side] = look_of_mark(mark, self.theme, way, faded=self.faded)
        return found
