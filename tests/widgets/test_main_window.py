"""The window: one choice that everything follows, one truth about whether it can be trusted, the board's figures."""

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QSettings, Qt
from PySide6.QtTest import QAbstractItemModelTester, QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.board import BoardWriter
from app.board.files import as_bytes
from app.widgets import format as text
from app.widgets import theme as themes
from app.widgets.blotter_columns import BLOTTER
from app.widgets.bridge import Bridge
from app.widgets.drill import CHILDREN, FILLS
from app.widgets.grid import ROW_HEIGHT
from app.widgets.main_window import MainWindow
from app.widgets.pad import Pad
from app.widgets.playback import PlaybackBar, progress, speed_word
from app.widgets.ports import Ports
from tests.widgets.conftest import Hand
from tests.widgets.filler import DAY, OPEN, Filler

SECOND = 10**9
NAMES = [column.name for column in BLOTTER]


def shown_order(window: MainWindow) -> set[str]:
    """Every place on the screen that names an order, and the one that is highlighted."""
    pad, grid = window.bridge.pad, window.blotter.grid
    named = {pad.text(int(pad.parents["parent_id"][window.bridge.row]))}
    named.add(window.scorecard.heading.text().split("<b>")[1].split("</b>")[0])
    named.add(window.trace._heading.text().split()[0])
    named.add(pad.text(int(pad.parents["parent_id"][grid.chosen])))
    for place in (CHILDREN, FILLS):
        named |= {pad.text(int(row["parent_id"])) for row in window.drill_side.drill.grids[place].table.rows}
    bound = window.drill_side.panel.bound
    named |= {bound.parent_id} if bound else set()
    return named


def test_that_the_first_line_is_chosen_at_start(window: MainWindow) -> None:
    assert window.bridge.row == window.blotter.table.order[0]
    assert len(shown_order(window)) == 1


def test_that_every_part_shows_the_order_that_is_highlighted(window: MainWindow, filler: Filler, clock: Hand) -> None:
    grid = window.blotter.grid
    for step in range(12):
        QTest.keyClick(grid, Qt.Key.Key_J if step % 3 else Qt.Key.Key_End)
        expected = shown_order(window)
        assert len(expected) == 1
        filler.change(40, OPEN + DAY * 3 // 4 + step)
        clock.ns += 2 * SECOND  # time enough for rows to move
        filler.writer.heartbeat()
        window.bridge.look()
        grid.order_by(NAMES[5 + step % 6], descending=bool(step % 2))
        assert shown_order(window) == expected


def test_that_figures_on_screen_are_the_boards_while_it_changes(
    window: MainWindow, filler: Filler, clock: Hand
) -> None:
    tester = QAbstractItemModelTester(window.blotter.table, QAbstractItemModelTester.FailureReportingMode.Fatal)
    column = NAMES.index("slip_arrival_bps")
    for step in range(5):
        changed = filler.change(20, OPEN + DAY * 3 // 4 + step)
        clock.ns += SECOND // 30
        assert window.bridge.look().parents.tolist() == changed.tolist()
        for line, row in enumerate(window.blotter.table.order.tolist()):
            assert window.blotter.table.index(line, column).data() == text.arrowed(
                filler.parents["slip_arrival_bps"][row]
            )
    tester.deleteLater()


def test_that_rows_do_not_move_under_the_hand(window: MainWindow, filler: Filler, clock: Hand) -> None:
    grid = window.blotter.grid
    clock.ns += 5 * SECOND
    where = QPoint(400, grid.rowViewportPosition(3) + ROW_HEIGHT // 2)
    expected = int(window.blotter.table.order[3])
    QTest.mouseClick(grid.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, where)
    assert window.bridge.row == expected
    before = window.blotter.table.order.copy()
    filler.parents["is_ccy"] = -filler.parents["is_ccy"]
    filler.change(filler.n_parents * 20, OPEN + DAY)
    clock.ns += SECOND // 2
    window.bridge.look()
    assert window.blotter.table.order.tolist() == before.tolist(), "half a second after a click"
    clock.ns += SECOND
    filler.writer.heartbeat()
    assert not len(window.bridge.look().parents)
    assert window.blotter.table.order.tolist() != before.tolist(), "what came last is put in order too"
    assert window.bridge.row == expected


def test_that_a_filter_that_hides_the_chosen_order_says_so_and_keeps_it(window: MainWindow) -> None:
    chosen = window.bridge.row
    side = window.bridge.pad.text(int(window.bridge.pad.parents["side"][chosen]))
    QTest.keyClick(window, Qt.Key.Key_Slash)
    QTest.keyClicks(window.blotter.search, f"side:{'sell' if side == 'BUY' else 'buy'}")
    assert window.blotter.table.line_of(chosen) == -1
    assert "chosen order filtered out" in window.blotter.count.text()
    assert window.bridge.row == chosen
    assert len(shown_order(window)) == 1
    QTest.keyClick(window.blotter.search, Qt.Key.Key_Escape)
    assert window.blotter.search.text() == ""
    assert window.blotter.count.text() == f"{len(window.bridge.pad.parents)} orders"


def test_that_fills_and_children_are_those_of_the_chosen_order(window: MainWindow, filler: Filler) -> None:
    for order in ("P100000", "P100005"):
        assert window.bridge.choose_id(order)
        row = window.bridge.row
        expected = as_bytes(filler.fills)[filler.fills["parent_row"] == row]
        fills, children = (window.drill_side.drill.grids[place].table.rows for place in (FILLS, CHILDREN))
        assert fills.tobytes() == expected.tobytes()
        assert np.all(children["parent_row"] == row)
    assert not window.bridge.choose_id("no such order")
    assert window.bridge.row == row


def test_that_a_stale_board_greys_everything_and_says_why(window: MainWindow, filler: Filler, clock: Hand) -> None:
    parts = (window.blotter.grid, window.trace, window.scorecard, window.drill_side.drill.grids[FILLS])
    assert not any(part.faded for part in parts)
    assert not window.alarm.isVisible()
    clock.ns += 3 * SECOND
    window.bridge.look()
    assert all(part.faded for part in parts)
    assert window.alarm.isVisible()
    assert "silent for 3.0 s" in window.alarm.text()
    assert "STALE" in window.health.life.text()
    filler.writer.heartbeat()
    window.bridge.look()
    assert not any(part.faded for part in parts)
    assert not window.alarm.isVisible()


def test_that_an_ended_run_is_not_stale_and_shows_both_hashes(window: MainWindow, filler: Filler) -> None:
    filler.writer.meta("run_hash", "ab" * 32)
    filler.writer.meta("output_hash", "cd" * 32)
    filler.writer.close()
    window.bridge.look()
    assert "ENDED" in window.health.life.text()
    assert "ababababab" in window.health.hashes.text()
    assert "cdcdcdcdcd" in window.health.hashes.text()
    assert "cd" * 32 in window.health.hashes.toolTip()
    assert not window.blotter.grid.faded


def test_that_the_strip_names_sources_their_state_and_what_came_late(window: MainWindow) -> None:
    words = window.health.sources.text()
    assert "lobster" in words
    assert "20,000 rows" in window.health.sources.toolTip()
    assert "3 late" in words
    assert "3 late market rows" in window.health.hashes.text()
    assert "engine p99" in window.health.engine.text()
    assert "fixlog: gap" in window.health.sources.toolTip()
    assert "generated day" in window.health.session.text()


def test_that_a_click_on_the_clock_turns_every_time_to_utc_and_back(window: MainWindow) -> None:
    column = NAMES.index("last_ts")
    watermark = OPEN + DAY * 3 // 4
    ts = int(window.blotter.table.rows["last_ts"][window.blotter.table.order[0]])
    new_york, utc = text.zone("America/New_York"), text.zone(None)
    for zone, named in ((new_york, "America/New_York"), (utc, "UTC"), (new_york, "America/New_York")):
        assert text.clock(watermark, zone) in window.health.clock.text()
        assert named in window.health.clock.text()
        assert window.blotter.table.index(0, column).data() == text.clock(ts, zone)
        QTest.mouseClick(window.health.clock, Qt.MouseButton.LeftButton)


def test_that_a_new_engine_on_the_same_folder_keeps_the_choice_by_its_name(
    window: MainWindow, filler: Filler, tmp_path: Path
) -> None:
    window.bridge.choose_id("P100007")
    filler.writer.close()
    again = Filler(filler.writer.folder, parents=20, seed=8)
    window.bridge.look()
    assert window.bridge.row == 7
    assert shown_order(window) == {"P100007"}
    assert len(window.blotter.table.rows) == 20
    again.writer.close()


def test_that_an_order_asked_for_early_is_chosen_when_it_comes(qtbot: QtBot, tmp_path: Path, clock: Hand) -> None:
    bridge = Bridge(Pad(tmp_path / "later"), clock)
    window = MainWindow(bridge, themes.DARK)
    qtbot.addWidget(window)
    window.show()
    bridge.look()
    assert "WAITING" in window.health.life.text()
    assert window.alarm.isVisible()
    assert not bridge.choose_id("P100003")
    made = Filler(tmp_path / "later", parents=10, points=100)
    bridge.look()
    assert bridge.row == 3
    made.writer.close()


def test_that_the_theme_changes_at_once_everywhere(window: MainWindow, qapp: QApplication) -> None:
    QTest.keySequence(window, "Ctrl+L")
    assert window.blotter.grid.theme is themes.LIGHT
    assert window.scorecard.parts.theme is themes.LIGHT
    assert qapp.palette().window().color().name() == themes.LIGHT.ground
    QTest.keySequence(window, "Ctrl+L")
    assert window.trace.theme is themes.DARK


def test_that_a_fault_of_the_desk_is_shown_and_stays(window: MainWindow) -> None:
    window.show_fault("KeyError: x")
    window.bridge.look()
    assert window.alarm.isVisible()
    assert "KeyError: x" in window.alarm.text()


def test_that_the_layout_is_kept_between_starts(qtbot: QtBot, bridge: Bridge, tmp_path: Path) -> None:
    settings = QSettings(str(tmp_path / "desk.ini"), QSettings.Format.IniFormat)
    first = MainWindow(bridge, themes.LIGHT, settings=settings)
    qtbot.addWidget(first)
    first.resize(1234, 876)
    first.show()
    first.close()
    assert settings.value("theme") == "light"
    second = MainWindow(bridge, themes.LIGHT, settings=settings)
    qtbot.addWidget(second)
    second.show()
    assert abs(second.height() - 876) <= 2 or second.height() <= second.screen().availableGeometry().height()
    assert second.screen().availableGeometry().intersects(second.frameGeometry())


def test_that_the_bridge_looks_at_every_frame_until_the_window_closes(
    window: MainWindow, qtbot: QtBot, filler: Filler
) -> None:
    looks: list[object] = []
    window.bridge.pulled.connect(looks.append)
    window.bridge.start()
    qtbot.waitUntil(lambda: len(looks) >= 5)
    window.close()
    assert not window.bridge._timer.isActive()


class Asked:
    def __init__(self) -> None:
        self.calls: list[object] = []

    def set_speed(self, speed: float | None) -> None:
        self.calls.append(speed)

    def pause(self) -> None:
        self.calls.append("pause")

    def resume(self) -> None:
        self.calls.append("resume")


def test_that_playback_asks_and_waits_for_the_boards_word(qtbot: QtBot, filler: Filler, clock: Hand) -> None:
    asked = Asked()
    bar, pad = PlaybackBar(asked, themes.DARK), Pad(filler.writer.folder)
    qtbot.addWidget(bar)
    pad.pull(clock())
    bar.show_state(pad, "")
    assert bar.speeds["10"].isChecked()
    QTest.mouseClick(bar.speeds["flat"], Qt.MouseButton.LeftButton)
    QTest.mouseClick(bar.play, Qt.MouseButton.LeftButton)
    assert asked.calls == [None, "pause"]
    bar.show_state(pad, "")
    assert bar.speeds["flat"].property("pending")
    assert bar.play.property("pending")
    filler.writer.meta("speed", "flat")
    filler.writer.meta("state", "paused")
    bar.show_state(pad, "")
    assert not bar.speeds["flat"].property("pending")
    assert bar.speeds["flat"].isChecked()
    assert bar.play.text() == "Play"
    QTest.mouseClick(bar.play, Qt.MouseButton.LeftButton)
    assert asked.calls[-1] == "resume"
    filler.writer.meta("state", "ended")
    bar.show_state(pad, "")
    assert bar.play.text() == "Ended"
    assert not bar.play.isEnabled()


def test_that_progress_is_event_time_over_the_session() -> None:
    meta = {"start_ns": str(OPEN), "end_ns": str(OPEN + DAY)}
    fraction, words = progress(OPEN + DAY // 4, meta, "")
    assert fraction == 0.25
    assert words == "16:00:00   25.0 % of 6 h 00 min"
    assert progress(OPEN, {}, "") == (0.0, "14:30:00")
    assert progress(-(2**63), meta, "") == (0.0, "not started")
    assert progress(OPEN + 2 * DAY, meta, "")[0] == 1.0
    assert [speed_word(speed) for speed in (1.0, 2.5, None)] == ["1", "2.5", "flat"]


def test_that_a_key_pauses(qtbot: QtBot, bridge: Bridge) -> None:
    asked = Asked()
    window = MainWindow(bridge, themes.DARK, ports=Ports(playback=asked))
    qtbot.addWidget(window)
    with qtbot.waitExposed(window):
        window.show()
    bridge.look()
    window.blotter.grid.setFocus()
    QTest.keyClick(window, Qt.Key.Key_Space, Qt.KeyboardModifier.ControlModifier)
    assert asked.calls == ["pause"]


@pytest.mark.parametrize("arrival", [True, False])
def test_that_the_trace_measures_from_arrival_or_says_from_what(
    window: MainWindow, filler: Filler, arrival: bool
) -> None:
    if not arrival:
        filler.parents["arrival_mid"][0] = np.nan
        filler.writer.put("parents", np.array([0]), filler.parents[:1])
        filler.writer.beat(OPEN + DAY)
    window.bridge.choose_id("P100000")
    for _ in range(3):
        window.bridge.look()
    course = window.trace.course
    assert course is not None
    first = float(course.path.mid.values[0])
    assert course.reference == (filler.parents["arrival_mid"][0] if arrival else first)
    assert ("vs arrival" if arrival else "no arrival mid") in course.title


def test_that_a_writer_is_never_needed_twice(filler: Filler) -> None:
    filler.writer.close()
    with BoardWriter(filler.writer.folder) as writer:
        assert writer.epoch == 2
