"""Lines that change every frame: nothing is painted anew when nothing changed, and nothing beside them moves."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget
from pytestqt.qtbot import QtBot

from app.widgets import theme as themes
from app.widgets.caption import Caption, dye, say

TEXTS = st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), max_size=40)


class Counted(Caption):
    """Counts how often it asks to be painted."""

    def __init__(self) -> None:
        self.asked = 0
        super().__init__(themes.DARK, "ink")

    def update(self) -> None:  # type: ignore[override]
        self.asked += 1
        super().update()


@pytest.fixture
def caption(qtbot: QtBot) -> Counted:
    made = Counted()
    qtbot.addWidget(made)
    made.resize(200, made.height())
    made.asked = 0
    return made


def painted(caption: Caption) -> QImage:
    return caption.grab().toImage()


def tones(image: QImage) -> set[str]:
    return {QColor(image.pixel(x, y)).name() for x in range(image.width()) for y in range(image.height())}


# -- captions --------------------------------------------------------------------------------------------------------


def test_that_the_same_text_again_is_not_painted_again(caption: Counted) -> None:
    for words in ("a", "a", "b", "b", "a", ""):
        caption.setText(words)
    assert caption.asked == 4
    assert caption.text() == ""


@pytest.mark.parametrize("words", ["", "short", "a line that is far too long for the room that it has " * 3])
def test_that_a_text_never_changes_the_room_of_its_line(caption: Counted, words: str) -> None:
    before = caption.sizeHint(), caption.minimumSize(), caption.maximumSize()
    caption.setText(words)
    assert (caption.sizeHint(), caption.minimumSize(), caption.maximumSize()) == before
    assert caption.text() == words, "what is cut on the screen is still whole here"


def test_that_an_empty_line_paints_nothing_and_a_text_is_seen(caption: Counted) -> None:
    empty = painted(caption)
    caption.setText("12.50 bps")
    assert len(tones(empty)) == 1
    assert painted(caption) != empty


def test_that_a_long_text_is_shortened_at_the_right_and_begins_as_it_does(caption: Counted) -> None:
    words = "P100003 INST"
    caption.setText(words)
    full = painted(caption)
    caption.setText(words + " and much more that nobody can see any longer" * 4)
    cut = painted(caption)
    wide = caption.fontMetrics().horizontalAdvance("P100003")
    assert cut.copy(0, 0, wide, cut.height()) == full.copy(0, 0, wide, full.height())
    assert cut != full


def test_that_a_line_dressed_anew_has_the_ink_of_its_theme(caption: Counted) -> None:
    caption.setText("████")
    dark = tones(painted(caption))
    caption.dress(themes.LIGHT)
    light = tones(painted(caption))
    assert themes.DARK.colour("ink").name() in dark
    assert themes.LIGHT.colour("ink").name() in light
    assert themes.DARK.colour("ink").name() not in light


# -- labels ----------------------------------------------------------------------------------------------------------


@given(words=st.lists(TEXTS.filter(bool), min_size=1, max_size=8))
def test_that_a_label_only_ever_grows_and_always_has_room_for_its_words(words: list[str]) -> None:
    label = QLabel()
    label.setFont(themes.figures_font())
    widths = []
    for said in words:
        say(label, said)
        assert label.text() == said
        assert label.width() >= label.sizeHint().width()
        assert label.minimumWidth() == label.maximumWidth() == label.width()
        widths.append(label.width())
    assert widths == sorted(widths)


@given(st.lists(st.integers(0, 9_999_999).map(lambda n: f"{n:07d}"), min_size=2, max_size=6))
def test_that_digits_that_change_move_nothing(figures: list[str]) -> None:
    label = QLabel()
    label.setFont(themes.figures_font())
    sizes = set()
    for figure in figures:
        say(label, figure)
        sizes.add(label.size().toTuple())
    assert len(sizes) == 1


def test_that_a_shorter_text_leaves_what_stands_beside_it_where_it_was(qtbot: QtBot) -> None:
    window, label, neighbour = QWidget(), QLabel(), QLabel("beside")
    qtbot.addWidget(window)
    layout = QHBoxLayout(window)
    layout.addWidget(label)
    layout.addWidget(neighbour)
    layout.addStretch(1)
    window.resize(900, 60)
    window.show()
    places = []
    for words in ("1,234 rows of the book", "1 row", "9,876 rows of the book", "1,234,567 rows of the book"):
        say(label, words)
        layout.activate()
        places.append(neighbour.x())
    assert len(set(places[:3])) == 1
    assert places[3] > places[0]


def test_that_who_lays_labels_out_hears_when_one_may_need_more_room(qtbot: QtBot) -> None:
    label = QLabel()
    qtbot.addWidget(label)
    said = ("10:00:01", "10:00:02", "10:00:02", "10:00:03 UTC", "11:11:11 UTC", "", "10:00:04 UTC")
    assert [say(label, words) for words in said] == [True, False, False, True, False, True, True]


def test_that_a_colour_is_set_once(qtbot: QtBot) -> None:
    sheets: list[str] = []

    class Watched(QLabel):
        def setStyleSheet(self, sheet: str) -> None:
            sheets.append(sheet)
            super().setStyleSheet(sheet)

    label = Watched("red")
    qtbot.addWidget(label)
    for colour in ("#ff0000", "#ff0000", "#00ff00", "#00ff00", "#ff0000"):
        dye(label, colour)
    assert [sheet.split()[-1] for sheet in sheets] == ["#ff0000", "#00ff00", "#ff0000"]
    assert label.styleSheet() == sheets[-1]
