"""What stands around the blotter: alerts on the screen, journal, tour, overview, docks, playback, sparks."""

from datetime import UTC
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QRect, QSettings, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QTabBar, QWidget
from pytestqt.qtbot import QtBot

from app.engine.units import NULL
from app.widgets import theme as themes
from app.widgets.blotter_columns import BLOTTER, age, attention, limit_distance
from app.widgets.bridge import Bridge
from app.widgets.docks import Docks, on_screen
from app.widgets.glyphs import Glyphs
from app.widgets.journal import FILE, TITLES, stamp
from app.widgets.main_window import COMPACT, MainWindow
from app.widgets.pad import Pad
from app.widgets.past import Past
from app.widgets.playback import PlaybackBar, time_of
from app.widgets.ports import Ports
from app.widgets.sparks import POINTS, STEP_NS, Sparks
from app.widgets.tour import HINTS
from tests.widgets.conftest import Hand
from tests.widgets.fakes import Tape
from tests.widgets.filler import DAY, OPEN, Filler
from tests.widgets.test_commands import Player

SECOND = 10**9
NAMES = [column.name for column in BLOTTER]


def turn(filler: Filler, row: int, level: str, state: str = "live", done: float = 0.5) -> None:
    rows = filler.parents
    rows["level"][row], rows["state"][row] = filler.writer.intern(level), filler.writer.intern(state)
    rows["filled_qty"][row] = int(rows["order_qty"][row] * done)
    filler.writer.put("parents", np.array([row]), rows[row : row + 1])


@pytest.fixture
def calm(filler: Filler, window: MainWindow) -> MainWindow:
    """A desk on which nothing asks for eyes."""
    for row in range(filler.n_parents):
        turn(filler, row, "GREEN")
    filler.writer.beat(OPEN + DAY)
    window.bridge.look()
    window.overlays.toasts.clear()
    return window


def alarm(window: MainWindow, filler: Filler, clock: Hand, at: int) -> None:
    filler.writer.beat(at)
    clock.ns += SECOND // 30
    window.bridge.look()


# -- alerts on the screen ------------------------------------------------------------------------------------------


def test_that_amber_marks_a_row_and_red_a_corner_too_without_taking_the_focus(
    calm: MainWindow, filler: Filler, clock: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    sounds: list[int] = []
    monkeypatch.setattr(calm.overlays.toasts, "_sound", lambda: sounds.append(1))
    calm.blotter.search.setFocus()
    turn(filler, 4, "AMBER")
    alarm(calm, filler, clock, OPEN + DAY + 1)
    seen = [(calm.overlays.toasts.isVisible(), calm.blotter.grid.badges)]
    turn(filler, 5, "RED")
    turn(filler, 6, "RED", state="done")
    turn(filler, 7, "RED", done=0.96)
    alarm(calm, filler, clock, OPEN + DAY + 2)
    seen.append((calm.overlays.toasts.isVisible(), calm.blotter.grid.badges))
    assert seen == [(False, {4: ("●", "amber")}), (True, {4: ("●", "amber"), 5: ("●", "red")})]
    assert sounds == [1]
    assert [toast.orders for toast in calm.overlays.toasts.said] == [("P100005",)]
    assert not calm.overlays.toasts.isModal()
    assert calm.blotter.search.hasFocus()
    assert "1 red" in calm.health.alarms.text()


def test_that_space_acknowledges_z_shelves_and_the_row_says_which(
    calm: MainWindow, filler: Filler, clock: Hand
) -> None:
    turn(filler, 5, "RED")
    alarm(calm, filler, clock, OPEN + DAY + 1)
    calm.commands.run("alert")
    assert calm.bridge.wanted == "P100005"
    table, column = calm.blotter.table, NAMES.index("alert_age")
    said = []
    for key in ("Space", "Z", "Shift+Z"):
        QTest.keySequence(calm, key)
        said.append(table.index(table.line_of(5), column).data()[0])
    assert said == ["○", "z", "●"]
    clock.ns += 2 * SECOND
    filler.writer.beat(OPEN + DAY + 1 + 75 * SECOND)
    calm.bridge.look()
    assert table.index(table.line_of(5), column).data() == "● 1:15"
    QTest.keySequence(calm, "Shift+Space")
    assert "0 red" in calm.health.alarms.text()


def test_that_a_row_flashes_when_its_level_rises_and_not_when_its_figures_move(
    calm: MainWindow, filler: Filler, clock: Hand
) -> None:
    turn(filler, 5, "RED")
    alarm(calm, filler, clock, OPEN + DAY + 1)
    lit = [dict(calm.blotter.grid.flashing)]
    clock.ns += 2 * SECOND
    filler.change(100, OPEN + DAY + 2)
    calm.bridge.look()
    lit.append(dict(calm.blotter.grid.flashing))
    assert lit == [{5: "red"}, {}]


def test_that_a_halted_market_raises_no_alert(calm: MainWindow, filler: Filler, clock: Hand) -> None:
    place = int(filler.symbol[5])
    filler.instruments["quality"][place] = filler.writer.intern("auction")
    filler.writer.put("instruments", np.array([place]), filler.instruments[place : place + 1])
    turn(filler, 5, "RED")
    alarm(calm, filler, clock, OPEN + DAY + 1)
    assert calm.alerts.alerts.open == {}


def test_that_toasts_stand_under_the_strip_on_top_of_every_dock_and_never_over_a_confirm(
    calm: MainWindow, filler: Filler, clock: Hand
) -> None:
    turn(filler, 9, "RED")
    alarm(calm, filler, clock, OPEN + DAY + 1)
    toasts = calm.overlays.toasts
    assert toasts.geometry().top() >= calm.health.geometry().bottom()
    assert toasts.geometry().right() > calm.width() * 0.9
    before = toasts.geometry()
    calm.docks.show("Order panel")
    assert calm.childAt(toasts.geometry().center()) in [toasts, *toasts.findChildren(QWidget)]
    panel = QWidget(calm)
    panel.setGeometry(before)
    panel.show()
    toasts.stand(calm.health, (panel,))
    toasts.place()
    assert not toasts.geometry().intersects(before)


def test_that_no_tab_bar_is_left_over_beside_a_longer_one(calm: MainWindow) -> None:
    bars = calm.findChildren(QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly)
    tabs = [{bar.tabText(at) for at in range(bar.count())} for bar in bars if not bar.isHidden()]
    assert {"Drill-down", "Order panel", "Rules", "Pad overview"} in tabs
    assert not [one for one in tabs if any(one < other for other in tabs)]


def test_that_a_toast_leads_to_its_order(calm: MainWindow, filler: Filler, clock: Hand) -> None:
    turn(filler, 9, "RED")
    alarm(calm, filler, clock, OPEN + DAY + 1)
    calm.overlays.toasts.wanted.emit("P100009")
    assert calm.bridge.row == 9


# -- journal, tour -------------------------------------------------------------------------------------------------


def test_that_one_key_stamps_the_reason_with_what_was_on_the_screen(
    qtbot: QtBot, bridge: Bridge, tmp_path: Path
) -> None:
    window = MainWindow(bridge, themes.DARK, ports=Ports(runtime=tmp_path))
    qtbot.addWidget(window)
    with qtbot.waitExposed(window):
        window.show()
    bridge.look()
    bridge.choose_id("P100003")
    window.blotter.grid.setFocus()
    QTest.keyClick(window, Qt.Key.Key_T)
    QTest.keyClicks(window.overlays.journal.reason, "broker called: saw size")
    QTest.keyClick(window.overlays.journal.reason, Qt.Key.Key_Return)
    QTest.keyClick(window, Qt.Key.Key_T)
    QTest.keyClicks(window.overlays.journal.reason, "not kept")
    QTest.keyClick(window.overlays.journal.reason, Qt.Key.Key_Escape)
    titles, *lines = (tmp_path / FILE).read_text("utf-8").splitlines(keepends=True)
    assert titles == TITLES
    assert len(lines) == 1
    time, order, level, figures, reason = lines[0].rstrip("\n").split("\t")
    assert (time[:19], order, reason) == ("2023-11-16T19:00:00", "P100003", "broker called: saw size")
    assert level in {"GREEN", "QUIET", "AMBER", "RED", "N/A"}
    assert "shortfall" in figures


def test_that_a_reason_is_one_line_whatever_is_in_it(tmp_path: Path) -> None:
    stamp(tmp_path, ("now", "P1", "RED", "", "a\nb\tc"))
    assert (tmp_path / FILE).read_text("utf-8") == TITLES + "now\tP1\tRED\t\ta b c\n"


def test_that_a_reason_that_could_not_be_kept_is_said(window: MainWindow, tmp_path: Path) -> None:
    window.ports = Ports(runtime=tmp_path / "gone")
    window.overlays.journal.written.emit("because")
    window.bridge.look()
    assert "the reason was not kept" in window.alarm.text()


def test_that_the_tour_comes_once_and_stops_nothing(qtbot: QtBot, bridge: Bridge, tmp_path: Path) -> None:
    settings = QSettings(str(tmp_path / "desk.ini"), QSettings.Format.IniFormat)
    shown = []
    for _ in range(2):
        window = MainWindow(bridge, themes.DARK, settings=settings)
        qtbot.addWidget(window)
        with qtbot.waitExposed(window):
            window.show()
        tour = window.overlays.tour
        shown.append(tour.isVisible())
        for _hint in range(len(HINTS) if tour.isVisible() else 0):
            assert not tour.isModal()
            QTest.mouseClick(tour.go, Qt.MouseButton.LeftButton)
        assert not tour.isVisible()
        window.close()
    assert shown == [True, False]


# -- overview, docks, compact --------------------------------------------------------------------------------------


def test_that_a_click_on_a_spot_chooses_its_order(window: MainWindow, qtbot: QtBot) -> None:
    window.docks.show("Pad overview")
    view = window.overview
    view.resize(600, 400)
    window.bridge.look()
    x, y, _ = view.places()
    assert len(x) > 10
    place = len(x) // 2
    row = view.spot_at(float(x[place]), float(y[place]))
    QTest.mouseClick(
        view, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(int(x[place]), int(y[place]))
    )
    assert window.bridge.row == row
    assert view.spot_at(-5, -5) == -1
    assert not view.grab().toImage().isNull()


def test_that_every_dock_can_be_torn_off_and_comes_back_with_the_next_start(
    qtbot: QtBot, bridge: Bridge, tmp_path: Path
) -> None:
    settings = QSettings(str(tmp_path / "desk.ini"), QSettings.Format.IniFormat)
    settings.setValue("toured", "yes")
    first = MainWindow(bridge, themes.DARK, settings=settings)
    qtbot.addWidget(first)
    first.show()
    first.docks["Scorecard"].setFloating(True)
    first.docks["Scorecard"].move(9000, 9000)
    first.blotter.grid.setColumnHidden(NAMES.index("trader"), False)
    first.close()
    second = MainWindow(bridge, themes.DARK, settings=settings)
    qtbot.addWidget(second)
    second.show()
    assert second.docks["Scorecard"].isFloating()
    assert not second.blotter.grid.isColumnHidden(NAMES.index("trader"))
    screen = second.screen().availableGeometry()
    assert screen.intersects(second.docks["Scorecard"].frameGeometry()), "the monitor it lay on is gone"
    second.docks["Scorecard"].close()
    second.close()


def test_that_a_window_whose_monitor_is_gone_moves_and_one_that_can_be_caught_stays() -> None:
    screens = [QRect(0, 0, 1000, 800)]
    for kept in (QRect(10, 10, 500, 300), QRect(900, 700, 500, 300), QRect(-380, 0, 500, 300)):
        assert on_screen(kept, screens) == kept
    for lost in (QRect(3000, 10, 500, 300), QRect(10, -600, 500, 300), QRect(980, 10, 500, 300)):
        moved = on_screen(lost, screens)
        assert screens[0].contains(moved)
        assert moved.size() == lost.size()
    assert on_screen(QRect(5000, 0, 4000, 3000), screens) == screens[0]
    assert on_screen(QRect(5000, 0, 10, 10), []) == QRect(5000, 0, 10, 10)


def test_that_compact_is_one_column_and_the_way_back_is_whole(window: MainWindow, qtbot: QtBot) -> None:
    before = [window.blotter.grid.isColumnHidden(n) for n in range(len(NAMES))]
    size = window.size()
    window.commands.run("compact")
    assert window.width() == COMPACT
    shown = {name for n, name in enumerate(NAMES) if not window.blotter.grid.isColumnHidden(n)}
    assert shown == {column.name for column in BLOTTER if column.compact}
    assert not any(window.docks[title].isVisible() for title in window.docks.titles())
    window.commands.run("compact")
    assert window.size() == size
    assert [window.blotter.grid.isColumnHidden(n) for n in range(len(NAMES))] == before
    assert window.docks["Scorecard"].isVisible()


@pytest.mark.qt_log_ignore("does not support grabbing")
def test_that_the_column_chooser_shows_and_hides(window: MainWindow, qtbot: QtBot) -> None:
    grid, number = window.blotter.grid, NAMES.index("trader")
    menu = grid.offer_columns(QPoint(5, 5))
    next(action for action in menu.actions() if action.text() == "Trader").trigger()
    shown = [not grid.isColumnHidden(number)]
    next(action for action in menu.actions() if action.text() == "Default columns").trigger()
    shown.append(not grid.isColumnHidden(number))
    menu.close()
    assert shown == [True, False]


# -- the past, playback --------------------------------------------------------------------------------------------


def test_that_the_desk_as_it_was_opens_beside_the_live_one_on_the_same_order(
    qtbot: QtBot, bridge: Bridge, tmp_path: Path
) -> None:
    then = Filler(tmp_path / "then", parents=20, points=200)
    then.writer.meta("as_of", str(OPEN))
    then.writer.beat(OPEN)
    tape = Tape()

    def desk_as_of(ts_ns: int) -> Path:
        tape.asked.append(("desk", ts_ns))
        return tmp_path / "then"

    tape.desk_as_of = desk_as_of  # type: ignore[method-assign]
    window = MainWindow(bridge, themes.DARK, ports=Ports(lookback=tape))
    qtbot.addWidget(window)
    window.show()
    bridge.look()
    bridge.choose_id("P100004")
    past = Past(window)
    window.replay_from(OPEN + 5)
    qtbot.waitUntil(lambda: len(past.windows) == 1)
    assert tape.asked[-1] == ("desk", OPEN + 5)
    qtbot.waitUntil(lambda: past.windows[0].bridge.row == 4)
    assert "AS IT WAS" in past.windows[0].health.life.text()
    assert past.windows[0].ports.switch is None, "nothing can be sent from there"
    past.close()
    then.writer.close()


@pytest.mark.parametrize(
    ("words", "expected"),
    [("11:20", 11 * 3600 + 20 * 60), ("11:20:05", 11 * 3600 + 20 * 60 + 5), ("+15", 14 * 3600 + 45 * 60),
     ("soon", None), ("25:00", None), ("", None)],
)  # fmt: skip
def test_that_a_time_to_go_to_is_read_on_the_day_of_the_session(words: str, expected: int | None) -> None:
    midnight = OPEN - (14 * 3600 + 30 * 60) * SECOND
    assert time_of(words, OPEN, UTC) == (None if expected is None else midnight + expected * SECOND)


def test_that_playback_jumps_ahead_by_words_or_by_a_click_and_never_back(
    qtbot: QtBot, filler: Filler, clock: Hand
) -> None:
    player = Player()
    bar, pad = PlaybackBar(player, themes.DARK), Pad(filler.writer.folder)
    qtbot.addWidget(bar)
    bar.resize(900, 30)
    bar.show()
    filler.writer.beat(OPEN + DAY // 2)
    pad.pull(clock())
    bar.show_state(pad, "")
    for words in ("19:00", "09:00", "nonsense"):
        bar.jump.setText(words)
        QTest.keyClick(bar.jump, Qt.Key.Key_Return)
    assert player.calls == [("jump", OPEN + 9 * DAY // 12)]
    assert bar.jump.property("refused")
    for share in (0.25, 0.75):
        where = QPoint(round(bar.progress.width() * share), 8)
        QTest.mouseClick(bar.progress, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, where)
    assert len(player.calls) == 2
    assert player.calls[1] == ("jump", pytest.approx(OPEN + DAY * 3 // 4, rel=1e-6))
    bar.change_speed(1)
    assert player.calls[-1] == 60.0
    bar.speeds["60"].setChecked(True)
    bar.change_speed(1)
    assert player.calls[-1] is None


# -- small things --------------------------------------------------------------------------------------------------


def test_that_sparks_keep_the_newest_samples_of_every_row() -> None:
    sparks, watermark = Sparks(), OPEN
    for step in range(POINTS + 10):
        assert sparks.sample(np.array([float(step), -1.0]), watermark)
        assert not sparks.sample(np.array([step + 0.5, -1.0]), watermark + 1), "within a step the newest follows"
        watermark += STEP_NS
    expected = [step + 0.5 for step in range(10, POINTS + 10)]
    assert sparks.of(0).tolist() == expected
    assert not sparks.sample(np.array([1.0]), NULL)
    assert len(sparks.of(10**6)) == 0


def test_that_a_line_of_one_sample_is_no_line(qapp: object) -> None:
    sparks = Sparks()
    picture = QImage(80, 20, QImage.Format.Format_RGB32)
    drawn = []
    for step in range(3):
        sparks.sample(np.array([float(step)]), OPEN + step * STEP_NS)
        picture.fill(0)
        painter = QPainter(picture)
        painter.setPen(Qt.GlobalColor.white)
        sparks.draw(painter, QRect(0, 0, 80, 20), 0)
        painter.end()
        drawn.append(any(picture.pixelColor(x, y).lightness() for x in range(80) for y in range(20)))
    assert drawn == [False, True, True]


def test_that_a_shortened_text_fits_and_a_figure_says_what_it_needs(qapp: object) -> None:
    glyphs = Glyphs(themes.figures_font())
    picture = QImage(400, 20, QImage.Format.Format_RGB32)
    painter = QPainter(picture)
    painter.setFont(glyphs.font)
    need = glyphs.draw(painter, (0, 0, 30), "1,234,567.00", right=True)
    assert need == glyphs.metrics.horizontalAdvance("1,234,567.00")
    assert glyphs.draw(painter, (0, 0, 30), "a long text of many words") > 30
    assert (
        glyphs.metrics.horizontalAdvance(
            glyphs._shortened("a long text of many words", 60, Qt.TextElideMode.ElideRight)
        )
        <= 60
    )
    painter.end()


def test_that_room_to_the_limit_has_the_sign_of_the_side(filler: Filler) -> None:
    rows = filler.parents[:2].copy()
    rows["side"] = filler.writer.intern("BUY"), filler.writer.intern("SELL")
    rows["mid"], rows["limit_px"] = 100.0, 100.5
    pad = Pad(filler.writer.folder)
    pad.pull(0)
    assert limit_distance(rows, pad).tolist() == pytest.approx([50.0, -50.0])
    rows["limit_px"] = np.nan
    assert np.all(np.isnan(limit_distance(rows, pad)))
    rows["is_ccy"] = np.nan
    assert np.all(np.isnan(attention(rows, pad)))
    assert [age(v * 1e9) for v in (5, 75, 3700)] == ["0:05", "1:15", "1:01:40"]


def test_that_a_dock_beside_or_on_another_stands_there(qtbot: QtBot, window: MainWindow) -> None:
    assert isinstance(window.docks, Docks)
    with pytest.raises(TypeError, match="cannot grey"):
        window.join(QWidget())
    titles = window.docks.titles()
    assert {"Impact trace", "Scorecard", "Drill-down", "Order panel", "Pad overview"} <= set(titles)
    for title in titles:
        window.commands.run("show-" + title.lower().replace(" ", "-"))
        assert window.docks[title].isVisible()
