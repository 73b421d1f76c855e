"""Symbols: each has a shape of its own inside its box; a stamp looks like the symbol it was made of."""

import itertools

import pytest
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QImage, QPainter

from app.widgets import theme as themes
from app.widgets.happenings import MARKS
from app.widgets.symbols import SYMBOLS, Look, Stamps, draw_symbol, path_of

pytestmark = pytest.mark.usefixtures("qapp")
PAPER, FILL = QColor(themes.DARK.paper), QColor(themes.DARK.buy)


def picture(symbol: str, *, fill: bool = True, size: int = 11, stamps: Stamps | None = None) -> QImage:
    made = QImage(24, 24, QImage.Format.Format_RGB32)
    made.fill(PAPER)
    look = Look(symbol, size, FILL.name(), FILL.name() if fill else "")
    painter = QPainter(made)
    if stamps is None:
        draw_symbol(painter, QPointF(12, 12), look)
    else:
        stamps.put(painter, 12.0, 12.0, look)
    painter.end()
    return made


def inked(made: QImage) -> set[tuple[int, int]]:
    return {(x, y) for x in range(24) for y in range(24) if made.pixelColor(x, y) != PAPER}


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_that_a_symbol_stays_in_its_box_and_reaches_its_height(symbol: str) -> None:
    found = path_of(symbol).boundingRect()
    assert max(abs(found.left()), abs(found.right()), abs(found.top()), abs(found.bottom())) <= 0.5 + 1e-9
    assert found.height() > 0.85
    edges = [coordinate for point in inked(picture(symbol)) for coordinate in point]
    assert 12 - 7 <= min(edges) < max(edges) <= 12 + 7


def test_that_no_two_symbols_look_alike() -> None:
    shapes = {symbol: inked(picture(symbol)) for symbol in SYMBOLS}
    for one, other in itertools.combinations(SYMBOLS, 2):
        assert len(shapes[one] ^ shapes[other]) > 8, (one, other)
    assert {mark.symbol for mark in MARKS.values()} <= set(SYMBOLS)


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_that_a_stamp_is_the_symbol_and_a_second_one_is_the_same(symbol: str) -> None:
    stamps = Stamps()
    first, second = picture(symbol, stamps=stamps), picture(symbol, stamps=stamps)
    assert first == second
    assert inked(first) == inked(picture(symbol))


def test_that_a_hollow_symbol_lets_the_paper_through() -> None:
    assert picture("o", fill=False).pixelColor(12, 12) == PAPER
    assert picture("o").pixelColor(12, 12) == FILL


def test_that_an_unknown_symbol_is_refused() -> None:
    with pytest.raises(KeyError, match="heart"):
        path_of("heart")
