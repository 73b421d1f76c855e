"""The confirm step: bound to its order, run once at most, never by the press that opened it, gone by itself."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.widgets import confirm
from app.widgets import theme as themes
from app.widgets.confirm import Confirm


class Runs:
    """Counts what ran, and how the strip stood then."""

    def __init__(self, strip: Confirm) -> None:
        self.strip, self.names, self.armed = strip, list[str](), list[bool]()
        self.asking: list[bool] = []
        strip.armed.connect(self.armed.append)

    def named(self, name: str) -> Callable[[], None]:
        def run() -> None:
            self.names.append(name)
            self.asking.append(self.strip.asking)

        return run


@pytest.fixture
def strip(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Confirm:
    monkeypatch.setattr(confirm, "ARM_MS", 0)
    made = Confirm(themes.DARK)
    qtbot.addWidget(made)
    return made


@pytest.fixture
def runs(strip: Confirm) -> Runs:
    return Runs(strip)


def click(strip: Confirm) -> None:
    QTest.mouseClick(strip.yes, Qt.MouseButton.LeftButton)


def arm(strip: Confirm, qtbot: QtBot) -> None:
    qtbot.waitUntil(strip.yes.isEnabled)


def test_that_a_strip_that_asks_nothing_takes_no_room_and_runs_nothing(strip: Confirm, runs: Runs) -> None:
    click(strip)
    strip.cancel()
    strip.follow("P1")
    assert (strip.isVisible(), strip.asking, runs.names, runs.armed) == (False, False, [], [])


def test_that_a_confirm_names_its_action_and_waits(strip: Confirm, runs: Runs) -> None:
    strip.ask("Pause P1?", runs.named("pause"), "P1")
    assert (strip.isVisible(), strip.asking, strip.order) == (True, True, "P1")
    assert strip.words.text() == "Pause P1?"
    assert (runs.names, runs.armed) == ([], [True])


def test_that_a_click_before_it_is_armed_runs_nothing(
    strip: Confirm, runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(confirm, "ARM_MS", 60_000)
    strip.ask("Kill?", runs.named("kill"))
    click(strip)
    assert (runs.names, strip.asking) == ([], True)


def test_that_a_confirmed_action_runs_once_after_the_strip_is_gone(strip: Confirm, runs: Runs, qtbot: QtBot) -> None:
    strip.ask("Pause P1?", runs.named("pause"), "P1")
    arm(strip, qtbot)
    click(strip)
    click(strip)
    assert (runs.names, runs.asking) == (["pause"], [False])
    assert (strip.isVisible(), strip.order, runs.armed) == (False, "", [True, False])


def test_that_an_action_may_ask_again_by_itself(strip: Confirm, runs: Runs, qtbot: QtBot) -> None:
    strip.ask("First?", lambda: strip.ask("Second?", runs.named("second"), "P2"), "P1")
    arm(strip, qtbot)
    click(strip)
    assert (strip.words.text(), strip.order, strip.asking) == ("Second?", "P2", True)
    assert not strip.yes.isEnabled(), "the second question arms anew"
    arm(strip, qtbot)
    click(strip)
    assert runs.names == ["second"]


def test_that_a_newer_question_takes_the_place_of_an_older_one(strip: Confirm, runs: Runs, qtbot: QtBot) -> None:
    strip.ask("Pause P1?", runs.named("pause"), "P1")
    arm(strip, qtbot)
    strip.ask("Switch P2?", runs.named("switch"), "P2")
    assert not strip.yes.isEnabled()
    arm(strip, qtbot)
    click(strip)
    assert runs.names == ["switch"]


@pytest.mark.parametrize("way", ["button", "escape", "choice", "time"])
def test_that_every_way_of_letting_go_runs_nothing_ever(
    strip: Confirm, runs: Runs, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    if way == "time":
        monkeypatch.setattr(confirm, "EXPIRE_MS", 20)
    strip.ask("Pause P1?", runs.named("pause"), "P1")
    if way == "button":
        QTest.mouseClick(strip.no, Qt.MouseButton.LeftButton)
    elif way == "escape":
        QTest.keyClick(strip, Qt.Key.Key_Escape)
    elif way == "choice":
        strip.follow("P2")
    qtbot.waitUntil(lambda: not strip.asking)
    click(strip)
    assert (runs.names, runs.armed, strip.isVisible(), strip.order) == ([], [True, False], False, "")


def test_that_an_action_let_go_never_arms_the_button_of_nobody(
    strip: Confirm, runs: Runs, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    strip.ask("Pause P1?", runs.named("pause"), "P1")
    strip.cancel()
    other = Confirm(themes.DARK)
    qtbot.addWidget(other)
    other.ask("Later?", runs.named("later"))
    arm(other, qtbot)
    assert not strip.yes.isEnabled()


def test_that_an_action_without_an_order_stays_whatever_is_chosen(strip: Confirm, runs: Runs) -> None:
    strip.ask("Kill all?", runs.named("kill"))
    for order in ("P1", "", "P2"):
        strip.follow(order)
    assert strip.asking


def test_that_the_same_choice_keeps_the_question_and_no_choice_lets_it_go(strip: Confirm, runs: Runs) -> None:
    strip.ask("Pause P1?", runs.named("pause"), "P1")
    strip.follow("P1")
    seen = [strip.asking]
    strip.follow("")
    seen.append(strip.asking)
    assert seen == [True, False]


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Space, Qt.Key.Key_Escape])
def test_that_a_held_key_neither_confirms_nor_lets_go(strip: Confirm, runs: Runs, qtbot: QtBot, key: Qt.Key) -> None:
    strip.ask("Pause P1?", runs.named("pause"), "P1")
    arm(strip, qtbot)
    held = QKeyEvent(QEvent.Type.KeyPress, key, Qt.KeyboardModifier.NoModifier, "", True, 5)
    QApplication.sendEvent(strip, held)
    assert held.isAccepted()
    assert (runs.names, strip.asking) == ([], True)


def test_that_no_button_is_pressed_by_return_elsewhere(strip: Confirm) -> None:
    for button in (strip.yes, strip.no):
        assert not button.isDefault()
        assert not button.autoDefault()
        assert not button.focusPolicy() & Qt.FocusPolicy.ClickFocus


@pytest.mark.parametrize("theme", [themes.DARK, themes.LIGHT], ids=["dark", "light"])
def test_that_the_question_is_in_the_amber_of_its_theme(strip: Confirm, theme: themes.Theme) -> None:
    strip.dress(theme)
    assert theme.amber in strip.styleSheet()
