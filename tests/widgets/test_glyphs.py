"""Texts laid out once: figures are drawn in full, names are shortened in the middle, nothing is kept without end."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QImage, QPainter

from app.widgets import glyphs
from app.widgets import theme as themes
from app.widgets.glyphs import Glyphs

WORDS = st.text(st.characters(codec="ascii", exclude_categories=["Cc", "Zs"]), min_size=1, max_size=30)


class Paper:
    """A black picture of 400 x 24 to write on in white."""

    def __init__(self) -> None:
        self.glyphs = Glyphs(themes.figures_font())
        self.image = QImage(400, 24, QImage.Format.Format_RGB32)
        self.painter = QPainter()
        self.clean()

    def clean(self) -> None:
        self.image.fill(0)

    def draw(self, x: int, room: int, words: str, *, right: bool = False) -> int:
        self.painter.begin(self.image)
        self.painter.setFont(self.glyphs.font)
        self.painter.setPen(Qt.GlobalColor.white)
        wide = self.glyphs.draw(self.painter, (x, 2, room), words, right=right)
        self.painter.end()
        return wide

    def inked(self) -> list[int]:
        """Columns with ink."""
        return [x for x in range(400) if any(self.image.pixel(x, y) & 0xFFFFFF for y in range(24))]


@pytest.fixture
def paper(qapp: object) -> Iterator[Paper]:
    made = Paper()
    yield made
    assert not made.painter.isActive()


def test_that_a_text_begins_at_the_left_of_its_room_and_a_figure_ends_at_the_right(paper: Paper) -> None:
    paper.draw(50, 200, "HHHH")
    left = paper.inked()
    paper.clean()
    paper.draw(50, 200, "HHHH", right=True)
    right = paper.inked()
    assert 50 <= left[0] < 50 + paper.glyphs.digit
    assert 250 - paper.glyphs.digit <= right[-1] <= 250
    assert right[-1] - right[0] == left[-1] - left[0], "the same letters"


@pytest.mark.parametrize("room", [5, 20, 60, 120])
def test_that_a_name_never_leaves_its_room_and_says_what_it_would_need(paper: Paper, room: int) -> None:
    words = "a long name of an account that nobody can shorten"
    wide = paper.draw(100, room, words)
    assert wide == paper.glyphs.metrics.horizontalAdvance(words) > room
    inked = paper.inked()
    assert all(99 <= x <= 100 + room for x in inked)


def test_that_a_shortened_name_keeps_its_beginning_and_its_end(paper: Paper) -> None:
    paper.draw(0, 120, "HH---------------------------------------HH")
    inked = paper.inked()
    whole = Paper()
    whole.draw(0, 120, "HH")
    first = whole.inked()
    assert inked[: len(first)] == first
    assert max(inked) > 60


def test_that_a_figure_too_wide_for_its_room_is_drawn_in_full_and_says_so(paper: Paper) -> None:
    wide = paper.draw(200, 20, "1,234,567.00", right=True)
    inked = paper.inked()
    assert wide > 20
    assert inked[0] < 200 - 20, "its first digits are not cut off"
    assert inked[-1] <= 220


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(WORDS, st.integers(1, 200))
def test_that_the_width_a_text_needs_does_not_depend_on_its_room_or_its_side(
    paper: Paper, words: str, room: int
) -> None:
    need = paper.glyphs.metrics.horizontalAdvance(words)
    assert [paper.draw(10, room, words, right=right) for right in (False, True)] == [need, need]


def test_that_digits_are_of_one_width(paper: Paper) -> None:
    assert len({paper.draw(0, 400, digit * 8) for digit in "0123456789"}) == 1


@pytest.mark.parametrize("words", ["<b>fat</b>", "a &amp; b", "<i>"])
def test_that_markup_is_drawn_as_it_stands(paper: Paper, words: str) -> None:
    paper.draw(0, 400, words)
    reach = max(paper.inked())
    assert reach > paper.glyphs.metrics.horizontalAdvance(words) - 2 * paper.glyphs.digit


def test_that_texts_go_one_by_one_and_what_is_drawn_often_stays(paper: Paper, monkeypatch: pytest.MonkeyPatch) -> None:
    """All at once took forty milliseconds of one frame."""
    monkeypatch.setattr(glyphs, "_ROOM", 20)
    known = paper.glyphs._known
    for number in range(100):
        before = set(known)
        paper.draw(0, 400, f"text {number}")
        paper.draw(0, 400, "always")
        assert len(before - set(known)) <= 1, "one goes for one that comes"
        assert len(known) <= 20
    assert "always" in known
    assert "text 99" in known
    assert "text 60" not in known


def test_that_a_text_drawn_again_after_many_others_looks_the_same(
    paper: Paper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(glyphs, "_ROOM", 20)
    paper.draw(0, 60, "the first text of all of them")
    before = paper.image.copy(QRect(0, 0, 400, 24))
    for number in range(100):
        paper.draw(0, 60, f"text number {number} of a hundred")
    paper.clean()
    paper.draw(0, 60, "the first text of all of them")
    assert paper.image == before
