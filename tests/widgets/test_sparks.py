"""Sparklines: rows keep their own samples as the pad grows, and a line never leaves its cell."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, QRect
from PySide6.QtGui import QColor, QImage, QPainter, QPolygonF

from app.engine.units import NULL, SECOND
from app.widgets.frames import FULL_MS, Frame
from app.widgets.sparks import POINTS, STEP_NS, Look, Sparks

START = 1_700_000_000 * SECOND
BPS = st.floats(-1e4, 1e4, width=32)


def sampled(*frames: list[float]) -> Sparks:
    """Frames one step of event time apart."""
    sparks = Sparks()
    for number, frame in enumerate(frames):
        sparks.sample(np.array(frame), START + number * STEP_NS)
    return sparks


class Recorder(QPainter):
    """Keeps the points of the lines it is asked for."""

    lines: list[list[QPoint]]

    def drawPolyline(self, *args: object) -> None:
        (points,) = args
        if isinstance(points, QPolygonF):
            self.lines.append([points.at(n).toPoint() for n in range(points.size())])


def drawn(sparks: Sparks, row: int, where: QRect) -> list[tuple[int, int]]:
    """Points of a row's line, the oldest first; none where nothing is drawn."""
    picture = QImage(160, 60, QImage.Format.Format_Grayscale8)
    painter = Recorder(picture)
    painter.lines = []
    sparks.draw(painter, where, row)
    painter.end()
    return [(point.x(), point.y()) for line in painter.lines for point in line]


@pytest.mark.parametrize("values", [[], [1.0]])
def test_that_nothing_is_sampled_before_there_is_a_time_or_an_order(values: list[float]) -> None:
    sparks = Sparks()
    assert not sparks.sample(np.array(values), NULL if values else START)
    assert np.all(np.isnan(sparks.of(0)))
    assert sparks.sample(np.array([2.0]), START), "the first sample is a step whenever it comes"


@pytest.mark.parametrize(("later", "steps"), [(0, False), (STEP_NS - 1, False), (STEP_NS, True), (STEP_NS + 1, True)])
def test_that_a_step_is_over_when_its_whole_time_has_passed(later: int, steps: bool) -> None:
    sparks = sampled([1.0])
    assert sparks.sample(np.array([2.0]), START + later) is steps
    known = sparks.of(0)[~np.isnan(sparks.of(0))]
    assert known.tolist() == ([1.0, 2.0] if steps else [2.0])


@given(st.lists(st.integers(1, 200), min_size=1, max_size=POINTS))
def test_that_every_row_keeps_its_own_samples_however_many_orders_come(counts: list[int]) -> None:
    sparks, most = Sparks(), 0
    expected: dict[int, list[float]] = {}
    for step, count in enumerate(counts):
        most = max(most, count)  # the board never loses a parent within an epoch
        sparks.sample(np.arange(most, dtype=np.float64) + 1000.0 * step, START + step * STEP_NS)
        for row in range(most):
            expected.setdefault(row, [np.nan] * step).append(row + 1000.0 * step)
    for row in {0, most - 1, most // 2}:
        assert sparks.of(row)[-len(counts) :].tolist() == pytest.approx(expected[row], nan_ok=True)
        assert np.all(np.isnan(sparks.of(row)[: -len(counts)]))


def test_that_an_undefined_figure_is_a_gap_and_no_zero() -> None:
    sparks = sampled([1.0], [np.nan], [3.0])
    assert sparks.of(0)[-3:].tolist() == pytest.approx([1.0, np.nan, 3.0], nan_ok=True)


def test_that_an_order_that_left_the_section_keeps_no_old_figure_as_its_newest() -> None:
    sparks = sampled([1.0, 5.0], [2.0])
    assert np.isnan(sparks.of(1)[-1])
    assert sparks.of(1)[-2] == 5.0


def test_that_rows_numbered_anew_have_no_past() -> None:
    sparks = sampled([1.0], [2.0])
    sparks.forget()
    assert np.all(np.isnan(sparks.of(0)))
    assert sparks.sample(np.array([3.0]), START), "time may begin anew too"


@given(st.lists(BPS, min_size=2, max_size=POINTS), st.integers(4, 120), st.integers(4, 40))
def test_that_a_line_stays_in_its_cell_and_ends_at_the_right_edge(values: list[float], wide: int, high: int) -> None:
    where = QRect(17, 9, wide, high)
    points = drawn(sampled(*([value] for value in values)), 0, where)
    assert len(points) == len(values)
    assert all(where.contains(QPoint(x, y)) for x, y in points)
    assert points[-1][0] == where.right(), "the newest sample"
    assert [x for x, _ in points] == sorted(x for x, _ in points)


@given(st.lists(st.none() | BPS, min_size=2, max_size=POINTS))
def test_that_a_line_has_a_point_for_each_figure_that_is_known(values: list[float | None]) -> None:
    known = [value for value in values if value is not None]
    frames = [[np.nan if value is None else value] for value in values]
    points = drawn(sampled(*frames), 0, QRect(0, 0, 100, 40))
    assert len(points) == (len(known) if len(known) > 1 else 0)
    for (_, y), (_, below), a, b in zip(points, points[1:], known, known[1:], strict=False):
        assert (y - below) * np.sign(b - a) >= 0, "a cost that rises goes up, and pixels count from the top"


def test_that_a_row_nobody_has_seen_draws_nothing() -> None:
    assert drawn(sampled([1.0], [2.0]), 10_000, QRect(0, 0, 80, 20)) == []


def test_that_a_small_swing_stays_small_and_none_stands_in_the_middle() -> None:
    where = QRect(0, 0, 100, 41)

    def height(*values: float) -> int:
        heights = [y for _, y in drawn(sampled(*([value] for value in values)), 0, where)]
        return max(heights) - min(heights)

    assert height(0.0, 10.0) == height(0.0, 2.0) == height(-900.0, 900.0)
    assert height(0.0, 1.0) == height(0.0, 2.0) / 2
    assert {y for _, y in drawn(sampled([7.0], [7.0]), 0, where)} == {where.center().y()}


# -- pictures --------------------------------------------------------------------------------------------------------


def put(sparks: Sparks, row: int, colour: str = "white") -> QImage:
    """A cell with the picture of a row's line."""
    picture = QImage(80, 20, QImage.Format.Format_RGB32)
    picture.fill(QColor("black"))
    painter = QPainter(picture)
    sparks.put(painter, (0, 0), row, Look(80, 20, colour, 1.0))
    painter.end()
    return picture


@pytest.mark.usefixtures("qapp")
def test_that_a_picture_is_the_line_and_follows_its_figures_and_its_colour() -> None:
    sparks = sampled([1.0, 5.0], [9.0, 5.0], [3.0, 5.0])
    first, flat = put(sparks, 0), put(sparks, 1)
    line = QImage(80, 20, QImage.Format.Format_RGB32)
    line.fill(QColor("black"))
    painter = QPainter(line)
    painter.setPen(QColor("white"))
    sparks.draw(painter, QRect(0, 0, 80, 20), 0)
    painter.end()
    assert first == line
    assert not sparks.sample(np.array([-9.0, 5.0]), START + 2 * STEP_NS + 1)
    assert put(sparks, 0) != first, "the newest sample follows"
    assert put(sparks, 1) == flat
    assert put(sparks, 1, "red") != flat
    sparks.forget()
    assert put(sparks, 0) != first


@pytest.mark.usefixtures("qapp")
def test_that_pictures_go_one_by_one_and_those_in_view_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.widgets.sparks._ROOM", 10)
    sparks = sampled(list(range(40)), list(range(1, 41)))
    for row in range(40):
        before = set(sparks._pictures)
        put(sparks, row)
        put(sparks, 0)
        assert len(before - set(sparks._pictures)) <= 1
        assert len(sparks._pictures) <= 10
    assert {0, 39} <= set(sparks._pictures)


@pytest.mark.usefixtures("qapp")
def test_that_a_full_frame_shows_the_line_as_it_was_and_the_next_one_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    spent = [0.0]
    frame = Frame(lambda: spent[0])
    frame.begin()
    monkeypatch.setattr("app.widgets.sparks.FRAME", frame)
    sparks = sampled([1.0], [9.0])
    before = put(sparks, 0)
    sparks.sample(np.array([-50.0]), START + 3 * STEP_NS)
    spent[0] = FULL_MS
    assert put(sparks, 0) == before
    frame.begin()
    assert put(sparks, 0) != before
