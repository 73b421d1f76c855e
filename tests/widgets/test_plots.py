"""The trace's plots and the mouse: a drag zooms to what it went over, others pan, a wheel turned back is undone."""

import math
from itertools import pairwise

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QPainter, QPen, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.widgets import theme as themes
from app.widgets.plots import Plots

NONE = Qt.KeyboardModifier.NoModifier


class Asked:
    """Plots on 100 s, and what they asked for."""

    def __init__(self, plots: Plots) -> None:
        self.plots = plots
        self.zooms: list[tuple[float, float]] = []
        self.pans: list[float] = []
        self.wheels: list[tuple[float, float]] = []
        self.points: list[QPointF | None] = []
        self.wholes: list[bool] = []
        plots.zoomed.connect(lambda a, b: self.zooms.append((a, b)))
        plots.panned.connect(self.pans.append)
        plots.scrolled.connect(lambda factor, about: self.wheels.append((factor, about)))
        plots.pointed.connect(self.points.append)
        plots.all_wanted.connect(lambda: self.wholes.append(True))

    def drag(self, button: Qt.MouseButton, down: int, here: int) -> None:
        QTest.mousePress(self.plots, button, NONE, QPoint(down, 50))
        QTest.mouseMove(self.plots, QPoint((down + here) // 2, 60))
        QTest.mouseMove(self.plots, QPoint(here, 60))
        QTest.mouseRelease(self.plots, button, NONE, QPoint(here, 60))

    def x(self, pixel: float) -> float:
        return self.plots.panes[0].x_at(pixel)


@pytest.fixture
def asked(qtbot: QtBot) -> Asked:
    plots = Plots(themes.DARK)
    qtbot.addWidget(plots)
    plots.resize(500, 320)
    plots.dress(themes.DARK, faded=False)
    with qtbot.waitExposed(plots):
        plots.show()
    plots.show_ranges((0.0, 100.0), ((-10.0, 10.0), (0.0, 104.0), (0.0, 50.0)))
    return Asked(plots)


def picture(plots: Plots) -> QImage:
    return plots.grab().toImage()


# -- the mouse -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("down", "here"), [(100, 300), (300, 100)])
def test_that_a_left_drag_either_way_asks_for_the_same_stretch_once_it_ends(asked: Asked, down: int, here: int) -> None:
    asked.drag(Qt.MouseButton.LeftButton, down, here)
    assert asked.zooms == [pytest.approx((asked.x(100), asked.x(300)))]
    assert asked.pans == []


@pytest.mark.parametrize("far", [0, 3, -3])
def test_that_a_hand_that_trembles_zooms_nowhere(asked: Asked, far: int) -> None:
    asked.drag(Qt.MouseButton.LeftButton, 100, 100 + far)
    assert asked.zooms == []


@pytest.mark.parametrize("button", [Qt.MouseButton.RightButton, Qt.MouseButton.MiddleButton])
def test_that_other_buttons_pull_the_time_with_the_hand(asked: Asked, button: Qt.MouseButton) -> None:
    asked.drag(button, 100, 160)
    assert sum(asked.pans) == pytest.approx(asked.x(100) - asked.x(160))
    assert sum(asked.pans) < 0
    assert asked.zooms == []


def test_that_a_drag_is_seen_while_it_lasts_and_gone_after_it(asked: Asked) -> None:
    before = picture(asked.plots)
    QTest.mousePress(asked.plots, Qt.MouseButton.LeftButton, NONE, QPoint(100, 50))
    QTest.mouseMove(asked.plots, QPoint(200, 50))
    assert picture(asked.plots).pixelColor(150, 50) != before.pixelColor(150, 50)
    assert asked.zooms == [], "nothing before it ends"
    QTest.mouseRelease(asked.plots, Qt.MouseButton.RightButton, NONE, QPoint(200, 50))
    assert asked.zooms == [], "another button does not end it"
    QTest.mouseRelease(asked.plots, Qt.MouseButton.LeftButton, NONE, QPoint(200, 50))
    assert picture(asked.plots) == before


def test_that_a_wheel_turned_and_turned_back_leaves_the_view_as_it_was(asked: Asked) -> None:
    at = QPointF(90, 90)
    for delta in (120, -120, 240, -240, 0):
        turn = QWheelEvent(at, at, QPoint(), QPoint(0, delta), Qt.MouseButton.NoButton, NONE,
                           Qt.ScrollPhase.NoScrollPhase, False)  # fmt: skip
        QApplication.sendEvent(asked.plots, turn)
        assert turn.isAccepted()
    factors = [factor for factor, _ in asked.wheels]
    assert len(factors) == 4, "a wheel that turned sideways is none"
    assert factors[0] < 1 < factors[1]
    assert math.prod(factors) == pytest.approx(1.0)
    assert {about for _, about in asked.wheels} == {asked.x(90)}


def test_that_a_double_click_asks_for_all_and_zooms_nowhere(asked: Asked) -> None:
    QTest.mouseDClick(asked.plots, Qt.MouseButton.LeftButton, NONE, QPoint(200, 80))
    assert asked.wholes == [True]
    assert asked.zooms == []


def test_that_the_mouse_is_told_of_and_its_leaving_too(asked: Asked) -> None:
    QTest.mouseMove(asked.plots, QPoint(200, 80))
    seen = asked.points[-1]
    assert seen is not None
    assert asked.plots.x_at(seen) == pytest.approx(asked.x(200))
    QApplication.sendEvent(asked.plots, QEvent(QEvent.Type.Leave))
    assert asked.points[-1] is None
    assert asked.plots.x_at(QPointF(5, 80)) is None, "the axis is no time"


# -- what is drawn -------------------------------------------------------------------------------------------------


def test_that_the_crosshair_comes_and_goes_without_drawing_the_rest_anew(asked: Asked) -> None:
    bare = picture(asked.plots)
    drawn = asked.plots._picture
    asked.plots.show_cross((50.0, 0.0))
    crossed = picture(asked.plots)
    assert crossed != bare
    asked.plots.show_cross(None)
    assert picture(asked.plots) == bare
    assert asked.plots._picture is drawn


def test_that_the_price_is_drawn_in_its_pane_alone(asked: Asked) -> None:
    pink = "#ff00ff"
    asked.plots.curve.pen = QPen(pink)
    asked.plots.curve.show(np.array([0.0, 100.0]), np.array([-500.0, 500.0]))
    asked.plots.renew()
    seen = picture(asked.plots)
    where = [(x, y) for x in range(seen.width()) for y in range(seen.height()) if seen.pixelColor(x, y).name() == pink]
    pane = asked.plots.panes[0].rect
    assert where
    assert all(pane.adjusted(-1, -1, 1, 1).contains(QPointF(x, y)) for x, y in where)


def test_that_wiped_plots_have_neither_figures_nor_curves(asked: Asked) -> None:
    asked.plots.curve.show(np.array([0.0, 100.0]), np.array([-5.0, 5.0]))
    asked.plots.renew()
    before = picture(asked.plots)
    asked.plots.wipe()
    left = asked.plots.grab(asked.plots.rect().adjusted(14, 0, -(500 - 50), 0)).toImage()
    tones = {left.pixelColor(x, y).name() for x in range(left.width()) for y in range(left.height())}
    assert tones == {themes.DARK.paper}, "no figure stands at the left"
    assert picture(asked.plots) != before


def test_that_panes_share_the_height_and_a_resize_is_told(asked: Asked, qtbot: QtBot) -> None:
    heights = [pane.rect.height() for pane in asked.plots.panes]
    assert heights[0] > 2 * heights[1] > 2 * heights[2] > 0
    with qtbot.waitSignal(asked.plots.resized):
        asked.plots.resize(700, 520)
    assert all(pane.rect.height() > before for pane, before in zip(asked.plots.panes, heights, strict=True))
    assert len({pane.rect.left() for pane in asked.plots.panes}) == 1
    tops = [pane.rect.top() for pane in asked.plots.panes]
    assert tops == sorted(tops)


@pytest.mark.parametrize("height", [180, 240, 300, 420])
@pytest.mark.parametrize("low", [-40.0, -41.0, -38.5])
def test_that_figures_of_two_panes_never_touch(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, height: int, low: float
) -> None:
    plots = Plots(themes.DARK)
    qtbot.addWidget(plots)
    plots.resize(500, height)
    plots.show_ranges((0.0, 3600.0), ((low, 6.0), (0.0, 100.0), (0.0, 120_000.0)))
    tops, draw = list[int](), plots.glyphs.draw

    def noted(painter: QPainter, where: tuple[int, int, int], words: str, *, right: bool = False) -> int:
        if right:  # figures of the left axes; the clock's stand on their left
            tops.append(where[1])
        return draw(painter, where, words, right=right)

    monkeypatch.setattr(plots.glyphs, "draw", noted)
    plots.grab()
    gaps = [other - one for one, other in pairwise(sorted(tops))]
    assert len(tops) >= 4
    assert min(gaps) >= plots.glyphs.height
