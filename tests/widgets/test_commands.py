"""Actions by name: the palette runs every one, keys can be bound anew, order actions need a chord and a confirm."""

from pathlib import Path

import pytest
from PySide6.QtCore import QSettings, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app.widgets import theme as themes
from app.widgets.bridge import Bridge
from app.widgets.commands import Command, Commands, parse_keys, shown_keys
from app.widgets.confirm import ARM_MS, Confirm
from app.widgets.main_window import MainWindow
from app.widgets.palette import Palette
from app.widgets.ports import Ports
from tests.widgets.fakes import Tape

pytestmark = pytest.mark.slow  # processes, whole days or whole windows


class Ran:
    def __init__(self) -> None:
        self.names: list[str] = []

    def __call__(self) -> None:
        self.names.append("ran")


@pytest.fixture
def commands(qtbot: QtBot) -> Commands:
    window = QWidget()
    qtbot.addWidget(window)
    with qtbot.waitExposed(window):
        window.show()
    return Commands(window, {"filter": "F4; Ctrl+G", "broken": "no such key"})


@pytest.mark.qt_log_ignore(r"This plugin does not support grabbing the keyboard")
def test_that_the_palette_runs_every_action_of_the_window(
    qtbot: QtBot, bridge: Bridge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = MainWindow(bridge, themes.DARK, ports=Ports(playback=Player(), engine=Engine(), lookback=Tape()))
    qtbot.addWidget(window)
    with qtbot.waitExposed(window):
        window.show()
    bridge.look()
    ran: list[str] = []
    window.commands.ran.connect(ran.append)
    box, every = window.overlays.palette, list(window.commands)
    assert len(every) > 35
    for command in every:
        if box.isVisible():
            window.back()
        box.open()
        QTest.keyClicks(box.search, command.title)
        hits = [item.name for item in window.commands.found(command.title)]
        for _ in range(hits.index(command.name)):
            QTest.keyClick(box.search, Qt.Key.Key_Down)
        QTest.keyClick(box.search, Qt.Key.Key_Return)
        assert ran[-1] == command.name
        popup = QApplication.activePopupWidget()
        if popup is not None:
            popup.close()
    assert set(ran) == {command.name for command in every}


def test_that_every_action_has_a_title_of_its_own_and_no_key_twice(window: MainWindow) -> None:
    titles = [command.title for command in window.commands]
    keys = [key for command in window.commands for key in command.keys]
    assert len(set(titles)) == len(titles)
    assert len(set(keys)) == len(keys)
    assert all("," in key for command in window.commands if command.order for key in command.keys)


def test_that_the_users_keys_come_before_the_shipped_ones(commands: Commands) -> None:
    ran = Ran()
    commands.add(Command("filter", "Filter", ("/",), ran))
    assert commands["filter"].keys == ("F4", "Ctrl+G")
    window = commands.parent()
    QTest.keyClick(window, Qt.Key.Key_Slash)  # type: ignore[call-overload]
    assert not ran.names
    QTest.keyClick(window, Qt.Key.Key_F4)  # type: ignore[call-overload]
    assert ran.names == ["ran"]


def test_that_keys_that_cannot_be_are_refused_and_the_shipped_ones_stay(commands: Commands) -> None:
    commands.add(Command("broken", "Broken", ("F2",), Ran()))
    assert commands["broken"].keys == ("F2",)
    commands.add(Command("other", "Other", ("F3",), Ran()))
    assert "taken by: Broken" in commands.rebind("other", "F2")
    assert commands["other"].keys == ("F3",)
    assert commands.rebind("other", "F6; Ctrl+T") == ""
    assert shown_keys(commands["other"]) == "F6   Ctrl+T"
    assert commands.rebind("other", "") == ""
    assert not shown_keys(commands["other"])
    with pytest.raises(ValueError, match="known already"):
        commands.add(Command("other", "Other", (), Ran()))
    with pytest.raises(ValueError, match="taken by"):
        commands.add(Command("third", "Third", ("F2",), Ran()))


def test_that_an_order_action_is_never_one_press_away(commands: Commands) -> None:
    with pytest.raises(ValueError, match="a chord"):
        commands.add(Command("kill", "Kill", ("F9",), Ran(), "Orders", order=True))
    commands.add(Command("kill", "Kill", ("Ctrl+O, K",), Ran(), "Orders", order=True))
    assert "a chord" in commands.rebind("kill", "K")
    assert commands["kill"].keys == ("Ctrl+O, K",)


def test_that_the_palette_finds_by_any_word_and_begins_with_what_was_typed(commands: Commands) -> None:
    for name, title, group in (
        ("a", "Show all orders", "Blotter"),
        ("b", "All at once", "Window"),
        ("c", "No", "Window"),
    ):
        commands.add(Command(name, title, (), Ran(), group))
    assert [command.name for command in commands.found("all")] == ["b", "a"]
    assert [command.name for command in commands.found("blotter all")] == ["a"]
    assert [command.name for command in commands.found("zzz")] == []
    assert parse_keys(" F2 ;; Ctrl+K ") == ("F2", "Ctrl+K")


def test_that_escape_closes_the_palette_and_gives_the_focus_back(window: MainWindow, qtbot: QtBot) -> None:
    window.blotter.grid.setFocus()
    QTest.keyClick(window, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    box: Palette = window.overlays.palette
    assert box.isVisible()
    assert box.search.hasFocus()
    QTest.keyClick(box.search, Qt.Key.Key_Escape)
    assert not box.isVisible()
    assert window.blotter.grid.hasFocus()


def test_that_f1_lists_every_key(window: MainWindow) -> None:
    QTest.keyClick(window, Qt.Key.Key_F1)
    words = window.overlays.keys.words.text()
    assert window.overlays.keys.isVisible()
    for command in window.commands:
        assert not command.keys or command.title in words
    QTest.keyClick(window, Qt.Key.Key_Escape)
    assert not window.overlays.keys.isVisible()


def test_that_keys_of_the_settings_file_reach_the_window(qtbot: QtBot, bridge: Bridge, tmp_path: Path) -> None:
    settings = QSettings(str(tmp_path / "desk.ini"), QSettings.Format.IniFormat)
    settings.setValue("keys/theme", "F8")
    settings.setValue("toured", "yes")
    window = MainWindow(bridge, themes.DARK, settings=settings)
    qtbot.addWidget(window)
    with qtbot.waitExposed(window):
        window.show()
    QTest.keyClick(window, Qt.Key.Key_F8)
    assert window.theme is themes.LIGHT
    QTest.keyClick(window, Qt.Key.Key_F8)
    assert window.theme is themes.DARK


def test_that_a_confirm_arms_late_and_ignores_a_held_key(qtbot: QtBot) -> None:
    confirm, ran = Confirm(themes.DARK), Ran()
    armed: list[bool] = []
    qtbot.addWidget(confirm)
    confirm.armed.connect(armed.append)
    confirm.ask("Cancel P1?", ran, "P1")
    assert confirm.isVisible()
    assert not confirm.yes.isEnabled()
    QTest.mouseClick(confirm.yes, Qt.MouseButton.LeftButton)
    assert not ran.names
    assert not confirm.yes.isDefault()
    qtbot.waitUntil(confirm.yes.isEnabled, timeout=20 * ARM_MS)
    QTest.mouseClick(confirm.yes, Qt.MouseButton.LeftButton)
    assert ran.names == ["ran"]
    assert not confirm.isVisible()
    assert armed == [True, False]


def test_that_a_confirm_lets_go_when_the_choice_moves(qtbot: QtBot) -> None:
    confirm, ran = Confirm(themes.DARK), Ran()
    qtbot.addWidget(confirm)
    confirm.ask("Cancel P1?", ran, "P1")
    asking = []
    for order in ("P1", "P2"):
        confirm.follow(order)
        asking.append(confirm.asking)
    assert asking == [True, False]
    confirm.yes.setEnabled(True)
    confirm.yes.click()
    assert not ran.names


class Player:
    def __init__(self) -> None:
        self.calls: list[object] = []

    def set_speed(self, speed: float | None) -> None:
        self.calls.append(speed)

    def pause(self) -> None:
        self.calls.append("pause")

    def resume(self) -> None:
        self.calls.append("resume")

    def jump(self, ts_ns: int) -> None:
        self.calls.append(("jump", ts_ns))


class Engine:
    def __init__(self) -> None:
        self.restarts = 0
        self.said = "it was killed by signal 9"

    def reason(self) -> str:
        return self.said

    def restart(self) -> None:
        self.restarts += 1
