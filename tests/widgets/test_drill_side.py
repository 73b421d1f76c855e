"""The analysis side in the window: everything is about the chosen order, and nothing is sent for another one."""

from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.widgets import theme as themes
from app.widgets.bridge import Bridge
from app.widgets.drill import CHILDREN, FILLS
from app.widgets.drill_side import AGAIN_NS, REACTION, DrillSide
from app.widgets.grid import ROW_HEIGHT, Grid
from app.widgets.main_window import MainWindow
from app.widgets.ports import Ports
from app.widgets.sheet import LINE
from tests.widgets.conftest import Hand
from tests.widgets.fakes import MESSAGE, Control, Tape
from tests.widgets.filler import DAY, OPEN, Filler

pytestmark = pytest.mark.slow  # processes, whole days or whole windows


@pytest.fixture
def tape() -> Tape:
    return Tape()


@pytest.fixture
def control() -> Control:
    return Control()


@pytest.fixture
def window(qtbot: QtBot, bridge: Bridge, tape: Tape, control: Control) -> Iterator[MainWindow]:
    made = MainWindow(bridge, themes.DARK, ports=Ports(switch=control, lookback=tape))
    qtbot.addWidget(made)
    with qtbot.waitExposed(made):
        made.show()
    bridge.look()
    while not bridge.pad.settled():
        bridge.look()
    bridge.choose_id("P100000")
    yield made
    made.close()


@pytest.fixture
def side(window: MainWindow) -> DrillSide:
    return window.drill_side


def press(grid: Grid, where: QPoint) -> None:
    at, left = QPointF(where), Qt.MouseButton.LeftButton
    for kind in (QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonRelease):
        event = QMouseEvent(kind, at, grid.viewport().mapToGlobal(at), left, left, Qt.KeyboardModifier.NoModifier)
        QApplication.sendEvent(grid.viewport(), event)


def test_that_an_order_is_drilled_to_its_message_and_its_book_by_keys_and_one_click(
    window: MainWindow, side: DrillSide, tape: Tape, qtbot: QtBot
) -> None:
    window.blotter.grid.setFocus()
    QTest.keyClick(window.blotter.grid, Qt.Key.Key_Return)
    assert side.drill.grids[CHILDREN].hasFocus()
    QTest.keyClick(side.drill.grids[CHILDREN], Qt.Key.Key_Return)
    grid = side.drill.grids[FILLS]
    assert side.drill.tabs.currentIndex() == FILLS
    assert len(grid.table.rows) == 1
    grid.viewport().repaint()
    where = QPoint(30, grid.rowViewportPosition(0) + ROW_HEIGHT // 2)
    QTest.mouseClick(grid.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, where)
    qtbot.waitUntil(lambda: side.drill.tape.raw.raw == MESSAGE and bool(side.drill.tape.ladder.levels), timeout=5000)
    fill = grid.table.rows[0]
    instrument = window.bridge.pad.text(int(window.bridge.pad.parents[0]["instrument"]))
    assert ("raw", "orders", int(fill["seq"])) in tape.asked
    assert ("ladder", instrument, int(fill["ts_match"]), None) in tape.asked
    grid.setFocus()
    window.back()
    assert side.drill.tabs.currentIndex() == CHILDREN
    assert side.drill.child is None


def test_that_every_part_follows_the_choice_at_once_and_the_panel_disarms(
    window: MainWindow, side: DrillSide, control: Control, qtbot: QtBot
) -> None:
    qtbot.waitUntil(lambda: side.panel.menu is not None, timeout=5000)
    side.act("switch")
    qtbot.waitUntil(side.panel.view.confirm.isEnabled, timeout=5000)
    window.bridge.choose_id("P100003")
    assert not side.panel.view.confirm.isEnabled()
    assert side.panel.bound is not None
    assert side.panel.bound.parent_id == "P100003"
    assert side.drill.crumbs.text() == "P100003"
    assert {window.bridge.pad.text(int(i)) for i in side.drill.grids[FILLS].table.rows["parent_id"]} == {"P100003"}
    side.panel.view.confirm.fired.emit()
    assert control.sent == []


def test_that_a_resort_storm_under_clicks_never_acts_on_another_order(
    window: MainWindow, side: DrillSide, control: Control, filler: Filler, clock: Hand, qtbot: QtBot
) -> None:
    grid, random = window.blotter.grid, np.random.default_rng(5)
    for step in range(200):
        filler.change(30, OPEN + DAY * 3 // 4 + step)
        clock.ns += 400_000_000
        window.bridge.look()
        grid.viewport().repaint()
        line = grid.shown_lines().start + int(random.integers(0, 8))
        seen = grid.seen(line)
        where = QPoint(300, grid.rowViewportPosition(line) + ROW_HEIGHT // 2)
        grid.order_by(["is_ccy", "slip_arrival_bps", "order_qty"][step % 3], descending=bool(step % 2))
        press(grid, where)  # at once: nothing is painted between the sort and the click
        expected = window.bridge.pad.text(int(window.bridge.pad.parents["parent_id"][window.bridge.row]))
        assert window.bridge.row == seen, "what the eye saw under the mouse, not what stands there now"
        assert side.panel.bound is not None
        assert side.panel.bound.parent_id == expected
        assert side.drill.crumbs.text().split()[0] == expected
        assert window.scorecard.heading.text().split("<b>")[1].split("</b>")[0] == expected
        assert not side.panel.view.confirm.isEnabled()
    assert control.sent == []


def test_that_stale_figures_disarm_the_panel_and_grey_the_side(
    window: MainWindow, side: DrillSide, control: Control, filler: Filler, clock: Hand, qtbot: QtBot
) -> None:
    qtbot.waitUntil(lambda: side.panel.menu is not None, timeout=5000)
    side.act("switch")
    qtbot.waitUntil(side.panel.view.confirm.isEnabled, timeout=5000)
    clock.ns += 3_000_000_000
    window.bridge.look()
    assert not side.panel.view.confirm.isEnabled()
    assert [part.faded for part in (side.panel, side.drill.tape.ladder, side.reaction)] == [True] * 3
    filler.writer.heartbeat()
    window.bridge.look()
    assert [part.faded for part in (side.panel, side.drill.tape.ladder, side.reaction)] == [False] * 3
    assert not side.panel.view.confirm.isEnabled(), "alive again, but not armed again"
    assert control.sent == []


def test_that_newer_figures_of_the_same_order_come_a_few_times_a_second(
    window: MainWindow, side: DrillSide, filler: Filler, clock: Hand
) -> None:
    more = filler.fills[filler.fills["parent_row"] == 0][:1].copy()
    had = len(side.drill.grids[FILLS].table.rows)
    for extra in range(2):
        more["fill_id"] = filler.writer.intern(f"LATE{extra}")
        filler.writer.put("fills", np.array([len(filler.fills) + extra]), more)
        filler.writer.beat(OPEN + DAY + extra)
        window.bridge.look()
    assert len(side.drill.grids[FILLS].table.rows) == had
    clock.ns += AGAIN_NS
    filler.writer.heartbeat()
    window.bridge.look()
    assert len(side.drill.grids[FILLS].table.rows) == had + 2


def test_that_any_number_can_be_asked_why(window: MainWindow, side: DrillSide, qtbot: QtBot) -> None:
    parts = window.scorecard.parts
    QTest.mouseClick(parts, Qt.MouseButton.LeftButton, pos=QPoint(parts.width() // 2, 2 * LINE + LINE // 2))
    assert side.why.title.text().startswith("Amend:")
    assert side.why.isVisible()
    columns = [column.name for column in window.blotter.table.columns]
    line = window.blotter.table.line_of(window.bridge.row)
    window.blotter.grid.doubleClicked.emit(window.blotter.table.index(line, columns.index("slip_arrival_bps")))
    assert side.why.title.text().startswith("Slippage:")
    window.blotter.grid.doubleClicked.emit(window.blotter.table.index(line, columns.index("algo")))
    assert side.why.title.text().startswith("algo:")


def test_that_moments_of_the_tape_are_asked_for_from_crosshair_fill_and_why(
    window: MainWindow, side: DrillSide, qtbot: QtBot
) -> None:
    asked: list[int] = []
    window.past_wanted.connect(asked.append)
    window.commands.run("replay-cursor")
    assert asked == []
    window.trace.pointed.emit(1_700_145_000_123_456_789)
    window.commands.run("replay-cursor")
    side.drill._pick(FILLS, 0)
    side.drill.tape.replay.click()
    assert asked == [1_700_145_000_123_456_789, int(side.drill.grids[FILLS].table.rows[0]["ts_match"])]


def test_that_a_part_behind_another_does_no_work_and_never_shows_the_order_before(
    window: MainWindow, side: DrillSide, qtbot: QtBot
) -> None:
    assert side.reaction.found == {}
    assert side.diagnostics.sheet.lines == ()

    def worked() -> bool:
        window.bridge.look()
        return bool(side.reaction.found)

    window.docks.show("Reaction")
    qtbot.waitUntil(worked, timeout=5000)
    assert side.reaction.found["new"].events == 120
    window.docks.show("Scorecard")
    qtbot.waitUntil(lambda: REACTION not in side._seen, timeout=5000)
    window.bridge.choose_id("P100003")
    assert side.reaction.found == {}
    window.docks.show("Reaction")
    qtbot.waitUntil(worked, timeout=5000)
    assert side.reaction.found["new"].events == 3
    window.docks.show("Diagnostics")

    def told() -> bool:
        window.bridge.look()
        return len(side.diagnostics.sheet.lines) > 5

    qtbot.waitUntil(told, timeout=5000)


def test_that_a_horizon_key_reads_the_reaction_there(window: MainWindow, side: DrillSide, qtbot: QtBot) -> None:
    QTest.keyClick(window, Qt.Key.Key_5)

    def read() -> bool:
        window.bridge.look()
        return side.reaction.readout.text().startswith("1s:  new ")

    qtbot.waitUntil(read, timeout=5000)
    assert "markout" in side.reaction.readout.text()


def test_that_order_actions_need_a_chord_and_open_a_preflight_only(
    window: MainWindow, side: DrillSide, control: Control, qtbot: QtBot
) -> None:
    qtbot.waitUntil(lambda: side.panel.menu is not None, timeout=5000)
    QTest.keySequence(window, "Ctrl+O, S")
    qtbot.waitUntil(lambda: side.panel.found is not None, timeout=5000)
    assert side.panel.isVisible()
    assert control.sent == []
    QTest.keySequence(window, "Ctrl+O, K")
    assert side.kill is not None
    assert side.kill.isVisible()
    assert side.kill.scope.currentData() == "parent:P100000"
    assert control.killed_scopes == []
    side.kill.close()


def test_that_a_desk_without_control_and_tape_says_so_and_offers_no_order_action(qtbot: QtBot, bridge: Bridge) -> None:
    made = MainWindow(bridge, themes.DARK)
    qtbot.addWidget(made)
    bridge.look()
    assert made.drill_side.kill is None
    made.drill_side.open_kill()
    assert not any(command.order for command in made.commands)
    assert "Telephone the broker" in made.drill_side.panel.view.words.text()
    made.close()
