"""Axes in plain numbers: ticks are multiples of a step, inside the view, read back to their place; drags and wheels."""

import math
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from zoneinfo import ZoneInfo

import pyqtgraph as pg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPointF, Qt
from pytestqt.qtbot import QtBot

from app.engine.units import SECOND
from app.widgets import theme as themes
from app.widgets.axes import STEPS, BareAxis, ClockAxis, FigureAxis, TimeBox, brief, step_of
from app.widgets.format import MINUS

START = 1_700_145_000 * SECOND
SPANS = st.integers(1_000, 30 * 86_400 * SECOND)
WIDTHS = st.floats(40, 3000)


@cache
def clock_axis() -> ClockAxis:
    """One for all examples: making one is slow."""
    return ClockAxis()


@cache
def figure_axis(sign: bool, clear: int = 0) -> FigureAxis:
    return FigureAxis(sign=sign, clear=clear)


def ticks_of(span: int, width: float, origin: int = START) -> tuple[float, list[float]]:
    axis = clock_axis()
    axis.origin, axis.where = origin, UTC
    ((step, ticks),) = axis.tickValues(0.0, span / SECOND, width)
    return step, ticks


# -- steps -----------------------------------------------------------------------------------------------------------


@given(st.floats(1, 1e18), st.floats(0.5, 100))
def test_that_the_step_is_the_smallest_that_is_enough(span: float, pieces: float) -> None:
    step = step_of(span, pieces)
    assert span / step <= pieces or step == STEPS[-1]
    assert all(span / other > pieces for other in STEPS if other < step)


@pytest.mark.parametrize("step", STEPS)
def test_that_every_step_divides_a_day_or_a_second(step: int) -> None:
    assert SECOND % step == 0 or 86_400 * SECOND % step == 0


# -- the clock -------------------------------------------------------------------------------------------------------


@given(SPANS, WIDTHS, st.integers(0, 86_400 * SECOND))
def test_that_clock_ticks_are_multiples_of_a_step_inside_the_view(span: int, width: float, offset: int) -> None:
    step, ticks = ticks_of(span, width, START + offset)
    assert round(step * SECOND) in STEPS
    low, high = -1e-9, span / SECOND * (1 + 1e-9) + 1e-9
    for tick in ticks:
        assert low <= tick <= high
        away = (START + offset + round(tick * SECOND)) % round(step * SECOND)
        assert min(away, round(step * SECOND) - away) <= max(1, 1e-9 * span)
    assert ticks == sorted(set(ticks))
    assert len(ticks) <= 51


@given(st.integers(1_000_000, 86_400 * SECOND), WIDTHS)
def test_that_a_label_reads_back_to_the_place_of_its_tick(span: int, width: float) -> None:
    _, ticks = ticks_of(span, width)
    for tick, said in zip(ticks, clock_axis().tickStrings(ticks, 1.0, 1.0), strict=True):
        if said:
            hours, minutes, seconds = said.split(":")
            whole, _, rest = seconds.partition(".")
            told = (int(hours) * 3600 + int(minutes) * 60 + int(whole)) * SECOND + int(f"{rest:0<9}")
            assert abs(told - (START + round(tick * SECOND)) % (86_400 * SECOND)) <= 1


def test_that_labels_are_in_the_zone_of_the_axis() -> None:
    axis = clock_axis()
    _, ticks = ticks_of(3600 * SECOND, 600)
    said = {}
    for where in (UTC, ZoneInfo("America/New_York"), timezone(timedelta(hours=5, minutes=30))):
        axis.where = where
        said[where] = axis.tickStrings(ticks[:1], 1.0, 1.0)[0]
        expected = datetime.fromtimestamp(START // SECOND + round(ticks[0]), where)
        assert said[where].startswith(expected.strftime("%H:%M"))
    assert len(set(said.values())) == 3


def test_that_a_label_at_the_right_edge_is_left_out_rather_than_cut() -> None:
    axis = clock_axis()
    _, ticks = ticks_of(3600 * SECOND, 900)
    said = axis.tickStrings([*ticks[:-1], 3600.0], 1.0, 1.0)
    assert said[0] != ""
    assert said[-1] == ""


def test_that_a_line_between_two_plots_has_no_ticks() -> None:
    assert BareAxis().tickValues(0.0, 100.0, 500.0) == []


# -- figures ---------------------------------------------------------------------------------------------------------


@given(st.floats(-1e5, 1e5), st.floats(1e-3, 1e6), st.floats(60, 900), st.sampled_from([0, 20]))
def test_that_figures_stand_inside_their_pane_and_below_what_must_stay_clear(
    low: float, span: float, height: float, clear: int
) -> None:
    high = low + span
    for step, ticks in figure_axis(True, clear).tickValues(low, high, height):
        for tick in ticks:
            assert low - step * 1e-6 <= tick <= high - clear / height * span + step * 1e-6
            assert tick / step == pytest.approx(round(tick / step), abs=1e-6)
        assert step / span * height >= 28 * (1 - 1e-6) or len(ticks) <= 1


@pytest.mark.parametrize(("low", "high", "size"), [(1, 1, 100), (2, 1, 100), (0, 1, 0), (0, 1, -5), (math.nan, 1, 9)])
def test_that_a_pane_without_room_or_range_has_no_labels(low: float, high: float, size: float) -> None:
    assert figure_axis(True).tickValues(low, high, size) == []


@pytest.mark.parametrize("spacing", [0.01, 0.1, 0.5, 1.0, 20.0])
def test_that_bps_are_signed_with_the_digits_of_their_spacing_and_zero_has_no_sign(spacing: float) -> None:
    below, zero, above = figure_axis(True).tickStrings([-spacing, 0.0, spacing], 1.0, spacing)
    assert (below[0], above[0]) == (MINUS, "+")
    assert float(above) == spacing
    assert below[1:] == above[1:]
    assert float(zero) == 0
    assert zero[0] == "0"


@given(st.integers(-999, 999), st.sampled_from([("", 1.0), ("k", 1e3), ("M", 1e6), ("G", 1e9)]))
def test_that_a_brief_count_reads_back_to_itself(count: int, unit: tuple[str, float]) -> None:
    letter, size = unit
    said = brief(count * size)
    if count:
        assert said == f"{count}{letter}"
    else:
        assert said == "0"


# -- the mouse -------------------------------------------------------------------------------------------------------


class Drag:
    """A drag as pyqtgraph tells of it."""

    def __init__(self, button: Qt.MouseButton, down: tuple[float, float], here: tuple[float, float]) -> None:
        self._button, self._down, self._here = button, QPointF(*down), QPointF(*here)
        self.finished = self.accepted = False

    def accept(self) -> None:
        self.accepted = True

    def button(self) -> Qt.MouseButton:
        return self._button

    def buttonDownPos(self) -> QPointF:
        return self._down

    def lastPos(self) -> QPointF:
        return self._down

    def pos(self) -> QPointF:
        return self._here

    def isFinish(self) -> bool:
        return self.finished


class Wheel:
    """A turn of the wheel over one place."""

    def __init__(self, delta: int) -> None:
        self._delta, self.accepted = delta, False

    def accept(self) -> None:
        self.accepted = True

    def delta(self) -> int:
        return self._delta

    def pos(self) -> QPointF:
        return QPointF(9, 9)


class Chart:
    """A time box in a chart, and what it asked for."""

    def __init__(self, qtbot: QtBot) -> None:
        self.box = TimeBox(themes.DARK)
        self.view = pg.PlotWidget(viewBox=self.box)
        qtbot.addWidget(self.view)
        self.view.resize(500, 300)
        self.view.show()
        self.box.setRange(xRange=(0, 100), yRange=(0, 1), padding=0)
        self.zooms: list[tuple[float, float]] = []
        self.pans: list[float] = []
        self.wheels: list[tuple[float, float]] = []
        self.box.zoomed.connect(lambda a, b: self.zooms.append((a, b)))
        self.box.panned.connect(self.pans.append)
        self.box.scrolled.connect(lambda factor, about: self.wheels.append((factor, about)))

    def x(self, at: float) -> float:
        return float(self.box.mapToView(QPointF(at, 50)).x())

    def drag(self, button: Qt.MouseButton, down: float, here: float, *, finish: bool = True) -> None:
        event = Drag(button, (down, 50), (here, 60))
        event.finished = finish
        self.box.mouseDragEvent(event)
        assert event.accepted


@pytest.fixture
def chart(qtbot: QtBot) -> Chart:
    return Chart(qtbot)


@pytest.mark.parametrize(("down", "here"), [(50, 200), (200, 50)])
def test_that_a_left_drag_either_way_asks_for_the_same_stretch_once_it_ends(
    chart: Chart, down: float, here: float
) -> None:
    chart.drag(Qt.MouseButton.LeftButton, down, here, finish=False)
    before = list(chart.zooms)
    chart.drag(Qt.MouseButton.LeftButton, down, here)
    assert before == []
    assert chart.zooms == [pytest.approx((chart.x(50), chart.x(200)))]
    assert chart.pans == []


@pytest.mark.parametrize("far", [0.0, 3.9, -3.9])
def test_that_a_hand_that_trembles_zooms_nowhere(chart: Chart, far: float) -> None:
    chart.drag(Qt.MouseButton.LeftButton, 100, 100 + far)
    assert chart.zooms == []


@pytest.mark.parametrize("button", [Qt.MouseButton.RightButton, Qt.MouseButton.MiddleButton])
def test_that_other_buttons_pull_the_time_with_the_hand(chart: Chart, button: Qt.MouseButton) -> None:
    chart.drag(button, 100, 160)
    assert chart.pans == [pytest.approx(chart.x(100) - chart.x(160))]
    assert chart.pans[0] < 0
    assert chart.zooms == []


def test_that_a_wheel_turned_and_turned_back_leaves_the_view_as_it_was(chart: Chart) -> None:
    for delta in (120, -120, 240, -240):
        event = Wheel(delta)
        chart.box.wheelEvent(event)
        assert event.accepted
    factors = [factor for factor, _ in chart.wheels]
    assert factors[0] < 1 < factors[1]
    assert math.prod(factors) == pytest.approx(1.0)
    assert {round(about, 9) for _, about in chart.wheels} == {round(chart.x(9), 9)}
