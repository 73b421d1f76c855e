"""The kill switch's place on the strip: it says whether it is on, why, and that a replay has none."""

import pytest
from pytestqt.qtbot import QtBot

from app.widgets.kill_button import KillButton
from tests.widgets.fakes import Control


class Words(Control):
    """A control process that blocks with these words."""

    said = ""

    def blocked(self) -> str:
        return self.said


@pytest.fixture
def port() -> Words:
    return Words()


@pytest.fixture
def button(qtbot: QtBot, port: Words) -> KillButton:
    made = KillButton(port)
    qtbot.addWidget(made)
    return made


def test_that_without_a_control_process_there_is_nothing_to_press(qtbot: QtBot) -> None:
    made = KillButton(None)
    qtbot.addWidget(made)
    made.click()
    made.look()
    assert not made.isEnabled()
    assert made.toolTip() == "no control process here: nothing is sent"
    assert made.text() == "Kill…"


def test_that_it_says_that_it_is_on_why_and_when_it_is_off_again(button: KillButton, port: Words) -> None:
    seen = [(button.text(), button.property("pending"))]
    off = button.toolTip()
    for words in ("killed: all", "killed: all, by bob at 10:02", ""):
        port.said = words
        button.look()
        seen.append((button.text(), button.property("pending")))
        assert button.toolTip() == (words or off)
    assert [text for text, _ in seen] == ["Kill…", "■ KILLED", "■ KILLED", "Kill…"]
    assert [bool(pending) for _, pending in seen] == [False, True, True, False]
    assert "asks for a confirm first" in off


def test_that_it_looks_by_itself(button: KillButton, port: Words, qtbot: QtBot) -> None:
    port.said = "killed: all"
    qtbot.waitUntil(lambda: button.text() == "■ KILLED", timeout=5000)
    port.said = ""
    qtbot.waitUntil(lambda: button.text() == "Kill…", timeout=5000)


def test_that_what_is_on_at_the_start_is_said_at_once(qtbot: QtBot, port: Words) -> None:
    port.said = "killed: parent:P1"
    made = KillButton(port)
    qtbot.addWidget(made)
    assert (made.text(), made.toolTip()) == ("■ KILLED", "killed: parent:P1")


def test_that_return_alone_never_presses_it(button: KillButton) -> None:
    assert not button.autoDefault()
    assert not button.isDefault()
    assert button.isEnabled()
