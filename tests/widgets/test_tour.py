"""The first run's tour: hint by hint beside what it speaks of, inside the window, and it ends once."""

import pytest
from PySide6.QtCore import QRect
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.widgets import theme as themes
from app.widgets.main_window import MainWindow
from app.widgets.tour import HINTS, Tour

PLACES = {"blotter": (0, 40, 400, 560), "trace": (400, 40, 500, 300), "health": (0, 0, 900, 40)}


class Desk(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self.resize(900, 600)
        self.parts = {name: QWidget(self) for name in PLACES}
        for name, where in PLACES.items():
            self.parts[name].setGeometry(*where)
        self.tour = Tour(self, themes.DARK, self.parts)
        self.ended: list[int] = []
        self.tour.finished.connect(lambda: self.ended.append(self.tour.step))


@pytest.fixture
def desk(qtbot: QtBot) -> Desk:
    made = Desk()
    qtbot.addWidget(made)
    with qtbot.waitExposed(made):
        made.show()
    return made


def test_that_every_hint_comes_in_its_order_and_the_last_one_says_so(desk: Desk) -> None:
    desk.tour.begin()
    buttons = []
    for hint in HINTS:
        assert hint.title in desk.tour.words.text()
        assert hint.words in desk.tour.words.text()
        buttons.append(desk.tour.go.text())
        desk.tour.go.click()
    assert buttons == ["Next"] * (len(HINTS) - 1) + ["Done"]
    assert not desk.tour.isVisible()
    assert desk.ended == [len(HINTS)]


@pytest.mark.parametrize("after", range(len(HINTS)))
def test_that_it_can_be_left_at_any_hint_and_ends_once(desk: Desk, after: int) -> None:
    desk.tour.begin()
    for _ in range(after):
        desk.tour.go.click()
    desk.tour.leave.click()
    desk.tour.end()
    assert desk.ended == [after]
    desk.tour.begin()
    assert HINTS[0].title in desk.tour.words.text(), "the next time it begins anew"


def test_that_a_hint_stands_over_what_it_speaks_of_and_inside_the_window(desk: Desk) -> None:
    desk.tour.begin()
    for hint in HINTS:
        assert desk.rect().contains(desk.tour.geometry())
        assert desk.tour.geometry().intersects(QRect(*PLACES[hint.beside]))
        desk.tour.next()


def test_that_a_hint_about_what_is_hidden_still_stands_inside_the_window(desk: Desk) -> None:
    for part in desk.parts.values():
        part.hide()
    desk.tour.begin()
    assert desk.tour.isVisible()
    assert desk.rect().contains(desk.tour.geometry())


def test_that_a_hint_stays_with_what_it_speaks_of_when_the_window_changes_its_size(desk: Desk, qtbot: QtBot) -> None:
    desk.tour.begin()
    desk.parts["blotter"].setGeometry(600, 40, 600, 700)
    desk.resize(1200, 800)
    qtbot.waitUntil(lambda: desk.tour.geometry().center().x() > 700, timeout=5000)
    assert desk.rect().contains(desk.tour.geometry())


def test_that_the_hints_are_counted_and_speak_of_what_the_desk_has(window: MainWindow) -> None:
    beside = window.overlays.tour._beside
    assert all(window.isAncestorOf(beside[hint.beside]) for hint in HINTS)
    numbers = [hint.title.split("   ")[0] for hint in HINTS]
    assert numbers == [f"{number} of {len(HINTS)}" for number in range(1, len(HINTS) + 1)]
