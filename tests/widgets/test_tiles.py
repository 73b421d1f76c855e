"""Pictures of rows: kept while their row stays as it is, the oldest let go when there are too many."""

import numpy as np
import pytest
from PySide6.QtCore import QSize

from app.widgets.tiles import MOST, Tiles

SIZE = QSize(3, 2)


def held(tiles: Tiles, rows: range) -> list[int]:
    return [row for row in rows if row in tiles]


@pytest.fixture
def tiles(qapp: object) -> Tiles:
    return Tiles()


def filled(tiles: Tiles, count: int) -> Tiles:
    for row in range(count):
        tiles.begin(row, SIZE, 1.0)
    return tiles


@pytest.mark.parametrize(("ratio", "pixels"), [(1.0, (101, 20)), (1.5, (152, 30)), (2.0, (202, 40))])
def test_that_a_picture_has_the_pixels_of_its_screen_and_the_points_of_its_row(
    tiles: Tiles, ratio: float, pixels: tuple[int, int]
) -> None:
    made = tiles.begin(4, QSize(101, 20), ratio).picture
    assert (made.width(), made.height()) == pixels
    assert made.devicePixelRatio() == ratio
    assert made.toImage().pixelColor(0, 0).alpha() == 0, "its ground is painted beneath it"
    assert tiles[4].cacheKey() == made.cacheKey()


def test_that_a_row_keeps_one_picture_that_knows_what_is_in_it(tiles: Tiles) -> None:
    first = tiles.begin(1, SIZE, 1.0)
    assert (first.cells, first.drawn) == ({}, b"")
    first.cells[3] = ("12.5", "none", "ink")
    assert tiles.begin(1, SIZE, 1.0) is first
    assert len(tiles) == 1
    tiles.forget()
    assert tiles.begin(1, SIZE, 1.0).cells == {}, "an empty picture has no cells"


def test_that_as_many_as_there_is_room_for_stay(tiles: Tiles) -> None:
    filled(tiles, MOST).make_room(set())
    assert len(tiles) == MOST


def test_that_the_oldest_go_first_but_never_what_is_in_view(tiles: Tiles) -> None:
    filled(tiles, MOST + 5).make_room({0, 3})
    assert held(tiles, range(8)) == [0, 3, 5, 6, 7]
    assert len(tiles) == MOST + 2, "what is in view stays whatever it takes"
    tiles.make_room(set())
    assert len(tiles) == MOST
    assert held(tiles, range(8)) == [5, 6, 7]


def test_that_a_row_whose_figures_changed_keeps_its_picture_until_it_is_drawn_anew(tiles: Tiles) -> None:
    filled(tiles, 6).age(np.array([2, 4, 4, 99]))
    assert held(tiles, range(6)) == list(range(6))
    assert tiles.stale == {2, 4}, "nor is a picture stale that was never drawn"
    tiles.begin(4, SIZE, 1.0)
    tiles.age(np.empty(0, np.int64))
    assert tiles.stale == {2}
    tiles.forget()
    assert tiles.stale == set()


def test_that_a_picture_that_is_let_go_is_not_stale_either(tiles: Tiles) -> None:
    filled(tiles, MOST + 1).age(np.array([0, 1]))
    tiles.make_room(set())
    assert held(tiles, range(3)) == [1, 2]
    assert tiles.stale == {1}


def test_that_groups_are_drawn_anew_and_their_orders_are_not(tiles: Tiles) -> None:
    for row in (-2, -1, 0, 1):
        tiles.begin(row, SIZE, 1.0)
    tiles.forget_groups()
    assert held(tiles, range(-3, 3)) == [0, 1]
    tiles.forget()
    assert len(tiles) == 0
    with pytest.raises(KeyError):
        tiles[0]
