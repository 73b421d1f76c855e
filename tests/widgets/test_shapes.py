"""Status shapes: told apart without colour, hollow where they say so, and inside the room they are given."""

from itertools import combinations
from typing import get_args

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QImage, QPainter, QPen

from app.widgets import theme as themes
from app.widgets.columns import SEVERITY, mark
from app.widgets.evidence_words import light_of
from app.widgets.shapes import draw_shape, pens_of
from app.widgets.theme import TONES, Shape

SHAPES: tuple[Shape, ...] = get_args(Shape)
HOLLOW = {"ring", "hollow_diamond"}
SIDE = 41


def pixels(shape: Shape, size: float = 12.0, pen: str = "#ffffff") -> NDArray[np.uint8]:
    """How bright a shape in the middle of a dark picture is: [y, x]."""
    picture = QImage(SIDE, SIDE, QImage.Format.Format_Grayscale8)
    picture.fill(0)
    painter = QPainter(picture)
    painter.setPen(QPen(QColor(pen)))
    draw_shape(painter, shape, QPointF(20.5, 20.5), size)
    painter.end()
    return np.frombuffer(picture.constBits(), np.uint8).reshape(SIDE, picture.bytesPerLine())[:, :SIDE].copy()


@pytest.mark.parametrize("shape", [shape for shape in SHAPES if shape != "none"])
def test_that_a_shape_is_filled_or_hollow_as_its_name_says(qapp: object, shape: Shape) -> None:
    lit = pixels(shape)
    assert lit.max() > 200
    assert bool(lit[20, 20] == 0) is (shape in HOLLOW)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("size", [2.5, 4.5, 12.0])
def test_that_a_shape_stays_within_its_size(qapp: object, shape: Shape, size: float) -> None:
    lit = pixels(shape, size)
    y, x = np.nonzero(lit)
    assert len(x) > 0 or shape == "none"
    assert np.all(np.abs(x - 20) <= size + 1)
    assert np.all(np.abs(y - 20) <= size + 1)


def test_that_nothing_is_drawn_for_none(qapp: object) -> None:
    assert pixels("none").max() == 0


@pytest.mark.parametrize(("one", "other"), list(combinations(SHAPES, 2)))
def test_that_any_two_shapes_differ_without_their_colours(qapp: object, one: Shape, other: Shape) -> None:
    different = np.abs(pixels(one, 4.5).astype(int) - pixels(other, 4.5).astype(int)) > 100
    assert different.sum() >= 4


def test_that_levels_and_kinds_of_evidence_have_shapes_of_their_own() -> None:
    for look in ("level", "evidence"):
        marked = [word for word in SEVERITY if mark(look, word)[0] != "none"]
        words = [word for word in marked if look == "level" or word != light_of("GREY").word.upper()]  # the same state
        assert len(words) >= 4
        assert len({mark(look, word)[0] for word in words}) == len(words), "never by colour alone"


def test_that_the_painter_is_left_as_it_was(qapp: object) -> None:
    picture = QImage(SIDE, SIDE, QImage.Format.Format_RGB32)
    painter = QPainter(picture)
    painter.setPen(QPen(QColor("#123456")))
    before = painter.pen(), painter.brush(), painter.renderHints()
    for shape in SHAPES:
        draw_shape(painter, shape, QPointF(20, 20))
        assert (painter.pen(), painter.brush(), painter.renderHints()) == before
    painter.end()


@pytest.mark.parametrize("theme", themes.THEMES.values(), ids=lambda theme: theme.name)
def test_that_every_tone_has_a_pen_in_its_colour(theme: themes.Theme) -> None:
    pens = pens_of(theme)
    assert set(pens) == set(TONES)
    assert all(pen.color() == theme.colour(tone) for tone, pen in pens.items())
    assert all(theme.colour(tone).isValid() for tone in TONES), "a colour that is misspelt is black on black"
