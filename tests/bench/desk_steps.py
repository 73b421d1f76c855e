"""What a frame of the desk consists of: processor time of its steps, each without the steps inside it."""

import gc
import time
from collections.abc import Callable
from typing import Any, Final, NamedTuple

import numpy as np

from app.widgets.alert_desk import AlertDesk
from app.widgets.blotter import Blotter
from app.widgets.chart import Chart
from app.widgets.diagnostics import Diagnostics
from app.widgets.drill import Drill
from app.widgets.drill_side import DrillSide
from app.widgets.following import Following
from app.widgets.grid import Grid
from app.widgets.health import Health
from app.widgets.order_table import OrderTable
from app.widgets.overview import Overview
from app.widgets.pad import Pad
from app.widgets.reaction import Reaction
from app.widgets.ribbon import Ribbon
from app.widgets.scorecard import Scorecard
from app.widgets.sheet import Sheet
from app.widgets.sparks import Sparks
from app.widgets.switch_panel import SwitchPanel
from app.widgets.table import Table
from app.widgets.titles import Titles
from app.widgets.trace import Trace

QT: Final = "Qt itself, and what has no line of its own"
COLLECTOR: Final = "garbage collector"
SHOWN: Final = 12  # lines of a table
_IN_A_LINE: Final = 6
STEPS: Final[tuple[tuple[type, str, str], ...]] = (
    (Pad, "pull", "board read"),
    (Blotter, "show_pulled", "blotter: what came"),
    (OrderTable, "arrange", "blotter: sorted, filtered, grouped"),
    (OrderTable, "coming", "blotter: order to come"),
    (Grid, "prepare", "grid: rows to come looked at"),
    (Grid, "_draw", "grid: pictures of rows drawn"),
    (Grid, "paintEvent", "grid: painted"),
    (Sparks, "put", "grid: sparklines"),
    (Grid, "paint_ground", "grid: ground"),
    (Table, "_move_to", "grid: rows moved"),
    (Titles, "paintEvent", "grid: titles painted"),
    (AlertDesk, "show_pulled", "alerts"),
    (Overview, "show_pulled", "overview: what came"),
    (Overview, "paintEvent", "overview: painted"),
    (Following, "show_pulled", "frame handed out"),
    (Following, "show_state", "state told"),
    (Health, "show_state", "health strip"),
    (Scorecard, "show_order", "scorecard"),
    (Sheet, "paintEvent", "scorecard: sheet painted"),
    (Ribbon, "paintEvent", "scorecard: ribbon painted"),
    (Drill, "show_order", "drill-down"),
    (DrillSide, "look", "analysis side looked at"),
    (Diagnostics, "show_order", "diagnostics"),
    (Reaction, "show_order", "reaction chart"),
    (SwitchPanel, "bind", "order panel bound"),
    (SwitchPanel, "look", "order panel"),
    (Trace, "refresh", "trace: points chosen"),
    (Chart, "_drawn", "chart: picture drawn"),
    (Chart, "paintEvent", "chart: painted"),
)


class Steps:
    """Processor time (ms) of the steps; `watch` puts a stop watch around each of them."""

    def __init__(self, clock: Callable[[], float] = time.thread_time) -> None:
        self._clock = clock
        self._spent: dict[str, float] = {}
        self._inside = [0.0]  # what the steps within each running step have taken, the innermost last
        self._collecting = 0.0
        self._laps: dict[str, dict[str, float]] = {}

    def watch(self) -> None:
        """From now on, in this process, for good: before the first widget is made."""
        for kind, name, title in STEPS:
            setattr(kind, name, self.timed(title, getattr(kind, name)))
        gc.callbacks.append(self._collected)

    def timed(self, title: str, work: Callable[..., Any]) -> Callable[..., Any]:
        """The same work with a stop watch around it."""

        def step(*given: Any, **named: Any) -> Any:
            began = self._clock()
            self._inside.append(0.0)
            try:
                return work(*given, **named)
            finally:
                self._end(title, self._clock() - began)

        return step

    def take(self, lap: str) -> dict[str, float]:
        """Milliseconds by step since the last time under the same name."""
        before, self._laps[lap] = self._laps.get(lap, {}), dict(self._spent)
        took = {title: spent - before.get(title, 0.0) for title, spent in self._spent.items()}
        return {title: spent for title, spent in took.items() if spent > 0}

    def _end(self, title: str, took: float) -> None:
        within = self._inside.pop()
        self._inside[-1] += took
        self._spent[title] = self._spent.get(title, 0.0) + 1e3 * (took - within)

    def _collected(self, phase: str, found: dict[str, int]) -> None:
        if phase == "start":
            self._inside.append(0.0)
            self._collecting = self._clock()
        else:
            self._end(f"{COLLECTOR}, generation {found['generation']}", self._clock() - self._collecting)


class Share(NamedTuple):
    """A step's part in some frames: its mean and its most, ms."""

    title: str
    mean: float
    most: float


def shares(frames: list[tuple[float, dict[str, float]]], from_per_cent: float) -> list[Share]:
    """What the frames above a percentile consist of, the largest part first; `frames`: whole cost, cost by step."""
    if not frames:
        return []
    least = float(np.percentile([whole for whole, _ in frames], from_per_cent))
    dear = [{**steps, QT: whole - sum(steps.values())} for whole, steps in frames if whole >= least]
    titles = {title for steps in dear for title in steps}
    found = [Share(title, *_spread([steps.get(title, 0.0) for steps in dear])) for title in titles]
    return sorted(found, key=lambda share: -share.mean)[:SHOWN]


def told(whole: float, steps: dict[str, float]) -> str:
    """What one stretch of time consisted of, in a line."""
    every = sorted({**steps, QT: whole - sum(steps.values())}.items(), key=lambda step: -step[1])
    return ", ".join(f"{title} {spent:.1f}" for title, spent in every[:_IN_A_LINE])


def _spread(values: list[float]) -> tuple[float, float]:
    return float(np.mean(values)), max(values)
