"""Questions off the screen's thread: newest wins, errors are words, a frame never waits."""

import threading
from functools import partial

import pytest
from pytestqt.qtbot import QtBot

from app.widgets.asking import Asker
from app.widgets.lookback_port import LookbackError


@pytest.fixture
def asker(qapp: object) -> Asker:
    return Asker(LookbackError)


def fail(error: Exception) -> object:
    raise error


def test_that_an_answer_comes_on_the_screens_thread_and_was_made_on_another(asker: Asker, qtbot: QtBot) -> None:
    came: list[tuple[object, str, int]] = []
    asker.ask("a", threading.get_ident, lambda answer, words: came.append((answer, words, threading.get_ident())))
    assert asker.waiting("a")
    qtbot.waitUntil(lambda: bool(came), timeout=5000)
    answer, words, here = came[0]
    assert words == ""
    assert here == threading.get_ident()
    assert answer != here
    assert not asker.waiting("a")


def test_that_only_the_newest_question_of_a_slot_is_answered(asker: Asker, qtbot: QtBot) -> None:
    gate, came = threading.Event(), []  # type: tuple[threading.Event, list[object]]
    asker.ask("a", partial(gate.wait, 10), lambda _answer, _words: came.append("old"))
    asker.ask("a", lambda: "b", lambda answer, _words: came.append(answer))
    asker.ask("other", lambda: "c", lambda answer, _words: came.append(answer))
    asker.ask("gone", lambda: "d", lambda answer, _words: came.append(answer))
    asker.forget("gone")
    gate.set()
    qtbot.waitUntil(lambda: len(came) >= 2, timeout=5000)
    asker.ask("last", lambda: "e", lambda answer, _words: came.append(answer))
    qtbot.waitUntil(lambda: "e" in came, timeout=5000)
    assert came == ["b", "c", "e"]


@pytest.mark.parametrize(
    ("error", "expected"),
    [(LookbackError("the tape ends at 10:00"), "the tape ends at 10:00"), (KeyError("x"), "fault: KeyError: 'x'")],
)
def test_that_a_failure_is_a_sentence(asker: Asker, qtbot: QtBot, error: Exception, expected: str) -> None:
    came: list[tuple[object, str]] = []
    asker.ask("a", partial(fail, error), lambda answer, words: came.append((answer, words)))
    qtbot.waitUntil(lambda: bool(came), timeout=5000)
    assert came == [(None, expected)]
