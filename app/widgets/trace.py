"""Impact trace: the mid against arrival in bps, our events on it, schedule and volume below, one time axis."""

from datetime import tzinfo
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from app.engine.units import NULL, SECOND
from app.widgets import format as text
from app.widgets.caption import Caption
from app.widgets.course import Course
from app.widgets.export import offer_picture
from app.widgets.frames import FRAME
from app.widgets.happenings import BUNCH_PX, FILLS, MARKS, NAMES
from app.widgets.layers import Layers, View, traded
from app.widgets.marks import Legend
from app.widgets.plots import Plots
from app.widgets.theme import Theme

_LEAST_NS: Final = 1_000_000
_PER_CENT: Final = (0.0, 104.0)  # of the order done, and planned
HINT: Final = (
    "drag: zoom    Ctrl+Z: back    double click: all    wheel: in and out    right drag: along\n"
    "middle pane: done (solid), planned (dashed), participation per bar, all in %"
)


class Trace(QWidget):
    """Draws a Course. Drag zooms in time, Ctrl+Z takes the last zoom back, double click shows all."""

    pointed = Signal(object)  # event time (ns) under the crosshair, None off the plots

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme, self.faded = theme, False
        self.course: Course | None = None
        self._range: tuple[int, int] | None = None  # ns in view; None: all of the order
        self._before: list[tuple[int, int] | None] = []
        self._y = (0.0, 0.0)
        self.drawn = 0  # times so far
        self._owed = False  # what is in view is to be looked for before the next drawing
        self._study: QWidget | None = None
        self.plots = Plots(theme)
        self.layers = Layers(self.plots, theme)
        self.plots.prepare = self._catch_up
        self._build()
        undo = QShortcut(QKeySequence(QKeySequence.StandardKey.Undo), self)
        undo.setContext(Qt.ShortcutContext.WindowShortcut)
        undo.activated.connect(self.unzoom)

    def study(self) -> QWidget | None:
        """The order as it stands in a window for quants: any axis, measured, saved as SVG, CSV or image."""
        if self.course is None:
            return None
        from app.widgets.study import Study  # noqa: PLC0415 - pyqtgraph, where it is asked for

        self._study = Study(self.course, self.theme, self.plots.clock.where, self)
        self._study.show()
        return self._study

    # -- what is shown -------------------------------------------------------------------------------------------

    def show_course(self, course: Course | None, *, other: bool) -> None:
        """Show an order; `other`: not the one before, so zoom and its history start anew."""
        self.course = course
        if other:
            self._range, self._before, self._y = None, [], (0.0, 0.0)
        self.refresh_soon()

    def set_zone(self, where: tzinfo) -> None:
        """Time zone of the axis."""
        self.plots.clock.where = where
        self.plots.renew()

    def fade(self, faded: bool) -> None:
        """Grey the figures: they may no longer be true."""
        if faded != self.faded:
            self.faded = faded
            self.dress(self.theme)

    def dress(self, theme: Theme) -> None:
        """Change the colours."""
        self.theme = self._legend.theme = theme
        self.layers.dress(theme, faded=self.faded)
        self.plots.dress(theme, faded=self.faded)
        self._readout.dress(theme)
        self._heading.dress(theme)
        self.refresh()

    def view(self) -> tuple[int, int]:
        """Event times (ns) at the left and right edge."""
        if self._range is not None:
            return self._range
        if self.course is None:
            return (0, SECOND)
        return self.course.start, max(self.course.end, self.course.start + _LEAST_NS)

    def refresh_soon(self) -> None:
        """Draw what is in view in the first frame that has room for it; at once where no frames tick."""
        if FRAME.is_counting():
            self._owed = True
            self.plots.renew()
        else:
            self.refresh()

    def _catch_up(self) -> bool:
        owed = self._owed
        if owed:
            self.refresh()
        return owed

    def refresh(self) -> None:
        """Draw what is in view now: a few points a pixel, however long the path."""
        course, self._owed = self.course, False
        self.drawn += 1
        self._heading.setText(course.title if course else "")
        self._legend.show_side("sell" if course and course.side != "BUY" else "buy")
        if course is None or not len(course.path):
            self.plots.wipe()
            return
        start, end = self.view()
        self.plots.valued = True
        self.plots.clock.origin = course.arrival
        width = self.plots.wide()
        ts, mid = course.path.outline(start, end, width, course.known)
        x, bps = self._x(ts), text_bps(mid, course.reference)
        self.plots.curve.show(x, bps)
        self.plots.end = float(self._x(np.array([course.last]))[0])
        view = View(start, end, width)
        volume = traded(course, view)
        self._fit(bps, course, start, end)
        most = self.layers.volume(course, volume)
        left, right = self._x(np.array([start, end])).tolist()
        self.plots.show_ranges((left, right), (self._y, _PER_CENT, (0.0, max(most * 1.1, 1.0))))
        self.layers.marks(course, view)
        self.layers.schedule(course, view, volume)

    # -- zoom ----------------------------------------------------------------------------------------------------

    def zoom(self, start: int, end: int) -> None:
        """Show [start, end] (ns); `unzoom` comes back."""
        self._before.append(self._range)
        self._range, self._y = (start, max(end, start + _LEAST_NS)), (0.0, 0.0)
        self.refresh_soon()

    def unzoom(self) -> None:
        """Take the last zoom back."""
        if self._before:
            self._range, self._y = self._before.pop(), (0.0, 0.0)
            self.refresh_soon()

    def show_all(self) -> None:
        """All of the order; a zoom like any other, so that it can be taken back."""
        if self._range is not None:
            self._before.append(self._range)
            self._range, self._y = None, (0.0, 0.0)
            self.refresh_soon()

    def _zoom_to(self, left: float, right: float) -> None:
        self.zoom(self._ns(left), self._ns(right))

    def _pan(self, by: float) -> None:
        start, end = self.view()
        self._range = (start + round(by * SECOND), end + round(by * SECOND))
        self.refresh_soon()

    def _scroll(self, factor: float, about: float) -> None:
        (start, end), centre = self.view(), self._ns(about)
        left, right = centre - round((centre - start) * factor), centre + round((end - centre) * factor)
        self._range = (left, max(right, left + _LEAST_NS))
        self.refresh_soon()

    def _x(self, ts: NDArray[np.int64]) -> NDArray[np.float64]:
        return (ts - (self.course.arrival if self.course else 0)) / SECOND

    def _ns(self, x: float) -> int:
        return (self.course.arrival if self.course else 0) + round(x * SECOND)

    # -- drawing -------------------------------------------------------------------------------------------------

    def _fit(self, bps: NDArray[np.float64], course: Course, start: int, end: int) -> None:
        """Height follows what is in view, in steps, so that it does not tremble."""
        events = course.events
        fills = events.bps[(events.kind < FILLS) & (events.ts >= start) & (events.ts <= end)]
        zero = [0.0] if self._range is None else []  # zoomed in, the height is the price's
        seen = np.concatenate([bps[np.isfinite(bps)], fills, zero])
        if not len(seen):
            return
        low, high = float(seen.min()), float(seen.max())
        room = high - low or 1.0
        lower, upper = self._y
        if low < lower or high > upper or upper - lower > 2.5 * room or upper == lower:
            self._y = (low - 0.12 * room, high + 0.12 * room)

    def point(self, position: QPointF | None) -> None:
        """Put the crosshair under a pixel of the plots and read what stood then; None: the mouse has left."""
        course, x = self.course, self.plots.x_at(position) if position is not None else None
        if course is None or x is None or not len(course.path):
            self.plots.show_cross(None)
            self._say("")
            self.pointed.emit(None)
            return
        ts = self._ns(x)
        mid = float(course.path.at(np.array([ts]))[0])
        self.plots.show_cross((x, 0.0 if text.undefined(mid) else text.bps_between(mid, course.reference)))
        self._say(self.reading(ts))
        self.pointed.emit(ts)

    def _say(self, reading: str) -> None:
        self._readout.setText(reading)
        self._head.setCurrentIndex(int(bool(reading)))  # the reading takes the heading's place

    def reading(self, ts: int) -> str:
        """What the crosshair says at an event time (ns)."""
        course = self.course
        if course is None:
            return ""
        mid = float(course.path.at(np.array([ts]))[0])
        said = [text.clock(ts, self.plots.clock.where, 9)]
        if text.undefined(mid):
            said.append(f"mid {text.DASH}")
        else:
            said.append(f"mid {text.price(mid)}  {text.signed(text.bps_between(mid, course.reference))} bps")
        start, end = self.view()
        bars = traded(course, View(start, end, self.plots.wide()))
        bar = int(np.searchsorted(bars.edges, ts, "right")) - 1
        if 0 <= bar < len(bars.market):
            said.append(f"vol {text.number(int(bars.market[bar]))} own {text.number(float(bars.own[bar]))}")
        near = self._nearest(course, ts)
        if near >= 0:
            number = int(course.events.kind[near])
            name = MARKS[NAMES[number]].title + (" fill" if number < FILLS - 1 else "")
            qty, px = int(course.events.qty[near]), float(course.events.px[near])
            said.append(f"{name} {text.quantity(qty) if qty != NULL else text.DASH} @ {text.price(px)}")
        return "   ".join(said)

    def _nearest(self, course: Course, ts: int) -> int:
        """The own event within a mark's width of a time, -1 if none."""
        start, end = self.view()
        reach = (end - start) / self.plots.wide() * BUNCH_PX
        if not len(course.events.ts):
            return -1
        away = np.abs(course.events.ts - ts)
        near = int(np.argmin(away))
        return near if away[near] <= reach else -1

    def _build(self) -> None:
        self._heading, self._readout = Caption(self.theme, "faint"), Caption(self.theme, "ink")
        self._legend = Legend(self.theme)
        self._head = QStackedWidget()
        self._head.setFixedHeight(self._heading.height())
        for caption in (self._heading, self._readout):
            self._head.addWidget(caption)
        self.plots.setToolTip(HINT)
        plots = self.plots
        for asked, answer in (
            (plots.zoomed, self._zoom_to), (plots.panned, self._pan), (plots.scrolled, self._scroll),
            (plots.all_wanted, self.show_all), (plots.resized, self.refresh), (plots.pointed, self.point),
        ):  # fmt: skip
            asked.connect(answer)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 3, 2, 2)
        layout.setSpacing(1)
        layout.addWidget(self._head)
        layout.addWidget(self._legend)
        layout.addWidget(self.plots, 1)
        offer_picture(self, "the trace", ("Study in a window of its own …", self.study))
        self.plots.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)  # here a right drag pans
        self.dress(self.theme)


def text_bps(mid: NDArray[np.float64], reference: float) -> NDArray[np.float64]:
    """Prices as bps away from the reference."""
    return (mid - reference) / reference * 1e4
