"""Phrases of the strip: every run in its tone, a width that only grows, nothing painted that has not changed."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.widgets import theme as themes
from app.widgets.phrase import Phrase, Run


@pytest.fixture
def phrase(qtbot: QtBot) -> Phrase:
    made = Phrase(themes.DARK)
    qtbot.addWidget(made)
    return made


def inked(phrase: Phrase, theme: themes.Theme) -> dict[str, list[int]]:
    """Columns of pixels in which each tone of a theme is found."""
    image = phrase.grab().toImage()
    found: dict[str, list[int]] = {}
    for tone in ("ink", "red", "amber", "faint"):
        colour = QColor(getattr(theme, tone)).rgb()
        rows = range(image.height())
        found[tone] = [x for x in range(image.width()) if any(image.pixel(x, y) == colour for y in rows)]
    return found


def test_that_runs_stand_beside_each_other_in_their_tones(phrase: Phrase) -> None:
    assert phrase.say((Run("████ "), Run("████ ", "red", bold=True), Run("████", "amber")), themes.DARK)
    assert phrase.text() == "████ ████ ████"
    found = inked(phrase, themes.DARK)
    assert max(found["ink"]) < min(found["red"]) <= max(found["red"]) < min(found["amber"])
    assert max(found["amber"]) < phrase.width(), "the last letter is not cut"


def test_that_it_is_as_wide_as_its_words_and_only_grows(phrase: Phrase) -> None:
    wide = []
    for words, more in (("10:41:22", True), ("10:41:23", False), ("LIVE 10:41:23", True), ("10", True)):
        assert phrase.say((Run(words),), themes.DARK) is more
        wide.append(phrase.width())
    assert wide[0] == wide[1] < wide[2] == wide[3]
    assert phrase.sizeHint().width() == phrase.width()
    phrase.say((), themes.DARK)
    assert phrase.width() == 0, "without words it takes no room"


def test_that_the_same_words_are_not_said_twice_and_another_theme_is(phrase: Phrase) -> None:
    runs = (Run("████", "red"),)
    assert phrase.say(runs, themes.DARK)
    assert not phrase.say(runs, themes.DARK)
    assert inked(phrase, themes.DARK)["red"]
    phrase.say(runs, themes.LIGHT)
    assert inked(phrase, themes.LIGHT)["red"]
    assert not inked(phrase, themes.DARK)["red"]


@pytest.mark.parametrize("words", ["<b>fat</b>", "a &amp; b"])
def test_that_markup_stands_as_it_is(phrase: Phrase, words: str) -> None:
    phrase.say((Run(words),), themes.DARK)
    assert phrase.width() >= phrase.fontMetrics().horizontalAdvance(words)


def test_that_a_tip_stays_until_there_is_another_and_a_click_is_said(phrase: Phrase) -> None:
    clicks = list[int]()
    phrase.clicked.connect(lambda: clicks.append(1))
    phrase.say((Run("a"),), themes.DARK, "what it means")
    phrase.say((Run("b"),), themes.DARK)
    assert phrase.toolTip() == "what it means"
    for button in (Qt.MouseButton.RightButton, Qt.MouseButton.LeftButton):
        QTest.mouseClick(phrase, button)
    assert clicks == [1]
