"""A grid in full frames: what is on the screen stays and is what a click acts on, until what replaces it is drawn."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint
from PySide6.QtGui import QImage, QRegion
from pytestqt.qtbot import QtBot

from app.board import blank
from app.engine.events import Rows
from app.widgets import theme as themes
from app.widgets.blotter_columns import BLOTTER
from app.widgets.frames import FULL_MS, NEXT_MS, Frame
from app.widgets.grid import Grid
from app.widgets.table import Table

COUNT = 60


class Words:
    def text(self, index: int) -> str:
        return f"P{index}" if index else ""


class Spent:
    """Processor time by hand (s); each look at it costs what was said."""

    def __init__(self) -> None:
        self.s, self.cost = 0.0, 0.0
        self.frame = Frame(self)
        self.frame.begin()

    def __call__(self) -> float:
        self.s += self.cost
        return self.s

    def rest(self) -> None:
        """A frame with all its time."""
        self.cost = 0.0
        self.frame.begin()


def rows() -> Rows:
    made = blank("parents", COUNT)
    made["parent_id"], made["order_qty"] = np.arange(1, COUNT + 1), np.arange(COUNT) * 100
    return made


@pytest.fixture
def spent(monkeypatch: pytest.MonkeyPatch) -> Spent:
    made = Spent()
    monkeypatch.setattr("app.widgets.grid.FRAME", made.frame)
    return made


@pytest.fixture
def grid(qtbot: QtBot, spent: Spent) -> Grid:
    made = Grid(Table(BLOTTER, Words(), rows()), themes.DARK, "orders")
    qtbot.addWidget(made)
    made.resize(1200, 300)
    with qtbot.waitExposed(made):
        made.show()
    assert seen(made) == list(range(len(seen(made)))), "all is painted while frames have room"
    return made


def seen(grid: Grid) -> list[int]:
    lines = grid.shown_lines()
    return [grid.seen(line) for line in range(lines.start, lines.stop)]


def picture(grid: Grid) -> QImage:
    return grid.viewport().grab().toImage()


def test_that_a_sort_in_full_frames_shows_the_old_rows_until_all_of_the_new_are_drawn(
    grid: Grid, spent: Spent, qtbot: QtBot
) -> None:
    before = seen(grid)
    spent.cost = FULL_MS / 1e3  # every frame is full at once
    grid.order_by("order_qty", descending=True)
    grid.viewport().repaint()
    assert seen(grid) == before, "a click still means what the eye sees"
    wanted = grid.table.order[grid.shown_lines()].tolist()
    qtbot.waitUntil(lambda: seen(grid) == wanted, timeout=200 * NEXT_MS)
    qtbot.waitUntil(lambda: all(row in grid._tiles for row in wanted), timeout=200 * NEXT_MS)
    drawn = picture(grid)
    spent.rest()
    grid.forget_tiles()
    assert picture(grid) == drawn, "what came piece by piece is the same picture"


def test_that_newer_figures_come_with_the_frames_that_have_room_and_older_ones_stay_till_then(
    grid: Grid, spent: Spent, qtbot: QtBot
) -> None:
    before = picture(grid)
    spent.cost = FULL_MS / 1e3
    lines = grid.shown_lines()
    grid.table.rows["order_qty"][:8] += 12_300
    grid.table.touch(np.arange(8), lines)
    grid.viewport().repaint()
    assert len(grid._tiles.stale) == 8, "a full frame draws none"
    assert picture(grid) == before
    qtbot.waitUntil(lambda: len(grid._tiles.stale) < 8, timeout=200 * NEXT_MS)  # one a frame once they have waited
    assert grid._tiles.stale == set(range(1, 8))

    def all_drawn() -> bool:
        spent.frame.begin()  # one row a frame
        return not grid._tiles.stale

    qtbot.waitUntil(all_drawn, timeout=200 * NEXT_MS)
    after = picture(grid)
    spent.rest()
    grid.forget_tiles()
    assert picture(grid) == after


def test_that_a_scrolled_view_never_shows_rows_at_the_place_of_others(grid: Grid, spent: Spent) -> None:
    spent.cost = FULL_MS / 1e3
    grid.scrollToBottom()
    grid.viewport().repaint()
    assert seen(grid)[-1] == COUNT - 1, "a view that moved is painted at once, with what is there"


def test_that_other_rows_forget_the_pictures_of_those_before(grid: Grid) -> None:
    before = picture(grid)
    other = rows()
    other["parent_id"] += 100
    grid.table.replace(other)
    assert grid.seen(0) == -1
    assert picture(grid) != before


def test_that_a_row_of_which_only_a_part_is_painted_keeps_its_older_picture_until_all_of_it_is(
    grid: Grid, spent: Spent, qtbot: QtBot
) -> None:
    """A newer picture of which a part alone came to the screen would be taken for shown."""
    screen = QImage(grid.viewport().size(), QImage.Format.Format_RGB32)
    spent.cost = FULL_MS / 1e3
    grid.table.rows["order_qty"][2] += 12_300
    grid.table.touch(np.array([2]), grid.shown_lines())
    spent.rest()
    grid.viewport().render(screen, QPoint(), QRegion(0, 0, 3, grid.viewport().height()))
    assert grid._tiles.stale == {2}
    grid._paint_older()
    qtbot.waitUntil(lambda: not grid._tiles.stale, timeout=200 * NEXT_MS)
