"""A pane places values on pixels and back; what is drawn stands where its figures say, and undefined values nowhere."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QImage, QPainter, QPen

from app.widgets.axes import FigureAxis
from app.widgets.pane import NO_BAND, Band, Curve, Pane, Rule, Spots
from app.widgets.symbols import Look, Stamps

pytestmark = pytest.mark.usefixtures("qapp")
NAN = math.nan
INK = QColor("#ff0000")


def pane(x: tuple[float, float] = (0.0, 100.0), y: tuple[float, float] = (0.0, 100.0)) -> Pane:
    """A hundred pixels square, a pixel a unit, with a margin around it."""
    return Pane(FigureAxis(sign=True), rect=QRectF(10, 10, 100, 100), x=x, y=y)


class Sheet:
    """What a thing has painted."""

    def __init__(self) -> None:
        self.picture = QImage(120, 120, QImage.Format.Format_RGB32)
        self.picture.fill(Qt.GlobalColor.black)
        self.painter = QPainter(self.picture)

    def inked(self) -> set[tuple[int, int]]:
        self.painter.end()
        black = QColor("black")
        return {(x, y) for x in range(120) for y in range(120) if self.picture.pixelColor(x, y) != black}


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6), st.floats(0, 1))
def test_that_a_place_is_read_back_from_its_pixel(left: float, span: float, share: float) -> None:
    made = pane(x=(left, left + span), y=(left, left + span))
    at = left + share * span
    where = made.point(at, at)
    assert made.x_at(where.x()) == pytest.approx(at, abs=1e-6 * (abs(left) + span))
    assert where.x() == pytest.approx(10 + 100 * share, abs=1e-3 * (1 + abs(left) / span))
    assert where.y() == pytest.approx(110 - 100 * share, abs=1e-3 * (1 + abs(left) / span)), "upwards"


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_that_what_lies_far_outside_is_drawn_no_farther_than_qt_can(value: float) -> None:
    made = pane()
    for pixel in (made.across(np.array([value]))[0], made.down(np.array([value]))[0]):
        assert -32_000 < pixel < 32_000


def test_that_a_pane_without_width_places_nothing_at_infinity() -> None:
    assert math.isfinite(pane(x=(5.0, 5.0), y=(7.0, 7.0)).point(5.0, 7.0).x())


def test_that_a_curve_is_broken_where_it_is_undefined() -> None:
    curve, sheet = Curve(QPen(INK)), Sheet()
    curve.show(np.array([0.0, 40.0, 50.0, 60.0, 100.0]), np.array([50.0, 50.0, NAN, 50.0, 50.0]))
    curve.paint(sheet.painter, pane())
    columns = {x for x, _ in sheet.inked()}
    assert {10, 50, 70, 110} <= columns
    assert not columns & set(range(52, 69))
    assert curve.colour == INK.name()


@pytest.mark.parametrize("curve", [Curve(), Curve(QPen(INK)), Curve(bars=True, brush=QBrush(INK))])
def test_that_a_curve_without_points_or_pen_draws_nothing(curve: Curve) -> None:
    sheet = Sheet()
    curve.paint(sheet.painter, pane())
    if curve.pen is None and not curve.bars:
        curve.show(np.array([0.0, 1.0]), np.array([0.0, 1.0]))
        curve.paint(sheet.painter, pane())
    assert sheet.inked() == set()


@given(st.lists(st.integers(0, 100), min_size=1, max_size=10))
def test_that_bars_stand_as_high_as_their_figures(values: list[int]) -> None:
    edges = np.linspace(0, 100, len(values) + 1).round()
    curve, sheet = Curve(bars=True, brush=QBrush(INK)), Sheet()
    curve.show(edges, np.array(values, np.float64))
    curve.paint(sheet.painter, pane())
    inked = sheet.inked()
    for left, right, value in zip(edges[:-1].tolist(), edges[1:].tolist(), values, strict=True):
        middle = 10 + int((left + right) / 2)
        assert len({y for x, y in inked if x == middle}) == value


def test_that_a_wiped_curve_is_gone() -> None:
    curve, sheet = Curve(QPen(INK)), Sheet()
    curve.show(np.array([0.0, 100.0]), np.array([1.0, 1.0]))
    curve.wipe()
    curve.paint(sheet.painter, pane())
    assert sheet.inked() == set()


def test_that_a_band_fills_what_lies_between_and_one_point_is_no_band() -> None:
    sheet = Sheet()
    NO_BAND.paint(sheet.painter, pane(), INK)
    Band(np.array([5.0]), np.array([1.0]), np.array([9.0])).paint(sheet.painter, pane(), INK)
    Band(np.array([20.0, 80.0]), np.array([30.0, 30.0]), np.array([60.0, 60.0])).paint(sheet.painter, pane(), INK)
    inked = sheet.inked()
    assert {x for x, _ in inked} == set(range(30, 90))
    assert {y for _, y in inked} == set(range(50, 80))


def test_that_spots_stand_where_their_figures_say_and_the_last_lies_on_top() -> None:
    spots, sheet = Spots(Stamps()), Sheet()
    red, blue = Look("s", 7, "#ff0000", "#ff0000"), Look("s", 7, "#0000ff", "#0000ff")
    spots.show(np.array([50.0, 50.0]), np.array([20.0, 20.0]), [red, blue])
    spots.paint(sheet.painter, pane())
    assert sheet.picture.pixelColor(60, 90).name() == "#0000ff"
    inked = sheet.inked()
    assert {x for x, _ in inked} <= set(range(55, 66))
    spots.wipe()
    empty = Sheet()
    spots.paint(empty.painter, pane())
    assert empty.inked() == set()


@pytest.mark.parametrize("upright", [True, False])
def test_that_a_rule_crosses_its_whole_pane_and_no_more(upright: bool) -> None:
    sheet = Sheet()
    Rule(30.0, upright=upright).paint(sheet.painter, pane(), QPen(INK))
    inked = sheet.inked()
    along, across = ({y for _, y in inked}, {x for x, _ in inked}) if upright else (
        {x for x, _ in inked}, {y for _, y in inked})  # fmt: skip
    assert across == ({40} if upright else {80})
    assert {11, 60, 109} <= along <= set(range(10, 112))
