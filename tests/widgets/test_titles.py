"""Titles of a grid: every one is written over its column, on the side of its figures; nothing is painted twice."""

from typing import Any, ClassVar

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QImage, QPainter
from pytestqt.qtbot import QtBot

from app.board import blank
from app.widgets import theme as themes
from app.widgets.blotter_columns import BLOTTER
from app.widgets.grid import Grid
from app.widgets.table import Table

NAMES = [column.name for column in BLOTTER]


class Words:
    def text(self, _index: int) -> str:
        return ""


class Recorder(QPainter):
    said: ClassVar[list[tuple[int, int, str, bool]]] = []

    def drawText(self, *args: Any) -> Any:
        room, side, words = args
        if isinstance(room, int):  # at a point: a figure of a row
            return super().drawText(*args)
        self.said.append((room.left(), room.right(), words, bool(side & int(Qt.AlignmentFlag.AlignRight))))
        return super().drawText(*args)


@pytest.fixture
def grid(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Grid:
    made = Grid(Table(BLOTTER, Words(), blank("parents", 3)), themes.DARK, "orders")
    qtbot.addWidget(made)
    made.resize(1400, 300)
    with qtbot.waitExposed(made):
        made.show()
    monkeypatch.setattr("app.widgets.painting.QPainter", Recorder)
    return made


def said(grid: Grid) -> dict[int, tuple[str, bool]]:
    """What is written over each column by the next painting, and on which side."""
    Recorder.said.clear()
    grid.horizontalHeader().viewport().repaint()
    found = {}
    for left, right, words, side in Recorder.said:
        section = grid.horizontalHeader().logicalIndexAt(left)
        assert grid.columnViewportPosition(section) < left <= right
        assert right < grid.columnViewportPosition(section) + grid.columnWidth(section)
        found[section] = words, side
    assert len(found) == len(Recorder.said)
    return found


def test_that_every_column_in_view_has_its_title_on_the_side_of_its_figures(grid: Grid) -> None:
    grid.dress(themes.DARK)
    found = said(grid)
    shown = [n for n in range(len(BLOTTER)) if not grid.isColumnHidden(n) and grid.columnViewportPosition(n) < 1380]
    assert set(shown) <= set(found)
    for number, (words, right) in found.items():
        assert words.strip("▾▴ ") == BLOTTER[number].title
        assert right == BLOTTER[number].right


def test_that_the_sort_is_said_in_the_title_and_a_narrow_title_is_shortened(grid: Grid) -> None:
    number = NAMES.index("order_qty")
    grid.order_by("order_qty", descending=True)
    assert said(grid)[number][0].startswith("▾ ")
    grid.order_by("order_qty", descending=False)
    assert said(grid)[number][0].startswith("▴ ")
    grid.setColumnWidth(number, 30)
    assert said(grid)[number][0].endswith("…")
    grid.setColumnHidden(number, True)
    assert number not in said(grid)


def test_that_titles_are_written_once_and_again_when_one_of_them_changes(grid: Grid) -> None:
    grid.dress(themes.DARK)
    assert len(said(grid)) > 10
    assert said(grid) == {}, "the picture of them stays"
    grid.table.replace(blank("parents", 7))
    grid.order_by("order_qty", descending=True)
    first = said(grid)
    assert [number for number, (words, _) in first.items() if words[0] in "▾▴"] == [NAMES.index("order_qty")]
    grid.table.rows["order_qty"] = [3, 1, 2, 7, 5, 6, 4]
    grid.table.arrange()
    assert said(grid) == {}, "rows move, titles do not"
    grid.horizontalHeader().moveSection(0, 2)
    assert len(said(grid)) == len(first)
    grid.resize(700, 300)
    assert len(said(grid)) < len(first)
    grid.resize(1400, 300)
    said(grid)
    grid.horizontalScrollBar().setValue(300)
    assert said(grid).keys() != first.keys()


def test_that_titles_wear_the_theme_of_the_grid(grid: Grid) -> None:
    def ground() -> str:
        picture: QImage = grid.horizontalHeader().viewport().grab().toImage()
        return picture.pixelColor(1, 1).name()

    assert ground() == QColor(themes.DARK.raised).name()
    grid.dress(themes.LIGHT)
    assert ground() == QColor(themes.LIGHT.raised).name()
