"""Marks on the trace: numbers and notes never touch, the largest count is never left out, the legend names all."""

from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QLineF, QPointF, QRectF
from PySide6.QtGui import QImage, QPainter, QPen
from pytestqt.qtbot import QtBot

from app.widgets import theme as themes
from app.widgets.axes import FigureAxis
from app.widgets.happenings import MARKS, NO_BUNCHES, Bunches
from app.widgets.marks import Counts, Legend, Notes
from app.widgets.pane import Pane

PIXELS = Pane(FigureAxis(sign=True), rect=QRectF(0, -150, 600, 300), x=(0, 300), y=(-50, 50))  # 2 pixels a second
NEAR = Pane(FigureAxis(sign=True), rect=QRectF(0, -150, 600, 300), x=(0, 15), y=(-150, 150))  # 40
POINT = st.tuples(st.integers(0, 300), st.integers(-50, 50), st.integers(1, 40))


def bunches(points: list[tuple[int, int, int]]) -> Bunches:
    x, y, events = (np.array([point[place] for point in points], np.int64) for place in range(3))
    return Bunches(x.astype(np.float64), y.astype(np.float64), np.zeros(len(points), np.int64), events)


# -- numbers -------------------------------------------------------------------------------------------------------


@given(st.lists(POINT, max_size=20))
def test_that_numbers_never_touch_and_one_is_left_out_only_for_a_larger_or_an_equal_one(
    points: list[tuple[int, int, int]],
) -> None:
    counts = Counts()
    counts.show_bunches(bunches(points))
    labels = counts.labels(PIXELS)
    assert [x for x, _, _ in labels] == sorted(x for x, _, _ in labels)
    for (x, y, _), (other, above, _) in combinations(labels, 2):
        assert abs(x - other) > 24 or abs(y - above) > 12
    for x, y, events in points:
        near = [int(said) for at, above, said in labels if abs(at - 2 * x - 6) <= 24 and abs(above + 3 * y + 5) <= 12]
        assert (max(near, default=0) >= events) is (events > 1 or bool(near)), "alone it needs no number"


def test_that_the_largest_of_a_crowd_is_the_one_that_is_said() -> None:
    counts = Counts()
    counts.show_bunches(bunches([(10, 0, 2), (11, 0, 9), (12, 0, 3), (100, 0, 4)]))
    assert [said for _, _, said in counts.labels(PIXELS)] == ["9", "4"]
    assert [said for _, _, said in counts.labels(NEAR)] == ["2", "9", "3", "4"], "zoomed in"
    counts.show_bunches(NO_BUNCHES)
    assert counts.labels(PIXELS) == []


# -- notes ---------------------------------------------------------------------------------------------------------


class Recorder(QPainter):
    """Keeps where lines stand and words begin."""

    lines: list[float]
    words: list[tuple[float, str]]

    def drawLine(self, line: QLineF) -> None:  # type: ignore[override]
        self.lines.append(line.x1())

    def drawText(self, where: QPointF, words: str) -> None:  # type: ignore[override]
        self.words.append((where.x(), words))


def painted(shown: list[tuple[float, str]]) -> tuple[list[float], list[tuple[float, str, float]]]:
    """Pixels of the lines; begin, words and end of what is written."""
    notes = Notes()
    notes.show_notes(shown)
    picture = QImage(600, 100, QImage.Format.Format_RGB32)
    painter = Recorder(picture)
    painter.lines, painter.words = [], []
    notes.paint(painter, PIXELS, QPen())
    metrics = painter.fontMetrics()
    said = [(x, words, x + metrics.horizontalAdvance(words)) for x, words in painter.words]
    painter.end()
    return painter.lines, said


@given(st.lists(st.tuples(st.integers(0, 300), st.sampled_from(["switched", "paused", "amended"])), max_size=12))
def test_that_every_note_has_its_line_and_words_that_would_touch_are_left_out(shown: list[tuple[int, str]]) -> None:
    notes = [(float(x), words) for x, words in sorted(shown)]
    lines, said = painted(notes)
    assert lines == [2 * x for x, _ in notes]
    assert all(left[2] < right[0] for left, right in pairwise(said))
    assert [words for _, words, _ in said[:1]] == [words for _, words in notes[:1]], "the first is always said"
    assert all(end <= PIXELS.rect.right() for _, _, end in said), "words at the right edge are not cut"


def test_that_notes_far_enough_apart_are_all_said() -> None:
    _, said = painted([(0.0, "switched"), (100.0, "paused"), (200.0, "resumed")])
    assert [words for _, words, _ in said] == ["switched", "paused", "resumed"]


# -- the legend ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def legend(qapp: object) -> Legend:
    return Legend(themes.DARK)


@given(st.integers(150, 1_200))
def test_that_the_legend_names_every_class_once_inside_its_width_and_no_two_names_touch(
    legend: Legend, width: int
) -> None:
    legend.resize(width, legend.height())
    places = legend.places()
    ends = [x + 9 + legend.fontMetrics().horizontalAdvance(mark.title) for mark, x, _ in places]
    assert [mark for mark, _, _ in places] == list(MARKS.values())
    assert max(ends) <= width
    for (_, _, line), (_, x, below), end in zip(places[:-1], places[1:], ends[:-1], strict=True):
        assert (below == line and x >= end) or (below == line + 1 and x == places[0][1])


def test_that_a_wide_legend_is_one_line_and_a_narrow_one_a_line_a_name(legend: Legend) -> None:
    legend.resize(legend.sizeHint().width() + 8, 20)
    assert {line for _, _, line in legend.places()} == {0}
    legend.resize(10, 20)
    assert [line for _, _, line in legend.places()] == list(range(len(MARKS)))


def test_that_the_legend_takes_the_height_of_its_lines_and_the_colour_of_its_side(qtbot: QtBot) -> None:
    made = Legend(themes.DARK)
    qtbot.addWidget(made)
    made.resize(200, 20)
    with qtbot.waitExposed(made):
        made.show()
    assert made.height() == 20 * (max(line for _, _, line in made.places()) + 1) > 20
    tones = {}
    for side in ("buy", "sell"):
        made.show_side(side)
        picture = made.grab().toImage()
        tones[side] = {picture.pixelColor(x, y).name() for x in range(picture.width()) for y in range(20)}
    assert themes.DARK.buy in tones["buy"] - tones["sell"]
    assert themes.DARK.sell in tones["sell"] - tones["buy"]
