"""Docks of a plain window: where they stand, what is kept, what is done with what was kept of another edition."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QByteArray, QRect, QSettings, Qt
from PySide6.QtWidgets import QLabel, QMainWindow, QWidget
from pytestqt.qtbot import QtBot

from app.widgets.docks import Docks, on_screen, shares
from app.widgets.kept import machine_key

TITLES = ["Trace", "Scorecard", "Drill-down", "Overview"]
SIDES = st.integers(-5000, 5000)
SIZES = st.integers(24, 4000)
RECTS = st.builds(QRect, SIDES, SIDES, SIZES, SIZES)
SCREEN = st.builds(QRect, SIDES, SIDES, st.integers(640, 4000), st.integers(480, 2500))
SCREENS = st.lists(SCREEN, min_size=1, max_size=3)


def opened(qtbot: QtBot, titles: list[str] = TITLES) -> tuple[QMainWindow, Docks]:
    """A window of 1200 x 800 with a dock a title: the second beside the first, the third as a tab on the second."""
    window = QMainWindow()
    qtbot.addWidget(window)
    window.setCentralWidget(QLabel("blotter"))
    window.resize(700, 500)
    docks = Docks(window)
    places = [("", False), (titles[0], False), (titles[min(1, len(titles) - 1)], True)]
    for number, title in enumerate(titles):
        beside, tabbed = places[min(number, 2)]
        docks.add(title, QWidget(), beside=beside, tabbed=tabbed)
    return window, docks


@pytest.fixture
def settings(tmp_path: Path) -> QSettings:
    return QSettings(str(tmp_path / "desk.ini"), QSettings.Format.IniFormat)


# -- where they stand ------------------------------------------------------------------------------------------------


def test_that_docks_are_named_in_the_order_they_came(qtbot: QtBot) -> None:
    _, docks = opened(qtbot)
    assert docks.titles() == TITLES
    assert [docks[title].windowTitle() for title in TITLES] == TITLES


def test_that_a_dock_that_is_none_is_refused_by_its_title(qtbot: QtBot) -> None:
    _, docks = opened(qtbot)
    with pytest.raises(KeyError, match="Nothing"):
        docks["Nothing"]


def test_that_a_dock_stands_beside_or_on_its_neighbour_as_it_was_added(qtbot: QtBot) -> None:
    window, docks = opened(qtbot)
    with qtbot.waitExposed(window):
        window.show()
    first, second, third, _ = (docks[title] for title in TITLES)
    assert first.geometry().right() < second.geometry().left()
    assert first.geometry().top() == second.geometry().top()
    assert third in window.tabifiedDockWidgets(second)
    assert window.dockWidgetArea(first) == Qt.DockWidgetArea.BottomDockWidgetArea


def test_that_a_neighbour_that_does_not_exist_leaves_a_dock_below_the_blotter(qtbot: QtBot) -> None:
    window, docks = opened(qtbot)
    alone = docks.add("Alone", QWidget(), beside="Nobody", tabbed=True)
    assert window.dockWidgetArea(alone) == Qt.DockWidgetArea.BottomDockWidgetArea
    assert window.tabifiedDockWidgets(alone) == []


def test_that_nothing_in_a_dock_can_widen_the_window(qtbot: QtBot) -> None:
    _, docks = opened(qtbot)
    wide = QWidget()
    wide.setMinimumSize(5000, 5000)
    docks.fill("Scorecard", wide)
    assert docks["Scorecard"].widget() is wide
    assert wide.minimumWidth() < 500


def test_that_what_was_in_a_dock_goes_when_something_else_comes(qtbot: QtBot) -> None:
    _, docks = opened(qtbot)
    before = docks["Trace"].widget()
    assert before is not None
    with qtbot.waitSignal(before.destroyed):
        docks.fill("Trace", QWidget())


def test_that_showing_a_dock_lifts_what_stands_over_the_window(qtbot: QtBot) -> None:
    window, docks = opened(qtbot)
    window.show()
    lifted: list[int] = []
    docks.lift = lambda: lifted.append(1)
    docks["Overview"].hide()
    docks.show("Overview")
    assert lifted
    assert not docks["Overview"].isHidden()


def test_that_docks_put_away_come_back_and_those_that_were_away_do_not(qtbot: QtBot) -> None:
    _, docks = opened(qtbot)
    docks["Scorecard"].hide()
    shown = docks.hide_all()
    assert shown == [title for title in TITLES if title != "Scorecard"]
    assert all(docks[title].isHidden() for title in TITLES)
    assert docks.hide_all() == []
    docks.show_all(shown)
    assert [title for title in TITLES if not docks[title].isHidden()] == shown


def test_that_the_shipped_layout_opens_and_docks_whatever_was_done(qtbot: QtBot) -> None:
    window, docks = opened(qtbot)
    docks["Trace"].setFloating(True)
    docks["Scorecard"].hide()
    window.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, docks["Overview"])
    docks.arrange()
    assert not docks.torn_off()
    for title in TITLES:
        assert not docks[title].isHidden()
        assert window.dockWidgetArea(docks[title]) == Qt.DockWidgetArea.BottomDockWidgetArea


@pytest.mark.parametrize("title", TITLES)
def test_that_one_floating_dock_is_a_torn_off_one(qtbot: QtBot, title: str) -> None:
    _, docks = opened(qtbot)
    seen = [docks.torn_off()]
    for floating in (True, False):
        docks[title].setFloating(floating)
        seen.append(docks.torn_off())
    assert seen == [False, True, False]


# -- what is kept ----------------------------------------------------------------------------------------------------


def test_that_a_layout_comes_back_with_the_next_start(qtbot: QtBot, settings: QSettings) -> None:
    window, docks = opened(qtbot)
    window.resize(640, 480)
    docks["Scorecard"].hide()
    docks["Overview"].setFloating(True)
    docks.save(settings)
    again, restored = opened(qtbot)
    assert restored.restore(settings)
    assert again.size() == window.size()
    assert restored["Scorecard"].isHidden()
    assert restored["Overview"].isFloating()
    assert not restored["Trace"].isFloating()


def test_that_without_anything_kept_the_shipped_layout_stands(qtbot: QtBot, settings: QSettings) -> None:
    _, docks = opened(qtbot)
    assert not docks.restore(settings)
    assert not any(docks[title].isHidden() for title in TITLES)


@pytest.mark.parametrize("titles", [TITLES[:3], [*TITLES, "Newer"], ["Scorecard", "Trace", *TITLES[2:]]])
def test_that_a_layout_kept_of_other_docks_is_not_used(qtbot: QtBot, settings: QSettings, titles: list[str]) -> None:
    _, docks = opened(qtbot)
    for title in TITLES:
        docks[title].hide()
    docks.save(settings)
    _, newer = opened(qtbot, titles)
    assert not newer.restore(settings)
    assert not any(newer[title].isHidden() for title in titles), "no dock is lost by an update"


@pytest.mark.parametrize("key", ["docks", "geometry"])
def test_that_damaged_bytes_leave_every_dock_open_and_the_window_on_its_screen(
    qtbot: QtBot, settings: QSettings, key: str
) -> None:
    _, docks = opened(qtbot)
    docks.save(settings)
    settings.setValue(machine_key(key), QByteArray(b"\x00\x01damaged"))
    window, newer = opened(qtbot)
    newer.restore(settings)
    assert not any(newer[title].isHidden() for title in TITLES)
    assert window.screen().availableGeometry().intersects(window.frameGeometry())


def test_that_a_window_larger_than_its_screen_is_made_to_fit_and_a_smaller_one_is_left(qtbot: QtBot) -> None:
    window, docks = opened(qtbot)
    room = window.screen().availableGeometry().size()
    small = window.size()
    docks.fit()
    assert window.size() == small
    window.resize(room.width() * 2, small.height())
    docks.fit()
    assert window.width() <= room.width()
    assert window.height() == small.height()


# -- plain arithmetic ------------------------------------------------------------------------------------------------


@given(st.integers(400, 20_000))
def test_that_the_shares_of_a_window_fill_it_and_none_is_nothing(width: int) -> None:
    parts = shares(width)
    assert sum(parts) == width
    assert min(parts) > 0
    assert parts[1] <= width * 0.43


@given(st.integers(400, 10_000), st.integers(0, 3000))
def test_that_a_wider_window_takes_nothing_away_from_the_scorecard(width: int, more: int) -> None:
    assert shares(width + more)[1] >= shares(width)[1]


def caught(window: QRect, screen: QRect) -> bool:
    """True when the mouse can take hold of the top edge: 80 x 12 pixels of its upper 24, or its whole width."""
    wide = min(window.right(), screen.right()) - max(window.left(), screen.left()) + 1
    high = min(window.top() + 23, screen.bottom()) - max(window.top(), screen.top()) + 1
    return wide >= min(80, window.width()) and high >= 12


@given(RECTS, SCREENS)
def test_that_a_window_is_moved_only_when_it_could_not_be_caught(window: QRect, screens: list[QRect]) -> None:
    moved = on_screen(window, screens)
    assert any(caught(moved, screen) for screen in screens)
    assert on_screen(moved, screens) == moved, "once is enough"
    assert (moved == window) is any(caught(window, screen) for screen in screens)
    if moved != window:
        assert screens[0].contains(moved)
        assert moved.width() == min(window.width(), screens[0].width())
        assert moved.height() == min(window.height(), screens[0].height())
