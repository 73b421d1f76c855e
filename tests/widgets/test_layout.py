"""The layout that is kept: of the very docks and columns there are, whole, and as shipped where it is not."""

import logging
from pathlib import Path

import pytest
from PySide6.QtCore import QByteArray, QRect, QSettings, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMainWindow, QMenu, QWidget
from pytestqt.qtbot import QtBot

from app.widgets import theme as themes
from app.widgets.bridge import Bridge
from app.widgets.docks import Docks
from app.widgets.kept import edition, keep, kept, machine_key
from app.widgets.main_window import MainWindow

pytestmark = pytest.mark.window
TITLES = ("A", "B", "C", "D")
KEPT = ("geometry", "docks", "columns")


@pytest.fixture
def settings(tmp_path: Path) -> QSettings:
    made = QSettings(str(tmp_path / "desk.ini"), QSettings.Format.IniFormat)
    made.setValue("toured", "yes")
    return made


def opened(qtbot: QtBot, bridge: Bridge, settings: QSettings) -> MainWindow:
    window = MainWindow(bridge, themes.DARK, settings=settings)
    qtbot.addWidget(window)
    with qtbot.waitExposed(window):
        window.show()
    bridge.look()
    return window


def places(window: MainWindow) -> dict[str, QRect]:
    """Where the docks in front stand; tabs behind them have none."""
    shown = (title for title in window.docks.titles() if not window.docks[title].visibleRegion().isEmpty())
    return {title: window.docks[title].geometry() for title in shown}


def test_that_without_a_kept_layout_the_docks_stand_in_three_columns(
    qtbot: QtBot, bridge: Bridge, settings: QSettings
) -> None:
    window = opened(qtbot, bridge, settings)
    assert set(places(window)) == {"Impact trace", "Scorecard", "Drill-down"}
    assert min(place.width() for place in places(window).values()) >= window.width() // 5


@pytest.mark.parametrize("damage", ["older docks", "cut", "no bytes", "no mark"])
def test_that_a_layout_of_other_docks_or_a_damaged_one_is_not_used_and_said_once(
    qtbot: QtBot, bridge: Bridge, settings: QSettings, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    shipped = opened(qtbot, bridge, settings)
    expected = places(shipped)
    shipped.close()
    if damage == "older docks":
        state = strange_state(qtbot)
        settings.setValue(machine_key("docks"), state)
    elif damage == "cut":
        settings.setValue(machine_key("docks"), settings.value(machine_key("docks"))[:100])
    elif damage == "no bytes":
        settings.setValue(machine_key("docks"), "three docks")
    else:
        settings.remove(machine_key("docks-of"))
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            window = opened(qtbot, bridge, settings)
            assert places(window) == expected
            settings.remove(machine_key("geometry"))
    assert [record.message for record in caplog.records if "docks" in record.message] == [
        "desk: the kept docks is of another set of parts, or damaged: it is not used, the shipped one is"
    ]


def strange_state(qtbot: QtBot) -> QByteArray:
    """A layout of docks that this desk does not have."""
    window = QMainWindow()
    qtbot.addWidget(window)
    docks = Docks(window)
    for title in ("Fills and children", "Scorecard"):
        docks.add(title, QWidget())
    return window.saveState(3)


def test_that_what_is_kept_is_of_one_edition_and_comes_back_whole(settings: QSettings) -> None:
    state, of = QByteArray(b"\x00\x01 a layout"), edition(TITLES, 1)
    keep(settings, "docks", state, of)
    assert kept(settings, "docks", of) == state
    assert edition(reversed(TITLES), 1) == of
    for other in (edition(TITLES[:3], 1), edition(TITLES, 2)):
        keep(settings, "docks", state, of)
        assert kept(settings, "docks", other) is None
        assert settings.value(machine_key("docks")) is None, "it is not asked for again"


def test_that_the_window_on_the_next_start_stands_as_it_was_left(
    qtbot: QtBot, bridge: Bridge, settings: QSettings
) -> None:
    first = opened(qtbot, bridge, settings)
    first.docks.show("Why")
    first.docks.show("Order panel")
    qtbot.waitUntil(lambda: set(places(first)) == {"Impact trace", "Why", "Order panel"})
    before = places(first)
    first.close()
    assert all(settings.value(machine_key(name)) is not None for name in KEPT)
    assert places(opened(qtbot, bridge, settings)) == before


def test_that_reset_layout_brings_back_what_was_shipped(window: MainWindow, qtbot: QtBot) -> None:
    expected = places(window)
    window.docks["Scorecard"].hide()
    window.docks["Drill-down"].setFloating(True)
    window.tabifyDockWidget(window.docks["Impact trace"], window.docks["Why"])
    window.blotter.grid.setColumnHidden(0, True)
    window.commands.run("layout")
    qtbot.waitUntil(lambda: set(places(window)) == set(expected))
    assert not window.docks["Drill-down"].isFloating()
    assert not window.blotter.grid.isColumnHidden(0)
    qtbot.waitUntil(lambda: all(abs(places(window)[t].width() - expected[t].width()) <= 2 for t in expected))


@pytest.mark.qt_log_ignore("does not support grabbing")
def test_that_the_view_button_offers_every_dock_and_the_reset(window: MainWindow, qtbot: QtBot) -> None:
    menu = window.createPopupMenu()
    words = [action.text().split("\t")[0] for action in menu.actions()]
    assert words[: len(window.docks.titles())] == window.docks.titles()
    assert "Reset layout" in words
    menu.actions()[words.index("Scorecard")].trigger()
    assert window.docks["Scorecard"].isHidden()
    menu.actions()[words.index("Reset layout")].trigger()
    assert not window.docks["Scorecard"].isHidden()
    window.health.view_button.click()
    qtbot.waitUntil(lambda: any(found.isVisible() for found in window.findChildren(QMenu)))
    for found in window.findChildren(QMenu):
        found.close()
    QTest.qWait(0)


def test_that_a_window_too_large_for_its_screen_is_made_to_fit(qtbot: QtBot) -> None:
    window = QMainWindow()
    qtbot.addWidget(window)
    room = window.screen().availableGeometry()
    docks = Docks(window)
    window.resize(room.width() + 500, 300)
    docks.fit()
    assert room.width() - 100 < window.width() <= room.width()
    assert window.height() == 300
    window.resize(300, 200)
    docks.fit()
    assert (window.width(), window.height()) == (300, 200)


# -- a few orders ----------------------------------------------------------------------------------------------------


def settle(window: MainWindow, qtbot: QtBot) -> None:
    """Until the docks have the sizes they were asked to take."""
    qtbot.waitUntil(lambda: window.room.left is not None)


def test_that_a_single_order_leaves_the_room_to_the_trace_and_the_reactions_under_it(
    qtbot: QtBot, bridge: Bridge, settings: QSettings
) -> None:
    window = opened(qtbot, bridge, settings)
    tabbed, tall = window.docks["Reaction"], window.blotter.height()
    assert window.tabifiedDockWidgets(tabbed)
    window.share_room(1)
    settle(window, qtbot)
    found = places(window)
    trace, reaction = found["Impact trace"], found["Reaction"]
    assert reaction.left() == trace.left()
    assert reaction.top() >= trace.bottom()
    assert trace.height() > reaction.height() > 200
    qtbot.waitUntil(lambda: window.blotter.height() < tall - 80)  # four rows at least
    assert window.drill_side.reaction.isVisible()
    window.share_room(2_000)
    assert window.tabifiedDockWidgets(tabbed), "many orders take their room back"
    qtbot.waitUntil(lambda: window.blotter.height() > tall - 40)


def test_that_room_is_shared_anew_as_orders_come_until_the_trader_arranges_it(
    qtbot: QtBot, bridge: Bridge, settings: QSettings
) -> None:
    window = opened(qtbot, bridge, settings)
    trace = window.docks["Impact trace"]
    window.share_room(1)
    settle(window, qtbot)
    one = trace.height()
    window.share_room(6)
    settle(window, qtbot)
    assert trace.height() < one, "five orders more need five lines"
    window.resizeDocks([trace], [250], Qt.Orientation.Vertical)
    qtbot.waitUntil(lambda: trace.height() < 300)
    own = trace.height()
    window.share_room(8)
    window.share_room(9)
    QApplication.processEvents()
    assert trace.height() == own
    window.reset_layout()
    assert window.tabifiedDockWidgets(window.docks["Reaction"])


def test_that_a_layout_that_was_kept_is_not_touched_for_a_few_orders(
    qtbot: QtBot, bridge: Bridge, settings: QSettings
) -> None:
    first = opened(qtbot, bridge, settings)
    first.close()
    again = opened(qtbot, bridge, settings)
    before = places(again)
    again.share_room(1)
    QApplication.processEvents()
    assert places(again) == before
