"""A window's second stage: what is not in the first frame comes in turns, and at once when it is asked for earlier."""

import pytest
from pytestqt.qtbot import QtBot

from app.widgets import theme as themes
from app.widgets.bridge import Bridge
from app.widgets.main_window import MainWindow
from tests.widgets.conftest import Hand

pytestmark = pytest.mark.window


@pytest.fixture
def staged(qtbot: QtBot, bridge: Bridge) -> MainWindow:
    """A window as its first frame shows it."""
    made = MainWindow(bridge, themes.DARK, staged=True)
    qtbot.addWidget(made)
    with qtbot.waitExposed(made):
        made.show()
    bridge.look()
    return made


def test_that_a_staged_window_shows_its_orders_before_its_charts_are_there(
    staged: MainWindow, bridge: Bridge, qtbot: QtBot
) -> None:
    window = staged
    window.commands.run("unzoom")
    window.horizon_wanted.emit(3)
    bridge.look()
    assert (window.is_complete, len(window.blotter.table.order) > 0) == (False, True)
    bridge.choose_id("P100003")
    assert "P100003" in window.scorecard.heading.text()
    window.complete_in_turns()
    turns = 0
    while not hasattr(window, "trace"):
        assert not window.is_complete, "a part a turn"
        bridge.look()
        turns += 1
        window.complete_in_turns()
    trace = window.trace
    assert turns > 1
    window.commands.run("unzoom")
    window.horizon_wanted.emit(3)
    qtbot.waitUntil(lambda: window.is_complete)
    window.complete()
    assert window.trace is trace
    assert trace.course is not None
    assert trace._heading.text().split()[0] == "P100003"
    assert trace.plots.clock.where == window.following.where
    assert window.docks["Impact trace"].widget() is trace
    assert window.docks["Reaction"].widget() is window.drill_side.reaction
    side = window.drill_side
    assert {side.drill.where, window.scorecard.where} == {window.following.where}
    assert side.drill.crumbs.text() == "P100003"
    assert side.panel.bound is not None
    assert side.panel.bound.parent_id == "P100003"
    assert window.docks["Drill-down"].widget() is side.drill
    assert window.docks["Order panel"].widget() is side.panel


@pytest.mark.parametrize("early", ["enter", "why", "kill", "act"])
def test_that_whoever_asks_for_a_part_before_its_turn_gets_it_at_once(staged: MainWindow, early: str) -> None:
    window, side = staged, staged.drill_side
    assert not side.is_asking()
    assert not side.back()
    if early == "enter":
        window.drilled.emit()
    elif early == "why":
        side.explain("parents", "is_ccy", window.bridge.pad.parents[0])
    elif early == "kill":
        side.open_kill()
    else:
        side.act("switch")
    assert window.is_complete
    assert side.panel.bound is not None
    assert side.panel.bound.parent_id == window.bridge.wanted
    window.change_theme()
    assert {part.theme for part in (side.drill, side.panel, side.why, side.diagnostics)} == {themes.LIGHT}
    window.change_theme()


def test_that_a_stale_board_greys_parts_that_come_later_too(staged: MainWindow, clock: Hand, bridge: Bridge) -> None:
    clock.ns += 5_000_000_000
    bridge.look()
    assert bridge.pad.pulse.stale
    staged.complete()
    side = staged.drill_side
    assert [part.faded for part in (side.panel, side.drill.tape.ladder, side.reaction, staged.trace)] == [True] * 4


def test_that_alerts_of_a_board_that_was_there_first_come_with_the_whole_window(staged: MainWindow) -> None:
    assert not staged.alerts.alerts.open, "noted, not looked at"
    assert not staged.overlays.toasts.isVisible()
    staged.bridge.look()
    staged.complete()
    staged.bridge.look()
    pad = staged.bridge.pad
    grave = [row for row in pad.parents if pad.text(int(row["level"])) in {"AMBER", "RED"}]
    over = {"done"}
    live = {pad.text(int(row["parent_id"])) for row in grave if pad.text(int(row["state"])) not in over}
    assert live
    assert set(staged.alerts.alerts.open) <= live
    assert staged.overlays.toasts.isVisible()
