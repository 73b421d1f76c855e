"""Toasts and overlays: on top, inside the window, clear of what must stay clear, harmless words, gone by themselves."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.widgets import corner
from app.widgets import theme as themes
from app.widgets.alerts import Toast
from app.widgets.corner import Overlay, Toasts


def toast(order: str, words: str = "slippage 12 bps", more: tuple[str, ...] = ()) -> Toast:
    return Toast(f"RED  {order}", words, (order, *more))


class Corner:
    """A window with toasts in its corner, and what they did."""

    def __init__(self, qtbot: QtBot) -> None:
        self.window = QWidget()
        self.window.resize(1200, 800)
        qtbot.addWidget(self.window)
        self.sounds: list[int] = []
        self.wanted: list[str] = []
        self.toasts = Toasts(self.window, themes.DARK, lambda: self.sounds.append(len(self.toasts.said)))
        self.toasts.wanted.connect(self.wanted.append)
        self.window.show()

    def say(self, *toasts: Toast, action: str = "N: go") -> None:
        self.toasts.show_toasts(list(toasts), action)

    def lines(self) -> list[str]:
        """What is written, without what is about to go."""
        return [label.text() for label in self.toasts.findChildren(QLabel) if label.isVisible()]

    def buttons(self) -> list[QPushButton]:
        return [button for button in self.toasts.findChildren(QPushButton) if button.isVisible()]


class Painted(QObject):
    """Counts how often a widget is painted."""

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        self.times = 0
        widget.installEventFilter(self)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        self.times += event.type() == QEvent.Type.Paint
        return False


@pytest.fixture
def here(qtbot: QtBot) -> Corner:
    return Corner(qtbot)


def test_that_nothing_to_say_makes_no_sound_and_shows_nothing(here: Corner) -> None:
    here.say()
    assert (here.sounds, here.toasts.isVisible(), here.lines()) == ([], False, [])


@pytest.mark.parametrize("theme", [themes.DARK, themes.LIGHT])
def test_that_nothing_beneath_shines_through_and_none_of_it_is_painted_with_what_lies_beneath(
    here: Corner, theme: themes.Theme
) -> None:
    beneath = QWidget(here.window)
    beneath.resize(here.window.size())
    beneath.setStyleSheet("background: #ff00ff")
    beneath.show()
    here.toasts.dress(theme)
    here.say(toast("P1"))
    QApplication.processEvents()
    painted = Painted(here.toasts)
    beneath.repaint()
    assert painted.times == 0
    image = here.window.grab(here.toasts.geometry()).toImage()
    right, bottom = image.width() - 1, image.height() - 1
    corners = {image.pixelColor(x, y).name() for x in (0, right) for y in (0, bottom)}
    inside = {image.pixelColor(x, y).name() for x in (1, right - 1) for y in (1, bottom - 1)}
    assert (corners, inside) == ({theme.accent}, {theme.raised})


@pytest.mark.parametrize("count", [1, 2, 3, 7])
def test_that_many_toasts_at_once_make_one_sound_and_the_newest_stand(here: Corner, count: int) -> None:
    sent = [toast(f"P{number}") for number in range(count)]
    here.say(*sent)
    assert len(here.sounds) == 1
    assert here.toasts.said == sent[-3:]
    assert len(here.buttons()) == min(count, 3)


def test_that_a_toast_that_comes_later_pushes_the_oldest_out(here: Corner) -> None:
    for number in range(5):
        here.say(toast(f"P{number}"))
    assert [said.orders[0] for said in here.toasts.said] == ["P2", "P3", "P4"]
    assert len(here.sounds) == 5
    assert not any("P1" in line for line in here.lines())


def test_that_each_toast_goes_to_its_own_order_the_first_of_many(here: Corner) -> None:
    here.say(toast("P1"), toast("P2", more=("P3", "P4")), toast("P5"))
    for button in here.buttons():
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert here.wanted == ["P1", "P2", "P5"]


def test_that_the_action_that_can_be_taken_now_stands_below_the_newest(here: Corner) -> None:
    here.say(toast("P1"), action="Space: acknowledge")
    here.say(toast("P2"), action="K: kill")
    assert "K: kill" in here.lines()[-1]
    assert not any("Space" in line for line in here.lines())


@pytest.mark.parametrize("words", ["<b>bold</b>", "a & b", "<img src='x'>", "1 < 2", "</i>"])
def test_that_words_of_the_board_are_never_markup(here: Corner, words: str) -> None:
    here.say(toast(words, words), action=words)
    labels = [label for label in here.toasts.findChildren(QLabel) if label.isVisible()]
    assert {label.textFormat() for label in labels} == {Qt.TextFormat.PlainText}
    assert "\n".join(here.lines()).count(words) == 3, "title, sentence and action, as they stand"


def test_that_nothing_in_a_toast_takes_the_focus(here: Corner) -> None:
    here.say(toast("P1"))
    assert here.toasts.focusPolicy() == Qt.FocusPolicy.NoFocus
    assert {button.focusPolicy() for button in here.buttons()} == {Qt.FocusPolicy.NoFocus}


def test_that_toasts_go_by_themselves_and_a_newer_one_begins_alone(
    here: Corner, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(corner, "STAY_MS", 1)
    here.say(toast("P1"))
    qtbot.waitUntil(lambda: not here.toasts.isVisible())
    assert here.toasts.said == []
    here.say(toast("P2"))
    assert [said.orders for said in here.toasts.said] == [("P2",)]


def test_that_a_toast_beside_one_that_still_stands_has_the_room_that_both_need(here: Corner) -> None:
    sizes = []
    for number in range(3):
        here.say(toast(f"P{number}"))
        sizes.append(here.toasts.size())
    assert [size.height() for size in sizes] == sorted({size.height() for size in sizes})
    assert len({size.width() for size in sizes}) == 1
    for label in here.toasts.findChildren(QLabel):
        if label.isVisible():
            assert label.height() >= label.heightForWidth(label.width()) > 0


@pytest.mark.parametrize("width", [200, 300, 480, 900, 2400])
def test_that_toasts_stay_inside_a_window_of_any_width(here: Corner, width: int) -> None:
    here.window.resize(width, 600)
    here.say(toast("P1", "a sentence that is long enough to be broken into more than one line of the corner"))
    assert here.toasts.x() >= 0
    assert here.toasts.geometry().right() < width


def test_that_toasts_follow_the_corner_of_a_window_that_is_resized(here: Corner) -> None:
    here.say(toast("P1"))
    gaps = []
    for width in (1200, 1000, 1600):
        here.window.resize(width, 700)
        gaps.append(width - here.toasts.geometry().right())
    assert len(set(gaps)) == 1


def test_that_toasts_stand_under_the_strip(here: Corner) -> None:
    strip = QWidget(here.window)
    strip.setGeometry(0, 0, 1200, 64)
    strip.show()
    here.toasts.stand(strip, ())
    here.say(toast("P1"))
    assert here.toasts.y() > strip.geometry().bottom()


RECTS = st.lists(st.tuples(st.integers(0, 1100), st.integers(0, 500), st.integers(1, 300), st.integers(1, 120)))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=25)
@given(RECTS.filter(lambda rects: len(rects) <= 4))
def test_that_toasts_cover_a_control_only_where_there_is_no_clear_place(
    here: Corner, rects: list[tuple[int, int, int, int]]
) -> None:
    parts = []
    for rect in rects:
        part = QWidget(here.window)
        part.setGeometry(QRect(*rect))
        part.show()
        parts.append(part)
    here.toasts.stand(QWidget(here.window), tuple(parts))
    here.say(toast("P1"))
    taken = [part.geometry() for part in parts]
    size, right = here.toasts.size(), here.window.width() - here.toasts.width() - 12
    lowest = max([0, *(rect.bottom() for rect in taken)]) + 12
    free = [QRect(QPoint(right, y), size) for y in [rect.bottom() + 12 for rect in taken] + [lowest]]
    if any(not any(place.intersects(rect) for rect in taken) for place in free):
        assert not any(here.toasts.geometry().intersects(rect) for rect in taken)
    for part in parts:
        part.hide()


def test_that_a_control_that_is_not_shown_takes_no_room(here: Corner) -> None:
    here.say(toast("P1"))
    before = here.toasts.geometry()
    hidden = QWidget(here.window)
    hidden.setGeometry(before)
    hidden.hide()
    here.toasts.stand(QWidget(here.window), (hidden,))
    here.toasts.place()
    assert here.toasts.x() == before.x()


@pytest.mark.parametrize("place", [*list(Qt.Corner), None])
def test_that_an_overlay_stands_in_its_corner_or_in_the_upper_middle(qtbot: QtBot, place: Qt.Corner | None) -> None:
    window = QWidget()
    window.resize(800, 600)
    qtbot.addWidget(window)
    made = Overlay(window, themes.DARK, place)
    made.setMinimumSize(100, 40)
    made.place()
    middle = made.geometry().center()
    if place is None:
        assert abs(middle.x() - 400) <= 1
        assert middle.y() < 300
    else:
        left = place in {Qt.Corner.TopLeftCorner, Qt.Corner.BottomLeftCorner}
        top = place in {Qt.Corner.TopLeftCorner, Qt.Corner.TopRightCorner}
        assert (middle.x() < 400, middle.y() < 300) == (left, top)
    assert window.rect().contains(made.geometry())


def test_that_an_overlay_is_hidden_until_it_has_something_to_say(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    made = Overlay(window, themes.DARK, None)
    window.show()
    window.resize(300, 300)
    assert not made.isVisible()


def test_that_stale_figures_do_not_grey_a_toast_and_a_theme_dresses_it(here: Corner) -> None:
    before = here.toasts.styleSheet()
    here.toasts.fade(True)
    assert here.toasts.styleSheet() == before
    here.toasts.dress(themes.LIGHT)
    assert themes.LIGHT.raised in here.toasts.styleSheet()
    assert themes.LIGHT.ink in here.toasts.styleSheet()


def test_that_the_window_is_watched_only_while_something_lies_on_it(here: Corner) -> None:
    """Each event of the window, thirty times a second, would cost a call."""
    places = list[int]()
    place = here.toasts.place

    def counted() -> None:
        places.append(1)
        place()

    here.toasts.place = counted  # type: ignore[method-assign]
    here.window.resize(1100, 700)
    assert places == []
    here.say(toast("P1"))
    before = len(places)
    here.window.resize(900, 600)
    assert len(places) > before
    assert here.window.rect().contains(here.toasts.geometry())
    here.toasts.clear()
    before = len(places)
    here.window.resize(1200, 800)
    assert len(places) == before
