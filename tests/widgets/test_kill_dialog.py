"""The kill switch: one armed press, never a default, what became of each order."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from app.widgets import theme as themes
from app.widgets.kill_dialog import WORDS, KillDialog
from tests.widgets.fakes import Control

SCOPES = [("parent:P1", "P1 TECH"), ("all", "everything")]


@pytest.fixture
def control() -> Control:
    return Control()


@pytest.fixture
def dialog(qtbot: QtBot, control: Control) -> KillDialog:
    made = KillDialog(themes.DARK, control)
    qtbot.addWidget(made)
    with qtbot.waitExposed(made):
        made.open_on(SCOPES)
    return made


def test_that_it_fires_once_awake_in_the_scope_that_is_shown(
    dialog: KillDialog, control: Control, qtbot: QtBot
) -> None:
    assert not dialog.isModal()
    assert dialog.scope.currentText() == "P1 TECH", "the narrowest first"
    dialog.fire.click()
    QTest.keyClick(dialog, Qt.Key.Key_Return)
    assert control.killed_scopes == []
    assert not any(button.isDefault() or button.autoDefault() for button in dialog.findChildren(QPushButton))
    qtbot.waitUntil(dialog.fire.isEnabled, timeout=5000)
    dialog.scope.setCurrentIndex(1)
    assert not dialog.fire.isEnabled(), "another scope arms anew"
    qtbot.waitUntil(dialog.fire.isEnabled, timeout=5000)
    dialog.fire.click()
    qtbot.waitUntil(lambda: control.killed_scopes == ["all"], timeout=5000)
    qtbot.waitUntil(lambda: len(dialog.orders.lines) == 3, timeout=5000)
    assert [line[1].text for line in dialog.orders.lines] == ["cancelled", "refused", "unknown"]
    assert [line[1].tone for line in dialog.orders.lines] == ["good", "red", "red"]
    assert dialog.release.isEnabled()
    assert dialog.release.toolTip() == "killed: all"
    dialog.release.click()
    qtbot.waitUntil(lambda: control.killed_scopes == [], timeout=5000)


def test_that_a_closed_dialog_cannot_fire(dialog: KillDialog, control: Control, qtbot: QtBot) -> None:
    qtbot.waitUntil(dialog.fire.isEnabled, timeout=5000)
    dialog.close()
    assert not dialog.fire.isEnabled()
    dialog.fire.click()
    assert control.killed_scopes == []


def test_that_it_says_what_it_is_and_what_it_is_not(dialog: KillDialog) -> None:
    assert "Works while the engine is dead" in WORDS
    assert "not the firm's market-access control" in dialog.words.text()
